/* tl/law_entries.h -- bodies of the entries the law of collection asks for.
 *
 * Whom one may reach and how, what was said and sent, what the consumer wants,
 * who is licensed where, what courts and bureaus did.  All are facts unless the
 * table of types (entry_types.c) calls them acts; the contract judges them by
 * the rules of tl/law.h.
 *
 * Two of them are plans: PERMIT_REQUEST asks for leave before an act, and its
 * answer, PERMIT_RESULT, is a decision.
 *
 * A debt may have several debtors.  They are numbered: 0 is the one of the
 * AGREEMENT, each JOINT_DEBTOR is the next.  What befalls one of them does not
 * hold the others (12 CFR 1006.6, 15 USC 1692c: "the consumer").
 *
 * Included by tl/entry.h, never by itself.  Pure. */
#ifndef TL_LAW_ENTRIES_H
#define TL_LAW_ENTRIES_H

#include "tl/record.h"

#define TL_DEBTORS_MAX 4u
#define TL_VENUE_MAX   32u
/* Offsets from UTC a consumer may live by, two bytes each, big-endian minutes. */
#define TL_BODY_ZONES_MAX 4u

/* What is planned, and so what leave is asked for: bit numbers. */
enum tl_act_kind {
    TL_ACT_CONTACT = 0,
    TL_ACT_PLACE = 1,
    TL_ACT_SUE = 2,
    TL_ACT_SELL = 3,
    TL_ACT_FURNISH = 4,
    TL_ACT_CHARGE = 5, /* a charge, or interest */
    TL_ACT_DEBIT = 6,  /* an instrument deposited, an account debited */
    TL_ACT_NOTICE = 7, /* a notice the law asks for */
    TL_ACT_REAGE = 8,
    TL_ACT_ERASE = 9 /* of what a party keeps beside the ledger */
};
#define TL_ACTS 10u

enum tl_place_kind { TL_PLACE_HOME = 0, TL_PLACE_WORK = 1, TL_PLACE_OTHER = 2 };

/* What a contact carried: bits of `marks`. */
enum tl_mark {
    TL_MARK_OPT_OUT = 1u << 0,      /* a simple way to opt out, 12 CFR 1006.6(e) */
    TL_MARK_DISCLOSED = 1u << 1,    /* "from a debt collector", 12 CFR 1006.18(e) */
    TL_MARK_AUTODIALLED = 1u << 2,  /* or a prerecorded voice, 47 USC 227 */
    TL_MARK_REPLY = 1u << 3,        /* answers what the consumer began */
    TL_MARK_PUBLIC = 1u << 4,       /* others can see it */
    TL_MARK_DEBT_NAMED = 1u << 5,   /* to a third party: the debt was stated */
    TL_MARK_ASKED_BACK = 1u << 6,   /* the third party asked to be called again */
    TL_MARK_THREATENS = 1u << 7,    /* a suit */
    TL_MARK_EMPLOYER = 1u << 8,     /* an address the employer gave */
    TL_MARK_OTHER_DEBT = 1u << 9,   /* an unanswered call put down to another debt */
    TL_MARK_CONFIRMS = 1u << 10,    /* nothing but the confirmation of an opt-out */
    TL_MARK_DISPUTED = 1u << 11,    /* says that the debt is disputed */
    TL_MARK_ELECTRONIC = 1u << 12,  /* a required notice, sent electronically only */
    TL_MARK_PROOF_CLAIM = 1u << 13, /* a proof of claim, not a suit */
    TL_MARK_RETURNS = 1u << 14,     /* back to the owner or a previous one */
    TL_MARK_PROPERTY = 1u << 15,    /* real property lies at the venue */
    TL_MARK_DEADLINE = 1u << 16     /* demands payment by a day */
};
#define TL_MARKS_ALL 0x1ffffu

enum tl_consent_scope {
    TL_CONSENT_AUTODIAL = 0, /* 47 USC 227(b) */
    TL_CONSENT_EMAIL = 1,
    TL_CONSENT_SMS = 2,
    TL_CONSENT_ESIGN = 3, /* 15 USC 7001(c) */
    TL_CONSENT_THIRD_PARTY = 4,
    TL_CONSENT_CALLS = 5, /* more calls, 12 CFR 1006.14(b)(3)(i) */
    TL_CONSENT_DATA = 6   /* credit data */
};
#define TL_CONSENTS 7u

/* Why an address may be used, 12 CFR 1006.6(d)(4), (5). */
enum tl_address_basis {
    TL_ADDRESS_USED = 0,        /* the consumer used it for the debt */
    TL_ADDRESS_CONFIRMED = 1,   /* not reassigned, by the database asked */
    TL_ADDRESS_HANDED_OVER = 2, /* the creditor announced its handing over */
    TL_ADDRESS_WRONG = 3        /* somebody else's */
};

/* From which day a validation notice counts, 12 CFR 1006.34(b)(3). */
enum tl_itemised {
    TL_ITEMISED_STATEMENT = 0,
    TL_ITEMISED_CHARGE_OFF = 1,
    TL_ITEMISED_PAYMENT = 2,
    TL_ITEMISED_TRANSACTION = 3,
    TL_ITEMISED_JUDGMENT = 4
};
enum tl_acdv_outcome {
    TL_ACDV_VERIFIED = 0,
    TL_ACDV_MODIFIED = 1,
    TL_ACDV_DELETE = 2,
    TL_ACDV_DELETE_FRAUD = 3
};
enum tl_hardship { TL_HARDSHIP_OTHER = 0, TL_HARDSHIP_UNEMPLOYMENT = 1, TL_HARDSHIP_ILLNESS = 2 };
enum tl_furnish_delete { TL_DELETE_ERROR = 0, TL_DELETE_FRAUD = 1, TL_DELETE_TRANSFERRED = 2 };

extern const struct tl_names tl_act_kind_names;
extern const struct tl_names tl_place_kind_names;
extern const struct tl_names tl_consent_scope_names;
extern const struct tl_names tl_address_basis_names;
extern const struct tl_names tl_itemised_names;
extern const struct tl_names tl_acdv_outcome_names;
extern const struct tl_names tl_hardship_names;
extern const struct tl_names tl_furnish_delete_names;

/* A licence of `member` in a place; withdrawn by one that ends in the past. */
#define TL_BODY_LICENCE_FIELDS(FIELD, T)                                                           \
    FIELD(T, STR, member, TL_MEMBER_ID_MAX, NULL)                                                  \
    FIELD(T, STR, area, 8, NULL)                                                                   \
    FIELD(T, I32, from_on, 0, NULL)                                                                \
    FIELD(T, I32, until_on, 0, NULL)
#define TL_BODY_JOINT_FIELDS(FIELD, T)                                                             \
    FIELD(T, BIN, subject, TL_HASH_BYTES, NULL) /* as in AGREEMENT */                              \
    FIELD(T, U8, ecoa, 9, NULL)                 /* Metro 2 field 37 */
/* Something about one of the debtors. */
#define TL_BODY_PERSON_FIELDS(FIELD, T)                                                            \
    FIELD(T, STR, reason, 64, NULL)                                                                \
    FIELD(T, U8, debtor, TL_DEBTORS_MAX - 1u, NULL)
#define TL_BODY_POSTDATED_FIELDS(FIELD, T)                                                         \
    FIELD(T, STR, payment, TL_EXT_REF_MAX, NULL)                                                   \
    FIELD(T, I64, amount_minor, 0, NULL)                                                           \
    FIELD(T, I32, deposit_on, 0, NULL)
#define TL_BODY_AUTOPAY_FIELDS(FIELD, T)                                                           \
    FIELD(T, I64, amount_minor, 0, NULL)                                                           \
    FIELD(T, I32, first_on, 0, NULL)                                                               \
    FIELD(T, BOOL, varies, 0, NULL)
/* What leave is asked for; on the entry's value date, at its event time. */
#define TL_BODY_ACT_FIELDS(FIELD, T)                                                               \
    FIELD(T, ENUM, act, TL_ACTS - 1u, &tl_act_kind_names)                                          \
    FIELD(T, U8, debtor, TL_DEBTORS_MAX - 1u, NULL)                                                \
    FIELD(T, ENUM, channel, TL_CHANNEL_POSTCARD, &tl_channel_names)                                \
    FIELD(T, ENUM, person, TL_PERSON_FAMILY, &tl_person_names)                                     \
    FIELD(T, ENUM, purpose, TL_PURPOSE_INVOKES, &tl_purpose_names)                                 \
    FIELD(T, ENUM, place, TL_PLACE_OTHER, &tl_place_kind_names)                                    \
    FIELD(T, U32, marks, TL_MARKS_ALL, NULL)                                                       \
    FIELD(T, I64, amount_minor, 0, NULL)                                                           \
    FIELD(T, ENUM, bucket, TL_BUCKET_TAX, &tl_bucket_names)                                        \
    FIELD(T, STR, clause, 64, NULL)                                                                \
    FIELD(T, STR, venue, TL_VENUE_MAX, NULL)
/* `item` is the ext_ref of what was sent. */
#define TL_BODY_DELIVERY_FIELDS(FIELD, T)                                                          \
    FIELD(T, STR, item, TL_EXT_REF_MAX, NULL)                                                      \
    FIELD(T, BOOL, delivered, 0, NULL)
/* Takes the place of what was known; quiet hours are minutes of the consumer's
 * day, none when both are equal; signed_in is about the contract. */
#define TL_BODY_PREFERENCES_FIELDS(FIELD, T)                                                       \
    FIELD(T, U8, debtor, TL_DEBTORS_MAX - 1u, NULL)                                                \
    FIELD(T, BIN, zones, TL_BODY_ZONES_MAX * 2u, NULL)                                             \
    FIELD(T, U16, quiet_from_min, 1439, NULL)                                                      \
    FIELD(T, U16, quiet_to_min, 1439, NULL)                                                        \
    FIELD(T, BOOL, no_work, 0, NULL)                                                               \
    FIELD(T, STR, residence, TL_VENUE_MAX, NULL)                                                   \
    FIELD(T, STR, signed_in, TL_VENUE_MAX, NULL)                                                   \
    FIELD(T, STR, language, 8, NULL)
#define TL_BODY_CONSENT_FIELDS(FIELD, T)                                                           \
    FIELD(T, U8, debtor, TL_DEBTORS_MAX - 1u, NULL)                                                \
    FIELD(T, ENUM, scope, TL_CONSENTS - 1u, &tl_consent_scope_names)                               \
    FIELD(T, I32, from_on, 0, NULL)                                                                \
    FIELD(T, I32, until_on, 0, NULL)
#define TL_BODY_OPT_OUT_FIELDS(FIELD, T)                                                           \
    FIELD(T, U8, debtor, TL_DEBTORS_MAX - 1u, NULL)                                                \
    FIELD(T, ENUM, channel, TL_CHANNEL_POSTCARD, &tl_channel_names)
#define TL_BODY_ADDRESS_FIELDS(FIELD, T)                                                           \
    FIELD(T, U8, debtor, TL_DEBTORS_MAX - 1u, NULL)                                                \
    FIELD(T, ENUM, channel, TL_CHANNEL_POSTCARD, &tl_channel_names)                                \
    FIELD(T, ENUM, basis, TL_ADDRESS_WRONG, &tl_address_basis_names)
#define TL_BODY_DEMAND_FIELDS(FIELD, T)                                                            \
    FIELD(T, I64, amount_minor, 0, NULL)                                                           \
    FIELD(T, I32, deadline_on, 0, NULL)
/* itemised + interest + fees - paid - credits = now, 12 CFR 1006.34(c)(2). */
#define TL_BODY_VALIDATION_FIELDS(FIELD, T)                                                        \
    FIELD(T, U8, debtor, TL_DEBTORS_MAX - 1u, NULL)                                                \
    FIELD(T, ENUM, itemised_by, TL_ITEMISED_JUDGMENT, &tl_itemised_names)                          \
    FIELD(T, I32, itemised_on, 0, NULL)                                                            \
    FIELD(T, I64, itemised_minor, 0, NULL)                                                         \
    FIELD(T, I64, interest_minor, 0, NULL)                                                         \
    FIELD(T, I64, fees_minor, 0, NULL)                                                             \
    FIELD(T, I64, paid_minor, 0, NULL)                                                             \
    FIELD(T, I64, credits_minor, 0, NULL)                                                          \
    FIELD(T, I64, now_minor, 0, NULL)                                                              \
    FIELD(T, ENUM, channel, TL_CHANNEL_POSTCARD, &tl_channel_names)                                \
    FIELD(T, U32, marks, TL_MARKS_ALL, NULL)
#define TL_BODY_DISPUTE_REF_FIELDS(FIELD, T) FIELD(T, STR, dispute, TL_EXT_REF_MAX, NULL)
#define TL_BODY_ACDV_FIELDS(FIELD, T)                                                              \
    FIELD(T, STR, control, TL_EXT_REF_MAX, NULL)                                                   \
    FIELD(T, ENUM, reason, TL_DISPUTE_SERVICE, &tl_dispute_reason_names)
#define TL_BODY_ACDV_ANSWER_FIELDS(FIELD, T)                                                       \
    FIELD(T, STR, control, TL_EXT_REF_MAX, NULL)                                                   \
    FIELD(T, ENUM, outcome, TL_ACDV_DELETE_FRAUD, &tl_acdv_outcome_names)                          \
    FIELD(T, I64, corrected_minor, 0, NULL)
#define TL_BODY_HARDSHIP_FIELDS(FIELD, T)                                                          \
    FIELD(T, ENUM, reason, TL_HARDSHIP_ILLNESS, &tl_hardship_names)                                \
    FIELD(T, I32, from_on, 0, NULL)                                                                \
    FIELD(T, I32, until_on, 0, NULL)
#define TL_BODY_SPAN_FIELDS(FIELD, T)                                                              \
    FIELD(T, STR, reason, 64, NULL)                                                                \
    FIELD(T, I32, from_on, 0, NULL)                                                                \
    FIELD(T, I32, until_on, 0, NULL)
#define TL_BODY_REAGE_FIELDS(FIELD, T)  FIELD(T, I32, due_on, 0, NULL)
#define TL_BODY_AMOUNT_FIELDS(FIELD, T) FIELD(T, I64, amount_minor, 0, NULL)
#define TL_BODY_FURNISH_DELETE_FIELDS(FIELD, T)                                                    \
    FIELD(T, ENUM, reason, TL_DELETE_TRANSFERRED, &tl_furnish_delete_names)
#define TL_BODY_BUREAU_FIELDS(FIELD, T)                                                            \
    FIELD(T, U32, cycle, 219912, NULL) /* yyyymm */                                                \
    FIELD(T, STR, code, 32, NULL)      /* of a rejection */
/* excess_minor: interest above the rate of 50 USC 3937 since from_on, forgiven. */
#define TL_BODY_SERVICE_FIELDS(FIELD, T)                                                           \
    FIELD(T, U8, debtor, TL_DEBTORS_MAX - 1u, NULL)                                                \
    FIELD(T, I32, from_on, 0, NULL)                                                                \
    FIELD(T, I32, until_on, 0, NULL)                                                               \
    FIELD(T, I64, excess_minor, 0, NULL)
#define TL_BODY_ACCESS_FIELDS(FIELD, T)                                                            \
    FIELD(T, STR, who, 64, NULL)                                                                   \
    FIELD(T, BIN, query, TL_HASH_BYTES, NULL)

/* The answer of a PERMIT_REQUEST: which rules forbid it, by comma. */
#define TL_BODY_PERMITTED_FIELDS(FIELD, T)                                                         \
    FIELD(T, ENUM, act, TL_ACTS - 1u, &tl_act_kind_names)                                          \
    FIELD(T, BOOL, allowed, 0, NULL)                                                               \
    FIELD(T, STR, rules, 160, NULL)                                                                \
    FIELD(T, I32, expires_on, 0, NULL)

#define TL_LAW_BODIES(X)                                                                           \
    X(licence, TL_BODY_LICENCE_FIELDS)                                                             \
    X(joint, TL_BODY_JOINT_FIELDS)                                                                 \
    X(person, TL_BODY_PERSON_FIELDS)                                                               \
    X(postdated, TL_BODY_POSTDATED_FIELDS)                                                         \
    X(autopay, TL_BODY_AUTOPAY_FIELDS)                                                             \
    X(act, TL_BODY_ACT_FIELDS)                                                                     \
    X(delivery, TL_BODY_DELIVERY_FIELDS)                                                           \
    X(preferences, TL_BODY_PREFERENCES_FIELDS)                                                     \
    X(consent, TL_BODY_CONSENT_FIELDS)                                                             \
    X(opt_out, TL_BODY_OPT_OUT_FIELDS)                                                             \
    X(address, TL_BODY_ADDRESS_FIELDS)                                                             \
    X(demand, TL_BODY_DEMAND_FIELDS)                                                               \
    X(validation, TL_BODY_VALIDATION_FIELDS)                                                       \
    X(dispute_ref, TL_BODY_DISPUTE_REF_FIELDS)                                                     \
    X(acdv, TL_BODY_ACDV_FIELDS)                                                                   \
    X(acdv_answer, TL_BODY_ACDV_ANSWER_FIELDS)                                                     \
    X(hardship, TL_BODY_HARDSHIP_FIELDS)                                                           \
    X(span, TL_BODY_SPAN_FIELDS)                                                                   \
    X(reage, TL_BODY_REAGE_FIELDS)                                                                 \
    X(amount, TL_BODY_AMOUNT_FIELDS)                                                               \
    X(furnish_delete, TL_BODY_FURNISH_DELETE_FIELDS)                                               \
    X(bureau, TL_BODY_BUREAU_FIELDS)                                                               \
    X(service, TL_BODY_SERVICE_FIELDS)                                                             \
    X(access, TL_BODY_ACCESS_FIELDS)                                                               \
    X(permitted, TL_BODY_PERMITTED_FIELDS)

#define X(word, FIELDS) TL_DECLARE_RECORD(tl_body_##word, FIELDS)
TL_LAW_BODIES(X)
#undef X

#endif
