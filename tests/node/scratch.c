/* Scratch directories. */
#include "scratch.h"

#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

enum { PATH_BYTES = 1024 };

int scratch_setup(void **state)
{
    const char *base = getenv("TMPDIR");
    char *path = malloc(PATH_BYTES);

    if (path == NULL)
        return -1;
    (void)snprintf(path, PATH_BYTES, "%s/tally-test.XXXXXX", base == NULL ? "/tmp" : base);
    if (mkdtemp(path) == NULL) {
        free(path);
        return -1;
    }
    *state = path;
    return 0;
}

/* A test's own tree, three deep at most. */
static void remove_tree(const char *path) /* NOLINT(misc-no-recursion): depth of a scratch tree */
{
    struct dirent *entry;
    DIR *dir = opendir(path);

    while (dir != NULL && (entry = readdir(dir)) != NULL) {
        char below[PATH_BYTES];
        struct stat info;
        if (strcmp(entry->d_name, ".") == 0 || strcmp(entry->d_name, "..") == 0)
            continue;
        if (snprintf(below, sizeof below, "%s/%s", path, entry->d_name) >= (int)sizeof below)
            continue;
        if (lstat(below, &info) == 0 && S_ISDIR(info.st_mode))
            remove_tree(below);
        else
            (void)unlink(below);
    }
    if (dir != NULL)
        (void)closedir(dir);
    (void)rmdir(path);
}

int scratch_teardown(void **state)
{
    remove_tree(*state);
    free(*state);
    return 0;
}

const char *scratch_path(void **state, const char *name)
{
    static char paths[8][PATH_BYTES];
    static unsigned next;
    char *path = paths[next++ % 8];

    (void)snprintf(path, PATH_BYTES, "%s/%s", (const char *)*state, name);
    return path;
}
