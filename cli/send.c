/* SPDX-License-Identifier: MIT */
#include "cli/send.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include <patter/patter.h>

#include "cli/json.h"
#include "core/base/clock.h"

enum { LOOK_AGAIN_NS = 50 * 1000 * 1000, ROWS_MAX = 64 };

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

/* Of all rounds: a start takes over so many journals and no more. */
struct outcome {
    char exporter[64];
    uint64_t sent, dropped, stay;
};

struct outcomes {
    struct outcome rows[ROWS_MAX];
    size_t count;
};

static struct outcome *find(struct outcomes *outcomes, const char *exporter)
{
    for (size_t i = 0; i < outcomes->count; i++) {
        if (strcmp(outcomes->rows[i].exporter, exporter) == 0) {
            return &outcomes->rows[i];
        }
    }
    if (outcomes->count == ROWS_MAX) {
        return NULL;
    }
    struct outcome *row = &outcomes->rows[outcomes->count++];
    *row = (struct outcome){ 0 };
    snprintf(row->exporter, sizeof(row->exporter), "%s", exporter);
    return row;
}

/* Adds a round's; returns how many spans it took over. */
static uint64_t add_round(struct outcomes *outcomes)
{
    struct patter_exporter_stats stats;
    uint64_t recovered = 0;
    for (size_t i = 0; read_exporter(i, &stats); i++) {
        struct outcome *row = find(outcomes, stats.name);
        if (row) {
            row->sent += stats.exported;
            row->dropped += stats.dropped;
            row->stay += stats.waiting;
        }
        recovered += stats.recovered;
    }
    return recovered;
}

static bool is_all_sent(const struct outcomes *outcomes)
{
    for (size_t i = 0; i < outcomes->count; i++) {
        if (outcomes->rows[i].dropped > 0 || outcomes->rows[i].stay > 0) {
            return false;
        }
    }
    return true;
}

static void print_outcomes(const struct outcomes *outcomes)
{
    for (size_t i = 0; i < outcomes->count; i++) {
        const struct outcome *row = &outcomes->rows[i];
        printf("%s: %" PRIu64 " spans sent, %" PRIu64 " dropped, %" PRIu64 " stay\n", row->exporter,
               row->sent, row->dropped, row->stay);
    }
}

static bool print_outcomes_json(const struct outcomes *outcomes)
{
    struct cli_json json = { 0 };
    cli_json_open(&json, NULL, '[');
    for (size_t i = 0; i < outcomes->count; i++) {
        cli_json_open(&json, NULL, '{');
        cli_json_text(&json, "exporter", outcomes->rows[i].exporter);
        cli_json_number(&json, "sent", (int64_t)outcomes->rows[i].sent);
        cli_json_number(&json, "dropped", (int64_t)outcomes->rows[i].dropped);
        cli_json_number(&json, "stay", (int64_t)outcomes->rows[i].stay);
        cli_json_close(&json, '}');
    }
    cli_json_close(&json, ']');
    return cli_json_flush(&json);
}

/* One round; false when tracing did not begin. */
static bool send(const char *config, uint64_t until_ns)
{
    struct patter_init_options options = { .struct_size = sizeof(options), .config_file = config };
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

static bool send_all(const char *config, uint64_t timeout_ns, struct outcomes *ret_outcomes)
{
    uint64_t until_ns = pt_clock_monotonic_ns() + timeout_ns;
    uint64_t recovered = 1;
    *ret_outcomes = (struct outcomes){ .count = 0 };
    do {
        if (!send(config, until_ns)) {
            return false;
        }
        recovered = add_round(ret_outcomes);
    } while (recovered > 0 && is_all_sent(ret_outcomes) && pt_clock_monotonic_ns() < until_ns);
    return true;
}

bool cli_send(const char *config, uint64_t timeout_ns, bool as_json)
{
    /* What an exporter prints on standard output goes to standard error meanwhile. */
    int kept = as_json ? dup(STDOUT_FILENO) : -1;
    bool has_begun = !as_json || (kept >= 0 && dup2(STDERR_FILENO, STDOUT_FILENO) >= 0);
    static struct outcomes outcomes;
    has_begun = has_begun && send_all(config, timeout_ns, &outcomes);
    bool is_shown = true;
    if (kept >= 0) {
        is_shown = dup2(kept, STDOUT_FILENO) >= 0;
        close(kept);
    }
    if (has_begun && as_json) {
        is_shown = print_outcomes_json(&outcomes) && is_shown;
    } else if (has_begun) {
        print_outcomes(&outcomes);
    }
    return has_begun && is_shown && is_all_sent(&outcomes);
}
