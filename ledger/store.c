/* The store door: checks what every implementation may rely on. */
#include "tl/store.h"

#include "tl/check.h"

enum tl_status tl_store_get(struct tl_store *store, struct tl_bytes key, struct tl_bytes *value)
{
    TL_CHECK(key.len > 0 && key.len <= TL_STORE_KEY_MAX);
    *value = TL_BYTES_NONE;
    return store->ops->get(store, key, value);
}

enum tl_status tl_store_scan(struct tl_store *store, struct tl_bytes from, struct tl_bytes to,
                             tl_store_visit *visit, void *context)
{
    TL_CHECK(from.len <= TL_STORE_KEY_MAX && to.len <= TL_STORE_KEY_MAX);
    return store->ops->scan(store, from, to, visit, context);
}

enum tl_status tl_store_put(struct tl_store *store, struct tl_bytes key, struct tl_bytes value)
{
    TL_CHECK(key.len > 0 && key.len <= TL_STORE_KEY_MAX);
    TL_CHECK(value.len <= TL_STORE_VALUE_MAX);
    return store->ops->put(store, key, value);
}

enum tl_status tl_store_del(struct tl_store *store, struct tl_bytes key)
{
    TL_CHECK(key.len > 0 && key.len <= TL_STORE_KEY_MAX);
    return store->ops->del(store, key);
}

enum tl_status tl_store_commit(struct tl_store *store, bool sync)
{
    return store->ops->commit(store, sync);
}

void tl_store_abandon(struct tl_store *store)
{
    store->ops->abandon(store);
}

static enum tl_status sink_put(void *host, struct tl_bytes key, struct tl_bytes value)
{
    return tl_store_put(host, key, value);
}

static enum tl_status sink_del(void *host, struct tl_bytes key)
{
    return tl_store_del(host, key);
}

struct tl_store_sink tl_store_sink(struct tl_store *store)
{
    return (struct tl_store_sink){sink_put, sink_del, store};
}
