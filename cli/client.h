/* client.h -- one socket to a node: signed questions, many at a time.
 *
 * The only file of tally that speaks nng.  A client has slots; each carries one
 * request at a time, so that several may be under way on one connection.
 * Requests are signed by the caller's writing key and bound to the ledger and
 * to one member (api.h).  Over tls+tcp:// the node must show exactly the
 * certificate the genesis file has for that member.
 *
 * A reply borrows the slot until its next request.  Everything here may be asked
 * again: reading changes nothing, and an envelope sent twice is recorded once.
 * tl_client_call asks again by itself while the node is busy, the connection is
 * lost or nobody answers, until the timeout.  One thread per client.
 * Failure: TL_ERR_UNREACHABLE, TL_ERR_TIMEOUT, or what the node answered, with
 * its sentence in *why. */
#ifndef TL_CLIENT_H
#define TL_CLIENT_H

#include "tl/api.h"
#include "tl/keyfile.h"
#include "tl/why.h"

#include "genesis_file.h"

#define TL_CLIENT_SLOTS 16u

struct tl_client;

struct tl_client_config {
    const char *address; /* ipc:///path or tls+tcp://host:port */
    const char *member;  /* the member asked; NULL: the one the key belongs to */
    const struct tl_genesis_file *genesis;
    const struct tl_keyfile *key;
    uint32_t timeout_ms;
};

/* What is passed in must outlive the client. */
TL_MUST_USE enum tl_status tl_client_open(struct tl_client **out,
                                          const struct tl_client_config *config,
                                          struct tl_why *why);
/* tl_client_place is the place of the key's member among the members; asks the node
 * when the genesis file does not know the key. */
TL_MUST_USE enum tl_status tl_client_place(struct tl_client *client, uint32_t *place,
                                           struct tl_why *why);
void tl_client_close(struct tl_client *client);
const struct tl_client_config *tl_client_config(const struct tl_client *client);

/* tl_client_start sends a request on a free slot; tl_client_finish waits for its
 * answer and gives the reply's body.  `retry_ms` tells how long a busy node asks
 * to be left alone. */
struct tl_answer {
    enum tl_status status;
    uint32_t retry_ms;
    struct tl_bytes body;
};
TL_MUST_USE enum tl_status tl_client_start(struct tl_client *client, uint32_t slot,
                                           enum tl_method method, struct tl_bytes body);
struct tl_answer tl_client_finish(struct tl_client *client, uint32_t slot, struct tl_why *why);

/* tl_client_call asks and waits: `question` is a struct of `asks` (NULL: no
 * body), `answer` one of `gives` (NULL: no body).  Uses slot 0. */
struct tl_exchange {
    enum tl_method method;
    const struct tl_record *asks;
    const void *question;
    const struct tl_record *gives;
    void *answer;
};
TL_MUST_USE enum tl_status tl_client_call(struct tl_client *client,
                                          const struct tl_exchange *exchange, struct tl_why *why);

#endif
