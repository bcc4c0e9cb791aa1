/* tallyd whose snapshots are wrong: instead of every eleventh chunk it gives the next
 * one, and in every seventh it changes a byte of the last value. */
#include "node.h"

enum tl_status __real_tl_snapshot_file_read(const struct tl_snapshot_file *file, uint32_t chunk,
                                            struct tl_list *pairs, struct tl_buf *out);
enum tl_status __wrap_tl_snapshot_file_read(const struct tl_snapshot_file *file, uint32_t chunk,
                                            struct tl_list *pairs, struct tl_buf *out);

enum tl_status __wrap_tl_snapshot_file_read(const struct tl_snapshot_file *file, uint32_t chunk,
                                            struct tl_list *pairs, struct tl_buf *out)
{
    uint32_t given = chunk % 11 == 0 ? (chunk + 1) % (1u << file->chunk_bits) : chunk;
    enum tl_status st = __real_tl_snapshot_file_read(file, given, pairs, out);

    if (st == TL_OK && chunk % 7 == 0 && pairs->raw.len != 0)
        out->ptr[out->len - 1] ^= 1;
    return st;
}
