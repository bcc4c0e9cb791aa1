/* A member's directory: keys of every role, TLS identity, public file. */
#include "commands.h"

#include "tl/memberdir.h"

#include <string.h>

static const struct tl_opt options[] = {
    {"member", "ID", "the member's id: a-z 0-9 - . _"},
    {"address", "HOST:PORT", "where its peers reach the node"},
    {"roles", "LIST", "creditor,servicer,agency,law_firm,debt_buyer,bureau,... "},
    {"author", "NAME", "name of the writing key (default: main)"},
    {"rights", "LIST", "read,submit,calendar,policy,operate,govern,vault,audit,keys or all"},
    {"expires", "DATE", "the day from which the writing key is none (default: never)"},
    {"add-author", NULL, "add one more writing key to a directory that is there"},
    {"rotate", "LIST", "make successors: consensus,log,cosign,vault,tls,author or all"},
    TL_OPT_END};

static enum tl_status words_of(const struct tl_names *names, const char *option, const char *text,
                               uint16_t *bits)
{
    if (tl_words_parse(names, text, bits))
        return TL_OK;
    (void)tl_fail(TL_ERR_USAGE, "see: tally keygen --help", "cannot read --%s '%s'", option, text);
    return TL_ERR_USAGE;
}

static enum tl_status missing(const char *what)
{
    (void)tl_fail(TL_ERR_USAGE, "see: tally keygen --help", "missing: --%s", what);
    return TL_ERR_USAGE;
}

/* The whole ledger is shown to who audits it, unless a person says otherwise. */
static void audit_limit(struct tl_memberdir_plan *plan, const char *rights)
{
    if (rights == NULL && (plan->roles & (TL_ROLE_AUDITOR | TL_ROLE_ADMIN)) == 0)
        plan->rights &= (uint16_t)~TL_RIGHT_AUDIT;
}

static enum tl_status plan_read(struct tl_memberdir_plan *plan, const struct tl_args *args)
{
    const char *roles = tl_opt_value(args, "roles");
    const char *rights = tl_opt_value(args, "rights");
    const char *expires = tl_opt_value(args, "expires");
    enum tl_status status = TL_OK;

    plan->dir = args->word[0];
    plan->member = tl_opt_value(args, "member");
    plan->address = tl_opt_value(args, "address");
    plan->author = tl_opt_value(args, "author");
    if (plan->author == NULL)
        plan->author = "main";
    if (expires != NULL && !tl_key_expiry_parse(expires, &plan->expires_ms)) {
        (void)tl_fail(TL_ERR_USAGE, "a day is written like 2027-12-31",
                      "cannot read --expires '%s'", expires);
        return TL_ERR_USAGE;
    }
    status = words_of(&tl_right_words, "rights", rights != NULL ? rights : "all", &plan->rights);
    if (status != TL_OK)
        return status;
    if (tl_opt_given(args, "add-author")) {
        audit_limit(plan, rights);
        return TL_OK;
    }
    if (plan->member == NULL)
        return missing("member");
    if (plan->address == NULL)
        return missing("address");
    if (roles == NULL)
        return missing("roles");
    status = words_of(&tl_role_words, "roles", roles, &plan->roles);
    audit_limit(plan, rights);
    return status;
}

static void answer(const struct tl_call *call, const struct tl_memberdir_plan *plan)
{
    static const struct tl_column columns[] = {{"directory", "directory", TL_COLUMN_TEXT},
                                               {"public", "show others", TL_COLUMN_TEXT},
                                               {"key", "writing key", TL_COLUMN_TEXT},
                                               TL_COLUMN_END};
    char path[TL_PATH_MAX];
    struct tl_json *row = tl_json_object();

    tl_json_set_str(row, "directory", plan->dir);
    if (tl_memberdir_path(path, sizeof path, plan->dir, TL_MEMBERDIR_PUBLIC))
        tl_json_set_str(row, "public", path);
    if (tl_memberdir_author_path(path, sizeof path, plan->dir, plan->author))
        tl_json_set_str(row, "key", path);
    tl_out_one(&call->out, columns, row);
    tl_json_free(row);
}

static int run(struct tl_call *call)
{
    struct tl_memberdir_plan plan = {0};
    struct tl_why why = {""};
    uint16_t rotate = 0;
    enum tl_status status = tl_cmd_words(call, 1, 1, "the directory to make");

    if (status == TL_OK && tl_opt_given(&call->args, "rotate")) {
        plan.dir = call->args.word[0];
        plan.author = "main";
        status = words_of(&tl_rotate_words, "rotate", tl_opt_value(&call->args, "rotate"), &rotate);
    } else if (status == TL_OK) {
        status = plan_read(&plan, &call->args);
    }
    if (status != TL_OK)
        return tl_status_exit(status);
    if (rotate != 0)
        status = tl_memberdir_rotate(plan.dir, rotate, &why);
    else
        status =
            tl_opt_given(&call->args, "add-author")
                ? tl_memberdir_add_author(plan.dir, plan.author, plan.rights, plan.expires_ms, &why)
                : tl_memberdir_create(&plan, &why);
    if (status != TL_OK)
        return tl_fail(status, NULL, "cannot make keys in '%s': %s", plan.dir, why.text);
    answer(call, &plan);
    return 0;
}

const struct tl_cmd tl_cmd_keygen = {
    .name = "keygen",
    .usage = "DIR --member ID --address HOST:PORT --roles LIST [options]",
    .summary = "make a member's directory with its keys",
    .more = "Makes DIR with a key for every role, a TLS identity, and member.txt: the public\n"
            "file the other members need for `tally genesis create`.  Secrets stay in DIR/keys,\n"
            "readable by their owner only.  Nothing that is there is overwritten.\n"
            "Without --rights a key gets all of them, but audit only where a role of the member\n"
            "is auditor or admin: it shows the whole ledger, not only the member's cases.\n"
            "--rotate puts successors beside the keys in use (NAME.next.key) and into member.txt;\n"
            "the node takes them up when the members have agreed on them (tally members propose).",
    .options = options,
    .run = run};
