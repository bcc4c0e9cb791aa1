/* tl/policy_yaml.h -- policies as people write them.
 *
 * A policy document is YAML (docs/POLICY.md describes every key); this turns it
 * into the plain value of policy.h, whose canonical bytes are published and
 * whose hash names it.  Comments, order of keys and spelling of numbers do not
 * reach the bytes: two documents that mean the same have the same hash.
 *
 * Guards are written the way one says them, "paid < principal_charged + 500";
 * words are those of the tables in case.h, entry.h and policy.h, so a new
 * feature or stage needs no change here.
 *
 * The words of a document are held to the tables here, the sense of the whole
 * by tl_policy_check; either way the sentence names file, line, column and key.
 * Not pure (YAML); no state, thread safe.  struct tl_policy is large: keep it
 * on the heap or static.  Failure: TL_ERR_ENCODING, TL_ERR_RANGE, TL_ERR_LIMIT. */
#ifndef TL_POLICY_YAML_H
#define TL_POLICY_YAML_H

#include "tl/policy.h"
#include "tl/why.h"

/* tl_policy_yaml_parse reads a document; `name` is used in messages. */
TL_MUST_USE enum tl_status tl_policy_yaml_parse(struct tl_policy *policy, const char *name,
                                                struct tl_bytes text, struct tl_why *why);
/* tl_policy_yaml_load reads a file. */
TL_MUST_USE enum tl_status tl_policy_yaml_load(struct tl_policy *policy, const char *path,
                                               struct tl_why *why);

#endif
