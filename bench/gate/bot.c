/* SPDX-License-Identifier: MIT */
#include "bench/gate/bot.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

#include <patter/patter.h>

#include "bench/patter/workload.h"

enum { FLUSH_MS = 10000 };

static struct workload workload;

bool gate_bot_start(void)
{
    struct patter_init_options options = { .struct_size = sizeof(options),
                                           .config_file = GATE_CONFIG };
    setenv("PATTER_OTEL_ENABLED", "1", 1);
    workload_init(&workload, 0, 0);
    return patter_init_tracing(&options) == PATTER_OK;
}

void gate_bot_burst(uint32_t calls)
{
    for (uint32_t i = 0; i < calls; i++) {
        workload_call(&workload);
    }
}

void gate_bot_drain(void)
{
    patter_flush(FLUSH_MS);
}

bool gate_bot_stop(void)
{
    struct patter_stats stats = { .struct_size = sizeof(stats) };
    struct patter_exporter_stats exporter = { .struct_size = sizeof(exporter) };
    patter_shutdown_tracing();
    patter_get_stats(&stats);
    patter_get_exporter_stats(0, &exporter);
    uint64_t expected = workload.call_count * WORKLOAD_CALL_SPANS;
    uint64_t stopped =
        stats.attributes_denied + stats.attributes_invalid + stats.attributes_scanned;
    if (exporter.exported != expected || stopped > 0) {
        fprintf(stderr,
                "of %" PRIu64 " spans %" PRIu64 " were exported; %" PRIu64
                " attributes were stopped\n",
                expected, exporter.exported, stopped);
        return false;
    }
    return true;
}
