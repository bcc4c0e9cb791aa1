/* tl/memberdir.h -- where a member keeps its things, and what it tells others.
 *
 *   DIR/tallyd.conf                configuration of the node
 *   DIR/genesis.tally              the genesis file
 *   DIR/member.txt                 public: everything genesis needs to know
 *   DIR/keys/consensus.key[.pub]   secrets 0600, one role each
 *   DIR/keys/log.key[.pub]
 *   DIR/keys/cosign.key[.pub]
 *   DIR/keys/vault.key[.pub]       opens personal data sealed to the member
 *   DIR/keys/NAME.next.key[.pub]   what a later epoch is to name (keygen --rotate)
 *   DIR/keys/author-NAME.key[.pub]
 *   DIR/keys/tls.key               TLS key, PEM
 *   DIR/tls.crt                    TLS certificate, PEM
 *   DIR/data/                      the ledger (RocksDB) and its LOCK
 *   DIR/journal-a/  DIR/journal-b/ the signer journal's two copies; put them on
 *                                  different disks by making one a link
 *   DIR/vault/                     personal data, encrypted: blobs, outbox, read log
 *   DIR/vault-keys-a/ -b/          its keys, in two copies; never part of a backup
 *   DIR/api.sock                   local control socket
 *
 * member.txt is text, so a person can read what they are about to trust:
 *
 *   tallystick member v1
 *   id creditor
 *   roles creditor servicer
 *   address 127.0.0.1:7001
 *   consensus <64 hex>
 *   log <64 hex>
 *   cosign <64 hex>
 *   vault <64 hex>
 *   author alice read,submit <64 hex> 2027-01-01    (one line per writing key; the day
 *                                                   it expires, or nothing)
 *   -----BEGIN CERTIFICATE-----
 *   ...
 *   -----END CERTIFICATE-----
 *
 * `tally genesis create` gathers one such file from each member. */
#ifndef TL_MEMBERDIR_H
#define TL_MEMBERDIR_H

#include "tl/file.h"
#include "tl/genesis.h"

enum tl_memberdir_item {
    TL_MEMBERDIR_CONFIG,
    TL_MEMBERDIR_GENESIS,
    TL_MEMBERDIR_PUBLIC,
    TL_MEMBERDIR_KEYS,
    TL_MEMBERDIR_KEY_CONSENSUS,
    TL_MEMBERDIR_KEY_LOG,
    TL_MEMBERDIR_KEY_COSIGN,
    TL_MEMBERDIR_KEY_VAULT,
    TL_MEMBERDIR_KEY_TLS,
    TL_MEMBERDIR_TLS_CERT,
    TL_MEMBERDIR_DATA,
    TL_MEMBERDIR_JOURNAL_A,
    TL_MEMBERDIR_JOURNAL_B,
    TL_MEMBERDIR_VAULT,
    TL_MEMBERDIR_VAULT_KEYS_A,
    TL_MEMBERDIR_VAULT_KEYS_B,
    TL_MEMBERDIR_SOCKET,
    TL_MEMBERDIR_NEVER_VOTED, /* there until the first journal is made, and in no backup */
    TL_MEMBERDIR_REJOIN,      /* somebody has said: set the journal aside and rejoin (A.8) */
    TL_MEMBERDIR_FENCING,     /* it is aside; there until the fenced journal is whole */
    TL_MEMBERDIR_ITEM_COUNT
};

/* tl_memberdir_path writes the path of an item below `dir`; false: too long. */
TL_MUST_USE bool tl_memberdir_path(char *out, size_t cap, const char *dir,
                                   enum tl_memberdir_item item);
/* tl_memberdir_author_path: DIR/keys/author-NAME.key. */
TL_MUST_USE bool tl_memberdir_author_path(char *out, size_t cap, const char *dir, const char *name);

/* tl_memberdir_create makes the directory of a new member: layout, the keys of
 * every role, a TLS identity and member.txt.  `author` names the first writing
 * key, which gets `rights` (TL_RIGHT_*); `roles` are TL_ROLE_*.  Refuses a
 * directory that already has keys: TL_ERR_CONFLICT. */
struct tl_memberdir_plan {
    const char *dir;
    const char *member;
    const char *address; /* host:port its peers dial */
    uint16_t roles;
    const char *author;
    uint16_t rights;
    uint64_t expires_ms; /* of the writing key; 0: never */
};
TL_MUST_USE enum tl_status tl_memberdir_create(const struct tl_memberdir_plan *plan,
                                               struct tl_why *why);
/* tl_memberdir_add_author makes one more writing key and adds its line to
 * member.txt (before genesis is created). */
TL_MUST_USE enum tl_status tl_memberdir_add_author(const char *dir, const char *name,
                                                   uint16_t rights, uint64_t expires_ms,
                                                   struct tl_why *why);
/* tl_memberdir_make_author makes a writing key's file alone, for a key that is
 * granted on the ledger (KEY_GRANT). */
TL_MUST_USE enum tl_status tl_memberdir_make_author(const char *dir, const char *member,
                                                    const char *name, struct tl_pubkey *pub,
                                                    struct tl_why *why);

/* tl_memberdir_rotate makes successors for some kinds of keys, beside those in use:
 * DIR/keys/NAME.next.key, DIR/tls.next.crt, and member.txt names them.  The node
 * takes them up when an epoch does (epoch.h).  Refuses what is there already:
 * TL_ERR_CONFLICT. */
enum tl_rotate {
    TL_ROTATE_CONSENSUS = 1u << 0,
    TL_ROTATE_LOG = 1u << 1,
    TL_ROTATE_COSIGN = 1u << 2,
    TL_ROTATE_VAULT = 1u << 3,
    TL_ROTATE_TLS = 1u << 4,
    TL_ROTATE_AUTHOR = 1u << 5
};
extern const struct tl_names tl_rotate_words;
TL_MUST_USE enum tl_status tl_memberdir_rotate(const char *dir, uint16_t what, struct tl_why *why);

/* tl_memberfile_read reads a member.txt; *member borrows from `arena` (64 KiB
 * is always enough).  Every rule a single file can break is checked here. */
TL_MUST_USE enum tl_status tl_memberfile_read(struct tl_member *member, const char *path,
                                              struct tl_arena *arena, struct tl_why *why);
TL_MUST_USE enum tl_status tl_memberfile_write(const struct tl_member *member, const char *path,
                                               struct tl_why *why);

/* tl_key_expiry_parse reads the day (YYYY-MM-DD, UTC) from which a key is none. */
TL_MUST_USE bool tl_key_expiry_parse(const char *text, uint64_t *expires_ms);

/* Words for the bits of tl_role and tl_right, in bit order. */
extern const struct tl_names tl_role_words;
extern const struct tl_names tl_right_words;
/* tl_words_parse reads words separated by commas or blanks into a bit set;
 * false when one is not in `names`.  "all" is every bit. */
TL_MUST_USE bool tl_words_parse(const struct tl_names *names, const char *text, uint16_t *bits);
/* tl_words_print writes the set as comma separated words. */
void tl_words_print(const struct tl_names *names, uint16_t bits, char *out, size_t cap);

#endif
