#include "gz.h"

#include "mem.h"

#include <string.h>
#include <zlib.h>

struct tl_gz {
    gzFile file;
};

static enum tl_status gz_open(struct tl_gz **out, const char *path, const char *mode)
{
    gzFile file = gzopen(path, mode);

    *out = NULL;
    if (file == NULL)
        return TL_ERR_IO;
    (void)gzbuffer(file, 1u << 17);
    *out = tl_mem_new(1, sizeof **out);
    (*out)->file = file;
    return TL_OK;
}

enum tl_status tl_gz_open(struct tl_gz **out, const char *path)
{
    return gz_open(out, path, "rb");
}

enum tl_status tl_gz_create(struct tl_gz **out, const char *path)
{
    size_t len = strlen(path);
    bool packed = len > 3 && strcmp(path + len - 3, ".gz") == 0;

    return gz_open(out, path, packed ? "wb9" : "wbT");
}

enum tl_status tl_gz_read(struct tl_gz *gz, void *into, size_t *len)
{
    int got = gzread(gz->file, into, (unsigned)*len);
    int error = Z_OK;

    *len = got > 0 ? (size_t)got : 0;
    if (got > 0)
        return TL_OK;
    (void)gzerror(gz->file, &error);
    if (error == Z_ERRNO)
        return TL_ERR_IO;
    return got < 0 || (error != Z_OK && error != Z_STREAM_END) ? TL_ERR_CORRUPT : TL_OK;
}

enum tl_status tl_gz_write(struct tl_gz *gz, struct tl_bytes bytes)
{
    if (bytes.len == 0)
        return TL_OK;
    return gzwrite(gz->file, bytes.ptr, (unsigned)bytes.len) == (int)bytes.len ? TL_OK : TL_ERR_IO;
}

enum tl_status tl_gz_close(struct tl_gz *gz)
{
    int end;

    if (gz == NULL)
        return TL_OK;
    end = gzclose(gz->file);
    tl_mem_free(gz);
    return end == Z_OK ? TL_OK : TL_ERR_IO;
}

enum tl_status tl_gz_slurp(const char *path, size_t max, uint8_t **data, size_t *len)
{
    struct tl_gz *gz;
    size_t cap = 0;
    size_t got = 0;
    enum tl_status status = tl_gz_open(&gz, path);

    *data = NULL;
    *len = 0;
    if (status != TL_OK)
        return status;
    do {
        *data = tl_mem_grow(*data, &cap, *len + 65536u, 1);
        got = 65536u;
        status = tl_gz_read(gz, *data + *len, &got);
        *len += got;
        if (*len > max)
            status = TL_ERR_LIMIT;
    } while (status == TL_OK && got > 0);
    (void)tl_gz_close(gz);
    if (status != TL_OK) {
        tl_mem_free(*data);
        *data = NULL;
        *len = 0;
    }
    return status;
}
