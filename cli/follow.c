#include "follow.h"

#include "breach.h"
#include "feed.h"
#include "follow_dir.h"
#include "mem.h"
#include "promises.h"
#include "say.h"

#include "tl/books.h"
#include "tl/contract.h"

#include <inttypes.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>

#define BLOCK_MEMORY ((size_t)24 << 20) /* as a node's slot_bytes */

/* Set by SIGINT and SIGTERM; a signal handler can be told in no other way. */
static volatile sig_atomic_t stop_asked;

static void on_signal(int number)
{
    (void)number;
    stop_asked = 1;
}

static bool is_stopped(void)
{
    return stop_asked != 0;
}

struct follow {
    const struct tl_follow_plan *plan;
    const struct tl_genesis_file *genesis;
    struct tl_client *client;
    struct tl_follow_dir dir;
    struct tl_feed feed;
    struct tl_audit_config config;
    struct tl_audit_report *report;
    struct tl_books books;
    struct tl_promise_dir promises;
    bool seen_more;     /* the node showed another checkpoint, or more cosignatures */
    bool floor_checked; /* the position of the last run is on this ledger */
    struct tl_why why;
};

/* ---- the position of the last run ---- */

/* The replica's store may be a little behind the position after a power cut; once
 * it is there again the block must be the same one. */
static enum tl_status check_floor(struct follow *f)
{
    const struct tl_position *position = &f->dir.position;
    struct tl_hash hash;
    enum tl_status status;

    if (f->floor_checked || position->height == 0) {
        f->floor_checked = true;
        return TL_OK;
    }
    status = tl_feed_hash(f->dir.store, position->height, &hash);
    if (status != TL_OK)
        return tl_why_set(&f->why, status, "the replica cannot read block %" PRIu64,
                          position->height);
    if (!tl_hash_eq(&hash, &position->hash))
        return tl_why_set(&f->why, TL_ERR_FORK,
                          "block %" PRIu64 " is not the one this auditor has cosigned",
                          position->height);
    f->floor_checked = true;
    return TL_OK;
}

static enum tl_status move_position(struct follow *f)
{
    const struct tl_tip *tip = &f->report->tip;
    struct tl_position *position = &f->dir.position;

    if (tip->height == 0 || (position->height == tip->height && !f->seen_more))
        return TL_OK;
    f->seen_more = false;
    position->height = tip->height;
    position->hash = tip->hash;
    position->log_size = tip->log_size;
    position->log_root = tip->log_root;
    position->state_root = tip->state_root;
    f->feed.floor = tip->height;
    return tl_follow_dir_save(&f->dir, &f->why);
}

/* ---- what the node signs ---- */

/* The keys of the member that is asked, as its checkpoints name them. */
struct keys {
    char name[TL_NOTE_NAME_MAX + 1];
    struct tl_note_key log;
    struct tl_note_key cosign;
};

static enum tl_status keys_of(const struct follow *f, struct keys *keys)
{
    const struct tl_client_config *config = tl_client_config(f->client);
    const struct tl_genesis *genesis = &f->genesis->genesis;
    struct tl_author author;
    struct tl_member member;
    enum tl_status status;
    int len;

    if (config->member != NULL) {
        if (tl_genesis_find(genesis, tl_bytes_str(config->member), &member) < 0)
            return TL_ERR_NOT_FOUND;
    } else if (!tl_genesis_author(genesis, &config->key->pub, &author) ||
               !tl_genesis_member(genesis, author.member, &member)) {
        return TL_ERR_NOT_FOUND;
    }
    len =
        snprintf(keys->name, sizeof keys->name, "%.*s/%.*s", (int)genesis->name.len,
                 (const char *)genesis->name.ptr, (int)member.id.len, (const char *)member.id.ptr);
    status = tl_note_key_set(&keys->log, genesis->name, TL_NOTE_ED25519, &member.log_key);
    return status == TL_OK ? tl_note_key_set(&keys->cosign, tl_bytes(keys->name, (size_t)len),
                                             TL_NOTE_COSIGNATURE, &member.cosign_key)
                           : status;
}

/* The checkpoint must be of a log that ours continues. */
static enum tl_status check_log(struct follow *f, struct tl_chain *chain,
                                const struct tl_checkpoint *seen)
{
    const struct tl_tip *tip = &f->report->tip;
    struct tl_proof proof;
    struct tl_hash empty;
    enum tl_status status = TL_OK;

    tl_merkle_empty(&empty);
    if (seen->size > tip->log_size)
        return TL_OK; /* seen again once the replica is there */
    if (seen->size == 0) {
        status = tl_hash_eq(&seen->root, &empty) ? TL_OK : TL_ERR_PROOF;
    } else {
        status = tl_chain_prove_growth(chain, seen->size, tip->log_size, &proof);
        if (status != TL_OK)
            return tl_why_set(&f->why, status, "the replica cannot prove its own log");
        status =
            tl_consistency_verify(seen->size, tip->log_size, &proof, &seen->root, &tip->log_root);
    }
    return status == TL_OK
               ? TL_OK
               : tl_why_set(&f->why, TL_ERR_FORK,
                            "the node signs another log of %" PRIu64 " leaves than this one",
                            seen->size);
}

/* A cosigner must never sign a smaller log than before: two notes prove it did. */
static enum tl_status check_growth(struct follow *f, uint64_t time_s, uint64_t size)
{
    const struct tl_position *position = &f->dir.position;

    if (position->seen_time_s == 0 || time_s <= position->seen_time_s ||
        size >= position->seen_size)
        return TL_OK;
    return tl_why_set(&f->why, TL_ERR_ROLLBACK,
                      "the node cosigned %" PRIu64 " leaves and later only %" PRIu64,
                      position->seen_size, size);
}

/* The alarm goes out even where its evidence cannot be written. */
static void keep_evidence(const struct follow *f, const char *name, struct tl_bytes bytes)
{
    struct tl_why why = {""};

    if (tl_follow_dir_alarm(&f->dir, name, bytes, &why) != TL_OK)
        tl_note("cannot keep evidence 'alarms/%s': %s", name, why.text);
}

static enum tl_status read_note(struct follow *f, struct tl_bytes bytes,
                                struct tl_checkpoint *checkpoint, uint64_t *time_s)
{
    struct tl_note note;
    struct keys keys;
    enum tl_status status = keys_of(f, &keys);

    if (status == TL_OK)
        status = tl_note_parse(&note, bytes);
    if (status == TL_OK)
        status = tl_note_verify(&note, &keys.log, time_s);
    if (status == TL_OK)
        status = tl_note_verify(&note, &keys.cosign, time_s);
    if (status == TL_OK)
        status = tl_checkpoint_parse(checkpoint, note.text);
    if (status == TL_OK && !tl_bytes_eq(checkpoint->origin, f->genesis->genesis.name))
        status = TL_ERR_WRONG_CHAIN;
    return status;
}

static enum tl_status check_checkpoint(struct follow *f, struct tl_chain *chain)
{
    struct tl_checkpoint seen;
    struct tl_blob blob;
    struct tl_exchange exchange = {TL_METHOD_CHECKPOINT, NULL, NULL, &tl_blob_record, &blob};
    uint64_t time_s;
    enum tl_status status = tl_client_call(f->client, &exchange, &f->why);

    /* A node that is gone or has signed nothing yet is no alarm. */
    if (status != TL_OK || blob.bytes.len > sizeof f->dir.seen)
        return TL_OK;
    status = read_note(f, blob.bytes, &seen, &time_s);
    if (status == TL_ERR_NOT_FOUND)
        return TL_OK;
    if (status != TL_OK)
        return tl_why_set(&f->why, status, "the node's checkpoint does not verify");
    status = check_growth(f, time_s, seen.size);
    if (status == TL_OK)
        status = check_log(f, chain, &seen);
    if (status != TL_OK) {
        keep_evidence(f, "checkpoint.before", f->dir.position.seen);
        keep_evidence(f, "checkpoint.now", blob.bytes);
        return status;
    }
    if (time_s < f->dir.position.seen_time_s || tl_bytes_eq(blob.bytes, f->dir.position.seen))
        return TL_OK;
    tl_follow_dir_seen(&f->dir, blob.bytes, time_s, seen.size);
    f->seen_more = true;
    return TL_OK;
}

/* ---- promises ---- */

static enum tl_status broken(struct follow *f, const struct tl_promise_file *file,
                             struct tl_bytes proof)
{
    struct tl_member member;
    char name[sizeof file->name + 8];

    if (!tl_genesis_member(&f->genesis->genesis, file->member, &member))
        return tl_why_set(&f->why, TL_ERR_RANGE, "'%s' is by no member", file->name);
    (void)snprintf(name, sizeof name, "%s.breach", file->name);
    keep_evidence(f, name, proof);
    return tl_why_set(&f->why, TL_ERR_BROKEN_PROMISE,
                      "%.*s did not keep its promise '%s'; the proof is alarms/%s",
                      (int)member.id.len, (const char *)member.id.ptr, file->name, name);
}

static enum tl_status check_promises(struct follow *f, struct tl_chain *chain)
{
    struct tl_buf room = tl_buf(tl_mem_new(TL_BREACH_BYTES_MAX, 1), TL_BREACH_BYTES_MAX);
    enum tl_status status = TL_OK;

    for (size_t i = 0; i < f->promises.count && status == TL_OK; i++) {
        const struct tl_promise_file *file = &f->promises.file[i];
        enum tl_promise_state state;

        room.len = 0;
        status =
            tl_breach_replayed(chain, tl_bytes(file->bytes, file->len), &room, &state, &f->why);
        if (status == TL_OK && state == TL_PROMISE_BROKEN)
            status = broken(f, file, tl_buf_bytes(&room));
    }
    tl_mem_free(room.ptr);
    return status;
}

/* New promises may have come since. */
static enum tl_status load_promises(struct follow *f)
{
    if (f->plan->promises == NULL)
        return TL_OK;
    tl_promise_dir_free(&f->promises);
    return tl_promise_dir_load(&f->promises, f->plan->promises, f->genesis, &f->why);
}

/* ---- a pause: all that could be had is replayed ---- */

static enum tl_status on_pause(void *host, struct tl_chain *chain,
                               const struct tl_audit_report *report, bool *stop, const char **why)
{
    struct follow *f = host;
    enum tl_status status = TL_OK;

    *why = f->why.text;
    *stop = is_stopped();
    if (report->tip.height < f->dir.position.height)
        return TL_OK; /* stopped on the way back to where it was */
    status = check_floor(f);
    if (status == TL_OK && !*stop)
        status = check_checkpoint(f, chain);
    if (status == TL_OK)
        status = move_position(f);
    if (status == TL_OK)
        status = load_promises(f);
    if (status == TL_OK && report->tip.height > 0)
        status = check_promises(f, chain);
    *stop = *stop || f->plan->once;
    return status;
}

static bool on_block(void *host, const struct tl_audit_report *report)
{
    (void)host;
    if (report->tip.height % 1000 == 0)
        tl_note("replayed up to block %" PRIu64, report->tip.height);
    return true;
}

static enum tl_status on_books(void *host, struct tl_overlay *state, const char **why)
{
    return tl_books_check(&((struct follow *)host)->books, state, why);
}

/* ---- running ---- */

static void watch_signals(void)
{
    struct sigaction action;

    memset(&action, 0, sizeof action);
    action.sa_handler = on_signal;
    (void)sigemptyset(&action.sa_mask);
    (void)sigaction(SIGINT, &action, NULL);
    (void)sigaction(SIGTERM, &action, NULL);
}

static enum tl_status save_fork(struct follow *f, enum tl_status status)
{
    const struct tl_feed *feed = &f->feed;
    char name[64];

    if (status != TL_ERR_FORK || feed->theirs.len == 0)
        return status;
    (void)snprintf(name, sizeof name, "fork-%" PRIu64 "-ours.final", feed->ours.height);
    keep_evidence(f, name, tl_bytes(feed->ours.bytes, feed->ours.len));
    (void)snprintf(name, sizeof name, "fork-%" PRIu64 "-theirs.final", feed->theirs.height);
    keep_evidence(f, name, tl_bytes(feed->theirs.bytes, feed->theirs.len));
    return status;
}

static enum tl_status run_audit(struct follow *f, struct tl_audit_report *report)
{
    struct tl_contract_config rules = {.genesis = &f->genesis->genesis};
    void *contract = tl_mem_new(1, tl_contract_bytes());
    struct tl_audit_source source;
    void *memory;
    enum tl_status status;

    f->feed = (struct tl_feed){.client = f->client,
                               .store = f->dir.store,
                               .report = report,
                               .floor = f->dir.position.height,
                               .poll_ms = f->plan->poll_ms,
                               .patience_ms = f->plan->patience_ms,
                               .once = f->plan->once,
                               .stopped = is_stopped};
    f->config = (struct tl_audit_config){
        .executor = tl_contract_executor(tl_contract_init(contract, &rules)),
        .scratch = f->dir.store,
        .chain_id = &f->genesis->chain_id,
        .progress = on_block,
        .books = on_books,
        .host = f,
        .live = true,
        .paused = on_pause,
        .block_bytes = BLOCK_MEMORY};
    memory = tl_mem_new(1, tl_audit_bytes(&f->config));
    source = tl_feed_source(&f->feed);
    status = save_fork(f, tl_audit_run(&f->config, &source, memory, report));
    tl_mem_free(memory);
    tl_mem_free(contract);
    return status;
}

/* What the feed and the pauses say is a sentence already; the audit's own words
 * name block and leaf. */
static enum tl_status tell(const struct follow *f, enum tl_status status,
                           const struct tl_audit_report *report, struct tl_why *why)
{
    bool own = report->what == f->why.text || report->what == f->feed.why.text;

    return tl_why_set(why, status, "%s", own ? report->what : report->text);
}

enum tl_status tl_follow_run(const struct tl_follow_plan *plan, struct tl_connection *connection,
                             struct tl_audit_outcome *outcome, struct tl_why *why)
{
    struct follow *f = tl_mem_new(1, sizeof *f);
    uint64_t start_ms = tl_monotonic_ms();
    enum tl_status status;

    *outcome = (struct tl_audit_outcome){0};
    *f = (struct follow){.plan = plan,
                         .genesis = &connection->genesis,
                         .client = connection->client,
                         .report = &outcome->report};
    watch_signals();
    status = tl_follow_dir_open(&f->dir, plan->dir, f->genesis, why);
    if (status == TL_OK) {
        status = run_audit(f, &outcome->report);
        if (status != TL_OK)
            status = tell(f, status, &outcome->report, why);
        tl_follow_dir_close(&f->dir);
    }
    outcome->members = f->genesis->genesis.members.count;
    outcome->quorum = f->genesis->genesis.quorum;
    outcome->time_ms = tl_monotonic_ms() - start_ms;
    (void)snprintf(outcome->name, sizeof outcome->name, "%.*s", (int)f->genesis->genesis.name.len,
                   (const char *)f->genesis->genesis.name.ptr);
    tl_promise_dir_free(&f->promises);
    tl_mem_free(f);
    return status;
}
