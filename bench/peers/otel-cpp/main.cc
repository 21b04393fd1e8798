/* SPDX-License-Identifier: MIT */

/* otel-cpp: the common workload on opentelemetry-cpp. Build: cmake -B build -S . && make -C build
 */

#include <cstdio>
#include <cstdlib>
#include <cstring>

#include "call.h"

static int disabled(const Arguments &arguments)
{
    /* No provider is installed: the global one hands out tracers that do nothing. */
    auto tracer = trace_api::Provider::GetTracerProvider()->GetTracer("bench");
    Random random(1);
    int64_t calls = int64_t((arguments.spans + CALL_SPANS - 1) / CALL_SPANS);
    for (int64_t i = 0; i < calls / 10; i++) {
        call(*tracer, random, i);
    }
    uint64_t begin_ns = now_ns();
    for (int64_t i = 0; i < calls; i++) {
        call(*tracer, random, i);
    }
    double ns = double(now_ns() - begin_ns);
    double spans = double(calls * CALL_SPANS);
    printf("{\"peer\":\"otel-cpp\",\"mode\":\"disabled\",\"spans\":%.0f,\"ns_per_span\":%.2f}\n",
           spans, ns / spans);
    return EXIT_SUCCESS;
}

static bool read(Arguments &arguments, int argc, char **argv)
{
    if (argc < 2) {
        return false;
    }
    arguments.mode = argv[1];
    for (int i = 2; i < argc; i++) {
        if (!strcmp(argv[i], "--gzip")) {
            arguments.gzip = true;
        } else if (i + 1 < argc && !strcmp(argv[i], "--spans")) {
            arguments.spans = strtoull(argv[++i], nullptr, 10);
        } else if (i + 1 < argc && !strcmp(argv[i], "--threads")) {
            arguments.threads = atoi(argv[++i]);
        } else if (i + 1 < argc && !strcmp(argv[i], "--endpoint")) {
            arguments.endpoint = argv[++i];
        } else {
            return false;
        }
    }
    return true;
}

int main(int argc, char **argv)
{
    Arguments arguments;
    if (!read(arguments, argc, argv)) {
        fputs("usage: otel-cpp disabled|record|export-http|export-grpc [--spans N] [--threads N]"
              " [--endpoint URL] [--gzip]\n",
              stderr);
        return 2;
    }
    if (!strcmp(arguments.mode, "disabled")) {
        return disabled(arguments);
    }
#ifdef WITH_SDK
    if (!strcmp(arguments.mode, "record")) {
        return record(arguments);
    }
    if (!strncmp(arguments.mode, "export-", 7)) {
        return export_spans(arguments);
    }
#endif
    fprintf(stderr, "otel-cpp: `%s` is no mode of this build\n", arguments.mode);
    return 2;
}
