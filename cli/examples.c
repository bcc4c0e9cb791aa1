#include "examples.h"

#include <stdio.h>
#include <string.h>

bool tl_examples_path(char *out, const char *dir, const char *name)
{
    if (dir == NULL)
        dir = tl_file_exists(TL_EXAMPLES_SOURCE "/maps/road-traffic-fines.yaml")
                  ? TL_EXAMPLES_SOURCE
                  : TL_EXAMPLES_INSTALLED;
    return tl_path_join(out, TL_PATH_MAX, dir, name);
}

bool tl_examples_policy(char *out, const char *name)
{
    char file[80];

    if (strchr(name, '/') != NULL)
        return false;
    (void)snprintf(file, sizeof file, "policies/%.40s.yaml", name);
    if (tl_examples_path(out, NULL, file) && tl_file_exists(out))
        return true;
    (void)snprintf(file, sizeof file, "policies/fines-%.40s.yaml", name);
    return tl_examples_path(out, NULL, file) && tl_file_exists(out);
}
