/* law_run.h -- what the engine asks the rules of law (private). */
#ifndef TL_LAW_RUN_H
#define TL_LAW_RUN_H

#include "run.h"
#include "tl/law.h"

/* The facets, about to be changed. */
struct tl_facets *facets_of(struct work *w);
/* The facets of a debtor an entry names; the first if there is no such. */
struct tl_debtor_facts *debtor_of(struct work *w, uint8_t number);
uint64_t item_hash(struct tl_bytes name);

/* acts.c: law_admits judges what the entry did or asks for.  What has happened
 * gets a VIOLATION for each rule it broke; what is only asked for is DENIED, and
 * then false. */
bool law_admits(struct run *r, struct work *w, const struct tl_entry *e, const union tl_body *b);
/* law_lets: may the engine itself do this now?  `about`: the member it is done
 * with. */
bool law_lets(struct run *r, const struct work *w, enum tl_act_kind kind, uint8_t about);
void permit_request(struct run *r, struct work *w, const struct tl_entry *e,
                    const struct tl_body_act *b);
bool licensed(struct run *r, const struct tl_case *c, uint8_t member, int32_t on);
void apply_licence(struct run *r, const struct tl_entry *e, const struct tl_body_licence *b);

/* law_entries.c: what the entries of tl/law_entries.h do. */
bool law_entry(uint16_t type);
void apply_law(struct run *r, struct work *w, const struct tl_entry *e, const union tl_body *b);
/* After an entry: is what bureaus were told still so, was much forgiven? */
struct law_before {
    int64_t balance_minor;
    uint8_t stage;
};
void law_after(struct run *r, struct work *w, const struct tl_entry *e, const union tl_body *b,
               const struct law_before *before);

/* reach.c: whom one may reach, and what was said. */
void joint_debtor(struct run *r, struct work *w, const struct tl_entry *e,
                  const struct tl_body_joint *b);
void preferences(struct work *w, const struct tl_body_preferences *b);
void consent(struct run *r, struct work *w, const struct tl_entry *e,
             const struct tl_body_consent *b, bool given);
void opt_out(struct work *w, const struct tl_body_opt_out *b);
void address(struct work *w, const struct tl_entry *e, const struct tl_body_address *b);
void contact_remember(struct run *r, struct work *w, const struct tl_entry *e,
                      const struct tl_body_contact *b);

/* letters.c: what was sent, and what came back. */
void letter_add(struct work *w, const struct tl_entry *e, bool spoken, bool validation);
void validation_notice(struct run *r, struct work *w, const struct tl_entry *e);
void delivery(struct run *r, struct work *w, const struct tl_entry *e,
              const struct tl_body_delivery *b);
/* A collector began: what another one sent does not count for it. */
void collector_changes(struct work *w);
bool is_collector(const struct run *r);

/* relief.c: holds with an end, terms of law that pass. */
int32_t terms_due(const struct work *w);
void terms_judge(struct run *r, struct work *w, int32_t day);
void hold_until(struct run *r, struct work *w, enum tl_hold hold, int32_t until_on);
void hold_over(struct work *w, enum tl_hold hold);
void reage(struct run *r, struct work *w, const struct tl_entry *e, const struct tl_body_reage *b);
void service(struct run *r, struct work *w, const struct tl_entry *e,
             const struct tl_body_service *b);

/* person.c */
void personal_gather(struct work *w);
/* lifecycle.c */
const struct tl_open_dispute *dispute_find(const struct work *w, struct tl_bytes name);

#endif
