/* The questions of access.h, method by method. */
#include "access.h"

#include "node.h"

#include "tl/case_receipt.h"
#include "tl/clock.h"
#include "tl/log.h"

#include <string.h>

/* ---- keys -------------------------------------------------------------- */

enum tl_status tl_access_author(struct tl_node *node, const struct tl_pubkey *key,
                                struct tl_author *author)
{
    if (!tl_authors_find(node->authors, key, author))
        *author = (struct tl_author){0};
    return tl_author_standing(author, tl_chain_state(node->chain), &node->epoch.genesis, key,
                              tl_clock_wall_ms());
}

static enum tl_status standing(void *host, const struct tl_pubkey *key, struct tl_author *author)
{
    return tl_access_author(host, key, author);
}

enum tl_status tl_access_admit(struct tl_node *node, const struct tl_request *request,
                               struct tl_author *author, const char **why)
{
    struct tl_asked asked = {.chain_id = &node->chain_id,
                             .member = tl_bytes_str(node->id),
                             .now_ms = tl_clock_wall_ms(),
                             .standing = standing,
                             .host = node};
    enum tl_status st = tl_request_admit(request, &asked, author, why);

    if (st == TL_OK && tl_vault_method((enum tl_method)request->method) &&
        author->member != node->self) {
        *why = "personal data is given to the member's own keys only; ask your own node";
        st = TL_ERR_DENIED;
    }
    return st;
}

/* ---- cases ------------------------------------------------------------- */

bool tl_access_party(const struct tl_author *author, const struct tl_case *c)
{
    uint8_t member = (uint8_t)author->member;

    if ((author->rights & TL_RIGHT_AUDIT) != 0 || c->owner == member || c->holder == member)
        return true;
    if (c->placement == TL_PLACEMENT_OFFERED && c->agency == member)
        return true;
    if ((c->for_sale || c->stage == TL_STAGE_SOLD) && c->sale_to == member)
        return true;
    return (author->roles & TL_ROLE_BUREAU) != 0 && c->reporting == TL_REPORTING_FURNISHED;
}

/* A case that is not there keeps no secret. */
static enum tl_status may_see(struct tl_node *node, const struct tl_author *author,
                              const struct tl_id *id)
{
    struct tl_case c;
    enum tl_status st = tl_case_load(&c, tl_chain_state(node->chain), id);

    if (st == TL_ERR_NOT_FOUND)
        return TL_OK;
    return st == TL_OK && !tl_access_party(author, &c) ? TL_ERR_DENIED : st;
}

/* Which case a leaf is about: entries and decisions say it at the same place. */
static enum tl_status case_of_leaf(struct tl_node *node, uint64_t index, struct tl_id *id)
{
    struct tl_bytes bytes;
    struct tl_leaf leaf;
    struct tl_entry entry;
    struct tl_decision decision;
    enum tl_status st = tl_log_leaf(tl_chain_state(node->chain), index, &bytes);

    memset(id, 0, sizeof *id);
    if (st == TL_OK)
        st = tl_record_decode(&tl_leaf_record, &leaf, bytes);
    if (st != TL_OK)
        return st;
    if (leaf.kind == TL_LEAF_ENTRY) {
        st = tl_entry_decode(&entry, NULL, NULL, leaf.bytes);
        *id = entry.case_id;
    } else {
        st = tl_decision_decode(&decision, NULL, NULL, leaf.bytes);
        *id = decision.case_id;
    }
    return st;
}

/* The case a request names; zero: none, or many. */
static enum tl_status case_asked(struct tl_node *node, const struct tl_request *request,
                                 struct tl_id *id)
{
    union {
        struct tl_case_query one;
        struct tl_history_query history;
        struct tl_case_claim_query claim;
        struct tl_leaf_query leaf;
        struct tl_permit_query permit;
    } q;
    struct tl_entry entry;
    enum tl_status st = TL_OK;

    memset(id, 0, sizeof *id);
    if (request->method == TL_METHOD_CASE) {
        st = tl_record_decode(&tl_case_query_record, &q.one, request->body);
        *id = q.one.case_id;
    } else if (request->method == TL_METHOD_HISTORY) {
        st = tl_record_decode(&tl_history_query_record, &q.history, request->body);
        *id = q.history.case_id;
    } else if (request->method == TL_METHOD_CASE_RECEIPT) {
        st = tl_record_decode(&tl_case_claim_query_record, &q.claim, request->body);
        *id = q.claim.case_id;
    } else if (request->method == TL_METHOD_PERMIT) {
        st = tl_record_decode(&tl_permit_query_record, &q.permit, request->body);
        if (st == TL_OK)
            st = tl_entry_decode(&entry, NULL, NULL, q.permit.entry);
        if (st == TL_OK)
            *id = entry.case_id;
    } else if (request->method == TL_METHOD_LEAF || request->method == TL_METHOD_RECEIPT) {
        st = tl_record_decode(&tl_leaf_query_record, &q.leaf, request->body);
        if (st == TL_OK)
            st = case_of_leaf(node, q.leaf.index, id);
    }
    return st;
}

/* ---- what is logged ---------------------------------------------------- */

static bool reads_cases(enum tl_method method)
{
    switch (method) {
    case TL_METHOD_CASE:
    case TL_METHOD_HISTORY:
    case TL_METHOD_SCAN:
    case TL_METHOD_REFS:
    case TL_METHOD_LEAF:
    case TL_METHOD_RECEIPT:
    case TL_METHOD_BLOCK:
    case TL_METHOD_CASE_RECEIPT:
    case TL_METHOD_PERMIT:
        return true;
    case TL_METHOD_STATUS:
    case TL_METHOD_GENESIS:
    case TL_METHOD_MEMBERS:
    case TL_METHOD_SEQUENCE:
    case TL_METHOD_SUBMIT:
    case TL_METHOD_CHECKPOINT:
    case TL_METHOD_TOTALS:
    case TL_METHOD_POLICIES:
    case TL_METHOD_STOP:
    case TL_METHOD_VAULT_PUT:
    case TL_METHOD_VAULT_GET: /* logs by itself, before it answers */
    case TL_METHOD_VAULT_LOG:
    case TL_METHOD_VAULT_DESTROYED:
    case TL_METHOD_ERASURES:
    case TL_METHOD_EPOCHS:
    case TL_METHOD_MOTIONS:
        return false;
    }
    return false;
}

static void note(struct tl_node *node, const struct tl_request *request,
                 const struct tl_author *author, const struct tl_id *id, enum tl_status st)
{
    struct tl_access access = {.time_ms = tl_clock_wall_ms(),
                               .key = request->key,
                               .member = (uint8_t)author->member,
                               .method = request->method,
                               .case_id = *id,
                               .status = (uint8_t)st};

    tl_vaults_note(node, &access);
}

enum tl_status tl_access_ask(struct tl_node *node, const struct tl_request *request,
                             const struct tl_author *author, const char **why)
{
    struct tl_id id;
    enum tl_status st;

    if (!reads_cases((enum tl_method)request->method))
        return TL_OK;
    st = case_asked(node, request, &id);
    *why = tl_status_text(st);
    if (st == TL_OK && !tl_id_is_zero(&id)) {
        st = may_see(node, author, &id);
        *why = st == TL_ERR_DENIED
                   ? "the key's member is no party to this case; the attempt is logged"
                   : tl_status_text(st);
    }
    note(node, request, author, &id, st);
    return st;
}
