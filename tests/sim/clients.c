/* Clients: one per member, each sends its envelopes one after the other until it
 * is told that the one at hand is final. */
#include "sim.h"

#include "tl/check.h"
#include "tl/law.h"
#include "tl/policy.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define CASES      8u
#define FIRST_DATE 10957
#define PATIENCE   4000u

static struct tl_id case_id(uint64_t number)
{
    struct tl_id id = {{0xca, 0x5e}};

    id.b[15] = (uint8_t)(1 + number % CASES);
    return id;
}

struct writing {
    struct sim *sim;
    struct tl_envelope envelope;
    struct tl_buf list;
};

static void write_entry(struct writing *w, enum tl_type type, uint64_t number, int32_t date,
                        const char *ref, const void *body)
{
    static uint8_t bytes[TL_ENTRY_BYTES_MAX];
    struct tl_buf one = tl_buf(bytes, sizeof bytes);
    struct tl_entry entry = {.type = (uint16_t)type, .value_date = date};
    struct tl_entry_bytes item;

    if (tl_type_find((uint16_t)type)->about_case)
        entry.case_id = case_id(number);
    if (ref != NULL)
        entry.ext_ref = tl_bytes_str(ref);
    TL_CHECK(tl_entry_encode(&one, &entry, body));
    item.bytes = tl_buf_bytes(&one);
    tl_list_add(&w->envelope.entries, &w->list, &tl_entry_bytes_record, &item);
}

static struct tl_rule *add_rule(struct tl_policy *policy, const char *id, enum tl_action action)
{
    struct tl_rule *rule = &policy->rule[policy->rule_count++];

    tl_rule_init(rule, action);
    (void)snprintf(rule->id, sizeof rule->id, "%s", id);
    (void)snprintf(rule->citation, sizeof rule->citation, "by-law, section %s", id);
    return rule;
}

/* A penalty after ten days, an agency after twenty. */
static void write_policy(struct writing *w)
{
    static uint8_t bytes[TL_POLICY_BYTES_MAX];
    struct tl_policy *policy = grab(1, sizeof *policy);
    struct tl_buf out = tl_buf(bytes, sizeof bytes);
    struct tl_body_policy body;
    struct tl_rule *rule;

    tl_policy_init(policy);
    policy->law[0] = (struct tl_law_row){TL_LAW_JU_01, "IT", 0, TL_DATE_NONE, "for the test", {0}};
    policy->law_count = 1;
    (void)snprintf(policy->name, sizeof policy->name, "short");
    (void)snprintf(policy->title, sizeof policy->title, "short terms");
    policy->agency_count = 1;
    policy->agency[0] = (struct tl_policy_agency){.id = "member-1", .weight = 100};
    rule = add_rule(policy, "penalty", TL_ACTION_ASSESS_FEE);
    rule->anchor = TL_FEATURE_DUE_ON;
    rule->days = 2;
    rule->from_stages = TL_STAGES_ALL;
    rule->fee = TL_FEE_FLAT;
    rule->bucket = TL_BUCKET_FEE;
    rule->amount_minor = 700;
    rule = add_rule(policy, "overdue", TL_ACTION_SET_STAGE);
    rule->anchor = TL_FEATURE_DUE_ON;
    rule->days = 1;
    rule->from_stages = tl_stage_bit(TL_STAGE_CURRENT);
    rule->stage = TL_STAGE_OVERDUE;
    TL_CHECK(tl_policy_encode(policy, &out));
    body.policy = tl_buf_bytes(&out);
    write_entry(w, TL_ENTRY_POLICY_PUBLISH, 0, FIRST_DATE, NULL, &body);
    free(policy);
}

static void write_agreement(struct writing *w, uint64_t number, int32_t date)
{
    struct tl_body_agreement body = {.debt_class = TL_DEBT_PUBLIC,
                                     .product = tl_bytes_str("fine"),
                                     .jurisdiction = tl_bytes_str("IT"),
                                     .currency = 978,
                                     .policy = tl_bytes_str("short"),
                                     .opened_on = date,
                                     .due_on = date + 1,
                                     .principal_minor = 5000 + (int64_t)number};

    write_entry(w, TL_ENTRY_AGREEMENT, number, date, "agreement", &body);
}

static void write_payment(struct writing *w, uint64_t number, int32_t date, uint32_t client,
                          uint64_t sequence)
{
    struct tl_body_payment body = {.amount_minor = 100 + (int64_t)chance(w->sim, 4000),
                                   .method = TL_PAY_TRANSFER};
    char name[48];

    (void)snprintf(name, sizeof name, "pay-%u-%llu", client, (unsigned long long)sequence);
    body.payment = tl_bytes_str(name);
    write_entry(w, TL_ENTRY_PAYMENT, number, date, name, &body);
}

static void write_day(struct writing *w, int32_t date)
{
    struct tl_body_day body = {date};

    write_entry(w, TL_ENTRY_DAY_CLOSE, 0, date, NULL, &body);
}

/* Whoever writes moves the next change on: what is not its turn is denied. */
static void write_change(struct writing *w, int32_t date)
{
    uint64_t epoch = 1 + chance(w->sim, w->sim->options.epochs);
    struct tl_body_approve approve;
    struct tl_body_propose propose = {sim_plan(w->sim, epoch, &approve.plan)};

    if (chance(w->sim, 3) == 0)
        write_entry(w, TL_ENTRY_CHANGE_PROPOSE, 0, date, NULL, &propose);
    else
        write_entry(w, TL_ENTRY_CHANGE_APPROVE, 0, date, NULL, &approve);
}

static void fill(struct writing *w, uint32_t client, uint64_t sequence)
{
    int32_t date = FIRST_DATE + (int32_t)(sequence / 2);

    if (client == 0 && sequence == 1)
        write_policy(w);
    else if (client == 0 && sequence % 2 == 0)
        write_day(w, date);
    else if (sequence % 3 == 1)
        write_agreement(w, client + sequence, date);
    else
        write_payment(w, chance(w->sim, CASES), date, client, sequence);
    if (client != 0 && chance(w->sim, 3) == 0)
        write_payment(w, chance(w->sim, CASES), date, client, sequence + 1000);
    if (w->sim->options.epochs != 0)
        write_change(w, date);
}

static void next_envelope(struct sim *sim, uint32_t index)
{
    static uint8_t list[TL_ENVELOPE_BYTES_MAX];
    const struct consortium *c = &sim->consortium;
    struct client *client = &sim->client[index];
    struct writing w = {.sim = sim, .list = tl_buf(list, sizeof list)};
    struct tl_buf out = tl_buf(client->bytes, sizeof client->bytes);

    w.envelope.author = c->author_key[index];
    w.envelope.sequence = ++client->sequence;
    fill(&w, index, client->sequence);
    tl_envelope_seal(&w.envelope, &c->chain_id, &c->author[index]);
    tl_record_write(&tl_envelope_record, &w.envelope, &out);
    TL_CHECK(!out.full && !w.list.full);
    client->len = out.len;
    tl_envelope_id(&client->id, &w.envelope, &c->chain_id);
}

static void ask(struct sim *sim, uint32_t index, struct host *host)
{
    static uint8_t scratch_bytes[32768];
    static uint8_t body_bytes[32768];
    static uint8_t frame_bytes[65536];
    const struct consortium *c = &sim->consortium;
    struct client *client = &sim->client[index];
    struct tl_submit submit = {.envelope = tl_bytes(client->bytes, client->len),
                               .wait = TL_WAIT_FINAL,
                               .timeout_ms = PATIENCE};
    struct tl_buf scratch = tl_buf(scratch_bytes, sizeof scratch_bytes);
    struct tl_buf body = tl_buf(body_bytes, sizeof body_bytes);
    struct tl_buf frame = tl_buf(frame_bytes, sizeof frame_bytes);
    struct tl_member member;
    struct tl_request request = {.chain_id = c->chain_id,
                                 .key = c->author_key[index],
                                 .time_ms = EPOCH_MS + 60000 + sim->now_ms,
                                 .method = TL_METHOD_SUBMIT};
    struct tl_mail *mail;

    TL_CHECK(tl_genesis_member(&c->genesis, host->member, &member));
    tl_record_write(&tl_submit_record, &submit, &body);
    request.to = member.id;
    request.nonce = client->nonce = chance(sim, UINT64_MAX);
    request.body = tl_buf_bytes(&body);
    TL_CHECK(tl_request_seal(&frame, &scratch, &request, &c->author[index]) == TL_OK);
    mail = tl_mail_new(TL_MAIL_REQUEST, TL_MAIL_CLIENTS, tl_buf_bytes(&frame));
    mail->number = ++sim->conversations * TL_MEMBERS_MAX + index;
    TL_CHECK(tl_mailbox_post(&host->mailbox, mail));
}

static bool finished(const struct sim *sim, uint32_t index)
{
    return sim->client[index].sequence > sim->options.envelopes;
}

bool clients_done(const struct sim *sim)
{
    for (uint32_t i = 0; i < sim->options.members; i++) {
        if (!finished(sim, i))
            return false;
    }
    return true;
}

/* Looks after itself every so often: asks again, elsewhere, when no answer came. */
void client_turn(struct sim *sim, uint32_t index)
{
    struct client *client = &sim->client[index];

    if (finished(sim, index))
        return;
    happen(sim, CLIENT, 50 + chance(sim, 400))->host = index;
    if (client->sequence == 0)
        next_envelope(sim, index);
    if (client->waiting && sim->now_ms < client->asked_ms + PATIENCE + 500)
        return;
    for (uint32_t i = 0; i < sim->hosts; i++) {
        struct host *host = &sim->host[client->next_host++ % sim->hosts];

        /* A client knows better than to trust a liar: it would never be sure. */
        if (host->node == NULL || !host_is_honest(host))
            continue;
        client->waiting = true;
        client->asked_ms = sim->now_ms;
        ask(sim, index, host);
        client->next_host += (uint32_t)chance(sim, 2);
        return;
    }
}

void client_hears(struct sim *sim, uint32_t index, struct tl_bytes bytes)
{
    struct client *client = &sim->client[index];
    struct tl_submitted submitted = {.final = false};
    struct tl_reply reply;

    TL_CHECK(tl_record_decode(&tl_reply_record, &reply, bytes) == TL_OK);
    if (reply.nonce != client->nonce || !client->waiting)
        return;
    record(sim, "answer", index, reply.status, TL_BYTES_NONE);
    client->waiting = false;
    if (reply.status == TL_OK)
        TL_CHECK(tl_record_decode(&tl_submitted_record, &submitted, reply.body) == TL_OK);
    /* A node that has started anew knows that it is recorded, not where. */
    if (submitted.final || reply.status == TL_ERR_SEQUENCE)
        next_envelope(sim, index);
    else if (sim->verbose)
        (void)printf("%8llu client %u: %.*s\n", (unsigned long long)sim->now_ms, index,
                     (int)reply.reason.len, (const char *)reply.reason.ptr);
}
