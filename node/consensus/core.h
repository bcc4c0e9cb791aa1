/* The core's memory and the functions its files lend each other.
 *
 * A window of views slides upward with the final one.  Each view has a slot
 * with the certificates, votes and blocks seen for it, and what we signed.
 * Handlers (on_*.c) put what happened into slots; tl_core_advance then looks at
 * the slots and does all that the rules now allow.  Most decisions are thus
 * functions of the window, not of the order in which messages came. */
#ifndef TL_CORE_H
#define TL_CORE_H

#include "tl/bft.h"
#include "tl/check.h"
#include "tl/signguard.h"

#define VOTE_KINDS 3u
/* Long work stops here and leaves the rest of the effects to single decisions. */
#define EFFECTS_SOFT (TL_BFT_EFFECTS_MAX / 2u)
/* Views a standstill resends certificates and votes of. */
#define STANDSTILL_VIEWS  256u
#define EVIDENCE_PER_STEP 8u

enum block_state { BLOCK_NONE = 0, BLOCK_HELD, BLOCK_CHECKING, BLOCK_VALID, BLOCK_INVALID };

struct held_block {
    enum block_state state;
    bool stored;
    struct tl_bft_block meta;
};

/* A vote of one member: the first of its kind that we saw in this view. */
struct seat {
    struct tl_hash hash;
    struct tl_sig sig;
};

struct slot {
    uint64_t view; /* 0: unused */
    struct tl_cert cert[VOTE_KINDS];
    uint32_t voted[VOTE_KINDS]; /* members whose seat is taken */
    uint32_t accused[TL_EVIDENCE_KINDS];
    struct held_block block[TL_BFT_BLOCKS_PER_VIEW];
    struct tl_sign_record record; /* what we signed or asked to have signed */
    bool building;
    bool declined; /* the host had nothing to build, or no room; asked again at the next tick */
    bool built;
    uint64_t fetch_at;
    uint32_t fetch_round;
    struct seat *seat; /* VOTE_KINDS x members */
    uint8_t *sigs;     /* VOTE_KINDS x members x 64: of cert[] */
};

struct tl_bft {
    struct tl_bft_config config;
    struct tl_hash leader_seed;
    uint64_t now_ms;
    uint64_t unix_ms;
    bool started;
    bool halted; /* votes no more */
    bool forked; /* finalizes no more */
    bool ended;  /* the final block ends the epoch */
    bool pending;
    bool more;
    uint64_t foreign_view; /* restored: our signature, which our journal does not know */

    uint64_t view;
    uint64_t entered; /* views since the last finalization */
    uint64_t final_view;
    uint64_t final_height;
    uint64_t final_time_ms;
    struct tl_hash final_hash;
    uint64_t certified_final; /* highest view with a FINALIZE certificate */
    uint64_t top_notarized;   /* highest view with a NOTARIZE certificate */
    uint64_t top_cert;        /* highest view with any certificate */
    uint64_t top_block;       /* highest view with a block */
    uint64_t top_signed;      /* highest view we signed anything in */
    uint64_t far_view;        /* a final view beyond the window */

    uint64_t active_since; /* TL_BFT_NEVER: idle */
    uint64_t view_at;      /* when the view's timer fires */
    uint64_t retry_at;     /* when the next standstill round is due */
    uint64_t retry_ms;
    uint64_t retry_round;
    uint64_t heartbeat_at;
    uint64_t catch_up_at;
    uint64_t cert_fetch_at;
    uint64_t fetch_next_at;   /* when fetch_missing has something to do */
    uint32_t turn;            /* whom to ask next */
    uint64_t armed_at;        /* what the host's timer is set to */
    uint64_t standstill_next; /* next view to resend; 0: no round under way */
    bool window_alarm;
    struct slot *slots;
};

/* bft.c: how many members have a vote */
uint32_t tl_core_voters(const struct tl_bft *core);

/* window.c */
uint64_t tl_core_window_low(const struct tl_bft *core);
bool tl_core_window_has(const struct tl_bft *core, uint64_t view);
struct slot *tl_core_slot_find(const struct tl_bft *core, uint64_t view);
struct slot *tl_core_slot_open(struct tl_bft *core, uint64_t view);
struct held_block *tl_core_block_find(const struct tl_bft *core, const struct tl_hash *hash,
                                      uint64_t view);
bool tl_core_block_is_certified(const struct slot *slot, const struct tl_hash *hash);
/* The certified block of a view: NULL when no certificate or not held. */
struct held_block *tl_core_block_certified(struct slot *slot);
const struct tl_cert *tl_core_slot_cert(const struct slot *slot, enum tl_vote_kind kind);
struct seat *tl_core_slot_seat(const struct tl_bft *core, const struct slot *slot,
                               enum tl_vote_kind kind, uint32_t member);
bool tl_core_slot_voted(const struct slot *slot, enum tl_vote_kind kind, uint32_t member);
/* Whether the block's ancestry, all of it valid, ends at the final tip. */
bool tl_core_block_extends_tip(const struct tl_bft *core, const struct tl_bft_block *block);
bool tl_core_parent_is_tip(const struct tl_bft *core, const struct tl_bft_block *block);
uint64_t tl_core_min_u64(uint64_t a, uint64_t b);
uint64_t tl_core_max_u64(uint64_t a, uint64_t b);

/* verify.c: proves the whole object, where TL_VERIFY is on. */
void tl_core_verify(const struct tl_bft *core);

/* effects.c */
struct tl_bft_effect *tl_core_effect_add(struct tl_bft_effects *out, enum tl_bft_effect_kind kind);
bool tl_core_effects_have_room(struct tl_bft *core, const struct tl_bft_effects *out);
void tl_core_effect_cert(struct tl_bft_effects *out, enum tl_bft_effect_kind kind,
                         const struct tl_cert *cert, uint32_t to);
void tl_core_effect_alarm(struct tl_bft *core, struct tl_bft_effects *out, enum tl_bft_alarm alarm,
                          uint64_t view);
void tl_core_effect_trace(struct tl_bft_effects *out, enum tl_bft_trace trace, uint64_t a,
                          uint64_t b, uint64_t c);
void tl_core_effect_ask_tip(const struct tl_bft *core, struct tl_bft_effects *out, uint32_t to);

/* A block proven wrong: by its links or by replay. */
void tl_core_block_refuse(struct tl_bft *core, struct slot *slot, struct held_block *block,
                          struct tl_bft_effects *out);

/* advance.c */
void tl_core_advance(struct tl_bft *core, struct tl_bft_effects *out);
void tl_core_enter(struct tl_bft *core, uint64_t view, struct tl_bft_effects *out);

/* sign.c: the only door to SIGN_VOTE.  False: the gate said no. */
bool tl_core_sign(struct tl_bft *core, struct slot *slot, enum tl_vote_kind kind,
                  const struct tl_hash *hash, struct tl_bft_effects *out);

/* one file per rule family */
enum tl_status tl_core_on_tip(struct tl_bft *core, const struct tl_bft_event *event,
                              struct tl_bft_effects *out);
enum tl_status tl_core_on_start(struct tl_bft *core, struct tl_bft_effects *out);
enum tl_status tl_core_on_block(struct tl_bft *core, const struct tl_bft_event *event,
                                struct tl_bft_effects *out);
enum tl_status tl_core_block_fit(const struct tl_bft *core, const struct tl_bft_block *block);
enum tl_status tl_core_on_checked(struct tl_bft *core, const struct tl_bft_event *event,
                                  struct tl_bft_effects *out);
enum tl_status tl_core_on_built(struct tl_bft *core, const struct tl_bft_event *event,
                                struct tl_bft_effects *out);
enum tl_status tl_core_on_not_built(struct tl_bft *core, const struct tl_bft_event *event);
enum tl_status tl_core_vote_fit(const struct tl_bft *core, const struct tl_vote *vote);
enum tl_status tl_core_on_vote(struct tl_bft *core, const struct tl_vote *vote,
                               struct tl_bft_effects *out);
enum tl_status tl_core_on_signed(struct tl_bft *core, const struct tl_vote *vote,
                                 struct tl_bft_effects *out);
enum tl_status tl_core_on_refused(struct tl_bft *core, const struct tl_vote *vote,
                                  struct tl_bft_effects *out);
enum tl_status tl_core_cert_fit(const struct tl_bft *core, const struct tl_cert *cert);
enum tl_status tl_core_on_certificate(struct tl_bft *core, const struct tl_bft_event *event,
                                      struct tl_bft_effects *out);
/* Puts a certificate and the votes in it into its slot. */
void tl_core_certificate_keep(struct tl_bft *core, struct slot *slot, const struct tl_cert *cert,
                              struct tl_bft_effects *out);
void tl_core_certificate_form(struct tl_bft *core, struct slot *slot, enum tl_vote_kind kind,
                              const struct tl_hash *hash, struct tl_bft_effects *out);
void tl_core_on_tick(struct tl_bft *core, struct tl_bft_effects *out);
enum tl_status tl_core_on_request(struct tl_bft *core, const struct tl_bft_event *event,
                                  struct tl_bft_effects *out);

void tl_core_check_blocks(struct tl_bft *core, struct tl_bft_effects *out);
/* Forgets which checks are under way: their answers may have got lost. */
void tl_core_check_again(struct tl_bft *core);
void tl_core_notarize_try(struct tl_bft *core, struct tl_bft_effects *out);
void tl_core_finalize_votes(struct tl_bft *core, struct tl_bft_effects *out);
void tl_core_finalize_blocks(struct tl_bft *core, struct tl_bft_effects *out);
void tl_core_tip_moved(struct tl_bft *core, const struct tl_bft_block *block);
void tl_core_nullify_try(struct tl_bft *core, struct tl_bft_effects *out);
void tl_core_nullify(struct tl_bft *core, struct tl_bft_effects *out);
void tl_core_propose_try(struct tl_bft *core, struct tl_bft_effects *out);
void tl_core_fetch_missing(struct tl_bft *core, struct tl_bft_effects *out);
uint32_t tl_core_pick_peer(struct tl_bft *core, uint32_t among);
void tl_core_catch_up(struct tl_bft *core, const struct tl_cert *cert, struct tl_bft_effects *out);
bool tl_core_far_behind(const struct tl_bft *core);
void tl_core_standstill_go_on(struct tl_bft *core, struct tl_bft_effects *out);

/* on_timer.c */
bool tl_core_is_active(const struct tl_bft *core);
bool tl_core_wants_empty_block(const struct tl_bft *core);
uint64_t tl_core_retry_first_ms(const struct tl_bft *core);
void tl_core_timers_rest(struct tl_bft *core);
void tl_core_timers_follow(struct tl_bft *core);
void tl_core_timer_set(struct tl_bft *core, struct tl_bft_effects *out);

/* evidence.c */
struct signed_word {
    uint8_t kind; /* enum tl_vote_kind, or 0: PROPOSE */
    const struct tl_hash *hash;
    const struct tl_sig *sig;
};
void tl_core_evidence_weigh(struct slot *slot, uint64_t epoch, uint32_t member,
                            const struct signed_word *a, const struct signed_word *b,
                            struct tl_bft_effects *out);
/* Compares a vote with everything else its signer said in this view. */
void tl_core_evidence_of_vote(struct tl_bft *core, struct slot *slot, const struct tl_vote *vote,
                              struct tl_bft_effects *out);

#endif
