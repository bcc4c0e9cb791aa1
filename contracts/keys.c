/* Where the contract keeps what in the state. */
#include "tl/case.h"
#include "tl/check.h"
#include "tl/hash.h"
#include "tl/vault.h"

#include <string.h>

struct tl_bytes tl_state_key_bytes(const struct tl_state_key *key)
{
    return tl_bytes(key->b, key->len);
}

static struct tl_state_key make(enum tl_state_prefix prefix, struct tl_bytes rest)
{
    struct tl_state_key key = {{(uint8_t)prefix}, (uint8_t)(1 + rest.len)};

    TL_CHECK(rest.len < TL_STATE_KEY_MAX);
    if (rest.len != 0)
        memcpy(key.b + 1, rest.ptr, rest.len);
    return key;
}

struct tl_state_key tl_key_case(const struct tl_id *id)
{
    return make(TL_STATE_CASE, tl_bytes(id->b, sizeof id->b));
}

struct tl_state_key tl_key_debt(const struct tl_id *debt_id)
{
    return make(TL_STATE_DEBT, tl_bytes(debt_id->b, sizeof debt_id->b));
}

struct tl_state_key tl_key_author(const struct tl_pubkey *author)
{
    return make(TL_STATE_AUTHOR, tl_bytes(author->b, sizeof author->b));
}

struct tl_state_key tl_key_policy(const struct tl_hash *hash)
{
    return make(TL_STATE_POLICY, tl_bytes(hash->b, sizeof hash->b));
}

/* Names may be longer than a key: their hash stands for them. */
struct tl_state_key tl_key_policy_name(struct tl_bytes name)
{
    struct tl_hash hash;

    tl_hash_domain(&hash, "tallystick/policyname/v1", name);
    return make(TL_STATE_NAME, tl_bytes(hash.b, sizeof hash.b));
}

struct tl_state_key tl_key_card(struct tl_bytes policy, bool shadow)
{
    struct tl_hash hash;

    tl_hash_domain(&hash, shadow ? "tallystick/shadowcard/v1" : "tallystick/card/v1", policy);
    return make(TL_STATE_CARD, tl_bytes(hash.b, sizeof hash.b));
}

struct tl_state_key tl_key_clock(void)
{
    return make(TL_STATE_CLOCK, TL_BYTES_NONE);
}

struct tl_state_key tl_key_guilt(uint8_t kind, uint64_t epoch, uint64_t view, uint8_t member)
{
    uint8_t rest[18] = {kind};

    tl_put_u64be(rest + 1, epoch);
    tl_put_u64be(rest + 9, view);
    rest[17] = member;
    return make(TL_STATE_GUILT, tl_bytes(rest, sizeof rest));
}

struct tl_state_key tl_key_motion(uint32_t member)
{
    uint8_t index = (uint8_t)member;

    TL_CHECK(member < TL_MEMBERS_MAX);
    return make(TL_STATE_MOTION, tl_bytes(&index, 1));
}

struct tl_state_key tl_key_standing(uint32_t member)
{
    uint8_t index = (uint8_t)member;

    TL_CHECK(member < TL_MEMBERS_MAX);
    return make(TL_STATE_STANDING, tl_bytes(&index, 1));
}

struct tl_state_key tl_key_versions(void)
{
    return make(TL_STATE_VERSION, TL_BYTES_NONE);
}

struct tl_state_key tl_key_licence(uint32_t member)
{
    uint8_t index = (uint8_t)member;

    TL_CHECK(member < TL_MEMBERS_MAX);
    return make(TL_STATE_LICENCE, tl_bytes(&index, 1));
}

struct tl_state_key tl_key_payment(const struct tl_id *id, struct tl_bytes payment)
{
    struct tl_hash hash;
    uint8_t rest[TL_ID_BYTES + TL_HASH_BYTES];

    tl_hash_domain(&hash, "tallystick/payment/v1", payment);
    memcpy(rest, id->b, TL_ID_BYTES);
    memcpy(rest + TL_ID_BYTES, hash.b, TL_HASH_BYTES);
    return make(TL_STATE_PAYMENT, tl_bytes(rest, sizeof rest));
}

struct tl_state_key tl_key_schedule(const struct tl_id *id)
{
    return make(TL_STATE_SCHEDULE, tl_bytes(id->b, sizeof id->b));
}

struct tl_state_key tl_key_statement(uint16_t currency, uint8_t receiver, uint8_t owner,
                                     enum tl_remit_mode mode, uint32_t period)
{
    uint8_t rest[9];

    tl_put_u16be(rest, currency);
    rest[2] = receiver;
    rest[3] = owner;
    rest[4] = (uint8_t)mode;
    tl_put_u32be(rest + 5, period);
    return make(TL_STATE_STATEMENT, tl_bytes(rest, sizeof rest));
}

struct tl_state_key tl_key_account(uint16_t currency, uint8_t account, uint8_t member)
{
    uint8_t rest[4];

    tl_put_u16be(rest, currency);
    rest[2] = account;
    rest[3] = member;
    return make(TL_STATE_LEDGER, tl_bytes(rest, sizeof rest));
}

/* The sign bit is flipped so that bytes sort as dates do. */
struct tl_state_key tl_key_due(int32_t date, const struct tl_id *id)
{
    uint8_t rest[4 + TL_ID_BYTES];

    tl_put_u32be(rest, (uint32_t)date ^ 0x80000000u);
    memcpy(rest + 4, id->b, TL_ID_BYTES);
    return make(TL_STATE_DUE, tl_bytes(rest, sizeof rest));
}

int32_t tl_key_due_case(struct tl_id *id, struct tl_bytes key)
{
    TL_CHECK(key.len == 1 + 4 + TL_ID_BYTES);
    memcpy(id->b, key.ptr + 1 + 4, TL_ID_BYTES);
    return (int32_t)(tl_get_u32be(key.ptr + 1) ^ 0x80000000u);
}

struct tl_state_key tl_key_history(uint64_t leaf)
{
    uint8_t rest[8];

    tl_put_u64be(rest, leaf);
    return make(TL_STATE_HISTORY, tl_bytes(rest, sizeof rest));
}

struct tl_state_key tl_key_vault(const struct tl_id *id)
{
    return make(TL_STATE_VAULT, tl_bytes(id->b, sizeof id->b));
}

struct tl_state_key tl_key_of_key(const struct tl_pubkey *key)
{
    return make(TL_STATE_KEY, tl_bytes(key->b, sizeof key->b));
}

struct tl_state_key tl_key_vault_event(uint64_t leaf)
{
    uint8_t rest[8];

    tl_put_u64be(rest, leaf);
    return make(TL_STATE_VAULT_EVENT, tl_bytes(rest, sizeof rest));
}

struct tl_state_key tl_key_erasure(uint64_t leaf)
{
    uint8_t rest[8];

    tl_put_u64be(rest, leaf);
    return make(TL_STATE_ERASURE, tl_bytes(rest, sizeof rest));
}
