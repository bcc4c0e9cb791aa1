/* Policies as people write them: what compiles is checked, encodes, and decodes
 * to the same; what does not says why. */
#include "fuzz.h"

#include "tl/check.h"
#include "tl/policy_yaml.h"

#include <stdio.h>
#include <string.h>

static struct tl_policy policy;
static struct tl_policy again;
static uint8_t out_bytes[FUZZ_BYTES_MAX];

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct tl_buf out = tl_buf(out_bytes, sizeof out_bytes);
    struct tl_why why = {""};

    if (tl_policy_yaml_parse(&policy, "fuzz", tl_bytes(data, size), &why) != TL_OK) {
        TL_CHECK(why.text[0] != '\0');
        return 0;
    }
    if (!tl_policy_encode(&policy, &out))
        return 0;
    TL_CHECK(tl_policy_decode(&again, tl_buf_bytes(&out)) == TL_OK);
    TL_CHECK(memcmp(&policy, &again, sizeof policy) == 0);
    return 0;
}

/* A document with one of everything; some of its words are swapped for others. */
size_t fuzz_seed(struct gen *gen, uint8_t *out, size_t cap)
{
    static const char *const guards[] = {"paid < 5", "today > 2012-05-30", "fee - paid != 1_000",
                                         "is_placed = 0"};
    static const char *const actions[] = {"offer_placement", "alert", "{set_stage: overdue}",
                                          "{assess_fee: {tariff: t, basis: principal}}"};
    const int len =
        snprintf((char *)out, cap,
                 "policy: p\ntitle: t\nversion: %u\nallocation: [cost, fee, tax, interest, "
                 "principal]\nholds: {dispute: [place]}\ndisputes: {appeal: dispute}\n"
                 "agencies: {a: 1}\ntariffs:\n  - {name: t, default_bp: 1, totals: {1: 2, 3: 4}}\n"
                 "rules:\n  - id: r\n    citation: c\n    stages: [current]\n"
                 "    when: {since: due_on, days: %d}\n    if: [\"%s\"]\n    do: %s\n",
                 1 + (unsigned)gen_below(gen, 9), (int)gen_below(gen, 9) - 4,
                 guards[gen_below(gen, 4)], actions[gen_below(gen, 4)]);

    TL_CHECK(len > 0 && (size_t)len < cap);
    return (size_t)len;
}
