/* journal.h -- the records and files behind signer.h.  Private to this room. */
#ifndef TL_JOURNAL_H
#define TL_JOURNAL_H

#include "tl/file.h"
#include "tl/signer.h"

enum journal_kind { JOURNAL_START = 0, JOURNAL_FLOOR = 4 }; /* 1 to 3: enum tl_vote_kind */

struct journal_record {
    uint64_t seq;
    struct tl_hash prev;
    uint8_t kind;
    uint64_t epoch;
    uint64_t view;
    struct tl_hash hash;
};

/* Encodes and gives the record's own hash, the `prev` of the next. */
void journal_encode(uint8_t out[TL_SIGNER_RECORD_BYTES], const struct journal_record *record,
                    struct tl_hash *own);
/* False: not a record that was written whole. */
TL_MUST_USE bool journal_decode(struct journal_record *record, struct tl_hash *own,
                                const uint8_t in[TL_SIGNER_RECORD_BYTES]);

/* Two files open for writing. */
struct journal {
    int fd[2];
    uint64_t room[2]; /* bytes of each file that exist, records or zeros */
};

struct journal_end {
    uint64_t seq;        /* of the last record */
    uint64_t offset;     /* behind it */
    struct tl_hash last; /* its hash */
};

/* Gets every record in order, the same in both copies.  False: refuse. */
typedef bool journal_visit(void *context, const struct journal_record *record);

/* Starts a journal, below whose `floor` (or NULL) nothing may be signed. */
TL_MUST_USE enum tl_status journal_create(const char *dir_a, const char *dir_b,
                                          const struct tl_hash *chain_id,
                                          const struct tl_sign_floor *floor, struct tl_why *why);
TL_MUST_USE enum tl_status journal_open(struct journal *journal, const struct tl_signer_plan *plan,
                                        journal_visit *visit, void *context,
                                        struct journal_end *end, struct tl_why *why);
void journal_close(struct journal *journal);
/* The first record of a journal that goes on where another ended. */
void journal_go_on(uint8_t out[TL_SIGNER_RECORD_BYTES], const struct journal_end *end,
                   const struct tl_hash *chain_id, struct tl_hash *own);
/* journal_rotate puts `records` in the place of both copies of a closed journal, one
 * after the other, each at once; a crash in between is finished by journal_open. */
TL_MUST_USE enum tl_status journal_rotate(const struct tl_signer_plan *plan,
                                          struct tl_bytes records, struct tl_why *why);
/* Writes at `offset` of one copy and waits for its disk.  The two copies share
 * nothing, so two threads may do one each. */
TL_MUST_USE enum tl_status journal_write_copy(struct journal *journal, size_t copy, uint64_t offset,
                                              struct tl_bytes bytes);
bool journal_path(char out[TL_PATH_MAX], const char *dir);

#endif
