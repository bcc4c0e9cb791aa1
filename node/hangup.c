#include "hangup.h"

#include <pthread.h>
#include <stdlib.h>
#include <time.h>

#define HANGUP_SECONDS 5

/* Shared by the thread that closes and the one that waits; the last frees it. */
struct hangup {
    pthread_mutex_t lock;
    pthread_cond_t changed;
    nng_socket socket;
    bool closed;
    bool left; /* nobody waits any more */
};

static void hangup_free(struct hangup *h)
{
    (void)pthread_cond_destroy(&h->changed);
    (void)pthread_mutex_destroy(&h->lock);
    free(h);
}

static struct hangup *hangup_new(nng_socket socket)
{
    struct hangup *h = calloc(1, sizeof *h);
    pthread_condattr_t attr;

    if (h == NULL)
        return NULL;
    h->socket = socket;
    (void)pthread_mutex_init(&h->lock, NULL);
    (void)pthread_condattr_init(&attr);
    (void)pthread_condattr_setclock(&attr, CLOCK_MONOTONIC);
    (void)pthread_cond_init(&h->changed, &attr);
    (void)pthread_condattr_destroy(&attr);
    return h;
}

static void *close_socket(void *arg)
{
    struct hangup *h = arg;
    bool left;

    (void)nng_close(h->socket);
    (void)pthread_mutex_lock(&h->lock);
    h->closed = true;
    left = h->left;
    (void)pthread_cond_signal(&h->changed);
    (void)pthread_mutex_unlock(&h->lock);
    if (left)
        hangup_free(h);
    return NULL;
}

static bool wait_closed(struct hangup *h)
{
    struct timespec until;
    bool closed;
    int rv = 0;

    (void)clock_gettime(CLOCK_MONOTONIC, &until);
    until.tv_sec += HANGUP_SECONDS;
    (void)pthread_mutex_lock(&h->lock);
    while (!h->closed && rv == 0)
        rv = pthread_cond_timedwait(&h->changed, &h->lock, &until);
    closed = h->closed;
    h->left = !closed;
    (void)pthread_mutex_unlock(&h->lock);
    return closed;
}

bool tl_hangup(nng_socket socket)
{
    struct hangup *h = hangup_new(socket);
    pthread_t thread;

    if (h == NULL || pthread_create(&thread, NULL, close_socket, h) != 0) {
        if (h != NULL)
            hangup_free(h);
        (void)nng_close(socket);
        return true;
    }
    if (!wait_closed(h)) {
        (void)pthread_detach(thread);
        return false;
    }
    (void)pthread_join(thread, NULL);
    hangup_free(h);
    return true;
}
