/* SPDX-License-Identifier: MIT */
#ifndef FAULT_CALLER_H
#define FAULT_CALLER_H

/* One caller after another on one thread: calls of 41 spans, each noted in the ledger. */

#include <patter/patter.h>

#include "ledger.h"

enum { CALLER_TURNS = 10, CALLER_SPANS = 1 + 4 * CALLER_TURNS };

struct caller {
    uint64_t number; /* of spans made */
    struct patter_call call;
    struct ledger_entry *root;
};

/* Ends one span: the next of the call, at its end the call itself. */
void caller_step(struct caller *caller);

/* The rest of the call, if one is open. */
void caller_finish(struct caller *caller);

#endif /* FAULT_CALLER_H */
