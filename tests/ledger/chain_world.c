/* A consortium of four in memory. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "chain_world.h"

#include "tl/hash.h"
#include "tl/store_mem.h"

#include <stdlib.h>
#include <string.h>

#define STORE_BYTES ((size_t)8 << 20)
#define SLOT_BYTES  ((size_t)1 << 20)

/* ---- the toy contract ---- */

static enum tl_status next_sequence(struct tl_overlay *state, const struct tl_envelope *envelope)
{
    uint8_t key[33] = {'a'}; /* where the contract has it too */
    uint8_t value[8];
    struct tl_bytes last;
    uint64_t sequence = 0;

    memcpy(key + 1, envelope->author.b, 32);
    if (tl_overlay_get(state, tl_bytes(key, sizeof key), &last) == TL_OK)
        sequence = tl_get_u64be(last.ptr);
    if (envelope->sequence != sequence + 1)
        return TL_ERR_SEQUENCE;
    tl_put_u64be(value, envelope->sequence);
    return tl_overlay_put(state, tl_bytes(key, sizeof key), tl_bytes(value, sizeof value));
}

static enum tl_status give(const struct tl_leaf_sink *sink, uint64_t *index,
                           const struct tl_leaf *leaf)
{
    uint8_t bytes[512];
    struct tl_buf buf = tl_buf(bytes, sizeof bytes);

    tl_record_write(&tl_leaf_record, leaf, &buf);
    assert_false(buf.full);
    return sink->leaf(sink->host, (*index)++, tl_buf_bytes(&buf));
}

/* A count by first letter; the letter 'x' takes its own count away again. */
static enum tl_status count_letter(struct tl_overlay *state, uint8_t letter)
{
    uint8_t key[2] = {0x02, letter};
    uint8_t index[3] = {0x80, letter, 0};
    uint8_t value[4] = {0};
    struct tl_bytes old;
    enum tl_status status;

    if (tl_overlay_get(state, tl_bytes(key, 2), &old) == TL_OK)
        memcpy(value, old.ptr, sizeof value);
    tl_put_u32be(value, tl_get_u32be(value) + 1);
    index[2] = value[3];
    status = tl_overlay_put(state, tl_bytes(index, 3), tl_bytes(value, 4));
    if (status != TL_OK)
        return status;
    return tl_overlay_put(state, tl_bytes(key, 2),
                          tl_bytes(value, letter == 'x' && value[3] == 2 ? 0 : 4));
}

static enum tl_status run_envelope(const struct tl_exec_block *block, struct tl_overlay *state,
                                   const struct tl_leaf_sink *sink, uint64_t *index,
                                   struct tl_bytes bytes)
{
    struct tl_leaf leaf = {.kind = TL_LEAF_ENTRY};
    struct tl_leaf decision = {.kind = TL_LEAF_DECISION};
    struct tl_envelope envelope;
    struct tl_entry_bytes entry;
    enum tl_status status = tl_envelope_decode(&envelope, bytes);

    if (status == TL_OK)
        status = next_sequence(state, &envelope);
    if (status != TL_OK)
        return status;
    tl_envelope_id(&leaf.envelope, &envelope, block->chain_id);
    while (status == TL_OK && tl_list_next(&envelope.entries, &tl_entry_bytes_record, &entry)) {
        leaf.bytes = entry.bytes;
        status = give(sink, index, &leaf);
        leaf.position++;
        if (status == TL_OK)
            status = count_letter(state, entry.bytes.ptr[0]);
        decision.bytes = tl_bytes_str("capital");
        if (status == TL_OK && entry.bytes.ptr[0] < 'a')
            status = give(sink, index, &decision);
    }
    return status;
}

static enum tl_status run(void *host, const struct tl_exec_block *block, struct tl_overlay *state,
                          const struct tl_leaf_sink *sink)
{
    struct tl_list envelopes = block->envelopes;
    struct tl_envelope_bytes envelope;
    uint64_t index = block->first_leaf;
    enum tl_status status = TL_OK;

    (void)host;
    while (status == TL_OK && tl_list_next(&envelopes, &tl_envelope_bytes_record, &envelope))
        status = run_envelope(block, state, sink, &index, envelope.bytes);
    return status;
}

/* ---- genesis ---- */

static void keys_make(struct tl_pubkey *pub, struct tl_seckey *sec, uint8_t kind, uint32_t number)
{
    uint8_t seed[TL_SEED_BYTES] = {kind, (uint8_t)number};

    tl_keypair(pub, sec, seed);
}

static void member_make(struct world *world, struct tl_buf *scratch, uint32_t i,
                        struct tl_member *member)
{
    static const char *const ids[] = {"alpha", "beta", "gamma", "delta"};
    static const char *const addresses[] = {"a.test:1", "b.test:1", "c.test:1", "d.test:1"};
    struct tl_member_key key = {tl_bytes_str("desk"), {{0}}, TL_RIGHT_ALL, 0};
    struct tl_seckey unused;

    *member = (struct tl_member){.id = tl_bytes_str(ids[i]),
                                 .roles = TL_ROLE_CREDITOR,
                                 .address = tl_bytes_str(addresses[i]),
                                 .tls_cert = tl_bytes_str(ids[i])};
    keys_make(&member->consensus_key, &world->consensus[i], 1, i);
    keys_make(&member->log_key, &unused, 2, i);
    keys_make(&member->cosign_key, &unused, 3, i);
    keys_make(&member->vault_key, &unused, 5, i);
    keys_make(&key.key, &world->writer[i], 4, i);
    world->writer_pub[i] = key.key;
    tl_list_add(&member->keys, scratch, &tl_member_key_record, &key);
}

void world_init(struct world *world)
{
    uint8_t members[4096];
    uint8_t keys[2048];
    struct tl_buf member_buf = tl_buf(members, sizeof members);
    struct tl_buf key_buf = tl_buf(keys, sizeof keys);
    struct tl_buf out = tl_buf(world->genesis_bytes, sizeof world->genesis_bytes);
    const char *why = NULL;
    struct tl_genesis genesis = {.format = 1,
                                 .name = tl_bytes_str("test.ledger"),
                                 .created_ms = 1000,
                                 .quorum = QUORUM,
                                 .time_source = TL_TIME_CALENDAR,
                                 .state_bits = 6,
                                 .block_bytes = 1u << 17,
                                 .delta_ms = 250,
                                 .heartbeat_ms = 30000,
                                 .drift_ms = 1000};

    for (uint32_t i = 0; i < MEMBERS; i++) {
        struct tl_member member;

        member_make(world, &key_buf, i, &member);
        tl_list_add(&genesis.members, &member_buf, &tl_member_record, &member);
    }
    tl_record_write(&tl_genesis_record, &genesis, &out);
    assert_false(out.full || member_buf.full || key_buf.full);
    world->genesis_file = tl_buf_bytes(&out);
    if (tl_genesis_decode(&world->genesis, world->genesis_file, &why) != TL_OK)
        fail_msg("genesis: %s", why);
    tl_genesis_chain_id(&world->chain_id, world->genesis_file);
    tl_genesis_voters(&world->voters, &world->genesis, &world->chain_id);
    world->executor = (struct tl_executor){run, NULL, {{9}}};
}

/* ---- nodes ---- */

static void open_chain(struct node *node)
{
    struct tl_chain_config config = {.genesis = &node->world->genesis,
                                     .chain_id = node->world->chain_id,
                                     .store = node->store,
                                     .executor = node->world->executor,
                                     .slots = 6,
                                     .slot_bytes = node->slot_bytes};

    node->chain_memory = malloc(tl_chain_bytes(&config));
    assert_int_equal(tl_chain_open(&node->chain, node->chain_memory, &config), TL_OK);
}

void node_init(struct node *node, struct world *world)
{
    node_init_slots(node, world, SLOT_BYTES);
}

void node_init_slots(struct node *node, struct world *world, size_t slot_bytes)
{
    node->world = world;
    node->slot_bytes = slot_bytes;
    node->store_memory = malloc(STORE_BYTES);
    node->store = tl_store_mem_init(node->store_memory, STORE_BYTES);
    open_chain(node);
}

void node_restart(struct node *node)
{
    tl_store_abandon(node->store);
    free(node->chain_memory);
    open_chain(node);
}

void node_fini(struct node *node)
{
    free(node->chain_memory);
    free(node->store_memory);
}

/* ---- blocks ---- */

void envelope_add(struct world *world, struct tl_list *list, struct tl_buf *buf, uint32_t member,
                  uint64_t sequence, const char *text)
{
    uint8_t entries[4096];
    uint8_t bytes[8192];
    struct tl_buf entry_buf = tl_buf(entries, sizeof entries);
    struct tl_buf out = tl_buf(bytes, sizeof bytes);
    struct tl_envelope envelope = {.author = world->writer_pub[member], .sequence = sequence};
    struct tl_envelope_bytes element;

    for (size_t len; *text != '\0'; text += len) {
        struct tl_entry_bytes entry;

        len = strcspn(text, " ");
        entry.bytes = tl_bytes(text, len);
        tl_list_add(&envelope.entries, &entry_buf, &tl_entry_bytes_record, &entry);
        len += text[len] == ' ';
    }
    tl_envelope_seal(&envelope, &world->chain_id, &world->writer[member]);
    tl_record_write(&tl_envelope_record, &envelope, &out);
    element.bytes = tl_buf_bytes(&out);
    tl_list_add(list, buf, &tl_envelope_bytes_record, &element);
    assert_false(entry_buf.full || out.full || buf->full);
}

void cert_make(const struct world *world, struct tl_buf *out, enum tl_vote_kind kind, uint64_t view,
               const struct tl_hash *hash)
{
    uint8_t sigs[QUORUM * TL_SIG_BYTES] = {0};
    struct tl_vote vote = {.kind = (uint8_t)kind, .view = view};
    struct tl_cert cert = {.kind = (uint8_t)kind,
                           .view = view,
                           .signers = (1u << QUORUM) - 1u,
                           .sigs = tl_bytes(sigs, sizeof sigs)};

    if (hash != NULL)
        vote.hash = cert.hash = *hash;
    for (uint32_t i = 0; i < QUORUM; i++) {
        uint8_t message[TL_VOTE_SIGNING_BYTES];
        struct tl_sig sig;

        vote.member = (uint8_t)i;
        tl_vote_signing_bytes(message, &world->chain_id, &vote);
        tl_sign(&sig, tl_bytes(message, sizeof message), &world->consensus[i]);
        memcpy(sigs + i * TL_SIG_BYTES, sig.b, TL_SIG_BYTES);
    }
    tl_record_write(&tl_cert_record, &cert, out);
    assert_false(out->full);
}

uint32_t leader_of(const struct world *world, uint64_t view)
{
    struct tl_hash seed;

    tl_hash_plain(&seed, tl_bytes(world->chain_id.b, 32));
    return (uint32_t)((view + tl_get_u64be(seed.b)) % MEMBERS);
}

/* A list of certificates is their encodings one after the other. */
static void justify(const struct world *world, struct tl_buf *out, const struct tl_hash *parent,
                    uint64_t parent_view, uint64_t view)
{
    uint8_t parents[4096];
    uint8_t skips[8192];
    struct tl_buf parent_buf = tl_buf(parents, sizeof parents);
    struct tl_buf skip_buf = tl_buf(skips, sizeof skips);
    struct tl_justification just = {0};

    if (parent_view != 0)
        cert_make(world, &parent_buf, TL_VOTE_NOTARIZE, parent_view, parent);
    for (uint64_t v = parent_view + 1; v < view; v++)
        cert_make(world, &skip_buf, TL_VOTE_NULLIFY, v, NULL);
    just.parent = (struct tl_list){tl_buf_bytes(&parent_buf), parent_view != 0};
    just.skips = (struct tl_list){tl_buf_bytes(&skip_buf), (uint32_t)(view - parent_view - 1)};
    tl_record_write(&tl_justification_record, &just, out);
    assert_false(out->full);
}

struct tl_proposal proposal_make(const struct world *world, struct tl_buf *just,
                                 const struct tl_hash *parent, uint64_t parent_view, uint64_t view,
                                 struct tl_list envelopes)
{
    justify(world, just, parent, parent_view, view);
    return (struct tl_proposal){.parent_hash = *parent,
                                .view = view,
                                .time_ms = 1000 + 10 * view,
                                .leader = (uint8_t)leader_of(world, view),
                                .justification = tl_buf_bytes(just),
                                .envelopes = envelopes};
}

struct tl_bytes block_make(struct node *node, const struct tl_hash *parent, uint64_t parent_view,
                           uint64_t view, struct tl_list envelopes, struct tl_hash *hash)
{
    uint8_t just[16384];
    struct tl_buf just_buf = tl_buf(just, sizeof just);
    struct tl_proposal proposal =
        proposal_make(node->world, &just_buf, parent, parent_view, view, envelopes);
    struct tl_built built;
    struct tl_sig sig;
    struct tl_bytes block;

    assert_int_equal(tl_chain_build(node->chain, &proposal, &built), TL_OK);
    assert_int_equal(built.refused, TL_OK);
    assert_int_equal(built.taken, envelopes.count);
    tl_proposal_sign(&sig, &built.hash, &node->world->consensus[proposal.leader]);
    assert_int_equal(tl_chain_seal(node->chain, &built.hash, &sig, &block), TL_OK);
    *hash = built.hash;
    return block;
}

struct tl_bytes next_block(struct node *node, uint64_t sequence, const char *text,
                           struct tl_hash *hash)
{
    const struct tl_tip *tip = tl_chain_tip(node->chain);
    uint8_t bytes[8192];
    struct tl_buf buf = tl_buf(bytes, sizeof bytes);
    struct tl_list envelopes = {0};

    envelope_add(node->world, &envelopes, &buf, 0, sequence, text);
    return block_make(node, &tip->hash, tip->view, tip->view + 1, envelopes, hash);
}

void block_final(struct node *node, const struct tl_hash *hash)
{
    const struct tl_store_sink sink = tl_store_sink(node->store);
    const struct tl_header *header;
    uint8_t cert[TL_CERT_BYTES_MAX];
    struct tl_buf buf = tl_buf(cert, sizeof cert);

    assert_true(tl_chain_find(node->chain, hash, &header));
    cert_make(node->world, &buf, TL_VOTE_FINALIZE, header->view, hash);
    assert_int_equal(tl_chain_finalize(node->chain, hash, tl_buf_bytes(&buf), &sink), TL_OK);
    assert_int_equal(tl_store_commit(node->store, true), TL_OK);
}
