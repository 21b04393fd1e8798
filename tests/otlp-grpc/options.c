/* SPDX-License-Identifier: MIT */

/* What create() says about patter.yaml, before anything is sent. */

#include "tests/otlp-grpc/client.h"

#include <criterion/criterion.h>

static struct client client;

static void set_up(void)
{
    client_init(&client, "http://", 4317);
}

static void tear_down(void)
{
    client_clean(&client);
}

TestSuite(otlp_grpc_options, .init = set_up, .fini = tear_down, .timeout = 60);

static void again(void)
{
    tear_down();
    set_up();
}

static void expect_endpoint(const char *endpoint, int32_t insecure, const char *description,
                            const char *said)
{
    char text[512];
    plugin_host_set_text(&client.host, "endpoint", endpoint);
    plugin_host_set_flag(&client.host, "tls.insecure", insecure);
    cr_assert(client_create(&client), "%s: %s", endpoint, client.host.said);
    client.exporter->describe(client.self, text, sizeof(text));
    cr_expect_str_eq(text, description);
    cr_expect_str_eq(client.host.said, said, "%s: %s", endpoint, client.host.said);
    again();
}

static void expect_refused(const char *said)
{
    cr_expect_not(client_create(&client), "%s", said);
    cr_expect_str_eq(client.host.said, said, "\"%s\" is not \"%s\"", client.host.said, said);
    again();
}

static void expect_endpoint_refused(const char *endpoint, const char *said)
{
    plugin_host_set_text(&client.host, "endpoint", endpoint);
    expect_refused(said);
}

Test(otlp_grpc_options, fork_words)
{
    plugin_host_set_text(&client.host, "fork", "often");
    expect_refused("fork: is `often`; expected refuse or restart\n");
    plugin_host_set_text(&client.host, "fork", "restart");
    expect_endpoint("127.0.0.1:4317", 1, "http://127.0.0.1:4317", "");
    plugin_host_set_text(&client.host, "fork", "restart");
    expect_endpoint("[::1]:4317", 1, "http://[::1]:4317", "");
    plugin_host_set_text(&client.host, "fork", "restart");
    plugin_host_set_text(&client.host, "endpoint", "http://localhost:4317");
    cr_assert(client_create(&client), "%s", client.host.said);
    cr_expect(strstr(client.host.said, "GRPC_DNS_RESOLVER=native"), "%s", client.host.said);
}

Test(otlp_grpc_options, endpoints)
{
    expect_endpoint("localhost:4317", 0, "https://localhost:4317", "");
    expect_endpoint("localhost:4317", 1, "http://localhost:4317", "");
    expect_endpoint("http://localhost:4317", 0, "http://localhost:4317", "");
    expect_endpoint("HTTPS://localhost:443/", 0, "https://localhost:443", "");
    expect_endpoint("[::1]:4317", 1, "http://[::1]:4317", "");
    expect_endpoint("dns:///collector:4317", 1, "dns:///collector:4317", "");
    expect_endpoint("dns://10.0.0.1/collector:4317", 0, "dns://10.0.0.1/collector:4317 (TLS)", "");
    expect_endpoint("passthrough:///collector:4317", 1, "collector:4317", "");
    expect_endpoint("unix:/run/otel.sock", 1, "unix:/run/otel.sock", "");
    expect_endpoint("http://localhost:4318", 0, "http://localhost:4318",
                    "warning: endpoint: 4318 is the usual port of OTLP over HTTP; gRPC's is 4317, "
                    "and otlp-http is the exporter for HTTP\n");
    expect_endpoint("https://localhost:4317", 1, "https://localhost:4317",
                    "warning: tls.insecure: has no effect on an https endpoint, whose certificate "
                    "is verified\n");
}

Test(otlp_grpc_options, no_endpoints)
{
    expect_endpoint_refused("collector",
                            "endpoint: has no port: write collector:4317, the usual one of OTLP "
                            "over gRPC, or collector:443, as vendors have it\n");
    expect_endpoint_refused("https://api.example",
                            "endpoint: has no port: write https://api.example:4317, the usual one "
                            "of OTLP over gRPC, or https://api.example:443, as vendors have it\n");
    expect_endpoint_refused("http://localhost:4317/v1/traces",
                            "endpoint: OTLP over gRPC has no path: remove `/v1/traces`, or name "
                            "the exporter otlp-http\n");
    expect_endpoint_refused("dns:///collector:4317?key=abc",
                            "endpoint: OTLP over gRPC has no query: remove `?` and what follows "
                            "it; a token belongs into `headers`\n");
    expect_endpoint_refused("https://user:word@collector:4317",
                            "endpoint: user and password do not belong here: write headers: "
                            "{authorization: \"Basic ${env:TOKEN}\"}\n");
    expect_endpoint_refused("passthrough:@collector:4317",
                            "endpoint: user and password do not belong here: write headers: "
                            "{authorization: \"Basic ${env:TOKEN}\"}\n");
    expect_endpoint_refused("dns://user:word@server/collector",
                            "endpoint: user and password do not belong here: write headers: "
                            "{authorization: \"Basic ${env:TOKEN}\"}\n");
    expect_endpoint_refused("grpc://collector:4317",
                            "endpoint: `grpc://` is no scheme of this exporter: write https://, "
                            "http:// for plain text, or host:port alone\n");
    expect_endpoint_refused("dns://collector:4317",
                            "endpoint: needs three slashes: write dns:///collector:4317\n");
    expect_endpoint_refused("dns:///collector",
                            "endpoint: has no port: write dns:///collector:4317, the usual one of "
                            "OTLP over gRPC, or dns:///collector:443, as vendors have it\n");
    expect_endpoint_refused(":4317", "endpoint: names no host; expected the form "
                                     "http://host:port\n");
    expect_endpoint_refused("::1:4317",
                            "endpoint: the port must be a number from 1 to 65535; an IPv6 address "
                            "stands in brackets, as in http://[::1]:port\n");
    expect_endpoint_refused("unix:", "endpoint: names nothing after `unix:`\n");
}

Test(otlp_grpc_options, headers)
{
    plugin_host_add_pair(&client.host, "headers", "x!key", "v");
    expect_refused("headers: a name holds a character that gRPC takes in none; expected letters, "
                   "digits, `-`, `_` and "
                   "`.`\n");
    plugin_host_add_pair(&client.host, "headers", "User-Agent", "v");
    expect_refused("headers: write `user_agent` instead of the header `user-agent`\n");
    plugin_host_add_pair(&client.host, "headers", "grpc-timeout", "1S");
    expect_refused("headers: `grpc-timeout` is written by gRPC itself: remove it\n");
    plugin_host_add_pair(&client.host, "headers", "x-key", "a\tb");
    expect_refused("headers: the value of `x-key` holds a tab, which gRPC cannot send\n");
    plugin_host_add_pair(&client.host, "headers", "X-Key", "a");
    plugin_host_add_pair(&client.host, "headers", "x-key", "b");
    expect_refused("headers: `x-key` is given twice, in different capitals: keep one\n");
}

Test(otlp_grpc_options, tls)
{
    plugin_host_set_text(&client.host, "tls.server_name_override", "collector");
    cr_expect(client_create(&client));
    cr_expect_str_eq(client.host.said,
                     "warning: tls: has no effect, since http://127.0.0.1:4317 is plain text; "
                     "write https:// for TLS\n");
    again();
    plugin_host_set_text(&client.host, "endpoint", "localhost:4317");
    plugin_host_set_text(&client.host, "tls.min_version", "1.3");
    expect_refused("tls.min_version: gRPC speaks 1.2 too and cannot be kept from it: let the "
                   "receiver insist on 1.3, or use otlp-http\n");
    plugin_host_set_text(&client.host, "endpoint", "localhost:4317");
    plugin_host_set_text(&client.host, "tls.max_version", "1.2");
    cr_expect(client_create(&client));
    cr_expect_str_eq(client.host.said, "warning: tls.max_version: has no effect; gRPC speaks 1.3 "
                                       "where the receiver does\n");
    again();
    plugin_host_set_text(&client.host, "endpoint", "localhost:4317");
    plugin_host_set_text(&client.host, "tls.ca_file", "/nonexistent/ca.pem");
    expect_refused("tls.ca_file: cannot read /nonexistent/ca.pem: No such file or directory; "
                   "correct the path, or put a PEM file there\n");
}

static void set_duration(const char *name, int64_t seconds)
{
    for (size_t i = 0; i < client.host.count; i++) {
        if (strcmp(client.host.rows[i].name, name) == 0) {
            client.host.values[i].as.duration_ns = seconds * 1000000000;
        }
    }
}

Test(otlp_grpc_options, what_is_replaced_is_said)
{
    set_duration("keepalive.time", 10);
    plugin_host_set_text(&client.host, "balancer_name", "grpclb");
    cr_expect(client_create(&client));
    cr_expect_str_eq(client.host.said,
                     "warning: keepalive.time: raised to 300s, since receivers close connections "
                     "that are pinged more often\n"
                     "warning: balancer_name: patter has no `grpclb`; gRPC's own choice is used\n");
}
