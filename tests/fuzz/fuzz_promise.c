/* Inclusion promises, their breaches and auditors' positions, which may come from
 * anybody: none of these may pass, and none may do harm. */
#include "fuzz.h"

#include "consortium.h"
#include "tl/check.h"
#include "tl/inclusion.h"
#include "tl/position.h"

#include <string.h>

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
    struct tl_inclusion_promise promise;
    struct tl_breach_facts facts;
    struct tl_position position;
    const char *why = NULL;
    uint32_t member;

    if (tl_promise_verify(&promise, &member, bytes, &c->genesis, &c->chain_id, &why) == TL_OK)
        TL_CHECK(member < c->count && promise.sequence != 0);
    else
        TL_CHECK(why != NULL && promise.sequence == 0);
    why = NULL;
    TL_CHECK(tl_breach_verify(&facts, bytes, &c->genesis, &c->chain_id, &why) != TL_OK);
    TL_CHECK(why != NULL && facts.promise.sequence == 0);
    TL_CHECK(tl_position_read(&position, bytes, &c->chain_id, &c->author_key[3]) != TL_OK);
    TL_CHECK(position.height == 0);
    return 0;
}

static struct tl_inclusion_promise some_promise(struct gen *gen)
{
    uint32_t by = (uint32_t)gen_below(gen, 4);
    struct tl_inclusion_promise promise = {.format = TL_PROMISE_FORMAT,
                                           .chain_id = four()->chain_id,
                                           .author = four()->author_key[gen_below(gen, 4)],
                                           .sequence = 1 + gen_below(gen, 9),
                                           .made_ms = gen_below(gen, 100000),
                                           .blocks = (uint32_t)gen_below(gen, 20)};
    struct tl_member member;

    TL_CHECK(tl_genesis_member(&four()->genesis, by, &member));
    promise.member = member.log_key;
    promise.by_ms = promise.made_ms + gen_below(gen, 1000);
    tl_promise_seal(&promise, &four()->log[by]);
    return promise;
}

size_t fuzz_seed(struct gen *gen, uint8_t *out, size_t cap)
{
    static uint8_t bytes[TL_PROMISE_BYTES_MAX];
    struct tl_inclusion_promise promise = some_promise(gen);
    struct tl_position position = {.height = 3, .seen = tl_bytes_str("a note")};
    struct tl_final late;
    struct tl_buf buf = tl_buf(out, cap);
    struct tl_buf room = tl_buf(bytes, sizeof bytes);

    memset(&late, 0, sizeof late);
    tl_record_write(&tl_inclusion_promise_record, &promise, &room);
    late.header = tl_buf_bytes(&room);
    late.cert = tl_bytes("\xc0", 1);
    switch (gen_below(gen, 3)) {
    case 0:
        tl_buf_put(&buf, room.ptr, room.len);
        break;
    case 1:
        tl_breach_write(&buf, tl_buf_bytes(&room), &late, tl_buf_bytes(&room));
        break;
    default:
        tl_position_write(&buf, &position, &four()->author[gen_below(gen, 3)]);
        break;
    }
    TL_CHECK(!buf.full && !room.full);
    return buf.len;
}
