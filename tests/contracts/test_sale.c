/* Sales of debts, and contacts with who owes them. */
#include "rig.h"

#include <setjmp.h>
#include <stdarg.h>
#include <string.h>

#include <cmocka.h>

static const struct tl_body_answer plain; /* no reason given */
static const struct tl_body_person whom = {.debtor = 0};

static void open_overdue(struct rig *rig)
{
    rig_open(rig, 0, 1);
    rig_fines(rig, false);
    rig_agreement(rig, 1, 10000, 3600);
    rig_notice(rig, 1, 10010, TL_NOTICE_SERVED);
    rig_day(rig, 10100);
}

static void sell(struct rig *rig, const char *buyer)
{
    struct tl_body_sale body = {tl_bytes_str(buyer), TL_BYTES_NONE, false};

    rig_send(rig, CITY, TL_ENTRY_DEBT_SALE, 1, 10101, NULL, &body);
}

static void reopen_as(struct rig *rig, uint32_t member, uint32_t case_no)
{
    struct tl_body_agreement body = {.debt_id = rig_id(1),
                                     .currency = 978,
                                     .policy = tl_bytes_str("fines"),
                                     .opened_on = 10102,
                                     .due_on = 10102,
                                     .principal_minor = 7400};

    rig_send(rig, member, TL_ENTRY_AGREEMENT, case_no, 10102, NULL, &body);
}

static void a_debt_changes_its_owner(void **state)
{
    struct tl_id stranger = rig_id(7);
    struct tl_case c;
    struct rig rig;

    (void)state;
    open_overdue(&rig);
    sell(&rig, "buyer");
    rig_send(&rig, CITY, TL_ENTRY_DEBT_SALE_ACCEPT, 1, 10102, NULL, &plain); /* not the buyer */
    assert_int_equal(rig_count(&rig, TL_DECISION_DENIED, 1), 1);
    rig_send(&rig, BUYER, TL_ENTRY_DEBT_SALE_ACCEPT, 1, 10102, NULL, &plain);
    c = rig_case(&rig, 1);
    assert_int_equal(c.stage, TL_STAGE_SOLD);
    assert_int_equal(tl_case_balance(&c), 0);
    assert_int_equal(c.sold_minor, 7400);
    rig_books(&rig);
    reopen_as(&rig, CITY, 7);
    assert_int_equal(tl_case_load(&c, rig.state, &stranger), TL_ERR_NOT_FOUND);
    reopen_as(&rig, BUYER, 8);
    c = rig_case(&rig, 8);
    assert_int_equal(c.owner, BUYER);
    assert_int_equal(c.commenced_on, 10060); /* as it was */
    rig_day(&rig, 10200);
    assert_int_equal(rig_case(&rig, 8).stage, TL_STAGE_OVERDUE);
    assert_int_equal(rig_case(&rig, 8).commenced_on, 10060);
    rig_books(&rig);
    rig_close(&rig);
}

static void what_may_not_be_sold(void **state)
{
    struct rig rig;

    (void)state;
    open_overdue(&rig);
    sell(&rig, "nobody");
    sell(&rig, "city");
    sell(&rig, "agency-a");
    assert_int_equal(rig_count(&rig, TL_DECISION_DENIED, 1), 3);
    sell(&rig, "buyer");
    /* Stolen identity comes to light before the buyer accepts. */
    rig_send(&rig, BUREAU, TL_ENTRY_IDTHEFT_BLOCK, 1, 10101, NULL, &whom);
    rig_send(&rig, BUYER, TL_ENTRY_DEBT_SALE_ACCEPT, 1, 10102, NULL, &plain);
    sell(&rig, "buyer");
    assert_int_equal(rig_count(&rig, TL_DECISION_DENIED, 1), 5);
    rig_send(&rig, BUREAU, TL_ENTRY_IDTHEFT_RESCIND, 1, 10102, NULL, &whom);
    rig_pay(&rig, 1, 10103, "all", 7400);
    sell(&rig, "buyer");
    assert_int_equal(rig_count(&rig, TL_DECISION_DENIED, 1), 6);
    assert_int_equal(rig_case(&rig, 1).stage, TL_STAGE_PAID);
    rig_close(&rig);
}

static void contacts_are_counted_and_judged(void **state)
{
    struct tl_body_contact call = {TL_CHANNEL_CALL, 0, 0, TL_CONTACT_CONVERSATION, 0, 0, 0};
    struct tl_body_cease wrote = {true, tl_bytes_str("letter"), 0};
    struct tl_case c;
    struct rig rig;

    (void)state;
    open_overdue(&rig);
    rig_send(&rig, CITY, TL_ENTRY_CONTACT_ATTEMPT, 1, 10101, NULL, &call);
    rig_send(&rig, NORTH, TL_ENTRY_CONTACT_INBOUND, 1, 10102, NULL, &call);
    rig_send(&rig, CITY, TL_ENTRY_CEASE_COMMUNICATION, 1, 10103, NULL, &wrote);
    assert_int_equal(rig_count(&rig, TL_DECISION_VIOLATION, 1), 0);
    call.outcome = TL_CONTACT_NO_ANSWER;
    rig_send(&rig, CITY, TL_ENTRY_CONTACT_ATTEMPT, 1, 10104, NULL, &call);
    assert_int_equal(rig_count(&rig, TL_DECISION_VIOLATION, 1), 1);
    call.purpose = TL_PURPOSE_TERMINATE; /* one of the three exceptions */
    rig_send(&rig, CITY, TL_ENTRY_CONTACT_ATTEMPT, 1, 10105, NULL, &call);
    assert_int_equal(rig_count(&rig, TL_DECISION_VIOLATION, 1), 1);
    rig_send(&rig, CITY, TL_ENTRY_ATTORNEY_REPRESENTED, 1, 10106, NULL, &whom);
    rig_send(&rig, CITY, TL_ENTRY_CONTACT_ATTEMPT, 1, 10107, NULL, &call);
    assert_int_equal(rig_count(&rig, TL_DECISION_VIOLATION, 1), 2);
    call.person = TL_PERSON_ATTORNEY;
    rig_send(&rig, CITY, TL_ENTRY_CONTACT_ATTEMPT, 1, 10108, NULL, &call);
    c = rig_case(&rig, 1);
    assert_int_equal(rig_count(&rig, TL_DECISION_VIOLATION, 1), 2);
    assert_int_equal(c.contacts, 5);
    assert_int_equal(c.conversations, 2);
    assert_int_equal(c.inbound, 1);
    assert_int_equal(c.talked_on, 10102);
    rig_close(&rig);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_debt_changes_its_owner),
        cmocka_unit_test(what_may_not_be_sold),
        cmocka_unit_test(contacts_are_counted_and_judged),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
