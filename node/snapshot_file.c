/* Sorting the state into chunks: one walk says how long each will be, a second one
 * puts every pair into its place.  A chunk's keys stay in their order, since the
 * walk is.  The file has no name, so a crash leaves none behind. */
#include "node.h"

#include "tl/check.h"

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* What is gathered of a chunk before it is written: 16 MiB for all. */
#define PART_BYTES 4096u
#define PAIR_BYTES (TL_STATE_KEY_MAX + TL_STATE_VALUE_MAX + 16u)

struct part {
    uint64_t at; /* where the next bytes go */
    uint32_t used;
    uint8_t bytes[PART_BYTES];
};

struct making {
    struct tl_snapshot_file *file;
    struct part *part;
    uint8_t *pair; /* PAIR_BYTES */
    enum tl_status status;
};

static struct tl_bytes encode_pair(struct making *m, struct tl_bytes key, struct tl_bytes value)
{
    struct tl_state_pair pair = {key, value};
    struct tl_buf buf = tl_buf(m->pair, PAIR_BYTES);

    tl_record_write(&tl_state_pair_record, &pair, &buf);
    if (buf.full)
        m->status = TL_ERR_CORRUPT;
    return tl_buf_bytes(&buf);
}

static bool measure(void *context, struct tl_bytes key, struct tl_bytes value)
{
    struct making *m = context;
    uint32_t chunk = tl_snapshot_chunk_of(key, m->file->chunk_bits);

    m->file->from[chunk + 1] += encode_pair(m, key, value).len;
    m->file->pairs[chunk]++;
    return m->status == TL_OK;
}

static enum tl_status write_at(int fd, const uint8_t *bytes, size_t len, uint64_t at)
{
    while (len > 0) {
        ssize_t done = pwrite(fd, bytes, len, (off_t)at);

        if (done <= 0)
            return TL_ERR_IO;
        bytes += done;
        at += (uint64_t)done;
        len -= (size_t)done;
    }
    return TL_OK;
}

static void flush(struct making *m, struct part *part)
{
    if (m->status == TL_OK)
        m->status = write_at(m->file->fd, part->bytes, part->used, part->at);
    part->at += part->used;
    part->used = 0;
}

static bool place(void *context, struct tl_bytes key, struct tl_bytes value)
{
    struct making *m = context;
    struct part *part = &m->part[tl_snapshot_chunk_of(key, m->file->chunk_bits)];
    struct tl_bytes pair = encode_pair(m, key, value);

    if (part->used + pair.len > PART_BYTES)
        flush(m, part);
    if (pair.len > PART_BYTES) {
        if (m->status == TL_OK)
            m->status = write_at(m->file->fd, pair.ptr, pair.len, part->at);
        part->at += pair.len;
    } else {
        memcpy(part->bytes + part->used, pair.ptr, pair.len);
        part->used += (uint32_t)pair.len;
    }
    return m->status == TL_OK;
}

static enum tl_status walk(struct tl_store *view, tl_store_visit *visit, struct making *m)
{
    static const uint8_t end = TL_STATE_KEY_PLAIN;
    enum tl_status st = tl_store_scan(view, TL_BYTES_NONE, tl_bytes(&end, 1), visit, m);

    return st == TL_OK ? m->status : st;
}

/* From lengths to places. */
static enum tl_status lay_out(struct making *m)
{
    uint32_t chunks = 1u << m->file->chunk_bits;

    for (uint32_t i = 0; i < chunks; i++) {
        if (m->file->from[i + 1] > TL_SNAPSHOT_CHUNK_BYTES_MAX)
            return TL_ERR_LIMIT;
        m->file->from[i + 1] += m->file->from[i];
        m->part[i].at = m->file->from[i];
    }
    return TL_OK;
}

static enum tl_status make(struct making *m, struct tl_store *view)
{
    enum tl_status st = walk(view, measure, m);

    if (st == TL_OK)
        st = lay_out(m);
    if (st == TL_OK)
        st = walk(view, place, m);
    for (uint32_t i = 0; i < 1u << m->file->chunk_bits && st == TL_OK; i++) {
        flush(m, &m->part[i]);
        st = m->status;
        if (st == TL_OK && m->part[i].at != m->file->from[i + 1])
            st = TL_ERR_CORRUPT;
    }
    return st;
}

static int open_unnamed(const char *beside)
{
    char path[TL_PATH_MAX];
    int fd = -1;

    if (snprintf(path, sizeof path, "%s.snapshot", beside) >= (int)sizeof path)
        return -1;
    (void)unlink(path);
    fd = open(path, O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
    if (fd >= 0 && unlink(path) != 0) {
        (void)close(fd);
        fd = -1;
    }
    return fd;
}

enum tl_status tl_snapshot_file_make(struct tl_snapshot_file **out, struct tl_store *view,
                                     uint32_t chunk_bits, const char *beside)
{
    struct making m = {.file = calloc(1, sizeof *m.file)};
    enum tl_status st = TL_ERR_NO_MEMORY;

    *out = NULL;
    TL_CHECK(chunk_bits <= TL_SNAPSHOT_BITS);
    if (m.file == NULL)
        return st;
    m.file->chunk_bits = chunk_bits;
    m.file->fd = open_unnamed(beside);
    m.part = calloc((size_t)1 << chunk_bits, sizeof *m.part);
    m.pair = malloc(PAIR_BYTES);
    if (m.file->fd < 0)
        st = TL_ERR_IO;
    else if (m.part != NULL && m.pair != NULL)
        st = make(&m, view);
    free(m.pair);
    free(m.part);
    if (st == TL_OK)
        *out = m.file;
    else
        tl_snapshot_file_free(m.file);
    return st;
}

enum tl_status tl_snapshot_file_read(const struct tl_snapshot_file *file, uint32_t chunk,
                                     struct tl_list *pairs, struct tl_buf *out)
{
    size_t len = (size_t)(file->from[chunk + 1] - file->from[chunk]);
    uint64_t at = file->from[chunk];
    uint8_t *to = out->ptr + out->len;

    if (out->cap - out->len < len)
        return TL_ERR_LIMIT;
    for (size_t done = 0; done < len;) {
        ssize_t got = pread(file->fd, to + done, len - done, (off_t)(at + done));

        if (got <= 0)
            return TL_ERR_IO;
        done += (size_t)got;
    }
    out->len += len;
    *pairs = (struct tl_list){tl_bytes(to, len), file->pairs[chunk]};
    return TL_OK;
}

void tl_snapshot_file_free(struct tl_snapshot_file *file)
{
    if (file == NULL)
        return;
    if (file->fd >= 0)
        (void)close(file->fd);
    free(file);
}
