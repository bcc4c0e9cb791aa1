/* tl/note.h -- what outsiders verify: signed notes, checkpoints, tlog proofs.
 *
 * The ledger's evidence is written in the formats of the C2SP project, so that
 * an auditor can check it with tools this project did not write:
 *
 *   signed note      text ‖ "\n" ‖ lines "— <name> <base64(key id ‖ signature)>\n"
 *   verifier key     "<name>+<hex key id>+<base64(type ‖ public key)>"
 *   checkpoint       "<origin>\n<size>\n<base64 root>\n"
 *   cosignature/v1   over "cosignature/v1\ntime <s>\n" ‖ checkpoint
 *   tlog proof       "c2sp.org/tlog-proof@v1\n" ... index, hashes, checkpoint
 *
 * A key id is the first four bytes of SHA-256(name ‖ "\n" ‖ type ‖ public key): a
 * hint which key a line is by, not an identity.  Lines by unknown keys are
 * passed over; a line by a known key that does not verify spoils the note.
 * Every member signs with a log key under the ledger's own name (the origin) and
 * cosigns with a second key under "<origin>/<member id>": one key per role.
 *
 * Sources: C2SP signed-note v1.0.0, tlog-checkpoint v1.0.0, tlog-cosignature
 * v1.0.0, tlog-proof v1; Ed25519 by the rule of sign.h.  We read one spelling
 * only: canonical base64, decimal numbers without leading zeros, checkpoints
 * without extension lines.
 *
 * Pure, thread safe.  What is parsed borrows the bytes it came from. */
#ifndef TL_NOTE_H
#define TL_NOTE_H

#include "tl/merkle.h"
#include "tl/sign.h"

#define TL_NOTE_KEY_ID_BYTES 4u
#define TL_NOTE_NAME_MAX     255u
#define TL_NOTE_TEXT_MAX     4096u
#define TL_NOTE_LINES_MAX    100u
#define TL_NOTE_BYTES_MAX    65536u
#define TL_TLOG_PROOF_MAX    (TL_NOTE_BYTES_MAX + 8192u + 4u * (TL_LEAF_BYTES_MAX / 3u + 1u))
/* An upper bound for one line of ours: name, base64 of 76 bytes, the rest. */
#define TL_NOTE_LINE_BYTES_MAX (TL_NOTE_NAME_MAX + 120u)
/* An upper bound for a checkpoint text whose origin is a genesis name. */
#define TL_CHECKPOINT_TEXT_MAX 160u

enum tl_note_type {
    TL_NOTE_ED25519 = 0x01,    /* a log's signature over the text */
    TL_NOTE_COSIGNATURE = 0x04 /* a witness's, over a time and the text */
};

/* A name and a key: who signs a line, in what way. */
struct tl_note_key {
    struct tl_bytes name;
    enum tl_note_type type;
    struct tl_pubkey key;
    uint8_t id[TL_NOTE_KEY_ID_BYTES];
};

/* tl_note_key_set fills all of *out and computes its key id.  TL_ERR_RANGE: the
 * name is empty, too long, or has white space or '+' in it; or the key is not
 * one tl_pubkey_valid accepts. */
TL_MUST_USE enum tl_status tl_note_key_set(struct tl_note_key *out, struct tl_bytes name,
                                           enum tl_note_type type, const struct tl_pubkey *key);
/* tl_vkey_parse reads a verifier key.  TL_ERR_ENCODING: not one;
 * TL_ERR_RANGE: of a type we do not know, or as tl_note_key_set;
 * TL_ERR_PROOF: its key id is not the one of name and key. */
TL_MUST_USE enum tl_status tl_vkey_parse(struct tl_note_key *out, struct tl_bytes text);
void tl_vkey_write(struct tl_buf *out, const struct tl_note_key *key);

/* A note taken apart; `lines` are well formed. */
struct tl_note {
    struct tl_bytes text;  /* with its final newline: what is signed */
    struct tl_bytes lines; /* signature lines */
    uint32_t count;        /* how many */
};
/* tl_note_parse checks the form of text and lines.  TL_ERR_ENCODING;
 * TL_ERR_RANGE: beyond a limit above. */
TL_MUST_USE enum tl_status tl_note_parse(struct tl_note *note, struct tl_bytes bytes);
/* tl_note_verify looks for lines by `key` and holds each to it.  *time_s is the
 * time of a cosignature (Unix seconds, of the first line), else 0.
 * TL_ERR_NOT_FOUND: no line by that key; TL_ERR_SIGNATURE: one does not verify
 * and the note must be rejected. */
TL_MUST_USE enum tl_status tl_note_verify(const struct tl_note *note, const struct tl_note_key *key,
                                          uint64_t *time_s);

/* Writing: tl_note_open puts text and the empty line, then each signature is a
 * line at the end.  `text` must be of the form tl_note_parse accepts. */
void tl_note_open(struct tl_buf *out, struct tl_bytes text);
void tl_note_sign(struct tl_buf *out, struct tl_bytes text, const struct tl_note_key *key,
                  const struct tl_seckey *secret);
/* The caller must never cosign a tree that is smaller than, or inconsistent
 * with, one it cosigned before. */
void tl_note_cosign(struct tl_buf *out, struct tl_bytes text, const struct tl_note_key *key,
                    uint64_t time_s, const struct tl_seckey *secret);
/* tl_note_add appends a line made elsewhere: key id ‖ time ‖ signature, or key
 * id ‖ signature, as another member sent it (longer than a key id). */
void tl_note_add(struct tl_buf *out, struct tl_bytes name, struct tl_bytes payload);

struct tl_checkpoint {
    struct tl_bytes origin;
    uint64_t size;
    struct tl_hash root;
};
void tl_checkpoint_write(struct tl_buf *out, const struct tl_checkpoint *checkpoint);
TL_MUST_USE enum tl_status tl_checkpoint_parse(struct tl_checkpoint *out, struct tl_bytes text);

struct tl_tlog_proof {
    struct tl_bytes extra; /* as base64 text; empty: no extra line */
    uint64_t index;
    struct tl_proof proof;
    struct tl_bytes checkpoint; /* a signed note */
};
void tl_tlog_proof_write(struct tl_buf *out, const struct tl_tlog_proof *proof);
TL_MUST_USE enum tl_status tl_tlog_proof_parse(struct tl_tlog_proof *out, struct tl_bytes bytes);
/* tl_tlog_proof_check holds a leaf to the checkpoint inside the proof and gives
 * that; who signed the checkpoint is the caller's to verify. */
TL_MUST_USE enum tl_status tl_tlog_proof_check(const struct tl_tlog_proof *proof,
                                               const struct tl_hash *leaf_hash,
                                               struct tl_checkpoint *checkpoint);

#endif
