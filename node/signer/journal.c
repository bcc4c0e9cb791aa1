/* The journal's records and its two files. */
#include "journal.h"

#include "tl/check.h"
#include "tl/hash.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define REC        TL_SIGNER_RECORD_BYTES
#define ROOM_BYTES ((uint64_t)256 << 10) /* zeros written ahead at a time */

enum { AT_SEQ = 0, AT_PREV = 8, AT_KIND = 40, AT_EPOCH = 44, AT_VIEW = 52, AT_HASH = 60 };
enum { AT_CRC = 92, AT_OWN = 96 };

/* ---- records ---- */

static uint32_t crc32_of(const uint8_t *bytes, size_t len)
{
    uint32_t crc = UINT32_MAX;

    for (size_t i = 0; i < len; i++) {
        crc ^= bytes[i];
        for (int bit = 0; bit < 8; bit++)
            crc = crc >> 1 ^ (0xedb88320u & (0u - (crc & 1u)));
    }
    return ~crc;
}

void journal_encode(uint8_t out[REC], const struct journal_record *record, struct tl_hash *own)
{
    memset(out, 0, REC);
    tl_put_u64be(out + AT_SEQ, record->seq);
    memcpy(out + AT_PREV, record->prev.b, sizeof record->prev.b);
    out[AT_KIND] = record->kind;
    tl_put_u64be(out + AT_EPOCH, record->epoch);
    tl_put_u64be(out + AT_VIEW, record->view);
    memcpy(out + AT_HASH, record->hash.b, sizeof record->hash.b);
    tl_put_u32be(out + AT_CRC, crc32_of(out, AT_CRC));
    tl_hash_domain(own, "tallystick/journal/v1", tl_bytes(out, AT_OWN));
    memcpy(out + AT_OWN, own->b, sizeof own->b);
}

bool journal_decode(struct journal_record *record, struct tl_hash *own, const uint8_t in[REC])
{
    uint8_t again[REC];

    *record = (struct journal_record){.seq = tl_get_u64be(in + AT_SEQ),
                                      .kind = in[AT_KIND],
                                      .epoch = tl_get_u64be(in + AT_EPOCH),
                                      .view = tl_get_u64be(in + AT_VIEW)};
    memcpy(record->prev.b, in + AT_PREV, sizeof record->prev.b);
    memcpy(record->hash.b, in + AT_HASH, sizeof record->hash.b);
    /* One record has one spelling: encoding it again must give the same bytes,
     * which covers both checksums and the padding. */
    journal_encode(again, record, own);
    return record->seq > 0 && record->kind <= JOURNAL_FLOOR && memcmp(again, in, REC) == 0;
}

/* ---- bytes in files ---- */

bool journal_path(char out[TL_PATH_MAX], const char *dir)
{
    return tl_path_join(out, TL_PATH_MAX, dir, "votes.journal");
}

static bool write_at(int fd, uint64_t offset, struct tl_bytes bytes)
{
    while (bytes.len > 0) {
        const ssize_t wrote = pwrite(fd, bytes.ptr, bytes.len, (off_t)offset);
        if (wrote < 0 && errno == EINTR)
            continue;
        if (wrote <= 0)
            return false;
        bytes.ptr += wrote;
        bytes.len -= (size_t)wrote;
        offset += (uint64_t)wrote;
    }
    return true;
}

/* Zeros ahead of the records: overwriting them leaves the file's size alone,
 * which halves what a sync costs. */
static bool make_room(struct journal *journal, size_t copy, uint64_t needed)
{
    static const uint8_t zeros[4096];
    uint64_t *room = &journal->room[copy];
    const uint64_t goal = needed + ROOM_BYTES;

    if (*room >= needed)
        return true;
    while (*room < goal) {
        if (!write_at(journal->fd[copy], *room, tl_bytes(zeros, sizeof zeros)))
            return false;
        *room += sizeof zeros;
    }
    return fsync(journal->fd[copy]) == 0;
}

enum tl_status journal_write_copy(struct journal *journal, size_t copy, uint64_t offset,
                                  struct tl_bytes bytes)
{
    TL_CHECK(copy < 2);
    if (!make_room(journal, copy, offset + bytes.len) ||
        !write_at(journal->fd[copy], offset, bytes) || fdatasync(journal->fd[copy]) != 0)
        return TL_ERR_IO;
    return TL_OK;
}

void journal_close(struct journal *journal)
{
    for (size_t i = 0; i < 2; i++) {
        if (journal->fd[i] >= 0)
            (void)close(journal->fd[i]);
        journal->fd[i] = -1;
    }
}

static enum tl_status create_copy(const char *dir, struct tl_bytes start, struct tl_why *why)
{
    char path[TL_PATH_MAX];
    const enum tl_status status = tl_dir_make(dir, TL_FILE_SECRET, why);

    if (status != TL_OK)
        return status;
    if (!journal_path(path, dir))
        return tl_why_set(why, TL_ERR_LIMIT, "path \"%s\" is too long", dir);
    return tl_file_create(path, start, TL_FILE_SECRET, why);
}

static void start_record(uint8_t out[REC], const struct tl_hash *chain_id, struct tl_hash *own)
{
    const struct journal_record start = {.seq = 1, .kind = JOURNAL_START, .hash = *chain_id};

    journal_encode(out, &start, own);
}

enum tl_status journal_create(const char *dir_a, const char *dir_b, const struct tl_hash *chain_id,
                              const struct tl_sign_floor *floor, struct tl_why *why)
{
    uint8_t bytes[2 * REC] = {0};
    struct tl_bytes records = tl_bytes(bytes, REC);
    struct tl_hash own;
    enum tl_status status;

    if (tl_signer_exists(dir_a, dir_b))
        return tl_why_set(why, TL_ERR_CONFLICT,
                          "there is a signer journal in \"%s\" or \"%s\" already; it is never "
                          "replaced",
                          dir_a, dir_b);
    start_record(bytes, chain_id, &own);
    if (floor != NULL) {
        const struct journal_record fence = {.seq = 2,
                                             .prev = own,
                                             .kind = JOURNAL_FLOOR,
                                             .epoch = floor->epoch,
                                             .view = floor->view};

        journal_encode(bytes + REC, &fence, &own);
        records.len = sizeof bytes;
    }
    status = create_copy(dir_a, records, why);
    return status == TL_OK ? create_copy(dir_b, records, why) : status;
}

/* ---- reading both copies side by side ---- */

enum { BUFFER_RECORDS = 512 };

struct copy {
    int fd;
    const char *dir;
    uint8_t buffer[BUFFER_RECORDS * REC];
    size_t have;     /* bytes in the buffer */
    size_t at;       /* of them taken */
    uint64_t offset; /* in the file, of the next record */
    bool ended;      /* the last record was not whole, or there was none */
    bool failed;     /* the disk did not answer */
};

/* What lies at the next place: a whole record, or the end, or damage. */
static bool copy_fill(struct copy *c)
{
    if (c->have - c->at >= REC)
        return true;
    memmove(c->buffer, c->buffer + c->at, c->have - c->at);
    c->have -= c->at;
    c->at = 0;
    while (c->have < sizeof c->buffer) {
        const ssize_t got = read(c->fd, c->buffer + c->have, sizeof c->buffer - c->have);
        if (got < 0 && errno == EINTR)
            continue;
        if (got < 0)
            c->failed = true;
        if (got <= 0)
            break;
        c->have += (size_t)got;
    }
    return c->have >= REC && !c->failed;
}

static const uint8_t *copy_next(struct copy *c, struct journal_record *record, struct tl_hash *own)
{
    const uint8_t *bytes;

    if (c->ended || !copy_fill(c)) {
        c->ended = true;
        return NULL;
    }
    bytes = c->buffer + c->at;
    if (!journal_decode(record, own, bytes)) {
        c->ended = true;
        return NULL;
    }
    c->at += REC;
    c->offset += REC;
    return bytes;
}

/* Behind the place where the records end there may be one torn record and then
 * zeros.  Anything else means that what is damaged was not the last. */
static bool copy_tail_is_clean(struct copy *c)
{
    size_t skip = REC;

    while (!c->failed) {
        while (c->at < c->have) {
            if (skip == 0 && c->buffer[c->at] != 0)
                return false;
            if (skip > 0)
                skip--;
            c->at++;
        }
        (void)copy_fill(c);
        if (c->at == c->have)
            return !c->failed;
    }
    return false;
}

struct replay {
    struct copy *copy[2];
    struct journal_end *end;
    const struct tl_hash *chain_id;
    journal_visit *visit;
    void *context;
    struct tl_why *why;
    /* Records one copy has beyond the other: at most one group. */
    uint8_t extra[TL_SIGNER_GROUP_MAX * REC];
    size_t extra_count;
};

static enum tl_status corrupt(const struct replay *r, const char *what)
{
    return tl_why_set(r->why, TL_ERR_CORRUPT,
                      "signer journal (\"%s\", \"%s\"): %s after record %llu; this member must not "
                      "vote with this key, rejoin as docs/OPERATING.md says",
                      r->copy[0]->dir, r->copy[1]->dir, what, (unsigned long long)r->end->seq);
}

static enum tl_status take_record(struct replay *r, const struct journal_record *record,
                                  const struct tl_hash *own)
{
    const bool first = r->end->seq == 0;

    if (first && record->kind != JOURNAL_START)
        return corrupt(r, "no start");
    if (first && !tl_hash_eq(&record->hash, r->chain_id))
        return tl_why_set(r->why, TL_ERR_WRONG_CHAIN,
                          "signer journal \"%s\" is of another ledger; check the paths",
                          r->copy[0]->dir);
    /* A rotated journal begins where the one before it ended. */
    if (first) {
        r->end->seq = record->seq - 1;
        r->end->last = record->prev;
    }
    if (record->seq != r->end->seq + 1 || !tl_hash_eq(&record->prev, &r->end->last))
        return corrupt(r, "a break in the chain");
    if (!first && record->kind == JOURNAL_START)
        return corrupt(r, "a second start");
    if (!r->visit(r->context, record))
        return corrupt(r, "two votes that exclude each other");
    r->end->seq = record->seq;
    r->end->last = *own;
    r->end->offset += REC;
    return TL_OK;
}

/* One place in both copies.  *more is false at the end of both. */
static enum tl_status step(struct replay *r, bool *more)
{
    struct journal_record record[2];
    struct tl_hash own[2];
    const uint8_t *a = copy_next(r->copy[0], &record[0], &own[0]);
    const uint8_t *b = copy_next(r->copy[1], &record[1], &own[1]);
    const size_t which = a != NULL ? 0 : 1;

    *more = a != NULL || b != NULL;
    if (!*more)
        return TL_OK;
    if (a != NULL && b != NULL && memcmp(a, b, REC) != 0)
        return corrupt(r, "the two copies differ");
    if (a == NULL || b == NULL) {
        if (r->extra_count == TL_SIGNER_GROUP_MAX)
            return corrupt(r, "one copy is far behind the other");
        memcpy(r->extra + r->extra_count++ * REC, a != NULL ? a : b, REC);
    }
    return take_record(r, &record[which], &own[which]);
}

static enum tl_status read_both(struct replay *r)
{
    bool more = true;

    while (more) {
        const enum tl_status status = step(r, &more);
        if (status != TL_OK)
            return status;
    }
    if (r->end->seq == 0)
        return corrupt(r, "nothing");
    for (size_t i = 0; i < 2; i++) {
        if (!copy_tail_is_clean(r->copy[i]))
            return corrupt(r, "damage in the middle of a copy");
    }
    return TL_OK;
}

/* Cuts a torn record off and gives the shorter copy what it misses. */
static bool mend(struct replay *r, size_t i)
{
    const struct copy *c = r->copy[i];
    const uint64_t missing = r->end->offset - c->offset;

    TL_CHECK(missing <= r->extra_count * REC);
    return ftruncate(c->fd, (off_t)c->offset) == 0 &&
           write_at(c->fd, c->offset, tl_bytes(r->extra, (size_t)missing)) && fsync(c->fd) == 0;
}

static enum tl_status open_copy(const char *dir, int *fd, struct tl_why *why)
{
    char path[TL_PATH_MAX];

    if (!journal_path(path, dir))
        return tl_why_set(why, TL_ERR_LIMIT, "path \"%s\" is too long", dir);
    *fd = open(path, O_RDWR | O_CLOEXEC);
    if (*fd >= 0)
        return TL_OK;
    if (errno == ENOENT)
        return tl_why_set(why, TL_ERR_CORRUPT,
                          "signer journal \"%s\" is missing; this member must not vote with this "
                          "key, rejoin as docs/OPERATING.md says",
                          path);
    return tl_why_errno(why, TL_ERR_IO, "cannot open \"%s\"", path);
}

/* A crash while the journal was created: one copy holds exactly START, the other
 * is not there.  Every later record makes a file longer than that for good. */
static enum tl_status finish_creation(const struct tl_signer_plan *plan, struct tl_why *why)
{
    const char *const dirs[2] = {plan->dir_a, plan->dir_b};
    char path[2][TL_PATH_MAX];
    uint8_t start[REC];
    struct tl_hash own;
    struct tl_file_bytes file;
    size_t have;
    bool fresh;

    if (!journal_path(path[0], dirs[0]) || !journal_path(path[1], dirs[1]))
        return TL_OK; /* opening will say so */
    have = tl_file_exists(path[0]) ? 0 : 1;
    if (!tl_file_exists(path[have]) || tl_file_exists(path[1 - have]) ||
        tl_file_read(path[have], REC, &file, NULL) != TL_OK)
        return TL_OK;
    start_record(start, plan->chain_id, &own);
    fresh = file.len == REC && memcmp(file.text, start, REC) == 0;
    tl_file_bytes_free(&file);
    return fresh ? create_copy(dirs[1 - have], tl_bytes(start, REC), why) : TL_OK;
}

static enum tl_status open_both(struct journal *journal, const struct tl_signer_plan *plan,
                                struct tl_why *why)
{
    struct stat a;
    struct stat b;
    enum tl_status status = open_copy(plan->dir_a, &journal->fd[0], why);

    if (status == TL_OK)
        status = open_copy(plan->dir_b, &journal->fd[1], why);
    if (status != TL_OK)
        return status;
    if (fstat(journal->fd[0], &a) != 0 || fstat(journal->fd[1], &b) != 0)
        return tl_why_errno(why, TL_ERR_IO, "cannot examine \"%s\"", plan->dir_a);
    if (a.st_dev == b.st_dev && a.st_ino == b.st_ino)
        return tl_why_set(why, TL_ERR_USAGE,
                          "\"%s\" and \"%s\" are one directory; the journal needs two copies",
                          plan->dir_a, plan->dir_b);
    return TL_OK;
}

/* ---- rotation ---- */

void journal_go_on(uint8_t out[REC], const struct journal_end *end, const struct tl_hash *chain_id,
                   struct tl_hash *own)
{
    const struct journal_record start = {
        .seq = end->seq + 1, .prev = end->last, .kind = JOURNAL_START, .hash = *chain_id};

    journal_encode(out, &start, own);
}

enum tl_status journal_rotate(const struct tl_signer_plan *plan, struct tl_bytes records,
                              struct tl_why *why)
{
    char path[2][TL_PATH_MAX];
    enum tl_status status;

    if (!journal_path(path[0], plan->dir_a) || !journal_path(path[1], plan->dir_b))
        return tl_why_set(why, TL_ERR_LIMIT, "path \"%s\" is too long", plan->dir_a);
    status = tl_file_write(path[0], records, TL_FILE_SECRET, why);
    return status == TL_OK ? tl_file_write(path[1], records, TL_FILE_SECRET, why) : status;
}

static bool ignore_record(void *context, const struct journal_record *record)
{
    (void)context;
    (void)record;
    return true;
}

/* Where a copy ends, read against itself. */
static bool end_of(const char *path, const struct tl_signer_plan *plan, struct journal_end *end)
{
    struct copy a = {.fd = open(path, O_RDONLY | O_CLOEXEC), .dir = plan->dir_a};
    struct copy b = {.fd = open(path, O_RDONLY | O_CLOEXEC), .dir = plan->dir_b};
    struct replay r = {
        .copy = {&a, &b}, .end = end, .chain_id = plan->chain_id, .visit = ignore_record};
    bool whole = a.fd >= 0 && b.fd >= 0 && read_both(&r) == TL_OK;

    if (a.fd >= 0)
        (void)close(a.fd);
    if (b.fd >= 0)
        (void)close(b.fd);
    return whole;
}

static bool first_of(const char *path, struct journal_record *record)
{
    uint8_t bytes[REC];
    struct tl_hash own;
    int fd = open(path, O_RDONLY | O_CLOEXEC);
    bool whole = fd >= 0 && read(fd, bytes, REC) == (ssize_t)REC &&
                 journal_decode(record, &own, bytes) && record->kind == JOURNAL_START;

    if (fd >= 0)
        (void)close(fd);
    return whole;
}

/* A crash between the two copies of a rotation: one goes on exactly where the other
 * ends.  Anything else is for the replay to refuse. */
static enum tl_status finish_rotation(const struct tl_signer_plan *plan, struct tl_why *why)
{
    char path[2][TL_PATH_MAX];
    struct journal_record first[2];
    struct journal_end end = {0};
    struct tl_file_bytes file;
    enum tl_status status;
    size_t newer;

    if (!journal_path(path[0], plan->dir_a) || !journal_path(path[1], plan->dir_b) ||
        !first_of(path[0], &first[0]) || !first_of(path[1], &first[1]) ||
        first[0].seq == first[1].seq)
        return TL_OK;
    newer = first[0].seq > first[1].seq ? 0 : 1;
    if (!end_of(path[1 - newer], plan, &end) || first[newer].seq != end.seq + 1 ||
        !tl_hash_eq(&first[newer].prev, &end.last))
        return TL_OK;
    status = tl_file_read(path[newer], TL_SIGNER_ROTATE_BYTES, &file, why);
    if (status != TL_OK)
        return status;
    status = tl_file_write(path[1 - newer], tl_bytes(file.text, file.len), TL_FILE_SECRET, why);
    tl_file_bytes_free(&file);
    return status;
}

static enum tl_status replay_both(struct journal *journal, struct replay *r)
{
    const enum tl_status status = read_both(r);

    if (status != TL_OK)
        return status;
    for (size_t i = 0; i < 2; i++) {
        if (!mend(r, i))
            return tl_why_errno(r->why, TL_ERR_IO, "cannot mend the journal in \"%s\"",
                                r->copy[i]->dir);
        journal->room[i] = r->end->offset;
    }
    return TL_OK;
}

enum tl_status journal_open(struct journal *journal, const struct tl_signer_plan *plan,
                            journal_visit *visit, void *context, struct journal_end *end,
                            struct tl_why *why)
{
    struct copy a = {.dir = plan->dir_a};
    struct copy b = {.dir = plan->dir_b};
    struct replay r = {.copy = {&a, &b},
                       .end = end,
                       .chain_id = plan->chain_id,
                       .visit = visit,
                       .context = context,
                       .why = why};
    enum tl_status status;

    *journal = (struct journal){.fd = {-1, -1}};
    *end = (struct journal_end){0};
    status = finish_creation(plan, why);
    if (status == TL_OK)
        status = finish_rotation(plan, why);
    if (status == TL_OK)
        status = open_both(journal, plan, why);
    a.fd = journal->fd[0];
    b.fd = journal->fd[1];
    if (status == TL_OK)
        status = replay_both(journal, &r);
    if (status != TL_OK)
        journal_close(journal);
    return status;
}
