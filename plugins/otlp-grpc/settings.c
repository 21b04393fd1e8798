/* SPDX-License-Identifier: MIT */
#include "plugins/otlp-grpc/settings.h"

#include <arpa/inet.h>
#include <ctype.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <strings.h>

enum {
    NS_PER_MS = 1000000,
    KEEPALIVE_TIME_MS = 300 * 1000, /* receivers in Go punish pings that come more often */
    KEEPALIVE_TIMEOUT_MS = 5 * 1000
};

static char *copy(struct otlp_options *options, const char *name)
{
    struct patter_str text = otlp_options_text(options, name);
    char *own = text.len ? strndup(text.data, text.len) : NULL;
    if (text.len && !own) {
        otlp_options_fail(options, name, "memory is short");
    }
    return own;
}

/* ---- headers ------------------------------------------------------------------ */

static bool is(struct patter_str text, const char *other)
{
    return text.len == strlen(other) && memcmp(text.data, other, text.len) == 0;
}

/* Core would answer each call with an error that names no header. */
static void check_header(struct otlp_options *options, const struct patter_text_pair *header)
{
    static const char legal[] = "abcdefghijklmnopqrstuvwxyz0123456789-_.";
    struct patter_str name = header->key;
    int len = name.len < 64 ? (int)name.len : 64;
    for (size_t i = 0; i < name.len; i++) {
        if (!strchr(legal, name.data[i]) || name.data[i] == '\0') {
            otlp_options_fail(options, "headers",
                              "a name holds a character that gRPC takes in none; expected letters, "
                              "digits, `-`, `_` and `.`");
            return;
        }
    }
    if (header->value.len && memchr(header->value.data, '\t', header->value.len)) {
        otlp_options_fail(options, "headers",
                          "the value of `%.*s` holds a tab, which gRPC cannot "
                          "send",
                          len, name.data);
    } else if (is(name, "te") || is(name, "host") ||
               (name.len >= 5 && memcmp(name.data, "grpc-", 5) == 0)) {
        otlp_options_fail(options, "headers", "`%.*s` is written by gRPC itself: remove it", len,
                          name.data);
    } else if (is(name, "user-agent")) {
        otlp_options_fail(options, "headers", "write `user_agent` instead of the header `%.*s`",
                          len, name.data);
    }
}

static void check_twice(struct otlp_options *options, const struct patter_text_pair *headers,
                        size_t count)
{
    for (size_t i = 1; i < count; i++) {
        for (size_t j = 0; j < i; j++) {
            struct patter_str name = headers[i].key;
            if (name.len == headers[j].key.len &&
                memcmp(name.data, headers[j].key.data, name.len) == 0) {
                otlp_options_fail(options, "headers",
                                  "`%.*s` is given twice, in different capitals: keep one",
                                  (int)name.len, name.data);
            }
        }
    }
}

static void read_headers(struct otlp_options *options, struct settings *settings)
{
    struct otlp_settings *shared = &settings->shared;
    size_t len = 0;
    for (size_t i = 0; i < shared->header_count; i++) {
        len += shared->headers[i].key.len;
    }
    settings->names = malloc(len + 1);
    if (!settings->names) {
        otlp_options_fail(options, "headers", "memory is short");
        return;
    }
    char *at = settings->names;
    for (size_t i = 0; i < shared->header_count; i++) {
        struct patter_str *name = &shared->headers[i].key;
        for (size_t j = 0; j < name->len; j++) {
            at[j] = (char)tolower((unsigned char)name->data[j]);
        }
        name->data = at;
        at += name->len;
        if (!options->failed) {
            check_header(options, &shared->headers[i]);
        }
    }
    if (!options->failed) {
        check_twice(options, shared->headers, shared->header_count);
    }
}

/* ---- the rest ----------------------------------------------------------------- */

static int milliseconds(const struct otlp_options *options, const char *name, int otherwise)
{
    const struct patter_value *value = otlp_options_get(options, name);
    int64_t time_ms =
        value->type == PATTER_DURATION ? value->as.duration_ns / NS_PER_MS : otherwise;
    return time_ms < INT_MAX ? (int)time_ms : INT_MAX;
}

static void read_keepalive(struct otlp_options *options, struct settings *settings)
{
    int time_ms = milliseconds(options, "keepalive.time", KEEPALIVE_TIME_MS);
    int timeout_ms = milliseconds(options, "keepalive.timeout", KEEPALIVE_TIMEOUT_MS);
    if (time_ms < KEEPALIVE_TIME_MS) {
        otlp_options_warn(options, "keepalive.time: raised to 300s, since receivers close "
                                   "connections that are pinged more often");
        time_ms = KEEPALIVE_TIME_MS;
    }
    settings->keepalive_time_ms = time_ms;
    settings->keepalive_timeout_ms = timeout_ms > 0 ? timeout_ms : KEEPALIVE_TIMEOUT_MS;
    settings->keepalive_permit_without_stream =
        otlp_options_flag(options, "keepalive.permit_without_stream");
}

static void read_balancer(struct otlp_options *options, struct settings *settings)
{
    struct patter_str name = otlp_options_text(options, "balancer_name");
    if (name.len && !is(name, "pick_first") && !is(name, "round_robin")) {
        otlp_options_warn(options, "balancer_name: patter has no `%.*s`; gRPC's own choice is used",
                          (int)name.len, name.data);
        return;
    }
    settings->balancer_name = copy(options, "balancer_name");
}

static bool has_host_name(const struct target *target)
{
    struct in6_addr binary;
    char host[TARGET_ADDRESS_MAX];
    const char *text = target->address;
    if (strncmp(text, "unix", 4) == 0 || strncmp(text, "ipv", 3) == 0) {
        return false;
    }
    text += strncmp(text, "dns:///", 7) == 0 ? 7 : 0;
    text += *text == '[';
    snprintf(host, sizeof(host), "%s", text);
    char *port = strrchr(host, ':');
    if (port) {
        port[port > host && port[-1] == ']' ? -1 : 0] = '\0';
    }
    return inet_pton(AF_INET, host, &binary) != 1 && inet_pton(AF_INET6, host, &binary) != 1;
}

/* Core's own resolver keeps it from ending for a second after each look-up. */
static void check_resolver(struct otlp_options *options, const struct settings *settings)
{
    const char *resolver = getenv("GRPC_DNS_RESOLVER");
    if (has_host_name(&settings->target) && (!resolver || strcasecmp(resolver, "native") != 0)) {
        otlp_options_warn(options, "fork: restart with a host name needs GRPC_DNS_RESOLVER=native "
                                   "in the program's environment, or an IP address as endpoint; "
                                   "else a child may send nothing by gRPC");
    }
}

static void read_fork(struct otlp_options *options, struct settings *settings)
{
    struct patter_str word = otlp_options_text(options, "fork");
    settings->restarts = is(word, "restart");
    if (!settings->restarts && !is(word, "refuse")) {
        otlp_options_fail(options, "fork", "is `%.*s`; expected refuse or restart",
                          word.len < 64 ? (int)word.len : 64, word.data);
    } else if (settings->restarts && !options->failed) {
        check_resolver(options, settings);
    }
}

static void check_tls(struct otlp_options *options, const struct settings *settings)
{
    const struct otlp_tls *tls = &settings->shared.tls;
    const struct target *target = &settings->target;
    if (!target->is_tls && otlp_tls_is_given(tls)) {
        otlp_options_warn(options,
                          "tls: has no effect, since %s is plain text; write https:// "
                          "for TLS",
                          target->description);
    }
    if (!target->is_tls && !target->is_local && target->address[0]) {
        otlp_settings_warn_in_the_clear(options, &settings->shared, target->description);
    }
    if (target->has_scheme && target->is_tls && tls->insecure) {
        otlp_options_warn(options, "tls.insecure: has no effect on an https endpoint, whose "
                                   "certificate is verified");
    }
    if (target->is_tls && tls->min_version > 12) {
        otlp_options_fail(options, "tls.min_version",
                          "gRPC speaks 1.2 too and cannot be kept from it: let the receiver "
                          "insist on 1.3, or use otlp-http");
    }
    if (target->is_tls && tls->max_version < 13) {
        otlp_options_warn(options, "tls.max_version: has no effect; gRPC speaks 1.3 where the "
                                   "receiver does");
    }
}

void settings_read(struct otlp_options *options, struct settings *ret_settings)
{
    memset(ret_settings, 0, sizeof(*ret_settings));
    otlp_settings_read(options, &ret_settings->shared);
    read_headers(options, ret_settings);
    target_read(options, ret_settings->shared.tls.insecure, &ret_settings->target);
    check_tls(options, ret_settings);
    read_keepalive(options, ret_settings);
    read_balancer(options, ret_settings);
    read_fork(options, ret_settings);
    ret_settings->authority = copy(options, "authority");
    ret_settings->wait_for_ready = otlp_options_flag(options, "wait_for_ready");
}

void settings_clean(struct settings *settings)
{
    otlp_settings_clean(&settings->shared);
    free(settings->authority);
    free(settings->balancer_name);
    free(settings->names);
    memset(settings, 0, sizeof(*settings));
}
