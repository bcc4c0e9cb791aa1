#include "replica.h"

#include "mem.h"

#include <inttypes.h>

enum tl_status tl_replica_open(struct tl_replica *replica, const struct tl_genesis_file *genesis,
                               struct tl_store *store, struct tl_why *why)
{
    struct tl_contract_config rules = {.genesis = &genesis->genesis};
    struct tl_chain_config config = {.genesis = &genesis->genesis,
                                     .chain_id = genesis->chain_id,
                                     .store = store,
                                     .slots = TL_REPLICA_SLOTS,
                                     .slot_bytes = TL_REPLICA_SLOT_BYTES};
    enum tl_status status;

    *replica = (struct tl_replica){.store = store};
    replica->contract_memory = tl_mem_new(1, tl_contract_bytes());
    replica->contract = tl_contract_init(replica->contract_memory, &rules);
    config.executor = tl_contract_executor(replica->contract);
    replica->chain_memory = tl_mem_new(1, tl_chain_bytes(&config));
    status = tl_chain_open(&replica->chain, replica->chain_memory, &config);
    if (status != TL_OK) {
        tl_replica_close(replica);
        return tl_why_set(why, status, "the ledger cannot be opened: %s", tl_status_text(status));
    }
    return TL_OK;
}

void tl_replica_close(struct tl_replica *replica)
{
    tl_mem_free(replica->chain_memory);
    tl_mem_free(replica->contract_memory);
    *replica = (struct tl_replica){0};
}

static enum tl_status finalize(struct tl_replica *replica, const struct tl_hash *hash,
                               struct tl_bytes cert, struct tl_bytes seal)
{
    struct tl_store_sink sink = tl_store_sink(replica->store);
    enum tl_status status = seal.len > 0
                                ? tl_chain_finalize_sealed(replica->chain, hash, cert, seal, &sink)
                                : tl_chain_finalize(replica->chain, hash, cert, &sink);

    if (status == TL_OK)
        status = tl_store_commit(replica->store, false);
    if (status == TL_OK)
        tl_chain_durable(replica->chain, tl_chain_tip(replica->chain)->height);
    return status;
}

enum tl_status tl_replica_feed(struct tl_replica *replica, struct tl_bytes block,
                               struct tl_bytes cert, struct tl_why *why)
{
    return tl_replica_feed_sealed(replica, block, cert, TL_BYTES_NONE, why);
}

enum tl_status tl_replica_feed_sealed(struct tl_replica *replica, struct tl_bytes block,
                                      struct tl_bytes cert, struct tl_bytes seal,
                                      struct tl_why *why)
{
    struct tl_block parsed;
    struct tl_header header;
    struct tl_hash hash;
    const char *reason = "";
    enum tl_status status = tl_record_decode(&tl_block_record, &parsed, block);

    if (status == TL_OK)
        status = tl_header_decode(&header, parsed.header);
    if (status != TL_OK)
        return tl_why_set(why, status, "a block is not in canonical form");
    tl_header_hash(&hash, parsed.header);
    status = tl_chain_check(replica->chain, block, &reason);
    if (status == TL_OK && cert.len > 0) {
        reason = "it cannot be made final";
        status = finalize(replica, &hash, cert, seal);
    }
    if (status != TL_OK)
        return tl_why_set(why, status, "block %" PRIu64 ": %s", header.height,
                          reason[0] != '\0' ? reason : tl_status_text(status));
    return TL_OK;
}
