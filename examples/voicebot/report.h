/* SPDX-License-Identifier: MIT */
#ifndef VOICEBOT_REPORT_H
#define VOICEBOT_REPORT_H

/* What the bot tells at the end, for a person or for a test. */

#include <stdbool.h>

#include "ledger.h"

/* What the order desk has answered, and the spans that it has ended in a process of its own. */
struct desk_report {
    unsigned request_count;
    unsigned span_count;
};

/* In two columns: what the callers said, and what of it went into the spans. */
void report_words(const struct ledger *ledgers, size_t call_count);

/* Every span that the bot has ended, and what became of them, as JSON in `path` ("-": standard
 * output). Complains on stderr. */
bool report_json(const char *path, const struct ledger *ledgers, size_t call_count,
                 const struct desk_report *desk);

#endif
