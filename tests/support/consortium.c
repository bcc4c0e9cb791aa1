/* A made-up consortium. */
#include "consortium.h"

#include "tl/check.h"
#include "tl/hash.h"

#include <stdio.h>
#include <string.h>

static void make_key(struct tl_pubkey *pub, struct tl_seckey *sec, const char *role, uint32_t i)
{
    char text[64];
    struct tl_hash seed;

    TL_CHECK(snprintf(text, sizeof text, "tallystick test %s %u", role, i) < (int)sizeof text);
    tl_hash_plain(&seed, tl_bytes_str(text));
    tl_keypair(pub, sec, seed.b);
}

static void draft_member(struct consortium_draft *draft, struct consortium *c, uint32_t i)
{
    struct tl_member *m = &draft->member[i];
    struct tl_seckey unused;

    (void)snprintf(draft->text[i][0], sizeof draft->text[i][0], "member-%u", i);
    (void)snprintf(draft->text[i][1], sizeof draft->text[i][1], "127.0.0.1:%u", 7000 + i);
    (void)snprintf(draft->text[i][2], sizeof draft->text[i][2], "certificate %u", i);
    m->id = tl_bytes_str(draft->text[i][0]);
    m->roles = TL_ROLE_ALL;
    m->address = tl_bytes_str(draft->text[i][1]);
    m->tls_cert = tl_bytes_str(draft->text[i][2]);
    make_key(&m->consensus_key, &c->consensus[i], "consensus", i);
    make_key(&m->log_key, &c->log[i], "log", i);
    make_key(&m->cosign_key, &c->cosign[i], "cosign", i);
    make_key(&m->vault_key, &unused, "vault", i);
    make_key(&draft->key[i].key, &c->author[i], "author", i);
    c->author_key[i] = draft->key[i].key;
    draft->key[i].name = tl_bytes_str("operator");
    draft->key[i].rights = TL_RIGHT_ALL;
}

void consortium_draft(struct consortium_draft *draft, struct consortium *c, uint32_t count)
{
    struct tl_genesis *g = &draft->genesis;

    TL_CHECK(count >= 1 && count <= TL_MEMBERS_MAX);
    memset(draft, 0, sizeof *draft);
    g->format = 1;
    g->name = tl_bytes_str("ledger.example/test");
    g->created_ms = UINT64_C(1700000000000);
    g->quorum = (uint8_t)(2 * count / 3 + 1);
    g->time_source = TL_TIME_CALENDAR;
    g->first_date = 10957; /* 2000-01-01 */
    g->state_bits = 8;
    g->block_bytes = TL_BLOCK_BYTES_MAX;
    g->delta_ms = 50;
    g->heartbeat_ms = 10000;
    g->drift_ms = 5000;
    draft->count = count;
    for (uint32_t i = 0; i < count; i++)
        draft_member(draft, c, i);
}

struct tl_bytes consortium_write(const struct consortium_draft *draft, uint8_t *out, size_t cap)
{
    static uint8_t scratch[1u << 18];
    struct tl_buf members = tl_buf(scratch, sizeof scratch / 2);
    struct tl_buf keys = tl_buf(scratch + sizeof scratch / 2, sizeof scratch / 2);
    struct tl_buf file = tl_buf(out, cap);
    struct tl_genesis genesis = draft->genesis;

    for (uint32_t i = 0; i < draft->count; i++) {
        struct tl_member member = draft->member[i];

        if (member.keys.count == 0)
            tl_list_add(&member.keys, &keys, &tl_member_key_record, &draft->key[i]);
        tl_list_add(&genesis.members, &members, &tl_member_record, &member);
    }
    tl_record_write(&tl_genesis_record, &genesis, &file);
    TL_CHECK(!members.full && !keys.full && !file.full);
    return tl_buf_bytes(&file);
}

void consortium_init(struct consortium *c, uint32_t count)
{
    static struct consortium_draft draft;
    const char *why;

    memset(c, 0, sizeof *c);
    c->count = count;
    consortium_draft(&draft, c, count);
    c->file = consortium_write(&draft, c->memory, sizeof c->memory);
    TL_CHECK(tl_genesis_decode(&c->genesis, c->file, &why) == TL_OK);
    tl_genesis_chain_id(&c->chain_id, c->file);
    tl_genesis_voters(&c->voters, &c->genesis, &c->chain_id);
}

struct tl_vote consortium_vote(const struct consortium *c, uint32_t member, enum tl_vote_kind kind,
                               uint64_t view, const struct tl_hash *hash)
{
    struct tl_vote vote = {.kind = (uint8_t)kind, .view = view, .member = (uint8_t)member};
    uint8_t bytes[TL_VOTE_SIGNING_BYTES];

    if (hash != NULL)
        vote.hash = *hash;
    tl_vote_signing_bytes(bytes, &c->chain_id, &vote);
    tl_sign(&vote.sig, tl_bytes(bytes, sizeof bytes), &c->consensus[member]);
    return vote;
}

struct tl_cert consortium_cert(const struct consortium *c, uint32_t signers, enum tl_vote_kind kind,
                               uint64_t view, const struct tl_hash *hash,
                               uint8_t sigs[TL_MEMBERS_MAX * TL_SIG_BYTES])
{
    struct tl_cert cert = {.kind = (uint8_t)kind, .view = view, .signers = signers};
    size_t len = 0;

    if (hash != NULL)
        cert.hash = *hash;
    for (uint32_t member = 0; member < TL_MEMBERS_MAX; member++) {
        struct tl_vote vote;

        if ((signers >> member & 1) == 0)
            continue;
        vote = consortium_vote(c, member % c->count, kind, view, hash);
        memcpy(sigs + len, vote.sig.b, TL_SIG_BYTES);
        len += TL_SIG_BYTES;
    }
    cert.sigs = tl_bytes(sigs, len);
    return cert;
}
