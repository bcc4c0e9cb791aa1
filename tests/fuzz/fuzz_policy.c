/* Policies as people write them: what compiles is checked, encodes, and decodes
 * to the same; what does not says why. */
#include "fuzz.h"

#include "tl/check.h"
#include "tl/policy_yaml.h"

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
