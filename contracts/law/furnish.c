/* What must come before furnishing: 12 CFR 1006.30(a)(1). */
#include "tl/reg_f.h"

#include "tl/entry.h"

/* TL_DATE_MAX + 1: never. */
static int32_t allowed_from(const struct tl_furnish_policy *policy,
                            const struct tl_furnish_contact *contact)
{
    /* The day of mailing is the first of those waited: a letter of 1 May is
     * watched to 14 May and 15 May is free. */
    int32_t free_on = contact->on + policy->wait_days + policy->extra_days;

    if (contact->spoken)
        return contact->on;
    if (contact->returned_on != TL_DATE_NONE && contact->returned_on < free_on)
        return TL_DATE_MAX + 1;
    return free_on;
}

enum tl_status tl_furnish_earliest(int32_t *out, const struct tl_furnish_policy *policy,
                                   const struct tl_furnish_contact *contact, uint32_t count)
{
    int32_t earliest = TL_DATE_MAX + 1;

    *out = TL_DATE_NONE;
    for (uint32_t i = 0; i < count; i++) {
        int32_t day;

        if (contact[i].on < TL_DATE_MIN || contact[i].on > TL_DATE_MAX)
            return TL_ERR_RANGE;
        day = allowed_from(policy, &contact[i]);
        if (day < earliest)
            earliest = day;
    }
    if (earliest > TL_DATE_MAX)
        return TL_ERR_NOT_FOUND;
    *out = earliest;
    return TL_OK;
}
