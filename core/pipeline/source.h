/* SPDX-License-Identifier: MIT */
#ifndef PT_PIPELINE_SOURCE_H
#define PT_PIPELINE_SOURCE_H

/* Where the log's spans come from: this run's journal, and those of dead processes; and how far
 * each sender is in each of them. */

#include <stdbool.h>
#include <stdint.h>

#include <patter/exporter.h>

#include "core/pipeline/segment.h"
#include "core/storage/journal.h"

struct pt_pipeline;
struct pt_sender;

/* A journal that the log has segments of. Under the pipeline's lock, but for what is constant. */
struct pt_source {
    struct pt_source *next;
    struct pt_journal *journal;
    const struct patter_attribute *resource; /* of its spans; the journal's */
    size_t resource_count;
    struct patter_str scope_version;
    bool is_own;         /* what ends now goes there */
    bool is_foreign;     /* a dead process's */
    bool is_answered;    /* by every sender, for all of its spans: it goes */
    uint32_t user_count; /* segments that have not been freed, files that have to go */
    struct pt_stored_cursor *cursors[PT_SENDERS_MAX]; /* by the senders' places */
};

/* One more at the end of the list, with the senders' cursors in it; NULL when memory is short. The
 * journal is the list's then. Before the start. */
struct pt_source *pt_sources_add(struct pt_pipeline *pipeline, struct pt_journal *journal,
                                 bool is_own);

/* Somebody has removed the own journal's folder, or there was no room for one: another takes its
 * place, and rings and open spans lie in its files from then on, but for those that threads have in
 * their hands (pt_survival_renew). 0 or an errno. [the pump] */
int pt_sources_renew(struct pt_pipeline *pipeline);

/* Under lock. A sender begins at the log's end, or ends there and goes on with what it has been
 * given: the own journal keeps how far it is. */
void pt_sources_enter(struct pt_sender *sender);
void pt_sources_leave(struct pt_sender *sender);

/* Under lock. A sender that is off the list has sent all that was its: the journal forgets it,
 * where no other of its name goes on. */
void pt_sources_release(struct pt_sender *sender);

/* In a forked child: the journals are the parent's, whose locks must not be held here, too.
 * [control] */
void pt_sources_disown(struct pt_pipeline *pipeline);

#endif /* PT_PIPELINE_SOURCE_H */
