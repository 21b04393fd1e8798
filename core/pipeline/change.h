/* SPDX-License-Identifier: MIT */
#ifndef PT_PIPELINE_CHANGE_H
#define PT_PIPELINE_CHANGE_H

/* Other exporters, while spans come in. A new one begins where an old one ends: at one position of
 * the log. An old one goes once its last span is answered for, and nobody waits for it. */

#include <stdbool.h>
#include <stddef.h>

#include "core/pipeline/sender.h"

struct pt_pipeline;
struct pt_change;

/* An exporter that waits for pt_pipeline_change, its workers started. NULL when memory is short or
 * the system refuses a thread, and then `config->owner` is the caller's still. */
struct pt_sender *pt_pipeline_prepare(struct pt_pipeline *pipeline,
                                      const struct pt_sender_config *config);

/* Lets one go that pt_pipeline_change has not let in, with its owner. */
void pt_pipeline_discard(struct pt_sender *sender);

/* True when there is room for so many in use beside all that are ending then: of those in use now,
 * `staying` stay. */
bool pt_pipeline_has_room(struct pt_pipeline *pipeline, size_t count, size_t staying);

/*
 * From now on `senders` are in use, in that order: those that were prepared, and of the others
 * those that stay. Every span that had ended before is for those that were in use before. False
 * when the pipeline stops first, and then nothing has changed. After pt_pipeline_has_room, one
 * caller at a time.
 */
bool pt_pipeline_change(struct pt_pipeline *pipeline, struct pt_sender *const *senders,
                        size_t count);

/* The senders there are, those in use first, which stay until pt_pipeline_unpin; returns how many,
 * and how many of them are in use. */
size_t pt_pipeline_pin(struct pt_pipeline *pipeline, struct pt_sender *ret_senders[],
                       size_t *ret_in_use);
void pt_pipeline_unpin(struct pt_pipeline *pipeline);

/* The pump's part, once the rings are in the log. */
void pt_change_apply(struct pt_pipeline *pipeline, struct pt_change *change);

/* Under lock. Whether it is for this worker, which has ended, to end its sender. */
bool pt_change_is_last(const struct pt_worker *worker);

/* Under lock, which is let go. Ends its sender: it, its other workers and its owner are no more. */
void pt_change_bury(struct pt_worker *worker);

#endif /* PT_PIPELINE_CHANGE_H */
