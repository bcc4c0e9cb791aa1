/* Chance, the order of what happens, and the digest of it. */
#include "sim.h"

#include "tl/check.h"
#include "tl/hash.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* SplitMix64 (Steele, Lea, Flood 2014). */
uint64_t chance(struct sim *sim, uint64_t below)
{
    uint64_t z = sim->random += UINT64_C(0x9e3779b97f4a7c15);

    z = (z ^ z >> 30) * UINT64_C(0xbf58476d1ce4e5b9);
    z = (z ^ z >> 27) * UINT64_C(0x94d049bb133111eb);
    return (z ^ z >> 31) % below;
}

bool permille(struct sim *sim, uint64_t of_thousand)
{
    return of_thousand > 0 && chance(sim, 1000) < of_thousand;
}

void *grab(size_t count, size_t size)
{
    void *memory = calloc(count == 0 ? 1 : count, size);

    TL_CHECK(memory != NULL);
    return memory;
}

/* Room for one more; capacities are powers of two. */
void *grow(void *array, size_t count, size_t size)
{
    void *memory = array;

    if ((count & (count - 1)) == 0) {
        memory = realloc(array, (count == 0 ? 1 : 2 * count) * size);
        TL_CHECK(memory != NULL);
    }
    return memory;
}

static bool before(const struct happening *a, const struct happening *b)
{
    return a->at_ms != b->at_ms ? a->at_ms < b->at_ms : a->seq < b->seq;
}

struct happening *happen(struct sim *sim, enum happening_kind kind, uint64_t in_ms)
{
    struct happening *h = grab(1, sizeof *h);
    size_t i = sim->heap_len++;

    h->kind = kind;
    h->at_ms = sim->now_ms + in_ms;
    h->seq = sim->seq++;
    if (sim->heap_len > sim->heap_cap) {
        sim->heap_cap = sim->heap_cap * 2 + 64;
        sim->heap = realloc(sim->heap, sim->heap_cap * sizeof(struct happening *));
        TL_CHECK(sim->heap != NULL);
    }
    for (; i > 0 && before(h, sim->heap[(i - 1) / 2]); i = (i - 1) / 2)
        sim->heap[i] = sim->heap[(i - 1) / 2];
    sim->heap[i] = h;
    return h;
}

struct happening *next_happening(struct sim *sim)
{
    struct happening *first = sim->heap[0];
    struct happening *last = sim->heap[--sim->heap_len];
    size_t i = 0;

    for (;;) {
        size_t child = 2 * i + 1;

        if (child >= sim->heap_len)
            break;
        if (child + 1 < sim->heap_len && before(sim->heap[child + 1], sim->heap[child]))
            child++;
        if (!before(sim->heap[child], last))
            break;
        sim->heap[i] = sim->heap[child];
        i = child;
    }
    sim->heap[i] = last;
    return first;
}

void happening_free(struct happening *happening)
{
    free(happening->bytes);
    free(happening);
}

void record(struct sim *sim, const char *what, uint64_t a, uint64_t b, struct tl_bytes bytes)
{
    tl_hasher_put(&sim->history, tl_bytes_str(what));
    tl_hasher_u64(&sim->history, sim->now_ms);
    tl_hasher_u64(&sim->history, a);
    tl_hasher_u64(&sim->history, b);
    tl_hasher_u64(&sim->history, bytes.len);
    tl_hasher_put(&sim->history, bytes);
}

/* The first thing that went wrong is the one that is told. */
void fail_history(struct sim *sim, enum verdict verdict, const char *format, ...)
{
    va_list args;

    if (sim->result.verdict != SIM_OK)
        return;
    sim->result.verdict = verdict;
    va_start(args, format);
    (void)vsnprintf(sim->result.why, sizeof sim->result.why, format, args);
    va_end(args);
}
