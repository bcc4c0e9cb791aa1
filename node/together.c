/* Helpers that take calls off a shelf; the caller takes its share too. */
#include "tl/together.h"

#include "tl/check.h"

#include <pthread.h>
#include <stdbool.h>
#include <stdlib.h>

struct tl_together {
    pthread_mutex_t lock;
    pthread_cond_t work;
    pthread_cond_t done;
    struct tl_call *next; /* on the shelf */
    size_t left;          /* of them not taken */
    size_t running;
    bool stopping;
    uint32_t started;
    pthread_t thread[TL_TOGETHER_MAX];
};

/* With the lock held, given up while the call runs. */
static void run_one(struct tl_together *t)
{
    struct tl_call *call = t->next++;

    t->left--;
    t->running++;
    (void)pthread_mutex_unlock(&t->lock);
    call->status = call->run(call->arg);
    (void)pthread_mutex_lock(&t->lock);
    t->running--;
    if (t->left == 0 && t->running == 0)
        (void)pthread_cond_signal(&t->done);
}

static void *help(void *arg)
{
    struct tl_together *t = arg;

    (void)pthread_mutex_lock(&t->lock);
    while (!t->stopping) {
        if (t->left > 0)
            run_one(t);
        else
            (void)pthread_cond_wait(&t->work, &t->lock);
    }
    (void)pthread_mutex_unlock(&t->lock);
    return NULL;
}

struct tl_together *tl_together_new(uint32_t calls)
{
    struct tl_together *t = calloc(1, sizeof *t);

    TL_CHECK(calls > 0 && calls <= TL_TOGETHER_MAX);
    if (t == NULL)
        return NULL;
    TL_CHECK(pthread_mutex_init(&t->lock, NULL) == 0);
    TL_CHECK(pthread_cond_init(&t->work, NULL) == 0);
    TL_CHECK(pthread_cond_init(&t->done, NULL) == 0);
    while (t->started + 1 < calls) {
        if (pthread_create(&t->thread[t->started], NULL, help, t) != 0) {
            tl_together_free(t);
            return NULL;
        }
        t->started++;
    }
    return t;
}

void tl_together_free(struct tl_together *t)
{
    if (t == NULL)
        return;
    (void)pthread_mutex_lock(&t->lock);
    t->stopping = true;
    (void)pthread_cond_broadcast(&t->work);
    (void)pthread_mutex_unlock(&t->lock);
    for (uint32_t i = 0; i < t->started; i++)
        (void)pthread_join(t->thread[i], NULL);
    (void)pthread_cond_destroy(&t->done);
    (void)pthread_cond_destroy(&t->work);
    (void)pthread_mutex_destroy(&t->lock);
    free(t);
}

void tl_together_run(struct tl_together *t, struct tl_call *calls, size_t count)
{
    (void)pthread_mutex_lock(&t->lock);
    TL_CHECK(t->left == 0 && t->running == 0);
    t->next = calls;
    t->left = count;
    for (size_t i = 1; i < count; i++)
        (void)pthread_cond_signal(&t->work);
    while (t->left > 0)
        run_one(t);
    while (t->running > 0)
        (void)pthread_cond_wait(&t->done, &t->lock);
    (void)pthread_mutex_unlock(&t->lock);
}
