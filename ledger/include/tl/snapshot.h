/* tl/snapshot.h -- the ledger as of one final block, in parts that prove themselves.
 *
 * Who joins a ledger, or was away for long, need not execute its whole past: the
 * header of a final block commits to the state after it and to the log up to it.
 * A snapshot is
 *
 *   head    that block, its FINALIZE certificate, the hashes of the state tree at
 *           the depth of the chunks, the right edge of the log (log.h), and the
 *           links of the epochs before its own (epoch.h)
 *   chunks  for each hash of that depth, the keys and values below it, in the
 *           order of their keys
 *
 * The certificate proves the header, the header's state_root the hashes, each
 * hash its chunk, whole: a chunk with a key left out, added or changed does not
 * hash to it.  So chunks may come from anybody, in any order and one at a time,
 * and whoever sent a wrong one is known at once.  The header's log_root proves
 * the edge.  Nothing else is needed to go on: sequences of authors and repeats
 * are state.  Indexes are not sent, they follow from the state
 * (tl_contract_index).
 *
 * What a snapshot does not bring is the past itself: blocks, leaves and tiles
 * before it.  tl_kept, stored beside the tip, says from where on they are here.
 *
 * Chunks number 2^TL_SNAPSHOT_BITS, or one for each bucket where the genesis
 * file has fewer buckets.  Pure. */
#ifndef TL_SNAPSHOT_H
#define TL_SNAPSHOT_H

#include "tl/chain.h"
#include "tl/epoch.h"
#include "tl/log.h"

#define TL_SNAPSHOT_BITS       12u
#define TL_SNAPSHOT_CHUNKS_MAX (1u << TL_SNAPSHOT_BITS)
/* A chunk is sent in one frame. */
#define TL_SNAPSHOT_CHUNK_BYTES_MAX (6u << 20)
#define TL_SNAPSHOT_PAIRS_MAX       (1u << 20)

#define TL_STATE_PAIR_FIELDS(FIELD, T)                                                             \
    FIELD(T, BIN, key, TL_STATE_KEY_MAX, NULL)                                                     \
    FIELD(T, BIN, value, TL_STATE_VALUE_MAX, NULL)
#define TL_SNAPSHOT_HEAD_FIELDS(FIELD, T)                                                          \
    FIELD(T, BIN, block, TL_FRAME_BYTES_MAX, NULL)                                                 \
    FIELD(T, BIN, cert, TL_CERT_BYTES_MAX, NULL)                                                   \
    FIELD(T, BIN, tree, TL_SNAPSHOT_CHUNKS_MAX *TL_HASH_BYTES, NULL)                               \
    FIELD(T, BIN, edge, TL_LOG_EDGE_MAX, NULL)                                                     \
    FIELD(T, LIST, links, 65535, &tl_epoch_link_record)
TL_DECLARE_RECORD(tl_state_pair, TL_STATE_PAIR_FIELDS)
TL_DECLARE_RECORD(tl_snapshot_head, TL_SNAPSHOT_HEAD_FIELDS)

/* How deep in a state tree of `state_bits` the chunks lie; there are 2^that. */
uint32_t tl_snapshot_bits(uint32_t state_bits);
/* The chunk a state key belongs to. */
uint32_t tl_snapshot_chunk_of(struct tl_bytes key, uint32_t chunk_bits);

/* A head that was found right; views borrow its bytes. */
struct tl_snapshot {
    struct tl_snapshot_head head;
    struct tl_block_parts parts;
    struct tl_frontier frontier;
    uint32_t state_bits;
    uint32_t chunk_bits;
};

/* tl_snapshot_open decodes a head, walks from the genesis file along its links to the
 * keys of the block's epoch, and checks everything else against the certificate.
 * Statuses of PEER; TL_ERR_WRONG_CHAIN: of another ledger. */
TL_MUST_USE enum tl_status tl_snapshot_open(struct tl_snapshot *snapshot, struct tl_bytes bytes,
                                            const struct tl_genesis *genesis,
                                            const struct tl_hash *chain_id);
/* tl_snapshot_settle gathers what makes a store whose chunks are all there a ledger
 * at that block: tip, block, certificate, edge. */
TL_MUST_USE enum tl_status tl_snapshot_settle(const struct tl_snapshot *snapshot,
                                              const struct tl_store_sink *sink);

/* tl_snapshot_take checks that `pairs` (of tl_state_pair) is chunk `number`, whole
 * and nothing else, and then gathers its keys, values and buckets.  TL_ERR_ENCODING,
 * TL_ERR_RANGE, TL_ERR_PROOF: nothing was gathered.  `scratch` is reset;
 * tl_snapshot_scratch says how much a chunk of so many pairs needs
 * (TL_ERR_NO_MEMORY). */
size_t tl_snapshot_scratch(uint32_t pairs);
TL_MUST_USE enum tl_status tl_snapshot_take(const struct tl_snapshot *snapshot, uint32_t number,
                                            struct tl_list pairs, struct tl_arena *scratch,
                                            const struct tl_store_sink *sink);

#endif
