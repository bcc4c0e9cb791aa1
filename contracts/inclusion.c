/* Inclusion promises and their breach.  See inclusion.h. */
#include "tl/inclusion.h"

#include "tl/case.h"
#include "tl/check.h"

#include <string.h>

static const char domain[] = "tallystick/promise/v1";

#define SIGNING_BYTES                                                                              \
    (sizeof domain + 2u * TL_HASH_BYTES + 2u * TL_PUBKEY_BYTES + 8u + 8u + 8u + 4u)
/* How far a client's clock and the member's may differ. */
#define CLOCKS_MS 60000u

TL_DEFINE_RECORD(tl_inclusion_promise, TL_INCLUSION_PROMISE_FIELDS)
TL_DEFINE_RECORD(tl_inclusion_breach, TL_INCLUSION_BREACH_FIELDS)

static const char *const states[] = {"kept", "waiting", "open", "broken"};
const struct tl_names tl_promise_state_names = {states, sizeof states / sizeof states[0]};

/* ---- the promise ---- */

static void put_u64(struct tl_buf *buf, uint64_t value)
{
    uint8_t bytes[8];

    tl_put_u64be(bytes, value);
    tl_buf_put(buf, bytes, sizeof bytes);
}

static void signing_bytes(uint8_t out[SIGNING_BYTES], const struct tl_inclusion_promise *p)
{
    struct tl_buf buf = tl_buf(out, SIGNING_BYTES);
    uint8_t blocks[4];

    tl_put_u32be(blocks, p->blocks);
    tl_buf_put(&buf, domain, sizeof domain);
    tl_buf_put(&buf, p->chain_id.b, sizeof p->chain_id.b);
    tl_buf_put(&buf, p->member.b, sizeof p->member.b);
    tl_buf_put(&buf, p->author.b, sizeof p->author.b);
    put_u64(&buf, p->sequence);
    tl_buf_put(&buf, p->envelope.b, sizeof p->envelope.b);
    put_u64(&buf, p->made_ms);
    put_u64(&buf, p->by_ms);
    tl_buf_put(&buf, blocks, sizeof blocks);
    TL_CHECK(!buf.full && buf.len == SIGNING_BYTES);
}

void tl_promise_seal(struct tl_inclusion_promise *promise, const struct tl_seckey *log_key)
{
    uint8_t message[SIGNING_BYTES];

    signing_bytes(message, promise);
    tl_sign(&promise->sig, tl_bytes(message, sizeof message), log_key);
}

static bool find_member(const struct tl_genesis *genesis, const struct tl_pubkey *log_key,
                        uint32_t *member)
{
    struct tl_member m;

    for (*member = 0; tl_genesis_member(genesis, *member, &m); ++*member)
        if (memcmp(m.log_key.b, log_key->b, sizeof log_key->b) == 0)
            return true;
    *member = 0;
    return false;
}

static enum tl_status refuse(const char **why, enum tl_status status, const char *what)
{
    *why = what;
    return status;
}

static enum tl_status check_promise(const struct tl_inclusion_promise *p, uint32_t *member,
                                    const struct tl_genesis *genesis,
                                    const struct tl_hash *chain_id, const char **why)
{
    uint8_t message[SIGNING_BYTES];

    if (!tl_hash_eq(&p->chain_id, chain_id))
        return refuse(why, TL_ERR_WRONG_CHAIN, "the promise belongs to another ledger");
    if (p->sequence == 0 || p->by_ms < p->made_ms)
        return refuse(why, TL_ERR_RANGE, "the promise is for no envelope, or was due when made");
    if (!find_member(genesis, &p->member, member))
        return refuse(why, TL_ERR_SIGNATURE, "who promised is no member of this ledger");
    signing_bytes(message, p);
    if (tl_sig_verify(&p->sig, tl_bytes(message, sizeof message), &p->member) != TL_OK)
        return refuse(why, TL_ERR_SIGNATURE, "the promise's signature does not verify");
    return TL_OK;
}

enum tl_status tl_promise_verify(struct tl_inclusion_promise *promise, uint32_t *member,
                                 struct tl_bytes bytes, const struct tl_genesis *genesis,
                                 const struct tl_hash *chain_id, const char **why)
{
    enum tl_status status;

    *why = NULL;
    *member = 0;
    memset(promise, 0, sizeof *promise);
    if (bytes.len > TL_PROMISE_BYTES_MAX ||
        tl_record_decode(&tl_inclusion_promise_record, promise, bytes) != TL_OK ||
        promise->format != TL_PROMISE_FORMAT) {
        memset(promise, 0, sizeof *promise);
        return refuse(why, TL_ERR_ENCODING, "the promise is malformed");
    }
    status = check_promise(promise, member, genesis, chain_id, why);
    if (status != TL_OK)
        memset(promise, 0, sizeof *promise);
    return status;
}

bool tl_promise_fair(const struct tl_inclusion_promise *promise, uint64_t now_ms)
{
    uint64_t apart =
        promise->made_ms > now_ms ? promise->made_ms - now_ms : now_ms - promise->made_ms;

    return apart <= CLOCKS_MS && promise->by_ms >= promise->made_ms &&
           promise->by_ms - promise->made_ms <= TL_PROMISE_MS_MAX;
}

enum tl_promise_state tl_promise_judge(const struct tl_inclusion_promise *promise,
                                       uint64_t recorded, uint64_t height, uint64_t late)
{
    TL_CHECK(promise->sequence != 0);
    if (recorded >= promise->sequence)
        return TL_PROMISE_KEPT;
    if (recorded != promise->sequence - 1)
        return TL_PROMISE_WAITING;
    return late <= height && height - late >= promise->blocks ? TL_PROMISE_BROKEN : TL_PROMISE_OPEN;
}

/* ---- its breach ---- */

void tl_breach_write(struct tl_buf *out, struct tl_bytes promise, const struct tl_final *late,
                     struct tl_bytes state)
{
    size_t room = out->cap / 2 < TL_BREACH_FINAL_MAX ? out->cap / 2 : TL_BREACH_FINAL_MAX;
    struct tl_buf tail = tl_buf(out->ptr + out->cap - room, room);
    struct tl_inclusion_breach breach = {
        .format = TL_PROMISE_FORMAT, .promise = promise, .state = state};

    TL_CHECK(out->len == 0);
    tl_list_add(&breach.late, &tail, &tl_final_record, late);
    tl_record_write(&tl_inclusion_breach_record, &breach, out);
    out->full = out->full || tail.full || out->len > out->cap - room;
}

/* The author's sequence as a state receipt shows it: no value is none yet. */
static bool read_sequence(const struct tl_receipt_facts *state,
                          const struct tl_inclusion_promise *promise, uint64_t *recorded)
{
    const struct tl_state_key key = tl_key_author(&promise->author);

    if (!tl_bytes_eq(state->key, tl_state_key_bytes(&key)) ||
        (state->value.len != 0 && state->value.len != 8))
        return false;
    *recorded = state->value.len == 0 ? 0 : tl_get_u64be(state->value.ptr);
    return true;
}

static enum tl_status check_state(struct tl_breach_facts *facts,
                                  const struct tl_receipt_facts *state, const char **why)
{
    if (!read_sequence(state, &facts->promise, &facts->recorded))
        return refuse(why, TL_ERR_PROOF, "the state is not that of the promise's author");
    if (facts->late.time_ms < facts->promise.by_ms)
        return refuse(why, TL_ERR_PROOF, "the late block was made before the deadline");
    switch (tl_promise_judge(&facts->promise, facts->recorded, facts->header.height,
                             facts->late.height)) {
    case TL_PROMISE_KEPT:
        return refuse(why, TL_ERR_PROOF, "the promise was kept");
    case TL_PROMISE_WAITING:
        return refuse(why, TL_ERR_PROOF, "an envelope of the author before this one is missing");
    case TL_PROMISE_OPEN:
        return refuse(why, TL_ERR_PROOF, "too few blocks are final after the deadline");
    case TL_PROMISE_BROKEN:
        break;
    }
    return TL_OK;
}

static enum tl_status check_breach(struct tl_breach_facts *facts,
                                   const struct tl_inclusion_breach *breach,
                                   const struct tl_genesis *genesis, const struct tl_hash *chain_id,
                                   const char **why)
{
    struct tl_receipt_facts found;
    enum tl_status status =
        tl_promise_verify(&facts->promise, &facts->member, breach->promise, genesis, chain_id, why);

    if (status == TL_OK)
        status = tl_final_check(&found, breach->late, genesis, chain_id, why);
    if (status != TL_OK)
        return status;
    facts->late = found.header;
    facts->late_hash = found.header_hash;
    status = tl_state_receipt_verify(&found, breach->state, genesis, chain_id, why);
    if (status != TL_OK)
        return status;
    facts->header = found.header;
    facts->header_hash = found.header_hash;
    facts->signers = found.signers;
    return check_state(facts, &found, why);
}

enum tl_status tl_breach_verify(struct tl_breach_facts *facts, struct tl_bytes bytes,
                                const struct tl_genesis *genesis, const struct tl_hash *chain_id,
                                const char **why)
{
    struct tl_inclusion_breach breach;
    enum tl_status status = TL_ERR_ENCODING;

    *why = "the breach is malformed";
    memset(facts, 0, sizeof *facts);
    if (tl_record_decode(&tl_inclusion_breach_record, &breach, bytes) == TL_OK &&
        breach.format == TL_PROMISE_FORMAT)
        status = check_breach(facts, &breach, genesis, chain_id, why);
    if (status != TL_OK)
        memset(facts, 0, sizeof *facts);
    return status;
}
