/* Questions that read: each encodes its answer's body or says why not. */
#include "node.h"

#include "tl/books.h"
#include "tl/case_receipt.h"
#include "tl/log.h"
#include "tl/receipt.h"
#include "tl/witness.h"

#include <string.h>

#define PAGE_BYTES TL_API_PAGE_BYTES

/* Lists are gathered in scratch2 and copied when their record is written. */
static struct tl_buf list_buf(struct tl_node *node)
{
    return tl_buf(node->scratch2, PAGE_BYTES);
}

static uint32_t page_limit(uint16_t asked)
{
    return asked == 0 || asked > TL_API_PAGE_MAX ? TL_API_PAGE_MAX : asked;
}

static enum tl_status blob(struct tl_buf *out, struct tl_bytes bytes)
{
    struct tl_blob body = {bytes};

    tl_record_write(&tl_blob_record, &body, out);
    return TL_OK;
}

static enum tl_status sequence(struct tl_node *node, struct tl_bytes body, struct tl_buf *out)
{
    struct tl_buf room = tl_buf(node->scratch2, TL_STATE_RECEIPT_BYTES_MAX);
    struct tl_sequence_query q;
    struct tl_sequence_reply r = {0};
    struct tl_state_key key;
    enum tl_status st = tl_record_decode(&tl_sequence_query_record, &q, body);

    if (st == TL_OK)
        st = tl_author_sequence(tl_chain_state(node->chain), &q.key, &r.recorded);
    if (st == TL_OK && q.proof) {
        key = tl_key_author(&q.key);
        st = tl_state_receipt_make(node->chain, tl_state_key_bytes(&key), NULL, &room);
    }
    if (st != TL_OK)
        return st;
    r.receipt = tl_buf_bytes(&room);
    r.pending = tl_mempool_pending(node->mempool, &q.key, r.recorded);
    tl_record_write(&tl_sequence_reply_record, &r, out);
    return TL_OK;
}

/* ---- cases ---- */

static enum tl_status prove(struct tl_node *node, struct tl_case_reply *r, struct tl_buf *room)
{
    struct tl_state_receipt receipt;
    struct tl_final final;
    enum tl_status st = tl_state_receipt_make(node->chain, r->key, NULL, room);

    if (st == TL_OK)
        st = tl_record_decode(&tl_state_receipt_record, &receipt, tl_buf_bytes(room));
    if (st != TL_OK || !tl_list_next(&receipt.final, &tl_final_record, &final))
        return st == TL_OK ? TL_ERR_NOT_FOUND : st;
    r->value = receipt.value;
    r->bits = receipt.bits;
    r->bucket = receipt.bucket;
    r->path = receipt.path;
    r->header = final.header;
    r->cert = final.cert;
    return TL_OK;
}

static enum tl_status one_case(struct tl_node *node, struct tl_bytes body, struct tl_buf *out)
{
    struct tl_buf room = tl_buf(node->scratch2, TL_STATE_RECEIPT_BYTES_MAX);
    struct tl_case_reply r = {.height = tl_chain_tip(node->chain)->height};
    struct tl_case_query q;
    struct tl_state_key key;
    enum tl_status st = tl_record_decode(&tl_case_query_record, &q, body);

    if (st != TL_OK)
        return st;
    key = tl_key_case(&q.case_id);
    r.key = tl_state_key_bytes(&key);
    if (q.proof)
        st = prove(node, &r, &room);
    else
        st = tl_overlay_get(tl_chain_state(node->chain), r.key, &r.value);
    if (st != TL_OK)
        return st;
    tl_record_write(&tl_case_reply_record, &r, out);
    return TL_OK;
}

/* ---- leave to act ---- */

_Static_assert(TL_BROKEN_RULES_MAX == TL_JUDGMENT_MAX, "a reply has room for a judgment");

static struct tl_list broken_rules(const struct tl_judgment *judgment, struct tl_buf *buf)
{
    struct tl_list list = {TL_BYTES_NONE, 0};

    for (uint32_t i = 0; i < judgment->count; i++) {
        const struct tl_law_rule *law = tl_law_rule((enum tl_law)judgment->broken[i].rule);
        const struct tl_broken_rule one = {tl_bytes_str(law->id), judgment->broken[i].why,
                                           tl_bytes_str(law->citation), tl_bytes_str(law->says)};

        tl_list_add(&list, buf, &tl_broken_rule_record, &one);
    }
    return list;
}

static enum tl_status permit(struct tl_node *node, const struct tl_asking *asking,
                             struct tl_buf *out)
{
    const struct tl_tip *tip = tl_chain_tip(node->chain);
    const struct tl_permit_at at = {node->chain_id, tip->height, tip->state_root};
    struct tl_buf buf = list_buf(node);
    struct tl_permit_plan asked = {0};
    struct tl_permit_query q;
    struct tl_permit_reply reply;
    struct tl_judgment judgment;
    struct tl_entry entry;
    union tl_body body;
    struct tl_act act;
    enum tl_status st = tl_record_decode(&tl_permit_query_record, &q, asking->request->body);

    if (st == TL_OK)
        st = tl_entry_decode(&entry, &body, NULL, q.entry);
    if (st == TL_OK && entry.type != TL_ENTRY_PERMIT_REQUEST)
        st = TL_ERR_USAGE;
    if (st != TL_OK)
        return st;
    asked = (struct tl_permit_plan){&entry, &body.act, asking->author->member};
    st = tl_contract_permit(node->contract, tl_chain_state(node->chain), &asked, &act, &judgment);
    if (st != TL_OK)
        return st;
    reply = (struct tl_permit_reply){.allowed = judgment.allowed,
                                     .rules = broken_rules(&judgment, &buf),
                                     .height = at.height,
                                     .state_root = at.state_root};
    tl_permit_proof(&reply.proof, &at, &entry.case_id, &act, &judgment);
    tl_record_write(&tl_permit_reply_record, &reply, out);
    return TL_OK;
}

struct scan {
    const struct tl_author *author;
    struct tl_scan_query query;
    uint32_t limit;
    int32_t today;
    struct tl_buf buf;
    struct tl_case_page page;
};

static bool money_fits(const struct tl_scan_query *q, const struct tl_case *c)
{
    int64_t owed = tl_case_balance(c);

    return owed >= q->owed_min && owed <= q->owed_max;
}

static bool dates_fit(const struct tl_scan_query *q, const struct tl_case *c, int32_t today)
{
    int64_t days = 0;

    if (c->opened_on < q->opened_from || c->opened_on > q->opened_to)
        return false;
    if (!tl_case_feature(c, TL_FEATURE_DAYS_PAST_DUE, today, &days))
        days = 0;
    return days >= q->past_due_min && days <= q->past_due_max;
}

static bool selects(const struct scan *s, struct tl_bytes value)
{
    const struct tl_scan_query *q = &s->query;
    struct tl_case c;

    if (tl_case_decode(&c, value) != TL_OK || !tl_access_party(s->author, &c))
        return false;
    if (q->stages != 0 && (q->stages & tl_stage_bit((enum tl_stage)c.stage)) == 0)
        return false;
    return (q->holder == UINT8_MAX || q->holder == c.holder) && money_fits(q, &c) &&
           dates_fit(q, &c, s->today);
}

static bool visit_case(void *context, struct tl_bytes key, struct tl_bytes value)
{
    struct scan *s = context;
    struct tl_case_item item = {.value = value};

    if (key.len != 1 + TL_ID_BYTES)
        return true;
    if (s->page.cases.count >= s->limit || s->buf.len + value.len + 64 > s->buf.cap) {
        s->page.more = true;
        return false;
    }
    memcpy(item.case_id.b, key.ptr + 1, TL_ID_BYTES);
    s->page.next = item.case_id;
    if (selects(s, value))
        tl_list_add(&s->page.cases, &s->buf, &tl_case_item_record, &item);
    return true;
}

/* The first key after the one of `after`. */
static struct tl_state_key key_after(const struct tl_id *after)
{
    struct tl_state_key key = tl_key_case(after);

    if (!tl_id_is_zero(after))
        key.b[key.len++] = 0;
    return key;
}

static enum tl_status scan(struct tl_node *node, const struct tl_asking *asking, struct tl_buf *out)
{
    struct scan s = {.author = asking->author, .buf = list_buf(node)};
    struct tl_state_key from;
    struct tl_clock clock;
    uint8_t end = TL_STATE_CASE + 1;
    enum tl_status st = tl_record_decode(&tl_scan_query_record, &s.query, asking->request->body);

    if (st == TL_OK)
        st = tl_clock_load(&clock, tl_chain_state(node->chain), &node->genesis);
    if (st != TL_OK)
        return st;
    s.today = clock.closed_on;
    s.limit = page_limit(s.query.limit);
    s.page.height = tl_chain_tip(node->chain)->height;
    from = key_after(&s.query.after);
    st = tl_overlay_scan(tl_chain_state(node->chain), tl_state_key_bytes(&from), tl_bytes(&end, 1),
                         visit_case, &s);
    if (st == TL_OK)
        tl_record_write(&tl_case_page_record, &s.page, out);
    return st;
}

static enum tl_status refs(struct tl_node *node, const struct tl_asking *asking, struct tl_buf *out)
{
    struct tl_buf buf = list_buf(node);
    struct tl_refs_reply reply = {0};
    struct tl_refs_query q;
    struct tl_case_id asked;
    enum tl_status st = tl_record_decode(&tl_refs_query_record, &q, asking->request->body);

    while (st == TL_OK && tl_list_next(&q.cases, &tl_case_id_record, &asked)) {
        struct tl_case_refs item = {.case_id = asked.case_id};
        struct tl_case c;
        enum tl_status found = tl_case_load(&c, tl_chain_state(node->chain), &asked.case_id);

        if (found == TL_OK && tl_access_party(asking->author, &c))
            item.refs = c.refs;
        else if (found != TL_OK && found != TL_ERR_NOT_FOUND)
            return found;
        if (buf.len + item.refs.len + 64 > buf.cap)
            break;
        tl_list_add(&reply.cases, &buf, &tl_case_refs_record, &item);
    }
    if (st == TL_OK)
        tl_record_write(&tl_refs_reply_record, &reply, out);
    return st;
}

/* ---- leaves ---- */

/* The leaf of the case before `leaf`; TL_LEAF_NONE when there is none. */
static enum tl_status leaf_before(struct tl_node *node, uint64_t leaf, uint64_t *before)
{
    struct tl_state_key key = tl_key_history(leaf);
    struct tl_bytes value;
    enum tl_status st =
        tl_overlay_get(tl_chain_state(node->chain), tl_state_key_bytes(&key), &value);

    if (st == TL_OK && value.len != 8)
        return TL_ERR_CORRUPT;
    if (st == TL_OK)
        *before = tl_get_u64be(value.ptr);
    return st;
}

static enum tl_status add_leaf(struct tl_node *node, uint64_t index, struct tl_leaf_page *page,
                               struct tl_buf *buf)
{
    struct tl_leaf_item item = {.index = index};
    enum tl_status st = tl_log_leaf(tl_chain_state(node->chain), index, &item.leaf);

    if (st != TL_OK)
        return st;
    if (buf->len + item.leaf.len + 64 > buf->cap)
        return TL_ERR_LIMIT;
    tl_list_add(&page->leaves, buf, &tl_leaf_item_record, &item);
    return TL_OK;
}

static enum tl_status history(struct tl_node *node, struct tl_bytes body, struct tl_buf *out)
{
    struct tl_buf buf = list_buf(node);
    struct tl_leaf_page page = {0};
    struct tl_history_query q;
    struct tl_case c;
    uint64_t at;
    enum tl_status st = tl_record_decode(&tl_history_query_record, &q, body);

    if (st == TL_OK)
        st = tl_case_load(&c, tl_chain_state(node->chain), &q.case_id);
    if (st != TL_OK)
        return st;
    at = q.from == UINT64_MAX ? c.last_leaf : q.from;
    while (at != TL_LEAF_NONE && page.leaves.count < page_limit(q.limit)) {
        st = add_leaf(node, at, &page, &buf);
        if (st == TL_OK)
            st = leaf_before(node, at, &at);
        if (st == TL_ERR_LIMIT)
            break;
        if (st != TL_OK)
            return st;
    }
    page.more = at != TL_LEAF_NONE;
    page.next = page.more ? at : 0;
    tl_record_write(&tl_leaf_page_record, &page, out);
    return TL_OK;
}

static enum tl_status one_leaf(struct tl_node *node, struct tl_bytes body, struct tl_buf *out)
{
    struct tl_leaf_item item;
    struct tl_leaf_query q;
    enum tl_status st = tl_record_decode(&tl_leaf_query_record, &q, body);

    if (st != TL_OK)
        return st;
    item.index = q.index;
    st = tl_log_leaf(tl_chain_state(node->chain), q.index, &item.leaf);
    if (st == TL_OK)
        tl_record_write(&tl_leaf_item_record, &item, out);
    return st;
}

static enum tl_status receipt(struct tl_node *node, struct tl_bytes body, struct tl_buf *out)
{
    struct tl_buf room = tl_buf(node->scratch2, TL_RECEIPT_BYTES_MAX);
    struct tl_leaf_query q;
    enum tl_status st = tl_record_decode(&tl_leaf_query_record, &q, body);

    if (st == TL_OK)
        st = tl_receipt_make(node->chain, q.index, &room);
    return st == TL_OK ? blob(out, tl_buf_bytes(&room)) : st;
}

static enum tl_status case_receipt(struct tl_node *node, struct tl_bytes body, struct tl_buf *out)
{
    struct tl_buf scratch = tl_buf(node->scratch, node->scratch_bytes);
    struct tl_buf room = tl_buf(node->scratch2, TL_CASE_RECEIPT_BYTES_MAX);
    struct tl_case_question question = {0};
    struct tl_case_claim_query q;
    enum tl_status st = tl_record_decode(&tl_case_claim_query_record, &q, body);

    if (st != TL_OK)
        return st;
    question.claim = (enum tl_claim)q.claim;
    question.absent = q.absent;
    question.case_id = q.case_id;
    st = tl_case_receipt_make(node->chain, &question, &scratch, &room);
    return st == TL_OK ? blob(out, tl_buf_bytes(&room)) : st;
}

/* The note as a request to a witness that cosigned `old` leaves last. */
static enum tl_status ask_witness(struct tl_node *node, struct tl_bytes note, uint64_t old,
                                  struct tl_buf *request)
{
    struct tl_add_checkpoint add = {.old_size = old, .checkpoint = note};
    struct tl_checkpoint checkpoint;
    struct tl_note parsed;
    enum tl_status st = tl_note_parse(&parsed, note);

    if (st == TL_OK)
        st = tl_checkpoint_parse(&checkpoint, parsed.text);
    if (st == TL_OK && old > checkpoint.size)
        return TL_ERR_EARLY;
    if (st == TL_OK && old > 0 && old < checkpoint.size)
        st = tl_chain_prove_growth(node->chain, old, checkpoint.size, &add.proof);
    if (st == TL_OK)
        tl_add_checkpoint_write(request, &add);
    return st;
}

static enum tl_status checkpoint(struct tl_node *node, struct tl_bytes body, struct tl_buf *out)
{
    struct tl_buf note = tl_buf(node->scratch2, TL_WITNESS_BYTES_MAX);
    struct tl_buf request = tl_buf(node->scratch2 + TL_WITNESS_BYTES_MAX, TL_WITNESS_BYTES_MAX);
    struct tl_growth_query q;
    enum tl_status st;

    tl_checkpoint_note(node, &note);
    if (body.len == 0)
        return blob(out, tl_buf_bytes(&note));
    st = tl_record_decode(&tl_growth_query_record, &q, body);
    if (st == TL_OK)
        st = ask_witness(node, tl_buf_bytes(&note), q.old, &request);
    return st == TL_OK ? blob(out, tl_buf_bytes(&request)) : st;
}

/* ---- blocks ---- */

/* The decisions among a block's leaves, each behind its length. */
static enum tl_status add_decisions(struct tl_node *node, uint64_t from, uint64_t to,
                                    struct tl_buf *out)
{
    for (uint64_t index = from; index < to; index++) {
        struct tl_bytes bytes;
        struct tl_leaf leaf;
        uint8_t len[4];
        enum tl_status st = tl_log_leaf(tl_chain_state(node->chain), index, &bytes);

        if (st == TL_OK)
            st = tl_record_decode(&tl_leaf_record, &leaf, bytes);
        if (st != TL_OK)
            return st;
        if (leaf.kind != TL_LEAF_DECISION)
            continue;
        tl_put_u32be(len, (uint32_t)bytes.len);
        tl_buf_put(out, len, sizeof len);
        tl_buf_put(out, bytes.ptr, bytes.len);
    }
    return out->full ? TL_ERR_LIMIT : TL_OK;
}

static enum tl_status log_size_at(struct tl_node *node, uint64_t height, uint64_t *size)
{
    struct tl_block_parts parts;
    struct tl_bytes bytes;
    enum tl_status st;

    *size = 0;
    if (height == 0)
        return TL_OK;
    st = tl_chain_block(node->chain, height, &bytes);
    if (st == TL_OK)
        st = tl_block_decode(&parts, bytes);
    if (st == TL_OK)
        *size = parts.header.log_size;
    return st;
}

/* Each read borrows until the next one, so everything is copied as it comes. */
static enum tl_status add_item(struct tl_node *node, uint64_t height, struct tl_block_page *page,
                               struct tl_buf *list)
{
    struct tl_buf room = tl_buf(node->scratch, node->scratch_bytes);
    struct tl_block_item item = {.height = height};
    struct tl_buf leaves;
    uint64_t from;
    uint64_t to;
    uint64_t at;
    enum tl_status st = log_size_at(node, height - 1, &from);

    if (st == TL_OK)
        st = log_size_at(node, height, &to);
    if (st == TL_OK)
        st = tl_chain_block(node->chain, height, &item.block);
    if (st != TL_OK)
        return st;
    tl_buf_put(&room, item.block.ptr, item.block.len);
    item.block = tl_buf_bytes(&room);
    leaves = tl_buf(room.ptr + room.len, room.cap - room.len);
    st = add_decisions(node, from, to, &leaves);
    item.decisions = tl_buf_bytes(&leaves);
    if (tl_chain_cert(node->chain, height, &at, &item.cert) != TL_OK || at != height)
        item.cert = TL_BYTES_NONE;
    if (page->blocks.count > 0 && list->len + item.block.len + item.decisions.len > PAGE_BYTES)
        return TL_ERR_LIMIT;
    if (st == TL_OK)
        tl_list_add(&page->blocks, list, &tl_block_item_record, &item);
    return st;
}

static enum tl_status blocks(struct tl_node *node, struct tl_bytes body, struct tl_buf *out)
{
    struct tl_block_page page = {.tip = tl_chain_durable_height(node->chain)};
    struct tl_buf list = tl_buf(node->scratch2, node->scratch_bytes);
    struct tl_block_query q;
    enum tl_status st = tl_record_decode(&tl_block_query_record, &q, body);

    if (st != TL_OK)
        return st;
    for (uint64_t h = q.height == 0 ? 1 : q.height;
         h <= page.tip && page.blocks.count < page_limit(q.limit); h++) {
        st = add_item(node, h, &page, &list);
        if (st == TL_ERR_LIMIT && page.blocks.count > 0)
            break;
        if (st != TL_OK)
            return st;
    }
    tl_record_write(&tl_block_page_record, &page, out);
    return TL_OK;
}

/* ---- state by prefix ---- */

struct pairs {
    uint32_t member; /* totals of this one only; UINT32_MAX: of all */
    struct tl_buf buf;
    struct tl_pair_list list;
};

static bool visit_pair(void *context, struct tl_bytes key, struct tl_bytes value)
{
    struct pairs *p = context;
    struct tl_pair pair = {key, value};

    if (p->member != UINT32_MAX && key.ptr[key.len - 1] != p->member)
        return true;
    if (p->list.pairs.count >= TL_API_PAGE_MAX ||
        p->buf.len + key.len + value.len + 16 > p->buf.cap)
        return false;
    tl_list_add(&p->list.pairs, &p->buf, &tl_pair_record, &pair);
    return true;
}

static enum tl_status pairs(struct tl_node *node, uint8_t prefix, uint32_t member,
                            struct tl_buf *out)
{
    struct pairs p = {.member = member, .buf = list_buf(node)};
    uint8_t end = (uint8_t)(prefix + 1u);
    enum tl_status st = tl_overlay_scan(tl_chain_state(node->chain), tl_bytes(&prefix, 1),
                                        tl_bytes(&end, 1), visit_pair, &p);

    if (st == TL_OK)
        tl_record_write(&tl_pair_list_record, &p.list, out);
    return st;
}

/* The ends of all epochs that are over, each with what came after. */
static enum tl_status epochs(struct tl_node *node, struct tl_buf *out)
{
    struct tl_buf one = tl_buf(node->scratch, node->scratch_bytes);
    struct tl_buf list = list_buf(node);
    struct tl_buf all = tl_buf(node->scratch, node->scratch_bytes);
    struct tl_epoch_chain chain = {.chain_id = node->chain_id};
    struct tl_blob blob;

    for (uint64_t number = 0; number < node->epoch.number; number++) {
        struct tl_epoch_link link;
        enum tl_status st;

        one.len = 0;
        st = tl_chain_epoch_link(node->chain, number, &one);
        if (st != TL_OK)
            return st;
        if (tl_record_decode(&tl_epoch_link_record, &link, tl_buf_bytes(&one)) != TL_OK)
            return TL_ERR_CORRUPT;
        tl_list_add(&chain.links, &list, &tl_epoch_link_record, &link);
    }
    tl_record_write(&tl_epoch_chain_record, &chain, &all);
    if (list.full || all.full)
        return TL_ERR_LIMIT;
    blob.bytes = tl_buf_bytes(&all);
    tl_record_write(&tl_blob_record, &blob, out);
    return TL_OK;
}

/* Amounts of one member, unless the key sees all. */
static enum tl_status totals(struct tl_node *node, const struct tl_author *author,
                             struct tl_buf *out)
{
    bool all = (author->rights & TL_RIGHT_AUDIT) != 0;

    return pairs(node, TL_STATE_LEDGER, all ? UINT32_MAX : author->member, out);
}

/* ---- erasures ---- */

struct erasures {
    struct tl_node *node;
    struct tl_buf buf;
    struct tl_case_page page;
    uint32_t limit;
    struct tl_id id[TL_API_PAGE_MAX];
    uint32_t count;
};

static bool visit_erasure(void *context, struct tl_bytes key, struct tl_bytes value)
{
    struct erasures *e = context;

    if (key.len != 9 || value.len != TL_ID_BYTES)
        return true;
    e->page.more = e->count == e->limit;
    if (!e->page.more)
        memcpy(e->id[e->count++].b, value.ptr, TL_ID_BYTES);
    return !e->page.more;
}

static enum tl_status add_erasure(struct erasures *e, const struct tl_id *id)
{
    struct tl_state_key key = tl_key_vault(id);
    struct tl_case_item item = {.case_id = *id};
    enum tl_status st =
        tl_overlay_get(tl_chain_state(e->node->chain), tl_state_key_bytes(&key), &item.value);

    if (st == TL_OK)
        tl_list_add(&e->page.cases, &e->buf, &tl_case_item_record, &item);
    return st;
}

static enum tl_status erasures(struct tl_node *node, struct tl_bytes body, struct tl_buf *out)
{
    struct erasures e = {.node = node, .buf = list_buf(node)};
    uint8_t end = TL_STATE_ERASURE + 1;
    struct tl_erasure_query q;
    struct tl_state_key from;
    enum tl_status st = tl_record_decode(&tl_erasure_query_record, &q, body);

    if (st != TL_OK)
        return st;
    e.page.height = tl_chain_tip(node->chain)->height;
    e.limit = page_limit(q.limit);
    from = tl_key_erasure(q.from);
    if (tl_id_is_zero(&q.case_id))
        st = tl_overlay_scan(tl_chain_state(node->chain), tl_state_key_bytes(&from),
                             tl_bytes(&end, 1), visit_erasure, &e);
    else
        e.id[e.count++] = q.case_id;
    for (uint32_t i = 0; st == TL_OK && i < e.count; i++)
        st = add_erasure(&e, &e.id[i]);
    if (st == TL_OK)
        tl_record_write(&tl_case_page_record, &e.page, out);
    return st;
}

static enum tl_status ask(struct tl_node *node, const struct tl_asking *asking, struct tl_buf *out)
{
    const struct tl_request *request = asking->request;

    switch ((enum tl_method)request->method) {
    case TL_METHOD_STATUS:
        tl_report_status(node, out);
        return TL_OK;
    case TL_METHOD_GENESIS:
        return blob(out, tl_bytes(node->genesis_file.text, node->genesis_file.len));
    case TL_METHOD_MEMBERS:
        tl_report_members(node, out);
        return TL_OK;
    case TL_METHOD_SEQUENCE:
        return sequence(node, request->body, out);
    case TL_METHOD_CASE:
        return one_case(node, request->body, out);
    case TL_METHOD_HISTORY:
        return history(node, request->body, out);
    case TL_METHOD_SCAN:
        return scan(node, asking, out);
    case TL_METHOD_REFS:
        return refs(node, asking, out);
    case TL_METHOD_LEAF:
        return one_leaf(node, request->body, out);
    case TL_METHOD_RECEIPT:
        return receipt(node, request->body, out);
    case TL_METHOD_CASE_RECEIPT:
        return case_receipt(node, request->body, out);
    case TL_METHOD_CHECKPOINT:
        return checkpoint(node, request->body, out);
    case TL_METHOD_BLOCK:
        return blocks(node, request->body, out);
    case TL_METHOD_TOTALS:
        return totals(node, asking->author, out);
    case TL_METHOD_PERMIT:
        return permit(node, asking, out);
    case TL_METHOD_POLICIES:
        return pairs(node, TL_STATE_POLICY, UINT32_MAX, out);
    case TL_METHOD_EPOCHS:
        return epochs(node, out);
    case TL_METHOD_MOTIONS:
        return pairs(node, TL_STATE_MOTION, UINT32_MAX, out);
    case TL_METHOD_STOP:
        node->stopping = true;
        return TL_OK;
    case TL_METHOD_ERASURES:
        return erasures(node, request->body, out);
    case TL_METHOD_SUBMIT:
    case TL_METHOD_VAULT_PUT:
    case TL_METHOD_VAULT_GET:
    case TL_METHOD_VAULT_LOG:
    case TL_METHOD_VAULT_DESTROYED:
        break;
    }
    return TL_ERR_USAGE;
}

enum tl_status tl_query(struct tl_node *node, const struct tl_asking *asking, struct tl_buf *out,
                        const char **why)
{
    enum tl_status st = ask(node, asking, out);

    *why = st == TL_OK ? "" : tl_status_text(st);
    if (st == TL_OK && out->full) {
        *why = "the answer is longer than a reply may be; ask for less";
        return TL_ERR_LIMIT;
    }
    return st;
}
