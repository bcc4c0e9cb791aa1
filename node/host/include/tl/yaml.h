/* tl/yaml.h -- a YAML document as a read-only tree that knows where it stood.
 *
 * Configuration, mappings and policies are written by people, so the tree keeps
 * the line and column of every node and of every key; messages name them.  And
 * they decide about money, so YAML's surprises are off: a scalar is the text
 * that was written, never guessed to be a number, a date or a boolean ("no" and
 * "1e3" stay words; tl_yaml_int and its sisters read on demand).  Refused:
 * anchors and aliases, tags, a key twice in one map, a key that is not a scalar,
 * a second document, invalid UTF-8, and anything beyond the bounds below.
 *
 * Ownership: tl_yaml_free frees the whole tree; every node and text borrows from
 * it.  The source text may go away after parsing.  One thread per tree.
 * Failure: TL_ERR_ENCODING (not the YAML we read), TL_ERR_LIMIT,
 * TL_ERR_NO_MEMORY; the sentence begins "name:line:column: ". */
#ifndef TL_YAML_H
#define TL_YAML_H

#include "tl/bytes.h"
#include "tl/why.h"

#define TL_YAML_BYTES_MAX (1u << 20)
#define TL_YAML_NODES_MAX 65536u
#define TL_YAML_DEPTH_MAX 16u

enum tl_yaml_kind { TL_YAML_SCALAR, TL_YAML_LIST, TL_YAML_MAP };

struct tl_yaml_node {
    enum tl_yaml_kind kind;
    bool quoted;         /* a scalar in quotes or a block scalar */
    uint32_t line;       /* of the value, from 1 */
    uint32_t column;     /* from 1 */
    struct tl_bytes key; /* inside a map: its key */
    uint32_t key_line;
    uint32_t key_column;
    struct tl_bytes text; /* of a scalar; zero terminated behind its last byte */
    uint32_t count;       /* children */
    const struct tl_yaml_node *first;
    const struct tl_yaml_node *next; /* sibling */
};

struct tl_yaml {
    const char *name; /* of the file, for messages */
    const struct tl_yaml_node *root;
    void *memory;
};

/* tl_yaml_parse reads one document.  `name` is copied. */
TL_MUST_USE enum tl_status tl_yaml_parse(struct tl_yaml *doc, const char *name,
                                         struct tl_bytes text, struct tl_why *why);
/* tl_yaml_load reads and parses a file. */
TL_MUST_USE enum tl_status tl_yaml_load(struct tl_yaml *doc, const char *path, struct tl_why *why);
void tl_yaml_free(struct tl_yaml *doc);

/* tl_yaml_get finds a key in a map; NULL when it is not there. */
const struct tl_yaml_node *tl_yaml_get(const struct tl_yaml_node *map, const char *key);

/* Reading with reasons: each sets *why to "name:line:column: ..." and returns
 * TL_ERR_ENCODING (wrong kind or form) or TL_ERR_RANGE when the node is not what
 * is asked for.  `what` says in the message what was wanted. */
TL_MUST_USE enum tl_status tl_yaml_int(const struct tl_yaml *doc, const struct tl_yaml_node *node,
                                       int64_t min, int64_t max, int64_t *out, struct tl_why *why);
/* tl_yaml_bool takes true and false, nothing else. */
TL_MUST_USE enum tl_status tl_yaml_bool(const struct tl_yaml *doc, const struct tl_yaml_node *node,
                                        bool *out, struct tl_why *why);
/* tl_yaml_str gives a scalar's text of 1 to `max` bytes. */
TL_MUST_USE enum tl_status tl_yaml_str(const struct tl_yaml *doc, const struct tl_yaml_node *node,
                                       size_t max, struct tl_bytes *out, struct tl_why *why);
TL_MUST_USE enum tl_status tl_yaml_kind_is(const struct tl_yaml *doc,
                                           const struct tl_yaml_node *node, enum tl_yaml_kind kind,
                                           struct tl_why *why);
/* tl_yaml_need is tl_yaml_get that says which key is missing from which map. */
TL_MUST_USE enum tl_status tl_yaml_need(const struct tl_yaml *doc, const struct tl_yaml_node *map,
                                        const char *key, const struct tl_yaml_node **out,
                                        struct tl_why *why);
/* tl_yaml_only refuses a key that is not among the NULL-ended `keys`, and lists
 * those that are allowed. */
TL_MUST_USE enum tl_status tl_yaml_only(const struct tl_yaml *doc, const struct tl_yaml_node *map,
                                        const char *const keys[], struct tl_why *why);
/* tl_yaml_fail writes "name:line:column: " and the sentence; returns `status`. */
enum tl_status tl_yaml_fail(const struct tl_yaml *doc, const struct tl_yaml_node *node,
                            enum tl_status status, struct tl_why *why, const char *format, ...)
    TL_PRINTF(5, 6);

#endif
