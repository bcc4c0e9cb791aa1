/* Reading and writing whole files; directories. */
#include "tl/file.h"

#include "tl/check.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/random.h>
#include <sys/stat.h>
#include <unistd.h>

bool tl_path_join(char *out, size_t cap, const char *dir, const char *name)
{
    const size_t len = strlen(dir);
    const char *slash = len > 0 && dir[len - 1] == '/' ? "" : "/";
    const int wrote = snprintf(out, cap, "%s%s%s", dir, slash, name);

    return wrote > 0 && (size_t)wrote < cap;
}

void tl_random(void *out, size_t len)
{
    uint8_t *at = out;

    while (len > 0) {
        const size_t part = len < 256 ? len : 256; /* getentropy's own bound */
        TL_CHECK(getentropy(at, part) == 0);
        at += part;
        len -= part;
    }
}

/* ---- reading ---- */

void tl_wipe(void *memory, size_t len)
{
    volatile uint8_t *at = memory;

    while (len-- > 0)
        *at++ = 0;
}

void tl_file_bytes_free(struct tl_file_bytes *bytes)
{
    if (bytes->text != NULL)
        tl_wipe(bytes->text, bytes->len);
    free(bytes->text);
    *bytes = (struct tl_file_bytes){NULL, 0};
}

static enum tl_status read_all(int fd, const char *path, size_t max, struct tl_file_bytes *out,
                               struct tl_why *why)
{
    size_t cap = 0;

    for (;;) {
        ssize_t got;
        if (out->len == cap) {
            const size_t more = cap == 0 ? 4096 : cap * 2;
            char *grown = realloc(out->text, more + 1);
            if (grown == NULL)
                return tl_why_set(why, TL_ERR_NO_MEMORY, "no memory to read \"%s\"", path);
            out->text = grown;
            cap = more;
        }
        got = read(fd, out->text + out->len, cap - out->len);
        if (got < 0 && errno == EINTR)
            continue;
        if (got < 0)
            return tl_why_errno(why, TL_ERR_IO, "cannot read \"%s\"", path);
        out->len += (size_t)got;
        out->text[out->len] = '\0';
        if (out->len > max)
            return tl_why_set(why, TL_ERR_LIMIT, "\"%s\" is longer than the %zu bytes allowed",
                              path, max);
        if (got == 0)
            return TL_OK;
    }
}

/* A key others can read is a key others have. */
static enum tl_status check_private(int fd, const char *path, struct tl_why *why)
{
    struct stat info;

    if (fstat(fd, &info) != 0)
        return tl_why_errno(why, TL_ERR_IO, "cannot examine \"%s\"", path);
    if ((info.st_mode & (S_IRWXG | S_IRWXO)) != 0)
        return tl_why_set(why, TL_ERR_DENIED,
                          "\"%s\" can be read by others; run: chmod 600 '%s', and if others use "
                          "this machine, make a new key",
                          path, path);
    return TL_OK;
}

static enum tl_status open_to_read(const char *path, int *fd, struct tl_why *why)
{
    *fd = open(path, O_RDONLY | O_CLOEXEC);
    if (*fd >= 0)
        return TL_OK;
    return tl_why_errno(why, errno == ENOENT ? TL_ERR_NOT_FOUND : TL_ERR_IO, "cannot open \"%s\"",
                        path);
}

static enum tl_status read_file(const char *path, size_t max, bool secret,
                                struct tl_file_bytes *out, struct tl_why *why)
{
    enum tl_status status;
    int fd;

    *out = (struct tl_file_bytes){NULL, 0};
    status = open_to_read(path, &fd, why);
    if (status != TL_OK)
        return status;
    if (secret)
        status = check_private(fd, path, why);
    if (status == TL_OK)
        status = read_all(fd, path, max, out, why);
    (void)close(fd);
    if (status != TL_OK)
        tl_file_bytes_free(out);
    return status;
}

enum tl_status tl_file_read(const char *path, size_t max, struct tl_file_bytes *out,
                            struct tl_why *why)
{
    return read_file(path, max, false, out, why);
}

enum tl_status tl_file_read_secret(const char *path, size_t max, struct tl_file_bytes *out,
                                   struct tl_why *why)
{
    return read_file(path, max, true, out, why);
}

bool tl_file_exists(const char *path)
{
    struct stat info;

    return stat(path, &info) == 0;
}

/* ---- writing ---- */

static bool write_all(int fd, struct tl_bytes bytes)
{
    while (bytes.len > 0) {
        const ssize_t wrote = write(fd, bytes.ptr, bytes.len);
        if (wrote < 0 && errno == EINTR)
            continue;
        if (wrote <= 0)
            return false;
        bytes.ptr += wrote;
        bytes.len -= (size_t)wrote;
    }
    return true;
}

/* The directory part of a path: "." when there is none. */
static bool parent_of(const char *path, char out[TL_PATH_MAX])
{
    const char *slash = strrchr(path, '/');
    const size_t len = slash == NULL ? 1 : slash == path ? 1 : (size_t)(slash - path);

    if (len >= TL_PATH_MAX)
        return false;
    memcpy(out, slash == NULL ? "." : path, len);
    out[len] = '\0';
    return true;
}

enum tl_status tl_dir_sync(const char *path, struct tl_why *why)
{
    const int fd = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    enum tl_status status = TL_OK;

    if (fd < 0)
        return tl_why_errno(why, TL_ERR_IO, "cannot open directory \"%s\"", path);
    if (fsync(fd) != 0)
        status = tl_why_errno(why, TL_ERR_IO, "cannot make directory \"%s\" durable", path);
    (void)close(fd);
    return status;
}

/* Puts the finished temporary file in its place: over the name, or, when the
 * name must be new, as a link, which fails if it is taken. */
static enum tl_status put_in_place(const char *temp, const char *path, bool replace,
                                   struct tl_why *why)
{
    char dir[TL_PATH_MAX];

    if (replace && rename(temp, path) != 0)
        return tl_why_errno(why, TL_ERR_IO, "cannot rename \"%s\" to \"%s\"", temp, path);
    if (!replace && link(temp, path) != 0) {
        if (errno == EEXIST)
            return tl_why_set(why, TL_ERR_CONFLICT,
                              "\"%s\" is there already and is not overwritten", path);
        return tl_why_errno(why, TL_ERR_IO, "cannot create \"%s\"", path);
    }
    if (!replace)
        (void)unlink(temp);
    if (!parent_of(path, dir))
        return tl_why_set(why, TL_ERR_LIMIT, "path \"%s\" is too long", path);
    return tl_dir_sync(dir, why);
}

static enum tl_status fill_temp(const char *temp, struct tl_bytes bytes, mode_t mode,
                                struct tl_why *why)
{
    const int fd = open(temp, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, mode);
    bool good;

    if (fd < 0)
        return tl_why_errno(why, TL_ERR_IO, "cannot create \"%s\"", temp);
    /* fchmod: the mode asked for, whatever the umask is. */
    good = fchmod(fd, mode) == 0 && write_all(fd, bytes) && fsync(fd) == 0;
    good = close(fd) == 0 && good;
    return good ? TL_OK : tl_why_errno(why, TL_ERR_IO, "cannot write \"%s\"", temp);
}

static enum tl_status write_file(const char *path, struct tl_bytes bytes,
                                 enum tl_file_privacy privacy, bool replace, struct tl_why *why)
{
    char temp[TL_PATH_MAX];
    uint32_t salt;
    enum tl_status status;
    int len;

    tl_random(&salt, sizeof salt);
    len = snprintf(temp, sizeof temp, "%s.%08x.tmp", path, salt);
    if (len < 0 || (size_t)len >= sizeof temp)
        return tl_why_set(why, TL_ERR_LIMIT, "path \"%s\" is too long", path);
    status = fill_temp(temp, bytes, privacy == TL_FILE_SECRET ? 0600 : 0644, why);
    if (status == TL_OK)
        status = put_in_place(temp, path, replace, why);
    if (status != TL_OK)
        (void)unlink(temp);
    return status;
}

enum tl_status tl_file_write(const char *path, struct tl_bytes bytes, enum tl_file_privacy privacy,
                             struct tl_why *why)
{
    return write_file(path, bytes, privacy, true, why);
}

enum tl_status tl_file_create(const char *path, struct tl_bytes bytes, enum tl_file_privacy privacy,
                              struct tl_why *why)
{
    return write_file(path, bytes, privacy, false, why);
}

/* ---- directories ---- */

static enum tl_status make_one(const char *path, mode_t mode, struct tl_why *why)
{
    char above[TL_PATH_MAX];

    if (mkdir(path, mode) == 0)
        return parent_of(path, above) ? tl_dir_sync(above, why) : TL_ERR_LIMIT;
    if (errno == EEXIST) {
        struct stat info;
        if (stat(path, &info) == 0 && S_ISDIR(info.st_mode))
            return TL_OK;
        errno = ENOTDIR;
    }
    return tl_why_errno(why, TL_ERR_IO, "cannot create directory \"%s\"", path);
}

enum tl_status tl_file_remove(const char *path, struct tl_why *why)
{
    char parent[TL_PATH_MAX];
    char *slash;

    if (unlink(path) != 0)
        return errno == ENOENT ? TL_OK : tl_why_errno(why, TL_ERR_IO, "cannot remove \"%s\"", path);
    if (snprintf(parent, sizeof parent, "%s", path) >= (int)sizeof parent)
        return TL_ERR_LIMIT;
    slash = strrchr(parent, '/');
    if (slash == NULL)
        return tl_dir_sync(".", why);
    slash[slash == parent] = '\0';
    return tl_dir_sync(parent, why);
}

enum tl_status tl_dir_make(const char *path, enum tl_file_privacy privacy, struct tl_why *why)
{
    const mode_t mode = privacy == TL_FILE_SECRET ? 0700 : 0755;
    const size_t len = strlen(path);
    char part[TL_PATH_MAX];

    if (len == 0 || len >= sizeof part)
        return tl_why_set(why, TL_ERR_LIMIT, "path \"%s\" is empty or too long", path);
    for (size_t i = 1; i <= len; i++) {
        enum tl_status status;
        if (path[i] != '/' && path[i] != '\0')
            continue;
        memcpy(part, path, i);
        part[i] = '\0';
        status = make_one(part, mode, why);
        if (status != TL_OK)
            return status;
    }
    return TL_OK;
}

static enum tl_status lock_refused(int fd, const char *dir, struct tl_why *why)
{
    char holder[32] = "";
    const ssize_t got = pread(fd, holder, sizeof holder - 1, 0);

    if (got > 0)
        holder[strcspn(holder, "\n")] = '\0';
    return tl_why_set(why, TL_ERR_CONFLICT,
                      "directory \"%s\" is in use by process %s; stop it first", dir,
                      holder[0] == '\0' ? "(unknown)" : holder);
}

enum tl_status tl_dir_lock(struct tl_dirlock *lock, const char *dir, struct tl_why *why)
{
    char path[TL_PATH_MAX];
    char text[32];
    int fd;
    int len;

    lock->fd = -1;
    if (!tl_path_join(path, sizeof path, dir, "LOCK.tally"))
        return tl_why_set(why, TL_ERR_LIMIT, "path \"%s\" is too long", dir);
    fd = open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0600);
    if (fd < 0)
        return tl_why_errno(why, TL_ERR_IO, "cannot open \"%s\"", path);
    if (flock(fd, LOCK_EX | LOCK_NB) != 0) {
        const enum tl_status status = lock_refused(fd, dir, why);
        (void)close(fd);
        return status;
    }
    /* Who holds it is a courtesy to the next one who asks; the lock is flock. */
    len = snprintf(text, sizeof text, "%ld\n", (long)getpid());
    if (ftruncate(fd, 0) == 0 && len > 0)
        (void)!pwrite(fd, text, (size_t)len, 0);
    lock->fd = fd;
    return TL_OK;
}

void tl_dir_unlock(struct tl_dirlock *lock)
{
    if (lock->fd >= 0)
        (void)close(lock->fd);
    lock->fd = -1;
}
