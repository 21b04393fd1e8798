/* SPDX-License-Identifier: MIT */
#include "tests/otlp-grpc/client.h"

#include <dlfcn.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

double client_now_ms(void)
{
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (double)now.tv_sec * 1e3 + (double)now.tv_nsec / 1e6;
}

void client_init(struct client *client, const char *scheme, unsigned port)
{
    void *library = dlopen(PLUGIN_PATH, RTLD_NOW | RTLD_LOCAL | RTLD_NODELETE);
    const struct patter_exporter *(*get)(void) = NULL;
    if (library) {
        *(void **)&get = dlsym(library, PATTER_EXPORTER_SYMBOL);
    }
    if (!get) {
        fprintf(stderr, "%s\n", dlerror());
        abort();
    }
    memset(client, 0, sizeof(*client));
    client->exporter = get();
    plugin_host_init(&client->host, client->exporter->options, client->exporter->option_count,
                     CLIENT_WORKERS);
    snprintf(client->endpoint, sizeof(client->endpoint), "%s127.0.0.1:%u", scheme, port);
    plugin_host_set_text(&client->host, "endpoint", client->endpoint);
}

bool client_create(struct client *client)
{
    return client->exporter->create(&client->host.host, client->host.values, &client->self,
                                    plugin_host_error(&client->host)) == PATTER_OK;
}

patter_status client_send_large(struct client *client, uint32_t worker, size_t size,
                                uint64_t timeout_ms, struct patter_result *result)
{
    char *text = malloc(size + 1);
    if (!text) {
        abort();
    }
    /* Not to be compressed away. */
    uint32_t random = 1 + worker;
    for (size_t i = 0; i < size; i++) {
        random = random * 1664525 + 1013904223;
        text[i] = (char)('0' + (random >> 24) % 75);
    }
    const struct patter_attribute attributes[] = {
        { patter_text("getpatter.call.id"), { PATTER_TEXT, { .text = { "c-1", 3 } } } },
        { patter_text("getpatter.pad"), { PATTER_TEXT, { .text = { text, size } } } },
    };
    const struct patter_span_view span = {
        .struct_size = sizeof(span),
        .kind = PATTER_KIND_INTERNAL,
        .trace_id = { 1 },
        .span_id = { 2 },
        .flags = 0x103,
        .name = patter_text("getpatter.stt"),
        .call_id = patter_text("c-1"),
        .begin_unix_ns = 1,
        .end_unix_ns = 2,
        .attributes = attributes,
        .attribute_count = 2,
    };
    const struct patter_span_view *const spans[] = { &span, &span, &span };
    const struct patter_batch batch = {
        .struct_size = sizeof(batch),
        .worker = worker,
        .spans = spans,
        .span_count = size ? 1 : 3,
        .scope_name = patter_text("getpatter"),
        .deadline_ns = (uint64_t)(client_now_ms() * 1e6) + timeout_ms * 1000000,
    };
    *result = (struct patter_result){ .struct_size = sizeof(*result) };
    patter_status status = client->exporter->send(client->self, &batch, result);
    free(text);
    return status;
}

patter_status client_send(struct client *client, uint64_t timeout_ms)
{
    double begin_ms = client_now_ms();
    patter_status status = client_send_large(client, 0, 0, timeout_ms, &client->result);
    client->took_ms = client_now_ms() - begin_ms;
    return status;
}

void client_clean(struct client *client)
{
    double begin_ms = client_now_ms();
    if (client->self) {
        client->exporter->destroy(client->self);
    }
    client->took_ms = client_now_ms() - begin_ms;
    plugin_host_clean(&client->host);
}
