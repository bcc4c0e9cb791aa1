/* policy_diff.h -- what another policy would have decided, case by case.
 *
 * Two shadow runs of one history are compared.  An aspect says what about a case
 * matters: whether an agency has it, its stage, what was charged and so on.  A
 * case is listed when it ends differently in that aspect, with the decisions of
 * that aspect that only one of the runs has.  Decisions are the same when type,
 * day and content are: a rule that was only renamed or cited differently changes
 * nothing. */
#ifndef TL_POLICY_DIFF_H
#define TL_POLICY_DIFF_H

#include "json.h"
#include "shadow.h"

enum tl_diff_aspect {
    TL_DIFF_PLACEMENT, /* not placed, offered, placed */
    TL_DIFF_AGENCY,    /* who has custody */
    TL_DIFF_STAGE,
    TL_DIFF_CHARGED,
    TL_DIFF_OWED,
    TL_DIFF_REPORTING,
    TL_DIFF_CHARGE_OFF,
    TL_DIFF_DECISIONS /* any decision at all */
};
extern const struct tl_names tl_diff_aspect_names;

struct tl_policy_diff {
    const struct tl_genesis *genesis;
    const struct tl_shadow_run *a;
    const struct tl_shadow_run *b;
    uint64_t cases[TL_DIFF_DECISIONS + 1u]; /* that differ, by aspect */
    uint64_t decisions_a;                   /* that only one run has, in all cases */
    uint64_t decisions_b;
};

/* tl_policy_diff_rows adds a row for each decision of the cases that differ in
 * `aspect`, cases in order of id, decisions in order of day; and counts. */
void tl_policy_diff_rows(struct tl_policy_diff *diff, enum tl_diff_aspect aspect,
                         struct tl_json *rows);

#endif
