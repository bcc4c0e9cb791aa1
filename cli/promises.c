#include "promises.h"

#include "mem.h"
#include "say.h"

#include <dirent.h>
#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define KEY_BYTES 8u
#define SUFFIX    ".promise"

/* ---- keeping one ---- */

static bool is_wished(const struct tl_inclusion_promise *promise, uint32_t member,
                      const struct tl_promise_wish *wish)
{
    struct tl_member m;

    if (!tl_genesis_member(&wish->genesis->genesis, member, &m) ||
        (wish->member != NULL && !tl_bytes_eq(m.id, tl_bytes_str(wish->member))))
        return false;
    return memcmp(promise->author.b, wish->author.b, sizeof wish->author.b) == 0 &&
           promise->sequence == wish->sequence && tl_hash_eq(&promise->envelope, &wish->envelope);
}

static bool file_name(char *out, size_t cap, const struct tl_promise_wish *wish)
{
    char hex[2u * KEY_BYTES + 1u];
    int len;

    tl_hex(hex, tl_bytes(wish->author.b, KEY_BYTES));
    len = snprintf(out, cap, "%s-%" PRIu64 SUFFIX, hex, wish->sequence);
    return len > 0 && (size_t)len < cap;
}

enum tl_status tl_promise_keep(const char *dir, const struct tl_promise_wish *wish,
                               struct tl_bytes promise, struct tl_why *why)
{
    struct tl_inclusion_promise read;
    char name[80];
    char path[TL_PATH_MAX];
    const char *reason = "";
    uint32_t member;
    enum tl_status status = tl_promise_verify(&read, &member, promise, &wish->genesis->genesis,
                                              &wish->genesis->chain_id, &reason);

    if (status != TL_OK)
        return tl_why_set(why, status, "the node's promise: %s", reason);
    if (!is_wished(&read, member, wish))
        return tl_why_set(why, TL_ERR_PROOF, "the node promised something else than was asked");
    if (!tl_promise_fair(&read, tl_unix_ms()))
        return tl_why_set(why, TL_ERR_RANGE,
                          "the node's promise is worth nothing: made at another time, or due "
                          "more than an hour from now");
    if (!file_name(name, sizeof name, wish) || !tl_path_join(path, sizeof path, dir, name))
        return tl_why_set(why, TL_ERR_LIMIT, "the path is too long");
    status = tl_dir_make(dir, TL_FILE_PUBLIC, why);
    return status == TL_OK ? tl_file_write(path, promise, TL_FILE_PUBLIC, why) : status;
}

/* ---- reading all ---- */

static enum tl_status load_one(struct tl_promise_file *file, const char *dir, const char *name,
                               const struct tl_genesis_file *genesis, struct tl_why *why)
{
    char path[TL_PATH_MAX];
    struct tl_file_bytes bytes;
    const char *reason = "";
    enum tl_status status = TL_ERR_LIMIT;

    if (tl_path_join(path, sizeof path, dir, name) && strlen(name) < sizeof file->name)
        status = tl_file_read(path, sizeof file->bytes, &bytes, why);
    if (status != TL_OK)
        return status;
    (void)snprintf(file->name, sizeof file->name, "%s", name);
    memcpy(file->bytes, bytes.text, bytes.len);
    file->len = bytes.len;
    tl_file_bytes_free(&bytes);
    status = tl_promise_verify(&file->promise, &file->member, tl_bytes(file->bytes, file->len),
                               &genesis->genesis, &genesis->chain_id, &reason);
    return status == TL_OK ? TL_OK : tl_why_set(why, status, "'%s': %s", name, reason);
}

static int by_name(const void *a, const void *b)
{
    const struct tl_promise_file *x = a;
    const struct tl_promise_file *y = b;

    return strcmp(x->name, y->name);
}

static bool is_promise(const char *name)
{
    size_t len = strlen(name);

    return len > strlen(SUFFIX) && strcmp(name + len - strlen(SUFFIX), SUFFIX) == 0;
}

enum tl_status tl_promise_dir_load(struct tl_promise_dir *all, const char *dir,
                                   const struct tl_genesis_file *genesis, struct tl_why *why)
{
    DIR *open = opendir(dir);
    enum tl_status status = TL_OK;

    *all = (struct tl_promise_dir){0};
    if (open == NULL)
        return tl_why_set(why, TL_ERR_IO, "cannot read directory '%s': %s", dir, strerror(errno));
    for (struct dirent *e = readdir(open); e != NULL && status == TL_OK; e = readdir(open)) {
        if (!is_promise(e->d_name))
            continue;
        all->file = tl_mem_grow(all->file, &all->cap, all->count + 1, sizeof *all->file);
        status = load_one(&all->file[all->count], dir, e->d_name, genesis, why);
        all->count++;
    }
    (void)closedir(open);
    if (status != TL_OK)
        tl_promise_dir_free(all);
    else if (all->count != 0)
        qsort(all->file, all->count, sizeof *all->file, by_name);
    return status;
}

void tl_promise_dir_free(struct tl_promise_dir *all)
{
    tl_mem_free(all->file);
    *all = (struct tl_promise_dir){0};
}
