/* Blocks that are not final yet.  The core says which still matter. */
#include "node.h"

#include "tl/hash.h"

#include <stdlib.h>
#include <string.h>

struct tl_held *tl_body_find(struct tl_node *node, const struct tl_hash *hash)
{
    struct tl_held *body = node->bodies;

    while (body != NULL && !tl_hash_eq(&body->block.hash, hash))
        body = body->next;
    return body;
}

bool tl_body_replace(struct tl_held *body, struct tl_bytes bytes)
{
    uint8_t *copy = malloc(bytes.len);

    if (copy == NULL)
        return false;
    memcpy(copy, bytes.ptr, bytes.len);
    free((void *)(uintptr_t)body->bytes.ptr);
    body->bytes = tl_bytes(copy, bytes.len);
    return true;
}

struct tl_held *tl_body_add(struct tl_node *node, const struct tl_bft_block *block,
                            struct tl_bytes bytes, bool sealed)
{
    struct tl_held *body = tl_body_find(node, &block->hash);

    if (body != NULL)
        return body;
    body = calloc(1, sizeof *body);
    if (body == NULL || (bytes.len > 0 && !tl_body_replace(body, bytes))) {
        free(body);
        return NULL;
    }
    body->block = *block;
    body->sealed = sealed;
    body->next = node->bodies;
    node->bodies = body;
    return body;
}

static void free_body(struct tl_held *body)
{
    free((void *)(uintptr_t)body->bytes.ptr);
    free(body);
}

#define HELD_KEY_BYTES (1u + 8u + TL_HASH_BYTES)

static struct tl_bytes held_key(uint8_t key[HELD_KEY_BYTES], const struct tl_bft_block *block)
{
    key[0] = TL_KEY_HELD_BLOCK;
    tl_put_u64be(key + 1, block->view);
    memcpy(key + 9, block->hash.b, TL_HASH_BYTES);
    return tl_bytes(key, HELD_KEY_BYTES);
}

void tl_body_store(struct tl_node *node, const struct tl_held *body)
{
    uint8_t key[HELD_KEY_BYTES];

    if (tl_store_put(node->store, held_key(key, &body->block), body->bytes) != TL_OK)
        tl_node_fail(node, TL_ERR_STORE, "keeping a block");
    tl_durable_store(node);
}

static void forget_on_disk(struct tl_node *node, const struct tl_bft_block *block)
{
    uint8_t key[HELD_KEY_BYTES];

    if (tl_store_del(node->store, held_key(key, block)) != TL_OK)
        tl_node_fail(node, TL_ERR_STORE, "deleting a block that is no longer needed");
    tl_durable_store(node);
}

void tl_bodies_prune(struct tl_node *node)
{
    struct tl_held **at = &node->bodies;

    while (*at != NULL) {
        struct tl_held *body = *at;

        if (tl_bft_holds_block(node->core, &body->block.hash, body->block.view)) {
            at = &body->next;
            continue;
        }
        *at = body->next;
        forget_on_disk(node, &body->block);
        free_body(body);
    }
}

void tl_bodies_free(struct tl_node *node)
{
    struct tl_held *next;

    for (struct tl_held *body = node->bodies; body != NULL; body = next) {
        next = body->next;
        free_body(body);
    }
    node->bodies = NULL;
}

enum tl_status tl_body_bytes(struct tl_node *node, const struct tl_hash *hash,
                             struct tl_bytes *bytes)
{
    const struct tl_held *body = tl_body_find(node, hash);
    uint64_t height;
    enum tl_status st;

    *bytes = TL_BYTES_NONE;
    if (body != NULL && body->sealed) {
        *bytes = body->bytes;
        return TL_OK;
    }
    st = tl_chain_height(node->chain, hash, &height);
    return st == TL_OK ? tl_chain_block(node->chain, height, bytes) : st;
}
