/* SPDX-License-Identifier: MIT */
#include "core/base/scan/encoded.h"

#include <stdint.h>

#include "core/base/scan/ascii.h"

/* Long runs are rare among random bytes: 12 readable ones come once in 150,000 attempts. */
enum { RUN_ASCII = 12, RUN_UTF8 = 18, WHOLE_ANY = 8, HEX_MIN = 12, BASE64_MIN = 8 };

/* Readable bytes in a row: printable ASCII or UTF-8 that is well formed. */
struct run {
    unsigned len;
    unsigned awaited; /* continuation bytes still to come */
    bool has_utf8;
};

/* Of a byte in UTF-8: how many follow it, or that it follows, or that it has no business here. */
enum { FOLLOWS = 4, UNREADABLE = 5 };

static unsigned rank(uint8_t byte)
{
    if (byte < 0x80) {
        return (byte >= 0x20 && byte < 0x7f) || (byte >= '\t' && byte <= '\r') ? 0 : UNREADABLE;
    }
    if (byte < 0xc0) {
        return FOLLOWS;
    }
    return byte < 0xc2   ? UNREADABLE
           : byte < 0xe0 ? 1
           : byte < 0xf0 ? 2
           : byte < 0xf5 ? 3
                         : UNREADABLE;
}

static void feed(struct run *run, uint8_t byte)
{
    unsigned rank_of_byte = rank(byte);
    if (rank_of_byte == FOLLOWS && run->awaited > 0) {
        run->awaited--;
        run->len++;
    } else if (rank_of_byte >= FOLLOWS) {
        *run = (struct run){ 0 };
    } else {
        run->len = run->awaited > 0 ? 1 : run->len + 1;
        run->has_utf8 = (run->has_utf8 && run->awaited == 0) || rank_of_byte > 0;
        run->awaited = rank_of_byte;
    }
}

static bool is_long(const struct run *run)
{
    return run->len >= (run->has_utf8 ? RUN_UTF8 : RUN_ASCII);
}

/* Bytes that short texts are made of; fewer, so that chance hits them less. */
static bool is_plain(uint8_t byte)
{
    return (byte < 0x80 && pt_is_alnum((char)byte)) ||
           (byte != '\0' && byte < 0x80 && strchr(" @.+-,'?!", byte));
}

/* ---- hex ------------------------------------------------------------------------------ */

/* All of `data`, an even number of hex digits, is text. */
static bool is_hex_text(const char *data, size_t len)
{
    size_t count = len / 2;
    for (size_t i = 0; i < count; i++) {
        uint8_t byte = (uint8_t)(pt_hex_value(data[2 * i]) * 16 + pt_hex_value(data[2 * i + 1]));
        if (count >= WHOLE_ANY ? byte < 0x20 || byte >= 0x7f : !is_plain(byte)) {
            return false;
        }
    }
    return true;
}

/* Reads pairs from `at` on; one separator may stand between two pairs, as in 4d:79:20. */
static bool has_hex_run(struct patter_str text, size_t at)
{
    struct run run = { 0 };
    while (at + 1 < text.len) {
        int high = pt_hex_value(text.data[at]);
        int low = pt_hex_value(text.data[at + 1]);
        if (high < 0 && !pt_is_alnum(text.data[at]) && low >= 0) {
            at++;
            continue;
        }
        if (high < 0 || low < 0) {
            return false;
        }
        feed(&run, (uint8_t)(high << 4 | low));
        if (is_long(&run)) {
            return true;
        }
        at += 2;
    }
    return false;
}

bool pt_encoded_has_hex(struct patter_str text)
{
    for (size_t begin = 0; begin < text.len;) {
        size_t end = begin;
        while (end < text.len && pt_hex_value(text.data[end]) >= 0) {
            end++;
        }
        size_t len = end - begin;
        bool is_whole = (begin == 0 || !pt_is_alnum(text.data[begin - 1])) &&
                        (end == text.len || !pt_is_alnum(text.data[end]));
        if (is_whole && len >= HEX_MIN && len % 2 == 0 && is_hex_text(text.data + begin, len)) {
            return true;
        }
        if (len > 1 && (has_hex_run(text, begin) || has_hex_run(text, begin + 1))) {
            return true;
        }
        begin = end + 1;
    }
    return false;
}

/* ---- base64 ----------------------------------------------------------------------------- */

/* Plus one, so that what is not listed is 0; base64url's two included. */
static const uint8_t base64_values[256] = {
    ['A'] = 1,  ['B'] = 2,  ['C'] = 3,  ['D'] = 4,  ['E'] = 5,  ['F'] = 6,  ['G'] = 7,  ['H'] = 8,
    ['I'] = 9,  ['J'] = 10, ['K'] = 11, ['L'] = 12, ['M'] = 13, ['N'] = 14, ['O'] = 15, ['P'] = 16,
    ['Q'] = 17, ['R'] = 18, ['S'] = 19, ['T'] = 20, ['U'] = 21, ['V'] = 22, ['W'] = 23, ['X'] = 24,
    ['Y'] = 25, ['Z'] = 26, ['a'] = 27, ['b'] = 28, ['c'] = 29, ['d'] = 30, ['e'] = 31, ['f'] = 32,
    ['g'] = 33, ['h'] = 34, ['i'] = 35, ['j'] = 36, ['k'] = 37, ['l'] = 38, ['m'] = 39, ['n'] = 40,
    ['o'] = 41, ['p'] = 42, ['q'] = 43, ['r'] = 44, ['s'] = 45, ['t'] = 46, ['u'] = 47, ['v'] = 48,
    ['w'] = 49, ['x'] = 50, ['y'] = 51, ['z'] = 52, ['0'] = 53, ['1'] = 54, ['2'] = 55, ['3'] = 56,
    ['4'] = 57, ['5'] = 58, ['6'] = 59, ['7'] = 60, ['8'] = 61, ['9'] = 62, ['+'] = 63, ['-'] = 63,
    ['/'] = 64, ['_'] = 64,
};

static int base64_value(char byte)
{
    return base64_values[(uint8_t)byte] - 1;
}

/* base64 of text has letters of both cases; most ids, hex digits and ULIDs have not. */
static bool is_mixed(struct patter_str run)
{
    bool has_upper = false;
    bool has_lower = false;
    for (size_t i = 0; i < run.len; i++) {
        has_upper = has_upper || pt_is_upper(run.data[i]);
        has_lower = has_lower || pt_is_lower(run.data[i]);
    }
    return has_upper && has_lower;
}

static bool has_base64_run(const char *data, size_t len)
{
    struct run run = { 0 };
    uint32_t bits = 0;
    unsigned bit_count = 0;
    for (size_t i = 0; i < len; i++) {
        bits = bits << 6 | (uint32_t)base64_value(data[i]);
        bit_count += 6;
        if (bit_count >= 8) {
            bit_count -= 8;
            feed(&run, (uint8_t)(bits >> bit_count));
            if (is_long(&run)) {
                return true;
            }
        }
    }
    return false;
}

/* All of a piece is text. */
static bool is_base64_text(struct patter_str piece)
{
    uint32_t bits = 0;
    unsigned bit_count = 0;
    if (piece.len < BASE64_MIN || piece.len % 4 == 1 || !is_mixed(piece)) {
        return false;
    }
    for (size_t i = 0; i < piece.len; i++) {
        bits = bits << 6 | (uint32_t)base64_value(piece.data[i]);
        bit_count += 6;
        if (bit_count >= 8) {
            bit_count -= 8;
            if (!is_plain((uint8_t)(bits >> bit_count))) {
                return false;
            }
        }
    }
    return (bits & ((1u << bit_count) - 1)) == 0; /* what is left over is zeros */
}

/* Every piece of `run` between separators; base64url has two of them as digits. */
static bool has_base64_piece(struct patter_str run, bool is_url)
{
    for (size_t begin = 0; begin < run.len;) {
        size_t end = begin;
        while (end < run.len && (pt_is_alnum(run.data[end]) ||
                                 (is_url && (run.data[end] == '-' || run.data[end] == '_')))) {
            end++;
        }
        if (is_base64_text((struct patter_str){ run.data + begin, end - begin })) {
            return true;
        }
        begin = end + 1;
    }
    return false;
}

bool pt_encoded_has_base64(struct patter_str text)
{
    for (size_t begin = 0; begin < text.len;) {
        size_t end = begin;
        if (!pt_is_alnum(text.data[begin])) {
            begin++; /* no text begins with a byte from F8 on */
            continue;
        }
        while (end < text.len && base64_value(text.data[end]) >= 0) {
            end++;
        }
        struct patter_str run = { text.data + begin, end - begin };
        begin = end + 1;
        if (!is_mixed(run)) {
            continue;
        }
        if (has_base64_piece(run, false) || has_base64_piece(run, true) || is_base64_text(run)) {
            return true;
        }
        for (size_t shift = 0; shift < 4 && run.len >= RUN_ASCII + shift; shift++) {
            if (has_base64_run(run.data + shift, run.len - shift)) {
                return true;
            }
        }
    }
    return false;
}
