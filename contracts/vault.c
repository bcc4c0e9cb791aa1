/* Personal data as the ledger knows it: who is entitled, and how it ends.
 *
 *   OPEN --ERASURE_REQUEST, permitted--> ORDERED --every holder attests--> ERASED
 *
 * Custody grants and takes away (placement.c, sale.c, lifecycle.c call in here);
 * a case that never had a VAULT_PUT has no record and costs one lookup then. */
#include "tl/vault.h"

#include "run.h"

#include "tl/check.h"

#include <string.h>

_Static_assert(TL_MEMBERS_MAX <= 32, "members are bits of u32");

static const char *const stage_words[] = {"open", "ordered", "erased"};
const struct tl_names tl_vault_stage_names = {stage_words,
                                              sizeof stage_words / sizeof *stage_words};
TL_DEFINE_RECORD(tl_vault, TL_VAULT_FIELDS)

/* A vault under the engine's hands: the list borrows `room`. */
struct held_vault {
    struct tl_vault v;
    uint8_t room[TL_MEMBERS_MAX * 16u];
};

static uint32_t bit(uint32_t member)
{
    TL_CHECK(member < TL_MEMBERS_MAX);
    return 1u << member;
}

enum tl_status tl_vault_load(struct tl_vault *vault, struct tl_overlay *state,
                             const struct tl_id *id)
{
    struct tl_state_key key = tl_key_vault(id);
    struct tl_bytes value;
    enum tl_status status = tl_overlay_get(state, tl_state_key_bytes(&key), &value);

    if (status == TL_OK && tl_record_decode(&tl_vault_record, vault, value) != TL_OK)
        status = TL_ERR_CORRUPT;
    return status;
}

uint32_t tl_vault_missing(const struct tl_vault *vault)
{
    struct tl_list list = vault->attested;
    struct tl_vault_attested one;
    uint32_t missing = vault->stage == TL_VAULT_ORDERED ? vault->reached : 0;

    while (tl_list_next(&list, &tl_vault_attested_record, &one))
        missing &= ~bit(one.member);
    return missing;
}

/* ---- in and out of the state ------------------------------------------- */

static bool vault_load(struct run *r, const struct work *w, struct held_vault *held)
{
    enum tl_status status = tl_vault_load(&held->v, r->state, &w->c.id);

    if (status == TL_OK) {
        TL_CHECK(held->v.attested.raw.len <= sizeof held->room);
        if (held->v.attested.raw.len != 0)
            memcpy(held->room, held->v.attested.raw.ptr, held->v.attested.raw.len);
        held->v.attested.raw = tl_bytes(held->room, held->v.attested.raw.len);
        return true;
    }
    if (status != TL_ERR_NOT_FOUND)
        fail(r, status);
    return false;
}

static void vault_store(struct run *r, const struct held_vault *held)
{
    struct tl_state_key key = tl_key_vault(&held->v.case_id);

    TL_CHECK((held->v.entitled & ~held->v.reached) == 0);
    TL_CHECK(held->v.stage == TL_VAULT_OPEN || held->v.entitled == 0);
    put_record(r, &key, &tl_vault_record, &held->v);
}

/* Nodes follow these leaves to deliver and to destroy. */
static void note_event(struct run *r, const struct work *w, uint64_t leaf)
{
    struct tl_state_key key = tl_key_vault_event(leaf);

    if (r->status == TL_OK)
        fail(r, tl_overlay_put(r->state, tl_state_key_bytes(&key),
                               tl_bytes(w->c.id.b, sizeof w->c.id.b)));
}

static void index_erasure(struct run *r, const struct tl_vault *v, bool open)
{
    struct tl_state_key key = tl_key_erasure(v->ordered_leaf);
    struct tl_bytes value = open ? tl_bytes(v->case_id.b, sizeof v->case_id.b) : TL_BYTES_NONE;

    if (r->status == TL_OK)
        fail(r, tl_overlay_put(r->state, tl_state_key_bytes(&key), value));
}

/* ---- entitlement follows custody --------------------------------------- */

static struct why why_of(const struct run *r, const char *rule, const char *citation)
{
    return why_entry(r, r->clock.closed_on + 1, rule, citation);
}

static void access_change(struct run *r, struct work *w, struct held_vault *held, uint32_t member,
                          const struct why *why)
{
    struct tl_body_vault_access body = {(uint8_t)member, held->v.version, held->v.commitment};
    bool granted = (held->v.entitled & bit(member)) == 0;
    uint64_t leaf =
        decide(r, w, granted ? TL_DECISION_VAULT_GRANTED : TL_DECISION_VAULT_REVOKED, why, &body);

    held->v.entitled ^= bit(member);
    held->v.reached |= bit(member);
    note_event(r, w, leaf);
}

static void grant(struct run *r, struct work *w, struct held_vault *held, uint32_t member,
                  const struct why *why)
{
    if (held->v.stage == TL_VAULT_OPEN && (held->v.entitled & bit(member)) == 0)
        access_change(r, w, held, member, why);
}

void vault_grant(struct run *r, struct work *w, uint32_t member, const struct why *cause)
{
    struct held_vault held;
    struct why why = *cause;

    if (!vault_load(r, w, &held))
        return;
    why.rule = "engine.vault";
    why.citation = "custody entitles to the person's data";
    grant(r, w, &held, member, &why);
    vault_store(r, &held);
}

void vault_revoke(struct run *r, struct work *w, uint32_t member, const struct why *cause)
{
    struct held_vault held;
    struct why why = *cause;

    if (member == w->c.owner || !vault_load(r, w, &held))
        return;
    why.rule = "engine.vault";
    why.citation = "with custody ends the entitlement";
    if ((held.v.entitled & bit(member)) != 0)
        access_change(r, w, &held, member, &why);
    vault_store(r, &held);
}

static void grant_bureaus(struct run *r, struct work *w, struct held_vault *held,
                          const struct why *why)
{
    for (uint32_t i = 0; i < r->k->member_count; i++) {
        if ((r->k->member[i].roles & TL_ROLE_BUREAU) != 0)
            grant(r, w, held, i, why);
    }
}

void vault_furnished(struct run *r, struct work *w)
{
    struct why why = why_of(r, "engine.vault", "a bureau is told of the person it is furnished");
    struct held_vault held;

    if (!vault_load(r, w, &held))
        return;
    grant_bureaus(r, w, &held, &why);
    vault_store(r, &held);
}

/* ---- entries ----------------------------------------------------------- */

static void begin(const struct work *w, struct held_vault *held)
{
    memset(held, 0, sizeof *held);
    held->v.case_id = w->c.id;
    held->v.owner = w->c.owner;
    held->v.ordered_on = TL_DATE_NONE;
    held->v.ordered_leaf = held->v.erased_leaf = TL_LEAF_NONE;
}

static const char *put_fault(const struct held_vault *held, const struct tl_body_vault *b)
{
    if (held->v.stage != TL_VAULT_OPEN)
        return "the person's data is ordered to be erased";
    if (b->version != held->v.version + 1u || b->version == 0)
        return "the version is not the next one of this vault";
    return NULL;
}

static void put(struct run *r, struct work *w, const struct tl_entry *e,
                const struct tl_body_vault *b)
{
    struct why why = why_of(r, "engine.vault", "custody entitles to the person's data");
    struct held_vault held;
    const char *fault;

    if (!vault_load(r, w, &held))
        begin(w, &held);
    fault = put_fault(&held, b);
    if (fault != NULL) {
        finding(r, w, TL_DECISION_DENIED, e->type, fault);
        return;
    }
    held.v.version = b->version;
    held.v.commitment = b->commitment;
    held.v.put_leaf = r->entry_leaf;
    held.v.put_by = (uint8_t)r->author.member;
    note_event(r, w, r->entry_leaf);
    grant(r, w, &held, w->c.owner, &why);
    grant(r, w, &held, w->c.holder, &why);
    if (w->c.reporting == TL_REPORTING_FURNISHED)
        grant_bureaus(r, w, &held, &why);
    vault_store(r, &held);
}

/* A legal hold, then the term of retention: both are the policy's. */
static const char *erasure_fault(const struct run *r, const struct work *w,
                                 const struct tl_rule **gate)
{
    *gate = NULL;
    if (tl_policy_blocked(w->policy, &w->c, TL_CLASS_ERASE))
        return "a legal hold keeps the records";
    *gate = tl_policy_permit(w->policy, TL_ACTION_PERMIT_ERASURE, &w->c, r->clock.closed_on + 1);
    return *gate != NULL ? NULL : "no gate of the policy lets the records go yet";
}

static void order(struct run *r, struct work *w, struct held_vault *held,
                  const struct tl_rule *gate)
{
    struct why why = why_of(r, gate->id, gate->citation);
    struct tl_body_erasure_order body = {held->v.version, held->v.commitment, {TL_BYTES_NONE, 0}};
    uint8_t room[TL_MEMBERS_MAX * 4u];
    struct tl_buf buf = tl_buf(room, sizeof room);

    why_add(&why, held->v.put_leaf);
    for (uint32_t i = 0; i < TL_MEMBERS_MAX; i++) {
        const struct tl_vault_holder holder = {(uint8_t)i};

        if ((held->v.reached & bit(i)) != 0)
            tl_list_add(&body.holders, &buf, &tl_vault_holder_record, &holder);
    }
    TL_CHECK(!buf.full && body.holders.count > 0);
    held->v.stage = TL_VAULT_ORDERED;
    held->v.entitled = 0;
    held->v.ordered_on = why.date;
    held->v.ordered_leaf = decide(r, w, TL_DECISION_ERASURE_ORDERED, &why, &body);
    note_event(r, w, held->v.ordered_leaf);
    index_erasure(r, &held->v, true);
}

static void request(struct run *r, struct work *w, const struct tl_entry *e)
{
    struct held_vault held;
    const struct tl_rule *gate = NULL;
    const char *fault = NULL;

    if (!vault_load(r, w, &held))
        fault = "the case has no personal data";
    else if (held.v.stage != TL_VAULT_OPEN)
        fault = "the erasure is ordered already";
    else
        fault = erasure_fault(r, w, &gate);
    if (fault != NULL) {
        finding(r, w, TL_DECISION_DENIED, e->type, fault);
        return;
    }
    order(r, w, &held, gate);
    vault_store(r, &held);
}

static void complete(struct run *r, struct work *w, struct held_vault *held)
{
    struct why why = why_of(r, "engine.erasure", "every holder has attested");
    struct tl_body_erased body = {held->v.version, held->v.commitment, held->v.attested};

    why_add(&why, held->v.ordered_leaf);
    held->v.stage = TL_VAULT_ERASED;
    index_erasure(r, &held->v, false);
    held->v.erased_leaf = decide(r, w, TL_DECISION_ERASED, &why, &body);
    note_event(r, w, held->v.erased_leaf);
}

static const char *attest_fault(const struct run *r, const struct held_vault *held,
                                const struct tl_body_attestation *b)
{
    if (held->v.stage == TL_VAULT_OPEN)
        return "attested without an order";
    if (!tl_hash_eq(&b->commitment, &held->v.commitment))
        return "attested for another version of the data";
    if (b->copies == 0)
        return "attested without a copy of the key overwritten";
    if ((tl_vault_missing(&held->v) & bit(r->author.member)) == 0)
        return "attested already, or never a holder";
    return NULL;
}

static void attest(struct run *r, struct work *w, const struct tl_entry *e,
                   const struct tl_body_attestation *b)
{
    const struct tl_vault_attested one = {(uint8_t)r->author.member, r->entry_leaf};
    struct held_vault held;
    struct tl_buf buf;
    const char *fault = "the case has no personal data";

    if (vault_load(r, w, &held))
        fault = attest_fault(r, &held, b);
    if (fault != NULL) {
        finding(r, w, TL_DECISION_VIOLATION, e->type, fault);
        return;
    }
    buf = tl_buf(held.room, sizeof held.room);
    buf.len = held.v.attested.raw.len;
    tl_list_add(&held.v.attested, &buf, &tl_vault_attested_record, &one);
    TL_CHECK(!buf.full);
    if (tl_vault_missing(&held.v) == 0)
        complete(r, w, &held);
    vault_store(r, &held);
}

bool vault_entry(uint16_t type)
{
    return type >= TL_ENTRY_VAULT_PUT && type <= TL_DECISION_ERASED;
}

void apply_vault(struct run *r, struct work *w, const struct tl_entry *e, const union tl_body *b)
{
    TL_CHECK(vault_entry(e->type));
    if (e->type == TL_ENTRY_VAULT_PUT)
        put(r, w, e, &b->vault);
    else if (e->type == TL_ENTRY_ERASURE_REQUEST)
        request(r, w, e);
    else
        attest(r, w, e, &b->attestation);
}
