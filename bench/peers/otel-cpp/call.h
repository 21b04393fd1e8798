/* SPDX-License-Identifier: MIT */
#ifndef OTEL_CPP_CALL_H
#define OTEL_CPP_CALL_H

/* The common workload on opentelemetry-cpp, with attributes at the start of each span. */

#include <endian.h>
#include <time.h>

#include <cstddef>
#include <cstdint>
#include <cstring>
#include <vector>

#include "opentelemetry/trace/provider.h"
#include "opentelemetry/trace/span_startoptions.h"
#include "opentelemetry/trace/tracer.h"

namespace nostd = opentelemetry::nostd;
namespace trace_api = opentelemetry::trace;

enum { TURNS = 10, CALL_SPANS = 1 + 4 * TURNS, BURST_CALLS = 25 };

struct Arguments {
    const char *mode = "";
    size_t spans = 1000000;
    int threads = 1;
    const char *endpoint = nullptr;
    bool gzip = false;
};

/* From sdk.cc, where the SDK is installed. */
int record(const Arguments &arguments);
int export_spans(const Arguments &arguments);

inline uint64_t now_ns()
{
    timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return uint64_t(now.tv_sec) * 1000000000 + uint64_t(now.tv_nsec);
}

/* Call ids come from a cheap generator, so that they cost every peer the same. */
class Random
{
  public:
    explicit Random(uint64_t seed) : state(UINT64_C(0x9E3779B97F4A7C15) ^ (seed << 32))
    {
    }

    void uuid(char text[36])
    {
        uint64_t high = (next() & ~UINT64_C(0xf000)) | 0x4000;
        uint64_t low = (next() & ~(UINT64_C(3) << 62)) | (UINT64_C(2) << 62);
        uint64_t digits[4] = { hex_digits(uint32_t(high >> 32)), hex_digits(uint32_t(high)),
                               hex_digits(uint32_t(low >> 32)), hex_digits(uint32_t(low)) };
        const char *from = reinterpret_cast<const char *>(digits);
        memcpy(text, from, 8);
        text[8] = '-';
        memcpy(text + 9, from + 8, 4);
        text[13] = '-';
        memcpy(text + 14, from + 12, 4);
        text[18] = '-';
        memcpy(text + 19, from + 16, 4);
        text[23] = '-';
        memcpy(text + 24, from + 20, 12);
    }

  private:
    static uint64_t hex_digits(uint32_t value)
    {
        const uint64_t ones = UINT64_C(0x0101010101010101);
        uint64_t nibbles = value;
        nibbles = (nibbles << 16 | nibbles) & UINT64_C(0x0000ffff0000ffff);
        nibbles = (nibbles << 8 | nibbles) & UINT64_C(0x00ff00ff00ff00ff);
        nibbles = (nibbles << 4 | nibbles) & UINT64_C(0x0f0f0f0f0f0f0f0f);
        return htobe64(nibbles + '0' * ones +
                       ((nibbles + 6 * ones) >> 4 & ones) * ('a' - '0' - 10));
    }

    uint64_t next()
    {
        state ^= state << 13;
        state ^= state >> 7;
        state ^= state << 17;
        return state;
    }

    uint64_t state;
};

/* Span `stage` of turn `i`: 0 stt, 1 llm, 2 tts, 3 tool. */
inline void child(trace_api::Tracer &tracer, int stage, nostd::string_view id, int64_t i,
                  const trace_api::StartSpanOptions &options)
{
    switch (stage) {
    case 0:
        tracer
            .StartSpan("getpatter.stt",
                       { { "getpatter.call.id", id },
                         { "getpatter.stt.text_len", int64_t(20 + (i & 127)) },
                         { "getpatter.stt.confidence", 0.5 + double(i & 63) * 0.0078125 } },
                       options)
            ->End();
        break;
    case 1:
        tracer
            .StartSpan("getpatter.llm",
                       { { "getpatter.call.id", id },
                         { "getpatter.llm.iteration", int64_t(i & 7) },
                         { "getpatter.llm.history_size", int64_t(i & 31) },
                         { "getpatter.llm.ttft_ms", 180.0 + double(i & 255) * 0.25 } },
                       options)
            ->End();
        break;
    case 2:
        tracer
            .StartSpan("getpatter.tts",
                       { { "getpatter.call.id", id },
                         { "getpatter.tts.text_len", int64_t(40 + (i & 127)) } },
                       options)
            ->End();
        break;
    default:
        tracer
            .StartSpan("getpatter.tool",
                       { { "getpatter.call.id", id },
                         { "getpatter.tool.name", nostd::string_view("lookup_order") },
                         { "getpatter.tool.transport", nostd::string_view("webhook") } },
                       options)
            ->End();
    }
}

/* `samples`, where given, takes the duration of each child. */
inline void call(trace_api::Tracer &tracer, Random &random, int64_t first,
                 std::vector<uint64_t> *samples = nullptr)
{
    char text[36];
    random.uuid(text);
    nostd::string_view id(text, sizeof(text));
    auto root = tracer.StartSpan(
        "getpatter.call", { { "getpatter.call.id", id },
                            { "getpatter.call.direction", nostd::string_view("inbound") },
                            { "getpatter.call.provider_mode", nostd::string_view("pipeline") } });
    trace_api::StartSpanOptions options;
    options.parent = root->GetContext();
    for (int64_t i = first; i < first + TURNS; i++) {
        for (int stage = 0; stage < 4; stage++) {
            if (samples) {
                uint64_t begin_ns = now_ns();
                child(tracer, stage, id, i, options);
                samples->push_back(now_ns() - begin_ns);
            } else {
                child(tracer, stage, id, i, options);
            }
        }
    }
    root->End();
}

#endif /* OTEL_CPP_CALL_H */
