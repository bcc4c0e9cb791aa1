/* load.c -- clients that submit and wait for finality, each on its own thread.
 *
 * Usage: load NODE GENESIS KEY_PREFIX CLIENTS PER_ENVELOPE SECONDS POLICY [contacts]
 *
 * Client i signs with KEY_PREFIX<i>.key, opens its share of 8,192 cases and then pays a
 * little on them in turn, PER_ENVELOPE payments under one signature, one
 * envelope at a time, each SUBMIT answered when it is final.  Prints one JSON
 * object: entries, seconds, rate, p50_us and p99_us of a submit, entry_bytes.
 * Payments are full work: contract, postings, decisions, indexes.  With `contacts`
 * nineteen of twenty entries are attempts to reach the debtor, as in a collector's
 * life. */
#include "client.h"

#include "tl/clock.h"
#include "tl/entry.h"
#include "tl/envelope.h"
#include "tl/file.h"

#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define CASES_ALL   8192u /* enough that no case has an unlikely number of payments */
#define CASES_MAX   2048u
#define CLIENTS_MAX 64u
#define SAMPLES_MAX (1u << 20)
#define BODY_MAX    (TL_ENVELOPE_BYTES_MAX + 1024u)
#define OWED_MINOR  INT64_C(100000000000)

static struct tl_genesis_file genesis;
static uint32_t per_envelope;
static uint32_t case_count; /* of each client */
static const char *node;
static const char *policy;
static bool contacts;
static _Atomic uint64_t until_ms; /* the main thread sets it when all have opened */
static pthread_barrier_t opened;

struct worker {
    pthread_t thread;
    char key_path[512];
    struct tl_keyfile key;
    struct tl_client *client;
    struct tl_id cases[CASES_MAX];
    uint64_t sequence, entries, bytes, serial;
    uint32_t *sample_us;
    size_t samples;
};

static void fail(const char *what, const struct tl_why *why)
{
    fprintf(stderr, "load: %s: %s\n", what, why->text);
    exit(1);
}

static void check(enum tl_status status, const char *what, const struct tl_why *why)
{
    if (status != TL_OK)
        fail(what, why->text[0] != '\0' ? why : &(struct tl_why){"refused"});
}

static void add(struct tl_list *list, struct tl_buf *entries, const struct tl_entry *entry,
                const void *body)
{
    static _Thread_local uint8_t bytes[4096];
    struct tl_buf buf = tl_buf(bytes, sizeof bytes);
    struct tl_entry_bytes item;

    if (!tl_entry_encode(&buf, entry, body))
        fail("cannot encode an entry", &(struct tl_why){"too long"});
    item.bytes = tl_buf_bytes(&buf);
    tl_list_add(list, entries, &tl_entry_bytes_record, &item);
}

/* Seals, submits, waits until final. */
static void submit(struct worker *w, const struct tl_list *list)
{
    static _Thread_local uint8_t bytes[BODY_MAX];
    struct tl_buf buf = tl_buf(bytes, sizeof bytes);
    struct tl_envelope envelope = {
        .author = w->key.pub, .sequence = ++w->sequence, .entries = *list};
    struct tl_submit question = {.wait = TL_WAIT_FINAL, .timeout_ms = 30000};
    struct tl_submitted answer;
    struct tl_exchange exchange = {TL_METHOD_SUBMIT, &tl_submit_record, &question,
                                   &tl_submitted_record, &answer};
    struct tl_why why = {""};

    tl_envelope_seal(&envelope, &genesis.chain_id, &w->key.sec);
    tl_record_write(&tl_envelope_record, &envelope, &buf);
    question.envelope = tl_buf_bytes(&buf);
    check(tl_client_call(w->client, &exchange, &why), "cannot submit", &why);
    if (!answer.final)
        fail("submitted and not final", &why);
    w->bytes += buf.len;
}

static void open_cases(struct worker *w)
{
    static _Thread_local uint8_t memory[TL_ENVELOPE_BYTES_MAX];
    struct tl_buf entries = tl_buf(memory, sizeof memory);
    struct tl_list list = {TL_BYTES_NONE, 0};
    struct tl_body_agreement body = {.debt_class = TL_DEBT_PUBLIC,
                                     .product = tl_bytes_str("bench"),
                                     .jurisdiction = tl_bytes_str("XX"),
                                     .currency = 978,
                                     .policy = tl_bytes_str(policy),
                                     .principal_minor = OWED_MINOR};

    for (size_t i = 0; i < case_count; i++) {
        struct tl_entry entry = {.type = TL_ENTRY_AGREEMENT};

        tl_random(&w->cases[i], sizeof w->cases[i]);
        entry.case_id = w->cases[i];
        body.debt_id = w->cases[i];
        body.opened_on = body.due_on = entry.value_date = 10957; /* 2000-01-01 */
        add(&list, &entries, &entry, &body);
    }
    submit(w, &list);
}

static void pay(struct worker *w)
{
    static _Thread_local uint8_t memory[TL_ENVELOPE_BYTES_MAX];
    struct tl_buf entries = tl_buf(memory, sizeof memory);
    struct tl_list list = {TL_BYTES_NONE, 0};
    struct tl_body_payment body = {.amount_minor = 1, .method = TL_PAY_TRANSFER};
    struct tl_body_contact contact = {.channel = TL_CHANNEL_CALL,
                                      .person = TL_PERSON_DEBTOR,
                                      .purpose = TL_PURPOSE_COLLECT,
                                      .outcome = TL_CONTACT_NO_ANSWER};
    uint64_t began_us;
    char ref[TL_EXT_REF_MAX];

    for (uint32_t i = 0; i < per_envelope; i++) {
        struct tl_entry entry = {.type = TL_ENTRY_PAYMENT, .value_date = 10958};

        entry.case_id = w->cases[w->serial % case_count];
        if (contacts && i % 20 != 0) {
            w->serial++;
            entry.type = TL_ENTRY_CONTACT_ATTEMPT;
            add(&list, &entries, &entry, &contact);
            continue;
        }
        (void)snprintf(ref, sizeof ref, "bench-%s-%llu", w->key.name,
                       (unsigned long long)w->serial++);
        entry.ext_ref = tl_bytes_str(ref);
        add(&list, &entries, &entry, &body);
    }
    began_us = tl_clock_mono_us();
    submit(w, &list);
    w->entries += per_envelope;
    if (w->samples < SAMPLES_MAX)
        w->sample_us[w->samples++] = (uint32_t)(tl_clock_mono_us() - began_us);
}

static void begin(struct worker *w)
{
    struct tl_client_config config = {
        .address = node, .genesis = &genesis, .key = &w->key, .timeout_ms = 60000};
    struct tl_sequence_query question = {.proof = false};
    struct tl_sequence_reply answer;
    struct tl_exchange exchange = {TL_METHOD_SEQUENCE, &tl_sequence_query_record, &question,
                                   &tl_sequence_reply_record, &answer};
    struct tl_why why = {""};

    check(tl_keyfile_load(&w->key, w->key_path, TL_KEY_AUTHOR, &why), "cannot load a key", &why);
    check(tl_client_open(&w->client, &config, &why), "cannot reach the node", &why);
    question.key = w->key.pub;
    check(tl_client_call(w->client, &exchange, &why), "cannot ask for the sequence", &why);
    w->sequence = answer.recorded;
}

static void *work(void *arg)
{
    struct worker *w = arg;

    begin(w);
    open_cases(w);
    w->bytes = 0;
    (void)pthread_barrier_wait(&opened);
    while (tl_clock_mono_ms() < until_ms)
        pay(w);
    tl_client_close(w->client);
    return NULL;
}

static int by_size(const void *a, const void *b)
{
    const uint32_t *x = a, *y = b;

    return *x < *y ? -1 : *x > *y;
}

static void report(struct worker *workers, size_t clients, double seconds)
{
    uint32_t *all = malloc(clients * SAMPLES_MAX * sizeof *all);
    uint64_t entries = 0, bytes = 0;
    size_t samples = 0;

    if (all == NULL)
        fail("out of memory", &(struct tl_why){""});
    for (size_t i = 0; i < clients; i++) {
        memcpy(all + samples, workers[i].sample_us, workers[i].samples * sizeof *all);
        samples += workers[i].samples;
        entries += workers[i].entries;
        bytes += workers[i].bytes;
    }
    qsort(all, samples, sizeof *all, by_size);
    printf("{\"clients\": %zu, \"per_envelope\": %u, \"entries\": %llu, \"seconds\": %.3f, "
           "\"rate\": %.0f, \"p50_us\": %u, \"p99_us\": %u, \"entry_bytes\": %llu}\n",
           clients, per_envelope, (unsigned long long)entries, seconds, (double)entries / seconds,
           samples > 0 ? all[samples / 2] : 0, samples > 0 ? all[samples * 99 / 100] : 0,
           (unsigned long long)(entries > 0 ? bytes / entries : 0));
    free(all);
}

int main(int argc, char **argv)
{
    static struct worker workers[CLIENTS_MAX];
    size_t clients;
    uint64_t began_ms, limit_ms;

    contacts = argc == 9 && strcmp(argv[8], "contacts") == 0;
    if (argc != 8 && !contacts)
        fail("usage",
             &(struct tl_why){
                 "load NODE GENESIS KEY_PREFIX CLIENTS PER_ENVELOPE SECONDS POLICY [contacts]"});
    node = argv[1];
    clients = strtoul(argv[4], NULL, 10);
    per_envelope = (uint32_t)strtoul(argv[5], NULL, 10);
    case_count = clients == 0 ? 0 : (uint32_t)(CASES_ALL / clients);
    case_count = case_count > CASES_MAX ? CASES_MAX : case_count;
    limit_ms = strtoul(argv[6], NULL, 10) * 1000u;
    policy = argv[7];
    if (clients < 1 || clients > CLIENTS_MAX || per_envelope < 1 ||
        per_envelope > TL_ENVELOPE_ENTRIES_MAX)
        fail("usage", &(struct tl_why){"CLIENTS is 1 to 64, PER_ENVELOPE 1 to 4096"});
    if (tl_genesis_file_load(&genesis, argv[2]) != TL_OK)
        return 1;
    until_ms = UINT64_MAX;
    (void)pthread_barrier_init(&opened, NULL, (unsigned)clients + 1u);
    for (size_t i = 0; i < clients; i++) {
        (void)snprintf(workers[i].key_path, sizeof workers[i].key_path, "%s%zu.key", argv[3], i);
        workers[i].sample_us = malloc(SAMPLES_MAX * sizeof *workers[i].sample_us);
        if (workers[i].sample_us == NULL ||
            pthread_create(&workers[i].thread, NULL, work, &workers[i]) != 0)
            fail("cannot start a client", &(struct tl_why){"no memory or no thread"});
    }
    (void)pthread_barrier_wait(&opened);
    began_ms = tl_clock_mono_ms();
    until_ms = began_ms + limit_ms;
    for (size_t i = 0; i < clients; i++)
        (void)pthread_join(workers[i].thread, NULL);
    report(workers, clients, (double)(tl_clock_mono_ms() - began_ms) / 1e3);
    return 0;
}
