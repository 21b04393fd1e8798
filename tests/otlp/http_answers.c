/* SPDX-License-Identifier: MIT */

/* What otlp-http makes of each answer: status, reason, delay and words, all exact. */

#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#include "tests/otlp/http_client.h"

#include <criterion/criterion.h>

#define ANSWER(status, fields, type, body)                                                         \
    "HTTP/1.1 " status "\r\n" fields "Content-Type: " type "\r\nConnection: close\r\n\r\n" body

#define PROTOBUF "application/x-protobuf"
/* google.rpc.Status: code 14, message "sending queue is full" */
#define QUEUE_FULL "\x08\x0E\x12\x15sending queue is full"

struct exchange {
    const char *answer;
    size_t len; /* 0: strlen */
    patter_status status;
    uint32_t wait_ms;
    uint32_t rejected;
    const char *reason; /* NULL: none */
    const char *detail; /* `%s`: the URL; NULL: none */
};

static void expect(const struct exchange *exchange)
{
    struct http_step step = { HTTP_ANSWER_CLOSE, exchange->answer, exchange->len };
    struct http_server *server = http_server_start(&step, 1, NULL, NULL);
    struct http_client client;
    char detail[512];
    http_client_init(&client, server, "http");
    cr_assert(http_client_create(&client), "%s", client.host.said);
    patter_status status = http_client_send(&client, 0, 5000);
    const char *reason = client.result.reason ? client.result.reason : "(none)";
    const char *words = client.result.detail ? client.result.detail : "(none)";
    snprintf(detail, sizeof(detail), exchange->detail ? exchange->detail : "(none)", client.url);
    cr_expect_eq(status, exchange->status, "%s: %d, %s", exchange->answer, status, words);
    cr_expect_str_eq(reason, exchange->reason ? exchange->reason : "(none)");
    cr_expect_str_eq(words, detail);
    cr_expect_eq(client.result.wait_ms, exchange->wait_ms, "%s: %u", exchange->answer,
                 client.result.wait_ms);
    cr_expect_eq(client.result.rejected, exchange->rejected);
    cr_expect_eq(http_server_connection_count(server), 1, "%s: sent again", exchange->answer);
    http_client_clean(&client);
    http_server_stop(server);
}

static void expect_all(const struct exchange *exchanges, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        expect(&exchanges[i]);
    }
}

#define EXPECT_ALL(exchanges) expect_all(exchanges, sizeof(exchanges) / sizeof((exchanges)[0]))
#define WITH_NUL(text)        text, sizeof(text) - 1

Test(otlp_http_answers, acceptance_in_full_and_in_part)
{
    static const struct exchange exchanges[] = {
        { WITH_NUL(ANSWER("200 OK", "", PROTOBUF, "\x0A\x00")), 0, 0, 0, NULL, NULL },
        { ANSWER("200 OK", "", PROTOBUF, ""), 0, 0, 0, 0, NULL, NULL },
        { ANSWER("202 Accepted", "", "text/plain", "thank you"), 0, 0, 0, 0, NULL, NULL },
        { "HTTP/1.1 204 No Content\r\n\r\n", 0, 0, 0, 0, NULL, NULL },
        { ANSWER("200 OK", "", PROTOBUF, "\x0A\x09\x08\x01\x12\x05quota"), 0, 0, 0, 1, "rejected",
          "the receiver refused all, 1 of 1 spans: quota" },
        { ANSWER("200 OK", "", PROTOBUF, "\x0A\x02\x08\x63"), 0, 0, 0, 1, "rejected",
          "the receiver refused all, 99 of 1 spans: it did not say why" },
        { ANSWER("200 OK", "", PROTOBUF, "\x0A\x06\x12\x04slow"), 0, 0, 0, 0, NULL,
          "the receiver accepted all spans and warns: slow" },
        { ANSWER("200 OK", "", "application/json",
                 "{\"partialSuccess\": {\"rejectedSpans\": \"1\", \"errorMessage\": \"no\"}}"),
          0, 0, 0, 1, "rejected", "the receiver refused all, 1 of 1 spans: no" },
        { ANSWER("200 OK", "", "application/json", "{}"), 0, 0, 0, 0, NULL, NULL },
    };
    EXPECT_ALL(exchanges);
}

Test(otlp_http_answers, a_web_page_is_no_receiver)
{
    static const struct exchange exchanges[] = {
        { ANSWER("200 OK", "", "text/html; charset=utf-8", "<html>hello</html>"), 0, PATTER_FAILED,
          0, 0, "not_otlp",
          "%s answered with a web page: no OTLP receiver listens there; check host, port and "
          "path" },
    };
    EXPECT_ALL(exchanges);
}

Test(otlp_http_answers, passing_faults_are_tried_again)
{
    static const struct exchange exchanges[] = {
        { ANSWER("429 Too Many Requests", "Retry-After: 7\r\n", "text/plain", "Throttle (7s)"), 0,
          PATTER_AGAIN, 7000, 0, "http_429", "%s answered 429: Throttle (7s)" },
        { ANSWER("503 Service Unavailable", "", PROTOBUF, QUEUE_FULL), 0, PATTER_AGAIN, 0, 0,
          "http_503", "%s answered 503: sending queue is full" },
        { ANSWER("503 Service Unavailable", "", "application/json",
                 "{\"code\":14,\"message\":\"sending queue is full\"}"),
          0, PATTER_AGAIN, 0, 0, "http_503", "%s answered 503: sending queue is full" },
        { ANSWER("502 Bad Gateway", "", "text/html", "<html>nginx</html>"), 0, PATTER_AGAIN, 0, 0,
          "http_502", "%s answered 502" },
        { ANSWER("504 Gateway Timeout", "Retry-After: soon\r\n", "text/plain", "late\r\n"), 0,
          PATTER_AGAIN, 0, 0, "http_504", "%s answered 504: late" },
        { ANSWER("503 Service Unavailable", "Retry-After: 99999999999\r\n", "text/plain", ""), 0,
          PATTER_AGAIN, 86400000, 0, "http_503", "%s answered 503" },
        { ANSWER("503 Service Unavailable", "Retry-After: -5\r\n", "text/plain", ""), 0,
          PATTER_AGAIN, 0, 0, "http_503", "%s answered 503" },
    };
    EXPECT_ALL(exchanges);
}

Test(otlp_http_answers, final_refusals)
{
    static const struct exchange exchanges[] = {
        { ANSWER("400 Bad Request", "", PROTOBUF,
                 "\x08\x03\x12\x03"
                 "bad"),
          0, PATTER_FAILED, 0, 0, "http_400",
          "%s answered 400; sending again would not help: bad" },
        { ANSWER("401 Unauthorized", "", "text/plain", ""), 0, PATTER_FAILED, 0, 0, "http_401",
          "%s answered 401; it wants a valid token: check `headers` and that the token's variable "
          "is set" },
        { ANSWER("403 Forbidden", "", "text/plain", ""), 0, PATTER_FAILED, 0, 0, "http_403",
          "%s answered 403; the token is not allowed to write traces: check `headers`" },
        { ANSWER("404 Not Found", "", "text/plain", "404 page not found\n"), 0, PATTER_FAILED, 0, 0,
          "http_404",
          "%s answered 404; nothing takes traces at this path: check the base path in `endpoint`, "
          "or write the whole URL as `traces_endpoint`: 404 page not found" },
        { ANSWER("415 Unsupported Media Type", "", "text/plain", ""), 0, PATTER_FAILED, 0, 0,
          "http_415",
          "%s answered 415; it does not take this encoding: try `encoding: json`, or protobuf" },
        { ANSWER("500 Oops", "Retry-After: 3\r\n", "text/plain", "why\x1b[31m"), 0, PATTER_FAILED,
          0, 0, "http_500", "%s answered 500; sending again would not help: why?[31m" },
        { ANSWER("307 Temporary Redirect", "Location: http://evil.example/?token=x\r\n",
                 "text/plain", ""),
          0, PATTER_FAILED, 0, 0, "http_307",
          "%s answered 307 and names another URL, which patter does not follow: write the final "
          "one in the endpoint" },
    };
    EXPECT_ALL(exchanges);
}

Test(otlp_http_answers, too_large_is_for_the_host_to_halve)
{
    static const struct exchange exchanges[] = {
        { ANSWER("413 Payload Too Large", "", "text/html", "<html>"), 0, PATTER_TOO_LARGE, 0, 0,
          "http_413", "the receiver takes no request of this size" },
        { ANSWER("400 Bad Request", "", "text/plain", "http: request body too large\n"), 0,
          PATTER_TOO_LARGE, 0, 0, "http_400",
          "the receiver takes no request of this size: http: request body too large" },
    };
    EXPECT_ALL(exchanges);
}

Test(otlp_http_answers, the_wrong_protocol_is_named)
{
    static const struct exchange exchanges[] = {
        { ANSWER("400 Bad Request", "", "text/plain",
                 "Client sent an HTTP request to an HTTPS server.\n"),
          0, PATTER_FAILED, 0, 0, "wrong_protocol_tls",
          "%s speaks TLS: write https:// in the endpoint" },
        { ANSWER("415 Unsupported Media Type", "", "application/grpc", ""), 0, PATTER_FAILED, 0, 0,
          "wrong_protocol_grpc",
          "%s speaks gRPC: name the exporter otlp-grpc, or write the receiver's HTTP port, usually "
          "4318" },
        { WITH_NUL("\0\0\x06\x04\0\0\0\0\0\0\x05\0\0\x40\0"), PATTER_FAILED, 0, 0,
          "wrong_protocol_grpc",
          "%s speaks gRPC: name the exporter otlp-grpc, or write the receiver's HTTP port, usually "
          "4318" },
        { WITH_NUL("\x15\x03\x01\0\x02\x02\x16"), PATTER_FAILED, 0, 0, "wrong_protocol_tls",
          "%s speaks TLS: write https:// in the endpoint" },
        { "SSH-2.0-OpenSSH_9.2p1 Debian\r\n", 0, PATTER_FAILED, 0, 0, "not_http",
          "what listens at %s speaks no HTTP: check host and port" },
    };
    EXPECT_ALL(exchanges);
}

Test(otlp_http_answers, retry_after_may_be_a_date)
{
    char answer[256];
    char date[64];
    time_t then = time(NULL) + 30;
    struct tm utc;
    strftime(date, sizeof(date), "%a, %d %b %Y %H:%M:%S GMT", gmtime_r(&then, &utc));
    snprintf(answer, sizeof(answer),
             "HTTP/1.1 503 Busy\r\nRetry-After: %s\r\nContent-Length: 0\r\n\r\n", date);
    struct http_step step = { HTTP_ANSWER_CLOSE, answer, 0 };
    struct http_server *server = http_server_start(&step, 1, NULL, NULL);
    struct http_client client;
    http_client_init(&client, server, "http");
    cr_assert(http_client_create(&client));
    cr_assert_eq(http_client_send(&client, 0, 5000), PATTER_AGAIN);
    cr_assert_gt(client.result.wait_ms, 20000);
    cr_assert_leq(client.result.wait_ms, 30000);
    http_client_clean(&client);
    http_server_stop(server);
}

/* What answers, where the token in a header is "Bearer s3cr3t/t0ken". */
static void send_token(const char *answer, char detail[512])
{
    struct http_step step = { HTTP_ANSWER_CLOSE, answer, 0 };
    struct http_server *server = http_server_start(&step, 1, NULL, NULL);
    struct http_client client;
    http_client_init(&client, server, "http");
    plugin_host_add_pair(&client.host, "headers", "authorization", "Bearer s3cr3t/t0ken");
    cr_assert(http_client_create(&client));
    http_client_send(&client, 0, 5000);
    snprintf(detail, 512, "%s", client.result.detail ? client.result.detail : "");
    http_client_clean(&client);
    http_server_stop(server);
}

Test(otlp_http_answers, who_refuses_a_token_is_not_quoted)
{
    static const char *const answers[] = {
        ANSWER("401 Unauthorized", "", "text/plain", "unknown token k3n"),
        ANSWER("403 Forbidden", "", "application/json", "{\"code\":7,\"message\":\"not k3n\"}"),
        ANSWER("407 Proxy Authentication Required", "", PROTOBUF, "\x08\x07\x12\x03k3n"),
    };
    char detail[512];
    for (size_t i = 0; i < sizeof(answers) / sizeof(answers[0]); i++) {
        send_token(answers[i], detail);
        cr_expect(strstr(detail, "answered 40") && !strstr(detail, "k3n"), "%s", detail);
    }
}

Test(otlp_http_answers, no_secret_comes_back_in_words)
{
    static const char *const answers[] = {
        ANSWER("503 Busy", "", "text/plain", "busy: s3cr3t/t0ken"),
        ANSWER("400 Bad Request", "", "application/json",
               "{\"code\":3,\"message\":\"bad s3cr3t\\/t0ken\"}"),
        ANSWER("413 Too Large", "", "text/plain", "S3CR3T/T0KEN sends too much"),
        ANSWER(
            "200 OK", "", "application/json",
            "{\"partialSuccess\": {\"rejectedSpans\": 1, \"errorMessage\": \"s3cr3t\\/t0ken\"}}"),
        ANSWER("200 OK", "", "application/json",
               "{\"partialSuccess\": {\"errorMessage\": \"s3cr3t\\/t0ken is old\"}}"),
    };
    char detail[512];
    for (size_t i = 0; i < sizeof(answers) / sizeof(answers[0]); i++) {
        send_token(answers[i], detail);
        cr_expect(strstr(detail, ": (not shown: the words hold a secret)"), "%s", detail);
        cr_expect(!strcasestr(detail, "s3cr3t"), "%s", detail);
    }
}

Test(otlp_http_answers, nor_do_the_endpoints_password_and_query)
{
    struct http_step step = { HTTP_ANSWER_CLOSE,
                              ANSWER("404 Not Found", "", "text/plain",
                                     "no /v1/traces?team=sales&key=s3cr3t-k3y for bot:p4ssw0rd; "
                                     "is s3cr3t-k3y or p4ssw0rd wrong?"),
                              0 };
    struct http_server *server = http_server_start(&step, 1, NULL, NULL);
    struct http_client client;
    char endpoint[128];
    http_client_init(&client, server, "http");
    snprintf(endpoint, sizeof(endpoint),
             "http://bot:p4ssw0rd@127.0.0.1:%u?team=sales&key=s3cr3t-k3y",
             http_server_port(server));
    plugin_host_set_text(&client.host, "endpoint", endpoint);
    cr_assert(http_client_create(&client), "%s", client.host.said);
    cr_assert_eq(http_client_send(&client, 0, 5000), PATTER_FAILED);
    cr_assert(strstr(http_server_head(server), "/v1/traces?team=sales&key=s3cr3t-k3y"));
    cr_assert_null(strstr(client.result.detail, "s3cr3t"), "%s", client.result.detail);
    cr_assert_null(strstr(client.result.detail, "p4ssw0rd"), "%s", client.result.detail);
    cr_assert(
        strstr(client.result.detail, "traces_endpoint`: (not shown: the words hold a secret)"),
        "%s", client.result.detail);
    http_client_clean(&client);
    http_server_stop(server);
}

Test(otlp_http_answers, an_endless_answer_is_cut_off)
{
    static const char head[] = "HTTP/1.1 200 OK\r\nContent-Type: " PROTOBUF "\r\n\r\n";
    size_t len = 6 * 1024 * 1024;
    char *answer = malloc(len);
    memset(answer, 'x', len);
    memcpy(answer, head, sizeof(head) - 1);
    struct http_step step = { HTTP_ANSWER_CLOSE, answer, len };
    struct http_server *server = http_server_start(&step, 1, NULL, NULL);
    struct http_client client;
    http_client_init(&client, server, "http");
    cr_assert(http_client_create(&client));
    cr_assert_eq(http_client_send(&client, 0, 20000), PATTER_FAILED);
    cr_assert_str_eq(client.result.reason, "answer_too_long");
    http_client_clean(&client);
    http_server_stop(server);
    free(answer);
}
