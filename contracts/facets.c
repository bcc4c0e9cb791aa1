/* What the law remembers about a case: unpacked and packed again. */
#include "tl/facets.h"

#include "tl/check.h"

#include <string.h>

TL_DEFINE_RECORD(tl_phoned, TL_PHONED_FIELDS)
TL_DEFINE_RECORD(tl_debtor, TL_DEBTOR_FIELDS)
TL_DEFINE_RECORD(tl_letter, TL_LETTER_FIELDS)
TL_DEFINE_RECORD(tl_leave, TL_LEAVE_FIELDS)
TL_DEFINE_RECORD(tl_missed, TL_MISSED_FIELDS)
TL_DEFINE_RECORD(tl_timed, TL_TIMED_FIELDS)
TL_DEFINE_RECORD(tl_facet, TL_FACET_FIELDS)

_Static_assert(TL_CHANNELS == TL_CHANNEL_POSTCARD + 1, "a bit for each channel");
_Static_assert(TL_CONSENTS <= 8, "a bit for each consent");

/* Dates nobody stated are none, everything else is zero. */
static void no_dates(const struct tl_record *record, void *value)
{
    const int32_t none = TL_DATE_NONE;

    memset(value, 0, record->size);
    for (size_t i = 0; i < record->count; i++) {
        if (record->fields[i].kind == TL_FIELD_I32)
            memcpy((uint8_t *)value + record->fields[i].offset, &none, sizeof none);
    }
}

static void debtor_init(struct tl_debtor_facts *debtor)
{
    memset(debtor, 0, sizeof *debtor);
    no_dates(&tl_debtor_record, &debtor->d);
    debtor->d.reply_channel = UINT8_MAX;
}

void tl_facets_init(struct tl_facets *facets)
{
    memset(facets, 0, sizeof *facets);
    no_dates(&tl_facet_record, &facets->f);
    for (uint32_t i = 0; i < TL_DEBTORS_MAX; i++)
        debtor_init(&facets->debtor[i]);
    facets->f.debtors.count = 1;
    facets->f.furnisher = UINT8_MAX;
}

/* The records bound every list, so its elements fit. */
static void take(struct tl_list list, const struct tl_record *record, void *array, size_t room)
{
    uint8_t *at = array;

    TL_CHECK(list.count <= room);
    while (tl_list_next(&list, record, at))
        at += record->size;
}

static void take_debtors(struct tl_facets *facets, struct tl_list list)
{
    struct tl_debtor_facts *to = facets->debtor;

    while (tl_list_next(&list, &tl_debtor_record, &to->d)) {
        take(to->d.calls, &tl_phoned_record, to->call, TL_CALLS_MAX);
        to++;
    }
}

void tl_facets_read(struct tl_facets *facets, struct tl_list list)
{
    tl_facets_init(facets);
    if (!tl_list_next(&list, &tl_facet_record, &facets->f))
        return;
    facets->used = true;
    take_debtors(facets, facets->f.debtors);
    take(facets->f.letters, &tl_letter_record, facets->letter, TL_LETTERS_MAX);
    take(facets->f.leaves, &tl_leave_record, facets->leave, TL_PERMITS_MAX);
    take(facets->f.missed, &tl_missed_record, facets->missed, TL_MISSED_MAX);
    take(facets->f.timed, &tl_timed_record, facets->timed, TL_TIMED_MAX);
}

static struct tl_list put(struct tl_buf *buf, const struct tl_record *record, const void *array,
                          uint32_t count)
{
    struct tl_list list = {TL_BYTES_NONE, 0};
    const uint8_t *at = array;

    for (uint32_t i = 0; i < count; i++)
        tl_list_add(&list, buf, record, at + i * record->size);
    return list;
}

/* All calls first: a list is one run of bytes, so they may not lie between the
 * debtors of theirs. */
static struct tl_list put_debtors(const struct tl_facets *facets, struct tl_buf *buf)
{
    struct tl_list calls[TL_DEBTORS_MAX];
    struct tl_list list = {TL_BYTES_NONE, 0};

    for (uint32_t i = 0; i < facets->f.debtors.count; i++)
        calls[i] =
            put(buf, &tl_phoned_record, facets->debtor[i].call, facets->debtor[i].d.calls.count);
    for (uint32_t i = 0; i < facets->f.debtors.count; i++) {
        struct tl_debtor d = facets->debtor[i].d;

        d.calls = calls[i];
        tl_list_add(&list, buf, &tl_debtor_record, &d);
    }
    return list;
}

struct tl_list tl_facets_write(const struct tl_facets *facets, struct tl_buf *scratch,
                               struct tl_buf *out)
{
    struct tl_list list = {TL_BYTES_NONE, 0};
    struct tl_facet f = facets->f;

    if (!facets->used)
        return list;
    f.debtors = put_debtors(facets, scratch);
    f.letters = put(scratch, &tl_letter_record, facets->letter, f.letters.count);
    f.leaves = put(scratch, &tl_leave_record, facets->leave, f.leaves.count);
    f.missed = put(scratch, &tl_missed_record, facets->missed, f.missed.count);
    f.timed = put(scratch, &tl_timed_record, facets->timed, f.timed.count);
    tl_list_add(&list, out, &tl_facet_record, &f);
    TL_CHECK(!scratch->full && !out->full);
    return list;
}

uint32_t tl_facets_debtors(const struct tl_facets *facets)
{
    return facets->f.debtors.count == 0 ? 1 : facets->f.debtors.count;
}
