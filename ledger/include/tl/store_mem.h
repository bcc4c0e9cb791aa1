/* tl/store_mem.h -- a store in a caller's memory.
 *
 * For the simulator, for tests and for audits of ledgers that fit: an ordered
 * map (a skip list) whose nodes come out of one block of memory and go back to
 * free lists by size, so a value that is overwritten a million times does not
 * use a million places.  Puts take their memory when they are gathered: a batch
 * either has it all or is refused, and a commit cannot fail half way.
 *
 * Views live until the next commit.  One thread.  Nothing survives the process;
 * `sync` means nothing here.  Pure. */
#ifndef TL_STORE_MEM_H
#define TL_STORE_MEM_H

#include "tl/store.h"

/* tl_store_mem_init makes an empty store out of `size` bytes at `memory`, which
 * must outlive it.  NULL when that is too little for even an empty one. */
TL_MUST_USE struct tl_store *tl_store_mem_init(void *memory, size_t size);
/* How many bytes have been handed out at most, for reports. */
size_t tl_store_mem_used(const struct tl_store *store);

#endif
