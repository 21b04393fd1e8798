/* SPDX-License-Identifier: MIT */
#ifndef GATE_RIVAL_H
#define GATE_RIVAL_H

/* Another library's workload, in a process of its own that runs a burst whenever it is told to. */

#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <sys/types.h>

struct gate_rival {
    pid_t pid;
    FILE *commands; /* a line in: one burst */
    FILE *answers;  /* a line out: its ns */
};

/* False when the program at `path` cannot be run. */
bool gate_rival_start(struct gate_rival *rival, const char *path);
void gate_rival_stop(struct gate_rival *rival);

/* False when the rival is gone. */
bool gate_rival_burst(struct gate_rival *rival, uint64_t *ret_ns);

#endif /* GATE_RIVAL_H */
