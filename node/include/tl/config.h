/* tl/config.h -- what one node's operator chooses.
 *
 * What all members must share is in the genesis file; the rest is here.  A
 * member's directory (memberdir.h) works without a configuration file, since
 * every value has a default below that directory; tallyd.conf is YAML with the
 * keys listed here, and each value remembers where it came from, so that
 * `tallyd --check-config` can show it.  An unknown key is an error: a setting
 * that is silently ignored is worse than one that is missing.
 *
 * Relative paths are relative to the member's directory. */
#ifndef TL_CONFIG_H
#define TL_CONFIG_H

#include "tl/file.h"
#include "tl/logline.h"
#include "tl/why.h"

/* X(name, key in the file, what it is) */
#define TL_CONFIG_TABLE(X)                                                                         \
    X(genesis, "genesis", "genesis file all members share")                                        \
    X(keys, "keys", "directory of consensus.key, log.key, cosign.key, tls.key")                    \
    X(tls_cert, "tls-cert", "TLS certificate, PEM")                                                \
    X(peers, "peers", "plan of a later epoch, to find its members by; empty: none")                \
    X(data, "data", "directory of the ledger")                                                     \
    X(journal_a, "journal-a", "signer journal, first copy")                                        \
    X(journal_b, "journal-b", "signer journal, second copy; best on another disk")                 \
    X(vault, "vault", "personal data, encrypted, and the read log")                                \
    X(vault_keys_a, "vault-keys-a", "its keys, first copy")                                        \
    X(vault_keys_b, "vault-keys-b", "its keys, second copy; best on another disk, in no backup")   \
    X(listen, "listen", "host:port other members dial; default: the address in genesis")           \
    X(api_socket, "api-socket", "control socket for clients on this machine")                      \
    X(api_listen, "api-listen", "host:port for clients elsewhere; empty: none")                    \
    X(log_level, "log-level", "trace, debug, info, odd or broken")                                 \
    X(mempool_mib, "mempool-mib", "envelopes that wait for a block, 1 to 256 MiB")                 \
    X(signature_threads, "signature-threads", "threads that check signatures, 1 to 16")            \
    X(promise_ms, "promise-ms", "how soon an envelope taken over will be final, to 3,600,000")     \
    X(snapshot_after, "snapshot-after",                                                            \
      "blocks behind from which on a snapshot is taken instead of blocks; never: not at all")

struct tl_config_value {
    char text[TL_PATH_MAX];
    char source[TL_PATH_MAX + 32]; /* "default", or file:line */
};

struct tl_config {
    char dir[TL_PATH_MAX];
#define X(name, key, what) struct tl_config_value name;
    TL_CONFIG_TABLE(X)
#undef X
    enum tl_log_level level;
    uint32_t mempool_bytes;
    uint32_t threads;
    uint32_t promise_time_ms;
    uint32_t snapshot_after_blocks; /* UINT32_MAX: never */
};

/* tl_config_load fills every value of the member's directory `dir`.  `file` is
 * the configuration file, or NULL for dir/tallyd.conf where there is one. */
TL_MUST_USE enum tl_status tl_config_load(struct tl_config *config, const char *dir,
                                          const char *file, struct tl_why *why);
/* tl_config_print writes "key = value  # source" lines to `out`, a FILE. */
void tl_config_print(const struct tl_config *config, void *out);

#endif
