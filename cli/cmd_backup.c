/* A member's directory put away, and put back.
 *
 * A signer's journal that is put back is an old one, and an old journal has forgotten
 * votes: a backup never has one.  Nor has it the mark of a member that never voted, so
 * what is restored cannot vote before a fenced rejoin (PROTOCOL A.8).  Keys go in only
 * where asked, and those of the vault never: what was erased must stay erased. */
#include "commands.h"
#include "copy.h"

#include "tl/memberdir.h"

#include <string.h>

static const struct tl_opt backup_options[] = {
    {"keys", NULL, "put the member's keys into the backup too; keep it as safe as the keys"},
    TL_OPT_END};
static const struct tl_opt restore_options[] = {
    {"keys", "DIR", "take the keys from this directory instead of the backup"}, TL_OPT_END};

static bool is_lock(const char *name)
{
    return strcmp(name, "LOCK") == 0 || strcmp(name, "LOCK.tally") == 0;
}

static bool path(char out[TL_PATH_MAX], const char *dir, enum tl_memberdir_item item)
{
    return tl_memberdir_path(out, TL_PATH_MAX, dir, item);
}

static enum tl_status too_long(const char *dir, struct tl_why *why)
{
    return tl_why_set(why, TL_ERR_LIMIT, "path \"%s\" is too long", dir);
}

/* One file of the layout; one that is not there is fine unless it must be. */
static enum tl_status copy_item(const char *from, const char *to, enum tl_memberdir_item item,
                                bool must, struct tl_why *why)
{
    char source[TL_PATH_MAX];
    char target[TL_PATH_MAX];

    if (!path(source, from, item) || !path(target, to, item))
        return too_long(from, why);
    if (!must && !tl_file_exists(source))
        return TL_OK;
    return tl_copy_file(source, target, why);
}

static enum tl_status copy_folder(const char *from, const char *to, enum tl_memberdir_item item,
                                  struct tl_why *why)
{
    char source[TL_PATH_MAX];
    char target[TL_PATH_MAX];

    if (!path(source, from, item) || !path(target, to, item))
        return too_long(from, why);
    return tl_copy_dir(source, target, is_lock, why);
}

/* Everything a backup has, in this direction or the other. */
static enum tl_status copy_all(const char *from, const char *to, struct tl_why *why)
{
    enum tl_status status = tl_dir_make(to, TL_FILE_SECRET, why);

    if (status == TL_OK)
        status = copy_item(from, to, TL_MEMBERDIR_GENESIS, true, why);
    if (status == TL_OK)
        status = copy_item(from, to, TL_MEMBERDIR_PUBLIC, true, why);
    if (status == TL_OK)
        status = copy_item(from, to, TL_MEMBERDIR_TLS_CERT, true, why);
    if (status == TL_OK)
        status = copy_item(from, to, TL_MEMBERDIR_CONFIG, false, why);
    return status == TL_OK ? copy_folder(from, to, TL_MEMBERDIR_DATA, why) : status;
}

static enum tl_status refuse_taken(const char *dir, struct tl_why *why)
{
    if (!tl_file_exists(dir))
        return TL_OK;
    return tl_why_set(why, TL_ERR_CONFLICT, "\"%s\" is there already; give another name", dir);
}

/* The ledger of a running node moves while it is copied. */
static enum tl_status lock_data(struct tl_dirlock *lock, const char *dir, struct tl_why *why)
{
    char data[TL_PATH_MAX];

    lock->fd = -1;
    if (!path(data, dir, TL_MEMBERDIR_DATA))
        return too_long(dir, why);
    if (!tl_file_exists(data))
        return tl_why_set(why, TL_ERR_NOT_FOUND, "there is no ledger in \"%s\"", dir);
    return tl_dir_lock(lock, data, why);
}

static int failed(enum tl_status status, const char *what, const char *dir,
                  const struct tl_why *why)
{
    return tl_fail(status, NULL, "cannot %s '%s': %s", what, dir, why->text);
}

static int backup(struct tl_call *call)
{
    struct tl_dirlock lock = {-1};
    struct tl_why why = {""};
    enum tl_status status = tl_cmd_words(call, 2, 2, "the member's directory and the backup's");
    const char *from = call->args.word[0];
    const char *to = call->args.word[1];

    if (status != TL_OK)
        return tl_status_exit(status);
    status = refuse_taken(to, &why);
    if (status == TL_OK)
        status = lock_data(&lock, from, &why);
    if (status == TL_OK)
        status = copy_all(from, to, &why);
    if (status == TL_OK && tl_opt_given(&call->args, "keys"))
        status = copy_folder(from, to, TL_MEMBERDIR_KEYS, &why);
    if (status == TL_OK)
        status = tl_dir_sync(to, &why);
    tl_dir_unlock(&lock);
    return status == TL_OK ? 0 : failed(status, "back up", from, &why);
}

static enum tl_status restore_keys(const char *from, const char *to, const char *keys,
                                   struct tl_why *why)
{
    char source[TL_PATH_MAX];
    char target[TL_PATH_MAX];

    if (!path(source, from, TL_MEMBERDIR_KEYS) || !path(target, to, TL_MEMBERDIR_KEYS))
        return too_long(to, why);
    if (keys == NULL && !tl_file_exists(source))
        return tl_why_set(why, TL_ERR_NOT_FOUND,
                          "the backup has no keys; say where they are with --keys DIR");
    return tl_copy_dir(keys != NULL ? keys : source, target, NULL, why);
}

/* From here on only a fenced rejoin makes this member vote. */
static enum tl_status mark_rejoin(const char *dir, struct tl_why *why)
{
    char mark[TL_PATH_MAX];

    if (!path(mark, dir, TL_MEMBERDIR_REJOIN))
        return too_long(dir, why);
    return tl_file_write(mark, tl_bytes_str("the signer's journal is lost or doubtful\n"),
                         TL_FILE_SECRET, why);
}

static enum tl_status make_folders(const char *dir, struct tl_why *why)
{
    static const enum tl_memberdir_item folders[] = {TL_MEMBERDIR_JOURNAL_A, TL_MEMBERDIR_JOURNAL_B,
                                                     TL_MEMBERDIR_VAULT, TL_MEMBERDIR_VAULT_KEYS_A,
                                                     TL_MEMBERDIR_VAULT_KEYS_B};
    enum tl_status status = TL_OK;
    char name[TL_PATH_MAX];

    for (size_t i = 0; i < sizeof folders / sizeof folders[0] && status == TL_OK; i++)
        status = path(name, dir, folders[i]) ? tl_dir_make(name, TL_FILE_SECRET, why)
                                             : too_long(dir, why);
    return status;
}

static int restore(struct tl_call *call)
{
    struct tl_why why = {""};
    enum tl_status status = tl_cmd_words(call, 2, 2, "the backup and the directory to make");
    const char *from = call->args.word[0];
    const char *to = call->args.word[1];

    if (status != TL_OK)
        return tl_status_exit(status);
    status = refuse_taken(to, &why);
    /* The mark first: a restore that was cut off cannot vote either. */
    if (status == TL_OK)
        status = tl_dir_make(to, TL_FILE_SECRET, &why);
    if (status == TL_OK)
        status = mark_rejoin(to, &why);
    if (status == TL_OK)
        status = copy_all(from, to, &why);
    if (status == TL_OK)
        status = restore_keys(from, to, tl_opt_value(&call->args, "keys"), &why);
    if (status == TL_OK)
        status = make_folders(to, &why);
    if (status == TL_OK)
        status = tl_dir_sync(to, &why);
    return status == TL_OK ? 0 : failed(status, "restore", from, &why);
}

static int rejoin(struct tl_call *call)
{
    struct tl_dirlock lock = {-1};
    struct tl_why why = {""};
    char fresh[TL_PATH_MAX];
    enum tl_status status = tl_cmd_words(call, 1, 1, "the member's directory");
    const char *dir = call->args.word[0];

    if (status != TL_OK)
        return tl_status_exit(status);
    if (!path(fresh, dir, TL_MEMBERDIR_NEVER_VOTED))
        return failed(too_long(dir, &why), "prepare", dir, &why);
    status = lock_data(&lock, dir, &why);
    if (status == TL_OK)
        status = mark_rejoin(dir, &why);
    if (status == TL_OK)
        status = tl_file_remove(fresh, &why);
    tl_dir_unlock(&lock);
    return status == TL_OK ? 0 : failed(status, "prepare", dir, &why);
}

const struct tl_cmd tl_cmd_backup = {
    .name = "backup",
    .usage = "DIR BACKUP [--keys]",
    .summary = "put a stopped member's directory away",
    .more = "Copies ledger, genesis file, configuration and certificate of a stopped member to a\n"
            "new directory.  The signer's journal is never part of it, nor is the vault; keys\n"
            "only with --keys.",
    .options = backup_options,
    .run = backup};
const struct tl_cmd tl_cmd_restore = {
    .name = "restore",
    .usage = "BACKUP DIR [--keys DIR]",
    .summary = "make a member's directory from a backup",
    .more = "The member votes again when a quorum of others has said where they stand (docs/\n"
            "OPERATING.md); until then it follows.  Run no other copy of this member.",
    .options = restore_options,
    .run = restore};
const struct tl_cmd tl_cmd_rejoin = {
    .name = "rejoin",
    .usage = "DIR",
    .summary = "let a member vote again whose signer journal is lost or doubtful",
    .more =
        "Sets what there is of the journal aside.  The next start of the node asks a quorum of\n"
        "the others where they stand and begins a new journal above that.  Run it only if no\n"
        "other copy of this member runs anywhere.",
    .run = rejoin};
