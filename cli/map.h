/* map.h -- how rows of a CSV become entries: a mapping file, read and held.
 *
 * A mapping is YAML (docs/MAPPING.md).  It says where case, date and reference
 * of a row are, which column tells what happened, and for each such event which
 * entries it makes and where their body fields come from.  Fields are those of
 * the record tables in entry.h, by name; the mapping knows no entry type by
 * itself, so a new type needs no new code here.
 *
 * A value is a text with {column} in it, read the way its field wants: money,
 * date, word, number, commitment.  A row that cannot be read is refused whole,
 * with the column and the reason.
 *
 * One thread per map.  Ownership: tl_map_free. */
#ifndef TL_MAP_H
#define TL_MAP_H

#include "tl/entry.h"
#include "tl/vault_record.h"
#include "tl/why.h"
#include "tl/yaml.h"

#include "csv_rows.h"
#include "decimal.h"

#define TL_MAP_PARTS_MAX  8u
#define TL_MAP_FIELDS_MAX 16u
#define TL_MAP_WHEN_MAX   4u
#define TL_MAP_VAULT_MAX  32u

/* A piece of a text: a column's value, or (column < 0) a literal. */
struct tl_map_part {
    struct tl_bytes literal;
    struct tl_bytes name; /* of the column */
    int column;
};

/* Where a value comes from and how it is read. */
struct tl_map_value {
    struct tl_map_part part[TL_MAP_PARTS_MAX];
    uint32_t parts;
    bool has_empty; /* what an empty text stands for */
    struct tl_bytes empty;
    const struct tl_yaml_node *words; /* text -> text, or NULL */
    bool has_otherwise;               /* what a text not in `words` stands for */
    struct tl_bytes otherwise;
    struct tl_decimal_style money;
    const char *date; /* format */
    int32_t plus_days;
    uint32_t line; /* of the mapping, for messages */
};

/* A condition on one column: is one of / is none of / is a number above. */
enum tl_map_test { TL_MAP_IN, TL_MAP_NOT_IN, TL_MAP_ABOVE };
struct tl_map_when {
    int column;
    enum tl_map_test test;
    const struct tl_yaml_node *words; /* scalar or list */
    int64_t above;
};

struct tl_map_field {
    const struct tl_field *field;
    char vault[TL_VAULT_NAME_MAX + 1]; /* free text: it goes there under this name; or empty */
    struct tl_map_value value;
};

struct tl_map_entry {
    const struct tl_type_info *type;
    struct tl_map_when when[TL_MAP_WHEN_MAX];
    uint32_t whens;
    struct tl_map_value ref;
    struct tl_map_value date;
    struct tl_map_field field[TL_MAP_FIELDS_MAX];
    uint32_t fields;
};

/* A field of a person's data: kept in the vault, never on the ledger. */
struct tl_map_vault {
    struct tl_bytes name;
    struct tl_map_value value;
};

struct tl_map_event {
    struct tl_bytes name;
    bool skip; /* known and not wanted: counted, never quarantined */
    struct tl_map_entry *entry;
    uint32_t entries;
};

struct tl_map {
    struct tl_yaml doc;
    char delimiter;
    bool header;
    struct tl_map_value event;
    struct tl_map_value case_from;
    struct tl_map_value date;
    struct tl_map_value ref;
    struct tl_decimal_style money;
    const char *date_format;
    uint8_t *salt;
    size_t salt_len;
    bool close_days;
    bool has_until;
    int32_t until;
    struct tl_map_vault vault[TL_MAP_VAULT_MAX];
    uint32_t vaults;
    const struct tl_yaml_node *not_personal; /* columns, or NULL */
    struct tl_map_event *events;
    uint32_t event_count;
    const struct tl_yaml_node *columns; /* named here when there is no header */
    size_t column_count;
};

/* tl_map_load reads and checks a mapping as far as it can without the CSV. */
TL_MUST_USE enum tl_status tl_map_load(struct tl_map *map, const char *path, struct tl_why *why);
void tl_map_free(struct tl_map *map);

/* tl_map_bind looks every column up in the CSV's header row (NULL: in the
 * mapping's own list).  A column that is not there is an error of the mapping. */
TL_MUST_USE enum tl_status tl_map_bind(struct tl_map *map, const struct tl_csv_row *header,
                                       struct tl_why *why);

/* ---- rows ---- */

/* Takes each entry a row makes, in order.  `bytes` are borrowed. */
struct tl_map_made {
    const struct tl_type_info *type;
    struct tl_id case_id;
    int32_t date;
    struct tl_bytes ref;
    struct tl_bytes bytes; /* the encoded entry */
};
#define TL_MAP_MADE_MAX  8u
#define TL_MAP_TEXTS_MAX (TL_MAP_VAULT_MAX + TL_MAP_MADE_MAX)
struct tl_map_result {
    struct tl_map_made made[TL_MAP_MADE_MAX];
    uint32_t count;
    struct tl_vault_text text_of[TL_MAP_TEXTS_MAX]; /* for the vault of that case */
    uint32_t texts;
    struct tl_id case_id;
    bool skipped;
    const char *column; /* of a refused row */
    struct tl_why why;
    struct tl_buf text; /* memory of the call */
};

/* tl_map_row makes a row's entries; result->text is the caller's buffer
 * (TL_MAP_TEXT_BYTES), everything in the result borrows from it.
 * TL_ERR_ENCODING or TL_ERR_RANGE: refused, see column and why. */
#define TL_MAP_TEXT_BYTES (256u * 1024u)
TL_MUST_USE enum tl_status tl_map_row(const struct tl_map *map, const struct tl_csv_row *row,
                                      struct tl_map_result *result);

/* tl_map_case_id derives a case's id: SHA-256 over salt and source value under
 * "tallystick/import-case/v1", cut to 16 bytes. */
void tl_map_case_id(struct tl_id *out, const struct tl_map *map, struct tl_bytes source);

#endif
