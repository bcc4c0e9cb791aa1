/* A ledger as a snapshot from several members at the same time.
 *
 *   asking    everybody is asked which snapshot they can give; the highest that
 *             most of them have is chosen
 *   head      one of them is asked for its head, which proves itself
 *   chunks    each of them is asked for some, one question under way at a time; a
 *             thread beside the loop holds every chunk against the head and puts it
 *             into a store beside ours
 *   settling  all chunks are there: the new store is made durable, takes the name
 *             that says so, and the node is opened anew on it (replace.c)
 *
 * A member whose chunk does not prove is scored, its answer is thrown away and it
 * is not asked again; one that does not answer is not asked again after the third
 * time.  When nobody is left, everything begins anew with another snapshot, and
 * blocks are caught up meanwhile.  Our own ledger goes on as it is until the very
 * end: a crash in between leaves it as it was. */
#include "node.h"

#include "tl/check.h"
#include "tl/clock.h"
#include "tl/keys.h"
#include "tl/logline.h"
#include "tl/store_rocksdb.h"

#include <stdlib.h>
#include <string.h>

#define OFFERS_MS       500u /* others' snapshots are waited for after the first */
#define ASK_AGAIN_MS    1000u
#define PATIENCE_MS     5000u /* without an offer; then blocks are caught up meanwhile */
#define GIVE_UP_MS      30000u
#define REST_MS         20000u /* before everything is tried again */
#define ANSWER_MS       5000u
#define STRIKES_MAX     3u
#define CHUNKS_AT_FIRST 16u
#define ANSWER_BYTES    (1u << 20)

enum stage { RESTING, ASKING, HEAD, CHUNKS, SETTLING };
enum chunk_state { NEEDED, ASKED, TAKEN };

/* A member as a source. */
struct source {
    struct tl_offer offer; /* height 0: none */
    bool barred;
    bool asked;
    uint64_t asked_ms;
    uint32_t first;
    uint32_t count;
    uint32_t strikes;
};

struct tl_joining {
    enum stage stage;
    uint64_t began_ms;
    uint64_t asked_ms;
    uint64_t offered_ms; /* the first offer came */
    uint64_t rest_until_ms;
    struct source source[TL_MEMBERS_MAX];
    struct tl_offer chosen;
    uint8_t *head_bytes; /* owned; snapshot borrows it */
    struct tl_snapshot snapshot;
    struct tl_store *staging; /* the task thread's while a task is under way */
    uint32_t tasks;           /* under way */
    uint8_t state[TL_SNAPSHOT_CHUNKS_MAX];
    uint32_t left;
    uint64_t bytes;
};

/* Chunks on their way through the task thread. */
struct take {
    struct tl_task task;
    struct tl_node *node;
    struct tl_mail *mail; /* owned; chunks borrow it */
    struct tl_chunks chunks;
    uint32_t good; /* the first so many were taken */
};

/* The end: everything durable under the name that says so. */
struct settle {
    struct tl_task task;
    struct tl_node *node;
};

bool tl_join_active(const struct tl_node *node)
{
    return node->joining != NULL && node->joining->stage != RESTING;
}

bool tl_join_begun(const struct tl_node *node)
{
    return tl_join_active(node) && (node->joining->stage != ASKING ||
                                    tl_clock_mono_ms() < node->joining->began_ms + PATIENCE_MS);
}

bool tl_join_settling(const struct tl_node *node)
{
    return node->joining != NULL && node->joining->stage == SETTLING;
}

bool tl_join_wanted(const struct tl_node *node, uint64_t tip)
{
    const struct tl_joining *j = node->joining;
    uint64_t height = tl_chain_tip(node->chain)->height;

    if (node->config.snapshot_after_blocks == UINT32_MAX)
        return false;
    if (j != NULL && (j->stage != RESTING || tl_clock_mono_ms() < j->rest_until_ms))
        return false;
    return tip > height && tip - height > node->config.snapshot_after_blocks;
}

/* ---- beginning and ending ---- */

static void leave_staging(struct tl_joining *j)
{
    TL_CHECK(j->tasks == 0);
    tl_store_rocksdb_close(j->staging);
    j->staging = NULL;
    free(j->head_bytes);
    j->head_bytes = NULL;
}

/* What is under way on the task thread ends first: tick comes back until it has. */
static void rest(struct tl_node *node, const char *reason)
{
    struct tl_joining *j = node->joining;
    uint64_t now_ms = tl_clock_mono_ms();

    tl_log(TL_LOG_ODD, "snapshot-given-up", tl_log_uint("height", j->chosen.height),
           tl_log_str("reason", reason));
    j->stage = RESTING;
    j->rest_until_ms = now_ms + REST_MS;
    if (j->tasks == 0)
        leave_staging(j);
}

void tl_join_start(struct tl_node *node)
{
    struct tl_joining *j = node->joining;

    if (j == NULL)
        j = node->joining = calloc(1, sizeof *j);
    if (j == NULL || j->stage != RESTING || j->tasks != 0)
        return;
    memset(j, 0, sizeof *j);
    j->stage = ASKING;
    j->began_ms = tl_clock_mono_ms();
    tl_log(TL_LOG_INFO, "snapshot-wanted",
           tl_log_uint("height", tl_chain_tip(node->chain)->height));
}

void tl_join_free(struct tl_node *node)
{
    if (node->joining == NULL)
        return;
    node->joining->tasks = 0;
    leave_staging(node->joining);
    free(node->joining);
    node->joining = NULL;
}

static void bar(struct tl_node *node, uint32_t member, uint32_t points, const char *reason)
{
    struct source *source = &node->joining->source[member];
    struct tl_member m;

    source->barred = true;
    if (points != 0) {
        node->count.chunks_refused++;
        tl_net_fault(node->net, member, points, reason);
    }
    if (tl_genesis_member(&node->epoch.genesis, member, &m))
        tl_log(TL_LOG_ODD, "snapshot-source-dropped", tl_log_text("peer", m.id),
               tl_log_str("reason", reason));
}

/* ---- asking ---- */

void tl_join_met(struct tl_node *node, uint32_t member)
{
    if (tl_join_active(node) && node->joining->stage == ASKING)
        tl_net_send(node->net, member, TL_MSG_ASK_SNAPSHOT, TL_BYTES_NONE);
}

static void ask_everybody(struct tl_node *node, uint64_t now_ms)
{
    node->joining->asked_ms = now_ms;
    tl_net_broadcast(node->net, TL_MSG_ASK_SNAPSHOT, TL_BYTES_NONE);
}

static bool is_source(const struct tl_joining *j, uint32_t member)
{
    const struct source *source = &j->source[member];

    return !source->barred && source->offer.height == j->chosen.height &&
           tl_hash_eq(&source->offer.block, &j->chosen.block);
}

static uint32_t sources(const struct tl_node *node)
{
    uint32_t count = 0;

    for (uint32_t i = 0; i < node->voters.count; i++)
        count += is_source(node->joining, i);
    return count;
}

static uint32_t offers(const struct tl_node *node)
{
    uint32_t count = 0;

    for (uint32_t i = 0; i < node->voters.count; i++)
        count += node->joining->source[i].offer.height != 0;
    return count;
}

/* The offer of most members; of those the highest. */
static void choose(struct tl_node *node)
{
    struct tl_joining *j = node->joining;
    struct tl_offer best = {0};
    uint32_t most = 0;

    for (uint32_t i = 0; i < node->voters.count; i++) {
        uint32_t count;

        if (j->source[i].barred || j->source[i].offer.height == 0)
            continue;
        j->chosen = j->source[i].offer;
        count = sources(node);
        if (count > most || (count == most && j->chosen.height > best.height)) {
            most = count;
            best = j->chosen;
        }
    }
    j->chosen = best;
}

void tl_join_offer(struct tl_node *node, uint32_t from, struct tl_bytes body)
{
    struct tl_joining *j = node->joining;
    struct tl_offer offer;

    if (tl_record_decode(&tl_offer_record, &offer, body) != TL_OK) {
        tl_net_fault(node->net, from, 25, "malformed offer of a snapshot");
        return;
    }
    if (!tl_join_active(node) || offer.height <= tl_chain_tip(node->chain)->height)
        return;
    j->source[from].offer = offer;
    if (j->stage != ASKING)
        return;
    if (j->offered_ms == 0)
        j->offered_ms = tl_clock_mono_ms();
    tl_join_tick(node, tl_clock_mono_ms());
}

/* ---- head ---- */

static void ask_head(struct tl_node *node, uint64_t now_ms)
{
    struct tl_joining *j = node->joining;
    struct tl_ask_blocks ask = {.height = j->chosen.height};
    uint8_t bytes[16];
    struct tl_buf buf = tl_buf(bytes, sizeof bytes);

    tl_record_write(&tl_ask_blocks_record, &ask, &buf);
    for (uint32_t i = 0; i < node->voters.count; i++) {
        if (!is_source(j, i))
            continue;
        if (j->source[i].asked) { /* and said nothing */
            bar(node, i, 0, "no answer");
            continue;
        }
        j->source[i].asked = true;
        j->source[i].asked_ms = now_ms;
        tl_net_send(node->net, i, TL_MSG_ASK_HEAD, tl_buf_bytes(&buf));
        return;
    }
    rest(node, "nobody gives its head");
}

static enum tl_status open_staging(struct tl_node *node)
{
    struct tl_joining *j = node->joining;
    struct tl_why why = {""};
    char path[TL_PATH_MAX];
    enum tl_status st = tl_replace_path(node, TL_REPLACE_FILLING, path);

    if (st == TL_OK)
        st = tl_replace_settle(node, &why);
    if (st == TL_OK)
        st = tl_store_rocksdb_open(&j->staging, path, TL_STORE_FILL, &why);
    if (st != TL_OK)
        tl_log(TL_LOG_ODD, "no-room-for-snapshot", tl_log_str("reason", why.text));
    return st;
}

static void begin_chunks(struct tl_node *node)
{
    struct tl_joining *j = node->joining;

    for (uint32_t i = 0; i < node->voters.count; i++)
        j->source[i].asked = false;
    j->left = 1u << j->snapshot.chunk_bits;
    j->stage = CHUNKS;
    tl_log(TL_LOG_INFO, "snapshot-begun", tl_log_uint("height", j->chosen.height),
           tl_log_uint("leaves", j->snapshot.parts.header.log_size),
           tl_log_uint("sources", sources(node)));
}

void tl_join_head(struct tl_node *node, uint32_t from, struct tl_bytes body)
{
    struct tl_joining *j = node->joining;
    enum tl_status st;

    if (!tl_join_active(node) || j->stage != HEAD || !j->source[from].asked || j->tasks != 0)
        return;
    free(j->head_bytes);
    j->head_bytes = malloc(body.len + 1);
    if (j->head_bytes == NULL) {
        rest(node, "out of memory");
        return;
    }
    if (body.len != 0)
        memcpy(j->head_bytes, body.ptr, body.len);
    st = tl_snapshot_open(&j->snapshot, tl_bytes(j->head_bytes, body.len), &node->genesis,
                          &node->chain_id);
    if (st == TL_OK && !tl_hash_eq(&j->snapshot.parts.hash, &j->chosen.block))
        st = TL_ERR_PROOF;
    if (st != TL_OK) {
        bar(node, from, 50, tl_status_text(st));
        ask_head(node, tl_clock_mono_ms());
    } else if (open_staging(node) != TL_OK) {
        rest(node, "no store to put it into");
    } else {
        begin_chunks(node);
    }
}

/* ---- chunks: asking ---- */

static uint32_t first_needed(const struct tl_joining *j)
{
    uint32_t chunks = 1u << j->snapshot.chunk_bits;
    uint32_t i = 0;

    while (i < chunks && j->state[i] != NEEDED)
        i++;
    return i;
}

/* As many as make one answer, judged by those that came. */
static uint32_t chunks_at_once(const struct tl_joining *j)
{
    uint32_t chunks = 1u << j->snapshot.chunk_bits;
    uint32_t taken = chunks - j->left;
    uint64_t mean = taken == 0 ? 0 : j->bytes / taken + 1;
    uint64_t want = mean == 0 ? CHUNKS_AT_FIRST : ANSWER_BYTES / mean;

    if (want > chunks / 16)
        want = chunks / 16;
    return want == 0 ? 1 : (uint32_t)want;
}

static void ask_chunks(struct tl_node *node, uint32_t member, uint64_t now_ms)
{
    struct tl_joining *j = node->joining;
    struct source *source = &j->source[member];
    uint32_t chunks = 1u << j->snapshot.chunk_bits;
    uint32_t most = chunks_at_once(j);
    struct tl_ask_chunks ask = {.height = j->chosen.height, .first = first_needed(j)};
    uint8_t bytes[32];
    struct tl_buf buf = tl_buf(bytes, sizeof bytes);

    while (ask.first + ask.count < chunks && ask.count < most &&
           j->state[ask.first + ask.count] == NEEDED)
        j->state[ask.first + ask.count++] = ASKED;
    if (ask.count == 0)
        return;
    source->asked = true;
    source->asked_ms = now_ms;
    source->first = ask.first;
    source->count = ask.count;
    tl_record_write(&tl_ask_chunks_record, &ask, &buf);
    tl_net_send(node->net, member, TL_MSG_ASK_CHUNKS, tl_buf_bytes(&buf));
}

/* What was asked of a member and has not come is needed again. */
static void need_again(struct tl_joining *j, uint32_t first, uint32_t count)
{
    for (uint32_t i = first; i < first + count; i++) {
        if (j->state[i] == ASKED)
            j->state[i] = NEEDED;
    }
}

static void ask_sources(struct tl_node *node, uint64_t now_ms)
{
    struct tl_joining *j = node->joining;

    for (uint32_t i = 0; i < node->voters.count; i++) {
        struct source *source = &j->source[i];

        if (source->asked && now_ms > source->asked_ms + ANSWER_MS) {
            source->asked = false;
            need_again(j, source->first, source->count);
            if (++source->strikes >= STRIKES_MAX)
                bar(node, i, 0, "no answer");
        }
        if (is_source(j, i) && !source->asked)
            ask_chunks(node, i, now_ms);
    }
    if (sources(node) == 0 && j->tasks == 0)
        rest(node, "nobody is left who gives it");
}

/* ---- chunks: taking, beside the loop ---- */

static enum tl_status fill_put(void *host, struct tl_bytes key, struct tl_bytes value)
{
    struct tl_store_sink sink = tl_store_sink(host);
    enum tl_status st = sink.put(sink.host, key, value);

    if (st == TL_OK && key.ptr[0] < TL_STATE_KEY_PLAIN)
        st = tl_contract_index(key, value, &sink);
    return st;
}

static enum tl_status fill_del(void *host, struct tl_bytes key)
{
    return tl_store_del(host, key);
}

static enum tl_status take_one(struct take *t, uint32_t number, struct tl_list pairs)
{
    struct tl_joining *j = t->node->joining;
    struct tl_store_sink sink = {fill_put, fill_del, j->staging};
    size_t bytes = tl_snapshot_scratch(pairs.count);
    struct tl_arena scratch;
    void *memory = malloc(bytes);
    enum tl_status st = TL_ERR_NO_MEMORY;

    if (memory == NULL)
        return st;
    tl_arena_init(&scratch, memory, bytes);
    st = tl_snapshot_take(&j->snapshot, number, pairs, &scratch, &sink);
    free(memory);
    if (st == TL_OK)
        return tl_store_commit(j->staging, false);
    tl_store_abandon(j->staging);
    return st;
}

static enum tl_status take_run(struct tl_job *job)
{
    struct take *t = (struct take *)job;
    struct tl_list chunks = t->chunks.chunks;
    struct tl_chunk chunk;
    enum tl_status st = TL_OK;

    while (st == TL_OK && tl_list_next(&chunks, &tl_chunk_record, &chunk)) {
        st = take_one(t, t->chunks.first + t->good, chunk.pairs);
        if (st == TL_OK)
            t->good++;
    }
    return st;
}

static void take_drop(struct tl_task *task)
{
    struct take *t = (struct take *)task;

    tl_mail_free(t->mail);
    free(t);
}

static void count_taken(struct tl_node *node, const struct take *t)
{
    struct tl_joining *j = node->joining;

    for (uint32_t i = 0; i < t->good; i++) {
        uint8_t *state = &j->state[t->chunks.first + i];

        j->left -= *state != TAKEN;
        *state = TAKEN;
    }
    node->count.chunks_taken += t->good;
    j->bytes += t->mail->len;
}

static void settle_begin(struct tl_node *node);

static void take_done(struct tl_node *node, struct tl_task *task, enum tl_status status)
{
    struct take *t = (struct take *)task;
    struct tl_joining *j = node->joining;

    TL_CHECK(j->tasks > 0);
    j->tasks--;
    if (j->stage == CHUNKS) {
        count_taken(node, t);
        need_again(j, t->chunks.first, t->chunks.chunks.count);
        if (tl_status_fault(status) == TL_FAULT_PEER)
            bar(node, t->mail->from, 50, "a chunk of its snapshot does not prove");
        else if (status != TL_OK)
            rest(node, tl_status_text(status));
        if (j->stage == CHUNKS && j->left == 0 && j->tasks == 0)
            settle_begin(node);
        else if (j->stage == CHUNKS)
            ask_sources(node, tl_clock_mono_ms());
    } else if (j->stage == RESTING && j->tasks == 0) {
        leave_staging(j);
    }
    take_drop(task);
}

/* True: the mail is the task's now. */
static bool give_to_take(struct tl_node *node, struct tl_mail *mail, const struct tl_chunks *chunks)
{
    struct take *t = calloc(1, sizeof *t);

    if (t == NULL)
        return false;
    t->task = (struct tl_task){{.run = take_run}, take_done, take_drop};
    t->node = node;
    t->mail = mail;
    t->chunks = *chunks;
    if (tl_workers_give(node->tasks, &t->task.job)) {
        node->joining->tasks++;
        return true;
    }
    free(t);
    return false;
}

void tl_join_chunks(struct tl_node *node, struct tl_mail *mail)
{
    struct tl_joining *j = node->joining;
    struct source *source = j == NULL ? NULL : &j->source[mail->from];
    struct tl_chunks chunks;
    bool taken = false;

    if (!tl_join_active(node) || j->stage != CHUNKS || !source->asked) {
        tl_mail_free(mail); /* late */
        return;
    }
    source->asked = false;
    if (tl_record_decode(&tl_chunks_record, &chunks, tl_bytes(mail->bytes, mail->len)) != TL_OK ||
        chunks.height != j->chosen.height || chunks.first != source->first ||
        chunks.chunks.count > source->count) {
        need_again(j, source->first, source->count);
        bar(node, mail->from, 50, "malformed chunks");
    } else if (chunks.chunks.count == 0) {
        need_again(j, source->first, source->count);
        bar(node, mail->from, 0, "the snapshot is not held any more");
    } else {
        need_again(j, chunks.first + chunks.chunks.count, source->count - chunks.chunks.count);
        taken = give_to_take(node, mail, &chunks);
        if (!taken)
            need_again(j, chunks.first, chunks.chunks.count);
    }
    if (!taken)
        tl_mail_free(mail);
    ask_sources(node, tl_clock_mono_ms());
}

/* ---- settling ---- */

struct copying {
    struct tl_store *to;
    uint64_t above; /* views at or below are of the past */
    enum tl_status status;
};

/* Blocks we promised to hold, certificates: what is above the snapshot's view. */
static bool copy_own(void *context, struct tl_bytes key, struct tl_bytes value)
{
    struct copying *c = context;
    size_t view_at = key.ptr[0] == TL_KEY_HELD_BLOCK ? 1 : 2;

    if (key.ptr[0] > TL_KEY_HELD_CERT || key.len < view_at + 8 ||
        tl_get_u64be(key.ptr + view_at) > c->above)
        c->status = tl_store_put(c->to, key, value);
    return c->status == TL_OK;
}

static enum tl_status copy_all_own(struct tl_node *node)
{
    static const uint8_t from = TL_KEY_HOST;
    struct tl_joining *j = node->joining;
    struct copying c = {j->staging, j->snapshot.parts.header.view, TL_OK};
    enum tl_status st = tl_store_commit(node->store, false);

    if (st == TL_OK)
        st = tl_store_scan(node->store, tl_bytes(&from, 1), TL_BYTES_NONE, copy_own, &c);
    return st == TL_OK ? c.status : st;
}

static enum tl_status settle_run(struct tl_job *job)
{
    struct tl_node *node = ((struct settle *)job)->node;
    struct tl_joining *j = node->joining;
    struct tl_store_sink sink = tl_store_sink(j->staging);
    struct tl_why why = {""};
    enum tl_status st = tl_snapshot_settle(&j->snapshot, &sink);

    if (st == TL_OK)
        st = tl_store_commit(j->staging, true);
    if (st != TL_OK)
        return st;
    tl_store_rocksdb_close(j->staging);
    j->staging = NULL;
    return tl_replace_ready(node, &why);
}

static void settle_drop(struct tl_task *task)
{
    free(task);
}

static void settle_done(struct tl_node *node, struct tl_task *task, enum tl_status status)
{
    struct tl_joining *j = node->joining;

    settle_drop(task);
    j->tasks--;
    if (status != TL_OK) {
        rest(node, tl_status_text(status));
        return;
    }
    tl_log(TL_LOG_INFO, "snapshot-taken", tl_log_uint("height", j->chosen.height),
           tl_log_uint("bytes", j->bytes), tl_log_uint("ms", tl_clock_mono_ms() - j->began_ms));
    node->again = true;
    node->stopping = true;
}

/* Nothing of ours may change any more that the new store would not know of: from
 * here to the end the loop hears nobody (tl_join_settling), so the core takes no
 * step, and what it holds is copied now. */
static void settle_begin(struct tl_node *node)
{
    struct tl_joining *j = node->joining;
    struct settle *s = calloc(1, sizeof *s);
    enum tl_status st = s == NULL ? TL_ERR_NO_MEMORY : copy_all_own(node);

    if (st == TL_OK) {
        s->task = (struct tl_task){{.run = settle_run}, settle_done, settle_drop};
        s->node = node;
        j->stage = SETTLING;
        if (tl_workers_give(node->tasks, &s->task.job)) {
            j->tasks++;
            return;
        }
    }
    free(s);
    rest(node, "it cannot be made durable");
}

/* ---- time ---- */

static void tick_asking(struct tl_node *node, uint64_t now_ms)
{
    struct tl_joining *j = node->joining;

    if (j->offered_ms != 0 &&
        (offers(node) + 1 == node->voters.count || now_ms > j->offered_ms + OFFERS_MS)) {
        choose(node);
        j->stage = HEAD;
        node->catchup.active = false;
        ask_head(node, now_ms);
    } else if (now_ms > j->began_ms + GIVE_UP_MS) {
        rest(node, "nobody offers one");
    } else if (j->offered_ms == 0 && !tl_join_begun(node)) {
        tl_catchup_start(node, TL_BFT_NOBODY);
        if (now_ms > j->asked_ms + ASK_AGAIN_MS)
            ask_everybody(node, now_ms);
    } else if (j->asked_ms == 0 || now_ms > j->asked_ms + ASK_AGAIN_MS) {
        ask_everybody(node, now_ms);
    }
}

static bool head_is_late(const struct tl_node *node, uint64_t now_ms)
{
    for (uint32_t i = 0; i < node->voters.count; i++) {
        const struct source *source = &node->joining->source[i];

        if (is_source(node->joining, i) && source->asked && now_ms < source->asked_ms + ANSWER_MS)
            return false;
    }
    return true;
}

void tl_join_tick(struct tl_node *node, uint64_t now_ms)
{
    if (!tl_join_active(node) || node->failed != TL_OK)
        return;
    switch (node->joining->stage) {
    case RESTING:
    case SETTLING:
        break;
    case ASKING:
        tick_asking(node, now_ms);
        break;
    case HEAD:
        if (head_is_late(node, now_ms))
            ask_head(node, now_ms);
        break;
    case CHUNKS:
        ask_sources(node, now_ms);
        break;
    }
}
