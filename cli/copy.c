/* A file at a time, synced; the directory last. */
#include "copy.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define PIECE_BYTES ((size_t)1 << 20)

static bool write_all(int fd, const uint8_t *bytes, size_t len)
{
    while (len > 0) {
        const ssize_t wrote = write(fd, bytes, len);

        if (wrote < 0 && errno == EINTR)
            continue;
        if (wrote <= 0)
            return false;
        bytes += wrote;
        len -= (size_t)wrote;
    }
    return true;
}

static bool copy_bytes(int in, int out)
{
    uint8_t *piece = malloc(PIECE_BYTES);
    ssize_t got = piece == NULL ? -1 : 1;

    while (got > 0) {
        got = read(in, piece, PIECE_BYTES);
        if (got < 0 && errno == EINTR)
            got = 1;
        else if (got > 0 && !write_all(out, piece, (size_t)got))
            got = -1;
    }
    free(piece);
    return got == 0 && fsync(out) == 0;
}

enum tl_status tl_copy_file(const char *from, const char *to, struct tl_why *why)
{
    struct stat info;
    enum tl_status status = TL_OK;
    int in = open(from, O_RDONLY | O_CLOEXEC);
    int out;

    if (in < 0)
        return tl_why_errno(why, errno == ENOENT ? TL_ERR_NOT_FOUND : TL_ERR_IO,
                            "cannot read \"%s\"", from);
    if (fstat(in, &info) != 0) {
        (void)close(in);
        return tl_why_errno(why, TL_ERR_IO, "cannot examine \"%s\"", from);
    }
    out = open(to, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, info.st_mode & 0777);
    if (out < 0)
        status = tl_why_errno(why, TL_ERR_IO, "cannot create \"%s\"", to);
    else if (!copy_bytes(in, out))
        status = tl_why_errno(why, TL_ERR_IO, "cannot copy \"%s\" to \"%s\"", from, to);
    if (out >= 0 && close(out) != 0 && status == TL_OK)
        status = tl_why_errno(why, TL_ERR_IO, "cannot write \"%s\"", to);
    (void)close(in);
    return status;
}

/* TL_OK also for what is no plain file: it is not copied. */
static enum tl_status copy_entry(const char *from, const char *to, const char *name,
                                 struct tl_why *why)
{
    char source[TL_PATH_MAX];
    char target[TL_PATH_MAX];
    struct stat info;

    if (!tl_path_join(source, sizeof source, from, name) ||
        !tl_path_join(target, sizeof target, to, name))
        return tl_why_set(why, TL_ERR_LIMIT, "path \"%s\" is too long", from);
    if (lstat(source, &info) != 0)
        return tl_why_errno(why, TL_ERR_IO, "cannot examine \"%s\"", source);
    return S_ISREG(info.st_mode) ? tl_copy_file(source, target, why) : TL_OK;
}

enum tl_status tl_copy_dir(const char *from, const char *to, tl_copy_skip *skip, struct tl_why *why)
{
    enum tl_status status = tl_dir_make(to, TL_FILE_SECRET, why);
    const struct dirent *entry;
    DIR *dir;

    if (status != TL_OK)
        return status;
    dir = opendir(from);
    if (dir == NULL)
        return tl_why_errno(why, errno == ENOENT ? TL_ERR_NOT_FOUND : TL_ERR_IO,
                            "cannot read directory \"%s\"", from);
    while (status == TL_OK && (entry = readdir(dir)) != NULL) { /* NOLINT: one thread */
        if (skip == NULL || !skip(entry->d_name))
            status = copy_entry(from, to, entry->d_name, why);
    }
    (void)closedir(dir);
    return status == TL_OK ? tl_dir_sync(to, why) : status;
}
