/* metro2_export.h -- a cycle's file for the bureaus, out of a certified ledger.
 *
 * The ledger is walked and audited to the height asked for (past.h).  Each case
 * the reporter may report becomes a tradeline: what the ledger knows by
 * tl_metro2_from_case, the rest from profile and side file (metro2_side.h), the
 * history and the date of first delinquency carried on from the file sent last.
 * A tradeline whose person is not known, or that does not fit, is left out and
 * told; nothing is guessed.
 *
 * Beside the file stands the list of its sources: for each record the leaves of
 * the ledger that the case rests on, each with its leaf hash, so that a bureau,
 * a court or the consumer can ask for the receipt of each (`tally receipt get`).
 * The reports' own FURNISHED entries carry a salted hash of the record; the salt
 * stands in that list.  Ownership: tl_metro2_export_free. */
#ifndef TL_METRO2_EXPORT_H
#define TL_METRO2_EXPORT_H

#include "json.h"
#include "metro2_file.h"
#include "metro2_side.h"
#include "past.h"

struct tl_metro2_leaf {
    struct tl_id case_id;
    uint64_t index;
    uint16_t type;
    bool decided;
    int32_t date;
    int64_t received_minor; /* by this leaf; taken back below zero */
    struct tl_hash hash;    /* RFC 6962 leaf hash */
};

struct tl_metro2_line {
    struct tl_id case_id;
    uint8_t base[TL_METRO2_MAIN_BYTES];
    int64_t balance_minor;
    char buyer[TL_MEMBER_ID_MAX + 1]; /* of a debt that was sold; else empty */
    const char *left_out;             /* why it is not in the file; NULL: it is */
    uint64_t number;                  /* of the record in the file, from 1 */
    struct tl_hash record_hash;       /* salted */
};

struct tl_metro2_export {
    const struct tl_metro2_profile_file *profile;
    const struct tl_metro2_side *side;
    const struct tl_metro2_index *before; /* the file sent last */
    enum tl_metro2_form form;
    bool has_created;
    int32_t created_on;
    bool correction;          /* AUD: each record replaces what was sent */
    const struct tl_id *only; /* these cases alone; NULL: all */
    size_t only_count;
    uint8_t salt[TL_HASH_BYTES];
    /* of the walk */
    struct tl_past_point point;
    uint32_t member;
    struct tl_metro2_leaf *leaf; /* by case, in order */
    size_t leaves;
    size_t leaf_cap;
    struct tl_metro2_line *line;
    size_t lines;
    size_t line_cap;
};

/* tl_metro2_export_walk gathers; it has said why when it fails. */
TL_MUST_USE enum tl_status tl_metro2_export_walk(struct tl_metro2_export *export,
                                                 const struct tl_args *args);
/* tl_metro2_export_write gives the whole file, record by record, to `put`. */
struct tl_metro2_sink {
    enum tl_status (*put)(void *host, struct tl_bytes bytes);
    void *host;
};
TL_MUST_USE enum tl_status tl_metro2_export_write(struct tl_metro2_export *export,
                                                  const struct tl_metro2_sink *sink,
                                                  struct tl_why *why);
/* The leaves a line rests on. */
const struct tl_metro2_leaf *tl_metro2_export_leaves(const struct tl_metro2_export *export,
                                                     const struct tl_id *id, size_t *count);
void tl_metro2_export_free(struct tl_metro2_export *export);

#endif
