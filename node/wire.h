/* wire.h -- bodies of the messages between members that are not records of the
 * ledger already.  Numbers: net.h.  A body that does not decode is a fault of
 * its sender. */
#ifndef TL_NODE_WIRE_H
#define TL_NODE_WIRE_H

#include "tl/snapshot.h"

/* Final blocks in one answer, and their bytes: some room is left for the frame. */
#define TL_BLOCKS_PER_PAGE 64u
#define TL_PAGE_BYTES_MAX  (4u << 20)

#define TL_ASK_VIEW_FIELDS(FIELD, T)                                                               \
    FIELD(T, ENUM, kind, TL_VOTE_FINALIZE, &tl_vote_kind_names)                                    \
    FIELD(T, U64, view, UINT64_MAX, NULL)                                                          \
    FIELD(T, U64, epoch, UINT64_MAX, NULL)
#define TL_ASK_BLOCK_FIELDS(FIELD, T)                                                              \
    FIELD(T, HASH, hash, 0, NULL)                                                                  \
    FIELD(T, U64, view, UINT64_MAX, NULL)
#define TL_ASK_BLOCKS_FIELDS(FIELD, T) FIELD(T, U64, height, UINT64_MAX, NULL)
/* A final block, and its FINALIZE certificate where it has one of its own: its
 * own, or that of the REPROPOSE whose tl_seal is given. */
#define TL_FINAL_BLOCK_FIELDS(FIELD, T)                                                            \
    FIELD(T, BIN, block, TL_FRAME_BYTES_MAX, NULL)                                                 \
    FIELD(T, BIN, cert, TL_CERT_BYTES_MAX, NULL)                                                   \
    FIELD(T, BIN, seal, 1200, NULL)
#define TL_BLOCKS_FIELDS(FIELD, T)                                                                 \
    FIELD(T, U64, tip, UINT64_MAX, NULL)                                                           \
    FIELD(T, LIST, blocks, TL_BLOCKS_PER_PAGE, &tl_final_block_record)
/* A member's two signatures of the checkpoint of a final block. */
#define TL_COSIGNED_FIELDS(FIELD, T)                                                               \
    FIELD(T, U64, height, UINT64_MAX, NULL)                                                        \
    FIELD(T, U64, size, UINT64_MAX, NULL)                                                          \
    FIELD(T, HASH, root, 0, NULL)                                                                  \
    FIELD(T, BIN, lines, 2048, NULL) /* signature lines of a note */
/* A snapshot a member can give (snapshot.h): that of this block. */
#define TL_OFFER_FIELDS(FIELD, T)                                                                  \
    FIELD(T, U64, height, UINT64_MAX, NULL)                                                        \
    FIELD(T, HASH, block, 0, NULL)
#define TL_ASK_CHUNKS_FIELDS(FIELD, T)                                                             \
    FIELD(T, U64, height, UINT64_MAX, NULL)                                                        \
    FIELD(T, U32, first, TL_SNAPSHOT_CHUNKS_MAX, NULL)                                             \
    FIELD(T, U32, count, TL_SNAPSHOT_CHUNKS_MAX, NULL)
#define TL_CHUNK_FIELDS(FIELD, T)                                                                  \
    FIELD(T, LIST, pairs, TL_SNAPSHOT_PAIRS_MAX, &tl_state_pair_record)
/* The first of what was asked for, as many as fit; none: it is not here any more. */
#define TL_CHUNKS_FIELDS(FIELD, T)                                                                 \
    FIELD(T, U64, height, UINT64_MAX, NULL)                                                        \
    FIELD(T, U32, first, TL_SNAPSHOT_CHUNKS_MAX, NULL)                                             \
    FIELD(T, LIST, chunks, TL_SNAPSHOT_CHUNKS_MAX, &tl_chunk_record)
/* A member without a journal asks; each other answers with its highest certificate,
 * empty when there is none, and signs with its consensus key over
 * "tallystick/status/v1\0" ‖ chain id ‖ nonce ‖ epoch ‖ member ‖ cert. */
#define TL_ASK_STATUS_FIELDS(FIELD, T) FIELD(T, HASH, nonce, 0, NULL)
#define TL_STATUS_ANSWER_FIELDS(FIELD, T)                                                          \
    FIELD(T, HASH, nonce, 0, NULL)                                                                 \
    FIELD(T, U64, epoch, UINT64_MAX, NULL)                                                         \
    FIELD(T, BIN, cert, TL_CERT_BYTES_MAX, NULL)                                                   \
    FIELD(T, SIG, sig, 0, NULL)

/* A person's data on its way to a member that is entitled to it, and that it
 * arrived.  `parcel`: tl_vault_parcel (vault_store.h). */
#define TL_VAULT_DELIVERY_FIELDS(FIELD, T)                                                         \
    FIELD(T, ID, case_id, 0, NULL)                                                                 \
    FIELD(T, HASH, commitment, 0, NULL)                                                            \
    FIELD(T, BIN, parcel, TL_FRAME_BYTES_MAX, NULL)
#define TL_VAULT_ACK_FIELDS(FIELD, T)                                                              \
    FIELD(T, ID, case_id, 0, NULL)                                                                 \
    FIELD(T, HASH, commitment, 0, NULL)

TL_DECLARE_RECORD(tl_vault_delivery, TL_VAULT_DELIVERY_FIELDS)
TL_DECLARE_RECORD(tl_vault_ack, TL_VAULT_ACK_FIELDS)
TL_DECLARE_RECORD(tl_ask_view, TL_ASK_VIEW_FIELDS)
TL_DECLARE_RECORD(tl_ask_block, TL_ASK_BLOCK_FIELDS)
TL_DECLARE_RECORD(tl_ask_blocks, TL_ASK_BLOCKS_FIELDS)
TL_DECLARE_RECORD(tl_final_block, TL_FINAL_BLOCK_FIELDS)
TL_DECLARE_RECORD(tl_blocks, TL_BLOCKS_FIELDS)
TL_DECLARE_RECORD(tl_cosigned, TL_COSIGNED_FIELDS)
TL_DECLARE_RECORD(tl_offer, TL_OFFER_FIELDS)
TL_DECLARE_RECORD(tl_ask_chunks, TL_ASK_CHUNKS_FIELDS)
TL_DECLARE_RECORD(tl_chunk, TL_CHUNK_FIELDS)
TL_DECLARE_RECORD(tl_chunks, TL_CHUNKS_FIELDS)
TL_DECLARE_RECORD(tl_ask_status, TL_ASK_STATUS_FIELDS)
TL_DECLARE_RECORD(tl_status_answer, TL_STATUS_ANSWER_FIELDS)

#endif
