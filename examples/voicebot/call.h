/* SPDX-License-Identifier: MIT */
#ifndef VOICEBOT_CALL_H
#define VOICEBOT_CALL_H

/* One phone call, from the greeting until the caller hangs up, and the spans that trace it. */

#include "ledger.h"
#include "line.h"

struct call_setup {
    const struct audio *recordings; /* what the caller says; borrowed */
    size_t recording_count;
    unsigned desk_port;   /* of the tools */
    const char *out;      /* the folder for a WAV per reply */
    unsigned call_number; /* from 1 */
};

/* Returns false when the call could not be held to its end; `ret_ledger` is set in any case. */
bool call_hold(const struct call_setup *setup, struct ledger *ret_ledger);

#endif
