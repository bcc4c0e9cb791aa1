/* Which member this node is, and the keys it is one by.
 *
 * A key that the next epoch names lies beside the one in use, as NAME.next.key;
 * the node takes whichever of the two its epoch names, and moves the new one into
 * place when its epoch has begun (the old one stays as NAME.key.old).  Whoever has
 * no vote (a newcomer whose epoch is still ahead, or a member that is suspended)
 * follows without signing. */
#include "node.h"

#include "tl/check.h"
#include "tl/logline.h"

#include <stdio.h>
#include <string.h>

/* NAME.key -> NAME.next.key; tls.crt -> tls.next.crt */
static bool next_name(char out[TL_PATH_MAX], const char *path)
{
    const char *dot = strrchr(path, '.');
    int len;

    if (dot == NULL)
        return false;
    len = snprintf(out, TL_PATH_MAX, "%.*s.next%s", (int)(dot - path), path, dot);
    return len > 0 && len < (int)TL_PATH_MAX;
}

static bool key_path(const struct tl_node *node, const char *name, bool next, char out[TL_PATH_MAX])
{
    char path[TL_PATH_MAX];

    if (!tl_path_join(path, sizeof path, node->config.keys.text, name))
        return false;
    if (next)
        return next_name(out, path);
    (void)snprintf(out, TL_PATH_MAX, "%s", path);
    return true;
}

static enum tl_status load_one(struct tl_node *node, const char *name, bool next,
                               enum tl_key_role role, struct tl_keyfile *key, struct tl_why *why)
{
    char path[TL_PATH_MAX];

    if (!key_path(node, name, next, path))
        return tl_why_set(why, TL_ERR_LIMIT, "path \"%s\" is too long", node->config.keys.text);
    if (next && !tl_file_exists(path))
        return TL_ERR_NOT_FOUND;
    return tl_keyfile_load(key, path, role, why);
}

/* The key of this role that the epoch names, out of the two that may be there. */
static bool load_named(struct tl_node *node, const char *name, enum tl_key_role role,
                       const struct tl_pubkey *named, struct tl_keyfile *key)
{
    struct tl_why why;

    for (int next = 0; next < 2; next++) {
        if (load_one(node, name, next != 0, role, key, &why) == TL_OK &&
            memcmp(key->pub.b, named->b, sizeof named->b) == 0)
            return true;
        tl_keyfile_wipe(key);
    }
    return false;
}

static bool load_tls(struct tl_node *node, struct tl_bytes named)
{
    const char *cert = node->config.tls_cert.text;
    struct tl_tls_identity identity;
    char key[TL_PATH_MAX];
    char next_cert[TL_PATH_MAX];
    struct tl_why why;

    for (int next = 0; next < 2; next++) {
        if (!key_path(node, "tls.key", next != 0, key) || !next_name(next_cert, cert))
            return false;
        if (tl_tls_identity_load(&identity, key, next != 0 ? next_cert : cert, &why) != TL_OK)
            continue;
        if (tl_bytes_eq(named, tl_bytes(identity.cert_der, identity.cert_der_len))) {
            node->identity = identity;
            return true;
        }
        tl_tls_identity_wipe(&identity);
    }
    return false;
}

/* False: some key that the epoch names for us is not here. */
static bool load_keys(struct tl_node *node, const struct tl_member *member)
{
    return load_named(node, "log.key", TL_KEY_LOG, &member->log_key, &node->log_key) &&
           load_named(node, "cosign.key", TL_KEY_COSIGN, &member->cosign_key, &node->cosign_key) &&
           load_named(node, "vault.key", TL_KEY_VAULT, &member->vault_key, &node->vault_key) &&
           load_tls(node, member->tls_cert);
}

static bool place_in(const struct tl_genesis *genesis, const struct tl_pubkey *key, uint32_t *place)
{
    struct tl_member member;

    for (uint32_t m = 0; tl_genesis_member(genesis, m, &member); m++) {
        if (memcmp(member.consensus_key.b, key->b, sizeof key->b) == 0) {
            *place = m;
            return true;
        }
    }
    return false;
}

static void set_self(struct tl_node *node, uint32_t place, const struct tl_member *member)
{
    node->self = place;
    memset(node->id, 0, sizeof node->id);
    memcpy(node->id, member->id.ptr, member->id.len);
}

bool tl_identity_votes(const struct tl_node *node)
{
    return node->self < node->voters.count && (node->voters.silent >> node->self & 1u) == 0 &&
           node->holds_key;
}

/* By the epoch in force, or by the one others have told of. */
static bool find_self(struct tl_node *node, const struct tl_keyfile *consensus,
                      struct tl_member *member)
{
    uint32_t place;
    const struct tl_genesis *home = &node->epoch.genesis;

    if (!place_in(home, &consensus->pub, &place)) {
        home = &node->peers.genesis;
        if (node->peers.number <= node->epoch.number || !place_in(home, &consensus->pub, &place))
            return false;
    }
    TL_CHECK(tl_genesis_member(home, place, member));
    set_self(node, place, member);
    node->holds_key = home == &node->epoch.genesis;
    return true;
}

enum tl_status tl_identity_open(struct tl_node *node, struct tl_keyfile *consensus,
                                struct tl_why *why)
{
    struct tl_member member;
    enum tl_status st = load_one(node, "consensus.key", false, TL_KEY_CONSENSUS, consensus, why);
    bool found = st == TL_OK && find_self(node, consensus, &member);

    if (!found) {
        struct tl_keyfile next;
        struct tl_why ignored;

        if (load_one(node, "consensus.key", true, TL_KEY_CONSENSUS, &next, &ignored) == TL_OK) {
            *consensus = next;
            st = TL_OK;
            found = find_self(node, consensus, &member);
        }
        tl_keyfile_wipe(&next);
    }
    if (st != TL_OK)
        return st;
    if (!found)
        return tl_why_set(why, TL_ERR_DENIED,
                          "the consensus key in \"%s\" belongs to no member of genesis \"%s\"; use "
                          "the keys genesis was made with, or give \"peers\" if a later epoch "
                          "has it",
                          node->config.keys.text, node->config.genesis.text);
    if (!load_keys(node, &member))
        return tl_why_set(
            why, TL_ERR_DENIED,
            "log key, cosign key, vault key or TLS certificate in \"%s\" is not the one genesis "
            "has for member \"%s\"; use the keys genesis was made with",
            node->config.keys.text, node->id);
    return TL_OK;
}

/* ---- a new epoch ---- */

static void move_file(const char *path)
{
    char next[TL_PATH_MAX];
    char old[TL_PATH_MAX + 8];

    if (!next_name(next, path) || !tl_file_exists(next))
        return;
    (void)snprintf(old, sizeof old, "%s.old", path);
    if (rename(path, old) != 0 || rename(next, path) != 0)
        tl_log(TL_LOG_ODD, "key-not-moved", tl_log_str("file", next));
}

static void move_key(struct tl_node *node, const char *name)
{
    char path[TL_PATH_MAX];

    if (key_path(node, name, false, path))
        move_file(path);
}

/* A key that was not in place before is now the one in use. */
static bool is_next(struct tl_node *node, const char *name, enum tl_key_role role,
                    const struct tl_pubkey *pub)
{
    struct tl_keyfile key;
    struct tl_why why;
    bool next = load_one(node, name, true, role, &key, &why) == TL_OK &&
                memcmp(key.pub.b, pub->b, sizeof pub->b) == 0;

    tl_keyfile_wipe(&key);
    return next;
}

static void move_into_place(struct tl_node *node, const struct tl_member *member)
{
    const char *cert = node->config.tls_cert.text;
    struct tl_tls_identity identity;
    char next_key[TL_PATH_MAX];
    char next_cert[TL_PATH_MAX];
    struct tl_why why;

    if (is_next(node, "consensus.key", TL_KEY_CONSENSUS, &member->consensus_key))
        move_key(node, "consensus.key");
    if (is_next(node, "log.key", TL_KEY_LOG, &member->log_key))
        move_key(node, "log.key");
    if (is_next(node, "cosign.key", TL_KEY_COSIGN, &member->cosign_key))
        move_key(node, "cosign.key");
    if (is_next(node, "vault.key", TL_KEY_VAULT, &member->vault_key))
        move_key(node, "vault.key");
    if (!key_path(node, "tls.key", true, next_key) || !next_name(next_cert, cert) ||
        !tl_file_exists(next_key) ||
        tl_tls_identity_load(&identity, next_key, next_cert, &why) != TL_OK)
        return;
    if (tl_bytes_eq(member->tls_cert, tl_bytes(identity.cert_der, identity.cert_der_len))) {
        move_key(node, "tls.key");
        move_file(cert);
    }
    tl_tls_identity_wipe(&identity);
}

void tl_identity_turn(struct tl_node *node, struct tl_keyfile *consensus)
{
    struct tl_member member;

    node->holds_key = false;
    if (!tl_genesis_member(&node->epoch.genesis, node->self, &member))
        return;
    node->holds_key =
        load_named(node, "consensus.key", TL_KEY_CONSENSUS, &member.consensus_key, consensus);
    if (!load_keys(node, &member) || !node->holds_key) {
        tl_log(TL_LOG_BROKEN, "keys-not-here", tl_log_uint("epoch", node->epoch.number),
               tl_log_str("keys", node->config.keys.text));
        return;
    }
    move_into_place(node, &member);
}
