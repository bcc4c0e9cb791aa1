/* cluster.h -- a whole network of real cores in one thread, from one number.
 *
 * The seed chooses the faults: lost, late, doubled and reordered messages,
 * partitions, crashes that lose what the disk had not synced, clocks that
 * differ, and members whose key two machines use at once (twins).  Until the
 * network heals only safety is asked; after it, that all entries become final
 * on every honest node and the network falls silent.
 *
 * The checker keeps its own idea of the truth: every signature an honest member
 * ever lets out, and every block any honest node calls final. */
#ifndef TL_TEST_CLUSTER_H
#define TL_TEST_CLUSTER_H

#include <stdbool.h>
#include <stdint.h>

enum cluster_flaw {
    FLAW_NONE,
    FLAW_SIGN_BEFORE_PERSIST, /* a vote leaves before its record is on disk */
    FLAW_FORGET_JOURNAL,      /* a crash loses the signer's journal */
    FLAW_FORGET_CERTS         /* a restart forgets retained certificates and the tip */
};

struct cluster_config {
    uint32_t members;
    uint32_t quorum;
    uint32_t twins; /* bitmap of members that run two machines */
    bool crashes;
    bool away;              /* the last member is down until the network heals */
    uint32_t window;        /* of the cores; 0: 256 */
    uint32_t loss_permille; /* until the network heals */
    enum cluster_flaw flaw;
    uint64_t seed;
};

struct cluster_result {
    bool forked;          /* two final blocks contradict each other */
    bool honest_conflict; /* an honest member signed what none may */
    bool stuck;           /* entries not final everywhere, or no silence, after healing */
    bool blame_failed;    /* a fork without culprits, or fewer than 2q-n */
    bool framed;          /* blame named an honest member */
    bool accused_honest;  /* evidence against an honest member */
    bool diverged;        /* an honest node raised an alarm */
    uint32_t culprits_min;
    uint64_t final_height; /* highest */
    uint64_t blocks;
    uint32_t caught_up; /* times a node fetched final blocks by height */
    uint32_t evidence;  /* reports against twins */
    uint64_t events;
    uint64_t silent_ms; /* when the network fell silent */
};

struct cluster_result cluster_run(const struct cluster_config *config);

#endif
