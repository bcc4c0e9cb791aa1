#include "shadow.h"

#include "tl/contract.h"
#include "tl/store.h"
#include "tl/store_mem.h"

#include "mem.h"
#include "say.h"

#include <stdlib.h>
#include <string.h>

#define CHUNK_ENTRIES  64u
#define OVERLAY_BYTES  (64u << 20)
#define ENVELOPE_EXTRA 256u

/* ---- what people wrote ------------------------------------------------- */

static enum tl_status gather_begin(void *host, const struct tl_genesis_file *genesis)
{
    struct tl_shadow_history *history = host;
    struct tl_genesis_file *own = &history->genesis;
    const char *rule = "";
    enum tl_status status;

    own->bytes.text = tl_mem_copy(genesis->bytes.text, genesis->bytes.len);
    own->bytes.len = genesis->bytes.len;
    own->chain_id = genesis->chain_id;
    status = tl_genesis_decode(&own->genesis, tl_bytes(own->bytes.text, own->bytes.len), &rule);
    if (status != TL_OK)
        (void)tl_fail(status, NULL, "cannot use the genesis of the ledger: %s", rule);
    return status;
}

static void gather_entry(struct tl_shadow_history *history, const struct tl_past_leaf *leaf)
{
    struct tl_bytes entry = leaf->leaf.bytes;

    history->item =
        tl_mem_grow(history->item, &history->cap, history->count + 1u, sizeof *history->item);
    history->bytes = tl_mem_grow(history->bytes, &history->room, history->used + entry.len, 1);
    history->item[history->count++] = (struct tl_shadow_item){.height = leaf->height,
                                                              .time_ms = leaf->time_ms,
                                                              .author = leaf->author,
                                                              .type = leaf->entry.type,
                                                              .at = history->used,
                                                              .len = entry.len};
    (void)memcpy(history->bytes + history->used, entry.ptr, entry.len);
    history->used += entry.len;
    history->last_leaf = leaf->index;
}

/* What was deferred had no effect: the decision stands right behind the entry. */
static enum tl_status gather_leaf(void *host, const struct tl_past_leaf *leaf)
{
    struct tl_shadow_history *history = host;

    if (leaf->leaf.kind == TL_LEAF_ENTRY)
        gather_entry(history, leaf);
    else if (leaf->decision.type == TL_DECISION_DEFERRED && history->count > 0 &&
             leaf->index == history->last_leaf + 1u)
        history->count--;
    return TL_OK;
}

static enum tl_status gather_end(void *host, const struct tl_past_point *point,
                                 struct tl_overlay *state)
{
    (void)state;
    ((struct tl_shadow_history *)host)->height = point->height;
    return TL_OK;
}

enum tl_status tl_shadow_gather(struct tl_shadow_history *history, const struct tl_args *args)
{
    const struct tl_past_visitor visitor = {gather_begin, gather_leaf, gather_end, history, NULL};
    int64_t memory_mib = 2048;
    enum tl_status status =
        tl_opt_between(args, "memory", (struct tl_bounds){1, 1 << 20}, 2048, &memory_mib);

    *history = (struct tl_shadow_history){.memory_bytes = (size_t)memory_mib << 20};
    if (status == TL_OK)
        status = tl_past_walk(args, &visitor);
    if (status != TL_OK)
        tl_shadow_history_free(history);
    return status;
}

void tl_shadow_history_free(struct tl_shadow_history *history)
{
    tl_mem_free(history->genesis.bytes.text);
    tl_mem_free(history->item);
    tl_mem_free(history->bytes);
    *history = (struct tl_shadow_history){0};
}

static struct tl_bytes item_bytes(const struct tl_shadow_history *history, size_t index)
{
    return tl_bytes(history->bytes + history->item[index].at, history->item[index].len);
}

/* ---- policies in it ---------------------------------------------------- */

/* False: the entry publishes no sound policy. */
static bool publication(const struct tl_shadow_history *history, size_t index,
                        struct tl_entry *entry, union tl_body *body, struct tl_policy *policy)
{
    return history->item[index].type == TL_ENTRY_POLICY_PUBLISH &&
           tl_entry_decode(entry, body, NULL, item_bytes(history, index)) == TL_OK &&
           tl_policy_decode(policy, body->policy.policy) == TL_OK;
}

enum tl_status tl_shadow_published(const struct tl_shadow_history *history, struct tl_bytes name,
                                   uint32_t version, struct tl_bytes *policy)
{
    struct tl_policy *found = tl_mem_new(1, sizeof *found);
    struct tl_entry entry;
    union tl_body body;
    uint32_t best = 0;

    *policy = TL_BYTES_NONE;
    for (size_t i = 0; i < history->count; i++) {
        if (!publication(history, i, &entry, &body, found) ||
            !tl_bytes_eq(tl_bytes_str(found->name), name) ||
            (version != 0 ? found->version != version : found->version < best))
            continue;
        best = found->version;
        *policy = body.policy.policy;
    }
    tl_mem_free(found);
    return policy->len > 0 ? TL_OK : TL_ERR_NOT_FOUND;
}

/* ---- the run ----------------------------------------------------------- */

struct sequence {
    struct tl_pubkey author;
    uint64_t last;
};

struct player {
    const struct tl_shadow_history *history;
    struct tl_shadow_run *run;
    const struct tl_shadow_plan *plan;
    size_t watched; /* watches that have been */
    int32_t closed_on;
    struct tl_store *store;
    struct tl_executor executor;
    struct tl_arena arena;
    struct tl_buf chunk; /* envelopes */
    uint8_t *one;        /* an envelope or entry while it is made */
    struct tl_policy *scratch;
    struct sequence *sequence;
    size_t sequences;
    size_t sequence_cap;
    uint64_t next_leaf;
};

static uint64_t sequence_next(struct player *player, const struct tl_pubkey *author)
{
    for (size_t i = 0; i < player->sequences; i++)
        if (memcmp(player->sequence[i].author.b, author->b, sizeof author->b) == 0)
            return ++player->sequence[i].last;
    player->sequence = tl_mem_grow(player->sequence, &player->sequence_cap, player->sequences + 1u,
                                   sizeof *player->sequence);
    player->sequence[player->sequences++] = (struct sequence){*author, 1};
    return 1;
}

static enum tl_status keep_leaf(void *host, uint64_t index, struct tl_bytes bytes)
{
    struct player *player = host;
    struct tl_shadow_run *run = player->run;
    struct tl_leaf leaf;
    struct tl_decision decision;

    player->next_leaf = index + 1u;
    if (tl_record_decode(&tl_leaf_record, &leaf, bytes) != TL_OK)
        return TL_ERR_CORRUPT;
    if (leaf.kind != TL_LEAF_DECISION)
        return TL_OK;
    if (tl_record_decode(&tl_decision_record, &decision, leaf.bytes) != TL_OK)
        return TL_ERR_CORRUPT;
    run->decision =
        tl_mem_grow(run->decision, &run->decision_cap, run->decisions + 1u, sizeof *run->decision);
    run->bytes = tl_mem_grow(run->bytes, &run->room, run->used + leaf.bytes.len, 1);
    run->decision[run->decisions] =
        (struct tl_shadow_decision){decision.case_id, run->decisions, run->used, leaf.bytes.len};
    run->decisions++;
    (void)memcpy(run->bytes + run->used, leaf.bytes.ptr, leaf.bytes.len);
    run->used += leaf.bytes.len;
    return TL_OK;
}

/* An entry alone in its envelope, behind those of the chunk. */
static void chunk_add(struct player *player, struct tl_list *list, const struct tl_pubkey *author,
                      struct tl_bytes entry)
{
    uint8_t *memory = tl_mem_new(2, entry.len + ENVELOPE_EXTRA);
    struct tl_buf inner = tl_buf(memory, entry.len + ENVELOPE_EXTRA);
    struct tl_buf outer = tl_buf(memory + entry.len + ENVELOPE_EXTRA, entry.len + ENVELOPE_EXTRA);
    struct tl_envelope envelope = {.author = *author, .sequence = sequence_next(player, author)};
    struct tl_entry_bytes one = {entry};
    struct tl_envelope_bytes bytes;

    tl_list_add(&envelope.entries, &inner, &tl_entry_bytes_record, &one);
    envelope.entries.raw = tl_buf_bytes(&inner);
    tl_envelope_root(&envelope.root, &envelope.entries);
    tl_record_write(&tl_envelope_record, &envelope, &outer);
    bytes.bytes = tl_buf_bytes(&outer);
    tl_list_add(list, &player->chunk, &tl_envelope_bytes_record, &bytes);
    tl_mem_free(memory);
}

/* Executes a list of envelopes as a block of its own. */
static enum tl_status chunk_run(struct player *player, struct tl_list *list, uint64_t height,
                                uint64_t time_ms)
{
    const struct tl_genesis_file *genesis = &player->history->genesis;
    const struct tl_leaf_sink sink = {keep_leaf, player};
    struct tl_store_sink to = tl_store_sink(player->store);
    struct tl_exec_block block = {.genesis = &genesis->genesis,
                                  .chain_id = &genesis->chain_id,
                                  .height = height,
                                  .time_ms = time_ms,
                                  .first_leaf = player->next_leaf};
    struct tl_overlay *state;
    enum tl_status status;

    if (player->chunk.full)
        return TL_ERR_LIMIT;
    list->raw = tl_buf_bytes(&player->chunk);
    block.envelopes = *list;
    tl_arena_reset(&player->arena);
    state = tl_overlay_new(&player->arena, NULL, player->store);
    if (state == NULL)
        return TL_ERR_NO_MEMORY;
    status = player->executor.run(player->executor.host, &block, state, &sink);
    if (status == TL_OK)
        status = tl_overlay_flush(state, &to);
    if (status == TL_OK)
        status = tl_store_commit(player->store, false);
    player->chunk.len = 0;
    return status;
}

/* The entry as it is played: a publication of the policy in question is one of
 * the other policy. */
static struct tl_bytes item_played(struct player *player, size_t index)
{
    struct tl_buf out = tl_buf(player->one, TL_ENTRY_BYTES_MAX);
    struct tl_entry entry;
    union tl_body body;

    if (player->plan->name.len == 0 ||
        !publication(player->history, index, &entry, &body, player->scratch) ||
        !tl_bytes_eq(tl_bytes_str(player->scratch->name), player->plan->name))
        return item_bytes(player->history, index);
    body.policy.policy = player->plan->policy;
    player->run->replaced++;
    return tl_entry_encode(&out, &entry, &body) ? tl_buf_bytes(&out)
                                                : item_bytes(player->history, index);
}

/* ---- the end of the day ------------------------------------------------ */

static struct tl_overlay *state_of(struct player *player)
{
    tl_arena_reset(&player->arena);
    return tl_overlay_new(&player->arena, NULL, player->store);
}

static enum tl_status clock_of(struct player *player, struct tl_clock *clock)
{
    struct tl_overlay *state = state_of(player);

    return state == NULL ? TL_ERR_NO_MEMORY
                         : tl_clock_load(clock, state, &player->history->genesis.genesis);
}

static enum tl_status day_close(struct player *player, const struct tl_shadow_item *as,
                                int32_t date)
{
    uint8_t memory[128];
    struct tl_buf buf = tl_buf(memory, sizeof memory);
    struct tl_body_day day = {date};
    struct tl_entry entry = {.type = TL_ENTRY_DAY_CLOSE, .value_date = date};
    struct tl_list list = {TL_BYTES_NONE, 0};

    if (!tl_entry_encode(&buf, &entry, &day))
        return TL_ERR_RANGE;
    chunk_add(player, &list, &as->author, tl_buf_bytes(&buf));
    return chunk_run(player, &list, as->height, as->time_ms);
}

/* All timers of closed days: closing the last day again goes on with its work
 * (contract.h).  `as`: whose closing it is. */
static enum tl_status day_finish(struct player *player, const struct tl_shadow_item *as)
{
    struct tl_clock clock;
    enum tl_status status = clock_of(player, &clock);

    while (status == TL_OK && clock.work_left && as != NULL) {
        status = day_close(player, as, clock.closed_on);
        if (status == TL_OK)
            status = clock_of(player, &clock);
    }
    if (status == TL_OK) {
        player->closed_on = clock.closed_on;
        player->run->work_left = clock.work_left;
    }
    return status;
}

/* ---- watches ----------------------------------------------------------- */

static int32_t day_of(uint64_t time_ms)
{
    return (int32_t)(time_ms / UINT64_C(86400000));
}

static enum tl_status watch_see(struct player *player)
{
    const struct tl_shadow_watch *watch = &player->plan->watch[player->watched++];
    struct tl_overlay *state = state_of(player);

    return state == NULL ? TL_ERR_NO_MEMORY : watch->see(watch->host, watch->on, state);
}

/* The day an entry ends: of a DAY_CLOSE; where blocks tell the time, the day
 * before its block's. */
static int32_t day_ended(const struct player *player, const struct tl_shadow_item *item)
{
    struct tl_entry entry = {0};

    if (player->history->genesis.genesis.time_source == TL_TIME_BLOCK)
        return day_of(item->time_ms) - 1;
    if (item->type != TL_ENTRY_DAY_CLOSE ||
        tl_record_decode(&tl_entry_record, &entry,
                         tl_bytes(player->history->bytes + item->at, item->len)) != TL_OK)
        return TL_DATE_MIN;
    return entry.value_date;
}

static const struct tl_shadow_watch *watch_next(const struct player *player)
{
    return player->watched < player->plan->watches ? &player->plan->watch[player->watched] : NULL;
}

/* Before an entry that ends a later day than the one watched: a day that is
 * jumped over is closed on its own. */
static enum tl_status watch_before(struct player *player, const struct tl_shadow_item *item)
{
    bool by_block = player->history->genesis.genesis.time_source == TL_TIME_BLOCK;
    int32_t ended = day_ended(player, item);
    const struct tl_shadow_watch *watch;
    enum tl_status status = TL_OK;

    while (status == TL_OK && (watch = watch_next(player)) != NULL &&
           (by_block ? watch->on <= ended : watch->on < ended)) {
        if (!by_block && player->closed_on < watch->on)
            status = day_close(player, item, watch->on);
        if (status == TL_OK && !by_block)
            status = day_finish(player, item);
        if (status == TL_OK)
            status = watch_see(player);
    }
    return status;
}

/* After the entry that ends the very day. */
static enum tl_status watch_after(struct player *player, const struct tl_shadow_item *item)
{
    const struct tl_shadow_watch *watch = watch_next(player);
    enum tl_status status = TL_OK;

    if (watch == NULL || item->type != TL_ENTRY_DAY_CLOSE || day_ended(player, item) != watch->on)
        return TL_OK;
    status = day_finish(player, item);
    return status == TL_OK ? watch_see(player) : status;
}

/* ---- playing ----------------------------------------------------------- */

/* Entries of a block that can be played together; while days are watched, one
 * that ends a day is played alone. */
static size_t chunk_end(const struct player *player, size_t from)
{
    const struct tl_shadow_history *history = player->history;
    size_t to = from + 1u;

    while (
        to < history->count && to - from < CHUNK_ENTRIES &&
        history->item[to].height == history->item[from].height &&
        (player->watched == player->plan->watches || history->item[to].type != TL_ENTRY_DAY_CLOSE))
        to++;
    return to;
}

static enum tl_status play_all(struct player *player)
{
    const struct tl_shadow_history *history = player->history;
    struct tl_progress progress;
    enum tl_status status = TL_OK;

    tl_progress_start(&progress, "playing entries", history->count);
    for (size_t i = 0, end; i < history->count && status == TL_OK;) {
        const struct tl_shadow_item *first = &history->item[i];
        struct tl_list list = {TL_BYTES_NONE, 0};

        status = watch_before(player, first);
        end = chunk_end(player, i);
        for (; i < end && status == TL_OK; i++)
            chunk_add(player, &list, &history->item[i].author, item_played(player, i));
        if (status == TL_OK)
            status = chunk_run(player, &list, first->height, first->time_ms);
        if (status == TL_OK)
            status = watch_after(player, first);
        tl_progress_step(&progress, i);
    }
    tl_progress_end(&progress);
    return status;
}

static enum tl_status finish(struct player *player)
{
    const struct tl_shadow_history *history = player->history;
    const struct tl_shadow_item *last = NULL;
    enum tl_status status;

    for (size_t i = history->count; i-- > 0 && last == NULL;)
        if (history->item[i].type == TL_ENTRY_DAY_CLOSE)
            last = &history->item[i];
    status = day_finish(player, last);
    while (status == TL_OK && player->watched < player->plan->watches &&
           player->plan->watch[player->watched].on <= player->closed_on)
        status = watch_see(player);
    return status == TL_OK && player->watched < player->plan->watches ? TL_ERR_NOT_FOUND : status;
}

/* ---- how it ended ------------------------------------------------------ */

static bool keep_outcome(void *host, const struct tl_case *c)
{
    struct tl_shadow_run *run = host;
    int64_t charged = 0;

    (void)!tl_case_feature(c, TL_FEATURE_CHARGED, 0, &charged);
    run->outcome =
        tl_mem_grow(run->outcome, &run->outcome_cap, run->outcomes + 1u, sizeof *run->outcome);
    run->outcome[run->outcomes++] = (struct tl_shadow_outcome){.case_id = c->id,
                                                               .stage = c->stage,
                                                               .placement = c->placement,
                                                               .holder = c->holder,
                                                               .reporting = c->reporting,
                                                               .charged_off = c->charged_off,
                                                               .charged_minor = charged,
                                                               .owed_minor = tl_case_balance(c)};
    return true;
}

static int by_case(const void *a, const void *b)
{
    const struct tl_shadow_decision *x = a;
    const struct tl_shadow_decision *y = b;
    int order = memcmp(x->case_id.b, y->case_id.b, TL_ID_BYTES);

    if (order != 0)
        return order;
    return x->order < y->order ? -1 : x->order > y->order ? 1 : 0;
}

static enum tl_status outcomes(struct player *player)
{
    struct tl_shadow_run *run = player->run;
    struct tl_overlay *state;

    if (run->decisions > 1)
        qsort(run->decision, run->decisions, sizeof *run->decision, by_case);
    state = state_of(player);
    return state == NULL ? TL_ERR_NO_MEMORY : tl_past_cases(state, keep_outcome, run);
}

static enum tl_status play(struct player *player)
{
    enum tl_status status;

    player->closed_on = TL_DATE_MIN;
    status = play_all(player);
    if (status == TL_OK)
        status = finish(player);
    return status == TL_OK ? outcomes(player) : status;
}

enum tl_status tl_shadow_play(struct tl_shadow_run *run, const struct tl_shadow_history *history,
                              const struct tl_shadow_plan *plan, struct tl_why *why)
{
    const size_t chunk_bytes = CHUNK_ENTRIES * (TL_ENTRY_BYTES_MAX + ENVELOPE_EXTRA);
    struct tl_contract_config rules = {.genesis = &history->genesis.genesis};
    struct player player = {.history = history, .run = run, .plan = plan};
    void *contract = tl_mem_new(1, tl_contract_bytes());
    void *store = tl_mem_new(history->memory_bytes, 1);
    void *arena = tl_mem_new(OVERLAY_BYTES, 1);
    uint8_t *chunk = tl_mem_new(chunk_bytes, 1);
    enum tl_status status;

    *run = (struct tl_shadow_run){0};
    player.store = tl_store_mem_init(store, history->memory_bytes);
    player.executor = tl_contract_executor(tl_contract_init(contract, &rules));
    player.chunk = tl_buf(chunk, chunk_bytes);
    player.one = tl_mem_new(TL_ENTRY_BYTES_MAX, 1);
    player.scratch = tl_mem_new(1, sizeof *player.scratch);
    tl_arena_init(&player.arena, arena, OVERLAY_BYTES);
    status = play(&player);
    tl_mem_free(player.sequence);
    tl_mem_free(player.scratch);
    tl_mem_free(player.one);
    tl_mem_free(chunk);
    tl_mem_free(arena);
    tl_mem_free(store);
    tl_mem_free(contract);
    if (status != TL_OK)
        tl_shadow_run_free(run);
    return status == TL_OK ? TL_OK : tl_why_set(why, status, "%s", tl_status_text(status));
}

void tl_shadow_run_free(struct tl_shadow_run *run)
{
    tl_mem_free(run->decision);
    tl_mem_free(run->outcome);
    tl_mem_free(run->bytes);
    *run = (struct tl_shadow_run){0};
}
