/* When a consumer may be contacted: 12 CFR 1006.6(b)(1)(i). */
#include "tl/reg_f.h"

#define DAY_S    86400
#define HALF_DAY 43200
#define ZONE_MIN (26 * 60) /* the widest two places of the earth are apart */

static bool policy_ok(const struct tl_hours_policy *policy)
{
    return policy->from_s >= 0 && policy->from_s <= policy->to_s && policy->to_s < DAY_S;
}

static bool zones_ok(const int16_t *offset_min, uint32_t count)
{
    if (count > TL_ZONES_MAX)
        return false;
    for (uint32_t i = 0; i < count; i++) {
        if (offset_min[i] < -ZONE_MIN || offset_min[i] > ZONE_MIN)
            return false;
    }
    return true;
}

/* Second of the local day, also before 1970. */
static int32_t second_of_day(int64_t time_utc_s, int16_t offset_min)
{
    int64_t second = (time_utc_s % DAY_S + (int64_t)offset_min * 60) % DAY_S;

    return (int32_t)(second < 0 ? second + DAY_S : second);
}

enum tl_status tl_hours_ok(bool *out, const struct tl_hours_policy *policy, int64_t time_utc_s,
                           const int16_t *offset_min, uint32_t count)
{
    *out = false;
    if (!policy_ok(policy) || !zones_ok(offset_min, count))
        return TL_ERR_RANGE;
    *out = count > 0;
    for (uint32_t i = 0; i < count; i++) {
        int32_t second = second_of_day(time_utc_s, offset_min[i]);

        *out = *out && policy->from_s <= second && second <= policy->to_s;
    }
    return TL_OK;
}

/* How far the zone's clock is behind the first one's, at most half a day. */
static int32_t behind_s(int16_t first_min, int16_t zone_min)
{
    int32_t shift = (first_min - zone_min) * 60 % DAY_S;

    if (shift > HALF_DAY)
        return shift - DAY_S;
    return shift < -HALF_DAY ? shift + DAY_S : shift;
}

enum tl_status tl_hours_window(struct tl_hours_policy *out, const struct tl_hours_policy *policy,
                               const int16_t *offset_min, uint32_t count)
{
    int32_t length = policy->to_s - policy->from_s;
    struct tl_hours_policy window = *policy;

    *out = (struct tl_hours_policy){0, -1};
    if (!policy_ok(policy) || !zones_ok(offset_min, count))
        return TL_ERR_RANGE;
    if (count == 0)
        return TL_OK;
    for (uint32_t i = 1; i < count; i++) {
        int32_t shift = behind_s(offset_min[0], offset_min[i]);
        int32_t apart = shift < 0 ? -shift : shift;

        /* The next or the last day's hours would reach into this day too. */
        if (DAY_S - apart <= length)
            return TL_ERR_RANGE;
        if (policy->from_s + shift > window.from_s)
            window.from_s = policy->from_s + shift;
        if (policy->to_s + shift < window.to_s)
            window.to_s = policy->to_s + shift;
    }
    *out = window;
    return TL_OK;
}
