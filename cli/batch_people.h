/* batch_people.h -- the personal data of a batch: gathered by case, sent to the
 * vault, and wiped.
 *
 * Later rows win, field by field.  What the vault has already is left alone, so
 * that a second import of a file puts nothing. */
#ifndef TL_BATCH_PEOPLE_H
#define TL_BATCH_PEOPLE_H

#include "submit.h"

#include "tl/vault_record.h"

struct tl_person_text {
    struct tl_id case_id;
    uint32_t order;
    uint32_t name_len;
    uint32_t value_len;
    size_t at; /* name, then value */
};

struct tl_people {
    struct tl_person_text *item;
    size_t count;
    size_t cap;
    uint8_t *bytes;
    size_t used;
    size_t room;
};

void tl_people_add(struct tl_people *people, const struct tl_id *case_id,
                   const struct tl_vault_text *text);
void tl_people_free(struct tl_people *people);

/* tl_people_send puts what is new or changed; *put counts the cases. */
TL_MUST_USE enum tl_status tl_people_send(struct tl_people *people, struct tl_client *client,
                                          uint64_t *put, struct tl_why *why);

#endif
