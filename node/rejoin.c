/* Coming back without the signer's journal (PROTOCOL A.8).
 *
 * A journal may be made without asking anybody only by a member that never voted,
 * and only one thing says so: a file its directory has been made with, that is
 * removed with the first journal and goes into no backup.  That a ledger is empty
 * says nothing: the disk may be a new one.
 *
 * Everybody else whose journal is missing or doubtful does not start until somebody
 * has looked (tally rejoin, tally restore).  Then it runs as a learner, its signer
 * mute, and asks everybody for their highest certificate under a nonce of its own.
 * When q others have answered, no vote it may have forgotten is above the highest of
 * those views + 2: it makes a journal whose floor is one above and starts anew. */
#include "node.h"

#include "tl/check.h"
#include "tl/clock.h"
#include "tl/hash.h"
#include "tl/logline.h"
#include "tl/memberdir.h"

#include <string.h>

#define ASK_MS 1000u
/* A.8-1 again: how far the fence lies above what the others know. */
#define FENCE_VIEWS 3u

/* ---- opening ---- */

static enum tl_status path_of(const struct tl_node *node, enum tl_memberdir_item item,
                              char out[TL_PATH_MAX], struct tl_why *why)
{
    if (tl_memberdir_path(out, TL_PATH_MAX, node->config.dir, item))
        return TL_OK;
    return tl_why_set(why, TL_ERR_LIMIT, "directory name \"%s\" is too long", node->config.dir);
}

static enum tl_status no_journal(const struct tl_node *node, struct tl_why *why)
{
    return tl_why_set(why, TL_ERR_CORRUPT,
                      "the signer journal is missing from \"%s\" and \"%s\" and this member may "
                      "have voted before; if no other copy of it runs, run: tally rejoin '%s'",
                      node->config.journal_a.text, node->config.journal_b.text, node->config.dir);
}

/* The mark goes when the journal is there: after a crash in between it is both. */
static enum tl_status begin_journal(struct tl_node *node, bool exists, const char *mark,
                                    struct tl_why *why)
{
    enum tl_status st = TL_OK;

    if (!exists)
        st = tl_signer_create(node->config.journal_a.text, node->config.journal_b.text,
                              &node->chain_id, why);
    return st == TL_OK ? tl_file_remove(mark, why) : st;
}

static enum tl_status open_mute(struct tl_node *node, const struct tl_signer_plan *plan,
                                struct tl_why *why)
{
    uint32_t others = node->voters.count - tl_popcount32(node->voters.silent) - 1;
    enum tl_status st = TL_OK;

    /* PROTOCOL A.8-1: Such a member MUST run as a learner until q other members each answered its
     * nonce with their highest certificate, and then MUST NOT vote below the highest certified
     * view + 3. */
    if (node->voters.quorum > others)
        st = tl_why_set(why, TL_ERR_NO_QUORUM,
                        "a fenced rejoin needs the answers of %u others and there are %u; have "
                        "the members give this one a new consensus key",
                        node->voters.quorum, others);
    if (st == TL_OK)
        st = tl_signer_open_mute(&node->signer, plan, why);
    if (st != TL_OK)
        return st;
    node->rejoining.due = true;
    tl_random(node->rejoining.nonce.b, sizeof node->rejoining.nonce.b);
    tl_log(TL_LOG_ODD, "rejoin-begun", tl_log_uint("answers_needed", node->voters.quorum));
    return TL_OK;
}

/* What was there before was set aside before this mark was made, so a journal beside
 * it is the fenced one; one that was not finished goes aside too. */
static enum tl_status reopen(struct tl_node *node, const struct tl_signer_plan *plan,
                             const char *mark, struct tl_why *why)
{
    struct tl_why ignored = {""};
    enum tl_status st;

    if (tl_signer_exists(plan->dir_a, plan->dir_b) &&
        tl_signer_open(&node->signer, plan, &ignored) == TL_OK)
        return tl_file_remove(mark, why);
    st = tl_signer_set_aside(plan->dir_a, plan->dir_b, why);
    return st == TL_OK ? open_mute(node, plan, why) : st;
}

/* Somebody has said that this member is to rejoin. */
static enum tl_status begin_fencing(const struct tl_signer_plan *plan, const char *asked,
                                    const char *fencing, struct tl_why *why)
{
    enum tl_status st = tl_signer_set_aside(plan->dir_a, plan->dir_b, why);

    if (st == TL_OK)
        st = tl_file_write(fencing, tl_bytes_str("no vote before others say where they stand\n"),
                           TL_FILE_SECRET, why);
    return st == TL_OK ? tl_file_remove(asked, why) : st;
}

enum tl_status tl_rejoin_open(struct tl_node *node, const struct tl_seckey *key, struct tl_why *why)
{
    struct tl_signer_plan plan = {node->config.journal_a.text, node->config.journal_b.text,
                                  &node->chain_id, key, (uint8_t)node->self};
    char fresh[TL_PATH_MAX];
    char asked[TL_PATH_MAX];
    char fencing[TL_PATH_MAX];
    bool exists;
    enum tl_status st = path_of(node, TL_MEMBERDIR_NEVER_VOTED, fresh, why);

    if (st == TL_OK)
        st = path_of(node, TL_MEMBERDIR_REJOIN, asked, why);
    if (st == TL_OK)
        st = path_of(node, TL_MEMBERDIR_FENCING, fencing, why);
    if (st == TL_OK && tl_file_exists(asked))
        st = begin_fencing(&plan, asked, fencing, why);
    if (st != TL_OK)
        return st;
    if (tl_file_exists(fencing))
        return reopen(node, &plan, fencing, why);
    exists = tl_signer_exists(plan.dir_a, plan.dir_b);
    if (tl_file_exists(fresh))
        st = begin_journal(node, exists, fresh, why);
    else if (!exists)
        st = no_journal(node, why);
    return st == TL_OK ? tl_signer_open(&node->signer, &plan, why) : st;
}

/* ---- answering ---- */

static void answer_digest(const struct tl_node *node, uint32_t member,
                          const struct tl_status_answer *answer, struct tl_hash *out)
{
    static const char domain[] = "tallystick/status/v1";
    struct tl_hasher hasher;
    uint8_t index = (uint8_t)member;

    tl_hasher_init(&hasher);
    tl_hasher_put(&hasher, tl_bytes(domain, sizeof domain));
    tl_hasher_put(&hasher, tl_bytes(node->chain_id.b, TL_HASH_BYTES));
    tl_hasher_put(&hasher, tl_bytes(answer->nonce.b, TL_HASH_BYTES));
    tl_hasher_u64(&hasher, answer->epoch);
    tl_hasher_put(&hasher, tl_bytes(&index, 1));
    if (answer->cert.len != 0)
        tl_hasher_put(&hasher, answer->cert);
    tl_hasher_done(&hasher, out);
}

void tl_rejoin_asked(struct tl_node *node, uint32_t to, struct tl_bytes body)
{
    uint8_t cert_bytes[TL_CERT_BYTES_MAX];
    uint8_t bytes[TL_CERT_BYTES_MAX + 256];
    struct tl_buf cert_buf = tl_buf(cert_bytes, sizeof cert_bytes);
    struct tl_buf buf = tl_buf(bytes, sizeof bytes);
    struct tl_status_answer answer = {.epoch = node->voters.epoch};
    struct tl_ask_status ask;
    struct tl_hash digest;
    const struct tl_cert *cert;
    uint64_t view;

    if (tl_record_decode(&tl_ask_status_record, &ask, body) != TL_OK) {
        tl_net_fault(node->net, to, 25, "malformed question for our status");
        return;
    }
    cert = tl_bft_top_cert(node->core, &view);
    /* Who lost its own memory cannot vouch for the past; nor who has a higher view in
     * mind than it can show. */
    if (node->rejoining.due || (cert == NULL && view != 0))
        return;
    if (cert != NULL)
        tl_record_write(&tl_cert_record, cert, &cert_buf);
    answer.nonce = ask.nonce;
    answer.cert = tl_buf_bytes(&cert_buf);
    answer_digest(node, node->self, &answer, &digest);
    if (tl_signer_hello(node->signer, tl_bytes(digest.b, sizeof digest.b), &answer.sig) != TL_OK)
        return;
    tl_record_write(&tl_status_answer_record, &answer, &buf);
    TL_CHECK(!buf.full && !cert_buf.full);
    tl_net_send(node->net, to, TL_MSG_STATUS, tl_buf_bytes(&buf));
}

/* ---- hearing ---- */

static enum tl_status check_answer(struct tl_node *node, uint32_t from,
                                   const struct tl_status_answer *answer, struct tl_cert *cert)
{
    struct tl_hash digest;
    enum tl_status st;

    answer_digest(node, from, answer, &digest);
    st = tl_sig_verify(&answer->sig, tl_bytes(digest.b, sizeof digest.b), &node->voters.key[from]);
    if (st != TL_OK || answer->cert.len == 0)
        return st;
    st = tl_record_decode(&tl_cert_record, cert, answer->cert);
    return st == TL_OK ? tl_cert_verify(cert, &node->voters) : st;
}

/* Everything that is known goes to disk with the fence: the core keeps certificates,
 * so that we can vouch for them to the next who asks. */
static void finish(struct tl_node *node, uint64_t view)
{
    struct tl_sign_floor floor = {node->voters.epoch, view + FENCE_VIEWS};
    struct tl_why why = {""};
    char mark[TL_PATH_MAX];
    enum tl_status st = tl_store_commit(node->store, true);

    if (st == TL_OK)
        st = tl_signer_create_fenced(node->config.journal_a.text, node->config.journal_b.text,
                                     &node->chain_id, &floor, &why);
    if (st == TL_OK)
        st = path_of(node, TL_MEMBERDIR_FENCING, mark, &why);
    if (st == TL_OK)
        st = tl_file_remove(mark, &why);
    if (st != TL_OK) {
        tl_log(TL_LOG_BROKEN, "rejoin-failed", tl_log_str("reason", why.text));
        tl_node_fail(node, st, "beginning a fenced journal");
        return;
    }
    tl_log(TL_LOG_INFO, "rejoined", tl_log_uint("floor", floor.view));
    node->rejoining.due = false;
    node->again = true;
    node->stopping = true;
}

static void count(struct tl_node *node)
{
    struct tl_rejoining *r = &node->rejoining;
    uint32_t answers = 0;
    uint64_t view = 0;

    for (uint32_t i = 0; i < node->voters.count; i++) {
        answers += r->heard[i] && (node->voters.silent >> i & 1u) == 0;
        view = r->heard[i] && r->view[i] > view ? r->view[i] : view;
    }
    if (answers >= node->voters.quorum)
        finish(node, view);
}

void tl_rejoin_heard(struct tl_node *node, uint32_t from, struct tl_bytes body)
{
    struct tl_rejoining *r = &node->rejoining;
    struct tl_bft_event event = {.kind = TL_BFT_CERT, .from = TL_BFT_OURSELVES};
    struct tl_status_answer answer;
    struct tl_cert cert;
    enum tl_status st = tl_record_decode(&tl_status_answer_record, &answer, body);

    if (!r->due || from == node->self ||
        (st == TL_OK &&
         (!tl_hash_eq(&answer.nonce, &r->nonce) || answer.epoch != node->voters.epoch)))
        return;
    if (st == TL_OK)
        st = check_answer(node, from, &answer, &cert);
    if (st != TL_OK) {
        tl_net_fault(node->net, from, 50, "its status does not prove");
        return;
    }
    r->heard[from] = true;
    r->view[from] = answer.cert.len == 0 ? 0 : cert.view;
    event.cert = &cert;
    if (answer.cert.len != 0 && tl_bft_wants_cert(node->core, &cert))
        tl_agree(node, &event);
    if (node->failed == TL_OK)
        count(node);
}

void tl_rejoin_tick(struct tl_node *node, uint64_t now_ms)
{
    struct tl_rejoining *r = &node->rejoining;
    struct tl_ask_status ask;
    uint8_t bytes[64];
    struct tl_buf buf = tl_buf(bytes, sizeof bytes);

    if (!r->due || node->failed != TL_OK || (r->asked_ms != 0 && now_ms < r->asked_ms + ASK_MS))
        return;
    r->asked_ms = now_ms;
    ask.nonce = r->nonce;
    tl_record_write(&tl_ask_status_record, &ask, &buf);
    tl_net_broadcast(node->net, TL_MSG_ASK_STATUS, tl_buf_bytes(&buf));
}
