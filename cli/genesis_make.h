/* genesis_make.h -- a genesis file out of a plan and the members' public files. */
#ifndef TL_GENESIS_MAKE_H
#define TL_GENESIS_MAKE_H

#include "tl/genesis.h"
#include "tl/why.h"

#include "json.h"

struct tl_genesis_plan {
    const char *name;
    uint32_t quorum; /* 0: floor(2n/3)+1 */
    bool accept_weak_quorum;
    uint8_t time_source; /* enum tl_time_source */
    int32_t first_date;
    uint32_t state_bits;
    uint32_t block_bytes;
    uint32_t delta_ms;
    uint32_t heartbeat_ms;
    uint32_t drift_ms;
};

/* tl_genesis_plan_init fills in the defaults of a calendar-driven ledger. */
void tl_genesis_plan_init(struct tl_genesis_plan *plan);
/* tl_genesis_plan_load reads a YAML plan over what is in *plan.  Texts borrow
 * from memory that lives as long as the program. */
TL_MUST_USE enum tl_status tl_genesis_plan_load(struct tl_genesis_plan *plan, const char *path,
                                                struct tl_why *why);
/* tl_genesis_make gathers `count` member directories (or member.txt files) and
 * writes the file. */
TL_MUST_USE enum tl_status tl_genesis_make(const struct tl_genesis_plan *plan,
                                           const char *const *members, size_t count,
                                           const char *path, struct tl_why *why);

/* tl_genesis_tolerance says what a quorum tolerates: n, q, traitors for safety,
 * silent for progress, and how many traitors would be named. */
struct tl_json *tl_genesis_tolerance(uint32_t n, uint32_t q);
void tl_genesis_tolerance_print(uint32_t n, uint32_t q);

/* tl_member_file writes the path of member.txt: given itself or its directory. */
TL_MUST_USE bool tl_member_file(char *path, size_t cap, const char *given);

#endif
