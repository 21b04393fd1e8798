/* SPDX-License-Identifier: MIT */
#include "ledger.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

void ledger_add(struct ledger *ledger, uint32_t span, const char *attributes, ...)
{
    if (ledger->count == ledger->capacity) {
        size_t capacity = ledger->capacity ? ledger->capacity * 2 : 32;
        struct ledger_entry *grown = realloc(ledger->entries, capacity * sizeof(*grown));
        if (!grown) {
            return;
        }
        ledger->entries = grown;
        ledger->capacity = capacity;
    }
    struct ledger_entry *entry = &ledger->entries[ledger->count++];
    *entry = (struct ledger_entry){ .span = span };
    va_list args;
    va_start(args, attributes);
    vsnprintf(entry->attributes, sizeof(entry->attributes), attributes, args);
    va_end(args);
}

void ledger_add_words(struct ledger *ledger, const char *words)
{
    if (ledger->count > 0) {
        struct ledger_entry *entry = &ledger->entries[ledger->count - 1];
        snprintf(entry->words, sizeof(entry->words), "%s", words);
    }
}

void ledger_clean(struct ledger *ledger)
{
    free(ledger->entries);
    *ledger = (struct ledger){ 0 };
}
