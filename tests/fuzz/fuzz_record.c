/* Any record of the wire: the first two bytes choose which. */
#include "fuzz.h"

#include "tl/check.h"
#include "wire.h"

#include <string.h>

static uint8_t out_bytes[FUZZ_BYTES_MAX];
static _Alignas(16) uint8_t value[4096];

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct tl_buf out = tl_buf(out_bytes, sizeof out_bytes);
    const struct tl_record *record;

    if (size < 2 || size > sizeof out_bytes)
        return 0;
    record = wire_rows[tl_get_u16be(data) % wire_row_count].record;
    if (record == NULL)
        return 0;
    TL_CHECK(record->size <= sizeof value);
    if (tl_record_decode(record, value, tl_bytes(data + 2, size - 2)) != TL_OK)
        return 0;
    tl_record_write(record, value, &out);
    fuzz_same(&out, tl_bytes(data + 2, size - 2));
    return 0;
}

size_t fuzz_seed(struct gen *gen, uint8_t *out, size_t cap)
{
    size_t row = (size_t)gen_below(gen, wire_row_count);

    while (wire_rows[row].record == NULL)
        row++;
    TL_CHECK(row < wire_row_count && row <= UINT16_MAX);
    tl_put_u16be(out, (uint16_t)row);
    return 2 + fuzz_record(gen, wire_rows[row].record, out + 2, cap - 2);
}
