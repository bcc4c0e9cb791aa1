/* The model of a dossier: everything the page and the JSON say. */
#include "dossier.h"

#include "tl/base64.h"
#include "tl/hash.h"

#include "mem.h"
#include "receipt_check.h"
#include "show.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* Who signed an entry: the member whose key it is or, of a key granted after the
 * genesis, the key. */
static void add_author(struct tl_json *row, struct tl_list list, const struct tl_genesis *genesis)
{
    struct tl_authorship authorship;
    struct tl_author author;
    char key[2u * TL_PUBKEY_BYTES + 1u];
    char text[sizeof key + 8u];

    if (!tl_list_next(&list, &tl_authorship_record, &authorship))
        return;
    tl_hex(key, tl_bytes(authorship.author.b, TL_PUBKEY_BYTES));
    tl_json_set_str(row, "author_key", key);
    (void)snprintf(text, sizeof text, "key %s", key);
    if (tl_genesis_author(genesis, &authorship.author, &author))
        tl_json_set(row, "author", tl_show_member(genesis, author.member));
    else
        tl_json_set_str(row, "author", text);
}

static void add_leaves(struct tl_json *rows, const struct tl_case_facts *facts,
                       const struct tl_genesis *genesis)
{
    struct tl_list list = facts->leaves;
    struct tl_leaf_proof proof;
    struct tl_hash hash;

    while (tl_list_next(&list, &tl_leaf_proof_record, &proof)) {
        struct tl_json *row = tl_show_leaf(genesis, proof.index, proof.leaf);

        if (row == NULL)
            row = tl_json_object();
        tl_merkle_leaf(&hash, proof.leaf);
        tl_json_set(row, "hash", tl_json_hex(tl_bytes(hash.b, TL_HASH_BYTES)));
        add_author(row, proof.authorship, genesis);
        tl_json_set_str(row, "title", tl_dossier_title(tl_json_chars(tl_json_get(row, "type"))));
        tl_json_add(rows, row);
    }
}

static struct tl_json *proof_of(const struct tl_case_facts *facts,
                                const struct tl_genesis_file *genesis)
{
    const struct tl_header *header = &facts->state.header;
    struct tl_json *proof = tl_json_object();

    tl_json_set_int(proof, "height", (int64_t)header->height);
    tl_json_set_int(proof, "time_ms", (int64_t)header->time_ms);
    tl_json_set(proof, "block", tl_json_hex(tl_bytes(facts->state.header_hash.b, TL_HASH_BYTES)));
    tl_json_set_int(proof, "log_size", (int64_t)header->log_size);
    tl_json_set(proof, "log_root", tl_json_hex(tl_bytes(header->log_root.b, TL_HASH_BYTES)));
    tl_json_set(proof, "state_root", tl_json_hex(tl_bytes(header->state_root.b, TL_HASH_BYTES)));
    tl_json_set(proof, "contract", tl_json_hex(tl_bytes(header->contract_hash.b, TL_HASH_BYTES)));
    tl_json_set(proof, "history", tl_json_hex(tl_bytes(facts->c.history.b, TL_HASH_BYTES)));
    tl_json_set(proof, "chain_id", tl_json_hex(tl_bytes(genesis->chain_id.b, TL_HASH_BYTES)));
    tl_json_set(proof, "signers", tl_receipt_signers(facts->state.signers, &genesis->genesis));
    tl_json_set_int(proof, "epoch", (int64_t)header->epoch);
    if (header->epoch == 0) { /* later ones have their own quorum */
        tl_json_set_int(proof, "quorum", genesis->genesis.quorum);
        tl_json_set_int(proof, "members", genesis->genesis.members.count);
    }
    return proof;
}

struct tl_json *tl_dossier_model(const struct tl_case_facts *facts,
                                 const struct tl_genesis_file *genesis)
{
    struct tl_json *model = tl_json_object();
    struct tl_json *leaves = tl_json_array();

    add_leaves(leaves, facts, &genesis->genesis);
    tl_json_set_int(model, "dossier", 1);
    tl_json_set(model, "ledger", tl_json_text(genesis->genesis.name));
    tl_json_set(model, "case", tl_json_hex(tl_bytes(facts->case_id.b, TL_ID_BYTES)));
    tl_json_set(model, "proof", proof_of(facts, genesis));
    tl_json_set(model, "record",
                tl_show_case(&genesis->genesis, facts->state.value, facts->c.floor_on));
    tl_dossier_postings(model, &facts->c, leaves);
    tl_json_set(model, "leaves", leaves);
    return model;
}

/* ---- a whole dossier ---- */

/* JSON as it is written to a file. */
static struct tl_page json_text(const struct tl_json *model)
{
    struct tl_page page = {NULL, 0};
    FILE *to = open_memstream(&page.text, &page.len);

    if (to == NULL)
        tl_mem_out();
    tl_json_print(model, to);
    if (fclose(to) != 0)
        tl_mem_out();
    return page;
}

enum tl_status tl_dossier_make(struct tl_dossier *dossier, struct tl_bytes evidence,
                               const struct tl_genesis_file *genesis, const char **why)
{
    struct tl_case_facts *facts = tl_mem_new(1, sizeof *facts);
    enum tl_status status =
        tl_case_receipt_verify(facts, evidence, &genesis->genesis, &genesis->chain_id, why);

    *dossier = (struct tl_dossier){0};
    if (status == TL_OK && facts->claim != TL_CLAIM_DOSSIER) {
        *why = "the evidence is no dossier: it does not show every leaf";
        status = TL_ERR_PROOF;
    }
    if (status == TL_OK) {
        dossier->model = tl_dossier_model(facts, genesis);
        dossier->page = tl_dossier_page(dossier->model, evidence);
        dossier->json = json_text(dossier->model);
    }
    tl_mem_free(facts);
    return status;
}

void tl_dossier_free(struct tl_dossier *dossier)
{
    free(dossier->page.text);
    free(dossier->json.text);
    tl_json_free(dossier->model);
    *dossier = (struct tl_dossier){0};
}

/* ---- a page that somebody hands over ---- */

/* The last line holds the hash of what stands before it. */
static bool is_sealed(struct tl_bytes page)
{
    struct tl_hash hash;
    char line[TL_DOSSIER_SEAL_BYTES + 1u];

    if (page.len < TL_DOSSIER_SEAL_BYTES)
        return false;
    page.len -= TL_DOSSIER_SEAL_BYTES;
    tl_hash_plain(&hash, page);
    tl_dossier_seal(line, &hash);
    return memcmp(line, page.ptr + page.len, TL_DOSSIER_SEAL_BYTES) == 0;
}

static bool find(struct tl_bytes text, const char *what, size_t *at)
{
    size_t len = strlen(what);

    for (*at = 0; *at + len <= text.len; ++*at)
        if (memcmp(text.ptr + *at, what, len) == 0)
            return true;
    return false;
}

/* *out is new. */
static bool evidence_of(struct tl_bytes page, uint8_t **out, size_t *len)
{
    struct tl_bytes text = page;
    size_t at;

    if (!find(text, TL_DOSSIER_EVIDENCE_MARK, &at))
        return false;
    at += strlen(TL_DOSSIER_EVIDENCE_MARK);
    text = tl_bytes(text.ptr + at, text.len - at);
    if (!find(text, "\"", &text.len))
        return false;
    *out = tl_mem_new(text.len + 1u, 1);
    return tl_base64_read(*out, text.len, text, len);
}

enum tl_status tl_dossier_check(struct tl_dossier *dossier, struct tl_bytes page,
                                const struct tl_genesis_file *genesis, const char **why)
{
    uint8_t *evidence = NULL;
    size_t len = 0;
    enum tl_status status = TL_ERR_ENCODING;

    *dossier = (struct tl_dossier){0};
    *why = "the page is damaged: its last line does not match it";
    if (is_sealed(page)) {
        *why = "the page carries no evidence";
        if (evidence_of(page, &evidence, &len))
            status = tl_dossier_make(dossier, tl_bytes(evidence, len), genesis, why);
    }
    if (status == TL_OK && !tl_bytes_eq(tl_bytes(dossier->page.text, dossier->page.len), page)) {
        *why = "the page is not the one that its evidence makes";
        tl_dossier_free(dossier);
        status = TL_ERR_PROOF;
    }
    tl_mem_free(evidence);
    return status;
}
