/* An auditor's position: signed whole, and cosigned as a checkpoint. */
#include "tl/position.h"

#include "tl/check.h"
#include "tl/hash.h"

#include <string.h>

static const char domain[] = "tallystick/position/v1";

TL_DEFINE_RECORD(tl_position, TL_POSITION_FIELDS)

#define MESSAGE_BYTES (sizeof domain + TL_HASH_BYTES)
/* All fields but `seen`, and what encloses them. */
#define FIXED_BYTES 512u

/* `seen` is long and borrowed: its hash stands for it. */
static void message_of(uint8_t out[MESSAGE_BYTES], const struct tl_position *position)
{
    uint8_t bytes[FIXED_BYTES];
    struct tl_position bare = *position;
    struct tl_buf buf = tl_buf(bytes, sizeof bytes);
    struct tl_hash hash;

    tl_hash_plain(&hash, position->seen);
    bare.seen = tl_bytes(hash.b, sizeof hash.b);
    memset(&bare.sig, 0, sizeof bare.sig);
    tl_record_write(&tl_position_record, &bare, &buf);
    TL_CHECK(!buf.full);
    tl_hash_plain(&hash, tl_buf_bytes(&buf));
    memcpy(out, domain, sizeof domain);
    memcpy(out + sizeof domain, hash.b, sizeof hash.b);
}

void tl_position_write(struct tl_buf *out, struct tl_position *position,
                       const struct tl_seckey *key)
{
    uint8_t message[MESSAGE_BYTES];

    position->format = TL_POSITION_FORMAT;
    message_of(message, position);
    tl_sign(&position->sig, tl_bytes(message, sizeof message), key);
    tl_record_write(&tl_position_record, position, out);
}

static enum tl_status check(const struct tl_position *position, const struct tl_hash *chain_id,
                            const struct tl_pubkey *key)
{
    uint8_t message[MESSAGE_BYTES];

    if (position->format != TL_POSITION_FORMAT)
        return TL_ERR_ENCODING;
    if (!tl_hash_eq(&position->chain_id, chain_id))
        return TL_ERR_WRONG_CHAIN;
    message_of(message, position);
    return tl_sig_verify(&position->sig, tl_bytes(message, sizeof message), key);
}

enum tl_status tl_position_read(struct tl_position *out, struct tl_bytes bytes,
                                const struct tl_hash *chain_id, const struct tl_pubkey *key)
{
    enum tl_status status = tl_record_decode(&tl_position_record, out, bytes);

    if (status == TL_OK)
        status = check(out, chain_id, key);
    if (status != TL_OK)
        memset(out, 0, sizeof *out);
    return status;
}

void tl_position_note(struct tl_buf *out, const struct tl_position *position,
                      struct tl_bytes origin, const struct tl_note_key *witness,
                      const struct tl_seckey *key)
{
    const struct tl_checkpoint checkpoint = {origin, position->log_size, position->log_root};
    uint8_t bytes[TL_CHECKPOINT_TEXT_MAX];
    struct tl_buf text = tl_buf(bytes, sizeof bytes);
    struct tl_note note;

    tl_checkpoint_write(&text, &checkpoint);
    TL_CHECK(!text.full);
    tl_note_open(out, tl_buf_bytes(&text));
    if (tl_note_parse(&note, position->seen) == TL_OK &&
        tl_bytes_eq(note.text, tl_buf_bytes(&text)))
        tl_buf_put(out, note.lines.ptr, note.lines.len);
    tl_note_cosign(out, tl_buf_bytes(&text), witness, position->time_s, key);
}
