/* SPDX-License-Identifier: MIT */
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "bench/patter/measure.h"
#include "bench/patter/modes.h"
#include "bench/patter/producer.h"
#include "bench/patter/tracing.h"

static uint64_t most_waiting;

/* Lossless: who makes spans faster than the receiver takes them waits. */
static bool wait_for_room(void)
{
    while (tracing_counts().waiting > most_waiting) {
        measure_sleep_until_ns(measure_now_ns() + 1000000);
    }
    return true;
}

bool mode_export(const struct arguments *arguments)
{
    bool grpc = !strcmp(arguments->mode, "export-grpc");
    struct produced produced = { 0 };
    struct tracing_counts counts;
    uint64_t begin_ns = 0;
    uint64_t cpu_ns = 0;
    double wall_s = 0;
    double spans = 0;
    bool good = tracing_start(arguments, grpc ? "otlp-grpc" : "otlp-http");
    if (!good) {
        return false;
    }
    most_waiting = arguments->most_waiting;
    cpu_ns = measure_cpu_ns();
    begin_ns = measure_now_ns();
    good = produce(arguments, arguments->span_count, false, wait_for_room, &produced) &&
           tracing_flush();
    wall_s = (double)(measure_now_ns() - begin_ns) / 1e9;
    cpu_ns = measure_cpu_ns() - cpu_ns;
    counts = tracing_counts();
    spans = (double)produced.span_count;
    if (good) {
        printf("{\"peer\":\"patter\",\"mode\":\"%s%s\",\"threads\":%u,\"spans\":%" PRIu64
               ",\"exported\":%" PRIu64 ",\"dropped\":%" PRIu64
               ",\"wall_s\":%.4f,\"spans_per_s\":%.0f,\"cpu_us_per_span\":%.3f"
               ",\"cpu_ns_per_span\":%.1f,\"ns_per_span\":%.1f,\"max_rss_kb\":%ld}\n",
               arguments->mode, arguments->gzip ? "-gzip" : "", arguments->thread_count,
               produced.span_count, counts.exported, counts.dropped, wall_s, spans / wall_s,
               (double)cpu_ns / 1000 / spans, (double)cpu_ns / spans,
               (double)produced.busy_ns / spans, measure_max_rss_kb());
    }
    produced_clean(&produced);
    tracing_stop();
    return good;
}
