/* Defaults from the member's directory, then the file, then the checks. */
#include "tl/config.h"

#include "tl/inclusion.h"
#include "tl/memberdir.h"
#include "tl/yaml.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static void put(struct tl_config_value *value, const char *text, const char *source)
{
    (void)snprintf(value->text, sizeof value->text, "%s", text);
    (void)snprintf(value->source, sizeof value->source, "%s", source);
}

static bool put_item(struct tl_config *config, struct tl_config_value *value,
                     enum tl_memberdir_item item)
{
    put(value, "", "default");
    return tl_memberdir_path(value->text, sizeof value->text, config->dir, item);
}

static bool put_defaults(struct tl_config *config)
{
    put(&config->listen, "", "genesis");
    put(&config->api_listen, "", "default");
    put(&config->peers, "", "default");
    put(&config->log_level, "info", "default");
    put(&config->mempool_mib, "32", "default");
    put(&config->signature_threads, "2", "default");
    put(&config->promise_ms, "60000", "default");
    put(&config->snapshot_after, "2000", "default");
    return put_item(config, &config->genesis, TL_MEMBERDIR_GENESIS) &&
           put_item(config, &config->keys, TL_MEMBERDIR_KEYS) &&
           put_item(config, &config->tls_cert, TL_MEMBERDIR_TLS_CERT) &&
           put_item(config, &config->data, TL_MEMBERDIR_DATA) &&
           put_item(config, &config->journal_a, TL_MEMBERDIR_JOURNAL_A) &&
           put_item(config, &config->journal_b, TL_MEMBERDIR_JOURNAL_B) &&
           put_item(config, &config->vault, TL_MEMBERDIR_VAULT) &&
           put_item(config, &config->vault_keys_a, TL_MEMBERDIR_VAULT_KEYS_A) &&
           put_item(config, &config->vault_keys_b, TL_MEMBERDIR_VAULT_KEYS_B) &&
           put_item(config, &config->api_socket, TL_MEMBERDIR_SOCKET);
}

static bool is_path(const struct tl_config *config, const struct tl_config_value *value)
{
    return value != &config->listen && value != &config->api_listen &&
           value != &config->log_level && value != &config->mempool_mib &&
           value != &config->signature_threads && value != &config->promise_ms &&
           value != &config->snapshot_after;
}

static enum tl_status take(struct tl_config *config, const struct tl_yaml *doc, const char *key,
                           struct tl_config_value *value, struct tl_why *why)
{
    const struct tl_yaml_node *node = tl_yaml_get(doc->root, key);
    struct tl_bytes text;
    char word[TL_PATH_MAX];
    enum tl_status st;

    if (node == NULL)
        return TL_OK;
    st = tl_yaml_str(doc, node, TL_PATH_MAX / 2, &text, why);
    if (st != TL_OK)
        return st;
    (void)snprintf(word, sizeof word, "%.*s", (int)text.len, (const char *)text.ptr);
    (void)snprintf(value->source, sizeof value->source, "%s:%u", doc->name, (unsigned)node->line);
    if (!is_path(config, value) || word[0] == '/')
        (void)snprintf(value->text, sizeof value->text, "%s", word);
    else if (!tl_path_join(value->text, sizeof value->text, config->dir, word))
        return tl_yaml_fail(doc, node, TL_ERR_LIMIT, why, "path is too long");
    return TL_OK;
}

static enum tl_status take_all(struct tl_config *config, const struct tl_yaml *doc,
                               struct tl_why *why)
{
    static const char *const keys[] = {
#define X(name, key, what) key,
        TL_CONFIG_TABLE(X)
#undef X
            NULL};
    enum tl_status st = tl_yaml_kind_is(doc, doc->root, TL_YAML_MAP, why);

    if (st == TL_OK)
        st = tl_yaml_only(doc, doc->root, keys, why);
#define X(name, key, what)                                                                         \
    if (st == TL_OK)                                                                               \
        st = take(config, doc, key, &config->name, why);
    TL_CONFIG_TABLE(X)
#undef X
    return st;
}

static enum tl_status number(const struct tl_config_value *value, const char *key, long max,
                             uint32_t *out, struct tl_why *why)
{
    char *end;
    long n = strtol(value->text, &end, 10);

    if (end == value->text || *end != '\0' || n < 1 || n > max)
        return tl_why_set(why, TL_ERR_RANGE, "%s: \"%s\" is \"%s\"; give a number from 1 to %ld",
                          value->source, key, value->text, max);
    *out = (uint32_t)n;
    return TL_OK;
}

static enum tl_status check(struct tl_config *config, struct tl_why *why)
{
    uint32_t mib = 0;
    enum tl_status st;

    if (!tl_log_level_find(config->log_level.text, &config->level))
        return tl_why_set(why, TL_ERR_RANGE,
                          "%s: \"log-level\" is \"%s\"; give trace, debug, info, odd or broken",
                          config->log_level.source, config->log_level.text);
    st = number(&config->mempool_mib, "mempool-mib", 256, &mib, why);
    if (st == TL_OK) {
        config->mempool_bytes = mib << 20;
        st = number(&config->signature_threads, "signature-threads", 16, &config->threads, why);
        if (st == TL_OK)
            st = number(&config->promise_ms, "promise-ms", (long)TL_PROMISE_MS_MAX,
                        &config->promise_time_ms, why);
    }
    config->snapshot_after_blocks = UINT32_MAX;
    if (st == TL_OK && strcmp(config->snapshot_after.text, "never") != 0)
        st = number(&config->snapshot_after, "snapshot-after", 1000000000,
                    &config->snapshot_after_blocks, why);
    return st;
}

enum tl_status tl_config_load(struct tl_config *config, const char *dir, const char *file,
                              struct tl_why *why)
{
    char path[TL_PATH_MAX];
    struct tl_yaml doc;
    enum tl_status st = TL_OK;

    memset(config, 0, sizeof *config);
    (void)snprintf(config->dir, sizeof config->dir, "%s", dir);
    if (!put_defaults(config) || !tl_memberdir_path(path, sizeof path, dir, TL_MEMBERDIR_CONFIG))
        return tl_why_set(why, TL_ERR_LIMIT, "directory name \"%s\" is too long", dir);
    if (file != NULL)
        (void)snprintf(path, sizeof path, "%s", file);
    if (file != NULL || tl_file_exists(path)) {
        st = tl_yaml_load(&doc, path, why);
        if (st == TL_OK) {
            st = take_all(config, &doc, why);
            tl_yaml_free(&doc);
        }
    }
    return st == TL_OK ? check(config, why) : st;
}

void tl_config_print(const struct tl_config *config, void *out)
{
#define X(name, key, what)                                                                         \
    (void)fprintf(out, "%-18s = %-40s # %s; from %s\n", key, config->name.text, what,              \
                  config->name.source);
    TL_CONFIG_TABLE(X)
#undef X
}
