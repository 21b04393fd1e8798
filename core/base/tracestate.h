/* SPDX-License-Identifier: MIT */
#ifndef PT_BASE_TRACESTATE_H
#define PT_BASE_TRACESTATE_H

/* The list of other vendors' positions in a trace (W3C Trace Context, Level 2), as text. */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <patter/types.h>

/* Bytes, the NUL included: what is passed on has at most 512 characters. */
enum { PT_TRACESTATE = 513 };

/* A list under way: headers are added one by one. Zeroed is empty. */
struct pt_tracestate {
    char text[PT_TRACESTATE]; /* NUL-terminated */
    size_t len;
    size_t member_count; /* of all headers, the cut ones included */
    bool is_invalid;     /* the list as a whole; `text` is empty then */
    bool is_full;        /* a member had to be cut at the end: all after it are cut too */
};

/* Adds the members of one header. Where the list exceeds 512 characters whole members go: first
 * those above 128 characters, then from the end. */
void pt_tracestate_add(struct pt_tracestate *state, struct patter_str header);

/* The members of a list that may leave, in `buffer`: one with a blank in it, or whose key or value
 * a scanner stops, is left out, and they are counted in `ret_stopped`; a list that is not W3C's is
 * left out whole. */
struct patter_str pt_tracestate_filter(struct patter_str list, char buffer[PT_TRACESTATE],
                                       uint32_t *ret_stopped);

#endif /* PT_BASE_TRACESTATE_H */
