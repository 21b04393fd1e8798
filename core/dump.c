/* SPDX-License-Identifier: MIT */
#include <inttypes.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>

#include <patter/patter.h>

/* The counters as text, under the names of OpenTelemetry's conventions for SDK metrics where these
 * have one. */

enum { LINE_MAX_LEN = 512 };

struct dump {
    patter_write_fn *write;
    void *data;
};

static void put(const struct dump *dump, const char *format, ...)
    __attribute__((format(printf, 2, 3)));

static void put(const struct dump *dump, const char *format, ...)
{
    char line[LINE_MAX_LEN];
    va_list args;
    va_start(args, format);
    int len = vsnprintf(line, sizeof(line), format, args);
    va_end(args);
    if (len > 0 && (size_t)len < sizeof(line)) {
        dump->write(dump->data, line, (size_t)len);
    }
}

/* Read one after the other while spans begin: never below zero. */
static uint64_t less(uint64_t all, uint64_t some)
{
    return all > some ? all - some : 0;
}

static void put_process(const struct dump *dump, const struct patter_stats *stats)
{
    const struct {
        const char *name;
        uint64_t value;
    } own[] = {
        { "patter.span.ended", stats->spans_ended },
        { "patter.misuses", stats->misuses },
        { "patter.attribute.dropped{reason=\"denied\"}", stats->attributes_denied },
        { "patter.attribute.dropped{reason=\"invalid\"}", stats->attributes_invalid },
        { "patter.attribute.dropped{reason=\"scanned\"}", stats->attributes_scanned },
        { "patter.attribute.dropped{reason=\"over_limit\"}", stats->attributes_over_limit },
        { "patter.event.dropped{reason=\"over_limit\"}", stats->events_over_limit },
        { "patter.link.dropped{reason=\"over_limit\"}", stats->links_over_limit },
        { "patter.name.replaced", stats->names_replaced },
        { "patter.call_id.hashed", stats->call_ids_hashed },
    };
    put(dump,
        "otel.sdk.span.started{otel.span.sampling_result=\"RECORD_AND_SAMPLE\"} %" PRIu64 "\n",
        less(stats->spans_started, stats->spans_unsampled));
    put(dump, "otel.sdk.span.started{otel.span.sampling_result=\"DROP\"} %" PRIu64 "\n",
        stats->spans_unsampled);
    put(dump, "otel.sdk.span.live{otel.span.sampling_result=\"RECORD_AND_SAMPLE\"} %" PRIu64 "\n",
        stats->spans_live);
    for (size_t i = 0; i < sizeof(own) / sizeof(own[0]); i++) {
        put(dump, "%s %" PRIu64 "\n", own[i].name, own[i].value);
    }
}

/* How many of those before it have its name and its state, as after reloads while a receiver is
 * down. */
static unsigned count_alike(uint32_t index, const struct patter_exporter_stats *stats)
{
    unsigned count = 0;
    for (uint32_t i = 0; i < index; i++) {
        struct patter_exporter_stats other = { .struct_size = sizeof(other) };
        count += patter_get_exporter_stats(i, &other) == PATTER_OK && other.state == stats->state &&
                 strcmp(other.name, stats->name) == 0;
    }
    return count;
}

/* A name is an operator's: what would end its quotes is left out. No two have the same labels. */
static void make_labels(uint32_t index, const struct patter_exporter_stats *stats, char *ret_labels,
                        size_t size)
{
    unsigned alike = count_alike(index, stats);
    char number[32] = "";
    static const char *const states[] = { "", ",patter.exporter.state=\"ending\"",
                                          ",patter.exporter.state=\"ended\"" };
    char name[sizeof(stats->name)];
    snprintf(name, sizeof(name), "%s", stats->name);
    for (char *c = name; *c; c++) {
        *c = *c == '"' || *c == '\\' || (unsigned char)*c < ' ' ? '_' : *c;
    }
    if (alike > 0) {
        snprintf(number, sizeof(number), ",patter.exporter.number=\"%u\"", alike + 1);
    }
    snprintf(ret_labels, size, "otel.component.name=\"%s\"%s%s", name, states[stats->state % 3],
             number);
}

static void put_exporter(const struct dump *dump, uint32_t index,
                         const struct patter_exporter_stats *stats)
{
    char labels[192];
    uint64_t evicted = 0;
    make_labels(index, stats, labels, sizeof(labels));
    for (size_t i = 0; i < stats->drop_reason_count; i++) {
        if (strcmp(stats->drops[i].reason, "buffer_full") == 0) {
            evicted = stats->drops[i].spans;
        }
    }
    put(dump, "otel.sdk.processor.span.queue.size{%s} %" PRIu64 "\n", labels,
        less(stats->waiting, stats->in_flight));
    put(dump, "otel.sdk.processor.span.processed{%s} %" PRIu64 "\n", labels,
        stats->exported + less(stats->dropped, evicted) + stats->in_flight);
    put(dump, "otel.sdk.processor.span.processed{%s,error.type=\"queue_full\"} %" PRIu64 "\n",
        labels, evicted);
    put(dump, "otel.sdk.exporter.span.inflight{%s} %" PRIu64 "\n", labels, stats->in_flight);
    put(dump, "otel.sdk.exporter.span.exported{%s} %" PRIu64 "\n", labels, stats->exported);
    for (size_t i = 0; i < stats->drop_reason_count; i++) {
        const struct patter_drop_count *drop = &stats->drops[i];
        if (strcmp(drop->reason, "buffer_full") != 0) {
            put(dump, "otel.sdk.exporter.span.exported{%s,error.type=\"%s\"} %" PRIu64 "\n", labels,
                drop->reason, drop->spans);
        }
    }
    put(dump, "otel.sdk.exporter.operation.duration_sum{%s} %" PRIu64 ".%09" PRIu64 "\n", labels,
        stats->send_ns / 1000000000u, stats->send_ns % 1000000000u);
    put(dump, "otel.sdk.exporter.operation.duration_count{%s} %" PRIu64 "\n", labels,
        stats->requests);
    put(dump, "patter.exporter.span.entered{%s} %" PRIu64 "\n", labels, stats->entered);
    put(dump, "patter.exporter.span.recovered{%s} %" PRIu64 "\n", labels, stats->recovered);
    put(dump, "patter.exporter.retries{%s} %" PRIu64 "\n", labels, stats->retries);
}

patter_status patter_dump_stats(patter_write_fn *write, void *data)
{
    struct dump dump = { write, data };
    struct patter_stats stats = { .struct_size = sizeof(stats) };
    patter_status status = write ? patter_get_stats(&stats) : PATTER_INVALID;
    if (status != PATTER_OK) {
        return status;
    }
    put_process(&dump, &stats);
    for (uint32_t i = 0; i < stats.exporter_count; i++) {
        struct patter_exporter_stats exporter = { .struct_size = sizeof(exporter) };
        if (patter_get_exporter_stats(i, &exporter) == PATTER_OK) {
            put_exporter(&dump, i, &exporter);
        }
    }
    return PATTER_OK;
}
