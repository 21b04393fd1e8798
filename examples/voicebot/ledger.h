/* SPDX-License-Identifier: MIT */
#ifndef VOICEBOT_LEDGER_H
#define VOICEBOT_LEDGER_H

/*
 * A call's own book of what it has ended, kept beside the tracing and not by it, so that a test can
 * hold what arrived against it. The caller's words stay here and on this terminal.
 */

#include <patter/patter.h>

struct ledger_entry {
    uint32_t span;        /* PATTER_SPAN_* */
    char attributes[160]; /* the members of a JSON object */
    char words[512];      /* PATTER_SPAN_STT: the caller's */
};

struct ledger {
    char call_id[64];
    char trace_id[33]; /* empty with tracing off */
    struct ledger_entry *entries;
    size_t count;
    size_t capacity;
};

/* `attributes`: a printf format of JSON members. Does nothing when memory is short. */
void ledger_add(struct ledger *ledger, uint32_t span, const char *attributes, ...)
    __attribute__((format(printf, 3, 4)));

/* The caller's words of the entry added last. */
void ledger_add_words(struct ledger *ledger, const char *words);

void ledger_clean(struct ledger *ledger);

#endif
