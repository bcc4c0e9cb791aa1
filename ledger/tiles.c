/* Paths and bytes of tlog-tiles.  See tiles.h. */
#include "tl/tiles.h"

#include "lines.h"
#include "tl/check.h"

#define TILE_BITS 8u

/* Three digits, with an x in front unless they are the last. */
static void put_group(struct tl_buf *out, uint64_t group, bool last)
{
    if (!last)
        tl_buf_byte(out, 'x');
    tl_buf_byte(out, (uint8_t)('0' + group / 100));
    tl_buf_byte(out, (uint8_t)('0' + group / 10 % 10));
    tl_buf_byte(out, (uint8_t)('0' + group % 10));
}

static void put_number(struct tl_buf *out, uint64_t number)
{
    uint64_t scale = 1;

    while (number / scale >= 1000)
        scale *= 1000;
    for (; scale != 0; scale /= 1000) {
        put_group(out, number / scale % 1000, scale == 1);
        if (scale != 1)
            tl_buf_byte(out, '/');
    }
}

void tl_tile_path(char out[TL_TILE_PATH_MAX], const struct tl_tile *tile)
{
    struct tl_buf buf = tl_buf(out, TL_TILE_PATH_MAX);

    TL_CHECK(tile->width >= 1 && tile->width <= TL_TILE_WIDTH);
    tl_put_text(&buf, "tile/");
    if (tile->level == TL_TILE_ENTRIES)
        tl_put_text(&buf, "entries");
    else
        tl_put_decimal(&buf, tile->level);
    tl_buf_byte(&buf, '/');
    put_number(&buf, tile->number);
    if (tile->width != TL_TILE_WIDTH) {
        tl_put_text(&buf, ".p/");
        tl_put_decimal(&buf, tile->width);
    }
    tl_buf_byte(&buf, '\0');
    TL_CHECK(!buf.full);
}

/* How many hashes or leaves the log has at a step of the walk. */
static uint64_t count_at(uint64_t size, uint32_t step)
{
    return step <= 1 ? size : size >> (TILE_BITS * (step - 1));
}

bool tl_tile_next(struct tl_tile_walk *walk, struct tl_tile *tile)
{
    uint64_t count;
    uint64_t left;

    while (walk->step <= TL_LOG_LEVELS) {
        count = count_at(walk->size, walk->step);
        if (walk->number * TL_TILE_WIDTH < count)
            break;
        walk->number = 0;
        walk->step++;
    }
    if (walk->step > TL_LOG_LEVELS)
        return false;
    left = count - walk->number * TL_TILE_WIDTH;
    tile->level = walk->step == 0 ? TL_TILE_ENTRIES : walk->step - 1;
    tile->number = walk->number++;
    tile->width = left < TL_TILE_WIDTH ? (uint32_t)left : TL_TILE_WIDTH;
    return true;
}

static enum tl_status read_bundle(struct tl_overlay *state, const struct tl_tile *tile,
                                  struct tl_buf *out)
{
    for (uint32_t i = 0; i < tile->width; i++) {
        struct tl_bytes leaf;
        uint8_t len[2];
        enum tl_status status = tl_log_leaf(state, tile->number * TL_TILE_WIDTH + i, &leaf);

        if (status != TL_OK)
            return status;
        if (leaf.len > TL_LEAF_BYTES_MAX)
            return TL_ERR_CORRUPT;
        tl_put_u16be(len, (uint16_t)leaf.len);
        tl_buf_put(out, len, sizeof len);
        tl_buf_put(out, leaf.ptr, leaf.len);
    }
    return TL_OK;
}

enum tl_status tl_tile_read(struct tl_overlay *state, const struct tl_tile *tile,
                            struct tl_buf *out)
{
    struct tl_bytes hashes;
    enum tl_status status;

    TL_CHECK(tile->width >= 1 && tile->width <= TL_TILE_WIDTH);
    if (tile->level == TL_TILE_ENTRIES) {
        status = read_bundle(state, tile, out);
    } else {
        status = tl_log_tile(state, tile->level, tile->number, &hashes);
        if (status == TL_OK && hashes.len < (size_t)tile->width * TL_HASH_BYTES)
            status = TL_ERR_NOT_FOUND;
        if (status == TL_OK)
            tl_buf_put(out, hashes.ptr, (size_t)tile->width * TL_HASH_BYTES);
    }
    if (status != TL_OK)
        return status;
    return out->full ? TL_ERR_NO_MEMORY : TL_OK;
}

bool tl_bundle_next(struct tl_bytes *bundle, struct tl_bytes *leaf)
{
    size_t len;

    *leaf = TL_BYTES_NONE;
    if (bundle->len < 2)
        return false;
    len = tl_get_u16be(bundle->ptr);
    if (len > bundle->len - 2)
        return false;
    *leaf = tl_bytes(bundle->ptr + 2, len);
    *bundle = tl_bytes(bundle->ptr + 2 + len, bundle->len - 2 - len);
    return true;
}
