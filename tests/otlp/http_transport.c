/* SPDX-License-Identifier: MIT */

/* otlp-http's connections: kept, lost, silent, interrupted, inherited. */

#include <fcntl.h>
#include <netinet/in.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include "tests/otlp/http_client.h"
#include "tests/otlp/random_batch.h"

#include <criterion/criterion.h>

enum { LONG_MS = 20000 };

static struct http_server *server;
static struct http_client client;

static void begin(const struct http_step *steps, size_t count)
{
    server = http_server_start(steps, count, NULL, NULL);
    http_client_init(&client, server, "http");
}

static void end(void)
{
    http_client_clean(&client);
    http_server_stop(server);
}

Test(otlp_http_transport, one_connection_serves_all_requests)
{
    static const struct http_step step = { HTTP_ANSWER, HTTP_GOOD, 0 };
    begin(&step, 1);
    cr_assert(http_client_create(&client));
    for (int i = 0; i < 5; i++) {
        cr_assert_eq(http_client_send(&client, 0, LONG_MS), PATTER_OK);
    }
    cr_assert_eq(http_server_request_count(server), 5);
    cr_assert_eq(http_server_connection_count(server), 1);
    end();
}

Test(otlp_http_transport, without_keep_alive_each_has_its_own)
{
    static const struct http_step step = { HTTP_ANSWER, HTTP_GOOD, 0 };
    begin(&step, 1);
    plugin_host_set_flag(&client.host, "disable_keep_alives", 1);
    cr_assert(http_client_create(&client));
    for (int i = 0; i < 3; i++) {
        cr_assert_eq(http_client_send(&client, 0, LONG_MS), PATTER_OK);
    }
    cr_assert_eq(http_server_connection_count(server), 3);
    end();
}

/* A kept connection that dies under the next request is no failure: it is sent once more. */
Test(otlp_http_transport, a_stale_connection_is_replaced_in_silence)
{
    static const struct http_step steps[] = {
        { HTTP_ANSWER, HTTP_GOOD, 0 }, { HTTP_RESET, NULL, 0 },       { HTTP_ANSWER, HTTP_GOOD, 0 },
        { HTTP_REFUSE_BODY, NULL, 0 }, { HTTP_ANSWER, HTTP_GOOD, 0 }, { HTTP_ANSWER_CLOSE, "", 0 },
        { HTTP_ANSWER, HTTP_GOOD, 0 }
    };
    begin(steps, sizeof(steps) / sizeof(steps[0]));
    cr_assert(http_client_create(&client));
    for (int i = 0; i < 4; i++) {
        cr_assert_eq(http_client_send(&client, 0, LONG_MS), PATTER_OK, "%d: %s", i,
                     client.result.detail);
        cr_assert_null(client.result.detail);
    }
    cr_assert_eq(http_server_connection_count(server), 4);
    end();
}

/* The same while a large body is on its way. */
Test(otlp_http_transport, a_connection_that_goes_stale_while_sending_is_replaced)
{
    static const struct http_step steps[] = { { HTTP_ANSWER, HTTP_GOOD, 0 },
                                              { HTTP_REFUSE_BODY, NULL, 0 },
                                              { HTTP_ANSWER, HTTP_GOOD, 0 } };
    size_t len = 8 * 1024 * 1024;
    char *text = malloc(len);
    memset(text, 'x', len);
    begin(steps, sizeof(steps) / sizeof(steps[0]));
    plugin_host_set_text(&client.host, "compression", "none");
    cr_assert(http_client_create(&client));
    cr_assert_eq(http_client_send(&client, 0, LONG_MS), PATTER_OK);
    struct patter_value value = { PATTER_TEXT, { .text = { text, len } } };
    struct patter_batch batch = *plain_batch("app.x", value);
    cr_assert_eq(http_client_send_batch(&client, &batch, LONG_MS), PATTER_OK, "%s",
                 client.result.detail);
    cr_assert_eq(http_server_connection_count(server), 2);
    cr_assert_null(strcasestr(http_server_head(server), "\r\nExpect:"), "no wait for 100 Continue");
    end();
    free(text);
}

/* On a connection of its own the same is a failure, and not sent twice. */
Test(otlp_http_transport, a_fresh_connection_that_dies_is_a_failure)
{
    static const enum http_act acts[] = { HTTP_RESET, HTTP_REFUSE_BODY, HTTP_ANSWER_CLOSE };
    for (size_t i = 0; i < sizeof(acts) / sizeof(acts[0]); i++) {
        struct http_step step = { acts[i], "", 0 };
        char detail[256];
        begin(&step, 1);
        cr_assert(http_client_create(&client));
        cr_assert_eq(http_client_send(&client, 0, LONG_MS), PATTER_AGAIN);
        cr_assert_str_eq(client.result.reason, "connection_closed");
        snprintf(detail, sizeof(detail),
                 "%s closed the connection without an answer; if it speaks TLS, write https://",
                 client.url);
        cr_assert_str_eq(client.result.detail, detail);
        cr_assert_eq(http_server_connection_count(server), 1);
        end();
    }
}

Test(otlp_http_transport, an_answer_cut_short_is_a_failure)
{
    static const struct http_step step = { HTTP_ANSWER_CLOSE,
                                           "HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\nhalf",
                                           0 };
    begin(&step, 1);
    cr_assert(http_client_create(&client));
    cr_assert_eq(http_client_send(&client, 0, LONG_MS), PATTER_AGAIN);
    cr_assert_str_eq(client.result.reason, "connection_closed");
    cr_assert_eq(http_server_connection_count(server), 1);
    end();
}

Test(otlp_http_transport, a_large_body_that_is_cut_off_is_halved)
{
    static const struct http_step step = { HTTP_REFUSE_BODY, NULL, 0 };
    size_t len = 8 * 1024 * 1024;
    char *text = malloc(len);
    memset(text, 'x', len);
    begin(&step, 1);
    plugin_host_set_text(&client.host, "compression", "none");
    cr_assert(http_client_create(&client));
    struct patter_value value = { PATTER_TEXT, { .text = { text, len } } };
    struct patter_batch batch = *plain_batch("app.x", value);
    cr_assert_eq(http_client_send_batch(&client, &batch, LONG_MS), PATTER_TOO_LARGE, "%s",
                 client.result.detail);
    cr_assert_str_eq(client.result.reason, "body_refused");
    free(text);
    end();
}

static void expect_timeout(enum http_act act, size_t text_len)
{
    struct http_step step = { act, "", 0 };
    char detail[256];
    char *text = calloc(text_len + 1, 1);
    memset(text, 'x', text_len);
    begin(&step, 1);
    plugin_host_set_text(&client.host, "compression", "none");
    cr_assert(http_client_create(&client));
    struct patter_batch batch =
        *plain_batch("app.x", (struct patter_value){ PATTER_TEXT, { .text = { text, text_len } } });
    cr_assert_eq(http_client_send_batch(&client, &batch, 300), PATTER_AGAIN);
    cr_assert_str_eq(client.result.reason, "timeout");
    snprintf(detail, sizeof(detail),
             "%s did not answer in time; raise `timeout` if it is only slow", client.url);
    cr_assert_str_eq(client.result.detail, detail);
    cr_assert_geq(client.took_ms, 250);
    end();
    free(text);
}

Test(otlp_http_transport, silence_ends_at_the_deadline)
{
    expect_timeout(HTTP_SILENT, 10);
}

Test(otlp_http_transport, a_stall_in_the_body_ends_at_the_deadline)
{
    expect_timeout(HTTP_DEAF, 16 * 1024 * 1024);
}

Test(otlp_http_transport, a_deadline_that_has_passed_sends_nothing)
{
    static const struct http_step step = { HTTP_ANSWER, HTTP_GOOD, 0 };
    begin(&step, 1);
    cr_assert(http_client_create(&client));
    cr_assert_eq(http_client_send(&client, 0, 0), PATTER_AGAIN);
    cr_assert_str_eq(client.result.reason, "timeout");
    cr_assert_eq(http_server_connection_count(server), 0);
    end();
}

Test(otlp_http_transport, nothing_listens)
{
    http_client_init(&client, NULL, "http");
    cr_assert(http_client_create(&client));
    cr_assert_eq(http_client_send(&client, 0, LONG_MS), PATTER_AGAIN);
    cr_assert_str_eq(client.result.reason, "connection_refused");
    cr_assert_str_eq(client.result.detail,
                     "nothing listens at http://127.0.0.1:1/v1/traces: is the receiver running, "
                     "and is this its OTLP/HTTP port?");
    http_client_clean(&client);
}

static void *interrupt_once_asked(void *data)
{
    (void)data;
    while (http_server_request_count(server) == 0) {
        usleep(1000);
    }
    client.exporter->interrupt(client.self);
    return NULL;
}

Test(otlp_http_transport, an_interrupt_ends_a_send_and_all_later_ones)
{
    static const struct http_step step = { HTTP_SILENT, NULL, 0 };
    pthread_t thread;
    begin(&step, 1);
    cr_assert(http_client_create(&client));
    cr_assert_eq(pthread_create(&thread, NULL, interrupt_once_asked, NULL), 0);
    cr_assert_eq(http_client_send(&client, 0, 60000), PATTER_AGAIN);
    cr_assert_str_eq(client.result.reason, "interrupted");
    cr_assert_lt(client.took_ms, 30000);
    pthread_join(thread, NULL);
    cr_assert_eq(http_client_send(&client, 1, 60000), PATTER_AGAIN);
    cr_assert_str_eq(client.result.reason, "interrupted");
    end();
}

/* The child's requests go over a connection of its own, and the parent's stays whole. */
Test(otlp_http_transport, a_forked_child_leaves_the_parents_connection_alone)
{
    static const struct http_step step = { HTTP_ANSWER, HTTP_GOOD, 0 };
    int status;
    begin(&step, 1);
    cr_assert(http_client_create(&client));
    cr_assert_eq(http_client_send(&client, 0, LONG_MS), PATTER_OK);
    pid_t child = fork();
    if (child == 0) {
        client.exporter->fork_child(client.self);
        _exit(http_client_send(&client, 0, LONG_MS) == PATTER_OK ? 0 : 1);
    }
    cr_assert_eq(waitpid(child, &status, 0), child);
    cr_assert(WIFEXITED(status) && WEXITSTATUS(status) == 0);
    cr_assert_eq(http_server_connection_count(server), 2);
    cr_assert_eq(http_client_send(&client, 0, LONG_MS), PATTER_OK);
    cr_assert_eq(http_server_connection_count(server), 2);
    end();
}

/* A program that the bot starts must not hold the connection open. */
Test(otlp_http_transport, a_started_program_inherits_no_connection)
{
    static const struct http_step step = { HTTP_ANSWER, HTTP_GOOD, 0 };
    int found = 0;
    begin(&step, 1);
    cr_assert(http_client_create(&client));
    cr_assert_eq(http_client_send(&client, 0, LONG_MS), PATTER_OK);
    for (int file = 0; file < 256; file++) {
        struct sockaddr_in peer = { 0 };
        socklen_t len = sizeof(peer);
        if (getpeername(file, (struct sockaddr *)&peer, &len) == 0 && peer.sin_family == AF_INET &&
            ntohs(peer.sin_port) == http_server_port(server)) {
            found++;
            cr_assert(fcntl(file, F_GETFD) & FD_CLOEXEC);
        }
    }
    cr_assert_eq(found, 1);
    end();
}
