/* SPDX-License-Identifier: MIT */
#ifndef STDOUT_STYLE_H
#define STDOUT_STYLE_H

/* How text looks here: width, colour, and whether lines may be drawn with more than ASCII. */

#include <stdbool.h>

#include "plugins/stdout/text.h"

struct out_glyphs {
    const char *rule;      /* the line of a header */
    const char *branch;    /* a child with more to follow, two columns */
    const char *last;      /* the last child */
    const char *pipe;      /* beside the rows of a child with more to follow */
    const char *bar;       /* a cell that the span fills, */
    const char *bar_left;  /* its left half alone, */
    const char *bar_right; /* its right half alone */
    const char *event;
    const char *failure;
    const char *micro;  /* the unit of a millionth of a second */
    const char *cut;    /* where a name was too long */
    const char *joiner; /* between the facts of a line */
};

enum out_paint {
    OUT_PLAIN = 0,
    OUT_STRONG,
    OUT_FAINT,
    OUT_FAILURE,
    OUT_FIRST_KIND /* and on: one for each kind of span */
};

struct out_style {
    const struct out_glyphs *glyphs;
    bool colour;
    unsigned width; /* columns */
};

/* `color` is auto, always or never; `fd` is asked for its terminal, the environment for NO_COLOR,
 * TERM and the character set. */
void out_style_init(struct out_style *style, const char *color, int fd);
/* Anew before each writing: a window may have been resized. */
void out_style_measure(struct out_style *style, int fd);

/* What a span of that name (without "getpatter.") is painted with. */
enum out_paint out_style_of_span(const char *name);

/* Between these, text has that paint. Nothing without colour, or for OUT_PLAIN. */
void out_paint_begin(const struct out_style *style, struct out_text *text, enum out_paint paint);
void out_paint_end(const struct out_style *style, struct out_text *text, enum out_paint paint);
void out_paint_add(const struct out_style *style, struct out_text *text, enum out_paint paint,
                   const char *word);

#endif /* STDOUT_STYLE_H */
