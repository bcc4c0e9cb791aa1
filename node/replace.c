/* Renaming a new ledger into the old one's place.  At every moment exactly one of
 * the names says what to do next, so a crash anywhere is finished at the next start:
 *
 *   data.joined is there         data, if it is, becomes data.before;
 *                                data.joined becomes data
 *   data.before and no data      data.before becomes data again
 *   data.before and data         data.before is removed
 *   data.joining                 was never complete: removed */
#include "node.h"

#include "tl/logline.h"

#include <dirent.h>
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

enum tl_status tl_replace_path(const struct tl_node *node, const char *ending,
                               char out[TL_PATH_MAX])
{
    int len = snprintf(out, TL_PATH_MAX, "%s%s", node->config.data.text, ending);

    return len < 0 || len >= (int)TL_PATH_MAX ? TL_ERR_LIMIT : TL_OK;
}

/* The directory the ledger's own lies in. */
static enum tl_status sync_parent(const struct tl_node *node, struct tl_why *why)
{
    char parent[TL_PATH_MAX];
    char *slash;

    memcpy(parent, node->config.data.text, sizeof parent);
    slash = strrchr(parent, '/');
    if (slash == NULL)
        return tl_dir_sync(".", why);
    slash[slash == parent] = '\0';
    return tl_dir_sync(parent, why);
}

static enum tl_status move(const struct tl_node *node, const char *from, const char *to,
                           struct tl_why *why)
{
    char a[TL_PATH_MAX];
    char b[TL_PATH_MAX];

    if (tl_replace_path(node, from, a) != TL_OK || tl_replace_path(node, to, b) != TL_OK)
        return tl_why_set(why, TL_ERR_LIMIT, "path \"%s\" is too long", node->config.data.text);
    if (rename(a, b) != 0)
        return tl_why_errno(why, TL_ERR_IO, "cannot rename \"%s\" to \"%s\"", a, b);
    return sync_parent(node, why);
}

static bool is_there(const struct tl_node *node, const char *ending)
{
    char path[TL_PATH_MAX];

    return tl_replace_path(node, ending, path) == TL_OK && tl_file_exists(path);
}

/* A ledger's directory holds files and no directories. */
static enum tl_status remove_dir(const struct tl_node *node, const char *ending, struct tl_why *why)
{
    char path[TL_PATH_MAX];
    char name[TL_PATH_MAX];
    struct dirent *entry;
    DIR *dir;

    if (tl_replace_path(node, ending, path) != TL_OK)
        return TL_ERR_LIMIT;
    dir = opendir(path);
    if (dir == NULL)
        return errno == ENOENT ? TL_OK : tl_why_errno(why, TL_ERR_IO, "cannot read \"%s\"", path);
    while ((entry = readdir(dir)) != NULL) { /* NOLINT(concurrency-mt-unsafe): dir is ours */
        if (strcmp(entry->d_name, ".") != 0 && strcmp(entry->d_name, "..") != 0 &&
            tl_path_join(name, sizeof name, path, entry->d_name))
            (void)unlink(name);
    }
    (void)closedir(dir);
    if (rmdir(path) != 0)
        return tl_why_errno(why, TL_ERR_IO, "cannot remove \"%s\"", path);
    return TL_OK;
}

enum tl_status tl_replace_ready(const struct tl_node *node, struct tl_why *why)
{
    return move(node, TL_REPLACE_FILLING, TL_REPLACE_READY, why);
}

static enum tl_status take_place(const struct tl_node *node, struct tl_why *why)
{
    enum tl_status st = TL_OK;

    if (is_there(node, "")) {
        st = remove_dir(node, TL_REPLACE_OLD, why);
        if (st == TL_OK)
            st = move(node, "", TL_REPLACE_OLD, why);
    }
    if (st == TL_OK)
        st = move(node, TL_REPLACE_READY, "", why);
    if (st == TL_OK)
        tl_log(TL_LOG_INFO, "ledger-replaced", tl_log_str("data", node->config.data.text));
    return st;
}

enum tl_status tl_replace_settle(const struct tl_node *node, struct tl_why *why)
{
    enum tl_status st = TL_OK;

    if (is_there(node, TL_REPLACE_READY))
        st = take_place(node, why);
    else if (is_there(node, TL_REPLACE_OLD) && !is_there(node, "/CURRENT"))
        st = move(node, TL_REPLACE_OLD, "", why);
    if (st == TL_OK)
        st = remove_dir(node, TL_REPLACE_OLD, why);
    return st == TL_OK ? remove_dir(node, TL_REPLACE_FILLING, why) : st;
}
