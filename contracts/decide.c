/* Leaves: entries as they came, decisions with their reasons. */
#include "run.h"

#include "tl/check.h"

#include <string.h>

void fail(struct run *r, enum tl_status status)
{
    if (r->status == TL_OK)
        r->status = status;
}

/* The history index links each leaf of a case to the one before; the hash in the
 * case's record covers them all. */
void note_leaf(struct run *r, struct work *w, uint64_t leaf, const struct tl_hash *hash)
{
    struct tl_state_key key = tl_key_history(leaf);
    uint8_t before[8];

    tl_put_u64be(before, w->c.last_leaf);
    if (r->status == TL_OK)
        fail(r,
             tl_overlay_put(r->state, tl_state_key_bytes(&key), tl_bytes(before, sizeof before)));
    TL_CHECK(w->c.last_leaf == TL_LEAF_NONE || w->c.last_leaf < leaf);
    tl_case_history_add(&w->c.history, leaf, hash);
    w->c.last_leaf = leaf;
    w->c.leaves++;
}

static uint64_t emit(struct run *r, const struct tl_leaf *leaf, struct tl_hash *hash)
{
    struct tl_buf out = tl_buf(r->k->leaf, sizeof r->k->leaf);
    uint64_t index = r->next_leaf++;

    tl_record_write(&tl_leaf_record, leaf, &out);
    TL_CHECK(!out.full);
    tl_merkle_leaf(hash, tl_buf_bytes(&out));
    if (r->status == TL_OK)
        fail(r, r->sink->leaf(r->sink->host, index, tl_buf_bytes(&out)));
    return index;
}

void emit_entry(struct run *r, struct work *w, uint32_t position, struct tl_bytes bytes)
{
    struct tl_leaf leaf = {TL_LEAF_ENTRY, r->envelope, position, bytes};

    r->entry_leaf = emit(r, &leaf, &r->entry_hash);
    r->decisions = 0;
    if (w != NULL)
        note_leaf(r, w, r->entry_leaf, &r->entry_hash);
}

static void put_inputs(const struct why *why, struct tl_buf *out)
{
    tl_write_array(out, why->inputs);
    for (uint32_t i = 0; i < why->inputs; i++) {
        const struct tl_input input = {why->input[i]};

        tl_record_write(&tl_input_record, &input, out);
    }
}

uint64_t decide(struct run *r, struct work *w, enum tl_type type, const struct why *why,
                const void *body)
{
    const struct tl_type_info *info = tl_type_find((uint16_t)type);
    struct tl_buf out = tl_buf(r->k->decision, sizeof r->k->decision);
    const struct tl_hash none = {{0}};
    struct tl_id nobody = {{0}};
    struct tl_leaf leaf = {.kind = TL_LEAF_DECISION};
    struct tl_hash hash;
    uint64_t index;

    TL_CHECK(info != NULL && info->derived);
    tl_write_array(&out, (uint32_t)tl_decision_record.count);
    tl_write_uint(&out, (uint64_t)type);
    tl_write_bin(&out, tl_bytes(w != NULL ? w->c.id.b : nobody.b, TL_ID_BYTES));
    tl_write_int(&out, why->date);
    tl_write_str(&out, tl_bytes_str(why->rule));
    tl_write_str(&out, tl_bytes_str(why->citation));
    tl_write_bin(&out, tl_bytes(w != NULL ? w->c.policy.b : none.b, TL_HASH_BYTES));
    put_inputs(why, &out);
    tl_record_write(info->body, body, &out);
    TL_CHECK(!out.full);
    leaf.position = r->decisions++;
    leaf.bytes = tl_buf_bytes(&out);
    index = emit(r, &leaf, &hash);
    if (w != NULL)
        note_leaf(r, w, index, &hash);
    return index;
}

void why_add(struct why *why, uint64_t leaf)
{
    const uint32_t room = sizeof why->input / sizeof why->input[0];

    if (leaf == TL_LEAF_NONE || why->inputs == room)
        return;
    for (uint32_t i = 0; i < why->inputs; i++) {
        if (why->input[i] == leaf)
            return;
    }
    why->input[why->inputs++] = leaf;
}

struct why why_entry(const struct run *r, int32_t date, const char *rule, const char *citation)
{
    return (struct why){date, rule, citation, {r->entry_leaf}, 1};
}

void finding(struct run *r, struct work *w, enum tl_type type, uint16_t about, const char *text)
{
    struct why why = why_entry(r, r->clock.closed_on + 1, "engine.entry", "");
    struct tl_body_finding body = {about, tl_bytes_str(text)};

    if (w != NULL && w->c.floor_on != TL_DATE_NONE)
        why.date = w->c.floor_on;
    decide(r, w, type, &why, &body);
    if (w == NULL)
        return;
    w->c.violations += type == TL_DECISION_VIOLATION;
    w->c.denials += type == TL_DECISION_DENIED;
    w->c.duplicates += type == TL_DECISION_DUPLICATE;
}
