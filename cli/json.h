/* json.h -- one tree of values for everything tally prints or reads as JSON.
 *
 * The only door to jansson.  A command builds its answer once as such a tree;
 * out.h renders it as a table, CSV or JSON, so the three never disagree.
 * tl_json_set and tl_json_add take what they are given; other values are
 * copied.  Running out of memory ends the program.  One thread per tree. */
#ifndef TL_JSON_H
#define TL_JSON_H

#include "tl/bytes.h"

#include <stdint.h>
#include <stdio.h>

struct tl_json;

struct tl_json *tl_json_object(void);
struct tl_json *tl_json_array(void);
struct tl_json *tl_json_str(const char *text);
struct tl_json *tl_json_text(struct tl_bytes text);
struct tl_json *tl_json_int(int64_t value);
struct tl_json *tl_json_bool(bool value);
struct tl_json *tl_json_hex(struct tl_bytes bytes);
void tl_json_free(struct tl_json *value);
/* tl_json_keep shares a value: it ends when both holders have freed it. */
struct tl_json *tl_json_keep(const struct tl_json *value);

/* NULL sets nothing. */
void tl_json_set(struct tl_json *object, const char *key, struct tl_json *take);
void tl_json_set_str(struct tl_json *object, const char *key, const char *text);
void tl_json_set_int(struct tl_json *object, const char *key, int64_t value);
void tl_json_add(struct tl_json *array, struct tl_json *take);

/* Reading: every getter accepts NULL and values of another kind. */
const struct tl_json *tl_json_get(const struct tl_json *object, const char *key);
const char *tl_json_chars(const struct tl_json *value); /* NULL: no string */
bool tl_json_number(const struct tl_json *value, int64_t *out);
bool tl_json_truth(const struct tl_json *value, bool *out);
bool tl_json_is_object(const struct tl_json *value);
bool tl_json_is_array(const struct tl_json *value);
size_t tl_json_count(const struct tl_json *array);
const struct tl_json *tl_json_at(const struct tl_json *array, size_t index);
/* tl_json_each visits an object's members in the order they were set. */
typedef void tl_json_visit(void *context, const char *key, const struct tl_json *value);
void tl_json_each(const struct tl_json *object, tl_json_visit *visit, void *context);

/* tl_json_parse reads a text; NULL with a reason in `why` when it is not JSON. */
struct tl_json *tl_json_parse(struct tl_bytes text, char *why, size_t why_len);
/* tl_json_print writes indented JSON and a newline; _line on one line. */
void tl_json_print(const struct tl_json *value, FILE *to);
void tl_json_print_line(const struct tl_json *value, FILE *to);

#endif
