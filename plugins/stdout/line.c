/* SPDX-License-Identifier: MIT */
#include "plugins/stdout/line.h"

#include <time.h>

#include "plugins/stdout/words.h"

static void add_id(struct out_text *text, const char *key, const uint8_t *id, size_t len)
{
    out_text_add(text, " %s=", key);
    for (size_t i = 0; i < len; i++) {
        out_text_add(text, "%02x", id[i]);
    }
}

static bool is_plain(struct patter_str view)
{
    for (size_t i = 0; i < view.len; i++) {
        char c = view.data[i];
        if (c <= ' ' || c == '"' || c == '=' || c == '\\' || c == 0x7f) {
            return false;
        }
    }
    return view.len > 0;
}

/* In quotes where a blank or the like would end it too soon. */
static void add_text(struct out_text *text, struct patter_str view)
{
    if (is_plain(view)) {
        out_text_put(text, view.data, view.len);
        return;
    }
    out_text_add(text, "\"");
    for (size_t i = 0, begin = 0; i <= view.len; i++) {
        if (i == view.len || view.data[i] == '"' || view.data[i] == '\\') {
            out_text_put_safe(text, (struct patter_str){ view.data + begin, i - begin });
            out_text_put(text, "\\", i < view.len);
            begin = i;
        }
    }
    out_text_add(text, "\"");
}

static void add_attributes(struct out_text *text, const struct patter_attribute *attributes,
                           size_t count)
{
    for (size_t i = 0; i < count; i++) {
        out_text_add(text, " ");
        out_text_put_safe(text, attributes[i].key);
        out_text_add(text, "=");
        if (attributes[i].value.type == PATTER_TEXT) {
            add_text(text, attributes[i].value.as.text);
        } else {
            out_words_value(text, &attributes[i].value, false);
        }
    }
}

static void add_instant(struct out_text *text, uint64_t unix_ns)
{
    time_t seconds = (time_t)(unix_ns / 1000000000);
    struct tm utc;
    char word[32];
    gmtime_r(&seconds, &utc);
    strftime(word, sizeof(word), "%Y-%m-%dT%H:%M:%S", &utc);
    out_text_add(text, "%s.%06uZ", word, (unsigned)(unix_ns / 1000 % 1000000));
}

static void add_span(struct out_text *text, const struct patter_span_view *span)
{
    static const uint8_t no_parent[sizeof(span->parent_id)];
    add_instant(text, span->begin_unix_ns);
    out_text_add(text, " %.3fms ", (double)(span->end_unix_ns - span->begin_unix_ns) / 1e6);
    out_text_put_safe(text, span->name);
    add_id(text, "trace", span->trace_id, sizeof(span->trace_id));
    add_id(text, "span", span->span_id, sizeof(span->span_id));
    if (memcmp(span->parent_id, no_parent, sizeof(no_parent)) != 0) {
        add_id(text, "parent", span->parent_id, sizeof(span->parent_id));
    }
    if (span->status_code != PATTER_STATUS_UNSET) {
        out_text_add(text, " status=%s", span->status_code == PATTER_STATUS_ERROR ? "error" : "ok");
    }
    add_attributes(text, span->attributes, span->attribute_count);
    for (size_t i = 0; i < span->event_count; i++) {
        out_text_add(text, " event=");
        out_text_put_safe(text, span->events[i]->name);
        add_attributes(text, span->events[i]->attributes, span->events[i]->attribute_count);
    }
    for (size_t i = 0; i < span->link_count; i++) {
        add_id(text, "link", span->links[i]->trace_id, sizeof(span->links[i]->trace_id));
    }
    out_text_add(text, "\n");
}

void out_line_add(const struct patter_batch *batch, struct out_text *text)
{
    for (size_t i = 0; i < batch->span_count; i++) {
        add_span(text, batch->spans[i]);
    }
}
