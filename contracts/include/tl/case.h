/* tl/case.h -- everything the contract knows about one debt.
 *
 * A case is one record under an authenticated state key; what a node shows,
 * what a rule's guard compares and what an explanation prints are all fields of
 * it.  A stage says how far collection has gone; beside it stand facets: holds
 * and disputes, placement (who has custody), reporting (what a bureau may be
 * told).  Balances are kept by bucket, in minor units of one currency.
 *
 * Features are the integers a rule may compare: plain fields, sums of fields
 * and distances in days from the day of judgement.  A feature whose date is not
 * set is unknown, and a comparison with something unknown does not hold.
 *
 * Pure.  A decoded case borrows the bytes it came from. */
#ifndef TL_CASE_H
#define TL_CASE_H

#include "tl/facets.h"
#include "tl/interest.h"
#include "tl/overlay.h"

#define TL_CASE_DISPUTES_MAX 16u
#define TL_CASE_REF_BYTES    8u
#define TL_CASE_BYTES_MAX    (TL_CASE_ENTRIES_MAX * TL_CASE_REF_BYTES + 8192u)
#define TL_RULES_MAX         64u
/* A timer is looked at so often since its anchor date was last moved. */
#define TL_RULE_REVIEWS_MAX 1000u

enum tl_placement {
    TL_PLACEMENT_NONE = 0,
    TL_PLACEMENT_OFFERED = 1, /* the owner still has custody */
    TL_PLACEMENT_PLACED = 2   /* the agency has custody */
};
enum tl_reporting { TL_REPORTING_NONE = 0, TL_REPORTING_ELIGIBLE = 1, TL_REPORTING_FURNISHED = 2 };
/* A suit, from a person's release to its end. */
enum tl_legal {
    TL_LEGAL_NONE = 0,
    TL_LEGAL_RELEASED = 1,
    TL_LEGAL_FILED = 2,
    TL_LEGAL_JUDGED = 3,
    TL_LEGAL_SATISFIED = 4,
    TL_LEGAL_DISMISSED = 5
};
/* What debtor and creditor have agreed, beside the contract. */
enum tl_deal {
    TL_DEAL_NONE = 0,
    TL_DEAL_SETTLEMENT_OFFERED = 1,
    TL_DEAL_PLAN_OFFERED = 2,
    TL_DEAL_SETTLEMENT = 3, /* accepted: less, by a day, is enough */
    TL_DEAL_PLAN = 4        /* accepted: in parts */
};
extern const struct tl_names tl_deal_names;
extern const struct tl_names tl_legal_names;
extern const struct tl_names tl_placement_names;
extern const struct tl_names tl_reporting_names;

/* One open dispute.  `name` is the first eight bytes of its name's hash. */
#define TL_OPEN_DISPUTE_FIELDS(FIELD, T)                                                           \
    FIELD(T, U64, name, UINT64_MAX, NULL)                                                          \
    FIELD(T, ENUM, regime, TL_REGIME_APPEAL, &tl_regime_names)                                     \
    FIELD(T, ENUM, reason, TL_DISPUTE_SERVICE, &tl_dispute_reason_names)                           \
    FIELD(T, ENUM, hold, TL_HOLDS - 1u, &tl_hold_names)                                            \
    FIELD(T, I32, opened_on, 0, NULL)                                                              \
    FIELD(T, U64, leaf, UINT64_MAX, NULL)

/* What a rule of the policy has done to this case so far.  `reviews` counts
 * since the anchor date was last moved. */
#define TL_RULE_USE_FIELDS(FIELD, T)                                                               \
    FIELD(T, U8, rule, TL_RULES_MAX - 1u, NULL) /* index in the policy */                          \
    FIELD(T, U16, reviews, UINT16_MAX, NULL)                                                       \
    FIELD(T, U16, fires, UINT16_MAX, NULL)                                                         \
    FIELD(T, I32, anchor, 0, NULL)                                                                 \
    FIELD(T, I32, fired_on, 0, NULL)

/* From that day on this principal earned at this rate a year, but never more
 * than the cap (a hold on interest, 50 USC 3937, a waiver).  One day's change of
 * principal, rate or cap is one segment. */
#define TL_SEGMENTS_MAX 64u
#define TL_CAP_NONE     TL_RATE_BP_MAX
#define TL_SEGMENT_FIELDS(FIELD, T)                                                                \
    FIELD(T, I32, from_on, 0, NULL)                                                                \
    FIELD(T, I64, principal_minor, 0, NULL)                                                        \
    FIELD(T, U32, rate_bp, TL_RATE_BP_MAX, NULL)                                                   \
    FIELD(T, U32, cap_bp, TL_CAP_NONE, NULL)

/* Money that was over and paid principal from that day on. */
#define TL_CREDITS_MAX 16u
#define TL_CREDIT_FIELDS(FIELD, T)                                                                 \
    FIELD(T, I32, from_on, 0, NULL)                                                                \
    FIELD(T, I64, principal_minor, 0, NULL)

#define TL_CASE_FIELDS(FIELD, T)                                                                   \
    FIELD(T, ID, id, 0, NULL)                                                                      \
    FIELD(T, ID, debt_id, 0, NULL)                                                                 \
    FIELD(T, U8, owner, TL_MEMBERS_MAX - 1u, NULL)  /* member index */                             \
    FIELD(T, U8, holder, TL_MEMBERS_MAX - 1u, NULL) /* has custody: owner or agency */             \
    FIELD(T, ENUM, debt_class, TL_DEBT_PUBLIC, &tl_debt_class_names)                               \
    FIELD(T, STR, product, 32, NULL)                                                               \
    FIELD(T, STR, jurisdiction, 8, NULL)                                                           \
    FIELD(T, U16, currency, 999, NULL)                                                             \
    FIELD(T, STR, policy_name, TL_POLICY_NAME_MAX, NULL)                                           \
    FIELD(T, HASH, policy, 0, NULL)                                                                \
    FIELD(T, ENUM, stage, TL_STAGE_UNCOLLECTIBLE, &tl_stage_names)                                 \
    FIELD(T, ENUM, resume_stage, TL_STAGE_UNCOLLECTIBLE, &tl_stage_names) /* after RESOLUTION */   \
    FIELD(T, ENUM, reopen_stage, TL_STAGE_UNCOLLECTIBLE, &tl_stage_names) /* after PAID */         \
    FIELD(T, BOOL, charged_off, 0, NULL)                                                           \
    FIELD(T, U32, holds, (1u << TL_HOLDS) - 1u, NULL)        /* bit per tl_hold */                 \
    FIELD(T, U32, manual_holds, (1u << TL_HOLDS) - 1u, NULL) /* those set by HOLD_SET */           \
    FIELD(T, U32, fact_holds, (1u << TL_HOLDS) - 1u, NULL)   /* those set by facts of law */       \
    /* dates */                                                                                    \
    FIELD(T, I32, opened_on, 0, NULL)                                                              \
    FIELD(T, I32, due_on, 0, NULL) /* of the oldest demand for money */                            \
    FIELD(T, I32, sent_on, 0, NULL)                                                                \
    FIELD(T, I32, notified_on, 0, NULL) /* first service of a notice */                            \
    FIELD(T, I32, reminded_on, 0, NULL)                                                            \
    FIELD(T, I32, demanded_on, 0, NULL)                                                            \
    FIELD(T, I32, stage_on, 0, NULL)                                                               \
    FIELD(T, I32, penalty_on, 0, NULL) /* last fee assessed by a rule */                           \
    FIELD(T, I32, paid_on, 0, NULL)    /* last payment */                                          \
    FIELD(T, I32, disputed_on, 0, NULL)                                                            \
    FIELD(T, I32, resolved_on, 0, NULL)                                                            \
    FIELD(T, I32, offered_on, 0, NULL)                                                             \
    FIELD(T, I32, placed_on, 0, NULL)                                                              \
    FIELD(T, I32, recalled_on, 0, NULL)                                                            \
    FIELD(T, I32, commenced_on, 0, NULL) /* of the delinquency; never moves later */               \
    FIELD(T, I32, eligible_on, 0, NULL)                                                            \
    FIELD(T, I32, furnished_on, 0, NULL)                                                           \
    FIELD(T, I32, charged_off_on, 0, NULL)                                                         \
    FIELD(T, I32, floor_on, 0, NULL) /* nothing derived now is dated before */                     \
    /* owed now, by bucket */                                                                      \
    FIELD(T, I64, principal_minor, 0, NULL)                                                        \
    FIELD(T, I64, interest_minor, 0, NULL)                                                         \
    FIELD(T, I64, fee_minor, 0, NULL)                                                              \
    FIELD(T, I64, cost_minor, 0, NULL)                                                             \
    FIELD(T, I64, tax_minor, 0, NULL)                                                              \
    /* ever charged, by bucket */                                                                  \
    FIELD(T, I64, principal_charged_minor, 0, NULL)                                                \
    FIELD(T, I64, interest_charged_minor, 0, NULL)                                                 \
    FIELD(T, I64, fee_charged_minor, 0, NULL)                                                      \
    FIELD(T, I64, cost_charged_minor, 0, NULL)                                                     \
    FIELD(T, I64, tax_charged_minor, 0, NULL)                                                      \
    /* paid and applied, by bucket: owed = charged + adjusted - paid */                            \
    FIELD(T, I64, principal_paid_minor, 0, NULL)                                                   \
    FIELD(T, I64, interest_paid_minor, 0, NULL)                                                    \
    FIELD(T, I64, fee_paid_minor, 0, NULL)                                                         \
    FIELD(T, I64, cost_paid_minor, 0, NULL)                                                        \
    FIELD(T, I64, tax_paid_minor, 0, NULL)                                                         \
    FIELD(T, I64, paid_minor, 0, NULL) /* received less taken back */                              \
    FIELD(T, I64, unapplied_minor, 0, NULL)                                                        \
    FIELD(T, I64, adjusted_minor, 0, NULL)  /* net; negative: in the debtor's favour */            \
    FIELD(T, I64, recovered_minor, 0, NULL) /* paid after charge-off */                            \
    FIELD(T, I64, placed_minor, 0, NULL)                                                           \
    FIELD(T, I64, furnished_minor, 0, NULL)                                                        \
    FIELD(T, I64, charged_off_minor, 0, NULL)                                                      \
    /* counts */                                                                                   \
    FIELD(T, U32, entries, UINT32_MAX, NULL)                                                       \
    FIELD(T, U32, payments, UINT32_MAX, NULL)                                                      \
    FIELD(T, U32, reversals, UINT32_MAX, NULL)                                                     \
    FIELD(T, U32, notices, UINT32_MAX, NULL)                                                       \
    FIELD(T, U32, fees, UINT32_MAX, NULL)                                                          \
    FIELD(T, U32, disputes_opened, UINT32_MAX, NULL)                                               \
    FIELD(T, U32, disputes_upheld, UINT32_MAX, NULL)                                               \
    FIELD(T, U32, placements, UINT32_MAX, NULL)                                                    \
    FIELD(T, U32, recalls, UINT32_MAX, NULL)                                                       \
    FIELD(T, U32, violations, UINT32_MAX, NULL)                                                    \
    FIELD(T, U32, denials, UINT32_MAX, NULL)                                                       \
    FIELD(T, U32, duplicates, UINT32_MAX, NULL)                                                    \
    FIELD(T, U32, records, UINT32_MAX, NULL)                                                       \
    /* facets */                                                                                   \
    FIELD(T, ENUM, placement, TL_PLACEMENT_PLACED, &tl_placement_names)                            \
    FIELD(T, U8, agency, TL_MEMBERS_MAX - 1u, NULL) /* offered to, placed with, or last */         \
    FIELD(T, U8, tier, UINT8_MAX, NULL)                                                            \
    FIELD(T, ENUM, reporting, TL_REPORTING_FURNISHED, &tl_reporting_names)                         \
    FIELD(T, U8, account_status, 99, NULL)                                                         \
    FIELD(T, ENUM, legal, TL_LEGAL_DISMISSED, &tl_legal_names)                                     \
    FIELD(T, BOOL, suit_barred, 0, NULL) /* dismissed with prejudice */                            \
    FIELD(T, U32, judgment_rate_bp, 1000000, NULL)                                                 \
    FIELD(T, I32, released_on, 0, NULL)                                                            \
    FIELD(T, I32, filed_on, 0, NULL)                                                               \
    FIELD(T, I32, judged_on, 0, NULL)                                                              \
    FIELD(T, I32, scra_checked_on, 0, NULL) /* last found not on duty */                           \
    FIELD(T, I32, sue_until_on, 0, NULL)    /* as the release states it */                         \
    FIELD(T, U8, bankruptcy, 15, NULL)      /* chapter */                                          \
    FIELD(T, I32, bankruptcy_on, 0, NULL)                                                          \
    FIELD(T, I32, deceased_on, 0, NULL)                                                            \
    FIELD(T, I32, idtheft_on, 0, NULL)                                                             \
    FIELD(T, I32, ceased_on, 0, NULL)                                                              \
    FIELD(T, ENUM, deal, TL_DEAL_PLAN, &tl_deal_names)                                             \
    FIELD(T, I64, deal_minor, 0, NULL) /* all of a settlement, one part of a plan */               \
    FIELD(T, U16, deal_parts, TL_DEAL_PARTS_MAX, NULL)                                             \
    FIELD(T, U16, deal_done, TL_DEAL_PARTS_MAX, NULL) /* parts judged */                           \
    FIELD(T, ENUM, deal_step, TL_STEP_MONTH, &tl_step_names)                                       \
    FIELD(T, U8, deal_grace_days, UINT8_MAX, NULL)                                                 \
    FIELD(T, I32, deal_due_on, 0, NULL) /* of all, of the first part */                            \
    FIELD(T, I32, deal_expires_on, 0, NULL)                                                        \
    FIELD(T, I32, deal_next_on, 0, NULL)    /* when it is judged next */                           \
    FIELD(T, I64, deal_base_minor, 0, NULL) /* paid before acceptance */                           \
    FIELD(T, I64, promise_minor, 0, NULL)                                                          \
    FIELD(T, I32, promise_on, 0, NULL)                                                             \
    FIELD(T, I64, promise_base_minor, 0, NULL)                                                     \
    FIELD(T, U32, promises, UINT32_MAX, NULL)                                                      \
    FIELD(T, U32, promises_kept, UINT32_MAX, NULL)                                                 \
    FIELD(T, U32, promises_broken, UINT32_MAX, NULL)                                               \
    FIELD(T, U32, deals_broken, UINT32_MAX, NULL)                                                  \
    FIELD(T, I64, principal_forgiven_minor, 0, NULL) /* by a settlement, to be restored */         \
    FIELD(T, I64, interest_forgiven_minor, 0, NULL)                                                \
    FIELD(T, I64, fee_forgiven_minor, 0, NULL)                                                     \
    FIELD(T, I64, cost_forgiven_minor, 0, NULL)                                                    \
    FIELD(T, I64, tax_forgiven_minor, 0, NULL)                                                     \
    FIELD(T, U32, contacts, UINT32_MAX, NULL) /* attempts */                                       \
    FIELD(T, U32, conversations, UINT32_MAX, NULL)                                                 \
    FIELD(T, U32, inbound, UINT32_MAX, NULL)                                                       \
    FIELD(T, I32, contacted_on, 0, NULL)                                                           \
    FIELD(T, I32, talked_on, 0, NULL)                                                              \
    FIELD(T, BOOL, for_sale, 0, NULL) /* offered to the member sale_to */                          \
    FIELD(T, U8, sale_to, TL_MEMBERS_MAX - 1u, NULL)                                               \
    FIELD(T, I32, sold_on, 0, NULL)                                                                \
    FIELD(T, I64, sold_minor, 0, NULL)                                                             \
    FIELD(T, BOOL, sale_back, 0, NULL) /* offered to whoever sold it */                            \
    /* interest by agreement: what the segments come to is what has been booked */                 \
    FIELD(T, LIST, segments, TL_SEGMENTS_MAX, &tl_segment_record)                                  \
    FIELD(T, ENUM, daycount, TL_DAYCOUNT_30E_360, &tl_daycount_names)                              \
    FIELD(T, I32, accrued_on, 0, NULL)            /* booked up to it, this day not counted */      \
    FIELD(T, I64, interest_booked_minor, 0, NULL) /* since the segments began */                   \
    FIELD(T, I64, folded_minor, 0, NULL)          /* of segments too old to be kept */             \
    FIELD(T, I64, folded_part, 0, NULL)                                                            \
    FIELD(T, I32, waived_on, 0, NULL) /* no interest from then on, for good */                     \
    /* out of money that was over, by bucket: where a reversal finds it again */                   \
    FIELD(T, I64, principal_credited_minor, 0, NULL)                                               \
    FIELD(T, I64, interest_credited_minor, 0, NULL)                                                \
    FIELD(T, I64, fee_credited_minor, 0, NULL)                                                     \
    FIELD(T, I64, cost_credited_minor, 0, NULL)                                                    \
    FIELD(T, I64, tax_credited_minor, 0, NULL)                                                     \
    FIELD(T, LIST, credits, TL_CREDITS_MAX, &tl_credit_record)                                     \
    /* instalments: tl_key_schedule holds them */                                                  \
    FIELD(T, U16, instalments, TL_SCHEDULE_ROWS_MAX, NULL)                                         \
    FIELD(T, U16, instalments_due, TL_SCHEDULE_ROWS_MAX, NULL)                                     \
    FIELD(T, I32, instalment_on, 0, NULL)           /* of the next one */                          \
    FIELD(T, I64, advance_minor, 0, NULL)           /* principal of those not due yet */           \
    FIELD(T, U8, commission, UINT8_MAX, NULL)       /* the policy's terms, from 1; 0: none */      \
    FIELD(T, U8, earner, TL_MEMBERS_MAX - 1u, NULL) /* the agency they are for */                  \
    FIELD(T, U8, terms_offered, UINT8_MAX, NULL)                                                   \
    FIELD(T, I32, forgiven_on, 0, NULL)         /* by a settlement */                              \
    FIELD(T, U64, terms_leaf, UINT64_MAX, NULL) /* of interest or instalments */                   \
    FIELD(T, I64, collected_minor, 0, NULL)     /* that earned commission */                       \
    FIELD(T, I64, advanced_minor, 0, NULL)      /* costs the agency has yet to get back */         \
    FIELD(T, I32, demand_until_on, 0, NULL)     /* the formal demand's deadline */                 \
    FIELD(T, I32, recall_notice_on, 0, NULL)    /* the agency may object for a while */            \
    FIELD(T, I32, validation_until_on, 0, NULL) /* last day of the validation period */            \
    FIELD(T, I32, score, 0, NULL)               /* by the card adopted for the policy */           \
    FIELD(T, U8, band, UINT8_MAX, NULL)         /* of that card; 255: never scored */              \
    FIELD(T, I32, scored_on, 0, NULL)                                                              \
    FIELD(T, LIST, facets, 1, &tl_facet_record) /* what the law remembers; tl/facets.h */          \
    FIELD(T, LIST, disputes, TL_CASE_DISPUTES_MAX, &tl_open_dispute_record)                        \
    FIELD(T, LIST, rules, TL_RULES_MAX, &tl_rule_use_record)                                       \
    /* where the evidence is */                                                                    \
    FIELD(T, U64, opened_leaf, UINT64_MAX, NULL)                                                   \
    FIELD(T, U64, notified_leaf, UINT64_MAX, NULL)                                                 \
    FIELD(T, U64, paid_leaf, UINT64_MAX, NULL)                                                     \
    FIELD(T, U64, disputed_leaf, UINT64_MAX, NULL)                                                 \
    FIELD(T, U64, penalty_leaf, UINT64_MAX, NULL)                                                  \
    FIELD(T, U64, placed_leaf, UINT64_MAX, NULL)                                                   \
    FIELD(T, U64, legal_leaf, UINT64_MAX, NULL) /* last step of the suit */                        \
    FIELD(T, U64, deal_leaf, UINT64_MAX, NULL)                                                     \
    FIELD(T, U64, promise_leaf, UINT64_MAX, NULL)                                                  \
    FIELD(T, U64, last_leaf, UINT64_MAX, NULL) /* head of the case's history */                    \
    FIELD(T, U32, leaves, UINT32_MAX, NULL)                                                        \
    FIELD(T, HASH, history, 0, NULL) /* over all of them: tl_case_history_add */                   \
    FIELD(T, I32, next_due, 0, NULL)                                                               \
    FIELD(T, BIN, refs, TL_CASE_ENTRIES_MAX *TL_CASE_REF_BYTES, NULL)

TL_DECLARE_RECORD(tl_segment, TL_SEGMENT_FIELDS)
TL_DECLARE_RECORD(tl_credit, TL_CREDIT_FIELDS)
TL_DECLARE_RECORD(tl_open_dispute, TL_OPEN_DISPUTE_FIELDS)
TL_DECLARE_RECORD(tl_rule_use, TL_RULE_USE_FIELDS)
TL_DECLARE_RECORD(tl_case, TL_CASE_FIELDS)

/* Canonical decode of a stored case. */
TL_MUST_USE enum tl_status tl_case_decode(struct tl_case *c, struct tl_bytes bytes);
/* tl_case_load reads a case from state.  TL_ERR_NOT_FOUND: there is none.  The
 * case borrows the overlay's bytes: until the next call on it. */
TL_MUST_USE enum tl_status tl_case_load(struct tl_case *c, struct tl_overlay *state,
                                        const struct tl_id *id);
/* tl_case_balance is what the books say is owed; interest since accrued_on is not
 * in it. */
int64_t tl_case_balance(const struct tl_case *c);
/* tl_case_history_add moves a case's history on by one of its leaves; before the
 * first it is all zero:
 *
 *   history = SHA-256("tallystick/history/v1\0" ‖ history ‖ index u64be ‖ leaf hash)
 *
 * Being in the case's record, it is under the state root: who shows leaves that
 * lead to it has shown all of them, in order. */
void tl_case_history_add(struct tl_hash *history, uint64_t index, const struct tl_hash *leaf);
/* tl_case_interest gives what the segments come to up to a day that is not
 * counted, exactly; TL_ERR_RANGE: it does not fit.  Nothing is rounded off
 * between days, so it does not matter how often anybody asks. */
TL_MUST_USE enum tl_status tl_case_interest(const struct tl_case *c, int32_t to,
                                            struct tl_exact *out);
/* tl_case_pending is the interest of whole minor units that is not booked yet;
 * negative if too much was. */
int64_t tl_case_pending(const struct tl_case *c, int32_t today);
/* tl_case_past_due is what is owed less what is not due yet. */
int64_t tl_case_past_due(const struct tl_case *c);
/* tl_case_fault tells what contradicts itself in a case, NULL if nothing does:
 * custody with exactly one party, owed = charged + adjusted - paid, holds that
 * are the union of their causes, a stage that fits its facets. */
const char *tl_case_fault(const struct tl_case *c);
bool tl_case_ended(const struct tl_case *c);

/* tl_case_ref is what `refs` holds for an entry: first eight bytes of
 * SHA-256("tallystick/ref/v1\0" ‖ member u8 ‖ type u16be ‖ ext_ref). */
void tl_case_ref(uint8_t out[TL_CASE_REF_BYTES], uint32_t member, uint16_t type,
                 struct tl_bytes ext_ref);
bool tl_case_has_ref(const struct tl_case *c, const uint8_t ref[TL_CASE_REF_BYTES]);

/* ---- features ---------------------------------------------------------- */

/* Their numbers are in published policies: append only.
 * X(code, word, kind): MONEY, COUNT, FLAG, DATE or DAYS (since a date). */
#define TL_FEATURE_TABLE(X)                                                                        \
    X(NONE, "none", COUNT)                                                                         \
    X(BALANCE, "balance", MONEY)                                                                   \
    X(PRINCIPAL, "principal", MONEY)                                                               \
    X(INTEREST, "interest", MONEY)                                                                 \
    X(FEE, "fee", MONEY)                                                                           \
    X(COST, "cost", MONEY)                                                                         \
    X(TAX, "tax", MONEY)                                                                           \
    X(CHARGED, "charged", MONEY)                                                                   \
    X(PRINCIPAL_CHARGED, "principal_charged", MONEY)                                               \
    X(INTEREST_CHARGED, "interest_charged", MONEY)                                                 \
    X(FEE_CHARGED, "fee_charged", MONEY)                                                           \
    X(COST_CHARGED, "cost_charged", MONEY)                                                         \
    X(TAX_CHARGED, "tax_charged", MONEY)                                                           \
    X(PRINCIPAL_PAID, "principal_paid", MONEY)                                                     \
    X(INTEREST_PAID, "interest_paid", MONEY)                                                       \
    X(FEE_PAID, "fee_paid", MONEY)                                                                 \
    X(COST_PAID, "cost_paid", MONEY)                                                               \
    X(TAX_PAID, "tax_paid", MONEY)                                                                 \
    X(PAID, "paid", MONEY)                                                                         \
    X(UNAPPLIED, "unapplied", MONEY)                                                               \
    X(ADJUSTED, "adjusted", MONEY)                                                                 \
    X(RECOVERED, "recovered", MONEY)                                                               \
    X(PLACED_AMOUNT, "placed_amount", MONEY)                                                       \
    X(PAYMENTS, "payments", COUNT)                                                                 \
    X(REVERSALS, "reversals", COUNT)                                                               \
    X(NOTICES, "notices", COUNT)                                                                   \
    X(FEES, "fees", COUNT)                                                                         \
    X(DISPUTES_OPENED, "disputes_opened", COUNT)                                                   \
    X(DISPUTES_OPEN, "disputes_open", COUNT)                                                       \
    X(DISPUTES_UPHELD, "disputes_upheld", COUNT)                                                   \
    X(PLACEMENTS, "placements", COUNT)                                                             \
    X(RECALLS, "recalls", COUNT)                                                                   \
    X(VIOLATIONS, "violations", COUNT)                                                             \
    X(RECORDS, "records", COUNT)                                                                   \
    X(HOLDS, "holds", COUNT)                                                                       \
    X(STAGE, "stage", COUNT)                                                                       \
    X(DEBT_CLASS, "debt_class", COUNT)                                                             \
    X(CANCELLED, "cancelled", FLAG)                                                                \
    X(IS_PLACED, "is_placed", FLAG)                                                                \
    X(IS_OFFERED, "is_offered", FLAG)                                                              \
    X(IS_FURNISHED, "is_furnished", FLAG)                                                          \
    X(IS_CHARGED_OFF, "is_charged_off", FLAG)                                                      \
    X(TODAY, "today", DATE)                                                                        \
    X(OPENED_ON, "opened_on", DATE)                                                                \
    X(DUE_ON, "due_on", DATE)                                                                      \
    X(SENT_ON, "sent_on", DATE)                                                                    \
    X(NOTIFIED_ON, "notified_on", DATE)                                                            \
    X(REMINDED_ON, "reminded_on", DATE)                                                            \
    X(DEMANDED_ON, "demanded_on", DATE)                                                            \
    X(STAGE_ON, "stage_on", DATE)                                                                  \
    X(PENALTY_ON, "penalty_on", DATE)                                                              \
    X(PAID_ON, "paid_on", DATE)                                                                    \
    X(DISPUTED_ON, "disputed_on", DATE)                                                            \
    X(RESOLVED_ON, "resolved_on", DATE)                                                            \
    X(OFFERED_ON, "offered_on", DATE)                                                              \
    X(PLACED_ON, "placed_on", DATE)                                                                \
    X(RECALLED_ON, "recalled_on", DATE)                                                            \
    X(COMMENCED_ON, "commenced_on", DATE)                                                          \
    X(FURNISHED_ON, "furnished_on", DATE)                                                          \
    X(CHARGED_OFF_ON, "charged_off_on", DATE)                                                      \
    X(DAYS_PAST_DUE, "days_past_due", DAYS)                                                        \
    X(DAYS_IN_STAGE, "days_in_stage", DAYS)                                                        \
    X(IS_RELEASED, "is_released", FLAG)                                                            \
    X(IS_SUED, "is_sued", FLAG)                                                                    \
    X(IS_JUDGED, "is_judged", FLAG)                                                                \
    X(RELEASED_ON, "released_on", DATE)                                                            \
    X(FILED_ON, "filed_on", DATE)                                                                  \
    X(JUDGED_ON, "judged_on", DATE)                                                                \
    X(SCRA_CHECKED_ON, "scra_checked_on", DATE)                                                    \
    X(SUE_UNTIL_ON, "sue_until_on", DATE)                                                          \
    X(DEAL_AMOUNT, "deal_amount", MONEY)                                                           \
    X(PROMISES, "promises", COUNT)                                                                 \
    X(PROMISES_KEPT, "promises_kept", COUNT)                                                       \
    X(PROMISES_BROKEN, "promises_broken", COUNT)                                                   \
    X(DEALS_BROKEN, "deals_broken", COUNT)                                                         \
    X(IN_DEAL, "in_deal", FLAG)                                                                    \
    X(BANKRUPTCY_ON, "bankruptcy_on", DATE)                                                        \
    X(DECEASED_ON, "deceased_on", DATE)                                                            \
    X(IDTHEFT_ON, "idtheft_on", DATE)                                                              \
    X(CEASED_ON, "ceased_on", DATE)                                                                \
    X(DEAL_DUE_ON, "deal_due_on", DATE)                                                            \
    X(PROMISE_ON, "promise_on", DATE)                                                              \
    X(CONTACTS, "contacts", COUNT)                                                                 \
    X(CONVERSATIONS, "conversations", COUNT)                                                       \
    X(INBOUND, "inbound", COUNT)                                                                   \
    X(CONTACTED_ON, "contacted_on", DATE)                                                          \
    X(TALKED_ON, "talked_on", DATE)                                                                \
    X(ACTIVITY_ON, "activity_on", DATE)                                                            \
    X(PAST_DUE, "past_due", MONEY)                                                                 \
    X(FORGIVEN, "forgiven", MONEY)                                                                 \
    X(CHARGED_OFF_AMOUNT, "charged_off_amount", MONEY)                                             \
    X(RATE, "rate", COUNT) /* basis points a year, capped */                                       \
    X(INSTALMENTS_LEFT, "instalments_left", COUNT)                                                 \
    X(DEMAND_UNTIL_ON, "demand_until_on", DATE)                                                    \
    X(RECALL_NOTICE_ON, "recall_notice_on", DATE)                                                  \
    X(VALIDATION_UNTIL_ON, "validation_until_on", DATE)                                            \
    X(SCORE, "score", COUNT)                                                                       \
    X(BAND, "band", COUNT) /* 255: never scored */                                                 \
    X(SCORED_ON, "scored_on", DATE)                                                                \
    X(ARM, "arm", COUNT)           /* 0..99 by the case's id: champion and challengers */          \
    X(RESPONSE, "response", COUNT) /* of 60 days: 2 talked, 1 paid in part, 0 silent */            \
    X(DAYS_SINCE_PAID, "days_since_paid", DAYS) /* since opening when nothing was */               \
    X(PAID_PERMILLE, "paid_permille", COUNT)    /* of all that was charged, cut */

enum tl_feature {
#define X(code, word, kind) TL_FEATURE_##code,
    TL_FEATURE_TABLE(X)
#undef X
        TL_FEATURE_COUNT
};
enum tl_feature_kind {
    TL_FEATURE_IS_MONEY,
    TL_FEATURE_IS_COUNT,
    TL_FEATURE_IS_FLAG,
    TL_FEATURE_IS_DATE,
    TL_FEATURE_IS_DAYS
};
extern const struct tl_names tl_feature_names;
enum tl_feature_kind tl_feature_kind(enum tl_feature feature);

/* tl_case_feature gives a feature's value on a day.  False: unknown (a date
 * that is not set).  DAYS_PAST_DUE is 0 while nothing is owed or due. */
TL_MUST_USE bool tl_case_feature(const struct tl_case *c, enum tl_feature feature, int32_t today,
                                 int64_t *value);

/* ---- state keys -------------------------------------------------------- */

/* Authenticated keys begin with a letter, derivable ones at 0x80. */
enum tl_state_prefix {
    TL_STATE_AUTHOR = 'a',       /* author key -> last sequence u64be */
    TL_STATE_CASE = 'c',         /* case id -> tl_case */
    TL_STATE_DEBT = 'd',         /* debt id -> tl_debt, once sold */
    TL_STATE_EPOCH = 'e',        /* epoch.h: the mark, and the plan of each epoch */
    TL_STATE_GUILT = 'f',        /* evidence kind, epoch, view, member -> leaf u64be */
    TL_STATE_MOTION = 'g',       /* member u8 -> tl_motion */
    TL_STATE_POLICY = 'h',       /* policy hash -> policy bytes */
    TL_STATE_CARD = 'q',         /* policy name, shadow -> scorecard bytes */
    TL_STATE_SCHEDULE = 'i',     /* case id -> tl_body_schedule */
    TL_STATE_LICENCE = 'j',      /* member u8 -> tl_licences */
    TL_STATE_CLOCK = 'k',        /* -> tl_clock */
    TL_STATE_LEDGER = 'l',       /* currency, account, member -> tl_account */
    TL_STATE_NAME = 'n',         /* policy name -> hash of its latest version */
    TL_STATE_PAYMENT = 'p',      /* case id, payment -> tl_paid */
    TL_STATE_STATEMENT = 'r',    /* currency, receiver, owner, mode, period -> tl_statement */
    TL_STATE_STANDING = 's',     /* agency member u8 -> tl_standing */
    TL_STATE_VERSION = 'w',      /* -> tl_versions */
    TL_STATE_VAULT = 'v',        /* case id -> tl_vault, once it has personal data */
    TL_STATE_KEY = 'y',          /* writing key -> tl_key_word, once an entry named it */
    TL_STATE_DUE = 0x80,         /* date, case id -> 01 */
    TL_STATE_HISTORY = 0x81,     /* leaf u64be -> previous leaf of the case u64be */
    TL_STATE_VAULT_EVENT = 0x84, /* leaf u64be -> case id */
    TL_STATE_ERASURE = 0x85      /* leaf u64be of the order -> case id, while incomplete */
};
struct tl_state_key {
    uint8_t b[TL_STATE_KEY_MAX];
    uint8_t len;
};
struct tl_bytes tl_state_key_bytes(const struct tl_state_key *key);
struct tl_state_key tl_key_case(const struct tl_id *id);
struct tl_state_key tl_key_debt(const struct tl_id *debt_id);
struct tl_state_key tl_key_author(const struct tl_pubkey *author);
struct tl_state_key tl_key_policy(const struct tl_hash *hash);
struct tl_state_key tl_key_policy_name(struct tl_bytes name);
struct tl_state_key tl_key_card(struct tl_bytes policy, bool shadow);
struct tl_state_key tl_key_clock(void);
struct tl_state_key tl_key_motion(uint32_t member);
struct tl_state_key tl_key_guilt(uint8_t kind, uint64_t epoch, uint64_t view, uint8_t member);
struct tl_state_key tl_key_standing(uint32_t member);
struct tl_state_key tl_key_licence(uint32_t member);
struct tl_state_key tl_key_versions(void);
struct tl_state_key tl_key_payment(const struct tl_id *id, struct tl_bytes payment);
struct tl_state_key tl_key_schedule(const struct tl_id *id);
/* period is yyyymm. */
struct tl_state_key tl_key_statement(uint16_t currency, uint8_t receiver, uint8_t owner,
                                     enum tl_remit_mode mode, uint32_t period);
struct tl_state_key tl_key_account(uint16_t currency, uint8_t account, uint8_t member);
struct tl_state_key tl_key_due(int32_t date, const struct tl_id *id);
/* tl_key_due_case is the case a key of tl_key_due is about; gives its day. */
int32_t tl_key_due_case(struct tl_id *id, struct tl_bytes key);
struct tl_state_key tl_key_history(uint64_t leaf);
/* History values: the leaf before, TL_LEAF_NONE at the first. */
#define TL_LEAF_NONE UINT64_MAX

/* A plan (epoch.h) that is not agreed on yet: one of each member at a time. */
#define TL_MOTION_FIELDS(FIELD, T)                                                                 \
    FIELD(T, HASH, hash, 0, NULL)                                                                  \
    FIELD(T, U64, leaf, UINT64_MAX, NULL)      /* of the proposal */                               \
    FIELD(T, U32, approvals, UINT32_MAX, NULL) /* bitmap of members */                             \
    FIELD(T, BIN, plan, TL_POLICY_BYTES_MAX, NULL)
TL_DECLARE_RECORD(tl_motion, TL_MOTION_FIELDS)

/* The ledger's calendar: closed_on is the last day that is over. */
#define TL_CLOCK_FIELDS(FIELD, T)                                                                  \
    FIELD(T, I32, closed_on, 0, NULL)                                                              \
    FIELD(T, I32, worked_on, 0, NULL)     /* all timers due up to it have run */                   \
    FIELD(T, BOOL, work_left, 0, NULL)    /* some due timers have not run yet */                   \
    FIELD(T, U64, leaf, UINT64_MAX, NULL) /* of the last DAY_CLOSE, or TL_LEAF_NONE */             \
    FIELD(T, U64, cases, UINT64_MAX, NULL)                                                         \
    FIELD(T, I32, slice_on, 0, NULL)  /* how far slices of the day have come ... */                \
    FIELD(T, ID, slice_case, 0, NULL) /* ... in the timer index */
TL_DECLARE_RECORD(tl_clock, TL_CLOCK_FIELDS)

/* A payment as it was allocated, so that it can be taken back exactly. */
#define TL_PAID_FIELDS(FIELD, T)                                                                   \
    FIELD(T, I64, principal_minor, 0, NULL)                                                        \
    FIELD(T, I64, interest_minor, 0, NULL)                                                         \
    FIELD(T, I64, fee_minor, 0, NULL)                                                              \
    FIELD(T, I64, cost_minor, 0, NULL)                                                             \
    FIELD(T, I64, tax_minor, 0, NULL)                                                              \
    FIELD(T, I64, unapplied_minor, 0, NULL)                                                        \
    FIELD(T, U8, receiver, TL_MEMBERS_MAX - 1u, NULL)                                              \
    FIELD(T, BOOL, after_charge_off, 0, NULL)                                                      \
    FIELD(T, BOOL, reversed, 0, NULL)                                                              \
    FIELD(T, U64, leaf, UINT64_MAX, NULL)                                                          \
    FIELD(T, I32, paid_on, 0, NULL) /* the day it counts from */                                   \
    FIELD(T, U8, earner, TL_MEMBERS_MAX - 1u, NULL)                                                \
    FIELD(T, ENUM, mode, TL_REMIT_COMBINED, &tl_remit_mode_names)                                  \
    FIELD(T, I64, earning_minor, 0, NULL)                                                          \
    FIELD(T, I64, costs_minor, 0, NULL)                                                            \
    FIELD(T, I64, commission_minor, 0, NULL)
TL_DECLARE_RECORD(tl_paid, TL_PAID_FIELDS)

/* A month between whoever received money and the debts' owner. */
#define TL_STATEMENT_FIELDS(FIELD, T)                                                              \
    FIELD(T, I64, held_minor, 0, NULL)                                                             \
    FIELD(T, I64, direct_minor, 0, NULL)                                                           \
    FIELD(T, I64, held_commission_minor, 0, NULL)                                                  \
    FIELD(T, I64, direct_commission_minor, 0, NULL)                                                \
    FIELD(T, I64, costs_minor, 0, NULL)                                                            \
    FIELD(T, U32, payments, UINT32_MAX, NULL)                                                      \
    FIELD(T, BOOL, settled, 0, NULL)
TL_DECLARE_RECORD(tl_statement, TL_STATEMENT_FIELDS)

/* A debt that was sold: what its next case may not forget. */
#define TL_DEBT_FIELDS(FIELD, T)                                                                   \
    FIELD(T, ID, case_id, 0, NULL) /* the seller's */                                              \
    FIELD(T, U8, seller, TL_MEMBERS_MAX - 1u, NULL)                                                \
    FIELD(T, U8, buyer, TL_MEMBERS_MAX - 1u, NULL)                                                 \
    FIELD(T, I32, commenced_on, 0, NULL)                                                           \
    FIELD(T, I64, balance_minor, 0, NULL)                                                          \
    FIELD(T, U64, leaf, UINT64_MAX, NULL)                                                          \
    FIELD(T, I32, waived_on, 0, NULL) /* 12 CFR 1026.5(b)(2)(i) binds a buyer too */
TL_DECLARE_RECORD(tl_debt, TL_DEBT_FIELDS)

/* An agency's standing acceptance: the spans of days it holds for. */
#define TL_SPAN_FIELDS(FIELD, T)                                                                   \
    FIELD(T, I32, from_on, 0, NULL)                                                                \
    FIELD(T, I32, until_on, 0, NULL) /* last day; TL_DATE_MAX: open */                             \
    FIELD(T, U64, leaf, UINT64_MAX, NULL)
#define TL_STANDING_FIELDS(FIELD, T) FIELD(T, LIST, spans, 64, &tl_span_record)
TL_DECLARE_RECORD(tl_span, TL_SPAN_FIELDS)
TL_DECLARE_RECORD(tl_standing, TL_STANDING_FIELDS)

/* Where a member is licensed to collect, and until when. */
#define TL_LICENCES_MAX 64u
#define TL_LICENCE_FIELDS(FIELD, T)                                                                \
    FIELD(T, STR, area, 8, NULL)                                                                   \
    FIELD(T, I32, from_on, 0, NULL)                                                                \
    FIELD(T, I32, until_on, 0, NULL)                                                               \
    FIELD(T, U64, leaf, UINT64_MAX, NULL)
#define TL_LICENCES_FIELDS(FIELD, T) FIELD(T, LIST, licences, TL_LICENCES_MAX, &tl_licence_record)
/* Which version of the contract's rules is in force from which block on, in order
 * of heights; governance puts it there, the contract obeys. */
#define TL_VERSION_FIELDS(FIELD, T)                                                                \
    FIELD(T, U64, from_height, UINT64_MAX, NULL)                                                   \
    FIELD(T, U32, version, UINT32_MAX, NULL)
#define TL_VERSIONS_FIELDS(FIELD, T) FIELD(T, LIST, versions, 64, &tl_version_record)
TL_DECLARE_RECORD(tl_version, TL_VERSION_FIELDS)
TL_DECLARE_RECORD(tl_versions, TL_VERSIONS_FIELDS)
TL_DECLARE_RECORD(tl_licence, TL_LICENCE_FIELDS)
TL_DECLARE_RECORD(tl_licences, TL_LICENCES_FIELDS)

#endif
