/* raw_store.c -- the limit to compare with: RocksDB synced batches and nothing else.
 *
 * Usage: raw_store DIR ENTRY_BYTES BATCH SECONDS
 * Prints one JSON object: entries per second of batches of BATCH entries of
 * ENTRY_BYTES bytes under sequential keys, each batch synced. */
#include "tl/bytes.h"
#include "tl/clock.h"

#include <rocksdb/c.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define ENTRY_MAX 65536u

static void fail(const char *what)
{
    fprintf(stderr, "raw_store: %s\n", what);
    exit(1);
}

static rocksdb_t *open_store(const char *dir)
{
    rocksdb_options_t *options = rocksdb_options_create();
    char *error = NULL;
    rocksdb_t *db;

    rocksdb_options_set_create_if_missing(options, 1);
    db = rocksdb_open(options, dir, &error);
    if (error != NULL)
        fail(error);
    rocksdb_options_destroy(options);
    return db;
}

struct load {
    size_t entry_bytes;
    size_t batch;
    uint64_t next; /* key */
    char value[ENTRY_MAX];
};

static void put_batch(rocksdb_t *db, const rocksdb_writeoptions_t *sync, struct load *load)
{
    rocksdb_writebatch_t *batch = rocksdb_writebatch_create();
    char *error = NULL;
    uint8_t key[8];

    for (size_t i = 0; i < load->batch; i++) {
        tl_put_u64be(key, load->next++);
        memcpy(load->value, key, sizeof key);
        rocksdb_writebatch_put(batch, (const char *)key, sizeof key, load->value,
                               load->entry_bytes);
    }
    rocksdb_write(db, sync, batch, &error);
    if (error != NULL)
        fail(error);
    rocksdb_writebatch_destroy(batch);
}

int main(int argc, char **argv)
{
    static struct load load;
    rocksdb_writeoptions_t *sync = rocksdb_writeoptions_create();
    uint64_t began_us, us, limit_us;
    rocksdb_t *db;

    if (argc != 5)
        fail("usage: raw_store DIR ENTRY_BYTES BATCH SECONDS");
    load.entry_bytes = strtoul(argv[2], NULL, 10);
    load.batch = strtoul(argv[3], NULL, 10);
    limit_us = strtoul(argv[4], NULL, 10) * 1000000u;
    if (load.entry_bytes < 8 || load.entry_bytes > ENTRY_MAX || load.batch == 0)
        fail("ENTRY_BYTES is 8 to 65536, BATCH at least 1");
    memset(load.value, 0x5a, sizeof load.value);
    db = open_store(argv[1]);
    rocksdb_writeoptions_set_sync(sync, 1);
    began_us = tl_clock_mono_us();
    do
        put_batch(db, sync, &load);
    while ((us = tl_clock_mono_us() - began_us) < limit_us);
    printf("{\"entries\": %llu, \"seconds\": %.3f, \"rate\": %.0f}\n",
           (unsigned long long)load.next, (double)us / 1e6, (double)load.next * 1e6 / (double)us);
    rocksdb_writeoptions_destroy(sync);
    rocksdb_close(db);
    return 0;
}
