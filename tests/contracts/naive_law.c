/* What may not be done, said once more and more simply. */
#include "naive_law.h"

#include "tl/bytes.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

/* One letter for each thing a hold may forbid: Contact, Escalate, Place, Sell,
 * sUe, Furnish, Interest, Loss (charge-off), feE -> 'A'ssess. */
static const char letters[] = "CEPSUFILA";
static const char *const forbids[TL_HOLDS] = {
    [TL_HOLD_CEASE] = "C",
    [TL_HOLD_DISPUTE_VALIDATION] = "CEPSUF",
    [TL_HOLD_DISPUTE_FCRA] = "F",
    [TL_HOLD_DISPUTE_FCBA] = "EPSUFIA",
    [TL_HOLD_BANKRUPTCY_STAY] = "CEPSUIA",
    [TL_HOLD_DISCHARGED] = "CEPSUFIA",
    [TL_HOLD_DECEASED] = "CPU",
    [TL_HOLD_SCRA] = "UI",
    [TL_HOLD_IDTHEFT_BLOCK] = "CEPSUF",
    [TL_HOLD_TRAFFICKING_BLOCK] = "F",
    [TL_HOLD_ATTORNEY] = "C",
    [TL_HOLD_HARDSHIP] = "EPUA",
    [TL_HOLD_LITIGATION] = "CS",
    [TL_HOLD_TIMEBARRED] = "U",
    [TL_HOLD_OBSOLETE] = "F",
    [TL_HOLD_FRAUD_INVESTIGATION] = "CEPSUFL",
    [TL_HOLD_REGULATOR] = "CEPSUF",
    [TL_HOLD_DISASTER] = "EFA",
    [TL_HOLD_MORATORIUM_UK] = "CEPSUIA",
    [TL_HOLD_MANUAL] = "CEPSUFL",
    [TL_HOLD_DISPUTE] = "EPSUF",
};

uint16_t naive_mask(enum tl_hold hold)
{
    uint16_t mask = 0;

    for (const char *at = forbids[hold]; *at != '\0'; at++)
        mask = (uint16_t)(mask | 1u << (strchr(letters, *at) - letters));
    return mask;
}

/* Which hold a dispute sets, domain.md 2.1 and 3.1. */
static const uint8_t dispute_holds[] = {
    [TL_REGIME_CONTRACT] = TL_HOLD_DISPUTE,         [TL_REGIME_FDCPA] = TL_HOLD_DISPUTE_VALIDATION,
    [TL_REGIME_FCRA_DIRECT] = TL_HOLD_DISPUTE_FCRA, [TL_REGIME_FCRA_ACDV] = TL_HOLD_DISPUTE_FCRA,
    [TL_REGIME_FCBA] = TL_HOLD_DISPUTE_FCBA,        [TL_REGIME_COMMERCIAL] = TL_HOLD_DISPUTE,
    [TL_REGIME_APPEAL] = TL_HOLD_DISPUTE,
};

enum { CASES_MAX = 4096, DISPUTES_MAX = 16 };

struct naive_case {
    struct tl_id id;
    bool used;
    bool by_word[TL_HOLDS]; /* somebody set it */
    bool by_law[TL_HOLDS];  /* a fact of law did */
    uint8_t dispute[DISPUTES_MAX];
    uint32_t disputes;
    bool offered;
    bool placed;
    bool ended;
    bool charged_off;
    uint32_t fees;
    uint32_t judged; /* acts that some hold might have forbidden */
};

struct naive_law {
    struct naive_case at[CASES_MAX];
};

struct naive_law *naive_law_new(void)
{
    struct naive_law *law = calloc(1, sizeof *law);

    assert_non_null(law);
    return law;
}

void naive_law_free(struct naive_law *law)
{
    free(law);
}

uint64_t naive_law_judged(const struct naive_law *law)
{
    uint64_t judged = 0;

    for (uint32_t i = 0; i < CASES_MAX; i++)
        judged += law->at[i].judged;
    return judged;
}

static struct naive_case *case_of(struct naive_law *law, const struct tl_id *id)
{
    uint32_t at = ((uint32_t)id->b[0] << 8 | id->b[1]) % CASES_MAX;

    while (law->at[at].used && memcmp(law->at[at].id.b, id->b, sizeof id->b) != 0)
        at = (at + 1) % CASES_MAX;
    law->at[at].used = true;
    law->at[at].id = *id;
    return &law->at[at];
}

/* ---- what is known ----------------------------------------------------- */

static void dispute_ends(struct naive_case *c)
{
    if (c->disputes == 0)
        return;
    c->disputes--;
    for (uint32_t i = 0; i < c->disputes; i++)
        c->dispute[i] = c->dispute[i + 1];
}

static void law_says(struct naive_case *c, const struct tl_entry *e, const union tl_body *b)
{
    switch ((unsigned)e->type) {
    case TL_ENTRY_CEASE_COMMUNICATION:
        c->by_law[TL_HOLD_CEASE] = c->by_law[TL_HOLD_CEASE] || b->cease.written;
        break;
    case TL_ENTRY_ATTORNEY_REPRESENTED:
    case TL_ENTRY_ATTORNEY_ENDED:
        c->by_law[TL_HOLD_ATTORNEY] = e->type == TL_ENTRY_ATTORNEY_REPRESENTED;
        break;
    case TL_ENTRY_BANKRUPTCY_FILED:
    case TL_ENTRY_BANKRUPTCY_DISMISSED:
    case TL_ENTRY_BANKRUPTCY_DISCHARGED:
        c->by_law[TL_HOLD_BANKRUPTCY_STAY] = e->type == TL_ENTRY_BANKRUPTCY_FILED;
        if (e->type == TL_ENTRY_BANKRUPTCY_DISCHARGED && b->discharge.in_scope)
            c->by_law[TL_HOLD_DISCHARGED] = true;
        break;
    case TL_ENTRY_IDTHEFT_REPORT:
        c->by_law[TL_HOLD_FRAUD_INVESTIGATION] = true;
        break;
    case TL_ENTRY_IDTHEFT_BLOCK:
        c->by_law[TL_HOLD_IDTHEFT_BLOCK] = true;
        break;
    case TL_ENTRY_IDTHEFT_RESCIND:
        c->by_law[TL_HOLD_IDTHEFT_BLOCK] = c->by_law[TL_HOLD_FRAUD_INVESTIGATION] = false;
        break;
    }
}

void naive_law_entry(void *law, const struct tl_entry *entry, const union tl_body *body)
{
    struct naive_case *c = case_of(law, &entry->case_id);

    if (entry->type == TL_ENTRY_HOLD_SET || entry->type == TL_ENTRY_HOLD_RELEASE)
        c->by_word[body->hold.hold] = entry->type == TL_ENTRY_HOLD_SET;
    else if (entry->type == TL_ENTRY_DISPUTE_OPENED && c->disputes < DISPUTES_MAX)
        c->dispute[c->disputes++] = dispute_holds[body->dispute.regime];
    else if (entry->type == TL_ENTRY_DISPUTE_RESOLVED)
        dispute_ends(c);
    else
        law_says(c, entry, body);
}

static bool held(const struct naive_case *c, uint32_t hold)
{
    for (uint32_t i = 0; i < c->disputes; i++) {
        if (c->dispute[i] == hold)
            return true;
    }
    return c->by_word[hold] || c->by_law[hold];
}

/* ---- what is judged ---------------------------------------------------- */

static void must_not(struct naive_case *c, char what, const struct tl_decision *d)
{
    c->judged++;
    for (uint32_t hold = 0; hold < TL_HOLDS; hold++) {
        if (held(c, hold) && strchr(forbids[hold], what) != NULL)
            fail_msg("decision %u by rule %.*s does '%c' while hold %s forbids it",
                     (unsigned)d->type, (int)d->rule.len, (const char *)d->rule.ptr, what,
                     tl_name_of(&tl_hold_names, hold));
    }
    if (c->ended)
        fail_msg("decision %u by rule %.*s on a debt that has ended", (unsigned)d->type,
                 (int)d->rule.len, (const char *)d->rule.ptr);
}

static bool by_rule(const struct tl_decision *d, const char *name)
{
    return tl_bytes_eq(d->rule, tl_bytes_str(name));
}

static void stage_moves(struct naive_case *c, const struct tl_decision *d, uint8_t to)
{
    if (by_rule(d, "release"))
        must_not(c, 'U', d);
    else if (by_rule(d, "engine.sale"))
        must_not(c, 'S', d);
    else if (by_rule(d, "overdue"))
        must_not(c, 'E', d);
    c->ended = to > 100;
}

static void placement_moves(struct naive_case *c, const struct tl_decision *d)
{
    if (d->type == TL_DECISION_PLACEMENT_RECALLED) {
        c->placed = c->offered = false;
        return;
    }
    must_not(c, 'P', d);
    if (c->placed || c->offered != (d->type == TL_DECISION_PLACEMENT_ACCEPTED))
        fail_msg("a case is offered or placed twice");
    c->offered = d->type == TL_DECISION_PLACEMENT_OFFERED;
    c->placed = d->type == TL_DECISION_PLACEMENT_ACCEPTED;
}

static void loss_once(struct naive_case *c, const struct tl_decision *d)
{
    must_not(c, 'L', d);
    if (c->charged_off)
        fail_msg("a debt is charged off twice");
    c->charged_off = true;
}

void naive_law_decision(void *host, const struct tl_decision *decision, const union tl_body *body)
{
    struct naive_case *c = case_of(host, &decision->case_id);

    switch ((unsigned)decision->type) {
    case TL_DECISION_STAGE_CHANGED:
        stage_moves(c, decision, body->stage.to);
        break;
    case TL_DECISION_ACTION_DUE:
        must_not(c, 'C', decision);
        break;
    case TL_DECISION_FEE_ASSESSED:
        must_not(c, 'A', decision);
        if (++c->fees > 3)
            fail_msg("a fee is assessed more often than its rule says");
        break;
    case TL_DECISION_FURNISH_ELIGIBLE:
        must_not(c, 'F', decision);
        break;
    case TL_DECISION_CHARGED_OFF:
        loss_once(c, decision);
        break;
    case TL_DECISION_PLACEMENT_OFFERED:
    case TL_DECISION_PLACEMENT_ACCEPTED:
    case TL_DECISION_PLACEMENT_RECALLED:
        placement_moves(c, decision);
        break;
    }
}
