/* A ledger in memory with the real contract. */
#include "case_world.h"

#include "tl/check.h"
#include "tl/hash.h"
#include "tl/law.h"
#include "tl/policy.h"
#include "tl/store_mem.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define SLOT_BYTES ((size_t)24 << 20)
#define BODY_BYTES ((size_t)2 << 20)

static void *memory_of(size_t bytes)
{
    void *memory = calloc(1, bytes);

    TL_CHECK(memory != NULL);
    return memory;
}

static void own_store(struct case_world *w, size_t store_bytes)
{
    w->store_memory = malloc(store_bytes);
    TL_CHECK(w->store_memory != NULL);
    w->store = tl_store_mem_init(w->store_memory, store_bytes);
}

static void open_chain(struct case_world *w)
{
    struct tl_contract_config rules = {.genesis = &w->consortium.genesis};
    struct tl_chain_config config = {.genesis = &w->consortium.genesis,
                                     .chain_id = w->consortium.chain_id,
                                     .slots = 4,
                                     .slot_bytes = SLOT_BYTES};

    w->contract_memory = memory_of(tl_contract_bytes());
    w->entries = tl_buf(memory_of(BODY_BYTES), BODY_BYTES);
    config.store = w->store;
    config.executor = tl_contract_executor(tl_contract_init(w->contract_memory, &rules));
    w->chain_memory = memory_of(tl_chain_bytes(&config));
    TL_CHECK(tl_chain_open(&w->chain, w->chain_memory, &config) == TL_OK);
}

static void make_members(struct consortium *c, uint32_t state_bits)
{
    static struct consortium_draft draft;
    const char *why;

    memset(c, 0, sizeof *c);
    c->count = CW_MEMBERS;
    consortium_draft(&draft, c, CW_MEMBERS);
    draft.genesis.state_bits = (uint8_t)state_bits;
    c->file = consortium_write(&draft, c->memory, sizeof c->memory);
    TL_CHECK(tl_genesis_decode(&c->genesis, c->file, &why) == TL_OK);
    tl_genesis_chain_id(&c->chain_id, c->file);
    tl_genesis_voters(&c->voters, &c->genesis, &c->chain_id);
}

/* A fee of 10 % sixty days after the debt fell due. */
static void publish(struct case_world *w)
{
    static uint8_t bytes[TL_POLICY_BYTES_MAX];
    struct tl_buf out = tl_buf(bytes, sizeof bytes);
    struct tl_policy *policy = memory_of(sizeof *policy);
    struct tl_rule *rule = &policy->rule[0];
    struct tl_body_policy body;

    tl_policy_init(policy);
    policy->law[0] = (struct tl_law_row){TL_LAW_JU_01, "IT", 0, TL_DATE_NONE, "for the test", {0}};
    policy->law_count = 1;
    (void)snprintf(policy->name, sizeof policy->name, "test");
    (void)snprintf(policy->title, sizeof policy->title, "test debts");
    policy->tariff_count = 1;
    policy->tariff[0] = (struct tl_tariff){.name = "late", .default_bp = 1000};
    policy->rule_count = 1;
    tl_rule_init(rule, TL_ACTION_ASSESS_FEE);
    (void)snprintf(rule->id, sizeof rule->id, "late_fee");
    (void)snprintf(rule->citation, sizeof rule->citation, "agreement, clause 4");
    rule->anchor = TL_FEATURE_DUE_ON;
    rule->days = 60;
    rule->from_stages = TL_STAGES_ALL;
    rule->fee = TL_FEE_TARIFF;
    rule->basis = TL_FEATURE_PRINCIPAL_CHARGED;
    TL_CHECK(tl_policy_encode(policy, &out));
    free(policy);
    body.policy = tl_buf_bytes(&out);
    case_world_add(w, TL_ENTRY_POLICY_PUBLISH, 0, 11000, NULL, &body);
    case_world_block(w, CW_CREDITOR);
}

void case_world_init(struct case_world *w, uint32_t state_bits, size_t store_bytes)
{
    memset(w, 0, sizeof *w);
    make_members(&w->consortium, state_bits);
    own_store(w, store_bytes);
    open_chain(w);
    publish(w);
}

void case_world_init_on(struct case_world *w, uint32_t state_bits, struct tl_store *store)
{
    memset(w, 0, sizeof *w);
    make_members(&w->consortium, state_bits);
    w->store = store;
    open_chain(w);
    publish(w);
}

void case_world_replica(struct case_world *w, const struct case_world *of, size_t store_bytes)
{
    memset(w, 0, sizeof *w);
    make_members(&w->consortium, of->consortium.genesis.state_bits);
    own_store(w, store_bytes);
    open_chain(w);
}

void case_world_fini(struct case_world *w)
{
    free(w->entries.ptr);
    free(w->chain_memory);
    free(w->store_memory);
    free(w->contract_memory);
}

struct tl_id case_world_id(uint32_t case_no)
{
    uint8_t number[4];
    struct tl_hash hash;
    struct tl_id id;

    tl_put_u32be(number, case_no);
    tl_hash_plain(&hash, tl_bytes(number, sizeof number));
    memcpy(id.b, hash.b, sizeof id.b);
    return id;
}

void case_world_add(struct case_world *w, enum tl_type type, uint32_t case_no, int32_t date,
                    const char *ref, const void *body)
{
    static uint8_t bytes[TL_ENTRY_BYTES_MAX];
    struct tl_buf one = tl_buf(bytes, sizeof bytes);
    struct tl_entry entry = {.type = (uint16_t)type, .value_date = date};
    struct tl_entry_bytes element;

    if (tl_type_find((uint16_t)type)->about_case)
        entry.case_id = case_world_id(case_no);
    if (ref != NULL)
        entry.ext_ref = tl_bytes_str(ref);
    TL_CHECK(tl_entry_encode(&one, &entry, body));
    element.bytes = tl_buf_bytes(&one);
    tl_list_add(&w->list, &w->entries, &tl_entry_bytes_record, &element);
    TL_CHECK(!w->entries.full);
}

/* ---- blocks ---- */

static struct tl_list seal_envelope(struct case_world *w, uint32_t member, struct tl_buf *body)
{
    static uint8_t scratch[TL_ENVELOPE_BYTES_MAX];
    struct tl_buf out = tl_buf(scratch, sizeof scratch);
    struct tl_envelope env = {.author = w->consortium.author_key[member],
                              .sequence = ++w->sequence[member],
                              .entries = w->list};
    struct tl_envelope_bytes element;
    struct tl_list list = {0};

    tl_envelope_seal(&env, &w->consortium.chain_id, &w->consortium.author[member]);
    tl_record_write(&tl_envelope_record, &env, &out);
    TL_CHECK(!out.full);
    element.bytes = tl_buf_bytes(&out);
    tl_list_add(&list, body, &tl_envelope_bytes_record, &element);
    TL_CHECK(!body->full);
    w->list = (struct tl_list){0};
    w->entries.len = 0;
    return list;
}

static uint32_t leader_of(const struct case_world *w, uint64_t view)
{
    struct tl_hash seed;

    tl_hash_plain(&seed, tl_bytes(w->consortium.chain_id.b, TL_HASH_BYTES));
    return (uint32_t)((view + tl_get_u64be(seed.b)) % CW_MEMBERS);
}

static struct tl_bytes certificate(const struct case_world *w, enum tl_vote_kind kind,
                                   uint64_t view, const struct tl_hash *hash, struct tl_buf *out)
{
    uint8_t sigs[TL_MEMBERS_MAX * TL_SIG_BYTES];
    struct tl_cert cert = consortium_cert(&w->consortium, 0x7, kind, view, hash, sigs);

    tl_record_write(&tl_cert_record, &cert, out);
    TL_CHECK(!out->full);
    return tl_buf_bytes(out);
}

static void justify(const struct case_world *w, const struct tl_tip *tip, struct tl_buf *out)
{
    uint8_t bytes[TL_CERT_BYTES_MAX];
    struct tl_buf cert = tl_buf(bytes, sizeof bytes);
    struct tl_justification just = {0};

    if (tip->view != 0)
        just.parent =
            (struct tl_list){certificate(w, TL_VOTE_NOTARIZE, tip->view, &tip->hash, &cert), 1};
    tl_record_write(&tl_justification_record, &just, out);
}

static void finalize(struct case_world *w, const struct tl_hash *hash, struct tl_bytes cert)
{
    const struct tl_store_sink sink = tl_store_sink(w->store);

    TL_CHECK(tl_chain_finalize(w->chain, hash, cert, &sink) == TL_OK);
    TL_CHECK(tl_store_commit(w->store, false) == TL_OK);
    tl_chain_durable(w->chain, tl_chain_tip(w->chain)->height);
}

void case_world_block(struct case_world *w, uint32_t member)
{
    static uint8_t body_bytes[BODY_BYTES];
    uint8_t just_bytes[4096];
    uint8_t cert_bytes[TL_CERT_BYTES_MAX];
    struct tl_buf body = tl_buf(body_bytes, sizeof body_bytes);
    struct tl_buf just = tl_buf(just_bytes, sizeof just_bytes);
    struct tl_buf cert = tl_buf(cert_bytes, sizeof cert_bytes);
    const struct tl_tip *tip = tl_chain_tip(w->chain);
    struct tl_proposal proposal = {
        .parent_hash = tip->hash, .view = tip->view + 1, .time_ms = tip->time_ms + 1000};
    struct tl_built built;
    struct tl_bytes block;
    struct tl_sig sig;

    justify(w, tip, &just);
    proposal.leader = (uint8_t)leader_of(w, proposal.view);
    proposal.justification = tl_buf_bytes(&just);
    proposal.envelopes = seal_envelope(w, member, &body);
    TL_CHECK(tl_chain_build(w->chain, &proposal, &built) == TL_OK && built.taken == 1);
    tl_proposal_sign(&sig, &built.hash, &w->consortium.consensus[proposal.leader]);
    TL_CHECK(tl_chain_seal(w->chain, &built.hash, &sig, &block) == TL_OK);
    finalize(w, &built.hash, certificate(w, TL_VOTE_FINALIZE, proposal.view, &built.hash, &cert));
}

void case_world_feed(struct case_world *w, struct case_world *from, uint64_t height)
{
    uint8_t cert_bytes[TL_CERT_BYTES_MAX];
    struct tl_buf cert = tl_buf(cert_bytes, sizeof cert_bytes);
    struct tl_block_parts parts;
    struct tl_bytes block;
    const char *why;

    TL_CHECK(tl_chain_block(from->chain, height, &block) == TL_OK);
    TL_CHECK(tl_block_decode(&parts, block) == TL_OK);
    TL_CHECK(tl_chain_check(w->chain, block, &why) == TL_OK);
    finalize(w, &parts.hash,
             certificate(w, TL_VOTE_FINALIZE, parts.header.view, &parts.hash, &cert));
}

/* ---- a life ---- */

void case_world_open(struct case_world *w, uint32_t case_no)
{
    struct tl_body_agreement agreement = {.debt_class = TL_DEBT_PUBLIC,
                                          .product = tl_bytes_str("fine"),
                                          .jurisdiction = tl_bytes_str("IT"),
                                          .currency = 978,
                                          .policy = tl_bytes_str("test"),
                                          .opened_on = 11000,
                                          .due_on = 11060,
                                          .principal_minor = 36000};
    struct tl_body_charge costs = {TL_BUCKET_COST, 1300, 11060, TL_AUTHORITY_STATUTE,
                                   tl_bytes_str("section 201")};
    struct tl_body_notice notice = {.kind = TL_NOTICE_SERVED, .channel = tl_bytes_str("mail")};

    case_world_add(w, TL_ENTRY_AGREEMENT, case_no, 11000, "agreement", &agreement);
    case_world_add(w, TL_ENTRY_CHARGE, case_no, 11005, "costs", &costs);
    case_world_add(w, TL_ENTRY_NOTICE, case_no, 11010, "notice", &notice);
}

void case_world_life(struct case_world *w, uint32_t case_no)
{
    struct tl_body_payment payment = {.amount_minor = 10000, .payment = tl_bytes_str("p1")};
    struct tl_body_offer offer = {.agency = tl_bytes_str("member-1")};
    struct tl_body_answer answer = {0};

    case_world_open(w, case_no);
    case_world_add(w, TL_ENTRY_PAYMENT, case_no, 11030, "p1", &payment);
    case_world_add(w, TL_ENTRY_PLACEMENT_OFFER, case_no, 11040, "offer", &offer);
    case_world_block(w, CW_CREDITOR);
    case_world_add(w, TL_ENTRY_PLACEMENT_ACCEPT, case_no, 11041, "accept", &answer);
    case_world_block(w, CW_AGENCY);
}
