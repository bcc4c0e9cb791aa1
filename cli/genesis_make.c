#include "genesis_make.h"

#include "tl/memberdir.h"
#include "tl/yaml.h"

#include "map_date.h"
#include "mem.h"
#include "say.h"

#include <string.h>
#include <sys/stat.h>

void tl_genesis_plan_init(struct tl_genesis_plan *plan)
{
    *plan = (struct tl_genesis_plan){.name = "ledger",
                                     .time_source = TL_TIME_CALENDAR,
                                     .first_date = (int32_t)(tl_unix_ms() / 86400000u),
                                     .state_bits = 16,
                                     .block_bytes = TL_BLOCK_BYTES_MAX,
                                     .delta_ms = 500,
                                     .heartbeat_ms = 60000,
                                     .drift_ms = 60000};
}

static enum tl_status read_u32(const struct tl_yaml *doc, const char *key, int64_t max,
                               uint32_t *out, struct tl_why *why)
{
    const struct tl_yaml_node *node = tl_yaml_get(doc->root, key);
    int64_t value = 0;
    enum tl_status status;

    if (node == NULL)
        return TL_OK;
    status = tl_yaml_int(doc, node, 0, max, &value, why);
    if (status == TL_OK)
        *out = (uint32_t)value;
    return status;
}

static enum tl_status read_words(struct tl_genesis_plan *plan, const struct tl_yaml *doc,
                                 struct tl_why *why)
{
    const struct tl_yaml_node *name = tl_yaml_get(doc->root, "name");
    const struct tl_yaml_node *time = tl_yaml_get(doc->root, "time");
    const struct tl_yaml_node *date = tl_yaml_get(doc->root, "first_date");
    const struct tl_yaml_node *weak = tl_yaml_get(doc->root, "accept_weak_quorum");
    struct tl_bytes text;

    if (name != NULL) {
        if (tl_yaml_str(doc, name, 64, &text, why) != TL_OK)
            return TL_ERR_ENCODING;
        plan->name = tl_mem_copy((const char *)text.ptr, text.len);
    }
    if (time != NULL && !tl_name_find(&tl_time_source_names, time->text, &plan->time_source))
        return tl_yaml_fail(doc, time, TL_ERR_ENCODING, why, "time is \"block\" or \"calendar\"");
    if (date != NULL && tl_date_read(date->text, "%Y-%m-%d", &plan->first_date) != TL_OK)
        return tl_yaml_fail(doc, date, TL_ERR_ENCODING, why, "not a date like 2012-05-30");
    if (weak != NULL)
        return tl_yaml_bool(doc, weak, &plan->accept_weak_quorum, why);
    return TL_OK;
}

enum tl_status tl_genesis_plan_load(struct tl_genesis_plan *plan, const char *path,
                                    struct tl_why *why)
{
    static const char *const keys[] = {
        "name",        "quorum",   "accept_weak_quorum", "time",     "first_date", "state_bits",
        "block_bytes", "delta_ms", "heartbeat_ms",       "drift_ms", NULL};
    struct tl_yaml doc;
    enum tl_status status = tl_yaml_load(&doc, path, why);

    if (status != TL_OK)
        return status;
    status = tl_yaml_only(&doc, doc.root, keys, why);
    if (status == TL_OK)
        status = read_words(plan, &doc, why);
    if (status == TL_OK)
        status = read_u32(&doc, "quorum", TL_MEMBERS_MAX, &plan->quorum, why);
    if (status == TL_OK)
        status = read_u32(&doc, "state_bits", TL_STATE_BITS_MAX, &plan->state_bits, why);
    if (status == TL_OK)
        status = read_u32(&doc, "block_bytes", TL_BLOCK_BYTES_MAX, &plan->block_bytes, why);
    if (status == TL_OK)
        status = read_u32(&doc, "delta_ms", 60000, &plan->delta_ms, why);
    if (status == TL_OK)
        status = read_u32(&doc, "heartbeat_ms", 3600000, &plan->heartbeat_ms, why);
    if (status == TL_OK)
        status = read_u32(&doc, "drift_ms", 600000, &plan->drift_ms, why);
    tl_yaml_free(&doc);
    return status;
}

bool tl_member_file(char *path, size_t cap, const char *given)
{
    struct stat info;

    if (stat(given, &info) == 0 && S_ISDIR(info.st_mode))
        return tl_memberdir_path(path, cap, given, TL_MEMBERDIR_PUBLIC);
    if (strlen(given) >= cap)
        return false;
    (void)memcpy(path, given, strlen(given) + 1u);
    return true;
}

static enum tl_status members_gather(struct tl_list *list, struct tl_buf *buf,
                                     const char *const *members, size_t count, struct tl_why *why)
{
    uint8_t *memory = tl_mem_new(65536, 1);
    enum tl_status status = TL_OK;

    for (size_t i = 0; i < count && status == TL_OK; i++) {
        char path[TL_PATH_MAX];
        struct tl_member member;
        struct tl_arena arena;

        tl_arena_init(&arena, memory, 65536);
        if (!tl_member_file(path, sizeof path, members[i]))
            status = tl_why_set(why, TL_ERR_LIMIT, "path \"%s\" is too long", members[i]);
        if (status == TL_OK)
            status = tl_memberfile_read(&member, path, &arena, why);
        if (status == TL_OK)
            tl_list_add(list, buf, &tl_member_record, &member);
    }
    tl_mem_free(memory);
    return status;
}

static enum tl_status genesis_write(const struct tl_genesis *genesis, const char *path,
                                    struct tl_why *why)
{
    uint8_t *memory = tl_mem_new(TL_GENESIS_BYTES_MAX, 1);
    struct tl_buf buf = tl_buf(memory, TL_GENESIS_BYTES_MAX);
    struct tl_genesis check;
    const char *rule = "";
    enum tl_status status;

    tl_record_write(&tl_genesis_record, genesis, &buf);
    if (buf.full)
        status = tl_why_set(why, TL_ERR_LIMIT, "a genesis file has at most %u bytes",
                            TL_GENESIS_BYTES_MAX);
    else if ((status = tl_genesis_decode(&check, tl_buf_bytes(&buf), &rule)) != TL_OK)
        status = tl_why_set(why, status, "%s", rule);
    else
        status = tl_file_create(path, tl_buf_bytes(&buf), TL_FILE_PUBLIC, why);
    tl_mem_free(memory);
    return status;
}

enum tl_status tl_genesis_make(const struct tl_genesis_plan *plan, const char *const *members,
                               size_t count, const char *path, struct tl_why *why)
{
    uint8_t *memory;
    struct tl_buf buf;
    enum tl_status status;
    struct tl_genesis genesis = {.format = 1,
                                 .name = tl_bytes_str(plan->name),
                                 .created_ms = tl_unix_ms(),
                                 .accept_weak_quorum = plan->accept_weak_quorum,
                                 .time_source = plan->time_source,
                                 .first_date = plan->first_date,
                                 .state_bits = (uint8_t)plan->state_bits,
                                 .block_bytes = plan->block_bytes,
                                 .delta_ms = plan->delta_ms,
                                 .heartbeat_ms = plan->heartbeat_ms,
                                 .drift_ms = plan->drift_ms};

    if (count < 1 || count > TL_MEMBERS_MAX)
        return tl_why_set(why, TL_ERR_USAGE, "a ledger has 1 to %u members", TL_MEMBERS_MAX);
    genesis.quorum = (uint8_t)(plan->quorum != 0 ? plan->quorum : 2u * count / 3u + 1u);
    memory = tl_mem_new(TL_GENESIS_BYTES_MAX, 1);
    buf = tl_buf(memory, TL_GENESIS_BYTES_MAX);
    status = members_gather(&genesis.members, &buf, members, count, why);
    if (status == TL_OK)
        status = genesis_write(&genesis, path, why);
    tl_mem_free(memory);
    return status;
}

struct tl_json *tl_genesis_tolerance(uint32_t n, uint32_t q)
{
    struct tl_json *row = tl_json_object();

    tl_json_set_int(row, "members", n);
    tl_json_set_int(row, "quorum", q);
    tl_json_set_int(row, "traitors_tolerated", 2 * (int64_t)q - n - 1);
    tl_json_set_int(row, "silent_tolerated", (int64_t)n - q);
    tl_json_set_int(row, "traitors_named", 2 * (int64_t)q - n);
    return row;
}

void tl_genesis_tolerance_print(uint32_t n, uint32_t q)
{
    (void)printf("members n = %u, quorum q = %u\n"
                 "  safe with up to  %d traitors   (2q-n-1)\n"
                 "  live with up to  %d silent     (n-q)\n"
                 "  beyond that, at least %d traitors are named by their own signatures (2q-n)\n",
                 n, q, (int)(2 * q) - (int)n - 1, (int)n - (int)q, (int)(2 * q) - (int)n);
    if (q < 2u * n / 3u + 1u)
        (void)printf("  weak quorum: one traitor is detected but may not be stopped\n");
}
