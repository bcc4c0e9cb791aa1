/* map_lint.h -- what must not go onto the ledger, found before it does.
 *
 * A ledger forgets nothing, so a mapping is held to three questions:
 *
 *   tl_lint_column   does a column of this name hold a person's data?
 *   tl_lint_value    does this text look like it, whatever its column is called?
 *   tl_lint_free     can this field of an entry hold whatever somebody types?
 *
 * The first refuses a mapping when it is read; the second refuses a row; what the
 * third says goes to the vault instead.  A mapping may say that a column is not
 * personal although it sounds so (`not_personal`); what values look like it cannot
 * talk away.  Wrong alarms cost a line in the mapping, a miss costs a person: in
 * doubt these say yes.  Pure. */
#ifndef TL_MAP_LINT_H
#define TL_MAP_LINT_H

#include "tl/record.h"

/* Each says what it looks like ("an e-mail address"), static text; NULL: nothing. */
const char *tl_lint_column(struct tl_bytes name);
const char *tl_lint_value(struct tl_bytes value);
bool tl_lint_free(const struct tl_field *field);

#endif
