/* permit.c -- how long leave to act takes to be asked of the contract.
 *
 * Usage: permit ROUNDS
 * Prints one JSON object: microseconds for one judgment of a contact by all rules of
 * law, on a case with a full history of calls, under the rows of the shipped policy
 * us-consumer. */
#include "rig.h"

#include "tl/clock.h"
#include "tl/policy_yaml.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { TODAY = 19877, CALLS = 24 };

static struct tl_policy policy;
static struct rig rig;

static void begin(const char *file)
{
    struct tl_body_agreement debt = {.jurisdiction = tl_bytes_str("US-XX"),
                                     .product = tl_bytes_str("credit-card"),
                                     .currency = 840,
                                     .policy = tl_bytes_str("fines"),
                                     .opened_on = TODAY - 400,
                                     .due_on = TODAY - 30,
                                     .principal_minor = 150000};
    struct tl_body_contact call = {.outcome = TL_CONTACT_NO_ANSWER};
    struct tl_why why = {""};

    if (tl_policy_yaml_load(&policy, file, &why) != TL_OK) {
        (void)fprintf(stderr, "permit: %s\n", why.text);
        exit(1);
    }
    (void)strcpy(policy.name, "fines");
    rig_open(&rig, 0, 1);
    rig_publish(&rig, &policy);
    rig_send(&rig, CITY, TL_ENTRY_AGREEMENT, 1, TODAY, NULL, &debt);
    for (int32_t i = 0; i < CALLS; i++)
        rig_send(&rig, CITY, TL_ENTRY_CONTACT_ATTEMPT, 1, TODAY - CALLS + i, NULL, &call);
}

int main(int argc, char **argv)
{
    const struct tl_entry entry = {.type = TL_ENTRY_PERMIT_REQUEST,
                                   .case_id = rig_id(1),
                                   .value_date = TODAY,
                                   .event_time_s = (int64_t)TODAY * 86400 + 54000};
    const struct tl_body_act plan = {.act = TL_ACT_CONTACT};
    const struct tl_permit_plan asked = {&entry, &plan, NORTH};
    struct tl_judgment judgment = {0};
    struct tl_act act;
    long rounds = argc > 1 ? strtol(argv[1], NULL, 10) : 100000;
    uint64_t began_us;
    uint64_t took_us;

    begin(argc > 2 ? argv[2] : "docs/examples/policies/us-consumer.yaml");
    began_us = tl_clock_mono_us();
    for (long i = 0; i < rounds; i++) {
        if (tl_contract_permit(rig.contract, rig.state, &asked, &act, &judgment) != TL_OK)
            return 1;
    }
    took_us = tl_clock_mono_us() - began_us;
    (void)printf("{\"permits\": %ld, \"rules_broken\": %u, \"us_each\": %.2f}\n", rounds,
                 (unsigned)judgment.count, (double)took_us / (double)rounds);
    rig_close(&rig);
    return 0;
}
