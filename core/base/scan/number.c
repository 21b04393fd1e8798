/* SPDX-License-Identifier: MIT */
#include "core/base/scan/number.h"

#include <stdint.h>

#include "core/base/scan/ascii.h"
#include "core/base/scan/iban.h"
#include "core/base/scan/shape.h"

enum { ROW_MIN_DIGITS = 7, CARD_MIN = 13, CARD_MAX = 19, JOINT_MAX = 3, KEPT = 4 };

struct number {
    unsigned len;
    unsigned value; /* of at most eight digits */
    bool leads_with_zero;
};

/* Digits with joints between them. */
struct row {
    struct number last[KEPT]; /* the newest at [count - 1] % KEPT */
    size_t count;
    size_t digits;
    unsigned luhn[2]; /* sums that double the digits at even and at odd places */
    bool is_dotted;   /* every joint is one dot */
    bool is_glued;    /* a letter stands right before it, as in v1.2.3.4 */
};

static bool is_any_day(const struct number *a, const struct number *b, const struct number *c)
{
    if (a->len == 4 && b->len <= 2 && c->len <= 2) {
        return pt_is_day(a->value, b->value, c->value);
    }
    if (c->len == 4 && a->len <= 2 && b->len <= 2) {
        return pt_is_day(c->value, b->value, a->value) || pt_is_day(c->value, a->value, b->value);
    }
    return false;
}

static bool is_packed_day(const struct number *number)
{
    unsigned value = number->value;
    unsigned head = value / 1000000;
    unsigned next = value / 10000 % 100;
    return number->len == 8 &&
           (pt_is_day(value / 10000, value / 100 % 100, value % 100) ||
            pt_is_day(value % 10000, next, head) || pt_is_day(value % 10000, head, next));
}

static const struct number *newest(const struct row *row, size_t back)
{
    return &row->last[(row->count - 1 - back) % KEPT];
}

static bool is_card(const struct row *row)
{
    /* Counted from the right, every second digit is doubled, not the last. */
    return row->digits >= CARD_MIN && row->digits <= CARD_MAX &&
           row->luhn[row->digits % 2] % 10 == 0;
}

/* The row begins with four octets and pauses at `at`: it may go on with a port. Private ones were
 * taken for a shape before. */
static bool is_address(const struct row *row, struct patter_str text, size_t at)
{
    bool is_longer = at + 1 < text.len && text.data[at] == '.' && pt_is_digit(text.data[at + 1]);
    if (row->count != 4 || !row->is_dotted || row->is_glued || is_longer) {
        return false;
    }
    for (size_t i = 0; i < 4; i++) {
        const struct number *octet = &row->last[i];
        if (octet->len > 3 || octet->value > 255 || octet->leads_with_zero) {
            return false;
        }
    }
    return row->last[0].value > 0;
}

static enum pt_scan judge_row(const struct row *row)
{
    if (is_card(row)) {
        return PT_SCAN_CARD;
    }
    return row->digits >= ROW_MIN_DIGITS ? PT_SCAN_PHONE : PT_SCAN_CLEAN;
}

/* Adds the number at `at` to the row; returns its end. */
static size_t add_number(struct row *row, struct patter_str text, size_t at)
{
    struct number number = {
        0, 0, text.data[at] == '0' && at + 1 < text.len && pt_is_digit(text.data[at + 1])
    };
    for (; at < text.len && pt_is_digit(text.data[at]); at++) {
        unsigned digit = (unsigned)(text.data[at] - '0');
        unsigned doubled = digit > 4 ? digit * 2 - 9 : digit * 2;
        row->luhn[row->digits % 2] += doubled;
        row->luhn[1 - row->digits % 2] += digit;
        row->digits++;
        number.len++;
        number.value = number.len <= 8 ? number.value * 10 + digit : UINT32_MAX;
    }
    row->last[row->count++ % KEPT] = number;
    return at;
}

/* The begin of the next number of the row that pauses at `at`, or 0. */
static size_t find_next(struct patter_str text, size_t at)
{
    for (size_t i = at; i < text.len && i - at <= JOINT_MAX; i++) {
        if (pt_is_digit(text.data[i])) {
            return i;
        }
        if (pt_is_letter(text.data[i])) {
            return 0;
        }
    }
    return 0;
}

static enum pt_scan scan_row(struct patter_str text, size_t at, size_t *ret_end)
{
    struct row row = { .is_dotted = true, .is_glued = at > 0 && pt_is_letter(text.data[at - 1]) };
    size_t next = at;
    while (next > 0 || row.count == 0) {
        if (row.count > 0 && (next != at + 1 || text.data[at] != '.')) {
            row.is_dotted = false;
        }
        at = add_number(&row, text, next);
        if (is_address(&row, text, at)) {
            return PT_SCAN_ADDRESS;
        }
        if (is_packed_day(newest(&row, 0)) ||
            (row.count >= 3 && is_any_day(newest(&row, 2), newest(&row, 1), newest(&row, 0)))) {
            return PT_SCAN_DATE;
        }
        next = find_next(text, at);
    }
    *ret_end = at;
    return judge_row(&row);
}

/* ---- days with a month's name ------------------------------------------------------ */

/* English, German, Spanish, French, Italian and Dutch, by their first three letters. */
static bool is_month(const char *data, size_t len)
{
    static const char months[][4] = { "jan", "feb", "mar", "apr", "may", "jun", "jul",
                                      "aug", "sep", "oct", "nov", "dec", "mai", "okt",
                                      "dez", "ene", "abr", "ago", "dic", "fev", "avr",
                                      "aou", "mag", "giu", "lug", "ott", "mei", "maa" };
    if (len < 3 || len > 10) {
        return false;
    }
    for (size_t i = 0; i < sizeof(months) / sizeof(months[0]); i++) {
        if (pt_to_lower(data[0]) == months[i][0] && pt_to_lower(data[1]) == months[i][1] &&
            pt_to_lower(data[2]) == months[i][2]) {
            return true;
        }
    }
    return false;
}

/* The number behind `*at`, at most one other byte away; 0 where there is none. */
static unsigned number_behind(struct patter_str text, size_t *at)
{
    size_t i = *at;
    unsigned value = 0;
    size_t begin = i < text.len && !pt_is_alnum(text.data[i]) ? i + 1 : i;
    for (i = begin; i < text.len && i - begin < 5 && pt_is_digit(text.data[i]); i++) {
        value = value * 10 + (unsigned)(text.data[i] - '0');
    }
    *at = i;
    return value;
}

static unsigned number_before(struct patter_str text, size_t at)
{
    unsigned value = 0;
    unsigned place = 1;
    if (at > 0 && !pt_is_alnum(text.data[at - 1])) {
        at--;
    }
    for (size_t end = at; at > 0 && end - at < 5 && pt_is_digit(text.data[at - 1]); at--) {
        value += place * (unsigned)(text.data[at - 1] - '0');
        place *= 10;
    }
    return value;
}

/* 12-apr-1985, 1985-apr-12, apr-12-1985 around the word from `begin` to `end`. */
static bool is_day_of_month(struct patter_str text, size_t begin, size_t end)
{
    size_t at = end;
    if (!is_month(text.data + begin, end - begin)) {
        return false;
    }
    unsigned before = number_before(text, begin);
    unsigned first = number_behind(text, &at);
    unsigned second = number_behind(text, &at);
    return pt_is_day(first, 1, before) || pt_is_day(before, 1, first) ||
           pt_is_day(second, 1, first);
}

/* ---- IPv6 --------------------------------------------------------------------------- */

/* A global one (2000::/3) that begins at `at`: 2001:db8::1 or eight groups. */
static bool is_ipv6(struct patter_str text, size_t at)
{
    size_t colons = 0;
    size_t digits = 0;
    bool has_gap = false;
    size_t begin = at;
    if (text.data[at] != '2' && text.data[at] != '3') {
        return false;
    }
    for (; at < text.len && (text.data[at] == ':' || pt_hex_value(text.data[at]) >= 0); at++) {
        bool is_colon = text.data[at] == ':';
        has_gap = has_gap || (is_colon && text.data[at - 1] == ':');
        colons += is_colon;
        digits = is_colon ? 0 : digits + 1;
        if (digits > 4 || (colons == 1 && is_colon && at - begin < 4)) {
            return false;
        }
    }
    return colons == 7 || (has_gap && colons >= 2 && colons < 7);
}

enum pt_scan pt_number_scan(struct patter_str text)
{
    size_t at = 0;
    while (at < text.len) {
        enum pt_scan finding = PT_SCAN_CLEAN;
        size_t begin = at;
        bool is_start = at == 0 || !pt_is_alnum(text.data[at - 1]);
        if (is_start && pt_is_digit(text.data[at]) && is_ipv6(text, at)) {
            return PT_SCAN_ADDRESS;
        }
        if (is_start && pt_is_letter(text.data[at]) && pt_iban_is_at(text, at)) {
            return PT_SCAN_IBAN;
        }
        if (pt_is_digit(text.data[at])) {
            finding = scan_row(text, at, &at);
        } else if (pt_is_letter(text.data[at])) {
            while (at < text.len && pt_is_letter(text.data[at])) {
                at++;
            }
            finding = is_day_of_month(text, begin, at) ? PT_SCAN_DATE : PT_SCAN_CLEAN;
        } else {
            at++;
        }
        if (finding != PT_SCAN_CLEAN) {
            return finding;
        }
    }
    return PT_SCAN_CLEAN;
}
