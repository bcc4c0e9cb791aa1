/* metro2_side.h -- what a tradeline says that no ledger knows.
 *
 * Names, addresses, numbers and birthdays of people never stand on a ledger, and
 * some fields of an account are the furnisher's own.  Two documents give them:
 *
 *   profile    YAML, once per furnisher: who reports, the header, the account's
 *              fixed fields, segments every tradeline gets (K1), names of members
 *   side file  CSV, one row per segment of a case: `case`, `segment` (base, J1,
 *              J2, K1, K2, K3, K4, L1, N1), then columns named as the fields of
 *              metro2_fields.def; an empty cell sets nothing
 *
 * Both are driven by the table of fields.  What the ledger works out (status,
 * history, balances, dates, the dispute flag) cannot be set.  Ownership: the
 * _free functions; one thread.  Failures are said in *why with line and column. */
#ifndef TL_METRO2_SIDE_H
#define TL_METRO2_SIDE_H

#include "tl/metro2.h"
#include "tl/why.h"
#include "tl/yaml.h"

/* One field and what it is set to. */
struct tl_metro2_pair {
    enum tl_metro2_field field;
    struct tl_bytes text;
};

struct tl_metro2_profile_file {
    struct tl_yaml doc;
    struct tl_bytes reporter; /* member id */
    bool all;                 /* report what is not delinquent too */
    struct tl_metro2_profile account;
    const struct tl_yaml_node *header;
    const struct tl_yaml_node *base; /* the account's fields */
    const struct tl_yaml_node *segments;
    const struct tl_yaml_node *names; /* member id -> name in K2 */
};

TL_MUST_USE enum tl_status tl_metro2_profile_load(struct tl_metro2_profile_file *profile,
                                                  const char *path, struct tl_why *why);
void tl_metro2_profile_free(struct tl_metro2_profile_file *profile);
/* tl_metro2_fill sets the fields a map of the profile names. */
TL_MUST_USE enum tl_status tl_metro2_fill(uint8_t *segment, enum tl_metro2_kind kind,
                                          const struct tl_yaml *doc,
                                          const struct tl_yaml_node *fields, struct tl_why *why);

struct tl_metro2_side_row {
    struct tl_id case_id;
    enum tl_metro2_kind kind;
    size_t order;
    size_t first; /* pair */
    size_t pairs;
};

struct tl_metro2_side {
    struct tl_metro2_side_row *row; /* by case, then in order of segments */
    size_t rows;
    size_t row_cap;
    struct tl_metro2_pair *pair;
    size_t pairs;
    size_t pair_cap;
    char **text; /* memory of the cells */
    size_t texts;
    size_t text_cap;
};

/* tl_metro2_side_load reads a side file; `map` (or NULL) is a mapping that turns
 * the source's numbers into case ids. */
TL_MUST_USE enum tl_status tl_metro2_side_load(struct tl_metro2_side *side, const char *path,
                                               const char *map, struct tl_why *why);
void tl_metro2_side_free(struct tl_metro2_side *side);
/* tl_metro2_side_find gives the first row of a case and how many there are. */
const struct tl_metro2_side_row *tl_metro2_side_find(const struct tl_metro2_side *side,
                                                     const struct tl_id *id, size_t *count);
/* tl_metro2_side_set sets the fields of a row.  False: one does not fit; its name
 * is in *field then. */
TL_MUST_USE bool tl_metro2_side_set(uint8_t *segment, const struct tl_metro2_side *side,
                                    const struct tl_metro2_side_row *row, const char **field);

/* tl_metro2_set_words reads a text as the field's type wants it: dates
 * YYYY-MM-DD, digits, text in capitals.  False: it is no such thing. */
TL_MUST_USE bool tl_metro2_set_words(uint8_t *segment, enum tl_metro2_field field,
                                     struct tl_bytes text);

#endif
