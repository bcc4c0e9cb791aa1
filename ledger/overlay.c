/* Writes on top of a store: a hash table of keys, each with its versions.
 *
 * Order is made only where somebody scans: keys of one first byte are put into
 * a skip list when a scan first needs them, so the thousands of keys nobody
 * scans (leaves, buckets, cases) never pay for it. */
#include "tl/overlay.h"

#include "keyhash.h"
#include "overlay_private.h"
#include "tl/check.h"
#include "tl/store.h"

#include <string.h>

#define FIRST_SLOTS  64u
#define CLASSES      256u
#define SKIP_LEVELS  12u
#define STACK_LEVELS 80u

struct entry;

/* One write.  Empty: a deletion. */
struct version {
    struct version *older;  /* of the same key */
    struct version *before; /* in order of writing */
    struct entry *entry;
    size_t len;
    uint8_t data[];
};

struct entry {
    struct version *top; /* NULL: every write was rolled back */
    struct entry *next;  /* in order of first writing */
    struct entry *fresh; /* of the same class, not in order yet */
    uint64_t mixed;
    size_t len;
    uint8_t key[];
};

/* A link of a class's ordered list. */
struct link {
    struct entry *entry;
    struct link *next[];
};

struct slot {
    uint64_t mixed;
    struct entry *entry;
};

struct tl_overlay {
    struct tl_arena *arena;
    struct tl_overlay *parent;
    struct tl_store *base;
    struct slot *slots;
    size_t slot_count; /* a power of two */
    size_t keys;
    size_t writes;
    struct version *newest;
    struct entry *first;
    struct entry **last;
    struct tl_state_nodes *nodes;
    struct entry *fresh[CLASSES];
    struct link *order[CLASSES]; /* the list's head, or NULL */
};

static struct tl_bytes entry_key(const struct entry *entry)
{
    return tl_bytes(entry->key, entry->len);
}

struct tl_overlay *tl_overlay_new(struct tl_arena *arena, struct tl_overlay *parent,
                                  struct tl_store *base)
{
    struct tl_overlay *overlay = tl_arena_take(arena, sizeof *overlay);
    struct slot *slots = tl_arena_take(arena, FIRST_SLOTS * sizeof *slots);

    if (overlay == NULL || slots == NULL)
        return NULL;
    overlay->arena = arena;
    overlay->parent = parent;
    overlay->base = base;
    overlay->slots = slots;
    overlay->slot_count = FIRST_SLOTS;
    overlay->last = &overlay->first;
    return overlay;
}

void tl_overlay_reparent(struct tl_overlay *overlay, struct tl_overlay *parent)
{
    TL_CHECK(overlay != parent);
    overlay->parent = parent;
}

struct tl_overlay *tl_overlay_parent(const struct tl_overlay *overlay)
{
    return overlay->parent;
}

struct tl_arena *tl_overlay_arena(const struct tl_overlay *overlay)
{
    return overlay->arena;
}

struct tl_state_nodes *tl_overlay_nodes(const struct tl_overlay *overlay)
{
    return overlay->nodes;
}

void tl_overlay_set_nodes(struct tl_overlay *overlay, struct tl_state_nodes *nodes)
{
    overlay->nodes = nodes;
}

size_t tl_overlay_keys(const struct tl_overlay *overlay)
{
    return overlay->keys;
}

/* The slot of a key, or the free one it would go into. */
static struct slot *find_slot(const struct tl_overlay *overlay, uint64_t mixed, struct tl_bytes key)
{
    size_t mask = overlay->slot_count - 1;
    size_t at = (size_t)mixed & mask;

    while (overlay->slots[at].entry != NULL) {
        const struct slot *slot = &overlay->slots[at];

        if (slot->mixed == mixed && tl_bytes_eq(entry_key(slot->entry), key))
            break;
        at = (at + 1) & mask;
    }
    return &overlay->slots[at];
}

static bool grow(struct tl_overlay *overlay)
{
    size_t count = overlay->slot_count * 2;
    struct slot *slots = tl_arena_take(overlay->arena, count * sizeof *slots);

    if (slots == NULL)
        return false;
    for (size_t i = 0; i < overlay->slot_count; i++) {
        size_t at = (size_t)overlay->slots[i].mixed & (count - 1);

        if (overlay->slots[i].entry == NULL)
            continue;
        while (slots[at].entry != NULL)
            at = (at + 1) & (count - 1);
        slots[at] = overlay->slots[i];
    }
    overlay->slots = slots;
    overlay->slot_count = count;
    return true;
}

static struct entry *new_entry(struct tl_overlay *overlay, struct slot *slot, uint64_t mixed,
                               struct tl_bytes key)
{
    struct entry *entry = tl_arena_take(overlay->arena, sizeof *entry + key.len);

    if (entry == NULL)
        return NULL;
    memcpy(entry->key, key.ptr, key.len);
    entry->len = key.len;
    entry->mixed = mixed;
    entry->fresh = overlay->fresh[key.ptr[0]];
    overlay->fresh[key.ptr[0]] = entry;
    *overlay->last = entry;
    overlay->last = &entry->next;
    *slot = (struct slot){mixed, entry};
    overlay->keys++;
    return entry;
}

static struct entry *want_entry(struct tl_overlay *overlay, struct tl_bytes key)
{
    uint64_t mixed = tl_key_mix(key);
    struct slot *slot;

    if ((overlay->keys + 1) * 4 > overlay->slot_count * 3 && !grow(overlay))
        return NULL;
    slot = find_slot(overlay, mixed, key);
    return slot->entry != NULL ? slot->entry : new_entry(overlay, slot, mixed, key);
}

uint8_t *tl_overlay_put_room(struct tl_overlay *overlay, struct tl_bytes key, size_t len)
{
    struct version *version;
    struct entry *entry;

    TL_CHECK(key.len > 0 && key.len <= TL_STATE_KEY_MAX);
    version = tl_arena_take(overlay->arena, sizeof *version + len);
    entry = version == NULL ? NULL : want_entry(overlay, key);
    if (entry == NULL)
        return NULL;
    version->len = len;
    version->entry = entry;
    version->older = entry->top;
    version->before = overlay->newest;
    entry->top = version;
    overlay->newest = version;
    overlay->writes++;
    return version->data;
}

void tl_overlay_trim(struct tl_overlay *overlay, size_t len)
{
    TL_CHECK(overlay->newest != NULL && len <= overlay->newest->len);
    overlay->newest->len = len;
}

enum tl_status tl_overlay_put(struct tl_overlay *overlay, struct tl_bytes key,
                              struct tl_bytes value)
{
    uint8_t *room = tl_overlay_put_room(overlay, key, value.len);

    if (room == NULL)
        return TL_ERR_NO_MEMORY;
    if (value.len != 0)
        memcpy(room, value.ptr, value.len);
    return TL_OK;
}

enum tl_status tl_overlay_get(struct tl_overlay *overlay, struct tl_bytes key,
                              struct tl_bytes *value)
{
    uint64_t mixed = tl_key_mix(key);
    struct tl_store *base = overlay->base;

    TL_CHECK(overlay != NULL && key.len > 0 && key.len <= TL_STATE_KEY_MAX);
    *value = TL_BYTES_NONE;
    for (struct tl_overlay *at = overlay; at != NULL; at = at->parent) {
        const struct entry *entry = find_slot(at, mixed, key)->entry;

        if (entry == NULL || entry->top == NULL)
            continue;
        if (entry->top->len == 0)
            return TL_ERR_NOT_FOUND;
        *value = tl_bytes(entry->top->data, entry->top->len);
        return TL_OK;
    }
    return base == NULL ? TL_ERR_NOT_FOUND : tl_store_get(base, key, value);
}

size_t tl_overlay_mark(const struct tl_overlay *overlay)
{
    return overlay->writes;
}

void tl_overlay_rollback(struct tl_overlay *overlay, size_t mark)
{
    TL_CHECK(mark <= overlay->writes);
    while (overlay->writes > mark) {
        struct version *undone = overlay->newest;

        TL_INVARIANT(undone->entry->top == undone);
        undone->entry->top = undone->older;
        overlay->newest = undone->before;
        overlay->writes--;
    }
}

void tl_overlay_each(struct tl_overlay *overlay, tl_overlay_visit *visit, void *context)
{
    for (const struct entry *entry = overlay->first; entry != NULL; entry = entry->next) {
        if (entry->top == NULL)
            continue;
        if (!visit(context, entry_key(entry), tl_bytes(entry->top->data, entry->top->len)))
            return;
    }
}

enum tl_status tl_overlay_flush(struct tl_overlay *overlay, const struct tl_store_sink *sink)
{
    enum tl_status status = TL_OK;

    for (const struct entry *entry = overlay->first; entry != NULL && status == TL_OK;
         entry = entry->next) {
        if (entry->top == NULL)
            continue;
        if (entry->top->len == 0)
            status = sink->del(sink->host, entry_key(entry));
        else
            status = sink->put(sink->host, entry_key(entry),
                               tl_bytes(entry->top->data, entry->top->len));
    }
    return status;
}

/* ---- order ---- */

static struct link *new_link(struct tl_overlay *overlay, struct entry *entry, uint32_t height)
{
    struct link *link = tl_arena_take(overlay->arena, sizeof *link + height * sizeof link->next[0]);

    if (link != NULL)
        link->entry = entry;
    return link;
}

/* The last link before `key` on every level; gives the first at or after it. */
static struct link *seek(struct link *head, struct tl_bytes key, struct link **before)
{
    struct link *at = head;

    for (uint32_t level = SKIP_LEVELS; level-- > 0;) {
        while (at->next[level] != NULL && tl_bytes_cmp(entry_key(at->next[level]->entry), key) < 0)
            at = at->next[level];
        if (before != NULL)
            before[level] = at;
    }
    return at->next[0];
}

/* Puts what a class gained since the last scan into its order. */
static bool order_class(struct tl_overlay *overlay, uint32_t class_byte)
{
    struct link *before[SKIP_LEVELS];
    struct link **head = &overlay->order[class_byte];

    if (*head == NULL && overlay->fresh[class_byte] != NULL)
        *head = new_link(overlay, NULL, SKIP_LEVELS);
    if (*head == NULL)
        return overlay->fresh[class_byte] == NULL;
    while (overlay->fresh[class_byte] != NULL) {
        struct entry *entry = overlay->fresh[class_byte];
        uint32_t height = tl_tower_height(entry->mixed, SKIP_LEVELS);
        struct link *link = new_link(overlay, entry, height);

        if (link == NULL)
            return false;
        (void)seek(*head, entry_key(entry), before);
        for (uint32_t level = 0; level < height; level++) {
            link->next[level] = before[level]->next[level];
            before[level]->next[level] = link;
        }
        overlay->fresh[class_byte] = entry->fresh;
    }
    return true;
}

/* ---- scan: one cursor for each overlay of the stack, the nearest first ---- */

struct cursor {
    struct tl_overlay *overlay;
    struct link *at; /* NULL: at its end */
    uint32_t class_byte;
};

struct merge {
    struct cursor cursor[STACK_LEVELS];
    uint32_t count;
    uint32_t last_class;
    struct tl_bytes to;
    tl_overlay_visit *visit;
    void *context;
    bool stopped;
};

/* Moves a cursor forward to a key that has a write and lies below `to`. */
static void settle(const struct merge *merge, struct cursor *cursor)
{
    for (;;) {
        while (cursor->at != NULL && cursor->at->entry->top == NULL)
            cursor->at = cursor->at->next[0];
        if (cursor->at != NULL || cursor->class_byte >= merge->last_class)
            break;
        cursor->class_byte++;
        if (cursor->overlay->order[cursor->class_byte] != NULL)
            cursor->at = cursor->overlay->order[cursor->class_byte]->next[0];
    }
    if (cursor->at != NULL && merge->to.len != 0 &&
        tl_bytes_cmp(entry_key(cursor->at->entry), merge->to) >= 0) {
        cursor->at = NULL;
        cursor->class_byte = merge->last_class;
    }
}

static const struct entry *smallest(const struct merge *merge)
{
    const struct entry *best = NULL;

    for (uint32_t i = 0; i < merge->count; i++) {
        const struct link *at = merge->cursor[i].at;

        if (at == NULL)
            continue;
        if (best == NULL || tl_bytes_cmp(entry_key(at->entry), entry_key(best)) < 0)
            best = at->entry;
    }
    return best;
}

/* Gives out the smallest key, which hides the same key further down. */
static void emit(struct merge *merge, const struct entry *entry)
{
    struct tl_bytes key = entry_key(entry);

    for (uint32_t i = 0; i < merge->count; i++) {
        struct cursor *cursor = &merge->cursor[i];

        if (cursor->at == NULL || !tl_bytes_eq(entry_key(cursor->at->entry), key))
            continue;
        cursor->at = cursor->at->next[0];
        settle(merge, cursor);
    }
    if (entry->top->len != 0 &&
        !merge->visit(merge->context, key, tl_bytes(entry->top->data, entry->top->len)))
        merge->stopped = true;
}

static bool visit_base(void *context, struct tl_bytes key, struct tl_bytes value)
{
    struct merge *merge = context;

    while (!merge->stopped) {
        const struct entry *entry = smallest(merge);
        int order = entry == NULL ? 1 : tl_bytes_cmp(entry_key(entry), key);

        if (order > 0)
            break;
        emit(merge, entry);
        if (order == 0)
            return !merge->stopped;
    }
    if (!merge->stopped && !merge->visit(merge->context, key, value))
        merge->stopped = true;
    return !merge->stopped;
}

static enum tl_status open_cursors(struct merge *merge, struct tl_overlay *top,
                                   struct tl_bytes from)
{
    uint32_t first_class = from.len == 0 ? 0 : from.ptr[0];

    for (struct tl_overlay *at = top; at != NULL; at = at->parent) {
        struct cursor *cursor = &merge->cursor[merge->count];

        TL_CHECK(merge->count < STACK_LEVELS);
        for (uint32_t i = first_class; i <= merge->last_class; i++) {
            if (!order_class(at, i))
                return TL_ERR_NO_MEMORY;
        }
        *cursor = (struct cursor){at, NULL, first_class};
        if (at->order[first_class] != NULL)
            cursor->at = seek(at->order[first_class], from, NULL);
        settle(merge, cursor);
        if (cursor->at != NULL)
            merge->count++;
    }
    return TL_OK;
}

/* The class of the last key that can lie below `to`.  Not one more: the next may
 * hold thousands of keys nobody wants in order. */
static uint32_t last_class_below(struct tl_bytes to)
{
    if (to.len == 0)
        return CLASSES - 1;
    return to.len == 1 && to.ptr[0] != 0 ? to.ptr[0] - 1u : to.ptr[0];
}

enum tl_status tl_overlay_scan(struct tl_overlay *overlay, struct tl_bytes from, struct tl_bytes to,
                               tl_overlay_visit *visit, void *context)
{
    struct merge merge = {
        .last_class = last_class_below(to), .to = to, .visit = visit, .context = context};
    enum tl_status status;

    if (to.len != 0 && tl_bytes_cmp(from, to) >= 0)
        return TL_OK;
    status = open_cursors(&merge, overlay, from);
    if (status == TL_OK && overlay->base != NULL)
        status = tl_store_scan(overlay->base, from, to, visit_base, &merge);
    while (status == TL_OK && !merge.stopped) {
        const struct entry *entry = smallest(&merge);

        if (entry == NULL)
            break;
        emit(&merge, entry);
    }
    return status;
}
