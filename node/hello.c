#include "hello.h"

#include "tl/check.h"
#include "tl/clock.h"
#include "tl/hash.h"

#include <string.h>

#define HELLO_DOMAIN "tallystick/hello/v1"

TL_DEFINE_RECORD(tl_hello, TL_HELLO_FIELDS)

static void hello_message(struct tl_hash *out, const struct tl_hello *hello)
{
    struct tl_hello unsigned_hello = *hello;
    uint8_t bytes[TL_HELLO_BYTES];
    struct tl_buf buf = tl_buf(bytes, sizeof bytes);

    memset(&unsigned_hello.sig, 0, sizeof unsigned_hello.sig);
    tl_record_write(&tl_hello_record, &unsigned_hello, &buf);
    TL_CHECK(!buf.full);
    tl_hash_domain(out, HELLO_DOMAIN, tl_buf_bytes(&buf));
}

enum tl_status tl_hello_write(const struct tl_net_plan *plan, uint32_t to, struct tl_buf *out)
{
    struct tl_hello hello = {.chain_id = plan->chain_id,
                             .version = TL_WIRE_VERSION,
                             .from = (uint8_t)plan->self,
                             .to = (uint8_t)to,
                             .time_ms = tl_clock_wall_ms()};
    struct tl_hash message;
    enum tl_status st;

    hello_message(&message, &hello);
    st = plan->sign(plan->host, tl_bytes(message.b, sizeof message.b), &hello.sig);
    if (st == TL_OK)
        tl_record_write(&tl_hello_record, &hello, out);
    return st;
}

bool tl_hello_read(const struct tl_net_plan *plan, const struct tl_voters *voters,
                   struct tl_bytes body, uint32_t *member)
{
    struct tl_hello hello;
    struct tl_hash message;

    if (tl_record_decode(&tl_hello_record, &hello, body) != TL_OK)
        return false;
    if (!tl_hash_eq(&hello.chain_id, &plan->chain_id) || hello.version != TL_WIRE_VERSION)
        return false;
    if (hello.to != plan->self || hello.from == hello.to || hello.from >= voters->count)
        return false;
    hello_message(&message, &hello);
    if (tl_sig_verify(&hello.sig, tl_bytes(message.b, sizeof message.b),
                      &voters->key[hello.from]) != TL_OK)
        return false;
    *member = hello.from;
    return true;
}
