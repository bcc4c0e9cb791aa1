/* tl/signer.h -- the only holder of the consensus key, and its journal.
 *
 * A vote is signed after, and only after, the record of it lies on the disk in
 * two copies on separate paths (docs/PROTOCOL.md, A.7).  What may be signed is
 * for tl_sign_guard to say; what was signed is for the journal to remember, for
 * ever: nothing here deletes or rewrites it.
 *
 * A copy is a file of 128-byte records, each naming the hash of the one before:
 *
 *   0 seq u64be · 8 previous record's hash[32] · 40 kind u8, 3 zero bytes
 *   44 epoch u64be · 52 view u64be · 60 hash[32] · 92 CRC-32 of 0..91 u32be
 *   96 SHA-256("tallystick/journal/v1\0" ‖ 0..95)
 *
 * kind 0 START (hash: chain id; first record of a file), 1 to 3 the votes of
 * vote.h, 4 FLOOR.  Zero bytes follow the last record: room made ahead of time,
 * so that a sync need not change the file's size.
 *
 * Start-up reads both copies side by side.  A damaged record with nothing behind
 * it is the mark of a crash and dropped, and a copy that ends up to one group
 * before the other is brought up to it: what was being written had not been
 * signed.  Anything else (a missing copy, damage in the middle, two copies that
 * differ) is corruption: TL_ERR_CORRUPT, and the member must rejoin by A.8 or
 * get a new key.  Guessing here is how honest members come to sign twice.
 *
 * Threads.  One owner (the loop) stages, cuts and signs; the disk thread calls
 * tl_signer_write alone, on a group it was handed.  One group at a time:
 *
 *   owner   stage, stage, stage ... cut -> group
 *   disk    write(group)                            both copies, synced
 *   owner   written(group), sign, sign, sign
 *
 * After a failed write the signer refuses for good: what is on the disk is no
 * longer known. */
#ifndef TL_SIGNER_H
#define TL_SIGNER_H

#include "tl/signguard.h"
#include "tl/why.h"

#define TL_SIGNER_RECORD_BYTES 128u
#define TL_SIGNER_GROUP_MAX    256u
/* Views between the floor and the newest vote; more than a proposal may skip. */
#define TL_SIGNER_VIEWS_MAX 8192u

struct tl_signer;

struct tl_signer_plan {
    const char *dir_a; /* of the two copies; different, best on different disks */
    const char *dir_b;
    const struct tl_hash *chain_id;
    const struct tl_seckey *key; /* copied */
    uint8_t member;              /* own index, put on votes */
};

/* A journal longer than this is rotated when it is opened: written anew with what still
 * counts, the floor and the votes above it.  tl_signer_is_long says that an open one is
 * twice as long: close and open it. */
#define TL_SIGNER_ROTATE_BYTES ((uint64_t)4 << 20)
bool tl_signer_is_long(const struct tl_signer *signer);

/* tl_signer_create starts a new journal, for a member that has never voted.
 * TL_ERR_CONFLICT when either copy is there already.  A crash between the two
 * copies leaves one that holds its START and nothing else: tl_signer_open makes
 * the other then, since nothing was ever signed. */
TL_MUST_USE enum tl_status tl_signer_create(const char *dir_a, const char *dir_b,
                                            const struct tl_hash *chain_id, struct tl_why *why);
/* tl_signer_create_fenced is the journal of a member that lost its own and was told
 * the floor below which it must never vote again (PROTOCOL A.8). */
TL_MUST_USE enum tl_status tl_signer_create_fenced(const char *dir_a, const char *dir_b,
                                                   const struct tl_hash *chain_id,
                                                   const struct tl_sign_floor *floor,
                                                   struct tl_why *why);
/* tl_signer_set_aside renames what there is of a journal that must not be used any
 * more to votes.journal.doubtful-N.  None: fine. */
TL_MUST_USE enum tl_status tl_signer_set_aside(const char *dir_a, const char *dir_b,
                                               struct tl_why *why);
/* tl_signer_open_mute opens a signer without a journal: it says hello and answers for
 * its member, and refuses every vote (TL_ERR_CORRUPT). */
TL_MUST_USE enum tl_status tl_signer_open_mute(struct tl_signer **out,
                                               const struct tl_signer_plan *plan,
                                               struct tl_why *why);
/* tl_signer_exists says whether there is any copy. */
bool tl_signer_exists(const char *dir_a, const char *dir_b);

/* tl_signer_open reads, compares and mends the copies.  *out is owned by the
 * caller until tl_signer_close.  TL_ERR_CORRUPT: refuse to vote, see above;
 * TL_ERR_WRONG_CHAIN: the journal of another ledger. */
TL_MUST_USE enum tl_status tl_signer_open(struct tl_signer **out, const struct tl_signer_plan *plan,
                                          struct tl_why *why);
/* tl_signer_close wipes the key; NULL is fine. */
void tl_signer_close(struct tl_signer *signer);

/* tl_signer_stage asks the guard and gathers the vote's record; vote->sig is not
 * looked at.  A vote staged or journalled before adds nothing and is TL_OK.
 * TL_ERR_WOULD_DOUBLE_SIGN, TL_ERR_RANGE; TL_ERR_FULL: cut a group first, or no
 * floor was raised for too long; TL_ERR_CORRUPT after a failed write. */
TL_MUST_USE enum tl_status tl_signer_stage(struct tl_signer *signer, const struct tl_vote *vote);

/* Records on their way to the disk. */
struct tl_signer_group {
    uint64_t first_seq;
    uint64_t offset; /* in the file */
    size_t count;    /* of records */
    uint8_t bytes[TL_SIGNER_GROUP_MAX * TL_SIGNER_RECORD_BYTES];
};

/* tl_signer_cut moves what is staged into *group.  False: nothing is staged, or
 * the group before has not been written yet. */
TL_MUST_USE bool tl_signer_cut(struct tl_signer *signer, struct tl_signer_group *group);
/* tl_signer_write makes a group durable in both copies; the disk thread's. */
TL_MUST_USE enum tl_status tl_signer_write(struct tl_signer *signer,
                                           const struct tl_signer_group *group);
/* tl_signer_write_copy does so in copy 0 or 1 alone, so that two threads can
 * wait for both disks at the same time; the group is durable when both are.  A
 * crash between them leaves one copy a group behind, which start-up mends. */
TL_MUST_USE enum tl_status tl_signer_write_copy(struct tl_signer *signer,
                                                const struct tl_signer_group *group, size_t copy);
/* tl_signer_written tells the owner's side how the write of the group ended. */
void tl_signer_written(struct tl_signer *signer, const struct tl_signer_group *group,
                       enum tl_status status);

/* tl_signer_flush is cut, write and written in one, for callers without a disk
 * thread. */
TL_MUST_USE enum tl_status tl_signer_flush(struct tl_signer *signer);

/* tl_signer_sign fills vote->member and vote->sig of a vote whose record is
 * durable.  TL_ERR_EARLY: it is not (yet); TL_ERR_WOULD_DOUBLE_SIGN: another one
 * is, or its view is below the floor. */
TL_MUST_USE enum tl_status tl_signer_sign(struct tl_signer *signer, struct tl_vote *vote);
/* tl_signer_propose signs a leader's own block, once NOTARIZE of it is durable. */
TL_MUST_USE enum tl_status tl_signer_propose(struct tl_signer *signer, uint64_t epoch,
                                             uint64_t view, const struct tl_hash *block_hash,
                                             struct tl_sig *sig);

/* tl_signer_hello signs the first message of a connection (net.h).  It binds no
 * one to anything, so it needs no journal.  The message is a domain-separated
 * hash of 32 bytes; votes and proposals are longer, so neither can be had this
 * way: TL_ERR_DENIED. */
TL_MUST_USE enum tl_status tl_signer_hello(struct tl_signer *signer, struct tl_bytes message,
                                           struct tl_sig *sig);

/* tl_signer_turn gives the key (copied) and place of a new epoch, after the floor
 * was raised to it: nothing of the old one can be signed with the new key. */
void tl_signer_turn(struct tl_signer *signer, const struct tl_seckey *key, uint8_t member);

/* tl_signer_raise_floor: no view below `view` of `epoch`, and no earlier epoch,
 * will ever be signed again; their records are forgotten in memory.  The floor's
 * own record goes along with the next group. */
void tl_signer_raise_floor(struct tl_signer *signer, uint64_t epoch, uint64_t view);
struct tl_sign_floor tl_signer_floor(const struct tl_signer *signer);

/* tl_signer_votes gives every journalled vote at or above the floor, signed
 * anew, ascending by view; for feeding the core after a restart. */
typedef void tl_signer_visit(void *context, const struct tl_vote *vote);
void tl_signer_votes(struct tl_signer *signer, tl_signer_visit *visit, void *context);

#endif
