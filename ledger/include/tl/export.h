/* tl/export.h -- a whole ledger as one stream of bytes.
 *
 *   export = "TALLYEX1" ‖ frame*        frame = kind u8 ‖ length u32be ‖ payload ‖ check[32]
 *   check  = SHA-256("tallystick/export/v1\0" ‖ previous check ‖ kind ‖ length ‖ payload)
 *
 * (previous check of the first frame: 32 zero bytes).  Frames, in order:
 *
 *   GENESIS   the genesis file                                   once, first
 *   BLOCK     a block as it was proposed                         by height from 1,
 *   LEAVES    (index u64be ‖ length u32be ‖ leaf)*:              none or several,
 *             its decisions, in order
 *   SEAL      tl_seal: the repetition the certificate is for     at an end of an epoch
 *   CERT      the FINALIZE certificate of that block             where it has one
 *   END       tl_export_end record: totals                       once, last
 *
 * The checks chain, so every byte and the order are covered: damage is found
 * before anything is interpreted.  They are no security: whoever changes a
 * payload can compute them again.  What cannot be forged are the signatures and
 * hashes inside; auditing those is audit.h.
 *
 * Entry leaves are not stored apart: they follow from the block, and fill the
 * places that the decisions leave, so the log's tree can be built without running
 * a contract.  The last block has a certificate, which proves all before it.  Pure; reads and
 * writes through a caller's function. */
#ifndef TL_EXPORT_H
#define TL_EXPORT_H

#include "tl/audit.h"
#include "tl/chain.h"

#define TL_EXPORT_MAGIC       "TALLYEX1"
#define TL_EXPORT_MAGIC_BYTES 8u
#define TL_EXPORT_LEAVES_MAX  (1u << 20) /* a LEAVES frame is closed when this is reached */
#define TL_EXPORT_FRAME_MAX   (TL_FRAME_BYTES_MAX + 4096u)

enum tl_export_kind {
    TL_EXPORT_GENESIS = 1,
    TL_EXPORT_BLOCK = 2,
    TL_EXPORT_LEAVES = 3,
    TL_EXPORT_CERT = 4,
    TL_EXPORT_END = 5,
    TL_EXPORT_SEAL = 6
};
extern const struct tl_names tl_export_kind_names;

#define TL_EXPORT_END_FIELDS(FIELD, T)                                                             \
    FIELD(T, U64, height, UINT64_MAX, NULL)                                                        \
    FIELD(T, HASH, hash, 0, NULL)                                                                  \
    FIELD(T, U64, log_size, UINT64_MAX, NULL)                                                      \
    FIELD(T, HASH, log_root, 0, NULL)                                                              \
    FIELD(T, HASH, state_root, 0, NULL)                                                            \
    FIELD(T, U64, frames, UINT64_MAX, NULL) /* before this one */                                  \
    FIELD(T, U64, decisions, UINT64_MAX, NULL)
TL_DECLARE_RECORD(tl_export_end, TL_EXPORT_END_FIELDS)

/* Takes the next bytes of the stream; anything but TL_OK stops. */
struct tl_export_sink {
    enum tl_status (*write)(void *host, struct tl_bytes bytes);
    void *host;
};

/* tl_export_write writes everything final up to the last certificate at or below
 * the tip.  `scratch` holds frames that are put together (TL_EXPORT_FRAME_MAX).
 * TL_ERR_NOT_FOUND: nothing is certified yet. */
TL_MUST_USE enum tl_status tl_export_write(struct tl_chain *chain, struct tl_bytes genesis,
                                           const struct tl_export_sink *sink,
                                           struct tl_buf *scratch);

/* Fills up to `cap` bytes and says how many in *len; 0 is the end. */
struct tl_export_source {
    enum tl_status (*read)(void *host, void *out, size_t cap, size_t *len);
    void *host;
};

/* A reader of an export; also a source for an audit.  Fields are its own. */
struct tl_export_reader {
    struct tl_export_source source;
    uint8_t *memory;
    size_t memory_bytes;
    struct tl_hash check;
    uint64_t offset;   /* of the next unread byte */
    uint64_t frame_at; /* where the current frame begins */
    uint64_t frames;   /* read so far */
    uint64_t decisions;
    struct tl_bytes leaves; /* of the current LEAVES frame, not yet given out */
    enum tl_export_kind last;
    bool started;
    bool ended;
};

/* tl_export_reader_init: `memory` holds one frame; TL_EXPORT_FRAME_MAX serves
 * every legal one, less is enough for smaller ledgers. */
void tl_export_reader_init(struct tl_export_reader *reader, const struct tl_export_source *source,
                           void *memory, size_t memory_bytes);
/* tl_export_audit_source makes an audit read from the reader. */
struct tl_audit_source tl_export_audit_source(struct tl_export_reader *reader);

#endif
