/* receipts.c -- how large receipts are and how long they take.
 *
 * Usage: receipts DIR LEAVES
 *
 * Makes a ledger of at least LEAVES leaves in a RocksDB store below DIR, whose
 * blocks are as full as they may be, then receipts of each kind at random places:
 * median and worst size, median and 99th percentile of the processor time of
 * making one in the node's code and of verifying one, and both as ratios to the
 * signature checks inside, which are measured in between.  Exits with 1 when a
 * receipt is not below 8 KiB (a dossier, which grows with its case, may be).
 * Prints one JSON object. */
#include "case_world.h"

#include "tl/case_receipt.h"
#include "tl/log.h"
#include "tl/policy.h"
#include "tl/store_rocksdb.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#define SAMPLES    1000u
#define PER_BLOCK  800u /* cases: 3,200 entries, four fifths of a full envelope */
#define STATE_BITS 16u
#define SIZE_MAX_B 8192u
#define MEMORY     ((size_t)16 << 20)

static struct case_world world;
static struct tl_buf out, scratch;
static uint32_t cases;
static uint64_t seed = 1;

static void must(bool good, const char *what)
{
    if (good)
        return;
    (void)fprintf(stderr, "receipts: %s\n", what);
    exit(1);
}

/* What this thread has cost: others on the machine do not count. */
static uint64_t cpu_us(void)
{
    struct timespec now;

    must(clock_gettime(CLOCK_THREAD_CPUTIME_ID, &now) == 0, "no clock");
    return (uint64_t)now.tv_sec * 1000000u + (uint64_t)now.tv_nsec / 1000u;
}

static uint64_t below(uint64_t n)
{
    seed = seed * UINT64_C(6364136223846793005) + UINT64_C(1442695040888963407);
    return (seed >> 33) % n;
}

static void build(uint64_t leaves)
{
    struct tl_body_payment payment = {.amount_minor = 10000, .payment = tl_bytes_str("p1")};

    while (tl_chain_tip(world.chain)->log_size < leaves) {
        for (uint32_t i = 0; i < PER_BLOCK; i++) {
            case_world_open(&world, ++cases);
            case_world_add(&world, TL_ENTRY_PAYMENT, cases, 11030, "p1", &payment);
        }
        case_world_block(&world, CW_CREDITOR);
    }
}

/* ---- one receipt ---- */

enum kind { ENTRY, DECISION, STATE, CUSTODY, ABSENCE, DOSSIER, KINDS };
static const char *const words[KINDS] = {"entry",   "decision", "state",
                                         "custody", "absence",  "dossier"};

/* A leaf of the kind, somewhere: each case has four entries and a decision. */
static uint64_t some_leaf(enum kind kind)
{
    for (;;) {
        uint64_t index = below(tl_chain_tip(world.chain)->log_size);
        struct tl_bytes bytes;
        struct tl_leaf leaf;

        must(tl_log_leaf(tl_chain_state(world.chain), index, &bytes) == TL_OK &&
                 tl_record_decode(&tl_leaf_record, &leaf, bytes) == TL_OK,
             "a leaf is not there");
        if ((leaf.kind == TL_LEAF_ENTRY) == (kind == ENTRY))
            return index;
    }
}

static struct tl_case_question some_question(enum kind kind)
{
    static const enum tl_claim claims[KINDS] = {[STATE] = TL_CLAIM_STATE,
                                                [CUSTODY] = TL_CLAIM_CUSTODY,
                                                [ABSENCE] = TL_CLAIM_ABSENCE,
                                                [DOSSIER] = TL_CLAIM_DOSSIER};

    return (struct tl_case_question){.claim = claims[kind],
                                     .absent = kind == ABSENCE ? TL_ENTRY_FURNISHED : 0,
                                     .case_id = case_world_id(1 + (uint32_t)below(cases))};
}

static uint64_t make_us(enum kind kind)
{
    uint64_t leaf = kind <= DECISION ? some_leaf(kind) : 0;
    struct tl_case_question question = some_question(kind);
    uint64_t began_us = cpu_us();
    enum tl_status status;

    out = tl_buf(out.ptr, MEMORY);
    scratch = tl_buf(scratch.ptr, MEMORY);
    if (kind <= DECISION)
        status = tl_receipt_make(world.chain, leaf, &out);
    else
        status = tl_case_receipt_make(world.chain, &question, &scratch, &out);
    must(status == TL_OK, "a receipt cannot be made");
    return cpu_us() - began_us;
}

static uint64_t verify_us(enum kind kind)
{
    const struct consortium *c = &world.consortium;
    static struct tl_case_facts about;
    struct tl_receipt_facts facts;
    const char *why = "";
    uint64_t began_us = cpu_us();
    enum tl_status status;

    if (kind <= DECISION)
        status = tl_receipt_verify(&facts, tl_buf_bytes(&out), &c->genesis, &c->chain_id, &why);
    else
        status =
            tl_case_receipt_verify(&about, tl_buf_bytes(&out), &c->genesis, &c->chain_id, &why);
    must(status == TL_OK, why);
    return cpu_us() - began_us;
}

/* ---- many ---- */

static int by_size(const void *a, const void *b)
{
    const uint64_t *x = a, *y = b;

    return *x < *y ? -1 : *x > *y;
}

struct spread {
    uint64_t median, p99, most;
};

static struct spread spread_of(uint64_t samples[SAMPLES])
{
    qsort(samples, SAMPLES, sizeof *samples, by_size);
    return (struct spread){samples[SAMPLES / 2], samples[SAMPLES * 99 / 100], samples[SAMPLES - 1]};
}

/* One signature check, of the kind and rule that receipts hold. */
static uint64_t check_us(void)
{
    const struct consortium *c = &world.consortium;
    struct tl_hash hash = {{7}};
    struct tl_sig sig;
    uint64_t began_us;

    tl_proposal_sign(&sig, &hash, &c->consensus[0]);
    began_us = cpu_us();
    must(tl_proposal_verify(&sig, &hash, &c->voters.key[0]) == TL_OK, "a signature");
    return cpu_us() - began_us;
}

/* Leader, quorum, and an author for each entry shown with its author. */
static uint32_t signatures_in(enum kind kind)
{
    uint32_t finality = 1 + world.consortium.genesis.quorum;

    return kind == ENTRY ? finality + 1 : kind == DOSSIER ? finality + 4 : finality;
}

static void measure(enum kind kind)
{
    static uint64_t bytes[SAMPLES], made[SAMPLES], verified[SAMPLES], checked[SAMPLES];
    struct spread size, make, verify;
    double inside_us;

    for (uint32_t i = 0; i < SAMPLES; i++) {
        made[i] = make_us(kind);
        bytes[i] = out.len;
        verified[i] = verify_us(kind);
        checked[i] = check_us();
    }
    size = spread_of(bytes);
    make = spread_of(made);
    verify = spread_of(verified);
    inside_us = (double)spread_of(checked).median * signatures_in(kind);
    (void)printf(",\n  \"%s\": {\"bytes\": %" PRIu64 ", \"bytes_most\": %" PRIu64
                 ", \"make_us\": %" PRIu64 ", \"make_us_p99\": %" PRIu64 ", \"verify_us\": %" PRIu64
                 ", \"verify_us_p99\": %" PRIu64 ", \"signatures\": %" PRIu32
                 ", \"make_to_signatures\": %.2f, \"verify_to_signatures\": %.2f}",
                 words[kind], size.median, size.most, make.median, make.p99, verify.median,
                 verify.p99, signatures_in(kind), (double)make.median / inside_us,
                 (double)verify.median / inside_us);
    must(kind == DOSSIER || size.most < SIZE_MAX_B, "a receipt is not below 8 KiB");
}

int main(int argc, char **argv)
{
    struct tl_why why = {""};
    struct tl_store *store;

    must(argc == 3, "usage: receipts DIR LEAVES");
    must(tl_store_rocksdb_open(&store, argv[1], TL_STORE_CREATE, &why) == TL_OK, why.text);
    case_world_init_on(&world, STATE_BITS, store);
    out = tl_buf(malloc(MEMORY), MEMORY);
    scratch = tl_buf(malloc(MEMORY), MEMORY);
    build(strtoull(argv[2], NULL, 10));
    (void)printf("{\n  \"leaves\": %" PRIu64 ", \"quorum\": %u",
                 tl_chain_tip(world.chain)->log_size, world.consortium.genesis.quorum);
    for (uint32_t kind = ENTRY; kind < KINDS; kind++)
        measure((enum kind)kind);
    (void)printf("\n}\n");
    case_world_fini(&world);
    tl_store_rocksdb_close(store);
    free(out.ptr);
    free(scratch.ptr);
    return 0;
}
