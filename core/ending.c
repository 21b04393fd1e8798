/* SPDX-License-Identifier: MIT */
#include "core/ending.h"

#include <signal.h>
#include <stdlib.h>
#include <sys/prctl.h>

struct ending;

struct part {
    struct ending *ending;
    struct pt_instance *instance;
    pthread_t thread;
    bool started;
    bool ended; /* under lock */
};

/* Belongs to whoever comes last: the caller, or a thread that hung. */
struct ending {
    pthread_mutex_t lock;
    pthread_cond_t changed;
    size_t under_way; /* under lock */
    bool left_behind; /* under lock: the caller waits no longer */
    struct part parts[PT_SENDERS_MAX];
};

static void free_ending(struct ending *ending)
{
    pthread_cond_destroy(&ending->changed);
    pthread_mutex_destroy(&ending->lock);
    free(ending);
}

static void *run(void *part_)
{
    struct part *part = part_;
    struct ending *ending = part->ending;
    prctl(PR_SET_NAME, "patter-end");
    pt_instance_destroy(part->instance);
    pthread_mutex_lock(&ending->lock);
    part->ended = true;
    bool is_last = --ending->under_way == 0 && ending->left_behind;
    pthread_cond_signal(&ending->changed);
    pthread_mutex_unlock(&ending->lock);
    if (is_last) {
        free_ending(ending);
    }
    return NULL;
}

/* False when the system refuses the thread. */
static bool start(struct part *part)
{
    sigset_t all, before;
    pthread_mutex_lock(&part->ending->lock);
    part->ending->under_way++;
    pthread_mutex_unlock(&part->ending->lock);
    sigfillset(&all); /* the application's handlers must not run on this thread */
    pthread_sigmask(SIG_SETMASK, &all, &before);
    part->started = pthread_create(&part->thread, NULL, run, part) == 0;
    pthread_sigmask(SIG_SETMASK, &before, NULL);
    if (!part->started) {
        pthread_mutex_lock(&part->ending->lock);
        part->ending->under_way--;
        pthread_mutex_unlock(&part->ending->lock);
    }
    return part->started;
}

/* Waits for all; which of them hang goes to `hung`. */
static void wait_for_all(struct ending *ending, uint64_t deadline_ns, bool hung[PT_SENDERS_MAX])
{
    bool in_time = true;
    pthread_mutex_lock(&ending->lock);
    while (in_time && ending->under_way > 0) {
        in_time = pt_cond_wait_until(&ending->changed, &ending->lock, deadline_ns);
    }
    for (size_t i = 0; i < PT_SENDERS_MAX; i++) {
        hung[i] |= ending->parts[i].started && !ending->parts[i].ended;
    }
    pthread_mutex_unlock(&ending->lock);
}

/* Joins those that have ended and lets the others be. */
static void leave(struct ending *ending, const bool hung[PT_SENDERS_MAX])
{
    for (size_t i = 0; i < PT_SENDERS_MAX; i++) {
        if (ending->parts[i].started && hung[i]) {
            pthread_detach(ending->parts[i].thread);
        } else if (ending->parts[i].started) {
            pthread_join(ending->parts[i].thread, NULL);
        }
    }
    pthread_mutex_lock(&ending->lock);
    bool is_last = ending->under_way == 0;
    ending->left_behind = true;
    pthread_mutex_unlock(&ending->lock);
    if (is_last) {
        free_ending(ending);
    }
}

void pt_instances_end(struct pt_instance *const *instances, size_t count, uint64_t deadline_ns,
                      bool hung[PT_SENDERS_MAX])
{
    struct ending *ending = calloc(1, sizeof(*ending));
    if (ending) {
        pthread_mutex_init(&ending->lock, NULL);
        pt_cond_init(&ending->changed);
    }
    for (size_t i = 0; i < count; i++) {
        struct part *part = ending ? &ending->parts[i] : NULL;
        if (part) {
            *part = (struct part){ .ending = ending, .instance = instances[i] };
        }
        if (!hung[i] && !(part && start(part))) {
            pt_instance_destroy(instances[i]); /* on this thread rather than not at all */
        }
    }
    if (ending) {
        wait_for_all(ending, deadline_ns, hung);
        leave(ending, hung);
    }
}
