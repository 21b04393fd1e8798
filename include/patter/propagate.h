/* SPDX-License-Identifier: MIT */
#ifndef PATTER_PROPAGATE_H
#define PATTER_PROPAGATE_H

/*
 * One trace across processes: W3C Trace Context (Level 2) in and out of whatever
 * carries text pairs: HTTP headers, SIP headers, environment variables.
 *
 * Three names travel: traceparent, tracestate and getpatter-call-id. Baggage does
 * not: it would carry a caller's words to tool servers.
 */

#include <patter/patter.h>

#ifdef __cplusplus
extern "C" {
#endif

/** A remote parent, by value: copy it freely, nothing to free. All zero: none. */
struct patter_context {
    uint8_t trace_id[16];
    uint8_t span_id[8];
    uint8_t flags;        /* W3C trace flags: 1 sampled, 2 random trace id */
    uint8_t reserved[7];  /* zero */
    char tracestate[513]; /* NUL-terminated, valid by W3C; whole members, at most 512 characters */
    char call_id[129];    /* NUL-terminated; empty when none was carried */
};

/**
 * Looks up `name` (lower case) in `carrier` without regard to case. Calls `found` once for each
 * value there, in order; a name that is absent: no call. Values need not be NUL-terminated and
 * are copied before `found` returns.
 */
typedef void(patter_getter_fn)(void *carrier, const char *name,
                               void (*found)(void *data, struct patter_str value), void *data);

/** Sets `name` to `value`, both NUL-terminated and valid until it returns; replaces what was there.
 */
typedef void(patter_setter_fn)(void *carrier, const char *name, const char *value);

/**
 * Reads a remote parent out of `carrier` into `*ret_context`. By W3C Trace Context Level 2: an
 * invalid traceparent means no parent (all zero but the call id), an invalid tracestate is left
 * out alone. The call id is read even without a parent. Works with tracing off.
 * Returns PATTER_OK, or PATTER_INVALID when there was no valid traceparent, or `getter` or
 * `ret_context` is NULL. `carrier` may be what `getter` wants. [any]
 */
PATTER_API patter_status patter_extract(patter_getter_fn *getter, void *carrier,
                                        struct patter_context *ret_context);

/**
 * Writes the context of `span` into `carrier`, so that the receiver's spans become its children.
 * A zero or ended `span` means the call's root span. An unsampled call is injected with flag 00.
 * A zero or ended call, tracing off, or `setter` NULL: nothing is set. [any]
 */
PATTER_API void patter_inject(struct patter_call call, struct patter_span span,
                              patter_setter_fn *setter, void *carrier);

#ifdef __cplusplus
}
#endif

#endif /* PATTER_PROPAGATE_H */
