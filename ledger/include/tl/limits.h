/* tl/limits.h -- every bound in the system, and why they agree.
 *
 * Sizes are bytes unless the name says otherwise.  What all members must share
 * and a consortium may choose lies in the genesis file (genesis.h) and may only
 * lower these. */
#ifndef TL_LIMITS_H
#define TL_LIMITS_H

#define TL_HASH_BYTES   32u
#define TL_SIG_BYTES    64u
#define TL_PUBKEY_BYTES 32u
#define TL_ID_BYTES     16u

/* Voting members of one consortium; bitmaps of signers are u32. */
#define TL_MEMBERS_MAX 32u
/* Keys (operators, connectors) that may write for one member. */
#define TL_MEMBER_KEYS_MAX   128u
#define TL_MEMBER_ID_MAX     32u
#define TL_ADDRESS_MAX       128u
#define TL_TLS_CERT_MAX      2048u
#define TL_GENESIS_BYTES_MAX (1u << 20)

/* One leaf of the log.  C2SP tlog-tiles bundles entries behind a u16 length. */
#define TL_LEAF_BYTES_MAX 65535u
/* What a leaf adds around an entry: envelope id, position, tags. */
#define TL_LEAF_OVERHEAD_MAX 64u
#define TL_ENTRY_BYTES_MAX   (TL_LEAF_BYTES_MAX - TL_LEAF_OVERHEAD_MAX)
#define TL_EXT_REF_MAX       64u

/* One signature over the Merkle root of so many entries. */
#define TL_ENVELOPE_ENTRIES_MAX 4096u
#define TL_ENVELOPE_BYTES_MAX   (1u << 20)

#define TL_BLOCK_BYTES_MAX     (1u << 20)
#define TL_BLOCK_ENVELOPES_MAX 8192u
/* Entries of one block, and leaves (entries and the decisions they cause). */
#define TL_BLOCK_ENTRIES_MAX 16384u
#define TL_BLOCK_LEAVES_MAX  65536u

/* Due timers run after one calendar entry, and after any other entry while
 * some are left: a day with a million due steps never stalls the chain. */
#define TL_DAY_SLICE_STEPS 4096u

/* Nullified views a proposal may have to justify skipping. */
#define TL_SKIPS_MAX 4096u

#define TL_CERT_BYTES_MAX (160u + TL_MEMBERS_MAX * (TL_SIG_BYTES + 2u))
/* A member's word that an envelope will be recorded (inclusion.h). */
#define TL_PROMISE_BYTES_MAX 512u
/* A proposal carries one certificate per skipped view beside its block. */
#define TL_FRAME_BYTES_MAX (16u << 20)

/* Store door. */
#define TL_STORE_KEY_MAX   64u
#define TL_STORE_VALUE_MAX (TL_FRAME_BYTES_MAX)

/* Authenticated state. */
#define TL_STATE_KEY_MAX   64u
#define TL_STATE_VALUE_MAX (1u << 17)
#define TL_STATE_BITS_MIN  4u
#define TL_STATE_BITS_MAX  20u

/* Entries about one case; their references are kept to detect repeats. */
#define TL_CASE_ENTRIES_MAX 4096u

/* One field nested in another, in any record. */
#define TL_DEPTH_MAX 6u

_Static_assert(TL_ENVELOPE_BYTES_MAX <= TL_BLOCK_BYTES_MAX,
               "a legal envelope must fit into a block, or it would wait for ever");
_Static_assert(TL_FRAME_BYTES_MAX >= TL_BLOCK_BYTES_MAX + TL_SKIPS_MAX * TL_CERT_BYTES_MAX + 65536u,
               "a legal proposal must fit into a frame");
_Static_assert(TL_BLOCK_ENTRIES_MAX >= TL_ENVELOPE_ENTRIES_MAX,
               "a legal envelope must fit into a block");

#endif
