/* contracts.c -- the contract alone, on one core, without a node around it.
 *
 * Usage: bench_contracts [CASES]
 *
 * CASES debts (200,000 unless told) that bear interest, a tenth of them with a
 * fee due on one day.  Blocks of payments run before that day is closed and
 * while its work is done in slices; what is measured is the time of a block and
 * how many decisions a second of processor time the contract makes, against a loop in plain C that
 * does the same arithmetic and nothing else.  Prints one JSON object. */
#include "tl/contract.h"
#include "tl/hash.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#define FIRST       10000
#define GROUPS      10u
#define ENVELOPES   16u /* in a block */
#define FACTS       32u /* in an envelope */
#define CALM_BLOCKS 101u
#define BLOCKS_MAX  4096u
#define ARENA       ((size_t)6 << 30)
#define CHILD       ((size_t)256 << 20)

struct bench {
    struct tl_genesis genesis;
    uint8_t genesis_bytes[1024];
    struct tl_pubkey author;
    struct tl_hash chain_id;
    struct tl_contract *contract;
    struct tl_arena arena;
    struct tl_overlay *state;
    uint8_t *child; /* memory of a block's own writes */
    uint64_t sequence;
    uint64_t height;
    uint64_t leaves;
    uint64_t decisions;
    uint64_t bytes; /* of leaves */
    struct tl_buf block;
    struct tl_list envelopes;
    struct tl_buf entries;
    struct tl_list list;
    uint32_t cases;
};

static void die(const char *what)
{
    fprintf(stderr, "bench_contracts: %s\n", what);
    exit(1);
}

/* Processor time: what other programs do meanwhile is none of ours. */
static uint64_t now_us(void)
{
    struct timespec at;

    if (clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &at) != 0)
        die("no clock");
    return (uint64_t)at.tv_sec * 1000000u + (uint64_t)at.tv_nsec / 1000u;
}

static void *memory(size_t bytes)
{
    void *at = malloc(bytes);

    if (at == NULL)
        die("not enough memory");
    return at;
}

/* ---- a ledger of one member -------------------------------------------- */

static struct tl_id case_id(uint32_t number)
{
    struct tl_id id;
    struct tl_hash hash;
    uint8_t bytes[4];

    tl_put_u32be(bytes, number);
    tl_hash_plain(&hash, tl_bytes(bytes, sizeof bytes));
    memcpy(id.b, hash.b, sizeof id.b);
    return id;
}

static void bench_open(struct bench *b, uint32_t cases)
{
    struct tl_contract_config config = {.genesis = &b->genesis};
    struct tl_buf members = tl_buf(b->genesis_bytes, sizeof b->genesis_bytes);
    uint8_t scratch[256];
    struct tl_buf keys = tl_buf(scratch, sizeof scratch);
    struct tl_member member = {.id = tl_bytes_str("creditor"), .roles = TL_ROLE_CREDITOR};
    struct tl_member_key key = {.name = tl_bytes_str("main"), .rights = TL_RIGHT_ALL};

    *b = (struct bench){.cases = cases};
    memset(b->author.b, 7, sizeof b->author.b);
    key.key = b->author;
    member.address = tl_bytes_str("localhost:1");
    tl_list_add(&member.keys, &keys, &tl_member_key_record, &key);
    tl_list_add(&b->genesis.members, &members, &tl_member_record, &member);
    b->genesis.time_source = TL_TIME_CALENDAR;
    b->genesis.first_date = FIRST - 1;
    b->contract = tl_contract_init(memory(tl_contract_bytes()), &config);
    tl_arena_init(&b->arena, memory(ARENA), ARENA);
    b->state = tl_overlay_new(&b->arena, NULL, NULL);
    b->child = memory(CHILD);
    b->block = tl_buf(memory(TL_BLOCK_BYTES_MAX), TL_BLOCK_BYTES_MAX);
    b->entries = tl_buf(memory(TL_ENVELOPE_BYTES_MAX), TL_ENVELOPE_BYTES_MAX);
}

static enum tl_status count_leaf(void *host, uint64_t index, struct tl_bytes bytes)
{
    struct bench *b = host;
    struct tl_leaf leaf;

    (void)index;
    b->leaves++;
    b->bytes += bytes.len;
    if (tl_record_decode(&tl_leaf_record, &leaf, bytes) == TL_OK)
        b->decisions += leaf.kind == TL_LEAF_DECISION;
    return TL_OK;
}

static bool commit_one(void *context, struct tl_bytes key, struct tl_bytes value)
{
    struct bench *b = context;

    return tl_overlay_put(b->state, key, value) == TL_OK;
}

/* Microseconds the block took; keeping its writes is the store's work. */
static uint64_t block_run(struct bench *b)
{
    struct tl_executor executor = tl_contract_executor(b->contract);
    struct tl_leaf_sink sink = {count_leaf, b};
    struct tl_exec_block block = {.genesis = &b->genesis,
                                  .chain_id = &b->chain_id,
                                  .height = ++b->height,
                                  .first_leaf = b->leaves,
                                  .envelopes = b->envelopes};
    struct tl_arena arena;
    struct tl_overlay *child;
    uint64_t began;
    uint64_t took;

    tl_arena_init(&arena, b->child, CHILD);
    child = tl_overlay_new(&arena, b->state, NULL);
    if (child == NULL || b->block.full)
        die("a block does not fit");
    began = now_us();
    if (executor.run(executor.host, &block, child, &sink) != TL_OK)
        die("the contract refused a block");
    took = now_us() - began;
    tl_overlay_each(child, commit_one, b);
    b->block.len = 0;
    b->envelopes = (struct tl_list){TL_BYTES_NONE, 0};
    return took;
}

static void envelope_seal(struct bench *b)
{
    static uint8_t scratch[TL_ENVELOPE_BYTES_MAX];
    struct tl_buf out = tl_buf(scratch, sizeof scratch);
    struct tl_envelope env = {.author = b->author, .sequence = ++b->sequence, .entries = b->list};
    struct tl_envelope_bytes bytes;

    tl_envelope_root(&env.root, &env.entries);
    tl_record_write(&tl_envelope_record, &env, &out);
    bytes.bytes = tl_buf_bytes(&out);
    tl_list_add(&b->envelopes, &b->block, &tl_envelope_bytes_record, &bytes);
    b->list = (struct tl_list){TL_BYTES_NONE, 0};
    b->entries.len = 0;
}

static void entry_add(struct bench *b, enum tl_type type, uint32_t number, int32_t date,
                      const char *ref, const void *body)
{
    static uint8_t scratch[70000];
    struct tl_buf one = tl_buf(scratch, sizeof scratch);
    struct tl_entry entry = {.type = (uint16_t)type, .value_date = date};
    struct tl_entry_bytes bytes;

    if (tl_type_find((uint16_t)type)->about_case)
        entry.case_id = case_id(number);
    if (ref != NULL)
        entry.ext_ref = tl_bytes_str(ref);
    if (!tl_entry_encode(&one, &entry, body))
        die("an entry does not fit");
    bytes.bytes = tl_buf_bytes(&one);
    tl_list_add(&b->list, &b->entries, &tl_entry_bytes_record, &bytes);
}

/* ---- the debts --------------------------------------------------------- */

static void rule_named(struct tl_rule *rule, const char *id)
{
    (void)snprintf(rule->id, sizeof rule->id, "%s", id);
    (void)snprintf(rule->citation, sizeof rule->citation, "benchmark, %s", id);
}

static void publish(struct bench *b)
{
    static struct tl_policy policy;
    static uint8_t scratch[TL_POLICY_BYTES_MAX];
    struct tl_buf out = tl_buf(scratch, sizeof scratch);
    struct tl_body_policy body;
    struct tl_rule *rule = &policy.rule[0];

    tl_policy_init(&policy);
    (void)snprintf(policy.name, sizeof policy.name, "bench");
    (void)snprintf(policy.title, sizeof policy.title, "a fee on the tenth day");
    policy.rule_count = 2;
    tl_rule_init(rule, TL_ACTION_ASSESS_FEE);
    rule_named(rule, "late fee");
    rule->anchor = TL_FEATURE_DUE_ON;
    rule->days = 10;
    rule->bucket = TL_BUCKET_FEE;
    rule->fee = TL_FEE_PERCENT;
    rule->basis = TL_FEATURE_BALANCE;
    rule->rate_bp = 150;
    rule->guard_count = 1;
    rule->guard[0] = (struct tl_clause){
        .left = {TL_FEATURE_BALANCE}, .left_count = 1, .op = TL_OP_GT, .constant = 1000};
    rule = &policy.rule[1];
    tl_rule_init(rule, TL_ACTION_ACTION_DUE);
    rule_named(rule, "reminder");
    rule->anchor = TL_FEATURE_DUE_ON;
    rule->days = 10;
    rule->kind = TL_DUE_REMINDER;
    if (!tl_policy_encode(&policy, &out))
        die("the policy does not fit");
    body.policy = tl_buf_bytes(&out);
    entry_add(b, TL_ENTRY_POLICY_PUBLISH, 0, FIRST, NULL, &body);
    envelope_seal(b);
    (void)block_run(b);
}

static int64_t principal_of(uint32_t number)
{
    return 50000 + (int64_t)(number % 1000) * 137;
}

/* Each group is due a hundred days after the one before. */
static int32_t due_of(uint32_t number)
{
    return FIRST + 30 + 100 * (int32_t)(number % GROUPS);
}

static void open_cases(struct bench *b)
{
    for (uint32_t i = 0; i < b->cases; i++) {
        const struct tl_body_agreement agreement = {.currency = 840,
                                                    .product = tl_bytes_str("loan"),
                                                    .jurisdiction = tl_bytes_str("US"),
                                                    .policy = tl_bytes_str("bench"),
                                                    .opened_on = FIRST,
                                                    .due_on = due_of(i),
                                                    .principal_minor = principal_of(i)};
        const struct tl_body_terms terms = {1899, TL_DAYCOUNT_ACT_365F, FIRST, TL_BYTES_NONE};

        entry_add(b, TL_ENTRY_AGREEMENT, i, FIRST, "agreement", &agreement);
        entry_add(b, TL_ENTRY_AGREEMENT_AMEND, i, FIRST, NULL, &terms);
        if (i % 500 == 499 || i + 1 == b->cases) {
            envelope_seal(b);
            (void)block_run(b);
        }
    }
}

/* One payment each for cases all over the ledger. */
static void facts(struct bench *b, int32_t date, uint64_t *seed)
{
    for (uint32_t e = 0; e < ENVELOPES; e++) {
        for (uint32_t i = 0; i < FACTS; i++) {
            char name[24];
            struct tl_body_payment body = {tl_bytes_str(name), 500, TL_PAY_TRANSFER};

            *seed = *seed * UINT64_C(6364136223846793005) + 1442695040888963407;
            (void)snprintf(name, sizeof name, "%llx", (unsigned long long)*seed);
            body.payment = tl_bytes_str(name);
            entry_add(b, TL_ENTRY_PAYMENT, (uint32_t)(*seed >> 33) % b->cases, date, name, &body);
        }
        envelope_seal(b);
    }
}

static bool work_left(struct bench *b)
{
    struct tl_clock clock;

    if (tl_clock_load(&clock, b->state, &b->genesis) != TL_OK)
        die("no clock");
    return clock.work_left;
}

static void close_day(struct bench *b, int32_t date)
{
    const struct tl_body_day body = {date};

    entry_add(b, TL_ENTRY_DAY_CLOSE, 0, date, NULL, &body);
    envelope_seal(b);
}

/* ---- arithmetic alone -------------------------------------------------- */

struct plain {
    int64_t principal, interest, fee, rate;
    int32_t from;
};

/* The same interest and the same fee for every due case, nanoseconds each. */
static double plain_ns(uint32_t cases)
{
    struct plain *all = calloc(cases, sizeof *all);
    int64_t sum = 0;
    uint64_t began;
    uint32_t rounds = 20;
    uint64_t took;

    if (all == NULL)
        die("not enough memory");
    for (uint32_t i = 0; i < cases; i++)
        all[i] = (struct plain){principal_of(i), 0, 0, 1899, FIRST};
    began = now_us();
    for (uint32_t round = 0; round < rounds; round++) {
        for (uint32_t i = 0; i < cases; i++) {
            struct plain *c = &all[i];
            int64_t days = FIRST + 40 + (int32_t)round - c->from;

            c->interest = c->principal * c->rate * days / 3650000;
            c->fee = ((c->principal + c->interest) * 150 + 5000) / 10000;
            sum += c->interest + c->fee;
        }
    }
    took = now_us() - began;
    if (sum == 0)
        die("the arithmetic was left out");
    free(all);
    return (double)took * 1e3 / rounds / cases;
}

/* ---- what is measured -------------------------------------------------- */

static int by_size(const void *a, const void *b)
{
    const uint64_t *x = a;
    const uint64_t *y = b;

    return *x < *y ? -1 : *x > *y;
}

static uint64_t median(uint64_t *list, uint32_t count)
{
    qsort(list, count, sizeof *list, by_size);
    return list[count / 2];
}

struct tally {
    uint64_t bytes;
};

static bool weigh(void *context, struct tl_bytes key, struct tl_bytes value)
{
    struct tally *tally = context;

    tally->bytes += key.len + value.len;
    return true;
}

static uint64_t state_bytes(struct bench *b)
{
    struct tally tally = {0};

    tl_overlay_each(b->state, weigh, &tally);
    return tally.bytes;
}

/* Facts alone, then facts while the day's work is left. */
static void measure(struct bench *b)
{
    static uint64_t calm[CALM_BLOCKS];
    static uint64_t busy[BLOCKS_MAX];
    uint64_t seed = 1;
    uint64_t largest = 0;
    uint64_t spent = 0;
    uint64_t decisions;
    uint64_t facts_median;
    uint32_t blocks = 0;
    double plain = plain_ns(b->cases / GROUPS);

    close_day(b, FIRST + 39);
    (void)block_run(b);
    for (uint32_t i = 0; i < CALM_BLOCKS; i++) {
        facts(b, FIRST + 40, &seed);
        calm[i] = block_run(b);
    }
    facts_median = median(calm, CALM_BLOCKS);
    decisions = b->decisions;
    close_day(b, FIRST + 40);
    do {
        facts(b, FIRST + 41, &seed);
        busy[blocks] = block_run(b);
        spent += busy[blocks];
        if (busy[blocks] > largest)
            largest = busy[blocks];
    } while (work_left(b) && ++blocks < BLOCKS_MAX);
    blocks++;
    decisions = b->decisions - decisions;
    printf("{\"cases\": %u, \"due\": %u, \"facts_per_block\": %u, \"block_median_us\": %llu, "
           "\"closing_blocks\": %u, \"closing_median_us\": %llu, \"closing_max_us\": %llu, "
           "\"max_over_median\": %.2f, \"decisions\": %llu, \"decisions_per_s\": %.0f, "
           "\"ns_per_decision\": %.0f, \"plain_ns_per_case\": %.2f, \"state_bytes_per_case\": "
           "%llu}\n",
           (unsigned)b->cases, (unsigned)(b->cases / GROUPS), ENVELOPES * FACTS,
           (unsigned long long)facts_median, (unsigned)blocks,
           (unsigned long long)median(busy, blocks), (unsigned long long)largest,
           (double)largest / (double)facts_median, (unsigned long long)decisions,
           (double)decisions * 1e6 / (double)spent, (double)spent * 1e3 / (double)decisions, plain,
           (unsigned long long)(state_bytes(b) / b->cases));
}

int main(int argc, char **argv)
{
    static struct bench bench;
    unsigned long cases = argc > 1 ? strtoul(argv[1], NULL, 10) : 200000;

    if (cases < GROUPS || cases > 4000000)
        die("CASES is 10 to 4000000");
    bench_open(&bench, (uint32_t)cases);
    publish(&bench);
    open_cases(&bench);
    measure(&bench);
    return 0;
}
