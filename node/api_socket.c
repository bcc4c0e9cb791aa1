/* nng's REP socket with one context per conversation. */
#include "tl/api_socket.h"
#include "hangup.h"
#include "tl/check.h"
#include "tl/logline.h"

#include <nng/nng.h>
#include <nng/protocol/reqrep0/rep.h>
#include <nng/supplemental/tls/tls.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum talk_state { TALK_HEARING, TALK_THINKING, TALK_ANSWERING };

struct talk {
    struct tl_api_socket *api;
    uint32_t number;
    enum talk_state state; /* changed by whoever holds the conversation */
    nng_ctx ctx;
    nng_aio *aio;
};

struct tl_api_socket {
    struct tl_mailbox *mailbox;
    nng_socket socket;
    bool open;
    nng_tls_config *tls;
    uint32_t talks;
    struct talk talk[TL_API_CONVERSATIONS];
};

static void hear(struct talk *talk)
{
    talk->state = TALK_HEARING;
    nng_ctx_recv(talk->ctx, talk->aio);
}

static void answer(struct talk *talk, struct tl_bytes reply)
{
    nng_msg *msg;

    talk->state = TALK_ANSWERING;
    if (nng_msg_alloc(&msg, 0) != 0 || nng_msg_append(msg, reply.ptr, reply.len) != 0) {
        /* The client's own timeout tells it. */
        hear(talk);
        return;
    }
    nng_aio_set_msg(talk->aio, msg);
    nng_ctx_send(talk->ctx, talk->aio);
}

static void answer_full(struct talk *talk)
{
    struct tl_reply reply = {.status = TL_ERR_FULL, .retry_ms = TL_API_RETRY_MS};
    uint8_t bytes[TL_API_REASON_MAX];
    struct tl_buf buf = tl_buf(bytes, sizeof bytes);

    reply.reason = tl_bytes_str("the node has more requests waiting than it can hold; try again");
    tl_reply_write(&buf, &reply);
    answer(talk, tl_buf_bytes(&buf));
}

static void heard(struct talk *talk, nng_msg *msg)
{
    struct tl_mail *mail = tl_mail_new(TL_MAIL_REQUEST, TL_MAIL_CLIENTS,
                                       tl_bytes(nng_msg_body(msg), nng_msg_len(msg)));

    nng_msg_free(msg);
    /* From the post on the conversation is the loop's. */
    talk->state = TALK_THINKING;
    if (mail != NULL) {
        mail->number = talk->number;
        if (tl_mailbox_post(talk->api->mailbox, mail))
            return;
        tl_mail_free(mail);
    }
    answer_full(talk);
}

static void on_event(void *arg)
{
    struct talk *talk = arg;
    int rv = nng_aio_result(talk->aio);

    if (rv == NNG_ECLOSED || rv == NNG_ECANCELED)
        return;
    if (talk->state == TALK_HEARING && rv == 0) {
        nng_msg *msg = nng_aio_get_msg(talk->aio);

        nng_aio_set_msg(talk->aio, NULL);
        heard(talk, msg);
        return;
    }
    if (talk->state == TALK_ANSWERING && rv != 0) {
        nng_msg *msg = nng_aio_get_msg(talk->aio);

        if (msg != NULL)
            nng_msg_free(msg);
        nng_aio_set_msg(talk->aio, NULL);
    }
    hear(talk);
}

void tl_api_answer(struct tl_api_socket *api, uint64_t conversation, struct tl_bytes reply)
{
    TL_CHECK(conversation < api->talks);
    TL_CHECK(api->talk[conversation].state == TALK_THINKING);
    answer(&api->talk[conversation], reply);
}

static int listen_local(struct tl_api_socket *api, const char *path)
{
    nng_listener listener;
    char url[1100];
    int rv;

    /* A socket file left by a crash; the data directory's lock says that nobody
     * else is using it. */
    (void)unlink(path);
    (void)snprintf(url, sizeof url, "ipc://%s", path);
    rv = nng_listener_create(&listener, api->socket, url);
    if (rv == 0)
        rv = nng_listener_set_int(listener, NNG_OPT_IPC_PERMISSIONS, 0600);
    if (rv == 0)
        rv = nng_listener_set_size(listener, NNG_OPT_RECVMAXSZ, TL_API_REQUEST_MAX);
    return rv == 0 ? nng_listener_start(listener, 0) : rv;
}

static int listen_remote(struct tl_api_socket *api, const struct tl_api_socket_plan *plan)
{
    nng_listener listener;
    char url[TL_ADDRESS_MAX + 16];
    int rv = nng_tls_config_alloc(&api->tls, NNG_TLS_MODE_SERVER);

    (void)snprintf(url, sizeof url, "tls+tcp://%s", plan->remote);
    if (rv == 0)
        rv = nng_tls_config_own_cert(api->tls, plan->identity->cert_pem, plan->identity->key_pem,
                                     NULL);
    if (rv == 0)
        rv = nng_listener_create(&listener, api->socket, url);
    if (rv == 0)
        rv = nng_listener_set_ptr(listener, NNG_OPT_TLS_CONFIG, api->tls);
    if (rv == 0)
        rv = nng_listener_set_size(listener, NNG_OPT_RECVMAXSZ, TL_API_REQUEST_MAX);
    return rv == 0 ? nng_listener_start(listener, 0) : rv;
}

static int open_talks(struct tl_api_socket *api)
{
    for (uint32_t i = 0; i < TL_API_CONVERSATIONS; i++) {
        struct talk *talk = &api->talk[i];
        int rv;

        talk->api = api;
        talk->number = i;
        rv = nng_ctx_open(&talk->ctx, api->socket);
        if (rv == 0)
            rv = nng_aio_alloc(&talk->aio, on_event, talk);
        if (rv != 0)
            return rv;
        api->talks++;
        hear(talk);
    }
    return 0;
}

static enum tl_status open_all(struct tl_api_socket *api, const struct tl_api_socket_plan *plan,
                               struct tl_why *why)
{
    int rv = nng_rep0_open(&api->socket);

    api->open = rv == 0;
    if (rv == 0)
        rv = open_talks(api);
    if (rv != 0)
        return tl_why_set(why, TL_ERR_IO, "cannot open the API socket: %s", nng_strerror(rv));
    rv = listen_local(api, plan->local);
    if (rv != 0)
        return tl_why_set(why, TL_ERR_IO,
                          "cannot listen for clients on \"%s\": %s; a path may have 100 characters",
                          plan->local, nng_strerror(rv));
    rv = plan->remote == NULL ? 0 : listen_remote(api, plan);
    if (rv != 0)
        return tl_why_set(why, TL_ERR_IO, "cannot listen for clients on \"%s\": %s", plan->remote,
                          nng_strerror(rv));
    return TL_OK;
}

enum tl_status tl_api_socket_open(struct tl_api_socket **out, const struct tl_api_socket_plan *plan,
                                  struct tl_why *why)
{
    struct tl_api_socket *api = calloc(1, sizeof *api);
    enum tl_status st;

    *out = NULL;
    if (api == NULL)
        return tl_why_set(why, TL_ERR_NO_MEMORY, "no memory for the API");
    api->mailbox = plan->mailbox;
    st = open_all(api, plan, why);
    if (st != TL_OK)
        tl_api_socket_close(api);
    else
        *out = api;
    return st;
}

void tl_api_socket_close(struct tl_api_socket *api)
{
    if (api == NULL)
        return;
    if (api->open && !tl_hangup(api->socket)) {
        tl_log_event(TL_LOG_ODD, "api-not-closed");
        return;
    }
    for (uint32_t i = 0; i < TL_API_CONVERSATIONS; i++) {
        if (api->talk[i].aio == NULL)
            continue;
        nng_aio_stop(api->talk[i].aio);
        nng_aio_free(api->talk[i].aio);
    }
    if (api->tls != NULL)
        nng_tls_config_free(api->tls);
    free(api);
}
