/* SPDX-License-Identifier: MIT */

/* The modes that need opentelemetry-cpp's SDK and its OTLP exporters. */

#include <sys/resource.h>

#include <algorithm>
#include <atomic>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <memory>
#include <string>
#include <thread>

#include "call.h"
#include "opentelemetry/exporters/otlp/otlp_grpc_exporter_factory.h"
#include "opentelemetry/exporters/otlp/otlp_grpc_exporter_options.h"
#include "opentelemetry/exporters/otlp/otlp_http_exporter_factory.h"
#include "opentelemetry/exporters/otlp/otlp_http_exporter_options.h"
#include "opentelemetry/sdk/resource/resource.h"
#include "opentelemetry/sdk/trace/batch_span_processor_factory.h"
#include "opentelemetry/sdk/trace/batch_span_processor_options.h"
#include "opentelemetry/sdk/trace/exporter.h"
#include "opentelemetry/sdk/trace/processor.h"
#include "opentelemetry/sdk/trace/samplers/always_on_factory.h"
#include "opentelemetry/sdk/trace/span_data.h"
#include "opentelemetry/sdk/trace/tracer_provider.h"
#include "opentelemetry/sdk/trace/tracer_provider_factory.h"

namespace trace_sdk = opentelemetry::sdk::trace;
namespace common = opentelemetry::sdk::common;
namespace otlp = opentelemetry::exporter::otlp;
using Spans = nostd::span<std::unique_ptr<trace_sdk::Recordable>>;

static const size_t QUEUE = 65536;
static const size_t BATCH = 512;
static const size_t WARM_UP = 20500;
static const size_t SAMPLED = 205000;
static std::atomic<size_t> exported{ 0 };
static std::atomic<size_t> failed{ 0 };

/* Receives each batch and drops it. */
class Discard final : public trace_sdk::SpanExporter
{
  public:
    std::unique_ptr<trace_sdk::Recordable> MakeRecordable() noexcept override
    {
        return std::unique_ptr<trace_sdk::Recordable>(new trace_sdk::SpanData);
    }
    common::ExportResult Export(const Spans &spans) noexcept override
    {
        exported.fetch_add(spans.size());
        return common::ExportResult::kSuccess;
    }
    bool ForceFlush(std::chrono::microseconds) noexcept override
    {
        return true;
    }
    bool Shutdown(std::chrono::microseconds) noexcept override
    {
        return true;
    }
};

/* Passes batches on and counts what the receiver acknowledged. */
class Counting final : public trace_sdk::SpanExporter
{
  public:
    explicit Counting(std::unique_ptr<trace_sdk::SpanExporter> to) : to(std::move(to))
    {
    }
    std::unique_ptr<trace_sdk::Recordable> MakeRecordable() noexcept override
    {
        return to->MakeRecordable();
    }
    common::ExportResult Export(const Spans &spans) noexcept override
    {
        auto result = to->Export(spans);
        (result == common::ExportResult::kSuccess ? exported : failed).fetch_add(spans.size());
        return result;
    }
    bool ForceFlush(std::chrono::microseconds timeout) noexcept override
    {
        return to->ForceFlush(timeout);
    }
    bool Shutdown(std::chrono::microseconds timeout) noexcept override
    {
        return to->Shutdown(timeout);
    }

  private:
    std::unique_ptr<trace_sdk::SpanExporter> to;
};

static std::shared_ptr<trace_sdk::TracerProvider>
make_provider(std::unique_ptr<trace_sdk::SpanExporter> exporter)
{
    trace_sdk::BatchSpanProcessorOptions options;
    options.max_queue_size = QUEUE;
    options.max_export_batch_size = BATCH;
    return trace_sdk::TracerProviderFactory::Create(
        trace_sdk::BatchSpanProcessorFactory::Create(std::move(exporter), options),
        opentelemetry::sdk::resource::Resource::Create({ { "service.name", "bench" } }),
        trace_sdk::AlwaysOnSamplerFactory::Create());
}

static rusage usage()
{
    rusage now;
    getrusage(RUSAGE_SELF, &now);
    return now;
}

static double cpu_ns(const rusage &usage)
{
    return double(usage.ru_utime.tv_sec + usage.ru_stime.tv_sec) * 1e9 +
           double(usage.ru_utime.tv_usec + usage.ru_stime.tv_usec) * 1e3;
}

static double quantile(std::vector<uint64_t> &values, double quantile)
{
    if (values.empty()) {
        return 0;
    }
    auto nth = values.begin() + ptrdiff_t(double(values.size() - 1) * quantile);
    std::nth_element(values.begin(), nth, values.end());
    return double(*nth);
}

struct Bursts {
    size_t spans = 0;
    uint64_t busy_ns = 0;
    std::vector<uint64_t> each_ns;
    std::vector<uint64_t> samples;
};

/* One thread's bursts, each timed; the flush between two is not. */
static Bursts make_bursts(trace_sdk::TracerProvider &provider, uint64_t seed, size_t least,
                          bool sampled)
{
    auto tracer = provider.GetTracer("bench");
    Random random(seed);
    Bursts made;
    made.samples.reserve(sampled ? least + BURST_CALLS * CALL_SPANS : 0);
    for (int64_t i = 0; made.spans < least; made.spans += BURST_CALLS * CALL_SPANS) {
        uint64_t begin_ns = now_ns();
        for (int k = 0; k < BURST_CALLS; k++, i++) {
            call(*tracer, random, i, sampled ? &made.samples : nullptr);
        }
        made.each_ns.push_back(now_ns() - begin_ns);
        made.busy_ns += made.each_ns.back();
        provider.ForceFlush();
    }
    return made;
}

static Bursts make_all(trace_sdk::TracerProvider &provider, int threads, size_t least, bool sampled)
{
    std::vector<Bursts> made{ size_t(threads) };
    std::vector<std::thread> running;
    Bursts all;
    for (int i = 0; i < threads; i++) {
        running.emplace_back(
            [&, i] { made[size_t(i)] = make_bursts(provider, uint64_t(i) + 1, least, sampled); });
    }
    for (int i = 0; i < threads; i++) {
        Bursts &one = made[size_t(i)];
        running[size_t(i)].join();
        all.spans += one.spans;
        all.busy_ns += one.busy_ns;
        all.each_ns.insert(all.each_ns.end(), one.each_ns.begin(), one.each_ns.end());
        all.samples.insert(all.samples.end(), one.samples.begin(), one.samples.end());
    }
    return all;
}

int record(const Arguments &arguments)
{
    auto provider = make_provider(std::unique_ptr<trace_sdk::SpanExporter>(new Discard));
    make_all(*provider, arguments.threads, std::min(WARM_UP, arguments.spans), false);
    exported = 0;
    double cpu = cpu_ns(usage());
    Bursts timed = make_all(*provider, arguments.threads, arguments.spans, false);
    cpu = cpu_ns(usage()) - cpu;
    size_t arrived = exported;
    long max_rss_kb = usage().ru_maxrss;
    Bursts single =
        make_all(*provider, arguments.threads, std::min(SAMPLED, arguments.spans), true);
    double spans = double(timed.spans);
    double burst = BURST_CALLS * CALL_SPANS;
    printf("{\"peer\":\"otel-cpp\",\"mode\":\"record\",\"threads\":%d,\"spans\":%zu"
           ",\"exported\":%zu,\"dropped\":%zu,\"ns_per_span\":%.1f,\"p50_ns\":%.0f,\"p99_ns\":%.0f"
           ",\"burst_p50_ns_per_span\":%.1f,\"burst_min_ns_per_span\":%.1f"
           ",\"cpu_ns_per_span\":%.1f,\"max_rss_kb\":%ld}\n",
           arguments.threads, timed.spans, arrived, timed.spans - arrived,
           double(timed.busy_ns) / spans, quantile(single.samples, 0.50),
           quantile(single.samples, 0.99), quantile(timed.each_ns, 0.5) / burst,
           quantile(timed.each_ns, 0) / burst, cpu / spans, max_rss_kb);
    fflush(stdout);
    provider->Shutdown();
    return EXIT_SUCCESS;
}

static std::unique_ptr<trace_sdk::SpanExporter> make_exporter(const Arguments &arguments)
{
    if (!strcmp(arguments.mode, "export-grpc")) {
        otlp::OtlpGrpcExporterOptions options;
        options.endpoint = arguments.endpoint ? arguments.endpoint : "http://127.0.0.1:4317";
        options.use_ssl_credentials = false;
        options.compression = arguments.gzip ? "gzip" : "none";
        return otlp::OtlpGrpcExporterFactory::Create(options);
    }
    otlp::OtlpHttpExporterOptions options;
    options.url = std::string(arguments.endpoint ? arguments.endpoint : "http://127.0.0.1:4318") +
                  "/v1/traces";
    options.content_type = otlp::HttpRequestContentType::kBinary;
    options.compression = arguments.gzip ? "gzip" : "none";
    return otlp::OtlpHttpExporterFactory::Create(options);
}

static void wait_until_waiting(size_t made, size_t most)
{
    while (made - exported - failed > most) {
        std::this_thread::sleep_for(std::chrono::milliseconds(1));
    }
}

int export_spans(const Arguments &arguments)
{
    auto provider = make_provider(
        std::unique_ptr<trace_sdk::SpanExporter>(new Counting(make_exporter(arguments))));
    auto tracer = provider->GetTracer("bench");
    Random random(1);
    size_t made = 0;
    double cpu = cpu_ns(usage());
    uint64_t begin_ns = now_ns();
    while (made < arguments.spans) {
        wait_until_waiting(made, QUEUE - 2 * BATCH);
        call(*tracer, random, int64_t(made / CALL_SPANS));
        made += CALL_SPANS;
    }
    /* A flush makes this processor forget the size of its batches: only the last are flushed. */
    wait_until_waiting(made, BATCH);
    provider->ForceFlush();
    double wall_s = double(now_ns() - begin_ns) / 1e9;
    rusage end = usage();
    double spans = double(made);
    printf("{\"peer\":\"otel-cpp\",\"mode\":\"%s%s\",\"spans\":%zu,\"exported\":%zu"
           ",\"dropped\":%zu,\"wall_s\":%.4f,\"spans_per_s\":%.0f,\"cpu_us_per_span\":%.3f"
           ",\"max_rss_kb\":%ld}\n",
           arguments.mode, arguments.gzip ? "-gzip" : "", made, exported.load(), made - exported,
           wall_s, spans / wall_s, (cpu_ns(end) - cpu) / 1e3 / spans, end.ru_maxrss);
    fflush(stdout);
    provider->Shutdown();
    return EXIT_SUCCESS;
}
