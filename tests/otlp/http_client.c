/* SPDX-License-Identifier: MIT */
#include "tests/otlp/http_client.h"

#include <dlfcn.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#include "tests/otlp/random_batch.h"

enum { WORKER_COUNT = 4 };

static uint64_t now_ns(void)
{
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (uint64_t)now.tv_sec * 1000000000 + (uint64_t)now.tv_nsec;
}

static const struct patter_exporter *load(void)
{
    void *library = dlopen(OTLP_HTTP_PATH, RTLD_NOW | RTLD_LOCAL | RTLD_NODELETE);
    void *symbol = library ? dlsym(library, PATTER_EXPORTER_SYMBOL) : NULL;
    patter_exporter_v1_fn *exporter;
    if (!symbol) {
        fprintf(stderr, "%s\n", dlerror());
        abort();
    }
    memcpy(&exporter, &symbol, sizeof(exporter));
    return exporter();
}

void http_client_init(struct http_client *client, struct http_server *server, const char *scheme)
{
    memset(client, 0, sizeof(*client));
    client->exporter = load();
    plugin_host_init(&client->host, client->exporter->options, client->exporter->option_count,
                     WORKER_COUNT);
    snprintf(client->endpoint, sizeof(client->endpoint), "%s://127.0.0.1:%u", scheme,
             server ? http_server_port(server) : 1);
    snprintf(client->url, sizeof(client->url), "%s/v1/traces", client->endpoint);
    plugin_host_set_text(&client->host, "endpoint", client->endpoint);
}

bool http_client_create(struct http_client *client)
{
    return client->exporter->create(&client->host.host, client->host.values, &client->self,
                                    plugin_host_error(&client->host)) == PATTER_OK;
}

patter_status http_client_send_batch(struct http_client *client, struct patter_batch *batch,
                                     uint64_t timeout_ms)
{
    uint64_t begin_ns = now_ns();
    batch->deadline_ns = begin_ns + timeout_ms * 1000000;
    client->result = (struct patter_result){ .struct_size = sizeof(client->result) };
    patter_status status = client->exporter->send(client->self, batch, &client->result);
    client->took_ms = (double)(now_ns() - begin_ns) / 1e6;
    return status;
}

patter_status http_client_send(struct http_client *client, uint32_t worker, uint64_t timeout_ms)
{
    struct patter_value value = { PATTER_INT, { .integer = 42 } };
    struct patter_batch batch = *plain_batch("getpatter.stt.text_len", value);
    batch.worker = worker;
    return http_client_send_batch(client, &batch, timeout_ms);
}

void http_client_clean(struct http_client *client)
{
    if (client->self) {
        client->exporter->destroy(client->self);
    }
    plugin_host_clean(&client->host);
}
