/* naive_law.h -- an independent opinion on what may not be done.
 *
 * Written from domain.md 2.1 and 2.2, without a line of the engine's: it follows
 * the leaves of a ledger, remembers which holds each case has, and fails the test
 * when a decision does what one of them forbids, or goes on with a debt that has
 * ended, or leaves a case in two hands. */
#ifndef TL_TEST_NAIVE_LAW_H
#define TL_TEST_NAIVE_LAW_H

#include "tl/entry.h"

struct naive_law;
struct naive_law *naive_law_new(void);
void naive_law_free(struct naive_law *law);
void naive_law_entry(void *law, const struct tl_entry *entry, const union tl_body *body);
void naive_law_decision(void *law, const struct tl_decision *decision, const union tl_body *body);
/* How many acts it has judged. */
uint64_t naive_law_judged(const struct naive_law *law);
/* What a hold forbids, as the bits a policy states it in. */
uint16_t naive_mask(enum tl_hold hold);

#endif
