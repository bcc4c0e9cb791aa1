/* An ordered map in a caller's memory: a skip list over size-class free lists. */
#include "tl/store_mem.h"

#include "keyhash.h"
#include "tl/check.h"

#include <string.h>

#define LEVELS    14u
#define PIECE_MIN 32u
#define SIZES     96u /* four to each doubling: enough for TL_STORE_VALUE_MAX */

/* A piece of memory that waits to be used again. */
struct piece {
    struct piece *next;
};

struct node {
    uint8_t *value; /* NULL: in a batch, a deletion */
    size_t value_len;
    struct node *gathered; /* next of the batch */
    size_t key_len;
    uint32_t height;
    struct node *next[]; /* `height` links, then the key */
};

struct store_mem {
    struct tl_store base;
    struct tl_arena arena;
    struct piece *free_list[SIZES];
    struct node *head[LEVELS];
    struct node *batch;
    struct node **batch_end;
};

static struct store_mem *self(struct tl_store *store)
{
    return (struct store_mem *)(void *)store;
}

static struct tl_bytes node_key(const struct node *node)
{
    return tl_bytes(&node->next[node->height], node->key_len);
}

/* Rounds up to a size class and says which. */
static size_t size_class(size_t *len)
{
    size_t size = PIECE_MIN;
    size_t step = PIECE_MIN / 4;
    size_t number = 0;

    while (size < *len) {
        size += step;
        number++;
        if (number % 4 == 0)
            step *= 2;
    }
    *len = size;
    return number;
}

static void *take(struct store_mem *mem, size_t len)
{
    size_t number = size_class(&len);
    struct piece *piece;

    TL_CHECK(number < SIZES);
    piece = mem->free_list[number];
    if (piece == NULL)
        return tl_arena_take(&mem->arena, len);
    mem->free_list[number] = piece->next;
    return memset(piece, 0, len);
}

static void give_back(struct store_mem *mem, void *at, size_t len)
{
    struct piece *piece = at;
    size_t number;

    if (at == NULL)
        return;
    number = size_class(&len);
    TL_CHECK(number < SIZES);
    piece->next = mem->free_list[number];
    mem->free_list[number] = piece;
}

static size_t node_bytes(uint32_t height, size_t key_len)
{
    return sizeof(struct node) + height * sizeof(struct node *) + key_len;
}

static void free_node(struct store_mem *mem, struct node *node)
{
    give_back(mem, node, node_bytes(node->height, node->key_len));
}

/* The links that lead to the first node at or after `key`. */
static struct node *seek(struct store_mem *mem, struct tl_bytes key, struct node ***links)
{
    struct node **next = mem->head;

    for (uint32_t level = LEVELS; level-- > 0;) {
        while (next[level] != NULL && tl_bytes_cmp(node_key(next[level]), key) < 0)
            next = next[level]->next;
        if (links != NULL)
            links[level] = next;
    }
    return next[0];
}

static enum tl_status mem_get(struct tl_store *store, struct tl_bytes key, struct tl_bytes *value)
{
    const struct node *node = seek(self(store), key, NULL);

    if (node == NULL || !tl_bytes_eq(node_key(node), key))
        return TL_ERR_NOT_FOUND;
    *value = tl_bytes(node->value, node->value_len);
    return TL_OK;
}

static enum tl_status mem_scan(struct tl_store *store, struct tl_bytes from, struct tl_bytes to,
                               tl_store_visit *visit, void *context)
{
    for (const struct node *at = seek(self(store), from, NULL); at != NULL; at = at->next[0]) {
        if (to.len != 0 && tl_bytes_cmp(node_key(at), to) >= 0)
            break;
        if (!visit(context, node_key(at), tl_bytes(at->value, at->value_len)))
            break;
    }
    return TL_OK;
}

static struct node *gather(struct store_mem *mem, struct tl_bytes key)
{
    uint32_t height = tl_tower_height(tl_key_mix(key), LEVELS);
    struct node *node = take(mem, node_bytes(height, key.len));

    if (node == NULL)
        return NULL;
    node->height = height;
    node->key_len = key.len;
    memcpy(&node->next[height], key.ptr, key.len);
    return node;
}

static void enqueue(struct store_mem *mem, struct node *node)
{
    *mem->batch_end = node;
    mem->batch_end = &node->gathered;
}

/* An empty value still needs a place: NULL means deletion. */
static enum tl_status mem_put(struct tl_store *store, struct tl_bytes key, struct tl_bytes value)
{
    struct store_mem *mem = self(store);
    struct node *node = gather(mem, key);
    uint8_t *copy = node == NULL ? NULL : take(mem, value.len);

    if (copy == NULL) {
        if (node != NULL)
            free_node(mem, node);
        return TL_ERR_NO_MEMORY;
    }
    if (value.len != 0)
        memcpy(copy, value.ptr, value.len);
    node->value = copy;
    node->value_len = value.len;
    enqueue(mem, node);
    return TL_OK;
}

static enum tl_status mem_del(struct tl_store *store, struct tl_bytes key)
{
    struct store_mem *mem = self(store);
    struct node *node = gather(mem, key);

    if (node == NULL)
        return TL_ERR_NO_MEMORY;
    enqueue(mem, node);
    return TL_OK;
}

static void remove_node(struct store_mem *mem, struct node *node, struct node ***links)
{
    for (uint32_t level = 0; level < node->height; level++) {
        TL_INVARIANT(links[level][level] == node);
        links[level][level] = node->next[level];
    }
    give_back(mem, node->value, node->value_len);
    free_node(mem, node);
}

static void apply(struct store_mem *mem, struct node *op)
{
    struct node **links[LEVELS];
    struct node *old = seek(mem, node_key(op), links);

    if (old != NULL && tl_bytes_eq(node_key(old), node_key(op)))
        remove_node(mem, old, links);
    if (op->value == NULL) {
        free_node(mem, op);
        return;
    }
    for (uint32_t level = 0; level < op->height; level++) {
        op->next[level] = links[level][level];
        links[level][level] = op;
    }
}

static struct node *take_batch(struct store_mem *mem)
{
    struct node *batch = mem->batch;

    mem->batch = NULL;
    mem->batch_end = &mem->batch;
    return batch;
}

static enum tl_status mem_commit(struct tl_store *store, bool sync)
{
    struct store_mem *mem = self(store);
    struct node *op = take_batch(mem);

    (void)sync;
    while (op != NULL) {
        struct node *next = op->gathered;

        op->gathered = NULL;
        apply(mem, op);
        op = next;
    }
    return TL_OK;
}

static void mem_abandon(struct tl_store *store)
{
    struct store_mem *mem = self(store);
    struct node *op = take_batch(mem);

    while (op != NULL) {
        struct node *next = op->gathered;

        give_back(mem, op->value, op->value_len);
        free_node(mem, op);
        op = next;
    }
}

static const struct tl_store_ops mem_ops = {mem_get, mem_scan,   mem_put,
                                            mem_del, mem_commit, mem_abandon};

struct tl_store *tl_store_mem_init(void *memory, size_t size)
{
    struct tl_arena arena;
    struct store_mem *mem;

    tl_arena_init(&arena, memory, size);
    mem = tl_arena_take(&arena, sizeof *mem);
    if (mem == NULL)
        return NULL;
    mem->base.ops = &mem_ops;
    mem->arena = arena;
    mem->batch_end = &mem->batch;
    return &mem->base;
}

size_t tl_store_mem_used(const struct tl_store *store)
{
    return ((const struct store_mem *)(const void *)store)->arena.used;
}
