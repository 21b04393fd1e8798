/* SPDX-License-Identifier: MIT */
#include "core/base/scan/iban.h"

#include "core/base/scan/ascii.h"

enum { IBAN_MIN = 15, IBAN_MAX = 34, HEAD = 4, MIN_DIGITS = 8 };

/* Appends a digit, or a letter as its two digits, to a number kept modulo 97. */
static unsigned append(unsigned rest, char byte)
{
    unsigned value =
        pt_is_digit(byte) ? (unsigned)(byte - '0') : (unsigned)(pt_to_lower(byte) - 'a' + 10);
    return (rest * (value > 9 ? 100 : 10) + value) % 97;
}

/* The account's digits come first, then country and check digits. */
static bool checks(unsigned rest, const char *head)
{
    for (size_t i = 0; i < HEAD; i++) {
        rest = append(rest, head[i]);
    }
    return rest == 1;
}

bool pt_iban_is_at(struct patter_str text, size_t at)
{
    const char *head = text.data + at;
    if (text.len - at < IBAN_MIN || !pt_is_letter(head[0]) || !pt_is_letter(head[1]) ||
        !pt_is_digit(head[2]) || !pt_is_digit(head[3])) {
        return false;
    }
    unsigned rest = 0;
    size_t len = HEAD;
    size_t digits = 2;
    for (size_t i = at + HEAD; i < text.len && len < IBAN_MAX; i++) {
        bool is_joint = !pt_is_alnum(text.data[i]);
        if ((unsigned char)text.data[i] >= 0x80 ||
            (is_joint && (i + 1 == text.len || !pt_is_alnum(text.data[i + 1])))) {
            return false;
        }
        if (is_joint) {
            continue;
        }
        rest = append(rest, text.data[i]);
        len++;
        digits += pt_is_digit(text.data[i]);
        bool ends = i + 1 == text.len || !pt_is_alnum(text.data[i + 1]);
        if (ends && len >= IBAN_MIN && digits >= MIN_DIGITS && checks(rest, head)) {
            return true;
        }
    }
    return false;
}
