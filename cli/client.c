#include "client.h"

#include "tl/tls_pin.h"

#include "mem.h"
#include "say.h"

#include <nng/nng.h>
#include <nng/protocol/reqrep0/req.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

struct slot {
    nng_ctx ctx;
    nng_aio *aio;
    nng_msg *reply;
    uint64_t nonce;
    bool open;
    bool waiting;
};

struct tl_client {
    struct tl_client_config config;
    char member[TL_MEMBER_ID_MAX + 1u];
    nng_socket socket;
    bool connected;
    struct slot slot[TL_CLIENT_SLOTS];
    uint8_t *body;    /* what is asked, */
    uint8_t *scratch; /* the request around it */
    uint8_t *frame;   /* and the frame around that */
};

const struct tl_client_config *tl_client_config(const struct tl_client *client)
{
    return &client->config;
}

static enum tl_status status_of(int error)
{
    if (error == NNG_ETIMEDOUT)
        return TL_ERR_TIMEOUT;
    return error == NNG_ENOMEM ? TL_ERR_NO_MEMORY : TL_ERR_UNREACHABLE;
}

static enum tl_status tls_pin(nng_dialer dialer, const struct tl_member *member, struct tl_why *why)
{
    struct nng_tls_config *tls;
    enum tl_status status = tl_tls_pin_dial(&tls, member, NULL, why);

    if (status != TL_OK)
        return status;
    if (nng_dialer_set_ptr(dialer, NNG_OPT_TLS_CONFIG, tls) != 0)
        status = tl_why_set(why, TL_ERR_UNREACHABLE, "nng does not take a TLS configuration");
    tl_tls_pin_free(tls);
    return status;
}

static enum tl_status no_address(const char *address, struct tl_why *why)
{
    return tl_why_set(why, TL_ERR_USAGE,
                      "\"%s\" is no address of a node: use ipc:///path or tls+tcp://host:port",
                      address);
}

static enum tl_status dial_failed(const struct tl_client *client, int error, struct tl_why *why)
{
    const char *address = client->config.address;

    if (error == NNG_EADDRINVAL)
        return no_address(address, why);
    if (error == NNG_ECRYPTO || error == NNG_EPEERAUTH)
        return tl_why_set(why, TL_ERR_UNREACHABLE,
                          "who answers at \"%s\" does not show the certificate of \"%s\" in the "
                          "genesis file; check the address, or name the member with --to",
                          address, client->member);
    return tl_why_set(why, TL_ERR_UNREACHABLE, "nobody answers at \"%s\": %s", address,
                      nng_strerror(error));
}

static enum tl_status dial(struct tl_client *client, const struct tl_member *member,
                           struct tl_why *why)
{
    const char *address = client->config.address;
    bool tls = strncmp(address, "tls+tcp://", 10) == 0;
    nng_dialer dialer;
    int error;

    if (!tls && strncmp(address, "ipc://", 6) != 0)
        return no_address(address, why);
    error = nng_dialer_create(&dialer, client->socket, address);
    if (error != 0)
        return no_address(address, why);
    if (tls) {
        enum tl_status status = tls_pin(dialer, member, why);

        if (status != TL_OK)
            return status;
    }
    error = nng_dialer_start(dialer, 0);
    return error == 0 ? TL_OK : dial_failed(client, error, why);
}

static enum tl_status socket_open(struct tl_client *client, struct tl_why *why)
{
    int error = nng_req0_open(&client->socket);

    if (error != 0)
        return tl_why_set(why, status_of(error), "cannot open a socket: %s", nng_strerror(error));
    client->connected = true;
    /* A request repeated as it stands would be refused as a replay, so nng must
     * not repeat any: asking again means signing again. */
    (void)nng_socket_set_ms(client->socket, NNG_OPT_REQ_RESENDTIME, NNG_DURATION_INFINITE);
    (void)nng_socket_set_size(client->socket, NNG_OPT_RECVMAXSZ, TL_API_BYTES_MAX + 65536u);
    for (uint32_t i = 0; i < TL_CLIENT_SLOTS && error == 0; i++) {
        error = nng_ctx_open(&client->slot[i].ctx, client->socket);
        client->slot[i].open = error == 0;
        if (error == 0)
            error = nng_aio_alloc(&client->slot[i].aio, NULL, NULL);
    }
    return error == 0
               ? TL_OK
               : tl_why_set(why, status_of(error), "cannot open a socket: %s", nng_strerror(error));
}

/* Whom we ask: the member named, or the one our key belongs to. */
static enum tl_status member_find(struct tl_client *client, struct tl_member *member,
                                  struct tl_why *why)
{
    const struct tl_client_config *config = &client->config;
    const struct tl_genesis *genesis = &config->genesis->genesis;
    struct tl_author author;
    bool found;

    if (config->member != NULL)
        found = tl_genesis_find(genesis, tl_bytes_str(config->member), member) >= 0;
    else if (tl_genesis_author(genesis, &config->key->pub, &author))
        found = tl_genesis_member(genesis, author.member, member);
    else /* granted since: the key's file says whose it is */
        found = tl_genesis_find(genesis, tl_bytes_str(config->key->member), member) >= 0;
    /* Members and keys of later epochs are not in the genesis file; whoever is asked
     * over a local socket needs no certificate. */
    if (!found && strncmp(config->address, "ipc://", 6) == 0) {
        (void)snprintf(client->member, sizeof client->member, "%s",
                       config->member != NULL ? config->member : config->key->member);
        memset(member, 0, sizeof *member);
        return TL_OK;
    }
    if (!found)
        return tl_why_set(why, TL_ERR_DENIED, "\"%s\" is not in the genesis file",
                          config->member != NULL ? config->member : config->key->name);
    (void)snprintf(client->member, sizeof client->member, "%.*s", (int)member->id.len,
                   (const char *)member->id.ptr);
    return TL_OK;
}

enum tl_status tl_client_open(struct tl_client **out, const struct tl_client_config *config,
                              struct tl_why *why)
{
    struct tl_client *client = tl_mem_new(1, sizeof *client);
    struct tl_member member;
    enum tl_status status;

    *out = NULL;
    client->config = *config;
    client->body = tl_mem_new(TL_API_BYTES_MAX, 1);
    client->scratch = tl_mem_new(TL_API_BYTES_MAX, 1);
    client->frame = tl_mem_new(TL_API_BYTES_MAX + 1024u, 1);
    status = member_find(client, &member, why);
    if (status == TL_OK)
        status = socket_open(client, why);
    if (status == TL_OK)
        status = dial(client, &member, why);
    if (status != TL_OK) {
        tl_client_close(client);
        return status;
    }
    *out = client;
    return TL_OK;
}

enum tl_status tl_client_place(struct tl_client *client, uint32_t *place, struct tl_why *why)
{
    const struct tl_client_config *config = &client->config;
    struct tl_member_list list;
    struct tl_exchange exchange = {TL_METHOD_MEMBERS, NULL, NULL, &tl_member_list_record, &list};
    struct tl_author author;
    struct tl_peer peer;
    enum tl_status status;

    *place = 0;
    if (tl_genesis_author(&config->genesis->genesis, &config->key->pub, &author)) {
        *place = author.member;
        return TL_OK;
    }
    status = tl_client_call(client, &exchange, why);
    for (; status == TL_OK && tl_list_next(&list.members, &tl_peer_record, &peer); ++*place) {
        if (tl_bytes_eq(peer.id, tl_bytes_str(config->key->member)))
            return TL_OK;
    }
    return status != TL_OK ? status
                           : tl_why_set(why, TL_ERR_DENIED, "\"%s\" is no member of the ledger",
                                        config->key->member);
}

void tl_client_close(struct tl_client *client)
{
    if (client == NULL)
        return;
    for (uint32_t i = 0; i < TL_CLIENT_SLOTS; i++) {
        struct slot *slot = &client->slot[i];

        if (slot->aio != NULL) {
            nng_aio_stop(slot->aio);
            nng_aio_free(slot->aio);
        }
        if (slot->open)
            (void)nng_ctx_close(slot->ctx);
        if (slot->reply != NULL)
            nng_msg_free(slot->reply);
    }
    if (client->connected)
        (void)nng_close(client->socket);
    tl_mem_free(client->body);
    tl_mem_free(client->scratch);
    tl_mem_free(client->frame);
    tl_mem_free(client);
}

static enum tl_status request_write(struct tl_client *client, struct slot *slot,
                                    enum tl_method method, struct tl_bytes body,
                                    struct tl_buf *frame)
{
    struct tl_buf scratch = tl_buf(client->scratch, TL_API_BYTES_MAX);
    struct tl_request request = {.chain_id = client->config.genesis->chain_id,
                                 .to = tl_bytes_str(client->member),
                                 .key = client->config.key->pub,
                                 .time_ms = tl_unix_ms(),
                                 .method = (uint8_t)method,
                                 .body = body};

    tl_random(&slot->nonce, sizeof slot->nonce);
    request.nonce = slot->nonce;
    return tl_request_seal(frame, &scratch, &request, &client->config.key->sec);
}

enum tl_status tl_client_start(struct tl_client *client, uint32_t slot_number,
                               enum tl_method method, struct tl_bytes body)
{
    struct slot *slot = &client->slot[slot_number];
    struct tl_buf frame = tl_buf(client->frame, TL_API_BYTES_MAX + 1024u);
    nng_msg *msg = NULL;
    int error;
    enum tl_status status = request_write(client, slot, method, body, &frame);

    if (status != TL_OK)
        return status;
    error = nng_msg_alloc(&msg, 0);
    if (error == 0)
        error = nng_msg_append(msg, frame.ptr, frame.len);
    if (error != 0) {
        nng_msg_free(msg);
        return TL_ERR_NO_MEMORY;
    }
    nng_aio_set_timeout(slot->aio, (nng_duration)client->config.timeout_ms);
    nng_aio_set_msg(slot->aio, msg);
    nng_ctx_send(slot->ctx, slot->aio);
    nng_aio_wait(slot->aio);
    error = nng_aio_result(slot->aio);
    if (error != 0) {
        nng_msg_free(nng_aio_get_msg(slot->aio));
        return status_of(error);
    }
    nng_ctx_recv(slot->ctx, slot->aio);
    slot->waiting = true;
    return TL_OK;
}

static struct tl_answer answer_read(struct slot *slot, struct tl_why *why)
{
    struct tl_reply reply;
    struct tl_bytes bytes = tl_bytes(nng_msg_body(slot->reply), nng_msg_len(slot->reply));

    if (tl_record_decode(&tl_reply_record, &reply, bytes) != TL_OK)
        return (struct tl_answer){
            .status = tl_why_set(why, TL_ERR_ENCODING, "the node's answer makes no sense")};
    if (reply.nonce != slot->nonce && reply.nonce != 0)
        return (struct tl_answer){
            .status = tl_why_set(why, TL_ERR_ENCODING, "the node answered another question")};
    if (reply.status != TL_OK)
        (void)tl_why_set(why, (enum tl_status)reply.status, "%.*s", (int)reply.reason.len,
                         reply.reason.len > 0 ? (const char *)reply.reason.ptr : "");
    return (struct tl_answer){(enum tl_status)reply.status, reply.retry_ms, reply.body};
}

struct tl_answer tl_client_finish(struct tl_client *client, uint32_t slot_number,
                                  struct tl_why *why)
{
    struct slot *slot = &client->slot[slot_number];
    int error;

    if (!slot->waiting)
        return (struct tl_answer){.status = TL_ERR_UNREACHABLE};
    nng_aio_wait(slot->aio);
    slot->waiting = false;
    error = nng_aio_result(slot->aio);
    if (error != 0)
        return (struct tl_answer){
            .status = tl_why_set(why, status_of(error), "%s at \"%s\"",
                                 error == NNG_ETIMEDOUT ? "no answer in time" : nng_strerror(error),
                                 client->config.address)};
    if (slot->reply != NULL)
        nng_msg_free(slot->reply);
    slot->reply = nng_aio_get_msg(slot->aio);
    return answer_read(slot, why);
}

static bool worth_repeating(enum tl_status status)
{
    return status == TL_ERR_FULL || status == TL_ERR_UNREACHABLE;
}

static void pause_ms(uint32_t time_ms)
{
    struct timespec wait = {time_ms / 1000u, (long)(time_ms % 1000u) * 1000000L};

    (void)nanosleep(&wait, NULL);
}

static enum tl_status ask(struct tl_client *client, enum tl_method method, struct tl_bytes body,
                          struct tl_answer *answer, struct tl_why *why)
{
    uint64_t end_ms = tl_monotonic_ms() + client->config.timeout_ms;

    for (;;) {
        *answer = (struct tl_answer){.status = tl_client_start(client, 0, method, body)};
        if (answer->status == TL_OK)
            *answer = tl_client_finish(client, 0, why);
        else
            (void)tl_why_set(why, answer->status, "cannot reach the node at \"%s\"",
                             client->config.address);
        if (!worth_repeating(answer->status) || tl_monotonic_ms() >= end_ms)
            return answer->status;
        pause_ms(answer->retry_ms > 0 && answer->retry_ms < 1000u ? answer->retry_ms : 100u);
    }
}

enum tl_status tl_client_call(struct tl_client *client, const struct tl_exchange *exchange,
                              struct tl_why *why)
{
    struct tl_bytes body = TL_BYTES_NONE;
    struct tl_answer answer;
    enum tl_status status;

    if (exchange->asks != NULL) {
        struct tl_buf buf = tl_buf(client->body, TL_API_BYTES_MAX);

        tl_record_write(exchange->asks, exchange->question, &buf);
        body = tl_buf_bytes(&buf);
    }
    status = ask(client, exchange->method, body, &answer, why);
    if (status != TL_OK || exchange->gives == NULL)
        return status;
    if (tl_record_decode(exchange->gives, exchange->answer, answer.body) != TL_OK)
        return tl_why_set(why, TL_ERR_ENCODING, "the node's answer makes no sense");
    return TL_OK;
}
