/* Putting a journal away that must not be used any more. */
#include "journal.h"

#include <errno.h>
#include <stdio.h>

#define DOUBTFUL_MAX 10000u

static enum tl_status set_aside(const char *dir, struct tl_why *why)
{
    char path[TL_PATH_MAX];
    char name[64];
    char aside[TL_PATH_MAX];

    if (!journal_path(path, dir))
        return tl_why_set(why, TL_ERR_LIMIT, "path \"%s\" is too long", dir);
    if (!tl_file_exists(path))
        return TL_OK;
    for (unsigned i = 1; i < DOUBTFUL_MAX; i++) {
        (void)snprintf(name, sizeof name, "votes.journal.doubtful-%u", i);
        if (!tl_path_join(aside, sizeof aside, dir, name))
            return tl_why_set(why, TL_ERR_LIMIT, "path \"%s\" is too long", dir);
        if (tl_file_exists(aside))
            continue;
        if (rename(path, aside) != 0)
            return tl_why_errno(why, TL_ERR_IO, "cannot rename \"%s\"", path);
        return tl_dir_sync(dir, why);
    }
    return tl_why_set(why, TL_ERR_LIMIT, "\"%s\" is full of doubtful journals", dir);
}

enum tl_status tl_signer_set_aside(const char *dir_a, const char *dir_b, struct tl_why *why)
{
    enum tl_status status = set_aside(dir_a, why);

    return status == TL_OK ? set_aside(dir_b, why) : status;
}
