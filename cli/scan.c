#include "scan.h"

#include "import.h"
#include "say.h"
#include "show.h"

void tl_scan_any(struct tl_scan_query *filter)
{
    *filter = (struct tl_scan_query){.limit = 1024,
                                     .holder = UINT8_MAX,
                                     .owed_min = INT64_MIN,
                                     .owed_max = INT64_MAX,
                                     .past_due_min = INT32_MIN,
                                     .past_due_max = INT32_MAX,
                                     .opened_from = INT32_MIN,
                                     .opened_to = INT32_MAX};
}

static enum tl_status scan_page(struct tl_connection *connection, struct tl_scan_query *filter,
                                struct tl_case_page *page)
{
    struct tl_exchange exchange = {TL_METHOD_SCAN, &tl_scan_query_record, filter,
                                   &tl_case_page_record, page};

    return tl_ask(connection->client, "ask for cases", &exchange);
}

enum tl_status tl_scan_cases(struct tl_connection *connection, struct tl_scan_query *filter,
                             tl_scan_visit *visit, void *context)
{
    struct tl_progress progress;
    struct tl_case_page page = {.more = true};
    struct tl_case_item item;
    struct tl_why why = {""};
    int32_t today;
    uint64_t seen = 0;
    enum tl_status status = tl_business_date(connection->client, &today, &why);

    if (status != TL_OK) {
        (void)tl_fail(status, NULL, "cannot ask for the business date: %s", why.text);
        return status;
    }
    tl_progress_start(&progress, "reading cases", 0);
    while (page.more && status == TL_OK) {
        status = scan_page(connection, filter, &page);
        while (status == TL_OK && tl_list_next(&page.cases, &tl_case_item_record, &item)) {
            struct tl_json *row = tl_show_case(&connection->genesis.genesis, item.value, today);

            if (row != NULL)
                visit(context, row);
            tl_progress_step(&progress, ++seen);
        }
        filter->after = page.next;
    }
    tl_progress_end(&progress);
    return status;
}
