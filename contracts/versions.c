/* Which version of the rules a block is executed by. */
#include "run.h"

/* The oldest version this program still replays, and the newest it knows. */
_Static_assert(RULES_OLDEST <= RULES_VERSION, "there is a version to execute by");

/* Without a word of governance the ledger began with the version it is run by. */
enum tl_status tl_rules_in_force(uint32_t *version, struct tl_overlay *state, uint64_t height)
{
    struct tl_state_key key = tl_key_versions();
    struct tl_versions versions;
    struct tl_version one;
    struct tl_bytes value;
    enum tl_status status = tl_overlay_get(state, tl_state_key_bytes(&key), &value);

    *version = RULES_VERSION;
    if (status == TL_ERR_NOT_FOUND)
        return TL_OK;
    if (status == TL_OK && tl_record_decode(&tl_versions_record, &versions, value) != TL_OK)
        status = TL_ERR_CORRUPT;
    while (status == TL_OK && tl_list_next(&versions.versions, &tl_version_record, &one)) {
        if (one.from_height <= height)
            *version = one.version;
    }
    return status;
}

/* A member whose program does not know the version in force stops: going on by
 * other rules would be to diverge. */
enum tl_status version_start(struct run *r)
{
    enum tl_status status = tl_rules_in_force(&r->version, r->state, r->block->height);

    if (status == TL_OK && (r->version < RULES_OLDEST || r->version > RULES_VERSION))
        status = TL_ERR_REFUSED;
    return status;
}
