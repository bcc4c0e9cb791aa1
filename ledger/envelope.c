/* Envelopes: one signature over the root of many entries.  See envelope.h. */
#include "tl/envelope.h"

#include "tl/check.h"
#include "tl/hash.h"
#include "tl/merkle.h"

static const char domain[] = "tallystick/env/v1";

#define SIGNING_BYTES (sizeof domain + 2u * TL_HASH_BYTES + 8u + 4u + TL_HASH_BYTES)

TL_DEFINE_RECORD(tl_entry_bytes, TL_ENTRY_BYTES_FIELDS)
TL_DEFINE_RECORD(tl_envelope, TL_ENVELOPE_FIELDS)

static void signing_bytes(uint8_t out[SIGNING_BYTES], const struct tl_envelope *env,
                          const struct tl_hash *chain_id)
{
    struct tl_buf buf = tl_buf(out, SIGNING_BYTES);
    uint8_t sequence[8];
    uint8_t count[4];

    tl_put_u64be(sequence, env->sequence);
    tl_put_u32be(count, env->entries.count);
    tl_buf_put(&buf, domain, sizeof domain);
    tl_buf_put(&buf, chain_id->b, sizeof chain_id->b);
    tl_buf_put(&buf, env->author.b, sizeof env->author.b);
    tl_buf_put(&buf, sequence, sizeof sequence);
    tl_buf_put(&buf, count, sizeof count);
    tl_buf_put(&buf, env->root.b, sizeof env->root.b);
    TL_CHECK(!buf.full && buf.len == SIGNING_BYTES);
}

void tl_envelope_root(struct tl_hash *root, const struct tl_list *entries)
{
    struct tl_frontier frontier;
    struct tl_list left = *entries;
    struct tl_entry_bytes entry;
    struct tl_hash leaf;

    tl_frontier_init(&frontier);
    while (tl_list_next(&left, &tl_entry_bytes_record, &entry)) {
        tl_merkle_leaf(&leaf, entry.bytes);
        tl_frontier_add(&frontier, &leaf);
    }
    tl_frontier_root(&frontier, root);
}

static enum tl_status check_content(const struct tl_envelope *env)
{
    struct tl_hash root;

    if (env->entries.count == 0 || env->sequence == 0)
        return TL_ERR_RANGE;
    tl_envelope_root(&root, &env->entries);
    return tl_hash_eq(&root, &env->root) ? TL_OK : TL_ERR_PROOF;
}

enum tl_status tl_envelope_decode(struct tl_envelope *env, struct tl_bytes bytes)
{
    enum tl_status status = TL_ERR_RANGE;

    if (bytes.len <= TL_ENVELOPE_BYTES_MAX)
        status = tl_record_decode(&tl_envelope_record, env, bytes);
    if (status == TL_OK)
        status = check_content(env);
    if (status != TL_OK)
        *env = (struct tl_envelope){0};
    return status;
}

void tl_envelope_id(struct tl_hash *id, const struct tl_envelope *env,
                    const struct tl_hash *chain_id)
{
    uint8_t bytes[SIGNING_BYTES];

    signing_bytes(bytes, env, chain_id);
    tl_hash_plain(id, tl_bytes(bytes, sizeof bytes));
}

enum tl_status tl_envelope_verify(const struct tl_envelope *env, const struct tl_hash *chain_id)
{
    uint8_t bytes[SIGNING_BYTES];

    signing_bytes(bytes, env, chain_id);
    return tl_sig_verify(&env->sig, tl_bytes(bytes, sizeof bytes), &env->author);
}

void tl_envelope_seal(struct tl_envelope *env, const struct tl_hash *chain_id,
                      const struct tl_seckey *key)
{
    uint8_t bytes[SIGNING_BYTES];

    tl_envelope_root(&env->root, &env->entries);
    signing_bytes(bytes, env, chain_id);
    tl_sign(&env->sig, tl_bytes(bytes, sizeof bytes), key);
}
