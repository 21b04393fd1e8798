/* SPDX-License-Identifier: MIT */
#ifndef PT_PIPELINE_PUMP_H
#define PT_PIPELINE_PUMP_H

/* The thread that empties the rings into the log and tells the workers when a batch is due. */

struct pt_pipeline;

/* The thread's body; `pipeline` is a struct pt_pipeline. Ends once pump_stopping is set, after a
 * last round. */
void *pt_pump_run(void *pipeline);

#endif /* PT_PIPELINE_PUMP_H */
