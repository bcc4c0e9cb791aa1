/* Every exit code there is.  Which status ends with which code: tl/status.def; a
 * test holds the two and docs/OPERATING.md together. */
#include "exit_codes.h"

const struct tl_exit_code tl_exit_codes[] = {
    {0, "success"},
    {2, "wrong usage, or a stated limit would be exceeded"},
    {3, "no such record"},
    {4, "what was read does not verify"},
    {5, "the key does not have the right"},
    {6, "refused by the contract, or already recorded"},
    {7, "the node's queue is full, try again"},
    {8, "some rows were rejected"},
    {10, "out of memory"},
    {11, "storage failed or is damaged"},
    {12, "no answer from the node, or no quorum, in time"},
    {13, "a file or device failed"},
    {14, "signing would contradict the journal"},
    {20, "alarm: a ledger was rolled back"},
    {21, "alarm: two ledgers contradict each other"},
    {22, "alarm: what the rules give differs from what is recorded"},
    {23, "alarm: a promise of inclusion was broken"},
};
const size_t tl_exit_code_count = sizeof tl_exit_codes / sizeof tl_exit_codes[0];

void tl_exit_codes_print(FILE *to)
{
    (void)fputs("\nexit codes\n", to);
    for (size_t i = 0; i < tl_exit_code_count; i++)
        (void)fprintf(to, "  %-4d %s\n", tl_exit_codes[i].code, tl_exit_codes[i].meaning);
}
