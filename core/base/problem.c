/* SPDX-License-Identifier: MIT */
#include "core/base/problem.h"

#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include "core/base/text.h"

enum { PROBLEMS_MAX = 200 };

void pt_problems_clean(struct pt_problems *problems)
{
    for (size_t i = 0; i < problems->count; i++) {
        free((char *)problems->items[i].place.source);
        free(problems->items[i].text);
    }
    free(problems->items);
    *problems = (struct pt_problems){ 0 };
}

static bool same_place(const struct pt_place *a, const struct pt_place *b)
{
    return a->line == b->line && a->column == b->column && strcmp(a->source, b->source) == 0;
}

static bool is_known(const struct pt_problems *problems, const struct pt_place *place,
                     const char *text)
{
    for (size_t i = 0; i < problems->count; i++) {
        if (same_place(&problems->items[i].place, place) &&
            strcmp(problems->items[i].text, text) == 0) {
            return true;
        }
    }
    return false;
}

/* Takes `text`; false when there is no room for it. */
static bool append(struct pt_problems *problems, const struct pt_place *place, int32_t level,
                   char *text)
{
    if (problems->count == problems->capacity) {
        size_t capacity = problems->capacity ? problems->capacity * 2 : 8;
        struct pt_problem *items = realloc(problems->items, capacity * sizeof(*items));
        if (!items) {
            return false;
        }
        problems->items = items;
        problems->capacity = capacity;
    }
    char *source = strdup(place->source);
    if (!source) {
        return false;
    }
    problems->items[problems->count++] = (struct pt_problem){
        .place = { source, place->line, place->column },
        .level = level,
        .text = text,
    };
    return true;
}

/* A key may hold line breaks, and escapes that a terminal obeys: a problem is one line of text. */
static void make_printable(char *text)
{
    for (unsigned char *at = (unsigned char *)text; *at; at++) {
        bool is_c1 = at[0] == 0xc2 && at[1] >= 0x80 && at[1] < 0xa0;
        if (*at < 0x20 || *at == 0x7f || is_c1) {
            *at = '?';
        }
        if (is_c1) {
            *++at = '?';
        }
    }
}

void pt_problem_add(struct pt_problems *problems, struct pt_place place, int32_t level,
                    const char *format, ...)
{
    struct pt_text text = { 0 };
    va_list args;
    va_start(args, format);
    pt_text_add_va(&text, format, args);
    va_end(args);

    if (text.data) {
        make_printable(text.data);
    }
    if (!place.source) {
        place.source = "patter";
    }
    if (level == PATTER_LOG_ERROR) {
        problems->error_count++;
    }
    if (!text.data || problems->count >= PROBLEMS_MAX || is_known(problems, &place, text.data) ||
        !append(problems, &place, level, text.data)) {
        pt_text_clean(&text);
    }
}

void pt_problems_sort(struct pt_problems *problems)
{
    /* Insertion sort: stable, and the lists are short and nearly sorted. A source keeps the rank of
     * its first problem, so one file's lines stay together. */
    for (size_t i = 1; i < problems->count; i++) {
        struct pt_problem moved = problems->items[i];
        size_t first = i;
        while (first > 0 &&
               strcmp(problems->items[first - 1].place.source, moved.place.source) != 0) {
            first--;
        }
        size_t to = first > 0 ? first : i; /* just behind the last one of the same source */
        while (to > 0 && strcmp(problems->items[to - 1].place.source, moved.place.source) == 0 &&
               (problems->items[to - 1].place.line > moved.place.line ||
                (problems->items[to - 1].place.line == moved.place.line &&
                 problems->items[to - 1].place.column > moved.place.column))) {
            to--;
        }
        memmove(&problems->items[to + 1], &problems->items[to], (i - to) * sizeof(moved));
        problems->items[to] = moved;
    }
}

static const char *level_word(int32_t level)
{
    switch (level) {
    case PATTER_LOG_ERROR:
        return "error";
    case PATTER_LOG_WARNING:
        return "warning";
    default:
        return "note";
    }
}

void pt_problem_write(const struct pt_problem *problem, struct pt_text *out)
{
    pt_text_add(out, "%s:", problem->place.source);
    if (problem->place.line > 0) {
        pt_text_add(out, "%u:%u:", problem->place.line, problem->place.column);
    }
    pt_text_add(out, " %s: %s", level_word(problem->level), problem->text);
}
