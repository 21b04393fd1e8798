/* SPDX-License-Identifier: MIT */
#include "cli/send.h"

#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#include <patter/patter.h>

#include "core/base/clock.h"

enum { LOOK_AGAIN_NS = 50 * 1000 * 1000 };

static bool read_exporter(size_t index, struct patter_exporter_stats *ret_stats)
{
    *ret_stats = (struct patter_exporter_stats){ .struct_size = sizeof(*ret_stats) };
    return patter_get_exporter_stats(index, ret_stats) == PATTER_OK;
}

static bool is_any_waiting(void)
{
    struct patter_exporter_stats stats;
    for (size_t i = 0; read_exporter(i, &stats); i++) {
        if (stats.waiting > 0) {
            return true;
        }
    }
    return false;
}

static bool print_outcome(void)
{
    struct patter_exporter_stats stats;
    bool all_sent = true;
    for (size_t i = 0; read_exporter(i, &stats); i++) {
        printf("%s: %llu spans sent, %llu dropped, %llu stay\n", stats.name,
               (unsigned long long)stats.exported, (unsigned long long)stats.dropped,
               (unsigned long long)stats.waiting);
        all_sent = all_sent && stats.dropped == 0 && stats.waiting == 0;
    }
    return all_sent;
}

bool cli_send(const char *config, uint64_t timeout_ns)
{
    struct patter_init_options options = { .struct_size = sizeof(options), .config_file = config };
    uint64_t until_ns = pt_clock_monotonic_ns() + timeout_ns;
    setenv("PATTER_OTEL_ENABLED", "1", 1); /* who says `send` means it */
    patter_status status = patter_init_tracing(&options);
    if (status != PATTER_OK) {
        if (status == PATTER_DISABLED) {
            fprintf(stderr, "patter storage: OTEL_SDK_DISABLED is set: nothing is sent\n");
        }
        return false;
    }
    while (is_any_waiting() && pt_clock_monotonic_ns() < until_ns) {
        nanosleep(&(struct timespec){ .tv_nsec = LOOK_AGAIN_NS }, NULL);
    }
    patter_shutdown_tracing();
    return print_outcome();
}
