/* SPDX-License-Identifier: MIT */
#ifndef PT_PIPELINE_SENDER_H
#define PT_PIPELINE_SENDER_H

/* One exporter's side of the log: its cursor, its workers, its counters. Fields are under the
 * pipeline's lock unless they say otherwise. */

#include <pthread.h>
#include <stdbool.h>
#include <stdint.h>

#include <patter/exporter.h>
#include <patter/patter.h>

#include "core/base/log.h"
#include "core/pipeline/cursor.h"
#include "core/pipeline/drops.h"
#include "core/pipeline/retry.h"
#include "core/pipeline/worker.h"

struct pt_pipeline;

enum { PT_SENDER_PATIENCE_NS = 5 * 1000 * 1000 };

/* How an exporter is driven. Constant once its workers have started. */
struct pt_sender_config {
    const struct patter_exporter *exporter;
    void *self;
    void *owner;                  /* of self */
    void (*release)(void *owner); /* frees it, once the exporter was taken out; may hang */
    char name[64];
    uint32_t worker_count;
    uint64_t timeout_ns; /* of one attempt */
    uint64_t schedule_delay_ns;
    uint32_t max_batch_count; /* spans */
    uint64_t max_batch_bytes; /* of records */
    struct pt_retry_policy retry;
};

/* Coming: its workers run, and no span is its own as yet. Ending: it gets no more spans, and goes
 * once its last one is answered for. */
enum pt_sender_state { PT_SENDER_COMING, PT_SENDER_IN_USE, PT_SENDER_ENDING };

struct pt_sender {
    struct pt_pipeline *pipeline;
    struct pt_sender_config config;
    enum pt_sender_state state;
    bool is_listed; /* among the pipeline's senders */
    struct pt_cursor cursor;
    struct pt_range *answered; /* what the cursor passes over; constant once started */
    size_t answered_count;
    uint64_t due_ns;         /* when what waits is sent however little it is; 0: nothing waits */
    uint64_t forced;         /* position up to which small batches go, too */
    uint64_t pause_until_ns; /* no send() before that */
    uint64_t asked_until_ns; /* the receiver has asked for that much of the pause */
    uint64_t flush_wanted;   /* count of flushes asked of the plugin itself */
    uint64_t flush_served;
    uint32_t holding;          /* workers that have a slice */
    uint32_t busy;             /* workers inside the plugin's send() */
    uint32_t idle;             /* workers that wait for `work` */
    bool called;               /* one of them was woken and has not come yet */
    uint64_t moved_ns;         /* when a worker was last called, or took a slice */
    uint64_t ns_per_span;      /* of late, by all workers that send at once */
    bool flushing;             /* a worker is inside the plugin's flush(): no send() may begin */
    pthread_cond_t work;       /* something to take, to flush, or to stop for */
    pthread_cond_t pause;      /* for those who wait for pause_until_ns or for a plugin's flush */
    struct pt_worker *workers; /* config.worker_count of them */

    uint64_t entered;   /* spans into the log while it was in use */
    uint64_t recovered; /* of earlier processes */
    uint64_t waiting;   /* of all these, not yet answered for */
    uint64_t in_flight; /* of those, in workers' slices */
    /* How many spans of the process found no room in a ring before, and at its end. */
    uint64_t refused_before, refused_at_end;
    uint64_t exported;
    uint64_t requests;
    uint64_t retries;
    uint64_t send_ns; /* inside the plugin's send() */
    struct pt_drops drops;
    struct pt_log_gate failure_gate;
    bool failing; /* the last send() failed */
};

/* Neither listed nor started; NULL when memory is short. */
struct pt_sender *pt_sender_new(struct pt_pipeline *pipeline,
                                const struct pt_sender_config *config);
/* Of one whose workers have all been joined, or never started. */
void pt_sender_destroy(struct pt_sender *sender);

/* False when the system refuses a thread; some may run then. Signals are the caller's to block. */
bool pt_sender_start_workers(struct pt_sender *sender);

/* True when none runs, but those that were abandoned. */
bool pt_sender_workers_ended(const struct pt_sender *sender);

/* True when it is ending, and nothing is left to do for its workers. */
bool pt_sender_is_over(const struct pt_sender *sender);

/* How many records a worker may take now: 0, or at least 1. */
uint32_t pt_sender_ready(const struct pt_sender *sender);

/*
 * Whether one more worker may take a slice. As few as send fast enough go on: on two processors
 * with a receiver beside, one worker took 0.7 of the CPU time that four took over gRPC, and sent as
 * many spans a second, since each send wakes threads that wait for others' answers. Where a round
 * trip makes them slow, one after the other joins them.
 */
bool pt_sender_has_place(const struct pt_sender *sender);

/* Whether to wake a worker: there is a place, or those that have one do not come back. */
bool pt_sender_needs_worker(const struct pt_sender *sender, uint64_t now_ns);

/* Wakes one, if it is idle. */
void pt_sender_call_worker(struct pt_sender *sender, uint64_t now_ns);

/* Notes that a slice of `count` spans was answered after `took_ns`, its worker still counted as
 * holding it. */
void pt_sender_note_pace(struct pt_sender *sender, uint32_t count, uint64_t took_ns);

/* Asks for the plugin's own flush, the `ticket`th, where it has one. */
void pt_sender_ask_flush(struct pt_sender *sender, uint64_t ticket);

/* Adds what one that has gone has counted to the sum of all such, `(ended)`. */
void pt_exporter_stats_add(struct patter_exporter_stats *ended,
                           const struct patter_exporter_stats *last);

/* Fills `stats` but for what is still in rings; `refused` spans of the process have found no room
 * in one until now. */
void pt_sender_stats(const struct pt_sender *sender, uint64_t refused,
                     struct patter_exporter_stats *stats);

#endif /* PT_PIPELINE_SENDER_H */
