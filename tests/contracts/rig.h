/* rig.h -- a small consortium without a network: entries in, decisions out.
 *
 * Members: 0 creditor "city", 1 agency and law firm "agency-a", 2 agency "agency-b",
 * 3 bureau, 4 debt buyer "buyer". */
#ifndef TL_TEST_RIG_H
#define TL_TEST_RIG_H

#include "tl/books.h"
#include "tl/contract.h"

enum { CITY, NORTH, SOUTH, BUREAU, BUYER, RIG_MEMBERS };

struct rig_decision {
    uint16_t type;
    int32_t date;
    struct tl_id case_id;
    char rule[TL_RULE_ID_MAX + 1];
    int64_t amount_minor; /* of a fee, interest, commission, recovery, charge-off */
    uint32_t changes;     /* of a restatement */
    uint32_t unaware;
    uint32_t inputs;
};

/* Somebody who sees every leaf as it is written, and each block's end; NULL: nobody. */
struct rig_watch {
    void (*entry)(void *host, const struct tl_entry *entry, const union tl_body *body);
    void (*decision)(void *host, const struct tl_decision *decision, const union tl_body *body);
    void (*block)(void *host);
    void *host;
};

struct rig {
    void *memory;
    void *genesis_bytes;
    struct tl_genesis genesis;
    struct tl_pubkey pub[RIG_MEMBERS];
    struct tl_seckey sec[RIG_MEMBERS];
    struct tl_hash chain_id;
    struct tl_contract *contract;
    struct tl_overlay *state;
    struct tl_arena arena;
    uint64_t sequence[RIG_MEMBERS];
    uint64_t height;
    uint64_t time_ms; /* of the next block */
    uint64_t leaves;
    uint32_t per_block; /* envelopes in a block */
    uint32_t pending;
    bool bundling; /* entries gather in one envelope */
    struct tl_list bundle;
    struct tl_buf bundle_bytes;
    struct tl_buf body; /* envelopes of the block in the making */
    struct tl_list envelopes;
    struct rig_decision *decision;
    uint32_t decisions;
    struct rig_watch watch;
    struct tl_hash log;          /* hash over all leaves so far */
    struct tl_id watched;        /* the case whose leaves ... */
    struct tl_hash watched_hash; /* ... are hashed here, as its record must say */
    uint32_t watched_leaves;
    enum tl_status last;
};

void rig_open(struct rig *rig, uint32_t slice_steps, uint32_t per_block);
void rig_close(struct rig *rig);
/* One entry in an envelope of its own; `ref` may be NULL. */
void rig_send(struct rig *rig, uint32_t member, enum tl_type type, uint32_t case_no, int32_t date,
              const char *ref, const void *body);
/* The same with the whole head of an entry at hand. */
void rig_put(struct rig *rig, uint32_t member, const struct tl_entry *entry, const void *body);
/* Between them every entry goes into one envelope of `member`. */
void rig_bundle(struct rig *rig);
void rig_seal(struct rig *rig, uint32_t member);
void rig_flush(struct rig *rig);
void rig_day(struct rig *rig, int32_t date);
void rig_publish(struct rig *rig, const struct tl_policy *policy);
/* Publishes the fines policy as "fines" and lets both agencies accept. */
void rig_fines(struct rig *rig, bool strict);
void rig_agreement(struct rig *rig, uint32_t case_no, int32_t date, int64_t principal_minor);
void rig_pay(struct rig *rig, uint32_t case_no, int32_t date, const char *name, int64_t minor);
void rig_notice(struct rig *rig, uint32_t case_no, int32_t date, enum tl_notice_kind kind);
/* Interest by ACT/365F from that day on. */
void rig_terms(struct rig *rig, uint32_t case_no, int32_t from_on, uint32_t rate_bp);
/* What the books say of an account in currency 978: debits less credits. */
int64_t rig_account(struct rig *rig, enum tl_account_no account, uint32_t member);
struct tl_id rig_id(uint32_t case_no);
struct tl_case rig_case(struct rig *rig, uint32_t case_no);
uint32_t rig_count(const struct rig *rig, enum tl_type type, uint32_t case_no);
const struct rig_decision *rig_find(const struct rig *rig, enum tl_type type, uint32_t case_no);
/* Debits equal credits, cases agree with receivables. */
void rig_books(struct rig *rig);
/* A rule appended to a policy under construction. */
struct tl_rule *rig_rule(struct tl_policy *policy, const char *id, enum tl_action action);
void rig_clause(struct tl_rule *rule, enum tl_feature left, enum tl_op op, enum tl_feature right,
                int64_t constant);

#endif
