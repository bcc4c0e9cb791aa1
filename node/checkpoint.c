/* Signatures of checkpoints.  A checkpoint is signed only when its block is
 * final and on this node's disk: sizes and roots on one disk form one growing
 * log, so a restart can neither cosign a smaller tree nor another one. */
#include "node.h"

#include "tl/clock.h"
#include "tl/logline.h"
#include "tl/note.h"

#include <stdio.h>
#include <string.h>

/* Under load one signature for many blocks: each covers all before it. */
#define CHECKPOINT_MS 200u

static struct tl_bytes text_of(struct tl_node *node, const struct tl_cosigns *c,
                               uint8_t text[TL_CHECKPOINT_TEXT_MAX])
{
    struct tl_checkpoint checkpoint = {node->genesis.name, c->size, c->root};
    struct tl_buf buf = tl_buf(text, TL_CHECKPOINT_TEXT_MAX);

    tl_checkpoint_write(&buf, &checkpoint);
    return tl_buf_bytes(&buf);
}

/* The two keys of a member, as the lines of a note name them. */
struct note_keys {
    char cosign_name[TL_NOTE_NAME_MAX + 1];
    struct tl_note_key log;
    struct tl_note_key cosign;
};

static enum tl_status keys_of(const struct tl_node *node, uint32_t member, struct note_keys *keys)
{
    struct tl_member m;
    int len;
    enum tl_status st;

    if (!tl_genesis_member(&node->epoch.genesis, member, &m))
        return TL_ERR_NOT_FOUND;
    len = snprintf(keys->cosign_name, sizeof keys->cosign_name, "%.*s/%.*s",
                   (int)node->genesis.name.len, (const char *)node->genesis.name.ptr, (int)m.id.len,
                   (const char *)m.id.ptr);
    st = tl_note_key_set(&keys->log, node->genesis.name, TL_NOTE_ED25519, &m.log_key);
    if (st == TL_OK)
        st = tl_note_key_set(&keys->cosign, tl_bytes(keys->cosign_name, (size_t)len),
                             TL_NOTE_COSIGNATURE, &m.cosign_key);
    return st;
}

static void sign(struct tl_node *node, struct tl_cosigns *c)
{
    struct tl_buf buf = tl_buf(c->lines[node->self], sizeof c->lines[node->self]);
    uint8_t text_bytes[TL_CHECKPOINT_TEXT_MAX];
    struct tl_bytes text = text_of(node, c, text_bytes);
    struct note_keys keys;

    if (keys_of(node, node->self, &keys) != TL_OK)
        return;
    tl_note_sign(&buf, text, &keys.log, &node->log_key.sec);
    tl_note_cosign(&buf, text, &keys.cosign, tl_clock_wall_ms() / 1000, &node->cosign_key.sec);
    c->len[node->self] = buf.full ? 0 : buf.len;
}

static void tell(struct tl_node *node, uint32_t to, const struct tl_cosigns *c)
{
    struct tl_cosigned body = {.height = c->height,
                               .size = c->size,
                               .root = c->root,
                               .lines = tl_bytes(c->lines[node->self], c->len[node->self])};
    uint8_t bytes[2304];
    struct tl_buf buf = tl_buf(bytes, sizeof bytes);

    tl_record_write(&tl_cosigned_record, &body, &buf);
    if (buf.full)
        return;
    if (to == TL_BFT_EVERYBODY)
        tl_net_broadcast(node->net, TL_MSG_CHECKPOINT, tl_buf_bytes(&buf));
    else
        tl_net_send(node->net, to, TL_MSG_CHECKPOINT, tl_buf_bytes(&buf));
}

void tl_checkpoint_tick(struct tl_node *node, uint64_t now_ms)
{
    const struct tl_tip *tip = tl_chain_tip(node->chain);
    struct tl_cosigns *c = &node->cosigns;

    if (!c->due || now_ms < c->made_ms + CHECKPOINT_MS)
        return;
    /* The tip may be ahead of the disk; the next tick finds it there. */
    if (tl_chain_durable_height(node->chain) != tip->height)
        return;
    c->due = false;
    c->made_ms = now_ms;
    if (c->size == tip->log_size && tl_hash_eq(&c->root, &tip->log_root) && c->len[node->self] > 0)
        return;
    memset(c->len, 0, sizeof c->len);
    c->height = tip->height;
    c->size = tip->log_size;
    c->root = tip->log_root;
    sign(node, c);
    tell(node, TL_BFT_EVERYBODY, c);
}

/* Puts a member's lines under our text and holds them to its keys. */
static enum tl_status verify(struct tl_node *node, uint32_t from, struct tl_bytes lines)
{
    uint8_t text_bytes[TL_CHECKPOINT_TEXT_MAX];
    uint8_t note_bytes[TL_CHECKPOINT_TEXT_MAX + 2304];
    struct tl_buf buf = tl_buf(note_bytes, sizeof note_bytes);
    struct note_keys keys;
    struct tl_note note;
    uint64_t time_s;
    enum tl_status st = keys_of(node, from, &keys);

    tl_note_open(&buf, text_of(node, &node->cosigns, text_bytes));
    tl_buf_put(&buf, lines.ptr, lines.len);
    if (st == TL_OK)
        st = tl_note_parse(&note, tl_buf_bytes(&buf));
    if (st == TL_OK)
        st = tl_note_verify(&note, &keys.log, &time_s);
    return st == TL_OK ? tl_note_verify(&note, &keys.cosign, &time_s) : st;
}

void tl_checkpoint_heard(struct tl_node *node, uint32_t from, struct tl_bytes bytes)
{
    struct tl_cosigns *c = &node->cosigns;
    struct tl_cosigned body;

    if (tl_record_decode(&tl_cosigned_record, &body, bytes) != TL_OK) {
        tl_net_fault(node->net, from, 25, "malformed checkpoint");
        return;
    }
    if (body.height > node->peer_height[from])
        node->peer_height[from] = body.height;
    if (body.size != c->size || !tl_hash_eq(&body.root, &c->root) || c->len[from] > 0 ||
        body.lines.len > sizeof c->lines[from])
        return;
    if (verify(node, from, body.lines) != TL_OK) {
        node->count.signatures_refused++;
        tl_net_fault(node->net, from, 25, "checkpoint signature does not verify");
        return;
    }
    memcpy(c->lines[from], body.lines.ptr, body.lines.len);
    c->len[from] = body.lines.len;
    /* Ours may have come before that member had signed this size, and was no use
     * to it then; it has no other way to ask. */
    if (c->len[node->self] > 0)
        tell(node, from, c);
}

void tl_checkpoint_note(struct tl_node *node, struct tl_buf *out)
{
    struct tl_cosigns *c = &node->cosigns;
    uint8_t text_bytes[TL_CHECKPOINT_TEXT_MAX];
    const struct tl_tip *tip = tl_chain_tip(node->chain);

    /* Nobody has asked for signatures yet, or the log grew since: ours suffices. */
    if (c->size != tip->log_size && tl_chain_durable_height(node->chain) == tip->height) {
        c->due = true;
        c->made_ms = 0;
        tl_checkpoint_tick(node, CHECKPOINT_MS);
    }
    tl_note_open(out, text_of(node, c, text_bytes));
    for (uint32_t m = 0; m < node->voters.count; m++)
        tl_buf_put(out, c->lines[m], c->len[m]);
}
