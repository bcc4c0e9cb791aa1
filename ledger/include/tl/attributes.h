/* tl/attributes.h -- what the compiler should hold a caller to.
 *
 * TL_MUST_USE   the result carries the only news of a failure
 * TL_NONNULL    these arguments are never NULL (numbered from 1) */
#ifndef TL_ATTRIBUTES_H
#define TL_ATTRIBUTES_H

#define TL_MUST_USE     __attribute__((warn_unused_result))
#define TL_NONNULL(...) __attribute__((nonnull(__VA_ARGS__)))
#define TL_NORETURN     __attribute__((noreturn))
#define TL_PRINTF(f, a) __attribute__((format(printf, f, a)))

#endif
