/* A case's dossier: fetched, written, verified. */
#include "case_name.h"
#include "commands.h"
#include "connect.h"
#include "dossier.h"
#include "mem.h"

#include <errno.h>
#include <string.h>
#include <sys/stat.h>

#define PAGE_MAX (64u << 20)

static const struct tl_opt options[] = {
    {"out", "PATH", "a .html file, or a directory for page, JSON, evidence and genesis"},
    {"verify", "PATH", "check a dossier with the genesis file alone: a page, or a directory"},
    {"map", "FILE", "derive the case's id from the source's own number with this mapping"},
    {"to", "MEMBER", "the member whose node is asked (default: the key's own)"},
    TL_OPT_END};

static bool is_page_name(const char *path)
{
    size_t len = strlen(path);

    return len > 5 && strcmp(path + len - 5, ".html") == 0;
}

/* What is in the directory, each name with its bytes. */
struct part {
    const char *name;
    struct tl_bytes bytes;
};
#define PARTS 4u

static void parts_of(struct part parts[PARTS], const struct tl_dossier *d, struct tl_bytes evidence,
                     const struct tl_genesis_file *genesis)
{
    parts[0] = (struct part){"dossier.html", tl_bytes(d->page.text, d->page.len)};
    parts[1] = (struct part){"dossier.json", tl_bytes(d->json.text, d->json.len)};
    parts[2] = (struct part){"dossier.receipt", evidence};
    parts[3] = (struct part){"genesis.tally", tl_bytes(genesis->bytes.text, genesis->bytes.len)};
}

static void say(const struct tl_call *call, const struct tl_dossier *d, const char *path)
{
    static const struct tl_column columns[] = {{"verdict", "dossier", TL_COLUMN_TEXT},
                                               {"case", "case", TL_COLUMN_TEXT},
                                               {"leaves", "leaves", TL_COLUMN_NUMBER},
                                               {"owed_minor", "owed", TL_COLUMN_MONEY},
                                               {"height", "as of height", TL_COLUMN_NUMBER},
                                               {"block", "block", TL_COLUMN_TEXT},
                                               {"signed_by", "signed by", TL_COLUMN_TEXT},
                                               {"chain_id", "chain id", TL_COLUMN_TEXT},
                                               {"file", "file", TL_COLUMN_TEXT},
                                               TL_COLUMN_END};
    const struct tl_json *proof = tl_json_get(d->model, "proof");
    const struct tl_json *signers = tl_json_get(proof, "signers");
    struct tl_json *row = tl_json_object();
    char words[TL_MEMBERS_MAX * (TL_MEMBER_ID_MAX + 1u) + 1u] = "";
    size_t at = 0;

    for (size_t i = 0; i < tl_json_count(signers); i++)
        at += (size_t)snprintf(words + at, sizeof words - at, "%s%s", at > 0 ? " " : "",
                               tl_json_chars(tl_json_at(signers, i)));
    tl_json_set_str(row, "verdict", "valid");
    tl_json_set(row, "case", tl_json_keep(tl_json_get(d->model, "case")));
    tl_json_set_int(row, "leaves", (int64_t)tl_json_count(tl_json_get(d->model, "leaves")));
    tl_json_set(row, "owed_minor",
                tl_json_keep(tl_json_get(tl_json_get(d->model, "statement"), "owed_minor")));
    tl_json_set(row, "height", tl_json_keep(tl_json_get(proof, "height")));
    tl_json_set(row, "block", tl_json_keep(tl_json_get(proof, "block")));
    tl_json_set_str(row, "signed_by", words);
    tl_json_set(row, "chain_id", tl_json_keep(tl_json_get(proof, "chain_id")));
    tl_json_set_str(row, "file", path);
    tl_out_one(&call->out, columns, row);
    tl_json_free(row);
}

/* ---- writing ---- */

static enum tl_status write_part(const char *path, struct tl_bytes bytes)
{
    struct tl_why why = {""};
    enum tl_status status = tl_file_write(path, bytes, TL_FILE_PUBLIC, &why);

    if (status != TL_OK)
        (void)tl_fail(status, NULL, "cannot write '%s': %s", path, why.text);
    return status;
}

static enum tl_status write_dir(const struct tl_dossier *d, struct tl_bytes evidence,
                                const struct tl_genesis_file *genesis, const char *dir)
{
    struct part parts[PARTS];
    char path[TL_PATH_MAX];
    enum tl_status status = TL_OK;

    if (mkdir(dir, 0777) != 0 && errno != EEXIST) {
        (void)tl_fail(TL_ERR_IO, NULL, "cannot make directory '%s': %s", dir, strerror(errno));
        return TL_ERR_IO;
    }
    parts_of(parts, d, evidence, genesis);
    for (size_t i = 0; i < PARTS && status == TL_OK; i++) {
        status = TL_ERR_LIMIT;
        if (tl_path_join(path, sizeof path, dir, parts[i].name))
            status = write_part(path, parts[i].bytes);
    }
    return status;
}

static enum tl_status get(const struct tl_call *call, struct tl_connection *connection,
                          const struct tl_id *id, const char *path)
{
    struct tl_case_claim_query query = {*id, TL_CLAIM_DOSSIER, 0};
    struct tl_blob blob;
    struct tl_exchange exchange = {TL_METHOD_CASE_RECEIPT, &tl_case_claim_query_record, &query,
                                   &tl_blob_record, &blob};
    struct tl_dossier d;
    const char *why = "";
    enum tl_status status = tl_ask(connection->client, "get the dossier", &exchange);

    if (status != TL_OK)
        return status;
    status = tl_dossier_make(&d, blob.bytes, &connection->genesis, &why);
    if (status != TL_OK)
        (void)tl_fail(status, NULL, "the node's evidence is not valid: %s", why);
    else if (is_page_name(path))
        status = write_part(path, tl_bytes(d.page.text, d.page.len));
    else
        status = write_dir(&d, blob.bytes, &connection->genesis, path);
    if (status == TL_OK)
        say(call, &d, path);
    tl_dossier_free(&d);
    return status;
}

static int run_get(struct tl_call *call)
{
    const char *path = tl_opt_value(&call->args, "out");
    struct tl_connection connection;
    struct tl_why why = {""};
    struct tl_id id;
    enum tl_status status = tl_cmd_words(call, 1, 1, "the case");

    if (status == TL_OK && path == NULL)
        return tl_fail(TL_ERR_USAGE, "a file that ends in .html, or a directory",
                       "say with --out where the dossier is to be written");
    if (status == TL_OK) {
        status = tl_case_named(&id, call->args.word[0], tl_opt_value(&call->args, "map"), &why);
        if (status != TL_OK)
            (void)tl_fail(status, NULL, "cannot tell which case is meant: %s", why.text);
    }
    if (status == TL_OK)
        status = tl_connect(&connection, &call->args);
    if (status != TL_OK)
        return tl_status_exit(status);
    status = get(call, &connection, &id, path);
    tl_disconnect(&connection);
    return tl_status_exit(status);
}

/* ---- verifying ---- */

static enum tl_status invalid(enum tl_status status, const char *path, const char *why)
{
    (void)tl_fail(status, NULL, "dossier '%s' is not valid: %s", path, why);
    return status;
}

static enum tl_status read_part(const char *path, struct tl_file_bytes *out)
{
    struct tl_why why = {""};
    enum tl_status status = tl_file_read(path, PAGE_MAX, out, &why);

    if (status != TL_OK)
        (void)tl_fail(status, NULL, "cannot read '%s': %s", path, why.text);
    return status;
}

static enum tl_status verify_page(const struct tl_call *call, const char *path,
                                  const struct tl_genesis_file *genesis)
{
    struct tl_file_bytes file;
    struct tl_dossier d;
    const char *why = "";
    enum tl_status status = read_part(path, &file);

    if (status != TL_OK)
        return status;
    status = tl_dossier_check(&d, tl_bytes(file.text, file.len), genesis, &why);
    if (status == TL_OK)
        say(call, &d, path);
    else
        (void)invalid(status, path, why);
    tl_dossier_free(&d);
    tl_file_bytes_free(&file);
    return status;
}

static enum tl_status verify_part(const char *dir, const struct part *part)
{
    char path[TL_PATH_MAX];
    struct tl_file_bytes file;
    enum tl_status status;

    if (!tl_path_join(path, sizeof path, dir, part->name))
        return invalid(TL_ERR_LIMIT, dir, "its path is too long");
    status = read_part(path, &file);
    if (status != TL_OK)
        return status;
    if (!tl_bytes_eq(part->bytes, tl_bytes(file.text, file.len)))
        status = invalid(TL_ERR_PROOF, path, "it is not what the evidence makes");
    tl_file_bytes_free(&file);
    return status;
}

static enum tl_status verify_dir(const struct tl_call *call, const char *dir,
                                 const struct tl_genesis_file *genesis)
{
    char path[TL_PATH_MAX];
    struct tl_file_bytes file;
    struct part parts[PARTS];
    struct tl_dossier d;
    const char *why = "";
    enum tl_status status;

    if (!tl_path_join(path, sizeof path, dir, "dossier.receipt"))
        return invalid(TL_ERR_LIMIT, dir, "its path is too long");
    status = read_part(path, &file);
    if (status != TL_OK)
        return status;
    status = tl_dossier_make(&d, tl_bytes(file.text, file.len), genesis, &why);
    if (status != TL_OK)
        (void)invalid(status, path, why);
    parts_of(parts, &d, tl_bytes(file.text, file.len), genesis);
    for (size_t i = 0; i < PARTS && status == TL_OK; i++)
        status = verify_part(dir, &parts[i]);
    if (status == TL_OK)
        say(call, &d, dir);
    tl_dossier_free(&d);
    tl_file_bytes_free(&file);
    return status;
}

static int run_verify(struct tl_call *call)
{
    const char *path = tl_opt_value(&call->args, "verify");
    struct tl_genesis_file genesis;
    struct stat about;
    enum tl_status status = tl_cmd_words(call, 0, 0, "");

    if (status == TL_OK)
        status = tl_genesis_file_load(&genesis, tl_opt_value(&call->args, "genesis"));
    if (status != TL_OK)
        return tl_status_exit(status);
    if (stat(path, &about) == 0 && S_ISDIR(about.st_mode))
        status = verify_dir(call, path, &genesis);
    else
        status = verify_page(call, path, &genesis);
    tl_genesis_file_free(&genesis);
    return tl_status_exit(status);
}

static int run(struct tl_call *call)
{
    return tl_opt_given(&call->args, "verify") ? run_verify(call) : run_get(call);
}

const struct tl_cmd tl_cmd_case_dossier = {
    .name = "case dossier",
    .usage = "CASE --out PATH | --verify PATH --genesis FILE",
    .summary = "write what a court or a debtor needs of one case, or check it",
    .more =
        "A page that reads and prints well, with statement, timeline and proof; the evidence is "
        "inside.  It holds every leaf of the case and nothing about any other.",
    .options = options,
    .run = run};
