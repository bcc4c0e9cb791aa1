/* The table of entry and decision types, their records and their words. */
#include "tl/entry.h"
#include "tl/genesis.h"

#define WORDS(name, ...)                                                                           \
    static const char *const name##_words[] = {__VA_ARGS__};                                       \
    const struct tl_names name##_names = {name##_words,                                            \
                                          sizeof name##_words / sizeof name##_words[0]};

WORDS(tl_debt_class, "consumer", "commercial", "public")
WORDS(tl_bucket, "principal", "interest", "fee", "cost", "tax")
WORDS(tl_authority, "contract", "statute", "court")
WORDS(tl_adjust_reason, "goodwill", "error", "returned_goods", "insurance", "waiver", "court")
WORDS(tl_notice_kind, "sent", "served", "reminder", "demand", "validation", "legal",
      "undeliverable", "deposit", "negative", "transfer")
WORDS(tl_pay_method, "other", "cash", "transfer", "direct_debit", "card", "check")
WORDS(tl_reversal_reason, "error", "bounced", "chargeback", "unauthorised")
WORDS(tl_regime, "contract", "fdcpa", "fcra_direct", "fcra_acdv", "fcba", "commercial", "appeal")
WORDS(tl_dispute_reason, "other", "not_mine", "paid", "amount", "idtheft", "bankruptcy", "deceased",
      "timebarred", "goods", "service")
WORDS(tl_outcome, "rejected", "upheld_part", "upheld_full", "withdrawn")
WORDS(tl_hold, "cease", "dispute_validation", "dispute_fcra", "dispute_fcba", "bankruptcy_stay",
      "discharged", "deceased", "scra", "idtheft_block", "trafficking_block", "attorney",
      "hardship", "litigation", "timebarred", "obsolete", "fraud_investigation", "regulator",
      "disaster", "moratorium_uk", "manual", "dispute")
WORDS(tl_return_reason, "uncollectible", "paid", "bankruptcy", "deceased", "skip", "cease",
      "dispute", "fraud", "request")
WORDS(tl_charge_off_reason, "age", "bankruptcy", "fraud", "deceased", "other")
WORDS(tl_cancel_reason, "error", "fraud", "court", "forgiven", "discharged")
WORDS(tl_action_kind, "reminder", "call", "demand", "notice", "legal_review", "campaign", "review",
      "predue_reminder", "dispute_answer")
WORDS(tl_channel, "call", "letter", "email", "sms", "visit", "voice", "push", "social", "postcard")
WORDS(tl_person, "debtor", "attorney", "estate", "third_party", "family")
WORDS(tl_purpose, "collect", "terminate", "may_invoke", "invokes")
WORDS(tl_contact_outcome, "no_answer", "busy", "not_in_service", "voicemail", "wrong_person",
      "conversation", "delivered", "bounced")
WORDS(tl_step, "week", "fortnight", "month")
WORDS(tl_erasure_ground, "not_needed", "consent", "objection", "unlawful", "obligation", "expired")
WORDS(tl_daycount, "ACT/365F", "ACT/360", "ACT/ACT-ISDA", "30/360-US", "30E/360")
WORDS(tl_remit_mode, "net", "gross", "combined")
WORDS(tl_buyback_reason, "other", "fraud", "bankruptcy", "deceased", "misdescribed")
WORDS(tl_scra_result, "not_on_duty", "on_duty", "unknown")

static const char *const stage_words[] = {
    [TL_STAGE_CURRENT] = "current",
    [TL_STAGE_PREDUE] = "predue",
    [TL_STAGE_OVERDUE] = "overdue",
    [TL_STAGE_REMINDING] = "reminding",
    [TL_STAGE_CONTACT] = "contact",
    [TL_STAGE_DEMAND] = "demand",
    [TL_STAGE_RESOLUTION] = "resolution",
    [TL_STAGE_INTERNAL] = "internal",
    [TL_STAGE_PLACED] = "placed",
    [TL_STAGE_LEGAL] = "legal",
    [TL_STAGE_CHARGED_OFF] = "charged_off",
    [TL_STAGE_REACTIVATED] = "reactivated",
    [TL_STAGE_PAID] = "paid",
    [TL_STAGE_SETTLED] = "settled",
    [TL_STAGE_SOLD] = "sold",
    [TL_STAGE_DISCHARGED] = "discharged",
    [TL_STAGE_CANCELLED] = "cancelled",
    [TL_STAGE_UNCOLLECTIBLE] = "uncollectible",
};
const struct tl_names tl_stage_names = {stage_words, sizeof stage_words / sizeof stage_words[0]};

TL_DEFINE_RECORD(tl_entry, TL_ENTRY_FIELDS)
TL_DEFINE_RECORD(tl_input, TL_INPUT_FIELDS)
TL_DEFINE_RECORD(tl_decision, TL_DECISION_FIELDS)

TL_DEFINE_RECORD(tl_body_policy, TL_BODY_POLICY_FIELDS)
TL_DEFINE_RECORD(tl_body_propose, TL_BODY_PROPOSE_FIELDS)
TL_DEFINE_RECORD(tl_body_approve, TL_BODY_APPROVE_FIELDS)
TL_DEFINE_RECORD(tl_body_evidence, TL_BODY_EVIDENCE_FIELDS)
TL_DEFINE_RECORD(tl_body_day, TL_BODY_DAY_FIELDS)
TL_DEFINE_RECORD(tl_body_scorecard, TL_BODY_SCORECARD_FIELDS)
TL_DEFINE_RECORD(tl_body_scored, TL_BODY_SCORED_FIELDS)
TL_DEFINE_RECORD(tl_body_agreement, TL_BODY_AGREEMENT_FIELDS)
TL_DEFINE_RECORD(tl_body_charge, TL_BODY_CHARGE_FIELDS)
TL_DEFINE_RECORD(tl_body_adjustment, TL_BODY_ADJUSTMENT_FIELDS)
TL_DEFINE_RECORD(tl_body_notice, TL_BODY_NOTICE_FIELDS)
TL_DEFINE_RECORD(tl_body_payment, TL_BODY_PAYMENT_FIELDS)
TL_DEFINE_RECORD(tl_body_reversal, TL_BODY_REVERSAL_FIELDS)
TL_DEFINE_RECORD(tl_body_dispute, TL_BODY_DISPUTE_FIELDS)
TL_DEFINE_RECORD(tl_body_resolution, TL_BODY_RESOLUTION_FIELDS)
TL_DEFINE_RECORD(tl_body_hold, TL_BODY_HOLD_FIELDS)
TL_DEFINE_RECORD(tl_body_offer, TL_BODY_OFFER_FIELDS)
TL_DEFINE_RECORD(tl_body_answer, TL_BODY_ANSWER_FIELDS)
TL_DEFINE_RECORD(tl_body_return, TL_BODY_RETURN_FIELDS)
TL_DEFINE_RECORD(tl_body_standing, TL_BODY_STANDING_FIELDS)
TL_DEFINE_RECORD(tl_body_furnished, TL_BODY_FURNISHED_FIELDS)
TL_DEFINE_RECORD(tl_body_charge_off, TL_BODY_CHARGE_OFF_FIELDS)
TL_DEFINE_RECORD(tl_body_cancel, TL_BODY_CANCEL_FIELDS)
TL_DEFINE_RECORD(tl_body_record, TL_BODY_RECORD_FIELDS)
TL_DEFINE_RECORD(tl_body_release, TL_BODY_RELEASE_FIELDS)
TL_DEFINE_RECORD(tl_body_suit, TL_BODY_SUIT_FIELDS)
TL_DEFINE_RECORD(tl_body_judgment, TL_BODY_JUDGMENT_FIELDS)
TL_DEFINE_RECORD(tl_body_dismissal, TL_BODY_DISMISSAL_FIELDS)
TL_DEFINE_RECORD(tl_body_scra, TL_BODY_SCRA_FIELDS)
TL_DEFINE_RECORD(tl_body_bankruptcy, TL_BODY_BANKRUPTCY_FIELDS)
TL_DEFINE_RECORD(tl_body_discharge, TL_BODY_DISCHARGE_FIELDS)
TL_DEFINE_RECORD(tl_body_deceased, TL_BODY_DECEASED_FIELDS)
TL_DEFINE_RECORD(tl_body_cease, TL_BODY_CEASE_FIELDS)
TL_DEFINE_RECORD(tl_body_settlement, TL_BODY_SETTLEMENT_FIELDS)
TL_DEFINE_RECORD(tl_body_plan, TL_BODY_PLAN_FIELDS)
TL_DEFINE_RECORD(tl_body_promise, TL_BODY_PROMISE_FIELDS)
TL_DEFINE_RECORD(tl_body_contact, TL_BODY_CONTACT_FIELDS)
TL_DEFINE_RECORD(tl_body_sale, TL_BODY_SALE_FIELDS)
TL_DEFINE_RECORD(tl_body_terms, TL_BODY_TERMS_FIELDS)
TL_DEFINE_RECORD(tl_body_rate, TL_BODY_RATE_FIELDS)
TL_DEFINE_RECORD(tl_body_waiver, TL_BODY_WAIVER_FIELDS)
TL_DEFINE_RECORD(tl_schedule_row, TL_SCHEDULE_ROW_FIELDS)
TL_DEFINE_RECORD(tl_body_schedule, TL_BODY_SCHEDULE_FIELDS)
TL_DEFINE_RECORD(tl_body_refund, TL_BODY_REFUND_FIELDS)
TL_DEFINE_RECORD(tl_body_remittance, TL_BODY_REMITTANCE_FIELDS)
TL_DEFINE_RECORD(tl_body_buyback, TL_BODY_BUYBACK_FIELDS)
TL_DEFINE_RECORD(tl_body_accrual, TL_BODY_ACCRUAL_FIELDS)
TL_DEFINE_RECORD(tl_body_commission, TL_BODY_COMMISSION_FIELDS)
TL_DEFINE_RECORD(tl_body_recovery, TL_BODY_RECOVERY_FIELDS)
TL_DEFINE_RECORD(tl_body_due, TL_BODY_DUE_FIELDS)
TL_DEFINE_RECORD(tl_body_settled, TL_BODY_SETTLED_FIELDS)
TL_DEFINE_RECORD(tl_body_instalment, TL_BODY_INSTALMENT_FIELDS)
TL_DEFINE_RECORD(tl_body_deal_end, TL_BODY_DEAL_END_FIELDS)
TL_DEFINE_RECORD(tl_change, TL_CHANGE_FIELDS)
TL_DEFINE_RECORD(tl_unaware, TL_UNAWARE_FIELDS)
TL_DEFINE_RECORD(tl_body_restatement, TL_BODY_RESTATEMENT_FIELDS)
TL_DEFINE_RECORD(tl_body_stage, TL_BODY_STAGE_FIELDS)
TL_DEFINE_RECORD(tl_body_fee, TL_BODY_FEE_FIELDS)
TL_DEFINE_RECORD(tl_body_allocation, TL_BODY_ALLOCATION_FIELDS)
TL_DEFINE_RECORD(tl_body_action, TL_BODY_ACTION_FIELDS)
TL_DEFINE_RECORD(tl_body_placement, TL_BODY_PLACEMENT_FIELDS)
TL_DEFINE_RECORD(tl_body_eligible, TL_BODY_ELIGIBLE_FIELDS)
TL_DEFINE_RECORD(tl_body_scheduled, TL_BODY_SCHEDULED_FIELDS)
TL_DEFINE_RECORD(tl_body_named, TL_BODY_NAMED_FIELDS)
TL_DEFINE_RECORD(tl_body_charged, TL_BODY_CHARGED_FIELDS)
TL_DEFINE_RECORD(tl_body_finding, TL_BODY_FINDING_FIELDS)
TL_DEFINE_RECORD(tl_body_vault, TL_BODY_VAULT_FIELDS)
TL_DEFINE_RECORD(tl_body_erasure, TL_BODY_ERASURE_FIELDS)
TL_DEFINE_RECORD(tl_body_attestation, TL_BODY_ATTESTATION_FIELDS)
TL_DEFINE_RECORD(tl_body_key_grant, TL_BODY_KEY_GRANT_FIELDS)
TL_DEFINE_RECORD(tl_body_key_revoke, TL_BODY_KEY_REVOKE_FIELDS)
TL_DEFINE_RECORD(tl_body_vault_access, TL_BODY_VAULT_ACCESS_FIELDS)
TL_DEFINE_RECORD(tl_vault_holder, TL_VAULT_HOLDER_FIELDS)
TL_DEFINE_RECORD(tl_body_erasure_order, TL_BODY_ERASURE_ORDER_FIELDS)
TL_DEFINE_RECORD(tl_vault_attested, TL_VAULT_ATTESTED_FIELDS)
TL_DEFINE_RECORD(tl_body_erased, TL_BODY_ERASED_FIELDS)

/* Who may state what (domain.md 2.5, "Who"). */
#define OWNERS    (TL_ROLE_CREDITOR | TL_ROLE_SERVICER | TL_ROLE_DEBT_BUYER)
#define AGENTS    (TL_ROLE_AGENCY | TL_ROLE_LAW_FIRM)
#define SUITORS   (OWNERS | TL_ROLE_LAW_FIRM)
#define DEALERS   (OWNERS | AGENTS | TL_ROLE_GATEWAY)
#define RECEIVERS (OWNERS | AGENTS | TL_ROLE_PROCESSOR | TL_ROLE_GATEWAY)
#define ANYBODY   (RECEIVERS | TL_ROLE_BUREAU | TL_ROLE_ADMIN)

/* FACT, ACT: about a case.  LEDGER: about the ledger.  MADE: a decision. */
#define FACT(code, word, body, roles, relation)                                                    \
    {                                                                                              \
        code, word, &body##_record, (roles), TL_RIGHT_SUBMIT, true, false, false, relation         \
    }
#define ACT(code, word, body, roles, relation)                                                     \
    {                                                                                              \
        code, word, &body##_record, (roles), TL_RIGHT_SUBMIT, true, false, true, relation          \
    }
#define LEDGER(code, word, body, roles, right)                                                     \
    {                                                                                              \
        code, word, &body##_record, (roles), right, false, false, true, TL_OF_ANY                  \
    }
#define MADE(code, word, body)                                                                     \
    {                                                                                              \
        code, word, &body##_record, 0, 0, true, true, false, TL_OF_ANY                             \
    }

/* In order of code: lookups halve it. */
static const struct tl_type_info types[] = {
    LEDGER(TL_ENTRY_LICENCE, "LICENCE", tl_body_licence, TL_ROLE_ALL, TL_RIGHT_SUBMIT),
    LEDGER(TL_ENTRY_POLICY_PUBLISH, "POLICY_PUBLISH", tl_body_policy, TL_ROLE_ALL, TL_RIGHT_POLICY),
    LEDGER(TL_ENTRY_CHANGE_PROPOSE, "CHANGE_PROPOSE", tl_body_propose, TL_ROLE_ALL,
           TL_RIGHT_GOVERN),
    LEDGER(TL_ENTRY_CHANGE_APPROVE, "CHANGE_APPROVE", tl_body_approve, TL_ROLE_ALL,
           TL_RIGHT_GOVERN),
    MADE(TL_DECISION_EPOCH_SCHEDULED, "EPOCH_SCHEDULED", tl_body_scheduled),
    LEDGER(TL_ENTRY_SCORECARD_PUBLISH, "SCORECARD_PUBLISH", tl_body_scorecard, TL_ROLE_ALL,
           TL_RIGHT_POLICY),
    MADE(TL_DECISION_SCORED, "SCORED", tl_body_scored),
    LEDGER(TL_ENTRY_EVIDENCE, "EVIDENCE", tl_body_evidence, TL_ROLE_ALL, TL_RIGHT_SUBMIT),
    MADE(TL_DECISION_MEMBER_NAMED, "MEMBER_NAMED", tl_body_named),
    ACT(TL_ENTRY_AGREEMENT, "AGREEMENT", tl_body_agreement, OWNERS, TL_OF_ANY),
    FACT(TL_ENTRY_JOINT_DEBTOR, "JOINT_DEBTOR", tl_body_joint, OWNERS, TL_OF_OWNER),
    FACT(TL_ENTRY_ACCOUNT_CLOSED, "ACCOUNT_CLOSED", tl_body_person, DEALERS, TL_OF_ANY),
    ACT(TL_ENTRY_AGREEMENT_AMEND, "AGREEMENT_AMEND", tl_body_terms, OWNERS, TL_OF_OWNER),
    FACT(TL_ENTRY_CHARGE, "CHARGE", tl_body_charge, OWNERS | TL_ROLE_LAW_FIRM,
         TL_OF_OWNER_OR_HOLDER),
    ACT(TL_ENTRY_SCHEDULE, "SCHEDULE", tl_body_schedule, OWNERS, TL_OF_OWNER),
    MADE(TL_DECISION_INTEREST_ACCRUED, "INTEREST_ACCRUED", tl_body_accrual),
    MADE(TL_DECISION_FEE_ASSESSED, "FEE_ASSESSED", tl_body_fee),
    FACT(TL_ENTRY_ADJUSTMENT, "ADJUSTMENT", tl_body_adjustment, OWNERS, TL_OF_OWNER),
    ACT(TL_ENTRY_RATE_CHANGE, "RATE_CHANGE", tl_body_rate, OWNERS, TL_OF_OWNER),
    FACT(TL_ENTRY_PAYMENT, "PAYMENT", tl_body_payment, RECEIVERS, TL_OF_ANY),
    FACT(TL_ENTRY_POSTDATED, "POSTDATED", tl_body_postdated, RECEIVERS, TL_OF_ANY),
    MADE(TL_DECISION_ALLOCATION, "ALLOCATION", tl_body_allocation),
    FACT(TL_ENTRY_PAYMENT_REVERSAL, "PAYMENT_REVERSAL", tl_body_reversal, RECEIVERS, TL_OF_ANY),
    FACT(TL_ENTRY_REFUND_PAID, "REFUND_PAID", tl_body_refund, RECEIVERS, TL_OF_ANY),
    FACT(TL_ENTRY_AUTOPAY_AUTHORISE, "AUTOPAY_AUTHORISE", tl_body_autopay, DEALERS, TL_OF_ANY),
    FACT(TL_ENTRY_AUTOPAY_REVOKE, "AUTOPAY_REVOKE", tl_body_answer, DEALERS, TL_OF_ANY),
    FACT(TL_ENTRY_NOTICE, "NOTICE", tl_body_notice, RECEIVERS, TL_OF_ANY),
    FACT(TL_ENTRY_PERMIT_REQUEST, "PERMIT_REQUEST", tl_body_act, DEALERS, TL_OF_OWNER_OR_HOLDER),
    MADE(TL_DECISION_PERMIT_RESULT, "PERMIT_RESULT", tl_body_permitted),
    FACT(TL_ENTRY_CONTACT_ATTEMPT, "CONTACT_ATTEMPT", tl_body_contact, OWNERS | AGENTS,
         TL_OF_OWNER_OR_HOLDER),
    FACT(TL_ENTRY_CONTACT_INBOUND, "CONTACT_INBOUND", tl_body_contact, DEALERS, TL_OF_ANY),
    FACT(TL_ENTRY_DELIVERY_RESULT, "DELIVERY_RESULT", tl_body_delivery, RECEIVERS, TL_OF_ANY),
    FACT(TL_ENTRY_PREFERENCES, "PREFERENCES", tl_body_preferences, DEALERS, TL_OF_ANY),
    FACT(TL_ENTRY_CONSENT, "CONSENT", tl_body_consent, DEALERS, TL_OF_ANY),
    FACT(TL_ENTRY_CONSENT_REVOKE, "CONSENT_REVOKE", tl_body_consent, DEALERS, TL_OF_ANY),
    FACT(TL_ENTRY_CEASE_COMMUNICATION, "CEASE_COMMUNICATION", tl_body_cease, DEALERS, TL_OF_ANY),
    FACT(TL_ENTRY_REFUSAL_TO_PAY, "REFUSAL_TO_PAY", tl_body_cease, DEALERS, TL_OF_ANY),
    FACT(TL_ENTRY_ATTORNEY_REPRESENTED, "ATTORNEY_REPRESENTED", tl_body_person, DEALERS, TL_OF_ANY),
    FACT(TL_ENTRY_ATTORNEY_ENDED, "ATTORNEY_ENDED", tl_body_person, DEALERS, TL_OF_ANY),
    FACT(TL_ENTRY_OPT_OUT, "OPT_OUT", tl_body_opt_out, DEALERS, TL_OF_ANY),
    FACT(TL_ENTRY_ADDRESS, "ADDRESS", tl_body_address, DEALERS, TL_OF_ANY),
    FACT(TL_ENTRY_DEMAND_LETTER, "DEMAND_LETTER", tl_body_demand, OWNERS | AGENTS,
         TL_OF_OWNER_OR_HOLDER),
    FACT(TL_ENTRY_VALIDATION_NOTICE, "VALIDATION_NOTICE", tl_body_validation, OWNERS | AGENTS,
         TL_OF_OWNER_OR_HOLDER),
    FACT(TL_ENTRY_CREDITOR_REQUEST, "CREDITOR_REQUEST", tl_body_person, DEALERS, TL_OF_ANY),
    FACT(TL_ENTRY_CREDITOR_RESPONSE, "CREDITOR_RESPONSE", tl_body_answer, OWNERS | AGENTS,
         TL_OF_OWNER_OR_HOLDER),
    FACT(TL_ENTRY_VERIFICATION_SENT, "VERIFICATION_SENT", tl_body_dispute_ref, OWNERS | AGENTS,
         TL_OF_OWNER_OR_HOLDER),
    FACT(TL_ENTRY_DISPUTE_OPENED, "DISPUTE_OPENED", tl_body_dispute, ANYBODY, TL_OF_ANY),
    FACT(TL_ENTRY_DISPUTE_FRIVOLOUS, "DISPUTE_FRIVOLOUS", tl_body_dispute_ref, OWNERS | AGENTS,
         TL_OF_OWNER_OR_HOLDER),
    FACT(TL_ENTRY_DISPUTE_DUPLICATIVE, "DISPUTE_DUPLICATIVE", tl_body_dispute_ref, OWNERS | AGENTS,
         TL_OF_OWNER_OR_HOLDER),
    FACT(TL_ENTRY_DISPUTE_RESOLVED, "DISPUTE_RESOLVED", tl_body_resolution,
         OWNERS | AGENTS | TL_ROLE_BUREAU, TL_OF_OWNER_OR_HOLDER),
    FACT(TL_ENTRY_ACDV_REQUEST, "ACDV_REQUEST", tl_body_acdv, TL_ROLE_BUREAU, TL_OF_ANY),
    FACT(TL_ENTRY_ACDV_RESPONSE, "ACDV_RESPONSE", tl_body_acdv_answer, OWNERS | TL_ROLE_AGENCY,
         TL_OF_OWNER_OR_HOLDER),
    ACT(TL_ENTRY_SETTLEMENT_OFFER, "SETTLEMENT_OFFER", tl_body_settlement, OWNERS | AGENTS,
        TL_OF_OWNER_OR_HOLDER),
    FACT(TL_ENTRY_SETTLEMENT_COUNTER, "SETTLEMENT_COUNTER", tl_body_settlement, DEALERS, TL_OF_ANY),
    ACT(TL_ENTRY_SETTLEMENT_WITHDRAW, "SETTLEMENT_WITHDRAW", tl_body_answer, OWNERS | AGENTS,
        TL_OF_OWNER_OR_HOLDER),
    ACT(TL_ENTRY_SETTLEMENT_ACCEPT, "SETTLEMENT_ACCEPT", tl_body_answer, DEALERS, TL_OF_ANY),
    MADE(TL_DECISION_SETTLEMENT_COMPLETED, "SETTLEMENT_COMPLETED", tl_body_deal_end),
    MADE(TL_DECISION_SETTLEMENT_VOID, "SETTLEMENT_VOID", tl_body_deal_end),
    ACT(TL_ENTRY_PLAN_OFFER, "PLAN_OFFER", tl_body_plan, OWNERS | AGENTS, TL_OF_OWNER_OR_HOLDER),
    ACT(TL_ENTRY_PLAN_ACCEPT, "PLAN_ACCEPT", tl_body_answer, DEALERS, TL_OF_ANY),
    MADE(TL_DECISION_INSTALMENT_KEPT, "INSTALMENT_KEPT", tl_body_instalment),
    MADE(TL_DECISION_INSTALMENT_MISSED, "INSTALMENT_MISSED", tl_body_instalment),
    MADE(TL_DECISION_PLAN_BROKEN, "PLAN_BROKEN", tl_body_deal_end),
    MADE(TL_DECISION_PLAN_COMPLETED, "PLAN_COMPLETED", tl_body_deal_end),
    MADE(TL_DECISION_INSTALMENT_DUE, "INSTALMENT_DUE", tl_body_due),
    FACT(TL_ENTRY_PROMISE_TO_PAY, "PROMISE_TO_PAY", tl_body_promise, DEALERS, TL_OF_ANY),
    MADE(TL_DECISION_PROMISE_KEPT, "PROMISE_KEPT", tl_body_deal_end),
    MADE(TL_DECISION_PROMISE_BROKEN, "PROMISE_BROKEN", tl_body_deal_end),
    FACT(TL_ENTRY_HARDSHIP, "HARDSHIP", tl_body_hardship, DEALERS, TL_OF_ANY),
    FACT(TL_ENTRY_FORBEARANCE_ENDED, "FORBEARANCE_ENDED", tl_body_answer, OWNERS, TL_OF_OWNER),
    ACT(TL_ENTRY_REAGE, "REAGE", tl_body_reage, OWNERS, TL_OF_OWNER),
    ACT(TL_ENTRY_PLACEMENT_OFFER, "PLACEMENT_OFFER", tl_body_offer, OWNERS, TL_OF_OWNER),
    ACT(TL_ENTRY_PLACEMENT_ACCEPT, "PLACEMENT_ACCEPT", tl_body_answer, AGENTS, TL_OF_AGENCY),
    ACT(TL_ENTRY_PLACEMENT_REJECT, "PLACEMENT_REJECT", tl_body_answer, AGENTS, TL_OF_AGENCY),
    LEDGER(TL_ENTRY_PLACEMENT_STANDING, "PLACEMENT_STANDING", tl_body_standing, AGENTS,
           TL_RIGHT_SUBMIT),
    MADE(TL_DECISION_PLACEMENT_OFFERED, "PLACEMENT_OFFERED", tl_body_placement),
    MADE(TL_DECISION_PLACEMENT_ACCEPTED, "PLACEMENT_ACCEPTED", tl_body_placement),
    ACT(TL_ENTRY_PLACEMENT_RECALL, "PLACEMENT_RECALL", tl_body_answer, OWNERS, TL_OF_OWNER),
    MADE(TL_DECISION_PLACEMENT_RECALLED, "PLACEMENT_RECALLED", tl_body_placement),
    ACT(TL_ENTRY_RECALL_NOTICE, "RECALL_NOTICE", tl_body_answer, OWNERS, TL_OF_OWNER),
    ACT(TL_ENTRY_RECALL_OBJECTION, "RECALL_OBJECTION", tl_body_answer, AGENTS, TL_OF_AGENCY),
    ACT(TL_ENTRY_PLACEMENT_RETURN, "PLACEMENT_RETURN", tl_body_return, AGENTS, TL_OF_AGENCY),
    LEDGER(TL_ENTRY_REMITTANCE, "REMITTANCE", tl_body_remittance, AGENTS, TL_RIGHT_SUBMIT),
    MADE(TL_DECISION_REMITTANCE_SETTLED, "REMITTANCE_SETTLED", tl_body_settled),
    MADE(TL_DECISION_COMMISSION_DUE, "COMMISSION_DUE", tl_body_commission),
    ACT(TL_ENTRY_LEGAL_RELEASE, "LEGAL_RELEASE", tl_body_release, OWNERS, TL_OF_OWNER),
    FACT(TL_ENTRY_SUIT_FILED, "SUIT_FILED", tl_body_suit, SUITORS, TL_OF_OWNER_OR_HOLDER),
    FACT(TL_ENTRY_JUDGMENT, "JUDGMENT", tl_body_judgment, SUITORS, TL_OF_OWNER_OR_HOLDER),
    FACT(TL_ENTRY_SATISFIED, "SATISFIED", tl_body_answer, SUITORS, TL_OF_OWNER_OR_HOLDER),
    FACT(TL_ENTRY_DISMISSED, "DISMISSED", tl_body_dismissal, SUITORS, TL_OF_OWNER_OR_HOLDER),
    FACT(TL_ENTRY_SERVED, "SERVED", tl_body_answer, SUITORS, TL_OF_OWNER_OR_HOLDER),
    FACT(TL_ENTRY_ANSWERED, "ANSWERED", tl_body_answer, SUITORS, TL_OF_OWNER_OR_HOLDER),
    FACT(TL_ENTRY_VACATED, "VACATED", tl_body_judgment, SUITORS, TL_OF_OWNER_OR_HOLDER),
    FACT(TL_ENTRY_GARNISHMENT, "GARNISHMENT", tl_body_amount, SUITORS, TL_OF_OWNER_OR_HOLDER),
    FACT(TL_ENTRY_SCRA_CHECK, "SCRA_CHECK", tl_body_scra, OWNERS | AGENTS, TL_OF_OWNER_OR_HOLDER),
    FACT(TL_ENTRY_FURNISHED, "FURNISHED", tl_body_furnished, OWNERS | TL_ROLE_AGENCY,
         TL_OF_OWNER_OR_HOLDER),
    MADE(TL_DECISION_FURNISH_ELIGIBLE, "FURNISH_ELIGIBLE", tl_body_eligible),
    FACT(TL_ENTRY_FURNISH_CORRECT, "FURNISH_CORRECT", tl_body_furnished, OWNERS | TL_ROLE_AGENCY,
         TL_OF_OWNER_OR_HOLDER),
    FACT(TL_ENTRY_FURNISH_DELETE, "FURNISH_DELETE", tl_body_furnish_delete, OWNERS | TL_ROLE_AGENCY,
         TL_OF_ANY),
    FACT(TL_ENTRY_BUREAU_ACK, "BUREAU_ACK", tl_body_bureau, TL_ROLE_BUREAU, TL_OF_ANY),
    FACT(TL_ENTRY_BUREAU_REJECT, "BUREAU_REJECT", tl_body_bureau, TL_ROLE_BUREAU, TL_OF_ANY),
    ACT(TL_ENTRY_CHARGE_OFF, "CHARGE_OFF", tl_body_charge_off, OWNERS, TL_OF_OWNER),
    MADE(TL_DECISION_CHARGED_OFF, "CHARGED_OFF", tl_body_charged),
    ACT(TL_ENTRY_INTEREST_WAIVED, "INTEREST_WAIVED", tl_body_waiver, OWNERS, TL_OF_OWNER),
    MADE(TL_DECISION_RECOVERY_POSTED, "RECOVERY_POSTED", tl_body_recovery),
    ACT(TL_ENTRY_REACTIVATE, "REACTIVATE", tl_body_answer, OWNERS, TL_OF_OWNER),
    ACT(TL_ENTRY_REACTIVATION_STOP, "REACTIVATION_STOP", tl_body_answer, OWNERS, TL_OF_OWNER),
    ACT(TL_ENTRY_CANCEL_DEBT, "CANCEL_DEBT", tl_body_cancel, OWNERS, TL_OF_OWNER),
    ACT(TL_ENTRY_UNCOLLECTIBLE, "UNCOLLECTIBLE", tl_body_answer, OWNERS, TL_OF_OWNER),
    FACT(TL_ENTRY_BANKRUPTCY_FILED, "BANKRUPTCY_FILED", tl_body_bankruptcy, ANYBODY, TL_OF_ANY),
    FACT(TL_ENTRY_BANKRUPTCY_DISMISSED, "BANKRUPTCY_DISMISSED", tl_body_person, ANYBODY, TL_OF_ANY),
    FACT(TL_ENTRY_BANKRUPTCY_DISCHARGED, "BANKRUPTCY_DISCHARGED", tl_body_discharge, ANYBODY,
         TL_OF_ANY),
    FACT(TL_ENTRY_REAFFIRMED, "REAFFIRMED", tl_body_person, ANYBODY, TL_OF_ANY),
    FACT(TL_ENTRY_POC_FILED, "POC_FILED", tl_body_amount, SUITORS | TL_ROLE_AGENCY,
         TL_OF_OWNER_OR_HOLDER),
    FACT(TL_ENTRY_DECEASED, "DECEASED", tl_body_deceased, ANYBODY, TL_OF_ANY),
    FACT(TL_ENTRY_SCRA_ACTIVE, "SCRA_ACTIVE", tl_body_service, ANYBODY, TL_OF_ANY),
    FACT(TL_ENTRY_SCRA_ENDED, "SCRA_ENDED", tl_body_person, ANYBODY, TL_OF_ANY),
    FACT(TL_ENTRY_IDTHEFT_REPORT, "IDTHEFT_REPORT", tl_body_person, DEALERS | TL_ROLE_BUREAU,
         TL_OF_ANY),
    FACT(TL_ENTRY_IDTHEFT_BLOCK, "IDTHEFT_BLOCK", tl_body_person, DEALERS | TL_ROLE_BUREAU,
         TL_OF_ANY),
    FACT(TL_ENTRY_IDTHEFT_RESCIND, "IDTHEFT_RESCIND", tl_body_person, TL_ROLE_BUREAU, TL_OF_ANY),
    FACT(TL_ENTRY_HOLD_SET, "HOLD_SET", tl_body_hold, ANYBODY, TL_OF_ANY),
    FACT(TL_ENTRY_HOLD_RELEASE, "HOLD_RELEASE", tl_body_hold, ANYBODY, TL_OF_OWNER_OR_HOLDER),
    FACT(TL_ENTRY_DISASTER, "DISASTER", tl_body_span, OWNERS | TL_ROLE_ADMIN | TL_ROLE_GATEWAY,
         TL_OF_ANY),
    FACT(TL_ENTRY_REGULATOR_HOLD, "REGULATOR_HOLD", tl_body_span, OWNERS | TL_ROLE_ADMIN,
         TL_OF_ANY),
    FACT(TL_ENTRY_MORATORIUM, "MORATORIUM", tl_body_span, DEALERS | TL_ROLE_ADMIN, TL_OF_ANY),
    FACT(TL_ENTRY_TRAFFICKING_BLOCK, "TRAFFICKING_BLOCK", tl_body_person, TL_ROLE_BUREAU,
         TL_OF_ANY),
    FACT(TL_ENTRY_TRAFFICKING_ENDED, "TRAFFICKING_ENDED", tl_body_person, TL_ROLE_BUREAU,
         TL_OF_ANY),
    ACT(TL_ENTRY_DEBT_SALE, "DEBT_SALE", tl_body_sale, OWNERS, TL_OF_OWNER),
    ACT(TL_ENTRY_DEBT_SALE_ACCEPT, "DEBT_SALE_ACCEPT", tl_body_answer, OWNERS, TL_OF_ANY),
    ACT(TL_ENTRY_DEBT_BUYBACK, "DEBT_BUYBACK", tl_body_buyback, OWNERS, TL_OF_OWNER),
    ACT(TL_ENTRY_DEBT_BUYBACK_ACCEPT, "DEBT_BUYBACK_ACCEPT", tl_body_answer, OWNERS, TL_OF_ANY),
    LEDGER(TL_ENTRY_DAY_CLOSE, "DAY_CLOSE", tl_body_day, TL_ROLE_ALL, TL_RIGHT_CALENDAR),
    MADE(TL_DECISION_VIOLATION, "VIOLATION", tl_body_finding),
    MADE(TL_DECISION_RESTATEMENT, "RESTATEMENT", tl_body_restatement),
    MADE(TL_DECISION_STAGE_CHANGED, "STAGE_CHANGED", tl_body_stage),
    MADE(TL_DECISION_ACTION_DUE, "ACTION_DUE", tl_body_action),
    MADE(TL_DECISION_DENIED, "DENIED", tl_body_finding),
    MADE(TL_DECISION_DUPLICATE, "DUPLICATE", tl_body_finding),
    MADE(TL_DECISION_ALERT, "ALERT", tl_body_finding),
    MADE(TL_DECISION_DEFERRED, "DEFERRED", tl_body_finding),
    LEDGER(TL_ENTRY_AUDIT_ACCESS, "AUDIT_ACCESS", tl_body_access, TL_ROLE_ALL, TL_RIGHT_SUBMIT),
    FACT(TL_ENTRY_RECORD, "RECORD", tl_body_record, ANYBODY, TL_OF_ANY),
    ACT(TL_ENTRY_VAULT_PUT, "VAULT_PUT", tl_body_vault, OWNERS | AGENTS, TL_OF_OWNER_OR_HOLDER),
    MADE(TL_DECISION_VAULT_GRANTED, "VAULT_GRANTED", tl_body_vault_access),
    MADE(TL_DECISION_VAULT_REVOKED, "VAULT_REVOKED", tl_body_vault_access),
    ACT(TL_ENTRY_ERASURE_REQUEST, "ERASURE_REQUEST", tl_body_erasure, OWNERS, TL_OF_OWNER),
    MADE(TL_DECISION_ERASURE_ORDERED, "ERASURE_ORDERED", tl_body_erasure_order),
    FACT(TL_ENTRY_ERASURE_ATTESTED, "ERASURE_ATTESTED", tl_body_attestation, TL_ROLE_ALL,
         TL_OF_ANY),
    MADE(TL_DECISION_ERASED, "ERASED", tl_body_erased),
    LEDGER(TL_ENTRY_KEY_GRANT, "KEY_GRANT", tl_body_key_grant, TL_ROLE_ALL, TL_RIGHT_KEYS),
    LEDGER(TL_ENTRY_KEY_REVOKE, "KEY_REVOKE", tl_body_key_revoke, TL_ROLE_ALL, TL_RIGHT_KEYS),
};
#define TYPES (sizeof types / sizeof types[0])

const struct tl_type_info *tl_type_at(size_t index)
{
    return index < TYPES ? &types[index] : NULL;
}

const struct tl_type_info *tl_type_find(uint16_t code)
{
    size_t low = 0;
    size_t high = TYPES;

    while (low < high) {
        size_t mid = low + (high - low) / 2;

        if (types[mid].code < code)
            low = mid + 1;
        else
            high = mid;
    }
    return low < TYPES && types[low].code == code ? &types[low] : NULL;
}

const struct tl_type_info *tl_type_named(struct tl_bytes name)
{
    for (size_t i = 0; i < TYPES; i++) {
        if (tl_bytes_eq(tl_bytes_str(types[i].name), name))
            return &types[i];
    }
    return NULL;
}
