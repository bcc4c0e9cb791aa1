/* connect.h -- a client out of a command's options: --node, --genesis, --key. */
#ifndef TL_CONNECT_H
#define TL_CONNECT_H

#include "client.h"
#include "opt.h"

struct tl_connection {
    struct tl_genesis_file genesis;
    struct tl_keyfile key;
    struct tl_client *client;
};

/* tl_connect opens what the options name; says why on failure. */
TL_MUST_USE enum tl_status tl_connect(struct tl_connection *connection, const struct tl_args *args);
void tl_disconnect(struct tl_connection *connection);

/* tl_ask is tl_client_call that says why on failure: "cannot WHAT: ...". */
TL_MUST_USE enum tl_status tl_ask(struct tl_client *client, const char *what,
                                  const struct tl_exchange *exchange);

#endif
