/* SPDX-License-Identifier: MIT */

/* otlp-http: spans to an OpenTelemetry receiver, OTLP over HTTP/1.1 or, with TLS, HTTP/2. */

#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>

#include <patter/exporter.h>
#include <patter/version.h>

#include "plugins/otlp-http/transfer.h"
#include "plugins/otlp-http/url.h"
#include "plugins/otlp-http/verdict.h"
#include "plugins/otlp/crypto.h"
#include "plugins/otlp/encode.h"
#include "plugins/otlp/gzip.h"
#include "plugins/otlp/json.h"
#include "plugins/otlp/settings.h"

enum { REQUEST_MAX = 64 * 1024 * 1024 };

/* What one concurrent send() has for itself. */
struct worker {
    struct transfer *_Atomic transfer; /* NULL until the first send(), which sets it */
    struct otlp_buffer plain;
    struct otlp_buffer packed;
    struct verdict verdict; /* holds the texts of the last result */
};

struct otlp_http {
    const struct patter_host *host;
    struct otlp_settings settings;
    struct url url;
    char *proxy_url;
    bool is_json;
    struct transfer_config config;
    struct verdict_place place;
    struct worker *workers;      /* host->worker_count of them */
    _Atomic bool is_interrupted; /* set by any thread before it reads the workers' transfers, read
                                    by a worker after it set its own: one of both sees the other */
};

static const char *const encodings[] = { "protobuf", "proto", "json", NULL };

/* clang-format off */
static const struct patter_option rows[] = {
    OTLP_OPTION("endpoint", PATTER_TEXT, 0, "http://localhost:4318",
        "Base URL of an OTLP/HTTP receiver; /v1/traces is appended to its path."),
    OTLP_OPTION("traces_endpoint", PATTER_TEXT, 0, NULL,
        "The whole URL for traces, taken as it is; goes before `endpoint`."),
    OTLP_OPTION_CHOICE("encoding", "protobuf", encodings,
        "proto is another word for protobuf."),
    OTLP_OPTION("proxy_url", PATTER_TEXT, PATTER_OPTION_SECRET, NULL,
        "A proxy; without it http_proxy, https_proxy and no_proxy count, but not for localhost."),
    OTLP_OPTION("disable_keep_alives", PATTER_BOOL, 0, "false",
        "true: a new connection for every request."),
    OTLP_SHARED_OPTIONS,
    OTLP_WARNED("max_idle_conns"),
    OTLP_WARNED("max_idle_conns_per_host"),
    OTLP_WARNED("max_conns_per_host"),
    OTLP_WARNED("idle_conn_timeout"),
    OTLP_WARNED("http2_read_idle_timeout"),
    OTLP_WARNED("http2_ping_timeout"),
    OTLP_WARNED("force_attempt_http2"),
    OTLP_WARNED("cookies"),
};
/* clang-format on */

/* ---- create ------------------------------------------------------------------- */

static void check_tls(struct otlp_options *options, const struct otlp_http *self)
{
    if (self->url.text && !self->url.is_tls && otlp_tls_is_given(&self->settings.tls)) {
        otlp_options_warn(options, "tls: has no effect, since the endpoint says http://; write "
                                   "https:// for TLS");
    }
    if (self->url.text && !self->url.is_tls && !self->url.is_loopback) {
        otlp_settings_warn_in_the_clear(options, &self->settings, self->url.description);
    }
    if (self->url.is_tls && self->settings.tls.insecure) {
        otlp_options_warn(options, "tls.insecure: has no effect on an https endpoint, whose "
                                   "certificate is verified");
    }
}

static void read_proxy(struct otlp_options *options, struct otlp_http *self)
{
    struct patter_str text = otlp_options_text(options, "proxy_url");
    /* As in collectors, a proxy from the environment is not for this machine. */
    if (text.len || self->url.is_loopback) {
        self->proxy_url = strndup(text.len ? text.data : "", text.len);
        if (!self->proxy_url) {
            otlp_options_fail(options, "proxy_url", "memory is short");
        }
    }
}

static void read_options(struct otlp_options *options, struct otlp_http *self)
{
    struct patter_str encoding = otlp_options_text(options, "encoding");
    otlp_settings_read(options, &self->settings);
    url_read(options, self->settings.tls.server_name, &self->url);
    self->settings.userinfo = self->url.userinfo;
    self->settings.query = self->url.query;
    read_proxy(options, self);
    check_tls(options, self);
    self->is_json = encoding.len == 4 && memcmp(encoding.data, "json", 4) == 0;
    self->config = (struct transfer_config){
        .url = self->url.text,
        .port = self->url.port,
        .is_tls = self->url.is_tls,
        .connect_to = self->url.connect_to,
        .proxy_url = self->proxy_url,
        .content_type = self->is_json ? "application/json" : "application/x-protobuf",
        .host_header = self->url.host_header,
        .disable_keep_alives = otlp_options_flag(options, "disable_keep_alives"),
        .settings = &self->settings,
    };
    self->place =
        (struct verdict_place){ self->url.description, self->url.is_tls, &self->settings };
}

static void destroy(void *data)
{
    struct otlp_http *self = data;
    if (!self) {
        return;
    }
    for (uint32_t i = 0; self->workers && i < self->host->worker_count; i++) {
        transfer_destroy(atomic_load(&self->workers[i].transfer));
        otlp_buffer_clean(&self->workers[i].plain);
        otlp_buffer_clean(&self->workers[i].packed);
    }
    free(self->workers);
    free(self->proxy_url);
    url_clean(&self->url);
    otlp_settings_clean(&self->settings);
    free(self);
}

static patter_status create(const struct patter_host *host, const struct patter_value *values,
                            void **ret_self, struct patter_error *error)
{
    struct otlp_options options = { .host = host,
                                    .rows = rows,
                                    .count = sizeof(rows) / sizeof(rows[0]),
                                    .values = values,
                                    .error = error };
    struct otlp_http *self = calloc(1, sizeof(*self));
    if (!self) {
        goto no_memory;
    }
    self->host = host;
    self->workers = calloc(host->worker_count, sizeof(*self->workers));
    if (!self->workers) {
        goto no_memory;
    }
    read_options(&options, self);
    if (options.failed) {
        destroy(self);
        return PATTER_INVALID;
    }
    /* A child makes this on a thread of the bot's own, where locks may be held for ever. */
    if (otlp_crypto_begin() && !transfer_prepare()) {
        goto no_memory;
    }
    *ret_self = self;
    return PATTER_OK;

no_memory:
    host->fail(error, "memory is short");
    destroy(self);
    return PATTER_NO_MEMORY;
}

/* ---- send --------------------------------------------------------------------- */

/* `*ret_body` are the bytes to send; false when memory is short. */
static bool encode(const struct otlp_http *self, const struct patter_batch *batch,
                   struct worker *worker, const struct otlp_buffer **ret_body)
{
    bool good = self->is_json ? otlp_encode_json(batch, &worker->plain)
                              : otlp_encode(batch, &worker->plain);
    *ret_body = &worker->plain;
    if (good && self->settings.gzip_level) {
        good = otlp_gzip(&worker->plain, self->settings.gzip_level, &worker->packed);
        *ret_body = &worker->packed;
    }
    return good;
}

/* The worker's own: not before there is something to send, since most children of a bot send
 * nothing. NULL when memory is short. */
static struct transfer *take_transfer(struct otlp_http *self, struct worker *worker)
{
    struct transfer *transfer = atomic_load(&worker->transfer);
    if (!transfer) {
        transfer = transfer_new(&self->config);
        atomic_store(&worker->transfer, transfer);
        if (transfer && atomic_load(&self->is_interrupted)) {
            transfer_interrupt(transfer);
        }
    }
    return transfer;
}

static patter_status send(void *data, const struct patter_batch *batch,
                          struct patter_result *result)
{
    struct otlp_http *self = data;
    struct worker *worker = &self->workers[batch->worker];
    struct verdict *verdict = &worker->verdict;
    struct transfer_answer answer = { .end = TRANSFER_NO_MEMORY };
    const struct otlp_buffer *body;
    bool good = encode(self, batch, worker, &body);
    if (good && worker->plain.len > REQUEST_MAX) {
        result->reason = "request_too_large";
        return PATTER_TOO_LARGE;
    }
    struct transfer *transfer = good ? take_transfer(self, worker) : NULL;
    if (transfer) {
        transfer_post(transfer, body->data, body->len, batch->deadline_ns, &answer);
    }
    verdict_make(&self->place, &answer, body->len, batch->span_count, verdict);
    result->wait_ms = verdict->wait_ms;
    result->rejected = verdict->rejected;
    result->reason = verdict->reason[0] ? verdict->reason : NULL;
    result->detail = verdict->detail[0] ? verdict->detail : NULL;
    return verdict->status;
}

static void interrupt(void *data)
{
    struct otlp_http *self = data;
    atomic_store(&self->is_interrupted, true);
    for (uint32_t i = 0; i < self->host->worker_count; i++) {
        struct transfer *transfer = atomic_load(&self->workers[i].transfer);
        if (transfer) {
            transfer_interrupt(transfer);
        }
    }
}

static void describe(void *data, char *text, size_t size)
{
    const struct otlp_http *self = data;
    snprintf(text, size, "%s", self->url.description);
}

static void fork_child(void *data)
{
    struct otlp_http *self = data;
    for (uint32_t i = 0; i < self->host->worker_count; i++) {
        struct transfer *transfer = atomic_load(&self->workers[i].transfer);
        if (transfer) {
            transfer_abandon(transfer);
            atomic_store(&self->workers[i].transfer, NULL);
        }
    }
}

static const struct patter_exporter exporter = {
    .struct_size = sizeof(exporter),
    .option_size = sizeof(struct patter_option),
    .name = "otlp-http",
    .version = PATTER_VERSION,
    .help = "Sends spans to an OpenTelemetry receiver, OTLP over HTTP.",
    .options = rows,
    .option_count = sizeof(rows) / sizeof(rows[0]),
    .flags = PATTER_CONCURRENT,
    .create = create,
    .send = send,
    .destroy = destroy,
    .interrupt = interrupt,
    .describe = describe,
    .fork_child = fork_child,
};

PATTER_EXPORTER(exporter);
