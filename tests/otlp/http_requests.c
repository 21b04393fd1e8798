/* SPDX-License-Identifier: MIT */

/* What otlp-http sends, and by which way. */

#include <stdio.h>
#include <stdlib.h>

#include <zlib.h>

#include "plugins/otlp/encode.h"
#include "plugins/otlp/json.h"
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

/* The head as the receiver saw it, and the body: what a batch is turned into. */
Test(otlp_http_requests, a_request_has_what_otlp_wants)
{
    static const struct http_step step = { HTTP_ANSWER, HTTP_GOOD, 0 };
    struct otlp_buffer expected = { 0 };
    begin(&step, 1);
    plugin_host_set_text(&client.host, "compression", "none");
    plugin_host_add_pair(&client.host, "headers", "X-Api-Key", "abc");
    cr_assert(http_client_create(&client));
    struct random_batch *random = random_batch_new(3);
    struct patter_batch batch = *random_batch_get(random);
    cr_assert_eq(http_client_send_batch(&client, &batch, LONG_MS), PATTER_OK);
    const char *head = http_server_head(server);
    cr_assert_eq(strncmp(head, "POST /v1/traces HTTP/1.1\r\n", 26), 0, "%s", head);
    cr_assert(strstr(head, "\r\nContent-Type: application/x-protobuf"), "%s", head);
    cr_assert(strstr(head, "\r\nUser-Agent: patter/0.1.0 OTel-OTLP-Exporter-C/0.1.0"), "%s", head);
    cr_assert(strstr(head, "\r\nX-Api-Key: abc"), "%s", head);
    cr_assert_null(strstr(head, "Content-Encoding"), "%s", head);
    cr_assert_null(strstr(head, "Expect"), "%s", head);
    size_t len;
    const unsigned char *body = http_server_body(server, &len);
    cr_assert(otlp_encode(&batch, &expected));
    cr_assert_eq(len, expected.len);
    cr_assert_arr_eq(body, expected.data, len);
    otlp_buffer_clean(&expected);
    random_batch_destroy(random);
    end();
}

Test(otlp_http_requests, gzip_and_json)
{
    static const struct http_step step = { HTTP_ANSWER, HTTP_GOOD, 0 };
    struct otlp_buffer expected = { 0 };
    unsigned char plain[4096];
    begin(&step, 1);
    plugin_host_set_text(&client.host, "encoding", "json");
    cr_assert(http_client_create(&client));
    struct patter_batch batch =
        *plain_batch("app.x", (struct patter_value){ PATTER_INT, { .integer = 7 } });
    cr_assert_eq(http_client_send_batch(&client, &batch, LONG_MS), PATTER_OK);
    const char *head = http_server_head(server);
    cr_assert(strstr(head, "\r\nContent-Type: application/json"), "%s", head);
    cr_assert(strstr(head, "\r\nContent-Encoding: gzip"), "%s", head);
    size_t len;
    const unsigned char *body = http_server_body(server, &len);
    z_stream stream = { .next_in = (unsigned char *)(uintptr_t)body,
                        .avail_in = (uInt)len,
                        .next_out = plain,
                        .avail_out = sizeof(plain) };
    cr_assert_eq(inflateInit2(&stream, 15 + 16), Z_OK);
    cr_assert_eq(inflate(&stream, Z_FINISH), Z_STREAM_END);
    inflateEnd(&stream);
    cr_assert(otlp_encode_json(&batch, &expected));
    cr_assert_eq(stream.total_out, expected.len);
    cr_assert_arr_eq(plain, expected.data, expected.len);
    otlp_buffer_clean(&expected);
    end();
}

/* The receiver's name is for the proxy to resolve. */
static void send_through_proxy(const char *endpoint, const char *variable)
{
    static char address[64];
    snprintf(address, sizeof(address), "http://127.0.0.1:%u", http_server_port(server));
    plugin_host_set_text(&client.host, "endpoint", endpoint);
    if (variable) {
        setenv(variable, address, 1);
    } else {
        plugin_host_set_text(&client.host, "proxy_url", address);
    }
    cr_assert(http_client_create(&client), "%s", client.host.said);
    http_client_send(&client, 0, LONG_MS);
}

#define BY_PROXY " (through a proxy: see proxy_url, http_proxy, no_proxy)"

Test(otlp_http_requests, a_proxy_is_asked_and_named)
{
    static const struct http_step step = { HTTP_ANSWER_CLOSE,
                                           "HTTP/1.1 403 Forbidden\r\nContent-Length: 0\r\n\r\n",
                                           0 };
    static const char *const variables[] = { NULL, "http_proxy" };
    for (size_t i = 0; i < 2; i++) {
        begin(&step, 1);
        send_through_proxy("http://receiver.invalid:4318", variables[i]);
        cr_assert_str_eq(client.result.reason, "http_403");
        cr_assert_str_eq(client.result.detail,
                         "http://receiver.invalid:4318/v1/traces answered 403; the token is not "
                         "allowed to write traces: check `headers`" BY_PROXY);
        cr_assert_eq(strncmp(http_server_head(server),
                             "POST http://receiver.invalid:4318/v1/traces HTTP/1.1", 52),
                     0, "%s", http_server_head(server));
        end();
    }
}

Test(otlp_http_requests, a_proxy_that_refuses_a_tunnel)
{
    static const struct http_step step = { HTTP_ANSWER_CLOSE, "HTTP/1.1 403 Forbidden\r\n\r\n", 0 };
    begin(&step, 1);
    plugin_host_add_pair(&client.host, "headers", "x-api-key", "s3cr3t");
    send_through_proxy("https://receiver.invalid", NULL);
    cr_assert_str_eq(client.result.reason, "connection_failed");
    cr_assert_str_eq(client.result.detail,
                     "no answer from https://receiver.invalid/v1/traces: CONNECT tunnel failed, "
                     "response 403" BY_PROXY);
    cr_assert_null(strstr(http_server_head(server), "s3cr3t"), "a proxy sees no header");
    end();
}

Test(otlp_http_requests, a_proxys_password_is_not_shown)
{
    static const struct http_step step = {
        HTTP_ANSWER_CLOSE,
        "HTTP/1.1 503 Busy\r\nContent-Type: text/plain\r\nConnection: close\r\n\r\nbusy, "
        "hunter2-secret",
        0
    };
    static const char *const urls[] = { "http://alice:hunter2%%2Dsecret@127.0.0.1:%u",
                                        "foo://alice:hunter2-secret@127.0.0.1:%u",
                                        "http://alice:hunter2-secret@127.0.0.1:%ux" };
    static const char *const words[] = { "answered 503: (not shown: the words hold a secret)",
                                         "the proxy's URL cannot be read", "the proxy's URL" };
    char url[96];
    for (size_t i = 0; i < 3; i++) {
        begin(&step, 1);
        snprintf(url, sizeof(url), urls[i], http_server_port(server));
        plugin_host_set_text(&client.host, "endpoint", "http://receiver.invalid:4318");
        plugin_host_set_text(&client.host, "proxy_url", url);
        cr_assert(http_client_create(&client), "%s", client.host.said);
        http_client_send(&client, 0, LONG_MS);
        cr_expect(strstr(client.result.detail, words[i]), "%s", client.result.detail);
        cr_expect_null(strstr(client.result.detail, "hunter2"), "%s", client.result.detail);
        end();
    }
}

Test(otlp_http_requests, the_environments_proxy_is_not_for_this_machine)
{
    static const struct http_step step = { HTTP_ANSWER, HTTP_GOOD, 0 };
    static const char *const hosts[] = { "127.0.0.1", "localhost" };
    char endpoint[64];
    setenv("http_proxy", "http://127.0.0.1:1", 1);
    for (size_t i = 0; i < 2; i++) {
        begin(&step, 1);
        snprintf(endpoint, sizeof(endpoint), "http://%s:%u", hosts[i], http_server_port(server));
        plugin_host_set_text(&client.host, "endpoint", endpoint);
        cr_assert(http_client_create(&client));
        cr_assert_eq(http_client_send(&client, 0, LONG_MS), PATTER_OK, "%s", client.result.detail);
        end();
    }
}
