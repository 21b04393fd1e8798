/* SPDX-License-Identifier: MIT */
#include "plugins/stdout/waterfall.h"

#include "plugins/stdout/forest.h"
#include "plugins/stdout/row.h"
#include "plugins/stdout/words.h"

enum {
    INDENT = 2, /* columns of a guide for each level of depth */
    NAME_MIN = 10,
    BAR_MIN = 16,
    BAR_MAX = 60,
    GAP = 2
};

#define MARGIN "   "

/* Where the columns of a call's picture stand. */
struct layout {
    uint64_t begin_unix_ns;
    uint64_t end_unix_ns;
    size_t name;  /* columns, guides included */
    size_t bar;   /* columns */
    size_t words; /* where attributes begin */
};

static size_t larger(size_t a, size_t b)
{
    return a > b ? a : b;
}

static size_t between(size_t value, size_t low, size_t high)
{
    return value < low ? low : value > high ? high : value;
}

static size_t columns_of(const char *word)
{
    return out_columns(word, strlen(word));
}

static size_t longest_name(const struct out_forest *forest)
{
    size_t longest = 0;
    for (size_t i = 0; i < forest->count; i++) {
        const struct out_span *span = forest->nodes[i].span;
        size_t indent = INDENT * (size_t)out_node_depth(&forest->nodes[i]);
        longest = larger(longest, indent + columns_of(span->name));
    }
    return longest;
}

static size_t longest_words(const struct out_forest *forest)
{
    size_t longest = 0;
    for (size_t i = 0; i < forest->count; i++) {
        const struct out_span *span = forest->nodes[i].span;
        size_t error = span->failed ? columns_of("! ") + larger(columns_of(span->error), 6) + 1 : 0;
        longest = larger(longest, columns_of(span->words) + error);
        for (size_t e = 0; e < span->event_count; e++) {
            longest = larger(longest, columns_of(span->events[e].words));
        }
    }
    return longest;
}

/* Bars get what the attributes leave, and a third of the room where those want all of it. */
static void lay_out(struct layout *layout, const struct out_style *style,
                    const struct out_forest *forest)
{
    *layout = (struct layout){ .begin_unix_ns = UINT64_MAX };
    for (size_t i = 0; i < forest->count; i++) {
        const struct out_span *span = forest->nodes[i].span;
        if (span->begin_unix_ns < layout->begin_unix_ns) {
            layout->begin_unix_ns = span->begin_unix_ns;
        }
        if (span->end_unix_ns > layout->end_unix_ns) {
            layout->end_unix_ns = span->end_unix_ns;
        }
    }
    layout->name = between(longest_name(forest), NAME_MIN, style->width / 3);
    size_t taken = layout->name + 1 + OUT_ROW_DURATION + GAP + GAP;
    size_t room = style->width > taken ? style->width - taken : 0;
    size_t words = longest_words(forest);
    size_t share = larger(room / 3, BAR_MIN);
    layout->bar = between(room > words ? room - words : 0, share, BAR_MAX);
    layout->words = taken + layout->bar;
}

/* The guides before a name: the node's ancestors' lines, then its own corner, or, `after` it, the
 * lines that go on beside its further rows. */
static void write_guides(const struct out_style *style, struct out_text *text,
                         const struct out_node *node, bool after)
{
    const struct out_node *path[OUT_DEPTH_MAX];
    size_t depth = out_node_depth(node);
    for (size_t level = depth; level > 0; level--) {
        path[level - 1] = node;
        node = node->parent;
    }
    for (size_t level = 0; level < depth; level++) {
        bool own = level + 1 == depth && !after;
        const char *more = own ? style->glyphs->branch : style->glyphs->pipe;
        const char *none = own ? style->glyphs->last : "  ";
        out_text_add(text, "%s", path[level]->next ? more : none);
    }
}

/* Cells are split in halves, so that a bar is true to half a column. */
static size_t half_cell(const struct layout *layout, uint64_t unix_ns)
{
    double length = (double)(layout->end_unix_ns - layout->begin_unix_ns);
    double offset = (double)(unix_ns - layout->begin_unix_ns);
    size_t cells = layout->bar * 2;
    return length > 0 ? between((size_t)(offset / length * (double)cells), 0, cells) : 0;
}

static size_t write_bar(const struct out_style *style, struct out_text *text,
                        const struct layout *layout, const struct out_span *span,
                        enum out_paint paint)
{
    size_t begin = between(half_cell(layout, span->begin_unix_ns), 0, layout->bar * 2 - 1);
    size_t end = larger(half_cell(layout, span->end_unix_ns), begin + 1);
    size_t column = begin / 2;
    out_text_repeat(text, " ", column);
    out_paint_begin(style, text, paint);
    for (; column * 2 < end; column++) {
        bool left = column * 2 >= begin;
        bool right = column * 2 + 1 < end;
        out_text_add(text, "%s",
                     left && right ? style->glyphs->bar
                     : left        ? style->glyphs->bar_left
                                   : style->glyphs->bar_right);
    }
    out_paint_end(style, text, paint);
    return column;
}

/* The lines of the tree that go on below a row, for what follows it. */
static void write_further_guide(const struct out_style *style, struct out_text *guide,
                                const struct out_node *node)
{
    out_paint_begin(style, guide, OUT_FAINT);
    write_guides(style, guide, node, true);
    out_text_add(guide, "%s", node->first_child ? style->glyphs->pipe : "  ");
    out_paint_end(style, guide, OUT_FAINT);
}

static void write_event(const struct out_style *style, struct out_text *text,
                        const struct layout *layout, const struct out_event *event,
                        const struct out_place *below)
{
    size_t width = layout->name + 1 + OUT_ROW_DURATION - below->guide_columns; /* it has none */
    uint64_t time = between(event->time_unix_ns, layout->begin_unix_ns, layout->end_unix_ns);
    size_t column = between(half_cell(layout, time) / 2, 0, layout->bar - 1);
    out_text_add(text, "%s%s ", below->guide, style->glyphs->event);
    out_row_name(style, text, OUT_PLAIN, event->name, width - 2);
    out_text_repeat(text, " ", GAP + column);
    out_text_add(text, "%s", style->glyphs->event);

    struct out_place place = *below;
    place.at = layout->name + 1 + OUT_ROW_DURATION + GAP + column + 1;
    struct out_remarks remarks = { .words = event->words };
    out_row_remarks(style, text, &place, &remarks);
}

static void write_span(const struct out_style *style, struct out_text *text,
                       const struct layout *layout, const struct out_node *node)
{
    const struct out_span *span = node->span;
    enum out_paint paint = span->failed ? OUT_FAILURE : out_style_of_span(span->name);
    size_t indent = INDENT * (size_t)out_node_depth(node);
    out_paint_begin(style, text, OUT_FAINT);
    write_guides(style, text, node, false);
    out_paint_end(style, text, OUT_FAINT);
    out_row_name(style, text, paint, span->name, layout->name - indent);
    out_text_add(text, " ");
    out_row_duration(style, text, span->end_unix_ns - span->begin_unix_ns);
    out_text_repeat(text, " ", GAP);
    size_t bar = write_bar(style, text, layout, span, paint);

    struct out_text guide = { 0 };
    write_further_guide(style, &guide, node);
    struct out_place place = {
        .at = layout->name + 1 + OUT_ROW_DURATION + GAP + bar,
        .column = layout->words,
        .guide = guide.data ? guide.data : "",
        .guide_columns = indent + INDENT,
    };
    struct out_remarks remarks = { span->failed, span->error, span->words };
    out_row_remarks(style, text, &place, &remarks);
    for (size_t i = 0; i < span->event_count; i++) {
        write_event(style, text, layout, &span->events[i], &place);
    }
    out_text_clean(&guide);
}

/* The line of facts below the header. */
struct summary {
    const struct out_style *style;
    struct out_text *text;
    size_t at; /* columns of the line; 0: not begun */
};

/* Takes the fact, on a new line where the old one is full, and empties it. */
static void add_fact(struct summary *summary, struct out_text *fact, enum out_paint paint)
{
    const char *joiner = summary->style->glyphs->joiner;
    size_t columns = out_columns(fact->data, fact->len);
    bool is_first = summary->at == 0;
    if (!is_first && summary->at + columns_of(joiner) + columns > summary->style->width) {
        out_text_add(summary->text, "\n");
        is_first = true;
    }
    out_text_add(summary->text, "%s", is_first ? MARGIN : joiner);
    summary->at = (is_first ? columns_of(MARGIN) : summary->at + columns_of(joiner)) + columns;
    out_paint_begin(summary->style, summary->text, paint);
    out_text_put(summary->text, fact->data, fact->len);
    out_paint_end(summary->style, summary->text, paint);
    fact->len = 0;
}

static size_t count_failed(const struct out_call *call)
{
    size_t failed = 0;
    for (const struct out_span *span = call->first; span; span = span->next) {
        failed += span->failed;
    }
    return failed;
}

/* Below the header: when, who, how long, how much, and where to find it in a backend. */
static void write_summary(const struct out_style *style, struct out_text *text,
                          const struct layout *layout, const struct out_call *call)
{
    struct summary summary = { .style = style, .text = text };
    struct out_text fact = { 0 };
    size_t failed = count_failed(call);
    out_row_time(&fact, layout->begin_unix_ns, "%Y-%m-%d %H:%M:%S %z");
    add_fact(&summary, &fact, OUT_PLAIN);
    if (call->service[0]) {
        out_text_add(&fact, "%s", call->service);
        add_fact(&summary, &fact, OUT_PLAIN);
    }
    out_words_duration(&fact, layout->end_unix_ns - layout->begin_unix_ns, style->glyphs->micro);
    add_fact(&summary, &fact, OUT_PLAIN);
    out_text_add(&fact, "%zu %s", call->span_count, call->span_count == 1 ? "span" : "spans");
    add_fact(&summary, &fact, OUT_PLAIN);
    if (failed > 0) {
        out_text_add(&fact, "%zu failed", failed);
        add_fact(&summary, &fact, OUT_FAILURE);
    }
    out_text_clean(&fact);

    out_text_add(text, "\n" MARGIN);
    out_paint_begin(style, text, OUT_FAINT);
    out_text_add(text, "trace ");
    for (size_t i = 0; i < sizeof(call->trace_id); i++) {
        out_text_add(text, "%02x", call->trace_id[i]);
    }
    out_paint_end(style, text, OUT_FAINT);
    out_text_add(text, "\n\n");
}

bool out_waterfall(const struct out_style *style, struct out_text *text,
                   const struct out_call *call, const char *remark)
{
    struct out_forest forest = { 0 };
    struct layout layout;
    if (!out_forest_init(&forest, call)) {
        return false;
    }
    lay_out(&layout, style, &forest);
    out_row_header(style, text, call, remark);
    write_summary(style, text, &layout, call);
    for (struct out_node *node = out_forest_walk(&forest, NULL); node;
         node = out_forest_walk(&forest, node)) {
        write_span(style, text, &layout, node);
    }
    out_text_add(text, "\n");
    out_forest_clean(&forest);
    return true;
}
