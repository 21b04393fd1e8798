/* SPDX-License-Identifier: MIT */
#include "core/config/yaml_fault.h"

#include <string.h>

#include "core/base/text.h"

/* What one looks for: the place where it was noticed, also, or only, where it began. */
enum where { NOTICED, BOTH, OPENED };

struct sentence {
    const char *problem; /* libyaml's words */
    const char *text;
    enum where where;
};

static const struct sentence sentences[] = {
    { "mapping values are not allowed in this context",
      "a second `:` in one value, or a line further in than its neighbours; put the value in "
      "quotes, or begin the line in the column of its neighbours",
      NOTICED },
    { "could not find expected ':'",
      "a line without `:` where a key is expected; write `key: value`", OPENED },
    { "did not find expected key",
      "this does not continue the map around it; begin each key of a map in the same column, and "
      "put a value that begins with a quote wholly in quotes",
      BOTH },
    { "did not find expected '-' indicator",
      "this does not continue the list around it; begin each `-` of a list in the same column",
      BOTH },
    { "did not find expected ',' or '}'",
      "a `{` is not closed, or a `,` is missing; write {key: value, key: value}", BOTH },
    { "did not find expected ',' or ']'",
      "a `[` is not closed, or a `,` is missing; write [value, value]", BOTH },
    { "found unexpected end of stream", "a quote is opened and never closed; close it", OPENED },
    { "found unexpected document indicator", "a quote is opened and never closed; close it",
      OPENED },
    { "block sequence entries are not allowed in this context",
      "a list cannot begin here; write each `- value` on a line of its own below the key",
      NOTICED },
    { "block mapping entries are not allowed in this context",
      "a map cannot begin here; write its keys on lines of their own below the key", NOTICED },
    { "did not find expected alphabetic or numeric character",
      "a value that begins with `*` or `&` is read as an alias or anchor; put it in quotes",
      NOTICED },
    { "found unknown escape character",
      "an escape that YAML does not know in a \"quoted\" text; write \\\\ for a backslash, or use "
      "'single quotes'",
      NOTICED },
    { "found a tab character that violates indentation",
      "a tab stands in the indentation; YAML indents with spaces: replace each tab by spaces",
      NOTICED },
    { "did not find expected <document start>",
      "more text after the end of the map; a file is one map of keys, each at the line's beginning",
      NOTICED },
    { "found undefined tag handle", "a value that begins with `!` is a tag; put it in quotes",
      NOTICED },
    { "found incompatible YAML document", "patter reads YAML 1.1 and 1.2; remove the %YAML line",
      NOTICED },
};

static struct patter_str line_of(const char *bytes, size_t len, uint32_t line)
{
    struct patter_str rest = { bytes, len };
    for (uint32_t i = 1;; i++) {
        const char *end = rest.len > 0 ? memchr(rest.data, '\n', rest.len) : NULL;
        size_t line_len = end ? (size_t)(end - rest.data) : rest.len;
        if (i == line) {
            return pt_str_slice(rest, 0, line_len);
        }
        if (!end) {
            return (struct patter_str){ NULL, 0 };
        }
        rest = pt_str_slice(rest, line_len + 1, rest.len);
    }
}

/* The column, from 1, of a tab among the blanks at a line's beginning; 0: none. */
static uint32_t tab_column(struct patter_str line)
{
    for (size_t i = 0; i < line.len && (line.data[i] == ' ' || line.data[i] == '\t'); i++) {
        if (line.data[i] == '\t') {
            return (uint32_t)i + 1;
        }
    }
    return 0;
}

/* A tab in the indentation leads to many other words one or two lines later. */
static bool add_tab(const struct pt_yaml_fault *fault, const char *bytes, size_t len,
                    struct pt_problems *problems)
{
    uint32_t from = fault->place.line > 2 ? fault->place.line - 2 : 1;
    for (uint32_t line = from; line <= fault->place.line; line++) {
        struct pt_place place = { fault->place.source, line,
                                  tab_column(line_of(bytes, len, line)) };
        if (place.column > 0) {
            pt_problem_add(problems, place, PATTER_LOG_ERROR,
                           "a tab stands in the indentation; YAML indents with spaces: replace "
                           "each tab by spaces");
            return true;
        }
    }
    return false;
}

static void add_byte(const struct pt_yaml_fault *fault, const char *bytes, size_t len,
                     struct pt_problems *problems)
{
    struct pt_place place = { fault->place.source, 1, 1 };
    size_t at = fault->offset < len ? fault->offset : len;
    unsigned byte = (unsigned)fault->value & 0xff;
    if (strcmp(fault->problem, "invalid trailing UTF-8 octet") == 0) {
        /* Nothing is wrong with this one: it ends what began before it, in another encoding. */
        while (at > 0 && ((unsigned char)bytes[--at] & 0xc0) == 0x80) {
        }
        byte = (unsigned char)bytes[at];
    }
    for (size_t i = 0; i < at; i++) {
        place.line += bytes[i] == '\n';
        place.column = bytes[i] == '\n' ? 1 : place.column + 1;
    }
    pt_problem_add(
        problems, place, PATTER_LOG_ERROR,
        "byte 0x%02x is not part of a UTF-8 text; the file must be YAML, as an editor saves it",
        byte);
}

static bool add_first_character(const struct pt_yaml_fault *fault, const char *bytes, size_t len,
                                struct pt_problems *problems)
{
    struct patter_str line = line_of(bytes, len, fault->place.line);
    size_t at = 0;
    if (strcmp(fault->problem, "found character that cannot start any token") != 0) {
        return false;
    }
    for (uint32_t column = 1; column < fault->place.column && at < line.len; column++) {
        at++; /* columns are characters, which may be longer than a byte */
        while (at < line.len && ((unsigned char)line.data[at] & 0xc0) == 0x80) {
            at++;
        }
    }
    if (at >= line.len) {
        return false;
    }
    char c = line.data[at];
    if (c == '\t') {
        pt_problem_add(problems, fault->place, PATTER_LOG_ERROR,
                       "a tab stands where a key or value begins; use spaces");
    } else {
        pt_problem_add(problems, fault->place, PATTER_LOG_ERROR,
                       "a value cannot begin with %c; put it in quotes", c);
    }
    return true;
}

void pt_yaml_fault_add(const struct pt_yaml_fault *fault, const char *bytes, size_t len,
                       struct pt_problems *problems)
{
    if (fault->is_byte) {
        add_byte(fault, bytes, len, problems);
        return;
    }
    if (add_tab(fault, bytes, len, problems) || add_first_character(fault, bytes, len, problems)) {
        return;
    }
    for (size_t i = 0; i < sizeof(sentences) / sizeof(sentences[0]); i++) {
        if (strcmp(fault->problem, sentences[i].problem) != 0) {
            continue;
        }
        bool is_opened = sentences[i].where == OPENED;
        struct pt_text text = { 0 };
        pt_text_add(&text, "%s", sentences[i].text);
        if (sentences[i].where == BOTH && fault->opened.line != fault->place.line) {
            pt_text_add(&text, " (it began in line %u)", fault->opened.line);
        }
        pt_problem_add(problems, is_opened ? fault->opened : fault->place, PATTER_LOG_ERROR, "%s",
                       pt_text_get(&text));
        pt_text_clean(&text);
        return;
    }
    pt_problem_add(problems, fault->place, PATTER_LOG_ERROR,
                   "no YAML: %s; look at this line and the one before it", fault->problem);
}
