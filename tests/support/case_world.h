/* case_world.h -- a ledger in memory with the real contract: four members, one
 * policy, blocks with certificates, cases with a life.
 *
 * Member 0 is the creditor, 1 and 2 agencies, 3 the bureau (each key may write
 * everything).  Cases are numbered; their ids are hashes of the number. */
#ifndef TL_TEST_CASE_WORLD_H
#define TL_TEST_CASE_WORLD_H

#include "consortium.h"

#include "tl/chain.h"
#include "tl/contract.h"

enum { CW_CREDITOR, CW_AGENCY, CW_OTHER_AGENCY, CW_BUREAU, CW_MEMBERS };

struct case_world {
    struct consortium consortium;
    void *contract_memory;
    void *chain_memory;
    void *store_memory;
    struct tl_store *store;
    struct tl_chain *chain;
    uint64_t sequence[CW_MEMBERS];
    struct tl_buf entries; /* of the envelope in the making */
    struct tl_list list;
};

/* Opens an empty ledger over `store_bytes` of memory and publishes the policy. */
void case_world_init(struct case_world *w, uint32_t state_bits, size_t store_bytes);
/* The same over a store of the caller's. */
void case_world_init_on(struct case_world *w, uint32_t state_bits, struct tl_store *store);
/* The same ledger once more, empty, for a replay of the first one's blocks. */
void case_world_replica(struct case_world *w, const struct case_world *of, size_t store_bytes);
void case_world_fini(struct case_world *w);

struct tl_id case_world_id(uint32_t case_no);
/* Adds an entry to the envelope in the making. */
void case_world_add(struct case_world *w, enum tl_type type, uint32_t case_no, int32_t date,
                    const char *ref, const void *body);
/* Signs the envelope as `member` and makes a final block of it. */
void case_world_block(struct case_world *w, uint32_t member);
/* Feeds a block of another world and makes it final with that world's certificate. */
void case_world_feed(struct case_world *w, struct case_world *from, uint64_t height);

/* Adds an agreement of 360.00, 13.00 costs and the service of a notice to the
 * envelope in the making. */
void case_world_open(struct case_world *w, uint32_t case_no);
/* A debt of 360.00 with 13.00 costs, partly paid, placed with CW_AGENCY; dates 11000 and on. */
void case_world_life(struct case_world *w, uint32_t case_no);

#endif
