/* exit_codes.h -- what a program or script learns from how a command ended.
 *
 * Each code once, with its meaning, ascending. */
#ifndef TL_EXIT_CODES_H
#define TL_EXIT_CODES_H

#include <stddef.h>
#include <stdio.h>

struct tl_exit_code {
    int code;
    const char *meaning;
};
extern const struct tl_exit_code tl_exit_codes[];
extern const size_t tl_exit_code_count;

/* tl_exit_codes_print writes a line for each code: part of every --help. */
void tl_exit_codes_print(FILE *to);

#endif
