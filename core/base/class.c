/* SPDX-License-Identifier: MIT */
#include "core/base/class.h"

#include <math.h>
#include <string.h>

#include "core/base/scan.h"
#include "core/base/scan/ascii.h"
#include "core/base/scan/shape.h"
#include "core/base/scan/word.h"
#include "core/base/text.h"

enum { TEXT_MAX = 128 };

static const struct {
    const char *word;
    enum pt_class value_class;
} words[] = {
    { "count", PT_CLASS_COUNT },
    { "size", PT_CLASS_COUNT },
    { "duration_ms", PT_CLASS_DURATION_MS },
    { "ratio", PT_CLASS_RATIO },
    { "flag", PT_CLASS_FLAG },
    { "choice", PT_CLASS_CHOICE },
    { "identifier", PT_CLASS_IDENTIFIER },
    { "name", PT_CLASS_NAME },
};

bool pt_class_parse(struct patter_str word, enum pt_class *ret_class)
{
    for (size_t i = 0; i < sizeof(words) / sizeof(words[0]); i++) {
        if (pt_str_is(word, words[i].word)) {
            *ret_class = words[i].value_class;
            return true;
        }
    }
    return false;
}

const char *pt_class_name(enum pt_class value_class)
{
    if (value_class == PT_CLASS_ANY) {
        return "number, flag or identifier";
    }
    for (size_t i = 0; i < sizeof(words) / sizeof(words[0]); i++) {
        if (words[i].value_class == value_class) {
            return words[i].word;
        }
    }
    return "hashed";
}

static bool is_in_name(char c)
{
    return pt_is_digit(c) || pt_is_lower(c) || pt_is_upper(c) || c == '_' || c == '.' || c == '-';
}

static bool is_in_identifier(char c)
{
    return is_in_name(c) || c == ':' || c == '/';
}

/* 1..128 characters that `is_in` allows. */
static inline bool consists_of(struct patter_str text, bool (*is_in)(char c))
{
    if (text.len == 0 || text.len > TEXT_MAX) {
        return false;
    }
    for (size_t i = 0; i < text.len; i++) {
        if (!is_in(text.data[i])) {
            return false;
        }
    }
    return true;
}

static bool is_choice(struct patter_str text, const char *const *choices)
{
    for (; choices && *choices; choices++) {
        if (pt_str_is(text, *choices)) {
            return true;
        }
    }
    return false;
}

enum pt_verdict pt_class_check_text(enum pt_class value_class, const char *const *choices,
                                    struct patter_str text)
{
    bool has_form;
    switch (value_class) {
    case PT_CLASS_CHOICE:
        return is_choice(text, choices) ? PT_PASS : PT_INVALID; /* the operator's words */
    case PT_CLASS_HASHED:
        return text.len > 0 ? PT_PASS : PT_INVALID;
    case PT_CLASS_NAME:
        has_form = consists_of(text, is_in_name) && !pt_is_digit(text.data[0]) &&
                   text.data[0] != '.' && text.data[0] != '-';
        break;
    case PT_CLASS_IDENTIFIER:
    case PT_CLASS_ANY:
        has_form = consists_of(text, is_in_identifier);
        break;
    default:
        return PT_INVALID;
    }
    if (!has_form || (choices && !is_choice(text, choices))) {
        return PT_INVALID;
    }
    return choices || pt_scan(text) == PT_SCAN_CLEAN ? PT_PASS : PT_SCANNED;
}

static enum pt_verdict check_number(enum pt_class value_class, double value, bool is_integer)
{
    bool passes = false;
    switch (value_class) {
    case PT_CLASS_ANY:
        passes = isfinite(value);
        break;
    case PT_CLASS_COUNT:
        passes = is_integer && value >= 0;
        break;
    case PT_CLASS_DURATION_MS:
        passes = isfinite(value) && value >= 0;
        break;
    case PT_CLASS_RATIO:
        passes = value >= 0 && value <= 1;
        break;
    case PT_CLASS_HASHED:
        passes = is_integer;
        break;
    default:
        break;
    }
    return passes ? PT_PASS : PT_INVALID;
}

enum pt_verdict pt_class_check(enum pt_class value_class, const char *const *choices,
                               const struct patter_value *value)
{
    switch (value->type) {
    case PATTER_BOOL:
        return value_class == PT_CLASS_FLAG || value_class == PT_CLASS_ANY ? PT_PASS : PT_INVALID;
    case PATTER_INT:
        return check_number(value_class, (double)value->as.integer, true);
    case PATTER_DOUBLE:
        return check_number(value_class, value->as.real, false);
    case PATTER_TEXT:
        return pt_class_check_text(value_class, choices, value->as.text);
    default:
        return PT_INVALID;
    }
}

bool pt_class_is_call_id(struct patter_str text)
{
    return pt_shape_is_uuid(text) ||
           pt_class_check_text(PT_CLASS_IDENTIFIER, NULL, text) == PT_PASS;
}

bool pt_class_is_key(struct patter_str text)
{
    if (text.len == 0 || text.len > TEXT_MAX || !pt_is_lower(text.data[0])) {
        return false;
    }
    for (size_t i = 1; i < text.len; i++) {
        char c = text.data[i];
        if (!pt_is_lower(c) && !pt_is_digit(c) && c != '_' && c != '.' && c != '-') {
            return false;
        }
    }
    return true;
}

bool pt_class_is_loggable_key(struct patter_str text)
{
    enum { LOGGABLE_MAX = 48, WORDS_MAX = 4 };
    size_t dots = 0;
    size_t word_count = 0;
    if (text.len > LOGGABLE_MAX || !pt_class_is_key(text)) {
        return false;
    }
    for (size_t begin = 0, end; begin <= text.len; begin = end + 1) {
        for (end = begin; end < text.len && pt_is_alnum(text.data[end]);) {
            end++;
        }
        if (end == begin || pt_word_is_spoken(pt_str_slice(text, begin, end))) {
            return false;
        }
        dots += end < text.len && text.data[end] == '.';
        word_count++;
    }
    return dots >= 1 && word_count <= WORDS_MAX && pt_scan(text) == PT_SCAN_CLEAN;
}
