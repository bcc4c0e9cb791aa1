#include "plan_make.h"

#include "tl/memberdir.h"

#include "genesis_file.h"
#include "genesis_make.h"
#include "mem.h"

#include <string.h>

#define MEMBER_FILE_BYTES 65536u

struct making {
    const struct tl_args *args;
    struct tl_genesis genesis; /* members are filled in at the end */
    struct tl_member member[TL_MEMBERS_MAX];
    uint32_t count;
    uint32_t suspended;
    uint32_t removed;
    uint8_t *memory; /* of member files */
    size_t used;
    struct tl_why *why;
};

static enum tl_status read_member(struct making *m, const char *given, struct tl_member *member)
{
    char path[TL_PATH_MAX];
    struct tl_arena arena;

    if (!tl_member_file(path, sizeof path, given))
        return tl_why_set(m->why, TL_ERR_LIMIT, "path \"%s\" is too long", given);
    tl_arena_init(&arena, m->memory + m->used, MEMBER_FILE_BYTES);
    m->used += MEMBER_FILE_BYTES;
    return tl_memberfile_read(member, path, &arena, m->why);
}

static bool find(const struct making *m, struct tl_bytes id, uint32_t *place)
{
    for (*place = 0; *place < m->count; ++*place) {
        if (tl_bytes_eq(m->member[*place].id, id))
            return true;
    }
    return false;
}

static enum tl_status add_members(struct making *m)
{
    const char *given;
    enum tl_status status = TL_OK;

    for (size_t i = 0; status == TL_OK && (given = tl_opt_nth(m->args, "add", i)) != NULL; i++) {
        if (m->count == TL_MEMBERS_MAX)
            return tl_why_set(m->why, TL_ERR_LIMIT, "a ledger has at most %u places for members",
                              TL_MEMBERS_MAX);
        status = read_member(m, given, &m->member[m->count]);
        m->count += status == TL_OK;
    }
    return status;
}

static enum tl_status replace_members(struct making *m)
{
    const char *given;
    enum tl_status status = TL_OK;

    for (size_t i = 0; status == TL_OK && (given = tl_opt_nth(m->args, "replace", i)) != NULL;
         i++) {
        struct tl_member member = {.roles = 0};
        uint32_t place;

        status = read_member(m, given, &member);
        if (status == TL_OK && !find(m, member.id, &place))
            return tl_why_set(m->why, TL_ERR_NOT_FOUND, "\"%s\" is of no member; use --add", given);
        if (status == TL_OK)
            m->member[place] = member;
    }
    return status;
}

static enum tl_status mark(struct making *m, const char *option, uint32_t *bits, bool set)
{
    const char *id;

    for (size_t i = 0; (id = tl_opt_nth(m->args, option, i)) != NULL; i++) {
        uint32_t place;

        if (!find(m, tl_bytes_str(id), &place))
            return tl_why_set(m->why, TL_ERR_NOT_FOUND, "\"%s\" is no member", id);
        *bits = set ? *bits | 1u << place : *bits & ~(1u << place);
    }
    return TL_OK;
}

static enum tl_status number(struct making *m, const char *option, uint32_t *value)
{
    int64_t given = 0;
    enum tl_status status =
        tl_opt_between(m->args, option, (struct tl_bounds){0, UINT32_MAX}, *value, &given);

    *value = (uint32_t)given;
    return status == TL_OK ? TL_OK : tl_why_set(m->why, status, "--%s is not a number", option);
}

/* Unless it is given the quorum follows the number of those that vote. */
static enum tl_status set_numbers(struct making *m)
{
    struct tl_genesis *g = &m->genesis;
    uint32_t n = m->count - tl_popcount32(m->suspended | m->removed);
    uint32_t quorum = 2u * n / 3u + 1u;
    enum tl_status status = number(m, "quorum", &quorum);

    g->quorum = (uint8_t)quorum;
    if (tl_opt_given(m->args, "accept-weak-quorum"))
        g->accept_weak_quorum = true;
    if (status == TL_OK)
        status = number(m, "block-bytes", &g->block_bytes);
    if (status == TL_OK)
        status = number(m, "delta-ms", &g->delta_ms);
    if (status == TL_OK)
        status = number(m, "heartbeat-ms", &g->heartbeat_ms);
    return status == TL_OK ? number(m, "drift-ms", &g->drift_ms) : status;
}

static enum tl_status change(struct making *m)
{
    enum tl_status status = add_members(m);

    if (status == TL_OK)
        status = replace_members(m);
    if (status == TL_OK)
        status = mark(m, "resume", &m->suspended, false);
    if (status == TL_OK)
        status = mark(m, "suspend", &m->suspended, true);
    if (status == TL_OK)
        status = mark(m, "remove", &m->removed, true);
    m->suspended &= ~m->removed;
    return status == TL_OK ? set_numbers(m) : status;
}

static enum tl_status write(struct making *m, const struct tl_epoch *now, struct tl_buf *out)
{
    uint8_t *memory = tl_mem_new(2u * TL_EPOCH_PLAN_MAX, 1);
    struct tl_buf list = tl_buf(memory, TL_EPOCH_PLAN_MAX);
    struct tl_buf config = tl_buf(memory + TL_EPOCH_PLAN_MAX, TL_EPOCH_PLAN_MAX);
    struct tl_epoch_plan plan = {
        .number = now->number + 1, .suspended = m->suspended, .removed = m->removed};
    int64_t from = 0;
    enum tl_status status =
        tl_opt_between(m->args, "from-height", (struct tl_bounds){0, INT64_MAX}, 0, &from);

    plan.from_height = (uint64_t)from;
    m->genesis.members = (struct tl_list){0};
    for (uint32_t i = 0; i < m->count; i++)
        tl_list_add(&m->genesis.members, &list, &tl_member_record, &m->member[i]);
    tl_record_write(&tl_genesis_record, &m->genesis, &config);
    plan.config = tl_buf_bytes(&config);
    tl_record_write(&tl_epoch_plan_record, &plan, out);
    if (list.full || config.full || out->full)
        status = tl_why_set(m->why, TL_ERR_LIMIT, "a plan has at most %u bytes", TL_EPOCH_PLAN_MAX);
    tl_mem_free(memory);
    return status;
}

static enum tl_status check(const struct tl_buf *out, const struct tl_epoch *now,
                            struct tl_why *why)
{
    struct tl_epoch next;
    const char *rule = "";
    enum tl_status status = tl_epoch_decode(&next, tl_buf_bytes(out), &rule);

    if (status == TL_OK && (rule = tl_epoch_follows(&next, now)) != NULL)
        status = TL_ERR_RANGE;
    return status == TL_OK ? TL_OK : tl_why_set(why, status, "%s", rule);
}

enum tl_status tl_plan_make(struct tl_buf *out, const struct tl_epoch *now,
                            const struct tl_args *args, struct tl_why *why)
{
    struct making *m = tl_mem_new(1, sizeof *m);
    struct tl_member member;
    enum tl_status status;

    *m = (struct making){.args = args,
                         .genesis = now->genesis,
                         .suspended = now->suspended,
                         .removed = now->removed,
                         .memory = tl_mem_new(TL_ARGS_MAX, MEMBER_FILE_BYTES),
                         .why = why};
    for (; tl_genesis_member(&now->genesis, m->count, &member); m->count++)
        m->member[m->count] = member;
    status = change(m);
    if (status == TL_OK)
        status = write(m, now, out);
    if (status == TL_OK)
        status = check(out, now, why);
    tl_mem_free(m->memory);
    tl_mem_free(m);
    return status;
}
