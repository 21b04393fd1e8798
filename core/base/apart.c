/* SPDX-License-Identifier: MIT */
#include "core/base/apart.h"

#include <pthread.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/prctl.h>
#include <time.h>

struct part {
    struct pt_apart *apart;
    void (*run)(void *data);
    void *data;
    pthread_t thread;
    bool started;
    bool ended; /* under lock */
};

/* Belongs to whoever comes last: the caller, or a thread that hung. */
struct pt_apart {
    pthread_mutex_t lock;
    pthread_cond_t changed;
    size_t under_way; /* under lock */
    bool left_behind; /* under lock: the caller waits no longer */
    size_t count;
    struct part parts[];
};

static void destroy(struct pt_apart *apart)
{
    pthread_cond_destroy(&apart->changed);
    pthread_mutex_destroy(&apart->lock);
    free(apart);
}

static void *run(void *part_)
{
    struct part *part = part_;
    struct pt_apart *apart = part->apart;
    prctl(PR_SET_NAME, "patter-end");
    part->run(part->data);
    pthread_mutex_lock(&apart->lock);
    part->ended = true;
    bool is_last = --apart->under_way == 0 && apart->left_behind;
    pthread_cond_signal(&apart->changed);
    pthread_mutex_unlock(&apart->lock);
    if (is_last) {
        destroy(apart);
    }
    return NULL;
}

/* False when the system refuses the thread. */
static bool start(struct part *part)
{
    sigset_t all, before;
    pthread_mutex_lock(&part->apart->lock);
    part->apart->under_way++;
    pthread_mutex_unlock(&part->apart->lock);
    sigfillset(&all); /* the application's handlers must not run on this thread */
    pthread_sigmask(SIG_SETMASK, &all, &before);
    part->started = pthread_create(&part->thread, NULL, run, part) == 0;
    pthread_sigmask(SIG_SETMASK, &before, NULL);
    if (!part->started) {
        pthread_mutex_lock(&part->apart->lock);
        part->apart->under_way--;
        pthread_mutex_unlock(&part->apart->lock);
    }
    return part->started;
}

struct pt_apart *pt_apart_begin(struct pt_task *tasks, size_t count)
{
    struct pt_apart *apart = calloc(1, sizeof(*apart) + count * sizeof(apart->parts[0]));
    if (apart) {
        pthread_mutex_init(&apart->lock, NULL);
        pthread_cond_init(&apart->changed, NULL);
        apart->count = count;
    }
    for (size_t i = 0; i < count; i++) {
        if (apart) {
            apart->parts[i] =
                (struct part){ .apart = apart, .run = tasks[i].run, .data = tasks[i].data };
        }
        if (!tasks[i].hung && !(apart && start(&apart->parts[i]))) {
            tasks[i].run(tasks[i].data); /* here rather than not at all */
        }
    }
    return apart;
}

static void wait_for_all(struct pt_apart *apart, uint64_t deadline_ns)
{
    struct timespec until = {
        .tv_sec = (time_t)(deadline_ns / 1000000000u),
        .tv_nsec = (long)(deadline_ns % 1000000000u),
    };
    bool in_time = true;
    while (in_time && apart->under_way > 0) {
        in_time =
            pthread_cond_clockwait(&apart->changed, &apart->lock, CLOCK_MONOTONIC, &until) == 0;
    }
}

void pt_apart_end(struct pt_apart *apart, struct pt_task *tasks, uint64_t deadline_ns)
{
    if (!apart) {
        return;
    }
    size_t count = apart->count;
    pthread_mutex_lock(&apart->lock);
    wait_for_all(apart, deadline_ns);
    for (size_t i = 0; i < count; i++) {
        tasks[i].hung |= apart->parts[i].started && !apart->parts[i].ended;
    }
    pthread_mutex_unlock(&apart->lock);
    for (size_t i = 0; i < count; i++) {
        if (apart->parts[i].started && tasks[i].hung) {
            pthread_detach(apart->parts[i].thread);
        } else if (apart->parts[i].started) {
            pthread_join(apart->parts[i].thread, NULL);
        }
    }
    pthread_mutex_lock(&apart->lock);
    bool is_last = apart->under_way == 0;
    apart->left_behind = true;
    pthread_mutex_unlock(&apart->lock);
    if (is_last) {
        destroy(apart);
    }
}
