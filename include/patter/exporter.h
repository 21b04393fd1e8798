/* SPDX-License-Identifier: MIT */
#ifndef PATTER_EXPORTER_H
#define PATTER_EXPORTER_H

/**
 * The contract between patter (the host) and an exporter plugin (one .so).
 *
 * A plugin exports one symbol, patter_exporter_v1(), and does not link to
 * libpatter: what it may call arrives in struct patter_host. It sends one batch
 * when asked. Queueing, batching, retry, back-off and drop counts are the host's.
 *
 * Growth. A struct that starts with struct_size grows only at its end. Its maker
 * writes the size it was compiled with; its reader asks PATTER_HAS() before it
 * touches a field newer than v1.0. Structs without struct_size never change. Any
 * other change is patter_exporter_v2().
 *
 * Threads. Each function has a tag:
 *   [control]  one thread at a time, never while [send] runs for the instance;
 *   [send]     a thread of the instance's own: one call at a time, or, with
 *              PATTER_CONCURRENT, at most one call at a time for each worker number;
 *   [fork]     the thread that forks, which waits for it: one call at a time, also during a
 *              [send], whose thread may be anywhere in the plugin;
 *   [any]      any thread, at any time, also during a [send].
 *
 * Memory. What the host passes in is valid until the call returns, unless the
 * field says longer. What a plugin allocates, that plugin frees. The .so is never
 * unloaded, so its static memory may be handed out freely.
 */

#include <patter/types.h>

#ifdef __cplusplus
extern "C" {
#endif

/** True when `object`, made by the other side, is new enough to have `field`. */
#define PATTER_HAS(type, object, field)                                                            \
    ((object)->struct_size >= offsetof(type, field) + sizeof((object)->field))

/* ---- what the plugin receives ------------------------------------------- */

/** A key is unique in its list. The value's type is PATTER_BOOL, _INT, _DOUBLE or _TEXT. */
struct patter_attribute {
    struct patter_str key;
    struct patter_value value;
};

struct patter_event {
    uint32_t struct_size;
    uint32_t dropped_attribute_count;
    uint64_t time_unix_ns;
    struct patter_str name;
    const struct patter_attribute *attributes; /* NULL when there are none */
    size_t attribute_count;
};

struct patter_link {
    uint32_t struct_size;
    uint32_t flags; /* as in struct patter_span_view */
    uint8_t trace_id[16];
    uint8_t span_id[8];
    struct patter_str tracestate;
    const struct patter_attribute *attributes; /* NULL when there are none */
    size_t attribute_count;
    uint32_t dropped_attribute_count;
    uint32_t reserved; /* zero */
};

/** One finished span, already filtered: everything in it may leave the process. */
struct patter_span_view {
    uint32_t struct_size;
    int32_t kind; /* PATTER_KIND_* */
    uint8_t trace_id[16];
    uint8_t span_id[8];
    uint8_t parent_id[8]; /* all zero: a root span */
    uint32_t flags;       /* OTLP's: W3C trace flags in bits 0-7, 0x100 "is_remote is known",
                             0x200 "the parent is remote" */
    int32_t status_code;  /* PATTER_STATUS_* */
    struct patter_str tracestate; /* W3C tracestate; empty when there is none */
    struct patter_str name;       /* never empty */
    struct patter_str call_id;    /* never empty; also the first of the attributes */
    uint64_t begin_unix_ns;
    uint64_t end_unix_ns;                      /* never before begin_unix_ns */
    const struct patter_attribute *attributes; /* the first is getpatter.call.id */
    size_t attribute_count;
    const struct patter_event *const *events; /* in the order they were added */
    size_t event_count;
    const struct patter_link *const *links;
    size_t link_count;
    uint32_t dropped_attribute_count;
    uint32_t dropped_event_count;
    uint32_t dropped_link_count;
    uint32_t reserved; /* zero */
};

/** Spans of one process, oldest first; those of one trace may come in several batches. */
struct patter_batch {
    uint32_t struct_size;
    uint32_t worker; /* below host->worker_count: which of the concurrent senders this is */
    const struct patter_span_view *const *spans; /* pointers, so that a span may grow */
    size_t span_count;                           /* at least 1 */
    const struct patter_attribute *resource;
    size_t resource_count;
    struct patter_str scope_name;
    struct patter_str scope_version;
    uint64_t deadline_ns; /* CLOCK_MONOTONIC: return by then */
};

/** Why something failed: a chain of causes. Made by the host. */
struct patter_error;

/** What the host offers. One for each instance; valid until destroy() returns. */
struct patter_host {
    uint32_t struct_size;
    uint32_t worker_count; /* how many send() may run at once; 1 unless PATTER_CONCURRENT */
    const char *version;   /* patter's own, NUL-terminated: "1.4.0" */
    const char *instance;  /* the key in patter.yaml, NUL-terminated: "otlp-grpc/tempo" */
    void *data;            /* the host's own; pass it back */

    /** Writes a log line, at most once a minute for equal texts. `text`: NUL-terminated,
     *  without secrets and without values of attributes. [any] */
    void (*log)(void *data, int32_t level, const char *text);

    /** Adds a cause to `error`; copies `text`, NUL-terminated. NULL `error`: no-op. [control] */
    void (*fail)(struct patter_error *error, const char *text);

    /** As fail(), about the option `name` ("tls.ca_file"): the host adds file, line and column.
     * [control] */
    void (*fail_option)(struct patter_error *error, const char *name, const char *text);
};

/* ---- what the plugin provides ------------------------------------------- */

/**
 * One key of the plugin's section in patter.yaml. The host parses, checks and defaults by it;
 * no other key is accepted. Dots nest: "tls.ca_file" is the key ca_file in the map tls.
 * `timeout`, `retry_on_failure`, `sending_queue`, `optional` and `plugin` are the host's own.
 */
struct patter_option {
    const char *name;
    patter_type type;           /* PATTER_UNSET: any YAML, with one of the three last flags only */
    uint32_t flags;             /* PATTER_OPTION_* */
    const char *fallback;       /* the default, as YAML text; NULL: PATTER_UNSET is delivered */
    int64_t min, max;           /* of an INT, DURATION (ns) or SIZE (bytes); both 0: no bound */
    const char *const *choices; /* of a TEXT: NULL-ended list; NULL: any text */
    const char *help; /* one sentence, with the unit; for REFUSED: what to write instead */
};

enum {
    PATTER_OPTION_SECRET = 1,   /* its value is never shown or logged */
    PATTER_OPTION_REQUIRED = 2, /* an absent or empty one fails the load */
    PATTER_OPTION_WARNED = 4,   /* accepted without effect, with a warning */
    PATTER_OPTION_PASSED = 8,   /* accepted without effect, in silence */
    PATTER_OPTION_REFUSED = 16  /* fails the load; `help` says what to write instead */
};

/** How a send() went. Zeroed by the host, but for struct_size, before the call. */
struct patter_result {
    uint32_t struct_size;
    uint32_t wait_ms;   /* of PATTER_AGAIN: not before that; 0: the host chooses */
    uint32_t rejected;  /* of PATTER_OK: so many spans were refused by the receiver for good */
    uint32_t reserved;  /* zero */
    const char *reason; /* a short token, `[a-z0-9_]{1,31}`, which becomes a counter's name:
                           "timeout", "http_401". Valid until the worker's next send() */
    const char *detail; /* one sentence for the operator: what the receiver answered and the
                           cure; no secret. NULL: none. Valid until the worker's next send() */
};

struct patter_exporter {
    uint32_t struct_size; /* sizeof(struct patter_exporter) as compiled */
    uint32_t option_size; /* sizeof(struct patter_option) as compiled */
    const char *name;     /* "otlp-http": `[a-z0-9-]+`; the file is patter-otlp-http.so */
    const char *version;
    const char *help;                    /* one sentence: where spans go */
    const struct patter_option *options; /* NULL when there are none */
    size_t option_count;
    uint32_t flags;    /* PATTER_CONCURRENT */
    uint32_t reserved; /* zero */

    /**
     * Makes an instance; must not touch the network.
     *
     * `values[i]` answers `options[i]`, typed and in range; like `host`, it is
     * valid until destroy() returns. `*ret_self` is set only on PATTER_OK, and
     * the host then hands it to destroy() at most once. On failure it adds causes
     * with host->fail or host->fail_option and returns a negative status. [control]
     */
    patter_status (*create)(const struct patter_host *host, const struct patter_value *values,
                            void **ret_self, struct patter_error *error);

    /**
     * Sends one batch before batch->deadline_ns; fills `result` and returns
     *   PATTER_OK         every span accepted, or result->rejected of them refused: final;
     *   PATTER_AGAIN      a passing fault: the host pauses this exporter for at least
     *                     result->wait_ms and offers the same spans again;
     *   PATTER_TOO_LARGE  the host halves the batch;
     *   a negative status the spans are dropped and counted under result->reason. [send]
     */
    patter_status (*send)(void *self, const struct patter_batch *batch,
                          struct patter_result *result);

    /** Frees `self`. Never called while a send() hangs: such an instance is abandoned. [control] */
    void (*destroy)(void *self);

    /** Makes every send() under way return soon, for good. NULL: not supported. [any] */
    void (*interrupt)(void *self);

    /** Passes on what the plugin holds back, before deadline_ns (CLOCK_MONOTONIC). Returns
     *  PATTER_OK or PATTER_TIMEOUT. NULL: it holds nothing back. [control] */
    patter_status (*flush)(void *self, uint64_t deadline_ns);

    /** Writes where spans go, as an operator would name it, into `text` (`size` bytes,
     *  NUL-terminated): a URL without secrets, a file, "standard output". NULL: the name. [control]
     */
    void (*describe)(void *self, char *text, size_t size);

    /** Around fork(): fork_prepare and fork_parent in the parent, where a send() may be under way
     *  and fork() waits for them to return; fork_child in the child, on its only thread, where
     *  threads and connections of the parent must not be touched, and where `self` is used no more:
     *  the child creates an instance of its own. NULL: nothing to do. [fork] */
    void (*fork_prepare)(void *self);
    void (*fork_parent)(void *self);
    void (*fork_child)(void *self);

    /* v1.0 ends here. */
};

/** send() may run on several threads at once, one for each worker number; order is not kept. */
enum { PATTER_CONCURRENT = 1 };

/** The one exported symbol; returns static memory, never NULL. [any] */
typedef const struct patter_exporter *(patter_exporter_v1_fn)(void);

#define PATTER_EXPORTER_SYMBOL "patter_exporter_v1"

#ifdef __cplusplus
#define PATTER_EXTERN_C extern "C"
#else
#define PATTER_EXTERN_C extern
#endif

/** Makes `object`, a static const struct patter_exporter, the plugin's one exported symbol. */
#define PATTER_EXPORTER(object)                                                                    \
    PATTER_EXTERN_C PATTER_API const struct patter_exporter *patter_exporter_v1(void);             \
    const struct patter_exporter *patter_exporter_v1(void)                                         \
    {                                                                                              \
        return &(object);                                                                          \
    }                                                                                              \
    struct patter_exporter /* takes the semicolon */

#ifdef __cplusplus
}
#endif

#endif /* PATTER_EXPORTER_H */
