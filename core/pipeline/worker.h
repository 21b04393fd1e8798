/* SPDX-License-Identifier: MIT */
#ifndef PT_PIPELINE_WORKER_H
#define PT_PIPELINE_WORKER_H

/* A thread that takes slices of the log, makes batches of them and calls the plugin's send(). */

#include <pthread.h>
#include <stdbool.h>
#include <stdint.h>

#include "core/base/arena.h"
#include "core/pipeline/cursor.h"
#include "core/pipeline/retry.h"

struct pt_sender;

struct pt_worker {
    struct pt_sender *sender;
    uint32_t number;
    pthread_t thread;
    bool started;
    bool ended;     /* under the pipeline's lock */
    bool abandoned; /* under the pipeline's lock: it hangs, and what it holds has been counted */
    struct pt_slice slice; /* under the pipeline's lock */
    uint32_t answered;     /* under the pipeline's lock: of the slice's spans, those already counted
                              as exported or dropped */
    bool left; /* under the pipeline's lock: some of them stay in their file for the next start */
    struct pt_arena arena; /* the worker's own, as are the next two */
    struct pt_retry_state retry;
    bool offered_before;
};

/* The thread's body; `worker` is a struct pt_worker. Ends once the pipeline is stopping, or its
 * sender is over. */
void *pt_worker_run(void *worker);

#endif /* PT_PIPELINE_WORKER_H */
