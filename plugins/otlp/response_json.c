/* SPDX-License-Identifier: MIT */
#include "plugins/otlp/response.h"

#include <stdlib.h>
#include <string.h>

/* The three members that are looked for have names of their own, wherever they stand: a walk over
 * the strings and numbers finds them without a tree. */
struct walk {
    const char *at;
    const char *end;
    struct {
        const char *data; /* of a string without its quotes */
        size_t len;
    } token, name; /* the current one, and the member's name before it */
    bool failed;   /* a string has no end */
};

static void skip_space(struct walk *walk)
{
    while (walk->at < walk->end && memchr(" \t\r\n", *walk->at, 4)) {
        walk->at++;
    }
}

static void take_string(struct walk *walk)
{
    walk->token.data = ++walk->at;
    while (walk->at < walk->end && *walk->at != '"') {
        walk->at += *walk->at == '\\' && walk->at + 1 < walk->end ? 2 : 1;
    }
    walk->failed = walk->at >= walk->end;
    walk->token.len = walk->failed ? 0 : (size_t)(walk->at++ - walk->token.data);
}

/* Stops at each value that is a string, a number or a word; false at the end. */
static bool next_value(struct walk *walk)
{
    while (!walk->failed) {
        skip_space(walk);
        if (walk->at == walk->end) {
            return false;
        }
        if (*walk->at == '"') {
            take_string(walk);
            skip_space(walk);
            if (walk->at == walk->end || *walk->at != ':') {
                return !walk->failed;
            }
            walk->name.data = walk->token.data;
            walk->name.len = walk->token.len;
            walk->at++;
        } else if (memchr("{}[],:", *walk->at, 6)) {
            walk->at++;
        } else {
            walk->token.data = walk->at;
            while (walk->at < walk->end && !memchr("{}[],:\" \t\r\n", *walk->at, 11)) {
                walk->at++;
            }
            walk->token.len = (size_t)(walk->at - walk->token.data);
            return true;
        }
    }
    return false;
}

static bool is_named(const struct walk *walk, const char *name)
{
    return walk->name.len == strlen(name) && memcmp(walk->name.data, name, walk->name.len) == 0;
}

static int64_t number(const struct walk *walk)
{
    char digits[24] = "";
    size_t len = walk->token.len < sizeof(digits) - 1 ? walk->token.len : sizeof(digits) - 1;
    memcpy(digits, walk->token.data, len);
    return strtoll(digits, NULL, 10);
}

static bool begin(struct walk *walk, const char *text, size_t len)
{
    memset(walk, 0, sizeof(*walk));
    walk->at = text;
    walk->end = text + len;
    skip_space(walk);
    return walk->at < walk->end && *walk->at == '{';
}

bool otlp_response_parse_json(const char *text, size_t len, struct otlp_response *ret_response)
{
    struct walk walk;
    struct otlp_response response = { 0 };
    if (len == 0) {
        *ret_response = response;
        return true;
    }
    if (!begin(&walk, text, len)) {
        return false;
    }
    while (next_value(&walk)) {
        if (is_named(&walk, "rejectedSpans")) {
            response.rejected = number(&walk);
        } else if (is_named(&walk, "errorMessage")) {
            otlp_message_copy(response.message, walk.token.data, walk.token.len);
        }
    }
    if (walk.failed) {
        return false;
    }
    response.rejected = response.rejected > 0 ? response.rejected : 0;
    *ret_response = response;
    return true;
}

bool otlp_status_parse_json(const char *text, size_t len, struct otlp_status *ret_status)
{
    struct walk walk;
    struct otlp_status status = { 0 };
    if (!begin(&walk, text, len)) {
        return false;
    }
    while (next_value(&walk)) {
        if (is_named(&walk, "code")) {
            status.code = (int32_t)number(&walk);
        } else if (is_named(&walk, "message")) {
            otlp_message_copy(status.message, walk.token.data, walk.token.len);
        }
    }
    if (walk.failed) {
        return false;
    }
    *ret_status = status;
    return true;
}
