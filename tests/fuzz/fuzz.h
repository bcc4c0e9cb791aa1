/* fuzz.h -- what every fuzz target looks like.
 *
 * A target takes any bytes and must neither crash nor trip a check; what it
 * accepts it must write back as the very same bytes.  The same file is linked
 * twice: with libFuzzer (preset "fuzz": fuzz_NAME) and, in every build, with a
 * small program that replays the corpus and thousands of seeded inputs and
 * mutations of them (replay_NAME). */
#ifndef TL_TEST_FUZZ_H
#define TL_TEST_FUZZ_H

#include "gen.h"

#include <stddef.h>
#include <stdint.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* fuzz_seed writes one input the target accepts and gives its length. */
size_t fuzz_seed(struct gen *gen, uint8_t *out, size_t cap);

/* fuzz_same stops the program unless `back` holds exactly these bytes. */
void fuzz_same(const struct tl_buf *back, struct tl_bytes bytes);
/* One random record, encoded. */
size_t fuzz_record(struct gen *gen, const struct tl_record *record, uint8_t *out, size_t cap);

#define FUZZ_BYTES_MAX (1u << 18)

#endif
