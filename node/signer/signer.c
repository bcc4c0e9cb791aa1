/* Keeps what was signed (journal, slots, floor), asks signguard, holds the key. */
#include "tl/signer.h"

#include "journal.h"

#include "tl/block.h"
#include "tl/check.h"

#include <stdlib.h>
#include <string.h>

/* What is known of one view: the guard's record of all that was staged, and
 * which journal record holds each part of it (0: none). */
struct slot {
    struct tl_sign_record record;
    uint64_t seq[TL_VOTE_FINALIZE + 1]; /* by tl_vote_kind */
};

struct tl_signer {
    struct journal journal;
    struct tl_hash chain_id;
    struct tl_seckey key;
    uint8_t member;
    struct tl_sign_floor floor;
    uint64_t floor_seq_view;  /* view of the last FLOOR record staged */
    uint64_t floor_seq_epoch; /* and its epoch */
    uint64_t next_seq;
    uint64_t durable_seq;
    uint64_t offset; /* where the next group goes */
    struct tl_hash last;
    bool writing;
    bool broken;
    size_t staged_count;
    uint8_t staged[TL_SIGNER_GROUP_MAX * TL_SIGNER_RECORD_BYTES];
    struct slot slots[TL_SIGNER_VIEWS_MAX]; /* by view modulo their count */
};

bool tl_signer_exists(const char *dir_a, const char *dir_b)
{
    char path[TL_PATH_MAX];

    return (journal_path(path, dir_a) && tl_file_exists(path)) ||
           (journal_path(path, dir_b) && tl_file_exists(path));
}

enum tl_status tl_signer_create(const char *dir_a, const char *dir_b,
                                const struct tl_hash *chain_id, struct tl_why *why)
{
    return journal_create(dir_a, dir_b, chain_id, NULL, why);
}

enum tl_status tl_signer_create_fenced(const char *dir_a, const char *dir_b,
                                       const struct tl_hash *chain_id,
                                       const struct tl_sign_floor *floor, struct tl_why *why)
{
    TL_CHECK(floor->view > 0);
    return journal_create(dir_a, dir_b, chain_id, floor, why);
}

enum tl_status tl_signer_open_mute(struct tl_signer **out, const struct tl_signer_plan *plan,
                                   struct tl_why *why)
{
    struct tl_signer *s = calloc(1, sizeof *s);

    *out = NULL;
    if (s == NULL)
        return tl_why_set(why, TL_ERR_NO_MEMORY, "no memory for the signer");
    s->journal.fd[0] = s->journal.fd[1] = -1;
    s->chain_id = *plan->chain_id;
    s->key = *plan->key;
    s->member = plan->member;
    s->broken = true;
    *out = s;
    return TL_OK;
}

/* ---- views ---- */

static bool slot_used(const struct slot *slot)
{
    return slot->seq[TL_VOTE_NOTARIZE] != 0 || slot->seq[TL_VOTE_NULLIFY] != 0 ||
           slot->seq[TL_VOTE_FINALIZE] != 0;
}

/* The slot of a view, emptied when what it holds is below the floor; NULL when
 * another live view has it. */
static struct slot *slot_of(struct tl_signer *s, uint64_t epoch, uint64_t view)
{
    struct slot *slot = &s->slots[view % TL_SIGNER_VIEWS_MAX];

    if (slot->record.epoch == epoch && slot->record.view == view && slot_used(slot))
        return slot;
    if (slot_used(slot) && !tl_sign_below(&s->floor, slot->record.epoch, slot->record.view))
        return NULL;
    *slot = (struct slot){.record = {.epoch = epoch, .view = view}};
    return slot;
}

/* A FINALIZE record also records the notarization of the same hash. */
static void mark(struct slot *slot, uint8_t kind, uint64_t seq)
{
    slot->seq[kind] = seq;
    if (kind == TL_VOTE_FINALIZE && slot->seq[TL_VOTE_NOTARIZE] == 0)
        slot->seq[TL_VOTE_NOTARIZE] = seq;
}

static void set_floor(struct tl_signer *s, uint64_t epoch, uint64_t view)
{
    if (!tl_sign_below(&(struct tl_sign_floor){epoch, view}, s->floor.epoch, s->floor.view))
        return;
    s->floor = (struct tl_sign_floor){epoch, view};
}

/* ---- opening ---- */

/* The journal is held to the same guard as new votes: a journal with votes that
 * exclude each other was not written by this program. */
static bool on_record(void *context, const struct journal_record *record)
{
    struct tl_signer *s = context;
    struct tl_vote vote = {
        .kind = record->kind, .epoch = record->epoch, .view = record->view, .hash = record->hash};
    struct slot *slot;

    if (record->kind == JOURNAL_START)
        return true;
    if (record->kind == JOURNAL_FLOOR) {
        set_floor(s, record->epoch, record->view);
        return true;
    }
    slot = slot_of(s, record->epoch, record->view);
    if (slot == NULL || tl_sign_guard(&slot->record, &s->floor, &vote, &slot->record) != TL_OK)
        return false;
    mark(slot, record->kind, record->seq);
    return true;
}

bool tl_signer_is_long(const struct tl_signer *signer)
{
    return signer->offset > 2 * TL_SIGNER_ROTATE_BYTES;
}

/* The next record of a journal that is written anew. */
static void rotate_put(struct tl_buf *out, struct journal_end *end, struct journal_record record)
{
    uint8_t bytes[TL_SIGNER_RECORD_BYTES];

    record.seq = end->seq + 1;
    record.prev = end->last;
    journal_encode(bytes, &record, &end->last);
    end->seq++;
    tl_buf_put(out, bytes, sizeof bytes);
}

/* What was signed in one view, in an order the guard allows: NOTARIZE before NULLIFY. */
static void rotate_slot(struct tl_buf *out, struct journal_end *end, const struct slot *slot)
{
    for (uint8_t kind = TL_VOTE_NOTARIZE; kind <= TL_VOTE_FINALIZE; kind++) {
        struct journal_record record = {
            .kind = kind, .epoch = slot->record.epoch, .view = slot->record.view};

        if (slot->seq[kind] == 0)
            continue;
        if (kind == TL_VOTE_NOTARIZE)
            record.hash = slot->record.notarized;
        if (kind == TL_VOTE_FINALIZE)
            record.hash = slot->record.finalized;
        rotate_put(out, end, record);
    }
}

/* Everything that still counts, in a journal that goes on where this one ends. */
static void rotate_all(const struct tl_signer *s, const struct tl_signer_plan *plan,
                       struct journal_end end, struct tl_buf *out)
{
    uint8_t start[TL_SIGNER_RECORD_BYTES];

    journal_go_on(start, &end, plan->chain_id, &end.last);
    end.seq++;
    tl_buf_put(out, start, sizeof start);
    rotate_put(out, &end,
               (struct journal_record){
                   .kind = JOURNAL_FLOOR, .epoch = s->floor.epoch, .view = s->floor.view});
    for (size_t i = 0; i < TL_SIGNER_VIEWS_MAX; i++) {
        const struct slot *slot = &s->slots[i];

        if (slot_used(slot) && !tl_sign_below(&s->floor, slot->record.epoch, slot->record.view))
            rotate_slot(out, &end, slot);
    }
}

_Static_assert((TL_SIGNER_VIEWS_MAX * 3u + 2u) * TL_SIGNER_RECORD_BYTES <= TL_SIGNER_ROTATE_BYTES,
               "a rotated journal is never long");

/* Writes the journal anew with what still counts, and opens that. */
static enum tl_status rotate(struct tl_signer *s, const struct tl_signer_plan *plan,
                             struct journal_end *end, struct tl_why *why)
{
    size_t room = (size_t)TL_SIGNER_ROTATE_BYTES;
    void *memory = malloc(room);
    struct tl_buf out = tl_buf(memory, room);
    enum tl_status status = TL_OK;

    if (memory == NULL)
        return tl_why_set(why, TL_ERR_NO_MEMORY, "no memory to rotate the journal");
    rotate_all(s, plan, *end, &out);
    TL_CHECK(!out.full);
    journal_close(&s->journal);
    status = journal_rotate(plan, tl_buf_bytes(&out), why);
    memset(s, 0, sizeof *s);
    if (status == TL_OK)
        status = journal_open(&s->journal, plan, on_record, s, end, why);
    free(memory);
    return status;
}

enum tl_status tl_signer_open(struct tl_signer **out, const struct tl_signer_plan *plan,
                              struct tl_why *why)
{
    struct tl_signer *s = calloc(1, sizeof *s);
    struct journal_end end;
    enum tl_status status;

    *out = NULL;
    if (s == NULL)
        return tl_why_set(why, TL_ERR_NO_MEMORY, "no memory for the signer");
    status = journal_open(&s->journal, plan, on_record, s, &end, why);
    if (status == TL_OK && end.offset > TL_SIGNER_ROTATE_BYTES)
        status = rotate(s, plan, &end, why);
    if (status != TL_OK) {
        free(s);
        return status;
    }
    s->chain_id = *plan->chain_id;
    s->key = *plan->key;
    s->member = plan->member;
    s->floor_seq_epoch = s->floor.epoch;
    s->floor_seq_view = s->floor.view;
    s->next_seq = end.seq + 1;
    s->durable_seq = end.seq;
    s->offset = end.offset;
    s->last = end.last;
    *out = s;
    return TL_OK;
}

void tl_signer_close(struct tl_signer *signer)
{
    if (signer == NULL)
        return;
    journal_close(&signer->journal);
    tl_wipe(&signer->key, sizeof signer->key);
    free(signer);
}

/* ---- staging ---- */

static uint64_t append(struct tl_signer *s, uint8_t kind, uint64_t epoch, uint64_t view,
                       const struct tl_hash *hash)
{
    const struct journal_record record = {.seq = s->next_seq,
                                          .prev = s->last,
                                          .kind = kind,
                                          .epoch = epoch,
                                          .view = view,
                                          .hash = *hash};

    TL_CHECK(s->staged_count < TL_SIGNER_GROUP_MAX);
    journal_encode(s->staged + s->staged_count * TL_SIGNER_RECORD_BYTES, &record, &s->last);
    s->staged_count++;
    return s->next_seq++;
}

/* Pruned views stay unsignable after a restart too: their floor goes first. */
static void append_floor(struct tl_signer *s)
{
    static const struct tl_hash none;

    if (s->floor_seq_epoch == s->floor.epoch && s->floor_seq_view == s->floor.view)
        return;
    (void)append(s, JOURNAL_FLOOR, s->floor.epoch, s->floor.view, &none);
    s->floor_seq_epoch = s->floor.epoch;
    s->floor_seq_view = s->floor.view;
}

enum tl_status tl_signer_stage(struct tl_signer *signer, const struct tl_vote *vote)
{
    struct tl_sign_record next;
    struct slot *slot;
    enum tl_status status;

    if (signer->broken)
        return TL_ERR_CORRUPT;
    if (tl_sign_below(&signer->floor, vote->epoch, vote->view))
        return TL_ERR_WOULD_DOUBLE_SIGN;
    slot = slot_of(signer, vote->epoch, vote->view);
    if (slot == NULL || signer->staged_count + 2 > TL_SIGNER_GROUP_MAX)
        return TL_ERR_FULL;
    status = tl_sign_guard(&slot->record, &signer->floor, vote, &next);
    if (status != TL_OK)
        return status;
    if (slot->seq[vote->kind] != 0)
        return TL_OK; /* the same words again: the guard saw to that */
    append_floor(signer);
    mark(slot, vote->kind, append(signer, vote->kind, vote->epoch, vote->view, &vote->hash));
    slot->record = next;
    return TL_OK;
}

bool tl_signer_cut(struct tl_signer *signer, struct tl_signer_group *group)
{
    const size_t len = signer->staged_count * TL_SIGNER_RECORD_BYTES;

    if (signer->writing || signer->staged_count == 0 || signer->broken)
        return false;
    group->count = signer->staged_count;
    group->first_seq = signer->next_seq - signer->staged_count;
    group->offset = signer->offset;
    memcpy(group->bytes, signer->staged, len);
    signer->offset += len;
    signer->staged_count = 0;
    signer->writing = true;
    return true;
}

enum tl_status tl_signer_write_copy(struct tl_signer *signer, const struct tl_signer_group *group,
                                    size_t copy)
{
    return journal_write_copy(&signer->journal, copy, group->offset,
                              tl_bytes(group->bytes, group->count * TL_SIGNER_RECORD_BYTES));
}

enum tl_status tl_signer_write(struct tl_signer *signer, const struct tl_signer_group *group)
{
    enum tl_status status = tl_signer_write_copy(signer, group, 0);

    return status == TL_OK ? tl_signer_write_copy(signer, group, 1) : status;
}

void tl_signer_written(struct tl_signer *signer, const struct tl_signer_group *group,
                       enum tl_status status)
{
    TL_CHECK(signer->writing && group->first_seq == signer->durable_seq + 1);
    signer->writing = false;
    if (status == TL_OK)
        signer->durable_seq += group->count;
    else
        signer->broken = true;
}

enum tl_status tl_signer_flush(struct tl_signer *signer)
{
    struct tl_signer_group group;
    enum tl_status status;

    if (!tl_signer_cut(signer, &group))
        return signer->broken ? TL_ERR_CORRUPT : TL_OK;
    status = tl_signer_write(signer, &group);
    tl_signer_written(signer, &group, status);
    return status;
}

/* ---- signing ---- */

/* Is exactly this vote on the disk? */
static enum tl_status check_durable(struct tl_signer *s, const struct tl_vote *vote)
{
    const struct slot *slot = &s->slots[vote->view % TL_SIGNER_VIEWS_MAX];
    struct tl_sign_record same;

    if (s->broken)
        return TL_ERR_CORRUPT;
    if (tl_sign_below(&s->floor, vote->epoch, vote->view))
        return TL_ERR_WOULD_DOUBLE_SIGN;
    if (vote->kind < TL_VOTE_NOTARIZE || vote->kind > TL_VOTE_FINALIZE)
        return TL_ERR_RANGE;
    if (!slot_used(slot) || slot->record.epoch != vote->epoch || slot->record.view != vote->view ||
        slot->seq[vote->kind] == 0)
        return TL_ERR_EARLY;
    if (tl_sign_guard(&slot->record, &s->floor, vote, &same) != TL_OK)
        return TL_ERR_WOULD_DOUBLE_SIGN;
    return slot->seq[vote->kind] <= s->durable_seq ? TL_OK : TL_ERR_EARLY;
}

enum tl_status tl_signer_sign(struct tl_signer *signer, struct tl_vote *vote)
{
    uint8_t bytes[TL_VOTE_SIGNING_BYTES];
    const enum tl_status status = check_durable(signer, vote);

    if (status != TL_OK)
        return status;
    vote->member = signer->member;
    tl_vote_signing_bytes(bytes, &signer->chain_id, vote);
    tl_sign(&vote->sig, tl_bytes(bytes, sizeof bytes), &signer->key);
    return TL_OK;
}

enum tl_status tl_signer_propose(struct tl_signer *signer, uint64_t epoch, uint64_t view,
                                 const struct tl_hash *block_hash, struct tl_sig *sig)
{
    const struct tl_vote vote = {
        .kind = TL_VOTE_NOTARIZE, .epoch = epoch, .view = view, .hash = *block_hash};
    const enum tl_status status = check_durable(signer, &vote);

    *sig = (struct tl_sig){{0}};
    if (status == TL_OK)
        tl_proposal_sign(sig, block_hash, &signer->key);
    return status;
}

enum tl_status tl_signer_hello(struct tl_signer *signer, struct tl_bytes message,
                               struct tl_sig *sig)
{
    *sig = (struct tl_sig){{0}};
    if (message.len != TL_HASH_BYTES)
        return TL_ERR_DENIED;
    tl_sign(sig, message, &signer->key);
    return TL_OK;
}

void tl_signer_turn(struct tl_signer *signer, const struct tl_seckey *key, uint8_t member)
{
    signer->key = *key;
    signer->member = member;
}

/* ---- floor and restart ---- */

void tl_signer_raise_floor(struct tl_signer *signer, uint64_t epoch, uint64_t view)
{
    set_floor(signer, epoch, view);
}

struct tl_sign_floor tl_signer_floor(const struct tl_signer *signer)
{
    return signer->floor;
}

static void visit_slot(struct tl_signer *s, const struct slot *slot, tl_signer_visit *visit,
                       void *context)
{
    for (uint8_t kind = TL_VOTE_NOTARIZE; kind <= TL_VOTE_FINALIZE; kind++) {
        struct tl_vote vote = {
            .kind = kind, .epoch = slot->record.epoch, .view = slot->record.view};
        if (kind == TL_VOTE_NOTARIZE)
            vote.hash = slot->record.notarized;
        if (kind == TL_VOTE_FINALIZE)
            vote.hash = slot->record.finalized;
        if (slot->seq[kind] != 0 && tl_signer_sign(s, &vote) == TL_OK)
            visit(context, &vote);
    }
}

void tl_signer_votes(struct tl_signer *signer, tl_signer_visit *visit, void *context)
{
    uint64_t first = UINT64_MAX;

    /* Slots are a ring over views: begin at the lowest one that is alive. */
    for (size_t i = 0; i < TL_SIGNER_VIEWS_MAX; i++) {
        const struct slot *slot = &signer->slots[i];
        if (slot_used(slot) &&
            !tl_sign_below(&signer->floor, slot->record.epoch, slot->record.view) &&
            slot->record.view < first)
            first = slot->record.view;
    }
    for (uint64_t i = 0; first != UINT64_MAX && i < TL_SIGNER_VIEWS_MAX; i++) {
        const struct slot *slot = &signer->slots[(first + i) % TL_SIGNER_VIEWS_MAX];
        if (slot_used(slot))
            visit_slot(signer, slot, visit, context);
    }
}
