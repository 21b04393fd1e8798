/* SPDX-License-Identifier: MIT */
#include "bench/patter/tracing.h"

#include <patter/patter.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "bench/patter/workload.h"

static void write_exporter(FILE *file, const struct arguments *arguments, const char *plugin,
                           unsigned int index)
{
    fprintf(file, "  %s/%u:\n", plugin, index);
    if (arguments->consumer_count > 0) {
        fprintf(file, "    sending_queue: {num_consumers: %u}\n", arguments->consumer_count);
    }
    if (!strcmp(plugin, "discard")) {
        fputs("    timeout: 10s\n", file);
        return;
    }
    fprintf(file, "    compression: %s\n", arguments->gzip ? "gzip" : "none");
    if (!strcmp(plugin, "otlp-grpc")) {
        fprintf(file, "    endpoint: \"%s\"\n    tls: {insecure: true}\n",
                arguments->endpoint ? arguments->endpoint : "127.0.0.1:4317");
    } else {
        fprintf(file, "    endpoint: \"%s\"\n",
                arguments->endpoint ? arguments->endpoint : "http://127.0.0.1:4318");
    }
}

static void write_settings(FILE *file, const struct arguments *arguments, const char *plugin)
{
    fputs("service: {name: bench}\nlog: {level: warning}\n", file);
    fprintf(file, "plugin_path: [\"%s\"]\n", BENCH_PLUGINS);
    if (arguments->storage) {
        fprintf(file, "storage: {directory: \"%s\"}\n", arguments->storage);
    }
    if (arguments->batch_span_count > 0) {
        fprintf(file, "batch: {max_export_batch_size: %u}\n", arguments->batch_span_count);
    }
    if (arguments->attribute_count > 0) {
        fputs("privacy:\n  allowed_keys:\n", file);
    }
    for (unsigned int i = 0; i < arguments->attribute_count; i++) {
        fprintf(file, "    - %s\n", workload_key(i));
    }
    fputs("exporters:\n", file);
    for (unsigned int i = 1; i <= arguments->exporter_count; i++) {
        write_exporter(file, arguments, plugin, i);
    }
}

static bool write_file(char *path, const struct arguments *arguments, const char *plugin)
{
    int descriptor = mkstemp(path);
    FILE *file = descriptor >= 0 ? fdopen(descriptor, "w") : NULL;
    if (!file) {
        perror("patter-bench: a temporary patter.yaml");
        return false;
    }
    write_settings(file, arguments, plugin);
    if (fclose(file) != 0) {
        perror("patter-bench: a temporary patter.yaml");
        unlink(path);
        return false;
    }
    return true;
}

bool tracing_start(const struct arguments *arguments, const char *plugin)
{
    char path[] = "/tmp/patter-bench-XXXXXX";
    struct patter_init_options options = { .struct_size = sizeof(options), .config_file = path };
    patter_status status = PATTER_FAILED;
    if (!write_file(path, arguments, plugin)) {
        return false;
    }
    setenv("PATTER_OTEL_ENABLED", "1", 1);
    status = patter_init_tracing(&options);
    unlink(path);
    return status == PATTER_OK;
}

bool tracing_flush(void)
{
    patter_status status = patter_flush(60000);
    if (status != PATTER_OK) {
        fprintf(stderr, "patter-bench: patter_flush returned %d\n", (int)status);
    }
    return status == PATTER_OK;
}

void tracing_stop(void)
{
    patter_shutdown_tracing();
}

struct tracing_counts tracing_counts(void)
{
    struct tracing_counts counts = { .exported = UINT64_MAX };
    struct patter_exporter_stats exporter = { .struct_size = sizeof(exporter) };
    for (size_t i = 0; patter_get_exporter_stats(i, &exporter) == PATTER_OK; i++) {
        counts.dropped += exporter.dropped;
        if (exporter.waiting > counts.waiting) {
            counts.waiting = exporter.waiting;
        }
        if (exporter.exported < counts.exported) {
            counts.exported = exporter.exported;
        }
    }
    return counts;
}
