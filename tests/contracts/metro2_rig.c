#include "metro2_rig.h"

#include "shared.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

static void note(void *context, const struct tl_metro2_finding *finding)
{
    struct seen *seen = context;

    seen->of_rule[finding->rule]++;
    if (seen->count == SEEN_MAX)
        return;
    seen->finding[seen->count].number = finding->number;
    seen->finding[seen->count].field = finding->field;
    seen->finding[seen->count++].rule = finding->rule;
}

/* One record: checked and written behind the others. */
static void keep(struct seen *seen, struct tl_metro2_check *check, struct tl_buf *back,
                 const struct tl_metro2_record *record, enum tl_metro2_form form)
{
    seen->records++;
    tl_metro2_check_record(check, record);
    tl_metro2_write(back, record, form);
}

struct seen see(struct tl_bytes file, size_t step)
{
    struct seen seen = {.status = TL_OK};
    struct tl_metro2_reader reader = {0};
    struct tl_metro2_check check;
    struct tl_metro2_record record;
    struct tl_buf back;
    size_t at = 0;
    size_t window = step == 0 || step > file.len ? file.len : step;

    seen.back = malloc(file.len + 4096u);
    back = tl_buf(seen.back, file.len + 4096u);
    tl_metro2_check_init(&check, note, &seen);
    for (;;) {
        size_t used;
        size_t len = file.len - at < window ? file.len - at : window;
        enum tl_status status = tl_metro2_read(&reader, tl_bytes(file.ptr + at, len),
                                               at + len == file.len, &used, &record);

        assert_true(used <= len);
        at += used;
        if (status == TL_ERR_EARLY) {
            window += 997;
            continue;
        }
        if (status == TL_OK)
            keep(&seen, &check, &back, &record, reader.form);
        else if (status == TL_ERR_PARTIAL)
            tl_metro2_check_unreadable(&check, record.number), seen.unreadable++;
        else if (status != TL_ERR_NOT_FOUND)
            seen.status = status;
        if (status != TL_OK && status != TL_ERR_PARTIAL)
            break;
    }
    if (seen.status == TL_OK)
        tl_metro2_check_end(&check);
    assert_false(back.full);
    seen.back_len = back.len;
    return seen;
}

void seen_free(struct seen *seen)
{
    free(seen->back);
    seen->back = NULL;
}

bool seen_has(const struct seen *seen, uint64_t number, enum tl_metro2_rule rule,
              enum tl_metro2_field field)
{
    for (uint32_t i = 0; i < seen->count; i++)
        if (seen->finding[i].number == number && seen->finding[i].rule == rule &&
            seen->finding[i].field == field)
            return true;
    return false;
}

struct tl_bytes sample(const char *path)
{
    size_t len = 0;
    char *bytes = test_read_shared(path, &len);

    if (bytes == NULL) {
        (void)fprintf(stderr, "no shared file %s\n", path);
        skip();
    }
    return tl_bytes(bytes, len);
}
