/* Metro 2 files: whatever is read is written back, and checked, without a stop. */
#include "fuzz.h"

#include "tl/check.h"
#include "tl/metro2.h"

#include <string.h>

static uint8_t out_bytes[FUZZ_BYTES_MAX];

/* Text comes back byte for byte, behind blank lines that were skipped.  A packed
 * number may have a second spelling; its meaning comes back. */
static void check_back(const struct tl_metro2_record *record, const struct tl_metro2_reader *reader,
                       struct tl_bytes bytes)
{
    struct tl_buf out = tl_buf(out_bytes, sizeof out_bytes);
    struct tl_metro2_reader again = {.form = reader->form, .started = true};
    static struct tl_metro2_record back;
    size_t used;

    tl_metro2_write(&out, record, reader->form);
    TL_CHECK(!out.full);
    if (reader->form != TL_METRO2_PACKED) {
        TL_CHECK(out.len <= bytes.len);
        fuzz_same(&out, tl_bytes(bytes.ptr + bytes.len - out.len, out.len));
        return;
    }
    again.blocked = record->has_block;
    TL_CHECK(tl_metro2_read(&again, tl_buf_bytes(&out), true, &used, &back) == TL_OK);
    TL_CHECK(used == out.len && back.count == record->count);
    TL_CHECK(memcmp(back.first, record->first, sizeof back.first) == 0);
}

static enum tl_status read_one(struct tl_metro2_reader *reader, struct tl_metro2_check *check,
                               struct tl_bytes *rest)
{
    static struct tl_metro2_record record;
    struct tl_metro2_summary summary;
    size_t used = 0;
    enum tl_status status = tl_metro2_read(reader, *rest, true, &used, &record);

    TL_CHECK(status != TL_ERR_EARLY && used <= rest->len);
    if (status == TL_OK) {
        tl_metro2_check_record(check, &record);
        if (tl_metro2_summarize(&record, &summary))
            tl_metro2_check_cycle(check, &summary, &summary);
        check_back(&record, reader, tl_bytes(rest->ptr, used));
    } else if (status == TL_ERR_PARTIAL)
        tl_metro2_check_unreadable(check, record.number);
    *rest = tl_bytes(rest->ptr + used, rest->len - used);
    return status;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct tl_metro2_reader reader = {0};
    struct tl_metro2_check check;
    struct tl_bytes rest = tl_bytes(data, size);
    enum tl_status status;

    if (size == 0)
        return 0;
    tl_metro2_check_init(&check, NULL, NULL);
    do
        status = read_one(&reader, &check, &rest);
    while (status == TL_OK || status == TL_ERR_PARTIAL);
    tl_metro2_check_end(&check);
    return 0;
}

static void add_behind(struct gen *gen, struct tl_metro2_record *record)
{
    static uint8_t segment[8][256];

    for (uint32_t i = 0; i < gen_below(gen, 8); i++) {
        enum tl_metro2_kind kind = (enum tl_metro2_kind)(TL_METRO2_J1 + gen_below(gen, 8));

        tl_metro2_blank(segment[i], kind);
        TL_CHECK(tl_metro2_append(record, kind, segment[i]));
    }
}

size_t fuzz_seed(struct gen *gen, uint8_t *out, size_t cap)
{
    enum tl_metro2_form form = (enum tl_metro2_form)(TL_METRO2_LINES + gen_below(gen, 3));
    static struct tl_metro2_record record;
    struct tl_metro2_totals totals = {{0}};
    struct tl_buf buf = tl_buf(out, cap);

    tl_metro2_begin(&record, TL_METRO2_HEADER);
    tl_metro2_seal(&record, form);
    tl_metro2_count(&totals, &record);
    tl_metro2_write(&buf, &record, form);
    for (uint64_t i = gen_below(gen, 4); i > 0; i--) {
        tl_metro2_begin(&record, TL_METRO2_BASE);
        record.first[tl_metro2_place(TL_METRO2_BASE_PORTFOLIO_TYPE)->start - 1] = 'I';
        add_behind(gen, &record);
        tl_metro2_seal(&record, form);
        tl_metro2_count(&totals, &record);
        tl_metro2_write(&buf, &record, form);
    }
    tl_metro2_trailer(&record, &totals, form);
    tl_metro2_write(&buf, &record, form);
    TL_CHECK(!buf.full);
    return buf.len;
}
