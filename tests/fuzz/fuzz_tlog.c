/* What witnesses and auditors are handed: add-checkpoint requests, policies, bundles
 * of leaves.  A witness whose memory is ahead of every request must cosign none. */
#include "fuzz.h"

#include "consortium.h"
#include "tl/check.h"
#include "tl/tiles.h"
#include "tl/tlog_policy.h"
#include "tl/witness.h"

#include <string.h>

static uint8_t out_bytes[FUZZ_BYTES_MAX];

static const struct consortium *four(void)
{
    static struct consortium c;

    if (c.count == 0)
        consortium_init(&c, 4);
    return &c;
}

static struct tl_note_key log_key(void)
{
    struct tl_note_key key;
    struct tl_member member;

    TL_CHECK(tl_genesis_member(&four()->genesis, 0, &member));
    TL_CHECK(tl_note_key_set(&key, four()->genesis.name, TL_NOTE_ED25519, &member.log_key) ==
             TL_OK);
    return key;
}

static void check_request(struct tl_bytes bytes)
{
    struct tl_note_key key = log_key();
    const struct tl_witness_log log = {four()->genesis.name, &key, 1, UINT64_MAX, {{1}}};
    struct tl_buf out = tl_buf(out_bytes, sizeof out_bytes);
    struct tl_witness_answer answer;
    struct tl_add_checkpoint request;

    tl_witness_judge(&answer, &log, 1, bytes);
    TL_CHECK(answer.code != TL_WITNESS_OK && answer.text.len == 0);
    tl_witness_refusal(&out, &answer);
    TL_CHECK(!out.full && out.len > 1);
    if (tl_add_checkpoint_parse(&request, bytes) != TL_OK)
        return;
    out.len = 0;
    tl_add_checkpoint_write(&out, &request);
    fuzz_same(&out, bytes);
}

/* A policy that is read must be able to judge, whatever it says. */
static void check_policy(struct tl_bytes bytes)
{
    static const char note[] = "x\n1\nAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=\n\n"
                               "\xe2\x80\x94 x AAAAAAA=\n";
    static struct tl_tlog_policy policy;
    struct tl_tlog_verdict verdict;
    const char *why = NULL;
    uint32_t line = 0;

    if (tl_tlog_policy_parse(&policy, bytes, &line, &why) != TL_OK) {
        TL_CHECK(why != NULL && policy.names == 0);
        return;
    }
    TL_CHECK(policy.logs <= TL_TLOG_LOGS_MAX && policy.names <= TL_TLOG_NAMES_MAX);
    TL_CHECK(tl_tlog_policy_check(&policy, tl_bytes_str(note), &verdict) != TL_OK);
}

static void check_bundle(struct tl_bytes bytes)
{
    struct tl_buf out = tl_buf(out_bytes, sizeof out_bytes);
    struct tl_bytes left = bytes;
    struct tl_bytes leaf;

    while (tl_bundle_next(&left, &leaf)) {
        uint8_t len[2];

        TL_CHECK(leaf.len <= TL_LEAF_BYTES_MAX);
        tl_put_u16be(len, (uint16_t)leaf.len);
        tl_buf_put(&out, len, sizeof len);
        tl_buf_put(&out, leaf.ptr, leaf.len);
    }
    fuzz_same(&out, tl_bytes(bytes.ptr, bytes.len - left.len));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct tl_bytes bytes = tl_bytes(data, size);

    if (size > FUZZ_BYTES_MAX)
        return 0;
    check_request(bytes);
    check_policy(bytes);
    check_bundle(bytes);
    return 0;
}

static void put_request(struct gen *gen, struct tl_buf *out)
{
    struct tl_checkpoint checkpoint = {four()->genesis.name, gen_below(gen, 1000), {{0}}};
    uint8_t text_bytes[TL_CHECKPOINT_TEXT_MAX];
    uint8_t note_bytes[2048];
    struct tl_buf text = tl_buf(text_bytes, sizeof text_bytes);
    struct tl_buf note = tl_buf(note_bytes, sizeof note_bytes);
    struct tl_note_key key = log_key();
    struct tl_add_checkpoint request;

    memset(&request, 0, sizeof request);
    gen_bytes(gen, checkpoint.root.b, sizeof checkpoint.root.b);
    tl_checkpoint_write(&text, &checkpoint);
    tl_note_open(&note, tl_buf_bytes(&text));
    tl_note_sign(&note, tl_buf_bytes(&text), &key, &four()->log[0]);
    request.old_size = gen_below(gen, 1000);
    request.proof.count = (uint32_t)gen_below(gen, TL_WITNESS_HASHES_MAX + 1);
    request.checkpoint = tl_buf_bytes(&note);
    TL_CHECK(!note.full);
    tl_add_checkpoint_write(out, &request);
}

size_t fuzz_seed(struct gen *gen, uint8_t *out, size_t cap)
{
    struct tl_buf buf = tl_buf(out, cap);
    uint8_t leaf[300];

    switch (gen_below(gen, 3)) {
    case 0:
        put_request(gen, &buf);
        break;
    case 1:
        tl_tlog_policy_write(&buf, &four()->genesis);
        break;
    default:
        for (uint64_t i = gen_below(gen, 8); i > 0; i--) {
            uint16_t len = (uint16_t)gen_below(gen, sizeof leaf);

            tl_put_u16be(leaf, len);
            gen_bytes(gen, leaf + 2, sizeof leaf - 2);
            tl_buf_put(&buf, leaf, 2u + (len < sizeof leaf - 2 ? len : 0u));
        }
        break;
    }
    TL_CHECK(!buf.full);
    return buf.len;
}
