/* What moved the balance, leaf by leaf, held to the totals that are proven.
 *
 * The totals come from the case's record, which the state root commits to.  What
 * each leaf did is read from the leaves; what they do not itemise (a sale, a
 * judgment that states amounts anew) is shown as one line of its own, never
 * folded into another. */
#include "dossier.h"

#include <string.h>

struct statement {
    const struct tl_json *leaves;
    struct tl_json *postings;
    int64_t balance_minor;
};

static int64_t number_of(const struct tl_json *object, const char *key)
{
    int64_t value = 0;

    return tl_json_number(tl_json_get(object, key), &value) ? value : 0;
}

static bool is(const struct tl_json *row, const char *type)
{
    const char *word = tl_json_chars(tl_json_get(row, "type"));

    return word != NULL && strcmp(word, type) == 0;
}

static int64_t first_input(const struct tl_json *row)
{
    int64_t leaf = -1;

    return tl_json_number(tl_json_at(tl_json_get(row, "inputs"), 0), &leaf) ? leaf : -1;
}

static const struct tl_json *leaf_numbered(const struct statement *s, int64_t number)
{
    for (size_t i = 0; i < tl_json_count(s->leaves); i++)
        if (number_of(tl_json_at(s->leaves, i), "leaf") == number)
            return tl_json_at(s->leaves, i);
    return NULL;
}

/* The engine said of this very entry that it has no effect. */
static bool is_void(const struct statement *s, int64_t entry)
{
    for (size_t i = 0; i < tl_json_count(s->leaves); i++) {
        const struct tl_json *row = tl_json_at(s->leaves, i);
        const char *why = tl_json_chars(tl_json_get(tl_json_get(row, "body"), "why"));

        if (first_input(row) != entry)
            continue;
        if (is(row, "DENIED") || is(row, "DUPLICATE") || is(row, "DEFERRED"))
            return true;
        if (is(row, "VIOLATION") && why != NULL &&
            (strcmp(why, "the case is not this member's to act on") == 0 ||
             strcmp(why, "the case's amounts are out of range") == 0))
            return true;
    }
    return false;
}

static void post(struct statement *s, const struct tl_json *row, const char *what, int64_t amount)
{
    struct tl_json *posting;

    if (amount == 0)
        return;
    s->balance_minor += amount;
    posting = tl_json_object();
    tl_json_set(posting, "leaf", tl_json_keep(tl_json_get(row, "leaf")));
    tl_json_set(posting, "date", tl_json_keep(tl_json_get(row, "date")));
    tl_json_set_str(posting, "what", what);
    tl_json_set_int(posting, "amount_minor", amount);
    tl_json_set_int(posting, "balance_minor", s->balance_minor);
    tl_json_add(s->postings, posting);
}

/* A reversal takes the payment back and may charge for it. */
static void post_allocation(struct statement *s, const struct tl_json *row)
{
    const struct tl_json *body = tl_json_get(row, "body");
    const struct tl_json *cause = leaf_numbered(s, first_input(row));
    int64_t amount = number_of(body, "principal_minor") + number_of(body, "interest_minor") +
                     number_of(body, "fee_minor") + number_of(body, "cost_minor") +
                     number_of(body, "tax_minor");
    bool reversed = false;

    (void)tl_json_truth(tl_json_get(body, "reversed"), &reversed);
    if (!reversed) {
        post(s, row, "Payment applied", -amount);
        return;
    }
    post(s, row, "Payment taken back", amount);
    if (cause != NULL)
        post(s, cause, "Charge for the returned payment",
             number_of(tl_json_get(cause, "body"), "fee_minor"));
}

static void post_entry(struct statement *s, const struct tl_json *row)
{
    const struct tl_json *body = tl_json_get(row, "body");

    if (is_void(s, number_of(row, "leaf")))
        return;
    if (is(row, "AGREEMENT"))
        post(s, row, "Principal", number_of(body, "principal_minor"));
    else if (is(row, "CHARGE"))
        post(s, row, "Charge", number_of(body, "amount_minor"));
    else if (is(row, "ADJUSTMENT"))
        post(s, row, "Adjustment", number_of(body, "amount_minor"));
    else if (is(row, "DISPUTE_RESOLVED"))
        post(s, row, "Correction after a dispute", -number_of(body, "corrected_minor"));
    else if (is(row, "CANCEL_DEBT"))
        post(s, row, "Cancelled", -s->balance_minor);
    else if (is(row, "DEBT_SALE_ACCEPT"))
        post(s, row, "Sold", -s->balance_minor);
}

static void post_leaf(struct statement *s, const struct tl_json *row)
{
    const struct tl_json *body = tl_json_get(row, "body");

    if (is(row, "ALLOCATION"))
        post_allocation(s, row);
    else if (is(row, "FEE_ASSESSED"))
        post(s, row, "Fee", number_of(body, "amount_minor"));
    else if (is(row, "INTEREST_ACCRUED"))
        post(s, row, "Interest", number_of(body, "amount_minor"));
    else if (is(row, "SETTLEMENT_COMPLETED"))
        post(s, row, "Forgiven by settlement", -number_of(body, "forgiven_minor"));
    else if (is(row, "SETTLEMENT_VOID"))
        post(s, row, "Settlement void: owed again", number_of(body, "forgiven_minor"));
    else
        post_entry(s, row);
}

static void add_bucket(struct tl_json *buckets, const char *name, int64_t charged, int64_t paid,
                       int64_t owed)
{
    struct tl_json *row;

    if (charged == 0 && paid == 0 && owed == 0)
        return;
    row = tl_json_object();
    tl_json_set_str(row, "bucket", name);
    tl_json_set_int(row, "charged_minor", charged);
    tl_json_set_int(row, "paid_minor", paid);
    tl_json_set_int(row, "adjusted_minor", owed - charged + paid);
    tl_json_set_int(row, "owed_minor", owed);
    tl_json_add(buckets, row);
}

static struct tl_json *buckets_of(const struct tl_case *c)
{
    struct tl_json *buckets = tl_json_array();

    add_bucket(buckets, "principal", c->principal_charged_minor, c->principal_paid_minor,
               c->principal_minor);
    add_bucket(buckets, "interest", c->interest_charged_minor, c->interest_paid_minor,
               c->interest_minor);
    add_bucket(buckets, "fees", c->fee_charged_minor, c->fee_paid_minor, c->fee_minor);
    add_bucket(buckets, "costs", c->cost_charged_minor, c->cost_paid_minor, c->cost_minor);
    add_bucket(buckets, "tax", c->tax_charged_minor, c->tax_paid_minor, c->tax_minor);
    return buckets;
}

void tl_dossier_postings(struct tl_json *model, const struct tl_case *c,
                         const struct tl_json *leaves)
{
    struct statement s = {leaves, tl_json_array(), 0};
    struct tl_json *statement = tl_json_object();
    int64_t owed = tl_case_balance(c);
    uint32_t decimals;

    for (size_t i = 0; i < tl_json_count(leaves); i++)
        post_leaf(&s, tl_json_at(leaves, i));
    tl_json_set_int(statement, "currency", c->currency);
    tl_json_set_str(statement, "currency_code", tl_dossier_currency(c->currency, &decimals));
    tl_json_set_int(statement, "decimals", decimals);
    tl_json_set(statement, "buckets", buckets_of(c));
    tl_json_set(statement, "postings", s.postings);
    tl_json_set_int(statement, "not_itemised_minor", owed - s.balance_minor);
    tl_json_set_int(statement, "received_minor", c->paid_minor);
    tl_json_set_int(statement, "unapplied_minor", c->unapplied_minor);
    tl_json_set_int(statement, "owed_minor", owed);
    tl_json_set(model, "statement", statement);
}
