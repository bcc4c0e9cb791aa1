#include "connect.h"

#include "say.h"

static enum tl_status missing(const char *what, const char *hint)
{
    (void)tl_fail(TL_ERR_USAGE, hint, "there is no %s to go by", what);
    return TL_ERR_USAGE;
}

static enum tl_status key_load(struct tl_keyfile *key, const char *path)
{
    struct tl_why why = {""};
    enum tl_status status;

    if (path == NULL)
        return missing("key", "give --key FILE or set TALLY_KEY");
    status = tl_keyfile_load(key, path, TL_KEY_AUTHOR, &why);
    if (status != TL_OK)
        (void)tl_fail(status, NULL, "cannot use key '%s': %s", path, why.text);
    return status;
}

static enum tl_status client_open(struct tl_connection *connection, const struct tl_args *args)
{
    struct tl_why why = {""};
    int64_t timeout_s = 30;
    struct tl_client_config config = {.address = tl_opt_value(args, "node"),
                                      .member = tl_opt_value(args, "to"),
                                      .genesis = &connection->genesis,
                                      .key = &connection->key};
    enum tl_status status;

    if (config.address == NULL)
        return missing("node", "give --node ADDRESS or set TALLY_NODE");
    status = tl_opt_between(args, "timeout", (struct tl_bounds){1, 86400}, 30, &timeout_s);
    if (status != TL_OK)
        return status;
    config.timeout_ms = (uint32_t)timeout_s * 1000u;
    status = tl_client_open(&connection->client, &config, &why);
    if (status != TL_OK)
        (void)tl_fail(status,
                      status == TL_ERR_UNREACHABLE ? "is it up?  it is started with: tallyd DIR"
                                                   : NULL,
                      "cannot reach the node: %s", why.text);
    return status;
}

enum tl_status tl_connect(struct tl_connection *connection, const struct tl_args *args)
{
    enum tl_status status;

    *connection = (struct tl_connection){0};
    status = tl_genesis_file_load(&connection->genesis, tl_opt_value(args, "genesis"));
    if (status == TL_OK)
        status = key_load(&connection->key, tl_opt_value(args, "key"));
    if (status == TL_OK)
        status = client_open(connection, args);
    if (status != TL_OK)
        tl_disconnect(connection);
    return status;
}

void tl_disconnect(struct tl_connection *connection)
{
    tl_client_close(connection->client);
    connection->client = NULL;
    tl_keyfile_wipe(&connection->key);
    tl_genesis_file_free(&connection->genesis);
}

enum tl_status tl_ask(struct tl_client *client, const char *what,
                      const struct tl_exchange *exchange)
{
    struct tl_why why = {""};
    enum tl_status status = tl_client_call(client, exchange, &why);

    if (status != TL_OK)
        (void)tl_fail(status, NULL, "cannot %s: %s", what,
                      why.text[0] != '\0' ? why.text : tl_status_text(status));
    return status;
}
