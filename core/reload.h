/* SPDX-License-Identifier: MIT */
#ifndef PT_RELOAD_H
#define PT_RELOAD_H

/*
 * A configuration that was read again, on its way to a runtime that runs: all that can fail comes
 * first, and until then nothing has changed. The steps in their order. Zeroed is empty.
 */

#include "core/given.h"
#include "core/runtime.h"

struct pt_reload {
    struct pt_given *given; /* it names the file that was read: that one is read the next time */
    struct pt_settings *settings;
    struct pt_tracer *tracer;
    struct pt_key_permission *permissions;
    struct pt_hash *hash; /* for what is recovered */
    size_t count;   /* of exporters from now on; for each a sender that stays, or an instance */
    size_t staying; /* of them */
    size_t ending;  /* of those of before */
    struct pt_sender *senders[PT_SENDERS_IN_USE_MAX];
    struct pt_instance *instances[PT_SENDERS_IN_USE_MAX];
    const struct pt_exporter_settings *wanted[PT_SENDERS_IN_USE_MAX];
    bool is_swapped; /* given, settings and tracer are the ones of before */
};

/* Reads the configuration; faults go to `problems`, and that a file is gone is one. [control] */
patter_status pt_reload_read(struct pt_reload *reload, const struct pt_given *given,
                             struct pt_problems *problems);

/* Which exporters stay, and what takes effect at the next start only. A file without a key where
 * there were some is a fault: who empties one is about to write it, or has slipped. While nobody
 * ends `runtime`. Quick. [control] */
patter_status pt_reload_compare(struct pt_reload *reload, const struct pt_runtime *runtime,
                                struct pt_problems *problems);

/* Loads and creates the exporters that are new or have changed. A plugin may hang: no lock is held.
 * [control] */
patter_status pt_reload_load(struct pt_reload *reload, struct pt_problems *problems);

/* The rest of what can fail: the threads of new exporters, and which keys may leave. On failure
 * nothing has changed. While nobody destroys the pipeline. [control] */
patter_status pt_reload_prepare(struct pt_reload *reload, struct pt_pipeline *pipeline,
                                struct pt_problems *problems);

/* Puts in force what spans go by; before exporters change, since what may leave no more goes to no
 * new one. `runtime` owns what is new of given, settings and tracer, `reload` what was before.
 * [control] */
void pt_reload_swap(struct pt_reload *reload, struct pt_runtime *runtime);

/* The exporters at last. PATTER_DISABLED when the pipeline stops first. While nobody destroys it.
 * [control] */
patter_status pt_reload_change(struct pt_reload *reload, struct pt_pipeline *pipeline);

/* Frees what is left in it; waits, up to a second, for threads that may use the tracer of before.
 * [control] */
void pt_reload_clean(struct pt_reload *reload);

#endif /* PT_RELOAD_H */
