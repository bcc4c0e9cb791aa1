/* Entries and decisions with their typed bodies. */
#include "fuzz.h"

#include "tl/check.h"
#include "tl/entry.h"

static uint8_t out_bytes[FUZZ_BYTES_MAX];

static void check_entry(struct tl_bytes bytes)
{
    struct tl_buf out = tl_buf(out_bytes, sizeof out_bytes);
    const struct tl_type_info *info;
    struct tl_entry entry;
    union tl_body body;

    if (tl_entry_decode(&entry, &body, &info, bytes) != TL_OK)
        return;
    TL_CHECK(info != NULL && !info->derived && info->code == entry.type);
    TL_CHECK(tl_entry_encode(&out, &entry, &body));
    fuzz_same(&out, bytes);
}

static void check_decision(struct tl_bytes bytes)
{
    struct tl_buf out = tl_buf(out_bytes, sizeof out_bytes);
    const struct tl_type_info *info;
    struct tl_decision decision;
    union tl_body body;

    if (tl_decision_decode(&decision, &body, &info, bytes) != TL_OK)
        return;
    TL_CHECK(info != NULL && info->derived);
    tl_record_write(&tl_decision_record, &decision, &out);
    fuzz_same(&out, bytes);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    check_entry(tl_bytes(data, size));
    check_decision(tl_bytes(data, size));
    return 0;
}

static size_t type_count(void)
{
    size_t count = 0;

    while (tl_type_at(count) != NULL)
        count++;
    return count;
}

size_t fuzz_seed(struct gen *gen, uint8_t *out, size_t cap)
{
    static uint8_t body[65536];
    const struct tl_type_info *type = tl_type_at((size_t)gen_below(gen, type_count()));
    struct tl_buf buf = tl_buf(out, cap);
    struct tl_entry entry = {.type = type->code};
    struct tl_decision decision = {.type = type->code};

    gen->small = true;
    entry.value_date = 10957;
    decision.date = 10957;
    if (type->about_case) {
        gen_bytes(gen, entry.case_id.b, sizeof entry.case_id.b);
        decision.case_id = entry.case_id;
    }
    entry.body = tl_bytes(body, fuzz_record(gen, type->body, body, sizeof body));
    decision.body = entry.body;
    if (type->derived)
        tl_record_write(&tl_decision_record, &decision, &buf);
    else
        tl_record_write(&tl_entry_record, &entry, &buf);
    TL_CHECK(!buf.full);
    return buf.len;
}
