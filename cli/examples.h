/* examples.h -- the documents that are shipped: policies, mappings. */
#ifndef TL_EXAMPLES_H
#define TL_EXAMPLES_H

#include "tl/file.h"

/* tl_examples_path writes the path of a shipped document ("policies/us-consumer.yaml")
 * into `out` (TL_PATH_MAX bytes): below `dir`, or where they lie when it is NULL.
 * False: too long. */
TL_MUST_USE bool tl_examples_path(char *out, const char *dir, const char *name);
/* tl_examples_policy finds a shipped policy by the name people give it:
 * us-consumer, us-commercial, conservative, strict.  False: there is none. */
TL_MUST_USE bool tl_examples_policy(char *out, const char *name);

#endif
