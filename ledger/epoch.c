/* Epochs: their plans, what a plan may change, and the chain of their ends. */
#include "tl/epoch.h"

#include "genesis_decode.h"
#include "tl/check.h"
#include "tl/hash.h"

#include <string.h>

static const char plan_domain[] = "tallystick/epoch/v1";

#define KEY_EPOCH      'e'
#define MARK_BYTES_MAX 192u

TL_DEFINE_RECORD(tl_epoch_plan, TL_EPOCH_PLAN_FIELDS)
TL_DEFINE_RECORD(tl_epoch_mark, TL_EPOCH_MARK_FIELDS)
TL_DEFINE_RECORD(tl_epoch_link, TL_EPOCH_LINK_FIELDS)
TL_DEFINE_RECORD(tl_epoch_chain, TL_EPOCH_CHAIN_FIELDS)

void tl_epoch_first(struct tl_epoch *out, const struct tl_genesis *genesis)
{
    *out = (struct tl_epoch){.genesis = *genesis};
    tl_genesis_members_hash(&out->members_hash, genesis);
}

void tl_epoch_plan_hash(struct tl_hash *out, struct tl_bytes plan)
{
    tl_hash_domain(out, plan_domain, plan);
}

static enum tl_status decode(struct tl_epoch *out, struct tl_bytes bytes, const char **why)
{
    struct tl_epoch_plan plan;
    enum tl_status status = TL_ERR_ENCODING;

    *why = "the plan is not one canonical record";
    if (bytes.len <= TL_EPOCH_PLAN_MAX)
        status = tl_record_decode(&tl_epoch_plan_record, &plan, bytes);
    if (status != TL_OK)
        return status;
    *why = "an epoch's number must not be 0";
    if (plan.number == 0)
        return TL_ERR_RANGE;
    *why = "a member is suspended or removed, not both";
    if ((plan.suspended & plan.removed) != 0)
        return TL_ERR_RANGE;
    *out = (struct tl_epoch){.number = plan.number,
                             .suspended = plan.suspended,
                             .removed = plan.removed,
                             .from_height = plan.from_height};
    tl_epoch_plan_hash(&out->members_hash, bytes);
    return tl_genesis_decode_with(&out->genesis, plan.config, tl_epoch_silent(out), why);
}

enum tl_status tl_epoch_decode(struct tl_epoch *out, struct tl_bytes plan, const char **why)
{
    enum tl_status status = decode(out, plan, why);

    if (status != TL_OK)
        memset(out, 0, sizeof *out);
    return status;
}

/* Custody, accounts and old votes name members by their place. */
static bool keeps_places(struct tl_list next, struct tl_list now)
{
    struct tl_member before;
    struct tl_member after;

    while (tl_list_next(&now, &tl_member_record, &before)) {
        if (!tl_list_next(&next, &tl_member_record, &after) || !tl_bytes_eq(before.id, after.id))
            return false;
    }
    return true;
}

const char *tl_epoch_follows(const struct tl_epoch *next, const struct tl_epoch *now)
{
    const struct tl_genesis *a = &now->genesis;
    const struct tl_genesis *b = &next->genesis;

    if (now->number == UINT64_MAX || next->number != now->number + 1)
        return "the plan is not for the next epoch";
    if (!tl_bytes_eq(a->name, b->name) || a->created_ms != b->created_ms)
        return "a ledger's name and creation never change";
    if (a->time_source != b->time_source || a->first_date != b->first_date)
        return "a ledger's business calendar never changes";
    if (a->state_bits != b->state_bits)
        return "the size of the state never changes";
    if (!keeps_places(b->members, a->members))
        return "members keep their ids and places; new ones come last";
    if ((now->removed & ~next->removed) != 0)
        return "a member that was removed never comes back";
    return NULL;
}

uint32_t tl_epoch_silent(const struct tl_epoch *epoch)
{
    return epoch->suspended | epoch->removed;
}

void tl_epoch_voters(struct tl_voters *out, const struct tl_epoch *epoch,
                     const struct tl_hash *chain_id)
{
    tl_genesis_voters(out, &epoch->genesis, chain_id);
    out->epoch = epoch->number;
    out->silent = tl_epoch_silent(epoch);
}

bool tl_epoch_author(const struct tl_epoch *epoch, const struct tl_pubkey *key,
                     struct tl_author *out)
{
    if (tl_genesis_author(&epoch->genesis, key, out) &&
        (tl_epoch_silent(epoch) >> out->member & 1u) == 0)
        return true;
    *out = (struct tl_author){0};
    return false;
}

/* ---- in the state ---- */

static struct tl_bytes plan_key(uint8_t key[9], uint64_t number)
{
    key[0] = KEY_EPOCH;
    tl_put_u64be(key + 1, number);
    return tl_bytes(key, 9);
}

enum tl_status tl_epoch_mark_load(struct tl_epoch_mark *mark, struct tl_overlay *state)
{
    static const uint8_t key = KEY_EPOCH;
    struct tl_bytes value;
    enum tl_status status = tl_overlay_get(state, tl_bytes(&key, 1), &value);

    if (status == TL_ERR_NOT_FOUND) {
        *mark = (struct tl_epoch_mark){.first_height = 1};
        return TL_OK;
    }
    if (status == TL_OK && tl_record_decode(&tl_epoch_mark_record, mark, value) != TL_OK)
        status = TL_ERR_CORRUPT;
    return status;
}

enum tl_status tl_epoch_mark_put(struct tl_overlay *state, const struct tl_epoch_mark *mark)
{
    static const uint8_t key = KEY_EPOCH;
    uint8_t bytes[MARK_BYTES_MAX];
    struct tl_buf buf = tl_buf(bytes, sizeof bytes);

    tl_record_write(&tl_epoch_mark_record, mark, &buf);
    TL_CHECK(!buf.full);
    return tl_overlay_put(state, tl_bytes(&key, 1), tl_buf_bytes(&buf));
}

enum tl_status tl_epoch_plan_load(struct tl_overlay *state, uint64_t number, struct tl_bytes *plan)
{
    uint8_t key[9];

    return tl_overlay_get(state, plan_key(key, number), plan);
}

enum tl_status tl_epoch_plan_put(struct tl_overlay *state, uint64_t number, struct tl_bytes plan)
{
    uint8_t key[9];

    TL_CHECK(number != 0 && plan.len != 0);
    return tl_overlay_put(state, plan_key(key, number), plan);
}

/* ---- the chain of ends ---- */

/* What the header of an epoch's end must say. */
static enum tl_status header_ends(const struct tl_header *header, const struct tl_epoch *epoch,
                                  const struct tl_hash *chain_id, const char **why)
{
    *why = "the header is of another ledger or epoch";
    if (!tl_hash_eq(&header->chain_id, chain_id) || header->epoch != epoch->number)
        return TL_ERR_WRONG_CHAIN;
    *why = "the header is of other members";
    if (!tl_hash_eq(&header->members_hash, &epoch->members_hash))
        return TL_ERR_BROKEN_LINK;
    *why = "the header does not end its epoch";
    if (tl_hash_eq(&header->next_members_hash, &header->members_hash))
        return TL_ERR_BROKEN_LINK;
    return TL_OK;
}

static enum tl_status cert_holds(const struct tl_epoch_link *link, const struct tl_epoch *epoch,
                                 const struct tl_hash *chain_id, const char **why)
{
    struct tl_voters voters;
    struct tl_cert cert;
    struct tl_hash hash;

    *why = "the certificate of the epoch's end is malformed";
    if (tl_record_decode(&tl_cert_record, &cert, link->cert) != TL_OK)
        return TL_ERR_ENCODING;
    tl_header_hash(&hash, link->header);
    tl_epoch_voters(&voters, epoch, chain_id);
    *why = "the epoch's end is not certified by a quorum of its members";
    if (cert.kind != TL_VOTE_FINALIZE || !tl_hash_eq(&cert.hash, &hash) ||
        tl_cert_verify(&cert, &voters) != TL_OK)
        return TL_ERR_CERTIFICATE;
    return TL_OK;
}

/* PROTOCOL A.10-6: Whoever verifies a later epoch MUST walk the epoch chain from the genesis file:
 * each link's header ends its epoch, is certified by a quorum of that epoch's members, and names
 * the hash of the next plan. */
enum tl_status tl_epoch_step(struct tl_epoch *epoch, const struct tl_epoch_link *link,
                             const struct tl_hash *chain_id, const char **why)
{
    struct tl_epoch next;
    struct tl_header header;
    enum tl_status status = tl_header_decode(&header, link->header);

    *why = "the header of an epoch's end is malformed";
    if (status == TL_OK)
        status = header_ends(&header, epoch, chain_id, why);
    if (status == TL_OK)
        status = cert_holds(link, epoch, chain_id, why);
    if (status == TL_OK)
        status = tl_epoch_decode(&next, link->plan, why);
    if (status != TL_OK)
        return status;
    *why = "the plan is not the one the epoch's end names";
    if (!tl_hash_eq(&next.members_hash, &header.next_members_hash))
        return TL_ERR_BROKEN_LINK;
    *why = tl_epoch_follows(&next, epoch);
    if (*why != NULL)
        return TL_ERR_RANGE;
    *epoch = next;
    return TL_OK;
}
