/* tl/metro2.h -- credit reporting files: read, write, check, derive.
 *
 * A Metro 2 file is a header, one base record per account and consumer report,
 * each with segments behind it (J joint consumers, K creditors and payments, L
 * changed numbers, N employment), and a trailer of totals.  Here every segment
 * is its bytes in the character format, blank or zero filled, and every field
 * is a row of one table (metro2_fields.def): name, place, width, type.  Reading
 * is taking the bytes apart; writing puts the same bytes together again.
 *
 * Three framings exist and are told apart by the file itself: one record per
 * line; records that follow each other by their descriptor word; and packed
 * (366 bytes, binary words, numbers and dates).  Each may carry block words.
 * The reader forgives what files in the wild do (a wrong descriptor word on a
 * line of its own, a header or trailer cut short, padding) and the checker
 * reports it; it never guesses at a record that does not divide into segments.
 *
 * Sources: the public test data and notes of moov-io/metro2 (Apache-2.0) and
 * cfpb/Metro2 (CC0); FCRA 15 USC 1681c(c), 1681s-2(a)(5).  Metro 2 is a
 * registered trademark of the Consumer Data Industry Association, whose guide
 * is licensed apart and not used here; whoever furnishes must hold it.
 *
 * Pure.  A record read borrows the window it was read from, apart from its
 * first segment, which it holds.  Any thread, one object each.  Bytes from
 * outside never trip a check. */
#ifndef TL_METRO2_H
#define TL_METRO2_H

#include "tl/case.h"
#include "tl/metro2_fields.def"
#include "tl/metro2_rules.def"

/* ---- fields ------------------------------------------------------------ */

enum tl_metro2_kind {
    TL_METRO2_HEADER,
    TL_METRO2_BASE,
    TL_METRO2_J1,
    TL_METRO2_J2,
    TL_METRO2_K1,
    TL_METRO2_K2,
    TL_METRO2_K3,
    TL_METRO2_K4,
    TL_METRO2_L1,
    TL_METRO2_N1,
    TL_METRO2_TRAILER
};
#define TL_METRO2_KINDS 11u
extern const struct tl_names tl_metro2_kind_names;

enum tl_metro2_type {
    TL_METRO2_WORD,
    TL_METRO2_TEXT,
    TL_METRO2_NUMBER,
    TL_METRO2_DATE,
    TL_METRO2_TIME
};

enum tl_metro2_field {
#define X(segment, field, ...) TL_METRO2_##segment##_##field,
    TL_METRO2_FIELD_TABLE(X)
#undef X
        TL_METRO2_FIELD_COUNT /* also: the record as a whole */
};

struct tl_metro2_place {
    const char *name;
    enum tl_metro2_kind kind;
    enum tl_metro2_type type;
    uint16_t start; /* from 1 */
    uint16_t length;
    uint16_t packed; /* width in a packed file */
    bool required;
};

/* tl_metro2_place gives the row of a field. */
const struct tl_metro2_place *tl_metro2_place(enum tl_metro2_field field);
/* The first field of a segment, and one past its last. */
enum tl_metro2_field tl_metro2_first(enum tl_metro2_kind kind);
enum tl_metro2_field tl_metro2_end(enum tl_metro2_kind kind);
/* Bytes of a segment in the character format. */
uint32_t tl_metro2_length(enum tl_metro2_kind kind);

#define TL_METRO2_MAIN_BYTES   426u /* header, base, trailer */
#define TL_METRO2_PACKED_BYTES 366u
#define TL_METRO2_PHP_MONTHS   24u
/* Nothing longer is taken for one record. */
#define TL_METRO2_RECORD_MAX   10240u
#define TL_METRO2_SEGMENTS_MAX 64u

/* A field of a segment as its bytes; _trimmed without blanks at the end. */
struct tl_bytes tl_metro2_text(const uint8_t *segment, enum tl_metro2_field field);
struct tl_bytes tl_metro2_trimmed(const uint8_t *segment, enum tl_metro2_field field);
/* A numeric field; blank is 0.  False: other than digits. */
TL_MUST_USE bool tl_metro2_number(const uint8_t *segment, enum tl_metro2_field field,
                                  uint64_t *value);
/* A date field as days; blank and zero are TL_DATE_NONE.  False: no such day. */
TL_MUST_USE bool tl_metro2_date(const uint8_t *segment, enum tl_metro2_field field, int32_t *date);

/* tl_metro2_blank makes an empty segment: blanks, zeros in numbers and dates,
 * its identifier in place. */
void tl_metro2_blank(uint8_t *segment, enum tl_metro2_kind kind);
/* Setters fill the field.  False: it does not fit, nothing changed. */
TL_MUST_USE bool tl_metro2_set_text(uint8_t *segment, enum tl_metro2_field field,
                                    struct tl_bytes text);
TL_MUST_USE bool tl_metro2_set_number(uint8_t *segment, enum tl_metro2_field field, uint64_t value);
/* TL_DATE_NONE writes zeros. */
TL_MUST_USE bool tl_metro2_set_date(uint8_t *segment, enum tl_metro2_field field, int32_t date);

/* ---- records ----------------------------------------------------------- */

struct tl_metro2_segment {
    enum tl_metro2_kind kind;
    const uint8_t *ptr; /* tl_metro2_length(kind) bytes */
};

/* What ends a record's line.  CR alone: the file was cut between CR and LF. */
enum tl_metro2_ending {
    TL_METRO2_END_NONE = 0,
    TL_METRO2_END_LF = 1,
    TL_METRO2_END_CRLF = 2,
    TL_METRO2_END_CR = 3
};

struct tl_metro2_record {
    uint64_t number; /* from 1: the line, or the record where there are no lines */
    enum tl_metro2_kind kind;
    bool has_block;   /* a block descriptor word stands before */
    uint8_t block[4]; /* its bytes as found: some writers put no number there */
    uint32_t word;    /* record descriptor word as found */
    uint32_t length;  /* bytes of the record as found, without block word and line end */
    enum tl_metro2_ending ending;
    uint32_t count; /* of segments behind the first */
    uint8_t first[TL_METRO2_MAIN_BYTES];
    struct tl_metro2_segment behind[TL_METRO2_SEGMENTS_MAX];
};

enum tl_metro2_form {
    TL_METRO2_UNKNOWN,
    TL_METRO2_LINES,  /* one record per line */
    TL_METRO2_BLOCKS, /* records by their descriptor word */
    TL_METRO2_PACKED
};

/* tl_metro2_begin makes an empty record; tl_metro2_append adds a segment, whose
 * bytes are borrowed until the record is written (false: too many); the seal
 * sets the descriptor word and the length. */
void tl_metro2_begin(struct tl_metro2_record *record, enum tl_metro2_kind kind);
TL_MUST_USE bool tl_metro2_append(struct tl_metro2_record *record, enum tl_metro2_kind kind,
                                  const uint8_t *segment);
void tl_metro2_seal(struct tl_metro2_record *record, enum tl_metro2_form form);
/* tl_metro2_write appends the record as it is described, with its line end. */
void tl_metro2_write(struct tl_buf *out, const struct tl_metro2_record *record,
                     enum tl_metro2_form form);

struct tl_metro2_reader {
    enum tl_metro2_form form;
    bool blocked;        /* block words are in use */
    uint32_t block_left; /* bytes of the block still to come */
    uint64_t number;
    bool started;    /* a record has been read */
    const char *why; /* of the last record not read */
};

/* tl_metro2_read takes the next record from the front of `window`; `last` says
 * that nothing follows the window.  *used bytes are spent, also on
 *   TL_ERR_EARLY      the window must grow (never beyond TL_METRO2_RECORD_MAX + 8)
 *   TL_ERR_NOT_FOUND  the file has ended
 *   TL_ERR_PARTIAL    this line is no record; reader->why says why; go on
 *   TL_ERR_ENCODING   the file cannot be read from here; reader->why says why
 * A reader starts as all zero.  The first window tells the framing. */
TL_MUST_USE enum tl_status tl_metro2_read(struct tl_metro2_reader *reader, struct tl_bytes window,
                                          bool last, size_t *used, struct tl_metro2_record *record);

/* ---- totals ------------------------------------------------------------ */

#define TL_METRO2_TOTALS                                                                           \
    ((uint32_t)(TL_METRO2_TRAILER_RESERVED2 - TL_METRO2_TRAILER_TOTAL_BASE_RECORDS))

/* What a trailer counts, by its field.  All zero at the start. */
struct tl_metro2_totals {
    uint64_t by_field[TL_METRO2_TOTALS];
};
/* Every record is counted, header and trailer too: they are blocks. */
void tl_metro2_count(struct tl_metro2_totals *totals, const struct tl_metro2_record *record);
/* tl_metro2_trailer makes the trailer of everything counted; it counts itself. */
void tl_metro2_trailer(struct tl_metro2_record *record, struct tl_metro2_totals *totals,
                       enum tl_metro2_form form);

/* ---- checking ---------------------------------------------------------- */

enum tl_metro2_rule {
#define X(rule, id, text) TL_METRO2_RULE_##rule,
    TL_METRO2_RULE_TABLE(X)
#undef X
        TL_METRO2_RULE_COUNT
};
const char *tl_metro2_rule_id(enum tl_metro2_rule rule);
const char *tl_metro2_rule_text(enum tl_metro2_rule rule);

struct tl_metro2_finding {
    uint64_t number; /* line or record */
    enum tl_metro2_kind segment;
    enum tl_metro2_field field; /* TL_METRO2_FIELD_COUNT: the whole record */
    enum tl_metro2_rule rule;
    struct tl_bytes found; /* borrowed for the call; empty for a person's data */
};
typedef void tl_metro2_report(void *context, const struct tl_metro2_finding *finding);

struct tl_metro2_check {
    tl_metro2_report *report;
    void *context;
    uint64_t findings;
    uint64_t records;     /* seen, unreadable ones too */
    uint64_t last_number; /* of the record seen last */
    bool ended;           /* a trailer was seen */
    int32_t created_on;   /* from the header */
    struct tl_metro2_totals totals;
};

/* A file is checked record by record, in order; findings go to `report`. */
void tl_metro2_check_init(struct tl_metro2_check *check, tl_metro2_report *report, void *context);
void tl_metro2_check_record(struct tl_metro2_check *check, const struct tl_metro2_record *record);
void tl_metro2_check_unreadable(struct tl_metro2_check *check, uint64_t number);
void tl_metro2_check_end(struct tl_metro2_check *check);

/* What the next cycle is compared with. */
#define TL_METRO2_KEY_BYTES 50u
struct tl_metro2_summary {
    uint8_t key[TL_METRO2_KEY_BYTES];  /* identification and account number */
    uint8_t next[TL_METRO2_KEY_BYTES]; /* the same after an L1 change */
    uint8_t status[2];
    uint8_t rating;
    uint8_t portfolio;
    uint8_t account_type[2];
    uint8_t indicator[2];  /* consumer information */
    uint8_t compliance[2]; /* condition code */
    uint8_t php[TL_METRO2_PHP_MONTHS];
    bool owes;
    int32_t dofd;
    int32_t reported_on; /* date of account information */
    uint64_t number;
};
/* False: no base record, or its dates cannot be read. */
TL_MUST_USE bool tl_metro2_summarize(const struct tl_metro2_record *record,
                                     struct tl_metro2_summary *summary);
/* tl_metro2_check_cycle compares an account with its last cycle. */
void tl_metro2_check_cycle(struct tl_metro2_check *check, const struct tl_metro2_summary *before,
                           const struct tl_metro2_summary *now);
void tl_metro2_check_twice(struct tl_metro2_check *check, const struct tl_metro2_summary *now);

/* Small tables others need.  A day count below 0 is current. */
struct tl_metro2_lateness {
    char status[3];
    char code; /* of the payment history and the payment rating */
};
struct tl_metro2_lateness tl_metro2_lateness(int64_t days_past_due);
/* What a month of this status looks like in the history; 0: nothing follows. */
char tl_metro2_history_code(const struct tl_metro2_summary *month);
/* True for statuses that carry a date of first delinquency (with rating for 05, 13). */
bool tl_metro2_needs_dofd(const uint8_t status[2], uint8_t rating);
bool tl_metro2_is_collector(const uint8_t account_type[2]);

/* ---- from the ledger --------------------------------------------------- */

/* What the ledger does not know about an account and its furnisher. */
struct tl_metro2_profile {
    struct tl_bytes identification; /* 5 to 20 characters */
    struct tl_bytes account;        /* consumer account number, up to 30 */
    struct tl_bytes account_type;   /* "48" agency, "0C" debt buyer, ... */
    struct tl_bytes portfolio;      /* one of C I M O R */
    struct tl_bytes terms;          /* duration, 3 characters; empty: "001" */
    bool fill_history;              /* collectors: B instead of blanks */
};

/* tl_metro2_from_case fills a base segment with what the case says on a day.
 * `before` is what was last reported, or NULL the first time.  Names, numbers
 * and addresses of people stay blank: they are in the furnisher's vault.
 * Dollars are cut, never rounded.  TL_ERR_REFUSED: this account is not reported
 * (a furnisher with no obligation to it now, a block, an obsolete debt, a
 * currency other than the dollar).  TL_ERR_RANGE: the profile or an amount does
 * not fit.  The segment is complete on TL_OK only. */
TL_MUST_USE enum tl_status tl_metro2_from_case(uint8_t base[TL_METRO2_MAIN_BYTES],
                                               const struct tl_case *c,
                                               const struct tl_metro2_profile *profile,
                                               const struct tl_metro2_summary *before,
                                               int32_t today);
/* When the account became 30 days late in the run that led here: the day the
 * oldest unpaid demand was due, which the case keeps as commenced_on, and 30
 * days.  Never later than last reported while that run lasts; after the account
 * was reported current a new run begins with the demand that is unpaid now. */
int32_t tl_metro2_dofd(const struct tl_case *c, const struct tl_metro2_summary *before);

#endif
