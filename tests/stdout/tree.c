/* SPDX-License-Identifier: MIT */
#include <criterion/criterion.h>
#include <stdio.h>
#include <stdlib.h>

#include "plugins/stdout/tree.h"
#include "script.h"

static struct script script;
static struct out_tree tree;
static struct out_text text;

static void set_up_with(const char *locale, const char *color, unsigned width)
{
    setenv("LC_ALL", locale, 1);
    setenv("TZ", "UTC", 1);
    out_style_init(&tree.style, color, -1);
    tree.style.width = width;
    tree.held.max_memory = 4 << 20;
    script_init(&script);
}

static void set_up(void)
{
    set_up_with("C.UTF-8", "never", 80);
}

static void tear_down(void)
{
    out_tree_clean(&tree);
    out_text_clean(&text);
}

/* Hands over what the script has so far, as one batch, and begins a new one. */
static void send(void)
{
    cr_assert_eq(out_tree_add(&tree, &script.batch, &text), 0);
    cr_assert(!text.failed);
    script_init(&script);
}

static void expect_file(const char *name)
{
    static char expected[16384];
    char path[128];
    snprintf(path, sizeof(path), "expected/%s", name);
    FILE *file = fopen(path, "r");
    cr_assert(file, "%s", path);
    expected[fread(expected, 1, sizeof(expected) - 1, file)] = '\0';
    fclose(file);
    cr_assert_str_eq(text.data, expected, "not as in %s:\n%s", path, text.data);
}

static size_t count_of(const char *word)
{
    size_t count = 0;
    for (const char *at = text.data; (at = strstr(at, word)); at++) {
        count++;
    }
    return count;
}

static void add_root(int call, double end_ms)
{
    struct script_span *root = script_add(&script, call, 1, 0, "getpatter.call", 0, end_ms);
    script_set_text(root, "getpatter.call.direction", "inbound");
    script_set_text(root, "getpatter.call.provider_mode", "pipeline");
}

static void write_whole_call(void)
{
    struct script_span *span;
    script_turn(&script, 0, 2, 310);
    script_turn(&script, 0, 8, 4800);
    span = script_add(&script, 0, 20, 1, "getpatter.bargein", 8300, 8390);
    script_set_int(span, "getpatter.bargein.cancelled_text_len", 18);
    span = script_add(&script, 0, 21, 10, "getpatter.tool", 6500, 6650);
    script_set_text(span, "getpatter.tool.name", "book_table");
    script_set_text(span, "getpatter.tool.transport", "mcp");
    script_fail(span, "ConnectionError");
    script_event(span, "exception", 6649, "exception.type", "ConnectionError");
    script_add(&script, 0, 22, 21, "app.lookup", 6510, 6510.2);
    add_root(0, 9500);
}

Test(stdout_tree, a_whole_call_is_one_waterfall, .init = set_up, .fini = tear_down)
{
    write_whole_call();
    send();
    expect_file("whole.txt");
}

Test(stdout_tree, a_turn_begins_with_whatever_of_the_callers_words_comes_first, .init = set_up,
     .fini = tear_down)
{
    static const char *const names[] = { "tts",      "endpoint", "stt", "llm", "bargein",
                                         "endpoint", "stt",      "stt", "tts" };
    static const char *const turns[] = { "running", "turn 1", "turn 2", "turn 3", "turn 4" };
    static const size_t turn_counts[] = { 1, 1, 1, 1, 0 };
    char name[32];
    for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
        snprintf(name, sizeof(name), "getpatter.%s", names[i]);
        script_add(&script, 0, 2 + (int)i, 1, name, 10.0 * (double)i, 10.0 * (double)i + 5);
        send();
    }
    for (size_t i = 0; i < sizeof(turns) / sizeof(turns[0]); i++) {
        cr_assert_eq(count_of(turns[i]), turn_counts[i], "%s:\n%s", turns[i], text.data);
    }
    const char *third = strstr(text.data, "turn 3");
    cr_assert(third && strstr(third, "stt") && !strstr(third, "endpoint"), "%s", text.data);
}

Test(stdout_tree, without_utf8_it_is_drawn_in_ascii, .fini = tear_down)
{
    set_up_with("C", "never", 80);
    write_whole_call();
    send();
    expect_file("ascii.txt");
}

Test(stdout_tree, a_running_call_is_told_turn_by_turn, .init = set_up, .fini = tear_down)
{
    script_add(&script, 0, 40, 1, "getpatter.tts", 20, 300);
    send();
    script_turn(&script, 0, 2, 310);
    send();
    script_turn(&script, 1, 2, 900); /* another call in between */
    send();
    script_turn(&script, 0, 8, 4800);
    send();
    script_add(&script, 0, 20, 1, "getpatter.tts", 8990, 9100); /* the same turn: no new header */
    send();
    add_root(0, 9500);
    send();
    script_add(&script, 0, 21, 1, "getpatter.tool", 9400, 9900); /* after the call's end */
    send();
    out_tree_finish(&tree, &text); /* the other call has not ended */
    expect_file("running.txt");
}

Test(stdout_tree, colour_changes_no_letter, .fini = tear_down)
{
    set_up_with("C.UTF-8", "always", 80);
    write_whole_call();
    send();
    cr_assert(strstr(text.data, "\033[1;31m"));
    size_t len = 0;
    for (size_t i = 0; i < text.len; i++) {
        if (text.data[i] == '\033') {
            i += strcspn(text.data + i, "m");
        } else {
            text.data[len++] = text.data[i];
        }
    }
    text.data[len] = '\0';
    expect_file("whole.txt");
}

Test(stdout_tree, no_line_is_wider_than_the_terminal, .fini = tear_down)
{
    static const char long_name[] = "app.a_name_that_is_longer_than_any_column.of_the_picture.is";
    for (unsigned width = 60; width <= 160; width += 5) {
        set_up_with("C.UTF-8", "never", width);
        write_whole_call();
        for (int id = 100; id < 110; id++) { /* deeper than is drawn */
            struct script_span *deep =
                script_add(&script, 0, id, id > 100 ? id - 1 : 1, long_name, 500, 800);
            script_set_text(deep, long_name, long_name);
            script_set_text(deep, "app.key", "x123456789x123456789x123456789x123456789x123456789");
            script_event(deep, long_name, 700, long_name, long_name);
        }
        send();
        for (const char *line = text.data; *line; line += strcspn(line, "\n") + 1) {
            size_t len = strcspn(line, "\n");
            cr_assert_leq(out_columns(line, len), width, "at %u: %.*s", width, (int)len, line);
            cr_assert(len == 0 || line[len - 1] != ' ', "blanks at the end: %.*s", (int)len, line);
        }
        cr_assert_eq(count_of("app.key="), 10);
        tear_down();
    }
}

Test(stdout_tree, past_its_memory_the_oldest_call_is_printed_and_forgotten, .init = set_up,
     .fini = tear_down)
{
    tree.held.max_memory = 16 << 10;
    script_turn(&script, 0, 2, 0);
    send();
    for (int id = 10; id < 500; id++) {
        script_add(&script, 1, id, 1, "getpatter.tool", id, id + 1);
        send();
        cr_assert_leq(tree.held.size, tree.held.max_memory);
    }
    const char *first = strstr(text.data, "incomplete: max_memory is full");
    const char *id = strstr(text.data, "call 7c9e6679-7425-40de-944b-e07fc1f90ae7 ── incomplete");
    cr_assert(first && id && id < first, "the oldest goes first");
    cr_assert(strstr(text.data, "call 550e8400-e29b-41d4-a716-446655440000 ── incomplete"));
    text.len = 0;
    script_add(&script, 1, 1, 0, "getpatter.call", 0, 1000);
    send();
    cr_assert(strstr(text.data, "its earlier spans stand above"), "%s", text.data);
}

Test(stdout_tree, every_span_is_drawn_once_whoever_its_parent, .init = set_up, .fini = tear_down)
{
    script_add(&script, 0, 2, 3, "app.loop_a", 10, 20); /* each other's parents */
    script_add(&script, 0, 3, 2, "app.loop_b", 11, 20);
    script_add(&script, 0, 4, 4, "app.own_parent", 12, 20);
    script_add(&script, 0, 5, 77, "app.orphan", 13, 20);
    script_add(&script, 0, 6, 7, "app.before_its_parent", 5, 20);
    script_add(&script, 0, 7, 1, "app.parent", 14, 20);
    add_root(0, 100);
    send();
    static const char *const names[] = {
        "app.loop_a", "app.loop_b", "app.own_parent", "app.orphan", "app.before_its_parent",
        "app.parent"
    };
    for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
        cr_assert_eq(count_of(names[i]), 1, "%s:\n%s", names[i], text.data);
    }
    cr_assert(strstr(text.data, "\n└ app.parent"), "%s", text.data);
    cr_assert(strstr(text.data, "\n  └ app.before_its_parent"), "%s", text.data);
}

Test(stdout_tree, control_characters_never_reach_the_terminal, .init = set_up, .fini = tear_down)
{
    script.resource.value.as.text = patter_text("bot\033]0;title\a\xc2\x9b\xff\n");
    struct script_span *span = script_add(&script, 0, 2, 1, "app\033[2J", 0, 5);
    script_set_text(span, "app.key\r", "a\x7f\tb");
    script_event(span, "e\b", 1, "k\033", "v\033");
    add_root(0, 10);
    send();
    for (size_t i = 0; i < text.len; i++) {
        unsigned char byte = (unsigned char)text.data[i];
        cr_assert(byte == '\n' || (byte >= 0x20 && byte != 0x7f), "\\x%02x is there", byte);
    }
    cr_assert(strstr(text.data, "bot\\x1b]0;title\\x07\\xc2\\x9b\\xff\\x0a"), "%s", text.data);
    cr_assert(strstr(text.data, "app.key\\x0d=a\\x7f\\x09b"), "%s", text.data);
}

Test(stdout_tree, what_was_dropped_and_linked_is_said, .init = set_up, .fini = tear_down)
{
    struct patter_link link = { .struct_size = sizeof(link), .trace_id = { 0xab, 0xcd } };
    const struct patter_link *links[] = { &link };
    struct script_span *span = script_add(&script, 0, 2, 1, "getpatter.tts", 0, 0.31);
    span->view.links = links;
    span->view.link_count = 1;
    span->view.dropped_attribute_count = 2;
    span->view.dropped_event_count = 3;
    script_fail(span, NULL);
    add_root(0, 7384000);
    send();
    cr_assert(strstr(text.data, "link=abcd0000000000000000000000000000"), "%s", text.data);
    cr_assert(strstr(text.data, "dropped_attributes=2"), "%s", text.data);
    cr_assert(strstr(text.data, "dropped_events=3"), "%s", text.data);
    cr_assert(strstr(text.data, "✗ failed"), "%s", text.data);
    cr_assert(strstr(text.data, "310 µs"), "%s", text.data);
    cr_assert(strstr(text.data, " 2h 03m"), "%s", text.data);
}
