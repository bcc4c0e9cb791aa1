/* Epochs of a history: each changes one member's consensus key and a limit, and
 * every machine finds the key its epoch names, as a real one finds it on disk. */
#include "sim.h"

#include "tl/check.h"
#include "tl/epoch.h"
#include "tl/hash.h"

#include <stdio.h>
#include <string.h>

/* The last epoch up to `epoch` that gave the member a new key; 0: none did. */
static uint64_t changed_in(const struct sim *sim, uint32_t member, uint64_t epoch)
{
    for (; epoch > 0; epoch--) {
        if ((epoch - 1) % sim->options.members == member)
            break;
    }
    return epoch;
}

const struct tl_seckey *sim_consensus_key(struct sim *sim, uint32_t member, uint64_t epoch)
{
    static struct tl_seckey key;
    uint64_t changed = changed_in(sim, member, epoch);
    struct tl_pubkey pub;
    struct tl_hash seed;
    char text[48];

    if (changed == 0)
        return &sim->consortium.consensus[member];
    (void)snprintf(text, sizeof text, "key %u of epoch %llu", member, (unsigned long long)changed);
    tl_hash_plain(&seed, tl_bytes_str(text));
    tl_keypair(&pub, &key, seed.b);
    return &key;
}

void sim_draft(struct sim *sim, struct consortium_draft *draft)
{
    consortium_draft(draft, &sim->consortium, sim->options.members);
    draft->genesis.quorum = (uint8_t)sim->options.quorum;
    draft->genesis.accept_weak_quorum = true;
    draft->genesis.delta_ms = sim->options.delta_ms;
    draft->genesis.created_ms = EPOCH_MS;
}

struct tl_bytes sim_plan(struct sim *sim, uint64_t epoch, struct tl_hash *hash)
{
    static struct consortium_draft draft;
    static uint8_t config[TL_EPOCH_PLAN_MAX];
    static uint8_t bytes[TL_EPOCH_PLAN_MAX];
    struct tl_buf out = tl_buf(bytes, sizeof bytes);
    struct tl_epoch_plan plan = {.number = epoch, .from_height = 2 * epoch};

    sim_draft(sim, &draft);
    draft.genesis.drift_ms += (uint32_t)epoch;
    for (uint32_t m = 0; m < sim->options.members; m++)
        memcpy(draft.member[m].consensus_key.b, sim_consensus_key(sim, m, epoch)->b + TL_SEED_BYTES,
               TL_PUBKEY_BYTES);
    plan.config = consortium_write(&draft, config, sizeof config);
    tl_record_write(&tl_epoch_plan_record, &plan, &out);
    TL_CHECK(!out.full);
    tl_epoch_plan_hash(hash, tl_buf_bytes(&out));
    return tl_buf_bytes(&out);
}
