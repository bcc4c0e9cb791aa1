/* The mailbox: order, shares, and threads that post while the loop takes. */
#include "tl/mailbox.h"
#include "tl/workers.h"

#include <pthread.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

static struct tl_mail *mail_of(uint32_t source, uint64_t number, size_t len)
{
    static const uint8_t zeros[4096];
    struct tl_mail *mail = tl_mail_new(TL_MAIL_FRAME, source, tl_bytes(zeros, len));

    assert_non_null(mail);
    mail->number = number;
    return mail;
}

static size_t free_all(struct tl_mail *mail)
{
    size_t count = 0;

    for (struct tl_mail *next; mail != NULL; mail = next, count++) {
        next = mail->next;
        tl_mail_free(mail);
    }
    return count;
}

static void test_keeps_the_order_of_posting(void **state)
{
    struct tl_mailbox *box = tl_mailbox_new(1u << 20);
    struct tl_mail *first;
    uint64_t expected = 0;

    (void)state;
    for (uint64_t i = 0; i < 10; i++)
        assert_true(tl_mailbox_post(box, mail_of((uint32_t)i % 3, i, 10)));
    first = tl_mailbox_take(box, 0);
    for (struct tl_mail *mail = first; mail != NULL; mail = mail->next)
        assert_int_equal(mail->number, expected++);
    assert_int_equal(free_all(first), 10);
    assert_null(tl_mailbox_take(box, 0));
    tl_mailbox_free(box);
}

static void test_a_flood_uses_up_its_own_share_only(void **state)
{
    struct tl_mailbox *box = tl_mailbox_new(10000);
    size_t taken = 0;

    (void)state;
    for (int i = 0; i < 100; i++) {
        struct tl_mail *mail = mail_of(0, 0, 1000);

        if (tl_mailbox_post(box, mail))
            taken++;
        else
            tl_mail_free(mail);
    }
    assert_in_range(taken, 5, 10);
    assert_int_equal(tl_mailbox_refused(box), 100 - taken);
    assert_true(tl_mailbox_post(box, mail_of(1, 0, 1000)));
    assert_true(tl_mailbox_post(box, mail_of(TL_MAIL_OURS, 0, 4096)));
    assert_int_equal(free_all(tl_mailbox_take(box, 0)), taken + 2);
    assert_true(tl_mailbox_post(box, mail_of(0, 0, 1000)));
    tl_mailbox_free(box);
}

static void test_an_empty_share_takes_a_mail_longer_than_it(void **state)
{
    struct tl_mailbox *box = tl_mailbox_new(100);
    struct tl_mail *second = mail_of(2, 0, 10);

    (void)state;
    assert_true(tl_mailbox_post(box, mail_of(2, 0, 4000)));
    assert_false(tl_mailbox_post(box, second));
    tl_mail_free(second);
    tl_mailbox_free(box);
}

/* ---- workers ---- */

struct count_job {
    struct tl_job job;
    int number;
    int *order;
};

static int settled;

static enum tl_status run(struct tl_job *job)
{
    struct count_job *c = (struct count_job *)job;

    *c->order = *c->order + 1;
    return c->number == 7 ? TL_ERR_SIGNATURE : TL_OK;
}

static enum tl_status settle(void *host)
{
    (void)host;
    settled++;
    return TL_OK;
}

static size_t collect(struct tl_mailbox *box, size_t wanted, size_t *bad)
{
    size_t got = 0;

    while (got < wanted) {
        struct tl_mail *mail = tl_mailbox_take(box, 5000);

        if (mail == NULL)
            break;
        for (struct tl_mail *next; mail != NULL; mail = next, got++) {
            next = mail->next;
            *bad += mail->status != TL_OK ? 1u : 0u;
            free(mail->work);
            tl_mail_free(mail);
        }
    }
    return got;
}

static void give(struct tl_workers *workers, int count, int *order)
{
    for (int i = 0; i < count; i++) {
        struct count_job *c = calloc(1, sizeof *c);

        assert_non_null(c);
        *c = (struct count_job){.job = {.run = run}, .number = i, .order = order};
        assert_true(tl_workers_give(workers, &c->job));
    }
}

static void test_every_job_reports_once(void **state)
{
    struct tl_mailbox *box = tl_mailbox_new(1u << 20);
    struct tl_workers_plan plan = {1, box, TL_MAIL_CHECKED, NULL, NULL};
    struct tl_workers *workers = tl_workers_new(&plan);
    size_t bad = 0;
    int ran = 0;

    (void)state;
    give(workers, 200, &ran);
    assert_int_equal(collect(box, 200, &bad), 200);
    assert_int_equal(bad, 1);
    assert_int_equal(ran, 200);
    assert_int_equal(tl_workers_busy(workers), 0);
    tl_workers_free(workers);
    tl_mailbox_free(box);
}

static void test_a_group_settles_once(void **state)
{
    struct tl_mailbox *box = tl_mailbox_new(1u << 20);
    struct tl_workers_plan plan = {1, box, TL_MAIL_DURABLE, settle, NULL};
    struct tl_workers *workers = tl_workers_new(&plan);
    size_t bad = 0;
    int ran = 0;

    (void)state;
    settled = 0;
    give(workers, 200, &ran);
    assert_int_equal(collect(box, 200, &bad), 200);
    tl_workers_stop(workers);
    assert_in_range(settled, 1, 200);
    tl_workers_free(workers);
    tl_mailbox_free(box);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_keeps_the_order_of_posting),
        cmocka_unit_test(test_a_flood_uses_up_its_own_share_only),
        cmocka_unit_test(test_an_empty_share_takes_a_mail_longer_than_it),
        cmocka_unit_test(test_every_job_reports_once),
        cmocka_unit_test(test_a_group_settles_once),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
