/* SPDX-License-Identifier: MIT */
#include <inttypes.h>
#include <stdio.h>

#include "bench/patter/measure.h"
#include "bench/patter/modes.h"
#include "bench/patter/producer.h"
#include "bench/patter/tracing.h"

/* How many spans warm up and how many are sampled one by one, at most, on each thread. */
enum { WARM_UP = 20500, SAMPLED = 205000 };

static uint64_t at_most(uint64_t value, uint64_t limit)
{
    return value < limit ? value : limit;
}

static bool go_on(void)
{
    return true;
}

static void print(const struct arguments *arguments, const struct produced *produced,
                  const struct produced *sampled, const struct tracing_counts *counts,
                  uint64_t cpu_ns)
{
    double spans = (double)produced->span_count;
    double burst_spans = spans / (double)produced->burst_count;
    double ns_per_tick = measure_ns_per_tick();
    double p50 = (double)measure_quantile(sampled->sample_ticks, sampled->sample_count, 0.50);
    double p99 = (double)measure_quantile(sampled->sample_ticks, sampled->sample_count, 0.99);
    uint64_t middle = measure_quantile(produced->burst_ns, produced->burst_count, 0.5);
    uint64_t least = measure_quantile(produced->burst_ns, produced->burst_count, 0);
    printf("{\"peer\":\"patter\",\"mode\":\"record\",\"threads\":%u,\"spans\":%" PRIu64
           ",\"exported\":%" PRIu64 ",\"dropped\":%" PRIu64 ",\"ns_per_span\":%.1f"
           ",\"p50_ns\":%.1f,\"p99_ns\":%.1f,\"burst_p50_ns_per_span\":%.1f"
           ",\"burst_min_ns_per_span\":%.1f,\"cpu_ns_per_span\":%.1f,\"max_rss_kb\":%ld}\n",
           arguments->thread_count, produced->span_count, counts->exported, counts->dropped,
           (double)produced->busy_ns / spans, p50 * ns_per_tick, p99 * ns_per_tick,
           (double)middle / burst_spans, (double)least / burst_spans, (double)cpu_ns / spans,
           measure_max_rss_kb());
}

/* Counts are since the start: what was made before is taken off. */
static struct tracing_counts since(const struct tracing_counts *before)
{
    struct tracing_counts counts = tracing_counts();
    counts.exported -= before->exported;
    counts.dropped -= before->dropped;
    return counts;
}

bool mode_record(const struct arguments *arguments)
{
    struct produced warm = { 0 };
    struct produced timed = { 0 };
    struct produced sampled = { 0 };
    struct tracing_counts before;
    struct tracing_counts counts;
    uint64_t cpu_ns = 0;
    bool good = tracing_start(arguments, "discard");
    /* At a given rate nothing is flushed between: batches go when they are full or due. */
    pause_fn *pause = arguments->rate > 0 ? go_on : tracing_flush;
    if (!good) {
        return false;
    }
    good = produce(arguments, at_most(arguments->span_count, WARM_UP), false, pause, &warm) &&
           tracing_flush();
    before = tracing_counts();
    cpu_ns = measure_cpu_ns();
    good =
        good && produce(arguments, arguments->span_count, false, pause, &timed) && tracing_flush();
    cpu_ns = measure_cpu_ns() - cpu_ns;
    counts = since(&before);
    good =
        good && produce(arguments, at_most(arguments->span_count, SAMPLED), true, pause, &sampled);
    if (good) {
        print(arguments, &timed, &sampled, &counts, cpu_ns);
    }
    produced_clean(&sampled);
    produced_clean(&timed);
    produced_clean(&warm);
    tracing_stop();
    return good;
}
