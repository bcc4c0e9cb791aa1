/* The audit: a chain of its own, fed from a source, that believes nothing. */
#include "tl/audit.h"

#include "tl/check.h"
#include "tl/hash.h"
#include "tl/keys.h"

#include <string.h>

#define CHAIN_SLOTS 4u
#define TILE_FULL   (256u * TL_HASH_BYTES)

/* A leaf our own execution caused. */
struct derived {
    struct derived *next;
    uint64_t index;
    bool is_decision;
    struct tl_bytes bytes;
};

struct audit {
    const struct tl_audit_config *config;
    struct tl_audit_report *report;
    struct tl_arena all;
    struct tl_genesis genesis;
    struct tl_epoch epoch;
    struct tl_voters voters;
    bool leader_known; /* false: what the epoch stands on is not known here */
    uint64_t leader_seed;
    uint8_t *plan; /* TL_EPOCH_PLAN_MAX: what `epoch` borrows */
    uint8_t seal[TL_SEAL_BYTES_MAX];
    size_t seal_len;         /* of the open block's certificate; 0: it is for the block */
    struct tl_header header; /* of the open block */
    struct tl_chain *chain;  /* NULL: no genesis yet */
    struct tl_arena leaves;  /* of the open block */
    struct derived *first;
    struct derived **last;
    struct derived *cursor;        /* the next leaf to be compared */
    const struct tl_leaf_sink *to; /* where execution's leaves go on to */
    struct tl_hash hash;           /* of the open block */
    uint32_t held;                 /* blocks found right that no certificate covers yet */
    struct tl_hash held_hash[TL_CHAIN_SLOTS_MAX];
    bool open;
    bool skipped;   /* the open block lies before where the audit begins */
    bool compared;  /* leaves were given for the open block */
    bool certified; /* the last block has a certificate */
    bool ended;
    enum tl_status refused; /* what execution said; told after the leaves */
    const char *refused_what;
};

static struct tl_genesis largest_genesis(void)
{
    return (struct tl_genesis){.state_bits = TL_STATE_BITS_MAX};
}

static uint32_t slots_of(const struct tl_audit_config *config)
{
    return config->live ? TL_CHAIN_SLOTS_MAX : CHAIN_SLOTS;
}

size_t tl_audit_bytes(const struct tl_audit_config *config)
{
    struct tl_genesis genesis = largest_genesis();
    struct tl_chain_config chain = {
        .genesis = &genesis, .slots = slots_of(config), .slot_bytes = config->block_bytes};

    return sizeof(struct audit) + TL_GENESIS_BYTES_MAX + TL_EPOCH_PLAN_MAX +
           tl_chain_bytes(&chain) + config->block_bytes + 1024u;
}

/* ---- the report ---- */

static void put_text(struct tl_buf *out, const char *text)
{
    tl_buf_put(out, text, strlen(text));
}

static void put_number(struct tl_buf *out, uint64_t value)
{
    char digits[20];
    size_t at = sizeof digits;

    do {
        digits[--at] = (char)('0' + value % 10);
        value /= 10;
    } while (value != 0);
    tl_buf_put(out, digits + at, sizeof digits - at);
}

static void write_text(struct tl_audit_report *report)
{
    struct tl_buf buf = tl_buf(report->text, sizeof report->text - 1);

    if (report->height == 0)
        put_text(&buf, "genesis");
    else
        put_text(&buf, "block ");
    if (report->height != 0)
        put_number(&buf, report->height);
    if (report->leaf != UINT64_MAX) {
        put_text(&buf, ", leaf ");
        put_number(&buf, report->leaf);
    }
    if (report->offset != 0) {
        put_text(&buf, ", byte ");
        put_number(&buf, report->offset);
    }
    put_text(&buf, ": ");
    put_text(&buf, report->what);
    report->text[buf.len] = '\0';
}

static enum tl_status fail_leaf(struct audit *audit, enum tl_status status, uint64_t leaf,
                                const char *what)
{
    struct tl_audit_report *report = audit->report;

    TL_CHECK(status != TL_OK && report->status == TL_OK);
    report->status = status;
    report->leaf = leaf;
    report->what = what == NULL ? tl_status_text(status) : what;
    report->height = 0;
    if (audit->chain != NULL)
        report->height = tl_chain_tip(audit->chain)->height + audit->held + audit->open;
    write_text(report);
    return status;
}

static enum tl_status fail(struct audit *audit, enum tl_status status, const char *what)
{
    return fail_leaf(audit, status, UINT64_MAX, what);
}

/* ---- execution, with an ear on its leaves ---- */

static enum tl_status hear_leaf(void *host, uint64_t index, struct tl_bytes leaf)
{
    struct audit *audit = host;
    struct derived *derived = tl_arena_take(&audit->leaves, sizeof *derived);
    struct tl_leaf record;

    if (derived == NULL || !tl_arena_copy(&audit->leaves, leaf, &derived->bytes))
        return TL_ERR_NO_MEMORY;
    TL_CHECK(tl_record_decode(&tl_leaf_record, &record, leaf) == TL_OK);
    derived->index = index;
    derived->is_decision = record.kind == TL_LEAF_DECISION;
    *audit->last = derived;
    audit->last = &derived->next;
    audit->report->counts.leaves++;
    audit->report->counts.decisions += derived->is_decision;
    return audit->to->leaf(audit->to->host, index, leaf);
}

static enum tl_status execute(void *host, const struct tl_exec_block *block,
                              struct tl_overlay *state, const struct tl_leaf_sink *sink)
{
    struct audit *audit = host;
    const struct tl_executor *executor = &audit->config->executor;
    const struct tl_leaf_sink ear = {hear_leaf, audit};
    enum tl_status status;

    audit->to = sink;
    status = executor->run(executor->host, block, state, &ear);
    audit->to = NULL;
    return status;
}

/* ---- genesis ---- */

static enum tl_status open_chain(struct audit *audit)
{
    struct tl_chain_config config = {.genesis = &audit->genesis,
                                     .chain_id = audit->report->chain_id,
                                     .store = audit->config->scratch,
                                     .executor = {execute, audit, {{0}}},
                                     .slots = slots_of(audit->config),
                                     .slot_bytes = audit->config->block_bytes};
    size_t align = (size_t)(-(uintptr_t)(audit->all.base + audit->all.used) % 64u);
    struct tl_chain *chain;
    enum tl_status status;

    config.executor.contract_hash = audit->config->executor.contract_hash;
    audit->all.used += align;
    TL_CHECK(audit->all.size - audit->all.used >= tl_chain_bytes(&config));
    status = tl_chain_open(&chain, audit->all.base + audit->all.used, &config);
    if (status != TL_OK)
        return fail(audit, status, "the scratch store cannot be used");
    if (tl_chain_tip(chain)->height != 0 && !audit->config->live && !audit->config->resume)
        return fail(audit, TL_ERR_USAGE, "the scratch store is not empty");
    audit->chain = chain;
    audit->report->tip = *tl_chain_tip(chain);
    audit->report->began = *tl_chain_tip(chain);
    return TL_OK;
}

/* The epoch of the next block, from the state that was replayed. */
static enum tl_status take_epoch(struct audit *audit)
{
    struct tl_chain_epoch era;
    struct tl_bytes plan;
    struct tl_hash seed;
    const char *why = "the plan of an epoch cannot be read";
    enum tl_status status = tl_chain_epoch(audit->chain, &era);

    if (status == TL_OK && era.number != 0)
        status = tl_chain_plan(audit->chain, era.number, &plan);
    if (status == TL_OK && era.number != 0) {
        memcpy(audit->plan, plan.ptr, plan.len);
        status = tl_epoch_decode(&audit->epoch, tl_bytes(audit->plan, plan.len), &why);
    }
    if (status != TL_OK)
        return fail(audit, TL_ERR_CORRUPT, why);
    tl_epoch_voters(&audit->voters, &audit->epoch, &audit->report->chain_id);
    /* PROTOCOL A.3-2: The leader of view v in epoch e MUST be member (v + first8(SHA-256(
     * epoch_genesis))) mod n. */
    tl_hash_plain(&seed, tl_bytes(era.genesis.b, sizeof era.genesis.b));
    audit->leader_seed = tl_get_u64be(seed.b);
    audit->leader_known = !tl_hash_is_zero(&era.genesis);
    return TL_OK;
}

/* An epoch ends by a certificate of its own members, or has not ended. */
static enum tl_status follow_epoch(struct audit *audit)
{
    struct tl_chain_epoch era;

    if (tl_chain_epoch(audit->chain, &era) != TL_OK)
        return fail(audit, TL_ERR_CORRUPT, "the epoch cannot be read");
    if (era.number == audit->voters.epoch)
        return TL_OK;
    if (!audit->certified)
        return fail(audit, TL_ERR_CERTIFICATE, "no certificate ends the epoch");
    return take_epoch(audit);
}

static enum tl_status take_genesis(struct audit *audit, struct tl_bytes bytes)
{
    struct tl_hash *chain_id = &audit->report->chain_id;
    const char *why = NULL;
    struct tl_bytes copy;
    enum tl_status status;

    if (audit->chain != NULL)
        return fail(audit, TL_ERR_ENCODING, "a second genesis");
    if (bytes.len > TL_GENESIS_BYTES_MAX || !tl_arena_copy(&audit->all, bytes, &copy))
        return fail(audit, TL_ERR_RANGE, "the genesis file is too long");
    status = tl_genesis_decode(&audit->genesis, copy, &why);
    if (status != TL_OK)
        return fail(audit, status, why);
    tl_genesis_chain_id(chain_id, copy);
    if (audit->config->chain_id != NULL && !tl_hash_eq(chain_id, audit->config->chain_id))
        return fail(audit, TL_ERR_WRONG_CHAIN, "this is not the genesis the auditor trusts");
    audit->plan = tl_arena_take(&audit->all, TL_EPOCH_PLAN_MAX);
    TL_CHECK(audit->plan != NULL);
    tl_epoch_first(&audit->epoch, &audit->genesis);
    status = open_chain(audit);
    return status == TL_OK ? take_epoch(audit) : status;
}

/* ---- blocks ---- */

/* Whether its author may write is for the execution to say: that may have changed
 * since genesis. */
static enum tl_status check_envelope(struct audit *audit, struct tl_bytes bytes)
{
    struct tl_audit_counts *counts = &audit->report->counts;
    struct tl_envelope envelope;
    enum tl_status status = tl_envelope_decode(&envelope, bytes);

    if (status != TL_OK)
        return fail(audit, status, "an envelope is malformed");
    if (tl_envelope_verify(&envelope, &audit->voters.chain_id) != TL_OK)
        return fail(audit, TL_ERR_SIGNATURE, "an envelope's signature does not verify");
    counts->signatures++;
    counts->envelopes++;
    counts->entries += envelope.entries.count;
    return TL_OK;
}

static enum tl_status check_envelopes(struct audit *audit, struct tl_list envelopes)
{
    struct tl_envelope_bytes envelope;

    while (tl_list_next(&envelopes, &tl_envelope_bytes_record, &envelope)) {
        enum tl_status status = check_envelope(audit, envelope.bytes);

        if (status != TL_OK)
            return status;
    }
    return TL_OK;
}

static uint64_t cert_signatures(struct tl_list certs)
{
    struct tl_cert cert;
    uint64_t count = 0;

    while (tl_list_next(&certs, &tl_cert_record, &cert))
        count += tl_popcount32(cert.signers);
    return count;
}

static enum tl_status check_proposal(struct audit *audit, const struct tl_block_parts *parts)
{
    const struct tl_header *header = &parts->header;
    uint32_t voters = audit->voters.count - tl_popcount32(audit->voters.silent);
    uint32_t nth = (uint32_t)((header->view + audit->leader_seed) % voters);
    uint32_t leader =
        audit->leader_known ? tl_nth_voter(audit->voters.silent, nth) : header->leader;

    if (header->epoch != audit->voters.epoch)
        return fail(audit, TL_ERR_BROKEN_LINK, "the block is not of the epoch at hand");
    if (header->leader != leader || leader >= audit->voters.count)
        return fail(audit, TL_ERR_BROKEN_LINK, "the leader is not that of its view");
    if (tl_proposal_verify(&parts->block.leader_sig, &parts->hash, &audit->voters.key[leader]) !=
        TL_OK)
        return fail(audit, TL_ERR_SIGNATURE, "the leader's signature does not verify");
    if (tl_just_verify(&parts->just, header, &audit->voters) != TL_OK)
        return fail(audit, TL_ERR_CERTIFICATE, "the justification does not verify");
    audit->report->counts.signatures +=
        1 + cert_signatures(parts->just.parent) + cert_signatures(parts->just.skips);
    return check_envelopes(audit, parts->block.envelopes);
}

/* What execution refutes is told when the recorded leaves have been seen: the
 * first leaf that differs says more than a root. */
static enum tl_status execute_block(struct audit *audit, struct tl_bytes bytes)
{
    const char *why = NULL;
    enum tl_status status = tl_chain_check(audit->chain, bytes, &why);

    audit->cursor = audit->first;
    if (status == TL_ERR_DIVERGED) {
        audit->refused = status;
        audit->refused_what = why;
        return TL_OK;
    }
    if (status == TL_OK)
        return TL_OK;
    if (status == TL_ERR_STALE || status == TL_ERR_NOT_FOUND)
        return fail(audit, TL_ERR_BROKEN_LINK, "the block does not extend the one before it");
    return fail(audit, status, tl_status_fault(status) == TL_FAULT_ENV ? NULL : why);
}

/* What lies before the beginning is not executed again; it must lead there. */
static enum tl_status skip_block(struct audit *audit, const struct tl_block_parts *parts)
{
    const struct tl_tip *began = &audit->report->began;

    audit->skipped = true;
    if (parts->header.height == began->height && !tl_hash_eq(&parts->hash, &began->hash))
        return fail(audit, TL_ERR_BROKEN_LINK, "the block is not the one the audit begins at");
    return TL_OK;
}

static enum tl_status take_block(struct audit *audit, struct tl_bytes bytes)
{
    struct tl_block_parts parts;
    enum tl_status status;

    tl_arena_reset(&audit->leaves);
    audit->skipped = false;
    audit->first = NULL;
    audit->last = &audit->first;
    audit->open = true;
    audit->compared = audit->certified = false;
    audit->refused = TL_OK;
    status = tl_block_decode(&parts, bytes);
    if (status != TL_OK)
        return fail(audit, status, "the block is not what its header commits to");
    audit->hash = parts.hash;
    audit->header = parts.header;
    audit->seal_len = 0;
    if (audit->config->resume && parts.header.height <= audit->report->began.height)
        return skip_block(audit, &parts);
    status = check_proposal(audit, &parts);
    return status == TL_OK ? execute_block(audit, bytes) : status;
}

/* ---- leaves ---- */

static enum tl_status compare_leaf(struct audit *audit, const struct derived *derived,
                                   struct tl_bytes bytes)
{
    if (tl_bytes_eq(derived->bytes, bytes))
        return TL_OK;
    audit->report->derived = derived->bytes;
    audit->report->recorded = bytes;
    return fail_leaf(audit, TL_ERR_DIVERGED, derived->index,
                     derived->is_decision
                         ? "the recorded decision differs from the one derived"
                         : "the recorded entry differs from the one in its envelope");
}

static enum tl_status take_leaf(struct audit *audit, const struct tl_audit_item *item)
{
    struct derived *derived = audit->cursor;

    if (!audit->open)
        return fail(audit, TL_ERR_ENCODING, "a leaf before any block");
    if (audit->skipped)
        return TL_OK;
    audit->compared = true;
    while (item->kind == TL_AUDIT_DECISION && derived != NULL && !derived->is_decision)
        derived = derived->next;
    if (derived == NULL) {
        audit->report->recorded = item->bytes;
        return fail_leaf(audit, TL_ERR_DIVERGED, item->index,
                         "a recorded leaf that nothing causes");
    }
    audit->cursor = derived->next;
    if (compare_leaf(audit, derived, item->bytes) != TL_OK)
        return audit->report->status;
    if (item->index != UINT64_MAX && item->index != derived->index)
        return fail_leaf(audit, TL_ERR_DIVERGED, derived->index, "the leaf is out of place");
    return TL_OK;
}

static enum tl_status no_leaf_missing(struct audit *audit)
{
    for (const struct derived *at = audit->cursor; at != NULL; at = at->next) {
        if (!at->is_decision)
            continue;
        audit->report->derived = at->bytes;
        return fail_leaf(audit, TL_ERR_DIVERGED, at->index, "a decision is not recorded");
    }
    return TL_OK;
}

/* ---- closing a block ---- */

/* State, buckets, tip and the right edge of the log are all a replay needs. */
static bool is_needed(struct tl_bytes key)
{
    uint8_t class_byte = key.ptr[0];

    return class_byte != TL_KEY_BLOCK && class_byte != TL_KEY_CERT && class_byte != TL_KEY_LEAF &&
           class_byte != TL_KEY_HASH && class_byte != TL_KEY_SPAN;
}

static enum tl_status keep(void *host, struct tl_bytes key, struct tl_bytes value)
{
    if (!is_needed(key))
        return TL_OK;
    if (key.ptr[0] == TL_KEY_TILE && value.len == TILE_FULL)
        return tl_store_del(host, key);
    return tl_store_put(host, key, value);
}

static enum tl_status forget(void *host, struct tl_bytes key)
{
    return tl_store_del(host, key);
}

/* A live audit keeps the whole ledger with its certificates, any other what a
 * replay needs. */
static enum tl_status adopt(struct audit *audit, struct tl_bytes cert)
{
    const struct tl_audit_config *config = audit->config;
    const struct tl_store_sink needed = {keep, forget, config->scratch};
    const struct tl_store_sink all = tl_store_sink(config->scratch);
    const struct tl_store_sink *sink = config->live ? &all : &needed;
    struct tl_bytes seal = tl_bytes(audit->seal, audit->seal_len);
    enum tl_status status =
        seal.len != 0 && config->live
            ? tl_chain_finalize_sealed(audit->chain, &audit->hash, cert, seal, sink)
            : tl_chain_finalize(audit->chain, &audit->hash, cert, sink);

    if (status == TL_OK)
        status = tl_store_commit(config->scratch, false);
    if (status != TL_OK)
        return fail(audit, status, "the scratch store failed");
    audit->held = 0;
    tl_chain_durable(audit->chain, tl_chain_tip(audit->chain)->height);
    audit->report->tip = *tl_chain_tip(audit->chain);
    audit->report->counts.blocks = audit->report->tip.height - audit->report->began.height;
    if (config->progress != NULL && !config->progress(config->host, audit->report))
        return fail(audit, TL_ERR_TIMEOUT, "interrupted");
    return follow_epoch(audit);
}

/* What no certificate covers is believed of nobody: it waits for one. */
static enum tl_status hold(struct audit *audit)
{
    if (audit->held == TL_CHAIN_SLOTS_MAX - 1)
        return fail(audit, TL_ERR_LIMIT, "no certificate covers any of 63 blocks");
    audit->held_hash[audit->held++] = audit->hash;
    return TL_OK;
}

static enum tl_status check_books(struct audit *audit)
{
    const struct tl_audit_config *config = audit->config;
    const char *why = NULL;
    enum tl_status status = TL_OK;

    if (config->books != NULL)
        status = config->books(config->host, tl_chain_state(audit->chain), &why);
    return status == TL_OK ? TL_OK : fail(audit, status, why);
}

/* The open block is right in all that was compared. */
static enum tl_status check_open(struct audit *audit)
{
    enum tl_status status = no_leaf_missing(audit);

    if (status == TL_OK && audit->refused != TL_OK)
        status = fail(audit, audit->refused, audit->refused_what);
    return status;
}

static enum tl_status close_block(struct audit *audit)
{
    enum tl_status status;

    if (!audit->open)
        return TL_OK;
    status = audit->skipped ? TL_OK : check_open(audit);
    if (status != TL_OK)
        return status;
    audit->open = false;
    if (audit->skipped)
        return TL_OK;
    status = audit->config->live ? hold(audit) : adopt(audit, TL_BYTES_NONE);
    return status == TL_OK && audit->config->books_each_block ? check_books(audit) : status;
}

static enum tl_status check_cert(struct audit *audit, struct tl_bytes bytes)
{
    struct tl_cert cert;

    if (!audit->open || audit->certified)
        return fail(audit, TL_ERR_ENCODING, "a certificate that belongs to no block");
    if (tl_record_decode(&tl_cert_record, &cert, bytes) != TL_OK)
        return fail(audit, TL_ERR_ENCODING, "the certificate is malformed");
    if (audit->seal_len != 0 && tl_seal_check(tl_bytes(audit->seal, audit->seal_len), &cert,
                                              &audit->header, &audit->hash) != TL_OK)
        return fail(audit, TL_ERR_CERTIFICATE, "the seal does not repeat the block");
    if (cert.kind != TL_VOTE_FINALIZE ||
        (audit->seal_len == 0 && !tl_hash_eq(&cert.hash, &audit->hash)))
        return fail(audit, TL_ERR_CERTIFICATE, "the certificate is for something else");
    if (tl_cert_verify(&cert, &audit->voters) != TL_OK)
        return fail(audit, TL_ERR_CERTIFICATE, "the certificate has no quorum of signatures");
    audit->report->counts.certificates++;
    audit->report->counts.signatures += tl_popcount32(cert.signers);
    audit->certified = true;
    return TL_OK;
}

static enum tl_status take_seal(struct audit *audit, struct tl_bytes bytes)
{
    if (!audit->open || audit->certified || bytes.len > sizeof audit->seal)
        return fail(audit, TL_ERR_ENCODING, "a seal that belongs to no certificate");
    memcpy(audit->seal, bytes.ptr, bytes.len);
    audit->seal_len = bytes.len;
    return TL_OK;
}

static enum tl_status take_cert(struct audit *audit, struct tl_bytes bytes)
{
    enum tl_status status = check_cert(audit, bytes);

    if (status != TL_OK || !audit->config->live)
        return status;
    status = check_open(audit);
    if (status != TL_OK)
        return status;
    audit->open = false;
    return adopt(audit, bytes);
}

/* What is not certified by now may never be: the source gives it again. */
static enum tl_status take_pause(struct audit *audit)
{
    const struct tl_audit_config *config = audit->config;
    const char *why = NULL;
    enum tl_status status = config->live ? close_block(audit) : TL_ERR_USAGE;

    if (status != TL_OK)
        return audit->report->status != TL_OK ? status : fail(audit, status, NULL);
    while (audit->held != 0)
        tl_chain_drop(audit->chain, &audit->held_hash[--audit->held]);
    status = config->paused(config->host, audit->chain, audit->report, &audit->ended, &why);
    if (status != TL_OK)
        return fail(audit, status, why);
    return audit->ended ? check_books(audit) : TL_OK;
}

static enum tl_status take_end(struct audit *audit, const struct tl_audit_totals *totals)
{
    const struct tl_tip *tip = &audit->report->tip;
    enum tl_status status = close_block(audit);

    if (status != TL_OK)
        return status;
    if (tip->height != 0 && !audit->certified)
        return fail(audit, TL_ERR_CERTIFICATE, "no certificate makes the last block final");
    if (totals->height != tip->height || !tl_hash_eq(&totals->hash, &tip->hash))
        return fail(audit, TL_ERR_DIVERGED, "the closing totals name another last block");
    if (totals->log_size != tip->log_size || !tl_hash_eq(&totals->log_root, &tip->log_root) ||
        !tl_hash_eq(&totals->state_root, &tip->state_root))
        return fail(audit, TL_ERR_DIVERGED, "the closing totals differ from the last block");
    audit->ended = true;
    return audit->config->books_each_block ? TL_OK : check_books(audit);
}

static enum tl_status take_item(struct audit *audit, const struct tl_audit_item *item)
{
    enum tl_status status = TL_OK;

    audit->report->offset = item->offset;
    if (audit->chain == NULL && item->kind != TL_AUDIT_GENESIS)
        return fail(audit, TL_ERR_ENCODING, "the ledger does not begin with its genesis");
    switch (item->kind) {
    case TL_AUDIT_GENESIS:
        return take_genesis(audit, item->bytes);
    case TL_AUDIT_BLOCK:
        status = close_block(audit);
        return status == TL_OK ? take_block(audit, item->bytes) : status;
    case TL_AUDIT_DECISION:
    case TL_AUDIT_LEAF:
        return take_leaf(audit, item);
    case TL_AUDIT_SEAL:
        return take_seal(audit, item->bytes);
    case TL_AUDIT_CERT:
        return take_cert(audit, item->bytes);
    case TL_AUDIT_PAUSE:
        return take_pause(audit);
    case TL_AUDIT_END:
        return take_end(audit, &item->totals);
    }
    return fail(audit, TL_ERR_ENCODING, "the source gives something unknown");
}

enum tl_status tl_audit_run(const struct tl_audit_config *config,
                            const struct tl_audit_source *source, void *memory,
                            struct tl_audit_report *report)
{
    struct tl_arena all;
    struct audit *audit;
    void *leaves;
    enum tl_status status = TL_OK;

    memset(report, 0, sizeof *report);
    report->leaf = UINT64_MAX;
    tl_arena_init(&all, memory, tl_audit_bytes(config));
    audit = tl_arena_take(&all, sizeof *audit);
    TL_CHECK(audit != NULL);
    leaves = all.base + all.used;
    all.used += config->block_bytes;
    tl_arena_init(&audit->leaves, leaves, config->block_bytes);
    audit->all = all;
    audit->config = config;
    audit->report = report;
    while (status == TL_OK && !audit->ended) {
        struct tl_audit_item item = {0};
        const char *why = NULL;

        status = source->next(source->host, &item, &why);
        report->offset = item.offset;
        status = status == TL_OK ? take_item(audit, &item) : fail(audit, status, why);
    }
    return status;
}
