/* SPDX-License-Identifier: MIT */

/* otlp-grpc: spans to an OpenTelemetry receiver, OTLP over gRPC. */

#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>

#include <patter/exporter.h>
#include <patter/version.h>

#include "plugins/otlp-grpc/channel.h"
#include "plugins/otlp-grpc/settings.h"
#include "plugins/otlp-grpc/verdict.h"
#include "plugins/otlp/encode.h"
#include "plugins/otlp/gzip.h"

enum { REQUEST_MAX = 64 * 1024 * 1024, INTERNALS_BEFORE_RECONNECT = 3, GRPC_INTERNAL = 13 };

/* What one concurrent send() has for itself. */
struct worker {
    struct otlp_buffer plain; /* with compression: what is compressed */
    struct payload *payload;  /* NULL: not yet made */
    char detail[VERDICT_DETAIL_MAX];
};

struct otlp_grpc {
    const struct patter_host *host;
    struct settings settings;
    struct channel *channel;
    struct worker *workers;      /* host->worker_count of them */
    _Atomic bool was_reached;    /* some call was answered; any worker, only ever set */
    _Atomic int internals_count; /* INTERNALs in a row, by any worker; a hint, so relaxed */
};

/* clang-format off */
static const struct patter_option rows[] = {
    OTLP_OPTION("endpoint", PATTER_TEXT, 0, "http://localhost:4317",
        "host:port of an OTLP/gRPC receiver, with http:// for plain text or https:// for TLS; "
        "dns:///host:port and unix:/path too."),
    OTLP_OPTION("authority", PATTER_TEXT, 0, NULL,
        "Sent as :authority, and looked for in the receiver's certificate, instead of the "
        "endpoint's host."),
    OTLP_OPTION("balancer_name", PATTER_TEXT, 0, NULL,
        "pick_first or round_robin, where the endpoint's name has several addresses."),
    OTLP_OPTION("wait_for_ready", PATTER_BOOL, 0, "false",
        "true: a call waits for a connection until its timeout instead of failing at once."),
    OTLP_OPTION("keepalive.time", PATTER_DURATION, 0, "300s",
        "A ping after so long without an answer; less than 300s is raised to that."),
    OTLP_OPTION("keepalive.timeout", PATTER_DURATION, 0, "5s",
        "A connection that leaves a ping, or what was sent, unanswered for so long is closed."),
    OTLP_OPTION("keepalive.permit_without_stream", PATTER_BOOL, 0, "false",
        "true: ping also while nothing is being sent."),
    OTLP_OPTION("fork", PATTER_TEXT, 0, "refuse",
        "refuse: a child forked after the first batch sends nothing by gRPC; restart: gRPC ends "
        "before each fork, which takes up to 0.3s, and begins anew on both sides."),
    OTLP_SHARED_OPTIONS,
};
/* clang-format on */

static void self_free(struct otlp_grpc *self)
{
    for (uint32_t i = 0; self->workers && i < self->host->worker_count; i++) {
        otlp_buffer_clean(&self->workers[i].plain);
        payload_unref(self->workers[i].payload);
    }
    free(self->workers);
    settings_clean(&self->settings);
    free(self);
}

static struct channel *make_channel(const struct otlp_grpc *self)
{
    const struct settings *settings = &self->settings;
    const struct otlp_tls *tls = &settings->shared.tls;
    struct channel_settings channel_settings = {
        .connection = {
            .target = settings->target.address,
            .tls = settings->target.is_tls,
            .skip_verify = tls->skip_verify,
            .ca_pem = tls->ca_pem,
            .cert_pem = tls->cert_pem,
            .key_pem = tls->key_pem,
            .server_name = tls->server_name,
            .authority = settings->authority,
            .user_agent = settings->shared.user_agent,
            .balancer_name = settings->balancer_name,
            .keepalive_time_ms = settings->keepalive_time_ms,
            .keepalive_timeout_ms = settings->keepalive_timeout_ms,
            .keepalive_permit_without_stream = settings->keepalive_permit_without_stream,
            .gzip = settings->shared.gzip_level > 0,
        },
        .headers = settings->shared.headers,
        .header_count = settings->shared.header_count,
        .wait_for_ready = settings->wait_for_ready,
        .worker_count = self->host->worker_count,
    };
    return channel_new(&channel_settings);
}

static patter_status create(const struct patter_host *host, const struct patter_value *values,
                            void **ret_self, struct patter_error *error)
{
    struct otlp_options options = { .host = host,
                                    .rows = rows,
                                    .count = sizeof(rows) / sizeof(rows[0]),
                                    .values = values,
                                    .error = error };
    struct otlp_grpc *self = calloc(1, sizeof(*self));
    if (!self) {
        host->fail(error, "memory is short");
        return PATTER_NO_MEMORY;
    }
    self->host = host;
    self->workers = calloc(host->worker_count, sizeof(*self->workers));
    settings_read(&options, &self->settings);
    if (options.failed) {
        self_free(self);
        return PATTER_INVALID;
    }
    self->channel = make_channel(self);
    if (!self->workers || !self->channel) {
        host->fail(error, "memory is short");
        channel_destroy(self->channel);
        self_free(self);
        return PATTER_NO_MEMORY;
    }
    *ret_self = self;
    return PATTER_OK;
}

/* The worker's own payload: another one where the transport still has the last. */
static struct payload *take_payload(struct worker *worker)
{
    if (!worker->payload || !payload_is_mine(worker->payload)) {
        payload_unref(worker->payload);
        worker->payload = payload_new();
    }
    return worker->payload;
}

/* False when memory is short. `*ret_len` is without compression. */
static bool encode(const struct otlp_grpc *self, const struct patter_batch *batch,
                   struct worker *worker, size_t *ret_len)
{
    int level = self->settings.shared.gzip_level;
    struct payload *payload = take_payload(worker);
    if (!payload) {
        return false;
    }
    struct otlp_buffer *plain = level ? &worker->plain : &payload->buffer;
    bool good = otlp_encode(batch, plain) && (!level || otlp_gzip(plain, level, &payload->buffer));
    *ret_len = plain->len;
    return good;
}

/* A connection that is broken on this side answers INTERNAL for ever. */
static void note_status(struct otlp_grpc *self, int status)
{
    if (status == 0) {
        atomic_store_explicit(&self->was_reached, true, memory_order_relaxed);
    }
    if (status != GRPC_INTERNAL) {
        atomic_store_explicit(&self->internals_count, 0, memory_order_relaxed);
    } else if (atomic_fetch_add_explicit(&self->internals_count, 1, memory_order_relaxed) + 1 >=
               INTERNALS_BEFORE_RECONNECT) {
        atomic_store_explicit(&self->internals_count, 0, memory_order_relaxed);
        channel_reconnect(self->channel);
    }
}

static patter_status send(void *data, const struct patter_batch *batch,
                          struct patter_result *result)
{
    struct otlp_grpc *self = data;
    struct worker *worker = &self->workers[batch->worker];
    struct channel_answer answer = { 0 };
    size_t len = 0;
    int status = CHANNEL_NO_MEMORY;
    bool good = encode(self, batch, worker, &len);
    if (good && len > REQUEST_MAX) {
        result->reason = "request_too_large";
        return PATTER_TOO_LARGE;
    }
    if (good) {
        status = channel_export(self->channel, batch->worker, worker->payload, batch->deadline_ns,
                                &answer);
        note_status(self, status);
    }
    struct verdict_context context = {
        .where = self->settings.target.description,
        .is_tls = self->settings.target.is_tls,
        .has_certificate = self->settings.shared.tls.cert_pem != NULL,
        .was_reached = atomic_load_explicit(&self->was_reached, memory_order_relaxed),
        .restarts = self->settings.restarts,
        .span_count = batch->span_count,
        .request_lens = { good ? worker->payload->buffer.len : 0, len },
        .settings = &self->settings.shared,
    };
    return verdict_read(status, &answer, &context, result, worker->detail);
}

static void interrupt(void *data)
{
    struct otlp_grpc *self = data;
    channel_interrupt(self->channel);
}

static void destroy(void *data)
{
    struct otlp_grpc *self = data;
    if (self && channel_destroy(self->channel)) {
        self_free(self);
    }
}

static void describe(void *data, char *text, size_t size)
{
    const struct otlp_grpc *self = data;
    snprintf(text, size, "%s", self->settings.target.description);
}

static void fork_prepare(void *data)
{
    struct otlp_grpc *self = data;
    if (self->settings.restarts) {
        channel_stop(self->channel);
    }
}

static void fork_parent(void *data)
{
    struct otlp_grpc *self = data;
    if (self->settings.restarts) {
        channel_go_on(self->channel);
    }
}

static const struct patter_exporter exporter = {
    .struct_size = sizeof(exporter),
    .option_size = sizeof(struct patter_option),
    .name = "otlp-grpc",
    .version = PATTER_VERSION,
    .help = "Sends spans to an OpenTelemetry receiver, OTLP over gRPC.",
    .options = rows,
    .option_count = sizeof(rows) / sizeof(rows[0]),
    .flags = PATTER_CONCURRENT,
    .create = create,
    .send = send,
    .destroy = destroy,
    .interrupt = interrupt,
    .describe = describe,
    .fork_prepare = fork_prepare,
    .fork_parent = fork_parent,
};

PATTER_EXPORTER(exporter);
