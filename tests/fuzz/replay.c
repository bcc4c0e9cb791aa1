/* replay.c -- runs a fuzz target without a fuzzer: every file named on the
 * command line, then seeded inputs and mutations of them.
 *
 *   replay_NAME [FILE...]        run
 *   replay_NAME --write DIR      write a starting corpus for the fuzzer */
#include "fuzz.h"

#include "shared.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define SEEDS     400u
#define MUTATIONS 20u
#define CORPUS    64u

static uint8_t input[FUZZ_BYTES_MAX];

/* One of: a changed byte, a changed bit, a shorter input, a repeated piece. */
static size_t mutate(struct gen *gen, uint8_t *bytes, size_t len)
{
    size_t at = len == 0 ? 0 : (size_t)gen_below(gen, len);
    size_t piece;

    if (len == 0)
        return 0;
    switch (gen_below(gen, 4)) {
    case 0:
        bytes[at] = (uint8_t)gen_u64(gen);
        return len;
    case 1:
        bytes[at] ^= (uint8_t)(1u << gen_below(gen, 8));
        return len;
    case 2:
        return at;
    default:
        piece = len - at < 16 ? len - at : 16;
        if (len + piece > sizeof input)
            return len;
        memmove(bytes + at + piece, bytes + at, len - at);
        return len + piece;
    }
}

/* A few steps away from a good input, where decoders are tested hardest. */
static void run_near(struct gen *gen, const uint8_t *good, size_t good_len)
{
    size_t len = good_len;

    memcpy(input, good, good_len);
    for (uint64_t steps = 1 + gen_below(gen, 3); steps > 0; steps--)
        len = mutate(gen, input, len);
    (void)LLVMFuzzerTestOneInput(input, len);
}

static void run_seeds(void)
{
    static uint8_t good[FUZZ_BYTES_MAX];
    struct gen gen = gen_seed(1);

    for (uint32_t i = 0; i < SEEDS; i++) {
        size_t len = fuzz_seed(&gen, good, sizeof good);

        (void)LLVMFuzzerTestOneInput(good, len);
        for (uint32_t j = 0; j < MUTATIONS; j++)
            run_near(&gen, good, len);
    }
}

static int run_file(const char *path)
{
    size_t len;
    char *bytes = test_read_file(path, &len);

    if (bytes == NULL) {
        (void)fprintf(stderr, "cannot read \"%s\"\n", path);
        return 1;
    }
    (void)LLVMFuzzerTestOneInput((const uint8_t *)bytes, len);
    free(bytes);
    return 0;
}

static int write_corpus(const char *folder)
{
    struct gen gen = gen_seed(2);

    for (uint32_t i = 0; i < CORPUS; i++) {
        char path[4096];
        size_t len = fuzz_seed(&gen, input, sizeof input);
        FILE *file;
        bool good;

        (void)snprintf(path, sizeof path, "%s/seed-%02u", folder, i);
        file = fopen(path, "wb");
        if (file == NULL) {
            (void)fprintf(stderr, "cannot write \"%s\"\n", path);
            return 1;
        }
        good = fwrite(input, 1, len, file) == len;
        if (fclose(file) != 0 || !good)
            return 1;
    }
    return 0;
}

int main(int argc, char **argv)
{
    int failed = 0;

    if (argc == 3 && strcmp(argv[1], "--write") == 0)
        return write_corpus(argv[2]);
    for (int i = 1; i < argc; i++)
        failed |= run_file(argv[i]);
    run_seeds();
    return failed;
}
