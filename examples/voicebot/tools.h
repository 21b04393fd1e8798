/* SPDX-License-Identifier: MIT */
#ifndef VOICEBOT_TOOLS_H
#define VOICEBOT_TOOLS_H

/* The tools that the bot may call: webhooks, over HTTP. */

#include <patter/patter.h>
#include <stdbool.h>

struct tool_call {
    const char *name;  /* order_lookup, courier_eta or robot_move */
    char argument[32]; /* an order's number, or metres */
};

struct tool_answer {
    bool found;
    char status[32]; /* of an order */
    int parcels;
    int minutes;
};

struct tools;

/* Once, before any other. */
bool tools_start(void);
void tools_stop(void);

/* `port` of a webhook server on this machine. One for each call thread. NULL: memory is short. */
struct tools *tools_new(unsigned port);
void tools_destroy(struct tools *tools);

/* Calls the webhook inside `span`, which travels along. Returns NULL, or an error type. */
const char *tools_use(struct tools *tools, struct patter_call trace, struct patter_span span,
                      const struct tool_call *call, struct tool_answer *ret_answer);

#endif
