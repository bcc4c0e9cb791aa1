/* Receipts, which may come from anybody: none of these may pass, and none may
 * do harm.  Well-formed nonsense is mended to come from the right ledger. */
#include "fuzz.h"

#include "consortium.h"
#include "tl/check.h"
#include "tl/receipt.h"

static const struct consortium *four(void)
{
    static struct consortium c;

    if (c.count == 0)
        consortium_init(&c, 4);
    return &c;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    const struct consortium *c = four();
    struct tl_bytes bytes = tl_bytes(data, size);
    struct tl_receipt_facts facts;
    const char *why = NULL;

    TL_CHECK(tl_receipt_verify(&facts, bytes, &c->genesis, &c->chain_id, &why) != TL_OK);
    TL_CHECK(why != NULL);
    why = NULL;
    TL_CHECK(tl_state_receipt_verify(&facts, bytes, &c->genesis, &c->chain_id, &why) != TL_OK);
    TL_CHECK(why != NULL);
    return 0;
}

static struct tl_final some_final(struct gen *gen)
{
    static uint8_t header_bytes[1024];
    static uint8_t cert_bytes[4096];
    static uint8_t sigs[TL_MEMBERS_MAX * TL_SIG_BYTES];
    struct tl_buf head = tl_buf(header_bytes, sizeof header_bytes);
    struct tl_buf cert_out = tl_buf(cert_bytes, sizeof cert_bytes);
    struct tl_header header = {.chain_id = four()->chain_id, .view = 3, .height = 2};
    struct tl_final final = {.leader_sig = {{0}}};
    struct tl_cert cert;
    struct tl_hash hash;

    header.log_size = gen_below(gen, 8);
    gen_bytes(gen, header.log_root.b, sizeof header.log_root.b);
    tl_header_encode(&head, &header);
    tl_header_hash(&hash, tl_buf_bytes(&head));
    tl_proposal_sign(&final.leader_sig, &hash, &four()->consensus[gen_below(gen, 4)]);
    cert = consortium_cert(four(), 7, TL_VOTE_FINALIZE, 3, &hash, sigs);
    tl_record_write(&tl_cert_record, &cert, &cert_out);
    final.header = tl_buf_bytes(&head);
    final.cert = tl_buf_bytes(&cert_out);
    return final;
}

size_t fuzz_seed(struct gen *gen, uint8_t *out, size_t cap)
{
    static uint8_t list_bytes[16384];
    static uint8_t leaf[64];
    struct tl_buf list = tl_buf(list_bytes, sizeof list_bytes);
    struct tl_buf buf = tl_buf(out, cap);
    struct tl_final final = some_final(gen);
    struct tl_receipt receipt = {.format = TL_RECEIPT_FORMAT, .chain_id = four()->chain_id};
    struct tl_state_receipt state = {.format = TL_RECEIPT_FORMAT, .chain_id = four()->chain_id};

    gen_bytes(gen, leaf, sizeof leaf);
    receipt.index = gen_below(gen, 8);
    receipt.leaf = tl_bytes(leaf, sizeof leaf);
    receipt.path = tl_bytes(leaf, TL_HASH_BYTES * gen_below(gen, 3));
    state.key = tl_bytes(leaf, 20);
    state.bits = 8;
    state.path = receipt.path;
    tl_list_add(&receipt.final, &list, &tl_final_record, &final);
    state.final = receipt.final;
    if (gen_below(gen, 2) == 0)
        tl_record_write(&tl_receipt_record, &receipt, &buf);
    else
        tl_record_write(&tl_state_receipt_record, &state, &buf);
    TL_CHECK(!list.full && !buf.full);
    return buf.len;
}
