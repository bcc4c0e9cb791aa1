#include "batch_people.h"

#include "tl/file.h"
#include "tl/vault.h"

#include "import.h"
#include "mem.h"
#include "vault_send.h"

#include <stdlib.h>
#include <string.h>

void tl_people_add(struct tl_people *people, const struct tl_id *case_id,
                   const struct tl_vault_text *text)
{
    size_t need = text->name.len + text->value.len;

    people->item =
        tl_mem_grow(people->item, &people->cap, people->count + 1u, sizeof *people->item);
    if (people->used + need > people->room) {
        /* By hand: what was there is personal data, and is wiped. */
        size_t room = 2u * people->room + need + 65536u;
        uint8_t *bytes = tl_mem_new(room, 1);

        if (people->used > 0)
            memcpy(bytes, people->bytes, people->used);
        if (people->bytes != NULL)
            tl_wipe(people->bytes, people->used);
        tl_mem_free(people->bytes);
        people->bytes = bytes;
        people->room = room;
    }
    people->item[people->count] =
        (struct tl_person_text){*case_id, (uint32_t)people->count, (uint32_t)text->name.len,
                                (uint32_t)text->value.len, people->used};
    people->count++;
    memcpy(people->bytes + people->used, text->name.ptr, text->name.len);
    memcpy(people->bytes + people->used + text->name.len, text->value.ptr, text->value.len);
    people->used += need;
}

void tl_people_free(struct tl_people *people)
{
    if (people->bytes != NULL)
        tl_wipe(people->bytes, people->used);
    tl_mem_free(people->bytes);
    tl_mem_free(people->item);
    *people = (struct tl_people){0};
}

/* ---- by case ----------------------------------------------------------- */

static int by_case(const void *a, const void *b)
{
    const struct tl_person_text *x = a;
    const struct tl_person_text *y = b;
    int order = memcmp(x->case_id.b, y->case_id.b, TL_ID_BYTES);

    if (order != 0)
        return order;
    return x->order < y->order ? 1 : -1; /* the last word first */
}

static struct tl_vault_text text_at(const struct tl_people *people, size_t i)
{
    const struct tl_person_text *item = &people->item[i];

    return (struct tl_vault_text){
        tl_bytes(people->bytes + item->at, item->name_len),
        tl_bytes(people->bytes + item->at + item->name_len, item->value_len)};
}

/* Fields of one case while they are put together. */
struct person {
    struct tl_list fields;
    struct tl_buf buf;
    bool changed;
};

static bool has_field(struct tl_list fields, struct tl_bytes name)
{
    struct tl_vault_text text;

    while (tl_list_next(&fields, &tl_vault_text_record, &text)) {
        if (tl_bytes_eq(text.name, name))
            return true;
    }
    return false;
}

static void add_field(struct person *person, struct tl_bytes name, struct tl_bytes value)
{
    const struct tl_vault_text text = {name, value};

    if (!has_field(person->fields, name) && person->fields.count < TL_VAULT_FIELDS_MAX)
        tl_list_add(&person->fields, &person->buf, &tl_vault_text_record, &text);
}

static size_t gather(const struct tl_people *people, size_t from, struct person *person)
{
    size_t to = from;

    person->fields = (struct tl_list){TL_BYTES_NONE, 0};
    person->buf.len = 0;
    person->changed = true;
    while (to < people->count &&
           memcmp(people->item[to].case_id.b, people->item[from].case_id.b, TL_ID_BYTES) == 0) {
        struct tl_vault_text text = text_at(people, to++);

        add_field(person, text.name, text.value);
    }
    return to;
}

/* ---- what is there already --------------------------------------------- */

static bool same_value(struct tl_list kept, const struct tl_vault_text *text)
{
    struct tl_personal_field field;

    while (tl_list_next(&kept, &tl_personal_field_record, &field)) {
        if (tl_bytes_eq(field.name, text->name))
            return tl_bytes_eq(field.value, text->value);
    }
    return false;
}

static bool has_vault(struct tl_client *client, const struct tl_id *id, struct tl_vault *vault)
{
    struct tl_erasure_query query = {.case_id = *id};
    struct tl_case_page page;
    struct tl_exchange exchange = {TL_METHOD_ERASURES, &tl_erasure_query_record, &query,
                                   &tl_case_page_record, &page};
    struct tl_case_item item;
    struct tl_why why = {""};

    return tl_client_call(client, &exchange, &why) == TL_OK &&
           tl_list_next(&page.cases, &tl_case_item_record, &item) &&
           tl_record_decode(&tl_vault_record, vault, item.value) == TL_OK;
}

/* Adds what is kept and not named now; nothing changed: nothing is put. */
static enum tl_status compare(struct person *person, struct tl_client *client,
                              const struct tl_id *id, struct tl_why *why)
{
    struct tl_vault_query query = {*id, tl_bytes_str("import")};
    struct tl_personal now;
    struct tl_exchange exchange = {TL_METHOD_VAULT_GET, &tl_vault_query_record, &query,
                                   &tl_personal_record, &now};
    struct tl_list fields = person->fields;
    struct tl_personal_field field;
    struct tl_vault_text text;
    struct tl_vault vault;
    enum tl_status status;

    if (!has_vault(client, id, &vault))
        return TL_OK;
    person->changed = false;
    if (vault.stage != TL_VAULT_OPEN)
        return TL_OK; /* erased, or about to be: it does not come back by a file */
    status = tl_client_call(client, &exchange, why);
    if (status != TL_OK)
        return status;
    while (tl_list_next(&fields, &tl_vault_text_record, &text))
        person->changed = person->changed || !same_value(now.fields, &text);
    while (tl_list_next(&now.fields, &tl_personal_field_record, &field))
        add_field(person, field.name, field.value);
    return TL_OK;
}

/* ---- sending ----------------------------------------------------------- */

static enum tl_status submit(void *context, struct tl_bytes entry, struct tl_why *why)
{
    return tl_submitter_add(context, entry, why);
}

struct sending {
    struct tl_client *client;
    struct tl_submitter *submitter;
    struct tl_vault_batch batch;
    int32_t date;
};

static enum tl_status flush(struct sending *s, struct tl_why *why)
{
    const struct tl_vault_each each = {submit, s->submitter};

    return tl_vault_batch_send(&s->batch, s->client, s->date, &each, why);
}

static enum tl_status send_one(struct sending *s, const struct tl_id *id,
                               const struct person *person, struct tl_why *why)
{
    enum tl_status status = TL_OK;

    if (tl_vault_batch_add(&s->batch, id, person->fields))
        return TL_OK;
    status = flush(s, why);
    if (status == TL_OK && !tl_vault_batch_add(&s->batch, id, person->fields))
        status = tl_why_set(why, TL_ERR_LIMIT, "a person's data is too long");
    return status;
}

static enum tl_status send_all(struct tl_people *people, struct sending *s, uint64_t *put,
                               struct tl_why *why)
{
    uint8_t *memory = tl_mem_new(TL_VAULT_RECORD_BYTES, 1);
    struct person person = {.buf = tl_buf(memory, TL_VAULT_RECORD_BYTES)};
    enum tl_status status = TL_OK;

    for (size_t from = 0; from < people->count && status == TL_OK;) {
        const struct tl_id *id = &people->item[from].case_id;
        size_t to = gather(people, from, &person);

        status = compare(&person, s->client, id, why);
        if (status == TL_OK && person.changed) {
            status = send_one(s, id, &person, why);
            ++*put;
        }
        from = to;
    }
    if (status == TL_OK)
        status = flush(s, why);
    tl_wipe(memory, TL_VAULT_RECORD_BYTES);
    tl_mem_free(memory);
    return status;
}

enum tl_status tl_people_send(struct tl_people *people, struct tl_client *client, uint64_t *put,
                              struct tl_why *why)
{
    struct sending s = {.client = client};
    enum tl_status status;

    *put = 0;
    if (people->count == 0)
        return TL_OK;
    qsort(people->item, people->count, sizeof *people->item, by_case);
    status = tl_business_date(client, &s.date, why);
    if (status == TL_OK)
        status = tl_submitter_open(&s.submitter, client, 256, why);
    if (status != TL_OK)
        return status;
    s.date++;
    tl_vault_batch_init(&s.batch);
    status = send_all(people, &s, put, why);
    if (status == TL_OK)
        status = tl_submitter_flush(s.submitter, why);
    tl_vault_batch_free(&s.batch);
    tl_submitter_close(s.submitter);
    return status;
}
