/* SPDX-License-Identifier: MIT */
#include "core/base/scan/shape.h"

#include "core/base/scan/ascii.h"
#include "core/base/scan/iban.h"

enum {
    UUID_LEN = 36,
    SID_LEN = 34,
    HASH_LEN = 34,
    ULID_LEN = 26,
    ULID_MIN_LETTERS = 8,
    ACCOUNT_LEN = 12
};

bool pt_is_day(unsigned year, unsigned month, unsigned day)
{
    return year >= 1900 && year <= 2099 && month >= 1 && month <= 12 && day >= 1 && day <= 31;
}

/* Without a branch a character: most calls' ids are UUIDs. */
static bool is_uuid_text(const char *data)
{
    enum { HEX = 1, DASH = 2 };
    static const unsigned char kinds[256] = {
        ['0'] = HEX, ['1'] = HEX, ['2'] = HEX, ['3'] = HEX, ['4'] = HEX,  ['5'] = HEX,
        ['6'] = HEX, ['7'] = HEX, ['8'] = HEX, ['9'] = HEX, ['a'] = HEX,  ['b'] = HEX,
        ['c'] = HEX, ['d'] = HEX, ['e'] = HEX, ['f'] = HEX, ['A'] = HEX,  ['B'] = HEX,
        ['C'] = HEX, ['D'] = HEX, ['E'] = HEX, ['F'] = HEX, ['-'] = DASH,
    };
    static const unsigned char wanted[UUID_LEN] = {
        HEX, HEX,  HEX, HEX, HEX, HEX, HEX,  HEX, DASH, HEX, HEX, HEX,
        HEX, DASH, HEX, HEX, HEX, HEX, DASH, HEX, HEX,  HEX, HEX, DASH,
        HEX, HEX,  HEX, HEX, HEX, HEX, HEX,  HEX, HEX,  HEX, HEX, HEX,
    };
    unsigned wrong = 0;
#pragma GCC unroll 36
    for (size_t i = 0; i < UUID_LEN; i++) {
        wrong |= kinds[(unsigned char)data[i]] ^ wanted[i];
    }
    return wrong == 0;
}

bool pt_shape_is_uuid(struct patter_str text)
{
    return text.len == UUID_LEN && is_uuid_text(text.data);
}

static bool is_uuid(const char *data, size_t len)
{
    bool is_glued = len > UUID_LEN && pt_is_alnum(data[UUID_LEN]);
    return len >= UUID_LEN && !is_glued && is_uuid_text(data);
}

static bool is_hex(const char *data, size_t len)
{
    for (size_t i = 0; i < len; i++) {
        if (pt_hex_value(data[i]) < 0) {
            return false;
        }
    }
    return true;
}

/* How often a digit and a letter stand side by side: "facade15551234567" has one such place. */
static size_t count_changes(const char *data, size_t len)
{
    size_t changes = 0;
    for (size_t i = 1; i < len; i++) {
        changes += pt_is_digit(data[i]) != pt_is_digit(data[i - 1]);
    }
    return changes;
}

/* Belgium's accounts have 16 characters and Andorra's 24, with letters that are hex digits. */
static bool is_account(const char *data, size_t len)
{
    char country[] = { pt_to_lower(data[0]), pt_to_lower(data[1]) };
    bool is_hex_country = (len == 16 && memcmp(country, "be", 2) == 0) ||
                          (len == 24 && memcmp(country, "ad", 2) == 0);
    return is_hex_country && pt_iban_is_at((struct patter_str){ data, len }, 0);
}

static bool is_hex_id(const char *data, size_t len)
{
    if (is_account(data, len)) {
        return false;
    }
    switch (len) {
    case 16:
    case 32:
        return is_hex(data, len) && (!pt_is_digit(data[0]) || count_changes(data, len) > 0);
    case 17:
    case 24:
    case 40:
    case 64:
        return is_hex(data, len) && count_changes(data, len) > 1;
    default:
        return false;
    }
}

static bool is_sid(const char *data, size_t len)
{
    return len == SID_LEN && pt_is_letter(data[0]) && pt_is_letter(data[1]) &&
           is_hex(data + 2, len - 2);
}

/* Our own hash: the next process must not hash it again, whatever its bytes happen to spell. */
static bool is_hash(const char *data, size_t len)
{
    return len >= HASH_LEN && data[0] == 'h' && data[1] == '-' && is_hex(data + 2, HASH_LEN - 2) &&
           (len == HASH_LEN || !pt_is_alnum(data[HASH_LEN]));
}

static bool is_ulid(const char *data, size_t len)
{
    size_t letters = 0;
    if (len != ULID_LEN || data[0] < '0' || data[0] > '7') {
        return false;
    }
    for (size_t i = 0; i < len; i++) {
        char byte = pt_to_lower(data[i]);
        if ((unsigned char)byte >= 0x80 || byte == 'i' || byte == 'l' || byte == 'o' ||
            byte == 'u') {
            return false;
        }
        letters += !pt_is_digit(byte);
    }
    return letters >= ULID_MIN_LETTERS;
}

/* "arn:aws:connect:us-east-1:123456789012", without what follows. */
static size_t arn_len(const char *data, size_t len)
{
    size_t colons = 0;
    size_t i = 0;
    if (len < 4 || memcmp(data, "arn:", 4) != 0) {
        return 0;
    }
    for (; i < len && colons < 4; i++) {
        if (data[i] == ':') {
            colons++;
        } else if (!pt_is_lower(data[i]) && data[i] != '-' && data[i] != '2' &&
                   !(colons == 3 && pt_is_digit(data[i]))) {
            return 0;
        }
    }
    if (colons < 4) {
        return 0;
    }
    size_t account = i;
    while (i < len && pt_is_digit(data[i])) {
        i++;
    }
    bool is_account = i == account || i - account == ACCOUNT_LEN;
    return is_account && i < len && data[i] == ':' ? i : 0;
}

/* Up to `max` digits at `*at`, which is moved behind them; false when there are none or more. */
static bool read_number(struct patter_str text, size_t *at, size_t max, unsigned *ret_number)
{
    size_t begin = *at;
    size_t i = begin;
    unsigned number = 0;
    while (i < text.len && i - begin <= max && pt_is_digit(text.data[i])) {
        number = number * 10 + (unsigned)(text.data[i++] - '0');
    }
    if (i == begin || i - begin > max) {
        return false;
    }
    *at = i;
    *ret_number = number;
    return true;
}

static bool is_private_network(const unsigned octet[4])
{
    return octet[0] == 10 || octet[0] == 127 || (octet[0] == 192 && octet[1] == 168) ||
           (octet[0] == 172 && octet[1] >= 16 && octet[1] <= 31) ||
           (octet[0] == 169 && octet[1] == 254);
}

static size_t private_ipv4_len(struct patter_str text, size_t at)
{
    char separator = '.';
    unsigned octet[4];
    size_t i = at;
    if (at >= 3 && memcmp(text.data + at - 3, "ip-", 3) == 0) {
        separator = '-';
    } else if (at > 1 && pt_is_digit(text.data[at - 2])) {
        return 0; /* the tail of a longer row of numbers */
    }
    for (int n = 0; n < 4; n++) {
        if (n > 0 && (i == text.len || text.data[i++] != separator)) {
            return 0;
        }
        if (!read_number(text, &i, 3, &octet[n]) || octet[n] > 255) {
            return 0;
        }
    }
    bool goes_on = i + 1 < text.len && (text.data[i] == '.' || text.data[i] == '-') &&
                   pt_is_digit(text.data[i + 1]);
    bool is_glued = i < text.len && pt_is_alnum(text.data[i]);
    return is_private_network(octet) && !goes_on && !is_glued ? i - at : 0;
}

/* "2024-07-18" or "20240718"; 0 where it is no day since models have been dated. */
static size_t version_day_len(struct patter_str text, size_t at)
{
    size_t i = at;
    unsigned year = 0;
    unsigned month = 0;
    unsigned day = 0;
    if (read_number(text, &i, 8, &year) && i - at == 8) {
        day = year % 100;
        month = year / 100 % 100;
        year = year / 10000;
    } else if (i - at != 4 || i + 6 > text.len || text.data[i++] != '-' ||
               !read_number(text, &i, 2, &month) || i - at != 7 || text.data[i++] != '-' ||
               !read_number(text, &i, 2, &day) || i - at != 10) {
        return 0;
    }
    bool is_glued = i < text.len && pt_is_alnum(text.data[i]);
    bool goes_on = i + 1 < text.len && text.data[i] == '-' && pt_is_digit(text.data[i + 1]);
    return year >= 2022 && year <= 2039 && pt_is_day(year, month, day) && !is_glued && !goes_on
               ? i - at
               : 0;
}

/*
 * True where what stands before `at` reads like a model: lower-case, led by a word, parts joined by
 * `-`, one of them holding a version's one to three digits. "caller-20240718" has no version.
 */
static bool is_behind_model(struct patter_str text, size_t at)
{
    size_t begin = at;
    size_t digits = 0;
    bool has_version = false;
    while (begin > 0) {
        char byte = text.data[begin - 1];
        if (!pt_is_lower(byte) && !pt_is_digit(byte) && byte != '-' && byte != '.') {
            break;
        }
        digits = pt_is_digit(byte) ? digits + 1 : 0;
        has_version = has_version || digits > 0;
        if (digits > 3) {
            return false;
        }
        begin--;
    }
    bool is_word_led = begin < at && pt_is_lower(text.data[begin]);
    bool is_cut = begin > 0 && pt_is_alnum(text.data[begin - 1]);
    return has_version && is_word_led && !is_cut && text.data[at - 1] == '-';
}

size_t pt_shape_at(struct patter_str text, size_t at, size_t end)
{
    const char *data = text.data + at;
    size_t left = text.len - at;
    size_t len = end - at;
    if (len == 8 && is_uuid(data, left)) {
        return UUID_LEN;
    }
    if (len >= 16) {
        return is_hex_id(data, len) || is_sid(data, len) || is_ulid(data, len) ? len : 0;
    }
    if (len == 1 && is_hash(data, left)) {
        return HASH_LEN;
    }
    if (len == 3 && data[0] == 'a') {
        return arn_len(data, left);
    }
    if (!pt_is_digit(data[0])) {
        return 0;
    }
    if ((len == 4 || len == 8) && at > 0 && is_behind_model(text, at)) {
        return version_day_len(text, at);
    }
    return len <= 3 ? private_ipv4_len(text, at) : 0;
}
