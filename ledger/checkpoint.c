/* Checkpoints and tlog proofs as text.  See note.h. */
#include "tl/note.h"

#include "lines.h"
#include "tl/base64.h"
#include "tl/codec.h"

#include <string.h>

void tl_checkpoint_write(struct tl_buf *out, const struct tl_checkpoint *checkpoint)
{
    tl_buf_put(out, checkpoint->origin.ptr, checkpoint->origin.len);
    tl_put_text(out, "\n");
    tl_put_decimal(out, checkpoint->size);
    tl_put_text(out, "\n");
    tl_base64_write(out, tl_bytes(checkpoint->root.b, sizeof checkpoint->root.b));
    tl_put_text(out, "\n");
}

enum tl_status tl_checkpoint_parse(struct tl_checkpoint *out, struct tl_bytes text)
{
    struct tl_bytes size;
    struct tl_bytes root;

    if (tl_line_take(&text, &out->origin) && tl_line_take(&text, &size) &&
        tl_line_take(&text, &root) && text.len == 0 && out->origin.len != 0 &&
        tl_utf8_ok(out->origin) && tl_line_u64(size, &out->size) && tl_line_hash(root, &out->root))
        return TL_OK;
    *out = (struct tl_checkpoint){0};
    return TL_ERR_ENCODING;
}

#define PROOF_HEAD "c2sp.org/tlog-proof@v1"

void tl_tlog_proof_write(struct tl_buf *out, const struct tl_tlog_proof *proof)
{
    tl_put_text(out, PROOF_HEAD "\n");
    if (proof->extra.len != 0) {
        tl_put_text(out, "extra ");
        tl_buf_put(out, proof->extra.ptr, proof->extra.len);
        tl_put_text(out, "\n");
    }
    tl_put_text(out, "index ");
    tl_put_decimal(out, proof->index);
    tl_put_text(out, "\n");
    for (uint32_t i = 0; i < proof->proof.count; i++) {
        tl_base64_write(out, tl_bytes(proof->proof.hash[i].b, TL_HASH_BYTES));
        tl_put_text(out, "\n");
    }
    tl_put_text(out, "\n");
    tl_buf_put(out, proof->checkpoint.ptr, proof->checkpoint.len);
}

/* Hash lines up to the empty line. */
static bool hashes_parse(struct tl_bytes *rest, struct tl_proof *proof)
{
    struct tl_bytes line;

    proof->count = 0;
    while (tl_line_take(rest, &line)) {
        if (line.len == 0)
            return true;
        if (proof->count == TL_PROOF_HASHES_MAX || !tl_line_hash(line, &proof->hash[proof->count]))
            return false;
        proof->count++;
    }
    return false;
}

/* The line after the head is the index, or the extra data and then the index. */
static bool index_parse(struct tl_bytes *rest, struct tl_tlog_proof *out)
{
    struct tl_bytes line;
    size_t len;

    if (!tl_line_take(rest, &line))
        return false;
    if (tl_word_take(&line, "extra ")) {
        out->extra = line;
        if (!tl_base64_read(NULL, 0, line, &len) || len == 0 || !tl_line_take(rest, &line))
            return false;
    }
    return tl_word_take(&line, "index ") && tl_line_u64(line, &out->index);
}

static bool proof_parse(struct tl_tlog_proof *out, struct tl_bytes bytes)
{
    struct tl_bytes head;
    struct tl_note note;

    if (!tl_line_take(&bytes, &head) || !tl_bytes_eq(head, tl_bytes_str(PROOF_HEAD)))
        return false;
    if (!index_parse(&bytes, out) || !hashes_parse(&bytes, &out->proof))
        return false;
    out->checkpoint = bytes;
    return tl_note_parse(&note, bytes) == TL_OK;
}

enum tl_status tl_tlog_proof_parse(struct tl_tlog_proof *out, struct tl_bytes bytes)
{
    enum tl_status status = TL_ERR_RANGE;

    memset(out, 0, sizeof *out);
    if (bytes.len <= TL_TLOG_PROOF_MAX)
        status = proof_parse(out, bytes) ? TL_OK : TL_ERR_ENCODING;
    if (status != TL_OK)
        memset(out, 0, sizeof *out);
    return status;
}

enum tl_status tl_tlog_proof_check(const struct tl_tlog_proof *proof,
                                   const struct tl_hash *leaf_hash,
                                   struct tl_checkpoint *checkpoint)
{
    struct tl_note note;
    enum tl_status status = tl_note_parse(&note, proof->checkpoint);

    *checkpoint = (struct tl_checkpoint){0};
    if (status == TL_OK)
        status = tl_checkpoint_parse(checkpoint, note.text);
    if (status == TL_OK)
        status = tl_inclusion_verify(leaf_hash, proof->index, checkpoint->size, &proof->proof,
                                     &checkpoint->root);
    if (status != TL_OK)
        *checkpoint = (struct tl_checkpoint){0};
    return status;
}
