/* tl/check.h -- for our own mistakes, and only those.
 *
 * Three things go wrong, and each has one answer:
 *   a peer lies        return a tl_status; score the peer
 *   the machine fails  return a tl_status; the host retries or stops
 *   we are wrong       TL_CHECK: stop at once, in every build
 *
 * A check that bytes from outside can trip is a way to kill the network, so
 * none may be reachable from them; fuzzers treat every stop as a finding.  The
 * condition must have no side effects. */
#ifndef TL_CHECK_H
#define TL_CHECK_H

#include "tl/attributes.h"

/* tl_panic says where the program contradicted itself and ends it.  The pure
 * rooms only declare it: whoever links them decides how to say goodbye. */
TL_NORETURN void tl_panic(const char *file, int line, const char *what);

#define TL_CHECK(cond)                                                                             \
    do {                                                                                           \
        if (__builtin_expect(!(cond), 0))                                                          \
            tl_panic(__FILE__, __LINE__, #cond);                                                   \
    } while (0)

/* Whole-object proofs: on in debug, simulator and fuzz builds. */
#ifdef TL_VERIFY
#define TL_INVARIANT(cond) TL_CHECK(cond)
#else
#define TL_INVARIANT(cond)                                                                         \
    do {                                                                                           \
    } while (0)
#endif

#define TL_UNREACHABLE() tl_panic(__FILE__, __LINE__, "unreachable")

#endif
