/* metro2_rig.h -- whole files read, checked and written again in memory. */
#ifndef TL_TEST_METRO2_RIG_H
#define TL_TEST_METRO2_RIG_H

#include "tl/metro2.h"

#define SEEN_MAX 256u

/* What became of a file. */
struct seen {
    enum tl_status status; /* TL_OK, or why it could not be read to its end */
    uint64_t records;
    uint64_t unreadable;
    uint64_t of_rule[TL_METRO2_RULE_COUNT];
    uint32_t count;
    struct {
        uint64_t number;
        enum tl_metro2_field field;
        enum tl_metro2_rule rule;
    } finding[SEEN_MAX];
    uint8_t *back; /* the file written again; free() it */
    size_t back_len;
};

/* Reads with windows of `step` bytes (0: all at once). */
struct seen see(struct tl_bytes file, size_t step);
void seen_free(struct seen *seen);
bool seen_has(const struct seen *seen, uint64_t number, enum tl_metro2_rule rule,
              enum tl_metro2_field field);
/* A shared sample; skips the test when it is absent. */
struct tl_bytes sample(const char *path);

#endif
