#include "policy_send.h"

#include "tl/policy_yaml.h"

#include "import.h"
#include "mem.h"
#include "outcome.h"

enum tl_status tl_policy_file_encode(const char *path, struct tl_policy *policy, struct tl_buf *out,
                                     struct tl_why *why)
{
    enum tl_status status = tl_policy_yaml_load(policy, path, why);

    if (status == TL_OK && !tl_policy_encode(policy, out))
        status =
            tl_why_set(why, TL_ERR_LIMIT, "a policy has at most %u bytes", TL_POLICY_BYTES_MAX);
    return status;
}

static enum tl_status publish(struct tl_client *client, struct tl_bytes policy, int32_t date,
                              struct tl_submitted_counts *counts, struct tl_why *why)
{
    uint8_t *memory = tl_mem_new(TL_ENTRY_BYTES_MAX, 1);
    struct tl_buf bytes = tl_buf(memory, TL_ENTRY_BYTES_MAX);
    struct tl_body_policy body = {policy};
    struct tl_entry entry = {.type = TL_ENTRY_POLICY_PUBLISH, .value_date = date};
    enum tl_status status;

    if (tl_entry_encode(&bytes, &entry, &body))
        status = tl_submit_one(client, tl_buf_bytes(&bytes), NULL, counts, why);
    else
        status = tl_why_set(why, TL_ERR_LIMIT, "the policy is too long for an entry");
    tl_mem_free(memory);
    return status;
}

enum tl_status tl_policy_publish(struct tl_client *client, const char *path,
                                 struct tl_submitted_counts *counts, struct tl_why *why)
{
    struct tl_policy *policy = tl_mem_new(1, sizeof *policy);
    uint8_t *memory = tl_mem_new(TL_POLICY_BYTES_MAX, 1);
    struct tl_buf bytes = tl_buf(memory, TL_POLICY_BYTES_MAX);
    int32_t closed_on = 0;
    enum tl_status status = tl_policy_file_encode(path, policy, &bytes, why);

    if (status == TL_OK)
        status = tl_business_date(client, &closed_on, why);
    if (status == TL_OK)
        status = publish(client, tl_buf_bytes(&bytes), closed_on + 1, counts, why);
    if (status == TL_OK)
        status = tl_outcome_denied(client, counts, why);
    tl_mem_free(memory);
    tl_mem_free(policy);
    return status;
}
