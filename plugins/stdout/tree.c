/* SPDX-License-Identifier: MIT */
#include "plugins/stdout/tree.h"

#include <limits.h>
#include <stdio.h>
#include <stdlib.h>

#include "plugins/stdout/row.h"
#include "plugins/stdout/waterfall.h"
#include "plugins/stdout/words.h"

enum { TIME_COLUMNS = 12, NAME_COLUMNS = 14 };

static const unsigned late_turn = UINT_MAX;

static void draw(struct out_tree *tree, struct out_text *text, struct out_call *call,
                 const char *remark)
{
    static const uint8_t none[sizeof(tree->last_trace_id)];
    if (memcmp(tree->last_trace_id, none, sizeof(none)) != 0) {
        out_text_add(text, "\n");
    }
    if (!out_waterfall(&tree->style, text, call, remark)) {
        text->failed = true;
    }
    memset(tree->last_trace_id, 0, sizeof(tree->last_trace_id));
    out_held_forget(&tree->held, call);
}

/* Writes the header of the call's turn, unless it is the last that was written. */
static void write_header(struct out_tree *tree, struct out_text *text, const struct out_call *call)
{
    unsigned turn = call->state == OUT_CALL_LATE ? late_turn : call->turn;
    if (turn == tree->last_turn &&
        memcmp(tree->last_trace_id, call->trace_id, sizeof(call->trace_id)) == 0) {
        return;
    }
    char remark[32] = "running";
    if (call->state == OUT_CALL_LATE) {
        snprintf(remark, sizeof(remark), "after its end");
    } else if (call->turn > 0) {
        snprintf(remark, sizeof(remark), "turn %u", call->turn);
    }
    out_row_header(&tree->style, text, call, remark);
    memcpy(tree->last_trace_id, call->trace_id, sizeof(call->trace_id));
    tree->last_turn = turn;
}

static void write_time(const struct out_style *style, struct out_text *text, uint64_t unix_ns)
{
    out_paint_begin(style, text, OUT_FAINT);
    out_row_time(text, unix_ns, "%H:%M:%S");
    out_text_add(text, ".%03u", (unsigned)(unix_ns / 1000000 % 1000));
    out_paint_end(style, text, OUT_FAINT);
}

static void write_row(const struct out_style *style, struct out_text *text,
                      const struct out_span *span)
{
    static const struct out_place place = {
        .at = 2 + TIME_COLUMNS + 2 + NAME_COLUMNS + 1 + OUT_ROW_DURATION,
        .column = 2 + TIME_COLUMNS + 2 + NAME_COLUMNS + 1 + OUT_ROW_DURATION + 2,
        .guide = "",
    };
    enum out_paint paint = span->failed ? OUT_FAILURE : out_style_of_span(span->name);
    out_text_add(text, "  ");
    write_time(style, text, span->begin_unix_ns);
    out_text_add(text, "  ");
    out_row_name(style, text, paint, span->name, NAME_COLUMNS);
    out_text_add(text, " ");
    out_row_duration(style, text, span->end_unix_ns - span->begin_unix_ns);
    struct out_remarks remarks = { span->failed, span->error, span->words };
    out_row_remarks(style, text, &place, &remarks);
    for (size_t i = 0; i < span->event_count; i++) {
        const struct out_event *event = &span->events[i];
        out_text_add(text, "  ");
        write_time(style, text, event->time_unix_ns);
        out_text_add(text, "  %s ", style->glyphs->event);
        out_row_name(style, text, OUT_PLAIN, event->name, NAME_COLUMNS - 2);
        out_text_repeat(text, " ", 1 + OUT_ROW_DURATION);
        remarks = (struct out_remarks){ .words = event->words };
        out_row_remarks(style, text, &place, &remarks);
    }
}

/* A turn begins with the caller's words: with their stt, or, since that ends last, with the waiting
 * for their end. */
static void count_turn(struct out_call *call, const struct out_span *span)
{
    bool is_stt = strcmp(span->name, "stt") == 0;
    bool is_callers = is_stt || strcmp(span->name, "endpoint") == 0;
    if (is_callers && (call->turn == 0 || call->is_replied || (is_stt && call->is_heard))) {
        call->turn++;
        call->is_heard = false;
        call->is_replied = false;
    }
    call->is_heard |= is_stt;
    call->is_replied |= !is_callers;
}

static int by_begin(const void *a, const void *b)
{
    const struct out_span *first = *(struct out_span *const *)a;
    const struct out_span *second = *(struct out_span *const *)b;
    if (first->begin_unix_ns != second->begin_unix_ns) {
        return first->begin_unix_ns < second->begin_unix_ns ? -1 : 1;
    }
    return (first->end_unix_ns < second->end_unix_ns) - (first->end_unix_ns > second->end_unix_ns);
}

/* The rows of the spans that have come since the last time. */
static void tell(struct out_tree *tree, struct out_text *text, struct out_call *call)
{
    size_t count = 0;
    struct out_span **spans = calloc(call->span_count, sizeof(struct out_span *));
    if (!spans) {
        text->failed = true;
        return;
    }
    for (struct out_span *span = call->first; span; span = span->next) {
        if (!span->shown) {
            spans[count++] = span;
        }
    }
    qsort(spans, count, sizeof(struct out_span *), by_begin);
    for (size_t i = 0; i < count; i++) {
        count_turn(call, spans[i]);
        write_header(tree, text, call);
        write_row(&tree->style, text, spans[i]);
        spans[i]->shown = true;
    }
    free(spans);
}

static void tell_call(struct out_tree *tree, struct out_text *text, struct out_call *call)
{
    switch (call->state) {
    case OUT_CALL_ENDED:
        draw(tree, text, call, call->is_cut ? "its earlier spans stand above" : NULL);
        break;
    case OUT_CALL_LATE:
        tell(tree, text, call);
        out_held_forget(&tree->held, call);
        break;
    default:
        tell(tree, text, call);
        call->is_touched = false;
        break;
    }
}

uint32_t out_tree_add(struct out_tree *tree, const struct patter_batch *batch,
                      struct out_text *text)
{
    uint32_t lost = 0;
    for (size_t i = 0; i < batch->span_count; i++) {
        lost += out_held_add(&tree->held, batch, batch->spans[i]) == NULL;
        while (out_held_is_over(&tree->held)) {
            draw(tree, text, tree->held.calls, "incomplete: max_memory is full");
        }
    }
    for (struct out_call *call = tree->held.calls; call;) {
        struct out_call *next = call->next;
        if (call->is_touched) {
            tell_call(tree, text, call);
        }
        call = next;
    }
    return lost;
}

void out_tree_finish(struct out_tree *tree, struct out_text *text)
{
    while (tree->held.calls) {
        draw(tree, text, tree->held.calls, "incomplete: end not seen");
    }
}

void out_tree_clean(struct out_tree *tree)
{
    out_held_clean(&tree->held);
}
