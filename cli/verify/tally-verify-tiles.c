/* tally-verify-tiles -- a second opinion on a published directory: tiles or archive.
 *
 * Like tally-verify.c beside it this file shares nothing with the rest of the
 * project.  It was written from the C2SP tlog-tiles specification and RFC 6962 and
 * needs a C17 compiler and libsodium:
 *
 *     cc -O2 -o tally-verify-tiles tally-verify-tiles.c -lsodium
 *
 * It checks that every file is as SHA256SUMS says, that the leaves in tile/entries
 * make every tile of hashes, and that the tree they make has the size and root of
 * the checkpoint.  Who signed the checkpoint is tally-verify's to say.
 *
 * The first thing that does not hold ends the run with one sentence. */
#include <inttypes.h>
#include <sodium.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { EXIT_USAGE = 2, EXIT_DOES_NOT_HOLD = 4 };
enum { WIDTH = 256, LEVELS = 8, HASH = 32, PATH = 4096, DIGITS = 64 };

struct file {
    uint8_t *at;
    size_t len;
};

struct hash {
    uint8_t b[HASH];
};

/* One level of tiles: the hashes of the tile that is being filled. */
struct level {
    struct hash tile[WIDTH];
    unsigned width;
    uint64_t number;
};

static struct {
    const char *dir;
    char path[PATH]; /* of the file at hand */
    struct level level[LEVELS];
    uint64_t files, tiles, leaves;
} run;

static _Noreturn void refuse(const char *what)
{
    (void)fprintf(stderr, "tally-verify-tiles: '%s' does not hold: %s\n", run.path, what);
    exit(EXIT_DOES_NOT_HOLD);
}

static void hold(bool holds, const char *what)
{
    if (!holds)
        refuse(what);
}

/* ---- files ---- */

/* The whole file `name` below the directory; the caller frees it. */
static struct file read_file(const char *name, size_t name_len)
{
    struct file file = {NULL, 0};
    static const char letters[] =
        "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789._-/";
    size_t cap = 0;
    FILE *in;
    for (size_t i = 0; i < name_len; i++)
        hold(strchr(letters, name[i]) != NULL && name[i] != '\0', "a name has odd letters");
    int len = snprintf(run.path, sizeof run.path, "%s/%.*s", run.dir, (int)name_len, name);
    hold(len > 0 && (size_t)len < sizeof run.path, "its name is too long");
    in = fopen(run.path, "rb");
    hold(in != NULL, "it cannot be read");
    for (size_t got = 1; got != 0; file.len += got) {
        if (cap - file.len < 65536) {
            uint8_t *more = realloc(file.at, cap = 2 * cap + 131072);
            hold(more != NULL, "it is too long for this computer");
            file.at = more;
        }
        got = fread(file.at + file.len, 1, cap - file.len, in);
    }
    hold(ferror(in) == 0 && fclose(in) == 0, "it cannot be read");
    return file;
}

static void check_sums(void)
{
    struct file sums = read_file("SHA256SUMS", 10);
    size_t at = 0;
    while (at < sums.len) {
        const uint8_t *line = sums.at + at;
        const uint8_t *end = memchr(line, '\n', sums.len - at);
        char hex[DIGITS + 1];
        struct hash sum;
        struct file file;
        hold(end != NULL && end - line > DIGITS + 2 && memcmp(line + DIGITS, "  ", 2) == 0,
             "a line is malformed");
        file = read_file((const char *)line + DIGITS + 2, (size_t)(end - line) - DIGITS - 2);
        (void)crypto_hash_sha256(sum.b, file.at, file.len);
        (void)sodium_bin2hex(hex, sizeof hex, sum.b, sizeof sum.b);
        hold(memcmp(hex, line, DIGITS) == 0, "its hash is not that of SHA256SUMS");
        free(file.at);
        at += (size_t)(end - line) + 1;
        run.files++;
    }
    hold(run.files != 0, "it lists nothing");
    free(sums.at);
}

/* ---- the tree of RFC 6962 ---- */

static struct hash hashed(uint8_t kind, const void *a, size_t a_len, const void *b, size_t b_len)
{
    crypto_hash_sha256_state state;
    struct hash sum;
    (void)crypto_hash_sha256_init(&state);
    (void)crypto_hash_sha256_update(&state, &kind, 1);
    (void)crypto_hash_sha256_update(&state, a, a_len);
    if (b_len != 0)
        (void)crypto_hash_sha256_update(&state, b, b_len);
    (void)crypto_hash_sha256_final(&state, sum.b);
    return sum;
}

/* The root over 1 to 256 hashes, each of a tree of equal size: a full tile folds
 * evenly, the odd one out at the end is carried up as it is. */
static struct hash root_of(const struct hash *hash, unsigned count)
{
    struct hash row[WIDTH];
    memcpy(row, hash, count * sizeof *hash);
    for (; count > 1; count = (count + 1) / 2) {
        for (unsigned i = 0; i < count / 2; i++)
            row[i] = hashed(1, row[2 * i].b, HASH, row[2 * i + 1].b, HASH);
        if (count % 2 != 0)
            row[count / 2] = row[count - 1];
    }
    return row[0];
}

/* ---- tiles ---- */

/* tile/LEVEL/x001/x234/067, with .p/WIDTH behind one that is not full. */
static void tile_name(char name[128], const char *level, uint64_t number, unsigned width)
{
    char groups[40]; /* from its end to its beginning */
    char part[16];
    size_t at = sizeof groups;
    groups[--at] = '\0';
    for (bool last = true; last || number != 0; last = false) {
        if (!last)
            groups[--at] = '/';
        for (int i = 0; i < 3; i++, number /= 10)
            groups[--at] = (char)('0' + number % 10);
        if (!last)
            groups[--at] = 'x';
    }
    (void)snprintf(part, sizeof part, ".p/%u", width);
    (void)snprintf(name, 128, "tile/%s/%s%s", level, groups + at, width == WIDTH ? "" : part);
}

static void check_tile(unsigned at)
{
    const struct level *level = &run.level[at];
    char name[128], digits[8];
    struct file file;
    (void)snprintf(digits, sizeof digits, "%u", at);
    tile_name(name, digits, level->number, level->width);
    file = read_file(name, strlen(name));
    hold(file.len == (size_t)level->width * HASH && memcmp(file.at, level->tile, file.len) == 0,
         "it is not what the leaves make");
    free(file.at);
    run.tiles++;
}

static void push(struct hash hash)
{
    for (unsigned at = 0; at < LEVELS; at++) {
        struct level *level = &run.level[at];
        level->tile[level->width++] = hash;
        if (level->width < WIDTH)
            return;
        check_tile(at);
        hash = root_of(level->tile, WIDTH);
        level->width = 0;
        level->number++;
    }
}

static void read_bundle(uint64_t number, unsigned width)
{
    char name[128];
    struct file file;
    size_t at = 0;
    tile_name(name, "entries", number, width);
    file = read_file(name, strlen(name));
    for (unsigned i = 0; i < width; i++) {
        size_t len;
        hold(file.len - at >= 2, "it ends inside a leaf");
        len = (size_t)file.at[at] << 8 | file.at[at + 1];
        hold(file.len - at - 2 >= len, "it ends inside a leaf");
        push(hashed(0, file.at + at + 2, len, NULL, 0));
        at += 2 + len;
    }
    hold(at == file.len, "it has more leaves than belong there");
    free(file.at);
    run.tiles++;
    run.leaves += width;
}

/* The partial tiles, lowest first, are the right edge of the tree. */
static struct hash close_tree(void)
{
    struct hash root;
    bool any = false;
    (void)crypto_hash_sha256(root.b, NULL, 0);
    for (unsigned at = 0; at < LEVELS; at++) {
        struct level *level = &run.level[at];
        struct hash right = root;
        if (level->width == 0)
            continue;
        check_tile(at);
        if (!any) {
            root = root_of(level->tile, level->width);
        } else {
            /* What is right of these hashes is a smaller tree. */
            unsigned left = level->width;
            while (left != 0) {
                unsigned run_of = left & (~left + 1); /* the lowest full subtree */
                struct hash part = root_of(level->tile + left - run_of, run_of);
                right = hashed(1, part.b, HASH, right.b, HASH);
                left -= run_of;
            }
            root = right;
        }
        any = true;
    }
    return root;
}

/* ---- the checkpoint ---- */

static const uint8_t *next_line(const uint8_t *at, const uint8_t *end)
{
    const uint8_t *mark = memchr(at, '\n', (size_t)(end - at));
    hold(mark != NULL, "it is not origin, size and root");
    return mark + 1;
}

static uint64_t read_checkpoint(struct hash *root)
{
    struct file file = read_file("checkpoint", 10);
    const uint8_t *end = file.at + file.len;
    const uint8_t *size_at = next_line(file.at, end);
    const uint8_t *root_at = next_line(size_at, end);
    const uint8_t *after = next_line(root_at, end);
    uint64_t size = 0;
    size_t len = 0;
    for (const uint8_t *at = size_at; at < root_at - 1; at++) {
        hold(*at >= '0' && *at <= '9' && size <= UINT64_MAX / 10 - 1, "its size is no number");
        size = size * 10 + (uint64_t)(*at - '0');
    }
    hold(sodium_base642bin(root->b, HASH, (const char *)root_at, (size_t)(after - root_at) - 1,
                           NULL, &len, NULL, sodium_base64_VARIANT_ORIGINAL) == 0 &&
             len == HASH,
         "its root is no hash");
    free(file.at);
    return size;
}

static void check_log(void)
{
    struct hash signed_root, root;
    uint64_t size = read_checkpoint(&signed_root);
    for (uint64_t left = size; left != 0;) {
        unsigned width = left < WIDTH ? (unsigned)left : WIDTH;
        read_bundle((size - left) / WIDTH, width);
        left -= width;
    }
    root = close_tree();
    (void)snprintf(run.path, sizeof run.path, "%s", run.dir);
    hold(memcmp(root.b, signed_root.b, HASH) == 0, "its leaves are not those of the checkpoint");
}

int main(int argc, char **argv)
{
    if (argc != 2 || argv[1][0] == '-' || sodium_init() < 0) {
        (void)fputs(
            "usage: tally-verify-tiles DIR\n"
            "Checks tiles or an archive: SHA256SUMS, tiles, leaves, the checkpoint's root.\n"
            "exit codes: 0 valid; 2 wrong usage; 4 it does not hold\n",
            stderr);
        return EXIT_USAGE;
    }
    run.dir = argv[1];
    check_sums();
    check_log();
    (void)printf("tiles valid\nfiles %" PRIu64 "\ntiles %" PRIu64 "\nleaves %" PRIu64 "\n",
                 run.files, run.tiles, run.leaves);
    return fflush(stdout) == 0 ? 0 : EXIT_DOES_NOT_HOLD;
}
