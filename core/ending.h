/* SPDX-License-Identifier: MIT */
#ifndef PT_ENDING_H
#define PT_ENDING_H

/* The end of instances, each on a thread of its own: a plugin's destroy() may hang. */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "core/pipeline/pipeline.h"
#include "core/plugin/host.h"

/* Destroys all that are not `hung` already, and waits for that until the deadline
 * (CLOCK_MONOTONIC); those that have not come to an end by then are `hung`, too. [control] */
void pt_instances_end(struct pt_instance *const *instances, size_t count, uint64_t deadline_ns,
                      bool hung[PT_SENDERS_MAX]);

#endif /* PT_ENDING_H */
