/* SPDX-License-Identifier: MIT */
#include "cli/send.h"

#include <stdio.h>
#include <stdlib.h>
#include <time.h>
#include <unistd.h>

#include <patter/patter.h>

#include "cli/json.h"
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

static bool is_all_sent(void)
{
    struct patter_exporter_stats stats;
    for (size_t i = 0; read_exporter(i, &stats); i++) {
        if (stats.dropped > 0 || stats.waiting > 0) {
            return false;
        }
    }
    return true;
}

static void print_outcome(void)
{
    struct patter_exporter_stats stats;
    for (size_t i = 0; read_exporter(i, &stats); i++) {
        printf("%s: %llu spans sent, %llu dropped, %llu stay\n", stats.name,
               (unsigned long long)stats.exported, (unsigned long long)stats.dropped,
               (unsigned long long)stats.waiting);
    }
}

static bool print_outcome_json(void)
{
    struct cli_json json = { 0 };
    struct patter_exporter_stats stats;
    cli_json_open(&json, NULL, '[');
    for (size_t i = 0; read_exporter(i, &stats); i++) {
        cli_json_open(&json, NULL, '{');
        cli_json_text(&json, "exporter", stats.name);
        cli_json_number(&json, "sent", (int64_t)stats.exported);
        cli_json_number(&json, "dropped", (int64_t)stats.dropped);
        cli_json_number(&json, "stay", (int64_t)stats.waiting);
        cli_json_close(&json, '}');
    }
    cli_json_close(&json, ']');
    return cli_json_flush(&json);
}

static bool send(const char *config, uint64_t timeout_ns)
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
    return true;
}

bool cli_send(const char *config, uint64_t timeout_ns, bool as_json)
{
    /* What an exporter prints on standard output goes to standard error meanwhile. */
    int kept = as_json ? dup(STDOUT_FILENO) : -1;
    bool has_begun = !as_json || (kept >= 0 && dup2(STDERR_FILENO, STDOUT_FILENO) >= 0);
    has_begun = has_begun && send(config, timeout_ns);
    bool is_shown = true;
    if (kept >= 0) {
        is_shown = dup2(kept, STDOUT_FILENO) >= 0;
        close(kept);
    }
    if (has_begun && as_json) {
        is_shown = print_outcome_json() && is_shown;
    } else if (has_begun) {
        print_outcome();
    }
    return has_begun && is_shown && is_all_sent();
}
