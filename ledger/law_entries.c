/* The words and records of tl/law_entries.h. */
#include "tl/entry.h"

#define WORDS(name, ...)                                                                           \
    static const char *const name##_words[] = {__VA_ARGS__};                                       \
    const struct tl_names name##_names = {name##_words,                                            \
                                          sizeof name##_words / sizeof name##_words[0]};

WORDS(tl_act_kind, "contact", "placement", "suit", "sale", "furnish", "charge", "debit", "notice",
      "reage", "erase")
WORDS(tl_place_kind, "home", "work", "other")
WORDS(tl_consent_scope, "autodial", "email", "sms", "esign", "third_party", "calls", "data")
WORDS(tl_address_basis, "used", "confirmed", "handed_over", "wrong")
WORDS(tl_itemised, "statement", "charge_off", "payment", "transaction", "judgment")
WORDS(tl_acdv_outcome, "verified", "modified", "delete", "delete_fraud")
WORDS(tl_hardship, "other", "unemployment", "illness")
WORDS(tl_furnish_delete, "error", "fraud", "transferred")

#define X(word, FIELDS) TL_DEFINE_RECORD(tl_body_##word, FIELDS)
TL_LAW_BODIES(X)
