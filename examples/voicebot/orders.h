/* SPDX-License-Identifier: MIT */
#ifndef VOICEBOT_ORDERS_H
#define VOICEBOT_ORDERS_H

/* The order desk behind the tools: a small HTTP server on this machine that knows a few orders. */

/* Returns the port, or 0. */
unsigned orders_start(void);

/* Returns how many requests it has answered. */
unsigned orders_stop(void);

#endif
