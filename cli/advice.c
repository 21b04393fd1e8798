/* SPDX-License-Identifier: MIT */
#include "cli/advice.h"

#include <stdlib.h>
#include <string.h>

#include <patter/patter.h>

#include "core/base/text.h"
#include "core/config/tree.h"

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

enum { PORT_TLS = 443 };

/* The parts of "https://host:4318/path" that mistakes are made in. */
struct endpoint {
    struct patter_str scheme; /* "https"; empty: none */
    struct patter_str host;   /* with the brackets of an IPv6 address */
    long port;                /* 0: none */
};

static bool is_one_of(struct patter_str text, const char *const *words, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        if (pt_str_is_nocase(text, words[i])) {
            return true;
        }
    }
    return false;
}

static void split(const char *text, struct endpoint *endpoint)
{
    const char *scheme_end = strstr(text, "://");
    const char *host = scheme_end ? scheme_end + 3 : text;
    size_t len = strcspn(host, "/?#");
    const char *at = memrchr(host, '@', len);
    const char *begin = at ? at + 1 : host;
    const char *end = host + len;
    const char *bracket = *begin == '[' ? memchr(begin, ']', (size_t)(end - begin)) : NULL;
    const char *name = bracket ? bracket : begin;
    const char *colon = memchr(name, ':', (size_t)(end - name));
    *endpoint = (struct endpoint){
        .scheme = { text, scheme_end ? (size_t)(scheme_end - text) : 0 },
        .host = { begin, (size_t)((colon ? colon : end) - begin) },
        .port = colon ? strtol(colon + 1, NULL, 10) : 0,
    };
}

static void advise_switch(struct pt_problems *problems)
{
    static const char *const offs[] = { "", "0", "false", "no", "off" };
    struct pt_place place = { "environment variable PATTER_OTEL_ENABLED", 0, 0 };
    const char *value = pt_switch_value();
    if (pt_switch_is_on()) {
        return;
    }
    if (is_one_of(patter_text(value), offs, COUNT(offs))) {
        pt_problem_add(problems, place, PATTER_LOG_INFO,
                       "it is %s%s%s, so tracing is off, whatever the file says; set it to 1, true "
                       "or yes where the bot starts",
                       *value ? "`" : "not set", value, *value ? "`" : "");
    } else {
        pt_problem_add(problems, place, PATTER_LOG_ERROR,
                       "`%.40s` does not switch tracing on; only 1, true and yes do", value);
    }
}

static void advise_service_name(const struct pt_settings *settings, struct pt_problems *problems)
{
    for (size_t i = 0; i < settings->resource_count; i++) {
        const struct pt_resource_entry *entry = &settings->resource[i];
        if (pt_str_is(entry->key, "service.name") && strcmp(entry->place.source, "default") == 0) {
            pt_problem_add(problems, (struct pt_place){ settings->file, 0, 0 }, PATTER_LOG_INFO,
                           "no service name is given: spans come from "
                           "unknown_service:<program>; write `service: {name: ...}`, or set "
                           "OTEL_SERVICE_NAME");
        }
    }
}

static void advise_grpc(const struct pt_exporter_settings *exporter, const struct pt_node *node,
                        const struct endpoint *endpoint, struct pt_problems *problems)
{
    static const char *const own_hosts[] = { "localhost", "127.0.0.1", "[::1]" };
    const struct pt_node *insecure = pt_node_find(exporter->section, "tls.insecure");
    bool is_insecure = !pt_node_is_unset(insecure) && pt_str_is_nocase(insecure->text, "true");
    bool has_ca = !pt_node_is_unset(pt_node_find(exporter->section, "tls.ca_file")) ||
                  !pt_node_is_unset(pt_node_find(exporter->section, "tls.ca_pem"));
    if (endpoint->scheme.len == 0 && !is_insecure && !has_ca &&
        is_one_of(endpoint->host, own_hosts, COUNT(own_hosts))) {
        pt_problem_add(problems, node->place, PATTER_LOG_WARNING,
                       "gRPC without a scheme is TLS, which a receiver on this host seldom speaks: "
                       "write http://" PT_STR_FMT ":%ld for plain text, or https:// where TLS is "
                       "meant",
                       PT_STR_ARG(endpoint->host), endpoint->port);
    }
}

static void advise_exporter(const struct pt_exporter_settings *exporter,
                            struct pt_problems *problems)
{
    const struct pt_node *node = pt_node_get(exporter->section, "endpoint");
    bool is_grpc = pt_str_is(exporter->plugin, "otlp-grpc");
    bool is_otlp = is_grpc || pt_str_is(exporter->plugin, "otlp-http");
    struct endpoint endpoint;
    if (!is_otlp || pt_node_is_unset(node) || node->kind != PT_NODE_SCALAR) {
        return;
    }
    split(node->text.data, &endpoint);
    if (endpoint.port == PORT_TLS && pt_str_is_nocase(endpoint.scheme, "http")) {
        pt_problem_add(problems, node->place, PATTER_LOG_WARNING,
                       "port %d is by custom TLS's, and http:// is plain text: write https://",
                       PORT_TLS);
    }
    if (is_grpc) {
        advise_grpc(exporter, node, &endpoint, problems);
    }
}

void cli_advice_add(const struct pt_settings *settings, struct pt_problems *problems)
{
    if (problems->error_count == 0) { /* else the name may stand where reading ended */
        advise_service_name(settings, problems);
    }
    advise_switch(problems);
    for (size_t i = 0; i < settings->exporter_count; i++) {
        advise_exporter(&settings->exporters[i], problems);
    }
    if (settings->exporter_count == 0 && problems->error_count == 0) {
        pt_problem_add(problems, (struct pt_place){ settings->file, 0, 0 }, PATTER_LOG_WARNING,
                       "there is no exporter, so nothing is sent; write `exporters: {stdout: }` to "
                       "see spans on standard output");
    }
}
