/* SPDX-License-Identifier: MIT */
#include "tests/support/json_check.h"

#include <ctype.h>
#include <string.h>

struct reader {
    const unsigned char *at;
    const unsigned char *end;
};

enum { MAX_DEPTH = 100 };

static bool value(struct reader *reader, int depth);

static void skip_space(struct reader *reader)
{
    while (reader->at < reader->end && memchr(" \t\r\n", *reader->at, 4)) {
        reader->at++;
    }
}

static bool take(struct reader *reader, char wanted)
{
    skip_space(reader);
    if (reader->at == reader->end || *reader->at != (unsigned char)wanted) {
        return false;
    }
    reader->at++;
    return true;
}

static bool word(struct reader *reader, const char *text)
{
    size_t len = strlen(text);
    if ((size_t)(reader->end - reader->at) < len || memcmp(reader->at, text, len) != 0) {
        return false;
    }
    reader->at += len;
    return true;
}

static bool escape(struct reader *reader)
{
    if (reader->at == reader->end) {
        return false;
    }
    unsigned char letter = *reader->at++;
    if (letter != 'u') {
        return memchr("\"\\/bfnrt", letter, 8) != NULL;
    }
    for (int i = 0; i < 4; i++) {
        if (reader->at == reader->end || !isxdigit(*reader->at++)) {
            return false;
        }
    }
    return true;
}

static bool string(struct reader *reader)
{
    if (!take(reader, '"')) {
        return false;
    }
    while (reader->at < reader->end) {
        unsigned char byte = *reader->at++;
        if (byte == '"') {
            return true;
        }
        if (byte < ' ' || (byte == '\\' && !escape(reader))) {
            return false;
        }
    }
    return false;
}

static bool digits(struct reader *reader)
{
    const unsigned char *first = reader->at;
    while (reader->at < reader->end && isdigit(*reader->at)) {
        reader->at++;
    }
    return reader->at > first;
}

static bool number(struct reader *reader)
{
    (void)word(reader, "-");
    const unsigned char *first = reader->at;
    if (!digits(reader) || (*first == '0' && reader->at - first > 1)) {
        return false;
    }
    if (word(reader, ".") && !digits(reader)) {
        return false;
    }
    if (word(reader, "e") || word(reader, "E")) {
        (void)(word(reader, "+") || word(reader, "-"));
        return digits(reader);
    }
    return true;
}

static bool list(struct reader *reader, int depth)
{
    if (take(reader, ']')) {
        return true;
    }
    do {
        if (!value(reader, depth)) {
            return false;
        }
    } while (take(reader, ','));
    return take(reader, ']');
}

static bool object(struct reader *reader, int depth)
{
    if (take(reader, '}')) {
        return true;
    }
    do {
        if (!string(reader) || !take(reader, ':') || !value(reader, depth)) {
            return false;
        }
    } while (take(reader, ','));
    return take(reader, '}');
}

static bool value(struct reader *reader, int depth)
{
    skip_space(reader);
    if (reader->at == reader->end || depth == MAX_DEPTH) {
        return false;
    }
    switch (*reader->at) {
    case '{':
        reader->at++;
        return object(reader, depth + 1);
    case '[':
        reader->at++;
        return list(reader, depth + 1);
    case '"':
        return string(reader);
    case 't':
        return word(reader, "true");
    case 'f':
        return word(reader, "false");
    case 'n':
        return word(reader, "null");
    default:
        return number(reader);
    }
}

bool json_check(const void *bytes, size_t len)
{
    struct reader reader = { .at = bytes, .end = (const unsigned char *)bytes + len };
    if (!value(&reader, 0)) {
        return false;
    }
    skip_space(&reader);
    return reader.at == reader.end;
}
