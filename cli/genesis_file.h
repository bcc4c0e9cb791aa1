/* genesis_file.h -- the genesis file a command was told to use, read and held. */
#ifndef TL_GENESIS_FILE_H
#define TL_GENESIS_FILE_H

#include "tl/file.h"
#include "tl/genesis.h"

struct tl_genesis_file {
    struct tl_file_bytes bytes;
    struct tl_genesis genesis; /* borrows from bytes */
    struct tl_hash chain_id;
};

/* tl_genesis_file_load reads and checks the file; says why on failure. */
TL_MUST_USE enum tl_status tl_genesis_file_load(struct tl_genesis_file *file, const char *path);
void tl_genesis_file_free(struct tl_genesis_file *file);
/* tl_genesis_find gives the index of a member by its id, or -1. */
int tl_genesis_find(const struct tl_genesis *genesis, struct tl_bytes id, struct tl_member *out);

#endif
