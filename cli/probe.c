/* SPDX-License-Identifier: MIT */
#include "cli/probe.h"

#include <stdio.h>

#include <patter/version.h>

#include "core/base/clock.h"
#include "core/base/random.h"
#include "core/plugin/host.h"
#include "core/trace/resource.h"

struct pt_resource *cli_probe_resource(const struct pt_settings *settings)
{
    unsigned detectors = (settings->detect_host ? PT_DETECT_HOST : 0u) |
                         (settings->detect_process ? PT_DETECT_PROCESS : 0u);
    struct pt_resource *resource = pt_resource_new();
    bool good = resource != NULL;
    for (size_t i = 0; good && i < settings->resource_count; i++) {
        good = pt_resource_add(resource, settings->resource[i].key, &settings->resource[i].value);
    }
    if (good && !pt_resource_complete(resource, detectors)) {
        good = false;
    }
    if (!good) {
        pt_resource_destroy(resource);
        return NULL;
    }
    return resource;
}

static void fill_ids(struct patter_span_view *span, char ret_trace_id[33])
{
    uint64_t random[] = { pt_random(), pt_random(), pt_random() };
    memcpy(span->trace_id, random, sizeof(span->trace_id));
    memcpy(span->span_id, &random[2], sizeof(span->span_id));
    for (size_t i = 0; i < sizeof(span->trace_id); i++) {
        snprintf(ret_trace_id + 2 * i, 3, "%02x", span->trace_id[i]);
    }
}

static void take_answer(struct cli_probe *probe, const struct patter_result *result)
{
    probe->rejected = result->rejected;
    probe->accepted = probe->status == PATTER_OK && result->rejected == 0;
    snprintf(probe->reason, sizeof(probe->reason), "%s", result->reason ? result->reason : "");
    snprintf(probe->detail, sizeof(probe->detail), "%s", result->detail ? result->detail : "");
}

void cli_probe_send(struct cli_probe *probe, const struct pt_exporter_settings *settings,
                    const struct pt_instance *instance, const struct pt_resource *resource)
{
    struct patter_attribute call_id = {
        .key = patter_text("getpatter.call.id"),
        .value = { .type = PATTER_TEXT, .as.text = patter_text(CLI_PROBE_CALL_ID) },
    };
    uint64_t now_unix_ns = pt_clock_unix_ns();
    uint64_t now_ns = pt_clock_monotonic_ns();
    struct patter_span_view span = {
        .struct_size = sizeof(span),
        .kind = PATTER_KIND_INTERNAL,
        .flags = 0x101, /* sampled; the parent, none, is not remote */
        .name = patter_text("getpatter.call"),
        .call_id = call_id.value.as.text,
        .begin_unix_ns = now_unix_ns,
        .end_unix_ns = now_unix_ns + 1000000,
        .attributes = &call_id,
        .attribute_count = 1,
    };
    const struct patter_span_view *spans[] = { &span };
    struct patter_batch batch = {
        .struct_size = sizeof(batch),
        .spans = spans,
        .span_count = 1,
        .resource = resource->attributes,
        .resource_count = resource->attribute_count,
        .scope_name = patter_text("getpatter"),
        .scope_version = patter_text(PATTER_VERSION),
        .deadline_ns = now_ns + settings->timeout_ns,
    };
    struct patter_result result = { .struct_size = sizeof(result) };
    fill_ids(&span, probe->trace_id);
    probe->was_sent = true;
    probe->status = instance->exporter->send(instance->self, &batch, &result);
    probe->elapsed_ns = pt_clock_monotonic_ns() - now_ns;
    take_answer(probe, &result);
}

/* A detail may be a sentence that ends itself. */
static const char *full_stop(const struct cli_probe *probe)
{
    size_t len = strlen(probe->detail);
    return len > 0 && strchr(".?!", probe->detail[len - 1]) ? "" : ".";
}

void cli_probe_explain(const struct cli_probe *probe, struct pt_text *out)
{
    const char *joiner = probe->detail[0] ? ": " : "";
    if (probe->accepted) {
        pt_text_add(out, "accepted in %.1f ms%s%s; in the backend, look for trace %s",
                    (double)probe->elapsed_ns / 1e6, joiner, probe->detail, probe->trace_id);
        return;
    }
    switch (probe->status) {
    case PATTER_OK:
        pt_text_add(out, "reached, but the span was refused%s%s%s", joiner, probe->detail,
                    full_stop(probe));
        break;
    case PATTER_AGAIN:
        pt_text_add(out, "not accepted%s%s%s A running bot would keep its spans and try again.",
                    joiner, probe->detail, full_stop(probe));
        break;
    case PATTER_TOO_LARGE:
        pt_text_add(out, "not accepted: even one span is too large for the receiver%s%s%s", joiner,
                    probe->detail, full_stop(probe));
        break;
    default:
        pt_text_add(out, "not accepted%s%s%s A running bot would lose its spans.", joiner,
                    probe->detail, full_stop(probe));
        break;
    }
    if (probe->reason[0]) {
        pt_text_add(out, " (Counted as %s.)", probe->reason);
    }
}
