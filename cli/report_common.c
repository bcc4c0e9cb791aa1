#include "report.h"

#include <stdio.h>

const char *const tl_band_words[TL_BANDS] = {"current",     "1-29",    "30-59",   "60-89",
                                             "90-119",      "120-149", "150-179", "180+",
                                             "charged off", "paid",    "settled", "ended"};

enum tl_band tl_band_late(int64_t days)
{
    if (days < 1)
        return TL_BAND_CURRENT;
    if (days < 30)
        return TL_BAND_1;
    return days >= 180 ? TL_BAND_180 : (enum tl_band)(TL_BAND_1 + days / 30);
}

enum tl_band tl_band_of(const struct tl_case *c, int32_t on)
{
    int64_t days = 0;

    if (c->stage == TL_STAGE_PAID)
        return TL_BAND_PAID;
    if (c->stage == TL_STAGE_SETTLED)
        return TL_BAND_SETTLED;
    if (tl_case_ended(c))
        return TL_BAND_ENDED;
    if (c->charged_off)
        return TL_BAND_CHARGED_OFF;
    if (!tl_case_feature(c, TL_FEATURE_DAYS_PAST_DUE, on, &days))
        days = 0;
    return tl_band_late(days);
}

bool tl_report_day(const struct tl_report_call *call, int32_t on)
{
    return (!call->has_since || on >= call->since) && (!call->has_until || on <= call->until);
}

void tl_report_date(struct tl_json *row, const char *key, int32_t on)
{
    char text[11];

    if (on == TL_DATE_NONE)
        return;
    tl_date_text(text, on);
    tl_json_set_str(row, key, text);
}

void tl_report_rows(struct tl_json *rows, struct tl_sheet *sheet,
                    const struct tl_report_names *names)
{
    tl_sheet_sort(sheet);
    for (size_t i = 0; i < sheet->rows; i++) {
        struct tl_json *row = tl_json_object();

        for (size_t w = 0; w < TL_SHEET_WORDS; w++)
            if (names->word[w] != NULL)
                tl_json_set_str(row, names->word[w], sheet->row[i].word[w]);
        for (size_t s = 0; s < TL_SHEET_SUMS; s++)
            if (names->sum[s] != NULL)
                tl_json_set_int(row, names->sum[s], sheet->row[i].sum[s]);
        tl_json_add(rows, row);
    }
}
