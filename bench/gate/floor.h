/* SPDX-License-Identifier: MIT */
#ifndef GATE_FLOOR_H
#define GATE_FLOOR_H

/* The least that recording can cost on this machine: the clock, an id and the bytes of each span.
 */

#include <stdbool.h>
#include <stdint.h>

/* False when memory is short. */
bool gate_floor_start(void);
void gate_floor_stop(void);

/* Writes `calls` calls. */
void gate_floor_burst(uint32_t calls);

#endif /* GATE_FLOOR_H */
