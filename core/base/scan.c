/* SPDX-License-Identifier: MIT */
#include "core/base/scan.h"

#include <stdbool.h>

#include "core/base/scan/ascii.h"
#include "core/base/scan/encoded.h"
#include "core/base/scan/number.h"
#include "core/base/scan/shape.h"
#include "core/base/scan/word.h"

/* What a text is made of: it tells which scanners could find anything. */
struct profile {
    size_t digits;
    size_t joints; /* neither letter nor digit */
    bool has_at;
    bool has_upper;
    bool has_lower;
};

static struct profile read_profile(struct patter_str text)
{
    struct profile profile = { 0 };
    for (size_t i = 0; i < text.len; i++) {
        char byte = text.data[i];
        if (pt_is_lower(byte)) {
            profile.has_lower = true;
        } else if (pt_is_digit(byte)) {
            profile.digits++;
        } else if (pt_is_letter(byte)) {
            profile.has_upper = true;
        } else {
            profile.has_at = profile.has_at || byte == '@';
            profile.joints++;
        }
    }
    return profile;
}

/* The shortest are 5-may-1985, 1.2.3.4 and 2a00::1. */
static bool may_have_numbers(const struct profile *profile)
{
    return profile->digits >= 5 || (profile->digits >= 4 && profile->joints >= 2);
}

/* Readable bytes begin with the hex digits 2 to 7. */
static bool may_be_hex(const struct profile *profile)
{
    return profile->digits >= 6;
}

static bool may_be_base64(const struct profile *profile, size_t len)
{
    return profile->has_upper && profile->has_lower && len >= 8;
}

static bool may_be_sentence(const struct profile *profile, size_t len)
{
    return profile->joints >= 2 || len > 24 || may_be_base64(profile, len);
}

static bool may_have_email(const struct profile *profile)
{
    return profile->has_at || profile->joints >= 3;
}

static bool is_host_byte(char byte)
{
    return pt_is_alnum(byte) || byte == '-' || byte == '_';
}

/* From `at` on: a label, a dot (or the word) and two letters. */
static bool is_domain(struct patter_str text, size_t at)
{
    size_t begin = at;
    while (at < text.len && is_host_byte(text.data[at])) {
        at++;
    }
    return at > begin && at + 2 < text.len && text.data[at] == '.' &&
           pt_is_letter(text.data[at + 1]) && pt_is_letter(text.data[at + 2]);
}

/* Also one that was made to fit: alice_at_example.com, alice-at-example-dot-com. */
static bool has_email(struct patter_str text)
{
    for (size_t i = 1; i + 4 < text.len; i++) {
        const char *at = text.data + i;
        if (at[0] == '@' && !(at[-1] == ' ') && is_domain(text, i + 1)) {
            return true;
        }
        bool is_word = !pt_is_alnum(at[0]) && pt_to_lower(at[1]) == 'a' &&
                       pt_to_lower(at[2]) == 't' && at[3] == at[0] && pt_is_alnum(at[-1]);
        if (!is_word) {
            continue;
        }
        struct patter_str tail = { at + 4, text.len - i - 4 };
        char dot[] = { at[0], 'd', 'o', 't', at[0] };
        if (is_domain(text, i + 4) || memmem(tail.data, tail.len, dot, sizeof(dot))) {
            return true;
        }
    }
    return false;
}

/* A stretch of the text between two known shapes. */
static enum pt_scan scan_stretch(const struct profile *profile, struct patter_str stretch)
{
    enum pt_scan finding = PT_SCAN_CLEAN;
    if (may_have_numbers(profile)) {
        finding = pt_number_scan(stretch);
    }
    if (finding == PT_SCAN_CLEAN &&
        ((may_be_hex(profile) && pt_encoded_has_hex(stretch)) ||
         (may_be_base64(profile, stretch.len) && pt_encoded_has_base64(stretch)))) {
        finding = PT_SCAN_ENCODED;
    }
    return finding;
}

/* Walks over words and shapes; `ret_words` is complete when it is clean. */
static enum pt_scan scan_pieces(const struct profile *profile, struct patter_str text,
                                struct pt_words *ret_words)
{
    size_t begin = 0; /* of the stretch */
    size_t at = 0;
    while (at < text.len) {
        size_t end = at;
        while (end < text.len && pt_is_alnum(text.data[end])) {
            end++;
        }
        size_t shape_len = end > at ? pt_shape_at(text, at, end) : 0;
        if (shape_len == 0) {
            pt_words_add(ret_words, (struct patter_str){ text.data + at, end - at });
            at = end + 1;
            continue;
        }
        struct patter_str shape = { text.data + at, shape_len };
        struct patter_str before = { text.data + begin, at - begin };
        enum pt_scan finding = scan_stretch(profile, before);
        if (finding != PT_SCAN_CLEAN) {
            return finding;
        }
        if (end == at + shape_len && pt_encoded_has_hex(shape)) {
            return PT_SCAN_ENCODED;
        }
        at += shape_len;
        begin = at;
    }
    return scan_stretch(profile, (struct patter_str){ text.data + begin, text.len - begin });
}

enum pt_scan pt_scan(struct patter_str text)
{
    struct pt_words words = { 0 };
    if (pt_shape_is_uuid(text)) {
        return PT_SCAN_CLEAN; /* nothing else stands in the text */
    }
    struct profile profile = read_profile(text);
    if (may_have_email(&profile) && has_email(text)) {
        return PT_SCAN_EMAIL;
    }
    if (!may_have_numbers(&profile) && !may_be_sentence(&profile, text.len)) {
        return PT_SCAN_CLEAN; /* the other two need no less */
    }
    enum pt_scan finding = scan_pieces(&profile, text, &words);
    if (finding == PT_SCAN_CLEAN && pt_words_are_sentence(&words, text)) {
        finding = PT_SCAN_SENTENCE;
    }
    return finding;
}

const char *pt_scan_name(enum pt_scan finding)
{
    static const char *const names[] = {
        [PT_SCAN_CLEAN] = "nothing",           [PT_SCAN_PHONE] = "phone number",
        [PT_SCAN_EMAIL] = "e-mail address",    [PT_SCAN_CARD] = "card number",
        [PT_SCAN_IBAN] = "bank account",       [PT_SCAN_DATE] = "date",
        [PT_SCAN_SENTENCE] = "sentence",       [PT_SCAN_ENCODED] = "encoded text",
        [PT_SCAN_ADDRESS] = "network address",
    };
    return names[finding];
}
