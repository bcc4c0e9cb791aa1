/* cluster_world.h -- what the files of the simulated network share. */
#ifndef TL_TEST_CLUSTER_WORLD_H
#define TL_TEST_CLUSTER_WORLD_H

#include "cluster.h"

#include "tl/bft.h"
#include "tl/blame.h"
#include "tl/check.h"
#include "tl/hash.h"
#include "tl/signguard.h"

#include <stdlib.h>
#include <string.h>

#define NODES_MAX  16u
#define BLOCKS_MAX 2048u
#define VIEWS_MAX  1024u
#define ENTRIES    60u
#define FINALS_MAX 2048u
#define DELTA_MS   100u
#define HEAL_MS    8000u
#define GIVE_UP_MS 240000u
#define EPOCH_UNIX 1700000000000u
#define WINDOW     256u

struct sim_cert {
    struct tl_cert cert;
    uint8_t sigs[8 * TL_SIG_BYTES];
};

struct sim_block {
    struct tl_bft_block meta;
    struct sim_cert parent;
    struct sim_cert *skips; /* ascending */
    uint32_t skip_count;
    uint64_t entries; /* bitmap */
    uint64_t all;     /* entries of it and its ancestors */
};

enum happening_kind {
    AT_NODE_VOTE,
    AT_NODE_CERT,
    AT_NODE_BLOCK,
    AT_NODE_ASK_TIP,
    AT_NODE_ASK_CERT,
    AT_NODE_ASK_BLOCK,
    AT_NODE_ASK_TIP_BLOCK, /* catch-up request */
    AT_NODE_TIP_BLOCK,     /* its answer */
    IN_NODE_CHECKED,
    IN_NODE_BUILT,
    IN_NODE_NOT_BUILT,
    IN_NODE_TICK,
    IN_NODE_DISK_VOTE,
    IN_NODE_DISK_CERT,
    IN_NODE_DISK_BLOCK,
    IN_NODE_DISK_TIP,
    IN_NODE_SEND,
    TO_WORLD_ENTRY,
    TO_WORLD_CHAOS,
    TO_WORLD_RESTART,
    TO_WORLD_HEAL
};

/* Something that happens at a time, to a node unless to the world. */
struct happening {
    uint64_t at_ms;
    uint64_t seq;
    enum happening_kind kind;
    enum happening_kind inner; /* IN_NODE_SEND: what is sent */
    uint32_t node;
    uint32_t life; /* of the node, 0: any */
    uint32_t from;
    uint32_t to; /* IN_NODE_SEND */
    uint32_t block;
    uint64_t view;
    struct tl_vote vote;
    struct sim_cert cert;
};

struct sim_record {
    struct tl_sign_record signs;
};

/* What survives a crash. */
struct disk {
    struct sim_record *journal; /* by view */
    struct sim_cert *cert;      /* 3 x view */
    uint8_t *block;             /* by block: stored */
    uint32_t tip;               /* block, 0: genesis */
    struct sim_cert tip_cert;
};

struct node {
    uint32_t member;
    uint32_t life;
    bool up;
    bool twin;
    void *memory;
    struct tl_bft *core;
    struct disk disk;
    struct sim_record *journal; /* the signer's image, ahead of the disk */
    uint8_t *held;              /* by block */
    uint64_t disk_at_ms;        /* when all written so far is durable */
    uint64_t mempool;           /* entries known */
    uint64_t done;              /* entries final here */
    uint32_t tip;
    uint32_t group; /* of the partition */
    uint64_t skew_ms;
    struct tl_bft_effects effects;
};

struct signed_by {
    struct tl_hash notarized;
    struct tl_hash finalized;
    bool has_notarized, nullified, has_finalized;
};

struct world {
    struct cluster_config config;
    struct cluster_result result;
    uint64_t random;
    uint64_t now_ms;
    uint64_t seq;
    bool healed;
    uint64_t entries_told;
    struct happening **heap;
    size_t heap_len, heap_cap;
    struct sim_block *block;
    uint32_t block_count;
    struct node node[NODES_MAX];
    uint32_t node_count;
    struct sim_cert *final_cert[FINALS_MAX];
    uint32_t final_count;
    struct tl_hash *final_at; /* by height: what the first honest node said */
    struct signed_by *oracle; /* member x view */
};

/* cluster.c: chance, memory, and what is to happen */
uint64_t chance(struct world *w, uint64_t below);
void *grab(size_t count, size_t size);
struct happening *happen(struct world *w, enum happening_kind kind, uint64_t in_ms);
void cert_copy(struct sim_cert *to, const struct tl_cert *from);
const struct tl_cert *cert_of(struct sim_cert *cert);
uint32_t block_by_hash(const struct world *w, const struct tl_hash *hash);

/* cluster_check.c: the checkers' own idea of the truth */
bool honest(const struct world *w, uint32_t member);
void oracle_hears(struct world *w, const struct tl_vote *vote);
void note_final_cert(struct world *w, const struct tl_cert *cert);
void note_final(struct world *w, const struct node *node, uint32_t block);
void check_finals(struct world *w);
void judge_evidence(struct world *w, const struct node *node, const struct tl_evidence *evidence);

/* cluster_host.c: what a node does around its core */
enum tl_status tell(struct world *w, struct node *node, struct tl_bft_event event);
struct happening *post(struct world *w, struct node *node, enum happening_kind inner, uint32_t to);
void do_send(struct world *w, const struct happening *h);
void say_pending(struct world *w, struct node *node);
void apply(struct world *w, struct node *node, uint32_t block);
void write_tip(struct world *w, struct node *node, uint32_t block, const struct tl_cert *cert);
void tell_cert(struct world *w, struct node *node, struct sim_cert *cert, uint32_t from);
void tell_block(struct world *w, struct node *node, uint32_t block, uint32_t from);
void boot(struct world *w, struct node *node);
void crash(struct world *w, struct node *node);

#endif
