/* Interest by agreement.
 *
 * A case keeps what its interest follows from: since when which principal earned
 * at which rate, under which cap.  What those segments come to by a day, less
 * what has been booked, is what is booked next; so it does not matter when a
 * case is looked at, fractions of a minor unit are never lost, and a fact that
 * comes late (a payment, a cap, a reversal) only has to correct the segments:
 * what was booked too much or too little follows. */
#include "run.h"

#include "tl/check.h"

#define CORRECTIONS_MAX 8u

struct segments {
    struct tl_segment at[TL_SEGMENTS_MAX + 1u];
    uint32_t count;
};

static uint32_t lower(uint32_t a, uint32_t b)
{
    return a < b ? a : b;
}

static int32_t later(int32_t a, int32_t b)
{
    return a > b ? a : b;
}

/* ---- what it comes to -------------------------------------------------- */

/* A late payment may leave a moment with less than nothing: that earns nothing. */
static enum tl_status segment_add(const struct tl_case *c, const struct tl_segment *segment,
                                  int32_t to, struct tl_exact *sum)
{
    int64_t principal = segment->principal_minor < 0 ? 0 : segment->principal_minor;
    struct tl_exact part;
    enum tl_status status =
        tl_interest_simple(&part, principal, lower(segment->rate_bp, segment->cap_bp),
                           (enum tl_daycount)c->daycount, segment->from_on, to);

    return status == TL_OK ? tl_exact_add(sum, *sum, part) : status;
}

enum tl_status tl_case_interest(const struct tl_case *c, int32_t to, struct tl_exact *out)
{
    struct tl_list list = c->segments;
    struct tl_segment now;
    struct tl_segment next;
    bool more = tl_list_next(&list, &tl_segment_record, &now);
    enum tl_status status = TL_OK;

    *out = (struct tl_exact){c->folded_minor, c->folded_part};
    while (status == TL_OK && more && now.from_on < to) {
        more = tl_list_next(&list, &tl_segment_record, &next);
        status = segment_add(c, &now, more && next.from_on < to ? next.from_on : to, out);
        now = next;
    }
    return status;
}

int64_t tl_case_pending(const struct tl_case *c, int32_t today)
{
    struct tl_exact total;
    int64_t pending;

    if (c->segments.count == 0 || tl_case_interest(c, later(today, c->accrued_on), &total) != TL_OK)
        return 0;
    pending = total.whole - c->interest_booked_minor;
    if (pending > TL_AMOUNT_MAX)
        return TL_AMOUNT_MAX;
    return pending < -TL_AMOUNT_MAX ? -TL_AMOUNT_MAX : pending;
}

/* ---- the segments ------------------------------------------------------ */

static void segments_read(const struct work *w, struct segments *s)
{
    struct tl_list list = w->c.segments;

    s->count = 0;
    while (s->count < TL_SEGMENTS_MAX && tl_list_next(&list, &tl_segment_record, &s->at[s->count]))
        s->count++;
}

static bool segments_alike(const struct tl_segment *a, const struct tl_segment *b)
{
    return a->principal_minor == b->principal_minor && a->rate_bp == b->rate_bp &&
           a->cap_bp == b->cap_bp;
}

static void segments_write(struct work *w, const struct segments *s)
{
    struct tl_buf buf = tl_buf(w->segments, sizeof w->segments);
    const struct tl_segment *last = NULL;

    w->c.segments = (struct tl_list){TL_BYTES_NONE, 0};
    for (uint32_t i = 0; i < s->count; i++) {
        TL_INVARIANT(i == 0 || s->at[i].from_on > s->at[i - 1].from_on);
        /* What changed and changed back leaves no trace. */
        if (last != NULL && segments_alike(last, &s->at[i]))
            continue;
        last = &s->at[i];
        tl_list_add(&w->c.segments, &buf, &tl_segment_record, last);
    }
    TL_CHECK(!buf.full && w->c.segments.count <= TL_SEGMENTS_MAX);
}

/* The oldest segment becomes a sum: facts dated in it count from its end. */
static void segments_fold(struct work *w, struct segments *s)
{
    struct tl_exact sum = {w->c.folded_minor, w->c.folded_part};

    TL_CHECK(s->count > 1);
    if (segment_add(&w->c, &s->at[0], s->at[1].from_on, &sum) == TL_OK) {
        w->c.folded_minor = sum.whole;
        w->c.folded_part = sum.part;
    }
    s->count--;
    for (uint32_t i = 0; i < s->count; i++)
        s->at[i] = s->at[i + 1];
}

/* The segment that begins on that day, made if there is none; a day before the
 * first is the first's. */
static uint32_t segments_cut(struct work *w, struct segments *s, int32_t on)
{
    uint32_t at = s->count;

    TL_CHECK(s->count > 0);
    while (at > 0 && s->at[at - 1].from_on > on)
        at--;
    if (at == 0 || s->at[at - 1].from_on == on)
        return at == 0 ? 0 : at - 1;
    for (uint32_t i = s->count; i > at; i--)
        s->at[i] = s->at[i - 1];
    s->at[at] = s->at[at - 1];
    s->at[at].from_on = on;
    if (++s->count <= TL_SEGMENTS_MAX)
        return at;
    segments_fold(w, s);
    return at - 1;
}

void interest_principal(struct work *w, int64_t change)
{
    struct segments s;

    if (w->c.segments.count == 0 || change == 0)
        return;
    segments_read(w, &s);
    for (uint32_t i = segments_cut(w, &s, w->on); i < s.count; i++)
        s.at[i].principal_minor += change;
    segments_write(w, &s);
}

/* ---- money that was over ----------------------------------------------- */

struct credits {
    struct tl_credit at[TL_CREDITS_MAX + 1u];
    uint32_t count;
};

static void credits_read(const struct work *w, struct credits *s)
{
    struct tl_list list = w->c.credits;

    s->count = 0;
    while (s->count < TL_CREDITS_MAX && tl_list_next(&list, &tl_credit_record, &s->at[s->count]))
        s->count++;
}

static void credits_write(struct work *w, const struct credits *s)
{
    struct tl_buf buf = tl_buf(w->credits, sizeof w->credits);

    w->c.credits = (struct tl_list){TL_BYTES_NONE, 0};
    for (uint32_t i = 0; i < s->count; i++)
        tl_list_add(&w->c.credits, &buf, &tl_credit_record, &s->at[i]);
    TL_CHECK(!buf.full && s->count <= TL_CREDITS_MAX);
}

void credit_note(struct work *w, int64_t principal)
{
    struct credits s;

    if (principal == 0)
        return;
    credits_read(w, &s);
    s.at[s.count++] = (struct tl_credit){w->on, principal};
    if (s.count > TL_CREDITS_MAX) {
        /* No more room: the two oldest count as one, of the later day. */
        s.at[1].principal_minor += s.at[0].principal_minor;
        s.count--;
        for (uint32_t i = 0; i < s.count; i++)
            s.at[i] = s.at[i + 1];
    }
    credits_write(w, &s);
}

int64_t credit_back(struct work *w, int64_t wanted, int32_t *on)
{
    struct credits s;
    int64_t part;

    credits_read(w, &s);
    if (s.count == 0 || wanted == 0)
        return 0;
    *on = s.at[s.count - 1].from_on;
    part = s.at[s.count - 1].principal_minor;
    if (part > wanted)
        part = wanted;
    s.at[s.count - 1].principal_minor -= part;
    s.count -= s.at[s.count - 1].principal_minor == 0;
    credits_write(w, &s);
    return part;
}

/* ---- terms ------------------------------------------------------------- */

static void rate_set(struct work *w, int32_t on, uint32_t rate_bp)
{
    struct segments s;

    segments_read(w, &s);
    for (uint32_t i = segments_cut(w, &s, on); i < s.count; i++)
        s.at[i].rate_bp = rate_bp;
    segments_write(w, &s);
}

static void cap_set(struct work *w, int32_t on, uint32_t cap_bp)
{
    struct segments s;

    segments_read(w, &s);
    for (uint32_t i = segments_cut(w, &s, on); i < s.count; i++)
        s.at[i].cap_bp = cap_bp;
    segments_write(w, &s);
}

static struct tl_segment segment_last(const struct work *w)
{
    struct segments s;

    segments_read(w, &s);
    TL_CHECK(s.count > 0);
    return s.at[s.count - 1];
}

/* The last day the rate was changed; earlier ones are no longer open to it. */
static int32_t rate_since(const struct work *w)
{
    struct segments s;
    uint32_t at;

    segments_read(w, &s);
    for (at = s.count - 1; at > 0; at--) {
        if (s.at[at].rate_bp != s.at[at - 1].rate_bp)
            break;
    }
    return s.at[at].from_on;
}

/* ---- booking ----------------------------------------------------------- */

static struct tl_body_accrual accrual_body(const struct work *w, int32_t from, int64_t amount)
{
    struct tl_segment last = segment_last(w);
    struct tl_exact total;
    struct tl_body_accrual body = {.from_on = from,
                                   .to_on = w->c.accrued_on,
                                   .principal_minor = last.principal_minor,
                                   .rate_bp = lower(last.rate_bp, last.cap_bp),
                                   .amount_minor = amount};

    if (tl_case_interest(&w->c, w->c.accrued_on, &total) == TL_OK)
        body.part = total.part;
    return body;
}

void interest_book(struct run *r, struct work *w, int32_t to, const struct why *why)
{
    int32_t from = w->c.accrued_on;
    struct tl_body_accrual body;
    struct why reason = *why;
    int64_t amount;

    if (w->c.segments.count == 0 || brimful(&w->c))
        return;
    amount = tl_case_pending(&w->c, to);
    w->c.accrued_on = later(from, to);
    if (amount > 0)
        charge(r, w, TL_BUCKET_INTEREST, amount);
    else
        amount = -uncharge(r, w, TL_BUCKET_INTEREST, -amount);
    w->c.interest_booked_minor += amount;
    if (amount == 0)
        return;
    reason.rule = "engine.interest";
    reason.citation = "simple interest on the principal, exact over days";
    why_add(&reason, w->c.terms_leaf);
    body = accrual_body(w, amount > 0 ? from : w->on, amount);
    decide(r, w, TL_DECISION_INTEREST_ACCRUED, &reason, &body);
}

/* A late fact changed segments that are booked.  What was paid too much pays
 * principal instead, from that day on, which earned less then, and so on: each
 * round moves a small part of the one before. */
void interest_correct(struct run *r, struct work *w, const struct why *why)
{
    for (uint32_t round = 0; round < CORRECTIONS_MAX; round++) {
        if (tl_case_pending(&w->c, w->c.accrued_on) == 0 &&
            (w->c.unapplied_minor == 0 || tl_case_balance(&w->c) == 0))
            return;
        interest_book(r, w, w->c.accrued_on, why);
        settle(r, w, why);
    }
}

/* ---- caps -------------------------------------------------------------- */

static uint32_t cap_of(const struct work *w)
{
    uint32_t cap = TL_CAP_NONE;

    if (w->c.waived_on != TL_DATE_NONE ||
        (tl_case_ended(&w->c) && w->c.stage != TL_STAGE_PAID && w->c.stage != TL_STAGE_SETTLED))
        return 0;
    for (uint32_t hold = 0; hold < TL_HOLDS; hold++) {
        bool bars = (w->policy->hold_masks[hold] >> TL_CLASS_INTEREST & 1u) != 0;

        if ((w->c.holds >> hold & 1u) == 0 || !bars)
            continue;
        cap = lower(cap, hold == TL_HOLD_SCRA && w->policy->scra_cap_bp != TL_CAP_NONE
                             ? w->policy->scra_cap_bp
                             : 0);
    }
    return cap;
}

/* The cap that holds, waiver and end of the case put in force, from w->on. */
void interest_follow(struct work *w)
{
    uint32_t cap;

    if (w->c.segments.count == 0)
        return;
    cap = cap_of(w);
    if (segment_last(w).cap_bp != cap)
        cap_set(w, w->on, cap);
}

/* ---- entries ----------------------------------------------------------- */

static void interest_begin(struct work *w, int32_t from, uint32_t rate_bp, uint8_t daycount)
{
    struct segments s = {.count = 1};

    w->c.daycount = daycount;
    w->c.accrued_on = from;
    w->c.interest_booked_minor = w->c.folded_minor = w->c.folded_part = 0;
    s.at[0] = (struct tl_segment){from, w->c.principal_minor, rate_bp, cap_of(w)};
    segments_write(w, &s);
}

static const char *terms_fault(const struct work *w, int32_t from)
{
    if (tl_case_ended(&w->c))
        return "the debt has ended";
    if (w->c.waived_on != TL_DATE_NONE)
        return "interest is waived for good (12 CFR 1026.5(b)(2)(i))";
    if (from == TL_DATE_NONE || from < w->c.opened_on)
        return "interest needs a first day, not before the agreement's";
    return NULL;
}

static void amend(struct run *r, struct work *w, const struct tl_entry *e,
                  const struct tl_body_terms *b)
{
    const char *fault = terms_fault(w, b->from_on);
    bool runs = w->c.segments.count != 0;

    if (fault == NULL && !runs && w->c.paid_on != TL_DATE_NONE && b->from_on < w->c.paid_on)
        fault = "terms begin after the last payment";
    if (fault == NULL && runs && b->daycount != w->c.daycount)
        fault = "days are counted as they were from the first";
    if (fault == NULL && runs && b->from_on < rate_since(w))
        fault = "the rate has changed since";
    if (fault == NULL && w->c.instalments != 0 && !runs)
        fault = "a schedule states the interest";
    if (fault != NULL) {
        finding(r, w, TL_DECISION_DENIED, e->type, fault);
        return;
    }
    w->c.terms_leaf = r->entry_leaf;
    if (runs)
        rate_set(w, b->from_on, b->rate_bp);
    else
        interest_begin(w, b->from_on, b->rate_bp, b->daycount);
}

static void rate_change(struct run *r, struct work *w, const struct tl_entry *e,
                        const struct tl_body_rate *b)
{
    const char *fault = terms_fault(w, b->from_on);

    if (fault == NULL && w->c.segments.count == 0)
        fault = "no terms of interest were agreed";
    if (fault == NULL && b->from_on < rate_since(w))
        fault = "the rate has changed since";
    if (fault == NULL && b->rate_bp > segment_last(w).rate_bp && b->notice.len == 0)
        fault = "a higher rate needs a notice";
    if (fault != NULL) {
        finding(r, w, TL_DECISION_DENIED, e->type, fault);
        return;
    }
    w->c.terms_leaf = r->entry_leaf;
    rate_set(w, b->from_on, b->rate_bp);
}

static void waive(struct run *r, struct work *w, const struct tl_entry *e,
                  const struct tl_body_waiver *b)
{
    if (w->c.waived_on != TL_DATE_NONE || b->from_on == TL_DATE_NONE) {
        finding(r, w, TL_DECISION_DENIED, e->type, "waived already, or no day is named");
        return;
    }
    w->c.waived_on = b->from_on;
    w->c.terms_leaf = r->entry_leaf;
    if (w->c.segments.count != 0)
        cap_set(w, b->from_on, 0);
}

void apply_terms(struct run *r, struct work *w, const struct tl_entry *e, const union tl_body *b)
{
    if (e->type == TL_ENTRY_AGREEMENT_AMEND)
        amend(r, w, e, &b->terms);
    else if (e->type == TL_ENTRY_RATE_CHANGE)
        rate_change(r, w, e, &b->rate);
    else
        waive(r, w, e, &b->waiver);
}

/* A judgment's figures take the place of all that ran before. */
void interest_judged(struct work *w, int32_t on, uint32_t rate_bp)
{
    if (w->c.segments.count != 0 || rate_bp != 0)
        interest_begin(w, on, rate_bp, w->c.daycount);
}
