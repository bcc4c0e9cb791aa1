/* A list under a mutex, with a share of bytes for every source. */
#include "tl/mailbox.h"

#include "tl/check.h"

#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

struct tl_mailbox {
    pthread_mutex_t lock;
    pthread_cond_t came;
    struct tl_mail *first;
    struct tl_mail **last;
    struct tl_shares shares;
    size_t bytes;
};

struct tl_mailbox *tl_mailbox_new(size_t share_bytes)
{
    struct tl_mailbox *box = calloc(1, sizeof *box);
    pthread_condattr_t attr;

    if (box == NULL)
        return NULL;
    box->shares.limit = share_bytes;
    box->last = &box->first;
    TL_CHECK(pthread_mutex_init(&box->lock, NULL) == 0);
    TL_CHECK(pthread_condattr_init(&attr) == 0);
    /* A clock nobody can set: a leap of the wall clock must not stop timers. */
    TL_CHECK(pthread_condattr_setclock(&attr, CLOCK_MONOTONIC) == 0);
    TL_CHECK(pthread_cond_init(&box->came, &attr) == 0);
    (void)pthread_condattr_destroy(&attr);
    return box;
}

void tl_mailbox_free(struct tl_mailbox *box)
{
    struct tl_mail *next;

    if (box == NULL)
        return;
    for (struct tl_mail *mail = box->first; mail != NULL; mail = next) {
        next = mail->next;
        tl_mail_free(mail);
    }
    (void)pthread_cond_destroy(&box->came);
    (void)pthread_mutex_destroy(&box->lock);
    free(box);
}

struct tl_mail *tl_mail_new(enum tl_mail_kind kind, uint32_t source, struct tl_bytes bytes)
{
    struct tl_mail *mail = malloc(sizeof *mail + bytes.len);

    if (mail == NULL)
        return NULL;
    memset(mail, 0, sizeof *mail);
    mail->kind = kind;
    mail->source = source;
    mail->len = bytes.len;
    if (bytes.len > 0)
        memcpy(mail->bytes, bytes.ptr, bytes.len);
    return mail;
}

void tl_mail_free(struct tl_mail *mail)
{
    free(mail);
}

static size_t charge(const struct tl_mail *mail)
{
    return sizeof *mail + mail->len;
}

bool tl_mailbox_post(struct tl_mailbox *box, struct tl_mail *mail)
{
    bool admitted;

    (void)pthread_mutex_lock(&box->lock);
    admitted =
        mail->source == TL_MAIL_OURS || tl_shares_take(&box->shares, mail->source, charge(mail));
    if (admitted) {
        mail->next = NULL;
        *box->last = mail;
        box->last = &mail->next;
        box->bytes += charge(mail);
    }
    (void)pthread_mutex_unlock(&box->lock);
    /* After the lock, or the loop would wake only to wait for it. */
    if (admitted)
        (void)pthread_cond_signal(&box->came);
    return admitted;
}

static struct timespec deadline_after(uint64_t wait_ms)
{
    struct timespec ts;

    (void)clock_gettime(CLOCK_MONOTONIC, &ts);
    ts.tv_sec += (time_t)(wait_ms / 1000);
    ts.tv_nsec += (long)(wait_ms % 1000) * 1000000L;
    if (ts.tv_nsec >= 1000000000L) {
        ts.tv_sec++;
        ts.tv_nsec -= 1000000000L;
    }
    return ts;
}

struct tl_mail *tl_mailbox_take(struct tl_mailbox *box, uint64_t wait_ms)
{
    struct timespec deadline = deadline_after(wait_ms);
    struct tl_mail *taken;

    (void)pthread_mutex_lock(&box->lock);
    while (box->first == NULL && wait_ms > 0) {
        if (pthread_cond_timedwait(&box->came, &box->lock, &deadline) != 0)
            break;
    }
    taken = box->first;
    box->first = NULL;
    box->last = &box->first;
    box->bytes = 0;
    tl_shares_empty(&box->shares);
    (void)pthread_mutex_unlock(&box->lock);
    return taken;
}

uint64_t tl_mailbox_refused(struct tl_mailbox *box)
{
    uint64_t refused;

    (void)pthread_mutex_lock(&box->lock);
    refused = box->shares.refused;
    (void)pthread_mutex_unlock(&box->lock);
    return refused;
}

size_t tl_mailbox_bytes(struct tl_mailbox *box)
{
    size_t bytes;

    (void)pthread_mutex_lock(&box->lock);
    bytes = box->bytes;
    (void)pthread_mutex_unlock(&box->lock);
    return bytes;
}
