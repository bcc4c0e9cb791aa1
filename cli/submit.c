#include "submit.h"

#include "tl/check.h"
#include "tl/envelope.h"

#include "mem.h"
#include "outcome.h"
#include "promises.h"
#include "say.h"

#include <string.h>
#include <time.h>

#define WINDOW         12u            /* envelopes under way; slot 0 stays free for questions */
#define ENVELOPE_BYTES (384u * 1024u) /* leaves room for others in a block */
#define BODY_BYTES     (TL_ENVELOPE_BYTES_MAX + 1024u)
/* The first answer may come before that of the envelope ahead of it, without a promise. */
#define PROMISE_ASKS 2u

/* One envelope under way, kept until it is final. */
struct flight {
    uint8_t *body; /* encoded tl_submit */
    size_t len;
    uint32_t entries;
    uint64_t sequence;
    struct tl_hash id;
    bool sent;
    uint32_t asked; /* times a promise was asked for; of no use once it is PROMISE_ASKS */
};

_Static_assert(WINDOW < TL_CLIENT_SLOTS, "slot 0 stays free");

struct tl_submitter {
    struct tl_client *client;
    uint32_t batch;
    uint64_t sequence; /* of the next envelope */
    struct flight flight[WINDOW];
    uint32_t first; /* oldest under way */
    uint32_t count;
    uint8_t *list_memory;
    struct tl_buf list_buf;
    struct tl_list list;
    uint8_t *envelope;
    const char *promises; /* directory, or NULL */
    struct tl_submitted_counts done;
};

static void pause_ms(uint32_t time_ms)
{
    struct timespec wait = {time_ms / 1000u, (long)(time_ms % 1000u) * 1000000L};

    (void)nanosleep(&wait, NULL);
}

static uint64_t patience_ms(const struct tl_submitter *s)
{
    return tl_client_config(s->client)->timeout_ms;
}

/* Envelopes of an earlier run may still wait for a block; when nothing moves
 * for the timeout, the ledger has no quorum and going on would be blind. */
static enum tl_status sequence_ask(struct tl_submitter *s, struct tl_why *why)
{
    struct tl_sequence_query query = {.key = tl_client_config(s->client)->key->pub};
    struct tl_sequence_reply reply;
    struct tl_exchange exchange = {TL_METHOD_SEQUENCE, &tl_sequence_query_record, &query,
                                   &tl_sequence_reply_record, &reply};
    uint64_t moved_ms = tl_monotonic_ms();
    uint64_t seen = 0;

    for (;;) {
        enum tl_status status = tl_client_call(s->client, &exchange, why);

        if (status != TL_OK)
            return status;
        s->sequence = reply.recorded + 1u;
        if (reply.pending <= reply.recorded)
            return TL_OK;
        if (reply.recorded != seen)
            moved_ms = tl_monotonic_ms();
        seen = reply.recorded;
        if (tl_monotonic_ms() - moved_ms > patience_ms(s))
            return tl_why_set(why, TL_ERR_NO_QUORUM,
                              "envelopes sent earlier are not final yet; is a quorum up?");
        pause_ms(50);
    }
}

enum tl_status tl_submitter_open(struct tl_submitter **out, struct tl_client *client,
                                 uint32_t batch, struct tl_why *why)
{
    struct tl_submitter *s = tl_mem_new(1, sizeof *s);
    enum tl_status status;

    *out = NULL;
    s->client = client;
    s->batch = batch < 1 || batch > TL_ENVELOPE_ENTRIES_MAX ? TL_ENVELOPE_ENTRIES_MAX : batch;
    s->list_memory = tl_mem_new(TL_ENVELOPE_BYTES_MAX, 1);
    s->list_buf = tl_buf(s->list_memory, TL_ENVELOPE_BYTES_MAX);
    s->envelope = tl_mem_new(TL_ENVELOPE_BYTES_MAX, 1);
    for (uint32_t i = 0; i < WINDOW; i++)
        s->flight[i].body = tl_mem_new(BODY_BYTES, 1);
    status = sequence_ask(s, why);
    if (status != TL_OK) {
        tl_submitter_close(s);
        return status;
    }
    *out = s;
    return TL_OK;
}

void tl_submitter_close(struct tl_submitter *s)
{
    if (s == NULL)
        return;
    for (uint32_t i = 0; i < WINDOW; i++)
        tl_mem_free(s->flight[i].body);
    tl_mem_free(s->list_memory);
    tl_mem_free(s->envelope);
    tl_mem_free(s);
}

void tl_submitter_promises(struct tl_submitter *s, const char *dir)
{
    s->promises = dir;
}

const struct tl_submitted_counts *tl_submitter_counts(const struct tl_submitter *s)
{
    return &s->done;
}

static uint32_t slot_of(const struct tl_submitter *s, const struct flight *flight)
{
    return 1u + (uint32_t)(flight - s->flight);
}

static void flight_send(struct tl_submitter *s, struct flight *flight)
{
    flight->sent = tl_client_start(s->client, slot_of(s, flight), TL_METHOD_SUBMIT,
                                   tl_bytes(flight->body, flight->len)) == TL_OK;
}

static bool try_again(enum tl_status status)
{
    return status == TL_ERR_FULL || status == TL_ERR_UNREACHABLE || status == TL_ERR_TIMEOUT ||
           status == TL_ERR_SEQUENCE || status == TL_ERR_NO_QUORUM || status == TL_ERR_STALE;
}

static bool wants_promise(const struct tl_submitter *s, const struct flight *flight)
{
    return s->promises != NULL && flight->asked < PROMISE_ASKS;
}

/* Says in the body at hand when the node is to answer. */
static void flight_wait_for(struct tl_submitter *s, struct flight *flight, enum tl_wait wait)
{
    struct tl_buf buf = tl_buf(s->envelope, TL_ENVELOPE_BYTES_MAX);
    struct tl_submit submit;

    TL_CHECK(tl_record_decode(&tl_submit_record, &submit, tl_bytes(flight->body, flight->len)) ==
             TL_OK);
    submit.wait = (uint8_t)wait;
    tl_record_write(&tl_submit_record, &submit, &buf);
    TL_CHECK(!buf.full);
    memcpy(flight->body, buf.ptr, buf.len);
    flight->len = buf.len;
}

/* Keeps the promise of an envelope that was admitted; what comes next is to wait
 * for finality. */
static enum tl_status flight_promised(struct tl_submitter *s, struct flight *flight,
                                      struct tl_bytes body, struct tl_why *why)
{
    const struct tl_client_config *config = tl_client_config(s->client);
    struct tl_promise_wish wish = {config->genesis, config->member, config->key->pub,
                                   flight->sequence, flight->id};
    struct tl_submitted reply;
    enum tl_status status = TL_OK;

    if (tl_record_decode(&tl_submitted_record, &reply, body) != TL_OK)
        return tl_why_set(why, TL_ERR_ENCODING, "the node's answer makes no sense");
    flight->asked++;
    if (reply.promise.len != 0) {
        status = tl_promise_keep(s->promises, &wish, reply.promise, why);
        s->done.promises += status == TL_OK;
        flight->asked = PROMISE_ASKS;
    } else if (!reply.final && flight->asked == PROMISE_ASKS) {
        tl_note("the node gave no promise for envelope %llu; another member may",
                (unsigned long long)flight->sequence);
    }
    if (reply.final)
        flight->asked = PROMISE_ASKS;
    if (flight->asked == PROMISE_ASKS)
        flight_wait_for(s, flight, TL_WAIT_FINAL);
    return status;
}

static enum tl_status flight_note(struct tl_submitter *s, struct flight *flight,
                                  struct tl_bytes body, struct tl_why *why)
{
    struct tl_submitted reply;

    if (tl_record_decode(&tl_submitted_record, &reply, body) != TL_OK)
        return tl_why_set(why, TL_ERR_ENCODING, "the node's answer makes no sense");
    s->done.envelopes++;
    s->done.entries += flight->entries;
    s->done.height = reply.height;
    s->done.first_leaf = reply.first_leaf;
    s->done.leaves = reply.leaves;
    /* Decisions, so perhaps deferrals: asked of slot 0, the answer's bytes are read. */
    if (reply.leaves > flight->entries)
        s->done.deferred += tl_outcome_deferred(s->client, &reply, flight->entries);
    s->first = (s->first + 1u) % WINDOW;
    s->count--;
    return TL_OK;
}

/* Waits until the oldest envelope is final, sending it again while that can
 * help. */
static enum tl_status oldest_finish(struct tl_submitter *s, struct tl_why *why)
{
    struct flight *flight = &s->flight[s->first];
    uint64_t end_ms = tl_monotonic_ms() + 2u * patience_ms(s);

    for (;;) {
        struct tl_answer answer = {.status = TL_ERR_UNREACHABLE};

        if (flight->sent)
            answer = tl_client_finish(s->client, slot_of(s, flight), why);
        else
            (void)tl_why_set(why, TL_ERR_UNREACHABLE, "cannot reach the node");
        if (answer.status == TL_OK && !wants_promise(s, flight))
            return flight_note(s, flight, answer.body, why);
        if (answer.status == TL_OK) {
            answer.status = flight_promised(s, flight, answer.body, why);
            if (answer.status != TL_OK)
                return answer.status;
            flight_send(s, flight);
            continue;
        }
        if (!try_again(answer.status) || tl_monotonic_ms() > end_ms)
            return answer.status;
        pause_ms(answer.retry_ms > 0 && answer.retry_ms < 1000u ? answer.retry_ms : 20u);
        flight_send(s, flight);
    }
}

static enum tl_status envelope_make(struct tl_submitter *s, struct flight *flight,
                                    struct tl_why *why)
{
    const struct tl_client_config *config = tl_client_config(s->client);
    struct tl_envelope envelope = {
        .author = config->key->pub, .sequence = s->sequence, .entries = s->list};
    struct tl_buf bytes = tl_buf(s->envelope, TL_ENVELOPE_BYTES_MAX);
    struct tl_buf body = tl_buf(flight->body, BODY_BYTES);
    uint32_t wait_ms =
        config->timeout_ms < TL_API_WAIT_MS_MAX ? config->timeout_ms : TL_API_WAIT_MS_MAX;
    struct tl_submit submit = {.wait = s->promises == NULL ? TL_WAIT_FINAL : TL_WAIT_ADMITTED,
                               .timeout_ms = wait_ms};

    envelope.entries.raw = tl_buf_bytes(&s->list_buf);
    tl_envelope_seal(&envelope, &config->genesis->chain_id, &config->key->sec);
    tl_record_write(&tl_envelope_record, &envelope, &bytes);
    submit.envelope = tl_buf_bytes(&bytes);
    tl_record_write(&tl_submit_record, &submit, &body);
    if (bytes.full || body.full)
        return tl_why_set(why, TL_ERR_LIMIT, "an entry is too long for an envelope");
    flight->len = body.len;
    flight->entries = s->list.count;
    flight->sequence = envelope.sequence;
    flight->asked = 0;
    tl_envelope_id(&flight->id, &envelope, &config->genesis->chain_id);
    return TL_OK;
}

static enum tl_status envelope_send(struct tl_submitter *s, struct tl_why *why)
{
    struct flight *flight;
    enum tl_status status = s->count == WINDOW ? oldest_finish(s, why) : TL_OK;

    if (status != TL_OK)
        return status;
    flight = &s->flight[(s->first + s->count) % WINDOW];
    status = envelope_make(s, flight, why);
    if (status != TL_OK)
        return status;
    s->count++;
    s->sequence++;
    s->list = (struct tl_list){0};
    s->list_buf = tl_buf(s->list_memory, TL_ENVELOPE_BYTES_MAX);
    flight_send(s, flight);
    return TL_OK;
}

enum tl_status tl_submitter_add(struct tl_submitter *s, struct tl_bytes entry, struct tl_why *why)
{
    struct tl_entry_bytes item = {entry};
    enum tl_status status = TL_OK;

    if (s->list.count > 0 && s->list_buf.len + entry.len + 8u > ENVELOPE_BYTES)
        status = envelope_send(s, why);
    if (status != TL_OK)
        return status;
    tl_list_add(&s->list, &s->list_buf, &tl_entry_bytes_record, &item);
    return s->list.count == s->batch ? envelope_send(s, why) : TL_OK;
}

enum tl_status tl_submitter_flush(struct tl_submitter *s, struct tl_why *why)
{
    enum tl_status status = s->list.count > 0 ? envelope_send(s, why) : TL_OK;

    while (status == TL_OK && s->count > 0)
        status = oldest_finish(s, why);
    return status;
}

enum tl_status tl_submit_one(struct tl_client *client, struct tl_bytes entry, const char *promises,
                             struct tl_submitted_counts *counts, struct tl_why *why)
{
    struct tl_submitter *s = NULL;
    enum tl_status status = tl_submitter_open(&s, client, 1, why);

    if (status == TL_OK) {
        tl_submitter_promises(s, promises);
        status = tl_submitter_add(s, entry, why);
    }
    if (status == TL_OK)
        status = tl_submitter_flush(s, why);
    if (status == TL_OK)
        *counts = s->done;
    tl_submitter_close(s);
    return status;
}
