/* node.h -- the state of a running node, owned by one loop.
 *
 * One thread (loop.c) takes mail and calls the files below; none of them blocks
 * and none is called from another thread, except the run functions of jobs
 * (verify.c on the signature pool, durable.c on the disk thread), which touch
 * only what is marked shared here.
 *
 *   loop.c        mail in, work out, timers
 *   verify.c      what is checked before the loop believes it
 *   agree.c       consensus core: events in, effects carried out in order
 *   epoch.c       which epoch is in force, and turning to the next
 *   identity.c    which member this is, and by which keys
 *   bodies.c      blocks that are not final yet, by hash
 *   propose.c     mempool -> block
 *   durable.c     groups of writes on their way to the disk, and their tickets
 *   outbox.c      frames that wait for a ticket
 *   finality.c    what happens when blocks are final, and when that is durable
 *   catchup.c     final blocks from others after being away
 *   serve.c       snapshots for others; built by snapshot_file.c
 *   join.c        another's snapshot for us, after being away for long
 *   rejoin.c      coming back without the signer's journal
 *   replace.c     a ledger that came as a snapshot takes the old one's place
 *   checkpoint.c  signatures of checkpoints
 *   submit.c      envelopes from clients and members
 *   access.c      who may ask what (access.h)
 *   query.c       questions that read
 *   vault.c       personal data (vault.h)
 *   report.c      STATUS, and why there is no progress */
#ifndef TL_NODE_NODE_H
#define TL_NODE_NODE_H

#include "access.h"
#include "tl/api_socket.h"
#include "tl/authors.h"
#include "tl/bft.h"
#include "tl/chain.h"
#include "tl/config.h"
#include "tl/contract.h"
#include "tl/keyfile.h"
#include "tl/known.h"
#include "tl/mempool.h"
#include "tl/net.h"
#include "tl/signer.h"
#include "tl/together.h"
#include "tl/version.h"
#include "tl/workers.h"
#include "vault.h"
#include "wire.h"

/* Work beside the loop that is neither a signature nor a sync: done on one thread
 * of its own, told to the loop by `done`; `drop` frees what the loop never heard of. */
struct tl_node;
struct tl_task {
    struct tl_job job;
    void (*done)(struct tl_node *node, struct tl_task *task, enum tl_status status);
    void (*drop)(struct tl_task *task);
};

/* Blocks whose place clients may still ask for after they are final. */
#define TL_NODE_PLACES 65536u
/* Unsent frames for one member. */
#define TL_NODE_QUEUE_BYTES (24u << 20)
#define TL_NODE_WAITERS     TL_API_CONVERSATIONS
/* Keys of the host's own in the store (keys.h). */
#define TL_KEY_HELD_BLOCK 0xe0u /* view u64be ‖ hash -> block bytes */
#define TL_KEY_HELD_CERT  0xe1u /* kind u8 ‖ view u64be -> certificate */

/* What is counted, for STATUS. */
#define TL_NODE_COUNTERS(X)                                                                        \
    X(blocks_final)                                                                                \
    X(envelopes_final)                                                                             \
    X(blocks_proposed)                                                                             \
    X(blocks_refused)                                                                              \
    X(views_timed_out)                                                                             \
    X(envelopes_admitted)                                                                          \
    X(envelopes_refused)                                                                           \
    X(requests)                                                                                    \
    X(requests_refused)                                                                            \
    X(frames_refused)                                                                              \
    X(signatures_refused)                                                                          \
    X(evidence)                                                                                    \
    X(syncs)                                                                                       \
    X(blocks_caught_up)                                                                            \
    X(chunks_given)                                                                                \
    X(chunks_taken)                                                                                \
    X(chunks_refused)

struct tl_node_counters {
#define X(name) uint64_t name;
    TL_NODE_COUNTERS(X)
#undef X
};

/* A block on its way to finality: as received, or our own. */
struct tl_held {
    struct tl_held *next;
    struct tl_bft_block block;
    bool sealed;
    bool unchecked;        /* the core asked for a check and the chain had no room */
    struct tl_bytes bytes; /* owned */
};

/* A frame that may leave once its ticket is on disk.  A proposal is sealed then
 * and not before. */
struct tl_outgoing {
    struct tl_outgoing *next;
    uint64_t ticket;
    uint32_t to; /* TL_BFT_EVERYBODY: everybody */
    enum tl_message number;
    bool proposal;
    struct tl_hash hash;
    size_t len;
    uint8_t bytes[];
};

/* An event of ours for the core, told after the step at hand. */
struct tl_own_event {
    struct tl_own_event *next;
    struct tl_bft_event event;
    struct tl_bft_block block;
    struct tl_vote vote;
};

/* Where an envelope went, for those who wait or ask again. */
struct tl_place {
    struct tl_hash envelope;
    uint64_t height;
    uint64_t first_leaf;
    uint64_t leaves;
    uint32_t next; /* of the same bucket, plus one; 0: the last */
};

struct tl_waiter {
    uint64_t conversation;
    uint64_t nonce;
    struct tl_hash envelope;
    uint64_t deadline_ms;
};

/* Everything one sync makes durable. */
#define TL_SYNC_GROUP_VOTES 64u
/* A group nobody waits for goes with the next one, or alone after so long. */
#define TL_SYNC_GROUP_CALM_MS 5u
struct tl_sync_group {
    bool dirty;
    bool stored;           /* something was put into the store */
    bool urgent;           /* somebody waits for it: not only a block that is final anyway */
    uint64_t since_ms;     /* monotonic, when it could first have been written */
    uint64_t final_height; /* 0: no block became final in it */
    uint32_t votes;
    struct tl_vote vote[TL_SYNC_GROUP_VOTES];
};

struct tl_catchup {
    bool active;
    uint32_t from;
    uint32_t without; /* members in a row that do not hold the next block */
    uint64_t asked_ms;
    bool checking;
};

/* A member without its journal, until q others have said where they stand. */
struct tl_rejoining {
    bool due;
    struct tl_hash nonce;
    uint64_t asked_ms;
    bool heard[TL_MEMBERS_MAX];
    uint64_t view[TL_MEMBERS_MAX]; /* of the certificate they sent */
};

struct tl_cosigns {
    uint64_t height;
    uint64_t size;
    struct tl_hash root;
    uint64_t made_ms;
    bool due;
    size_t len[TL_MEMBERS_MAX];
    uint8_t lines[TL_MEMBERS_MAX][2048];
};

/* Certificates on their way to everybody, oldest first: late.c. */
#define TL_NODE_LATE 64u
struct tl_late_cert {
    enum tl_vote_kind kind;
    uint64_t view;
    uint64_t due_ms; /* monotonic */
    size_t len;
    uint8_t bytes[TL_CERT_BYTES_MAX];
};
struct tl_late {
    uint32_t first;
    uint32_t count;
    struct tl_late_cert cert[TL_NODE_LATE];
};

struct tl_node {
    struct tl_config config;
    char id[TL_MEMBER_ID_MAX + 1];
    uint32_t self;
    struct tl_file_bytes genesis_file;
    struct tl_genesis genesis; /* shared, constant: of epoch 0 */
    struct tl_hash chain_id;   /* shared, constant */
    struct tl_epoch epoch;     /* in force; constant while jobs run, as are the next four */
    struct tl_chain_epoch era; /* what it stands on */
    struct tl_voters voters;   /* shared */
    uint8_t epoch_plan[TL_EPOCH_PLAN_MAX]; /* what `epoch` borrows */
    bool holds_key;                        /* the consensus key this epoch names for us */
    bool turn_due;                         /* the core says that its epoch is over */
    struct tl_file_bytes peers_file;
    struct tl_epoch peers;         /* number 0: none */
    struct tl_genesis net_genesis; /* what the network was opened with */
    uint8_t net_members[TL_GENESIS_BYTES_MAX];
    struct tl_keyfile log_key;
    struct tl_keyfile cosign_key;
    struct tl_keyfile vault_key;
    struct tl_tls_identity identity;
    struct tl_dirlock lock;

    struct tl_mailbox *mailbox;
    struct tl_net *net;
    struct tl_api_socket *api;
    struct tl_workers *pool;
    struct tl_workers *disk;
    struct tl_workers *tasks;
    struct tl_vaults *vaults;   /* NULL: none is kept */
    struct tl_store *store;     /* shared with the disk thread for its sync only */
    struct tl_signer *signer;   /* shared with the disk thread: tl_signer_write */
    struct tl_known *known;     /* shared, thread safe */
    struct tl_proven proven;    /* of voters: the door to known */
    struct tl_authors *authors; /* shared, constant in an epoch */
    struct tl_mempool *mempool;
    struct tl_contract *contract; /* other threads: tl_contract_admit only */
    void *contract_memory;
    struct tl_chain *chain;
    void *chain_memory;
    struct tl_bft *core;
    void *core_memory;
    struct tl_bft_effects effects;
    struct tl_own_event *own_first;
    struct tl_own_event **own_last;
    bool stepping;

    struct tl_sync_group gathering; /* what the next sync will cover */
    bool writing;                   /* a group is on the disk thread */
    struct tl_together *together;   /* the disk thread's: its syncs at the same time */
    uint64_t ticket_given;          /* of the newest group given to the disk thread */
    uint64_t ticket_durable;        /* of the newest group on disk */
    struct tl_outgoing *out_first;
    struct tl_outgoing **out_last;
    struct tl_held *bodies;
    bool prune_due;
    uint64_t log_size;        /* of the final log, as far as envelopes have been placed */
    uint64_t certs_from_view; /* older retained certificates are deleted */

    struct tl_late late; /* certificates that wait */
    uint64_t timer_ms;   /* monotonic, of the consensus core */
    uint64_t tick_ms;    /* when the small clocks are looked at next */
    uint32_t greeting;   /* a member that just came up */
    struct tl_waiter waiter[TL_NODE_WAITERS];
    size_t waiters;         /* the first so many */
    struct tl_place *place; /* ring of TL_NODE_PLACES */
    uint32_t *place_head;   /* buckets by envelope: index into the ring plus one, 0: empty */
    uint64_t places;
    uint64_t nonce_seen[4096]; /* a request's nonce and time, hashed */
    struct tl_catchup catchup;
    struct tl_rejoining rejoining;
    struct tl_serving *serving; /* serve.c */
    struct tl_joining *joining; /* join.c */
    struct tl_cosigns cosigns;
    uint64_t peer_height[TL_MEMBERS_MAX];
    struct tl_hash *chosen_ids; /* TL_BLOCK_ENVELOPES_MAX, while a block is built */
    uint8_t *scratch;           /* TL_FRAME_BYTES_MAX, for encoding */
    uint8_t *scratch2;
    uint8_t *answer; /* TL_API_BYTES_MAX, body of a reply */
    size_t scratch_bytes;

    struct tl_node_counters count;
    uint64_t started_ms;
    uint64_t final_ms; /* monotonic time of the last final block */
    bool mail_is_last; /* nothing waits behind the mail at hand */
    bool stopping;
    bool again; /* stopped to be opened anew, on another ledger of ours */
    enum tl_status failed;
};

/* verify.c */
enum tl_verify_kind {
    TL_VERIFY_REQUEST,
    TL_VERIFY_ENVELOPE,
    TL_VERIFY_VOTE,
    TL_VERIFY_CERT,
    TL_VERIFY_BLOCK,
    TL_VERIFY_PAGE
};
/* A piece of mail on its way through the pool; results beside it. */
struct tl_verify_job {
    struct tl_job job;
    struct tl_node *node;
    enum tl_verify_kind kind;
    uint64_t epoch;       /* whose keys it is held to */
    struct tl_mail *mail; /* owned */
    struct tl_request request;
    enum tl_status envelope_status; /* of a request that carries one */
    struct tl_bytes envelope_bytes;
    struct tl_envelope envelope;
    struct tl_hash id; /* of the envelope */
    uint32_t position; /* entry at fault */
    struct tl_submit submit;
    struct tl_vote vote;
    struct tl_cert cert;
    struct tl_hash cert_hash;
    struct tl_block_parts parts;
    struct tl_blocks page;
};
void tl_verify_give(struct tl_node *node, enum tl_verify_kind kind, struct tl_mail *mail);
void tl_verify_free(struct tl_verify_job *check);

/* identity.c */
/* Finds the keys and our place: by the epoch in force, or by the peers file. */
enum tl_status tl_identity_open(struct tl_node *node, struct tl_keyfile *consensus,
                                struct tl_why *why);
/* Takes up the keys that a new epoch names; *consensus is set if node->holds_key. */
void tl_identity_turn(struct tl_node *node, struct tl_keyfile *consensus);
/* Whether we have a vote in the epoch in force. */
bool tl_identity_votes(const struct tl_node *node);
/* Signs a hello with the signer's key. */
enum tl_status tl_identity_hello(void *host, struct tl_bytes message, struct tl_sig *sig);

/* epoch.c */
enum tl_status tl_era_open(struct tl_node *node, struct tl_why *why);
enum tl_status tl_era_connect(struct tl_node *node, struct tl_why *why);
/* Turns to the next epoch, if the last block of this one is applied. */
void tl_era_turn(struct tl_node *node);
/* Sends the certificate that ended an epoch. */
void tl_era_tell_end(struct tl_node *node, uint32_t to, uint64_t number);

/* agree.c */
void tl_agree(struct tl_node *node, struct tl_bft_event *event);
void tl_agree_own(struct tl_node *node, const struct tl_bft_event *event,
                  const struct tl_bft_block *block);
void tl_agree_own_vote(struct tl_node *node, const struct tl_bft_event *event,
                       const struct tl_vote *vote);
void tl_agree_pending(struct tl_node *node);
/* Executes a block and those of its ancestors that the chain has dropped for want
 * of room; statuses of tl_chain_check. */
enum tl_status tl_agree_execute(struct tl_node *node, const struct tl_hash *hash, const char **why);
/* Checks what found no room before. */
void tl_agree_recheck(struct tl_node *node);
void tl_agree_block(struct tl_node *node, const struct tl_verify_job *check);
enum tl_status tl_agree_restore(struct tl_node *node, struct tl_why *why);

/* bodies.c */
struct tl_held *tl_body_find(struct tl_node *node, const struct tl_hash *hash);
struct tl_held *tl_body_add(struct tl_node *node, const struct tl_bft_block *block,
                            struct tl_bytes bytes, bool sealed);
bool tl_body_replace(struct tl_held *body, struct tl_bytes bytes);
/* Gathers the block into the group of writes at hand. */
void tl_body_store(struct tl_node *node, const struct tl_held *body);
void tl_bodies_prune(struct tl_node *node);
void tl_bodies_free(struct tl_node *node);
/* Bytes of any block we have, final or not. */
enum tl_status tl_body_bytes(struct tl_node *node, const struct tl_hash *hash,
                             struct tl_bytes *bytes);

/* propose.c */
void tl_propose(struct tl_node *node, const struct tl_bft_effect *effect);

/* outbox.c: frames leave in order.  A frame that promises a write carries the
 * ticket of the group the write is in; it, and whatever was queued after it, waits
 * until that group is on disk. */
/* Sends a copy of `body` to a member or TL_BFT_EVERYBODY as soon as what was
 * written so far is durable; at once when it is. */
void tl_out(struct tl_node *node, uint32_t to, enum tl_message number, struct tl_bytes body);
/* tl_out_calm is tl_out for what others have without us. */
void tl_out_calm(struct tl_node *node, uint32_t to, enum tl_message number, struct tl_bytes body);
/* tl_out_vote sends a vote that is signed, hence durable with all that was stored
 * before it: it waits for nothing that came later. */
void tl_out_vote(struct tl_node *node, struct tl_bytes body);
/* Seals and sends our own proposal, after our vote for it is durable. */
void tl_out_proposal(struct tl_node *node, const struct tl_hash *hash);
/* Sends what has waited for tickets up to ticket_durable. */
void tl_outbox_release(struct tl_node *node);
void tl_outbox_free(struct tl_node *node);
/* Our own proposals that wait to be sealed never will be. */
void tl_outbox_drop_proposals(struct tl_node *node);

/* durable.c: one group of writes is on the disk thread at a time, ticket_given is
 * its ticket; what is written meanwhile gathers in the next, whose ticket is
 * ticket_given + 1. */
/* Notes that the store holds something of the group at hand. */
void tl_durable_store(struct tl_node *node);
/* When a group that nobody waits for is to be flushed; TL_BFT_NEVER: there is none. */
uint64_t tl_durable_due_ms(const struct tl_node *node);
/* Stages our vote: the core hears SIGNED when it is durable, or REFUSED. */
void tl_durable_vote(struct tl_node *node, const struct tl_vote *vote);
/* Commits what gathered, readable from now on, and gives it to the disk thread;
 * nothing when that is busy or there is nothing. */
void tl_durable_flush(struct tl_node *node);
/* The disk thread is done with a group: frames leave, votes are signed. */
void tl_durable_done(struct tl_node *node, struct tl_job *job, enum tl_status status);
/* The machine failed: say so and end the loop. */
void tl_node_fail(struct tl_node *node, enum tl_status status, const char *what);

/* late.c */
/* Broadcasts a NOTARIZE or FINALIZE certificate (encoded in `bytes`) a little
 * later, if it is of use to anybody by then. */
void tl_late_cert(struct tl_node *node, const struct tl_cert *cert, struct tl_bytes bytes);
/* When the first of them is due; TL_BFT_NEVER: there is none. */
uint64_t tl_late_due_ms(const struct tl_node *node);
void tl_late_tick(struct tl_node *node, uint64_t now_ms);

/* finality.c */
/* `seal`: the tl_seal the certificate is for, or empty: it is for the block. */
void tl_final_block(struct tl_node *node, const struct tl_hash *hash, const struct tl_cert *cert,
                    struct tl_bytes seal);
void tl_final_durable(struct tl_node *node, uint64_t height);
const struct tl_place *tl_place_find(const struct tl_node *node, const struct tl_hash *envelope);
void tl_waiters_expire(struct tl_node *node, uint64_t now_ms);

/* catchup.c */
void tl_catchup_start(struct tl_node *node, uint32_t from);
void tl_catchup_met(struct tl_node *node, uint32_t member);
void tl_catchup_tick(struct tl_node *node, uint64_t now_ms);
void tl_catchup_answer(struct tl_node *node, uint32_t to, struct tl_bytes body);
void tl_catchup_page(struct tl_node *node, const struct tl_verify_job *check,
                     enum tl_status status);

/* serve.c */
/* A block with a certificate of its own is final and gathered: maybe the one a
 * snapshot is taken of. */
void tl_serve_final(struct tl_node *node);
void tl_serve_asked(struct tl_node *node, uint32_t to);
void tl_serve_head(struct tl_node *node, uint32_t to, struct tl_bytes body);
void tl_serve_chunks(struct tl_node *node, uint32_t to, struct tl_bytes body);
void tl_serve_free(struct tl_node *node);

/* snapshot_file.c: the chunks of a snapshot in one unnamed file. */
struct tl_snapshot_file {
    int fd;
    uint32_t chunk_bits;
    uint64_t from[TL_SNAPSHOT_CHUNKS_MAX + 1u]; /* chunk i lies in [from[i], from[i + 1]) */
    uint32_t pairs[TL_SNAPSHOT_CHUNKS_MAX];
};
/* tl_snapshot_file_make sorts the state of `view` into chunks; any thread that owns
 * the view.  `beside` names the file until it is open. */
TL_MUST_USE enum tl_status tl_snapshot_file_make(struct tl_snapshot_file **out,
                                                 struct tl_store *view, uint32_t chunk_bits,
                                                 const char *beside);
/* tl_snapshot_file_read puts a chunk's encoded pairs into `out`. */
TL_MUST_USE enum tl_status tl_snapshot_file_read(const struct tl_snapshot_file *file,
                                                 uint32_t chunk, struct tl_list *pairs,
                                                 struct tl_buf *out);
void tl_snapshot_file_free(struct tl_snapshot_file *file);

/* join.c */
/* Asks the others for a snapshot, unless that is under way. */
void tl_join_start(struct tl_node *node);
/* Whether a ledger that is at `tip` elsewhere is so far ahead that its snapshot is
 * wanted and not its blocks. */
bool tl_join_wanted(const struct tl_node *node, uint64_t tip);
bool tl_join_active(const struct tl_node *node);
/* A snapshot is on its way, or about to be: blocks are not caught up meanwhile. */
bool tl_join_begun(const struct tl_node *node);
/* The new ledger is about to take ours' place: what we hold must not change. */
bool tl_join_settling(const struct tl_node *node);
/* A member just came up: it may not have heard what was asked. */
void tl_join_met(struct tl_node *node, uint32_t member);
void tl_join_offer(struct tl_node *node, uint32_t from, struct tl_bytes body);
void tl_join_head(struct tl_node *node, uint32_t from, struct tl_bytes body);
/* Takes the mail. */
void tl_join_chunks(struct tl_node *node, struct tl_mail *mail);
void tl_join_tick(struct tl_node *node, uint64_t now_ms);
void tl_join_free(struct tl_node *node);

/* rejoin.c: PROTOCOL A.8 */
/* tl_rejoin_open opens the signer: with its journal; with a new one when the member
 * never voted; or mute, when a fenced rejoin is due. */
TL_MUST_USE enum tl_status tl_rejoin_open(struct tl_node *node, const struct tl_seckey *key,
                                          struct tl_why *why);
void tl_rejoin_asked(struct tl_node *node, uint32_t to, struct tl_bytes body);
void tl_rejoin_heard(struct tl_node *node, uint32_t from, struct tl_bytes body);
void tl_rejoin_tick(struct tl_node *node, uint64_t now_ms);

/* replace.c: a new ledger is filled in beside the old one and takes its place by
 * renaming, before the store is opened. */
#define TL_REPLACE_FILLING ".joining" /* being filled */
#define TL_REPLACE_READY   ".joined"  /* complete and durable */
#define TL_REPLACE_OLD     ".before"  /* replaced, to be removed */
/* tl_replace_path gives the directory beside the ledger's with that ending. */
TL_MUST_USE enum tl_status tl_replace_path(const struct tl_node *node, const char *ending,
                                           char out[TL_PATH_MAX]);
/* tl_replace_ready says that what was filled in is complete. */
TL_MUST_USE enum tl_status tl_replace_ready(const struct tl_node *node, struct tl_why *why);
/* tl_replace_settle finishes whatever a crash or a join left, when a node starts. */
TL_MUST_USE enum tl_status tl_replace_settle(const struct tl_node *node, struct tl_why *why);

/* checkpoint.c */
void tl_checkpoint_tick(struct tl_node *node, uint64_t now_ms);
void tl_checkpoint_heard(struct tl_node *node, uint32_t from, struct tl_bytes body);
void tl_checkpoint_note(struct tl_node *node, struct tl_buf *out);

/* submit.c */
void tl_submit_request(struct tl_node *node, struct tl_verify_job *check, struct tl_reply *reply);
void tl_submit_gossip(struct tl_node *node, struct tl_verify_job *check, enum tl_status status);
void tl_answer(struct tl_node *node, uint64_t conversation, const struct tl_reply *reply);
void tl_answer_place(struct tl_node *node, uint64_t conversation, uint64_t nonce,
                     const struct tl_place *place);

/* query.c */
struct tl_asking {
    const struct tl_request *request;
    const struct tl_author *author;
};
enum tl_status tl_query(struct tl_node *node, const struct tl_asking *asking, struct tl_buf *out,
                        const char **why);

/* report.c */
void tl_report_status(struct tl_node *node, struct tl_buf *out);
void tl_report_members(struct tl_node *node, struct tl_buf *out);
uint64_t tl_report_memory(void);

/* loop.c */
/* What a check found; takes the check. */
void tl_checked(struct tl_node *node, struct tl_verify_job *check, enum tl_status status);
enum tl_status tl_node_run(struct tl_node *node);

/* start.c */
enum tl_status tl_node_open(struct tl_node *node, struct tl_why *why);
/* Makes the consensus core of the epoch in force. */
enum tl_status tl_core_open(struct tl_node *node, struct tl_why *why);
void tl_node_close(struct tl_node *node);

#endif
