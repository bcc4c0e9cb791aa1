#include "blame.h"

#include "tl/check.h"
#include "tl/entry.h"
#include "tl/export.h"
#include "tl/receipt.h"

#include "mem.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* One block of a story, without its envelopes; bytes are owned. */
struct step {
    struct tl_header header;
    struct tl_hash hash;
    struct tl_bytes header_bytes;
    struct tl_bytes just;
    struct tl_bytes cert;
    struct tl_bytes seal; /* header of the repetition the certificate is for */
};

struct story {
    const char *path;
    bool is_export;
    struct step *step; /* of an export: by height from 1 */
    size_t count;
    size_t cap;
    struct tl_bytes *plan; /* all that were proposed */
    size_t plans;
};

struct held {
    const struct tl_genesis_file *genesis;
    struct story story[2];
    struct tl_why *why;
};

static struct tl_bytes keep(struct tl_bytes bytes)
{
    uint8_t *copy = tl_mem_new(bytes.len + 1, 1);

    if (bytes.len != 0)
        memcpy(copy, bytes.ptr, bytes.len);
    return tl_bytes(copy, bytes.len);
}

static struct step *add_step(struct story *s)
{
    if (s->count == s->cap) {
        size_t cap = s->cap == 0 ? 64 : 2 * s->cap;
        struct step *more = tl_mem_new(cap, sizeof *more);

        if (s->count != 0)
            memcpy(more, s->step, s->count * sizeof *more);
        tl_mem_free(s->step);
        s->step = more;
        s->cap = cap;
    }
    s->step[s->count] = (struct step){.hash = {{0}}};
    return &s->step[s->count++];
}

static void forget(struct story *s)
{
    for (size_t i = 0; i < s->count; i++) {
        tl_mem_free((void *)(uintptr_t)s->step[i].header_bytes.ptr);
        tl_mem_free((void *)(uintptr_t)s->step[i].just.ptr);
        tl_mem_free((void *)(uintptr_t)s->step[i].cert.ptr);
        tl_mem_free((void *)(uintptr_t)s->step[i].seal.ptr);
    }
    for (size_t i = 0; i < s->plans; i++)
        tl_mem_free((void *)(uintptr_t)s->plan[i].ptr);
    tl_mem_free(s->step);
    tl_mem_free(s->plan);
}

/* ---- reading ---- */

static void keep_plans(struct story *s, struct tl_list entries)
{
    struct tl_entry_bytes one;

    while (tl_list_next(&entries, &tl_entry_bytes_record, &one)) {
        const struct tl_type_info *info;
        struct tl_entry entry;
        union tl_body body;
        struct tl_bytes *more;

        if (tl_entry_decode(&entry, &body, &info, one.bytes) != TL_OK ||
            entry.type != TL_ENTRY_CHANGE_PROPOSE)
            continue;
        more = tl_mem_new(s->plans + 1, sizeof *more);
        if (s->plans != 0)
            memcpy(more, s->plan, s->plans * sizeof *more);
        tl_mem_free(s->plan);
        s->plan = more;
        s->plan[s->plans++] = keep(body.propose.plan);
    }
}

static enum tl_status take_block(struct story *s, struct tl_bytes bytes)
{
    struct tl_envelope_bytes item;
    struct tl_envelope envelope;
    struct tl_block_parts parts;
    struct step *step;
    enum tl_status status = tl_block_decode(&parts, bytes);

    if (status != TL_OK)
        return status;
    step = add_step(s);
    if (parts.header.height != s->count)
        return TL_ERR_BROKEN_LINK;
    step->header = parts.header;
    step->hash = parts.hash;
    step->header_bytes = keep(parts.block.header);
    step->just = keep(parts.block.justification);
    while (tl_list_next(&parts.block.envelopes, &tl_envelope_bytes_record, &item)) {
        if (tl_record_decode(&tl_envelope_record, &envelope, item.bytes) == TL_OK)
            keep_plans(s, envelope.entries);
    }
    return TL_OK;
}

static enum tl_status take_item(const struct held *h, struct story *s,
                                const struct tl_audit_item *item)
{
    struct step *last = s->count == 0 ? NULL : &s->step[s->count - 1];
    struct tl_hash chain_id;
    struct tl_seal seal;

    switch (item->kind) {
    case TL_AUDIT_GENESIS:
        tl_genesis_chain_id(&chain_id, item->bytes);
        return tl_hash_eq(&chain_id, &h->genesis->chain_id) ? TL_OK : TL_ERR_WRONG_CHAIN;
    case TL_AUDIT_BLOCK:
        return take_block(s, item->bytes);
    case TL_AUDIT_SEAL:
        if (last == NULL || tl_record_decode(&tl_seal_record, &seal, item->bytes) != TL_OK)
            return TL_ERR_ENCODING;
        last->seal = keep(seal.header);
        return TL_OK;
    case TL_AUDIT_CERT:
        if (last == NULL)
            return TL_ERR_ENCODING;
        last->cert = keep(item->bytes);
        return TL_OK;
    case TL_AUDIT_DECISION:
    case TL_AUDIT_LEAF:
    case TL_AUDIT_PAUSE:
    case TL_AUDIT_END:
        break;
    }
    return TL_OK;
}

static enum tl_status read_piece(void *host, void *out, size_t cap, size_t *len)
{
    *len = fread(out, 1, cap, host);
    return ferror((FILE *)host) == 0 ? TL_OK : TL_ERR_IO;
}

static enum tl_status read_export(struct held *h, struct story *s, FILE *file)
{
    struct tl_export_source source = {read_piece, file};
    void *frame = tl_mem_new(TL_EXPORT_FRAME_MAX, 1);
    struct tl_export_reader reader;
    struct tl_audit_source pieces;
    struct tl_audit_item item = {.kind = TL_AUDIT_GENESIS};
    const char *what = "";
    enum tl_status status = TL_OK;

    tl_export_reader_init(&reader, &source, frame, TL_EXPORT_FRAME_MAX);
    pieces = tl_export_audit_source(&reader);
    while (status == TL_OK && item.kind != TL_AUDIT_END) {
        what = "";
        status = pieces.next(pieces.host, &item, &what);
        if (status == TL_OK)
            status = take_item(h, s, &item);
    }
    tl_mem_free(frame);
    return status == TL_OK ? TL_OK
                           : tl_why_set(h->why, status, "\"%s\": %s", s->path,
                                        what[0] != '\0' ? what : tl_status_text(status));
}

/* A receipt is a story of one block; its epochs are proven by itself. */
static enum tl_status read_receipt(struct held *h, struct story *s)
{
    struct tl_file_bytes file = {0};
    struct tl_receipt_facts facts;
    struct tl_receipt receipt;
    struct tl_final final;
    const char *what = "it is neither an export nor a leaf's receipt";
    struct step *step;
    enum tl_status status = tl_file_read(s->path, TL_RECEIPT_BYTES_MAX, &file, h->why);
    struct tl_bytes bytes = tl_bytes(file.text, file.len);

    if (status != TL_OK)
        return status;
    status = tl_record_decode(&tl_receipt_record, &receipt, bytes);
    if (status == TL_OK)
        status =
            tl_receipt_verify(&facts, bytes, &h->genesis->genesis, &h->genesis->chain_id, &what);
    if (status == TL_OK && tl_list_next(&receipt.final, &tl_final_record, &final)) {
        step = add_step(s);
        step->header = facts.header;
        step->hash = facts.header_hash;
        step->cert = keep(final.cert);
    } else {
        status = tl_why_set(h->why, status, "\"%s\": %s", s->path, what);
    }
    tl_file_bytes_free(&file);
    return status;
}

static enum tl_status read_story(struct held *h, struct story *s)
{
    char magic[TL_EXPORT_MAGIC_BYTES] = {0};
    FILE *file = fopen(s->path, "rb");
    enum tl_status status;

    if (file == NULL)
        return tl_why_set(h->why, TL_ERR_IO, "cannot read \"%s\"", s->path);
    s->is_export = fread(magic, 1, sizeof magic, file) == sizeof magic &&
                   memcmp(magic, TL_EXPORT_MAGIC, sizeof magic) == 0;
    rewind(file);
    status = s->is_export ? read_export(h, s, file) : read_receipt(h, s);
    (void)fclose(file);
    return status;
}

/* ---- epochs ---- */

static struct tl_bytes plan_of(const struct story *s, const struct tl_hash *named)
{
    for (size_t i = 0; i < s->plans; i++) {
        struct tl_hash hash;

        tl_epoch_plan_hash(&hash, s->plan[i]);
        if (tl_hash_eq(&hash, named))
            return s->plan[i];
    }
    return TL_BYTES_NONE;
}

/* The members of the epoch that block number `at` of an export is of. */
static enum tl_status epoch_at(const struct held *h, const struct story *s, size_t at,
                               struct tl_epoch *epoch)
{
    tl_epoch_first(epoch, &h->genesis->genesis);
    for (size_t i = 0; i < at; i++) {
        const struct step *step = &s->step[i];
        struct tl_epoch_link link = {step->seal.len != 0 ? step->seal : step->header_bytes,
                                     step->cert, TL_BYTES_NONE};
        const char *what = "";
        enum tl_status status;

        if (tl_hash_eq(&step->header.members_hash, &step->header.next_members_hash))
            continue;
        link.plan = plan_of(s, &step->header.next_members_hash);
        status = tl_epoch_step(epoch, &link, &h->genesis->chain_id, &what);
        if (status != TL_OK)
            return tl_why_set(h->why, status, "\"%s\": %s", s->path, what);
    }
    return TL_OK;
}

/* ---- blame ---- */

/* The first block from `at` on whose certificate is its own; its place. */
static enum tl_status certified_from(const struct held *h, const struct story *s, size_t *at,
                                     const struct tl_voters *voters, struct tl_blame_final *out)
{
    for (; *at < s->count; ++*at) {
        const struct step *step = &s->step[*at];

        if (step->cert.len == 0 || step->seal.len != 0)
            continue;
        if (tl_record_decode(&tl_cert_record, &out->cert, step->cert) != TL_OK ||
            out->cert.kind != TL_VOTE_FINALIZE || !tl_hash_eq(&out->cert.hash, &step->hash) ||
            tl_cert_verify(&out->cert, voters) != TL_OK)
            return tl_why_set(h->why, TL_ERR_CERTIFICATE,
                              "\"%s\": the certificate of block %llu does not verify", s->path,
                              (unsigned long long)step->header.height);
        out->view = step->header.view;
        out->hash = step->hash;
        return TL_OK;
    }
    return tl_why_set(h->why, TL_ERR_CERTIFICATE,
                      "\"%s\": no certificate covers the blocks that differ", s->path);
}

struct ancestry {
    struct tl_ancestor *at;
    struct tl_cert *parents;
    struct tl_cert **skips;
    uint32_t count;
};

static enum tl_status add_ancestor(const struct held *h, const struct story *s, size_t at,
                                   const struct tl_voters *voters, struct ancestry *a)
{
    const struct step *step = &s->step[at];
    struct tl_ancestor *to = &a->at[a->count];
    struct tl_justification just;
    struct tl_cert *skips;

    if (tl_record_decode(&tl_justification_record, &just, step->just) != TL_OK ||
        tl_just_verify(&just, &step->header, voters) != TL_OK)
        return tl_why_set(h->why, TL_ERR_CERTIFICATE,
                          "\"%s\": the justification of block %llu does not verify", s->path,
                          (unsigned long long)step->header.height);
    skips = a->skips[a->count] = tl_mem_new(just.skips.count + 1, sizeof *skips);
    *to = (struct tl_ancestor){step->header.view,        step->hash, step->header.parent_view,
                               step->header.parent_hash, NULL,       skips,
                               just.skips.count};
    if (tl_list_next(&just.parent, &tl_cert_record, &a->parents[a->count]))
        to->parent = &a->parents[a->count];
    for (uint32_t i = 0; tl_list_next(&just.skips, &tl_cert_record, &skips[i]); i++)
        continue;
    a->count++;
    return TL_OK;
}

/* From the later block down to where the stories part. */
static enum tl_status trace_back(const struct held *h, const struct story *s, size_t from,
                                 size_t to, const struct tl_voters *voters, struct ancestry *a)
{
    size_t count = from - to + 1;
    enum tl_status status = TL_OK;

    a->at = tl_mem_new(count, sizeof *a->at);
    a->parents = tl_mem_new(count, sizeof *a->parents);
    a->skips = tl_mem_new(count, sizeof *a->skips);
    for (size_t i = 0; i < count && status == TL_OK; i++)
        status = add_ancestor(h, s, from - i, voters, a);
    return status;
}

static void ancestry_free(struct ancestry *a)
{
    for (uint32_t i = 0; i < a->count; i++)
        tl_mem_free(a->skips[i]);
    tl_mem_free(a->at);
    tl_mem_free(a->parents);
    tl_mem_free(a->skips);
}

static enum tl_status name(struct tl_blame_verdict *out, const struct tl_epoch *epoch,
                           const struct tl_blame_final *earlier, const struct tl_blame_final *later,
                           const struct ancestry *a)
{
    const struct tl_cert *one;
    const struct tl_cert *two;
    struct tl_member member;
    uint32_t culprits;
    enum tl_status status = tl_blame(earlier, later, a->at, a->count, &culprits, &one, &two);

    out->epoch = epoch->number;
    for (uint32_t i = 0; status == TL_OK && tl_genesis_member(&epoch->genesis, i, &member); i++) {
        if ((culprits >> i & 1u) == 0 ||
            tl_blame_evidence(one, two, i, &out->evidence[out->count]) != TL_OK)
            continue;
        (void)snprintf(out->member[out->count], sizeof out->member[0], "%.*s", (int)member.id.len,
                       (const char *)member.id.ptr);
        out->count++;
    }
    return status;
}

/* Two exports: where they part, and what a quorum signed on either side. */
static enum tl_status blame_exports(struct held *h, struct tl_blame_verdict *out)
{
    struct story *s = h->story;
    struct tl_blame_final final[2] = {{.view = 0}, {.view = 0}};
    struct ancestry a = {0};
    struct tl_voters voters;
    struct tl_epoch epoch;
    size_t part = 0;
    size_t at[2];
    int later;
    enum tl_status status;

    while (part < s[0].count && part < s[1].count &&
           tl_hash_eq(&s[0].step[part].hash, &s[1].step[part].hash))
        part++;
    if (part == s[0].count || part == s[1].count)
        return TL_ERR_NOT_FOUND;
    out->height = part + 1;
    at[0] = at[1] = part;
    status = epoch_at(h, &s[0], part, &epoch);
    if (status != TL_OK)
        return status;
    tl_epoch_voters(&voters, &epoch, &h->genesis->chain_id);
    for (int i = 0; i < 2 && status == TL_OK; i++)
        status = certified_from(h, &s[i], &at[i], &voters, &final[i]);
    if (status != TL_OK)
        return status;
    later = final[1].view >= final[0].view ? 1 : 0;
    status = trace_back(h, &s[later], at[later], part, &voters, &a);
    if (status == TL_OK)
        status = name(out, &epoch, &final[1 - later], &final[later], &a);
    ancestry_free(&a);
    return status;
}

/* Two receipts: of one view, or one more story is needed. */
static enum tl_status blame_receipts(struct held *h, struct tl_blame_verdict *out)
{
    const struct step *a;
    const struct step *b;
    struct tl_blame_final final[2];
    struct ancestry none = {0};
    struct tl_epoch epoch;

    TL_CHECK(h->story[0].count == 1 && h->story[1].count == 1);
    a = &h->story[0].step[0];
    b = &h->story[1].step[0];
    final[0] = (struct tl_blame_final){.view = a->header.view, .hash = a->hash};
    final[1] = (struct tl_blame_final){.view = b->header.view, .hash = b->hash};
    out->height = a->header.height < b->header.height ? a->header.height : b->header.height;
    if (a->header.epoch != b->header.epoch || a->header.view != b->header.view) {
        if (a->header.height != b->header.height || tl_hash_eq(&a->hash, &b->hash))
            return TL_ERR_NOT_FOUND;
        return tl_why_set(h->why, TL_ERR_PROOF,
                          "the receipts contradict each other, but their certificates are of "
                          "different views; give the exports they are of");
    }
    if (tl_record_decode(&tl_cert_record, &final[0].cert, a->cert) != TL_OK ||
        tl_record_decode(&tl_cert_record, &final[1].cert, b->cert) != TL_OK)
        return TL_ERR_ENCODING;
    /* The receipts were verified; members keep their places and ids in every epoch. */
    tl_epoch_first(&epoch, &h->genesis->genesis);
    epoch.number = a->header.epoch;
    return name(out, &epoch, &final[0], &final[1], &none);
}

enum tl_status tl_blame_files(struct tl_blame_verdict *out, const struct tl_genesis_file *genesis,
                              const char *a, const char *b, struct tl_why *why)
{
    struct held h = {.genesis = genesis, .story = {{.path = a}, {.path = b}}, .why = why};
    enum tl_status status;

    memset(out, 0, sizeof *out);
    status = read_story(&h, &h.story[0]);
    if (status == TL_OK)
        status = read_story(&h, &h.story[1]);
    if (status == TL_OK && h.story[0].is_export != h.story[1].is_export)
        status = tl_why_set(why, TL_ERR_USAGE, "give two exports or two receipts");
    if (status == TL_OK)
        status = h.story[0].is_export ? blame_exports(&h, out) : blame_receipts(&h, out);
    if (status == TL_ERR_NOT_FOUND)
        (void)tl_why_set(why, status, "they do not contradict each other");
    forget(&h.story[0]);
    forget(&h.story[1]);
    return status;
}
