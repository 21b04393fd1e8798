/* SPDX-License-Identifier: MIT */
#ifndef PT_PIPELINE_LOSSES_H
#define PT_PIPELINE_LOSSES_H

/*
 * What is lost on the bot's threads, where a line for each loss would cost too much: they count,
 * and the pump says of each kind how many there were, at most once a minute, and at the end.
 */

#include <stdbool.h>
#include <stdint.h>

enum { PT_LOSS_KINDS = 9 };

/* Zeroed when tracing starts, as the counters are. The pump's alone. */
struct pt_losses {
    uint64_t said[PT_LOSS_KINDS];
    uint64_t next_ns[PT_LOSS_KINDS]; /* CLOCK_MONOTONIC */
    uint64_t next_look_ns;
};

/* Logs what was lost since the last line of its kind; `at_end` however lately that was. [pump] */
void pt_losses_say(struct pt_losses *losses, uint64_t now_ns, bool at_end);

#endif /* PT_PIPELINE_LOSSES_H */
