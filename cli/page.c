/* SPDX-License-Identifier: MIT */
#include "cli/page.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

enum { WIDTH_DEFAULT = 80, WIDTH_MIN = 60, WIDTH_MAX = 110, GAP = 2 };

static const char *const codes[] = { [CLI_PLAIN] = NULL, [CLI_STRONG] = "1",   [CLI_FAINT] = "2",
                                     [CLI_GOOD] = "32",  [CLI_WARNING] = "33", [CLI_BAD] = "1;31" };

void cli_page_init(struct cli_page *page)
{
    struct winsize size = { 0 };
    const char *no_color = getenv("NO_COLOR");
    const char *terminal = getenv("TERM");
    bool is_terminal = ioctl(STDOUT_FILENO, TIOCGWINSZ, &size) == 0 && size.ws_col > 0;
    size_t width = is_terminal ? size.ws_col : (size_t)WIDTH_DEFAULT;
    *page = (struct cli_page){
        .width = width < WIDTH_MIN   ? WIDTH_MIN
                 : width > WIDTH_MAX ? WIDTH_MAX
                                     : width,
        .colour = isatty(STDOUT_FILENO) && !(no_color && no_color[0]) &&
                  !(terminal && strcmp(terminal, "dumb") == 0),
    };
}

bool cli_page_flush(struct cli_page *page)
{
    bool good = !page->text.truncated &&
                fwrite(pt_text_get(&page->text), 1, page->text.len, stdout) == page->text.len &&
                fflush(stdout) == 0;
    pt_text_clean(&page->text);
    return good;
}

void cli_page_clean(struct cli_page *page)
{
    pt_text_clean(&page->text);
}

static bool is_control(char c)
{
    return (unsigned char)c < 0x20 || c == 0x7f;
}

static size_t columns_of(const char *text, size_t len)
{
    size_t columns = 0;
    for (size_t i = 0; i < len; i++) {
        columns += ((unsigned char)text[i] & 0xc0) != 0x80;
    }
    return columns;
}

static void put(struct cli_page *page, enum cli_paint paint, const char *text, size_t len)
{
    const char *code = page->colour ? codes[paint] : NULL;
    if (code) {
        pt_text_add(&page->text, "\033[%sm", code);
    }
    for (size_t i = 0; i < len; i++) {
        char c = is_control(text[i]) ? '?' : text[i];
        pt_text_add_str(&page->text, (struct patter_str){ &c, 1 });
    }
    if (code) {
        pt_text_add(&page->text, "\033[0m");
    }
    page->at += columns_of(text, len);
}

void cli_page_add(struct cli_page *page, enum cli_paint paint, const char *format, ...)
{
    struct pt_text text = { 0 };
    va_list args;
    va_start(args, format);
    pt_text_add_va(&text, format, args);
    va_end(args);
    put(page, paint, pt_text_get(&text), text.len);
    pt_text_clean(&text);
}

void cli_page_end_line(struct cli_page *page)
{
    pt_text_add(&page->text, "\n");
    page->at = 0;
}

void cli_page_heading(struct cli_page *page, const char *words)
{
    cli_page_end_line(page);
    cli_page_add(page, CLI_STRONG, "%s", words);
    cli_page_end_line(page);
}

void cli_page_tab(struct cli_page *page, size_t column)
{
    size_t gap = page->at == 0 ? 0 : (size_t)GAP;
    size_t blanks = page->at + gap <= column ? column - page->at : gap;
    pt_text_add(&page->text, "%*s", (int)blanks, "");
    page->at += blanks;
}

void cli_page_wrap(struct cli_page *page, enum cli_paint paint, size_t indent, const char *words)
{
    bool is_first = true;
    while (*words) {
        size_t len = strcspn(words, " ");
        size_t needed = columns_of(words, len) + (is_first ? 0 : 1);
        if (!is_first && page->at + needed > page->width) {
            cli_page_end_line(page);
            cli_page_tab(page, indent);
            is_first = true;
        }
        if (!is_first) {
            put(page, CLI_PLAIN, " ", 1);
        }
        put(page, paint, words, len);
        is_first = false;
        words += len + (words[len] == ' ');
    }
    cli_page_end_line(page);
}
