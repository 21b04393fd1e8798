/* SPDX-License-Identifier: MIT */
#ifndef PT_PIPELINE_PIPELINE_H
#define PT_PIPELINE_PIPELINE_H

/* From the bots' rings to the exporters: the pump, the log, the senders and their workers. */

#include <pthread.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>

#include "core/pipeline/losses.h"
#include "core/pipeline/segment.h"
#include "core/pipeline/sender.h"
#include "core/pipeline/spool.h"
#include "core/record/ring.h"

struct pt_change;

struct pt_pipeline {
    const struct patter_attribute *resource; /* borrowed; outlives the pipeline */
    size_t resource_count;

    pthread_mutex_t lock;
    pthread_cond_t changed; /* a flush was answered, a worker has ended, the pipeline has */
    struct pt_log_segments log;
    struct pt_spool spool;
    struct pt_losses losses; /* the pump's */
    /* Those in use, in the order of the configuration, and behind them those that are ending.
     * Constant once stopping. */
    struct pt_sender *senders[PT_SENDERS_MAX];
    size_t sender_count;
    size_t releasing;                   /* senders that are off the list and being freed */
    size_t pins;                        /* while there are some, no sender goes */
    struct patter_exporter_stats ended; /* of all that are gone; their name is empty: none */
    uint64_t flush_pumped;              /* the last flush whose spans are in the log */
    uint64_t flush_position;            /* where they end */
    uint64_t flush_answered;            /* the last flush whose spans are all exported or dropped */
    uint64_t answer_ticket;             /* the flush that will be answered next, and its position */
    uint64_t answer_position;
    uint64_t end_deadline_ns; /* of a shutdown under way; 0: none. No attempt lasts longer */
    bool stopping;            /* workers drop what they hold, and end */
    bool stopped;             /* every span is exported or dropped */

    _Atomic uint64_t flush_wanted;      /* written by flushes, read by the pump */
    _Atomic(struct pt_change *) change; /* asked of the pump; written by [control] and the pump */
    atomic_bool pump_stopping;          /* written by stop, read by the pump */
    pthread_t pump;
    bool pump_started;
    bool pump_ended; /* under lock */
    bool pump_hung;  /* once stopped: it never came back */
};

/* NULL when memory is short. */
struct pt_pipeline *pt_pipeline_new(const struct patter_attribute *resource, size_t resource_count);

/* Adds an exporter; false when memory is short or there are PT_SENDERS_IN_USE_MAX. Before the
 * start. */
bool pt_pipeline_add(struct pt_pipeline *pipeline, const struct pt_sender_config *config);

/* Starts all threads, with every signal blocked; false when the system refuses one, and then the
 * pipeline must be stopped. */
bool pt_pipeline_start(struct pt_pipeline *pipeline);

/* Every span that had ended is exported, dropped, or in a file while its receiver does not take it:
 * PATTER_OK, or PATTER_TIMEOUT at the deadline. */
patter_status pt_pipeline_flush(struct pt_pipeline *pipeline, uint64_t deadline_ns);

/* True when no pump is left from an earlier pipeline: the rings are one pump's. */
bool pt_pipeline_is_alone(void);
/* In a forked child, where no pump is. [control] */
void pt_pipeline_forget(void);

/* The last flush, before a stop: no attempt lasts beyond the deadline, an exporter that pauses
 * until later by its own back-off tries once more now, and who still pauses then is not waited for.
 */
patter_status pt_pipeline_flush_last(struct pt_pipeline *pipeline, uint64_t deadline_ns);

/*
 * Asks all threads to end. What has not been sent by the deadline is dropped as "shutdown"; the
 * threads themselves are waited for until `patience_ns`. False when one still hangs then, and is
 * left behind: the pipeline must never be destroyed, nor must an exporter's instance of which
 * `ret_hung[i]` says so.
 */
bool pt_pipeline_stop(struct pt_pipeline *pipeline, uint64_t deadline_ns, uint64_t patience_ns,
                      bool ret_hung[PT_SENDERS_MAX]);

/* After a stop: false when a plugin of an exporter that went before, or that a reload beside the
 * shutdown had made, is not destroyed by the deadline: it hangs. Nor with a pump that does. */
bool pt_pipeline_is_free(struct pt_pipeline *pipeline, uint64_t deadline_ns);

/* After a stop that returned true. NULL is allowed. */
void pt_pipeline_destroy(struct pt_pipeline *pipeline);

/* Under lock. So many more spans for every sender in use. */
void pt_pipeline_enter(struct pt_pipeline *pipeline, uint64_t count);

/* How many there are for pt_pipeline_stats. [any] */
size_t pt_pipeline_stats_count(struct pt_pipeline *pipeline);

/* Of number `index`, rings included: the senders in their order, then all that are gone in one;
 * false when there is none such. [any] */
bool pt_pipeline_stats(struct pt_pipeline *pipeline, size_t index,
                       struct patter_exporter_stats *stats);

/* How many spans wait in all rings. */
uint64_t pt_pipeline_count_rings(void);
/* Empties every ring, while there is no pump; returns how many records that were. */
uint64_t pt_pipeline_discard_rings(void);
/* The same, but that what lies in files is left there for a later start. */
struct pt_left_records pt_pipeline_leave_rings(void);

/* A condition that goes by CLOCK_MONOTONIC: a clock set back must not stall an exporter. */
void pt_cond_init(pthread_cond_t *condition);

/* Waits on a condition of pt_cond_init; false once `until_ns` has passed. */
bool pt_cond_wait_until(pthread_cond_t *condition, pthread_mutex_t *lock, uint64_t until_ns);

/* Under lock. Wakes the flushes whose spans are all exported or dropped by now. */
void pt_pipeline_answer_flushes(struct pt_pipeline *pipeline);

/* Under lock. True when every sender has taken all that is in the segment, and, where it has a
 * file, answered for it: what is in flight outlives the process in the file alone. */
bool pt_pipeline_passed(const struct pt_pipeline *pipeline, const struct pt_segment *segment);

/* Under lock. The oldest segment goes, and with it what the senders behind it had not taken, as
 * dropped under `reason`. */
void pt_pipeline_evict_oldest(struct pt_pipeline *pipeline, const char *reason);

/* Under lock. Frees segments that every sender has passed, but for the newest, which is the pump's.
 */
void pt_pipeline_trim(struct pt_pipeline *pipeline);

#endif /* PT_PIPELINE_PIPELINE_H */
