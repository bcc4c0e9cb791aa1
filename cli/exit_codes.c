/* The table of exit codes, expanded. */
#include "exit_codes.h"

#include "tl/status.def"

const struct tl_exit_code tl_exit_codes[] = {
#define X(code, meaning) {code, meaning},
    TL_EXIT_TABLE(X)
#undef X
};
const size_t tl_exit_code_count = sizeof tl_exit_codes / sizeof tl_exit_codes[0];

void tl_exit_codes_print(FILE *to)
{
    (void)fputs("\nexit codes\n", to);
    for (size_t i = 0; i < tl_exit_code_count; i++)
        (void)fprintf(to, "  %-4d %s\n", tl_exit_codes[i].code, tl_exit_codes[i].meaning);
}
