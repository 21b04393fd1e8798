/* SPDX-License-Identifier: MIT */
#ifndef PT_CONTROL_H
#define PT_CONTROL_H

/* Whether tracing is on, and who is at work on the one runtime of the process. */

#include <pthread.h>
#include <stdbool.h>
#include <stdint.h>

#include <patter/patter.h>

#include "core/runtime.h"
#include "core/watch.h"

enum { PT_CONTROL_LOG_MS = 1000 }; /* for what init and reload have to say */

/* A plugin may hang where it is created or destroyed: then no lock is held. */
enum pt_control_state {
    PT_OFF,
    PT_FORKED, /* a child: it goes on as its parent did once it begins a call */
    PT_STARTING,
    PT_RUNNING,
    PT_DRAINING,
    PT_CLEANING,
    PT_OVER /* in a child that has its parent's memory: nothing starts any more */
};

struct pt_control {
    pthread_mutex_t lock;
    pthread_cond_t changed;      /* of what is under lock */
    enum pt_control_state state; /* under lock, as all that follows */
    uint32_t users;              /* flushes and changes under way */
    uint32_t run;                /* counts those that are or were running */
    uint32_t reloading;          /* the run that a reload is under way in; 0: none */
    bool is_changing;            /* a reload is past all that could fail */
    bool is_forking;             /* neither a start nor a reload comes to its end */
    struct pt_runtime runtime;   /* while running or draining */
    struct pt_watch *watch;      /* of the file, while running; NULL: none */
    bool was_running;            /* ever: the two below hold the last run's counts */
    struct patter_stats last;
    struct patter_exporter_stats last_exporters[PT_SENDERS_MAX + 1]; /* those that ended in one */
    uint64_t end_deadline_ns;                                        /* of the shutdown under way */
    patter_status end_status;                                        /* of the last one */
    struct pt_runtime left_behind; /* in a child: the parent's, unreachable but for leak checkers */
};

extern struct pt_control pt_control;

/* Under lock. */
void pt_control_set_state(enum pt_control_state state);

/* Under lock. False while a start or a shutdown is under way. */
bool pt_control_is_settled(void);

/* Under lock. Waits for a change; false when the deadline (CLOCK_MONOTONIC) has passed. */
bool pt_control_wait(uint64_t deadline_ns);

/* Under lock. One user more of the runtime's pipeline, which stays until pt_control_let_go(); false
 * with tracing off. */
bool pt_control_hold(void);
/* Without the lock. */
void pt_control_let_go(void);

/* Under lock, and waits while a fork is under way. What came of a start, during which the state is
 * PT_STARTING. */
void pt_control_started(patter_status status, const struct pt_runtime *runtime);
/* Under lock. In a child: tracing is off, as if it had never been on. */
void pt_control_give_up(void);

/* Under lock. Begins or ends to watch the file, as the runtime's settings say; a watch that ended
 * is returned, for pt_watch_leave without the lock. */
struct pt_watch *pt_control_follow_file(void);

/* Writes every problem to the log, and waits for that until the deadline (CLOCK_MONOTONIC). */
void pt_control_log_problems(struct pt_problems *problems, uint64_t deadline_ns);

#endif /* PT_CONTROL_H */
