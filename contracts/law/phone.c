/* How often a debt collector may call: 12 CFR 1006.14(b). */
#include "tl/reg_f.h"

#include "tl/check.h"
#include "tl/entry.h"

static const char *const kind_words[] = {"unanswered",  "conversation", "inbound", "unconnected",
                                         "misdirected", "consent",      "revoked"};
const struct tl_names tl_phone_kind_names = {kind_words, sizeof kind_words / sizeof kind_words[0]};
static const char *const verdict_words[] = {"ok", "excluded", "too-many", "too-soon"};
const struct tl_names tl_phone_verdict_names = {verdict_words,
                                                sizeof verdict_words / sizeof verdict_words[0]};

/* What a history comes to, seen from a day. */
struct standing {
    int32_t talked_on; /* last conversation */
    int32_t consent_from;
    int32_t consent_until; /* before `from`: none */
    uint32_t counted;      /* calls in the window that ends on that day */
};

static bool consented(const struct standing *s, int32_t on)
{
    return s->consent_from <= on && on <= s->consent_until;
}

static void drop_consent(struct standing *s)
{
    s->consent_from = 1;
    s->consent_until = 0;
}

static void take_consent(struct standing *s, const struct tl_phone_policy *policy,
                         const struct tl_phone_event *event)
{
    s->consent_from = event->from_on == TL_DATE_NONE ? event->on : event->from_on;
    s->consent_until = event->on + policy->consent_days - 1;
    if (event->until_on != TL_DATE_NONE && event->until_on < s->consent_until)
        s->consent_until = event->until_on;
}

static void count_call(struct standing *s, const struct tl_phone_policy *policy, int32_t called_on,
                       int32_t day)
{
    if (!consented(s, called_on) && called_on > day - policy->window_days && called_on <= day)
        s->counted++;
}

/* Consent ends with the next conversation, so a call is counted by the consent
 * it was placed under before its own conversation ends it. */
static void pass_event(struct standing *s, const struct tl_phone_policy *policy,
                       const struct tl_phone_event *event, int32_t day)
{
    switch ((enum tl_phone_kind)event->kind) {
    case TL_PHONE_UNANSWERED:
        count_call(s, policy, event->on, day);
        return;
    case TL_PHONE_CONVERSATION:
        count_call(s, policy, event->on, day);
        s->talked_on = event->on;
        drop_consent(s);
        return;
    case TL_PHONE_INBOUND:
        s->talked_on = event->on;
        drop_consent(s);
        return;
    case TL_PHONE_CONSENT:
        take_consent(s, policy, event);
        return;
    case TL_PHONE_REVOKED:
        drop_consent(s);
        return;
    case TL_PHONE_UNCONNECTED:
    case TL_PHONE_MISDIRECTED:
        return;
    }
    TL_UNREACHABLE();
}

static struct standing standing_on(const struct tl_phone_policy *policy,
                                   const struct tl_phone_event *event, uint32_t count,
                                   uint32_t debt, int32_t day)
{
    struct standing s = {.talked_on = TL_DATE_NONE, .consent_from = 1};

    for (uint32_t i = 0; i < count; i++) {
        if ((event[i].debts >> debt & 1u) != 0)
            pass_event(&s, policy, &event[i], day);
    }
    return s;
}

static enum tl_phone_verdict verdict_on(const struct tl_phone_policy *policy,
                                        const struct standing *s, int32_t on)
{
    if (consented(s, on))
        return TL_PHONE_EXCLUDED;
    if (s->talked_on != TL_DATE_NONE && on - s->talked_on < policy->quiet_days)
        return TL_PHONE_TOO_SOON;
    return s->counted + 1 > policy->calls_max ? TL_PHONE_TOO_MANY : TL_PHONE_OK;
}

static bool day_ok(int32_t on)
{
    return on >= TL_DATE_MIN && on <= TL_DATE_MAX;
}

static bool history_ok(const struct tl_phone_event *event, uint32_t count, uint32_t debt)
{
    for (uint32_t i = 0; i < count; i++) {
        if (!day_ok(event[i].on) || event[i].kind > TL_PHONE_REVOKED ||
            (i > 0 && event[i].on < event[i - 1].on))
            return false;
    }
    return debt < 32;
}

/* Windows only empty as days pass, so the search ends with the longest. */
static int32_t first_free(const struct tl_phone_policy *policy, const struct tl_phone_event *event,
                          uint32_t count, uint32_t debt, int32_t on)
{
    int32_t last = on + policy->window_days + policy->quiet_days;

    for (; on < last; on++) {
        struct standing s = standing_on(policy, event, count, debt, on);

        if (verdict_on(policy, &s, on) <= TL_PHONE_EXCLUDED)
            return on;
    }
    return last;
}

enum tl_status tl_phone_permit(struct tl_phone_finding *out, const struct tl_phone_policy *policy,
                               const struct tl_phone_event *event, uint32_t count, uint32_t debt,
                               int32_t on)
{
    struct standing s;
    enum tl_phone_verdict verdict;

    *out = (struct tl_phone_finding){0};
    if (!day_ok(on) || !history_ok(event, count, debt) || policy->calls_max == 0 ||
        (count > 0 && event[count - 1].on > on))
        return TL_ERR_RANGE;
    s = standing_on(policy, event, count, debt, on);
    verdict = verdict_on(policy, &s, on);
    out->verdict = (uint8_t)verdict;
    out->counted = s.counted + (verdict == TL_PHONE_EXCLUDED ? 0 : 1);
    out->free_on = first_free(policy, event, count, debt, on);
    return TL_OK;
}

static bool placed(const struct tl_phone_event *event, uint32_t debt)
{
    return (event->debts >> debt & 1u) != 0 &&
           (event->kind == TL_PHONE_UNANSWERED || event->kind == TL_PHONE_CONVERSATION);
}

enum tl_status tl_phone_judge(struct tl_phone_finding *out, const struct tl_phone_policy *policy,
                              const struct tl_phone_event *event, uint32_t count, uint32_t debt,
                              uint32_t at)
{
    enum tl_status status;

    *out = (struct tl_phone_finding){0};
    if (at >= count || !history_ok(event, count, debt))
        return TL_ERR_RANGE;
    status = tl_phone_permit(out, policy, event, at, debt, event[at].on);
    if (status == TL_OK && !placed(&event[at], debt) && out->verdict != TL_PHONE_EXCLUDED) {
        out->verdict = TL_PHONE_EXCLUDED;
        out->counted--;
    }
    return status;
}
