/* story.h -- one core, told things; what it answers, as lines of text.
 *
 * Blocks have capital letters, G is genesis; the leader of view v is member
 * v mod members.  Lines: "store A", "sign N1 A" (N NOTARIZE, X NULLIFY, F
 * FINALIZE), "vote N1 A", "store-cert N1 A", "cert N1 A", "propose A",
 * "build v2 on A", "check A", "final A", "enter v2", "timer 300", "fetch A",
 * "ask-tip", "send X2 to 3", "evidence 2 kind 1", "alarm 1", "timeout v1". */
#ifndef TL_TEST_STORY_H
#define TL_TEST_STORY_H

#include "tl/bft.h"

struct story {
    void *memory;
    struct tl_bft *core;
    struct tl_bft_config config;
    uint64_t now_ms;
    uint64_t unix_ms;
    struct tl_bft_effects effects;
    struct tl_vote to_sign[8]; /* SIGN_VOTE effects not yet answered */
    uint32_t to_sign_count;
    char said[16384];
    size_t said_len;
};

void story_open(struct story *s, uint32_t members, uint32_t quorum, uint32_t self);
void story_close(struct story *s);
/* A core in the same memory that remembers nothing; told START by the caller. */
void story_restart(struct story *s);

enum tl_status story_tell(struct story *s, struct tl_bft_event event);
void story_start(struct story *s);
/* Block `name` of `view` on `parent` ('G': genesis) of `parent_view`. */
struct tl_bft_block story_block(const struct story *s, char name, uint64_t view, char parent,
                                uint64_t parent_view, uint64_t height);
enum tl_status story_hear_block(struct story *s, char name, uint64_t view, char parent,
                                uint64_t parent_view, uint64_t height);
enum tl_status story_built(struct story *s, char name, uint64_t view, char parent,
                           uint64_t parent_view, uint64_t height);
enum tl_status story_checked(struct story *s, char name, uint64_t view, bool valid);
/* `word`: "N1A" NOTARIZE view 1 block A, "X12" NULLIFY view 12, "F3C". */
enum tl_status story_vote(struct story *s, uint32_t member, const char *word);
/* A certificate signed by the members of the bitmap. */
enum tl_status story_cert(struct story *s, uint32_t signers, const char *word);
/* Answers every SIGN_VOTE so far. */
void story_sign_all(struct story *s);
void story_pending(struct story *s, bool pending);
void story_wait(struct story *s, uint64_t ms); /* and TICK */

/* What was said since the last call, lines joined by "; "; TRACE lines of
 * formed certificates are left out. */
void story_expect(struct story *s, const char *said);
bool story_said(const struct story *s, const char *part);
void story_forget(struct story *s);

#endif
