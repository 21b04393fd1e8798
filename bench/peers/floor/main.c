/* SPDX-License-Identifier: MIT */
#include <stdio.h>
#include <stdlib.h>

#include "bench/gate/floor.h"
#include "bench/patter/measure.h"
#include "bench/patter/workload.h"

/* The floor as a peer: what the common workload cannot cost less than, in the peers' line of JSON.
 */

enum { BURST_CALLS = 25, BURST_SPANS = BURST_CALLS * WORKLOAD_CALL_SPANS, BURSTS = 1000 };

int main(void)
{
    static uint64_t bursts_ns[BURSTS];
    uint64_t all_ns = 0;
    if (!gate_floor_start()) {
        return EXIT_FAILURE;
    }
    for (int i = 0; i < BURSTS; i++) {
        uint64_t begin_ns = measure_now_ns();
        gate_floor_burst(BURST_CALLS);
        bursts_ns[i] = measure_now_ns() - begin_ns;
        all_ns += bursts_ns[i];
    }
    printf("{\"peer\":\"floor\",\"mode\":\"record\",\"spans\":%d,\"ns_per_span\":%.2f"
           ",\"burst_p50_ns_per_span\":%.2f,\"burst_min_ns_per_span\":%.2f}\n",
           BURSTS * BURST_SPANS, (double)all_ns / BURSTS / BURST_SPANS,
           (double)measure_quantile(bursts_ns, BURSTS, 0.5) / BURST_SPANS,
           (double)measure_quantile(bursts_ns, BURSTS, 0) / BURST_SPANS);
    gate_floor_stop();
    return EXIT_SUCCESS;
}
