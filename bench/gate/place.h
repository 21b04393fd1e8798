/* SPDX-License-Identifier: MIT */
#ifndef GATE_PLACE_H
#define GATE_PLACE_H

/*
 * Which processors threads run on: all that is timed on one of them, all that works behind it on
 * the others. Left to the scheduler the same program has two figures, by where its pump wakes up.
 * Where there is but one processor nothing is done.
 */

#include <sys/types.h>

/* The threads that this one starts from now on work behind what is timed. */
void gate_place_background(void);

/* This thread, or the main thread of process `pid`, is timed. 0: this one. */
void gate_place_timed(pid_t pid);

#endif /* GATE_PLACE_H */
