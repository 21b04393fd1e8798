/* SPDX-License-Identifier: MIT */
#include "plugins/stdout/style.h"

#include <stdlib.h>
#include <strings.h>
#include <sys/ioctl.h>
#include <unistd.h>

enum { WIDTH_DEFAULT = 80, WIDTH_MIN = 60, WIDTH_MAX = 160 };

static const struct out_glyphs unicode_glyphs = {
    .rule = "─",
    .branch = "├ ",
    .last = "└ ",
    .pipe = "│ ",
    .bar = "━",
    .bar_left = "╸",
    .bar_right = "╺",
    .event = "◆",
    .failure = "✗",
    .micro = "µs",
    .cut = "…",
    .joiner = " · ",
};

static const struct out_glyphs ascii_glyphs = {
    .rule = "-",
    .branch = "|-",
    .last = "`-",
    .pipe = "| ",
    .bar = "=",
    .bar_left = "=",
    .bar_right = "=",
    .event = "*",
    .failure = "!",
    .micro = "us",
    .cut = "~",
    .joiner = ", ",
};

static const struct {
    const char *name;
    const char *code;
} span_kinds[] = {
    { "call", "1" }, { "stt", "36" },  { "endpoint", "90" }, { "llm", "35" },
    { "tts", "32" }, { "tool", "33" }, { "bargein", "91" },  { "", "34" },
};

enum { SPAN_KIND_COUNT = sizeof(span_kinds) / sizeof(span_kinds[0]) };

/* An unset locale counts as UTF-8: that is what terminals have been for long, and a service or a
 * container seldom sets one. */
static bool is_unicode(void)
{
    static const char *const variables[] = { "LC_ALL", "LC_CTYPE", "LANG" };
    for (size_t i = 0; i < sizeof(variables) / sizeof(variables[0]); i++) {
        const char *value = getenv(variables[i]);
        if (value && value[0]) {
            return strcasestr(value, "utf-8") || strcasestr(value, "utf8");
        }
    }
    return true;
}

static bool wants_colour(const char *color, int fd)
{
    if (strcmp(color, "auto") != 0) {
        return strcmp(color, "always") == 0;
    }
    const char *no_color = getenv("NO_COLOR");
    const char *terminal = getenv("TERM");
    return isatty(fd) && !(no_color && no_color[0]) && !(terminal && strcmp(terminal, "dumb") == 0);
}

void out_style_init(struct out_style *style, const char *color, int fd)
{
    style->glyphs = is_unicode() ? &unicode_glyphs : &ascii_glyphs;
    style->colour = wants_colour(color, fd);
    out_style_measure(style, fd);
}

void out_style_measure(struct out_style *style, int fd)
{
    struct winsize size = { 0 };
    unsigned width = WIDTH_DEFAULT;
    if (ioctl(fd, TIOCGWINSZ, &size) == 0 && size.ws_col > 0) {
        width = size.ws_col;
    }
    style->width = width < WIDTH_MIN ? WIDTH_MIN : width > WIDTH_MAX ? WIDTH_MAX : width;
}

enum out_paint out_style_of_span(const char *name)
{
    int kind = 0;
    while (kind < SPAN_KIND_COUNT - 1 && strcmp(span_kinds[kind].name, name) != 0) {
        kind++;
    }
    return (enum out_paint)(OUT_FIRST_KIND + kind);
}

static const char *code(enum out_paint paint)
{
    switch (paint) {
    case OUT_PLAIN:
        return NULL;
    case OUT_STRONG:
        return "1";
    case OUT_FAINT:
        return "2";
    case OUT_FAILURE:
        return "1;31";
    default:
        return span_kinds[paint - OUT_FIRST_KIND].code;
    }
}

void out_paint_begin(const struct out_style *style, struct out_text *text, enum out_paint paint)
{
    if (style->colour && code(paint)) {
        out_text_add(text, "\033[%sm", code(paint));
    }
}

void out_paint_end(const struct out_style *style, struct out_text *text, enum out_paint paint)
{
    if (style->colour && code(paint)) {
        out_text_add(text, "\033[0m");
    }
}

void out_paint_add(const struct out_style *style, struct out_text *text, enum out_paint paint,
                   const char *word)
{
    out_paint_begin(style, text, paint);
    out_text_put(text, word, strlen(word));
    out_paint_end(style, text, paint);
}
