/* Any value of the profile, written again value by value, gives its bytes. */
#include "fuzz.h"

#include "tl/check.h"

static uint8_t out_bytes[FUZZ_BYTES_MAX];

static void copy_int(struct tl_reader *r, struct tl_buf *out)
{
    struct tl_reader ahead = *r;
    uint64_t wide = tl_read_uint(&ahead, UINT64_MAX);

    if (!ahead.bad) {
        *r = ahead;
        tl_write_uint(out, wide);
    } else {
        tl_write_int(out, tl_read_int(r, INT64_MIN, INT64_MAX));
    }
}

static void copy_next(struct tl_reader *r, struct tl_buf *out)
{
    switch (tl_read_peek(r)) {
    case TL_KIND_INT:
        copy_int(r, out);
        break;
    case TL_KIND_BOOL:
        tl_write_bool(out, tl_read_bool(r));
        break;
    case TL_KIND_STR:
        tl_write_str(out, tl_read_str(r, SIZE_MAX));
        break;
    case TL_KIND_BIN:
        tl_write_bin(out, tl_read_bin(r, SIZE_MAX));
        break;
    case TL_KIND_ARRAY:
        tl_write_array(out, tl_read_array(r, UINT32_MAX));
        break;
    case TL_KIND_NONE:
        tl_read_fail(r);
        break;
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct tl_reader r = tl_reader(tl_bytes(data, size));
    struct tl_bytes value = tl_read_value(&r, sizeof out_bytes);
    struct tl_reader again = tl_reader(value);
    struct tl_buf out = tl_buf(out_bytes, sizeof out_bytes);

    TL_CHECK(r.bad == (value.len == 0));
    while (value.len != 0 && again.at != again.end)
        copy_next(&again, &out);
    TL_CHECK(!again.bad);
    fuzz_same(&out, value);
    return 0;
}

static void put_random(struct gen *gen, struct tl_buf *out)
{
    uint8_t text[8] = "abcdefg";
    uint64_t number = gen_u64(gen) >> gen_below(gen, 64);

    switch (gen_below(gen, 5)) {
    case 0:
        tl_write_uint(out, number);
        break;
    case 1:
        tl_write_int(out, -(int64_t)(number >> 1));
        break;
    case 2:
        tl_write_bool(out, number % 2 == 0);
        break;
    case 3:
        tl_write_str(out, tl_bytes(text, (size_t)(number % sizeof text)));
        break;
    default:
        tl_write_bin(out, tl_bytes(text, (size_t)(number % sizeof text)));
        break;
    }
}

size_t fuzz_seed(struct gen *gen, uint8_t *out, size_t cap)
{
    struct tl_buf buf = tl_buf(out, cap);
    uint32_t count = (uint32_t)gen_below(gen, 40);

    tl_write_array(&buf, 2);
    tl_write_array(&buf, count);
    for (uint32_t i = 0; i < count; i++)
        put_random(gen, &buf);
    put_random(gen, &buf);
    return buf.len;
}
