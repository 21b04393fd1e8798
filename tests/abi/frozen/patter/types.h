/* SPDX-License-Identifier: MIT */
#ifndef PATTER_TYPES_H
#define PATTER_TYPES_H

/*
 * Words shared by the tracing API (patter.h) and the plugin ABI (exporter.h).
 * Constants are int32_t, never enum fields, so that a new one cannot change a
 * struct's size.
 */

#include <stddef.h>
#include <stdint.h>
#include <string.h>

#ifdef __cplusplus
extern "C" {
#endif

#define PATTER_API __attribute__((visibility("default")))

/** Text as a view: UTF-8, not NUL-terminated, never owned. data may be NULL when len is 0. */
struct patter_str {
    const char *data;
    size_t len;
};

/* As struct stat and stat(): in C++ the type is written `struct patter_str`. */
#ifdef __cplusplus
#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wshadow"
#endif
/** A view of a NUL-terminated text; NULL gives an empty view. [any] */
static inline struct patter_str patter_text(const char *text)
{
    struct patter_str view = { text, text ? strlen(text) : 0 };
    return view;
}
#ifdef __cplusplus
#pragma GCC diagnostic pop
#endif

/** What a call came to. Negative: a failure. Zero and above: none. */
typedef int32_t patter_status;
enum {
    PATTER_OK = 0,
    PATTER_DISABLED = 1,   /* tracing is switched off: nothing was done */
    PATTER_ALREADY = 2,    /* already initialised: nothing was changed */
    PATTER_AGAIN = 3,      /* of send(): a passing fault, offer the batch again */
    PATTER_TOO_LARGE = 4,  /* of send(): a smaller batch may work */
    PATTER_INVALID = -1,   /* the input is wrong; trying again cannot help */
    PATTER_NO_MEMORY = -2, /* memory is short */
    PATTER_FAILED = -3,    /* anything else; the log or the error says what */
    PATTER_TIMEOUT = -4    /* the deadline passed first */
};

/** What a patter_value holds. Attributes use BOOL to TEXT; options use all. */
typedef int32_t patter_type;
enum {
    PATTER_UNSET = 0,     /* no value: the option was not given and has no default */
    PATTER_BOOL = 1,      /* as.boolean, 0 or 1 */
    PATTER_INT = 2,       /* as.integer */
    PATTER_DOUBLE = 3,    /* as.real */
    PATTER_TEXT = 4,      /* as.text */
    PATTER_DURATION = 5,  /* as.duration_ns */
    PATTER_SIZE = 6,      /* as.size_bytes */
    PATTER_TEXT_LIST = 7, /* as.list */
    PATTER_TEXT_MAP = 8   /* as.map */
};

struct patter_text_pair {
    struct patter_str key;
    struct patter_str value;
};

struct patter_text_list {
    const struct patter_str *items;
    size_t count;
};

struct patter_text_map {
    const struct patter_text_pair *items;
    size_t count;
};

struct patter_value {
    patter_type type;
    union {
        int32_t boolean;
        int64_t integer;
        double real;
        struct patter_str text;
        int64_t duration_ns;
        int64_t size_bytes;
        struct patter_text_list list;
        struct patter_text_map map;
    } as;
};

/** Severity of a log line. */
enum { PATTER_LOG_ERROR = 1, PATTER_LOG_WARNING = 2, PATTER_LOG_INFO = 3, PATTER_LOG_DEBUG = 4 };

/** Kind of a span, with OTLP's numbers (trace.proto, Span.SpanKind). */
enum {
    PATTER_KIND_INTERNAL = 1,
    PATTER_KIND_SERVER = 2,
    PATTER_KIND_CLIENT = 3,
    PATTER_KIND_PRODUCER = 4,
    PATTER_KIND_CONSUMER = 5
};

/** Status of a span, with OTLP's numbers (trace.proto, Status.StatusCode). */
enum { PATTER_STATUS_UNSET = 0, PATTER_STATUS_OK = 1, PATTER_STATUS_ERROR = 2 };

#ifdef __cplusplus
}
#endif

#endif /* PATTER_TYPES_H */
