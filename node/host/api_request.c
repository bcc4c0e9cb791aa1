/* How a request is signed, opened and admitted: who may ask what, and when. */
#include "tl/api.h"
#include "tl/hash.h"

#include <string.h>

#define API_DOMAIN "tallystick/api/v1"

/* Hashing first keeps the signer from walking a megabyte twice. */
#define SIGNING_BYTES (sizeof API_DOMAIN + TL_HASH_BYTES)

static void signing_bytes(uint8_t out[SIGNING_BYTES], struct tl_bytes request)
{
    struct tl_hash hash;

    tl_hash_plain(&hash, request);
    memcpy(out, API_DOMAIN, sizeof API_DOMAIN);
    memcpy(out + sizeof API_DOMAIN, hash.b, sizeof hash.b);
}

enum tl_status tl_request_seal(struct tl_buf *out, struct tl_buf *scratch,
                               const struct tl_request *request, const struct tl_seckey *key)
{
    struct tl_request_frame frame = {0};
    uint8_t message[SIGNING_BYTES];

    tl_record_write(&tl_request_record, request, scratch);
    if (scratch->full)
        return TL_ERR_LIMIT;
    frame.request = tl_buf_bytes(scratch);
    signing_bytes(message, frame.request);
    tl_sign(&frame.sig, tl_bytes(message, sizeof message), key);
    tl_record_write(&tl_request_frame_record, &frame, out);
    return out->full ? TL_ERR_LIMIT : TL_OK;
}

enum tl_status tl_request_open(struct tl_request *request, struct tl_bytes bytes)
{
    struct tl_request_frame frame;
    uint8_t message[SIGNING_BYTES];
    enum tl_status st;

    memset(request, 0, sizeof *request);
    st = tl_record_decode(&tl_request_frame_record, &frame, bytes);
    if (st == TL_OK)
        st = tl_record_decode(&tl_request_record, request, frame.request);
    if (st != TL_OK)
        return st;
    signing_bytes(message, frame.request);
    /* A stranger's key has not been registered anywhere, so its point is
     * checked here before the signature under it. */
    if (tl_pubkey_valid(&request->key))
        st = tl_sig_verify(&frame.sig, tl_bytes(message, sizeof message), &request->key);
    else
        st = TL_ERR_SIGNATURE;
    if (st != TL_OK)
        memset(request, 0, sizeof *request);
    return st;
}

uint16_t tl_method_rights(enum tl_method method)
{
    switch (method) {
    case TL_METHOD_STATUS:
        return TL_RIGHT_READ | TL_RIGHT_AUDIT | TL_RIGHT_OPERATE;
    case TL_METHOD_SUBMIT:
        return TL_RIGHT_SUBMIT | TL_RIGHT_CALENDAR | TL_RIGHT_POLICY | TL_RIGHT_GOVERN |
               TL_RIGHT_KEYS;
    case TL_METHOD_STOP:
        return TL_RIGHT_OPERATE;
    case TL_METHOD_VAULT_PUT:
    case TL_METHOD_VAULT_GET:
    case TL_METHOD_VAULT_DESTROYED:
        return TL_RIGHT_VAULT;
    case TL_METHOD_VAULT_LOG:
    case TL_METHOD_BLOCK: /* all cases of a stretch of time */
        return TL_RIGHT_AUDIT;
    /* Whoever writes must be able to number what it writes. */
    case TL_METHOD_GENESIS:
    case TL_METHOD_MEMBERS:
    case TL_METHOD_SEQUENCE:
    case TL_METHOD_EPOCHS:
    case TL_METHOD_MOTIONS:
        return TL_RIGHT_ALL;
    case TL_METHOD_CASE:
    case TL_METHOD_HISTORY:
    case TL_METHOD_SCAN:
    case TL_METHOD_REFS:
    case TL_METHOD_LEAF:
    case TL_METHOD_RECEIPT:
    case TL_METHOD_CHECKPOINT:
    case TL_METHOD_ERASURES:
    case TL_METHOD_TOTALS:
    case TL_METHOD_POLICIES:
    case TL_METHOD_CASE_RECEIPT:
    case TL_METHOD_PERMIT:
        return TL_RIGHT_READ | TL_RIGHT_AUDIT;
    }
    return 0;
}

static enum tl_status check_time(uint64_t time_ms, uint64_t now_ms, const char **why)
{
    if (time_ms + TL_API_WINDOW_MS < now_ms) {
        *why = "request is older than a minute; set the clocks of client and node";
        return TL_ERR_STALE;
    }
    if (time_ms > now_ms + TL_API_WINDOW_MS) {
        *why = "request is from the future; set the clocks of client and node";
        return TL_ERR_EARLY;
    }
    return TL_OK;
}

static enum tl_status key_standing(const struct tl_asked *asked, const struct tl_pubkey *key,
                                   struct tl_author *author, const char **why)
{
    enum tl_status st = TL_OK;

    if (asked->standing != NULL)
        st = asked->standing(asked->host, key, author);
    else if (!tl_authors_find(asked->authors, key, author))
        st = TL_ERR_DENIED;
    else if (author->expires_ms != 0 && asked->now_ms >= author->expires_ms)
        st = TL_ERR_EXPIRED;
    *why = st == TL_ERR_DENIED    ? "key is not in the genesis file; ask with a member's key"
           : st == TL_ERR_REVOKED ? "key was revoked; ask with another key of the member"
           : st == TL_ERR_EXPIRED ? "key has expired; have the member grant a new one"
                                  : tl_status_text(st);
    return st;
}

enum tl_status tl_request_admit(const struct tl_request *request, const struct tl_asked *asked,
                                struct tl_author *author, const char **why)
{
    enum tl_status st;

    memset(author, 0, sizeof *author);
    *why = "request is for another ledger; use this node's genesis file";
    if (!tl_hash_eq(&request->chain_id, asked->chain_id))
        return TL_ERR_WRONG_CHAIN;
    *why = "request is for another member; give the address of the member named";
    if (!tl_bytes_eq(request->to, asked->member))
        return TL_ERR_USAGE;
    /* An absurd time must not wrap around into the window. */
    *why = "request has no usable time";
    if (request->time_ms > UINT64_MAX / 2)
        return TL_ERR_EARLY;
    st = check_time(request->time_ms, asked->now_ms, why);
    if (st != TL_OK)
        return st;
    st = key_standing(asked, &request->key, author, why);
    if (st != TL_OK) {
        memset(author, 0, sizeof *author);
        return st;
    }
    *why = "key does not have the right for this method; use another key of the member";
    if ((author->rights & tl_method_rights((enum tl_method)request->method)) == 0) {
        memset(author, 0, sizeof *author);
        return TL_ERR_DENIED;
    }
    *why = "";
    return TL_OK;
}
