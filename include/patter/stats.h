/* SPDX-License-Identifier: MIT */
#ifndef PATTER_STATS_H
#define PATTER_STATS_H

/* What became of every span. Part of <patter/patter.h>. */

#include <patter/types.h>

#ifdef __cplusplus
extern "C" {
#endif

/**
 * Since init. At rest: spans_started = spans_unsampled + spans_live + spans_ended, and for every
 * exporter entered + recovered = waiting + exported + dropped, where entered = spans_ended for one
 * that has been there since init. Each is counted on its own.
 */
struct patter_stats {
    uint32_t struct_size;
    uint32_t exporter_count;
    uint64_t spans_started;
    uint64_t spans_unsampled;
    uint64_t spans_live;
    uint64_t spans_ended;
    uint64_t misuses;            /* of a handle: ended twice, used after its end */
    uint64_t attributes_denied;  /* key neither documented nor allowed */
    uint64_t attributes_invalid; /* value outside its key's class */
    uint64_t attributes_scanned; /* value looks like a phone number, an address, a text ... */
    uint64_t attributes_over_limit;
    uint64_t events_over_limit;
    uint64_t links_over_limit;
    uint64_t names_replaced; /* span and event names that became getpatter.custom */
    uint64_t call_ids_hashed;
};

struct patter_drop_count {
    char reason[32]; /* NUL-terminated token: buffer_full, retry_exhausted, http_401 ... */
    uint64_t spans;
};

/*
 * Whether an exporter gets new spans. After a patter_reload that replaced or removed it, it is
 * listed as ending while it sends what it had been given; then it goes into the one entry
 * `(ended)`, which sums up all that are gone and is listed last. So no span leaves the books: the
 * sum of entered over all entries is what all exporters together were given.
 */
enum {
    PATTER_EXPORTER_IN_USE = 0,
    PATTER_EXPORTER_ENDING = 1, /* still sends, gets no new spans */
    PATTER_EXPORTER_ENDED = 2   /* the sum of all that are gone; its name is `(ended)` */
};

struct patter_exporter_stats {
    uint32_t struct_size;
    uint32_t drop_reason_count;
    char name[64];     /* the key in patter.yaml */
    uint64_t waiting;  /* ended, not yet answered for */
    uint64_t exported; /* accepted by the receiver */
    uint64_t dropped;  /* the sum of drops[].spans */
    uint64_t requests; /* send() calls */
    uint64_t retries;  /* of them, with spans that had been offered before */
    struct patter_drop_count drops[16];
    uint64_t entered; /* ended while it was in use: what it had, or has, to export */
    uint32_t state;   /* PATTER_EXPORTER_* */
    uint32_t reserved;
    uint64_t recovered; /* of earlier processes, taken over from storage */
    uint64_t in_flight; /* of `waiting`, those that a worker holds: being sent, or between tries */
    uint64_t send_ns;   /* the time that all send() calls took together */
};

/** Fills `stats`, whose struct_size the caller has set. Returns PATTER_OK, or PATTER_DISABLED and
 *  zeroes before the first init; after a shutdown, the last run's counts. NULL: PATTER_INVALID.
 *  [any] */
PATTER_API patter_status patter_get_stats(struct patter_stats *stats);

/** Fills `stats`, whose struct_size the caller has set, for exporter `index`, below
 *  patter_stats.exporter_count. A patter_reload may change who has which index: go by the name.
 *  Returns PATTER_OK, or PATTER_INVALID when there is none such or `stats` is NULL. [any] */
PATTER_API patter_status patter_get_exporter_stats(size_t index,
                                                   struct patter_exporter_stats *stats);

/** Takes `len` bytes of text, one line with its line end. Must not call back into patter. */
typedef void(patter_write_fn)(void *data, const char *line, size_t len);

/**
 * Writes all counters as text for a health page, one metric a line, `name{label="..."} value`.
 * Names are those of OpenTelemetry's conventions for SDK metrics where there is one:
 * otel.sdk.span.* for the process, otel.sdk.processor.span.* and otel.sdk.exporter.span.* for each
 * exporter, with otel.component.name, and error.type for what was lost: `queue_full` is the
 * buffer's, any other is the reason in patter_exporter_stats. The time of sending is the sum, in
 * seconds, and the count of the histogram otel.sdk.exporter.operation.duration, retries and
 * failures among them. Others begin with `patter.`; patter.exporter.state tells one that is ending
 * or the sum of those that have ended, patter.exporter.number one ending from another of its name.
 * There is no queue.capacity: the buffer is bounded in bytes, not in spans. Returns as
 * patter_get_stats, and PATTER_INVALID where `write` is NULL; writes nothing before the first init.
 * [any]
 */
PATTER_API patter_status patter_dump_stats(patter_write_fn *write, void *data);

#ifdef __cplusplus
}
#endif

#endif /* PATTER_STATS_H */
