/* flaws.h -- known-wrong variants of the node, to prove that the checkers can
 * fail.  Each is one rule broken in one place, by a function put in front of the
 * right one at link time (flaws.c); FLAW_NONE is the node as it is. */
#ifndef TL_SIM_FLAWS_H
#define TL_SIM_FLAWS_H

#include <stdbool.h>
#include <stdint.h>

/* X(name, what is wrong, where it was seen) */
#define FLAWS(X)                                                                                   \
    X(NONE, "nothing", "")                                                                         \
    X(QUORUM, "q=3 of n=5 and one twin", "commonware PR 733, fabric-x-orderer 1069")               \
    X(FINALIZE_NULLIFIED, "FINALIZE after NULLIFY", "ava-labs/Simplex 280")                        \
    X(FINALIZE_OTHER, "FINALIZE of another block than notarized", "amnesia")                       \
    X(JOURNAL_UNSYNCED, "a vote leaves before its record is safe", "aptos-core 18298")             \
    X(JOURNAL_FORGOTTEN, "a crash empties the journal", "ava-labs/Simplex 566")                    \
    X(STORE_UNSYNCED, "blocks and certificates are never synced", "cometbft 6031")                 \
    X(NO_FENCE, "a lost journal begins anew as if nothing was signed", "PROTOCOL A.8")             \
    X(VOTES_FORGOTTEN, "a restart forgets certificates and its own votes", "ava-labs/Simplex 328") \
    X(NO_STANDSTILL, "nothing is ever said again", "ava-labs/Simplex 328")                         \
    X(NO_FETCH, "nothing missing is asked for", "commonware PR 2192")                              \
    X(LEADER_UNCHECKED, "blocks of whoever proposes", "TON 2557")                                  \
    X(SIGNATURE_UNCHECKED, "any signature will do", "")                                            \
    X(OTHER_RESULT, "one machine computes another result", "")

enum flaw {
#define X(name, what, seen) FLAW_##name,
    FLAWS(X)
#undef X
        FLAW_COUNT
};

extern enum flaw flaw; /* the one in force */

#endif
