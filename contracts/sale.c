/* Sales: a debt changes its owner.
 *
 * Two members say so, the owner first.  The seller's case ends; the debt goes on
 * under its debt id in a case the buyer opens, which begins with the date of the
 * delinquency the old one had: nobody makes an old debt young by selling it. */
#include "run.h"

#include "tl/check.h"

/* Back to whoever sold it a debt may go whatever holds it: 12 CFR 1006.30(b)(2),
 * 15 USC 1681m(f)(3). */
static const char *sale_fault(const struct work *w, bool back)
{
    if (tl_case_ended(&w->c) || tl_case_balance(&w->c) == 0)
        return "the debt has ended or nothing is owed (12 CFR 1006.30(b))";
    if (!back && tl_policy_blocked(w->policy, &w->c, TL_CLASS_SELL))
        return "a hold forbids selling";
    if (w->c.deal >= TL_DEAL_SETTLEMENT)
        return "a deal with the debtor is running";
    return NULL;
}

static void sale_offer(struct run *r, struct work *w, const struct tl_entry *e,
                       const struct tl_body_sale *b)
{
    const uint16_t owners = TL_ROLE_CREDITOR | TL_ROLE_SERVICER | TL_ROLE_DEBT_BUYER;
    const char *fault = sale_fault(w, false);
    uint32_t buyer = 0;

    if (fault == NULL && (!member_find(r->k, b->buyer, &buyer) || buyer == w->c.owner ||
                          (r->k->member[buyer].roles & owners) == 0))
        fault = "the buyer is no other member that may own debts";
    if (fault != NULL) {
        finding(r, w, TL_DECISION_DENIED, e->type, fault);
        return;
    }
    w->c.for_sale = true;
    w->c.sale_back = false;
    w->c.sale_to = (uint8_t)buyer;
}

static bool debt_load(struct run *r, const struct work *w, struct tl_debt *debt)
{
    struct tl_state_key key = tl_key_debt(&w->c.debt_id);
    struct tl_bytes value;
    enum tl_status status = tl_overlay_get(r->state, tl_state_key_bytes(&key), &value);

    if (status == TL_OK && tl_record_decode(&tl_debt_record, debt, value) != TL_OK)
        status = TL_ERR_CORRUPT;
    if (status != TL_OK && status != TL_ERR_NOT_FOUND)
        fail(r, status);
    return status == TL_OK;
}

static void debt_keep(struct run *r, const struct work *w)
{
    const struct tl_debt debt = {w->c.id,         w->c.owner,    w->c.sale_to,  w->c.commenced_on,
                                 w->c.sold_minor, r->entry_leaf, w->c.waived_on};
    struct tl_state_key key = tl_key_debt(&w->c.debt_id);

    put_record(r, &key, &tl_debt_record, &debt);
}

static void sale_accept(struct run *r, struct work *w, const struct tl_entry *e)
{
    struct why why = why_entry(r, w->c.floor_on, "engine.sale", "the debt has another owner");
    bool back = e->type == TL_ENTRY_DEBT_BUYBACK_ACCEPT;
    const char *fault = sale_fault(w, back);

    if (!w->c.for_sale || w->c.sale_back != back || w->c.sale_to != (uint8_t)r->author.member)
        fault = "the debt is not offered to this member";
    if (fault != NULL) {
        finding(r, w, TL_DECISION_DENIED, e->type, fault);
        return;
    }
    TL_CHECK(w->c.sale_to != w->c.owner);
    w->c.for_sale = w->c.sale_back = false;
    w->c.sold_on = why.date;
    w->c.sold_minor = tl_case_balance(&w->c);
    debt_keep(r, w);
    vault_grant(r, w, w->c.sale_to, &why);
    sell_off(r, w);
    stage_set(r, w, TL_STAGE_SOLD, &why);
}

static void buyback_ask(struct run *r, struct work *w, const struct tl_entry *e)
{
    struct tl_debt debt = {0};
    const char *fault = sale_fault(w, true);

    if (fault == NULL && (!debt_load(r, w, &debt) || debt.buyer != w->c.owner))
        fault = "the debt was never sold to this member";
    if (fault != NULL) {
        finding(r, w, TL_DECISION_DENIED, e->type, fault);
        return;
    }
    w->c.for_sale = w->c.sale_back = true;
    w->c.sale_to = debt.seller;
}

void apply_sale(struct run *r, struct work *w, const struct tl_entry *e, const union tl_body *b)
{
    if (e->type == TL_ENTRY_DEBT_SALE)
        sale_offer(r, w, e, &b->sale);
    else if (e->type == TL_ENTRY_DEBT_BUYBACK)
        buyback_ask(r, w, e);
    else
        sale_accept(r, w, e);
}

const char *debt_inherit(struct run *r, struct work *w)
{
    struct tl_debt debt;

    if (!debt_load(r, w, &debt))
        return r->status == TL_OK ? NULL : "the store failed";
    if (debt.buyer != w->c.owner)
        return "the debt was sold to another member";
    w->c.commenced_on = debt.commenced_on;
    w->c.waived_on = debt.waived_on;
    return NULL;
}
