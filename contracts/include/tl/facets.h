/* tl/facets.h -- what the law of collection remembers about a case.
 *
 * Beside stage and balances a case has facets that most cases never use: who
 * owes together, whom one may reach and how, what was sent and came back, what
 * was promised by law and until when.  They lie in one nested record of the case
 * that is absent while nothing of it was ever said, so a case without them
 * costs one byte.
 *
 * struct tl_facets is that record unpacked: plain arrays, no views except texts
 * of the case's own bytes.  tl_facets_read and tl_facets_write turn one into the
 * other.
 *
 * Bounds: four debtors, and of each the last 24 telephone events (no policy may
 * look further back than the oldest of them: when they are full the oldest
 * gives way, which can only happen after 24 calls inside one window, long past
 * any cap).  Pure. */
#ifndef TL_FACETS_H
#define TL_FACETS_H

#include "tl/entry.h"
#include "tl/reg_f.h"

#define TL_CALLS_MAX   24u
#define TL_LETTERS_MAX 8u
#define TL_PERMITS_MAX 8u
#define TL_MISSED_MAX  16u
#define TL_TIMED_MAX   4u
#define TL_CHANNELS    9u

/* A telephone event; the kinds of tl_phone_event. */
#define TL_PHONED_FIELDS(FIELD, T)                                                                 \
    FIELD(T, I32, on, 0, NULL)                                                                     \
    FIELD(T, ENUM, kind, TL_PHONE_REVOKED, &tl_phone_kind_names)                                   \
    FIELD(T, U8, by, TL_MEMBERS_MAX - 1u, NULL) /* who called, was called, got the consent */      \
    FIELD(T, I32, from_on, 0, NULL)                                                                \
    FIELD(T, I32, until_on, 0, NULL)

/* One of those who owe. */
#define TL_DEBTOR_FIELDS(FIELD, T)                                                                 \
    FIELD(T, BIN, subject, TL_HASH_BYTES, NULL)                                                    \
    FIELD(T, U8, ecoa, 9, NULL)                                                                    \
    FIELD(T, U32, holds, (1u << TL_HOLDS) - 1u, NULL) /* set by facts about this one */            \
    FIELD(T, BIN, zones, TL_BODY_ZONES_MAX * 2u, NULL)                                             \
    FIELD(T, U16, quiet_from_min, 1439, NULL)                                                      \
    FIELD(T, U16, quiet_to_min, 1439, NULL)                                                        \
    FIELD(T, BOOL, no_work, 0, NULL)                                                               \
    FIELD(T, STR, residence, TL_VENUE_MAX, NULL)                                                   \
    FIELD(T, U16, closed, (1u << TL_CHANNELS) - 1u, NULL)    /* channels opted out of */           \
    FIELD(T, U16, confirmed, (1u << TL_CHANNELS) - 1u, NULL) /* whose opt-out was confirmed */     \
    FIELD(T, U8, consents, (1u << TL_CONSENTS) - 1u, NULL)                                         \
    FIELD(T, I32, consent_until_on, 0, NULL) /* the soonest end of them */                         \
    FIELD(T, I32, revoked_on, 0, NULL)       /* of the consent to autodialled calls */             \
    FIELD(T, I32, email_on, 0, NULL)         /* last used by the consumer */                       \
    FIELD(T, I32, sms_on, 0, NULL)           /* last used, or found not reassigned */              \
    FIELD(T, I32, handed_over_on, 0, NULL)   /* the creditor announced it */                       \
    FIELD(T, U8, handed_over, 15, NULL)      /* channels of that notice: 1 e-mail, 2 SMS */        \
    FIELD(T, U8, reply_channel, 255, NULL)   /* of the consumer's own contact; 255: none open */   \
    FIELD(T, U8, location_calls, UINT8_MAX, NULL)                                                  \
    FIELD(T, I32, attorney_asked_on, 0, NULL)                                                      \
    FIELD(T, LIST, calls, TL_CALLS_MAX, &tl_phoned_record)

/* A letter or electronic message about the debt, of the present collector. */
#define TL_LETTER_FIELDS(FIELD, T)                                                                 \
    FIELD(T, U64, item, UINT64_MAX, NULL) /* first bytes of its name's hash */                     \
    FIELD(T, I32, sent_on, 0, NULL)                                                                \
    FIELD(T, I32, returned_on, 0, NULL)                                                            \
    FIELD(T, BOOL, spoken, 0, NULL)                                                                \
    FIELD(T, BOOL, validation, 0, NULL)

/* The last answer of each kind, by act and debtor. */
#define TL_LEAVE_FIELDS(FIELD, T)                                                                  \
    FIELD(T, ENUM, act, TL_ACTS - 1u, &tl_act_kind_names)                                          \
    FIELD(T, U8, debtor, TL_DEBTORS_MAX - 1u, NULL)                                                \
    FIELD(T, U8, member, TL_MEMBERS_MAX - 1u, NULL)                                                \
    FIELD(T, BOOL, allowed, 0, NULL)                                                               \
    FIELD(T, I32, until_on, 0, NULL)

/* A term that passed, so that it is said once. */
#define TL_MISSED_FIELDS(FIELD, T)                                                                 \
    FIELD(T, U8, rule, UINT8_MAX, NULL)                                                            \
    FIELD(T, I32, due_on, 0, NULL)

/* A hold with an end. */
#define TL_TIMED_FIELDS(FIELD, T)                                                                  \
    FIELD(T, ENUM, hold, TL_HOLDS - 1u, &tl_hold_names)                                            \
    FIELD(T, I32, until_on, 0, NULL)

#define TL_FACET_FIELDS(FIELD, T)                                                                  \
    FIELD(T, STR, signed_in, TL_VENUE_MAX, NULL)                                                   \
    FIELD(T, I32, collector_on, 0, NULL)  /* first communication of the present collector */       \
    FIELD(T, I32, validation_on, 0, NULL) /* notice sent */                                        \
    FIELD(T, I32, closed_on, 0, NULL)     /* the account, by the consumer */                       \
    FIELD(T, U64, postdated_item, UINT64_MAX, NULL)                                                \
    FIELD(T, I32, postdated_on, 0, NULL) /* to be deposited */                                     \
    FIELD(T, I32, postdated_taken_on, 0, NULL)                                                     \
    FIELD(T, I32, deposit_notice_on, 0, NULL)                                                      \
    FIELD(T, BOOL, autopay, 0, NULL)                                                               \
    FIELD(T, BOOL, autopay_varies, 0, NULL)                                                        \
    FIELD(T, I64, autopay_minor, 0, NULL)                                                          \
    FIELD(T, I32, autopay_revoked_on, 0, NULL)                                                     \
    FIELD(T, U8, bounces, UINT8_MAX, NULL) /* debits returned, one after the other */              \
    FIELD(T, I32, negative_notice_on, 0, NULL)                                                     \
    FIELD(T, I32, first_furnished_on, 0, NULL)                                                     \
    FIELD(T, U8, furnisher, UINT8_MAX, NULL) /* member; 255: nobody */                             \
    FIELD(T, I32, stale_on, 0, NULL)         /* what was furnished is no longer so */              \
    FIELD(T, I32, restated_on, 0, NULL)                                                            \
    FIELD(T, I32, bureau_on, 0, NULL)                                                              \
    FIELD(T, U32, rejects, UINT32_MAX, NULL)                                                       \
    FIELD(T, I32, reaged_on, 0, NULL)                                                              \
    FIELD(T, I32, reaged_before_on, 0, NULL)                                                       \
    FIELD(T, BOOL, recall_objected, 0, NULL)                                                       \
    FIELD(T, BOOL, reactivation_stopped, 0, NULL)                                                  \
    FIELD(T, BOOL, reaffirmed, 0, NULL)                                                            \
    FIELD(T, BOOL, served, 0, NULL)                                                                \
    FIELD(T, BOOL, answered, 0, NULL)                                                              \
    FIELD(T, I64, garnished_minor, 0, NULL)                                                        \
    FIELD(T, I32, service_from_on, 0, NULL) /* military */                                         \
    FIELD(T, I32, service_until_on, 0, NULL)                                                       \
    FIELD(T, I32, idtheft_reported_on, 0, NULL)                                                    \
    FIELD(T, LIST, debtors, TL_DEBTORS_MAX, &tl_debtor_record)                                     \
    FIELD(T, LIST, letters, TL_LETTERS_MAX, &tl_letter_record)                                     \
    FIELD(T, LIST, leaves, TL_PERMITS_MAX, &tl_leave_record)                                       \
    FIELD(T, LIST, missed, TL_MISSED_MAX, &tl_missed_record)                                       \
    FIELD(T, LIST, timed, TL_TIMED_MAX, &tl_timed_record)

TL_DECLARE_RECORD(tl_phoned, TL_PHONED_FIELDS)
TL_DECLARE_RECORD(tl_debtor, TL_DEBTOR_FIELDS)
TL_DECLARE_RECORD(tl_letter, TL_LETTER_FIELDS)
TL_DECLARE_RECORD(tl_leave, TL_LEAVE_FIELDS)
TL_DECLARE_RECORD(tl_missed, TL_MISSED_FIELDS)
TL_DECLARE_RECORD(tl_timed, TL_TIMED_FIELDS)
TL_DECLARE_RECORD(tl_facet, TL_FACET_FIELDS)

/* A debtor with room for the calls; `d.calls` counts them. */
struct tl_debtor_facts {
    struct tl_debtor d;
    struct tl_phoned call[TL_CALLS_MAX];
};

struct tl_facets {
    struct tl_facet f; /* its lists only count */
    struct tl_debtor_facts debtor[TL_DEBTORS_MAX];
    struct tl_letter letter[TL_LETTERS_MAX];
    struct tl_leave leave[TL_PERMITS_MAX];
    struct tl_missed missed[TL_MISSED_MAX];
    struct tl_timed timed[TL_TIMED_MAX];
    bool used; /* false: nothing was ever said; not written */
};

/* tl_facets_init: nothing was ever said, one debtor. */
void tl_facets_init(struct tl_facets *facets);
/* tl_facets_read unpacks the list of a case, empty or of one element.  Texts
 * borrow the case's bytes. */
void tl_facets_read(struct tl_facets *facets, struct tl_list list);
/* tl_facets_write packs them; `scratch` takes the lists.  An empty list when
 * nothing was ever said. */
struct tl_list tl_facets_write(const struct tl_facets *facets, struct tl_buf *scratch,
                               struct tl_buf *out);
/* How many owe: one at least. */
uint32_t tl_facets_debtors(const struct tl_facets *facets);

#endif
