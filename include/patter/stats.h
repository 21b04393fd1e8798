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
 * exporter spans_ended = waiting + exported + dropped. Each is counted on its own.
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
};

/** Fills `stats`, whose struct_size the caller has set. Returns PATTER_OK, or PATTER_DISABLED and
 *  zeroes before the first init; after a shutdown, the last run's counts. [any] */
PATTER_API patter_status patter_get_stats(struct patter_stats *stats);

/** Fills `stats`, whose struct_size the caller has set, for exporter `index`. Returns PATTER_OK, or
 *  PATTER_INVALID when there is none such. [any] */
PATTER_API patter_status patter_get_exporter_stats(size_t index,
                                                   struct patter_exporter_stats *stats);

#ifdef __cplusplus
}
#endif

#endif /* PATTER_STATS_H */
