/* SPDX-License-Identifier: MIT */
#ifndef STEADY_BOT_H
#define STEADY_BOT_H

/* What the bots of these tests share: a start, waiting without loss, and the books at the end. */

#include <stdint.h>

#include <patter/patter.h>

/* Ends the program with 1 and the words. */
_Noreturn void bot_fail(const char *words);

static inline void bot_check(int good, const char *words)
{
    if (!good) {
        bot_fail(words);
    }
}

/* Switches tracing on, with the patter.yaml that PATTER_CONFIG names. */
void bot_start(void);

/* Returns once no exporter has more than 65,536 spans waiting. */
void bot_wait_for_room(void);

/* Waits until every exporter has answered for every span. */
void bot_flush(void);

/* A line of /proc/self/status, in KiB: "VmHWM:", "VmRSS:". */
long bot_memory_kib(const char *name);

/* Writes the books as the members of a JSON object, without braces. */
void bot_print_books(void);

#endif /* STEADY_BOT_H */
