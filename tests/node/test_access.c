/* Who is a party to a case, by role and by what the case is: one row for each
 * situation, one column for each kind of member. */
#include "node.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

enum { OWNER, AGENCY_A, AGENCY_B, BUREAU, BUYER, AUDITOR, MEMBERS };

static const uint16_t roles[MEMBERS] = {TL_ROLE_CREDITOR, TL_ROLE_AGENCY,     TL_ROLE_AGENCY,
                                        TL_ROLE_BUREAU,   TL_ROLE_DEBT_BUYER, TL_ROLE_AUDITOR};

struct situation {
    const char *what;
    void (*make)(struct tl_case *c);
    const char *sees; /* one letter a member: y or n */
};

static void plain(struct tl_case *c)
{
    c->stage = TL_STAGE_INTERNAL;
}

static void offered(struct tl_case *c)
{
    c->placement = TL_PLACEMENT_OFFERED;
    c->agency = AGENCY_A;
}

static void placed(struct tl_case *c)
{
    c->placement = TL_PLACEMENT_PLACED;
    c->agency = c->holder = AGENCY_A;
}

/* The record still says which agency it was. */
static void recalled(struct tl_case *c)
{
    c->agency = AGENCY_A;
}

static void placed_again(struct tl_case *c)
{
    c->placement = TL_PLACEMENT_PLACED;
    c->agency = c->holder = AGENCY_B;
}

static void eligible(struct tl_case *c)
{
    c->reporting = TL_REPORTING_ELIGIBLE;
}

static void furnished(struct tl_case *c)
{
    c->reporting = TL_REPORTING_FURNISHED;
}

static void for_sale(struct tl_case *c)
{
    c->for_sale = true;
    c->sale_to = BUYER;
}

static void sold(struct tl_case *c)
{
    c->stage = TL_STAGE_SOLD;
    c->sale_to = BUYER;
}

/* An offer to sell that went elsewhere. */
static void not_sold(struct tl_case *c)
{
    c->sale_to = BUYER;
}

static const struct situation situations[] = {
    {"a case of its owner", plain, "ynnnnn"},
    {"offered to agency a", offered, "yynnnn"},
    {"placed with agency a", placed, "yynnnn"},
    {"recalled from agency a", recalled, "ynnnnn"},
    {"placed with agency b after a", placed_again, "ynynnn"},
    {"fit to be furnished", eligible, "ynnnnn"},
    {"furnished", furnished, "ynnynn"},
    {"offered for sale", for_sale, "ynnnyn"},
    {"sold", sold, "ynnnyn"},
    {"not sold after all", not_sold, "ynnnnn"},
};

static void parties_by_role_and_custody(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof situations / sizeof situations[0]; i++) {
        struct tl_case c = {.owner = OWNER, .holder = OWNER, .agency = OWNER};

        situations[i].make(&c);
        for (uint32_t m = 0; m < MEMBERS; m++) {
            struct tl_author author = {m, roles[m], TL_RIGHT_ALL & (uint16_t)~TL_RIGHT_AUDIT, 0};
            bool sees = tl_access_party(&author, &c);

            if (sees != (situations[i].sees[m] == 'y'))
                fail_msg("%s: member %u %s", situations[i].what, m, sees ? "sees it" : "does not");
            /* Who audits sees all, whatever its role. */
            author.rights = TL_RIGHT_AUDIT;
            assert_true(tl_access_party(&author, &c));
            /* No right makes a party of anybody else. */
            author.rights = TL_RIGHT_READ | TL_RIGHT_VAULT | TL_RIGHT_OPERATE;
            assert_int_equal(tl_access_party(&author, &c), sees);
        }
    }
}

static void vault_methods_are_told_apart(void **state)
{
    (void)state;
    for (int m = TL_METHOD_STATUS; m <= TL_METHOD_MAX; m++) {
        bool vault = m == TL_METHOD_VAULT_PUT || m == TL_METHOD_VAULT_GET ||
                     m == TL_METHOD_VAULT_LOG || m == TL_METHOD_VAULT_DESTROYED;

        assert_int_equal(tl_vault_method((enum tl_method)m), vault);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(parties_by_role_and_custody),
        cmocka_unit_test(vault_methods_are_told_apart),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
