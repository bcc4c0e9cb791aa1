/* A chained log, appended and never changed.  See tl/access_log.h. */
#include "tl/access_log.h"

#include "tl/hash.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

TL_DEFINE_RECORD(tl_access, TL_ACCESS_FIELDS)

struct tl_access_log {
    int fd;
    uint64_t end;
    struct tl_hash last;
    bool unsynced;
};

static void chain(struct tl_hash *out, struct tl_bytes record)
{
    tl_hash_domain(out, "tallystick/access/v1", record);
}

/* The bytes of the record at `at`; empty: none, or not a whole one. */
static struct tl_bytes record_at(const struct tl_access_log *log, uint64_t at,
                                 uint8_t room[TL_ACCESS_BYTES_MAX])
{
    uint8_t head[4];
    uint32_t len;

    if (pread(log->fd, head, sizeof head, (off_t)at) != (ssize_t)sizeof head)
        return TL_BYTES_NONE;
    len = tl_get_u32be(head);
    if (len == 0 || len > TL_ACCESS_BYTES_MAX ||
        pread(log->fd, room, len, (off_t)(at + sizeof head)) != (ssize_t)len)
        return TL_BYTES_NONE;
    return tl_bytes(room, len);
}

/* Walks the chain to its end.  TL_ERR_CORRUPT: it does not hold. */
static enum tl_status walk(struct tl_access_log *log)
{
    uint8_t room[TL_ACCESS_BYTES_MAX];
    struct tl_access access;
    struct tl_bytes bytes;

    while ((bytes = record_at(log, log->end, room)).len > 0) {
        if (tl_record_decode(&tl_access_record, &access, bytes) != TL_OK ||
            !tl_hash_eq(&access.before, &log->last))
            return TL_ERR_CORRUPT;
        chain(&log->last, bytes);
        log->end += 4 + bytes.len;
    }
    return TL_OK;
}

enum tl_status tl_access_log_open(struct tl_access_log **out, const char *path, struct tl_why *why)
{
    struct tl_access_log *log = calloc(1, sizeof *log);
    enum tl_status st;

    if (log == NULL)
        return tl_why_set(why, TL_ERR_NO_MEMORY, "no memory for the read log");
    log->fd = open(path, O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600);
    if (log->fd < 0) {
        st = tl_why_set(why, TL_ERR_IO, "cannot open the read log \"%s\": %s", path,
                        strerror(errno));
        free(log);
        return st;
    }
    st = walk(log);
    if (st != TL_OK)
        st = tl_why_set(why, st,
                        "the read log \"%s\" is damaged at byte %llu; keep it and move it away",
                        path, (unsigned long long)log->end);
    else if (ftruncate(log->fd, (off_t)log->end) != 0)
        st =
            tl_why_set(why, TL_ERR_IO, "cannot cut the read log \"%s\": %s", path, strerror(errno));
    if (st != TL_OK) {
        tl_access_log_close(log);
        return st;
    }
    *out = log;
    return TL_OK;
}

void tl_access_log_close(struct tl_access_log *log)
{
    if (log == NULL)
        return;
    (void)close(log->fd);
    free(log);
}

enum tl_status tl_access_log_add(struct tl_access_log *log, struct tl_access *access)
{
    uint8_t bytes[4 + TL_ACCESS_BYTES_MAX];
    struct tl_buf out = tl_buf(bytes + 4, TL_ACCESS_BYTES_MAX);

    access->before = log->last;
    tl_record_write(&tl_access_record, access, &out);
    if (out.full)
        return TL_ERR_LIMIT;
    tl_put_u32be(bytes, (uint32_t)out.len);
    if (pwrite(log->fd, bytes, 4 + out.len, (off_t)log->end) != (ssize_t)(4 + out.len))
        return TL_ERR_IO;
    chain(&log->last, tl_buf_bytes(&out));
    log->end += 4 + out.len;
    log->unsynced = true;
    return TL_OK;
}

enum tl_status tl_access_log_sync(struct tl_access_log *log)
{
    if (!log->unsynced)
        return TL_OK;
    if (fdatasync(log->fd) != 0)
        return TL_ERR_IO;
    log->unsynced = false;
    return TL_OK;
}

bool tl_access_log_next(struct tl_access_log *log, uint64_t *at, uint8_t room[TL_ACCESS_BYTES_MAX],
                        struct tl_access *out)
{
    struct tl_bytes bytes = *at < log->end ? record_at(log, *at, room) : TL_BYTES_NONE;

    if (bytes.len == 0 || tl_record_decode(&tl_access_record, out, bytes) != TL_OK)
        return false;
    *at += 4 + bytes.len;
    return true;
}

bool tl_access_purpose_ok(struct tl_bytes purpose)
{
    if (purpose.len == 0 || purpose.len > TL_ACCESS_PURPOSE_MAX)
        return false;
    for (size_t i = 0; i < purpose.len; i++) {
        uint8_t c = purpose.ptr[i];

        if (!((c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '-' || c == '_'))
            return false;
    }
    return true;
}
