/* One core, told things. */
#include "story.h"

#include "tl/check.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#define START_UNIX 1700000000000u

static struct tl_hash hash_of(const struct story *s, char name)
{
    struct tl_hash hash;

    if (name == 'G')
        return s->config.epoch_genesis;
    memset(hash.b, name, sizeof hash.b);
    return hash;
}

static char name_of(const struct story *s, const struct tl_hash *hash)
{
    return tl_hash_eq(hash, &s->config.epoch_genesis) ? 'G' : (char)hash->b[0];
}

static void say(struct story *s, const char *format, ...) TL_PRINTF(2, 3);
static void say(struct story *s, const char *format, ...)
{
    va_list args;
    int len;

    if (s->said_len > 0)
        s->said_len += (size_t)snprintf(s->said + s->said_len, 3, "; ");
    va_start(args, format);
    len = vsnprintf(s->said + s->said_len, sizeof s->said - s->said_len, format, args);
    va_end(args);
    TL_CHECK(len >= 0 && s->said_len + (size_t)len + 4 < sizeof s->said);
    s->said_len += (size_t)len;
}

static void say_word(struct story *s, const char *verb, const struct tl_bft_effect *e)
{
    unsigned long long view = e->view;

    if (e->vote_kind == TL_VOTE_NULLIFY)
        say(s, "%s X%llu", verb, view);
    else
        say(s, "%s %c%llu %c", verb, e->vote_kind == TL_VOTE_NOTARIZE ? 'N' : 'F', view,
            name_of(s, &e->hash));
}

static void say_trace(struct story *s, const struct tl_bft_effect *e)
{
    switch (e->trace) {
    case TL_BFT_TRACE_ENTERED:
        say(s, "enter v%llu", (unsigned long long)e->n[0]);
        return;
    case TL_BFT_TRACE_TIMEOUT:
        say(s, "timeout v%llu", (unsigned long long)e->n[0]);
        return;
    case TL_BFT_TRACE_STANDSTILL:
        say(s, "standstill %llu", (unsigned long long)e->n[2]);
        return;
    case TL_BFT_TRACE_FORMED:
        return;
    }
}

static void note_to_sign(struct story *s, const struct tl_vote *vote)
{
    TL_CHECK(s->to_sign_count < 8);
    s->to_sign[s->to_sign_count++] = *vote;
}

static void say_effect(struct story *s, const struct tl_bft_effect *e)
{
    unsigned long long view = e->view;
    char name = name_of(s, &e->hash);

    switch (e->kind) {
    case TL_BFT_STORE_BLOCK:
        say(s, "store %c", name);
        return;
    case TL_BFT_STORE_CERT:
        say_word(s, "store-cert", e);
        return;
    case TL_BFT_SIGN_VOTE:
        note_to_sign(s, &e->vote);
        say_word(s, "sign", e);
        return;
    case TL_BFT_BROADCAST_VOTE:
        say_word(s, "vote", e);
        return;
    case TL_BFT_BROADCAST_CERT:
        say_word(s, "cert", e);
        return;
    case TL_BFT_BROADCAST_PROPOSAL:
        say(s, "propose %c", name);
        return;
    case TL_BFT_SEND_CERT:
        say_word(s, "send", e);
        return;
    case TL_BFT_ASK_TIP:
        say(s, "ask-tip");
        return;
    case TL_BFT_FETCH_BLOCK:
        say(s, "fetch %c", name);
        return;
    case TL_BFT_FETCH_CERT:
        say(s, "fetch-cert v%llu", view);
        return;
    case TL_BFT_CATCH_UP:
        say(s, "catch-up v%llu", view);
        return;
    case TL_BFT_BUILD:
        say(s, "build%s v%llu on %c", e->n[0] != 0 ? " even empty" : "", view, name);
        return;
    case TL_BFT_CHECK:
        say(s, "check %c", name);
        return;
    case TL_BFT_SET_TIMER:
        say(s, "timer %llu", (unsigned long long)(e->at_ms - s->now_ms));
        return;
    case TL_BFT_FINALIZE:
        say(s, "final %c", name);
        return;
    case TL_BFT_EVIDENCE:
        say(s, "evidence %u kind %d", e->evidence->member, (int)e->evidence->kind);
        return;
    case TL_BFT_ALARM:
        say(s, "alarm %d", (int)e->alarm);
        return;
    case TL_BFT_TRACE:
        say_trace(s, e);
        return;
    }
}

enum tl_status story_tell(struct story *s, struct tl_bft_event event)
{
    enum tl_status status;
    bool more = true;

    event.unix_ms = s->unix_ms + s->now_ms;
    status = tl_bft_step(s->core, &event, s->now_ms, &s->effects);
    for (uint32_t i = 0; i < s->effects.count; i++)
        say_effect(s, &s->effects.at[i]);
    event.kind = TL_BFT_CONTINUE;
    for (more = s->effects.more; more; more = s->effects.more) {
        TL_CHECK(tl_bft_step(s->core, &event, s->now_ms, &s->effects) == TL_OK);
        for (uint32_t i = 0; i < s->effects.count; i++)
            say_effect(s, &s->effects.at[i]);
    }
    return status;
}

void story_restart(struct story *s)
{
    s->core = tl_bft_init(s->memory, &s->config);
    assert_non_null(s->core);
    s->to_sign_count = 0;
}

void story_open(struct story *s, uint32_t members, uint32_t quorum, uint32_t self)
{
    memset(s, 0, sizeof *s);
    s->memory = calloc(1, tl_bft_bytes(members, 128));
    s->unix_ms = START_UNIX;
    s->config = (struct tl_bft_config){.members = members,
                                       .quorum = quorum,
                                       .self = self,
                                       .window = 128,
                                       .delta_ms = 100,
                                       .drift_ms = 1000};
    /* Some genesis whose leader of view 0 would be member 0. */
    do {
        s->config.epoch_genesis.b[0]++;
        story_restart(s);
    } while (tl_bft_leader(s->core, 0) != 0);
}

void story_close(struct story *s)
{
    free(s->memory);
}

void story_start(struct story *s)
{
    assert_int_equal(story_tell(s, (struct tl_bft_event){.kind = TL_BFT_START}), TL_OK);
    story_forget(s);
}

struct tl_bft_block story_block(const struct story *s, char name, uint64_t view, char parent,
                                uint64_t parent_view, uint64_t height)
{
    return (struct tl_bft_block){.hash = hash_of(s, name),
                                 .parent_hash = hash_of(s, parent),
                                 .view = view,
                                 .parent_view = parent_view,
                                 .height = height,
                                 .time_ms = START_UNIX + height,
                                 .leader = tl_bft_leader(s->core, view) & 0xff};
}

enum tl_status story_hear_block(struct story *s, char name, uint64_t view, char parent,
                                uint64_t parent_view, uint64_t height)
{
    struct tl_bft_block block = story_block(s, name, view, parent, parent_view, height);

    return story_tell(s, (struct tl_bft_event){.kind = TL_BFT_PROPOSAL, .block = &block});
}

enum tl_status story_built(struct story *s, char name, uint64_t view, char parent,
                           uint64_t parent_view, uint64_t height)
{
    struct tl_bft_block block = story_block(s, name, view, parent, parent_view, height);

    return story_tell(s, (struct tl_bft_event){.kind = TL_BFT_BUILT, .block = &block});
}

enum tl_status story_checked(struct story *s, char name, uint64_t view, bool valid)
{
    return story_tell(s, (struct tl_bft_event){.kind = TL_BFT_CHECKED,
                                               .hash = hash_of(s, name),
                                               .view = view,
                                               .verdict = valid ? TL_BFT_VALID : TL_BFT_INVALID});
}

static struct tl_vote parse(const struct story *s, const char *word)
{
    struct tl_vote vote = {0};
    char *end;

    vote.kind = word[0] == 'N'   ? TL_VOTE_NOTARIZE
                : word[0] == 'X' ? TL_VOTE_NULLIFY
                                 : TL_VOTE_FINALIZE;
    vote.view = strtoull(word + 1, &end, 10);
    if (vote.kind != TL_VOTE_NULLIFY)
        vote.hash = hash_of(s, *end);
    return vote;
}

enum tl_status story_vote(struct story *s, uint32_t member, const char *word)
{
    struct tl_vote vote = parse(s, word);

    vote.member = (uint8_t)member;
    return story_tell(s, (struct tl_bft_event){.kind = TL_BFT_VOTE, .vote = &vote});
}

enum tl_status story_cert(struct story *s, uint32_t signers, const char *word)
{
    const struct tl_vote vote = parse(s, word);
    uint8_t sigs[32 * TL_SIG_BYTES] = {0};
    struct tl_cert cert = {.kind = vote.kind,
                           .view = vote.view,
                           .hash = vote.hash,
                           .signers = signers,
                           .sigs =
                               tl_bytes(sigs, (size_t)__builtin_popcount(signers) * TL_SIG_BYTES)};

    return story_tell(s, (struct tl_bft_event){.kind = TL_BFT_CERT, .cert = &cert});
}

void story_sign_all(struct story *s)
{
    while (s->to_sign_count > 0) {
        struct tl_vote vote = s->to_sign[0];

        s->to_sign_count--;
        memmove(s->to_sign, s->to_sign + 1, s->to_sign_count * sizeof vote);
        assert_int_equal(story_tell(s, (struct tl_bft_event){.kind = TL_BFT_SIGNED, .vote = &vote}),
                         TL_OK);
    }
}

void story_pending(struct story *s, bool pending)
{
    (void)story_tell(s, (struct tl_bft_event){.kind = TL_BFT_PENDING, .pending = pending});
}

void story_wait(struct story *s, uint64_t ms)
{
    s->now_ms += ms;
    (void)story_tell(s, (struct tl_bft_event){.kind = TL_BFT_TICK});
}

void story_forget(struct story *s)
{
    s->said_len = 0;
    s->said[0] = '\0';
}

void story_expect(struct story *s, const char *said)
{
    assert_string_equal(s->said, said);
    story_forget(s);
}

bool story_said(const struct story *s, const char *part)
{
    return strstr(s->said, part) != NULL;
}
