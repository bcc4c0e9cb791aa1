/* decision_counts.h -- how often the rules did what. */
#ifndef TL_DECISION_COUNTS_H
#define TL_DECISION_COUNTS_H

#include "tl/entry.h"

#include "json.h"

/* One kind: type, rule, and for findings what they are about and why. */
struct tl_decision_count {
    uint16_t type;
    uint16_t about;
    char rule[TL_RULE_ID_MAX + 1u];
    char why[161];
    uint64_t count;
};

struct tl_decision_counts {
    struct tl_decision_count *kind;
    size_t count;
    size_t cap;
};

void tl_decision_counts_add(struct tl_decision_counts *counts, const struct tl_decision *decision);
/* tl_decision_counts_rows adds a row for each kind, the most frequent first. */
void tl_decision_counts_rows(const struct tl_decision_counts *counts, struct tl_json *rows);
void tl_decision_counts_free(struct tl_decision_counts *counts);

#endif
