/* What the contract did, read from the cases. */
#include "demo.h"

#include "mem.h"
#include "out.h"
#include "scan.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* The last recorded batch of the fines log took penalties up to 2012-05-30; a
 * hand-off after a later one is nothing the records could confirm. */
#define LAST_PENALTY "2012-05-30"

struct looking {
    struct tl_demo_report *report;
    char (*recorded)[33]; /* cases with a recorded hand-off, sorted */
    size_t count;
};

static int compare(const void *a, const void *b)
{
    return strcmp(a, b);
}

static bool is_handoff(const struct tl_batch *batch, size_t index)
{
    struct tl_entry entry;
    union tl_body body;

    return batch->item[index].type == TL_ENTRY_RECORD &&
           tl_entry_decode(&entry, &body, NULL, tl_batch_entry(batch, index)) == TL_OK &&
           tl_bytes_eq(body.record.act, tl_bytes_str("handoff"));
}

static void recorded_gather(struct looking *looking, const struct tl_batch *batch)
{
    size_t cap = 0;

    for (size_t i = 0; i < batch->count; i++) {
        if (!is_handoff(batch, i))
            continue;
        looking->recorded =
            tl_mem_grow(looking->recorded, &cap, looking->count + 1u, sizeof *looking->recorded);
        tl_hex(looking->recorded[looking->count++],
               tl_bytes(batch->item[i].case_id.b, TL_ID_BYTES));
    }
    if (looking->count > 0)
        qsort(looking->recorded, looking->count, sizeof *looking->recorded, compare);
}

static int64_t number_of(const struct tl_json *row, const char *key)
{
    int64_t value = 0;

    (void)tl_json_number(tl_json_get(row, key), &value);
    return value;
}

static const char *text_of(const struct tl_json *row, const char *key)
{
    const char *chars = tl_json_chars(tl_json_get(row, key));

    return chars != NULL ? chars : "";
}

/* Adds a case to the line of its stage or holder. */
static void tally_line(struct tl_json **lines, const struct tl_json *row, const char *key)
{
    const char *name = text_of(row, key);
    struct tl_json *fresh = tl_json_array();
    bool found = false;

    for (size_t i = 0; i < tl_json_count(*lines); i++) {
        const struct tl_json *old = tl_json_at(*lines, i);
        bool hit = strcmp(text_of(old, "name"), name) == 0;
        struct tl_json *line = tl_json_object();

        tl_json_set_str(line, "name", text_of(old, "name"));
        tl_json_set_int(line, "cases", number_of(old, "cases") + (hit ? 1 : 0));
        tl_json_set_int(line, "owed_minor",
                        number_of(old, "owed_minor") + (hit ? number_of(row, "owed_minor") : 0));
        tl_json_add(fresh, line);
        found = found || hit;
    }
    if (!found) {
        struct tl_json *line = tl_json_object();

        tl_json_set_str(line, "name", name);
        tl_json_set_int(line, "cases", 1);
        tl_json_set_int(line, "owed_minor", number_of(row, "owed_minor"));
        tl_json_add(fresh, line);
    }
    tl_json_free(*lines);
    *lines = fresh;
}

static void see_penalty(struct tl_demo_report *report, const struct tl_json *row)
{
    int32_t penalty;
    int32_t notified;

    if (!tl_date_parse(tl_bytes_str(text_of(row, "penalty_on")), &penalty))
        return;
    report->penalties++;
    if (tl_date_parse(tl_bytes_str(text_of(row, "notified_on")), &notified) &&
        penalty - notified == 60)
        report->penalties_on_day_60++;
}

static void see_matrix(struct looking *looking, const struct tl_json *row, bool placed)
{
    struct tl_demo_matrix *m = &looking->report->matrix;
    const char *penalty = text_of(row, "penalty_on");
    char id[33] = "";
    bool recorded;

    (void)snprintf(id, sizeof id, "%s", text_of(row, "case"));
    recorded = looking->count > 0 &&
               bsearch(id, looking->recorded, looking->count, sizeof id, compare) != NULL;
    /* Dates written year first compare like texts. */
    placed = placed && penalty[0] != '\0' && strcmp(penalty, LAST_PENALTY) <= 0;
    m->tp += placed && recorded ? 1 : 0;
    m->fp += placed && !recorded ? 1 : 0;
    m->fn += !placed && recorded ? 1 : 0;
    m->tn += !placed && !recorded ? 1 : 0;
}

static void see_stage(struct tl_demo_report *report, const struct tl_json *row)
{
    struct tl_id id;
    uint8_t stage;

    if (tl_unhex(id.b, TL_ID_BYTES, text_of(row, "case")) &&
        tl_name_find(&tl_stage_names, tl_bytes_str(text_of(row, "stage")), &stage))
        tl_demo_walk_add(&report->walk, &id, stage);
}

static void see(void *context, struct tl_json *row)
{
    struct looking *looking = context;
    struct tl_demo_report *report = looking->report;
    bool placed = strcmp(text_of(row, "placement"), "placed") == 0;
    const char *reporting = text_of(row, "reporting");
    bool charged_off = false;

    report->cases++;
    tally_line(&report->stages, row, "stage");
    tally_line(&report->holders, row, "holder");
    see_stage(report, row);
    see_penalty(report, row);
    see_matrix(looking, row, placed);
    (void)tl_json_truth(tl_json_get(row, "charged_off"), &charged_off);
    report->offered += number_of(row, "placements");
    report->recalled += number_of(row, "recalls");
    report->standing += placed ? 1 : 0;
    report->eligible += strcmp(reporting, "none") != 0 ? 1 : 0;
    report->furnished += strcmp(reporting, "furnished") == 0 ? 1 : 0;
    report->charged_off += charged_off ? 1 : 0;
    report->violations += number_of(row, "violations");
    report->denials += number_of(row, "denials");
    report->paid_minor += number_of(row, "paid_minor");
    report->owed_minor += number_of(row, "owed_minor");
    if (placed && report->receipt_leaf < 0) {
        report->receipt_leaf = number_of(row, "placed_leaf");
        (void)snprintf(report->sample, sizeof report->sample, "%s", text_of(row, "case"));
    }
    tl_json_free(row);
}

static const struct tl_json *line_of(const struct tl_json *lines, const char *name)
{
    for (size_t i = 0; i < tl_json_count(lines); i++)
        if (strcmp(text_of(tl_json_at(lines, i), "name"), name) == 0)
            return tl_json_at(lines, i);
    return NULL;
}

/* Stages as a case walks them, those nobody is in any more too. */
static struct tl_json *stages_in_order(const struct tl_demo_report *report)
{
    struct tl_json *sorted = tl_json_array();

    for (uint32_t stage = 0; stage <= UINT8_MAX; stage++) {
        const char *name = tl_name_of(&tl_stage_names, (uint8_t)stage);
        struct tl_json *line = tl_json_object();
        const struct tl_json *now;

        if (name == NULL || report->walk.cases[stage] == 0) {
            tl_json_free(line);
            continue;
        }
        now = line_of(report->stages, name);
        tl_json_set_str(line, "name", name);
        tl_json_set_int(line, "walked", report->walk.cases[stage]);
        tl_json_set_int(line, "cases", number_of(now, "cases"));
        tl_json_set_int(line, "owed_minor", number_of(now, "owed_minor"));
        tl_json_add(sorted, line);
    }
    return sorted;
}

enum tl_status tl_demo_look(struct tl_demo_report *report, struct tl_connection *connection,
                            const struct tl_batch *batch, struct tl_why *why)
{
    struct looking looking = {report, NULL, 0};
    struct tl_scan_query filter;
    struct tl_json *ordered;
    enum tl_status status;

    *report = (struct tl_demo_report){
        .stages = tl_json_array(), .holders = tl_json_array(), .receipt_leaf = -1};
    recorded_gather(&looking, batch);
    tl_scan_any(&filter);
    status = tl_scan_cases(connection, &filter, see, &looking);
    if (status == TL_OK)
        status = tl_demo_walk(report, connection->client, why);
    report->has_matrix = looking.count > 0;
    ordered = stages_in_order(report);
    tl_json_free(report->stages);
    report->stages = ordered;
    tl_mem_free(looking.recorded);
    return status;
}

void tl_demo_report_free(struct tl_demo_report *report)
{
    tl_json_free(report->stages);
    tl_json_free(report->holders);
    tl_mem_free(report->walk.been);
    tl_decision_counts_free(&report->findings);
    *report = (struct tl_demo_report){0};
}

static void print_matrix(const struct tl_demo_matrix *m)
{
    (void)printf("\nhand-offs that stand, against those the records show"
                 " (penalties up to " LAST_PENALTY ")\n"
                 "                  recorded   not recorded\n"
                 "  handed over     %8" PRId64 "   %12" PRId64 "\n"
                 "  not             %8" PRId64 "   %12" PRId64 "\n",
                 m->tp, m->fp, m->fn, m->tn);
}

/* Why, and how often. */
static void print_findings(const struct tl_demo_report *report)
{
    struct tl_json *rows = tl_json_array();

    tl_decision_counts_rows(&report->findings, rows);
    for (size_t i = 0; i < tl_json_count(rows); i++) {
        const struct tl_json *row = tl_json_at(rows, i);

        (void)printf("  %8" PRId64 "  %s of %s: %s\n", number_of(row, "count"),
                     text_of(row, "type"), text_of(row, "about"), text_of(row, "why"));
    }
    tl_json_free(rows);
}

void tl_demo_print(const struct tl_demo_report *report)
{
    static const struct tl_column stages[] = {{"name", "stage", TL_COLUMN_TEXT},
                                              {"walked", "ever there", TL_COLUMN_NUMBER},
                                              {"cases", "now", TL_COLUMN_NUMBER},
                                              {"owed_minor", "owed", TL_COLUMN_MONEY},
                                              TL_COLUMN_END};
    static const struct tl_column holders[] = {{"name", "in custody of", TL_COLUMN_TEXT},
                                               {"cases", "cases", TL_COLUMN_NUMBER},
                                               {"owed_minor", "owed", TL_COLUMN_MONEY},
                                               TL_COLUMN_END};
    struct tl_out out = {TL_OUT_TABLE, 2};

    tl_out_rows(&out, stages, report->stages);
    (void)putchar('\n');
    tl_out_rows(&out, holders, report->holders);
    (void)printf("\npenalties and fees     %8" PRId64 " cases", report->penalties);
    if (report->has_matrix)
        (void)printf(", %" PRId64 " of them exactly 60 days after notification",
                     report->penalties_on_day_60);
    (void)putchar('\n');
    if (!report->has_matrix)
        tl_demo_steps_print(report);
    (void)printf("placements offered     %8" PRId64 ", recalled %" PRId64 ", standing %" PRId64 "\n"
                 "may be furnished       %8" PRId64 " cases, furnished %" PRId64 "\n"
                 "charged off            %8" PRId64 " cases, reactivated %" PRId64 "\n"
                 "violations found       %8" PRId64 ", acts denied %" PRId64 "\n",
                 report->offered, report->recalled, report->standing, report->eligible,
                 report->furnished, report->charged_off, report->walk.cases[TL_STAGE_REACTIVATED],
                 report->violations, report->denials);
    print_findings(report);
    if (report->has_matrix)
        print_matrix(&report->matrix);
}
