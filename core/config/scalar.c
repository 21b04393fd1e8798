/* SPDX-License-Identifier: MIT */
#include "core/config/scalar.h"

#include <inttypes.h>
#include <locale.h>
#include <math.h>
#include <stdlib.h>

#include "core/base/text.h"

struct unit {
    const char *name;
    int64_t factor;
};

/* Largest first, so that the first that divides is the one to write. */
static const struct unit duration_units[] = {
    { "h", 3600000000000 }, { "m", 60000000000 }, { "s", 1000000000 }, { "ms", 1000000 },
    { "us", 1000 },         { "ns", 1 },          { "µs", 1000 },
};
static const struct unit size_units[] = {
    { "TiB", INT64_C(1) << 40 },
    { "GiB", 1 << 30 },
    { "MiB", 1 << 20 },
    { "KiB", 1 << 10 },
    { "B", 1 },
    { "TB", 1000000000000 },
    { "GB", 1000000000 },
    { "MB", 1000000 },
    { "KB", 1000 },
    { "kB", 1000 },
};

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

enum { NUMBER_MAX = 64 };

static bool is_digit(char c)
{
    return c >= '0' && c <= '9';
}

bool pt_scalar_bool(struct patter_str text, bool *ret_value)
{
    static const char *const words[] = { "false", "true", "no", "yes", "off", "on" };
    for (size_t i = 0; i < COUNT(words); i++) {
        if (pt_str_is_nocase(text, words[i])) {
            *ret_value = i % 2 == 1;
            return true;
        }
    }
    return false;
}

bool pt_scalar_int(struct patter_str text, int64_t *ret_value)
{
    size_t at = text.len > 0 && (text.data[0] == '-' || text.data[0] == '+');
    bool negative = at == 1 && text.data[0] == '-';
    int64_t value = 0;
    if (at == text.len) {
        return false;
    }
    for (; at < text.len; at++) {
        int digit = text.data[at] - '0';
        if (!is_digit(text.data[at]) || __builtin_mul_overflow(value, 10, &value) ||
            __builtin_add_overflow(value, negative ? -digit : digit, &value)) {
            return false;
        }
    }
    *ret_value = value;
    return true;
}

/* `1`, `1.5` and `.5` at the beginning of `text`; returns its length. */
static size_t decimal_len(struct patter_str text)
{
    size_t len = 0;
    size_t digits = 0;
    while (len < text.len && is_digit(text.data[len])) {
        len++;
        digits++;
    }
    if (len < text.len && text.data[len] == '.') {
        len++;
        while (len < text.len && is_digit(text.data[len])) {
            len++;
            digits++;
        }
    }
    return digits > 0 ? len : 0;
}

static bool read_decimal(struct patter_str text, double *ret_value)
{
    char copy[NUMBER_MAX];
    if (text.len == 0 || text.len >= sizeof(copy)) {
        return false;
    }
    memcpy(copy, text.data, text.len);
    copy[text.len] = '\0';
    /* The bot's own locale may write a comma. */
    locale_t plain = newlocale(LC_ALL_MASK, "C", (locale_t)0);
    if (!plain) {
        return false;
    }
    char *end = NULL;
    double value = strtod_l(copy, &end, plain);
    freelocale(plain);
    if (end != copy + text.len || !isfinite(value)) {
        return false;
    }
    *ret_value = value;
    return true;
}

bool pt_scalar_double(struct patter_str text, double *ret_value)
{
    for (size_t i = 0; i < text.len; i++) {
        if (!is_digit(text.data[i]) && !memchr("+-.eE", text.data[i], 5)) {
            return false; /* strtod also reads blanks, hex, inf and nan */
        }
    }
    return read_decimal(text, ret_value);
}

static bool find_unit(struct patter_str name, const struct unit *units, size_t count,
                      int64_t *ret_factor)
{
    for (size_t i = 0; i < count; i++) {
        if (pt_str_is(name, units[i].name)) {
            *ret_factor = units[i].factor;
            return true;
        }
    }
    return false;
}

/* Adds `number` units; exact for integers, and false past the end of int64_t. */
static bool add_units(struct patter_str number, int64_t factor, int64_t *total)
{
    int64_t whole;
    if (pt_scalar_int(number, &whole)) {
        return !__builtin_mul_overflow(whole, factor, &whole) &&
               !__builtin_add_overflow(*total, whole, total);
    }
    double real;
    if (!read_decimal(number, &real) || real * (double)factor > 9e18) {
        return false;
    }
    return !__builtin_add_overflow(*total, (int64_t)(real * (double)factor + 0.5), total);
}

bool pt_scalar_duration(struct patter_str text, int64_t *ret_ns)
{
    int64_t total = 0;
    size_t at = 0;
    if (text.len > 0 && decimal_len(text) == text.len && !memchr(text.data, '.', text.len)) {
        if (!add_units(text, 1000000, &total)) {
            return false;
        }
        at = text.len;
    }
    while (at < text.len) {
        struct patter_str rest = pt_str_slice(text, at, text.len);
        size_t number_len = decimal_len(rest);
        size_t end = number_len;
        while (end < rest.len && !is_digit(rest.data[end]) && rest.data[end] != '.') {
            end++;
        }
        int64_t factor;
        if (number_len == 0 ||
            !find_unit(pt_str_slice(rest, number_len, end), duration_units, COUNT(duration_units),
                       &factor) ||
            !add_units(pt_str_slice(rest, 0, number_len), factor, &total)) {
            return false;
        }
        at += end;
    }
    if (text.len == 0) {
        return false;
    }
    *ret_ns = total;
    return true;
}

bool pt_scalar_size(struct patter_str text, int64_t *ret_bytes)
{
    size_t number_len = decimal_len(text);
    struct patter_str unit = pt_str_trim(pt_str_slice(text, number_len, text.len));
    int64_t factor = 1;
    int64_t total = 0;
    if (number_len == 0 ||
        (unit.len > 0 && !find_unit(unit, size_units, COUNT(size_units), &factor)) ||
        !add_units(pt_str_slice(text, 0, number_len), factor, &total)) {
        return false;
    }
    *ret_bytes = total;
    return true;
}

static void write_units(struct pt_text *out, int64_t value, const struct unit *units)
{
    while (units->factor > 1 && (value == 0 || value % units->factor != 0)) {
        units++;
    }
    pt_text_add(out, "%" PRId64 "%s", value / units->factor, units->name);
}

void pt_scalar_write_duration(struct pt_text *out, int64_t ns)
{
    if (ns == 0) {
        pt_text_add(out, "0s");
        return;
    }
    write_units(out, ns, duration_units);
}

void pt_scalar_write_size(struct pt_text *out, int64_t bytes)
{
    write_units(out, bytes, size_units);
}
