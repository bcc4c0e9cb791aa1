/* vectors.h -- golden vectors: reading what others published.
 *
 * Vectors lie outside the project (shared.h); a test whose file is absent skips
 * itself.  Test code: allocates, and fails by cmocka's assertions. */
#ifndef TL_TEST_VECTORS_H
#define TL_TEST_VECTORS_H

#include "tl/bytes.h"

#include <jansson.h>

/* A shared JSON file, or NULL when it is absent or no JSON; json_decref it. */
json_t *vector_load(const char *path);
/* Calls `visit` for every *.json file below a shared folder, in any depth;
 * gives how many there were. */
typedef void vector_visit(const char *name, const json_t *vector);
size_t vector_each(const char *folder, vector_visit *visit);
const char *vector_text(const json_t *vector, const char *key);
uint64_t vector_uint(const json_t *vector, const char *key);
/* Decodes standard base64, loosely: the strict reader is under test;
 * gives the length, at most `cap`. */
size_t vector_base64(uint8_t *out, size_t cap, const char *text);

#endif
