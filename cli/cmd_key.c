/* Keys of one's own member: granted to ask its node, and taken back. */
#include "commands.h"
#include "connect.h"
#include "import.h"
#include "outcome.h"
#include "submit.h"

#include "tl/check.h"
#include "tl/memberdir.h"

#include <string.h>

static const struct tl_opt grant_options[] = {
    {"dir", "DIR", "the member's directory: the key goes to DIR/keys/author-NAME.key"},
    {"rights", "LIST", "read,operate,vault,audit (default: read)"},
    {"expires", "DATE", "the day from which the key is none (default: never)"},
    {"to", "MEMBER", "the member whose node is asked (default: the key's own)"},
    TL_OPT_END};
static const struct tl_opt revoke_options[] = {
    {"to", "MEMBER", "the member whose node is asked (default: the key's own)"}, TL_OPT_END};

/* One entry about the ledger; what the contract said to it in *why. */
static enum tl_status state(struct tl_client *client, enum tl_type type, const void *body,
                            struct tl_why *why)
{
    struct tl_entry entry = {.type = (uint16_t)type};
    struct tl_submitted_counts counts;
    uint8_t room[256];
    struct tl_buf out = tl_buf(room, sizeof room);
    int32_t closed_on;
    enum tl_status status = tl_business_date(client, &closed_on, why);

    if (status != TL_OK)
        return status;
    entry.value_date = closed_on + 1;
    TL_CHECK(tl_entry_encode(&out, &entry, body));
    status = tl_submit_one(client, tl_buf_bytes(&out), NULL, &counts, why);
    return status == TL_OK ? tl_outcome_denied(client, &counts, why) : status;
}

static void answer(const struct tl_call *call, const char *word, const struct tl_pubkey *key)
{
    static const struct tl_column columns[] = {
        {"did", "did", TL_COLUMN_TEXT}, {"key", "key", TL_COLUMN_TEXT}, TL_COLUMN_END};
    struct tl_json *row = tl_json_object();

    tl_json_set_str(row, "did", word);
    tl_json_set(row, "key", tl_json_hex(tl_bytes(key->b, sizeof key->b)));
    tl_out_one(&call->out, columns, row);
    tl_json_free(row);
}

/* ---- grant ------------------------------------------------------------- */

static enum tl_status read_grant(const struct tl_call *call, struct tl_body_key_grant *body)
{
    const char *rights = tl_opt_value(&call->args, "rights");
    const char *expires = tl_opt_value(&call->args, "expires");
    enum tl_status status = tl_cmd_words(call, 1, 1, "the key's name");

    if (status != TL_OK)
        return status;
    body->name = tl_bytes_str(call->args.word[0]);
    status = TL_ERR_USAGE;
    if (tl_opt_value(&call->args, "dir") == NULL)
        (void)tl_fail(status, "see: tally key grant --help", "missing: --dir");
    else if (!tl_words_parse(&tl_right_words, rights != NULL ? rights : "read", &body->rights))
        (void)tl_fail(status, "see: tally key grant --help", "cannot read --rights '%s'", rights);
    else if (expires != NULL && !tl_key_expiry_parse(expires, &body->expires_ms))
        (void)tl_fail(status, "a day is written like 2027-12-31", "cannot read --expires '%s'",
                      expires);
    else
        status = TL_OK;
    return status;
}

static int run_grant(struct tl_call *call)
{
    struct tl_body_key_grant body = {0};
    struct tl_connection connection;
    struct tl_why why = {""};
    enum tl_status status = read_grant(call, &body);

    if (status == TL_OK)
        status = tl_connect(&connection, &call->args);
    if (status != TL_OK)
        return tl_status_exit(status);
    status = tl_memberdir_make_author(tl_opt_value(&call->args, "dir"), connection.key.member,
                                      call->args.word[0], &body.key, &why);
    if (status == TL_OK)
        status = state(connection.client, TL_ENTRY_KEY_GRANT, &body, &why);
    if (status != TL_OK)
        (void)tl_fail(status, NULL, "cannot grant key '%s': %s", call->args.word[0], why.text);
    else
        answer(call, "granted", &body.key);
    tl_disconnect(&connection);
    return tl_status_exit(status);
}

/* ---- revoke ------------------------------------------------------------ */

/* 64 hex digits, or a key file. */
static enum tl_status read_key(const char *word, struct tl_pubkey *out)
{
    struct tl_keyfile key;
    struct tl_why why = {""};
    enum tl_status status;

    if (strlen(word) == 2u * TL_PUBKEY_BYTES && tl_unhex(out->b, sizeof out->b, word))
        return TL_OK;
    status = tl_keyfile_load_public(&key, word, &why);
    if (status != TL_OK)
        (void)tl_fail(status, "give a .key.pub file or 64 hex digits", "cannot read key '%s': %s",
                      word, why.text);
    *out = key.pub;
    return status;
}

static int run_revoke(struct tl_call *call)
{
    struct tl_body_key_revoke body = {{{0}}};
    struct tl_connection connection;
    struct tl_why why = {""};
    enum tl_status status = tl_cmd_words(call, 1, 1, "the key: a .key.pub file or 64 hex digits");

    if (status == TL_OK)
        status = read_key(call->args.word[0], &body.key);
    if (status == TL_OK)
        status = tl_connect(&connection, &call->args);
    if (status != TL_OK)
        return tl_status_exit(status);
    status = state(connection.client, TL_ENTRY_KEY_REVOKE, &body, &why);
    if (status != TL_OK)
        (void)tl_fail(status, NULL, "cannot revoke key '%s': %s", call->args.word[0], why.text);
    else
        answer(call, "revoked", &body.key);
    tl_disconnect(&connection);
    return tl_status_exit(status);
}

const struct tl_cmd tl_cmd_key_grant = {
    .name = "key grant",
    .usage = "NAME --dir DIR [--rights LIST] [--expires DATE]",
    .summary = "make a key that may ask your node, and let the ledger know it",
    .more = "A granted key reads and operates; it writes nothing.  Keys that write stand in the\n"
            "genesis file or come with an epoch.  Your own key needs the right keys.",
    .options = grant_options,
    .run = run_grant};

const struct tl_cmd tl_cmd_key_revoke = {
    .name = "key revoke",
    .usage = "KEY",
    .summary = "take a key of your member back, for good",
    .more = "Every node refuses it from the block on in which the entry is final; what it still\n"
            "writes is recorded and has no effect.",
    .options = revoke_options,
    .run = run_revoke};
