/* A queue, some threads, one report per job. */
#include "tl/workers.h"

#include "tl/check.h"

#include <pthread.h>
#include <stdlib.h>
#include <time.h>

#define THREADS_MAX 16u

struct tl_workers {
    struct tl_workers_plan plan;
    pthread_mutex_t lock;
    pthread_cond_t work;
    struct tl_job *first;
    struct tl_job **last;
    size_t busy;
    bool stopping;
    uint32_t started;
    pthread_t thread[THREADS_MAX];
};

/* One job, or with a settle function all of them.  NULL: time to end. */
static struct tl_job *take(struct tl_workers *w)
{
    struct tl_job *jobs;

    (void)pthread_mutex_lock(&w->lock);
    while (w->first == NULL && !w->stopping)
        (void)pthread_cond_wait(&w->work, &w->lock);
    jobs = w->first;
    if (jobs != NULL && w->plan.settle == NULL) {
        w->first = jobs->next;
        jobs->next = NULL;
    } else {
        w->first = NULL;
    }
    if (w->first == NULL)
        w->last = &w->first;
    (void)pthread_mutex_unlock(&w->lock);
    return jobs;
}

static void report(struct tl_workers *w, struct tl_job *jobs, enum tl_status settled)
{
    struct tl_job *next;

    for (struct tl_job *job = jobs; job != NULL; job = next) {
        struct tl_mail *mail = job->mail;

        next = job->next;
        mail->status = job->status == TL_OK ? settled : job->status;
        mail->work = job;
        job->mail = NULL;
        (void)pthread_mutex_lock(&w->lock);
        w->busy--;
        (void)pthread_mutex_unlock(&w->lock);
        TL_CHECK(tl_mailbox_post(w->plan.report_to, mail));
    }
}

static void *work(void *arg)
{
    struct tl_workers *w = arg;
    struct tl_job *jobs;

    while ((jobs = take(w)) != NULL) {
        enum tl_status settled = TL_OK;

        for (struct tl_job *job = jobs; job != NULL; job = job->next)
            job->status = job->run(job);
        if (w->plan.settle != NULL)
            settled = w->plan.settle(w->plan.host);
        report(w, jobs, settled);
    }
    return NULL;
}

struct tl_workers *tl_workers_new(const struct tl_workers_plan *plan)
{
    struct tl_workers *w = calloc(1, sizeof *w);

    TL_CHECK(plan->threads > 0 && plan->threads <= THREADS_MAX);
    if (w == NULL)
        return NULL;
    w->plan = *plan;
    w->last = &w->first;
    TL_CHECK(pthread_mutex_init(&w->lock, NULL) == 0);
    TL_CHECK(pthread_cond_init(&w->work, NULL) == 0);
    while (w->started < plan->threads) {
        if (pthread_create(&w->thread[w->started], NULL, work, w) != 0) {
            tl_workers_free(w);
            return NULL;
        }
        w->started++;
    }
    return w;
}

void tl_workers_stop(struct tl_workers *w)
{
    (void)pthread_mutex_lock(&w->lock);
    w->stopping = true;
    (void)pthread_cond_broadcast(&w->work);
    (void)pthread_mutex_unlock(&w->lock);
    for (uint32_t i = 0; i < w->started; i++)
        (void)pthread_join(w->thread[i], NULL);
    w->started = 0;
}

void tl_workers_free(struct tl_workers *w)
{
    if (w == NULL)
        return;
    tl_workers_stop(w);
    (void)pthread_cond_destroy(&w->work);
    (void)pthread_mutex_destroy(&w->lock);
    free(w);
}

bool tl_workers_give(struct tl_workers *w, struct tl_job *job)
{
    job->next = NULL;
    job->mail = tl_mail_new(w->plan.report_as, TL_MAIL_OURS, TL_BYTES_NONE);
    if (job->mail == NULL)
        return false;
    (void)pthread_mutex_lock(&w->lock);
    *w->last = job;
    w->last = &job->next;
    w->busy++;
    (void)pthread_mutex_unlock(&w->lock);
    (void)pthread_cond_signal(&w->work);
    return true;
}

void tl_workers_drain(struct tl_workers *w)
{
    const struct timespec moment = {0, 200000};

    while (tl_workers_busy(w) > 0)
        (void)nanosleep(&moment, NULL);
}

size_t tl_workers_busy(struct tl_workers *w)
{
    size_t busy;

    (void)pthread_mutex_lock(&w->lock);
    busy = w->busy;
    (void)pthread_mutex_unlock(&w->lock);
    return busy;
}
