/* SPDX-License-Identifier: MIT */
#include <inttypes.h>
#include <patter/patter.h>
#include <stdio.h>
#include <stdlib.h>

#include "bench/patter/measure.h"
#include "bench/patter/modes.h"
#include "bench/patter/workload.h"

static uint64_t make(struct workload *workload, uint64_t span_count)
{
    uint64_t made = 0;
    while (made < span_count) {
        workload_call(workload);
        made += WORKLOAD_CALL_SPANS;
    }
    return made;
}

bool mode_disabled(const struct arguments *arguments)
{
    struct workload workload;
    uint64_t begin_ns = 0;
    uint64_t made = 0;
    uint64_t ns = 0;
    unsetenv("PATTER_OTEL_ENABLED");
    if (patter_init_tracing(NULL) != PATTER_DISABLED) {
        fputs("patter-bench: tracing is not off\n", stderr);
        return false;
    }
    workload_init(&workload, 0, arguments->attribute_count);
    make(&workload, arguments->span_count / 10);
    begin_ns = measure_now_ns();
    made = make(&workload, arguments->span_count);
    ns = measure_now_ns() - begin_ns;
    printf("{\"peer\":\"patter\",\"mode\":\"disabled\",\"spans\":%" PRIu64
           ",\"ns_per_span\":%.2f}\n",
           made, (double)ns / (double)made);
    return true;
}
