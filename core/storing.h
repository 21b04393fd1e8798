/* SPDX-License-Identifier: MIT */
#ifndef PT_STORING_H
#define PT_STORING_H

/* Storage for a runtime: a journal of its own, rings and open spans that outlive the process, and
 * what dead processes left. */

#include "core/base/problem.h"
#include "core/runtime.h"

/*
 * Does what `storage:` asks for; without it nothing. False when the directory may not be used as it
 * is (others may write it, it is no directory), or memory is short. A disk that is full or broken
 * is told as a warning, and the run goes on in memory. After the exporters are added, with all
 * threads quiesced, before the pipeline's start. [control]
 */
bool pt_storing_begin(struct pt_runtime *runtime, struct pt_problems *problems);

/* How many bytes of storage.max_size the log may have; the rest is the rings'. */
uint64_t pt_storing_log_max(const struct pt_settings *settings);

/* After the pipeline's stop, before it is destroyed or left behind. A pump that hangs keeps what it
 * may come back to. [control] */
void pt_storing_end(struct pt_runtime *runtime);

#endif /* PT_STORING_H */
