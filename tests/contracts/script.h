/* script.h -- random histories of many cases, that can be played in more than one
 * order.
 *
 * A script is its seed.  Its entries lie in rounds; a day is closed after each.
 * Within a round the entries of one case keep their order, and cases know nothing
 * of each other, so any interleaving of cases must lead to the same. */
#ifndef TL_TEST_SCRIPT_H
#define TL_TEST_SCRIPT_H

#include "rig.h"

enum { SCRIPT_START = 10000, SCRIPT_ROUNDS = 8, SCRIPT_DAYS = 400 };

enum script_kind {
    SCRIPT_LAW,     /* everything a case can meet */
    SCRIPT_MONEY,   /* charges, payments, interest and what changes it */
    SCRIPT_UNDOABLE /* payments, and what does not look at them */
};

struct script_op {
    uint32_t case_no;
    uint32_t member;
    uint32_t round;
    enum tl_type type;
    int32_t date;
    union tl_body body;
    char name[16]; /* of a payment */
};

struct script {
    enum script_kind kind;
    uint64_t seed;
    uint32_t cases;
    uint32_t ops;
    int32_t day[SCRIPT_ROUNDS + 1]; /* the last closed day of each round */
    struct script_op *op;           /* by round */
};

/* xorshift64: below `sides`. */
uint64_t script_roll(uint64_t *seed, uint64_t sides);
void script_init(struct script *script, enum script_kind kind, uint64_t seed, uint32_t cases,
                 uint32_t ops);
void script_fini(struct script *script);
/* Leaves out entries of that type; 0: none. */
void script_play(const struct script *script, struct rig *rig, bool shuffled, uint16_t without);
/* Prints what befell one case, for whoever has to find out why a test failed. */
void script_tell(const struct script *script, uint32_t case_no);
/* The policy under which scripts are played. */
void script_policy(struct tl_policy *policy, enum script_kind kind);

#endif
