/* SPDX-License-Identifier: MIT */
#ifndef PT_PIPELINE_BACKLOG_H
#define PT_PIPELINE_BACKLOG_H

/* What waits in files: the segments of dead processes at the start, and their way back into memory.
 */

#include "core/pipeline/pipeline.h"
#include "core/pipeline/spool.h"

/* Puts the journal's segments at the log's end and tells each sender what of them is its to send;
 * false when memory is short. The journal is the source's then. Before the start. */
bool pt_backlog_add(struct pt_pipeline *pipeline, struct pt_source *source);

/* Under lock, which is let go meanwhile. Reads the segment's file into memory, at the rate that is
 * allowed, or waits for the worker that does. [a worker] */
void pt_backlog_load(struct pt_sender *sender, struct pt_segment *segment);

/* Another hash for call ids of dead processes that may not leave, from a reload; the pipeline's
 * then. [control] */
void pt_backlog_set_hash(struct pt_pipeline *pipeline, struct pt_hash *hash);

#endif /* PT_PIPELINE_BACKLOG_H */
