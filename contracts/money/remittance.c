/* Closing a period between an agency and a creditor. */
#include "tl/commission.h"

#include "wide.h"

static const char *const collector_words[] = {"agency", "creditor"};
const struct tl_names tl_collector_names = {collector_words,
                                            sizeof collector_words / sizeof collector_words[0]};

static bool add(int64_t *to, int64_t amount)
{
    return sum_fits(*to, amount, to);
}

enum tl_status tl_remittance_add(struct tl_remittance *statement, enum tl_collector collector,
                                 int64_t amount_minor, int64_t commission_minor,
                                 int64_t costs_minor)
{
    struct tl_remittance sum = *statement;
    bool agency = collector == TL_COLLECTED_BY_AGENCY;

    if (!add(agency ? &sum.held_minor : &sum.direct_minor, amount_minor) ||
        !add(agency ? &sum.held_commission_minor : &sum.direct_commission_minor,
             commission_minor) ||
        !add(&sum.costs_minor, costs_minor))
        return TL_ERR_RANGE;
    sum.payments++;
    *statement = sum;
    return TL_OK;
}

/* What the agency keeps out of what it holds; the rest is invoiced. */
static int64_t kept(enum tl_remit_mode mode, int64_t held_commission, int64_t direct_commission)
{
    switch (mode) {
    case TL_REMIT_NET:
        return held_commission + direct_commission;
    case TL_REMIT_GROSS:
        return 0;
    case TL_REMIT_COMBINED:
        return held_commission;
    }
    TL_UNREACHABLE();
}

/* A debt with a negative amount is the other side's. */
static bool settle_sides(struct tl_remittance_due *out, int64_t remit, int64_t invoice)
{
    int64_t swap;

    if (remit == INT64_MIN || invoice == INT64_MIN)
        return false;
    if (remit < 0) {
        if (!add(&invoice, -remit))
            return false;
        remit = 0;
    }
    if (invoice < 0) {
        swap = -invoice;
        if (!add(&remit, swap))
            return false;
        invoice = 0;
    }
    out->remit_minor = remit;
    out->invoice_minor = invoice;
    return true;
}

enum tl_status tl_remittance_close(struct tl_remittance_due *out,
                                   const struct tl_remittance *statement, enum tl_remit_mode mode)
{
    int64_t all;
    int64_t keep;
    int64_t remit;
    int64_t invoice;

    *out = (struct tl_remittance_due){0};
    /* Costs the agency advanced are settled like its commission. */
    if (!sum_fits(statement->held_commission_minor, statement->costs_minor, &keep) ||
        !sum_fits(keep, statement->direct_commission_minor, &all))
        return TL_ERR_RANGE;
    keep = kept(mode, keep, statement->direct_commission_minor);
    if (__builtin_sub_overflow(statement->held_minor, keep, &remit) ||
        __builtin_sub_overflow(all, keep, &invoice) || !settle_sides(out, remit, invoice))
        return TL_ERR_RANGE;
    out->commission_minor = all - statement->costs_minor;
    return TL_OK;
}

enum tl_status tl_remittance_split(enum tl_collector collector, enum tl_remit_mode mode,
                                   int64_t amount_minor, int64_t commission_minor,
                                   int64_t *to_creditor, int64_t *to_agency)
{
    bool agency = collector == TL_COLLECTED_BY_AGENCY;
    bool keeps = agency && mode != TL_REMIT_GROSS;

    *to_creditor = 0;
    *to_agency = 0;
    /* A payment the agency does not hold leaves it nothing to keep from. */
    if (agency && __builtin_sub_overflow(amount_minor, keeps ? commission_minor : 0, to_creditor))
        return TL_ERR_RANGE;
    *to_agency = keeps ? 0 : commission_minor;
    return TL_OK;
}
