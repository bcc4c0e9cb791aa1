/* Signed notes, verifier keys, checkpoints and tlog proofs. */
#include "fuzz.h"

#include "tl/check.h"
#include "tl/note.h"

#include <string.h>

static uint8_t out_bytes[FUZZ_BYTES_MAX];

static const uint8_t seed[TL_SEED_BYTES] = {42};

static struct tl_note_key some_key(enum tl_note_type type, struct tl_seckey *secret)
{
    struct tl_note_key key;
    struct tl_pubkey pub;

    tl_keypair(&pub, secret, seed);
    TL_CHECK(tl_note_key_set(&key, tl_bytes_str("ledger.example"), type, &pub) == TL_OK);
    return key;
}

static void check_note(struct tl_bytes bytes)
{
    struct tl_seckey secret;
    struct tl_note_key key = some_key(TL_NOTE_COSIGNATURE, &secret);
    struct tl_buf out = tl_buf(out_bytes, sizeof out_bytes);
    struct tl_note note;
    uint64_t time_s;

    if (tl_note_parse(&note, bytes) != TL_OK)
        return;
    TL_CHECK(tl_note_verify(&note, &key, &time_s) != TL_ERR_ENCODING);
    tl_note_open(&out, note.text);
    tl_buf_put(&out, note.lines.ptr, note.lines.len);
    fuzz_same(&out, bytes);
}

static void check_checkpoint(struct tl_bytes bytes)
{
    struct tl_buf out = tl_buf(out_bytes, sizeof out_bytes);
    struct tl_checkpoint checkpoint;

    if (tl_checkpoint_parse(&checkpoint, bytes) != TL_OK)
        return;
    tl_checkpoint_write(&out, &checkpoint);
    fuzz_same(&out, bytes);
}

static void check_vkey(struct tl_bytes bytes)
{
    struct tl_buf out = tl_buf(out_bytes, sizeof out_bytes);
    struct tl_note_key key;

    if (tl_vkey_parse(&key, bytes) != TL_OK)
        return;
    tl_vkey_write(&out, &key);
    fuzz_same(&out, bytes);
}

static void check_tlog_proof(struct tl_bytes bytes)
{
    struct tl_buf out = tl_buf(out_bytes, sizeof out_bytes);
    struct tl_tlog_proof proof;
    struct tl_checkpoint checkpoint;
    struct tl_hash leaf = {{1}};

    if (tl_tlog_proof_parse(&proof, bytes) != TL_OK)
        return;
    TL_CHECK(tl_tlog_proof_check(&proof, &leaf, &checkpoint) != TL_OK);
    tl_tlog_proof_write(&out, &proof);
    fuzz_same(&out, bytes);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct tl_bytes bytes = tl_bytes(data, size);

    check_note(bytes);
    check_checkpoint(bytes);
    check_vkey(bytes);
    check_tlog_proof(bytes);
    return 0;
}

static void put_note(struct gen *gen, struct tl_buf *out)
{
    uint8_t text_bytes[TL_CHECKPOINT_TEXT_MAX];
    struct tl_buf text = tl_buf(text_bytes, sizeof text_bytes);
    struct tl_checkpoint checkpoint = {tl_bytes_str("ledger.example"), gen_below(gen, 1000), {{0}}};
    struct tl_seckey secret;
    struct tl_note_key log = some_key(TL_NOTE_ED25519, &secret);
    struct tl_note_key cosigner = some_key(TL_NOTE_COSIGNATURE, &secret);

    gen_bytes(gen, checkpoint.root.b, sizeof checkpoint.root.b);
    tl_checkpoint_write(&text, &checkpoint);
    tl_note_open(out, tl_buf_bytes(&text));
    tl_note_sign(out, tl_buf_bytes(&text), &log, &secret);
    tl_note_cosign(out, tl_buf_bytes(&text), &cosigner, gen_below(gen, 100000), &secret);
}

size_t fuzz_seed(struct gen *gen, uint8_t *out, size_t cap)
{
    struct tl_buf buf = tl_buf(out, cap);
    uint8_t note_bytes[2048];
    struct tl_buf note = tl_buf(note_bytes, sizeof note_bytes);
    struct tl_tlog_proof proof;
    struct tl_seckey secret;
    struct tl_note_key key = some_key(TL_NOTE_ED25519, &secret);

    put_note(gen, &note);
    switch (gen_below(gen, 3)) {
    case 0:
        tl_vkey_write(&buf, &key);
        break;
    case 1:
        tl_buf_put(&buf, note.ptr, note.len);
        break;
    default:
        memset(&proof, 0, sizeof proof);
        proof.index = gen_below(gen, 100);
        proof.proof.count = (uint32_t)gen_below(gen, 8);
        proof.checkpoint = tl_buf_bytes(&note);
        tl_tlog_proof_write(&buf, &proof);
        break;
    }
    TL_CHECK(!buf.full && !note.full);
    return buf.len;
}
