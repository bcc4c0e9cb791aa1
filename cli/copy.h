/* copy.h -- copying files and flat directories so that they are there after a crash. */
#ifndef TL_CLI_COPY_H
#define TL_CLI_COPY_H

#include "tl/file.h"
#include "tl/why.h"

/* tl_copy_file copies `from` to `to`, which must not exist, and syncs it.  A copy of a
 * file others cannot read is one others cannot read. */
TL_MUST_USE enum tl_status tl_copy_file(const char *from, const char *to, struct tl_why *why);
/* tl_copy_dir copies the plain files of a directory, but for those `skip` says, into
 * `to`, which it makes; NULL: all of them. */
typedef bool tl_copy_skip(const char *name);
TL_MUST_USE enum tl_status tl_copy_dir(const char *from, const char *to, tl_copy_skip *skip,
                                       struct tl_why *why);

#endif
