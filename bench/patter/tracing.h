/* SPDX-License-Identifier: MIT */
#ifndef BENCH_PATTER_TRACING_H
#define BENCH_PATTER_TRACING_H

/* patter as an operator would set it up: a patter.yaml of its own, real plugins, nothing special.
 */

#include <stdbool.h>
#include <stdint.h>

#include "bench/patter/arguments.h"

struct tracing_counts {
    uint64_t waiting;  /* of the exporter that has most */
    uint64_t exported; /* by the exporter that has least */
    uint64_t dropped;  /* by all */
};

/* Starts tracing into `plugin` ("discard", "otlp-http", "otlp-grpc"). Returns false, and says why
 * on standard error, when it does not start. */
bool tracing_start(const struct arguments *arguments, const char *plugin);

/* Waits until every span made so far is answered for. Returns false after a minute. */
bool tracing_flush(void);

void tracing_stop(void);

struct tracing_counts tracing_counts(void);

#endif /* BENCH_PATTER_TRACING_H */
