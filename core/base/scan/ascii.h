/* SPDX-License-Identifier: MIT */
#ifndef PT_BASE_SCAN_ASCII_H
#define PT_BASE_SCAN_ASCII_H

/* Questions asked of one byte, whatever the locale. A byte above 127 is part of a word. */

#include <stdbool.h>

static inline bool pt_is_digit(char byte)
{
    return byte >= '0' && byte <= '9';
}

static inline bool pt_is_lower(char byte)
{
    return byte >= 'a' && byte <= 'z';
}

static inline bool pt_is_upper(char byte)
{
    return byte >= 'A' && byte <= 'Z';
}

static inline bool pt_is_letter(char byte)
{
    return pt_is_lower(byte) || pt_is_upper(byte) || (unsigned char)byte >= 0x80;
}

static inline bool pt_is_alnum(char byte)
{
    return pt_is_digit(byte) || pt_is_letter(byte);
}

static inline char pt_to_lower(char byte)
{
    return pt_is_upper(byte) ? (char)(byte | 0x20) : byte;
}

/* -1 for a byte that is no hex digit. */
static inline int pt_hex_value(char byte)
{
    if (pt_is_digit(byte)) {
        return byte - '0';
    }
    byte = pt_to_lower(byte);
    return byte >= 'a' && byte <= 'f' ? byte - 'a' + 10 : -1;
}

#endif /* PT_BASE_SCAN_ASCII_H */
