/* The writer of the canonical profile: msgpack-c packs, and always in the
 * shortest form.  The only file of the pure rooms that names msgpack. */
#include "tl/codec.h"

#include "tl/check.h"

#include <msgpack/pack.h>

static int append(void *data, const char *bytes, size_t len)
{
    tl_buf_put(data, bytes, len);
    return 0;
}

static msgpack_packer packer(struct tl_buf *out)
{
    return (msgpack_packer){out, append};
}

void tl_write_uint(struct tl_buf *out, uint64_t value)
{
    msgpack_packer pk = packer(out);

    (void)msgpack_pack_uint64(&pk, value);
}

void tl_write_int(struct tl_buf *out, int64_t value)
{
    msgpack_packer pk = packer(out);

    (void)msgpack_pack_int64(&pk, value);
}

void tl_write_bool(struct tl_buf *out, bool value)
{
    msgpack_packer pk = packer(out);

    (void)(value ? msgpack_pack_true(&pk) : msgpack_pack_false(&pk));
}

void tl_write_array(struct tl_buf *out, uint32_t count)
{
    msgpack_packer pk = packer(out);

    (void)msgpack_pack_array(&pk, count);
}

void tl_write_str(struct tl_buf *out, struct tl_bytes text)
{
    msgpack_packer pk = packer(out);

    TL_CHECK(text.len <= UINT32_MAX);
    (void)msgpack_pack_str(&pk, text.len);
    (void)msgpack_pack_str_body(&pk, text.ptr, text.len);
}

void tl_write_bin(struct tl_buf *out, struct tl_bytes bytes)
{
    msgpack_packer pk = packer(out);

    TL_CHECK(bytes.len <= UINT32_MAX);
    (void)msgpack_pack_bin(&pk, bytes.len);
    (void)msgpack_pack_bin_body(&pk, bytes.ptr, bytes.len);
}
