/* The calendar. */
#include "commands.h"
#include "connect.h"
#include "import.h"

#include <inttypes.h>

static const struct tl_opt options[] = {
    {"until", "DATE", "close every open day up to this one (default: the next day only)"},
    {"to", "MEMBER", "the member whose node is asked (default: the key's own)"},
    TL_OPT_END};

/* Where it is latest on earth it is tomorrow already. */
static int32_t today(void)
{
    return (int32_t)(tl_unix_ms() / 86400000u) + 1;
}

static enum tl_status close_days(struct tl_call *call, struct tl_client *client, bool given,
                                 int32_t until)
{
    static const struct tl_column columns[] = {{"days_closed", "days closed", TL_COLUMN_NUMBER},
                                               {"business_date", "closed until", TL_COLUMN_TEXT},
                                               TL_COLUMN_END};
    struct tl_why why = {""};
    struct tl_json *row;
    uint64_t days = 0;
    int32_t closed_on = 0;
    char date[11];
    enum tl_status status = tl_business_date(client, &closed_on, &why);

    if (status == TL_OK)
        status = tl_days_close(client, given ? until : closed_on + 1, &days, &why);
    if (status != TL_OK) {
        (void)tl_fail(status, NULL, "cannot close days: %s (%" PRIu64 " were sent)", why.text,
                      days);
        return status;
    }
    tl_date_text(date, closed_on + (int32_t)days);
    row = tl_json_object();
    tl_json_set_int(row, "days_closed", (int64_t)days);
    tl_json_set_str(row, "business_date", date);
    tl_out_one(&call->out, columns, row);
    tl_json_free(row);
    return TL_OK;
}

static int run(struct tl_call *call)
{
    struct tl_connection connection;
    bool given;
    int32_t until;
    enum tl_status status = tl_cmd_words(call, 0, 0, "");

    if (status == TL_OK)
        status = tl_opt_date(&call->args, "until", &given, &until);
    if (status == TL_OK && given && until > today()) {
        status = TL_ERR_USAGE;
        (void)tl_fail(status, "what is closed stays closed",
                      "cannot close '%s': that day is not over",
                      tl_opt_value(&call->args, "until"));
    }
    if (status == TL_OK)
        status = tl_connect(&connection, &call->args);
    if (status != TL_OK)
        return tl_status_exit(status);
    status = close_days(call, connection.client, given, until);
    tl_disconnect(&connection);
    return tl_status_exit(status);
}

const struct tl_cmd tl_cmd_day_close = {
    .name = "day close",
    .usage = "[--until DATE]",
    .summary = "say that a business day is over: its timers run",
    .more = "A day that is closed stays closed; closing it again does nothing.",
    .options = options,
    .run = run};
