/* What the fuzz targets share. */
#include "fuzz.h"

#include "tl/check.h"

void fuzz_same(const struct tl_buf *back, struct tl_bytes bytes)
{
    TL_CHECK(!back->full);
    TL_CHECK(tl_bytes_eq(tl_buf_bytes(back), bytes));
}

size_t fuzz_record(struct gen *gen, const struct tl_record *record, uint8_t *out, size_t cap)
{
    static uint8_t memory[1u << 20];
    static _Alignas(16) uint8_t value[4096];
    struct tl_arena arena;
    struct tl_buf buf = tl_buf(out, cap);

    TL_CHECK(record->size <= sizeof value);
    tl_arena_init(&arena, memory, sizeof memory);
    gen_record(gen, record, value, &arena);
    tl_record_write(record, value, &buf);
    TL_CHECK(!buf.full);
    return buf.len;
}
