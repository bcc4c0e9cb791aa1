/* Exports: frames under a chain of checks, written and read as streams. */
#include "tl/export.h"

#include "tl/check.h"
#include "tl/hash.h"
#include "tl/keys.h"
#include "tl/log.h"

#include <string.h>

#define HEAD_BYTES      5u  /* kind and length */
#define LEAF_HEAD_BYTES 12u /* index and length */

static const char *const kinds[] = {NULL,          "genesis", "block", "leaves",
                                    "certificate", "end",     "seal"};
const struct tl_names tl_export_kind_names = {kinds, sizeof kinds / sizeof kinds[0]};
TL_DEFINE_RECORD(tl_export_end, TL_EXPORT_END_FIELDS)

/* Moves the chain of checks on by one frame. */
static void next_check(struct tl_hash *check, const uint8_t head[HEAD_BYTES],
                       struct tl_bytes payload)
{
    struct tl_hasher hasher;

    tl_hasher_domain(&hasher, "tallystick/export/v1");
    tl_hasher_put(&hasher, tl_bytes(check->b, sizeof check->b));
    tl_hasher_put(&hasher, tl_bytes(head, HEAD_BYTES));
    tl_hasher_put(&hasher, payload);
    tl_hasher_done(&hasher, check);
}

/* ---- writing ---- */

struct writer {
    struct tl_chain *chain;
    const struct tl_export_sink *sink;
    struct tl_buf *scratch;
    struct tl_hash check;
    uint64_t frames;
    uint64_t decisions;
};

static enum tl_status write_bytes(const struct writer *writer, const void *ptr, size_t len)
{
    return writer->sink->write(writer->sink->host, tl_bytes(ptr, len));
}

static enum tl_status write_frame(struct writer *writer, enum tl_export_kind kind,
                                  struct tl_bytes payload)
{
    uint8_t head[HEAD_BYTES] = {(uint8_t)kind};
    enum tl_status status;

    TL_CHECK(payload.len <= TL_EXPORT_FRAME_MAX);
    tl_put_u32be(head + 1, (uint32_t)payload.len);
    next_check(&writer->check, head, payload);
    writer->frames++;
    status = write_bytes(writer, head, sizeof head);
    if (status == TL_OK)
        status = write_bytes(writer, payload.ptr, payload.len);
    if (status == TL_OK)
        status = write_bytes(writer, writer->check.b, sizeof writer->check.b);
    return status;
}

static enum tl_status flush_leaves(struct writer *writer)
{
    enum tl_status status = TL_OK;

    if (writer->scratch->full)
        return TL_ERR_NO_MEMORY;
    if (writer->scratch->len != 0)
        status = write_frame(writer, TL_EXPORT_LEAVES, tl_buf_bytes(writer->scratch));
    writer->scratch->len = 0;
    return status;
}

static enum tl_status add_leaf(struct writer *writer, uint64_t index, struct tl_bytes leaf)
{
    struct tl_leaf record;
    uint8_t head[LEAF_HEAD_BYTES];

    if (tl_record_decode(&tl_leaf_record, &record, leaf) != TL_OK)
        return TL_ERR_CORRUPT;
    if (record.kind != TL_LEAF_DECISION)
        return TL_OK;
    tl_put_u64be(head, index);
    tl_put_u32be(head + 8, (uint32_t)leaf.len);
    tl_buf_put(writer->scratch, head, sizeof head);
    tl_buf_put(writer->scratch, leaf.ptr, leaf.len);
    writer->decisions++;
    return writer->scratch->len >= TL_EXPORT_LEAVES_MAX ? flush_leaves(writer) : TL_OK;
}

static enum tl_status write_leaves(struct writer *writer, uint64_t from, uint64_t to)
{
    enum tl_status status = TL_OK;

    for (uint64_t i = from; i < to && status == TL_OK; i++) {
        struct tl_bytes leaf;

        status = tl_log_leaf(tl_chain_state(writer->chain), i, &leaf);
        if (status == TL_ERR_NOT_FOUND)
            return TL_ERR_CORRUPT;
        if (status == TL_OK)
            status = add_leaf(writer, i, leaf);
    }
    return status == TL_OK ? flush_leaves(writer) : status;
}

static enum tl_status write_cert(struct writer *writer, uint64_t height)
{
    struct tl_key key = tl_key_number(TL_KEY_CERT, height);
    struct tl_bytes cert;
    enum tl_status status = tl_chain_seal_of(writer->chain, height, &cert);

    if (status == TL_OK)
        status = write_frame(writer, TL_EXPORT_SEAL, cert);
    if (status != TL_OK && status != TL_ERR_NOT_FOUND)
        return status;
    status = tl_overlay_get(tl_chain_state(writer->chain), tl_key_bytes(&key), &cert);

    if (status == TL_ERR_NOT_FOUND)
        return TL_OK;
    return status == TL_OK ? write_frame(writer, TL_EXPORT_CERT, cert) : status;
}

/* Writes one block and what belongs to it; moves *end on to it. */
static enum tl_status write_block(struct writer *writer, struct tl_export_end *end)
{
    uint64_t first_leaf = end->log_size;
    struct tl_bytes bytes;
    struct tl_block block;
    struct tl_header header;
    enum tl_status status = tl_chain_block(writer->chain, end->height + 1, &bytes);

    if (status == TL_ERR_STORE)
        return status;
    if (status != TL_OK || tl_record_decode(&tl_block_record, &block, bytes) != TL_OK ||
        tl_header_decode(&header, block.header) != TL_OK || header.height != end->height + 1)
        return TL_ERR_CORRUPT;
    end->height = header.height;
    tl_header_hash(&end->hash, block.header);
    end->log_size = header.log_size;
    end->log_root = header.log_root;
    end->state_root = header.state_root;
    status = write_frame(writer, TL_EXPORT_BLOCK, bytes);
    if (status == TL_OK)
        status = write_leaves(writer, first_leaf, header.log_size);
    return status == TL_OK ? write_cert(writer, header.height) : status;
}

static enum tl_status write_end(struct writer *writer, struct tl_export_end *end)
{
    uint8_t bytes[256];
    struct tl_buf buf = tl_buf(bytes, sizeof bytes);

    end->frames = writer->frames;
    end->decisions = writer->decisions;
    tl_record_write(&tl_export_end_record, end, &buf);
    TL_CHECK(!buf.full);
    return write_frame(writer, TL_EXPORT_END, tl_buf_bytes(&buf));
}

enum tl_status tl_export_write(struct tl_chain *chain, struct tl_bytes genesis,
                               const struct tl_export_sink *sink, struct tl_buf *scratch)
{
    struct writer writer = {.chain = chain, .sink = sink, .scratch = scratch};
    struct tl_export_end end = {0};
    uint64_t last;
    enum tl_status status = tl_chain_last_cert(chain, &last);

    scratch->len = 0;
    if (status == TL_OK)
        status = write_bytes(&writer, TL_EXPORT_MAGIC, TL_EXPORT_MAGIC_BYTES);
    if (status == TL_OK)
        status = write_frame(&writer, TL_EXPORT_GENESIS, genesis);
    while (status == TL_OK && end.height < last)
        status = write_block(&writer, &end);
    return status == TL_OK ? write_end(&writer, &end) : status;
}

/* ---- reading ---- */

void tl_export_reader_init(struct tl_export_reader *reader, const struct tl_export_source *source,
                           void *memory, size_t memory_bytes)
{
    *reader = (struct tl_export_reader){
        .source = *source, .memory = memory, .memory_bytes = memory_bytes};
}

/* Reads exactly `len` bytes; *short_by is how many were missing. */
static enum tl_status read_fully(struct tl_export_reader *reader, void *out, size_t len,
                                 size_t *short_by)
{
    uint8_t *at = out;

    *short_by = len;
    while (*short_by != 0) {
        size_t got = 0;
        enum tl_status status = reader->source.read(reader->source.host, at, *short_by, &got);

        if (status != TL_OK)
            return status;
        if (got == 0)
            return TL_OK;
        TL_CHECK(got <= *short_by);
        at += got;
        *short_by -= got;
        reader->offset += got;
    }
    return TL_OK;
}

static enum tl_status refuse(const char **why, const char *what)
{
    *why = what;
    return TL_ERR_ENCODING;
}

static enum tl_status read_exactly(struct tl_export_reader *reader, void *out, size_t len,
                                   const char **why)
{
    size_t short_by;
    enum tl_status status = read_fully(reader, out, len, &short_by);

    if (status != TL_OK)
        return status;
    return short_by == 0 ? TL_OK : refuse(why, "the export ends before its closing frame");
}

static enum tl_status read_magic(struct tl_export_reader *reader, const char **why)
{
    uint8_t magic[TL_EXPORT_MAGIC_BYTES];
    enum tl_status status = read_exactly(reader, magic, sizeof magic, why);

    reader->started = true;
    if (status != TL_OK)
        return status;
    return memcmp(magic, TL_EXPORT_MAGIC, sizeof magic) == 0
               ? TL_OK
               : refuse(why, "this is not an export of a ledger");
}

/* One frame into memory, its check verified before anything is interpreted. */
static enum tl_status read_frame(struct tl_export_reader *reader, enum tl_export_kind *kind,
                                 struct tl_bytes *payload, const char **why)
{
    uint8_t head[HEAD_BYTES];
    struct tl_hash check;
    size_t len;
    enum tl_status status;

    reader->frame_at = reader->offset;
    status = read_exactly(reader, head, sizeof head, why);
    if (status != TL_OK)
        return status;
    len = tl_get_u32be(head + 1);
    if (len > reader->memory_bytes || len > TL_EXPORT_FRAME_MAX)
        return refuse(why, "a frame is longer than any frame can be");
    status = read_exactly(reader, reader->memory, len, why);
    if (status == TL_OK)
        status = read_exactly(reader, check.b, sizeof check.b, why);
    if (status != TL_OK)
        return status;
    *payload = tl_bytes(reader->memory, len);
    next_check(&reader->check, head, *payload);
    if (!tl_hash_eq(&check, &reader->check))
        return refuse(why, "a frame is damaged: its check does not match its bytes");
    if (tl_name_of(&tl_export_kind_names, head[0]) == NULL)
        return refuse(why, "a frame is of no known kind");
    *kind = (enum tl_export_kind)head[0];
    return TL_OK;
}

/* What may follow what: see export.h. */
static bool in_order(enum tl_export_kind last, enum tl_export_kind next, uint64_t frames)
{
    switch (next) {
    case TL_EXPORT_GENESIS:
        return frames == 0;
    case TL_EXPORT_BLOCK:
        return frames != 0;
    case TL_EXPORT_LEAVES:
    case TL_EXPORT_SEAL:
        return last == TL_EXPORT_BLOCK || last == TL_EXPORT_LEAVES;
    case TL_EXPORT_CERT:
        return last == TL_EXPORT_BLOCK || last == TL_EXPORT_LEAVES || last == TL_EXPORT_SEAL;
    case TL_EXPORT_END:
        return last == TL_EXPORT_CERT;
    }
    return false;
}

static enum tl_status give_leaf(struct tl_export_reader *reader, struct tl_audit_item *item,
                                const char **why)
{
    struct tl_bytes left = reader->leaves;
    size_t len = left.len < LEAF_HEAD_BYTES ? 0 : tl_get_u32be(left.ptr + 8);

    if (len == 0 || len > left.len - LEAF_HEAD_BYTES)
        return refuse(why, "a frame of leaves is malformed");
    item->kind = TL_AUDIT_DECISION;
    item->index = tl_get_u64be(left.ptr);
    item->bytes = tl_bytes(left.ptr + LEAF_HEAD_BYTES, len);
    reader->leaves = tl_bytes(left.ptr + LEAF_HEAD_BYTES + len, left.len - LEAF_HEAD_BYTES - len);
    reader->decisions++;
    return TL_OK;
}

static enum tl_status give_end(struct tl_export_reader *reader, struct tl_bytes payload,
                               struct tl_audit_item *item, const char **why)
{
    struct tl_export_end end;
    uint8_t beyond;
    size_t short_by;
    enum tl_status status = tl_record_decode(&tl_export_end_record, &end, payload);

    if (status != TL_OK)
        return refuse(why, "the closing frame is malformed");
    if (end.frames != reader->frames - 1 || end.decisions != reader->decisions)
        return refuse(why, "the closing frame counts other frames");
    status = read_fully(reader, &beyond, 1, &short_by);
    if (status != TL_OK)
        return status;
    if (short_by == 0)
        return refuse(why, "bytes follow the closing frame");
    reader->ended = true;
    item->kind = TL_AUDIT_END;
    item->totals =
        (struct tl_audit_totals){end.height, end.hash, end.log_size, end.log_root, end.state_root};
    return TL_OK;
}

static enum tl_status give_frame(struct tl_export_reader *reader, enum tl_export_kind kind,
                                 struct tl_bytes payload, struct tl_audit_item *item,
                                 const char **why)
{
    switch (kind) {
    case TL_EXPORT_GENESIS:
        item->kind = TL_AUDIT_GENESIS;
        break;
    case TL_EXPORT_BLOCK:
        item->kind = TL_AUDIT_BLOCK;
        break;
    case TL_EXPORT_LEAVES:
        reader->leaves = payload;
        return give_leaf(reader, item, why);
    case TL_EXPORT_SEAL:
        item->kind = TL_AUDIT_SEAL;
        break;
    case TL_EXPORT_CERT:
        item->kind = TL_AUDIT_CERT;
        break;
    case TL_EXPORT_END:
        return give_end(reader, payload, item, why);
    }
    item->bytes = payload;
    return TL_OK;
}

static enum tl_status reader_next(void *host, struct tl_audit_item *item, const char **why)
{
    struct tl_export_reader *reader = host;
    enum tl_export_kind kind = TL_EXPORT_END;
    struct tl_bytes payload = TL_BYTES_NONE;
    enum tl_status status = TL_OK;

    if (!reader->started)
        status = read_magic(reader, why);
    item->offset = reader->frame_at;
    if (status != TL_OK)
        return status;
    if (reader->leaves.len != 0)
        return give_leaf(reader, item, why);
    status = read_frame(reader, &kind, &payload, why);
    item->offset = reader->frame_at;
    if (status != TL_OK)
        return status;
    if (!in_order(reader->last, kind, reader->frames))
        return refuse(why, "a frame is out of order");
    reader->frames++;
    reader->last = kind;
    return give_frame(reader, kind, payload, item, why);
}

struct tl_audit_source tl_export_audit_source(struct tl_export_reader *reader)
{
    return (struct tl_audit_source){reader_next, reader};
}
