/* SPDX-License-Identifier: MIT */
#ifndef FAULT_LEDGER_H
#define FAULT_LEDGER_H

/*
 * What a bot knows of its spans, in a mapped file that outlives it however it ends; check.py reads
 * it. Shared by all threads.
 */

#include <stddef.h>
#include <stdint.h>

enum ledger_state {
    LEDGER_NONE = 0,
    LEDGER_OPEN = 1,   /* a call's root span, begun for sure */
    LEDGER_ENDING = 2, /* may have ended */
    LEDGER_ENDED = 3   /* for sure */
};

enum ledger_kind { LEDGER_CALL = 0, LEDGER_STT, LEDGER_LLM, LEDGER_TTS, LEDGER_TOOL };

/* 64 bytes, as check.py has them. */
struct ledger_entry {
    char trace_id[32];
    char span_id[16];
    uint64_t number; /* what its attributes are made of */
    uint32_t kind;
    _Atomic uint32_t state; /* its thread writes, release */
};

/* Makes the file, with room for so many spans. Ends the program where it cannot. */
void ledger_open(const char *path, size_t capacity);

/* NULL before ledger_open; ends the program when the ledger is full. */
struct ledger_entry *ledger_take(void);

#endif /* FAULT_LEDGER_H */
