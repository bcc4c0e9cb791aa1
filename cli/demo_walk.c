/* Where the cases have been, and what the rules found fault with. */
#include "demo.h"

#include "decisions.h"
#include "mem.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* The ten steps a debt can go; the ninth is no stage but a furnished tradeline. */
static const struct {
    const char *name;
    uint8_t stage; /* 0: furnished */
} steps[] = {{"overdue", TL_STAGE_OVERDUE},
             {"reminders", TL_STAGE_REMINDING},
             {"contact", TL_STAGE_CONTACT},
             {"demand", TL_STAGE_DEMAND},
             {"resolution", TL_STAGE_RESOLUTION},
             {"internal", TL_STAGE_INTERNAL},
             {"agency", TL_STAGE_PLACED},
             {"suit", TL_STAGE_LEGAL},
             {"bureau", 0},
             {"charge-off", TL_STAGE_CHARGED_OFF}};
#define STEPS (sizeof steps / sizeof steps[0])

void tl_demo_walk_add(struct tl_demo_walk *walk, const struct tl_id *case_id, uint8_t stage)
{
    walk->been = tl_mem_grow(walk->been, &walk->cap, walk->count + 1u, sizeof *walk->been);
    walk->been[walk->count++] = (struct tl_demo_been){*case_id, stage};
}

static bool see(void *context, uint64_t height, const struct tl_decision *decision)
{
    struct tl_demo_report *report = context;
    struct tl_body_stage stage;

    (void)height;
    if (decision->type == TL_DECISION_VIOLATION || decision->type == TL_DECISION_DENIED) {
        tl_decision_counts_add(&report->findings, decision);
    } else if (decision->type == TL_DECISION_STAGE_CHANGED &&
               tl_record_decode(&tl_body_stage_record, &stage, decision->body) == TL_OK) {
        tl_demo_walk_add(&report->walk, &decision->case_id, stage.from);
        tl_demo_walk_add(&report->walk, &decision->case_id, stage.to);
    }
    return true;
}

static int by_case_and_stage(const void *a, const void *b)
{
    const struct tl_demo_been *x = a;
    const struct tl_demo_been *y = b;
    int order = memcmp(x->case_id.b, y->case_id.b, TL_ID_BYTES);

    return order != 0 ? order : (int)x->stage - (int)y->stage;
}

/* A case that was somewhere twice counts once. */
static void count_cases(struct tl_demo_walk *walk)
{
    if (walk->count > 1)
        qsort(walk->been, walk->count, sizeof *walk->been, by_case_and_stage);
    for (size_t i = 0; i < walk->count; i++)
        if (i == 0 || by_case_and_stage(&walk->been[i - 1u], &walk->been[i]) != 0)
            walk->cases[walk->been[i].stage]++;
    tl_mem_free(walk->been);
    walk->been = NULL;
    walk->count = 0;
}

enum tl_status tl_demo_walk(struct tl_demo_report *report, struct tl_client *client,
                            struct tl_why *why)
{
    enum tl_status status = tl_decisions_walk(client, see, report, why);

    count_cases(&report->walk);
    return status;
}

static bool step_taken(const struct tl_demo_report *report, size_t step)
{
    return steps[step].stage != 0 ? report->walk.cases[steps[step].stage] > 0
                                  : report->furnished > 0;
}

int64_t tl_demo_steps_walked(const struct tl_demo_report *report)
{
    int64_t taken = 0;

    for (size_t i = 0; i < STEPS; i++)
        taken += step_taken(report, i) ? 1 : 0;
    return taken;
}

void tl_demo_steps_print(const struct tl_demo_report *report)
{
    (void)printf("steps walked           %8" PRId64 " of %zu:", tl_demo_steps_walked(report),
                 STEPS);
    for (size_t i = 0; i < STEPS; i++)
        if (step_taken(report, i))
            (void)printf(" %s%s", steps[i].name, i + 1u < STEPS ? "," : "");
    (void)putchar('\n');
}
