/* The executor: blocks, envelopes and entries in order. */
#include "law_run.h"

#include "tl/check.h"
#include "tl/hash.h"
#include "tl/vault.h"

#include <string.h>

#define MS_PER_DAY UINT64_C(86400000)

/* ---- authors ----------------------------------------------------------- */

static size_t author_slot_of(const struct tl_pubkey *key)
{
    return (size_t)(tl_get_u64be(key->b) % AUTHOR_SLOTS);
}

static void author_add(struct author_slot table[AUTHOR_SLOTS], const struct tl_pubkey *key,
                       const struct tl_author *author)
{
    size_t at = author_slot_of(key);

    while (table[at].used)
        at = (at + 1) % AUTHOR_SLOTS;
    table[at] = (struct author_slot){*key, *author, true};
}

bool author_find(const struct author_slot table[AUTHOR_SLOTS], const struct tl_pubkey *key,
                 struct tl_author *author)
{
    for (size_t at = author_slot_of(key); table[at].used; at = (at + 1) % AUTHOR_SLOTS) {
        if (memcmp(table[at].key.b, key->b, sizeof key->b) == 0) {
            *author = table[at].author;
            return true;
        }
    }
    return false;
}

/* Members without a vote do not write either. */
void authors_load(struct author_slot table[AUTHOR_SLOTS], const struct tl_epoch *epoch)
{
    struct tl_member member;
    struct tl_member_key key;

    memset(table, 0, AUTHOR_SLOTS * sizeof table[0]);
    for (uint32_t i = 0; tl_genesis_member(&epoch->genesis, i, &member); i++) {
        if ((tl_epoch_silent(epoch) >> i & 1u) != 0)
            continue;
        while (tl_list_next(&member.keys, &tl_member_key_record, &key)) {
            const struct tl_author author = {i, member.roles, key.rights, key.expires_ms};

            author_add(table, &key.key, &author);
        }
    }
}

/* ---- admission --------------------------------------------------------- */

static enum tl_status entry_admit(const struct tl_contract *k, const struct tl_author *author,
                                  const struct tl_type_info *info)
{
    if ((info->roles & author->roles) == 0 || (info->right & author->rights) == 0)
        return TL_ERR_DENIED;
    if (info->code == TL_ENTRY_DAY_CLOSE && k->genesis->time_source == TL_TIME_BLOCK)
        return TL_ERR_REFUSED;
    return TL_OK;
}

enum tl_status tl_contract_admit(const struct tl_contract *contract,
                                 const struct tl_envelope *envelope, uint32_t *position)
{
    struct tl_list entries = envelope->entries;
    const struct tl_type_info *info;
    struct tl_entry_bytes one;
    struct tl_author author;
    struct tl_entry entry;
    enum tl_status status = TL_OK;

    *position = 0;
    if (!author_find(contract->admitted, &envelope->author, &author))
        return TL_ERR_DENIED;
    while (tl_list_next(&entries, &tl_entry_bytes_record, &one)) {
        status = tl_entry_decode(&entry, NULL, &info, one.bytes);
        if (status == TL_OK)
            status = entry_admit(contract, &author, info);
        if (status != TL_OK)
            return status;
        ++*position;
    }
    *position = 0;
    return TL_OK;
}

/* ---- state of the ledger itself ---------------------------------------- */

enum tl_status tl_author_sequence(struct tl_overlay *state, const struct tl_pubkey *author,
                                  uint64_t *sequence)
{
    struct tl_state_key key = tl_key_author(author);
    struct tl_bytes value;
    enum tl_status status = tl_overlay_get(state, tl_state_key_bytes(&key), &value);

    *sequence = 0;
    if (status == TL_ERR_NOT_FOUND)
        return TL_OK;
    if (status == TL_OK && value.len != 8)
        return TL_ERR_CORRUPT;
    if (status == TL_OK)
        *sequence = tl_get_u64be(value.ptr);
    return status;
}

/* The day before the one a moment lies in, UTC. */
static int32_t day_before(uint64_t time_ms)
{
    uint64_t day = time_ms / MS_PER_DAY;

    return day > TL_DATE_MAX ? TL_DATE_MAX : (int32_t)day - 1;
}

enum tl_status tl_clock_load(struct tl_clock *clock, struct tl_overlay *state,
                             const struct tl_genesis *genesis)
{
    struct tl_state_key key = tl_key_clock();
    struct tl_bytes value;
    enum tl_status status = tl_overlay_get(state, tl_state_key_bytes(&key), &value);

    *clock = (struct tl_clock){
        .closed_on = genesis->first_date, .leaf = TL_LEAF_NONE, .slice_on = TL_DATE_NONE};
    if (genesis->time_source == TL_TIME_BLOCK)
        clock->closed_on = day_before(genesis->created_ms);
    clock->worked_on = clock->closed_on;
    if (status == TL_ERR_NOT_FOUND)
        return TL_OK;
    if (status == TL_OK && tl_record_decode(&tl_clock_record, clock, value) != TL_OK)
        status = TL_ERR_CORRUPT;
    return status;
}

enum tl_status tl_policy_load(struct tl_policy *policy, struct tl_overlay *state,
                              const struct tl_hash *hash)
{
    struct tl_state_key key = tl_key_policy(hash);
    struct tl_bytes value;
    enum tl_status status = tl_overlay_get(state, tl_state_key_bytes(&key), &value);

    if (status != TL_OK)
        return status;
    return tl_policy_decode(policy, value) == TL_OK ? TL_OK : TL_ERR_CORRUPT;
}

/* ---- entries about the ledger ------------------------------------------ */

static const char *policy_fault(struct run *r, const struct tl_policy *policy)
{
    struct tl_state_key name = tl_key_policy_name(tl_bytes_str(policy->name));
    struct tl_bytes value;
    struct tl_hash hash;
    const struct tl_policy *old;
    enum tl_status status;
    uint32_t index;

    for (uint32_t i = 0; i < policy->agency_count; i++) {
        if (!member_find(r->k, tl_bytes_str(policy->agency[i].id), &index))
            return "the policy names an agency that is not a member";
    }
    status = tl_overlay_get(r->state, tl_state_key_bytes(&name), &value);
    if (status == TL_OK && value.len != sizeof hash.b)
        status = TL_ERR_CORRUPT;
    if (status != TL_OK && status != TL_ERR_NOT_FOUND)
        fail(r, status);
    if (status != TL_OK)
        return NULL;
    memcpy(hash.b, value.ptr, sizeof hash.b);
    old = policy_cached(r, &hash);
    return old != NULL && old->version >= policy->version ? "a version as new is published" : NULL;
}

static void policy_publish(struct run *r, const struct tl_body_policy *body)
{
    struct tl_policy *policy = &r->k->published;
    struct tl_state_key key;
    struct tl_hash hash;
    const char *fault = "the policy is malformed";

    if (tl_policy_decode(policy, body->policy) == TL_OK)
        fault = policy_fault(r, policy);
    if (fault != NULL) {
        finding(r, NULL, TL_DECISION_DENIED, TL_ENTRY_POLICY_PUBLISH, fault);
        return;
    }
    tl_policy_hash(&hash, body->policy);
    key = tl_key_policy(&hash);
    fail(r, tl_overlay_put(r->state, tl_state_key_bytes(&key), body->policy));
    key = tl_key_policy_name(tl_bytes_str(policy->name));
    fail(r, tl_overlay_put(r->state, tl_state_key_bytes(&key), tl_bytes(hash.b, sizeof hash.b)));
}

/* Closing the last closed day again just goes on with its work. */
static void day_close(struct run *r, const struct tl_body_day *body)
{
    if (body->date < r->clock.closed_on) {
        finding(r, NULL, TL_DECISION_DENIED, TL_ENTRY_DAY_CLOSE, "that day is over already");
        return;
    }
    if (body->date > r->clock.closed_on) {
        r->clock.closed_on = body->date;
        r->clock.leaf = r->entry_leaf;
        r->clock.work_left = true;
        r->clock_dirty = true;
    }
    /* Who closes the day pays for a whole slice of it, once an envelope. */
    if (!r->day_paid)
        r->budget = r->k->slice_steps;
    r->day_paid = true;
    slice_run(r);
}

static void apply_ledger(struct run *r, const struct tl_entry *e, const union tl_body *body)
{
    if (e->type == TL_ENTRY_POLICY_PUBLISH)
        policy_publish(r, &body->policy);
    else if (e->type == TL_ENTRY_SCORECARD_PUBLISH)
        apply_scorecard(r, e, &body->scorecard);
    else if (e->type == TL_ENTRY_CHANGE_PROPOSE)
        change_propose(r, &body->propose);
    else if (e->type == TL_ENTRY_CHANGE_APPROVE)
        change_approve(r, &body->approve);
    else if (e->type == TL_ENTRY_EVIDENCE)
        evidence_take(r, &body->evidence);
    else if (e->type == TL_ENTRY_DAY_CLOSE)
        day_close(r, &body->day);
    else if (e->type == TL_ENTRY_KEY_GRANT || e->type == TL_ENTRY_KEY_REVOKE)
        apply_key(r, e, body);
    else if (e->type == TL_ENTRY_REMITTANCE)
        apply_remittance(r, e, &body->remittance);
    else if (e->type == TL_ENTRY_LICENCE)
        apply_licence(r, e, &body->licence);
    else if (e->type == TL_ENTRY_PLACEMENT_STANDING)
        apply_standing(r, e, &body->standing);
}

/* ---- the run ----------------------------------------------------------- */

/* An envelope that has caused as much as one may: the rest of it is on record
 * and has to be sent again. */
static bool envelope_spent(const struct run *r)
{
    return r->next_leaf - r->envelope_leaf > ENVELOPE_LEAVES_MAX ||
           r->reviews > ENVELOPE_REVIEWS_MAX;
}

static enum tl_status defer_entry(struct run *r, uint16_t type, struct tl_bytes bytes,
                                  uint32_t position)
{
    emit_entry(r, NULL, position, bytes);
    finding(r, NULL, TL_DECISION_DEFERRED, type, "its envelope asks too much; send it again");
    return r->status;
}

bool run_ok(const struct run *r)
{
    return r->accounts <= RUN_ACCOUNTS_MAX && r->budget <= r->k->slice_steps &&
           r->envelope_leaf <= r->next_leaf && r->clock.worked_on <= r->clock.closed_on &&
           (r->clock.work_left || r->clock.worked_on == r->clock.closed_on);
}

/* What a key may no longer say is on record, and does nothing. */
static enum tl_status void_entry(struct run *r, const struct tl_entry *entry, struct tl_bytes bytes,
                                 uint32_t position)
{
    emit_entry(r, NULL, position, bytes);
    finding(r, NULL, TL_DECISION_DENIED, entry->type, r->author_fault);
    return r->status;
}

static enum tl_status run_entry(struct run *r, struct tl_bytes bytes, uint32_t position)
{
    const struct tl_type_info *info;
    struct work *w = &r->k->work;
    union tl_body body;
    struct tl_entry entry;
    uint64_t first;
    bool found = false;
    enum tl_status status = tl_entry_decode(&entry, &body, &info, bytes);

    if (status == TL_OK && r->author_fault == NULL)
        status = entry_admit(r->k, &r->author, info);
    TL_INVARIANT(run_ok(r));
    r->decisions = 0; /* what time does now is counted by itself */
    if (r->author_fault != NULL)
        return void_entry(r, &entry, bytes, position);
    if (status != TL_OK)
        return status;
    if (envelope_spent(r))
        return defer_entry(r, entry.type, bytes, position);
    slice_run(r);
    first = r->next_leaf;
    if (info->about_case) {
        work_load(r, w, &entry.case_id, &found);
        if (found && r->status == TL_OK)
            timers_run(r, w);
    }
    if (r->status != TL_OK)
        return r->status;
    emit_entry(r, found ? w : NULL, position, bytes);
    if (info->about_case)
        apply_entry(r, found ? w : NULL, &entry, &body);
    else
        apply_ledger(r, &entry, &body);
    TL_INVARIANT(r->status != TL_OK || run_ok(r));
    TL_CHECK(!info->about_case || r->next_leaf - first <= ENTRY_LEAVES_MAX);
    return r->status;
}

static enum tl_status next_in_sequence(struct run *r, const struct tl_envelope *env)
{
    struct tl_state_key key = tl_key_author(&env->author);
    uint8_t value[8];
    uint64_t last;
    enum tl_status status = tl_author_sequence(r->state, &env->author, &last);

    if (status != TL_OK)
        return status;
    if (last == UINT64_MAX || env->sequence != last + 1)
        return TL_ERR_SEQUENCE;
    tl_put_u64be(value, env->sequence);
    return tl_overlay_put(r->state, tl_state_key_bytes(&key), tl_bytes(value, sizeof value));
}

/* Who signed, by the block's time.  A key of no member makes the block invalid; one
 * that has gone makes its entries void. */
static enum tl_status author_load(struct run *r, const struct tl_pubkey *key)
{
    enum tl_status status;

    if (!author_find(r->k->author, key, &r->author))
        return TL_ERR_DENIED;
    status = tl_author_standing(&r->author, r->state, &r->k->epoch.genesis, key, r->block->time_ms);
    r->author_fault = status == TL_ERR_REVOKED   ? "the key was revoked"
                      : status == TL_ERR_EXPIRED ? "the key has expired"
                                                 : NULL;
    return r->author_fault != NULL ? TL_OK : status;
}

static uint32_t least_of(uint32_t a, uint32_t b)
{
    return a < b ? a : b;
}

static enum tl_status run_envelope(struct run *r, struct tl_bytes bytes)
{
    struct tl_envelope env;
    struct tl_entry_bytes one;
    enum tl_status status = tl_envelope_decode(&env, bytes);

    if (status != TL_OK)
        return status;
    status = author_load(r, &env.author);
    if (status == TL_OK)
        status = next_in_sequence(r, &env);
    tl_envelope_id(&r->envelope, &env, r->block->chain_id);
    r->budget = least_of(r->k->slice_steps, env.entries.count * SLICE_STEPS_PER_ENTRY);
    r->day_paid = false;
    r->envelope_leaf = r->next_leaf;
    r->reviews = 0;
    for (uint32_t i = 0;
         status == TL_OK && tl_list_next(&env.entries, &tl_entry_bytes_record, &one); i++)
        status = run_entry(r, one.bytes, i);
    return status;
}

static void clock_start(struct run *r)
{
    int32_t day = day_before(r->block->time_ms);

    fail(r, tl_clock_load(&r->clock, r->state, r->block->genesis));
    if (r->block->genesis->time_source == TL_TIME_BLOCK && day > r->clock.closed_on) {
        r->clock.closed_on = day;
        r->clock.work_left = true;
        r->clock_dirty = true;
    }
}

static enum tl_status run_block(void *host, const struct tl_exec_block *block,
                                struct tl_overlay *state, const struct tl_leaf_sink *sink)
{
    struct run r = {
        .k = host, .block = block, .state = state, .sink = sink, .next_leaf = block->first_leaf};
    struct tl_list envelopes = block->envelopes;
    struct tl_envelope_bytes one;
    struct tl_state_key key = tl_key_clock();
    enum tl_status status;

    status = version_start(&r);
    if (status != TL_OK)
        return status;
    epoch_start(&r);
    clock_start(&r);
    status = r.status;
    while (status == TL_OK && tl_list_next(&envelopes, &tl_envelope_bytes_record, &one))
        status = run_envelope(&r, one.bytes);
    if (status != TL_OK)
        return status;
    TL_INVARIANT(run_ok(&r));
    accounts_flush(&r);
    if (r.clock_dirty)
        put_record(&r, &key, &tl_clock_record, &r.clock);
    if (!block->partial)
        epoch_finish(&r);
    return r.status;
}

/* ---- making one -------------------------------------------------------- */

size_t tl_contract_bytes(void)
{
    return sizeof(struct tl_contract);
}

struct tl_contract *tl_contract_init(void *memory, const struct tl_contract_config *config)
{
    struct tl_contract *k = memory;

    memset(k, 0, sizeof *k);
    k->genesis = config->genesis;
    k->watch = config->watch;
    k->slice_steps = config->slice_steps == 0 ? TL_DAY_SLICE_STEPS : config->slice_steps;
    TL_CHECK(k->slice_steps <= TL_DAY_SLICE_STEPS);
    tl_epoch_first(&k->epoch, k->genesis);
    members_load(k);
    authors_load(k->admitted, &k->epoch);
    return k;
}

void tl_contract_turn(struct tl_contract *contract, const struct tl_epoch *epoch)
{
    authors_load(contract->admitted, epoch);
}

struct tl_executor tl_contract_executor(struct tl_contract *contract)
{
    struct tl_executor executor = {.run = run_block, .host = contract};
    struct tl_hasher hasher;

    tl_hasher_domain(&hasher, "tallystick/contract/v1");
    tl_hasher_u64(&hasher, RULES_VERSION);
    tl_hasher_u64(&hasher, contract->slice_steps);
    tl_hasher_done(&hasher, &executor.contract_hash);
    return executor;
}
