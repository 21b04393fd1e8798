/* SPDX-License-Identifier: MIT */
#include "plugins/stdout/row.h"

#include <time.h>

#include "plugins/stdout/words.h"

static size_t columns_of(const char *word)
{
    return out_columns(word, strlen(word));
}

void out_row_header(const struct out_style *style, struct out_text *text,
                    const struct out_call *call, const char *remark)
{
    const char *rule = style->glyphs->rule;
    size_t used = columns_of("-- call  ") + columns_of(call->id);
    out_paint_begin(style, text, OUT_FAINT);
    out_text_repeat(text, rule, 2);
    out_paint_end(style, text, OUT_FAINT);
    out_text_add(text, " call ");
    out_paint_add(style, text, OUT_STRONG, call->id);
    out_text_add(text, " ");
    out_paint_begin(style, text, OUT_FAINT);
    if (remark) {
        out_text_repeat(text, rule, 2);
        out_text_add(text, " %s ", remark);
        used += columns_of("--  ") + columns_of(remark);
    }
    out_text_repeat(text, rule, used < style->width ? style->width - used : 0);
    out_paint_end(style, text, OUT_FAINT);
    out_text_add(text, "\n");
}

/* Where the next word goes. */
struct wrap {
    const struct out_style *style;
    struct out_text *text;
    const struct out_place *place;
    size_t at;
    bool is_first; /* of the row */
};

static void next_line(struct wrap *wrap)
{
    out_text_add(wrap->text, "\n%s", wrap->place->guide);
    wrap->at = wrap->place->guide_columns;
    wrap->is_first = true;
}

static void write_part(struct wrap *wrap, enum out_paint paint, const char *part, size_t len)
{
    if (len > 0) {
        out_paint_begin(wrap->style, wrap->text, paint);
        out_text_put(wrap->text, part, len);
        out_paint_end(wrap->style, wrap->text, paint);
    }
}

/* A word with its first `faint_len` bytes (a key) set back; `paint` is for the rest. */
static void write_word(struct wrap *wrap, const char *word, size_t len, size_t faint_len,
                       enum out_paint paint)
{
    size_t needed = out_columns(word, len) + !wrap->is_first;
    if (!wrap->is_first && wrap->at + needed > wrap->style->width) {
        next_line(wrap);
    }
    if (wrap->is_first) {
        size_t column = wrap->place->column;
        out_text_repeat(wrap->text, " ", wrap->at < column ? column - wrap->at : 1);
        wrap->at = wrap->at < column ? column : wrap->at + 1;
    } else {
        out_text_add(wrap->text, " ");
        wrap->at++;
    }
    wrap->is_first = false;

    size_t room = wrap->style->width > wrap->at ? wrap->style->width - wrap->at : 1;
    size_t fits = out_columns_cut(word, len, room);
    size_t faint = faint_len < fits ? faint_len : fits;
    write_part(wrap, OUT_FAINT, word, faint);
    write_part(wrap, paint, word + faint, fits - faint);
    wrap->at += out_columns(word, fits);
    if (fits < len) {
        next_line(wrap);
        write_word(wrap, word + fits, len - fits, faint_len - faint, paint);
    }
}

void out_row_remarks(const struct out_style *style, struct out_text *text,
                     const struct out_place *place, const struct out_remarks *remarks)
{
    struct wrap wrap = {
        .style = style, .text = text, .place = place, .at = place->at, .is_first = true
    };
    if (remarks->failed) {
        const char *error = remarks->error[0] ? remarks->error : "failed";
        write_word(&wrap, style->glyphs->failure, strlen(style->glyphs->failure), 0, OUT_FAILURE);
        write_word(&wrap, error, strlen(error), 0, OUT_FAILURE);
    }
    for (const char *word = remarks->words; *word;) {
        size_t len = strcspn(word, "\n");
        const char *equals = memchr(word, '=', len);
        write_word(&wrap, word, len, equals ? (size_t)(equals - word) + 1 : 0, OUT_PLAIN);
        word += len + 1;
    }
    out_text_add(text, "\n");
}

void out_row_name(const struct out_style *style, struct out_text *text, enum out_paint paint,
                  const char *name, size_t columns)
{
    size_t len = strlen(name);
    size_t needed = out_columns(name, len);
    bool is_cut = needed > columns;
    if (is_cut) {
        len = out_columns_cut(name, len, columns - 1);
    }
    out_paint_begin(style, text, paint);
    out_text_put(text, name, len);
    if (is_cut) {
        out_text_add(text, "%s", style->glyphs->cut);
    }
    out_paint_end(style, text, paint);
    out_text_repeat(text, " ", is_cut ? 0 : columns - needed);
}

void out_row_duration(const struct out_style *style, struct out_text *text, uint64_t duration_ns)
{
    struct out_text word = { 0 };
    out_words_duration(&word, duration_ns, style->glyphs->micro);
    size_t columns = out_columns(word.data, word.len);
    out_text_repeat(text, " ", columns < OUT_ROW_DURATION ? OUT_ROW_DURATION - columns : 0);
    out_text_put(text, word.data, word.len);
    out_text_clean(&word);
}

void out_row_time(struct out_text *text, uint64_t unix_ns, const char *format)
{
    time_t seconds = (time_t)(unix_ns / 1000000000);
    struct tm local;
    char word[64];
    localtime_r(&seconds, &local);
    out_text_put(text, word, strftime(word, sizeof(word), format, &local));
}
