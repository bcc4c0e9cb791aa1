#include "metro2_file.h"

#include "mem.h"
#include "say.h"

#include <errno.h>
#include <inttypes.h>
#include <string.h>

enum tl_status tl_metro2_file_open(struct tl_metro2_file *file, const char *path)
{
    enum tl_status status;

    *file = (struct tl_metro2_file){.path = path};
    status = tl_gz_open(&file->gz, path);
    if (status != TL_OK) {
        (void)tl_fail(status, NULL, "cannot read '%s': %s", path, strerror(errno));
        return status;
    }
    file->window = tl_mem_new(TL_METRO2_WINDOW, 1);
    return TL_OK;
}

void tl_metro2_file_close(struct tl_metro2_file *file)
{
    if (file->gz != NULL)
        (void)tl_gz_close(file->gz);
    tl_mem_free(file->window);
    *file = (struct tl_metro2_file){0};
}

/* Moves what is left to the front and reads behind it. */
static enum tl_status refill(struct tl_metro2_file *file)
{
    size_t len;
    enum tl_status status;

    memmove(file->window, file->window + file->at, file->len - file->at);
    file->len -= file->at;
    file->at = 0;
    while (file->len < TL_METRO2_WINDOW && !file->ended) {
        len = TL_METRO2_WINDOW - file->len;
        status = tl_gz_read(file->gz, file->window + file->len, &len);
        if (status != TL_OK) {
            (void)tl_fail(status, NULL, "cannot read '%s' to its end", file->path);
            return status;
        }
        file->ended = len == 0;
        file->len += len;
    }
    return TL_OK;
}

enum tl_status tl_metro2_file_next(struct tl_metro2_file *file, struct tl_metro2_record *record)
{
    enum tl_status status = TL_ERR_EARLY;

    while (status == TL_ERR_EARLY) {
        size_t used = 0;

        if (file->len - file->at < TL_METRO2_RECORD_MAX + 16u && !file->ended &&
            (status = refill(file)) != TL_OK)
            return status;
        status =
            tl_metro2_read(&file->reader, tl_bytes(file->window + file->at, file->len - file->at),
                           file->ended, &used, record);
        file->at += used;
    }
    if (status == TL_ERR_ENCODING)
        (void)tl_fail(status, NULL, "'%s' cannot be read from record %" PRIu64 " on: %s",
                      file->path, file->reader.number, file->reader.why);
    return status;
}

/* ---- accounts ---------------------------------------------------------- */

static const uint8_t *key_of(const struct tl_metro2_index *index,
                             const struct tl_metro2_summary *item)
{
    return index->by_next ? item->next : item->key;
}

/* FNV-1a: keys come from a file its owner made, nobody gains by collisions. */
static size_t slot_of(const struct tl_metro2_index *index, const uint8_t *key)
{
    uint64_t hash = UINT64_C(0xcbf29ce484222325);
    size_t at;

    for (size_t i = 0; i < TL_METRO2_KEY_BYTES; i++)
        hash = (hash ^ key[i]) * UINT64_C(0x100000001b3);
    at = (size_t)(hash ^ hash >> 32) & (index->slots - 1);
    while (index->slot[at] != 0 &&
           memcmp(key_of(index, &index->item[index->slot[at] - 1]), key, TL_METRO2_KEY_BYTES) != 0)
        at = (at + 1) & (index->slots - 1);
    return at;
}

static void grow_slots(struct tl_metro2_index *index)
{
    index->slots = index->slots == 0 ? 1024 : index->slots * 2;
    tl_mem_free(index->slot);
    index->slot = tl_mem_new(index->slots, sizeof *index->slot);
    for (size_t i = 0; i < index->count; i++)
        index->slot[slot_of(index, key_of(index, &index->item[i]))] = (uint32_t)(i + 1);
}

bool tl_metro2_index_add(struct tl_metro2_index *index, const struct tl_metro2_summary *summary)
{
    size_t at;

    if (index->slots < 2 * (index->count + 1))
        grow_slots(index);
    at = slot_of(index, key_of(index, summary));
    if (index->slot[at] != 0)
        return false;
    index->item = tl_mem_grow(index->item, &index->cap, index->count + 1, sizeof *index->item);
    index->item[index->count++] = *summary;
    index->slot[at] = (uint32_t)index->count;
    return true;
}

const struct tl_metro2_summary *tl_metro2_index_find(const struct tl_metro2_index *index,
                                                     const uint8_t key[TL_METRO2_KEY_BYTES])
{
    size_t at;

    if (index->slots == 0)
        return NULL;
    at = slot_of(index, key);
    return index->slot[at] == 0 ? NULL : &index->item[index->slot[at] - 1];
}

void tl_metro2_index_free(struct tl_metro2_index *index)
{
    tl_mem_free(index->item);
    tl_mem_free(index->slot);
    *index = (struct tl_metro2_index){0};
}
