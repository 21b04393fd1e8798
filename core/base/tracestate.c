/* SPDX-License-Identifier: MIT */
#include "core/base/tracestate.h"

#include <string.h>

#include "core/base/scan.h"
#include "core/base/text.h"

enum { MEMBERS_MAX = 32, KEY_MAX = 256, VALUE_MAX = 256, LARGE = 128 };

static bool is_key(struct patter_str key)
{
    if (key.len == 0 || key.len > KEY_MAX) {
        return false;
    }
    for (size_t i = 0; i < key.len; i++) {
        char byte = key.data[i];
        bool is_alnum = (byte >= 'a' && byte <= 'z') || (byte >= '0' && byte <= '9');
        bool is_other = byte == '_' || byte == '-' || byte == '*' || byte == '/' || byte == '@';
        if (!is_alnum && (i == 0 || !is_other)) {
            return false;
        }
    }
    return true;
}

/* It does not end in a blank: that was trimmed off with the member's. */
static bool is_value(struct patter_str value)
{
    if (value.len == 0 || value.len > VALUE_MAX) {
        return false;
    }
    for (size_t i = 0; i < value.len; i++) {
        if (value.data[i] < ' ' || value.data[i] > '~' || value.data[i] == '=') {
            return false;
        }
    }
    return true;
}

static bool is_member(struct patter_str member)
{
    const char *equals = memchr(member.data, '=', member.len);
    size_t key_len = equals ? (size_t)(equals - member.data) : 0;
    return equals && is_key(pt_str_slice(member, 0, key_len)) &&
           is_value(pt_str_slice(member, key_len + 1, member.len));
}

/* Cuts the last member above 128 characters; false when there is none. */
static bool cut_large(struct pt_tracestate *state)
{
    size_t end = state->len;
    while (end > 0) {
        const char *comma = memrchr(state->text, ',', end);
        size_t begin = comma ? (size_t)(comma - state->text) + 1 : 0;
        if (end - begin > LARGE) {
            /* With the comma behind it, or, of the last one, the comma before it. */
            size_t from = end < state->len || begin == 0 ? begin : begin - 1;
            size_t to = end < state->len ? end + 1 : end;
            memmove(state->text + from, state->text + to, state->len - to);
            state->len -= to - from;
            return true;
        }
        end = begin > 0 ? begin - 1 : 0;
    }
    return false;
}

static size_t len_with(const struct pt_tracestate *state, struct patter_str member)
{
    return state->len + (state->len > 0) + member.len;
}

static void add_member(struct pt_tracestate *state, struct patter_str member)
{
    if (member.len > LARGE && len_with(state, member) >= PT_TRACESTATE) {
        return; /* it is the last of the large ones */
    }
    while (len_with(state, member) >= PT_TRACESTATE) {
        if (!cut_large(state)) {
            state->is_full = true;
            return;
        }
    }
    if (state->len > 0) {
        state->text[state->len++] = ',';
    }
    memcpy(state->text + state->len, member.data, member.len);
    state->len += member.len;
}

void pt_tracestate_add(struct pt_tracestate *state, struct patter_str header)
{
    size_t begin = 0;
    while (begin < header.len && !state->is_invalid) {
        const char *comma = memchr(header.data + begin, ',', header.len - begin);
        size_t end = comma ? (size_t)(comma - header.data) : header.len;
        struct patter_str member = pt_str_trim(pt_str_slice(header, begin, end));
        begin = end + 1;
        if (member.len == 0) {
            continue;
        }
        state->member_count++;
        if (state->member_count > MEMBERS_MAX || !is_member(member)) {
            state->is_invalid = true;
            state->len = 0;
        } else if (!state->is_full) {
            add_member(state, member);
        }
    }
    state->text[state->len] = '\0';
}

/* Of a valid member: no blanks, and clean. Other vendors' opaque ids, not somebody's words. */
static bool is_harmless(struct patter_str member)
{
    size_t key_len = (size_t)((const char *)memchr(member.data, '=', member.len) - member.data);
    return !memchr(member.data, ' ', member.len) &&
           pt_scan(pt_str_slice(member, 0, key_len)) == PT_SCAN_CLEAN &&
           pt_scan(pt_str_slice(member, key_len + 1, member.len)) == PT_SCAN_CLEAN;
}

struct patter_str pt_tracestate_filter(struct patter_str list, char buffer[PT_TRACESTATE],
                                       uint32_t *ret_stopped)
{
    struct pt_tracestate state = { .len = 0 };
    size_t len = 0;
    *ret_stopped = 0;
    pt_tracestate_add(&state, list);
    struct patter_str rest = { state.text, state.len };
    while (rest.len > 0) {
        const char *comma = memchr(rest.data, ',', rest.len);
        size_t end = comma ? (size_t)(comma - rest.data) : rest.len;
        struct patter_str member = pt_str_slice(rest, 0, end);
        if (is_harmless(member)) {
            if (len > 0) {
                buffer[len++] = ',';
            }
            memcpy(buffer + len, member.data, member.len);
            len += member.len;
        } else {
            ++*ret_stopped;
        }
        end += comma != NULL;
        rest = pt_str_slice(rest, end, rest.len);
    }
    return (struct patter_str){ buffer, len };
}
