/* Writes a small log as an outsider gets it: tiles, policy, checkpoints, proofs.
 *
 * Usage: foreign_data DIR      DIR exists and is empty */
#include "tl/store_mem.h"
#include "tl/tiles.h"
#include "tl/tlog_policy.h"

#include "consortium.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#define LEAVES  66000u /* three levels of tiles, each ending in a partial one */
#define MEMBERS 4u
#define MEMORY  ((size_t)64 << 20)

static const char *dir;

static void must(bool good, const char *what)
{
    if (good)
        return;
    (void)fprintf(stderr, "foreign_data: %s\n", what);
    exit(1);
}

static void write_file(const char *name, struct tl_bytes bytes)
{
    char path[4096];
    FILE *file;

    (void)snprintf(path, sizeof path, "%s/%s", dir, name);
    for (char *at = path + strlen(dir) + 1; (at = strchr(at, '/')) != NULL; at++) {
        *at = '\0';
        (void)mkdir(path, 0755);
        *at = '/';
    }
    file = fopen(path, "wb");
    must(file != NULL && fwrite(bytes.ptr, 1, bytes.len, file) == bytes.len, path);
    must(fclose(file) == 0, path);
}

static _Alignas(16) uint8_t arena_memory[MEMORY];
static _Alignas(16) uint8_t store_memory[MEMORY];

static struct tl_overlay *build_log(struct tl_arena *arena, struct tl_frontier *frontier)
{
    struct tl_overlay *state = tl_overlay_new(arena, NULL, tl_store_mem_init(store_memory, MEMORY));
    struct tl_log_writer writer;

    tl_frontier_init(frontier);
    tl_log_writer_init(&writer, state, arena, frontier);
    for (uint32_t i = 0; i < LEAVES; i++) {
        char entry[32];
        struct tl_hash hash;
        struct tl_bytes leaf =
            tl_bytes(entry, (size_t)snprintf(entry, sizeof entry, "leaf %u", i * 31u));

        tl_merkle_leaf(&hash, leaf);
        must(tl_log_writer_add(&writer, leaf, &hash) == TL_OK, "the log");
    }
    must(tl_log_writer_done(&writer) == TL_OK, "the log");
    return state;
}

static void write_tiles(struct tl_overlay *state)
{
    struct tl_tile_walk walk = {.size = LEAVES};
    struct tl_tile tile;

    while (tl_tile_next(&walk, &tile)) {
        static uint8_t bytes[TL_TILE_BYTES_MAX];
        char path[TL_TILE_PATH_MAX];
        struct tl_buf buf = tl_buf(bytes, sizeof bytes);

        must(tl_tile_read(state, &tile, &buf) == TL_OK, "a tile");
        tl_tile_path(path, &tile);
        write_file(path, tl_buf_bytes(&buf));
    }
}

/* Each member signs with its log key and cosigns. */
static struct tl_bytes sign(const struct consortium *c, const struct tl_frontier *frontier)
{
    static uint8_t bytes[TL_NOTE_BYTES_MAX];
    uint8_t text_bytes[TL_CHECKPOINT_TEXT_MAX];
    struct tl_buf note = tl_buf(bytes, sizeof bytes);
    struct tl_buf text = tl_buf(text_bytes, sizeof text_bytes);
    struct tl_checkpoint checkpoint = {c->genesis.name, frontier->size, {{0}}};

    tl_frontier_root(frontier, &checkpoint.root);
    tl_checkpoint_write(&text, &checkpoint);
    tl_note_open(&note, tl_buf_bytes(&text));
    for (uint32_t i = 0; i < MEMBERS; i++) {
        char name[TL_NOTE_NAME_MAX];
        struct tl_member m;
        struct tl_note_key key;

        must(tl_genesis_member(&c->genesis, i, &m), "a member");
        (void)snprintf(name, sizeof name, "%.*s/%.*s", (int)c->genesis.name.len,
                       (const char *)c->genesis.name.ptr, (int)m.id.len, (const char *)m.id.ptr);
        must(tl_note_key_set(&key, c->genesis.name, TL_NOTE_ED25519, &m.log_key) == TL_OK, "a key");
        tl_note_sign(&note, tl_buf_bytes(&text), &key, &c->log[i]);
        must(tl_note_key_set(&key, tl_bytes_str(name), TL_NOTE_COSIGNATURE, &m.cosign_key) == TL_OK,
             "a key");
        tl_note_cosign(&note, tl_buf_bytes(&text), &key, 1800000000, &c->cosign[i]);
    }
    must(!note.full, "the checkpoint");
    return tl_buf_bytes(&note);
}

static void write_proof(struct tl_overlay *state, uint64_t index, struct tl_bytes note)
{
    static uint8_t bytes[TL_TLOG_PROOF_MAX];
    struct tl_buf buf = tl_buf(bytes, sizeof bytes);
    struct tl_tlog_proof proof = {.index = index, .checkpoint = note};
    struct tl_node_source nodes = tl_log_nodes(state);
    char name[32];

    must(tl_inclusion_prove(&nodes, index, LEAVES, &proof.proof) == TL_OK, "a proof");
    tl_tlog_proof_write(&buf, &proof);
    (void)snprintf(name, sizeof name, "proof/%u", (unsigned)index);
    write_file(name, tl_buf_bytes(&buf));
}

int main(int argc, char **argv)
{
    static struct consortium c;
    static uint8_t policy_bytes[TL_TLOG_POLICY_MAX];
    struct tl_buf policy = tl_buf(policy_bytes, sizeof policy_bytes);
    struct tl_frontier frontier;
    struct tl_arena arena;
    struct tl_overlay *state;
    struct tl_bytes note;

    must(argc == 2, "usage: foreign_data DIR");
    dir = argv[1];
    consortium_init(&c, MEMBERS);
    tl_arena_init(&arena, arena_memory, MEMORY);
    state = build_log(&arena, &frontier);
    write_tiles(state);
    tl_tlog_policy_write(&policy, &c.genesis);
    write_file("policy", tl_buf_bytes(&policy));
    note = sign(&c, &frontier);
    write_file("checkpoint", note);
    for (uint64_t index = 0; index < LEAVES; index = index * 3 + 1)
        write_proof(state, index, note);
    write_proof(state, LEAVES - 1, note);
    return 0;
}
