/* SPDX-License-Identifier: MIT */
#include "plugins/stdout/words.h"

#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>

static const char common_prefix[] = "getpatter.";

void out_words_duration(struct out_text *text, uint64_t duration_ns, const char *micro)
{
    double ms = (double)duration_ns / 1e6;
    uint64_t whole_s = (duration_ns + 500000000) / 1000000000;
    if (ms < 0.9995) {
        out_text_add(text, "%.0f %s", ms * 1e3, micro);
    } else if (ms < 99.95) {
        out_text_add(text, "%.1f ms", ms);
    } else if (ms < 999.5) {
        out_text_add(text, "%.0f ms", ms);
    } else if (ms < 99995) {
        out_text_add(text, "%.2f s", ms / 1e3);
    } else if (whole_s < 3600) {
        out_text_add(text, "%" PRIu64 "m %02" PRIu64 "s", whole_s / 60, whole_s % 60);
    } else {
        out_text_add(text, "%" PRIu64 "h %02" PRIu64 "m", whole_s / 3600, whole_s / 60 % 60);
    }
}

static bool starts(struct patter_str view, const char *prefix, size_t len)
{
    return view.len > len && memcmp(view.data, prefix, len) == 0;
}

static struct patter_str without(struct patter_str view, size_t len)
{
    return (struct patter_str){ view.data + len, view.len - len };
}

struct patter_str out_words_short_name(struct patter_str name)
{
    size_t len = sizeof(common_prefix) - 1;
    return starts(name, common_prefix, len) ? without(name, len) : name;
}

static void add_real(struct out_text *text, double real, bool rounded)
{
    double size = fabs(real);
    if (rounded && size >= 999.5 && size < 1e15) {
        out_text_add(text, "%.0f", real);
    } else if (rounded) {
        out_text_add(text, "%.3g", real);
    } else {
        char shortest[32];
        for (int digits = 15; digits <= 17; digits++) {
            snprintf(shortest, sizeof(shortest), "%.*g", digits, real);
            if (strtod(shortest, NULL) == real) {
                break;
            }
        }
        out_text_add(text, "%s", shortest);
    }
}

void out_words_value(struct out_text *text, const struct patter_value *value, bool rounded)
{
    switch (value->type) {
    case PATTER_BOOL:
        out_text_add(text, "%s", value->as.boolean ? "true" : "false");
        break;
    case PATTER_INT:
        out_text_add(text, "%" PRId64, value->as.integer);
        break;
    case PATTER_DOUBLE:
        add_real(text, value->as.real, rounded);
        break;
    case PATTER_TEXT:
        out_text_put_safe(text, value->as.text);
        break;
    default:
        out_text_add(text, "?");
        break;
    }
}

static bool is(struct patter_str view, const char *text)
{
    return view.len == strlen(text) && memcmp(view.data, text, view.len) == 0;
}

/* getpatter.stt.text_len is text_len on the span getpatter.stt, else stt.text_len. */
static struct patter_str short_key(struct patter_str key, struct patter_str owner)
{
    bool is_own =
        key.len > owner.len + 1 && starts(key, owner.data, owner.len) && key.data[owner.len] == '.';
    return is_own ? without(key, owner.len + 1) : out_words_short_name(key);
}

void out_words_attributes(struct out_text *text, const struct patter_attribute *attributes,
                          size_t count, struct patter_str owner, bool failed)
{
    for (size_t i = 0; i < count; i++) {
        struct patter_str key = attributes[i].key;
        if (is(key, "getpatter.call.id") || (failed && is(key, "error.type"))) {
            continue;
        }
        out_text_put_safe(text, short_key(key, owner));
        out_text_add(text, "=");
        out_words_value(text, &attributes[i].value, true);
        out_text_add(text, "\n");
    }
}

struct patter_str out_words_find(const struct patter_attribute *attributes, size_t count,
                                 const char *key)
{
    for (size_t i = 0; i < count; i++) {
        if (is(attributes[i].key, key) && attributes[i].value.type == PATTER_TEXT) {
            return attributes[i].value.as.text;
        }
    }
    return (struct patter_str){ 0 };
}
