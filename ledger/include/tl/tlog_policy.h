/* tl/tlog_policy.h -- whose signatures make a checkpoint worth believing.
 *
 * C2SP tlog-policy: a text file that names logs, witnesses, groups of them, and
 * the one whose agreement is needed.
 *
 *   log <vkey> [<url>]
 *   witness <name> <vkey> [<url>]
 *   group <name> <k|any|all> <name>...
 *   quorum <name|none>
 *
 * A checkpoint is valid when one of the logs signed it and the quorum cosigned
 * it.  Ours is made from the genesis file: each member's log key, each member's
 * cosign key as a witness of the member's name, and a group `q` of them all with
 * the consortium's own quorum; so a tool of others asks for as many
 * organisations as our certificates do.
 *
 * Reading follows the specification: names are bytes, defined before use and
 * listed in one group at most; keys differ; one quorum line.  Beyond it we want
 * verifier keys that note.h accepts, and at most TL_TLOG_LOGS_MAX logs and
 * TL_TLOG_NAMES_MAX witnesses and groups.  Pure; what is parsed borrows the
 * text. */
#ifndef TL_TLOG_POLICY_H
#define TL_TLOG_POLICY_H

#include "tl/genesis.h"
#include "tl/note.h"

#define TL_TLOG_LOGS_MAX  64u
#define TL_TLOG_NAMES_MAX 64u
/* What tl_tlog_policy_write needs at most: two verifier keys for each member. */
#define TL_TLOG_POLICY_MAX 65536u

/* A witness, or a group of those defined before it. */
struct tl_tlog_name {
    struct tl_bytes name;
    bool is_group;
    struct tl_note_key key; /* of a witness */
    uint64_t members;       /* of a group: one bit for each name by number */
    uint32_t threshold;     /* of a group: how many of them */
};

struct tl_tlog_policy {
    uint32_t logs;
    struct tl_note_key log[TL_TLOG_LOGS_MAX];
    uint32_t names;
    struct tl_tlog_name name[TL_TLOG_NAMES_MAX];
    bool needs_quorum; /* false: `quorum none` */
    uint32_t quorum;   /* number of the name that must agree */
};

/* tl_tlog_policy_write makes the policy of a consortium. */
void tl_tlog_policy_write(struct tl_buf *out, const struct tl_genesis *genesis);

/* tl_tlog_policy_parse: on failure *why says what is wrong (static text) and
 * *line where.  TL_ERR_ENCODING, TL_ERR_RANGE (beyond a limit above). */
TL_MUST_USE enum tl_status tl_tlog_policy_parse(struct tl_tlog_policy *out, struct tl_bytes text,
                                                uint32_t *line, const char **why);

/* Who was found to have signed. */
struct tl_tlog_verdict {
    struct tl_checkpoint checkpoint;
    uint64_t logs;    /* one bit for each log by number */
    uint64_t names;   /* witnesses that cosigned, groups that are satisfied */
    uint32_t unknown; /* signature lines by none of the policy's keys */
};
/* tl_tlog_policy_check holds a signed checkpoint to the policy.
 * TL_ERR_ENCODING: not a checkpoint; TL_ERR_SIGNATURE: a line by a known key does
 * not verify; TL_ERR_CERTIFICATE: no log signed it under its own name, or the
 * quorum did not. */
TL_MUST_USE enum tl_status tl_tlog_policy_check(const struct tl_tlog_policy *policy,
                                                struct tl_bytes note_bytes,
                                                struct tl_tlog_verdict *verdict);

#endif
