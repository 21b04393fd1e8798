/* SPDX-License-Identifier: MIT */
#ifndef GATE_BOT_H
#define GATE_BOT_H

/* The workload through patter's public functions, as a bot has them. */

#include <stdbool.h>
#include <stdint.h>

/* False when tracing does not start; standard error says why. */
bool gate_bot_start(void);

/* False when spans were lost since the start; standard error says how many. */
bool gate_bot_stop(void);

/* Records `calls` calls. */
void gate_bot_burst(uint32_t calls);

/* Waits until all that was recorded is exported. */
void gate_bot_drain(void);

#endif /* GATE_BOT_H */
