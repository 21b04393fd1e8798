/* SPDX-License-Identifier: MIT */

/* otlp-http on several threads at once, each with a worker number of its own; then an interrupt
 * while all of them send. A plain program, so that ThreadSanitizer can watch it. */

#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "tests/otlp/http_client.h"
#include "tests/otlp/random_batch.h"

enum { THREAD_COUNT = 4, SEND_COUNT = 50 };

static struct patter_batch shared_batch;
static struct http_client client;
static _Atomic size_t good_count, interrupted_count;

static void must(int condition, const char *what)
{
    if (!condition) {
        fprintf(stderr, "failed: %s\n", what);
        exit(1);
    }
}

static patter_status send_one(uint32_t worker, struct patter_result *result)
{
    struct patter_batch batch = shared_batch;
    batch.worker = worker;
    *result = (struct patter_result){ .struct_size = sizeof(*result) };
    return client.exporter->send(client.self, &batch, result);
}

static void *run(void *data)
{
    uint32_t worker = *(const uint32_t *)data;
    for (int i = 0; i < SEND_COUNT; i++) {
        struct patter_result result;
        if (send_one(worker, &result) == PATTER_OK) {
            atomic_fetch_add(&good_count, 1);
        } else if (result.reason && strcmp(result.reason, "interrupted") == 0) {
            atomic_fetch_add(&interrupted_count, 1);
            break;
        }
    }
    return NULL;
}

static void run_all(struct http_server *server, size_t interrupt_after_requests)
{
    pthread_t threads[THREAD_COUNT];
    static uint32_t workers[THREAD_COUNT] = { 0, 1, 2, 3 };
    atomic_store(&good_count, 0);
    atomic_store(&interrupted_count, 0);
    http_client_init(&client, server, "http");
    must(http_client_create(&client), "create");
    for (size_t i = 0; i < THREAD_COUNT; i++) {
        must(pthread_create(&threads[i], NULL, run, &workers[i]) == 0, "pthread_create");
    }
    while (interrupt_after_requests &&
           http_server_request_count(server) < interrupt_after_requests) {
        usleep(1000);
    }
    if (interrupt_after_requests) {
        client.exporter->interrupt(client.self);
    }
    for (size_t i = 0; i < THREAD_COUNT; i++) {
        pthread_join(threads[i], NULL);
    }
    http_client_clean(&client);
}

int main(void)
{
    static const struct http_step good = { HTTP_ANSWER, HTTP_GOOD, 0 };
    static const struct http_step silent = { HTTP_SILENT, NULL, 0 };
    shared_batch = *plain_batch("app.x", (struct patter_value){ PATTER_INT, { .integer = 1 } });

    struct http_server *server = http_server_start(&good, 1, NULL, NULL);
    run_all(server, 0);
    must(atomic_load(&good_count) == (size_t)THREAD_COUNT * SEND_COUNT, "each send accepted");
    must(http_server_request_count(server) == (size_t)THREAD_COUNT * SEND_COUNT, "each sent once");
    must(http_server_connection_count(server) == THREAD_COUNT, "a connection for each worker");
    http_server_stop(server);

    server = http_server_start(&silent, 1, NULL, NULL);
    run_all(server, THREAD_COUNT);
    must(atomic_load(&interrupted_count) == THREAD_COUNT, "every send interrupted");
    http_server_stop(server);
    return 0;
}
