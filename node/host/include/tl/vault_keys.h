/* tl/vault_keys.h -- the data keys of a vault, apart from what they open.
 *
 * Everything that must be destroyed to erase a person lies here and nowhere else:
 * slots of 128 bytes in one file, kept in two directories (on two disks, or one of
 * them where backups of the machine go).  Blobs may be copied anywhere; this file
 * must not be: a copy of it is a copy of what erasure has to reach.  So the
 * second directory is the key store's only backup, and it is written by the node
 * itself.
 *
 *   slot = generation u32be, state u8, 3 zero bytes, acknowledged u32be,
 *          case id, mark (first 16 bytes of the commitment), sealed key 80,
 *          first 4 bytes of SHA-256 over all that
 *
 * A slot is written to both copies in place.  After a crash the higher generation
 * wins and is copied to the other, so that a key once destroyed in one copy is
 * destroyed in both before anything is served.  Destroying overwrites the key
 * with zeros, syncs both, and reads them back.  (What a disk keeps of overwritten
 * sectors it keeps sealed to the member's vault key: docs/THREATS.md.)
 *
 * Keys are sealed to the member's own vault key.  Not thread safe, except
 * tl_vault_keys_at. */
#ifndef TL_VAULT_KEYS_H
#define TL_VAULT_KEYS_H

#include "tl/file.h"
#include "tl/vault_box.h"

#define TL_VAULT_MARK_BYTES 16u

struct tl_vault_keys;

/* What a slot says beside the key.  `acked` has a bit for each member that
 * acknowledged the blob. */
struct tl_vault_slot {
    struct tl_id case_id;
    uint8_t mark[TL_VAULT_MARK_BYTES];
    uint32_t acked;
};

/* tl_vault_keys_open makes or reads both copies and heals one from the other. */
TL_MUST_USE enum tl_status tl_vault_keys_open(struct tl_vault_keys **out, const char *dir_a,
                                              const char *dir_b, struct tl_why *why);
void tl_vault_keys_close(struct tl_vault_keys *keys);

/* tl_vault_keys_put adds a slot, or replaces the one of that case and mark.
 * Durable after tl_vault_keys_sync. */
TL_MUST_USE enum tl_status tl_vault_keys_put(struct tl_vault_keys *keys,
                                             const struct tl_vault_slot *slot,
                                             const uint8_t sealed[TL_VAULT_SEALED_BYTES]);
/* tl_vault_keys_get: TL_ERR_NOT_FOUND, TL_ERR_CORRUPT. */
TL_MUST_USE enum tl_status tl_vault_keys_get(struct tl_vault_keys *keys, const struct tl_id *id,
                                             const uint8_t mark[TL_VAULT_MARK_BYTES],
                                             uint8_t sealed[TL_VAULT_SEALED_BYTES]);
/* tl_vault_keys_ack notes that a member has the blob; a crash may forget it. */
TL_MUST_USE enum tl_status tl_vault_keys_ack(struct tl_vault_keys *keys, const struct tl_id *id,
                                             const uint8_t mark[TL_VAULT_MARK_BYTES],
                                             uint32_t member);
/* tl_vault_keys_destroy overwrites one key in both copies, syncs them and reads
 * them back.  TL_ERR_NOT_FOUND: there is none. */
TL_MUST_USE enum tl_status tl_vault_keys_destroy(struct tl_vault_keys *keys, const struct tl_id *id,
                                                 const uint8_t mark[TL_VAULT_MARK_BYTES]);
TL_MUST_USE enum tl_status tl_vault_keys_sync(struct tl_vault_keys *keys);

/* tl_vault_keys_find lists the keys of one case: the `nth`, from 0.  False: no
 * more. */
TL_MUST_USE bool tl_vault_keys_find(struct tl_vault_keys *keys, const struct tl_id *id,
                                    uint32_t nth, struct tl_vault_slot *out);
/* tl_vault_keys_at is for the sweep of another thread: the first live slot at or
 * after *at, which moves behind it.  False: that was the last. */
TL_MUST_USE bool tl_vault_keys_at(struct tl_vault_keys *keys, uint32_t *at,
                                  struct tl_vault_slot *out);
size_t tl_vault_keys_count(struct tl_vault_keys *keys);

#endif
