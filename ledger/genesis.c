/* The rules a genesis file must keep.  See genesis.h.
 *
 * Each rule is a sentence; the first one broken is handed out as it stands. */
#include "tl/genesis.h"

#include "genesis_decode.h"
#include "tl/check.h"
#include "tl/entry.h"
#include "tl/hash.h"

#include <string.h>

static const char file_domain[] = "tallystick/genesis/v1";
static const char members_domain[] = "tallystick/members/v1";

static const char *const time_source_words[] = {
    [TL_TIME_BLOCK] = "block",
    [TL_TIME_CALENDAR] = "calendar",
};
const struct tl_names tl_time_source_names = {
    time_source_words,
    sizeof time_source_words / sizeof time_source_words[0],
};

TL_DEFINE_RECORD(tl_member_key, TL_MEMBER_KEY_FIELDS)
TL_DEFINE_RECORD(tl_member, TL_MEMBER_FIELDS)
TL_DEFINE_RECORD(tl_genesis, TL_GENESIS_FIELDS)

/* Consensus, log, cosignature and vault key of each member, and what it writes with. */
#define KEYS_MAX (TL_MEMBERS_MAX * (4u + TL_MEMBER_KEYS_MAX))

/* A block must hold any single entry. */
#define BLOCK_BYTES_MIN (1u << 17)

static bool is_lower_or_digit(uint8_t c)
{
    return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9');
}

/* One DNS label: a member's id is also its name in TLS and in file names. */
static bool is_label(struct tl_bytes text)
{
    if (text.len == 0 || text.ptr[0] == '-' || text.ptr[text.len - 1] == '-')
        return false;
    for (size_t i = 0; i < text.len; i++) {
        if (!is_lower_or_digit(text.ptr[i]) && text.ptr[i] != '-')
            return false;
    }
    return true;
}

/* Fit for the origin line and key name of a signed note: visible ASCII
 * without the plus sign that separates the parts of a verifier key. */
static bool is_origin(struct tl_bytes text)
{
    for (size_t i = 0; i < text.len; i++) {
        if (text.ptr[i] <= ' ' || text.ptr[i] > '~' || text.ptr[i] == '+')
            return false;
    }
    return text.len != 0;
}

static bool is_port(struct tl_bytes text)
{
    uint32_t port = 0;

    if (text.len == 0 || text.len > 5 || text.ptr[0] == '0')
        return false;
    for (size_t i = 0; i < text.len; i++) {
        if (text.ptr[i] < '0' || text.ptr[i] > '9')
            return false;
        port = port * 10 + (uint32_t)(text.ptr[i] - '0');
    }
    return port <= UINT16_MAX;
}

static bool is_host_port(struct tl_bytes text)
{
    size_t colon = text.len;

    while (colon > 0 && text.ptr[colon - 1] != ':')
        colon--;
    if (colon < 2)
        return false;
    return is_origin(tl_bytes(text.ptr, colon - 1)) &&
           is_port(tl_bytes(text.ptr + colon, text.len - colon));
}

/* The first rule the numbers break, or NULL. */
static const char *numbers_fault(const struct tl_genesis *g)
{
    if (g->format != 1)
        return "format must be 1";
    if (!is_origin(g->name))
        return "name must be visible ASCII without spaces and '+'";
    if (g->state_bits < TL_STATE_BITS_MIN)
        return "state_bits must be at least 4";
    if (g->block_bytes < BLOCK_BYTES_MIN)
        return "block_bytes must be at least 131072";
    if (g->delta_ms == 0)
        return "delta_ms must not be zero";
    if (g->drift_ms == 0)
        return "drift_ms must not be zero";
    if (g->first_date < TL_DATE_MIN || g->first_date > TL_DATE_MAX)
        return "first_date must lie between 1900-01-01 and 2199-12-31";
    return NULL;
}

static const char *quorum_fault(const struct tl_genesis *g, uint32_t silent)
{
    uint32_t n = g->members.count;

    if ((uint64_t)silent >> n != 0)
        return "only members can be suspended or removed";
    n -= tl_popcount32(silent);
    if (n == 0)
        return "members must not be empty";
    if (g->quorum > n)
        return "quorum must not exceed the number of members";
    if (2u * g->quorum <= n)
        return "quorum must be more than half of the members";
    if (g->quorum < 2u * n / 3u + 1u && !g->accept_weak_quorum)
        return "quorum below two thirds of the members needs accept_weak_quorum";
    return NULL;
}

static const char *member_fault(const struct tl_member *m)
{
    if (!is_label(m->id))
        return "member id must be lower-case letters, digits and inner '-'";
    if (m->roles == 0)
        return "member must have a role";
    if (!is_host_port(m->address))
        return "member address must be host:port";
    if (m->tls_cert.len == 0)
        return "member must have a TLS certificate";
    return NULL;
}

static const char *twins_fault(const struct tl_member *a, const struct tl_member *b)
{
    if (tl_bytes_eq(a->id, b->id))
        return "member ids must differ";
    if (tl_bytes_eq(a->address, b->address))
        return "member addresses must differ";
    if (tl_bytes_eq(a->tls_cert, b->tls_cert))
        return "TLS certificates must differ";
    return NULL;
}

static const char *members_fault(struct tl_list members)
{
    const char *why = NULL;
    struct tl_member member;
    struct tl_member other;

    while (why == NULL && tl_list_next(&members, &tl_member_record, &member)) {
        struct tl_list rest = members;

        why = member_fault(&member);
        while (why == NULL && tl_list_next(&rest, &tl_member_record, &other))
            why = twins_fault(&member, &other);
    }
    return why;
}

static const char *key_names_fault(struct tl_list keys)
{
    struct tl_member_key key;
    struct tl_member_key other;

    while (tl_list_next(&keys, &tl_member_key_record, &key)) {
        struct tl_list rest = keys;

        if (!is_label(key.name))
            return "key name must be lower-case letters, digits and inner '-'";
        if (key.rights == 0)
            return "key must have a right";
        while (tl_list_next(&rest, &tl_member_key_record, &other)) {
            if (tl_bytes_eq(key.name, other.name))
                return "key names of one member must differ";
        }
    }
    return NULL;
}

/* Every key of the file in one place: a key has one owner and one purpose. */
struct key_set {
    uint32_t count;
    struct tl_pubkey key[KEYS_MAX];
};

static const char *key_set_add(struct key_set *set, const struct tl_pubkey *key)
{
    TL_CHECK(set->count < KEYS_MAX);
    for (uint32_t i = 0; i < set->count; i++) {
        if (memcmp(set->key[i].b, key->b, sizeof key->b) == 0)
            return "keys must differ, also between purposes";
    }
    set->key[set->count++] = *key;
    return NULL;
}

static const char *signing_key_add(struct key_set *set, const struct tl_pubkey *key)
{
    return tl_pubkey_valid(key) ? key_set_add(set, key) : "key is not a valid Ed25519 public key";
}

/* An X25519 key is any string of 32 bytes; what nobody can open anything with is
 * found out by whoever seals to it (host/vault_box.c). */
static const char *vault_key_add(struct key_set *set, const struct tl_pubkey *key)
{
    static const struct tl_pubkey none = {{0}};

    if (memcmp(none.b, key->b, sizeof key->b) == 0)
        return "member must have a vault key";
    return key_set_add(set, key);
}

static const char *member_keys_fault(const struct tl_member *m, struct key_set *set)
{
    const struct tl_pubkey *own[] = {&m->consensus_key, &m->log_key, &m->cosign_key};
    struct tl_list keys = m->keys;
    const char *why = key_names_fault(keys);
    struct tl_member_key key;

    for (size_t i = 0; why == NULL && i < sizeof own / sizeof own[0]; i++)
        why = signing_key_add(set, own[i]);
    if (why == NULL)
        why = vault_key_add(set, &m->vault_key);
    while (why == NULL && tl_list_next(&keys, &tl_member_key_record, &key))
        why = signing_key_add(set, &key.key);
    return why;
}

static const char *keys_fault(struct tl_list members)
{
    struct key_set set;
    struct tl_member member;
    const char *why = NULL;

    set.count = 0;
    while (why == NULL && tl_list_next(&members, &tl_member_record, &member))
        why = member_keys_fault(&member, &set);
    return why;
}

static const char *first_fault(const struct tl_genesis *g, uint32_t silent)
{
    const char *why = numbers_fault(g);

    if (why == NULL)
        why = quorum_fault(g, silent);
    if (why == NULL)
        why = members_fault(g->members);
    if (why == NULL)
        why = keys_fault(g->members);
    return why;
}

enum tl_status tl_genesis_decode_with(struct tl_genesis *genesis, struct tl_bytes bytes,
                                      uint32_t silent, const char **why)
{
    enum tl_status status = TL_ERR_ENCODING;

    *why = "file is not one canonical genesis record";
    if (bytes.len <= TL_GENESIS_BYTES_MAX)
        status = tl_record_decode(&tl_genesis_record, genesis, bytes);
    if (status == TL_OK)
        *why = first_fault(genesis, silent);
    if (status == TL_OK && *why != NULL)
        status = TL_ERR_RANGE;
    if (status != TL_OK)
        memset(genesis, 0, sizeof *genesis);
    return status;
}

enum tl_status tl_genesis_decode(struct tl_genesis *genesis, struct tl_bytes bytes,
                                 const char **why)
{
    return tl_genesis_decode_with(genesis, bytes, 0, why);
}

void tl_genesis_chain_id(struct tl_hash *out, struct tl_bytes bytes)
{
    tl_hash_domain(out, file_domain, bytes);
}

void tl_genesis_members_hash(struct tl_hash *out, const struct tl_genesis *genesis)
{
    struct tl_hasher hasher;

    tl_hasher_domain(&hasher, members_domain);
    tl_hasher_u64(&hasher, genesis->quorum);
    tl_hasher_put(&hasher, genesis->members.raw);
    tl_hasher_done(&hasher, out);
}

void tl_genesis_voters(struct tl_voters *out, const struct tl_genesis *genesis,
                       const struct tl_hash *chain_id)
{
    struct tl_list members = genesis->members;
    struct tl_member member;

    TL_CHECK(members.count <= TL_MEMBERS_MAX);
    memset(out, 0, sizeof *out);
    out->chain_id = *chain_id;
    out->quorum = genesis->quorum;
    while (tl_list_next(&members, &tl_member_record, &member))
        out->key[out->count++] = member.consensus_key;
}

bool tl_genesis_member(const struct tl_genesis *genesis, uint32_t index, struct tl_member *out)
{
    struct tl_list members = genesis->members;

    for (uint32_t i = 0; tl_list_next(&members, &tl_member_record, out); i++) {
        if (i == index)
            return true;
    }
    memset(out, 0, sizeof *out);
    return false;
}

static bool key_of_member(struct tl_list keys, const struct tl_pubkey *key, struct tl_author *out)
{
    struct tl_member_key own;

    while (tl_list_next(&keys, &tl_member_key_record, &own)) {
        if (memcmp(own.key.b, key->b, sizeof key->b) == 0) {
            out->rights = own.rights;
            out->expires_ms = own.expires_ms;
            return true;
        }
    }
    return false;
}

bool tl_genesis_author(const struct tl_genesis *genesis, const struct tl_pubkey *key,
                       struct tl_author *out)
{
    struct tl_list members = genesis->members;
    struct tl_member member;

    *out = (struct tl_author){0};
    for (uint32_t i = 0; tl_list_next(&members, &tl_member_record, &member); i++) {
        if (key_of_member(member.keys, key, out)) {
            out->member = i;
            out->roles = member.roles;
            return true;
        }
    }
    return false;
}
