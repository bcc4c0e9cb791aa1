#include "receipt_check.h"

#include "tl/base64.h"
#include "tl/case_receipt.h"
#include "tl/tlog_policy.h"

#include "mem.h"
#include "show.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

const struct tl_column tl_receipt_columns[] = {
    {"verdict", "receipt", TL_COLUMN_TEXT},
    {"says", "says", TL_COLUMN_TEXT},
    {"leaf", "leaf", TL_COLUMN_NUMBER},
    {"kind", "kind", TL_COLUMN_TEXT},
    {"type", "type", TL_COLUMN_TEXT},
    {"date", "date", TL_COLUMN_TEXT},
    {"case", "case", TL_COLUMN_TEXT},
    {"ref", "reference", TL_COLUMN_TEXT},
    {"author", "author", TL_COLUMN_TEXT},
    {"rule", "rule", TL_COLUMN_TEXT},
    {"citation", "citation", TL_COLUMN_TEXT},
    {"stage", "stage", TL_COLUMN_TEXT},
    {"holder", "holder", TL_COLUMN_TEXT},
    {"owed_minor", "owed", TL_COLUMN_MONEY},
    {"paid_minor", "paid", TL_COLUMN_MONEY},
    {"leaves", "leaves of the case", TL_COLUMN_NUMBER},
    {"last_leaf", "unchanged since leaf", TL_COLUMN_NUMBER},
    {"origin", "log", TL_COLUMN_TEXT},
    {"size", "size", TL_COLUMN_NUMBER},
    {"root", "root", TL_COLUMN_TEXT},
    {"height", "final at height", TL_COLUMN_NUMBER},
    {"block", "block", TL_COLUMN_TEXT},
    {"signed_by", "signed by", TL_COLUMN_TEXT},
    {"file", "file", TL_COLUMN_TEXT},
    TL_COLUMN_END};

/* A leaf receipt is an array of seven fields and format 1; a tlog-proof is text. */
enum tl_receipt_kind tl_receipt_kind_of(struct tl_bytes bytes)
{
    if (bytes.len > 2 && bytes.ptr[0] == 'c' && bytes.ptr[1] == '2')
        return TL_RECEIPT_TLOG_PROOF;
    if (bytes.len > 2 && bytes.ptr[1] == TL_CASE_RECEIPT_FORMAT)
        return TL_RECEIPT_OF_CASE;
    return TL_RECEIPT_OF_LEAF;
}

/* ---- against a genesis file ---- */

struct tl_json *tl_receipt_signers(uint32_t signers, const struct tl_genesis *genesis)
{
    struct tl_json *names = tl_json_array();

    for (uint32_t i = 0; i < TL_MEMBERS_MAX; i++) {
        struct tl_member member;
        char text[24];

        (void)snprintf(text, sizeof text, "member %" PRIu32, i);
        if ((signers >> i & 1u) != 0)
            tl_json_add(names, tl_genesis_member(genesis, i, &member) ? tl_json_text(member.id)
                                                                      : tl_json_str(text));
    }
    return names;
}

static void set_final(struct tl_json *row, const struct tl_receipt_facts *facts,
                      const struct tl_genesis *genesis)
{
    struct tl_json *signers = tl_receipt_signers(facts->signers, genesis);
    char words[TL_MEMBERS_MAX * (TL_MEMBER_ID_MAX + 1u) + 1u] = "";
    size_t at = 0;

    for (size_t i = 0; i < tl_json_count(signers); i++)
        at += (size_t)snprintf(words + at, sizeof words - at, "%s%s", at > 0 ? " " : "",
                               tl_json_chars(tl_json_at(signers, i)));
    tl_json_set(row, "signers", signers);
    tl_json_set_str(row, "signed_by", words);
    tl_json_set_int(row, "height", (int64_t)facts->header.height);
    tl_json_set(row, "block", tl_json_hex(tl_bytes(facts->header_hash.b, TL_HASH_BYTES)));
}

static enum tl_status check_leaf(struct tl_json **row, struct tl_bytes bytes,
                                 const struct tl_genesis_file *genesis, const char **why)
{
    struct tl_receipt_facts facts;
    struct tl_receipt receipt;
    enum tl_status status =
        tl_receipt_verify(&facts, bytes, &genesis->genesis, &genesis->chain_id, why);

    if (status == TL_OK)
        status = tl_record_decode(&tl_receipt_record, &receipt, bytes);
    if (status != TL_OK)
        return status;
    *row = tl_show_leaf(&genesis->genesis, facts.index, receipt.leaf);
    if (*row == NULL)
        *row = tl_json_object();
    set_final(*row, &facts, &genesis->genesis);
    if (facts.is_entry)
        tl_json_set(*row, "author",
                    facts.author_known ? tl_show_member(&genesis->genesis, facts.author_role.member)
                                       : tl_json_hex(tl_bytes(facts.author.b, TL_PUBKEY_BYTES)));
    return TL_OK;
}

/* The claim as a sentence. */
static void set_sentence(struct tl_json *row, const struct tl_case_facts *facts,
                         const struct tl_genesis *genesis)
{
    const struct tl_type_info *type = tl_type_find(facts->absent);
    char text[320] = "";
    char id[2u * TL_ID_BYTES + 1u];
    uint64_t height = facts->state.header.height;
    struct tl_member holder;

    tl_hex(id, tl_bytes(facts->case_id.b, TL_ID_BYTES));
    if (!tl_genesis_member(genesis, facts->c.holder, &holder))
        holder.id = tl_bytes_str("?");
    switch (facts->claim) {
    case TL_CLAIM_STATE:
        (void)snprintf(text, sizeof text,
                       facts->found ? "case %s stood so at height %" PRIu64
                                    : "there was no case %s at height %" PRIu64,
                       id, height);
        break;
    case TL_CLAIM_CUSTODY:
        (void)snprintf(text, sizeof text, "exactly %.*s held case %s at height %" PRIu64,
                       (int)holder.id.len, (const char *)holder.id.ptr, id, height);
        break;
    case TL_CLAIM_ABSENCE:
        (void)snprintf(text, sizeof text, "no %s of case %s was recorded up to height %" PRIu64,
                       type != NULL ? type->name : "?", id, height);
        break;
    case TL_CLAIM_DOSSIER:
        (void)snprintf(text, sizeof text, "these are all leaves of case %s up to height %" PRIu64,
                       id, height);
        break;
    }
    tl_json_set_str(row, "says", text);
}

static enum tl_status check_case(struct tl_json **row, struct tl_bytes bytes,
                                 const struct tl_genesis_file *genesis, const char **why)
{
    struct tl_case_facts facts;
    enum tl_status status =
        tl_case_receipt_verify(&facts, bytes, &genesis->genesis, &genesis->chain_id, why);

    if (status != TL_OK)
        return status;
    if (facts.found)
        *row = tl_show_case(&genesis->genesis, facts.state.value, facts.c.floor_on);
    if (*row == NULL)
        *row = tl_json_object();
    tl_json_set(*row, "case", tl_json_hex(tl_bytes(facts.case_id.b, TL_ID_BYTES)));
    tl_json_set_str(*row, "kind", tl_name_of(&tl_claim_names, facts.claim));
    set_sentence(*row, &facts, &genesis->genesis);
    set_final(*row, &facts.state, &genesis->genesis);
    return TL_OK;
}

enum tl_status tl_receipt_check_genesis(struct tl_json **row, struct tl_bytes bytes,
                                        const struct tl_genesis_file *genesis, struct tl_why *why)
{
    const char *reason = NULL;
    enum tl_status status;

    *row = NULL;
    if (tl_receipt_kind_of(bytes) == TL_RECEIPT_TLOG_PROOF)
        return tl_why_set(why, TL_ERR_USAGE, "a tlog-proof is held to a policy file");
    if (tl_receipt_kind_of(bytes) == TL_RECEIPT_OF_CASE)
        status = check_case(row, bytes, genesis, &reason);
    else
        status = check_leaf(row, bytes, genesis, &reason);
    if (status != TL_OK)
        return tl_why_set(why, status, "%s", reason != NULL ? reason : tl_status_text(status));
    tl_json_set_str(*row, "verdict", "valid");
    return TL_OK;
}

/* ---- against a policy ---- */

/* The leaf that the proof carries, or the one given. */
static enum tl_status leaf_of(const struct tl_tlog_proof *proof, const struct tl_proof_trust *trust,
                              uint8_t *room, struct tl_bytes *leaf, struct tl_why *why)
{
    size_t len;

    *leaf = trust->leaf;
    if (trust->leaf.len != 0)
        return TL_OK;
    if (proof->extra.len == 0)
        return tl_why_set(why, TL_ERR_USAGE, "it does not carry its leaf; give the leaf's file");
    if (!tl_base64_read(room, TL_LEAF_BYTES_MAX, proof->extra, &len))
        return tl_why_set(why, TL_ERR_ENCODING, "the leaf it carries is not base64");
    *leaf = tl_bytes(room, len);
    return TL_OK;
}

static void set_cosigners(struct tl_json *row, const struct tl_tlog_policy *policy,
                          const struct tl_tlog_verdict *verdict)
{
    struct tl_json *signers = tl_json_array();
    char words[TL_TLOG_NAMES_MAX * (TL_MEMBER_ID_MAX + 1u) + 1u] = "";
    size_t at = 0;

    for (uint32_t i = 0; i < policy->names; i++) {
        const struct tl_tlog_name *name = &policy->name[i];

        if (name->is_group || (verdict->names >> i & 1u) == 0 || at >= sizeof words)
            continue;
        tl_json_add(signers, tl_json_text(name->name));
        at += (size_t)snprintf(words + at, sizeof words - at, "%s%.*s", at > 0 ? " " : "",
                               (int)name->name.len, (const char *)name->name.ptr);
    }
    tl_json_set(row, "signers", signers);
    tl_json_set_str(row, "signed_by", words);
}

static struct tl_json *proof_row(const struct tl_tlog_proof *proof, struct tl_bytes leaf,
                                 const struct tl_tlog_policy *policy,
                                 const struct tl_tlog_verdict *verdict)
{
    struct tl_json *row = tl_show_leaf(NULL, proof->index, leaf);

    if (row == NULL)
        row = tl_json_object();
    tl_json_set_str(row, "verdict", "valid");
    tl_json_set_int(row, "leaf", (int64_t)proof->index);
    tl_json_set(row, "origin", tl_json_text(verdict->checkpoint.origin));
    tl_json_set_int(row, "size", (int64_t)verdict->checkpoint.size);
    tl_json_set(row, "root", tl_json_hex(tl_bytes(verdict->checkpoint.root.b, TL_HASH_BYTES)));
    set_cosigners(row, policy, verdict);
    return row;
}

static enum tl_status check_proof(struct tl_json **row, const struct tl_tlog_proof *proof,
                                  const struct tl_tlog_policy *policy,
                                  const struct tl_proof_trust *trust, struct tl_why *why)
{
    uint8_t *room = tl_mem_new(TL_LEAF_BYTES_MAX, 1);
    struct tl_checkpoint checkpoint;
    struct tl_tlog_verdict verdict = {0};
    struct tl_bytes leaf;
    struct tl_hash hash;
    enum tl_status status = leaf_of(proof, trust, room, &leaf, why);

    if (status == TL_OK) {
        tl_merkle_leaf(&hash, leaf);
        status = tl_tlog_proof_check(proof, &hash, &checkpoint);
        if (status != TL_OK)
            (void)tl_why_set(why, status, "the leaf is not in the checkpoint's log");
    }
    if (status == TL_OK &&
        (status = tl_tlog_policy_check(policy, proof->checkpoint, &verdict)) != TL_OK)
        (void)tl_why_set(why, status, "the checkpoint is not signed as the policy demands");
    if (status == TL_OK && trust->strict && verdict.unknown != 0)
        status = tl_why_set(why, TL_ERR_SIGNATURE, "%" PRIu32 " lines are by unknown keys",
                            verdict.unknown);
    if (status == TL_OK)
        *row = proof_row(proof, leaf, policy, &verdict);
    tl_mem_free(room);
    return status;
}

enum tl_status tl_receipt_check_policy(struct tl_json **row, struct tl_bytes bytes,
                                       const struct tl_proof_trust *trust, struct tl_why *why)
{
    struct tl_tlog_policy *policy = tl_mem_new(1, sizeof *policy);
    struct tl_tlog_proof proof;
    const char *reason = "";
    uint32_t line = 0;
    enum tl_status status;

    *row = NULL;
    status = tl_tlog_policy_parse(policy, trust->policy, &line, &reason);
    if (status != TL_OK)
        (void)tl_why_set(why, status, "line %" PRIu32 " of the policy: %s", line, reason);
    else if (tl_receipt_kind_of(bytes) != TL_RECEIPT_TLOG_PROOF)
        status = tl_why_set(why, TL_ERR_USAGE,
                            "a policy says who signs checkpoints; this receipt is signed by "
                            "blocks: give the genesis file");
    else if ((status = tl_tlog_proof_parse(&proof, bytes)) != TL_OK)
        (void)tl_why_set(why, status, "it is no tlog-proof");
    else
        status = check_proof(row, &proof, policy, trust, why);
    tl_mem_free(policy);
    return status;
}
