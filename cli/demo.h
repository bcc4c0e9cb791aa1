/* demo.h -- a whole consortium on one machine, for `tally demo`.
 *
 * Creditor, two agencies and a bureau, each with its own directory, keys and
 * process, talking TLS over loopback.  Everything lies below one directory.
 * The processes are children of tally and end with it unless they are kept. */
#ifndef TL_DEMO_H
#define TL_DEMO_H

#include "tl/why.h"

#include "batch.h"
#include "connect.h"
#include "decision_counts.h"
#include "json.h"

#include <sys/types.h>

#define TL_DEMO_MEMBERS 4u

struct tl_demo_node {
    const char *member;
    char dir[TL_PATH_MAX];
    uint16_t port;
    pid_t pid; /* 0: not running */
};

struct tl_demo {
    char dir[TL_PATH_MAX];
    char genesis_path[TL_PATH_MAX];
    const char *tallyd;
    bool keep;
    struct tl_genesis_file genesis;
    struct tl_demo_node node[TL_DEMO_MEMBERS];
};

/* tl_demo_create makes keys and genesis below `dir`; `first_date` is the business
 * date before the first close. */
TL_MUST_USE enum tl_status tl_demo_create(struct tl_demo *demo, const char *dir, const char *tallyd,
                                          int32_t first_date, struct tl_why *why);
/* tl_demo_start runs all nodes and waits until they answer. */
TL_MUST_USE enum tl_status tl_demo_start(struct tl_demo *demo, struct tl_why *why);
/* tl_demo_run starts one node again and waits until it answers. */
TL_MUST_USE enum tl_status tl_demo_run(struct tl_demo *demo, uint32_t node, struct tl_why *why);
/* tl_demo_stop asks one node to stop and waits; its exit code, or -1. */
int tl_demo_stop(struct tl_demo *demo, uint32_t node);
void tl_demo_end(struct tl_demo *demo);

/* tl_demo_remove deletes a demo's directory and what is below it. */
void tl_demo_remove(const char *dir);

/* tl_demo_connect opens a client to one node with that member's own key. */
TL_MUST_USE enum tl_status tl_demo_connect(const struct tl_demo *demo, uint32_t node,
                                           struct tl_connection *connection, struct tl_why *why);
void tl_demo_disconnect(struct tl_connection *connection);

/* tl_demo_agree waits until all running nodes stand at one height with the same
 * roots and gives one row for each. */
TL_MUST_USE enum tl_status tl_demo_agree(const struct tl_demo *demo, struct tl_json **rows,
                                         struct tl_why *why);

/* ---- what the contract did ---- */

struct tl_demo_matrix {
    int64_t tp, fp, fn, tn;
};

/* Stages cases have been in, and how many cases have been in each. */
struct tl_demo_been {
    struct tl_id case_id;
    uint8_t stage;
};
struct tl_demo_walk {
    struct tl_demo_been *been;
    size_t count;
    size_t cap;
    int64_t cases[UINT8_MAX + 1u]; /* by stage */
};

struct tl_demo_report {
    struct tl_json *stages;  /* name, cases ever there, cases, owed */
    struct tl_json *holders; /* member, cases, owed */
    int64_t cases;
    int64_t penalties;
    int64_t penalties_on_day_60;
    int64_t offered; /* placements offered, ever */
    int64_t recalled;
    int64_t standing; /* placed now */
    int64_t eligible; /* may be furnished, or has been */
    int64_t furnished;
    int64_t charged_off;
    int64_t violations;
    int64_t denials;
    int64_t paid_minor;
    int64_t owed_minor;
    int64_t receipt_leaf; /* a decision worth a receipt, or -1 */
    char sample[33];      /* a case worth a look */
    bool has_matrix;
    struct tl_demo_matrix matrix;
    struct tl_demo_walk walk;
    struct tl_decision_counts findings; /* violations and denied acts */
};
/* tl_demo_look reads all cases.  Hand-offs the batch recorded (RECORD "handoff")
 * are compared with the placements that stand. */
TL_MUST_USE enum tl_status tl_demo_look(struct tl_demo_report *report,
                                        struct tl_connection *connection,
                                        const struct tl_batch *batch, struct tl_why *why);

/* tl_demo_walk reads every decision: stages walked, faults found. */
void tl_demo_walk_add(struct tl_demo_walk *walk, const struct tl_id *case_id, uint8_t stage);
TL_MUST_USE enum tl_status tl_demo_walk(struct tl_demo_report *report, struct tl_client *client,
                                        struct tl_why *why);
/* How many of the ten steps of a debt any case has gone. */
int64_t tl_demo_steps_walked(const struct tl_demo_report *report);
void tl_demo_steps_print(const struct tl_demo_report *report);
void tl_demo_report_free(struct tl_demo_report *report);
void tl_demo_print(const struct tl_demo_report *report);

#endif
