/* SPDX-License-Identifier: MIT */
#ifndef VOICEBOT_ORDERS_H
#define VOICEBOT_ORDERS_H

/* The order desk behind the tools: a small HTTP server on this machine that knows a few orders. */

#include <stdbool.h>

enum { ORDERS_SPANS = 2 }; /* for each request, where it traces */

/* `traces`: each request becomes a call of its own, under the caller's span; for a desk that runs
 * in another process than the caller. Returns the port, or 0. */
unsigned orders_start(bool traces);

/* Returns how many requests it has answered. */
unsigned orders_stop(void);

#endif
