/* sim.h -- whole consortiums in one thread, from one number.
 *
 * Each machine here runs the real node: loop, consensus core, chain, contracts,
 * mempool, signer and journal, in the order and with the glue tallyd has.  What
 * is not real is the world around it, replaced at the same doors the node uses:
 * clock.h, mailbox.h, workers.h, together.h, net.h, api_socket.h, file.h, store_rocksdb.h,
 * the journal's system calls, and Ed25519 (toy_sign.c: as unforgeable here, as
 * nobody in this world tries, and a hundred times faster).
 *
 * One seed is one history: the seed draws the options (options.c), and every
 * later choice comes out of the same stream.  The digest of a history covers
 * each frame, write and answer, so two runs that print the same digest did the
 * same things.
 *
 * A history has two phases.  Until it heals anything may break and only safety
 * is asked.  Then links, clocks and disks are sound, everything down comes back,
 * and within a bound every entry must be final on every honest machine.
 *
 * The checkers (checkers.c) stand outside: they see the wire, the answers
 * clients get and the final ledgers, never what a core thinks. */
#ifndef TL_SIM_H
#define TL_SIM_H

#include "consortium.h"
#include "flaws.h"
#include "node.h"

#include "tl/blame.h"
#include "tl/hash.h"

#define HOSTS_MAX   12u
#define FILES       2u
#define EPOCH_MS    UINT64_C(1700000000000)
#define NOT_PLANNED UINT64_MAX

/* What a liar does; several at once. */
enum lie {
    LIE_SILENT = 1u << 0,     /* leads, and proposes to nobody */
    LIE_WITHHOLD = 1u << 1,   /* proposes to some */
    LIE_EQUIVOCATE = 1u << 2, /* two good blocks of one view, to different members */
    LIE_INVALID = 1u << 3,    /* a block whose roots are wrong */
    LIE_DOUBLE = 1u << 4,     /* FINALIZE and NULLIFY of one view */
    LIE_MUTATE = 1u << 5,     /* bytes flipped in its frames */
    LIE_REPLAY = 1u << 6,     /* frames of the past again */
    LIE_FORGE = 1u << 7,      /* certificates nobody signed */
    LIE_USURP = 1u << 8       /* proposes in views it does not lead */
};
#define LIES 7u /* that are drawn together; the others by themselves */

/* What the seed draws.  X(name, what it is) */
#define SIM_OPTIONS(X)                                                                             \
    X(members, "members")                                                                          \
    X(quorum, "quorum")                                                                            \
    X(twins, "bitmap of members that run two machines with one key")                               \
    X(liars, "bitmap of members that lie")                                                         \
    X(lies, "bitmap of what they do (enum lie)")                                                   \
    X(loss_permille, "frames lost")                                                                \
    X(twice_permille, "frames doubled")                                                            \
    X(replay_permille, "frames said again much later")                                             \
    X(delay_ms, "longest usual delay of a frame")                                                  \
    X(late_permille, "frames that take up to late_ms")                                             \
    X(late_ms, "longest unusual delay")                                                            \
    X(partitions, "1: links break, 2: some in one direction only, 3: halves with a twin in each")  \
    X(crashes, "0 none, 1 one machine at a time, 2 any number")                                    \
    X(sync_ms, "longest usual sync")                                                               \
    X(disk_permille, "reads and writes that fail")                                                 \
    X(full_disk, "1: a disk is full for a while")                                                  \
    X(torn_permille, "crashes that tear what was being written")                                   \
    X(lost_journal, "1: one machine loses its journal at a crash and must be fenced")              \
    X(drift_permille, "clocks run so much too fast or slow, at most")                              \
    X(jumps, "1: wall clocks are set now and then")                                                \
    X(slow_ms, "how long one slow machine takes for a turn; 0: none")                              \
    X(delta_ms, "network delay the timers assume")                                                 \
    X(envelopes, "envelopes each client sends")                                                    \
    X(chaos_ms, "length of the first phase")                                                       \
    X(calm_ms, "longest delay of a frame once all is healed")                                      \
    X(patience_s, "all must be final so long after that")                                          \
    X(epochs, "changes of a key that a quorum agrees on")

struct options {
    uint64_t seed;
#define X(name, what) uint32_t name;
    SIM_OPTIONS(X)
#undef X
};

/* One machine's two journal files, as the disk and as the page cache have them. */
struct sim_file {
    bool exists;
    uint8_t *live;
    uint8_t *safe;
    size_t live_len;
    size_t safe_len;
    size_t cap;
    size_t dirty_from;
    size_t dirty_to;
    size_t at; /* where reading goes on */
};

struct sim_op {
    struct sim_op *next;
    bool del;
    size_t key_len;
    size_t value_len;
    uint8_t bytes[];
};

struct sim_batch {
    struct sim_batch *next;
    struct sim_op *first;
};

struct sim_disk {
    struct tl_store door; /* what the node sees */
    struct host *host;
    void *live_memory;
    void *safe_memory;
    struct tl_store *live;
    struct tl_store *safe;
    struct sim_op *gathered;
    struct sim_op **gathered_last;
    struct sim_batch *unsynced;
    struct sim_batch **unsynced_last;
    struct sim_file file[FILES];
    bool off;      /* no power: nothing reaches it any more */
    bool full;     /* no room */
    uint32_t left; /* system calls until the power goes; UINT32_MAX: it stays */
};

struct tl_workers {
    struct tl_workers_plan plan;
    struct host *host;
    struct tl_job *first; /* given and not run, in order */
    bool is_disk;
};

struct tl_mailbox {
    struct host *host;
    struct tl_mail *first;
    struct tl_mail **last;
};

struct host {
    struct sim *sim;
    uint32_t index;
    uint32_t member;
    uint32_t life; /* counts starts; what belongs to an earlier life is void */
    bool twin;
    bool liar;
    bool voted;           /* once: the mark of a member that never did is gone */
    bool rejoins;         /* its journal was lost, somebody has said that it may rejoin */
    bool fencing;         /* and it has begun to */
    struct tl_node *node; /* NULL: down */
    struct tl_mailbox mailbox;
    struct tl_workers workers[3];
    uint32_t workers_open;
    struct sim_disk disk;
    uint64_t turn_at_ms; /* the turn that is planned */
    uint64_t turn_seq;
    uint32_t group; /* of the partition */
    int32_t drift_permille;
    int64_t wall_jump_ms;
    uint64_t slow_ms;
    uint64_t seen_height; /* by the checkers */
    uint64_t turns;
};

enum happening_kind {
    TURN = 1,
    FRAME,
    JOB,
    RESTART,
    CHAOS,
    HEAL,
    CLIENT,
    ANSWER

};

struct happening {
    uint64_t at_ms;
    uint64_t seq;
    enum happening_kind kind;
    uint32_t host; /* or client */
    uint32_t life;
    uint32_t from;
    uint32_t number;
    struct tl_job *job;
    struct tl_workers *workers;
    size_t len;
    uint8_t *bytes;
};

/* What a client waits for, and what it was told. */
struct client {
    uint64_t sequence; /* of the envelope at hand */
    uint64_t nonce;
    uint64_t asked_ms;
    uint32_t next_host;
    bool waiting;
    struct tl_hash id;
    size_t len;
    uint8_t bytes[16384];
};

struct ack {
    struct tl_hash id;
    uint64_t height;
    uint64_t first_leaf;
    uint64_t leaves;
};

/* A block as it was seen on the wire. */
struct seen_block {
    struct tl_hash hash;
    uint64_t view;
    uint8_t *bytes;
    size_t len;
};

/* What honest machines ever said in one view. */
struct said {
    uint64_t epoch;
    uint64_t view;
    uint32_t member;
    bool has_notarized, nullified, has_finalized;
    struct tl_hash notarized;
    struct tl_hash finalized;
};

enum verdict {
    SIM_OK = 0,
    SIM_USAGE = 2,
    SIM_DISAGREEMENT = 3, /* safety is broken */
    SIM_STUCK = 4,        /* no progress after all was healed */
    SIM_CRASHED = 5       /* a machine stopped without a cause */
};

struct result {
    enum verdict verdict;
    char why[256];
    struct tl_hash digest;
    uint64_t height;
    uint64_t leaves;
    uint64_t events;
    uint64_t end_ms;
    uint64_t acked;
    uint32_t restarts;
    uint32_t journals_lost;
    uint32_t rejoined;
    uint32_t torn;
    uint32_t disk_faults;
    uint32_t lost_frames;
    uint32_t evidence;
    uint32_t caught_up;
    bool forked;
    uint32_t culprits;
};

struct sim {
    struct options options;
    struct result result;
    uint64_t random;
    uint64_t now_ms;
    uint64_t seq;
    bool healed;
    bool verbose;
    struct tl_hasher history;
    struct happening **heap;
    size_t heap_len;
    size_t heap_cap;
    struct consortium consortium;
    struct host host[HOSTS_MAX];
    uint32_t hosts;
    struct client client[TL_MEMBERS_MAX];
    uint64_t conversations;
    struct ack *ack;
    size_t acks;
    struct tl_hash *final_hash; /* by height, as the first machine said */
    struct tl_hash *final_root;
    size_t finals;
    struct seen_block *block;
    size_t blocks;
    struct said *said;
    size_t saids;
    struct tl_cert *cert; /* FINALIZE, as seen on the wire; own their bytes */
    size_t certs;
    struct tl_hash epoch_genesis[8]; /* as the final blocks say */
    struct happening *old[64];       /* frames to say again */
    uint32_t olds;
};

/* chance.c */
uint64_t chance(struct sim *sim, uint64_t below);
bool permille(struct sim *sim, uint64_t of_thousand);
void *grab(size_t count, size_t size);
void *grow(void *array, size_t count, size_t size);
struct happening *happen(struct sim *sim, enum happening_kind kind, uint64_t in_ms);
struct happening *next_happening(struct sim *sim);
void happening_free(struct happening *happening);
void record(struct sim *sim, const char *what, uint64_t a, uint64_t b, struct tl_bytes bytes);
void fail_history(struct sim *sim, enum verdict verdict, const char *format, ...) TL_PRINTF(3, 4);

/* options.c */
void options_draw(struct options *options, uint64_t seed);
void options_print(const struct options *options);
uint32_t traitors(const struct options *options);
bool within_safety(const struct options *options);
bool within_liveness(const struct options *options);

/* disk.c */
void disk_init(struct sim_disk *disk, struct host *host);
void disk_fini(struct sim_disk *disk);
/* The power goes: what was not synced is lost, or torn. */
void disk_crash(struct sim_disk *disk);
/* Both copies of the journal are gone. */
void disk_lose_journal(struct sim_disk *disk);
void disk_power(struct sim_disk *disk);

/* machine.c: the doors of the node.  The machine whose turn it is: */
void machine_is(struct host *host);
struct host *machine(void);

/* hosts.c */
void host_boot(struct host *host);
void host_crash(struct host *host);
void host_turn(struct host *host);
void host_plan(struct host *host, uint64_t at_ms);
void host_job(struct host *host, struct tl_workers *workers, struct tl_job *job);
void hosts_open(struct sim *sim);
void hosts_close(struct sim *sim);
uint64_t host_wall_ms(const struct host *host);
uint64_t host_mono_ms(const struct host *host);
bool host_is_honest(const struct host *host);

/* net.c */
void net_send(struct host *from, uint32_t to, uint32_t number, struct tl_bytes body);
void net_arrive(struct sim *sim, struct happening *frame);
void net_links(struct sim *sim);
void net_peers_up(struct host *host);

/* lies.c: true when the liar has dealt with the frame itself */
bool lie_about(struct host *from, uint32_t to, uint32_t number, struct tl_bytes body);
void net_carry(struct host *from, uint32_t to, uint32_t number, struct tl_bytes body);

/* clients.c */
/* epochs.c: who changes what, when a history has epochs. */
const struct tl_seckey *sim_consensus_key(struct sim *sim, uint32_t member, uint64_t epoch);
/* The genesis file of a history, to be written or changed. */
void sim_draft(struct sim *sim, struct consortium_draft *draft);
/* The plan of an epoch, from 1 to options.epochs. */
struct tl_bytes sim_plan(struct sim *sim, uint64_t epoch, struct tl_hash *hash);
void client_turn(struct sim *sim, uint32_t index);
void client_hears(struct sim *sim, uint32_t index, struct tl_bytes reply);
bool clients_done(const struct sim *sim);

/* checkers.c */
void check_frame(struct host *from, uint32_t number, struct tl_bytes body);
void check_host(struct host *host);
void check_log(struct host *host, const char *event, const struct tl_log_field *fields);
void check_ack(struct sim *sim, const struct host *host, const struct tl_submitted *submitted);
void check_end(struct sim *sim);
bool check_all_equal(struct sim *sim);

/* world.c */
struct result sim_run(const struct options *options, bool verbose);

#endif
