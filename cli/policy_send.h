/* policy_send.h -- a policy document onto the ledger. */
#ifndef TL_POLICY_SEND_H
#define TL_POLICY_SEND_H

#include "tl/policy.h"

#include "submit.h"

/* tl_policy_file_encode compiles a document to its canonical bytes. */
TL_MUST_USE enum tl_status tl_policy_file_encode(const char *path, struct tl_policy *policy,
                                                 struct tl_buf *out, struct tl_why *why);
/* tl_policy_publish writes it, dated the day after the last closed one. */
TL_MUST_USE enum tl_status tl_policy_publish(struct tl_client *client, const char *path,
                                             struct tl_submitted_counts *counts,
                                             struct tl_why *why);

#endif
