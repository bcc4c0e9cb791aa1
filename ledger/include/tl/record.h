/* tl/record.h -- a record is written down once.
 *
 * A list of FIELD(T, KIND, name, max, aux) rows gives the C struct, its strict
 * decoder and encoder, the printers and the tables of docs/FORMAT.md.  A record
 * is encoded as one array of its fields in that order, so fields are only ever
 * appended, and only under a new format number.
 *
 *   #define TL_VOTE_FIELDS(FIELD, T)                  \
 *       FIELD(T, ENUM, kind, 3, &tl_vote_kind_names)  \
 *       FIELD(T, U64, view, UINT64_MAX, NULL)         \
 *       FIELD(T, HASH, hash, 0, NULL)
 *   TL_DECLARE_RECORD(tl_vote, TL_VOTE_FIELDS)   in a header: struct tl_vote
 *   TL_DEFINE_RECORD(tl_vote, TL_VOTE_FIELDS)    in a source: tl_vote_record
 *
 * KIND   C type          encoding                 max
 * U8..U64 uintN_t        integer                  largest value
 * I32    int32_t         integer (days, offsets)  0 (whole range)
 * I64    int64_t         integer (minor units, s) 0 (whole range)
 * ENUM   uint8_t         integer                  largest value; aux: its names
 * BOOL   bool            boolean                  0
 * ID     struct tl_id    bin 16                   0
 * HASH   struct tl_hash  bin 32                   0
 * KEY    struct tl_pubkey bin 32                  0
 * SIG    struct tl_sig   bin 64                   0
 * STR    struct tl_bytes string                   bytes
 * BIN    struct tl_bytes binary                   bytes
 * RAW    struct tl_bytes one nested value         bytes
 * LIST   struct tl_list  array of records         elements; aux: their record
 *
 * Decoded views and lists borrow the bytes they came from.  Pure. */
#ifndef TL_RECORD_H
#define TL_RECORD_H

#include "tl/codec.h"
#include "tl/status.h"

enum tl_field_kind {
    TL_FIELD_U8,
    TL_FIELD_U16,
    TL_FIELD_U32,
    TL_FIELD_U64,
    TL_FIELD_I32,
    TL_FIELD_I64,
    TL_FIELD_ENUM,
    TL_FIELD_BOOL,
    TL_FIELD_ID,
    TL_FIELD_HASH,
    TL_FIELD_KEY,
    TL_FIELD_SIG,
    TL_FIELD_STR,
    TL_FIELD_BIN,
    TL_FIELD_RAW,
    TL_FIELD_LIST
};

/* Encoded records one after the other; tl_list_next takes them out. */
struct tl_list {
    struct tl_bytes raw;
    uint32_t count;
};

struct tl_field {
    const char *name;
    enum tl_field_kind kind;
    size_t offset;
    uint64_t max;
    const void *aux; /* ENUM: struct tl_names; LIST: struct tl_record */
};

struct tl_record {
    const char *name;
    const struct tl_field *fields;
    size_t count;
    size_t size; /* of the C struct */
};

/* Words for the values of an enum; NULL at a value that is not in use. */
struct tl_names {
    const char *const *at;
    size_t count;
};

#define TL_CTYPE_U8   uint8_t
#define TL_CTYPE_U16  uint16_t
#define TL_CTYPE_U32  uint32_t
#define TL_CTYPE_U64  uint64_t
#define TL_CTYPE_I32  int32_t
#define TL_CTYPE_I64  int64_t
#define TL_CTYPE_ENUM uint8_t
#define TL_CTYPE_BOOL bool
#define TL_CTYPE_ID   struct tl_id
#define TL_CTYPE_HASH struct tl_hash
#define TL_CTYPE_KEY  struct tl_pubkey
#define TL_CTYPE_SIG  struct tl_sig
#define TL_CTYPE_STR  struct tl_bytes
#define TL_CTYPE_BIN  struct tl_bytes
#define TL_CTYPE_RAW  struct tl_bytes
#define TL_CTYPE_LIST struct tl_list

#define TL_RECORD_MEMBER(type, kind, name, max, aux) TL_CTYPE_##kind name;
#define TL_RECORD_FIELD(type, kind, name, max, aux)                                                \
    {#name, TL_FIELD_##kind, offsetof(struct type, name), (max), (aux)},

#define TL_DECLARE_RECORD(type, FIELDS)                                                            \
    struct type {                                                                                  \
        FIELDS(TL_RECORD_MEMBER, type)                                                             \
    };                                                                                             \
    extern const struct tl_record type##_record;

#define TL_DEFINE_RECORD(type, FIELDS)                                                             \
    static const struct tl_field type##_fields[] = {FIELDS(TL_RECORD_FIELD, type)};                \
    const struct tl_record type##_record = {#type, type##_fields,                                  \
                                            sizeof type##_fields / sizeof type##_fields[0],        \
                                            sizeof(struct type)};

TL_MUST_USE enum tl_status tl_record_decode(const struct tl_record *record, void *out,
                                            struct tl_bytes bytes);
/* tl_record_read decodes from the middle of a stream; a failure shows in `r`. */
void tl_record_read(const struct tl_record *record, void *out, struct tl_reader *r);
void tl_record_write(const struct tl_record *record, const void *in, struct tl_buf *out);

/* tl_list_next takes the first element out of the list and decodes it.  False
 * when none is left.  A list that came out of a decoder cannot be malformed. */
TL_MUST_USE bool tl_list_next(struct tl_list *list, const struct tl_record *record, void *out);
/* tl_list_add appends an element to a list that is built in `buf`. */
void tl_list_add(struct tl_list *list, struct tl_buf *buf, const struct tl_record *record,
                 const void *element);

/* tl_record_field finds a field by name, or NULL. */
const struct tl_field *tl_record_field(const struct tl_record *record, struct tl_bytes name);
/* tl_name_of gives the word for a value, or NULL; tl_name_find the value. */
const char *tl_name_of(const struct tl_names *names, uint64_t value);
TL_MUST_USE bool tl_name_find(const struct tl_names *names, struct tl_bytes word, uint8_t *value);

#endif
