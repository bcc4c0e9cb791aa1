/* facts.h -- what reports are counted from: events in order, cases as they stand.
 *
 * One walk over a ledger (past.h) keeps each entry and decision about a case in a
 * few numbers, and each case's record as of the height.  An entry that had no
 * effect (a repeat, a denied act, a deferred one) is marked void.  Reports then
 * only count.  Ownership: tl_facts_free; texts of cases live in `bytes`. */
#ifndef TL_FACTS_H
#define TL_FACTS_H

#include "tl/books.h"
#include "tl/policy.h"

#include "past.h"

struct tl_fact {
    struct tl_id case_id;
    uint64_t leaf;  /* its own index: every leaf is kept, from the first on */
    uint64_t cause; /* decisions: the first leaf it follows from */
    uint64_t also;  /* ... and the second: of a reversal, the payment */
    uint16_t type;
    uint16_t about;  /* findings: a type of entry; contacts: purpose */
    uint8_t member;  /* who wrote the entry, or the one that caused the decision */
    uint8_t kind;    /* regime, channel, agency, stage gone to */
    uint8_t outcome; /* outcome, reason */
    bool decided;
    bool is_void;
    int32_t date;
    int32_t due_on;
    int64_t amount_minor; /* ALLOCATION: what came in; below zero: went back */
    uint64_t name;        /* of a dispute */
    uint32_t text;        /* findings: index into `text` */
};

/* A finding's rule and reason, once. */
struct tl_fact_text {
    char rule[TL_RULE_ID_MAX + 1];
    char why[161];
};

struct tl_fact_case {
    size_t at; /* its record in `bytes` */
    size_t len;
    struct tl_id id;
};

struct tl_fact_policy {
    struct tl_hash hash;
    struct tl_policy *policy;
};

struct tl_facts {
    struct tl_genesis_file genesis;
    struct tl_past_point point;
    struct tl_fact *fact; /* in order of the log */
    size_t facts;
    size_t fact_cap;
    struct tl_fact_text *text;
    size_t texts;
    size_t text_cap;
    struct tl_fact_case *item; /* in order of id */
    size_t cases;
    size_t case_cap;
    uint8_t *bytes;
    size_t used;
    size_t room;
    struct tl_account *account; /* by currency, account, member */
    size_t accounts;
    size_t account_cap;
    struct tl_fact_policy *policy;
    size_t policies;
    size_t policy_cap;
    uint64_t last_entry; /* leaf, while walking */
    uint8_t last_member;
};

/* tl_facts_gather walks the ledger the options name; it has said why on failure. */
TL_MUST_USE enum tl_status tl_facts_gather(struct tl_facts *facts, const struct tl_args *args);
void tl_facts_free(struct tl_facts *facts);
/* tl_facts_case decodes a case; it borrows from the facts. */
struct tl_case tl_facts_case(const struct tl_facts *facts, size_t index);
/* tl_facts_find gives a case's index, or SIZE_MAX. */
size_t tl_facts_find(const struct tl_facts *facts, const struct tl_id *id);
/* The policy of that hash, or NULL. */
const struct tl_policy *tl_facts_policy(const struct tl_facts *facts, const struct tl_hash *hash);
/* A member's id in `out`. */
void tl_facts_member(const struct tl_facts *facts, uint32_t member, char out[TL_MEMBER_ID_MAX + 1]);
/* Copies `text` into `out` with a terminator, cut to fit. */
void tl_facts_word(char *out, size_t cap, struct tl_bytes text);

#endif
