/* tl/entry.h -- what can be written on the ledger, and what is derived from it.
 *
 * An entry is one statement of one author about one case, or about the ledger
 * as a whole (a policy, a calendar day).  A decision is what the contract
 * derived: the same thing without an author, with the rule it followed and the
 * leaves it followed from.  Both carry a typed body: one record per type.
 *
 * The table of types is the single place that knows a type's number, word,
 * body, and who may write it: roles are those of the author's member, the right
 * is the key's.  Numbers are the codes of domain.md 2.5 times ten, the last
 * digit separating types that share a line there (0801 -> 8010 offer, 8011
 * accept).  They are on the wire: append only.
 *
 * Dates are days since 1970-01-01, TL_DATE_NONE where there is none; amounts
 * are minor units of the case's currency.
 *
 * Pure.  Decoded entries borrow their bytes. */
#ifndef TL_ENTRY_H
#define TL_ENTRY_H

#include "tl/entry_privacy.h"
#include "tl/record.h"

#define TL_DATE_NONE       INT32_MIN
#define TL_DATE_MIN        (-25567)               /* 1900-01-01 */
#define TL_DATE_MAX        84005                  /* 2199-12-31 */
#define TL_AMOUNT_MAX      INT64_C(1000000000000) /* of one entry */
#define TL_RULE_ID_MAX     48u
#define TL_CITATION_MAX    160u
#define TL_POLICY_NAME_MAX 64u
/* A policy travels inside one entry. */
#define TL_POLICY_BYTES_MAX 60000u
#define TL_INPUTS_MAX       8u

#include "tl/entry_words.h"

/* The bodies of the entries the law asks for, and their words. */
#include "tl/law_entries.h"

/* ---- entries ----------------------------------------------------------- */

#define TL_ENTRY_FIELDS(FIELD, T)                                                                  \
    FIELD(T, U16, type, UINT16_MAX, NULL)                                                          \
    FIELD(T, ID, case_id, 0, NULL) /* zero: about the ledger */                                    \
    FIELD(T, I32, value_date, 0, NULL)                                                             \
    FIELD(T, I64, event_time_s, 0, NULL)         /* Unix time the author claims, 0 unknown */      \
    FIELD(T, I32, tz_offset_min, 0, NULL)        /* local time where it happened */                \
    FIELD(T, STR, ext_ref, TL_EXT_REF_MAX, NULL) /* the author's own name for it */                \
    FIELD(T, BIN, doc_hash, TL_HASH_BYTES, NULL) /* salted hash of a document, or empty */         \
    FIELD(T, RAW, body, TL_ENTRY_BYTES_MAX, NULL)
TL_DECLARE_RECORD(tl_entry, TL_ENTRY_FIELDS)

#define TL_BODY_POLICY_FIELDS(FIELD, T) FIELD(T, BIN, policy, TL_POLICY_BYTES_MAX, NULL)
/* A change of members, keys or limits (epoch.h): a member proposes, a quorum
 * approves by the hash of the plan.  To propose is to approve. */
#define TL_BODY_PROPOSE_FIELDS(FIELD, T) FIELD(T, BIN, plan, TL_POLICY_BYTES_MAX, NULL)
#define TL_BODY_APPROVE_FIELDS(FIELD, T) FIELD(T, HASH, plan, 0, NULL)
/* A card (scorecard.h) for the cases of a policy; in shadow it decides nothing. */
#define TL_CARD_BYTES_MAX 16384u
#define TL_BODY_SCORECARD_FIELDS(FIELD, T)                                                         \
    FIELD(T, STR, policy, TL_POLICY_NAME_MAX, NULL)                                                \
    FIELD(T, BIN, card, TL_CARD_BYTES_MAX, NULL)                                                   \
    FIELD(T, BOOL, shadow, 0, NULL)
/* What a card says of a case: score, its band, and what is expected to be paid. */
#define TL_BODY_SCORED_FIELDS(FIELD, T)                                                            \
    FIELD(T, HASH, card, 0, NULL)                                                                  \
    FIELD(T, I32, score, 0, NULL)                                                                  \
    FIELD(T, U8, band, UINT8_MAX, NULL)                                                            \
    FIELD(T, I64, expected_minor, 0, NULL)                                                         \
    FIELD(T, BOOL, shadow, 0, NULL)
/* Two messages of one member that an honest one never signs (blame.h): a kind is
 * that of a vote, 0 a proposal, whose header is given too. */
#define TL_BODY_EVIDENCE_FIELDS(FIELD, T)                                                          \
    FIELD(T, U64, epoch, UINT64_MAX, NULL)                                                         \
    FIELD(T, U64, view, UINT64_MAX, NULL)                                                          \
    FIELD(T, U8, member, 31, NULL) /* place */                                                     \
    FIELD(T, U8, kind_a, 3, NULL)                                                                  \
    FIELD(T, HASH, hash_a, 0, NULL)                                                                \
    FIELD(T, SIG, sig_a, 0, NULL)                                                                  \
    FIELD(T, BIN, header_a, 1024, NULL) /* of a proposal; else empty */                            \
    FIELD(T, U8, kind_b, 3, NULL)                                                                  \
    FIELD(T, HASH, hash_b, 0, NULL)                                                                \
    FIELD(T, SIG, sig_b, 0, NULL)                                                                  \
    FIELD(T, BIN, header_b, 1024, NULL)
#define TL_BODY_DAY_FIELDS(FIELD, T) FIELD(T, I32, date, 0, NULL)
/* The author's member becomes owner.  principal_minor > 0 is also the first
 * charge, due on due_on. */
#define TL_BODY_AGREEMENT_FIELDS(FIELD, T)                                                         \
    FIELD(T, ID, debt_id, 0, NULL) /* stable over sales; zero: the case id */                      \
    FIELD(T, ENUM, debt_class, TL_DEBT_PUBLIC, &tl_debt_class_names)                               \
    FIELD(T, STR, product, 32, NULL)                                                               \
    FIELD(T, STR, jurisdiction, 8, NULL)                                                           \
    FIELD(T, U16, currency, 999, NULL) /* ISO 4217 number */                                       \
    FIELD(T, STR, policy, TL_POLICY_NAME_MAX, NULL)                                                \
    FIELD(T, I32, opened_on, 0, NULL)                                                              \
    FIELD(T, I32, due_on, 0, NULL)                                                                 \
    FIELD(T, I64, principal_minor, 0, NULL)                                                        \
    FIELD(T, BIN, subject, TL_HASH_BYTES, NULL) /* salted commitment to the person, or empty */
#define TL_BODY_CHARGE_FIELDS(FIELD, T)                                                            \
    FIELD(T, ENUM, bucket, TL_BUCKET_TAX, &tl_bucket_names)                                        \
    FIELD(T, I64, amount_minor, 0, NULL)                                                           \
    FIELD(T, I32, due_on, 0, NULL)                                                                 \
    FIELD(T, ENUM, authority, TL_AUTHORITY_COURT, &tl_authority_names)                             \
    FIELD(T, STR, clause, 64, NULL)
/* amount_minor < 0 is in the debtor's favour. */
#define TL_BODY_ADJUSTMENT_FIELDS(FIELD, T)                                                        \
    FIELD(T, ENUM, reason, TL_ADJUST_COURT, &tl_adjust_reason_names)                               \
    FIELD(T, ENUM, bucket, TL_BUCKET_TAX, &tl_bucket_names)                                        \
    FIELD(T, I64, amount_minor, 0, NULL)                                                           \
    FIELD(T, STR, note, 64, NULL)
#define TL_BODY_NOTICE_FIELDS(FIELD, T)                                                            \
    FIELD(T, ENUM, kind, TL_NOTICE_TRANSFER, &tl_notice_kind_names)                                \
    FIELD(T, STR, channel, 16, NULL)                                                               \
    FIELD(T, STR, template, 32, NULL)
/* `payment` names it for a later reversal; empty: ext_ref does. */
#define TL_BODY_PAYMENT_FIELDS(FIELD, T)                                                           \
    FIELD(T, STR, payment, TL_EXT_REF_MAX, NULL)                                                   \
    FIELD(T, I64, amount_minor, 0, NULL)                                                           \
    FIELD(T, ENUM, method, TL_PAY_CHECK, &tl_pay_method_names)
#define TL_BODY_REVERSAL_FIELDS(FIELD, T)                                                          \
    FIELD(T, STR, payment, TL_EXT_REF_MAX, NULL)                                                   \
    FIELD(T, ENUM, reason, TL_REVERSAL_UNAUTHORISED, &tl_reversal_reason_names)                    \
    FIELD(T, I64, fee_minor, 0, NULL)
/* `dispute` is the author's name for it and may be empty. */
#define TL_BODY_DISPUTE_FIELDS(FIELD, T)                                                           \
    FIELD(T, STR, dispute, TL_EXT_REF_MAX, NULL)                                                   \
    FIELD(T, ENUM, regime, TL_REGIME_APPEAL, &tl_regime_names)                                     \
    FIELD(T, ENUM, reason, TL_DISPUTE_SERVICE, &tl_dispute_reason_names)                           \
    FIELD(T, I64, disputed_minor, 0, NULL) /* 0: all */                                            \
    FIELD(T, BOOL, written, 0, NULL)
/* Closes the open dispute of that name; the oldest one if none has it.
 * corrected_minor: how much less is owed (UPHELD_PART). */
#define TL_BODY_RESOLUTION_FIELDS(FIELD, T)                                                        \
    FIELD(T, STR, dispute, TL_EXT_REF_MAX, NULL)                                                   \
    FIELD(T, ENUM, outcome, TL_OUTCOME_WITHDRAWN, &tl_outcome_names)                               \
    FIELD(T, I64, corrected_minor, 0, NULL)
#define TL_BODY_HOLD_FIELDS(FIELD, T)                                                              \
    FIELD(T, ENUM, hold, TL_HOLDS - 1u, &tl_hold_names)                                            \
    FIELD(T, STR, reason, 64, NULL)
#define TL_BODY_OFFER_FIELDS(FIELD, T)                                                             \
    FIELD(T, STR, agency, TL_MEMBER_ID_MAX, NULL) /* member id */                                  \
    FIELD(T, STR, terms, 64, NULL)
#define TL_BODY_ANSWER_FIELDS(FIELD, T) FIELD(T, STR, reason, 64, NULL)
#define TL_BODY_RETURN_FIELDS(FIELD, T)                                                            \
    FIELD(T, ENUM, reason, TL_RETURN_REQUEST, &tl_return_reason_names)
/* The agency takes what `creditor` offers from from_on; empty: anybody. */
#define TL_BODY_STANDING_FIELDS(FIELD, T)                                                          \
    FIELD(T, BOOL, accepts, 0, NULL) /* false withdraws */                                         \
    FIELD(T, I32, from_on, 0, NULL)                                                                \
    FIELD(T, STR, terms, 64, NULL)
#define TL_BODY_FURNISHED_FIELDS(FIELD, T)                                                         \
    FIELD(T, U32, cycle, 219912, NULL)     /* yyyymm */                                            \
    FIELD(T, U8, account_status, 99, NULL) /* Metro 2 field 17A */                                 \
    FIELD(T, I64, balance_minor, 0, NULL)                                                          \
    FIELD(T, BOOL, flagged_disputed, 0, NULL)                                                      \
    FIELD(T, BOOL, flagged_closed, 0, NULL) /* closed by the consumer */
#define TL_BODY_CHARGE_OFF_FIELDS(FIELD, T)                                                        \
    FIELD(T, ENUM, reason, TL_CHARGE_OFF_OTHER, &tl_charge_off_reason_names)
#define TL_BODY_CANCEL_FIELDS(FIELD, T)                                                            \
    FIELD(T, ENUM, reason, TL_CANCEL_DISCHARGED, &tl_cancel_reason_names)
/* Another system's record of an act this ledger derives itself: evidence to
 * compare with, never a posting. */
#define TL_BODY_RECORD_FIELDS(FIELD, T)                                                            \
    FIELD(T, STR, act, 64, NULL)                                                                   \
    FIELD(T, I64, amount_minor, 0, NULL)                                                           \
    FIELD(T, STR, note, 128, NULL)

/* A person lets a suit be brought.  sue_until_on: the last day for it, as counsel
 * found it; without one no suit is let out. */
#define TL_BODY_RELEASE_FIELDS(FIELD, T)                                                           \
    FIELD(T, STR, approver, 64, NULL)                                                              \
    FIELD(T, STR, venue, 32, NULL)                                                                 \
    FIELD(T, I32, sue_until_on, 0, NULL)
#define TL_BODY_SUIT_FIELDS(FIELD, T)                                                              \
    FIELD(T, STR, court, 32, NULL)                                                                 \
    FIELD(T, I64, amount_minor, 0, NULL)
/* What the court found is owed from then on, by bucket. */
#define TL_BODY_JUDGMENT_FIELDS(FIELD, T)                                                          \
    FIELD(T, I64, principal_minor, 0, NULL)                                                        \
    FIELD(T, I64, interest_minor, 0, NULL)                                                         \
    FIELD(T, I64, fee_minor, 0, NULL)                                                              \
    FIELD(T, I64, cost_minor, 0, NULL)                                                             \
    FIELD(T, I64, tax_minor, 0, NULL)                                                              \
    FIELD(T, U32, rate_bp, 1000000, NULL)
#define TL_BODY_DISMISSAL_FIELDS(FIELD, T) FIELD(T, BOOL, with_prejudice, 0, NULL)
#define TL_BODY_SCRA_FIELDS(FIELD, T)      FIELD(T, ENUM, result, TL_SCRA_UNKNOWN, &tl_scra_result_names)

#define TL_BODY_BANKRUPTCY_FIELDS(FIELD, T)                                                        \
    FIELD(T, U8, chapter, 15, NULL)                                                                \
    FIELD(T, BIN, case_hash, TL_HASH_BYTES, NULL)                                                  \
    FIELD(T, U8, debtor, TL_DEBTORS_MAX - 1u, NULL)
/* in_scope: this very debt was discharged. */
#define TL_BODY_DISCHARGE_FIELDS(FIELD, T)                                                         \
    FIELD(T, BOOL, in_scope, 0, NULL)                                                              \
    FIELD(T, U8, debtor, TL_DEBTORS_MAX - 1u, NULL)
#define TL_BODY_DECEASED_FIELDS(FIELD, T)                                                          \
    FIELD(T, I32, died_on, 0, NULL)                                                                \
    FIELD(T, U8, debtor, TL_DEBTORS_MAX - 1u, NULL)
#define TL_BODY_CEASE_FIELDS(FIELD, T)                                                             \
    FIELD(T, BOOL, written, 0, NULL)                                                               \
    FIELD(T, STR, medium, 16, NULL)                                                                \
    FIELD(T, U8, debtor, TL_DEBTORS_MAX - 1u, NULL)
/* amount_minor, paid in full by pay_by_on, settles the debt. */
#define TL_BODY_SETTLEMENT_FIELDS(FIELD, T)                                                        \
    FIELD(T, I64, amount_minor, 0, NULL)                                                           \
    FIELD(T, I32, pay_by_on, 0, NULL)                                                              \
    FIELD(T, I32, expires_on, 0, NULL)
/* `parts` parts of amount_minor, the first due on first_on. */
#define TL_BODY_PLAN_FIELDS(FIELD, T)                                                              \
    FIELD(T, I64, amount_minor, 0, NULL)                                                           \
    FIELD(T, U16, parts, TL_DEAL_PARTS_MAX, NULL)                                                  \
    FIELD(T, ENUM, step, TL_STEP_MONTH, &tl_step_names)                                            \
    FIELD(T, U8, grace_days, UINT8_MAX, NULL)                                                      \
    FIELD(T, I32, first_on, 0, NULL)                                                               \
    FIELD(T, I32, expires_on, 0, NULL)
#define TL_BODY_PROMISE_FIELDS(FIELD, T)                                                           \
    FIELD(T, I64, amount_minor, 0, NULL)                                                           \
    FIELD(T, I32, pay_by_on, 0, NULL)

#define TL_BODY_CONTACT_FIELDS(FIELD, T)                                                           \
    FIELD(T, ENUM, channel, TL_CHANNEL_POSTCARD, &tl_channel_names)                                \
    FIELD(T, ENUM, person, TL_PERSON_FAMILY, &tl_person_names)                                     \
    FIELD(T, ENUM, purpose, TL_PURPOSE_INVOKES, &tl_purpose_names)                                 \
    FIELD(T, ENUM, outcome, TL_CONTACT_BOUNCED, &tl_contact_outcome_names)                         \
    FIELD(T, U8, debtor, TL_DEBTORS_MAX - 1u, NULL)                                                \
    FIELD(T, ENUM, place, TL_PLACE_OTHER, &tl_place_kind_names)                                    \
    FIELD(T, U32, marks, TL_MARKS_ALL, NULL)
#define TL_BODY_SALE_FIELDS(FIELD, T)                                                              \
    FIELD(T, STR, buyer, TL_MEMBER_ID_MAX, NULL)                                                   \
    FIELD(T, BIN, price_hash, TL_HASH_BYTES, NULL)                                                 \
    FIELD(T, BOOL, recourse, 0, NULL)
/* Interest by agreement from from_on.  rate_bp is per year, on the principal. */
#define TL_BODY_TERMS_FIELDS(FIELD, T)                                                             \
    FIELD(T, U32, rate_bp, TL_RATE_BP_MAX, NULL)                                                   \
    FIELD(T, ENUM, daycount, TL_DAYCOUNT_30E_360, &tl_daycount_names)                              \
    FIELD(T, I32, from_on, 0, NULL)                                                                \
    FIELD(T, BIN, consent, TL_HASH_BYTES, NULL) /* salted hash of it, or empty */
#define TL_BODY_RATE_FIELDS(FIELD, T)                                                              \
    FIELD(T, U32, rate_bp, TL_RATE_BP_MAX, NULL)                                                   \
    FIELD(T, I32, from_on, 0, NULL)                                                                \
    FIELD(T, BIN, notice, TL_HASH_BYTES, NULL) /* salted hash of it, or empty */
/* From from_on no interest runs, for good, whoever owns the debt. */
#define TL_BODY_WAIVER_FIELDS(FIELD, T) FIELD(T, I32, from_on, 0, NULL)
/* Instalments in order of their days.  The principal is owed already; interest
 * and fees are charged on the day they fall due. */
#define TL_SCHEDULE_ROW_FIELDS(FIELD, T)                                                           \
    FIELD(T, I32, due_on, 0, NULL)                                                                 \
    FIELD(T, I64, principal_minor, 0, NULL)                                                        \
    FIELD(T, I64, interest_minor, 0, NULL)                                                         \
    FIELD(T, I64, fee_minor, 0, NULL)
#define TL_BODY_SCHEDULE_FIELDS(FIELD, T)                                                          \
    FIELD(T, LIST, rows, TL_SCHEDULE_ROWS_MAX, &tl_schedule_row_record)
/* Money that was over goes back to whoever paid it. */
#define TL_BODY_REFUND_FIELDS(FIELD, T) FIELD(T, I64, amount_minor, 0, NULL)
/* An agency settles a month with a creditor: what the statement says, and what
 * went over.  period is yyyymm. */
#define TL_BODY_REMITTANCE_FIELDS(FIELD, T)                                                        \
    FIELD(T, STR, creditor, TL_MEMBER_ID_MAX, NULL)                                                \
    FIELD(T, U16, currency, 999, NULL)                                                             \
    FIELD(T, U32, period, 219912, NULL)                                                            \
    FIELD(T, ENUM, mode, TL_REMIT_COMBINED, &tl_remit_mode_names)                                  \
    FIELD(T, I64, collected_minor, 0, NULL) /* by the agency, reversals taken off */               \
    FIELD(T, I64, commission_minor, 0, NULL)                                                       \
    FIELD(T, I64, costs_minor, 0, NULL)                                                            \
    FIELD(T, I64, remitted_minor, 0, NULL)                                                         \
    FIELD(T, STR, bank_ref, TL_EXT_REF_MAX, NULL)
enum tl_buyback_reason {
    TL_BUYBACK_OTHER = 0,
    TL_BUYBACK_FRAUD = 1,
    TL_BUYBACK_BANKRUPTCY = 2,
    TL_BUYBACK_DECEASED = 3,
    TL_BUYBACK_MISDESCRIBED = 4
};
extern const struct tl_names tl_buyback_reason_names;
#define TL_BODY_BUYBACK_FIELDS(FIELD, T)                                                           \
    FIELD(T, ENUM, reason, TL_BUYBACK_MISDESCRIBED, &tl_buyback_reason_names)

TL_DECLARE_RECORD(tl_body_terms, TL_BODY_TERMS_FIELDS)
TL_DECLARE_RECORD(tl_body_rate, TL_BODY_RATE_FIELDS)
TL_DECLARE_RECORD(tl_body_waiver, TL_BODY_WAIVER_FIELDS)
TL_DECLARE_RECORD(tl_schedule_row, TL_SCHEDULE_ROW_FIELDS)
TL_DECLARE_RECORD(tl_body_schedule, TL_BODY_SCHEDULE_FIELDS)
TL_DECLARE_RECORD(tl_body_refund, TL_BODY_REFUND_FIELDS)
TL_DECLARE_RECORD(tl_body_remittance, TL_BODY_REMITTANCE_FIELDS)
TL_DECLARE_RECORD(tl_body_buyback, TL_BODY_BUYBACK_FIELDS)
TL_DECLARE_RECORD(tl_body_policy, TL_BODY_POLICY_FIELDS)
TL_DECLARE_RECORD(tl_body_propose, TL_BODY_PROPOSE_FIELDS)
TL_DECLARE_RECORD(tl_body_approve, TL_BODY_APPROVE_FIELDS)
TL_DECLARE_RECORD(tl_body_evidence, TL_BODY_EVIDENCE_FIELDS)
TL_DECLARE_RECORD(tl_body_day, TL_BODY_DAY_FIELDS)
TL_DECLARE_RECORD(tl_body_scorecard, TL_BODY_SCORECARD_FIELDS)
TL_DECLARE_RECORD(tl_body_scored, TL_BODY_SCORED_FIELDS)
TL_DECLARE_RECORD(tl_body_agreement, TL_BODY_AGREEMENT_FIELDS)
TL_DECLARE_RECORD(tl_body_charge, TL_BODY_CHARGE_FIELDS)
TL_DECLARE_RECORD(tl_body_adjustment, TL_BODY_ADJUSTMENT_FIELDS)
TL_DECLARE_RECORD(tl_body_notice, TL_BODY_NOTICE_FIELDS)
TL_DECLARE_RECORD(tl_body_payment, TL_BODY_PAYMENT_FIELDS)
TL_DECLARE_RECORD(tl_body_reversal, TL_BODY_REVERSAL_FIELDS)
TL_DECLARE_RECORD(tl_body_dispute, TL_BODY_DISPUTE_FIELDS)
TL_DECLARE_RECORD(tl_body_resolution, TL_BODY_RESOLUTION_FIELDS)
TL_DECLARE_RECORD(tl_body_hold, TL_BODY_HOLD_FIELDS)
TL_DECLARE_RECORD(tl_body_offer, TL_BODY_OFFER_FIELDS)
TL_DECLARE_RECORD(tl_body_answer, TL_BODY_ANSWER_FIELDS)
TL_DECLARE_RECORD(tl_body_return, TL_BODY_RETURN_FIELDS)
TL_DECLARE_RECORD(tl_body_standing, TL_BODY_STANDING_FIELDS)
TL_DECLARE_RECORD(tl_body_furnished, TL_BODY_FURNISHED_FIELDS)
TL_DECLARE_RECORD(tl_body_charge_off, TL_BODY_CHARGE_OFF_FIELDS)
TL_DECLARE_RECORD(tl_body_cancel, TL_BODY_CANCEL_FIELDS)
TL_DECLARE_RECORD(tl_body_record, TL_BODY_RECORD_FIELDS)
TL_DECLARE_RECORD(tl_body_release, TL_BODY_RELEASE_FIELDS)
TL_DECLARE_RECORD(tl_body_suit, TL_BODY_SUIT_FIELDS)
TL_DECLARE_RECORD(tl_body_judgment, TL_BODY_JUDGMENT_FIELDS)
TL_DECLARE_RECORD(tl_body_dismissal, TL_BODY_DISMISSAL_FIELDS)
TL_DECLARE_RECORD(tl_body_scra, TL_BODY_SCRA_FIELDS)
TL_DECLARE_RECORD(tl_body_bankruptcy, TL_BODY_BANKRUPTCY_FIELDS)
TL_DECLARE_RECORD(tl_body_discharge, TL_BODY_DISCHARGE_FIELDS)
TL_DECLARE_RECORD(tl_body_deceased, TL_BODY_DECEASED_FIELDS)
TL_DECLARE_RECORD(tl_body_cease, TL_BODY_CEASE_FIELDS)
TL_DECLARE_RECORD(tl_body_settlement, TL_BODY_SETTLEMENT_FIELDS)
TL_DECLARE_RECORD(tl_body_plan, TL_BODY_PLAN_FIELDS)
TL_DECLARE_RECORD(tl_body_promise, TL_BODY_PROMISE_FIELDS)
TL_DECLARE_RECORD(tl_body_contact, TL_BODY_CONTACT_FIELDS)
TL_DECLARE_RECORD(tl_body_sale, TL_BODY_SALE_FIELDS)

/* ---- decisions --------------------------------------------------------- */

#define TL_INPUT_FIELDS(FIELD, T) FIELD(T, U64, leaf, UINT64_MAX, NULL)
TL_DECLARE_RECORD(tl_input, TL_INPUT_FIELDS)

#define TL_DECISION_FIELDS(FIELD, T)                                                               \
    FIELD(T, U16, type, UINT16_MAX, NULL)                                                          \
    FIELD(T, ID, case_id, 0, NULL)                                                                 \
    FIELD(T, I32, date, 0, NULL)              /* the day it takes effect */                        \
    FIELD(T, STR, rule, TL_RULE_ID_MAX, NULL) /* of the policy, or engine.* */                     \
    FIELD(T, STR, citation, TL_CITATION_MAX, NULL)                                                 \
    FIELD(T, HASH, policy, 0, NULL) /* zero: no policy was involved */                             \
    FIELD(T, LIST, inputs, TL_INPUTS_MAX, &tl_input_record)                                        \
    FIELD(T, RAW, body, 1024, NULL)
TL_DECLARE_RECORD(tl_decision, TL_DECISION_FIELDS)

#define TL_BODY_STAGE_FIELDS(FIELD, T)                                                             \
    FIELD(T, ENUM, from, TL_STAGE_UNCOLLECTIBLE, &tl_stage_names)                                  \
    FIELD(T, ENUM, to, TL_STAGE_UNCOLLECTIBLE, &tl_stage_names)
#define TL_BODY_FEE_FIELDS(FIELD, T)                                                               \
    FIELD(T, ENUM, bucket, TL_BUCKET_TAX, &tl_bucket_names)                                        \
    FIELD(T, I64, amount_minor, 0, NULL)
/* What a payment went to; for a reversal, what was taken back. */
#define TL_BODY_ALLOCATION_FIELDS(FIELD, T)                                                        \
    FIELD(T, I64, principal_minor, 0, NULL)                                                        \
    FIELD(T, I64, interest_minor, 0, NULL)                                                         \
    FIELD(T, I64, fee_minor, 0, NULL)                                                              \
    FIELD(T, I64, cost_minor, 0, NULL)                                                             \
    FIELD(T, I64, tax_minor, 0, NULL)                                                              \
    FIELD(T, I64, unapplied_minor, 0, NULL)                                                        \
    FIELD(T, BOOL, reversed, 0, NULL)
#define TL_BODY_ACTION_FIELDS(FIELD, T)                                                            \
    FIELD(T, ENUM, kind, TL_DUE_DISPUTE_ANSWER, &tl_action_kind_names)                             \
    FIELD(T, I64, balance_minor, 0, NULL)
#define TL_BODY_PLACEMENT_FIELDS(FIELD, T)                                                         \
    FIELD(T, U8, agency, 255, NULL) /* member index */                                             \
    FIELD(T, U8, tier, 255, NULL)                                                                  \
    FIELD(T, I64, balance_minor, 0, NULL)
#define TL_BODY_ELIGIBLE_FIELDS(FIELD, T)                                                          \
    FIELD(T, I32, commenced_on, 0, NULL) /* of the delinquency; FCRA 623(a)(5) */                  \
    FIELD(T, I64, balance_minor, 0, NULL)
/* A plan is agreed on: its epoch begins after the block of that height. */
#define TL_BODY_SCHEDULED_FIELDS(FIELD, T)                                                         \
    FIELD(T, U64, epoch, UINT64_MAX, NULL)                                                         \
    FIELD(T, U64, from_height, UINT64_MAX, NULL)                                                   \
    FIELD(T, HASH, plan, 0, NULL)                                                                  \
    FIELD(T, U32, approvals, UINT32_MAX, NULL) /* bitmap of members */
/* A member is named by its own signatures; what follows is for the members to
 * decide. */
#define TL_BODY_NAMED_FIELDS(FIELD, T)                                                             \
    FIELD(T, U8, member, 31, NULL)                                                                 \
    FIELD(T, U8, kind, 5, NULL) /* enum tl_evidence_kind */                                        \
    FIELD(T, U64, epoch, UINT64_MAX, NULL)                                                         \
    FIELD(T, U64, view, UINT64_MAX, NULL)
#define TL_BODY_CHARGED_FIELDS(FIELD, T) FIELD(T, I64, balance_minor, 0, NULL)
/* DENIED, VIOLATION, DUPLICATE, ALERT, DEFERRED: about which type of entry, and why. */
#define TL_BODY_FINDING_FIELDS(FIELD, T)                                                           \
    FIELD(T, U16, about, UINT16_MAX, NULL)                                                         \
    FIELD(T, STR, why, 160, NULL)

/* A fact of a day that was over changed what had been worked out: values at the
 * end of through_on without and with it, and rules that fired meanwhile. */
#define TL_CHANGES_MAX 8u
#define TL_UNAWARE_MAX 8u
#define TL_CHANGE_FIELDS(FIELD, T)                                                                 \
    FIELD(T, STR, feature, 32, NULL)                                                               \
    FIELD(T, I64, before, 0, NULL)                                                                 \
    FIELD(T, I64, after, 0, NULL)
#define TL_UNAWARE_FIELDS(FIELD, T)                                                                \
    FIELD(T, STR, rule, TL_RULE_ID_MAX, NULL)                                                      \
    FIELD(T, I32, fired_on, 0, NULL)
#define TL_BODY_RESTATEMENT_FIELDS(FIELD, T)                                                       \
    FIELD(T, I32, from_on, 0, NULL)                                                                \
    FIELD(T, I32, through_on, 0, NULL)                                                             \
    FIELD(T, LIST, changes, TL_CHANGES_MAX, &tl_change_record)                                     \
    FIELD(T, U16, unaware_count, UINT16_MAX, NULL)                                                 \
    FIELD(T, LIST, unaware, TL_UNAWARE_MAX, &tl_unaware_record)

/* One part of a plan on the day it is judged: paid_minor since acceptance. */
#define TL_BODY_INSTALMENT_FIELDS(FIELD, T)                                                        \
    FIELD(T, U16, number, UINT16_MAX, NULL)                                                        \
    FIELD(T, I32, due_on, 0, NULL)                                                                 \
    FIELD(T, I64, amount_minor, 0, NULL)                                                           \
    FIELD(T, I64, paid_minor, 0, NULL)
/* How a settlement, plan or promise ended. */
#define TL_BODY_DEAL_END_FIELDS(FIELD, T)                                                          \
    FIELD(T, I64, amount_minor, 0, NULL)                                                           \
    FIELD(T, I64, paid_minor, 0, NULL)                                                             \
    FIELD(T, I64, forgiven_minor, 0, NULL)

/* Interest of a span: what it comes to by the ledger's record of principal and
 * rate since interest began, less what was booked before.  Negative: a late fact
 * took some back. */
#define TL_BODY_ACCRUAL_FIELDS(FIELD, T)                                                           \
    FIELD(T, I32, from_on, 0, NULL)                                                                \
    FIELD(T, I32, to_on, 0, NULL) /* not counted */                                                \
    FIELD(T, I64, principal_minor, 0, NULL)                                                        \
    FIELD(T, U32, rate_bp, TL_RATE_BP_MAX, NULL)                                                   \
    FIELD(T, I64, amount_minor, 0, NULL)                                                           \
    FIELD(T, I64, part, 0, NULL) /* carried: of TL_EXACT_DEN of a minor unit */
/* What a payment earned its agency; taken back with the payment. */
#define TL_BODY_COMMISSION_FIELDS(FIELD, T)                                                        \
    FIELD(T, U8, agency, 255, NULL) /* member index */                                             \
    FIELD(T, BOOL, direct, 0, NULL) /* paid to somebody else than the agency */                    \
    FIELD(T, I64, earning_minor, 0, NULL)                                                          \
    FIELD(T, I64, costs_minor, 0, NULL)                                                            \
    FIELD(T, I64, commission_minor, 0, NULL)
#define TL_BODY_RECOVERY_FIELDS(FIELD, T)                                                          \
    FIELD(T, I64, amount_minor, 0, NULL)                                                           \
    FIELD(T, I64, recovered_minor, 0, NULL) /* of this debt so far */
#define TL_BODY_DUE_FIELDS(FIELD, T)                                                               \
    FIELD(T, U16, number, UINT16_MAX, NULL)                                                        \
    FIELD(T, I32, due_on, 0, NULL)                                                                 \
    FIELD(T, I64, principal_minor, 0, NULL)                                                        \
    FIELD(T, I64, interest_minor, 0, NULL)                                                         \
    FIELD(T, I64, fee_minor, 0, NULL)                                                              \
    FIELD(T, I64, past_due_minor, 0, NULL)
#define TL_BODY_SETTLED_FIELDS(FIELD, T)                                                           \
    FIELD(T, U8, agency, 255, NULL)                                                                \
    FIELD(T, U8, creditor, 255, NULL)                                                              \
    FIELD(T, U16, currency, 999, NULL)                                                             \
    FIELD(T, U32, period, 219912, NULL)                                                            \
    FIELD(T, ENUM, mode, TL_REMIT_COMBINED, &tl_remit_mode_names)                                  \
    FIELD(T, I64, commission_minor, 0, NULL)                                                       \
    FIELD(T, I64, remit_minor, 0, NULL)                                                            \
    FIELD(T, I64, invoice_minor, 0, NULL)

TL_DECLARE_RECORD(tl_body_accrual, TL_BODY_ACCRUAL_FIELDS)
TL_DECLARE_RECORD(tl_body_commission, TL_BODY_COMMISSION_FIELDS)
TL_DECLARE_RECORD(tl_body_recovery, TL_BODY_RECOVERY_FIELDS)
TL_DECLARE_RECORD(tl_body_due, TL_BODY_DUE_FIELDS)
TL_DECLARE_RECORD(tl_body_settled, TL_BODY_SETTLED_FIELDS)
TL_DECLARE_RECORD(tl_body_instalment, TL_BODY_INSTALMENT_FIELDS)
TL_DECLARE_RECORD(tl_body_deal_end, TL_BODY_DEAL_END_FIELDS)
TL_DECLARE_RECORD(tl_change, TL_CHANGE_FIELDS)
TL_DECLARE_RECORD(tl_unaware, TL_UNAWARE_FIELDS)
TL_DECLARE_RECORD(tl_body_restatement, TL_BODY_RESTATEMENT_FIELDS)
TL_DECLARE_RECORD(tl_body_stage, TL_BODY_STAGE_FIELDS)
TL_DECLARE_RECORD(tl_body_fee, TL_BODY_FEE_FIELDS)
TL_DECLARE_RECORD(tl_body_allocation, TL_BODY_ALLOCATION_FIELDS)
TL_DECLARE_RECORD(tl_body_action, TL_BODY_ACTION_FIELDS)
TL_DECLARE_RECORD(tl_body_placement, TL_BODY_PLACEMENT_FIELDS)
TL_DECLARE_RECORD(tl_body_eligible, TL_BODY_ELIGIBLE_FIELDS)
TL_DECLARE_RECORD(tl_body_scheduled, TL_BODY_SCHEDULED_FIELDS)
TL_DECLARE_RECORD(tl_body_named, TL_BODY_NAMED_FIELDS)
TL_DECLARE_RECORD(tl_body_charged, TL_BODY_CHARGED_FIELDS)
TL_DECLARE_RECORD(tl_body_finding, TL_BODY_FINDING_FIELDS)

/* ---- the table of types ------------------------------------------------ */

enum tl_type {
    TL_ENTRY_LICENCE = 1022,
    TL_ENTRY_POLICY_PUBLISH = 1030,
    TL_ENTRY_CHANGE_PROPOSE = 1040,
    TL_ENTRY_CHANGE_APPROVE = 1041,
    TL_ENTRY_SCORECARD_PUBLISH = 1045,
    TL_ENTRY_EVIDENCE = 1050,
    TL_ENTRY_AGREEMENT = 2010,
    TL_ENTRY_AGREEMENT_AMEND = 2020,
    TL_ENTRY_JOINT_DEBTOR = 2011,
    TL_ENTRY_ACCOUNT_CLOSED = 2012,
    TL_ENTRY_CHARGE = 2030,
    TL_ENTRY_SCHEDULE = 2040,
    TL_ENTRY_ADJUSTMENT = 2070,
    TL_ENTRY_RATE_CHANGE = 2080,
    TL_ENTRY_PAYMENT = 3010,
    TL_ENTRY_POSTDATED = 3011,
    TL_ENTRY_PAYMENT_REVERSAL = 3030,
    TL_ENTRY_REFUND_PAID = 3041,
    TL_ENTRY_AUTOPAY_AUTHORISE = 3050,
    TL_ENTRY_AUTOPAY_REVOKE = 3051,
    TL_ENTRY_NOTICE = 4010,
    TL_ENTRY_PERMIT_REQUEST = 4020,
    TL_ENTRY_CONTACT_ATTEMPT = 4030,
    TL_ENTRY_CONTACT_INBOUND = 4040,
    TL_ENTRY_DELIVERY_RESULT = 4050,
    TL_ENTRY_PREFERENCES = 4060,
    TL_ENTRY_CONSENT = 4070,
    TL_ENTRY_CONSENT_REVOKE = 4071,
    TL_ENTRY_CEASE_COMMUNICATION = 4080,
    TL_ENTRY_REFUSAL_TO_PAY = 4081,
    TL_ENTRY_ATTORNEY_REPRESENTED = 4090,
    TL_ENTRY_ATTORNEY_ENDED = 4091,
    TL_ENTRY_OPT_OUT = 4100,
    TL_ENTRY_ADDRESS = 4110,
    TL_ENTRY_DEMAND_LETTER = 5010,
    TL_ENTRY_VALIDATION_NOTICE = 5020,
    TL_ENTRY_CREDITOR_REQUEST = 5030,
    TL_ENTRY_CREDITOR_RESPONSE = 5031,
    TL_ENTRY_VERIFICATION_SENT = 5040,
    TL_ENTRY_DISPUTE_OPENED = 6010,
    TL_ENTRY_DISPUTE_FRIVOLOUS = 6020,
    TL_ENTRY_DISPUTE_DUPLICATIVE = 6021,
    TL_ENTRY_DISPUTE_RESOLVED = 6030,
    TL_ENTRY_ACDV_REQUEST = 6040,
    TL_ENTRY_ACDV_RESPONSE = 6041,
    TL_ENTRY_SETTLEMENT_OFFER = 7010,
    TL_ENTRY_SETTLEMENT_COUNTER = 7011,
    TL_ENTRY_SETTLEMENT_WITHDRAW = 7012,
    TL_ENTRY_SETTLEMENT_ACCEPT = 7020,
    TL_ENTRY_PLAN_OFFER = 7040,
    TL_ENTRY_PLAN_ACCEPT = 7041,
    TL_ENTRY_PROMISE_TO_PAY = 7060,
    TL_ENTRY_HARDSHIP = 7070,
    TL_ENTRY_FORBEARANCE_ENDED = 7071,
    TL_ENTRY_REAGE = 7080,
    TL_ENTRY_PLACEMENT_OFFER = 8010,
    TL_ENTRY_PLACEMENT_ACCEPT = 8011,
    TL_ENTRY_PLACEMENT_REJECT = 8012,
    TL_ENTRY_PLACEMENT_STANDING = 8013,
    TL_ENTRY_PLACEMENT_RECALL = 8020,
    TL_ENTRY_RECALL_NOTICE = 8022,
    TL_ENTRY_RECALL_OBJECTION = 8023,
    TL_ENTRY_PLACEMENT_RETURN = 8030,
    TL_ENTRY_REMITTANCE = 8050,
    TL_ENTRY_LEGAL_RELEASE = 9010,
    TL_ENTRY_SUIT_FILED = 9020,
    TL_ENTRY_JUDGMENT = 9021,
    TL_ENTRY_SATISFIED = 9022,
    TL_ENTRY_DISMISSED = 9023,
    TL_ENTRY_SERVED = 9024,
    TL_ENTRY_ANSWERED = 9025,
    TL_ENTRY_VACATED = 9026,
    TL_ENTRY_GARNISHMENT = 9027,
    TL_ENTRY_SCRA_CHECK = 9030,
    TL_ENTRY_FURNISHED = 10010,
    TL_ENTRY_FURNISH_CORRECT = 10020,
    TL_ENTRY_FURNISH_DELETE = 10021,
    TL_ENTRY_BUREAU_ACK = 10030,
    TL_ENTRY_BUREAU_REJECT = 10031,
    TL_ENTRY_CHARGE_OFF = 11010,
    TL_ENTRY_INTEREST_WAIVED = 11020,
    TL_ENTRY_REACTIVATE = 11040,
    TL_ENTRY_REACTIVATION_STOP = 11041,
    TL_ENTRY_CANCEL_DEBT = 11050,
    TL_ENTRY_UNCOLLECTIBLE = 11051,
    TL_ENTRY_BANKRUPTCY_FILED = 12010,
    TL_ENTRY_BANKRUPTCY_DISMISSED = 12011,
    TL_ENTRY_BANKRUPTCY_DISCHARGED = 12012,
    TL_ENTRY_REAFFIRMED = 12013,
    TL_ENTRY_POC_FILED = 12014,
    TL_ENTRY_DECEASED = 12020,
    TL_ENTRY_SCRA_ACTIVE = 12030,
    TL_ENTRY_SCRA_ENDED = 12031,
    TL_ENTRY_IDTHEFT_REPORT = 12040,
    TL_ENTRY_IDTHEFT_BLOCK = 12041,
    TL_ENTRY_IDTHEFT_RESCIND = 12042,
    TL_ENTRY_HOLD_SET = 12050,
    TL_ENTRY_HOLD_RELEASE = 12051,
    TL_ENTRY_DISASTER = 12052,
    TL_ENTRY_REGULATOR_HOLD = 12053,
    TL_ENTRY_MORATORIUM = 12054,
    TL_ENTRY_TRAFFICKING_BLOCK = 12060,
    TL_ENTRY_TRAFFICKING_ENDED = 12061,
    TL_ENTRY_DEBT_SALE = 13010,
    TL_ENTRY_DEBT_SALE_ACCEPT = 13011,
    TL_ENTRY_DEBT_BUYBACK = 13020,
    TL_ENTRY_DEBT_BUYBACK_ACCEPT = 13021,
    TL_ENTRY_DAY_CLOSE = 14010,
    TL_ENTRY_AUDIT_ACCESS = 14060,
    TL_ENTRY_RECORD = 15010,
    TL_ENTRY_VAULT_PUT = 16010,
    TL_ENTRY_ERASURE_REQUEST = 16020,
    TL_ENTRY_ERASURE_ATTESTED = 16022,
    TL_ENTRY_KEY_GRANT = 17010,
    TL_ENTRY_KEY_REVOKE = 17011,

    TL_DECISION_EPOCH_SCHEDULED = 1042,
    TL_DECISION_MEMBER_NAMED = 1051,
    TL_DECISION_SCORED = 1046,
    TL_DECISION_INTEREST_ACCRUED = 2050,
    TL_DECISION_FEE_ASSESSED = 2060,
    TL_DECISION_ALLOCATION = 3020,
    TL_DECISION_PERMIT_RESULT = 4021,
    TL_DECISION_SETTLEMENT_COMPLETED = 7030,
    TL_DECISION_SETTLEMENT_VOID = 7031,
    TL_DECISION_INSTALMENT_KEPT = 7050,
    TL_DECISION_INSTALMENT_MISSED = 7051,
    TL_DECISION_PLAN_BROKEN = 7052,
    TL_DECISION_PLAN_COMPLETED = 7053,
    TL_DECISION_INSTALMENT_DUE = 7054,
    TL_DECISION_PROMISE_KEPT = 7061,
    TL_DECISION_PROMISE_BROKEN = 7062,
    TL_DECISION_PLACEMENT_OFFERED = 8014,
    TL_DECISION_PLACEMENT_ACCEPTED = 8015,
    TL_DECISION_PLACEMENT_RECALLED = 8021,
    TL_DECISION_REMITTANCE_SETTLED = 8051,
    TL_DECISION_COMMISSION_DUE = 8060,
    TL_DECISION_FURNISH_ELIGIBLE = 10011,
    TL_DECISION_CHARGED_OFF = 11011,
    TL_DECISION_RECOVERY_POSTED = 11030,
    TL_DECISION_VIOLATION = 14020,
    TL_DECISION_RESTATEMENT = 14030,
    TL_DECISION_STAGE_CHANGED = 14050,
    TL_DECISION_ACTION_DUE = 14051,
    TL_DECISION_DENIED = 14052,
    TL_DECISION_DUPLICATE = 14053,
    TL_DECISION_ALERT = 14054,
    TL_DECISION_DEFERRED = 14055, /* recorded without effect: to be sent again */
    TL_DECISION_VAULT_GRANTED = 16011,
    TL_DECISION_VAULT_REVOKED = 16012,
    TL_DECISION_ERASURE_ORDERED = 16021,
    TL_DECISION_ERASED = 16023
};

/* Beyond the role: what the author's member must be to this very case for the
 * entry to take effect. */
enum tl_relation { TL_OF_ANY, TL_OF_OWNER, TL_OF_AGENCY, TL_OF_OWNER_OR_HOLDER };

struct tl_type_info {
    uint16_t code;
    const char *name;
    const struct tl_record *body;
    uint16_t roles; /* of the member, any of; 0 for decisions */
    uint16_t right; /* of the key */
    bool about_case;
    bool derived;
    bool act; /* may be denied; a fact may not */
    enum tl_relation relation;
};

/* Static lifetime; NULL when there is no such type. */
const struct tl_type_info *tl_type_find(uint16_t code);
const struct tl_type_info *tl_type_named(struct tl_bytes name);
/* tl_type_at enumerates the table in order of code; NULL past the end. */
const struct tl_type_info *tl_type_at(size_t index);

/* Room for any entry body or decision body. */
union tl_body {
    struct tl_body_policy policy;
    struct tl_body_propose propose;
    struct tl_body_approve approve;
    struct tl_body_scheduled scheduled;
    struct tl_body_evidence evidence;
    struct tl_body_named named;
    struct tl_body_day day;
    struct tl_body_scorecard scorecard;
    struct tl_body_scored scored;
    struct tl_body_agreement agreement;
    struct tl_body_charge charge;
    struct tl_body_adjustment adjustment;
    struct tl_body_notice notice;
    struct tl_body_payment payment;
    struct tl_body_reversal reversal;
    struct tl_body_dispute dispute;
    struct tl_body_resolution resolution;
    struct tl_body_hold hold;
    struct tl_body_offer offer;
    struct tl_body_answer answer;
    struct tl_body_return returned;
    struct tl_body_standing standing;
    struct tl_body_furnished furnished;
    struct tl_body_charge_off charge_off;
    struct tl_body_cancel cancel;
    struct tl_body_record record;
    struct tl_body_release release;
    struct tl_body_suit suit;
    struct tl_body_judgment judgment;
    struct tl_body_dismissal dismissal;
    struct tl_body_scra scra;
    struct tl_body_bankruptcy bankruptcy;
    struct tl_body_discharge discharge;
    struct tl_body_deceased deceased;
    struct tl_body_cease cease;
    struct tl_body_settlement settlement;
    struct tl_body_plan plan;
    struct tl_body_promise promise;
    struct tl_body_contact contact;
    struct tl_body_sale sale;
    struct tl_body_terms terms;
    struct tl_body_rate rate;
    struct tl_body_waiver waiver;
    struct tl_body_schedule schedule;
    struct tl_body_refund refund;
    struct tl_body_remittance remittance;
    struct tl_body_buyback buyback;
    struct tl_body_accrual accrual;
    struct tl_body_commission commission;
    struct tl_body_recovery recovery;
    struct tl_body_due due;
    struct tl_body_settled settled;
    struct tl_body_instalment instalment;
    struct tl_body_deal_end deal_end;
    struct tl_body_stage stage;
    struct tl_body_fee fee;
    struct tl_body_allocation allocation;
    struct tl_body_action action;
    struct tl_body_placement placement;
    struct tl_body_eligible eligible;
    struct tl_body_charged charged;
    struct tl_body_finding finding;
    struct tl_body_restatement restatement;
    struct tl_body_vault vault;
    struct tl_body_erasure erasure;
    struct tl_body_attestation attestation;
    struct tl_body_key_grant key_grant;
    struct tl_body_key_revoke key_revoke;
    struct tl_body_vault_access vault_access;
    struct tl_body_erasure_order erasure_order;
    struct tl_body_erased erased;
#define X(word, FIELDS) struct tl_body_##word word;
    TL_LAW_BODIES(X)
#undef X
};

/* tl_entry_decode reads an entry and its body strictly.  TL_ERR_ENCODING: not
 * canonical or not this type's record.  TL_ERR_RANGE: unknown or derived type,
 * a case where none belongs or none where one does, a date, offset or amount
 * out of range.  `info` and `body` may be NULL. */
TL_MUST_USE enum tl_status tl_entry_decode(struct tl_entry *entry, union tl_body *body,
                                           const struct tl_type_info **info, struct tl_bytes bytes);
/* tl_entry_encode writes `body` (the struct of entry->type's record) into the
 * entry; entry->body is ignored.  False: unknown type, or `out` overflowed. */
TL_MUST_USE bool tl_entry_encode(struct tl_buf *out, const struct tl_entry *entry,
                                 const void *body);
TL_MUST_USE enum tl_status tl_decision_decode(struct tl_decision *decision, union tl_body *body,
                                              const struct tl_type_info **info,
                                              struct tl_bytes bytes);

/* Civil calendar (proleptic Gregorian). */
struct tl_civil {
    int32_t year;
    int32_t month; /* 1..12 */
    int32_t day;   /* 1..31 */
};
int32_t tl_date_from_civil(struct tl_civil civil);
struct tl_civil tl_date_to_civil(int32_t date);
/* tl_date_parse reads exactly YYYY-MM-DD, a day that exists. */
TL_MUST_USE bool tl_date_parse(struct tl_bytes text, int32_t *date);
/* tl_date_text writes YYYY-MM-DD and a terminator ("none" for TL_DATE_NONE). */
void tl_date_text(char out[11], int32_t date);

#endif
