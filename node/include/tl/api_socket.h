/* tl/api_socket.h -- where clients come in.
 *
 * One nng REP socket listens on ipc:// (file mode 0600: the account that runs
 * the node) and, where configured, on tls+tcp:// with the certificate that the
 * genesis file pins for this member.  Whoever connects may only ask; what the
 * question is worth is decided by its signature (api.h).
 *
 * Many conversations are open at once, so that a client can wait for finality
 * without keeping another from asking.  A request arrives as mail with the
 * number of its conversation; tl_api_answer ends it, exactly once.  A request
 * that finds the clients' share of the mailbox used up is answered with
 * TL_ERR_FULL at once, without the loop.
 *
 * Threads: tl_api_answer belongs to the loop. */
#ifndef TL_API_SOCKET_H
#define TL_API_SOCKET_H

#include "tl/api.h"
#include "tl/mailbox.h"
#include "tl/tlscert.h"
#include "tl/why.h"

/* Clients that may wait at once. */
#define TL_API_CONVERSATIONS 256u
/* The longest request: an envelope and its frame. */
#define TL_API_REQUEST_MAX (TL_ENVELOPE_BYTES_MAX + 4096u)
/* A full queue is worth another try after so long. */
#define TL_API_RETRY_MS 50u

struct tl_api_socket;

struct tl_api_socket_plan {
    const char *local;  /* path of the control socket */
    const char *remote; /* host:port, or NULL: only local clients */
    const struct tl_tls_identity *identity;
    struct tl_mailbox *mailbox;
};

TL_MUST_USE enum tl_status tl_api_socket_open(struct tl_api_socket **out,
                                              const struct tl_api_socket_plan *plan,
                                              struct tl_why *why);
void tl_api_socket_close(struct tl_api_socket *api);
/* tl_api_answer sends the reply of a conversation and opens it for the next. */
void tl_api_answer(struct tl_api_socket *api, uint64_t conversation, struct tl_bytes reply);

#endif
