/* SPDX-License-Identifier: MIT */
#include "bench/patter/arguments.h"

#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "bench/patter/workload.h"

static const char usage[] =
    "usage: patter-bench MODE [OPTION]...\n"
    "  disabled                 tracing switched off: the bot's cost of a span\n"
    "  record                   an exporter that drops: bursts of spans timed, flushes not timed\n"
    "  export-http, export-grpc OTLP to a receiver, without loss: from the first span to the last "
    "answer\n"
    "  crowd                    one call on each of --threads threads, all open at once\n"
    "  --spans N        of each thread                                  [1000000]\n"
    "  --threads N      that record at once                             [1]\n"
    "  --burst N        record: spans of a thread between two flushes   [1025]\n"
    "  --rate N         spans a second that each thread offers          [all it can]\n"
    "  --attributes N   more integers on every span, 0 to 16            [0]\n"
    "  --exporters N    that all receive every span                     [1]\n"
    "  --batch N        batch.max_export_batch_size                     [512]\n"
    "  --consumers N    sending_queue.num_consumers                     [4]\n"
    "  --waiting N      export: spans that may wait before the producer does [65536]\n"
    "  --endpoint URL   [http://127.0.0.1:4318, for gRPC :4317]\n"
    "  --storage DIR    what waits is in files there                    [memory]\n"
    "  --gzip           compressed requests\n";

static bool read_number(const char *text, uint64_t min, uint64_t max, uint64_t *ret_number)
{
    char *end = NULL;
    unsigned long long number = 0;
    errno = 0;
    number = strtoull(text, &end, 10);
    if (errno || end == text || *end || number < min || number > max) {
        return false;
    }
    *ret_number = number;
    return true;
}

static bool read_small(const char *text, uint64_t min, uint64_t max, unsigned int *ret_number)
{
    uint64_t number = 0;
    if (!read_number(text, min, max, &number)) {
        return false;
    }
    *ret_number = (unsigned int)number;
    return true;
}

static bool read_option(struct arguments *arguments, const char *name, const char *value)
{
    if (!strcmp(name, "--spans")) {
        return read_number(value, 1, UINT32_MAX, &arguments->span_count);
    }
    if (!strcmp(name, "--burst")) {
        return read_number(value, 1, UINT32_MAX, &arguments->burst_span_count);
    }
    if (!strcmp(name, "--rate")) {
        return read_number(value, 1, UINT32_MAX, &arguments->rate);
    }
    if (!strcmp(name, "--threads")) {
        return read_small(value, 1, 10000, &arguments->thread_count);
    }
    if (!strcmp(name, "--attributes")) {
        return read_small(value, 0, WORKLOAD_MORE_ATTRIBUTES, &arguments->attribute_count);
    }
    if (!strcmp(name, "--exporters")) {
        return read_small(value, 1, 16, &arguments->exporter_count);
    }
    if (!strcmp(name, "--batch")) {
        return read_small(value, 1, 65536, &arguments->batch_span_count);
    }
    if (!strcmp(name, "--consumers")) {
        return read_small(value, 1, 64, &arguments->consumer_count);
    }
    if (!strcmp(name, "--waiting")) {
        return read_number(value, 1, UINT32_MAX, &arguments->most_waiting);
    }
    if (!strcmp(name, "--storage")) {
        arguments->storage = value;
        return true;
    }
    if (!strcmp(name, "--endpoint")) {
        arguments->endpoint = value;
        return true;
    }
    return false;
}

bool arguments_read(struct arguments *arguments, int argc, char **argv)
{
    *arguments = (struct arguments){ .span_count = 1000000,
                                     .burst_span_count = 25 * WORKLOAD_CALL_SPANS,
                                     .thread_count = 1,
                                     .most_waiting = 65536, /* as the peers' queues hold */
                                     .exporter_count = 1 };
    if (argc < 2) {
        fputs(usage, stderr);
        return false;
    }
    arguments->mode = argv[1];
    for (int i = 2; i < argc; i++) {
        if (!strcmp(argv[i], "--gzip")) {
            arguments->gzip = true;
        } else if (i + 1 < argc && read_option(arguments, argv[i], argv[i + 1])) {
            i++;
        } else {
            fprintf(stderr, "patter-bench: wrong at `%s`\n%s", argv[i], usage);
            return false;
        }
    }
    return true;
}
