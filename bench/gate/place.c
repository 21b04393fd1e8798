/* SPDX-License-Identifier: MIT */
#include "bench/gate/place.h"

#include <sched.h>

static cpu_set_t timed;
static cpu_set_t background; /* empty: there is but one */

static void divide(void)
{
    cpu_set_t all;
    int first = 0;
    CPU_ZERO(&timed);
    CPU_ZERO(&background);
    if (sched_getaffinity(0, sizeof(all), &all) != 0 || CPU_COUNT(&all) < 2) {
        return;
    }
    while (!CPU_ISSET(first, &all)) {
        first++;
    }
    CPU_SET(first, &timed);
    CPU_XOR(&background, &all, &timed);
}

void gate_place_background(void)
{
    divide();
    if (CPU_COUNT(&background) > 0) {
        sched_setaffinity(0, sizeof(background), &background);
    }
}

void gate_place_timed(pid_t pid)
{
    if (CPU_COUNT(&background) > 0) {
        sched_setaffinity(pid, sizeof(timed), &timed);
    }
}
