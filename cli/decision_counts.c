#include "decision_counts.h"

#include "mem.h"

#include <stdlib.h>
#include <string.h>

static void copy(char *out, size_t size, struct tl_bytes text)
{
    size_t len = text.len < size ? text.len : size - 1u;

    if (len > 0)
        memcpy(out, text.ptr, len);
    out[len] = '\0';
}

static struct tl_decision_count kind_of(const struct tl_decision *decision)
{
    struct tl_decision_count kind = {.type = decision->type};
    struct tl_body_finding finding;
    const struct tl_type_info *info = tl_type_find(decision->type);

    copy(kind.rule, sizeof kind.rule, decision->rule);
    if (info != NULL && info->body == &tl_body_finding_record &&
        tl_record_decode(info->body, &finding, decision->body) == TL_OK) {
        kind.about = finding.about;
        copy(kind.why, sizeof kind.why, finding.why);
    }
    return kind;
}

static bool same(const struct tl_decision_count *a, const struct tl_decision_count *b)
{
    return a->type == b->type && a->about == b->about && strcmp(a->rule, b->rule) == 0 &&
           strcmp(a->why, b->why) == 0;
}

void tl_decision_counts_add(struct tl_decision_counts *counts, const struct tl_decision *decision)
{
    struct tl_decision_count kind = kind_of(decision);

    for (size_t i = 0; i < counts->count; i++)
        if (same(&counts->kind[i], &kind)) {
            counts->kind[i].count++;
            return;
        }
    kind.count = 1;
    counts->kind =
        tl_mem_grow(counts->kind, &counts->cap, counts->count + 1u, sizeof *counts->kind);
    counts->kind[counts->count++] = kind;
}

static int by_count(const void *a, const void *b)
{
    const struct tl_decision_count *x = a;
    const struct tl_decision_count *y = b;
    int order = x->type != y->type ? (x->type < y->type ? -1 : 1) : strcmp(x->rule, y->rule);

    if (x->count != y->count)
        return x->count > y->count ? -1 : 1;
    return order != 0 ? order : strcmp(x->why, y->why);
}

static const char *type_name(uint16_t code)
{
    const struct tl_type_info *info = tl_type_find(code);

    return info != NULL ? info->name : "?";
}

void tl_decision_counts_rows(const struct tl_decision_counts *counts, struct tl_json *rows)
{
    if (counts->count > 1)
        qsort(counts->kind, counts->count, sizeof *counts->kind, by_count);
    for (size_t i = 0; i < counts->count; i++) {
        const struct tl_decision_count *kind = &counts->kind[i];
        struct tl_json *row = tl_json_object();

        tl_json_set_str(row, "type", type_name(kind->type));
        tl_json_set_str(row, "rule", kind->rule);
        if (kind->about != 0)
            tl_json_set_str(row, "about", type_name(kind->about));
        if (kind->why[0] != '\0')
            tl_json_set_str(row, "why", kind->why);
        tl_json_set_int(row, "count", (int64_t)kind->count);
        tl_json_add(rows, row);
    }
}

void tl_decision_counts_free(struct tl_decision_counts *counts)
{
    tl_mem_free(counts->kind);
    *counts = (struct tl_decision_counts){0};
}
