/* node_load DIR ENVELOPES ENTRIES PARALLEL: agreements of made-up cases, from the
 * member whose directory is DIR to its node, and how long finality took. */
#include "client.h"

#include "tl/clock.h"
#include "tl/entry.h"
#include "tl/envelope.h"
#include "tl/memberdir.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct load {
    struct tl_genesis_file genesis;
    struct tl_keyfile key;
    struct tl_client *client;
    uint64_t sequence;
    uint32_t entries;
    uint8_t *list;
    uint8_t *envelope;
    uint8_t *body;
};

static struct tl_bytes one_entry(uint8_t *out, size_t cap)
{
    uint8_t body_bytes[512];
    struct tl_buf body_buf = tl_buf(body_bytes, sizeof body_bytes);
    struct tl_buf buf = tl_buf(out, cap);
    struct tl_body_agreement body = {.product = tl_bytes_str("loan"),
                                     .jurisdiction = tl_bytes_str("US-NY"),
                                     .currency = 840,
                                     .policy = tl_bytes_str("none"),
                                     .opened_on = 10957,
                                     .due_on = 10987,
                                     .principal_minor = 12345};
    struct tl_entry entry = {.type = TL_ENTRY_AGREEMENT, .value_date = 10957};

    tl_random(entry.case_id.b, sizeof entry.case_id.b);
    tl_record_write(&tl_body_agreement_record, &body, &body_buf);
    entry.body = tl_buf_bytes(&body_buf);
    tl_record_write(&tl_entry_record, &entry, &buf);
    return tl_buf_bytes(&buf);
}

static struct tl_bytes make_submit(struct load *l)
{
    struct tl_envelope envelope = {.author = l->key.pub, .sequence = ++l->sequence};
    struct tl_buf list = tl_buf(l->list, TL_ENVELOPE_BYTES_MAX);
    struct tl_buf buf = tl_buf(l->envelope, TL_ENVELOPE_BYTES_MAX);
    struct tl_buf body = tl_buf(l->body, TL_ENVELOPE_BYTES_MAX + 1024);
    struct tl_submit submit = {.wait = TL_WAIT_FINAL, .timeout_ms = 30000};

    for (uint32_t i = 0; i < l->entries; i++) {
        uint8_t bytes[1024];
        struct tl_entry_bytes item = {one_entry(bytes, sizeof bytes)};

        tl_list_add(&envelope.entries, &list, &tl_entry_bytes_record, &item);
    }
    tl_envelope_seal(&envelope, &l->genesis.chain_id, &l->key.sec);
    tl_record_write(&tl_envelope_record, &envelope, &buf);
    submit.envelope = tl_buf_bytes(&buf);
    tl_record_write(&tl_submit_record, &submit, &body);
    return tl_buf_bytes(&body);
}

static int compare(const void *a, const void *b)
{
    uint64_t x = *(const uint64_t *)a;
    uint64_t y = *(const uint64_t *)b;

    return x < y ? -1 : x > y;
}

static int fail(const struct tl_why *why)
{
    (void)fprintf(stderr, "node_load: %s\n", why->text);
    return 1;
}

static int run(struct load *l, uint32_t envelopes, uint32_t parallel)
{
    uint64_t *took_us = calloc(envelopes, sizeof *took_us);
    uint64_t began_us[TL_CLIENT_SLOTS];
    uint64_t start_us = tl_clock_mono_us();
    uint32_t sent = 0;
    struct tl_why why = {""};

    if (took_us == NULL)
        return 1;
    for (uint32_t done = 0; done < envelopes; done++) {
        struct tl_answer answer;

        for (; sent < envelopes && sent - done < parallel; sent++) {
            began_us[sent % parallel] = tl_clock_mono_us();
            if (tl_client_start(l->client, sent % parallel, TL_METHOD_SUBMIT, make_submit(l)) !=
                TL_OK)
                return 1;
        }
        answer = tl_client_finish(l->client, done % parallel, &why);
        if (answer.status != TL_OK)
            return fail(&why);
        took_us[done] = tl_clock_mono_us() - began_us[done % parallel];
    }
    start_us = tl_clock_mono_us() - start_us;
    qsort(took_us, envelopes, sizeof *took_us, compare);
    (void)printf("%u envelopes of %u in %llu ms: %llu entries/s, p50 %llu us, p99 %llu us\n",
                 envelopes, l->entries, (unsigned long long)start_us / 1000,
                 (unsigned long long)envelopes * l->entries * 1000000u / start_us,
                 (unsigned long long)took_us[envelopes / 2],
                 (unsigned long long)took_us[(uint64_t)envelopes * 99 / 100]);
    free(took_us);
    return 0;
}

int main(int argc, char **argv)
{
    struct load l = {.entries = argc > 3 ? (uint32_t)atoi(argv[3]) : 1};
    char genesis[TL_PATH_MAX];
    char key[TL_PATH_MAX];
    char address[TL_PATH_MAX];
    struct tl_why why = {""};
    struct tl_client_config config = {address, NULL, &l.genesis, &l.key, 60000};
    struct tl_sequence_reply reply;
    struct tl_sequence_query query = {.proof = false};
    struct tl_exchange ask = {TL_METHOD_SEQUENCE, &tl_sequence_query_record, &query,
                              &tl_sequence_reply_record, &reply};

    if (argc < 5) {
        (void)fputs("usage: node_load DIR ENVELOPES ENTRIES PARALLEL\n", stderr);
        return 2;
    }
    (void)snprintf(address, sizeof address, "ipc://%s/api.sock", argv[1]);
    if (!tl_memberdir_path(genesis, sizeof genesis, argv[1], TL_MEMBERDIR_GENESIS) ||
        !tl_memberdir_author_path(key, sizeof key, argv[1], "main"))
        return 2;
    l.list = malloc(TL_ENVELOPE_BYTES_MAX);
    l.envelope = malloc(TL_ENVELOPE_BYTES_MAX);
    l.body = malloc(TL_ENVELOPE_BYTES_MAX + 1024);
    if (l.list == NULL || l.envelope == NULL || l.body == NULL)
        return 1;
    if (tl_genesis_file_load(&l.genesis, genesis) != TL_OK ||
        tl_keyfile_load(&l.key, key, TL_KEY_AUTHOR, &why) != TL_OK ||
        tl_client_open(&l.client, &config, &why) != TL_OK)
        return fail(&why);
    query.key = l.key.pub;
    if (tl_client_call(l.client, &ask, &why) != TL_OK)
        return fail(&why);
    l.sequence = reply.pending;
    if (run(&l, (uint32_t)atoi(argv[2]), (uint32_t)atoi(argv[4])) != 0)
        return 1;
    tl_client_close(l.client);
    free(l.list);
    free(l.envelope);
    free(l.body);
    return 0;
}
