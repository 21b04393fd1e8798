/* SPDX-License-Identifier: MIT */
#include "caller.h"

#include <stdatomic.h>
#include <string.h>

static void note(struct ledger_entry *entry, struct patter_call call, struct patter_span span,
                 enum ledger_kind kind, uint64_t number)
{
    struct patter_ids ids;
    patter_span_ids(call, span, &ids);
    memcpy(entry->trace_id, ids.trace_id, sizeof(entry->trace_id));
    memcpy(entry->span_id, ids.span_id, sizeof(entry->span_id));
    entry->number = number;
    entry->kind = kind;
}

static void enter(struct ledger_entry *entry, enum ledger_state state)
{
    if (entry) {
        atomic_store_explicit(&entry->state, state, memory_order_release);
    }
}

static void begin(struct caller *caller)
{
    struct patter_call_options options = { .struct_size = sizeof(options),
                                           .direction = patter_text("inbound") };
    caller->call = patter_call_begin(&options);
    caller->root = ledger_take();
    if (caller->root) {
        note(caller->root, caller->call, patter_call_root(caller->call), LEDGER_CALL,
             caller->number);
        enter(caller->root, LEDGER_OPEN);
    }
}

static void end(struct caller *caller)
{
    enter(caller->root, LEDGER_ENDING);
    patter_call_end(caller->call);
    enter(caller->root, LEDGER_ENDED);
    caller->call.handle = 0;
}

static struct patter_span begin_stage(struct patter_call call, enum ledger_kind kind,
                                      int64_t number)
{
    switch (kind) {
    case LEDGER_STT:
        return patter_stt_begin(call);
    case LEDGER_LLM:
        return patter_llm_begin(call, number, number + 1);
    case LEDGER_TTS:
        return patter_tts_begin(call, number);
    default:
        return patter_tool_begin(call, "lookup_order", number % 2 ? "mcp" : "webhook");
    }
}

static void end_stage(struct patter_span span, enum ledger_kind kind, int64_t number)
{
    switch (kind) {
    case LEDGER_STT:
        patter_stt_end(span, number, 0.5);
        break;
    case LEDGER_LLM:
        patter_llm_end(span, 250);
        break;
    default:
        patter_span_end(span);
        break;
    }
}

static void stage(struct caller *caller, enum ledger_kind kind)
{
    int64_t number = (int64_t)caller->number;
    struct patter_span span = begin_stage(caller->call, kind, number);
    struct ledger_entry *entry = ledger_take();
    if (entry) {
        note(entry, caller->call, span, kind, caller->number);
        enter(entry, LEDGER_ENDING);
    }
    end_stage(span, kind, number);
    enter(entry, LEDGER_ENDED);
}

void caller_step(struct caller *caller)
{
    uint64_t place = caller->number % CALLER_SPANS;
    if (place == 0) {
        begin(caller);
    }
    if (place < CALLER_SPANS - 1) {
        stage(caller, LEDGER_STT + (enum ledger_kind)(place % 4));
    } else {
        end(caller);
    }
    caller->number++;
}

void caller_finish(struct caller *caller)
{
    while (caller->number % CALLER_SPANS) {
        caller_step(caller);
    }
}
