/* tl/keyfile.h -- key files: one key, one role, one line of text per fact.
 *
 *   tallystick secret key v1          tallystick public key v1
 *   role consensus                    role consensus
 *   member creditor                   member creditor
 *   name main                         name main
 *   public 3b6a...                    public 3b6a...
 *   seed 9d61...
 *
 * A key has one role and is used for nothing else, so that a signature made for
 * one purpose can never be shown as one made for another.  The secret file has
 * mode 0600 and is refused when group or others can read it; losing the public
 * file loses nothing, it is derived.
 *
 * A secret key lives in struct tl_keyfile until tl_keyfile_wipe.  Pure reading
 * and writing of files; no state, thread safe.  Keys: Ed25519, RFC 8032; the vault
 * key X25519 (vault_box.h). */
#ifndef TL_KEYFILE_H
#define TL_KEYFILE_H

#include "tl/file.h"
#include "tl/record.h"
#include "tl/sign.h"

enum tl_key_role {
    TL_KEY_AUTHOR,    /* a person or program that writes entries and asks the API */
    TL_KEY_CONSENSUS, /* votes; used by the signer journal only */
    TL_KEY_LOG,       /* signs the log's checkpoints */
    TL_KEY_COSIGN,    /* cosigns checkpoints as a witness */
    TL_KEY_VAULT,     /* opens what is sealed to the member: X25519, not Ed25519 */
    TL_KEY_ROLE_COUNT
};
extern const struct tl_names tl_key_role_names; /* author consensus log cosign vault */

struct tl_keyfile {
    enum tl_key_role role;
    char member[TL_MEMBER_ID_MAX + 1];
    char name[TL_MEMBER_ID_MAX + 1]; /* of the person or program; "main" for the others */
    struct tl_pubkey pub;
    struct tl_seckey sec; /* zero when only the public file was read */
};

/* tl_key_word_ok holds member ids and key names to one spelling: 1 to 32 of
 * a-z 0-9 - . _, beginning with a letter or digit, so that they are safe as
 * file names, certificate names and words of a note. */
bool tl_key_word_ok(const char *word);

/* tl_keyfile_generate makes a new key of the kernel's randomness. */
TL_MUST_USE enum tl_status tl_keyfile_generate(struct tl_keyfile *key, enum tl_key_role role,
                                               const char *member, const char *name,
                                               struct tl_why *why);
/* tl_keyfile_save writes `path` (secret, 0600) and `path`.pub (public).  Never
 * overwrites: TL_ERR_CONFLICT. */
TL_MUST_USE enum tl_status tl_keyfile_save(const struct tl_keyfile *key, const char *path,
                                           struct tl_why *why);
/* tl_keyfile_load reads a secret key file and holds it to `role`: a key of
 * another role is refused (TL_ERR_DENIED), as is one whose public line does not
 * belong to its seed (TL_ERR_CORRUPT). */
TL_MUST_USE enum tl_status tl_keyfile_load(struct tl_keyfile *key, const char *path,
                                           enum tl_key_role role, struct tl_why *why);
/* tl_keyfile_load_public reads a public key file of any role. */
TL_MUST_USE enum tl_status tl_keyfile_load_public(struct tl_keyfile *key, const char *path,
                                                  struct tl_why *why);
void tl_keyfile_wipe(struct tl_keyfile *key);

#endif
