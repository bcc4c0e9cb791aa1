/* store_dump DIR -- every key and value of a ledger's store, as it was put in.
 *
 * What lies in the files of a store may be compressed, in blocks that no search
 * of the files sees into; a scan for personal data reads this as well. */
#include "tl/store_rocksdb.h"

#include <stdio.h>

static bool visit(void *context, struct tl_bytes key, struct tl_bytes value)
{
    FILE *out = context;

    return fwrite(key.ptr, 1, key.len, out) == key.len && fputc('\n', out) != EOF &&
           fwrite(value.ptr, 1, value.len, out) == value.len && fputc('\n', out) != EOF;
}

int main(int argc, char **argv)
{
    static const uint8_t first = 0;
    static const uint8_t last[2] = {0xff, 0xff};
    struct tl_store *store;
    struct tl_why why = {""};

    if (argc != 2)
        return 2;
    if (tl_store_rocksdb_open(&store, argv[1], TL_STORE_READ_ONLY, &why) != TL_OK) {
        (void)fprintf(stderr, "store_dump: %s\n", why.text);
        return 1;
    }
    if (tl_store_scan(store, tl_bytes(&first, 1), tl_bytes(last, sizeof last), visit, stdout) !=
        TL_OK)
        return 1;
    tl_store_rocksdb_close(store);
    return fflush(stdout) == 0 ? 0 : 1;
}
