/* Blocks.  The roots a fuzzer cannot guess are mended and tried again. */
#include "fuzz.h"

#include "tl/block.h"
#include "tl/check.h"

#include <string.h>

static uint8_t out_bytes[FUZZ_BYTES_MAX];

static void check_block(struct tl_bytes bytes)
{
    static struct tl_voters voters;
    struct tl_buf out = tl_buf(out_bytes, sizeof out_bytes);
    struct tl_block_parts parts;

    if (tl_block_decode(&parts, bytes) != TL_OK) {
        TL_CHECK(parts.block.header.len == 0);
        return;
    }
    voters.chain_id = parts.header.chain_id;
    voters.epoch = parts.header.epoch;
    voters.count = 4;
    voters.quorum = 1;
    TL_CHECK(tl_just_verify(&parts.just, &parts.header, &voters) != TL_ERR_ENCODING);
    tl_record_write(&tl_block_record, &parts.block, &out);
    fuzz_same(&out, bytes);
}

static void check_mended(struct tl_block *block, struct tl_header *header)
{
    static uint8_t mended[FUZZ_BYTES_MAX];
    uint8_t header_bytes[1024];
    struct tl_buf head = tl_buf(header_bytes, sizeof header_bytes);
    struct tl_buf out = tl_buf(mended, sizeof mended);

    tl_body_root(&header->body_root, &block->envelopes);
    tl_just_root(&header->just_root, block->justification);
    tl_header_encode(&head, header);
    block->header = tl_buf_bytes(&head);
    tl_record_write(&tl_block_record, block, &out);
    if (!head.full && !out.full)
        check_block(tl_buf_bytes(&out));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct tl_block block;
    struct tl_header header;

    if (size > FUZZ_BYTES_MAX / 2)
        return 0;
    check_block(tl_bytes(data, size));
    if (tl_record_decode(&tl_block_record, &block, tl_bytes(data, size)) != TL_OK)
        return 0;
    if (tl_header_decode(&header, block.header) == TL_OK)
        check_mended(&block, &header);
    return 0;
}

size_t fuzz_seed(struct gen *gen, uint8_t *out, size_t cap)
{
    static uint8_t header[1024];
    static uint8_t just[65536];
    static uint8_t list[65536];
    struct tl_block block = {0};
    struct tl_buf envelopes = tl_buf(list, sizeof list);
    struct tl_buf buf = tl_buf(out, cap);

    block.header = tl_bytes(header, fuzz_record(gen, &tl_header_record, header, sizeof header));
    block.justification =
        tl_bytes(just, fuzz_record(gen, &tl_justification_record, just, sizeof just));
    for (uint64_t i = gen_below(gen, 3); i > 0; i--) {
        static uint8_t bytes[16384];
        struct tl_envelope_bytes element;

        element.bytes = tl_bytes(bytes, fuzz_record(gen, &tl_envelope_record, bytes, sizeof bytes));
        tl_list_add(&block.envelopes, &envelopes, &tl_envelope_bytes_record, &element);
    }
    tl_record_write(&tl_block_record, &block, &buf);
    TL_CHECK(!envelopes.full && !buf.full);
    return buf.len;
}
