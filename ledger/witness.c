/* add-checkpoint: the request, and the witness's judgement.  See witness.h. */
#include "tl/witness.h"

#include "lines.h"
#include "tl/base64.h"
#include "tl/check.h"

#include <string.h>

void tl_add_checkpoint_write(struct tl_buf *out, const struct tl_add_checkpoint *request)
{
    TL_CHECK(request->proof.count <= TL_WITNESS_HASHES_MAX);
    tl_put_text(out, "old ");
    tl_put_decimal(out, request->old_size);
    tl_put_text(out, "\n");
    for (uint32_t i = 0; i < request->proof.count; i++) {
        tl_base64_write(out, tl_bytes(request->proof.hash[i].b, TL_HASH_BYTES));
        tl_put_text(out, "\n");
    }
    tl_put_text(out, "\n");
    tl_buf_put(out, request->checkpoint.ptr, request->checkpoint.len);
}

static bool parse(struct tl_add_checkpoint *out, struct tl_bytes body)
{
    struct tl_bytes line;

    if (!tl_line_take(&body, &line) || !tl_word_take(&line, "old ") ||
        !tl_line_u64(line, &out->old_size))
        return false;
    while (tl_line_take(&body, &line) && line.len != 0) {
        if (out->proof.count == TL_WITNESS_HASHES_MAX ||
            !tl_line_hash(line, &out->proof.hash[out->proof.count]))
            return false;
        out->proof.count++;
    }
    out->checkpoint = body;
    return body.len != 0 && line.len == 0;
}

enum tl_status tl_add_checkpoint_parse(struct tl_add_checkpoint *out, struct tl_bytes body)
{
    memset(out, 0, sizeof *out);
    if (body.len <= TL_WITNESS_BYTES_MAX && parse(out, body))
        return TL_OK;
    memset(out, 0, sizeof *out);
    return TL_ERR_ENCODING;
}

static bool signed_by_log(const struct tl_witness_log *log, const struct tl_note *note)
{
    bool found = false;

    for (size_t i = 0; i < log->key_count; i++) {
        uint64_t time_s;
        enum tl_status status = tl_note_verify(note, &log->keys[i], &time_s);

        if (status == TL_ERR_SIGNATURE)
            return false;
        found = found || status == TL_OK;
    }
    return found;
}

/* The first tree may be any; from then on each continues the one before. */
static enum tl_witness_code judge_growth(const struct tl_witness_log *log,
                                         const struct tl_add_checkpoint *request,
                                         const struct tl_checkpoint *next)
{
    if (request->old_size > next->size)
        return TL_WITNESS_BAD_REQUEST;
    if (request->old_size != log->size)
        return TL_WITNESS_CONFLICT;
    if (log->size == 0)
        return request->proof.count == 0 ? TL_WITNESS_OK : TL_WITNESS_UNPROCESSABLE;
    if (log->size == next->size && !tl_hash_eq(&log->root, &next->root))
        return TL_WITNESS_CONFLICT;
    return tl_consistency_verify(log->size, next->size, &request->proof, &log->root, &next->root) ==
                   TL_OK
               ? TL_WITNESS_OK
               : TL_WITNESS_UNPROCESSABLE;
}

static enum tl_witness_code judge(struct tl_witness_answer *answer,
                                  const struct tl_witness_log *logs, size_t count,
                                  struct tl_bytes body)
{
    struct tl_add_checkpoint request;
    struct tl_checkpoint *next = &answer->checkpoint;
    struct tl_note note;

    if (tl_add_checkpoint_parse(&request, body) != TL_OK)
        return TL_WITNESS_BAD_REQUEST;
    if (tl_note_parse(&note, request.checkpoint) != TL_OK)
        return TL_WITNESS_FORBIDDEN;
    if (tl_checkpoint_parse(next, note.text) != TL_OK)
        return TL_WITNESS_BAD_REQUEST;
    answer->text = note.text;
    while (answer->log < count && !tl_bytes_eq(logs[answer->log].origin, next->origin))
        answer->log++;
    if (answer->log == count)
        return TL_WITNESS_NOT_FOUND;
    answer->size = logs[answer->log].size;
    if (!signed_by_log(&logs[answer->log], &note))
        return TL_WITNESS_FORBIDDEN;
    return judge_growth(&logs[answer->log], &request, next);
}

void tl_witness_judge(struct tl_witness_answer *answer, const struct tl_witness_log *logs,
                      size_t count, struct tl_bytes body)
{
    memset(answer, 0, sizeof *answer);
    answer->code = judge(answer, logs, count, body);
    if (answer->code != TL_WITNESS_OK) {
        answer->checkpoint = (struct tl_checkpoint){0};
        answer->text = TL_BYTES_NONE;
    }
}

void tl_witness_refusal(struct tl_buf *out, const struct tl_witness_answer *answer)
{
    const char *text = "";

    switch (answer->code) {
    case TL_WITNESS_OK:
        break;
    case TL_WITNESS_BAD_REQUEST:
        text = "malformed request";
        break;
    case TL_WITNESS_FORBIDDEN:
        text = "no valid signature of the log";
        break;
    case TL_WITNESS_NOT_FOUND:
        text = "unknown log";
        break;
    case TL_WITNESS_CONFLICT:
        tl_put_decimal(out, answer->size);
        break;
    case TL_WITNESS_UNPROCESSABLE:
        text = "consistency proof does not verify";
        break;
    }
    TL_CHECK(answer->code != TL_WITNESS_OK);
    tl_put_text(out, text);
    tl_put_text(out, "\n");
}
