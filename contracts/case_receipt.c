/* Case receipts: made from a chain, verified from nothing but the genesis. */
#include "tl/case_receipt.h"

#include "tl/check.h"
#include "tl/hash.h"
#include "tl/log.h"

#include <string.h>

static const char *const claim_words[] = {NULL, "state", "custody", "absence", "dossier"};
const struct tl_names tl_claim_names = {claim_words, sizeof claim_words / sizeof claim_words[0]};

TL_DEFINE_RECORD(tl_case_receipt, TL_CASE_RECEIPT_FIELDS)

static bool shows_leaves(enum tl_claim claim)
{
    return claim == TL_CLAIM_ABSENCE || claim == TL_CLAIM_DOSSIER;
}

/* A claim there is; absent: a type that people submit about a case. */
static bool question_ok(enum tl_claim claim, uint16_t absent)
{
    const struct tl_type_info *info = tl_type_find(absent);

    if (claim != TL_CLAIM_ABSENCE)
        return absent == 0 && tl_name_of(&tl_claim_names, claim) != NULL;
    return info != NULL && info->about_case && !info->derived;
}

/* What a leaf is about; its type only when it is an entry, else 0. */
static bool leaf_about(struct tl_bytes bytes, struct tl_id *case_id, uint16_t *entry_type)
{
    struct tl_decision decision;
    struct tl_entry entry;
    struct tl_leaf leaf;

    *entry_type = 0;
    if (tl_record_decode(&tl_leaf_record, &leaf, bytes) != TL_OK)
        return false;
    if (leaf.kind == TL_LEAF_DECISION) {
        if (tl_record_decode(&tl_decision_record, &decision, leaf.bytes) != TL_OK)
            return false;
        *case_id = decision.case_id;
        return true;
    }
    if (tl_record_decode(&tl_entry_record, &entry, leaf.bytes) != TL_OK)
        return false;
    *case_id = entry.case_id;
    *entry_type = entry.type;
    return true;
}

/* Hash of everything before the last field, whose 32 bytes end the record. */
static void check_of(struct tl_hash *out, struct tl_bytes receipt)
{
    TL_CHECK(receipt.len > TL_HASH_BYTES);
    tl_hash_domain(out, "tallystick/casereceipt/v1",
                   tl_bytes(receipt.ptr, receipt.len - TL_HASH_BYTES));
}

/* ---- making ---- */

struct maker {
    struct tl_chain *chain;
    const struct tl_case_question *question;
    struct tl_buf *scratch;
    struct tl_buf list; /* where the leaves are put together */
    struct tl_case_receipt receipt;
};

/* Room at the end of the scratch memory, taken for good. */
static uint8_t *reserve(struct tl_buf *scratch, size_t len)
{
    if (len > scratch->cap - scratch->len)
        return NULL;
    scratch->cap -= len;
    return scratch->ptr + scratch->cap;
}

static enum tl_status make_state(struct maker *m, struct tl_case *c, bool *found)
{
    struct tl_state_key key = tl_key_case(&m->question->case_id);
    struct tl_state_receipt state;
    enum tl_status status =
        tl_state_receipt_make(m->chain, tl_state_key_bytes(&key), m->question->descent, m->scratch);

    if (status != TL_OK)
        return status;
    m->receipt.state = tl_buf_bytes(m->scratch);
    status = tl_record_decode(&tl_state_receipt_record, &state, m->receipt.state);
    TL_CHECK(status == TL_OK);
    *found = state.value.len != 0;
    if (*found && tl_case_decode(c, state.value) != TL_OK)
        return TL_ERR_CORRUPT;
    return TL_OK;
}

/* The history index leads from the last leaf back: numbers come in descending
 * order and are put down from the end. */
static enum tl_status list_indices(struct maker *m, const struct tl_case *c, uint8_t *numbers)
{
    uint64_t at = c->last_leaf;

    for (uint32_t i = c->leaves; i-- > 0;) {
        struct tl_state_key key = tl_key_history(at);
        struct tl_bytes before;

        if (at == TL_LEAF_NONE)
            return TL_ERR_CORRUPT;
        tl_put_u64be(numbers + 8u * i, at);
        if (tl_overlay_get(tl_chain_state(m->chain), tl_state_key_bytes(&key), &before) != TL_OK ||
            before.len != 8)
            return TL_ERR_CORRUPT;
        at = tl_get_u64be(before.ptr);
    }
    return at == TL_LEAF_NONE ? TL_OK : TL_ERR_CORRUPT;
}

/* Of an absence the leaf alone: the chain in the record proves where it is. */
static enum tl_status add_bare_leaf(struct maker *m, uint64_t index)
{
    struct tl_leaf_proof bare = {.index = index};
    struct tl_id about;
    uint16_t type;
    enum tl_status status = tl_log_leaf(tl_chain_state(m->chain), index, &bare.leaf);

    if (status != TL_OK)
        return status;
    if (!leaf_about(bare.leaf, &about, &type))
        return TL_ERR_CORRUPT;
    if (type == m->question->absent)
        return TL_ERR_CONFLICT;
    tl_list_add(&m->receipt.leaves, &m->list, &tl_leaf_proof_record, &bare);
    return m->list.full ? TL_ERR_NO_MEMORY : TL_OK;
}

static enum tl_status make_leaves(struct maker *m, const struct tl_case *c)
{
    uint8_t *numbers = reserve(m->scratch, 8u * (size_t)c->leaves);
    enum tl_status status;

    if (c->leaves > TL_CASE_RECEIPT_LEAVES_MAX)
        return TL_ERR_LIMIT;
    if (numbers == NULL)
        return TL_ERR_NO_MEMORY;
    status = list_indices(m, c, numbers);
    m->list = tl_buf(m->scratch->ptr + m->scratch->len, m->scratch->cap - m->scratch->len);
    for (uint32_t i = 0; i < c->leaves && status == TL_OK; i++) {
        uint64_t index = tl_get_u64be(numbers + 8u * i);

        if (m->question->claim == TL_CLAIM_ABSENCE)
            status = add_bare_leaf(m, index);
        else
            status = tl_leaf_proof_add(m->chain, index, &m->receipt.leaves, &m->list);
    }
    return status;
}

enum tl_status tl_case_receipt_make(struct tl_chain *chain, const struct tl_case_question *question,
                                    struct tl_buf *scratch, struct tl_buf *out)
{
    struct maker m = {.chain = chain,
                      .question = question,
                      .scratch = scratch,
                      .receipt = {.format = TL_CASE_RECEIPT_FORMAT}};
    struct tl_hash check;
    struct tl_case c;
    bool found;
    enum tl_status status;

    if (!question_ok(question->claim, question->absent))
        return TL_ERR_USAGE;
    m.receipt.claim = (uint8_t)question->claim;
    m.receipt.case_id = question->case_id;
    m.receipt.absent = question->absent;
    status = make_state(&m, &c, &found);
    if (status == TL_OK && !found &&
        (question->claim == TL_CLAIM_CUSTODY || question->claim == TL_CLAIM_DOSSIER))
        status = TL_ERR_NOT_FOUND;
    if (status == TL_OK && found && shows_leaves(question->claim))
        status = make_leaves(&m, &c);
    if (status != TL_OK)
        return status;
    tl_record_write(&tl_case_receipt_record, &m.receipt, out);
    if (out->full)
        return TL_ERR_NO_MEMORY;
    check_of(&check, tl_buf_bytes(out));
    memcpy(out->ptr + out->len - sizeof check.b, check.b, sizeof check.b);
    return TL_OK;
}

/* ---- verifying ---- */

struct verifier {
    const struct tl_genesis *genesis;
    const struct tl_hash *chain_id;
    struct tl_case_facts *facts;
    const char **why;
};

static enum tl_status refuse(const struct verifier *v, enum tl_status status, const char *what)
{
    *v->why = what;
    memset(v->facts, 0, sizeof *v->facts);
    return status;
}

static enum tl_status verify_record(const struct verifier *v, const struct tl_case_receipt *claim)
{
    struct tl_state_key key = tl_key_case(&claim->case_id);
    struct tl_case_facts *facts = v->facts;
    enum tl_status status =
        tl_state_receipt_verify(&facts->state, claim->state, v->genesis, v->chain_id, v->why);

    if (status != TL_OK)
        return refuse(v, status, *v->why);
    if (!tl_bytes_eq(facts->state.key, tl_state_key_bytes(&key)))
        return refuse(v, TL_ERR_PROOF, "the record proven is not this case's");
    facts->found = facts->state.value.len != 0;
    if (facts->found && (tl_case_decode(&facts->c, facts->state.value) != TL_OK ||
                         memcmp(facts->c.id.b, claim->case_id.b, TL_ID_BYTES) != 0))
        return refuse(v, TL_ERR_ENCODING, "the case's record is malformed");
    return TL_OK;
}

/* One leaf of the case: after the one before it, about this case, and held to
 * the log where it brings a path. */
static enum tl_status verify_leaf(const struct verifier *v, const struct tl_leaf_proof *leaf,
                                  struct tl_hash *history)
{
    struct tl_receipt_facts at = v->facts->state;
    struct tl_hash hash;
    struct tl_id about;
    uint16_t type;
    enum tl_status status = TL_OK;

    tl_merkle_leaf(&hash, leaf->leaf);
    tl_case_history_add(history, leaf->index, &hash);
    if (!leaf_about(leaf->leaf, &about, &type) ||
        memcmp(about.b, v->facts->case_id.b, sizeof about.b) != 0)
        return refuse(v, TL_ERR_PROOF, "a leaf is not about this case");
    if (v->facts->claim == TL_CLAIM_DOSSIER)
        status = tl_leaf_proof_verify(&at, leaf, v->genesis, v->chain_id, v->why);
    else if (leaf->path.len != 0 || leaf->authorship.count != 0)
        return refuse(v, TL_ERR_ENCODING, "an absence shows leaves without proofs of their own");
    else if (type == v->facts->absent)
        return refuse(v, TL_ERR_PROOF, "an entry of the type said to be absent is there");
    return status == TL_OK ? TL_OK : refuse(v, status, *v->why);
}

static enum tl_status verify_leaves(const struct verifier *v)
{
    struct tl_list leaves = v->facts->leaves;
    struct tl_hash history = {{0}};
    struct tl_leaf_proof leaf;
    uint32_t expected = v->facts->found && shows_leaves(v->facts->claim) ? v->facts->c.leaves : 0;

    if (leaves.count != expected)
        return refuse(v, TL_ERR_PROOF, "these are not all leaves of the case");
    while (tl_list_next(&leaves, &tl_leaf_proof_record, &leaf)) {
        enum tl_status status = verify_leaf(v, &leaf, &history);

        if (status != TL_OK)
            return status;
    }
    if (expected != 0 && !tl_hash_eq(&history, &v->facts->c.history))
        return refuse(v, TL_ERR_PROOF, "the leaves do not lead to the history in the record");
    return TL_OK;
}

enum tl_status tl_case_receipt_verify(struct tl_case_facts *facts, struct tl_bytes receipt,
                                      const struct tl_genesis *genesis,
                                      const struct tl_hash *chain_id, const char **why)
{
    const struct verifier v = {genesis, chain_id, facts, why};
    struct tl_case_receipt claim;
    struct tl_hash check;
    enum tl_status status;

    *why = NULL;
    memset(facts, 0, sizeof *facts);
    if (tl_record_decode(&tl_case_receipt_record, &claim, receipt) != TL_OK ||
        claim.format != TL_CASE_RECEIPT_FORMAT ||
        !question_ok((enum tl_claim)claim.claim, claim.absent))
        return refuse(&v, TL_ERR_ENCODING, "the receipt is malformed");
    check_of(&check, receipt);
    if (!tl_hash_eq(&check, &claim.check))
        return refuse(&v, TL_ERR_PROOF, "the receipt is damaged: its check does not match");
    facts->claim = (enum tl_claim)claim.claim;
    facts->absent = claim.absent;
    facts->case_id = claim.case_id;
    facts->leaves = claim.leaves;
    status = verify_record(&v, &claim);
    if (status != TL_OK)
        return status;
    if (!facts->found && (facts->claim == TL_CLAIM_CUSTODY || facts->claim == TL_CLAIM_DOSSIER))
        return refuse(&v, TL_ERR_PROOF, "there is no such case");
    return verify_leaves(&v);
}
