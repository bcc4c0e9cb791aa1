/* access.h -- who may ask what of this node, and about which case.
 *
 * Three questions, in this order, each with a refusal of its own:
 *
 *   1. May this key ask at all, and this?   genesis and entries say what a key may
 *                                           do and until when (tl_author_standing)
 *   2. May it ask about this case?          its member is a party to it now, or the
 *                                           key has the right AUDIT
 *   3. Personal data: is this node's member entitled, and the key one of its own?
 *
 * Parties to a case are its owner, whoever holds it, the agency it is offered to,
 * the buyer it is offered or sold to, and the bureaus once it was furnished.  After
 * a recall or return an agency is none.
 *
 * What of the ledger is not about a case (policies, calendar, checkpoints) every
 * key with READ may see; whole blocks only one with AUDIT.
 *
 * Every reading of cases is logged, and every attempt that was refused
 * (host/access_log.h). */
#ifndef TL_NODE_ACCESS_H
#define TL_NODE_ACCESS_H

#include "tl/api.h"
#include "tl/case.h"

struct tl_node;

/* tl_access_admit answers the first question for a request. */
enum tl_status tl_access_admit(struct tl_node *node, const struct tl_request *request,
                               struct tl_author *author, const char **why);
/* tl_access_author finds what a writing key may do now: TL_ERR_DENIED,
 * TL_ERR_REVOKED, TL_ERR_EXPIRED. */
enum tl_status tl_access_author(struct tl_node *node, const struct tl_pubkey *key,
                                struct tl_author *author);
/* tl_access_ask answers the second and third before anything is read, and logs. */
enum tl_status tl_access_ask(struct tl_node *node, const struct tl_request *request,
                             const struct tl_author *author, const char **why);
/* tl_access_party: lists leave out what this is false for. */
bool tl_access_party(const struct tl_author *author, const struct tl_case *c);

#endif
