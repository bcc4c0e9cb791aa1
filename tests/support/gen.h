/* gen.h -- seeded random values: the same seed gives the same bytes on every
 * machine, so digests over them can be kept and a failure can be repeated. */
#ifndef TL_TEST_GEN_H
#define TL_TEST_GEN_H

#include "tl/record.h"

struct gen {
    uint64_t state;
    bool small; /* integers stay near zero, as dates and amounts do */
};

struct gen gen_seed(uint64_t seed);
uint64_t gen_u64(struct gen *gen);
/* Below `bound`, which is not zero. */
uint64_t gen_below(struct gen *gen, uint64_t bound);
void gen_bytes(struct gen *gen, void *out, size_t len);

/* gen_record fills `out` with values the record's rows allow, small ones and
 * those at the limits more often than chance would have it.  Views live in
 * `arena`, which must be large enough: 256 KiB hold any record here. */
void gen_record(struct gen *gen, const struct tl_record *record, void *out, struct tl_arena *arena);

#endif
