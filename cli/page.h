/* SPDX-License-Identifier: MIT */
#ifndef CLI_PAGE_H
#define CLI_PAGE_H

/* What a command prints for a person: aligned, wrapped to the terminal, coloured on one alone. */

#include <stdbool.h>

#include "core/base/text.h"

enum cli_paint { CLI_PLAIN, CLI_STRONG, CLI_FAINT, CLI_GOOD, CLI_WARNING, CLI_BAD };

struct cli_page {
    struct pt_text text;
    size_t width; /* columns */
    size_t at;    /* columns of the last line */
    bool colour;
};

/* For standard output. */
void cli_page_init(struct cli_page *page);
/* Prints what was added; false when it cannot be written. */
bool cli_page_flush(struct cli_page *page);
void cli_page_clean(struct cli_page *page);

/* Text as it is, without line ends; control characters become `?`. */
void cli_page_add(struct cli_page *page, enum cli_paint paint, const char *format, ...)
    __attribute__((format(printf, 3, 4)));
void cli_page_end_line(struct cli_page *page);
/* A heading, after an empty line. */
void cli_page_heading(struct cli_page *page, const char *words);
/* Blanks up to `column`, at least two where the line is not empty. */
void cli_page_tab(struct cli_page *page, size_t column);
/* Words, wrapped between `indent` and the page's edge; begins where the line stands. */
void cli_page_wrap(struct cli_page *page, enum cli_paint paint, size_t indent, const char *words);

#endif /* CLI_PAGE_H */
