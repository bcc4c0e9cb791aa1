/* consortium.h -- a made-up consortium with keys we all know: a genesis file of
 * n members, every secret key, and ready-made votes and certificates. */
#ifndef TL_TEST_CONSORTIUM_H
#define TL_TEST_CONSORTIUM_H

#include "tl/genesis.h"

struct consortium {
    uint32_t count;
    struct tl_seckey consensus[TL_MEMBERS_MAX];
    struct tl_seckey log[TL_MEMBERS_MAX];
    struct tl_seckey cosign[TL_MEMBERS_MAX];
    struct tl_seckey author[TL_MEMBERS_MAX]; /* one writing key, all rights */
    struct tl_pubkey author_key[TL_MEMBERS_MAX];
    struct tl_bytes file; /* the genesis file */
    struct tl_genesis genesis;
    struct tl_hash chain_id;
    struct tl_voters voters;
    uint8_t memory[65536];
};

/* consortium_init makes `count` members with quorum floor(2n/3)+1. */
void consortium_init(struct consortium *c, uint32_t count);

/* The same as a plain value, for tests that break one rule of it. */
struct consortium_draft {
    struct tl_genesis genesis; /* members are filled in on writing */
    struct tl_member member[TL_MEMBERS_MAX];
    struct tl_member_key key[TL_MEMBERS_MAX];
    char text[TL_MEMBERS_MAX][3][32]; /* id, address, certificate */
    uint32_t count;
};
void consortium_draft(struct consortium_draft *draft, struct consortium *c, uint32_t count);
/* Encodes the draft into `out`. */
struct tl_bytes consortium_write(const struct consortium_draft *draft, uint8_t *out, size_t cap);

/* A vote of one member, signed. */
struct tl_vote consortium_vote(const struct consortium *c, uint32_t member, enum tl_vote_kind kind,
                               uint64_t view, const struct tl_hash *hash);
/* A certificate by the members of `signers`; its signatures go to `sigs`. */
struct tl_cert consortium_cert(const struct consortium *c, uint32_t signers, enum tl_vote_kind kind,
                               uint64_t view, const struct tl_hash *hash,
                               uint8_t sigs[TL_MEMBERS_MAX * TL_SIG_BYTES]);

#endif
