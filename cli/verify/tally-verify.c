/* tally-verify -- a second opinion on a Tallystick ledger's evidence.
 *
 * This file shares nothing with the rest of the project: no header, no function,
 * no author's misreading.  It was written from docs/FORMAT.md and docs/PROTOCOL.md
 * and needs a C17 compiler and libsodium:
 *
 *     cc -O2 -o tally-verify tally-verify.c -lsodium
 *
 * It checks bytes, hashes, links, signatures and quorums:
 *
 *     receipt     a leaf of the log, against a genesis file
 *     checkpoint  who signed the log's size and root, against a policy
 *     export      every block of a ledger and the log they make
 *
 * It does not run contracts.  That a decision follows from the rules, and that a
 * state root is the state's, is what `tally audit` finds by replaying; what is
 * shown here is that a quorum of members signed for them.
 *
 * The first thing that does not hold ends the run with one sentence: `hold` jumps
 * back to `main`.  Nothing goes to stdout before all checks have passed. */
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <setjmp.h>
#include <sodium.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

enum { EXIT_USAGE = 2, EXIT_DOES_NOT_HOLD = 4, EXIT_FILE = 13 };

enum {
    MEMBERS_MAX = 32,
    MEMBER_KEYS_MAX = 128,
    ENVELOPE_ENTRIES_MAX = 4096,
    BLOCK_ENTRIES_MAX = 16384,
    LEAF_MAX = 65535,
    ENTRY_MAX = LEAF_MAX - 64,
    NAMES_MAX = 160,
    NOTE_TEXT_MAX = 4096,
    NOTE_LINES_MAX = 100
};

struct view {
    const uint8_t *at;
    size_t len;
};

struct b32 { /* a hash or a public key */
    uint8_t b[32];
};

/* ---- how a run ends ---- */

static struct {
    jmp_buf back;
    int code;
    char where[64]; /* put before the sentence, e.g. "block 7: " */
    char text[640];
} run;

__attribute__((format(printf, 2, 3))) _Noreturn static void refuse(int code, const char *format,
                                                                   ...)
{
    size_t at = strlen(run.where);
    va_list args;

    memcpy(run.text, run.where, at + 1);
    va_start(args, format);
    (void)vsnprintf(run.text + at, sizeof run.text - at, format, args);
    va_end(args);
    run.code = code;
    longjmp(run.back, 1);
}

#define hold_or(code, holds, ...) ((holds) ? (void)0 : refuse(code, __VA_ARGS__))
#define hold(holds, ...)          hold_or(EXIT_DOES_NOT_HOLD, holds, __VA_ARGS__)

/* The whole file, mapped until the process ends. */
static struct view map_file(const char *path)
{
    int fd = open(path, O_RDONLY);
    struct stat about = {0};
    void *at = (void *)(uintptr_t) "";

    hold_or(EXIT_FILE, fd >= 0 && fstat(fd, &about) == 0 && S_ISREG(about.st_mode),
            "cannot read '%s': %s", path, fd < 0 ? strerror(errno) : "it is no file");
    if (about.st_size > 0)
        at = mmap(NULL, (size_t)about.st_size, PROT_READ, MAP_PRIVATE, fd, 0);
    (void)close(fd);
    hold_or(EXIT_FILE, at != MAP_FAILED, "cannot map '%s': %s", path, strerror(errno));
    return (struct view){at, (size_t)about.st_size};
}

/* ---- views and hashes ---- */

static struct view view_of(const char *text)
{
    return (struct view){(const uint8_t *)text, strlen(text)};
}

static bool same(struct view a, struct view b)
{
    return a.len == b.len && (a.len == 0 || memcmp(a.at, b.at, a.len) == 0);
}

static bool equal(const struct b32 *a, const struct b32 *b)
{
    return memcmp(a->b, b->b, sizeof a->b) == 0;
}

static bool is_zero(const struct b32 *value)
{
    return sodium_is_zero(value->b, sizeof value->b) == 1;
}

static void put_be(uint8_t *out, uint64_t value, size_t width)
{
    for (size_t i = 0; i < width; i++)
        out[i] = (uint8_t)(value >> (8 * (width - 1 - i)));
}

static uint64_t get_be(const uint8_t *at, size_t width)
{
    uint64_t value = 0;

    for (size_t i = 0; i < width; i++)
        value = value << 8 | at[i];
    return value;
}

struct hasher {
    crypto_hash_sha256_state state;
};

static void put(struct hasher *h, const void *bytes, size_t len)
{
    if (len != 0)
        (void)crypto_hash_sha256_update(&h->state, bytes, len);
}

static struct hasher hash_begin(void)
{
    struct hasher h;

    (void)crypto_hash_sha256_init(&h.state);
    return h;
}

static struct hasher hash_under(const char *domain)
{
    struct hasher h = hash_begin();

    put(&h, domain, strlen(domain) + 1);
    return h;
}

static struct b32 hash_end(struct hasher *h)
{
    struct b32 out;

    (void)crypto_hash_sha256_final(&h->state, out.b);
    return out;
}

static struct b32 hash_of(const char *domain, struct view bytes)
{
    struct hasher h = hash_under(domain);

    put(&h, bytes.at, bytes.len);
    return hash_end(&h);
}

/* ---- signatures (PROTOCOL S-1 to S-3) ---- */

static bool signed_by(const struct b32 *key, const uint8_t sig[64], struct view message)
{
    return crypto_core_ed25519_is_valid_point(sig) == 1 &&
           crypto_sign_ed25519_verify_detached(sig, message.at, message.len, key->b) == 0;
}

/* ---- the RFC 6962 tree ---- */

static struct b32 tree_leaf(struct view bytes)
{
    struct hasher h = hash_begin();

    put(&h, "\0", 1);
    put(&h, bytes.at, bytes.len);
    return hash_end(&h);
}

static struct b32 tree_node(const struct b32 *left, const struct b32 *right)
{
    struct hasher h = hash_begin();

    put(&h, "\1", 1);
    put(&h, left->b, sizeof left->b);
    put(&h, right->b, sizeof right->b);
    return hash_end(&h);
}

/* A growing tree: one root for each bit of its size. */
struct tree {
    uint64_t size;
    struct b32 root[64];
};

static void tree_add(struct tree *tree, struct b32 hash)
{
    unsigned level = 0;

    for (; (tree->size >> level & 1) != 0; level++)
        hash = tree_node(&tree->root[level], &hash);
    tree->root[level] = hash;
    tree->size++;
}

static struct b32 tree_root(const struct tree *tree)
{
    struct b32 out;
    bool any = false;

    (void)crypto_hash_sha256(out.b, (const uint8_t *)"", 0);
    for (unsigned level = 0; level < 64; level++) {
        if ((tree->size >> level & 1) == 0)
            continue;
        out = any ? tree_node(&tree->root[level], &out) : tree->root[level];
        any = true;
    }
    return out;
}

/* Walks down to the leaf, noting its side at each split, then folds the path up. */
static bool tree_includes(struct b32 hash, uint64_t index, uint64_t size, struct view path,
                          const struct b32 *root)
{
    bool right[64];
    size_t depth = 0;

    if (index >= size || path.len % 32 != 0)
        return false;
    while (size > 1) {
        uint64_t half = 1;

        while (half < size - half)
            half *= 2;
        right[depth] = index >= half;
        index -= right[depth] ? half : 0;
        size = right[depth] ? size - half : half;
        depth++;
    }
    if (path.len != 32 * depth)
        return false;
    for (size_t i = 0; i < depth; i++) {
        struct b32 sibling;

        memcpy(sibling.b, path.at + 32 * i, 32);
        hash = right[depth - 1 - i] ? tree_node(&sibling, &hash) : tree_node(&hash, &sibling);
    }
    return equal(&hash, root);
}

/* ---- the canonical subset of MessagePack ---- */

struct reader {
    const uint8_t *at, *end;
    const char *what; /* for the sentence when it is not canonical */
};

static struct reader read_from(struct view bytes, const char *what)
{
    return (struct reader){bytes.at, bytes.at + bytes.len, what};
}

static void canonical(const struct reader *r, bool holds)
{
    hold(holds, "%s is not in canonical form", r->what);
}

static const uint8_t *take(struct reader *r, uint64_t len)
{
    const uint8_t *at = r->at;

    canonical(r, len <= (uint64_t)(r->end - r->at));
    r->at += len;
    return at;
}

enum kind { UINT = 'u', NEGATIVE = 'n', BOOL = 'b', TEXT = 't', BINARY = 'y', ARRAY = 'a' };

/* One value; of an array only its head, of a negative number only its size. */
struct item {
    enum kind kind;
    uint64_t n; /* number, boolean, count, length */
    struct view bytes;
};

/* The least number (of a negative one: size) that needs `width` bytes. */
static uint64_t least_of(enum kind kind, unsigned width)
{
    if (width == 1)
        return kind == UINT ? 0x80 : kind == NEGATIVE ? 33 : kind == TEXT ? 32 : 0;
    if (kind == NEGATIVE)
        return (1ull << (4 * width - 1)) + 1;
    return kind == ARRAY && width == 2 ? 16 : 1ull << 4 * width;
}

/* Tags from c4 to dd are followed by a number. */
static struct item read_wide(struct reader *r, uint8_t tag)
{
    static const char kinds[] = "yyy     uuuunnnn     tttaa";
    static const char widths[] = "124     12481248     12424";
    struct item item = {.kind = 0};
    unsigned width;

    canonical(r, tag >= 0xc4 && tag <= 0xdd && kinds[tag - 0xc4] != ' ');
    item.kind = (enum kind)kinds[tag - 0xc4];
    width = (unsigned)(widths[tag - 0xc4] - '0');
    item.n = get_be(take(r, width), width);
    if (item.kind == NEGATIVE) {
        canonical(r, item.n >> (8 * width - 1) == 1);
        item.n = 0 - (width == 8 ? item.n : item.n | UINT64_MAX << 8 * width);
    }
    canonical(r, item.n >= least_of(item.kind, width));
    return item;
}

static struct item read_item(struct reader *r)
{
    uint8_t tag = *take(r, 1);
    struct item item;

    if (tag <= 0x7f || tag >= 0xe0)
        item = (struct item){.kind = tag <= 0x7f ? UINT : NEGATIVE, .n = tag};
    else if (tag >= 0x90 && tag <= 0x9f)
        item = (struct item){.kind = ARRAY, .n = tag & 15u};
    else if (tag >= 0xa0 && tag <= 0xbf)
        item = (struct item){.kind = TEXT, .n = tag & 31u};
    else if (tag == 0xc2 || tag == 0xc3)
        item = (struct item){.kind = BOOL, .n = tag & 1u};
    else
        item = read_wide(r, tag);
    if (item.kind == TEXT || item.kind == BINARY)
        item.bytes = (struct view){take(r, item.n), (size_t)item.n};
    for (size_t i = 0; item.kind == TEXT && i < item.n; i++)
        canonical(r, item.bytes.at[i] >= 0x20 && item.bytes.at[i] != 0x7f);
    return item;
}

static uint64_t read_count(struct reader *r, uint64_t max)
{
    struct item item = read_item(r);

    canonical(r, item.kind == ARRAY && item.n <= max);
    return item.n;
}

/* One whole value, as its bytes. */
static struct view read_value(struct reader *r)
{
    const uint8_t *start = r->at;

    for (uint64_t left = 1; left != 0; left--) {
        struct item item = read_item(r);

        left += item.kind == ARRAY ? item.n : 0;
    }
    return (struct view){start, (size_t)(r->at - start)};
}

static void read_end(const struct reader *r)
{
    canonical(r, r->at == r->end);
}

static void put_field(struct reader *r, char kind, void *out)
{
    struct item item = read_item(r);
    size_t fixed = kind == 'h' ? 32 : kind == 's' ? 64 : 0;

    canonical(r,
              fixed == 0 ? item.kind == (enum kind)kind : item.kind == BINARY && item.n == fixed);
    if (kind == 'h')
        memcpy(out, item.bytes.at, fixed);
    else if (kind == 's')
        *(const uint8_t **)out = item.bytes.at;
    else if (item.kind == TEXT || item.kind == BINARY)
        *(struct view *)out = item.bytes;
    else
        *(uint64_t *)out = item.n;
}

/* A record: an array of its fields, all of them.  For each a letter and a place:
 * u b a  number, boolean, head of an array   uint64_t
 * t y v  text, binary, any value's bytes     struct view
 * h s    32 bytes, 64 bytes                  struct b32, const uint8_t *
 * -      any value, no place */
static void read_fields(struct reader *r, const char *kinds, ...)
{
    va_list places;

    canonical(r, read_count(r, 32) == strlen(kinds));
    va_start(places, kinds);
    for (; *kinds != '\0'; kinds++) {
        if (*kinds == '-')
            (void)read_value(r);
        else if (*kinds == 'v')
            *va_arg(places, struct view *) = read_value(r);
        else
            put_field(r, *kinds, va_arg(places, void *));
    }
    va_end(places);
}

/* ---- the genesis file ---- */

struct member {
    struct view id;
    struct b32 consensus, log, cosign;
};

/* A key that may sign envelopes, and the last sequence number seen from it. */
struct author {
    struct b32 key;
    uint32_t member;
    uint64_t sequence;
};

struct genesis {
    struct b32 chain_id, members_hash;
    struct view name;
    uint64_t created_ms, quorum, leader_seed;
    uint32_t count, authors;
    struct member member[MEMBERS_MAX];
    struct author author[MEMBERS_MAX * MEMBER_KEYS_MAX];
};

static void read_member(struct reader *r, struct genesis *g)
{
    struct member *m = &g->member[g->count];
    uint64_t keys, rights;

    read_fields(r, "t--hhh--a", &m->id, &m->consensus, &m->log, &m->cosign, &keys);
    hold(keys <= MEMBER_KEYS_MAX, "the genesis file gives a member too many keys");
    for (uint64_t i = 0; i < keys; i++) {
        struct author *author = &g->author[g->authors++];

        author->member = g->count;
        read_fields(r, "-hu-", &author->key, &rights);
    }
    for (uint32_t i = 0; i < g->count; i++)
        hold(!same(g->member[i].id, m->id), "the genesis file names a member twice");
    g->count++;
}

/* Every key is a point of prime order and stands in the file once. */
static void check_keys(const struct genesis *g)
{
    static struct b32 keys[MEMBERS_MAX * (3 + MEMBER_KEYS_MAX)];
    size_t count = 0;

    for (uint32_t i = 0; i < g->count; i++) {
        keys[count++] = g->member[i].consensus;
        keys[count++] = g->member[i].log;
        keys[count++] = g->member[i].cosign;
    }
    for (uint32_t i = 0; i < g->authors; i++)
        keys[count++] = g->author[i].key;
    for (size_t i = 0; i < count; i++) {
        hold(crypto_core_ed25519_is_valid_point(keys[i].b) == 1, "the genesis file has a bad key");
        for (size_t j = 0; j < i; j++)
            hold(!equal(&keys[j], &keys[i]), "the genesis file has one key twice");
    }
}

static void read_members(struct reader *r, struct genesis *g, uint64_t count)
{
    struct hasher h = hash_under("tallystick/members/v1");
    const uint8_t *start = r->at;
    uint8_t quorum[8];

    hold(count > 0 && count <= MEMBERS_MAX, "the genesis file has no members, or too many");
    while (g->count < count)
        read_member(r, g);
    put_be(quorum, g->quorum, sizeof quorum);
    put(&h, quorum, sizeof quorum);
    put(&h, start, (size_t)(r->at - start));
    g->members_hash = hash_end(&h);
}

static void read_genesis(struct genesis *g, struct view file)
{
    struct reader r = read_from(file, "the genesis file");
    struct b32 seed;
    uint64_t format, accept_weak, count;

    memset(g, 0, sizeof *g);
    read_fields(&r, "utuub-------a", &format, &g->name, &g->created_ms, &g->quorum, &accept_weak,
                &count);
    hold(format == 1, "the genesis file is of an unknown format");
    read_members(&r, g, count);
    read_end(&r);
    hold(g->quorum <= count && 2 * g->quorum > count,
         "the genesis file's quorum is not more than half of the members");
    hold(accept_weak == 1 || g->quorum >= 2 * count / 3 + 1, "the genesis file's quorum is weak");
    check_keys(g);
    g->chain_id = hash_of("tallystick/genesis/v1", file);
    (void)crypto_hash_sha256(seed.b, g->chain_id.b, sizeof g->chain_id.b);
    g->leader_seed = get_be(seed.b, 8);
}

static struct author *find_author(struct genesis *g, const struct b32 *key)
{
    for (uint32_t i = 0; i < g->authors; i++) {
        if (equal(&g->author[i].key, key))
            return &g->author[i];
    }
    return NULL;
}

/* ---- certificates ---- */

enum { NOTARIZE = 1, NULLIFY = 2, FINALIZE = 3 };

struct cert {
    uint64_t kind, epoch, view, signers;
    struct b32 hash;
    struct view sigs;
};

static struct cert read_cert(struct reader *r)
{
    struct cert c;

    read_fields(r, "uuuhuy", &c.kind, &c.epoch, &c.view, &c.hash, &c.signers, &c.sigs);
    hold(c.kind >= NOTARIZE && c.kind <= FINALIZE, "a certificate is of no known kind");
    return c;
}

/* PROTOCOL A.2-1 */
static size_t vote_bytes(uint8_t out[128], const struct genesis *g, const struct cert *cert)
{
    static const char domain[] = "tallystick/vote/v1";
    uint8_t *at = out;

    memcpy(at, domain, sizeof domain);
    memcpy(at += sizeof domain, g->chain_id.b, 32);
    *(at += 32) = (uint8_t)cert->kind;
    put_be(at += 1, cert->epoch, 8);
    put_be(at += 8, cert->view, 8);
    memcpy(at += 8, cert->hash.b, 32);
    return (size_t)(at + 32 - out);
}

/* PROTOCOL A.2-3: A certificate MUST carry valid signatures of at least q distinct members of its
 * epoch. */
static void check_cert(const struct genesis *g, const struct cert *cert, const char *what)
{
    uint8_t message[128];
    size_t len = vote_bytes(message, g, cert);
    const uint8_t *sig = cert->sigs.at;
    size_t signers = 0;

    for (uint64_t bits = cert->signers; bits != 0; bits &= bits - 1)
        signers++;
    hold(cert->epoch == 0, "%s is of another epoch", what);
    hold((cert->kind == NULLIFY) == is_zero(&cert->hash), "%s is about the wrong thing", what);
    hold(cert->signers >> g->count == 0, "%s names signers who are no members", what);
    hold(signers >= g->quorum, "%s has %zu signers where %" PRIu64 " are needed", what, signers,
         g->quorum);
    hold(cert->sigs.len == signers * 64, "%s has not one signature for each signer", what);
    for (uint32_t i = 0; i < g->count; i++) {
        if ((cert->signers >> i & 1) == 0)
            continue;
        hold(signed_by(&g->member[i].consensus, sig, (struct view){message, len}),
             "%s: the signature of '%.*s' does not verify", what, (int)g->member[i].id.len,
             (const char *)g->member[i].id.at);
        sig += 64;
    }
}

/* ---- block headers ---- */

struct header {
    struct b32 hash;
    uint64_t view, height, leader, parent_view, time_ms, log_size;
    struct b32 parent_hash, log_root, state_root, body_root, just_root, contract;
};

static struct header read_header(const struct genesis *g, struct view bytes)
{
    struct reader r = read_from(bytes, "the block header");
    struct header h;
    struct b32 chain_id, members, next;
    uint64_t epoch;

    read_fields(&r, "huuu-uhuuuhhhhhhh", &chain_id, &epoch, &h.view, &h.height, &h.leader,
                &h.parent_hash, &h.parent_view, &h.time_ms, &h.log_size, &h.log_root, &h.state_root,
                &h.body_root, &h.just_root, &members, &next, &h.contract);
    read_end(&r);
    hold(equal(&chain_id, &g->chain_id), "the block header belongs to another ledger");
    hold(epoch == 0, "the block header is of another epoch");
    hold(equal(&members, &g->members_hash) && equal(&next, &g->members_hash),
         "the block header names other members");
    h.hash = hash_of("tallystick/hdr/v1", bytes);
    return h;
}

/* PROTOCOL A.3-2 and A.2-2: the leader of its view signed it. */
static void check_leader(const struct genesis *g, const struct header *h, const uint8_t sig[64])
{
    static const char domain[] = "tallystick/prop/v1";
    uint8_t message[sizeof domain + 32];

    hold(h->leader == (h->view + g->leader_seed) % g->count, "the leader is not that of its view");
    memcpy(message, domain, sizeof domain);
    memcpy(message + sizeof domain, h->hash.b, 32);
    hold(signed_by(&g->member[h->leader].consensus, sig, (struct view){message, sizeof message}),
         "the leader's signature does not verify");
}

/* A certificate that makes this very block final. */
static struct cert read_final(const struct genesis *g, const struct header *h, struct view bytes)
{
    struct reader r = read_from(bytes, "the certificate");
    struct cert cert = read_cert(&r);

    read_end(&r);
    hold(cert.kind == FINALIZE && equal(&cert.hash, &h->hash) && cert.view == h->view,
         "the certificate is for something else");
    check_cert(g, &cert, "the certificate");
    return cert;
}

/* ---- envelopes and leaves ---- */

struct envelope {
    struct b32 author, root;
    uint64_t sequence, count;
    const uint8_t *sig;
};

/* Checks the signature; the id is the hash of what is signed. */
static struct b32 check_envelope(const struct genesis *g, const struct envelope *e)
{
    static const char domain[] = "tallystick/env/v1";
    uint8_t message[sizeof domain + 32 + 32 + 8 + 4 + 32];
    uint8_t *at = message;
    struct b32 id;

    memcpy(at, domain, sizeof domain);
    memcpy(at += sizeof domain, g->chain_id.b, 32);
    memcpy(at += 32, e->author.b, 32);
    put_be(at += 32, e->sequence, 8);
    put_be(at += 8, e->count, 4);
    memcpy(at + 4, e->root.b, 32);
    hold(e->count > 0 && e->count <= ENVELOPE_ENTRIES_MAX, "an envelope is empty or too full");
    hold(signed_by(&e->author, e->sig, (struct view){message, sizeof message}),
         "the author's signature does not verify");
    (void)crypto_hash_sha256(id.b, message, sizeof message);
    return id;
}

enum { LEAF_ENTRY = 1, LEAF_DECISION = 2 };

struct leaf {
    uint64_t kind;
    struct b32 envelope;
    uint64_t position;
    struct view bytes;
};

static struct leaf read_leaf(struct view bytes)
{
    struct reader r = read_from(bytes, "the leaf");
    struct leaf leaf;

    read_fields(&r, "uhuy", &leaf.kind, &leaf.envelope, &leaf.position, &leaf.bytes);
    read_end(&r);
    hold(leaf.kind == LEAF_ENTRY || leaf.kind == LEAF_DECISION,
         "the leaf is neither entry nor decision");
    hold(leaf.kind == LEAF_ENTRY || is_zero(&leaf.envelope), "a decision names an envelope");
    return leaf;
}

/* Tag and number of the shortest form, for numbers below 2^16. */
static uint8_t *put_short(uint8_t *at, uint8_t tag, uint64_t n, uint64_t plain)
{
    size_t width = n > 0xff ? 2 : 1;

    if (n >= plain)
        *at++ = (uint8_t)(tag + width - 1);
    put_be(at, n, width);
    return at + width;
}

/* The hash of an entry's leaf, whose bytes are kept nowhere: they follow. */
static struct b32 entry_leaf(const struct b32 *envelope, uint32_t position, struct view entry)
{
    uint8_t head[1 + 4 + 32 + 3 + 3] = {0, 0x94, LEAF_ENTRY, 0xc4, 32}; /* 0: a leaf of the tree */
    struct hasher h = hash_begin();
    uint8_t *at = head + 5;

    memcpy(at, envelope->b, 32);
    at = put_short(at + 32, 0xcc, position, 0x80);
    at = put_short(at, 0xc4, entry.len, 0);
    put(&h, head, (size_t)(at - head));
    put(&h, entry.at, entry.len);
    return hash_end(&h);
}

/* ---- saying what was found ---- */

__attribute__((format(printf, 2, 3))) static void say(const char *name, const char *format, ...)
{
    va_list args;

    (void)printf("%-12s ", name);
    va_start(args, format);
    (void)vprintf(format, args);
    va_end(args);
    (void)putchar('\n');
}

static void say_b32(const char *name, const struct b32 *value)
{
    char hex[65];

    say(name, "%s", sodium_bin2hex(hex, sizeof hex, value->b, sizeof value->b));
}

static void say_view(const char *name, struct view text)
{
    say(name, "%.*s", (int)text.len, (const char *)text.at);
}

/* ---- receipts ---- */

static struct view only_element(struct view list, const char *what)
{
    struct reader r = read_from(list, "the receipt");

    hold(read_count(&r, 1) == 1, "%s", what);
    return (struct view){r.at, (size_t)(r.end - r.at)};
}

static const struct author *check_author(struct genesis *g, const struct leaf *leaf,
                                         struct view list)
{
    struct reader r = read_from(only_element(list, "an entry needs an author"), "the receipt");
    const struct author *author;
    struct envelope e;
    struct view path;
    struct b32 id;

    read_fields(&r, "huuhsy", &e.author, &e.sequence, &e.count, &e.root, &e.sig, &path);
    read_end(&r);
    author = find_author(g, &e.author);
    hold(author != NULL, "the author is not in the genesis file");
    id = check_envelope(g, &e);
    hold(equal(&id, &leaf->envelope), "the envelope is not the one the leaf names");
    hold(tree_includes(tree_leaf(leaf->bytes), leaf->position, e.count, path, &e.root),
         "the entry is not in the envelope its author signed");
    return author;
}

static void say_receipt(const struct genesis *g, const struct header *h, uint64_t signers)
{
    say("height", "%" PRIu64, h->height);
    say_b32("block", &h->hash);
    for (uint32_t i = 0; i < g->count; i++) {
        if ((signers >> i & 1) != 0)
            say_view("signed by", g->member[i].id);
    }
    say_view("ledger", g->name);
    say_b32("chain id", &g->chain_id);
}

static void verify_receipt(struct view file, struct genesis *g)
{
    struct reader r = read_from(file, "the receipt");
    const struct author *author = NULL;
    struct view bytes, path, final, authorship, header, cert_bytes;
    const uint8_t *leader_sig;
    struct b32 chain_id;
    uint64_t format, index;
    struct header h;
    struct cert cert;
    struct leaf leaf;

    read_fields(&r, "uhuyyvv", &format, &chain_id, &index, &bytes, &path, &final, &authorship);
    read_end(&r);
    hold(format == 1, "the receipt is of an unknown format");
    hold(equal(&chain_id, &g->chain_id), "the receipt belongs to another ledger");
    leaf = read_leaf(bytes);
    r = read_from(only_element(final, "the receipt holds no block header"), "the receipt");
    read_fields(&r, "ysv", &header, &leader_sig, &cert_bytes);
    read_end(&r);
    h = read_header(g, header);
    check_leader(g, &h, leader_sig);
    cert = read_final(g, &h, cert_bytes);
    hold(tree_includes(tree_leaf(bytes), index, h.log_size, path, &h.log_root),
         "the leaf is not in the log of that block");
    if (leaf.kind == LEAF_ENTRY)
        author = check_author(g, &leaf, authorship);
    hold(author != NULL || same(authorship, view_of("\x90")), "a decision has no author");
    say("receipt", "valid");
    say("leaf", "%" PRIu64, index);
    say("kind", "%s", author != NULL ? "entry" : "decision");
    if (author != NULL)
        say_view("author", g->member[author->member].id);
    say_receipt(g, &h, cert.signers);
}

/* ---- lines and words ---- */

static bool take_line(struct view *rest, struct view *line)
{
    const uint8_t *end = rest->len == 0 ? NULL : memchr(rest->at, '\n', rest->len);

    if (end == NULL)
        return false;
    *line = (struct view){rest->at, (size_t)(end - rest->at)};
    *rest = (struct view){end + 1, rest->len - line->len - 1};
    return true;
}

static bool take_prefix(struct view *line, const char *prefix)
{
    size_t len = strlen(prefix);

    if (line->len < len || memcmp(line->at, prefix, len) != 0)
        return false;
    *line = (struct view){line->at + len, line->len - len};
    return true;
}

/* What stands before the first `mark`; takes both. */
static bool take_until(struct view *rest, char mark, struct view *part)
{
    const uint8_t *at = rest->len == 0 ? NULL : memchr(rest->at, mark, rest->len);

    if (at == NULL)
        return false;
    *part = (struct view){rest->at, (size_t)(at - rest->at)};
    *rest = (struct view){at + 1, rest->len - part->len - 1};
    return true;
}

static bool take_word(struct view *line, struct view *word)
{
    static const char blanks[2] = {' ', '\t'};

    while (line->len > 0 && memchr(blanks, *line->at, sizeof blanks) != NULL)
        *line = (struct view){line->at + 1, line->len - 1};
    *word = (struct view){line->at, 0};
    while (word->len < line->len && memchr(blanks, word->at[word->len], sizeof blanks) == NULL)
        word->len++;
    *line = (struct view){line->at + word->len, line->len - word->len};
    return word->len != 0;
}

static uint64_t read_decimal(struct view text, const char *what)
{
    uint64_t value = 0;

    hold(text.len > 0 && (text.len == 1 || text.at[0] != '0'), "%s is no number", what);
    for (size_t i = 0; i < text.len; i++) {
        uint8_t digit = (uint8_t)(text.at[i] - '0');

        hold(digit <= 9 && value <= (UINT64_MAX - digit) / 10, "%s is no number", what);
        value = value * 10 + digit;
    }
    return value;
}

/* Canonical base64; gives how many bytes it was, at most `cap`. */
static size_t read_base64(uint8_t *out, size_t cap, struct view text, const char *what)
{
    size_t len = 0;

    hold(text.len > 0 && text.len % 4 == 0 &&
             sodium_base642bin(out, cap, (const char *)text.at, text.len, NULL, &len, NULL,
                               sodium_base64_VARIANT_ORIGINAL) == 0,
         "%s is not base64 as it must be", what);
    return len;
}

static struct b32 read_base64_b32(struct view text, const char *what)
{
    struct b32 value;

    hold(read_base64(value.b, sizeof value.b, text, what) == sizeof value.b, "%s is no hash", what);
    return value;
}

/* ---- verifier keys and policies ---- */

enum { GROUP = 0, LOG_KEY = 1, WITNESS_KEY = 4 };

/* A log, a witness, or a group of what was named before it. */
struct name {
    struct view name; /* in the policy; logs have none */
    uint8_t type;
    struct view key_name;
    struct b32 key;
    uint8_t id[4];
    size_t group;    /* the group it is in, by number; 0: none */
    uint64_t needed; /* of a group: how many */
};

struct policy {
    size_t names; /* the first stands for `quorum none` and is satisfied */
    struct name name[NAMES_MAX];
    size_t quorum;
    bool has_quorum;
};

static void set_id(struct name *n)
{
    struct hasher h = hash_begin();
    struct b32 hash;

    put(&h, n->key_name.at, n->key_name.len);
    put(&h, "\n", 1);
    put(&h, &n->type, 1);
    put(&h, n->key.b, sizeof n->key.b);
    hash = hash_end(&h);
    memcpy(n->id, hash.b, sizeof n->id);
}

/* name+hex key id+base64(type ‖ key) */
static void read_key(struct name *n, struct view text)
{
    struct view hex;
    uint8_t bytes[33];
    char id[9];

    hold(take_until(&text, '+', &n->key_name) && take_until(&text, '+', &hex) &&
             n->key_name.len != 0 &&
             read_base64(bytes, sizeof bytes, text, "the verifier key") == sizeof bytes,
         "this is no verifier key");
    hold(bytes[0] == n->type, "the verifier key is of another type than belongs here");
    memcpy(n->key.b, bytes + 1, sizeof n->key.b);
    hold(crypto_core_ed25519_is_valid_point(n->key.b) == 1, "the verifier key is no good point");
    set_id(n);
    (void)sodium_bin2hex(id, sizeof id, n->id, sizeof n->id);
    hold(same(hex, view_of(id)), "the verifier key's id is not the one of name and key");
}

static size_t find_name(const struct policy *p, struct view name)
{
    size_t i = p->names - 1;

    while (i > 0 && !(p->name[i].type != LOG_KEY && same(p->name[i].name, name)))
        i--;
    return i;
}

static void add_key(struct policy *p, struct name *n, struct view line)
{
    struct view word;

    hold(take_word(&line, &word), "the verifier key is missing");
    read_key(n, word);
    hold(!take_word(&line, &word) || !take_word(&line, &word), "there are too many words");
    for (size_t i = 1; i < p->names; i++)
        hold(p->name[i].type != n->type || !equal(&p->name[i].key, &n->key),
             "this key is there already");
}

static void add_group(struct policy *p, struct name *n, struct view line)
{
    struct view share, word;
    uint64_t count = 0;

    hold(take_word(&line, &share), "a group says any, all or how many");
    for (; take_word(&line, &word); count++) {
        size_t member = find_name(p, word);

        hold(member != 0, "a group names what no line above defines");
        hold(p->name[member].group == 0, "a name is in a group already");
        p->name[member].group = p->names;
    }
    if (same(share, view_of("all")))
        n->needed = count;
    else
        n->needed = same(share, view_of("any")) ? 1 : read_decimal(share, "a group's share");
    hold(n->needed >= 1 && n->needed <= count, "a group needs none, or more than it has");
}

static void set_quorum(struct policy *p, struct view line)
{
    struct view word, more;

    hold(!p->has_quorum && take_word(&line, &word) && !take_word(&line, &more),
         "one quorum line with one name is needed");
    p->has_quorum = true;
    p->quorum = find_name(p, word);
    hold(p->quorum != 0 || same(word, view_of("none")), "the quorum is not defined above");
}

static void read_policy_line(struct policy *p, struct view line)
{
    struct name *n = &p->name[p->names];
    struct view word;

    if (!take_word(&line, &word) || word.at[0] == '#')
        return;
    if (same(word, view_of("quorum"))) {
        set_quorum(p, line);
        return;
    }
    n->type = same(word, view_of("log"))       ? LOG_KEY
              : same(word, view_of("witness")) ? WITNESS_KEY
                                               : GROUP;
    hold(n->type != GROUP || same(word, view_of("group")),
         "a line begins with none of log, witness, group, quorum");
    hold(p->names + 1 < NAMES_MAX, "there are too many names");
    if (n->type != LOG_KEY)
        hold(take_word(&line, &n->name) && !same(n->name, view_of("none")) &&
                 find_name(p, n->name) == 0,
             "a name is missing or taken");
    if (n->type == GROUP)
        add_group(p, n, line);
    else
        add_key(p, n, line);
    p->names++;
}

static void read_policy(struct policy *p, struct view text)
{
    struct view line;

    *p = (struct policy){.names = 1};
    while (take_line(&text, &line))
        read_policy_line(p, line);
    hold(text.len == 0, "the policy's last line has no end");
    hold(p->has_quorum, "the policy has no quorum line");
}

/* ---- signed checkpoints ---- */

struct checkpoint {
    struct view origin;
    uint64_t size;
    struct b32 root;
    bool log_signed;
    bool found[NAMES_MAX]; /* witnesses that cosigned, groups that are satisfied */
    uint64_t unknown;      /* lines by keys the policy does not name */
};

static bool line_holds(const struct name *n, const uint8_t *payload, size_t len, struct view text)
{
    uint8_t message[64 + NOTE_TEXT_MAX];
    size_t head;

    if (n->type == LOG_KEY)
        return len == 4 + 64 && signed_by(&n->key, payload + 4, text);
    if (len != 4 + 8 + 64)
        return false;
    head = (size_t)snprintf((char *)message, 64, "cosignature/v1\ntime %" PRIu64 "\n",
                            get_be(payload + 4, 8));
    memcpy(message + head, text.at, text.len);
    return signed_by(&n->key, payload + 12, (struct view){message, head + text.len});
}

static void read_signature(struct checkpoint *c, const struct policy *p, struct view line,
                           struct view text)
{
    uint8_t payload[NOTE_TEXT_MAX];
    struct view name;
    size_t len;
    bool known = false;

    hold(take_prefix(&line, "\xe2\x80\x94 ") && take_until(&line, ' ', &name) && name.len != 0,
         "a signature line is malformed");
    len = read_base64(payload, sizeof payload, line, "a signature");
    hold(len > 4, "a signature line is malformed");
    for (size_t i = 1; i < p->names; i++) {
        const struct name *n = &p->name[i];

        if (n->type == GROUP || !same(n->key_name, name) || memcmp(n->id, payload, 4) != 0 ||
            (n->type == LOG_KEY && !same(name, c->origin)))
            continue;
        hold(line_holds(n, payload, len, text), "the signature of '%.*s' does not verify",
             (int)name.len, (const char *)name.at);
        c->log_signed = c->log_signed || n->type == LOG_KEY;
        c->found[i] = known = true;
    }
    c->unknown += known ? 0 : 1;
}

static void read_checkpoint_text(struct checkpoint *c, struct view text)
{
    struct view size, root;

    for (size_t i = 0; i < text.len; i++)
        hold(text.at[i] >= 0x20 || text.at[i] == '\n', "the checkpoint has control characters");
    hold(take_line(&text, &c->origin) && c->origin.len != 0 && take_line(&text, &size) &&
             take_line(&text, &root) && text.len == 0,
         "the checkpoint is not origin, size and root");
    c->size = read_decimal(size, "the checkpoint's size");
    c->root = read_base64_b32(root, "the checkpoint's root");
}

/* A group stands behind its members, so one pass settles all. */
static void check_quorum_of(struct checkpoint *c, const struct policy *p)
{
    uint64_t votes[NAMES_MAX] = {0};

    hold(c->log_signed, "no log key of the policy signed the checkpoint");
    c->found[0] = true;
    for (size_t i = 1; i < p->names; i++) {
        if (p->name[i].type == GROUP)
            c->found[i] = votes[i] >= p->name[i].needed;
        votes[p->name[i].group] += c->found[i];
    }
    hold(c->found[p->quorum], "the policy's quorum did not cosign the checkpoint");
}

static void verify_note(struct checkpoint *c, struct view note, const struct policy *p, bool strict)
{
    size_t split = note.len;
    struct view lines, line;
    size_t count = 0;

    memset(c, 0, sizeof *c);
    while (split >= 2 && !(note.at[split - 1] == '\n' && note.at[split - 2] == '\n'))
        split--;
    hold(split >= 2 && split <= NOTE_TEXT_MAX, "the checkpoint is not a signed note");
    read_checkpoint_text(c, (struct view){note.at, split - 1});
    lines = (struct view){note.at + split, note.len - split};
    for (; take_line(&lines, &line); count++) {
        hold(count < NOTE_LINES_MAX, "the checkpoint has too many signatures");
        read_signature(c, p, line, (struct view){note.at, split - 1});
    }
    hold(lines.len == 0, "the checkpoint's last line has no end");
    check_quorum_of(c, p);
    hold(!strict || c->unknown == 0, "%" PRIu64 " lines are by keys the policy does not name",
         c->unknown);
}

static void say_checkpoint(const struct checkpoint *c, const struct policy *p)
{
    say_view("origin", c->origin);
    say("size", "%" PRIu64, c->size);
    say_b32("root", &c->root);
    (void)printf("%-12s", "cosigned by");
    for (size_t i = 1; i < p->names; i++) {
        if (p->name[i].type == WITNESS_KEY && c->found[i])
            (void)printf(" %.*s", (int)p->name[i].name.len, (const char *)p->name[i].name.at);
    }
    (void)putchar('\n');
    say("others", "%" PRIu64 " lines by keys the policy does not name", c->unknown);
}

static void verify_checkpoint(struct view file, const struct policy *p, bool strict)
{
    struct checkpoint c;

    verify_note(&c, file, p, strict);
    say("checkpoint", "valid");
    say_checkpoint(&c, p);
}

/* ---- exports ---- */

enum { GENESIS_FRAME = 1, BLOCK_FRAME, LEAVES_FRAME, CERT_FRAME, END_FRAME };

/* A ledger on its way past: the last block, and the log up to it. */
struct ledger {
    struct genesis *g;
    struct b32 check; /* of the last frame */
    uint8_t last;     /* kind of the last frame */
    struct header tip;
    struct tree log;
    struct b32 entry[BLOCK_ENTRIES_MAX]; /* leaves of the last block's entries ... */
    size_t entries, placed;              /* so many, and so many of them are in the log */
    uint64_t decisions, frames;
};

/* One frame, its check held to its bytes before anything is read into them. */
static uint8_t read_frame(struct ledger *l, struct view *file, struct view *payload)
{
    struct hasher h = hash_under("tallystick/export/v1");
    uint8_t kind;

    hold(file->len >= 5 + 32, "the export ends before its closing frame");
    kind = file->at[0];
    *payload = (struct view){file->at + 5, (size_t)get_be(file->at + 1, 4)};
    hold(payload->len <= file->len - 5 - 32, "the export ends before its closing frame");
    put(&h, l->check.b, 32);
    put(&h, file->at, 5 + payload->len);
    l->check = hash_end(&h);
    *file = (struct view){payload->at + payload->len, file->len - 5 - payload->len};
    hold(memcmp(file->at, l->check.b, 32) == 0,
         "a frame is damaged: its check does not match its bytes");
    *file = (struct view){file->at + 32, file->len - 32};
    return kind;
}

static void check_entries(struct ledger *l, struct reader *r, const struct envelope *e,
                          const struct b32 *id)
{
    struct tree tree = {0};
    struct b32 root;

    for (uint32_t i = 0; i < e->count; i++) {
        struct view entry;

        read_fields(r, "y", &entry);
        hold(entry.len <= ENTRY_MAX && l->entries < BLOCK_ENTRIES_MAX,
             "an entry is too long, or one too many");
        tree_add(&tree, tree_leaf(entry));
        l->entry[l->entries++] = entry_leaf(id, i, entry);
    }
    root = tree_root(&tree);
    hold(equal(&root, &e->root), "an envelope's entries are not those its author signed");
}

static void read_envelope(struct ledger *l, struct view bytes)
{
    struct reader r = read_from(bytes, "an envelope");
    struct author *author;
    struct envelope e;
    struct b32 id;

    read_fields(&r, "huhsa", &e.author, &e.sequence, &e.root, &e.sig, &e.count);
    author = find_author(l->g, &e.author);
    hold(author != NULL, "an envelope's author is not in the genesis file");
    hold(e.sequence == author->sequence + 1, "an envelope is out of its author's sequence");
    author->sequence = e.sequence;
    id = check_envelope(l->g, &e);
    check_entries(l, &r, &e, &id);
    read_end(&r);
}

static void read_body(struct ledger *l, struct reader *r, uint64_t count, const struct b32 *want)
{
    struct tree body = {0};
    struct b32 root;

    l->entries = l->placed = 0;
    for (uint64_t i = 0; i < count; i++) {
        struct view envelope;

        read_fields(r, "y", &envelope);
        tree_add(&body, tree_leaf(envelope));
        read_envelope(l, envelope);
    }
    root = tree_root(&body);
    hold(equal(&root, want), "the envelopes are not the header's");
}

/* Rule A.2-5 of docs/PROTOCOL.md: a certificate for the parent, and one for every view skipped. */
static void check_justification(const struct genesis *g, struct view bytes, const struct header *h)
{
    struct reader r = read_from(bytes, "the justification");
    struct b32 root = hash_of("tallystick/just/v1", bytes);
    struct cert cert;
    uint64_t count;

    hold(equal(&root, &h->just_root), "the justification is not the header's");
    canonical(&r, read_count(&r, 2) == 2);
    hold(read_count(&r, 1) == (h->parent_view == 0 ? 0 : 1),
         "the parent has no certificate, or the genesis has one");
    if (h->parent_view != 0) {
        cert = read_cert(&r);
        hold(cert.kind != NULLIFY && cert.view == h->parent_view &&
                 equal(&cert.hash, &h->parent_hash),
             "the justification is for another parent");
        check_cert(g, &cert, "the parent's certificate");
    }
    count = read_count(&r, UINT32_MAX);
    hold(count == h->view - h->parent_view - 1, "the skipped views are not all nullified");
    for (uint64_t view = h->parent_view + 1; view < h->view; view++) {
        cert = read_cert(&r);
        hold(cert.kind == NULLIFY && cert.view == view, "a skipped view is not nullified");
        check_cert(g, &cert, "a skipped view's certificate");
    }
    read_end(&r);
}

/* The last block is over: the log must now be what its header says. */
static void close_block(struct ledger *l)
{
    struct b32 root;

    while (l->placed < l->entries)
        tree_add(&l->log, l->entry[l->placed++]);
    root = tree_root(&l->log);
    hold(l->tip.height == 0 || (l->log.size == l->tip.log_size && equal(&root, &l->tip.log_root)),
         "the leaves do not make the log the header commits to");
}

static void read_block(struct ledger *l, struct view bytes)
{
    struct reader r = read_from(bytes, "the block");
    struct header h;
    const uint8_t *leader_sig;
    struct view header, justification;
    uint64_t envelopes;

    close_block(l);
    (void)snprintf(run.where, sizeof run.where, "block %" PRIu64 ": ", l->tip.height + 1);
    read_fields(&r, "ysva", &header, &leader_sig, &justification, &envelopes);
    h = read_header(l->g, header);
    hold(h.height == l->tip.height + 1 && equal(&h.parent_hash, &l->tip.hash) &&
             h.parent_view == l->tip.view,
         "the block does not extend the one before it");
    hold(h.view > l->tip.view && h.time_ms > l->tip.time_ms,
         "the block is not later than the one before it");
    check_leader(l->g, &h, leader_sig);
    check_justification(l->g, justification, &h);
    read_body(l, &r, envelopes, &h.body_root);
    read_end(&r);
    l->tip = h;
}

/* Entries fill the places the decisions leave. */
static void read_decisions(struct ledger *l, struct view bytes)
{
    hold(bytes.len != 0, "a frame of leaves is empty");
    while (bytes.len != 0) {
        uint64_t index = bytes.len <= 12 ? 0 : get_be(bytes.at, 8);
        uint64_t len = bytes.len <= 12 ? 0 : get_be(bytes.at + 8, 4);
        struct view leaf = {bytes.at + 12, (size_t)len};

        hold(len != 0 && len <= LEAF_MAX && len <= bytes.len - 12,
             "a frame of leaves is malformed");
        hold(read_leaf(leaf).kind == LEAF_DECISION, "an entry stands among the decisions");
        while (l->log.size < index && l->placed < l->entries)
            tree_add(&l->log, l->entry[l->placed++]);
        hold(l->log.size == index, "a decision is out of place");
        tree_add(&l->log, tree_leaf(leaf));
        l->decisions++;
        bytes = (struct view){leaf.at + len, bytes.len - 12 - leaf.len};
    }
}

static void read_totals(struct ledger *l, struct view bytes)
{
    struct reader r = read_from(bytes, "the closing frame");
    struct b32 hash, log_root, state_root;
    uint64_t height, log_size, frames, decisions;

    close_block(l);
    run.where[0] = '\0';
    read_fields(&r, "uhuhhuu", &height, &hash, &log_size, &log_root, &state_root, &frames,
                &decisions);
    read_end(&r);
    hold(height == l->tip.height && equal(&hash, &l->tip.hash) && log_size == l->tip.log_size &&
             equal(&log_root, &l->tip.log_root) && equal(&state_root, &l->tip.state_root),
         "the closing totals differ from the last block");
    hold(frames == l->frames && decisions == l->decisions, "the closing frame counts other frames");
}

static void take_frame(struct ledger *l, uint8_t kind, struct view payload)
{
    bool in_block = l->last == BLOCK_FRAME || l->last == LEAVES_FRAME;
    bool in_place = (kind == GENESIS_FRAME && l->last == 0) ||
                    (kind == BLOCK_FRAME && l->last != 0) ||
                    ((kind == LEAVES_FRAME || kind == CERT_FRAME) && in_block) ||
                    (kind == END_FRAME && l->last == CERT_FRAME);

    hold(in_place, "a frame is out of order, or of no known kind");
    if (kind == GENESIS_FRAME) {
        read_genesis(l->g, payload);
        l->tip = (struct header){.hash = l->g->chain_id, .time_ms = l->g->created_ms};
    } else if (kind == BLOCK_FRAME) {
        read_block(l, payload);
    } else if (kind == LEAVES_FRAME) {
        read_decisions(l, payload);
    } else if (kind == CERT_FRAME) {
        (void)read_final(l->g, &l->tip, payload);
    } else {
        read_totals(l, payload);
    }
    l->last = kind;
    l->frames++;
}

static void say_ledger(const struct ledger *l, bool trusted)
{
    say("export", "valid");
    say("blocks", "%" PRIu64, l->tip.height);
    say("decisions", "%" PRIu64 ", not replayed: this program runs no contract", l->decisions);
    say_b32("block", &l->tip.hash);
    say_b32("log root", &l->tip.log_root);
    say_b32("state root", &l->tip.state_root);
    say_b32("contract", &l->tip.contract);
    say_view("ledger", l->g->name);
    say_b32("chain id", &l->g->chain_id);
    if (!trusted)
        say("trust", "by the export's own genesis file: compare the chain id, or give --genesis");
}

/* `trusted`: the genesis file the auditor has, or empty. */
static void verify_export(struct view file, struct view trusted)
{
    static struct genesis genesis;
    static struct ledger ledger;
    struct view payload;
    struct b32 chain_id = hash_of("tallystick/genesis/v1", trusted);

    memset(&ledger, 0, sizeof ledger);
    ledger.g = &genesis;
    hold(take_prefix(&file, "TALLYEX1"), "this is not an export of a ledger");
    while (ledger.last != END_FRAME) {
        uint8_t kind = read_frame(&ledger, &file, &payload);

        take_frame(&ledger, kind, payload);
        hold(trusted.len == 0 || equal(&chain_id, &genesis.chain_id),
             "the export is of another ledger than the genesis file");
    }
    hold(file.len == 0, "bytes follow the closing frame");
    say_ledger(&ledger, trusted.len != 0);
}

/* ---- the command line ---- */

static struct {
    const char *command, *file, *genesis, *policy;
    bool strict;
} call;

static const char usage[] =
    "usage: tally-verify receipt FILE --genesis FILE\n"
    "       tally-verify checkpoint FILE --policy FILE [--strict]\n"
    "       tally-verify export FILE [--genesis FILE]\n"
    "\n"
    "Checks the evidence of a Tallystick ledger: hashes, links, signatures, quorums. It runs no\n"
    "contract: that decisions follow from the rules is for `tally audit` to find.\n"
    "--strict also refuses signatures by keys that the policy does not name.\n"
    "\n"
    "exit codes: 0 valid; 2 wrong usage; 4 it does not hold; 13 a file cannot be read\n";

static bool parse_call(int argc, char **argv)
{
    call.command = argc > 2 ? argv[1] : "";
    for (int i = 2; i < argc; i++) {
        if (strcmp(argv[i], "--strict") == 0)
            call.strict = true;
        else if (strcmp(argv[i], "--genesis") == 0 && i + 1 < argc)
            call.genesis = argv[++i];
        else if (strcmp(argv[i], "--policy") == 0 && i + 1 < argc)
            call.policy = argv[++i];
        else if (argv[i][0] != '-' && call.file == NULL)
            call.file = argv[i];
        else
            return false;
    }
    return call.file != NULL;
}

/* False: the words do not fit together. */
static bool perform(void)
{
    static struct genesis genesis;
    static struct policy policy;
    struct view trusted = {NULL, 0};

    if (call.genesis != NULL)
        trusted = map_file(call.genesis);
    if (strcmp(call.command, "export") == 0) {
        verify_export(map_file(call.file), trusted);
    } else if (strcmp(call.command, "receipt") == 0 && call.genesis != NULL) {
        read_genesis(&genesis, trusted);
        verify_receipt(map_file(call.file), &genesis);
    } else if (strcmp(call.command, "checkpoint") == 0 && call.policy != NULL) {
        read_policy(&policy, map_file(call.policy));
        verify_checkpoint(map_file(call.file), &policy, call.strict);
    } else {
        return false;
    }
    return true;
}

int main(int argc, char **argv)
{
    if (argc == 2 && strcmp(argv[1], "--help") == 0)
        return fputs(usage, stdout) == EOF || fflush(stdout) != 0 ? EXIT_FILE : 0;
    if (setjmp(run.back) != 0) {
        (void)fprintf(stderr, "tally-verify: %s '%s' %s: %s\n", call.command, call.file,
                      run.code == EXIT_FILE ? "cannot be checked" : "does not hold", run.text);
        return run.code;
    }
    if (sodium_init() < 0 || !parse_call(argc, argv) || !perform()) {
        (void)fputs(usage, stderr);
        return EXIT_USAGE;
    }
    return fflush(stdout) == 0 ? 0 : EXIT_FILE;
}
