/* show.h -- records, leaves and cases as values to print.
 *
 * Driven by the record tables: a field's name and kind say how it reads.  Days
 * become dates, ids and hashes hex, enum values their words, amounts stay in
 * minor units under names that end in _minor.  Pure but for memory. */
#ifndef TL_SHOW_H
#define TL_SHOW_H

#include "tl/case.h"
#include "tl/replay.h"

#include "json.h"

/* tl_show_record makes an object of a decoded record's fields. */
struct tl_json *tl_show_record(const struct tl_record *record, const void *data);
/* tl_show_member gives a member's id, or its number when there is none or no
 * genesis (NULL) to look it up in. */
struct tl_json *tl_show_member(const struct tl_genesis *genesis, uint32_t index);
/* tl_show_case makes an object of a case: owner and holder by id, what is owed,
 * days past due on `today`.  NULL: the bytes are no case. */
struct tl_json *tl_show_case(const struct tl_genesis *genesis, struct tl_bytes value,
                             int32_t today);
/* tl_show_leaf makes an object of a leaf: what, when, by whom or by which rule,
 * and the body, members by id.  NULL: the bytes are no leaf. */
struct tl_json *tl_show_leaf(const struct tl_genesis *genesis, uint64_t index,
                             struct tl_bytes leaf);
/* tl_show_decision makes an object of a decision, "cause" the first leaf it
 * follows from, "what" as below. */
struct tl_json *tl_show_decision(const struct tl_genesis *genesis, uint64_t height,
                                 const struct tl_decision *decision);
/* tl_show_summary sets "what": a line for people about the body and the rule. */
void tl_show_summary(struct tl_json *row);

#endif
