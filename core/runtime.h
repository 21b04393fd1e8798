/* SPDX-License-Identifier: MIT */
#ifndef PT_RUNTIME_H
#define PT_RUNTIME_H

/* One tracing runtime in the process: the only place that knows settings, plugins and pipeline. */

#include <stdbool.h>
#include <stddef.h>

#include "core/config/settings.h"
#include "core/given.h"
#include "core/pipeline/pipeline.h"
#include "core/plugin/host.h"
#include "core/trace/resource.h"
#include "core/trace/tracer.h"

struct pt_runtime {
    struct pt_settings *settings;
    struct pt_tracer *tracer;
    struct pt_resource *resource;
    struct pt_given *given;
    bool hung[PT_SENDERS_MAX]; /* by sender: its plugin did not return in time */
    bool entered;              /* a thread was still in a section when the shutdown's time was up */
    struct pt_pipeline *pipeline;
};

/* Reads the settings, loads the exporters and starts the threads, all but pt_threads_start. Faults
 * go to `problems`; on failure nothing is left behind. [control] */
patter_status pt_runtime_start(struct pt_runtime *runtime,
                               const struct patter_init_options *options,
                               struct pt_problems *problems);

/* As pt_runtime_start, in a forked child: with the settings, keys and hash of its parent's runtime,
 * and of its exporters those that can be made anew; what `before` has stays as it is. [control] */
patter_status pt_runtime_start_child(struct pt_runtime *runtime, const struct pt_runtime *before,
                                     struct pt_instance *const *inherited, size_t count,
                                     struct pt_problems *problems);

/* Lets no span begin any more, flushes, closes the books by the deadline, and ends all threads,
 * which may take longer where one hangs. PATTER_OK, or PATTER_TIMEOUT when not everything was sent.
 * [control] */
patter_status pt_runtime_drain(struct pt_runtime *runtime, uint64_t deadline_ns);

/* Frees all of a drained runtime but what a thread that hangs may still touch; waits, up to a
 * second, for bots' threads to come out. What one that takes longer may touch is freed by the next
 * start. [control] */
void pt_runtime_clean(struct pt_runtime *runtime);

/* In a forked child: what was left behind is its parent's. [control] */
void pt_runtime_forget(void);

#endif /* PT_RUNTIME_H */
