/* tl/mailbox.h -- the one way into the loop.
 *
 * Everything that happens outside the loop (a frame came, a client asks, a
 * signature was checked, writes reached the disk) becomes a mail.  Any thread
 * posts; the loop alone takes, in batches, in the order of posting.
 *
 * Mail of the outside world is charged to its source, which has a share of bytes
 * (backpressure.h); mail of our own threads is never refused.
 *
 * Ownership: a posted mail belongs to the mailbox, a taken one to the taker, who
 * frees it.  Thread safe. */
#ifndef TL_MAILBOX_H
#define TL_MAILBOX_H

#include "tl/backpressure.h"
#include "tl/bytes.h"
#include "tl/status.h"

enum tl_mail_kind {
    TL_MAIL_FRAME,   /* from: member; number: of the message; bytes: its body */
    TL_MAIL_PEER,    /* from: member; number: 1 up, 0 down */
    TL_MAIL_REQUEST, /* number: conversation; bytes: request frame */
    TL_MAIL_CHECKED, /* work: the job, status its answer */
    TL_MAIL_DURABLE, /* work: the write, status its end */
    TL_MAIL_TASK,    /* work: a tl_task, status its end */
    TL_MAIL_VAULT,   /* work: the vault's job, status its end */
    TL_MAIL_STOP     /* end the loop */
};

struct tl_mail {
    struct tl_mail *next;
    enum tl_mail_kind kind;
    uint32_t source; /* charged share */
    uint32_t from;
    uint64_t number;
    enum tl_status status;
    void *work;
    size_t len;
    uint8_t bytes[]; /* owned with the mail */
};

struct tl_mailbox;

/* One more source than members: the clients share the last one. */
#define TL_MAIL_SOURCES TL_SHARES
#define TL_MAIL_CLIENTS TL_MEMBERS_MAX
/* Source of mail that is not charged. */
#define TL_MAIL_OURS UINT32_MAX

/* tl_mailbox_new gives each source `share_bytes`; NULL: out of memory. */
struct tl_mailbox *tl_mailbox_new(size_t share_bytes);
void tl_mailbox_free(struct tl_mailbox *box);

/* tl_mail_new copies `bytes` into a new mail; NULL: out of memory. */
struct tl_mail *tl_mail_new(enum tl_mail_kind kind, uint32_t source, struct tl_bytes bytes);
void tl_mail_free(struct tl_mail *mail);

/* tl_mailbox_post takes `mail`.  False: the source is over its share, the mail
 * is still the caller's. */
TL_MUST_USE bool tl_mailbox_post(struct tl_mailbox *box, struct tl_mail *mail);

/* tl_mailbox_take waits up to `wait_ms` for mail and takes all there is, as a
 * list in order of posting; NULL when none came. */
struct tl_mail *tl_mailbox_take(struct tl_mailbox *box, uint64_t wait_ms);

/* How many mails were refused so far, and how many bytes wait. */
uint64_t tl_mailbox_refused(struct tl_mailbox *box);
size_t tl_mailbox_bytes(struct tl_mailbox *box);

#endif
