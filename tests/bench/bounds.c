/* bounds.c -- what this machine allows, measured with the product's own rules.
 *
 * Usage: bounds DIR MILLISECONDS
 * Prints one JSON object: the median wait for one synced overwrite of 4 KiB in a
 * file of DIR, Ed25519 verifications and signatures per second on one core under
 * the acceptance rule of sign.h, and SHA-256 in MB/s over 256 bytes and 64 KiB. */
#include "tl/clock.h"
#include "tl/file.h"
#include "tl/hash.h"
#include "tl/sign.h"

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define BLOCK       4096u
#define FILE_BLOCKS 64u
#define SYNCS       200u

static uint64_t limit_us;

static void fail(const char *what)
{
    fprintf(stderr, "bounds: %s\n", what);
    exit(1);
}

static int by_size(const void *a, const void *b)
{
    const uint64_t *x = a, *y = b;

    return *x < *y ? -1 : *x > *y;
}

static uint64_t sync_us(const char *dir)
{
    static uint8_t block[BLOCK];
    static uint64_t took_us[SYNCS];
    char path[TL_PATH_MAX];
    int fd;

    if (!tl_path_join(path, sizeof path, dir, "sync.bench"))
        fail("DIR is too long");
    fd = open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0600);
    if (fd < 0)
        fail("cannot create a file in DIR");
    for (size_t i = 0; i < FILE_BLOCKS; i++) {
        if (pwrite(fd, block, BLOCK, (off_t)(i * BLOCK)) != BLOCK)
            fail("cannot write");
    }
    (void)fsync(fd);
    for (size_t i = 0; i < SYNCS; i++) {
        uint64_t began_us = tl_clock_mono_us();

        if (pwrite(fd, block, BLOCK, (off_t)(i % FILE_BLOCKS * BLOCK)) != BLOCK ||
            fdatasync(fd) != 0)
            fail("cannot sync");
        took_us[i] = tl_clock_mono_us() - began_us;
    }
    (void)close(fd);
    qsort(took_us, SYNCS, sizeof took_us[0], by_size);
    return took_us[SYNCS / 2];
}

static double signs_per_second(bool verify)
{
    static const uint8_t seed[TL_SEED_BYTES] = {1};
    struct tl_bytes message = tl_bytes_str("a vote is about a hundred bytes: domain, chain, kind, "
                                           "epoch, view and the hash of a block, no more");
    uint64_t began_us = tl_clock_mono_us();
    uint64_t us, count = 0;
    struct tl_pubkey pub;
    struct tl_seckey sec;
    struct tl_sig sig;

    tl_keypair(&pub, &sec, seed);
    tl_sign(&sig, message, &sec);
    do {
        if (verify && tl_sig_verify(&sig, message, &pub) != TL_OK)
            fail("a good signature is refused");
        if (!verify)
            tl_sign(&sig, message, &sec);
        count++;
    } while ((us = tl_clock_mono_us() - began_us) < limit_us);
    return (double)count * 1e6 / (double)us;
}

static double hash_mb_per_second(size_t len)
{
    static uint8_t bytes[65536];
    uint64_t began_us = tl_clock_mono_us();
    uint64_t us, count = 0;
    struct tl_hash hash;

    do {
        tl_hash_plain(&hash, tl_bytes(bytes, len));
        bytes[count++ % len] ^= hash.b[0];
    } while ((us = tl_clock_mono_us() - began_us) < limit_us);
    return (double)count * (double)len / (double)us;
}

int main(int argc, char **argv)
{
    if (argc != 3)
        fail("usage: bounds DIR MILLISECONDS");
    limit_us = strtoul(argv[2], NULL, 10) * 1000u;
    printf("{\"sync_us\": %llu, \"verify_per_s\": %.0f, \"sign_per_s\": %.0f, "
           "\"sha256_256_mb_s\": %.0f, \"sha256_64k_mb_s\": %.0f}\n",
           (unsigned long long)sync_us(argv[1]), signs_per_second(true), signs_per_second(false),
           hash_mb_per_second(256), hash_mb_per_second(sizeof(uint8_t[65536])));
    return 0;
}
