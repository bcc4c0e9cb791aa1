/* Snapshots for others.  Every SNAPSHOT_EVERY blocks the store as it is then is held
 * on to (a view: nothing is copied, nothing waits), so that all members can give the
 * same one.  When somebody asks, a thread beside the loop sorts its state into
 * chunks; from then on answering is reading a file.
 *
 * A snapshot that is being fetched stays until nobody has asked for a minute. */
#include "node.h"

#include "tl/check.h"
#include "tl/clock.h"
#include "tl/logline.h"
#include "tl/store_rocksdb.h"

#include <stdlib.h>
#include <string.h>

#define SNAPSHOT_EVERY 128u
#define IN_USE_MS      60000u
/* What one answer carries, unless its first chunk alone is longer. */
#define ANSWER_BYTES (1u << 20)

/* The ledger after a block, as a view and what goes into the head beside the block. */
struct moment {
    uint64_t height; /* 0: none */
    uint64_t epoch;
    struct tl_hash block;
    struct tl_store *view;
    size_t tree_len;
    size_t edge_len;
    uint8_t tree[TL_SNAPSHOT_CHUNKS_MAX * TL_HASH_BYTES];
    uint8_t edge[TL_LOG_EDGE_MAX];
};

struct tl_serving {
    struct moment *latest; /* held for whoever may ask */
    struct moment *given;  /* what `file` was built from; its view is closed */
    struct tl_snapshot_file *file;
    bool building;
    uint32_t waiting;  /* members that are told when it is built, one bit each */
    uint64_t looked;   /* height at which we last took hold by ourselves */
    uint64_t asked_ms; /* monotonic, of the last question about it */
};

struct build {
    struct tl_task task;
    struct moment *moment; /* owned while the task is under way */
    struct tl_snapshot_file *file;
    uint32_t chunk_bits;
    char beside[TL_PATH_MAX];
};

static void moment_free(struct moment *moment)
{
    if (moment == NULL)
        return;
    tl_store_rocksdb_view_close(moment->view);
    free(moment);
}

static struct tl_serving *serving_of(struct tl_node *node)
{
    if (node->serving == NULL)
        node->serving = calloc(1, sizeof *node->serving);
    return node->serving;
}

/* ---- taking hold ---- */

static enum tl_status note_roots(struct tl_node *node, struct moment *moment)
{
    uint32_t bits = tl_snapshot_bits(node->genesis.state_bits);
    struct tl_buf edge = tl_buf(moment->edge, sizeof moment->edge);
    enum tl_status st =
        tl_log_edge_read(tl_chain_state(node->chain), tl_chain_tip(node->chain)->log_size, &edge);

    tl_statemap_level(tl_chain_map(node->chain), bits, (struct tl_hash *)(void *)moment->tree);
    moment->tree_len = ((size_t)1 << bits) * TL_HASH_BYTES;
    moment->edge_len = edge.len;
    return st;
}

/* The store has everything the tip has once what gathered is committed; durable or
 * not makes no difference to who is given it, since the block is final. */
static struct moment *moment_now(struct tl_node *node)
{
    const struct tl_tip *tip = tl_chain_tip(node->chain);
    struct moment *moment = calloc(1, sizeof *moment);
    enum tl_status st = TL_OK;

    if (moment == NULL)
        return NULL;
    moment->height = tip->height;
    moment->block = tip->hash;
    moment->epoch = node->voters.epoch;
    st = note_roots(node, moment);
    if (st == TL_OK && tl_store_commit(node->store, false) != TL_OK) {
        tl_node_fail(node, TL_ERR_STORE, "writing before a snapshot");
        st = TL_ERR_STORE;
    }
    if (st == TL_OK)
        st = tl_store_rocksdb_view(&moment->view, node->store);
    if (st == TL_OK)
        return moment;
    moment_free(moment);
    tl_log(TL_LOG_ODD, "no-snapshot-taken", tl_log_uint("height", tip->height),
           tl_log_str("reason", tl_status_text(st)));
    return NULL;
}

/* A block's own certificate; one that ends its epoch may have a REPROPOSE's. */
static bool has_certificate(struct tl_node *node, uint64_t height)
{
    struct tl_bytes cert;
    uint64_t at;

    if (tl_chain_tip_view(node->chain) == 0)
        return false;
    return tl_chain_cert(node->chain, height, &at, &cert) == TL_OK && at == height;
}

void tl_serve_final(struct tl_node *node)
{
    struct tl_serving *s = serving_of(node);
    uint64_t height = tl_chain_tip(node->chain)->height;
    struct moment *moment;

    if (s == NULL || tl_join_active(node) ||
        height / SNAPSHOT_EVERY == s->looked / SNAPSHOT_EVERY || !has_certificate(node, height))
        return;
    s->looked = height;
    moment = moment_now(node);
    if (moment == NULL)
        return;
    moment_free(s->latest);
    s->latest = moment;
}

/* ---- building ---- */

static enum tl_status build_run(struct tl_job *job)
{
    struct build *b = (struct build *)job;

    return tl_snapshot_file_make(&b->file, b->moment->view, b->chunk_bits, b->beside);
}

static void build_drop(struct tl_task *task)
{
    struct build *b = (struct build *)task;

    tl_snapshot_file_free(b->file);
    moment_free(b->moment);
    free(b);
}

static void offer(struct tl_node *node, uint32_t to)
{
    struct tl_serving *s = node->serving;
    struct tl_offer record = {s->given->height, s->given->block};
    uint8_t bytes[64];
    struct tl_buf buf = tl_buf(bytes, sizeof bytes);

    s->asked_ms = tl_clock_mono_ms();
    tl_record_write(&tl_offer_record, &record, &buf);
    tl_net_send(node->net, to, TL_MSG_SNAPSHOT, tl_buf_bytes(&buf));
}

static void offer_to_waiting(struct tl_node *node)
{
    for (uint32_t i = 0; i < node->voters.count; i++) {
        if ((node->serving->waiting >> i & 1u) != 0)
            offer(node, i);
    }
    node->serving->waiting = 0;
}

static void build_done(struct tl_node *node, struct tl_task *task, enum tl_status status)
{
    struct build *b = (struct build *)task;
    struct tl_serving *s = node->serving;

    s->building = false;
    if (status == TL_OK) {
        tl_store_rocksdb_view_close(b->moment->view);
        b->moment->view = NULL;
        tl_snapshot_file_free(s->file);
        moment_free(s->given);
        s->given = b->moment;
        s->file = b->file;
        s->asked_ms = tl_clock_mono_ms();
        tl_log(TL_LOG_INFO, "snapshot-ready", tl_log_uint("height", s->given->height),
               tl_log_uint("bytes", s->file->from[1u << s->file->chunk_bits]));
        b->moment = NULL;
        b->file = NULL;
        offer_to_waiting(node);
    } else {
        tl_log(TL_LOG_ODD, "snapshot-not-built", tl_log_uint("height", b->moment->height),
               tl_log_str("reason", tl_status_text(status)));
    }
    build_drop(task);
}

static void build(struct tl_node *node, struct tl_serving *s)
{
    struct build *b = calloc(1, sizeof *b);

    if (b == NULL)
        return;
    b->task = (struct tl_task){{.run = build_run}, build_done, build_drop};
    b->chunk_bits = tl_snapshot_bits(node->genesis.state_bits);
    memcpy(b->beside, node->config.data.text, sizeof b->beside);
    b->moment = s->latest;
    s->latest = NULL;
    s->building = tl_workers_give(node->tasks, &b->task.job);
    if (!s->building)
        build_drop(&b->task);
}

/* ---- answering ---- */

static bool is_fresh(struct tl_node *node, const struct tl_serving *s)
{
    uint64_t newest = s->latest == NULL ? tl_chain_tip(node->chain)->height : s->latest->height;

    return s->file != NULL && (newest < s->given->height + SNAPSHOT_EVERY ||
                               tl_clock_mono_ms() < s->asked_ms + IN_USE_MS);
}

void tl_serve_asked(struct tl_node *node, uint32_t to)
{
    struct tl_serving *s = serving_of(node);

    if (s == NULL || tl_join_active(node))
        return;
    s->waiting |= 1u << to;
    if (s->building)
        return;
    if (!is_fresh(node, s)) {
        /* A node that was just started has none yet. */
        if (s->latest == NULL && has_certificate(node, tl_chain_tip(node->chain)->height))
            s->latest = moment_now(node);
        if (s->latest != NULL)
            build(node, s);
        return;
    }
    offer_to_waiting(node);
}

static bool is_given(struct tl_node *node, uint64_t height)
{
    if (node->serving == NULL || node->serving->file == NULL ||
        node->serving->given->height != height)
        return false;
    node->serving->asked_ms = tl_clock_mono_ms();
    return true;
}

/* The ends of all epochs before this one. */
static bool add_links(struct tl_node *node, struct tl_list *links, struct tl_buf *list)
{
    uint8_t *room = node->scratch2 + node->scratch_bytes / 2;
    bool all = true;

    for (uint64_t number = 0; number < node->serving->given->epoch && all; number++) {
        struct tl_buf one = tl_buf(room, node->scratch_bytes / 2);
        struct tl_epoch_link link;

        all = tl_chain_epoch_link(node->chain, number, &one) == TL_OK &&
              tl_record_decode(&tl_epoch_link_record, &link, tl_buf_bytes(&one)) == TL_OK;
        if (all)
            tl_list_add(links, list, &tl_epoch_link_record, &link);
    }
    return all && !list->full;
}

void tl_serve_head(struct tl_node *node, uint32_t to, struct tl_bytes body)
{
    size_t half = node->scratch_bytes / 2;
    struct tl_buf list = tl_buf(node->scratch, half);
    struct tl_buf out = tl_buf(node->scratch + half, half);
    uint8_t cert_bytes[TL_CERT_BYTES_MAX];
    struct tl_buf cert = tl_buf(cert_bytes, sizeof cert_bytes);
    struct tl_ask_blocks ask;
    struct tl_snapshot_head head = {0};
    struct tl_bytes block;
    uint64_t at;

    if (tl_record_decode(&tl_ask_blocks_record, &ask, body) != TL_OK) {
        tl_net_fault(node->net, to, 25, "malformed question for a snapshot");
        return;
    }
    if (!is_given(node, ask.height) || tl_chain_block(node->chain, ask.height, &block) != TL_OK)
        return;
    /* The block's bytes live until the next read. */
    memcpy(node->scratch2, block.ptr, block.len);
    head.block = tl_bytes(node->scratch2, block.len);
    head.tree = tl_bytes(node->serving->given->tree, node->serving->given->tree_len);
    head.edge = tl_bytes(node->serving->given->edge, node->serving->given->edge_len);
    if (tl_chain_cert(node->chain, ask.height, &at, &head.cert) != TL_OK || at != ask.height)
        return;
    tl_buf_put(&cert, head.cert.ptr, head.cert.len);
    head.cert = tl_buf_bytes(&cert);
    if (!add_links(node, &head.links, &list))
        return;
    tl_record_write(&tl_snapshot_head_record, &head, &out);
    if (!out.full)
        tl_net_send(node->net, to, TL_MSG_HEAD, tl_buf_bytes(&out));
}

static void add_chunks(struct tl_node *node, const struct tl_ask_chunks *ask,
                       struct tl_chunks *answer, struct tl_buf *list)
{
    const struct tl_snapshot_file *file = node->serving->file;
    struct tl_buf pairs = tl_buf(node->scratch2, node->scratch_bytes);

    for (uint32_t i = ask->first; i < ask->first + ask->count; i++) {
        struct tl_chunk chunk = {0};

        if (answer->chunks.count != 0 &&
            list->len + (file->from[i + 1] - file->from[i]) > ANSWER_BYTES)
            return;
        pairs.len = 0;
        if (tl_snapshot_file_read(file, i, &chunk.pairs, &pairs) != TL_OK)
            return;
        tl_list_add(&answer->chunks, list, &tl_chunk_record, &chunk);
        node->count.chunks_given++;
    }
}

void tl_serve_chunks(struct tl_node *node, uint32_t to, struct tl_bytes body)
{
    size_t half = node->scratch_bytes / 2;
    struct tl_buf list = tl_buf(node->scratch, half);
    struct tl_buf out = tl_buf(node->scratch + half, half);
    struct tl_ask_chunks ask;
    struct tl_chunks answer = {0};
    uint32_t chunks = 1u << tl_snapshot_bits(node->genesis.state_bits);

    if (tl_record_decode(&tl_ask_chunks_record, &ask, body) != TL_OK || ask.first >= chunks ||
        ask.count == 0 || ask.count > chunks - ask.first) {
        tl_net_fault(node->net, to, 25, "malformed question for chunks");
        return;
    }
    answer.height = ask.height;
    answer.first = ask.first;
    if (is_given(node, ask.height))
        add_chunks(node, &ask, &answer, &list);
    tl_record_write(&tl_chunks_record, &answer, &out);
    if (!out.full && !list.full)
        tl_net_send(node->net, to, TL_MSG_CHUNKS, tl_buf_bytes(&out));
}

void tl_serve_free(struct tl_node *node)
{
    if (node->serving == NULL)
        return;
    moment_free(node->serving->latest);
    moment_free(node->serving->given);
    tl_snapshot_file_free(node->serving->file);
    free(node->serving);
    node->serving = NULL;
}
