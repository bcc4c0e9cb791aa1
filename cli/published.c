/* Reading back what publish.c wrote, and believing nothing of it. */
#include "publish.h"

#include "mem.h"

#include "tl/check.h"
#include "tl/hash.h"
#include "tl/log.h"
#include "tl/tiles.h"
#include "tl/tlog_policy.h"

#include <stdio.h>
#include <string.h>

#define SUMS_MAX ((size_t)256 << 20)
#define SUM_TEXT (2u * TL_HASH_BYTES)
#define LEVELS   8u /* of tiles below 2^64 leaves */

struct reading {
    const char *dir;
    const struct tl_genesis_file *genesis;
    struct tl_checkpoint checkpoint;
    uint64_t tiles;
    uint64_t files;
};

static enum tl_status path_of(const struct reading *r, const char *name, char out[TL_PATH_MAX],
                              struct tl_why *why)
{
    if (tl_path_join(out, TL_PATH_MAX, r->dir, name))
        return TL_OK;
    return tl_why_set(why, TL_ERR_LIMIT, "the path is too long");
}

bool tl_published_is(const char *dir)
{
    char path[TL_PATH_MAX];

    return tl_path_join(path, sizeof path, dir, TL_PUBLISHED_SUMS) && tl_file_exists(path);
}

/* ---- sums ---- */

static enum tl_status hash_file(const char *path, struct tl_hash *sum, struct tl_why *why)
{
    FILE *file = fopen(path, "rb");
    struct tl_hasher hasher;
    uint8_t piece[65536];
    size_t len;

    if (file == NULL)
        return tl_why_set(why, TL_ERR_PROOF, "'%s' is missing", path);
    tl_hasher_init(&hasher);
    while ((len = fread(piece, 1, sizeof piece, file)) > 0)
        tl_hasher_put(&hasher, tl_bytes(piece, len));
    tl_hasher_done(&hasher, sum);
    if (ferror(file) != 0) {
        (void)fclose(file);
        return tl_why_set(why, TL_ERR_IO, "cannot read '%s'", path);
    }
    (void)fclose(file);
    return TL_OK;
}

/* A name is of plain letters and leads nowhere but below the directory. */
static bool name_ok(const char *name)
{
    static const char letters[] =
        "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789._-/";

    return name[0] != '\0' && name[0] != '/' && strstr(name, "..") == NULL &&
           name[strspn(name, letters)] == '\0';
}

static enum tl_status check_line(struct reading *r, char *line, struct tl_why *why)
{
    const char *name = strlen(line) > SUM_TEXT + 2 ? line + SUM_TEXT + 2 : "";
    char hex[SUM_TEXT + 1];
    char path[TL_PATH_MAX];
    struct tl_hash sum;
    enum tl_status status;

    if (!name_ok(name) || memcmp(line + SUM_TEXT, "  ", 2) != 0)
        return tl_why_set(why, TL_ERR_ENCODING, "%s is malformed", TL_PUBLISHED_SUMS);
    status = path_of(r, name, path, why);
    if (status == TL_OK)
        status = hash_file(path, &sum, why);
    if (status != TL_OK)
        return status;
    tl_hex(hex, tl_bytes(sum.b, sizeof sum.b));
    if (memcmp(hex, line, SUM_TEXT) != 0)
        return tl_why_set(why, TL_ERR_PROOF, "'%s' is damaged: its hash is not that of %s", name,
                          TL_PUBLISHED_SUMS);
    r->files++;
    return TL_OK;
}

static enum tl_status check_sums(struct reading *r, struct tl_why *why)
{
    char path[TL_PATH_MAX];
    struct tl_file_bytes text;
    enum tl_status status = path_of(r, TL_PUBLISHED_SUMS, path, why);
    char *at;

    if (status == TL_OK)
        status = tl_file_read(path, SUMS_MAX, &text, why);
    if (status != TL_OK)
        return status;
    at = text.text;
    if (strlen(text.text) != text.len || text.len == 0 || text.text[text.len - 1] != '\n')
        status = tl_why_set(why, TL_ERR_ENCODING, "%s is malformed", TL_PUBLISHED_SUMS);
    while (status == TL_OK && *at != '\0') {
        size_t len = strcspn(at, "\n");

        at[len] = '\0';
        status = check_line(r, at, why);
        at += len + 1;
    }
    tl_file_bytes_free(&text);
    return status;
}

/* ---- checkpoint ---- */

static enum tl_status read_named(const struct reading *r, const char *name, size_t max,
                                 struct tl_file_bytes *out, struct tl_why *why)
{
    char path[TL_PATH_MAX];
    enum tl_status status = path_of(r, name, path, why);

    return status == TL_OK ? tl_file_read(path, max, out, why) : status;
}

/* The policy follows from the genesis, byte for byte. */
static enum tl_status check_policy(const struct reading *r, struct tl_tlog_policy *policy,
                                   struct tl_buf *text, struct tl_why *why)
{
    struct tl_file_bytes kept;
    const char *reason = "";
    uint32_t line;
    enum tl_status status = read_named(r, "policy", TL_TLOG_POLICY_MAX, &kept, why);

    if (status != TL_OK)
        return status;
    tl_tlog_policy_write(text, &r->genesis->genesis);
    if (!tl_bytes_eq(tl_buf_bytes(text), tl_bytes(kept.text, kept.len)))
        status = tl_why_set(why, TL_ERR_PROOF, "the policy is not that of the genesis");
    else if (tl_tlog_policy_parse(policy, tl_buf_bytes(text), &line, &reason) != TL_OK)
        status = tl_why_set(why, TL_ERR_ENCODING, "the policy: %s", reason);
    tl_file_bytes_free(&kept);
    return status;
}

static enum tl_status check_note(struct reading *r, const struct tl_tlog_policy *policy,
                                 struct tl_why *why)
{
    struct tl_tlog_verdict verdict;
    struct tl_file_bytes note;
    enum tl_status status = read_named(r, "checkpoint", TL_NOTE_BYTES_MAX, &note, why);

    if (status != TL_OK)
        return status;
    status = tl_tlog_policy_check(policy, tl_bytes(note.text, note.len), &verdict);
    if (status == TL_OK && verdict.unknown != 0)
        status = TL_ERR_SIGNATURE;
    if (status != TL_OK)
        (void)tl_why_set(why, status, "the checkpoint: %s", tl_status_text(status));
    r->checkpoint = verdict.checkpoint;
    r->checkpoint.origin = r->genesis->genesis.name;
    tl_file_bytes_free(&note);
    return status;
}

static enum tl_status check_checkpoint(struct reading *r, struct tl_why *why)
{
    struct tl_tlog_policy *policy = tl_mem_new(1, sizeof *policy);
    struct tl_buf text = tl_buf(tl_mem_new(TL_TLOG_POLICY_MAX, 1), TL_TLOG_POLICY_MAX);
    enum tl_status status = check_policy(r, policy, &text, why);

    if (status == TL_OK)
        status = check_note(r, policy, why);
    tl_mem_free(text.ptr);
    tl_mem_free(policy);
    return status;
}

/* ---- tiles ---- */

/* What the leaves make of each level: the roots of its full runs of 256, in order. */
struct level {
    struct tl_frontier run; /* hashes of the current run */
    struct tl_hash tile[TL_TILE_WIDTH];
    uint32_t width;
    uint64_t number;
};

struct tower {
    struct reading *r;
    struct level level[LEVELS];
    struct tl_frontier log;
};

static enum tl_status check_tile(struct tower *tower, uint32_t at, struct tl_why *why)
{
    struct level *level = &tower->level[at];
    const struct tl_tile tile = {at, level->number, level->width};
    char name[TL_TILE_PATH_MAX];
    struct tl_file_bytes bytes;
    enum tl_status status;

    tl_tile_path(name, &tile);
    status = read_named(tower->r, name, TL_TILE_BYTES_MAX, &bytes, why);
    if (status != TL_OK)
        return status;
    if (bytes.len != level->width * TL_HASH_BYTES ||
        memcmp(bytes.text, level->tile, bytes.len) != 0)
        status = tl_why_set(why, TL_ERR_PROOF, "'%s' is not what the leaves make", name);
    tower->r->tiles++;
    tl_file_bytes_free(&bytes);
    return status;
}

/* A hash of one level; a run that is full with it is one hash of the next. */
static enum tl_status push(struct tower *tower, uint32_t at, struct tl_hash hash,
                           struct tl_why *why)
{
    enum tl_status status = TL_OK;

    for (; at < LEVELS && status == TL_OK; at++) {
        struct level *level = &tower->level[at];

        level->tile[level->width++] = hash;
        tl_frontier_add(&level->run, &hash);
        if (level->width < TL_TILE_WIDTH)
            return TL_OK;
        status = check_tile(tower, at, why);
        tl_frontier_root(&level->run, &hash);
        tl_frontier_init(&level->run);
        level->width = 0;
        level->number++;
    }
    return status;
}

static enum tl_status read_bundle(struct tower *tower, const struct tl_tile *tile,
                                  struct tl_why *why)
{
    char name[TL_TILE_PATH_MAX];
    struct tl_file_bytes bytes;
    struct tl_bytes left;
    struct tl_bytes leaf;
    uint32_t count = 0;
    enum tl_status status;

    tl_tile_path(name, tile);
    status = read_named(tower->r, name, TL_BUNDLE_BYTES_MAX, &bytes, why);
    if (status != TL_OK)
        return status;
    left = tl_bytes(bytes.text, bytes.len);
    while (status == TL_OK && tl_bundle_next(&left, &leaf)) {
        struct tl_hash hash;

        tl_merkle_leaf(&hash, leaf);
        tl_frontier_add(&tower->log, &hash);
        status = push(tower, 0, hash, why);
        count++;
    }
    if (status == TL_OK && (left.len != 0 || count != tile->width))
        status = tl_why_set(why, TL_ERR_PROOF, "'%s' has other leaves than %u", name,
                            (unsigned)tile->width);
    tower->r->tiles++;
    tl_file_bytes_free(&bytes);
    return status;
}

/* Bundles come first in the walk; what they leave partial is compared at the end. */
static enum tl_status check_tiles(struct reading *r, struct tl_why *why)
{
    struct tower *tower = tl_mem_new(1, sizeof *tower);
    struct tl_tile_walk walk = {.size = r->checkpoint.size};
    struct tl_tile tile;
    struct tl_hash root;
    enum tl_status status = TL_OK;

    tower->r = r;
    tl_frontier_init(&tower->log);
    for (uint32_t i = 0; i < LEVELS; i++)
        tl_frontier_init(&tower->level[i].run);
    while (status == TL_OK && tl_tile_next(&walk, &tile) && tile.level == TL_TILE_ENTRIES)
        status = read_bundle(tower, &tile, why);
    for (uint32_t i = 0; i < LEVELS && status == TL_OK; i++)
        if (tower->level[i].width != 0)
            status = check_tile(tower, i, why);
    tl_frontier_root(&tower->log, &root);
    if (status == TL_OK && !tl_hash_eq(&root, &r->checkpoint.root))
        status = tl_why_set(why, TL_ERR_PROOF, "the leaves are not those of the checkpoint");
    tl_mem_free(tower);
    return status;
}

enum tl_status tl_published_audit(const char *dir, const struct tl_genesis_file *genesis,
                                  struct tl_checkpoint *checkpoint, struct tl_published *found,
                                  struct tl_why *why)
{
    struct reading r = {.dir = dir, .genesis = genesis};
    enum tl_status status = check_sums(&r, why);

    if (status == TL_OK)
        status = check_checkpoint(&r, why);
    if (status == TL_OK)
        status = check_tiles(&r, why);
    *checkpoint = status == TL_OK ? r.checkpoint : (struct tl_checkpoint){0};
    *found = (struct tl_published){r.checkpoint.size, r.tiles, r.files};
    return status;
}
