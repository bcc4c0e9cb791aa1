/* tlog-policy: written from a genesis, read from anybody.  See tlog_policy.h. */
#include "tl/tlog_policy.h"

#include "lines.h"
#include "tl/check.h"

#include <string.h>

_Static_assert(TL_TLOG_NAMES_MAX <= 64 && TL_TLOG_LOGS_MAX <= 64, "names are bits of a word");
_Static_assert(TL_MEMBERS_MAX < TL_TLOG_NAMES_MAX && TL_MEMBERS_MAX <= TL_TLOG_LOGS_MAX,
               "a consortium's own policy fits");

/* ---- writing ---- */

static void put_key(struct tl_buf *out, struct tl_bytes name, enum tl_note_type type,
                    const struct tl_pubkey *pub)
{
    struct tl_note_key key;
    enum tl_status status = tl_note_key_set(&key, name, type, pub);

    TL_CHECK(status == TL_OK); /* genesis names and keys are fit for notes */
    tl_vkey_write(out, &key);
    tl_put_text(out, "\n");
}

#define GROUP "q"

/* A member goes by its id, unless that word means something else in a policy; no
 * id begins with a dot. */
static void put_member_name(struct tl_buf *out, struct tl_bytes id)
{
    if (tl_bytes_eq(id, tl_bytes_str(GROUP)) || tl_bytes_eq(id, tl_bytes_str("none")))
        tl_put_text(out, ".");
    tl_buf_put(out, id.ptr, id.len);
}

static void put_witness(struct tl_buf *out, struct tl_bytes origin, const struct tl_member *member)
{
    uint8_t bytes[TL_NOTE_NAME_MAX];
    struct tl_buf name = tl_buf(bytes, sizeof bytes);

    tl_buf_put(&name, origin.ptr, origin.len);
    tl_put_text(&name, "/");
    tl_buf_put(&name, member->id.ptr, member->id.len);
    TL_CHECK(!name.full);
    tl_put_text(out, "witness ");
    put_member_name(out, member->id);
    tl_put_text(out, " ");
    put_key(out, tl_buf_bytes(&name), TL_NOTE_COSIGNATURE, &member->cosign_key);
}

void tl_tlog_policy_write(struct tl_buf *out, const struct tl_genesis *genesis)
{
    struct tl_list members = genesis->members;
    struct tl_member member;

    while (tl_list_next(&members, &tl_member_record, &member)) {
        tl_put_text(out, "log ");
        put_key(out, genesis->name, TL_NOTE_ED25519, &member.log_key);
    }
    members = genesis->members;
    while (tl_list_next(&members, &tl_member_record, &member))
        put_witness(out, genesis->name, &member);
    tl_put_text(out, "group " GROUP " ");
    tl_put_decimal(out, genesis->quorum);
    members = genesis->members;
    while (tl_list_next(&members, &tl_member_record, &member)) {
        tl_put_text(out, " ");
        put_member_name(out, member.id);
    }
    tl_put_text(out, "\nquorum " GROUP "\n");
}

/* ---- reading ---- */

struct parser {
    struct tl_tlog_policy *policy;
    uint64_t grouped; /* names that are in a group already */
    bool quorum_seen;
    const char *why;
};

static bool refuse(struct parser *p, const char *why)
{
    if (p->why == NULL)
        p->why = why;
    return false;
}

static bool is_blank(uint8_t c)
{
    return c == ' ' || c == '\t';
}

/* Takes the next word of a line.  False: there is none. */
static bool word_take(struct tl_bytes *line, struct tl_bytes *word)
{
    size_t from = 0;
    size_t to;

    while (from < line->len && is_blank(line->ptr[from]))
        from++;
    to = from;
    while (to < line->len && !is_blank(line->ptr[to]))
        to++;
    *word = TL_BYTES_NONE;
    if (to == from)
        return false;
    *word = tl_bytes(line->ptr + from, to - from);
    *line = tl_bytes(line->ptr + to, line->len - to);
    return true;
}

static bool is(struct tl_bytes word, const char *text)
{
    return tl_bytes_eq(word, tl_bytes_str(text));
}

/* The end of a line: an address may stand there, which is of no use offline. */
static bool url_end(struct parser *p, struct tl_bytes line)
{
    struct tl_bytes word;

    (void)word_take(&line, &word);
    return !word_take(&line, &word) || refuse(p, "too many words");
}

static bool key_parse(struct parser *p, struct tl_bytes *line, enum tl_note_type type,
                      struct tl_note_key *key)
{
    struct tl_bytes word;

    if (!word_take(line, &word) || tl_vkey_parse(key, word) != TL_OK || key->type != type)
        return refuse(p, "this is no verifier key of the kind that belongs here");
    return true;
}

static bool same_key(const struct tl_note_key *a, const struct tl_note_key *b)
{
    return memcmp(a->key.b, b->key.b, sizeof a->key.b) == 0;
}

static bool parse_log(struct parser *p, struct tl_bytes line)
{
    struct tl_tlog_policy *policy = p->policy;
    struct tl_note_key key;

    if (!key_parse(p, &line, TL_NOTE_ED25519, &key) || !url_end(p, line))
        return false;
    for (uint32_t i = 0; i < policy->logs; i++) {
        if (same_key(&policy->log[i], &key))
            return refuse(p, "this log's key is there already");
    }
    if (policy->logs == TL_TLOG_LOGS_MAX)
        return refuse(p, "there are too many logs");
    policy->log[policy->logs++] = key;
    return true;
}

static bool name_find(const struct tl_tlog_policy *policy, struct tl_bytes name, uint32_t *number)
{
    for (*number = 0; *number < policy->names; ++*number) {
        if (tl_bytes_eq(policy->name[*number].name, name))
            return true;
    }
    return false;
}

/* Gives the next free place to the name a line defines. */
static struct tl_tlog_name *name_define(struct parser *p, struct tl_bytes *line)
{
    struct tl_tlog_policy *policy = p->policy;
    struct tl_tlog_name *slot = NULL;
    struct tl_bytes name;
    uint32_t number;

    if (!word_take(line, &name))
        (void)refuse(p, "a name is missing");
    else if (is(name, "none") || name_find(policy, name, &number))
        (void)refuse(p, "this name is taken");
    else if (policy->names == TL_TLOG_NAMES_MAX)
        (void)refuse(p, "there are too many witnesses and groups");
    else
        slot = &policy->name[policy->names];
    if (slot != NULL)
        *slot = (struct tl_tlog_name){.name = name};
    return slot;
}

static bool parse_witness(struct parser *p, struct tl_bytes line)
{
    struct tl_tlog_name *slot = name_define(p, &line);

    if (slot == NULL || !key_parse(p, &line, TL_NOTE_COSIGNATURE, &slot->key) || !url_end(p, line))
        return false;
    for (uint32_t i = 0; i < p->policy->names; i++) {
        if (!p->policy->name[i].is_group && same_key(&p->policy->name[i].key, &slot->key))
            return refuse(p, "this witness's key is there already");
    }
    p->policy->names++;
    return true;
}

static bool member_add(struct parser *p, struct tl_tlog_name *group, struct tl_bytes word)
{
    uint64_t bit;
    uint32_t number;

    if (!name_find(p->policy, word, &number))
        return refuse(p, "a group names what no line above defines");
    bit = (uint64_t)1 << number;
    if ((p->grouped & bit) != 0)
        return refuse(p, "a name is in a group already");
    p->grouped |= bit;
    group->members |= bit;
    return true;
}

static bool parse_group(struct parser *p, struct tl_bytes line)
{
    struct tl_tlog_name *group = name_define(p, &line);
    struct tl_bytes share;
    struct tl_bytes word;
    uint64_t threshold = 1;
    uint64_t count = 0;

    if (group == NULL)
        return false;
    if (!word_take(&line, &share))
        return refuse(p, "a group says any, all or how many");
    for (; word_take(&line, &word); count++) {
        if (!member_add(p, group, word))
            return false;
    }
    if (is(share, "all"))
        threshold = count;
    else if (!is(share, "any") && !tl_line_u64(share, &threshold))
        return refuse(p, "a group says any, all or how many");
    if (threshold == 0 || threshold > count)
        return refuse(p, "a group's number lies between one and its members");
    group->is_group = true;
    group->threshold = (uint32_t)threshold;
    p->policy->names++;
    return true;
}

static bool parse_quorum(struct parser *p, struct tl_bytes line)
{
    struct tl_bytes word;
    struct tl_bytes more;

    if (p->quorum_seen)
        return refuse(p, "there is a quorum already");
    if (!word_take(&line, &word) || word_take(&line, &more))
        return refuse(p, "a quorum is one name");
    p->quorum_seen = true;
    p->policy->needs_quorum = !is(word, "none");
    if (p->policy->needs_quorum && !name_find(p->policy, word, &p->policy->quorum))
        return refuse(p, "the quorum names what no line above defines");
    return true;
}

static bool parse_line(struct parser *p, struct tl_bytes line)
{
    struct tl_bytes word;

    for (size_t i = 0; i < line.len; i++) {
        if ((line.ptr[i] < 0x20 && line.ptr[i] != '\t') || line.ptr[i] == 0x7f)
            return refuse(p, "a control character");
    }
    if (!word_take(&line, &word) || word.ptr[0] == '#')
        return true;
    if (is(word, "log"))
        return parse_log(p, line);
    if (is(word, "witness"))
        return parse_witness(p, line);
    if (is(word, "group"))
        return parse_group(p, line);
    if (is(word, "quorum"))
        return parse_quorum(p, line);
    return refuse(p, "a line begins with log, witness, group, quorum or #");
}

enum tl_status tl_tlog_policy_parse(struct tl_tlog_policy *out, struct tl_bytes text,
                                    uint32_t *line, const char **why)
{
    struct parser p = {.policy = out};
    struct tl_bytes one;

    memset(out, 0, sizeof *out);
    *line = 0;
    if (text.len > TL_TLOG_POLICY_MAX)
        (void)refuse(&p, "it is too long");
    while (p.why == NULL && tl_line_take(&text, &one)) {
        ++*line;
        (void)parse_line(&p, one);
    }
    if (text.len != 0)
        (void)refuse(&p, "the last line has no end");
    if (!p.quorum_seen)
        (void)refuse(&p, "there is no quorum line");
    *why = p.why;
    if (p.why == NULL)
        return TL_OK;
    memset(out, 0, sizeof *out);
    return TL_ERR_ENCODING;
}

/* ---- checking ---- */

/* Bits of those whose lines verify.  False: a known key's line does not. */
static bool check_logs(const struct tl_tlog_policy *policy, const struct tl_note *note,
                       struct tl_tlog_verdict *verdict, uint32_t *lines)
{
    for (uint32_t i = 0; i < policy->logs; i++) {
        uint64_t time_s;
        enum tl_status status;

        if (!tl_bytes_eq(policy->log[i].name, verdict->checkpoint.origin))
            continue;
        status = tl_note_verify(note, &policy->log[i], &time_s);
        if (status == TL_ERR_SIGNATURE)
            return false;
        verdict->logs |= status == TL_OK ? (uint64_t)1 << i : 0;
        *lines += status == TL_OK;
    }
    return true;
}

static uint32_t count_bits(uint64_t bits)
{
    return tl_popcount32((uint32_t)bits) + tl_popcount32((uint32_t)(bits >> 32));
}

/* A group stands behind its members, so one pass in order settles all. */
static bool check_names(const struct tl_tlog_policy *policy, const struct tl_note *note,
                        struct tl_tlog_verdict *verdict, uint32_t *lines)
{
    for (uint32_t i = 0; i < policy->names; i++) {
        const struct tl_tlog_name *name = &policy->name[i];
        uint64_t time_s;
        enum tl_status status = TL_OK;

        if (name->is_group) {
            if (count_bits(verdict->names & name->members) < name->threshold)
                continue;
        } else {
            status = tl_note_verify(note, &name->key, &time_s);
            *lines += status == TL_OK;
        }
        if (status == TL_ERR_SIGNATURE)
            return false;
        verdict->names |= status == TL_OK ? (uint64_t)1 << i : 0;
    }
    return true;
}

static enum tl_status check(const struct tl_tlog_policy *policy, struct tl_bytes note_bytes,
                            struct tl_tlog_verdict *verdict)
{
    struct tl_note note;
    uint32_t lines = 0;

    if (tl_note_parse(&note, note_bytes) != TL_OK ||
        tl_checkpoint_parse(&verdict->checkpoint, note.text) != TL_OK)
        return TL_ERR_ENCODING;
    if (!check_logs(policy, &note, verdict, &lines) || !check_names(policy, &note, verdict, &lines))
        return TL_ERR_SIGNATURE;
    if (verdict->logs == 0)
        return TL_ERR_CERTIFICATE;
    if (policy->needs_quorum && (verdict->names >> policy->quorum & 1u) == 0)
        return TL_ERR_CERTIFICATE;
    verdict->unknown = note.count > lines ? note.count - lines : 0;
    return TL_OK;
}

enum tl_status tl_tlog_policy_check(const struct tl_tlog_policy *policy, struct tl_bytes note_bytes,
                                    struct tl_tlog_verdict *verdict)
{
    enum tl_status status;

    memset(verdict, 0, sizeof *verdict);
    status = check(policy, note_bytes, verdict);
    if (status != TL_OK)
        memset(verdict, 0, sizeof *verdict);
    return status;
}
