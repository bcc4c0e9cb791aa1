/* tl/bft.h -- the rules of agreement, and nothing else.
 *
 * Simplex consensus (Chan & Pass, TCC 2023, eprint 2023/463) with self-justified
 * blocks, a strict finalize rule and a quorum chosen at genesis.  The rules are
 * numbered in docs/PROTOCOL.md and quoted above the branches that obey them.
 *
 * No sockets, no clock, no disk, no threads, no allocation.  Tell the core what
 * happened; it tells you what to do.  The same events in the same order give
 * the same effects, byte for byte, on every machine.
 *
 * Who checks what.  Signatures are verified BEFORE a message reaches the core,
 * by the host's signature pool: votes by tl_vote_verify, certificates by
 * tl_cert_verify, blocks by tl_block_decode + tl_proposal_verify +
 * tl_just_verify (the leader's signature is that of header.leader).  The core
 * checks everything that needs its state: that header.leader leads that view,
 * that a message is of this epoch and inside the window, quorum sizes, links.
 * tl_bft_wants_* say before any signature is checked whether a message could
 * still matter; most copies of a certificate do not.
 *
 * A proposal's justification: the host tells its certificates first, HIGHEST
 * view first, one CERT event each (those that tl_bft_wants_cert wants), then
 * the block itself as PROPOSAL.  This alone brings a laggard up (R3).
 *
 * Durability.  Effects are carried out in order.  An effect that leaves the
 * machine (BROADCAST_*, SEND_*) must wait until every STORE_* and SIGN_VOTE
 * effect before it, of this and of earlier steps, is durable; FETCH_*, BUILD,
 * CHECK, SET_TIMER, FINALIZE, ALARM, TRACE need not wait.  SIGN_VOTE means: ask
 * tl_sign_guard (signguard.h), append to the journal, sync, sign, and only then
 * tell the core SIGNED; the core answers with BROADCAST_VOTE.  A vote the guard
 * refuses is dropped and told as REFUSED.  The leader's signature over its own
 * block is a signature too: it is made only after the journal holds NOTARIZE of
 * that hash, which is why BUILT is answered by STORE_BLOCK, SIGN_VOTE,
 * BROADCAST_PROPOSAL in this order.
 *
 * Epochs.  A core serves one.  Once the final block ends it (header: the next
 * epoch's members are others) the core signs and proposes nothing more and only
 * answers; tl_bft_status says `ended`, and the host makes a core for the next
 * epoch.  Members are named by their place in every epoch; those in `silent`
 * have no vote and lead no view.
 *
 * Life of a core:
 *
 *   tl_bft_init            in memory of tl_bft_bytes(members, window)
 *   TIP                    the final tip on disk, unless at the epoch's genesis
 *   HELD ...               blocks on disk above the tip, ascending views
 *   SIGNED ...             own votes of the journal above the tip, signed anew
 *   CERT ...               retained certificates of views >= the tip's
 *   START                  from here on effects are given
 *
 * Back-pressure.  One step gives at most TL_BFT_EFFECTS_MAX effects: a handler
 * adds at most half of them, and long work (finalizing many ancestors, resending
 * after a standstill) goes on only while the other half has room.  If `more` is
 * set, work is left: carry out the effects and call with CONTINUE, before or
 * after other events.  Nothing is ever lost for lack of room.
 *
 * Waiting entries.  PENDING true is told whenever entries arrive that no block
 * holds yet (again for every arrival), false when all are final.  A BUILD that
 * finds nothing new is answered by NOT_BUILT, unless `n[0]` asks for a block
 * even if it is empty: so unfinished views end, and an idle chain does not move.
 *
 * A CHECK that stays unanswered is asked again in the next standstill round.
 *
 * Memory: about window x (members x 480 + 1100) bytes; see tl_bft_bytes.
 * Ownership: what an event points at must live until its effects are carried
 * out; pointers in effects are valid until the next step.  Threads: one at a time.  Failure: a
 * status other than TL_OK means the event was refused and nothing changed: ERR_STALE, ERR_EARLY
 * (about the past or future), ERR_DUPLICATE are no fault of anybody; ERR_RANGE,
 * ERR_BROKEN_LINK, ERR_WRONG_CHAIN are the sender's; ERR_USAGE is the host's. */
#ifndef TL_BFT_H
#define TL_BFT_H

#include "tl/blame.h"
#include "tl/block.h"
#include "tl/vote.h"

/* Views kept below the final one, to recognise and answer the late. */
#define TL_BFT_PAST 8u
/* Views in memory at once; a chain of so many skipped views is legal. */
#define TL_BFT_WINDOW (TL_SKIPS_MAX + 256u)
/* Smaller windows are for tests. */
#define TL_BFT_WINDOW_MIN 32u
/* A final certificate so many views ahead is caught up by height, not by hash. */
#define TL_BFT_CATCH_UP_VIEWS 64u
/* Blocks kept per view: one we saw first, and one that a quorum saw. */
#define TL_BFT_BLOCKS_PER_VIEW 2u
#define TL_BFT_EFFECTS_MAX     64u
/* Longest view timer. */
#define TL_BFT_TIMER_MAX_MS 60000u
/* No member of the list.  Where it stands says what is meant: */
#define TL_BFT_NOBODY    UINT32_MAX    /* `self` of a learner; nobody left to ask */
#define TL_BFT_EVERYBODY TL_BFT_NOBODY /* `to`: every other member */
#define TL_BFT_OURSELVES TL_BFT_NOBODY /* `from`: our disk, clock or host */
#define TL_BFT_NEVER     UINT64_MAX

/* What all members share and where this one stands. */
struct tl_bft_config {
    uint32_t members; /* places */
    uint32_t silent;  /* bitmap of those without a vote (epoch.h) */
    uint32_t quorum;
    uint32_t self; /* own index, or TL_BFT_NOBODY: a learner, signs nothing */
    uint32_t window;
    uint64_t epoch;
    struct tl_hash epoch_genesis; /* epoch 0: the chain id; parent of the first block */
    uint64_t genesis_height;      /* epoch 0: 0 */
    uint64_t genesis_time_ms;     /* the first block's time must lie after it */
    uint64_t floor;               /* A.8: never vote in a view below; else 0 */
    uint64_t journal_from;        /* A.8: our journal knows all we signed from here on; else 0 */
    uint32_t delta_ms;            /* the network delay timers assume */
    uint32_t heartbeat_ms;        /* an empty block after so long; 0: never */
    uint32_t drift_ms;            /* how far a block's time may run ahead */
};

/* What the core knows of a block: its header's links, and the signature that
 * makes two of them evidence. */
struct tl_bft_block {
    struct tl_hash hash;
    struct tl_hash parent_hash;
    uint64_t epoch;
    uint64_t view;
    uint64_t parent_view;
    uint64_t height;
    uint64_t time_ms; /* Unix time */
    uint8_t kind;     /* enum tl_block_kind */
    bool ends;        /* its epoch: the next one's members are others */
    uint8_t leader;
    struct tl_sig leader_sig;
};

/* tl_bft_block_of fills it from a decoded header. */
void tl_bft_block_of(struct tl_bft_block *out, const struct tl_hash *hash,
                     const struct tl_header *header, const struct tl_sig *leader_sig);

enum tl_bft_event_kind {
    /* TIP: block + cert: final and applied on this node (restore, catch-up); the
     * block's own certificate, or FINALIZE of a descendant. */
    TL_BFT_TIP,
    TL_BFT_HELD,       /* block: on disk already (restore) */
    TL_BFT_START,      /* everything restored */
    TL_BFT_PROPOSAL,   /* block + from: a proposal, or an answer to FETCH_BLOCK */
    TL_BFT_VOTE,       /* vote + from */
    TL_BFT_CERT,       /* cert + from: from a peer, a justification, or disk */
    TL_BFT_CHECKED,    /* hash + view + verdict: answer to CHECK */
    TL_BFT_BUILT,      /* block: answer to BUILD, executed and held by the host */
    TL_BFT_NOT_BUILT,  /* view: nothing to build after all */
    TL_BFT_SIGNED,     /* vote: our own, durable and signed */
    TL_BFT_REFUSED,    /* vote: the guard said no (our journal knows better) */
    TL_BFT_PENDING,    /* pending: whether entries wait for a block */
    TL_BFT_TICK,       /* the timer of SET_TIMER is due (early does no harm) */
    TL_BFT_MET,        /* from: a peer came (back) into reach */
    TL_BFT_ASKED_TIP,  /* from + view: a peer whose final view is `view` asks for ours */
    TL_BFT_ASKED_CERT, /* from + view: a peer asks for the certificates of a view */
    TL_BFT_CONTINUE    /* go on with what is left */
};

/* A block is invalid if its replay contradicts its header: evidence against its
 * leader, or, if a quorum certified it, proof that we or they are broken. */
enum tl_bft_verdict { TL_BFT_VALID = 1, TL_BFT_INVALID = 2 };

struct tl_bft_event {
    enum tl_bft_event_kind kind;
    uint32_t from;    /* member that sent it, or TL_BFT_OURSELVES */
    uint64_t unix_ms; /* the wall clock, with every event; read by R4's drift rule only */
    uint64_t view;
    struct tl_hash hash;
    enum tl_bft_verdict verdict;
    enum tl_vote_kind vote_kind;
    bool pending;
    const struct tl_bft_block *block;
    const struct tl_vote *vote;
    const struct tl_cert *cert;
};

enum tl_bft_effect_kind {
    /* must be durable before anything after it leaves the machine */
    TL_BFT_STORE_BLOCK, /* hash, view */
    TL_BFT_STORE_CERT,  /* cert */
    TL_BFT_SIGN_VOTE,   /* vote without signature; answer SIGNED or REFUSED */
    /* leave the machine */
    TL_BFT_BROADCAST_VOTE,     /* vote */
    TL_BFT_BROADCAST_CERT,     /* cert */
    TL_BFT_BROADCAST_PROPOSAL, /* hash, view: block with justification */
    TL_BFT_SEND_CERT,          /* cert, to */
    TL_BFT_ASK_TIP,            /* view, to: "my final view is this; is yours higher?" */
    TL_BFT_FETCH_BLOCK,        /* hash, view, to; answer PROPOSAL, or nothing */
    TL_BFT_FETCH_CERT,         /* view, to: the certificates of that view */
    TL_BFT_CATCH_UP,           /* cert, to: get final blocks by height; answer TIP */
    /* stay inside */
    /* BUILD: view; hash, parent_view, height and at_ms (its time) are the parent's;
     * n[0] is 1 if even an empty block is wanted.  Answer BUILT or NOT_BUILT. */
    TL_BFT_BUILD,
    TL_BFT_CHECK,     /* hash, view: replay it upon its (valid) parent; answer CHECKED */
    TL_BFT_SET_TIMER, /* at_ms, absolute: TICK then; replaces what was set before */
    TL_BFT_FINALIZE,  /* hash, view, height, cert (of it or a descendant); its own certificate is
                         tl_bft_parent_cert(view) */
    TL_BFT_EVIDENCE,  /* evidence */
    TL_BFT_ALARM,     /* alarm, view: a person must look */
    TL_BFT_TRACE      /* trace, n[3] */
};

enum tl_bft_alarm {
    TL_BFT_ALARM_DIVERGED = 1, /* R11: a quorum certified what our replay refutes */
    TL_BFT_ALARM_FORK = 2,     /* two certificates that exclude each other */
    TL_BFT_ALARM_WINDOW = 3,   /* no finality for a whole window of views; voting goes on */
    TL_BFT_ALARM_JOURNAL = 4   /* the guard refused what the core thought safe, or a certificate
                                  bears a signature of ours that the journal does not know */
};

/* What happened, for logs, metrics and trace tests; n[] as said. */
enum tl_bft_trace {
    TL_BFT_TRACE_ENTERED = 1,   /* view, views since the last final one, leader */
    TL_BFT_TRACE_FORMED = 2,    /* vote kind, view, signers */
    TL_BFT_TRACE_TIMEOUT = 3,   /* view, views since the last final one */
    TL_BFT_TRACE_STANDSTILL = 4 /* final view, view, round */
};

struct tl_bft_effect {
    enum tl_bft_effect_kind kind;
    uint32_t to; /* TL_BFT_EVERYBODY: every peer */
    uint64_t view;
    uint64_t parent_view;
    uint64_t height;
    uint64_t at_ms;
    struct tl_hash hash;
    enum tl_vote_kind vote_kind;
    enum tl_bft_alarm alarm;
    enum tl_bft_trace trace;
    uint64_t n[3];
    struct tl_vote vote;
    const struct tl_cert *cert;
    const struct tl_evidence *evidence;
};

struct tl_bft_effects {
    uint32_t count;
    bool more;
    struct tl_bft_effect at[TL_BFT_EFFECTS_MAX];
    struct tl_evidence evidence[8]; /* what EVIDENCE effects point at */
    uint32_t evidences;
};

struct tl_bft;

/* Bytes of memory, aligned for any object, that a core needs; 0: the numbers
 * are out of range. */
size_t tl_bft_bytes(uint32_t members, uint32_t window);

/* tl_bft_init makes a core in `memory` of at least tl_bft_bytes(...) bytes.  NULL: config breaks
 * a rule (2*quorum > members >= quorum, self, window).  Nothing to free. */
TL_MUST_USE struct tl_bft *tl_bft_init(void *memory, const struct tl_bft_config *config);

/* tl_bft_step advances the core by one event.  `now_ms` is a monotonic clock
 * that never runs back.  Effects are set on every return (none on failure). */
TL_MUST_USE TL_NONNULL(1, 2, 4) enum tl_status
    tl_bft_step(struct tl_bft *core, const struct tl_bft_event *event, uint64_t now_ms,
                struct tl_bft_effects *effects);

/* Building a block for BUILD: parent certificate tl_bft_parent_cert(view of the
 * parent) unless parent_view is 0, and tl_bft_cert(NULLIFY, u) for every
 * parent_view < u < view; all are held for as long as the core is not stepped.
 * A block whose time_ms is not above its parent's is invalid. */
const struct tl_cert *tl_bft_cert(const struct tl_bft *core, enum tl_vote_kind kind, uint64_t view);
/* tl_bft_top_cert is one of the highest view that has any; NULL: there is none, or it
 * is not in memory any more (*view says which view it would be of, 0: none). */
const struct tl_cert *tl_bft_top_cert(const struct tl_bft *core, uint64_t *view);
/* FINALIZE if held, else NOTARIZE, else NULL. */
const struct tl_cert *tl_bft_parent_cert(const struct tl_bft *core, uint64_t view);

/* Whether a message could still matter; ask before verifying signatures. */
bool tl_bft_wants_vote(const struct tl_bft *core, const struct tl_vote *vote);
bool tl_bft_wants_cert(const struct tl_bft *core, const struct tl_cert *cert);
bool tl_bft_wants_block(const struct tl_bft *core, const struct tl_bft_block *block);
/* Whether the core still refers to this block; the host drops the others. */
bool tl_bft_holds_block(const struct tl_bft *core, const struct tl_hash *hash, uint64_t view);

/* Where it stands, for status and metrics. */
struct tl_bft_status {
    uint64_t view;
    uint64_t final_view;
    uint64_t final_height;
    struct tl_hash final_hash;
    uint64_t certified_final_view; /* highest FINALIZE certificate seen */
    uint32_t leader;               /* of the current view */
    bool idle;                     /* nothing to agree on */
    bool halted;                   /* an alarm stopped our voting */
    bool ended;                    /* the final block ends the epoch: make the next core */
    uint64_t timer_ms;             /* TL_BFT_NEVER: none */
};
void tl_bft_status(const struct tl_bft *core, struct tl_bft_status *out);

uint32_t tl_bft_leader(const struct tl_bft *core, uint64_t view);

#endif
