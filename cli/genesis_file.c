#include "genesis_file.h"

#include "say.h"

enum tl_status tl_genesis_file_load(struct tl_genesis_file *file, const char *path)
{
    struct tl_why why = {""};
    const char *rule = "";
    struct tl_bytes bytes;
    enum tl_status status;

    *file = (struct tl_genesis_file){0};
    if (path == NULL) {
        (void)tl_fail(TL_ERR_USAGE, "give --genesis FILE or set TALLY_GENESIS",
                      "there is no genesis file to go by");
        return TL_ERR_USAGE;
    }
    status = tl_file_read(path, TL_GENESIS_BYTES_MAX, &file->bytes, &why);
    if (status != TL_OK) {
        (void)tl_fail(status, NULL, "cannot read genesis file '%s': %s", path, why.text);
        return status;
    }
    bytes = tl_bytes(file->bytes.text, file->bytes.len);
    status = tl_genesis_decode(&file->genesis, bytes, &rule);
    if (status != TL_OK) {
        (void)tl_fail(status, NULL, "cannot use genesis file '%s': %s", path, rule);
        tl_genesis_file_free(file);
        return status;
    }
    tl_genesis_chain_id(&file->chain_id, bytes);
    return TL_OK;
}

void tl_genesis_file_free(struct tl_genesis_file *file)
{
    tl_file_bytes_free(&file->bytes);
    *file = (struct tl_genesis_file){0};
}

int tl_genesis_find(const struct tl_genesis *genesis, struct tl_bytes id, struct tl_member *out)
{
    for (uint32_t i = 0; tl_genesis_member(genesis, i, out); i++)
        if (tl_bytes_eq(out->id, id))
            return (int)i;
    return -1;
}
