/* tl/entry_words.h -- the words entries are written with.
 *
 * Each enumeration is a vocabulary of the trade: its numbers are on the wire
 * (append only), its words (the tl_names beside it) are what people read and
 * write.  Included by tl/entry.h.  Pure. */
#ifndef TL_ENTRY_WORDS_H
#define TL_ENTRY_WORDS_H

#include "tl/record.h"

enum tl_debt_class { TL_DEBT_CONSUMER = 0, TL_DEBT_COMMERCIAL = 1, TL_DEBT_PUBLIC = 2 };
enum tl_bucket {
    TL_BUCKET_PRINCIPAL = 0,
    TL_BUCKET_INTEREST = 1,
    TL_BUCKET_FEE = 2,
    TL_BUCKET_COST = 3,
    TL_BUCKET_TAX = 4
};
#define TL_BUCKETS 5u
enum tl_authority { TL_AUTHORITY_CONTRACT = 0, TL_AUTHORITY_STATUTE = 1, TL_AUTHORITY_COURT = 2 };
enum tl_adjust_reason {
    TL_ADJUST_GOODWILL = 0,
    TL_ADJUST_ERROR = 1,
    TL_ADJUST_RETURNED_GOODS = 2,
    TL_ADJUST_INSURANCE = 3,
    TL_ADJUST_WAIVER = 4,
    TL_ADJUST_COURT = 5
};
enum tl_notice_kind {
    TL_NOTICE_SENT = 0,   /* posted; not known to have arrived */
    TL_NOTICE_SERVED = 1, /* arrived: the date terms are counted from */
    TL_NOTICE_REMINDER = 2,
    TL_NOTICE_DEMAND = 3,
    TL_NOTICE_VALIDATION = 4,
    TL_NOTICE_LEGAL = 5,
    TL_NOTICE_UNDELIVERABLE = 6,
    TL_NOTICE_DEPOSIT = 7,  /* a postdated instrument, a debit of another amount */
    TL_NOTICE_NEGATIVE = 8, /* that a bureau is, or was, told: 15 USC 1681s-2(a)(7) */
    TL_NOTICE_TRANSFER = 9  /* another holds the debt now */
};
enum tl_pay_method {
    TL_PAY_OTHER = 0,
    TL_PAY_CASH = 1,
    TL_PAY_TRANSFER = 2,
    TL_PAY_DIRECT_DEBIT = 3,
    TL_PAY_CARD = 4,
    TL_PAY_CHECK = 5
};
enum tl_reversal_reason {
    TL_REVERSAL_ERROR = 0,
    TL_REVERSAL_BOUNCED = 1,
    TL_REVERSAL_CHARGEBACK = 2,
    TL_REVERSAL_UNAUTHORISED = 3
};
enum tl_regime {
    TL_REGIME_CONTRACT = 0,
    TL_REGIME_FDCPA = 1,
    TL_REGIME_FCRA_DIRECT = 2,
    TL_REGIME_FCRA_ACDV = 3,
    TL_REGIME_FCBA = 4,
    TL_REGIME_COMMERCIAL = 5,
    TL_REGIME_APPEAL = 6 /* to an authority or a court */
};
enum tl_dispute_reason {
    TL_DISPUTE_OTHER = 0,
    TL_DISPUTE_NOT_MINE = 1,
    TL_DISPUTE_PAID = 2,
    TL_DISPUTE_AMOUNT = 3,
    TL_DISPUTE_IDTHEFT = 4,
    TL_DISPUTE_BANKRUPTCY = 5,
    TL_DISPUTE_DECEASED = 6,
    TL_DISPUTE_TIMEBARRED = 7,
    TL_DISPUTE_GOODS = 8,
    TL_DISPUTE_SERVICE = 9
};
enum tl_outcome {
    TL_OUTCOME_REJECTED = 0,
    TL_OUTCOME_UPHELD_PART = 1,
    TL_OUTCOME_UPHELD_FULL = 2,
    TL_OUTCOME_WITHDRAWN = 3
};
/* Holds: bit numbers of a case's hold set. */
enum tl_hold {
    TL_HOLD_CEASE = 0,
    TL_HOLD_DISPUTE_VALIDATION = 1,
    TL_HOLD_DISPUTE_FCRA = 2,
    TL_HOLD_DISPUTE_FCBA = 3,
    TL_HOLD_BANKRUPTCY_STAY = 4,
    TL_HOLD_DISCHARGED = 5,
    TL_HOLD_DECEASED = 6,
    TL_HOLD_SCRA = 7,
    TL_HOLD_IDTHEFT_BLOCK = 8,
    TL_HOLD_TRAFFICKING_BLOCK = 9,
    TL_HOLD_ATTORNEY = 10,
    TL_HOLD_HARDSHIP = 11,
    TL_HOLD_LITIGATION = 12,
    TL_HOLD_TIMEBARRED = 13,
    TL_HOLD_OBSOLETE = 14,
    TL_HOLD_FRAUD_INVESTIGATION = 15,
    TL_HOLD_REGULATOR = 16,
    TL_HOLD_DISASTER = 17,
    TL_HOLD_MORATORIUM_UK = 18,
    TL_HOLD_MANUAL = 19,
    TL_HOLD_DISPUTE = 20 /* contract, commercial, appeal */
};
#define TL_HOLDS 21u
enum tl_return_reason {
    TL_RETURN_UNCOLLECTIBLE = 0,
    TL_RETURN_PAID = 1,
    TL_RETURN_BANKRUPTCY = 2,
    TL_RETURN_DECEASED = 3,
    TL_RETURN_SKIP = 4,
    TL_RETURN_CEASE = 5,
    TL_RETURN_DISPUTE = 6,
    TL_RETURN_FRAUD = 7,
    TL_RETURN_REQUEST = 8
};
enum tl_charge_off_reason {
    TL_CHARGE_OFF_AGE = 0,
    TL_CHARGE_OFF_BANKRUPTCY = 1,
    TL_CHARGE_OFF_FRAUD = 2,
    TL_CHARGE_OFF_DECEASED = 3,
    TL_CHARGE_OFF_OTHER = 4
};
enum tl_cancel_reason {
    TL_CANCEL_ERROR = 0,
    TL_CANCEL_FRAUD = 1,
    TL_CANCEL_COURT = 2, /* dismissed, annulled */
    TL_CANCEL_FORGIVEN = 3,
    TL_CANCEL_DISCHARGED = 4
};
/* The steps of a case (domain.md 2.1).  Above 100: ended. */
enum tl_stage {
    TL_STAGE_CURRENT = 0,
    TL_STAGE_PREDUE = 5,
    TL_STAGE_OVERDUE = 10,
    TL_STAGE_REMINDING = 20,
    TL_STAGE_CONTACT = 30,
    TL_STAGE_DEMAND = 40,
    TL_STAGE_RESOLUTION = 50,
    TL_STAGE_INTERNAL = 60,
    TL_STAGE_PLACED = 70,
    TL_STAGE_LEGAL = 80,
    TL_STAGE_CHARGED_OFF = 90,
    TL_STAGE_REACTIVATED = 95,
    TL_STAGE_PAID = 101,
    TL_STAGE_SETTLED = 102,
    TL_STAGE_SOLD = 103,
    TL_STAGE_DISCHARGED = 104,
    TL_STAGE_CANCELLED = 105,
    TL_STAGE_UNCOLLECTIBLE = 106
};
/* What a person or another system is asked to do next. */
enum tl_action_kind {
    TL_DUE_REMINDER = 0,
    TL_DUE_CALL = 1,
    TL_DUE_DEMAND = 2,
    TL_DUE_NOTICE = 3,
    TL_DUE_LEGAL_REVIEW = 4,
    TL_DUE_CAMPAIGN = 5,
    TL_DUE_REVIEW = 6,
    TL_DUE_PREDUE_REMINDER = 7,
    TL_DUE_DISPUTE_ANSWER = 8
};

/* What the military's own register says of the debtor, 50 USC 3931(b). */
enum tl_scra_result { TL_SCRA_NOT_ON_DUTY = 0, TL_SCRA_ON_DUTY = 1, TL_SCRA_UNKNOWN = 2 };

enum tl_channel {
    TL_CHANNEL_CALL = 0,
    TL_CHANNEL_LETTER = 1,
    TL_CHANNEL_EMAIL = 2,
    TL_CHANNEL_SMS = 3,
    TL_CHANNEL_VISIT = 4,
    TL_CHANNEL_VOICE = 5, /* a prerecorded or artificial voice */
    TL_CHANNEL_PUSH = 6,
    TL_CHANNEL_SOCIAL = 7,
    TL_CHANNEL_POSTCARD = 8
};
enum tl_person {
    TL_PERSON_DEBTOR = 0,
    TL_PERSON_ATTORNEY = 1,
    TL_PERSON_ESTATE = 2,
    TL_PERSON_THIRD_PARTY = 3, /* to find the debtor, 12 CFR 1006.10 */
    TL_PERSON_FAMILY = 4       /* spouse, guardian, parent of a minor: 12 CFR 1006.6(a) */
};
/* What a contact is for; the last three stay lawful after a cease order, 12 CFR
 * 1006.6(c)(2). */
enum tl_purpose {
    TL_PURPOSE_COLLECT = 0,
    TL_PURPOSE_TERMINATE = 1,
    TL_PURPOSE_MAY_INVOKE = 2,
    TL_PURPOSE_INVOKES = 3
};
enum tl_contact_outcome {
    TL_CONTACT_NO_ANSWER = 0,
    TL_CONTACT_BUSY = 1,
    TL_CONTACT_NOT_IN_SERVICE = 2,
    TL_CONTACT_VOICEMAIL = 3,
    TL_CONTACT_WRONG_PERSON = 4,
    TL_CONTACT_CONVERSATION = 5,
    TL_CONTACT_DELIVERED = 6,
    TL_CONTACT_BOUNCED = 7
};
/* How days are counted for interest (tl/interest.h in contracts works with them). */
enum tl_daycount {
    TL_DAYCOUNT_ACT_365F = 0,
    TL_DAYCOUNT_ACT_360 = 1,
    TL_DAYCOUNT_ACT_ACT_ISDA = 2,
    TL_DAYCOUNT_30_360_US = 3,
    TL_DAYCOUNT_30E_360 = 4
};
/* How an agency hands over what it collected (tl/commission.h). */
enum tl_remit_mode { TL_REMIT_NET = 0, TL_REMIT_GROSS = 1, TL_REMIT_COMBINED = 2 };
#define TL_RATE_BP_MAX       10000000u /* a hundred thousand per cent */
#define TL_SCHEDULE_ROWS_MAX 360u
/* How far the parts of a plan are apart. */
enum tl_step { TL_STEP_WEEK = 0, TL_STEP_FORTNIGHT = 1, TL_STEP_MONTH = 2 };
#define TL_DEAL_PARTS_MAX 120u

extern const struct tl_names tl_debt_class_names;
extern const struct tl_names tl_bucket_names;
extern const struct tl_names tl_authority_names;
extern const struct tl_names tl_adjust_reason_names;
extern const struct tl_names tl_notice_kind_names;
extern const struct tl_names tl_pay_method_names;
extern const struct tl_names tl_reversal_reason_names;
extern const struct tl_names tl_regime_names;
extern const struct tl_names tl_dispute_reason_names;
extern const struct tl_names tl_outcome_names;
extern const struct tl_names tl_hold_names;
extern const struct tl_names tl_return_reason_names;
extern const struct tl_names tl_charge_off_reason_names;
extern const struct tl_names tl_cancel_reason_names;
extern const struct tl_names tl_stage_names;
extern const struct tl_names tl_action_kind_names;
extern const struct tl_names tl_scra_result_names;
extern const struct tl_names tl_step_names;
extern const struct tl_names tl_daycount_names; /* "ACT/365F" ... */
extern const struct tl_names tl_remit_mode_names;
extern const struct tl_names tl_channel_names;
extern const struct tl_names tl_person_names;
extern const struct tl_names tl_purpose_names;
extern const struct tl_names tl_contact_outcome_names;

#endif
