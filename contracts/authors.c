/* Which keys may act for a member: what its epoch says, and what entries said since.
 *
 * Keys that write stand in the genesis file or an epoch's plan, so that whoever has
 * those can tell an author for ever.  A member may take them back by itself
 * (KEY_REVOKE), and give keys that only ask its node (KEY_GRANT).
 *
 * A key that was revoked or has expired may still be found in envelopes that
 * were under way.  They are recorded, and nothing in them takes effect. */
#include "tl/vault.h"

#include "run.h"

#include "tl/check.h"

TL_DEFINE_RECORD(tl_key_word, TL_KEY_WORD_FIELDS)

static enum tl_status word_load(struct tl_key_word *word, struct tl_overlay *state,
                                const struct tl_pubkey *key)
{
    struct tl_state_key at = tl_key_of_key(key);
    struct tl_bytes value;
    enum tl_status status = tl_overlay_get(state, tl_state_key_bytes(&at), &value);

    if (status == TL_OK && tl_record_decode(&tl_key_word_record, word, value) != TL_OK)
        status = TL_ERR_CORRUPT;
    return status;
}

enum tl_status tl_author_standing(struct tl_author *author, struct tl_overlay *state,
                                  const struct tl_genesis *genesis, const struct tl_pubkey *key,
                                  uint64_t now_ms)
{
    struct tl_key_word word;
    struct tl_member member;
    enum tl_status status = word_load(&word, state, key);

    if (status == TL_OK && (word.rights == 0 || author->roles != 0))
        return TL_ERR_REVOKED;
    if (status == TL_OK) {
        if (!tl_genesis_member(genesis, word.member, &member))
            return TL_ERR_CORRUPT;
        *author = (struct tl_author){word.member, member.roles, word.rights, word.expires_ms};
    } else if (status != TL_ERR_NOT_FOUND) {
        return status;
    } else if (author->roles == 0) {
        return TL_ERR_DENIED;
    }
    return author->expires_ms != 0 && now_ms >= author->expires_ms ? TL_ERR_EXPIRED : TL_OK;
}

/* Whose key this is by now; false: nobody's. */
static bool key_owner(struct run *r, const struct tl_pubkey *key, struct tl_author *owner)
{
    enum tl_status status;

    if (!author_find(r->k->author, key, owner))
        *owner = (struct tl_author){0};
    status = tl_author_standing(owner, r->state, &r->k->epoch.genesis, key, 0);
    if (status == TL_ERR_REVOKED && owner->roles == 0)
        status = TL_ERR_DENIED;
    if (status == TL_ERR_CORRUPT || status == TL_ERR_STORE)
        fail(r, status);
    return status != TL_ERR_DENIED;
}

static void word_put(struct run *r, const struct tl_pubkey *key, uint16_t rights,
                     uint64_t expires_ms)
{
    const struct tl_key_word word = {(uint8_t)r->author.member, rights, expires_ms, r->entry_leaf};
    struct tl_state_key at = tl_key_of_key(key);

    put_record(r, &at, &tl_key_word_record, &word);
}

static const char *grant_fault(struct run *r, const struct tl_body_key_grant *b)
{
    struct tl_author owner;

    if (!tl_pubkey_valid(&b->key))
        return "the key is no valid Ed25519 public key";
    if (b->rights == 0 || (b->rights & ~r->author.rights) != 0)
        return "a key cannot give rights it does not have";
    if (r->author.expires_ms != 0 && (b->expires_ms == 0 || b->expires_ms > r->author.expires_ms))
        return "a key cannot give more time than it has";
    if ((b->rights & ~TL_RIGHTS_ASKING) != 0)
        return "a granted key asks; keys that write come with an epoch";
    if (key_owner(r, &b->key, &owner) &&
        (owner.member != r->author.member || author_find(r->k->author, &b->key, &owner)))
        return "the key is another member's, or one that writes";
    return NULL;
}

static const char *revoke_fault(struct run *r, const struct tl_body_key_revoke *b)
{
    struct tl_author owner;

    if (!key_owner(r, &b->key, &owner) || owner.member != r->author.member)
        return "the key is not one of this member's";
    return NULL;
}

void apply_key(struct run *r, const struct tl_entry *e, const union tl_body *b)
{
    bool grant = e->type == TL_ENTRY_KEY_GRANT;
    const char *fault = grant ? grant_fault(r, &b->key_grant) : revoke_fault(r, &b->key_revoke);

    if (fault != NULL)
        finding(r, NULL, TL_DECISION_DENIED, e->type, fault);
    else if (grant)
        word_put(r, &b->key_grant.key, b->key_grant.rights, b->key_grant.expires_ms);
    else
        word_put(r, &b->key_revoke.key, 0, 0);
}
