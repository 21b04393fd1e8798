/* SPDX-License-Identifier: MIT */
#ifndef PATTER_PATTER_H
#define PATTER_PATTER_H

/**
 * Tracing for voice bots: open a call, open spans inside it, end them.
 *
 *     patter_init_tracing(NULL);
 *     struct patter_call call = patter_call_begin(NULL);
 *     struct patter_span stt = patter_stt_begin(call);
 *     ...recognise...
 *     patter_stt_end(stt, strlen(transcript), confidence);
 *     patter_call_end(call);
 *     patter_shutdown_tracing();
 *
 * Nothing here ever breaks a call. With tracing off every function is a no-op. After a successful
 * init no function reports an error: what is lost is counted (patter_get_stats) and logged.
 *
 * Privacy. Only documented keys and those the operator allows leave, and of their values only
 * numbers, flags, choices and identifiers. Text that is none of these is dropped where it is set.
 *
 * Threads. Every function may be called from any thread [any]. One span is used by one thread at
 * a time; it may be handed to another, begin on one and end on another.
 *
 * Memory. Text passed in is copied before the function returns.
 *
 * Processes. A forked child goes on by itself with its first patter_call_begin, which starts
 * threads and connections of its own, with the settings that its parent had. Calls and spans that
 * were open at the fork are the parent's: their handles do nothing in the child.
 */

#include <patter/types.h>

#ifdef __cplusplus
extern "C" {
#endif

/* ---- start and stop ------------------------------------------------------ */

struct patter_recorder;

/** A resource attribute given in code. Both NUL-terminated. */
struct patter_resource_attribute {
    const char *key;
    const char *value;
};

/** What patter_init_tracing may be told in code. Every field may stay zero. */
struct patter_init_options {
    uint32_t struct_size; /* sizeof(struct patter_init_options) */
    uint32_t resource_attribute_count;
    const char *service_name;  /* NULL: patter.yaml, OTEL_SERVICE_NAME, unknown_service:<program> */
    const char *otlp_endpoint; /* base URL of an OTLP/HTTP receiver; used only where no file names
                                  exporters. NULL: OTEL_EXPORTER_OTLP_ENDPOINT and its kin */
    const struct patter_resource_attribute
        *resource_attributes; /* service.*, telemetry.*,
deployment.environment(.name) and allowed keys; others do not leave */
    const char *config_file;  /* NULL: PATTER_CONFIG, ./patter.yaml, /etc/patter/patter.yaml */
    struct patter_recorder *recorder; /* for tests (testing.h): the only exporter, borrowed until
                                  shutdown; a file is read only where config_file names one */
};

/**
 * Starts tracing, once for the process. `options` NULL: all defaults.
 *
 * Returns PATTER_OK; PATTER_DISABLED unless the environment variable PATTER_OTEL_ENABLED is 1, true
 * or yes (any case), and then no file is read, no plugin loaded, no thread made; PATTER_ALREADY
 * when tracing runs, and then nothing changes; PATTER_INVALID when a file, variable, option or
 * plugin is wrong; PATTER_NO_MEMORY; PATTER_FAILED when the system refuses a thread or has no
 * thread-specific key left (PTHREAD_KEYS_MAX), or when the run before has not come to its end: a
 * shutdown has not within 5 s since something hangs, a thread is still inside a function of patter,
 * or a thread of patter's own that a disk held has not come back. After a failure tracing is off
 * and the bot runs on; every problem has been written through patter_set_log. [any]
 */
PATTER_API patter_status patter_init_tracing(const struct patter_init_options *options);

/** True from a successful patter_init_tracing until patter_shutdown_tracing, and in its forked
 *  children. [any] */
PATTER_API int patter_is_enabled(void);

/**
 * Waits until every span that had ended before this call is exported or dropped by every exporter,
 * for at most `timeout_ms`. With `storage:` in patter.yaml a span that is in its file need not be
 * waited for while the receiver does not take it: PATTER_OK says that it is sent, dropped or
 * stored, and patter_exporter_stats.waiting how much is stored. Returns PATTER_OK, PATTER_TIMEOUT,
 * or PATTER_DISABLED when tracing is off. Blocks: not for a thread that carries a call. [any]
 */
PATTER_API patter_status patter_flush(uint32_t timeout_ms);

/**
 * Reads the configuration again, as patter_init_tracing did (the options it was given, the same
 * file, the environment), and puts it in force while calls go on: exporters, privacy, sampling,
 * limits, batches and log level. Exporters whose settings are the same stay as they are. One that
 * has changed or is gone gets no span that ends from now on, sends what it had been given, and
 * goes; a new one begins with the next span: none is lost, none is sent twice. What cannot change
 * while tracing runs is told in one line each: it takes effect at the next start.
 *
 * Returns PATTER_OK; PATTER_DISABLED when tracing is off; PATTER_INVALID when a file, variable or
 * plugin is wrong, or the file is gone or empty; PATTER_NO_MEMORY, or PATTER_FAILED when the system
 * refuses a thread or many exporters of earlier reloads still have spans to send. After a failure
 * nothing has changed, and every problem has been written through patter_set_log. Blocks while it
 * reads and while plugins load: not for a thread that carries a call, nor for a signal handler.
 * [any]
 */
PATTER_API patter_status patter_reload(void);

/**
 * Flushes, stops every exporter and thread and frees them, within 5 s. An exporter that pauses for
 * longer after a failure tries once more at once, unless its receiver has asked for the pause, and
 * is not waited for if that fails. Spans still open are counted and dropped. What could not be sent
 * is counted and logged, or with storage left to the next start. Later calls are no-ops until the
 * next patter_init_tracing. Safe at any time, also twice and before init, but not in a signal
 * handler, which may have interrupted patter on its own thread: block SIGTERM in main before any
 * thread is made, sigwait() for it, and then call this. Returns as patter_flush. [any]
 */
PATTER_API patter_status patter_shutdown_tracing(void);

/** As patter_shutdown_tracing, within `timeout_ms`. Answers by then whatever hangs: what could not
 *  be freed until then is freed a little later, or left behind where a plugin never returns. 0:
 * what has not been sent is dropped. [any] */
PATTER_API patter_status patter_shutdown_tracing_within(uint32_t timeout_ms);

/** One NUL-terminated line without line end; `level` is PATTER_LOG_*. Called on a thread of
 * patter's own, one call at a time; it must not call back into patter. One that blocks holds up no
 * thread of the bot, nor a shutdown past its deadline: lines wait, and at last get lost. Where the
 * system refuses that thread, patter_init_tracing, patter_reload, patter_flush, patter_set_log and
 * the shutdown call it themselves, so that it is told of that. */
typedef void(patter_log_fn)(void *data, int32_t level, const char *line);

/** Where patter's own log lines go; NULL `write`: standard error, the default. What was logged
 *  before goes to the earlier one, which has returned for the last time when this does; one that
 *  blocks for 5 s is left to itself. [any] */
PATTER_API void patter_set_log(patter_log_fn *write, void *data);

/* ---- keys ---------------------------------------------------------------- */

/** An interned attribute key; zero is no key. Stays valid for the life of the process. */
struct patter_key {
    uint32_t id;
};

/** Interns `name` (NUL-terminated). The same name gives the same key. Zero when 1,023 keys are
 *  known already or the name is no key, as NULL is none: `[a-z][a-z0-9_.-]{0,127}`. A key takes its
 *  place for the life of the process: not for names that are made up at run time. [any] */
PATTER_API struct patter_key patter_key_intern(const char *name);

/** An attribute of an event or a link. */
struct patter_field {
    struct patter_key key;
    struct patter_value value;
};

/* ---- calls ---------------------------------------------------------------- */

/** A call: one trace. Zero is the no-op. Copied by value; valid until patter_call_end. */
struct patter_call {
    uint64_t handle;
};

/** A span. Zero is the no-op. Copied by value; valid until patter_span_end. */
struct patter_span {
    uint64_t handle;
};

struct patter_context; /* propagate.h */

/** How a call begins. Every field may stay zero. */
struct patter_call_options {
    uint32_t struct_size; /* sizeof(struct patter_call_options) */
    int32_t kind;         /* of the root span; 0: PATTER_KIND_SERVER when there is a parent, else
                             PATTER_KIND_INTERNAL */
    struct patter_str id; /* getpatter.call.id. Empty: the parent's, else a fresh UUID. One that is
                             no identifier or looks like a phone number is replaced by its hash */
    struct patter_str direction;     /* getpatter.call.direction: inbound or outbound */
    struct patter_str provider_mode; /* getpatter.call.provider_mode: a name, such as pipeline */
    const struct patter_context *parent; /* NULL: none */
    uint64_t begin_unix_ns;              /* 0: now */
};

/* What the inline functions below stand on; for bindings. A zero handle is allowed: nothing
 * happens, nothing is counted. Ids, direction and mode that are empty are none. `end_unix_ns` 0:
 * now. [any] */
PATTER_API struct patter_call patter_call_begin_(const struct patter_call_options *options);
PATTER_API void patter_call_end_(struct patter_call call, uint64_t end_unix_ns);
PATTER_API struct patter_span patter_call_root_(struct patter_call call);

/** Opens a call and its root span getpatter.call. NULL: all defaults. Zero with tracing off. [any]
 */
static inline struct patter_call patter_call_begin(const struct patter_call_options *options)
{
    return patter_call_begin_(options);
}

/** Ends the call's root span, now. No span begins on it any more; open ones may still end. [any] */
static inline void patter_call_end(struct patter_call call)
{
    if (call.handle) {
        patter_call_end_(call, 0);
    }
}

/** As patter_call_end, at an instant given; one before the beginning counts as the beginning. [any]
 */
static inline void patter_call_end_at(struct patter_call call, uint64_t end_unix_ns)
{
    if (call.handle) {
        patter_call_end_(call, end_unix_ns);
    }
}

/** The root span, to set attributes, events, links and status on; patter_call_end alone ends it.
 *  Zero when the call is not sampled. [any] */
static inline struct patter_span patter_call_root(struct patter_call call)
{
    struct patter_span none = { 0 };
    return call.handle ? patter_call_root_(call) : none;
}

/* ---- spans ---------------------------------------------------------------- */

/** How a span begins, where the short form does not do. */
struct patter_span_options {
    uint32_t struct_size; /* sizeof(struct patter_span_options) */
    int32_t kind;         /* 0: PATTER_KIND_INTERNAL */
    const char *name;     /* an identifier, NUL-terminated; what is none becomes getpatter.custom */
    struct patter_span parent; /* zero or ended: the call's root span */
    uint64_t begin_unix_ns;    /* 0: now */
};

/* What the inline functions below stand on; for bindings. A zero handle is allowed: nothing
 * happens, nothing is counted. NULL as there; an instant of 0: now. [any] */
PATTER_API struct patter_span patter_span_begin_(struct patter_call call,
                                                 const struct patter_span_options *options);
PATTER_API struct patter_span patter_span_begin_known_(struct patter_call call, uint32_t name);
PATTER_API void patter_span_event_(struct patter_span span, const char *name,
                                   const struct patter_field *fields, size_t count,
                                   uint64_t time_unix_ns);
PATTER_API void patter_span_link_(struct patter_span span, const struct patter_context *to,
                                  const struct patter_field *fields, size_t count);
PATTER_API void patter_span_status_(struct patter_span span, int32_t code, const char *error_type);
PATTER_API void patter_span_exception_(struct patter_span span, const char *type);
PATTER_API void patter_span_first_token_(struct patter_span span);
PATTER_API void patter_span_end_(struct patter_span span, uint64_t end_unix_ns);

/** Opens a span under the call's root span. `name` NULL: it becomes getpatter.custom. Zero when the
 *  call is zero, ended or unsampled. [any] */
static inline struct patter_span patter_span_begin(struct patter_call call, const char *name)
{
    struct patter_span none = { 0 };
    struct patter_span_options options;
    if (!call.handle) {
        return none;
    }
    memset(&options, 0, sizeof(options));
    options.struct_size = sizeof(options);
    options.name = name;
    return patter_span_begin_(call, &options);
}

/** Opens a span with a kind, parent or beginning of its own. `options` NULL: all zero. [any] */
static inline struct patter_span patter_span_begin_with(struct patter_call call,
                                                        const struct patter_span_options *options)
{
    struct patter_span none = { 0 };
    return call.handle ? patter_span_begin_(call, options) : none;
}

/** Ends the span, now, and hands it to the exporters. Again, or after the end: a counted no-op.
 * [any] */
static inline void patter_span_end(struct patter_span span)
{
    if (span.handle) {
        patter_span_end_(span, 0);
    }
}

/** As patter_span_end, at an instant given; one before the beginning counts as the beginning. [any]
 */
static inline void patter_span_end_at(struct patter_span span, uint64_t end_unix_ns)
{
    if (span.handle) {
        patter_span_end_(span, end_unix_ns);
    }
}

/** Adds an event, now. `name`: an identifier, else, and where it is NULL, it becomes
 *  getpatter.custom. [any] */
static inline void patter_span_event(struct patter_span span, const char *name)
{
    if (span.handle) {
        patter_span_event_(span, name, NULL, 0, 0);
    }
}

/** Adds an event with `count` attributes, filtered like a span's; `fields` NULL: none.
 *  `time_unix_ns` 0: now. [any] */
static inline void patter_span_event_with(struct patter_span span, const char *name,
                                          const struct patter_field *fields, size_t count,
                                          uint64_t time_unix_ns)
{
    if (span.handle) {
        patter_span_event_(span, name, fields, count, time_unix_ns);
    }
}

/** Links the span to another trace's span, with `count` attributes, filtered like a span's; `to`
 *  NULL: no link; `fields` NULL: none. [any] */
static inline void patter_span_link(struct patter_span span, const struct patter_context *to,
                                    const struct patter_field *fields, size_t count)
{
    if (span.handle) {
        patter_span_link_(span, to, fields, count);
    }
}

/** Marks the span as well done; final. [any] */
static inline void patter_span_set_ok(struct patter_span span)
{
    if (span.handle) {
        patter_span_status_(span, PATTER_STATUS_OK, NULL);
    }
}

/** Marks the span as failed. `error_type` becomes error.type: a name such as timeout or
 *  ConnectionError, never a message; NULL: none. There is no description: it would carry text.
 * [any] */
static inline void patter_span_set_error(struct patter_span span, const char *error_type)
{
    if (span.handle) {
        patter_span_status_(span, PATTER_STATUS_ERROR, error_type);
    }
}

/** Adds the event `exception` with exception.type alone, or without where `type` is NULL; message
 *  and stack never leave. [any] */
static inline void patter_span_exception(struct patter_span span, const char *type)
{
    if (span.handle) {
        patter_span_exception_(span, type);
    }
}

/* ---- what the bot's own logs may want -------------------------------------- */

/** Ids as lower-case hex and text, all NUL-terminated. */
struct patter_ids {
    char trace_id[33];
    char span_id[17];
    char call_id[129]; /* as exported: hashed where the given one must not leave */
};

/** The ids of `span`, or, where it is zero or ended, of the call's root span. Returns PATTER_OK, or
 *  PATTER_INVALID and empty texts for a call that is zero or ended, or where `ret_ids` is NULL.
 *  [any] */
PATTER_API patter_status patter_span_ids(struct patter_call call, struct patter_span span,
                                         struct patter_ids *ret_ids);

#ifdef __cplusplus
}
#endif

#include <patter/attributes.h>
#include <patter/spans.h>
#include <patter/stats.h>

#endif /* PATTER_PATTER_H */
