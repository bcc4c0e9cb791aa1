/* tally-verify -- a second opinion on a Tallystick ledger's evidence.
 *
 * This file shares nothing with the rest of the project: no header, no function,
 * no author's misreading.  It was written from docs/FORMAT.md and docs/PROTOCOL.md
 * and needs a C17 compiler and libsodium:
 *     cc -O2 -o tally-verify tally-verify.c -lsodium
 *
 * It checks bytes, hashes, links, signatures and quorums of receipts and dossiers
 * (through every epoch since genesis), checkpoints and exports (of epoch 0).  It runs
 * no contracts: that a decision follows from the rules, and that a state root is the
 * state's, is what `tally audit` finds by replaying.  What does not hold first ends
 * the run with one sentence; nothing goes to stdout before all checks have passed. */
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
enum { MEMBERS_MAX = 32, MEMBER_KEYS_MAX = 128, KEYS_MAX = MEMBERS_MAX * (3 + MEMBER_KEYS_MAX) };
enum { ENVELOPE_ENTRIES_MAX = 4096, BLOCK_ENTRIES_MAX = 16384 };
enum { LEAF_MAX = 65535, ENTRY_MAX = LEAF_MAX - 64, FRAME_MAX = 24 << 20 };
enum { NAMES_MAX = 160, NOTE_TEXT_MAX = 4096, NOTE_LINES_MAX = 100 };

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

/* ---- views ---- */
static struct view view_of(const char *text)
{
    return (struct view){(const uint8_t *)text, strlen(text)};
}

static struct view after(struct view bytes, size_t len)
{
    return (struct view){bytes.at + len, bytes.len - len};
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

static uint64_t get_be(const uint8_t *at, size_t width)
{
    uint64_t value = 0;
    for (size_t i = 0; i < width; i++)
        value = value << 8 | at[i];
    return value;
}

/* ---- what is hashed, what is signed ---- */
static struct {
    size_t len;
    uint8_t at[FRAME_MAX];
} told;

static void tell(const void *bytes, size_t len)
{
    hold(len <= sizeof told.at - told.len, "there is too much of something");
    if (len != 0)
        memcpy(told.at + told.len, bytes, len);
    told.len += len;
}

/* Puts values one after the other.  For each a letter:
 * 1 4 8  a number in so many bytes, big-endian  uint64_t
 * s z    text; text and its zero byte           const char *
 * h v    32 bytes; any bytes                    const struct b32 *, struct view */
static void tell_all(const char *kinds, va_list values)
{
    for (told.len = 0; *kinds != '\0'; kinds++) {
        if (*kinds == 's' || *kinds == 'z') {
            const char *text = va_arg(values, const char *);
            tell(text, strlen(text) + (*kinds == 'z'));
        } else if (*kinds == 'h') {
            tell(va_arg(values, const struct b32 *)->b, 32);
        } else if (*kinds == 'v') {
            struct view bytes = va_arg(values, struct view);
            tell(bytes.at, bytes.len);
        } else {
            uint64_t number = va_arg(values, uint64_t);
            for (int width = *kinds - '0'; width-- > 0;)
                tell(&(uint8_t){(uint8_t)(number >> 8 * width)}, 1);
        }
    }
}

/* SHA-256 of the values. */
static struct b32 hash(const char *kinds, ...)
{
    struct b32 out;
    va_list values;
    va_start(values, kinds);
    tell_all(kinds, values);
    va_end(values);
    (void)crypto_hash_sha256(out.b, told.at, told.len);
    return out;
}

/* Did `key` sign the values?  (PROTOCOL S-1 to S-3) */
static bool signed_by(const struct b32 *key, const uint8_t sig[64], const char *kinds, ...)
{
    va_list values;
    va_start(values, kinds);
    tell_all(kinds, values);
    va_end(values);
    return crypto_core_ed25519_is_valid_point(sig) == 1 &&
           crypto_sign_ed25519_verify_detached(sig, told.at, told.len, key->b) == 0;
}

/* ---- the RFC 6962 tree ---- */
static struct b32 tree_leaf(struct view bytes)
{
    return hash("1v", UINT64_C(0), bytes);
}

static struct b32 tree_node(const struct b32 *left, const struct b32 *right)
{
    return hash("1hh", UINT64_C(1), left, right);
}

/* A growing tree: one root for each bit of its size. */
struct tree {
    uint64_t size;
    struct b32 root[64];
};

static void tree_add(struct tree *tree, struct b32 leaf)
{
    unsigned level = 0;
    for (; (tree->size >> level & 1) != 0; level++)
        leaf = tree_node(&tree->root[level], &leaf);
    tree->root[level] = leaf;
    tree->size++;
}

static struct b32 tree_root(const struct tree *tree)
{
    struct b32 out = hash("");
    bool any = false;
    for (unsigned level = 0; level < 64; level++) {
        if ((tree->size >> level & 1) == 0)
            continue;
        out = any ? tree_node(&tree->root[level], &out) : tree->root[level];
        any = true;
    }
    return out;
}

/* RFC 9162, 2.1.3.2. */
static bool tree_includes(struct b32 node, uint64_t index, uint64_t size, struct view path,
                          const struct b32 *root)
{
    uint64_t last = size - 1;
    if (index >= size || path.len % 32 != 0)
        return false;
    for (; path.len != 0 && last != 0; path = after(path, 32)) {
        struct b32 sibling;
        memcpy(sibling.b, path.at, 32);
        if ((index & 1) != 0 || index == last) {
            node = tree_node(&sibling, &node);
            for (; (index & 1) == 0 && index != 0; index /= 2)
                last /= 2;
        } else {
            node = tree_node(&node, &sibling);
        }
        index /= 2;
        last /= 2;
    }
    return path.len == 0 && last == 0 && equal(&node, root);
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
    canonical(r, tag >= 0xc4 && tag <= 0xdd && kinds[tag - 0xc4] != ' ');
    item.kind = (enum kind)kinds[tag - 0xc4];
    unsigned width = (unsigned)(widths[tag - 0xc4] - '0');
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
static void read_places(struct reader *r, const char *kinds, va_list places)
{
    canonical(r, read_count(r, 32) == strlen(kinds));
    for (; *kinds != '\0'; kinds++) {
        if (*kinds == '-')
            (void)read_value(r);
        else if (*kinds == 'v')
            *va_arg(places, struct view *) = read_value(r);
        else
            put_field(r, *kinds, va_arg(places, void *));
    }
}

static void read_fields(struct reader *r, const char *kinds, ...)
{
    va_list places;
    va_start(places, kinds);
    read_places(r, kinds, places);
    va_end(places);
}

/* One record and nothing else. */
static void read_record(struct view bytes, const char *what, const char *kinds, ...)
{
    struct reader r = read_from(bytes, what);
    va_list places;
    va_start(places, kinds);
    read_places(&r, kinds, places);
    va_end(places);
    read_end(&r);
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
    uint64_t created_ms, quorum, leader_seed, state_bits, epoch, voters, silent;
    uint32_t count, authors, keys;
    struct b32 key[KEYS_MAX]; /* all of them */
    struct member member[MEMBERS_MAX];
    struct author author[MEMBERS_MAX * MEMBER_KEYS_MAX];
};

/* Every key is a point of prime order and stands in the file once. */
static void take_key(struct genesis *g, const struct b32 *key)
{
    hold(crypto_core_ed25519_is_valid_point(key->b) == 1, "the genesis file has a bad key");
    for (uint32_t i = 0; i < g->keys; i++)
        hold(!equal(&g->key[i], key), "the genesis file has one key twice");
    g->key[g->keys++] = *key;
}

static void read_member(struct reader *r, struct genesis *g)
{
    struct member *m = &g->member[g->count];
    uint64_t keys, rights;
    read_fields(r, "t--hhh--a", &m->id, &m->consensus, &m->log, &m->cosign, &keys);
    hold(keys <= MEMBER_KEYS_MAX, "the genesis file gives a member too many keys");
    take_key(g, &m->consensus);
    take_key(g, &m->log);
    take_key(g, &m->cosign);
    for (; keys != 0; keys--) {
        struct author *author = &g->author[g->authors++];
        author->member = g->count;
        read_fields(r, "-hu-", &author->key, &rights);
        take_key(g, &author->key);
    }
    for (uint32_t i = 0; i < g->count; i++)
        hold(!same(g->member[i].id, m->id), "the genesis file names a member twice");
    g->count++;
}

/* `silent`: members without a vote, in a later epoch. */
static void read_genesis(struct genesis *g, struct view file, uint64_t silent)
{
    struct reader r = read_from(file, "the genesis file");
    uint64_t format, weak, count;
    const uint8_t *members;
    memset(g, 0, sizeof *g);
    read_fields(&r, "utuub--u----a", &format, &g->name, &g->created_ms, &g->quorum, &weak,
                &g->state_bits, &count);
    hold(format == 1, "the genesis file is of an unknown format");
    hold(count > 0 && count <= MEMBERS_MAX, "the genesis file has no members, or too many");
    hold(g->state_bits >= 4 && g->state_bits <= 20, "the genesis file's state tree is no such");
    for (members = r.at; g->count < count;)
        read_member(&r, g);
    read_end(&r);
    g->silent = silent;
    g->voters = count - (uint64_t)__builtin_popcountll(silent);
    hold(silent >> count == 0 && g->quorum <= g->voters && 2 * g->quorum > g->voters,
         "the genesis file's quorum is no majority");
    hold(weak == 1 || g->quorum >= 2 * g->voters / 3 + 1, "the genesis file's quorum is weak");
    g->members_hash = hash("z8v", "tallystick/members/v1", g->quorum,
                           (struct view){members, (size_t)(r.at - members)});
    g->chain_id = hash("zv", "tallystick/genesis/v1", file);
    struct b32 seed = hash("h", &g->chain_id);
    g->leader_seed = get_be(seed.b, 8);
}

static struct author *find_author(struct genesis *g, const struct b32 *key)
{
    for (uint32_t i = 0; i < g->authors; i++)
        if (equal(&g->author[i].key, key))
            return &g->author[i];
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

/* PROTOCOL A.2-3: A certificate MUST carry valid signatures of at least q distinct members of its
 * epoch. */
static void check_cert(const struct genesis *g, const struct cert *cert, const char *what)
{
    const uint8_t *sig = cert->sigs.at;
    size_t signers = 0;
    for (uint64_t bits = cert->signers; bits != 0; bits &= bits - 1)
        signers++;
    hold(cert->epoch == g->epoch, "%s is of another epoch", what);
    hold((cert->kind == NULLIFY) == is_zero(&cert->hash), "%s is about the wrong thing", what);
    hold(cert->signers >> g->count == 0 && (cert->signers & g->silent) == 0,
         "%s names signers who are no members", what);
    hold(signers >= g->quorum, "%s has %zu signers where %" PRIu64 " are needed", what, signers,
         g->quorum);
    hold(cert->sigs.len == signers * 64, "%s has not one signature for each signer", what);
    for (uint32_t i = 0; i < g->count; i++) {
        if ((cert->signers >> i & 1) == 0)
            continue;
        hold(signed_by(&g->member[i].consensus, sig, "zh188h", "tallystick/vote/v1", &g->chain_id,
                       cert->kind, cert->epoch, cert->view, &cert->hash),
             "%s: the signature of '%.*s' does not verify", what, (int)g->member[i].id.len,
             (const char *)g->member[i].id.at);
        sig += 64;
    }
}

/* ---- block headers ---- */
struct header {
    struct b32 hash;
    uint64_t view, height, repeats, leader, parent_view, time_ms, log_size, signers;
    struct b32 parent_hash, log_root, state_root, body_root, just_root, contract, next;
};

static struct header read_header(const struct genesis *g, struct view bytes)
{
    struct b32 chain_id, members;
    struct header h;
    uint64_t epoch;
    read_record(bytes, "the block header", "huuuuuhuuuhhhhhhh", &chain_id, &epoch, &h.view,
                &h.height, &h.repeats, &h.leader, &h.parent_hash, &h.parent_view, &h.time_ms,
                &h.log_size, &h.log_root, &h.state_root, &h.body_root, &h.just_root, &members,
                &h.next, &h.contract);
    hold(equal(&chain_id, &g->chain_id), "the block header belongs to another ledger");
    hold(epoch == g->epoch, "the block header is of another epoch");
    hold(equal(&members, &g->members_hash), "the header names other members");
    h.hash = hash("zv", "tallystick/hdr/v1", bytes);
    return h;
}

/* PROTOCOL A.3-2 and A.2-2: the leader of its view signed it. */
static void check_leader(const struct genesis *g, const struct header *h, const uint8_t sig[64])
{
    uint64_t nth = (h->view + g->leader_seed) % g->voters, leader = 0;
    while ((g->silent >> leader & 1) != 0 || nth-- != 0)
        leader++;
    hold(h->leader == leader, "the leader is not that of its view");
    hold(signed_by(&g->member[h->leader].consensus, sig, "zh", "tallystick/prop/v1", &h->hash),
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
    static const char kinds[] = "zhh84h", domain[] = "tallystick/env/v1";
    hold(e->count > 0 && e->count <= ENVELOPE_ENTRIES_MAX, "an envelope is empty or too full");
    hold(signed_by(&e->author, e->sig, kinds, domain, &g->chain_id, &e->author, e->sequence,
                   e->count, &e->root),
         "the author's signature does not verify");
    return hash(kinds, domain, &g->chain_id, &e->author, e->sequence, e->count, &e->root);
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
    struct leaf leaf;
    read_record(bytes, "the leaf", "uhuy", &leaf.kind, &leaf.envelope, &leaf.position, &leaf.bytes);
    hold(leaf.kind == LEAF_ENTRY || leaf.kind == LEAF_DECISION, "the leaf is of no known kind");
    hold(leaf.kind == LEAF_ENTRY || is_zero(&leaf.envelope), "a decision names an envelope");
    return leaf;
}

/* Tag and number in the shortest form, for numbers below 2^16. */
static struct view short_form(uint8_t room[3], uint8_t tag, uint64_t n, uint64_t plain)
{
    room[0] = n < plain ? (uint8_t)n : n > 0xff ? (uint8_t)(tag + 1) : tag;
    room[1] = n > 0xff ? (uint8_t)(n >> 8) : (uint8_t)n;
    room[2] = (uint8_t)n;
    return (struct view){room, n < plain ? 1 : n > 0xff ? 3 : 2};
}

/* The hash of an entry's leaf, whose bytes are kept nowhere: they follow. */
static struct b32 entry_leaf(const struct b32 *envelope, uint32_t position, struct view entry)
{
    uint8_t place[3], len[3]; /* 00: a leaf of the tree; 94 01: four fields, an entry; c4 20: */
    struct view place_form = short_form(place, 0xcc, position, 0x80);
    return hash("41hvvv", UINT64_C(0x009401c4), UINT64_C(32), envelope, place_form,
                short_form(len, 0xc4, entry.len, 0), entry);
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

static void say_final(const struct genesis *g, const struct header *h)
{
    say("height", "%" PRIu64, h->height);
    say_b32("block", &h->hash);
    for (uint32_t i = 0; i < g->count; i++)
        if ((h->signers >> i & 1) != 0)
            say_view("signed by", g->member[i].id);
    say_view("ledger", g->name);
    say_b32("chain id", &g->chain_id);
}

/* ---- receipts of leaves ---- */
static struct view only_element(struct view list, const char *what)
{
    struct reader r = read_from(list, "the receipt");
    hold(read_count(&r, 1) == 1, "%s", what);
    return (struct view){r.at, (size_t)(r.end - r.at)};
}

static const struct author *check_author(struct genesis *g, const struct leaf *leaf,
                                         struct view list)
{
    const struct author *author;
    struct envelope e;
    struct view path;
    read_record(only_element(list, "an entry needs an author"), "the receipt", "huuhsy", &e.author,
                &e.sequence, &e.count, &e.root, &e.sig, &path);
    author = find_author(g, &e.author);
    hold(author != NULL, "the author is not in the genesis file");
    struct b32 id = check_envelope(g, &e);
    hold(equal(&id, &leaf->envelope), "the envelope is not the one the leaf names");
    hold(tree_includes(tree_leaf(leaf->bytes), leaf->position, e.count, path, &e.root),
         "the entry is not in the envelope its author signed");
    return author;
}

/* A leaf as receipts show it; gives an entry's author, NULL for a decision. */
struct shown {
    uint64_t index;
    struct view bytes, path, authorship;
};

static const struct author *check_leaf(struct genesis *g, const struct header *h,
                                       const struct shown *s)
{
    struct leaf leaf = read_leaf(s->bytes);
    hold(tree_includes(tree_leaf(s->bytes), s->index, h->log_size, s->path, &h->log_root),
         "the leaf is not in the log of that block");
    if (leaf.kind == LEAF_ENTRY)
        return check_author(g, &leaf, s->authorship);
    hold(same(s->authorship, view_of("\x90")), "a decision has no author");
    return NULL;
}

/* Rule A.10-6 of docs/PROTOCOL.md: to the next epoch by a certified end and its plan. */
static void next_epoch(struct genesis *g, struct reader *r)
{
    static struct genesis old;
    struct view bytes, cert, plan, config;
    uint64_t number, suspended, removed;
    read_fields(r, "yvy", &bytes, &cert, &plan);
    struct header h = read_header(g, bytes);
    (void)read_final(g, &h, cert);
    struct b32 named = hash("zv", "tallystick/epoch/v1", plan);
    hold(equal(&h.next, &named), "the plan is not the one the epoch's end names");
    read_record(plan, "the plan", "u-uuy", &number, &suspended, &removed, &config);
    old = *g;
    read_genesis(g, config, suspended | removed);
    hold(number == old.epoch + 1 && same(g->name, old.name) && g->count >= old.count &&
             g->created_ms == old.created_ms && g->state_bits == old.state_bits,
         "the plan changes what never changes");
    for (uint32_t i = 0; i < old.authors && g->authors < MEMBERS_MAX * MEMBER_KEYS_MAX; i++)
        if (find_author(g, &old.author[i].key) == NULL)
            g->author[g->authors++] = old.author[i];
    g->chain_id = old.chain_id;
    g->members_hash = h.next;
    g->epoch = number;
    named = hash("h", h.repeats != 0 ? &h.body_root : &h.hash); /* of the new epoch's leaders */
    g->leader_seed = get_be(named.b, 8);
}

/* A header that is final through its own certificate, or that of the last header
 * of its line of descent. */
static struct header check_final(struct genesis *g, struct view final, struct view descent)
{
    struct reader r = read_from(descent, "the receipt");
    struct view bytes, cert, epochs;
    struct header h;
    const uint8_t *sig;
    read_record(only_element(final, "the receipt holds no block header"), "the receipt", "ysvv",
                &bytes, &sig, &cert, &epochs);
    struct reader links = read_from(epochs, "the epochs");
    for (uint64_t left = read_count(&links, 1024); left != 0; left--)
        next_epoch(g, &links);
    struct header last = h = read_header(g, bytes);
    check_leader(g, &h, sig);
    for (uint64_t left = read_count(&r, UINT32_MAX); left != 0; left--) {
        struct b32 parent = last.hash;
        read_fields(&r, "y", &bytes);
        last = read_header(g, bytes);
        hold(equal(&last.parent_hash, &parent), "a later block does not descend from this one");
    }
    read_end(&r);
    h.signers = read_final(g, &last, cert).signers;
    return h;
}

static void verify_leaf_receipt(struct view file, struct genesis *g)
{
    struct b32 chain_id;
    struct view final;
    struct shown s;
    uint64_t format;
    read_record(file, "the receipt", "uhuyyvv", &format, &chain_id, &s.index, &s.bytes, &s.path,
                &final, &s.authorship);
    hold(format == 1, "the receipt is of an unknown format");
    hold(equal(&chain_id, &g->chain_id), "the receipt belongs to another ledger");
    struct header h = check_final(g, final, view_of("\x90"));
    const struct author *author = check_leaf(g, &h, &s);
    say("receipt", "valid");
    say("leaf", "%" PRIu64, s.index);
    say("kind", "%s", author != NULL ? "entry" : "decision");
    if (author != NULL)
        say_view("author", g->member[author->member].id);
    say_final(g, &h);
}

/* ---- receipts about a case ---- */
enum { STATE = 1, CUSTODY, ABSENCE, DOSSIER };

/* A claim about a case, and what its record in the state says of it. */
struct claim {
    uint64_t kind, absent; /* the type of entry that is not there */
    struct view id;
    bool found;
    uint64_t holder, owed_minor, leaves;
    struct b32 history;
};

static struct b32 state_node(const struct b32 *left, const struct b32 *right)
{
    struct b32 none = {{0}};
    return is_zero(left) && is_zero(right) ? none : hash("zhh", "tallystick/snode/v1", left, right);
}

/* A bucket of (key hash, value hash), ascending, under a flat tree of buckets; an
 * empty value is one that is not there. */
static struct b32 state_root(uint64_t bits, struct view key, struct view value, struct view bucket,
                             struct view path)
{
    struct b32 key_hash = hash("zv", "tallystick/skey/v1", key);
    struct b32 value_hash = hash("zv", "tallystick/sval/v1", value);
    struct b32 node = {{0}}, sibling;
    uint64_t number = get_be(key_hash.b, 4) >> (32 - bits);
    bool found = false;
    for (const uint8_t *at = bucket.at; at != bucket.at + bucket.len; at += 64) {
        hold(at == bucket.at || memcmp(at - 64, at, 32) < 0, "the bucket is out of order");
        hold(get_be(at, 4) >> (32 - bits) == number, "a key is in the wrong bucket");
        if (memcmp(at, key_hash.b, 32) == 0)
            found = memcmp(at + 32, value_hash.b, 32) == 0 || value.len == 0;
    }
    hold(found == (value.len != 0), "the record is not in the state");
    if (bucket.len != 0)
        node = hash("zv", "tallystick/bkt/v1", bucket);
    for (uint64_t i = 0; i < bits; i++) {
        memcpy(sibling.b, path.at + 32 * i, 32);
        node = (number >> i & 1) != 0 ? state_node(&sibling, &node) : state_node(&node, &sibling);
    }
    return node;
}

/* Of the record's many fields (docs/FORMAT.md, tl_case) these. */
enum { CASE_ID = 0, CASE_HOLDER = 3, CASE_OWED = 36, CASE_OWED_LAST = 40 };
enum { LAST_LEAVES = 4, LAST_HISTORY = 3 }; /* counted from the end */

static void read_case(struct claim *c, struct view value)
{
    struct reader r = read_from(value, "the case's record");
    uint64_t fields = read_count(&r, 255);
    for (uint64_t i = 0; i < fields; i++) {
        struct reader one = read_from(read_value(&r), "the case's record");
        struct item item = read_item(&one);
        hold(i != CASE_ID || same(item.bytes, c->id), "the record is another case's");
        if (i == CASE_HOLDER)
            c->holder = item.n;
        if (i >= CASE_OWED && i <= CASE_OWED_LAST)
            c->owed_minor += item.n;
        if (i + LAST_LEAVES == fields)
            c->leaves = item.n;
        if (i + LAST_HISTORY == fields && item.kind == BINARY && item.n == 32)
            memcpy(c->history.b, item.bytes.at, 32);
    }
    read_end(&r);
    c->found = true;
}

static struct header check_record(struct claim *c, struct view state, struct genesis *g)
{
    struct view key, value, bucket, path, final, descent;
    struct b32 chain_id;
    uint64_t format, bits;
    read_record(state, "the receipt", "uhyyuyyvv", &format, &chain_id, &key, &value, &bits, &bucket,
                &path, &final, &descent);
    hold(format == 1, "the receipt is of an unknown format");
    hold(equal(&chain_id, &g->chain_id), "the receipt belongs to another ledger");
    hold(key.len == 17 && key.at[0] == 'c' && same(after(key, 1), c->id),
         "the record proven is not this case's");
    hold(bits == g->state_bits && path.len == 32 * bits && bucket.len % 64 == 0,
         "the proof is malformed");
    struct header h = check_final(g, final, descent);
    struct b32 root = state_root(bits, key, value, bucket, path);
    hold(equal(&root, &h.state_root), "the record is not in the state of that block");
    if (value.len != 0)
        read_case(c, value);
    return h;
}

/* The record chains the case's leaves, so they are all here or it shows. */
static void check_leaves(struct genesis *g, const struct header *h, const struct claim *c,
                         struct view leaves)
{
    struct reader r = read_from(leaves, "the receipt");
    uint64_t left = read_count(&r, UINT32_MAX);
    struct b32 history = {{0}};
    hold(left == (c->found && c->kind >= ABSENCE ? c->leaves : 0), "these are not all leaves");
    for (; left != 0; left--) {
        struct shown s;
        struct view about;
        uint64_t type;
        struct leaf leaf;
        struct b32 leaf_hash;
        read_fields(&r, "uyyv", &s.index, &s.bytes, &s.path, &s.authorship);
        leaf = read_leaf(s.bytes);
        leaf_hash = tree_leaf(s.bytes);
        history = hash("zh8h", "tallystick/history/v1", &history, s.index, &leaf_hash);
        read_record(leaf.bytes, "the leaf", "uy------", &type, &about); /* as decisions, too */
        hold(same(about, c->id), "a leaf is not about this case");
        hold(type != c->absent || leaf.kind != LEAF_ENTRY, "the entry said to be absent is there");
        if (c->kind == DOSSIER)
            (void)check_leaf(g, h, &s);
        else
            hold(s.path.len == 0 && same(s.authorship, view_of("\x90")),
                 "a leaf has a proof too many");
    }
    read_end(&r);
    hold(!c->found || c->kind < ABSENCE || equal(&history, &c->history),
         "the leaves do not lead to its history");
}

static void say_claim(const struct genesis *g, const struct claim *c)
{
    static const char *const claims[] = {"", "state", "custody", "absence of type", "dossier"};
    char hex[33];
    say("receipt", "valid");
    say("case", "%s", sodium_bin2hex(hex, sizeof hex, c->id.at, c->id.len));
    say("claim", c->absent != 0 ? "%s %" PRIu64 : "%s", claims[c->kind], c->absent);
    say("held by", "%.*s", (int)g->member[c->holder].id.len,
        (const char *)g->member[c->holder].id.at);
    say("owed", "%" PRIu64 " minor units", c->owed_minor);
    say("leaves", "%" PRIu64, c->leaves);
}

static void verify_case_receipt(struct view file, struct genesis *g, bool dossier)
{
    struct claim c = {.found = false};
    struct view state, leaves;
    struct b32 check;
    uint64_t format;
    read_record(file, "the receipt", "uuyuvvh", &format, &c.kind, &c.id, &c.absent, &state, &leaves,
                &check);
    hold(format == 2 && c.kind >= STATE && c.kind <= DOSSIER && c.id.len == 16 &&
             (c.absent != 0) == (c.kind == ABSENCE),
         "the receipt is of an unknown format");
    struct b32 sum = hash("zv", "tallystick/casereceipt/v1", (struct view){file.at, file.len - 32});
    hold(equal(&sum, &check), "the receipt is damaged: its check does not match its bytes");
    struct header h = check_record(&c, state, g);
    hold(c.found || (c.kind != CUSTODY && c.kind != DOSSIER), "there is no such case");
    hold(!dossier || c.kind == DOSSIER, "the evidence is no dossier");
    hold(c.holder < g->count, "the holder is no member");
    check_leaves(g, &h, &c, leaves);
    if (c.found)
        say_claim(g, &c);
    else
        say("receipt", "valid: there is no such case");
    say_final(g, &h);
}

static void verify_receipt(struct view file, struct genesis *g)
{
    if (file.len > 1 && file.at[1] == 2) /* the format of receipts about cases */
        verify_case_receipt(file, g, false);
    else
        verify_leaf_receipt(file, g);
}

/* ---- lines and words ---- */
static bool take_prefix(struct view *line, const char *prefix)
{
    size_t len = strlen(prefix);
    if (line->len < len || memcmp(line->at, prefix, len) != 0)
        return false;
    *line = after(*line, len);
    return true;
}

/* What stands before the first `mark`; takes both. */
static bool take_until(struct view *rest, char mark, struct view *part)
{
    const uint8_t *at = rest->len == 0 ? NULL : memchr(rest->at, mark, rest->len);
    if (at == NULL)
        return false;
    *part = (struct view){rest->at, (size_t)(at - rest->at)};
    *rest = after(*rest, part->len + 1);
    return true;
}

static bool take_word(struct view *line, struct view *word)
{
    static const char blanks[2] = {' ', '\t'};
    while (line->len > 0 && memchr(blanks, *line->at, sizeof blanks) != NULL)
        *line = after(*line, 1);
    *word = (struct view){line->at, 0};
    while (word->len < line->len && memchr(blanks, word->at[word->len], sizeof blanks) == NULL)
        word->len++;
    *line = after(*line, word->len);
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

static size_t find_name(const struct policy *p, struct view name)
{
    size_t i = p->names - 1;
    while (i > 0 && !(p->name[i].type != LOG_KEY && same(p->name[i].name, name)))
        i--;
    return i;
}

/* name+hex key id+base64(type ‖ key) */
static void add_key(struct policy *p, struct name *n, struct view line)
{
    struct view text, hex;
    uint8_t bytes[33];
    char id[9];
    hold(take_word(&line, &text) && take_until(&text, '+', &n->key_name) &&
             take_until(&text, '+', &hex) && n->key_name.len != 0 &&
             read_base64(bytes, sizeof bytes, text, "the verifier key") == sizeof bytes,
         "this is no verifier key");
    hold(bytes[0] == n->type, "the verifier key is of another type than belongs here");
    memcpy(n->key.b, bytes + 1, sizeof n->key.b);
    hold(crypto_core_ed25519_is_valid_point(n->key.b) == 1, "the verifier key is no good point");
    struct b32 sum = hash("vs1h", n->key_name, "\n", (uint64_t)n->type, &n->key);
    memcpy(n->id, sum.b, sizeof n->id);
    (void)sodium_bin2hex(id, sizeof id, n->id, sizeof n->id);
    hold(same(hex, view_of(id)), "the verifier key's id is not the one of name and key");
    hold(!take_word(&line, &text), "there are too many words");
    for (size_t i = 1; i < p->names; i++)
        hold(p->name[i].type != n->type || !equal(&p->name[i].key, &n->key),
             "a key is there twice");
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

static void read_policy_line(struct policy *p, struct view line)
{
    struct name *n = &p->name[p->names];
    struct view word;
    if (!take_word(&line, &word) || word.at[0] == '#')
        return;
    if (same(word, view_of("quorum"))) {
        hold(!p->has_quorum && take_word(&line, &word), "one quorum line is needed");
        p->has_quorum = true;
        p->quorum = find_name(p, word);
        hold(p->quorum != 0 || same(word, view_of("none")), "the quorum is not defined above");
        hold(!take_word(&line, &word), "there are too many words");
        return;
    }
    n->type = same(word, view_of("log")) ? LOG_KEY : WITNESS_KEY;
    if (same(word, view_of("group")))
        n->type = GROUP;
    else
        hold(n->type == LOG_KEY || same(word, view_of("witness")), "a line is of no known kind");
    hold(p->names + 1 < NAMES_MAX, "there are too many names");
    if (n->type != LOG_KEY)
        hold(take_word(&line, &n->name) && !same(n->name, view_of("none")) &&
                 find_name(p, n->name) == 0,
             "a name is missing or taken");
    (n->type == GROUP ? add_group : add_key)(p, n, line);
    p->names++;
}

static void read_policy(struct policy *p, struct view text)
{
    struct view line;
    *p = (struct policy){.names = 1};
    while (take_until(&text, '\n', &line))
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
    char head[48] = "";
    size_t time = n->type == LOG_KEY ? 0 : 8;
    if (len != 4 + time + 64)
        return false;
    if (time != 0)
        (void)snprintf(head, sizeof head, "cosignature/v1\ntime %" PRIu64 "\n",
                       get_be(payload + 4, 8));
    return signed_by(&n->key, payload + 4 + time, "sv", head, text);
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
    hold(take_until(&text, '\n', &c->origin) && c->origin.len != 0 &&
             take_until(&text, '\n', &size) && take_until(&text, '\n', &root) && text.len == 0,
         "the checkpoint is not origin, size and root");
    c->size = read_decimal(size, "the checkpoint's size");
    hold(read_base64(c->root.b, sizeof c->root.b, root, "the checkpoint's root") == 32,
         "the checkpoint's root is no hash");
}

static void read_checkpoint(struct checkpoint *c, struct view note, const struct policy *p)
{
    uint64_t votes[NAMES_MAX] = {0};
    size_t split = note.len, count = 0;
    struct view line;
    while (split >= 2 && !(note.at[split - 1] == '\n' && note.at[split - 2] == '\n'))
        split--;
    hold(split >= 2 && split <= NOTE_TEXT_MAX, "the checkpoint is not a signed note");
    read_checkpoint_text(c, (struct view){note.at, split - 1});
    struct view lines = after(note, split);
    for (; take_until(&lines, '\n', &line); count++) {
        hold(count < NOTE_LINES_MAX, "the checkpoint has too many signatures");
        read_signature(c, p, line, (struct view){note.at, split - 1});
    }
    hold(lines.len == 0, "the checkpoint's last line has no end");
    hold(c->log_signed, "no log key of the policy signed the checkpoint");
    c->found[0] = true;
    for (size_t i = 1; i < p->names; i++) { /* a group stands behind its members */
        if (p->name[i].type == GROUP)
            c->found[i] = votes[i] >= p->name[i].needed;
        votes[p->name[i].group] += c->found[i];
    }
    hold(c->found[p->quorum], "the policy's quorum did not cosign the checkpoint");
}

static void verify_checkpoint(struct view file, const struct policy *p, bool strict)
{
    struct checkpoint c = {.size = 0};
    read_checkpoint(&c, file, p);
    hold(!strict || c.unknown == 0, "%" PRIu64 " lines are by keys nobody knows", c.unknown);
    say("checkpoint", "valid");
    say_view("origin", c.origin);
    say("size", "%" PRIu64, c.size);
    say_b32("root", &c.root);
    for (size_t i = 1; i < p->names; i++)
        if (p->name[i].type == WITNESS_KEY && c.found[i])
            say_view("cosigned by", p->name[i].name);
    say("others", "%" PRIu64 " lines by keys the policy does not name", c.unknown);
}

/* ---- dossiers ---- */
/* A page whose last line holds the hash of what stands before it, and which has a
 * receipt inside.  That it says what the receipt says is for `tally` to find. */
static void verify_dossier(struct view file, struct genesis *g)
{
    static uint8_t evidence[FRAME_MAX];
    enum { SEAL = 81 };
    struct view page = {file.at, file.len < SEAL ? 0 : file.len - SEAL}, text;
    struct b32 sum = hash("v", page);
    char hex[65], line[SEAL + 1];
    (void)sodium_bin2hex(hex, sizeof hex, sum.b, sizeof sum.b);
    (void)snprintf(line, sizeof line, "<!-- sha256 %s -->\n", hex);
    hold(same(after(file, page.len), view_of(line)), "the page is damaged: see its last line");
    while (page.len != 0 && !take_prefix(&page, "data:application/octet-stream;base64,"))
        page = after(page, 1);
    hold(take_until(&page, '"', &text), "the page carries no evidence");
    text.len = read_base64(evidence, sizeof evidence, text, "the evidence");
    verify_case_receipt((struct view){evidence, text.len}, g, true);
    say("page", "as it was written; `tally case dossier --verify` makes it again");
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
    hold(file->len >= 5 + 32, "the export ends before its closing frame");
    uint8_t kind = file->at[0];
    *payload = (struct view){file->at + 5, (size_t)get_be(file->at + 1, 4)};
    hold(payload->len <= file->len - 5 - 32, "the export ends before its closing frame");
    l->check =
        hash("zhv", "tallystick/export/v1", &l->check, (struct view){file->at, 5 + payload->len});
    *file = after(*file, 5 + payload->len);
    hold(memcmp(file->at, l->check.b, 32) == 0, "a frame is damaged: see its check");
    *file = after(*file, 32);
    return kind;
}

static void read_envelope(struct ledger *l, struct view bytes)
{
    struct reader r = read_from(bytes, "an envelope");
    struct tree tree = {0};
    struct envelope e;
    read_fields(&r, "huhsa", &e.author, &e.sequence, &e.root, &e.sig, &e.count);
    struct author *author = find_author(l->g, &e.author);
    hold(author != NULL, "an envelope's author is not in the genesis file");
    hold(e.sequence == author->sequence + 1, "an envelope is out of its author's sequence");
    author->sequence = e.sequence;
    struct b32 id = check_envelope(l->g, &e);
    for (uint32_t i = 0; i < e.count; i++) {
        struct view entry;
        read_fields(&r, "y", &entry);
        hold(entry.len <= ENTRY_MAX && l->entries < BLOCK_ENTRIES_MAX, "an entry is too much");
        tree_add(&tree, tree_leaf(entry));
        l->entry[l->entries++] = entry_leaf(&id, i, entry);
    }
    read_end(&r);
    struct b32 root = tree_root(&tree);
    hold(equal(&root, &e.root), "an envelope's entries are not those its author signed");
}

/* Rule A.2-5 of docs/PROTOCOL.md: a certificate for the parent, and one for every view skipped. */
static void check_justification(const struct genesis *g, struct view bytes, const struct header *h)
{
    struct reader r = read_from(bytes, "the justification");
    struct b32 root = hash("zv", "tallystick/just/v1", bytes);
    struct cert cert;
    hold(equal(&root, &h->just_root), "the justification is not the header's");
    canonical(&r, read_count(&r, 2) == 2);
    hold(read_count(&r, 1) == (h->parent_view == 0 ? 0 : 1),
         "the parent's certificate is not there");
    if (h->parent_view != 0) {
        cert = read_cert(&r);
        hold(cert.kind != NULLIFY && cert.view == h->parent_view &&
                 equal(&cert.hash, &h->parent_hash),
             "the justification is for another parent");
        check_cert(g, &cert, "the parent's certificate");
    }
    uint64_t count = read_count(&r, UINT32_MAX);
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
    while (l->placed < l->entries)
        tree_add(&l->log, l->entry[l->placed++]);
    struct b32 root = tree_root(&l->log);
    hold(l->tip.height == 0 || (l->log.size == l->tip.log_size && equal(&root, &l->tip.log_root)),
         "the leaves do not make the log the header commits to");
}

static void read_block(struct ledger *l, struct view bytes)
{
    struct reader r = read_from(bytes, "the block");
    const uint8_t *leader_sig;
    struct view header, justification;
    struct tree body = {0};
    uint64_t envelopes;
    close_block(l);
    (void)snprintf(run.where, sizeof run.where, "block %" PRIu64 ": ", l->tip.height + 1);
    read_fields(&r, "ysva", &header, &leader_sig, &justification, &envelopes);
    struct header h = read_header(l->g, header);
    hold(h.height == l->tip.height + 1 && equal(&h.parent_hash, &l->tip.hash) &&
             h.parent_view == l->tip.view,
         "the block does not extend the one before it");
    hold(h.view > l->tip.view && h.time_ms > l->tip.time_ms, "the block is not later");
    check_leader(l->g, &h, leader_sig);
    check_justification(l->g, justification, &h);
    for (l->entries = l->placed = 0; envelopes != 0; envelopes--) {
        struct view envelope;
        read_fields(&r, "y", &envelope);
        tree_add(&body, tree_leaf(envelope));
        read_envelope(l, envelope);
    }
    read_end(&r);
    struct b32 root = tree_root(&body);
    hold(equal(&root, &h.body_root), "the envelopes are not the header's");
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
        hold(len != 0 && len <= LEAF_MAX && len <= bytes.len - 12, "a frame is malformed");
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
    struct b32 tip, log_root, state_root;
    uint64_t height, log_size, frames, decisions;
    close_block(l);
    run.where[0] = '\0';
    read_record(bytes, "the closing frame", "uhuhhuu", &height, &tip, &log_size, &log_root,
                &state_root, &frames, &decisions);
    hold(height == l->tip.height && equal(&tip, &l->tip.hash) && log_size == l->tip.log_size &&
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
        read_genesis(l->g, payload, 0);
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

/* `trusted`: the genesis file the auditor has, or empty. */
static void verify_export(struct view file, struct view trusted)
{
    static struct genesis genesis;
    static struct ledger ledger;
    struct view payload;
    struct b32 chain_id = hash("zv", "tallystick/genesis/v1", trusted);
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
    say("export", "valid");
    say("blocks", "%" PRIu64, ledger.tip.height);
    say("decisions", "%" PRIu64 ", not replayed: this program runs no contract", ledger.decisions);
    say_b32("block", &ledger.tip.hash);
    say_b32("log root", &ledger.tip.log_root);
    say_b32("state root", &ledger.tip.state_root);
    say_b32("contract", &ledger.tip.contract);
    say_view("ledger", genesis.name);
    say_b32("chain id", &genesis.chain_id);
    if (trusted.len == 0)
        say("trust", "by the export's own genesis file: compare the chain id, or give --genesis");
}

/* ---- the command line ---- */
static struct {
    const char *command, *file, *genesis, *policy;
    bool strict;
} call;

static const char usage[] =
    "usage: tally-verify receipt|dossier FILE --genesis FILE\n"
    "       tally-verify checkpoint FILE --policy FILE [--strict]\n"
    "       tally-verify export FILE [--genesis FILE]\n"
    "--strict also refuses signatures by keys that the policy does not name.\n"
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

#define asked(word) (strcmp(call.command, word) == 0)

/* False: the words do not fit together. */
static bool perform(void)
{
    static struct genesis genesis;
    static struct policy policy;
    struct view trusted = call.genesis == NULL ? (struct view){NULL, 0} : map_file(call.genesis);
    if (asked("export")) {
        verify_export(map_file(call.file), trusted);
    } else if (call.genesis != NULL && (asked("receipt") || asked("dossier"))) {
        read_genesis(&genesis, trusted, 0);
        (asked("receipt") ? verify_receipt : verify_dossier)(map_file(call.file), &genesis);
    } else if (call.policy != NULL && asked("checkpoint")) {
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
