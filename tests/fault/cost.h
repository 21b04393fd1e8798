/* SPDX-License-Identifier: MIT */
#ifndef FAULT_COST_H
#define FAULT_COST_H

/* What a span costs a bot's thread while its exporters are well, and while one is not. */

#include <stdbool.h>
#include <stdint.h>

enum { COST_SHUTDOWN_MS = 300, COST_RATIO_MAX = 3 };

struct cost {
    unsigned int rounds;
    uint64_t best[2]; /* the smallest 99.9th percentile of a round, in ticks: healthy, faulty */
};

/* Calls at a steady pace for half a second. */
void cost_sample(struct cost *cost, bool is_faulty);

/* After two rounds where they are alike, else after many: a busy machine has bad moments. */
bool cost_is_known(const struct cost *cost);

#endif /* FAULT_COST_H */
