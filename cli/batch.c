#include "batch.h"

#include "tl/file.h"
#include "tl/hash.h"

#include "mem.h"
#include "say.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

struct reading {
    struct tl_batch *batch;
    struct tl_map *map;
    struct tl_map_result result;
    uint8_t *text;
    bool bound;
    struct tl_why *why;
    struct tl_progress progress;
};

static void quarantine_field(FILE *to, struct tl_bytes field, bool last)
{
    size_t cap = 2u * field.len + 2u;
    uint8_t *memory = tl_mem_new(cap, 1);
    struct tl_buf buf = tl_buf(memory, cap);

    tl_csv_quote(&buf, field);
    (void)fwrite(buf.ptr, 1, buf.len, to);
    (void)fputs(last ? "\r\n" : ",", to);
    tl_mem_free(memory);
}

/* The file is made when the first row is refused, so that none is left behind
 * by an import without trouble. */
static enum tl_status quarantine(struct reading *r, const struct tl_csv_row *row,
                                 const char *column, const char *reason)
{
    struct tl_batch *batch = r->batch;
    char line[32];

    batch->rejected++;
    if (batch->quarantine == NULL) {
        batch->quarantine = fopen(batch->quarantine_path, "w");
        if (batch->quarantine == NULL)
            return tl_why_set(r->why, TL_ERR_IO, "cannot write quarantine file \"%s\": %s",
                              batch->quarantine_path, strerror(errno));
        (void)fputs("line,column,reason,row\r\n", batch->quarantine);
    }
    (void)snprintf(line, sizeof line, "%zu", row->line);
    quarantine_field(batch->quarantine, tl_bytes_str(line), false);
    quarantine_field(batch->quarantine, tl_bytes_str(column), false);
    quarantine_field(batch->quarantine, tl_bytes_str(reason), false);
    quarantine_field(batch->quarantine, row->raw, true);
    return ferror(batch->quarantine) == 0
               ? TL_OK
               : tl_why_set(r->why, TL_ERR_IO, "cannot write quarantine file \"%s\"",
                            batch->quarantine_path);
}

static void ref_hash(struct tl_hash *out, const struct tl_map_made *made)
{
    struct tl_hasher hasher;

    tl_hasher_init(&hasher);
    tl_hasher_u64(&hasher, made->type->code);
    tl_hasher_put(&hasher, tl_bytes(made->case_id.b, TL_ID_BYTES));
    tl_hasher_put(&hasher, made->ref);
    tl_hasher_done(&hasher, out);
}

static void keep(struct tl_batch *batch, const struct tl_map_made *made)
{
    struct tl_batch_item *item;

    batch->item = tl_mem_grow(batch->item, &batch->cap, batch->count + 1u, sizeof *batch->item);
    batch->bytes = tl_mem_grow(batch->bytes, &batch->room, batch->used + made->bytes.len, 1);
    item = &batch->item[batch->count];
    *item = (struct tl_batch_item){.case_id = made->case_id,
                                   .date = made->date,
                                   .type = made->type->code,
                                   .order = (uint32_t)batch->count,
                                   .len = (uint32_t)made->bytes.len,
                                   .at = batch->used};
    ref_hash(&item->ref, made);
    (void)memcpy(batch->bytes + batch->used, made->bytes.ptr, made->bytes.len);
    batch->used += made->bytes.len;
    batch->count++;
}

static enum tl_status on_row(void *context, const struct tl_csv_row *row)
{
    struct reading *r = context;

    if (!r->bound) {
        r->bound = true;
        if (r->map->header)
            return tl_map_bind(r->map, row, r->why);
        if (tl_map_bind(r->map, NULL, r->why) != TL_OK)
            return TL_ERR_NOT_FOUND;
    }
    r->batch->rows++;
    tl_progress_step(&r->progress, r->batch->rows);
    if (tl_map_row(r->map, row, &r->result) != TL_OK)
        return quarantine(r, row, r->result.column, r->result.why.text);
    if (r->result.skipped)
        r->batch->skipped++;
    else
        r->batch->mapped++;
    for (uint32_t i = 0; i < r->result.count; i++)
        keep(r->batch, &r->result.made[i]);
    for (uint32_t i = 0; i < r->result.texts; i++)
        tl_people_add(&r->batch->people, &r->result.case_id, &r->result.text_of[i]);
    return TL_OK;
}

static enum tl_status on_bad(void *context, const struct tl_csv_row *row, const char *reason)
{
    struct reading *r = context;

    if (!r->bound)
        return tl_why_set(r->why, TL_ERR_ENCODING, "the header row is malformed: %s", reason);
    r->batch->rows++;
    return quarantine(r, row, "", reason);
}

static int by_ref(const void *a, const void *b)
{
    const struct tl_batch_item *x = a;
    const struct tl_batch_item *y = b;
    int order = memcmp(x->ref.b, y->ref.b, TL_HASH_BYTES);

    if (order != 0)
        return order;
    if (x->date != y->date)
        return x->date < y->date ? -1 : 1;
    return x->order < y->order ? -1 : 1;
}

static int by_date(const void *a, const void *b)
{
    const struct tl_batch_item *x = a;
    const struct tl_batch_item *y = b;

    if (x->date != y->date)
        return x->date < y->date ? -1 : 1;
    return x->order < y->order ? -1 : x->order > y->order ? 1 : 0;
}

/* Of entries with one reference only the first (by date) is wanted. */
static void mark_repeats(struct tl_batch *batch)
{
    if (batch->count < 2)
        return;
    qsort(batch->item, batch->count, sizeof *batch->item, by_ref);
    for (size_t i = 1; i < batch->count; i++)
        if (tl_hash_eq(&batch->item[i].ref, &batch->item[i - 1u].ref)) {
            batch->item[i].known = 1;
            batch->repeated++;
        }
    qsort(batch->item, batch->count, sizeof *batch->item, by_date);
}

static enum tl_status read_all(struct reading *r, const char *path)
{
    struct tl_csv_sink sink = {on_row, on_bad, r};
    struct tl_gz *gz;
    enum tl_status status = tl_gz_open(&gz, path);

    if (status != TL_OK)
        return tl_why_set(r->why, status, "%s", strerror(errno));
    errno = 0;
    status = tl_csv_read(gz, r->map->delimiter, &sink);
    if (status == TL_ERR_IO)
        (void)tl_why_set(r->why, status, "it cannot be read: %s",
                         errno != 0 ? strerror(errno) : "is it a directory?");
    (void)tl_gz_close(gz);
    if (status == TL_ERR_CORRUPT)
        return tl_why_set(r->why, status, "the compressed file is damaged or cut short");
    if (status == TL_OK && !r->bound)
        return tl_why_set(r->why, TL_ERR_ENCODING, "the file is empty");
    return status;
}

enum tl_status tl_batch_read(struct tl_batch *batch, struct tl_map *map, const char *path,
                             const char *quarantine_path, struct tl_why *why)
{
    struct reading *r = tl_mem_new(1, sizeof *r);
    enum tl_status status;

    *batch = (struct tl_batch){.quarantine_path = quarantine_path};
    r->batch = batch;
    r->map = map;
    r->why = why;
    r->text = tl_mem_new(TL_MAP_TEXT_BYTES, 1);
    r->result.text = tl_buf(r->text, TL_MAP_TEXT_BYTES);
    tl_progress_start(&r->progress, "reading rows", 0);
    status = read_all(r, path);
    tl_progress_end(&r->progress);
    if (batch->quarantine != NULL && fclose(batch->quarantine) != 0 && status == TL_OK)
        status = tl_why_set(why, TL_ERR_IO, "cannot write quarantine file \"%s\"", quarantine_path);
    batch->quarantine = NULL;
    tl_wipe(r->text, TL_MAP_TEXT_BYTES);
    tl_mem_free(r->text);
    tl_mem_free(r);
    if (status == TL_OK)
        mark_repeats(batch);
    else
        tl_batch_free(batch);
    return status;
}

void tl_batch_free(struct tl_batch *batch)
{
    tl_mem_free(batch->item);
    tl_mem_free(batch->bytes);
    tl_people_free(&batch->people);
    *batch = (struct tl_batch){0};
}
