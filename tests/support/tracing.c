/* SPDX-License-Identifier: MIT */
#include "tests/support/tracing.h"

#include <criterion/criterion.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

struct patter_recorder *tracing_start(const char *yaml)
{
    char path[] = "/tmp/patter-test-XXXXXX";
    struct patter_recorder *recorder = patter_recorder_new();
    struct patter_init_options options = { .struct_size = sizeof(options), .recorder = recorder };
    setenv("PATTER_OTEL_ENABLED", "1", 1);
    if (yaml) {
        int file = mkstemp(path);
        cr_assert(file >= 0 && write(file, yaml, strlen(yaml)) == (ssize_t)strlen(yaml));
        close(file);
        options.config_file = path;
    }
    patter_status status = patter_init_tracing(&options);
    unlink(path);
    cr_assert_eq(status, PATTER_OK, "init said %d", status);
    return recorder;
}

const struct patter_span_view *tracing_span(struct patter_recorder *recorder, const char *name)
{
    const struct patter_span_view *found = NULL;
    size_t count = 0;
    cr_assert_eq(patter_flush(10000), PATTER_OK);
    for (size_t i = 0; i < patter_recorder_count(recorder); i++) {
        const struct patter_span_view *span = patter_recorder_span(recorder, i);
        if (span->name.len == strlen(name) && memcmp(span->name.data, name, span->name.len) == 0) {
            found = span;
            count++;
        }
    }
    cr_assert_eq(count, 1, "%zu spans are named %s", count, name);
    return found;
}

void tracing_stop(struct patter_recorder *recorder)
{
    patter_shutdown_tracing();
    patter_recorder_destroy(recorder);
}

struct patter_stats tracing_stats(void)
{
    struct patter_stats stats = { .struct_size = sizeof(stats) };
    patter_get_stats(&stats);
    return stats;
}
