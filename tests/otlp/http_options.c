/* SPDX-License-Identifier: MIT */

/* otlp-http's options: where requests go, and what is said about an endpoint that cannot be meant.
 */

#include <stdio.h>

#include "tests/otlp/http_client.h"

#include <criterion/criterion.h>

static struct http_client client;

/* `endpoint` NULL: the default. */
static void set(const char *endpoint, const char *traces_endpoint)
{
    http_client_init(&client, NULL, "http");
    plugin_host_set_text(&client.host, "endpoint", endpoint ? endpoint : "http://localhost:4318");
    if (traces_endpoint) {
        plugin_host_set_text(&client.host, "traces_endpoint", traces_endpoint);
    }
}

static void expect_url(const char *endpoint, const char *traces_endpoint, const char *url,
                       const char *said)
{
    char text[256];
    set(endpoint, traces_endpoint);
    cr_assert(http_client_create(&client), "%s", client.host.said);
    client.exporter->describe(client.self, text, sizeof(text));
    cr_expect_str_eq(text, url);
    cr_expect_str_eq(client.host.said, said);
    http_client_clean(&client);
}

#define DOUBLED                                                                                    \
    "warning: endpoint: it ends in /v1/traces already, which patter appends itself: leave it out " \
    "there\n"
#define GRPC_PORT                                                                                  \
    ": 4317 is usually a receiver's gRPC port and 4318 its HTTP port; for gRPC name the exporter " \
    "otlp-grpc\n"

Test(otlp_http_options, the_path_for_traces_is_appended_once)
{
    expect_url(NULL, NULL, "http://localhost:4318/v1/traces", "");
    expect_url("http://h:4318/", NULL, "http://h:4318/v1/traces", "");
    expect_url("http://h:4318//", NULL, "http://h:4318/v1/traces", "");
    expect_url("https://h/otlp", NULL, "https://h/otlp/v1/traces", "");
    expect_url("https://h/otlp/", NULL, "https://h/otlp/v1/traces", "");
    expect_url("HTTPS://h", NULL, "HTTPS://h/v1/traces", "");
    expect_url("http://h:4318/v1/traces", NULL, "http://h:4318/v1/traces", DOUBLED);
    expect_url("http://h:4318/x/v1/traces/", NULL, "http://h:4318/x/v1/traces", DOUBLED);
    expect_url("http://h:4318/v1/tracesx", NULL, "http://h:4318/v1/tracesx/v1/traces", "");
}

Test(otlp_http_options, traces_endpoint_is_taken_as_it_is)
{
    expect_url(NULL, "http://h:1/a/", "http://h:1/a/", "");
    expect_url(NULL, "http://h:1", "http://h:1/",
               "warning: traces_endpoint: it is taken as it is and has no path; most receivers "
               "want /v1/traces\n");
}

Test(otlp_http_options, the_grpc_port_is_noticed)
{
    expect_url("http://h:4317", NULL, "http://h:4317/v1/traces", "warning: endpoint" GRPC_PORT);
    expect_url(NULL, "https://h:4317/v1/traces", "https://h:4317/v1/traces",
               "warning: traces_endpoint" GRPC_PORT);
}

Test(otlp_http_options, a_description_has_no_secret)
{
    expect_url("https://me:pass@h/x?token=abc", NULL, "https://h/x/v1/traces?...", "");
}

static void expect_refusal(const char *endpoint, const char *said)
{
    set(endpoint, NULL);
    cr_assert_not(http_client_create(&client));
    cr_expect_str_eq(client.host.said, said);
    http_client_clean(&client);
}

Test(otlp_http_options, what_is_no_url_is_refused_with_a_cure)
{
    expect_refusal("localhost:4318", "endpoint: `localhost:4318` has no scheme: write "
                                     "http://localhost:4318, or https:// for TLS\n");
    expect_refusal("me:pass@h:4318",
                   "endpoint: `h:4318` has no scheme: write http://h:4318, or https:// for TLS\n");
    expect_refusal("grpc://h:4317", "endpoint: `grpc://` is no scheme of this exporter: write "
                                    "http:// or https://; for gRPC name the exporter otlp-grpc\n");
    expect_refusal("http://me:p@ss@h:4318",
                   "endpoint: the user or password holds an `@`: write %40 for it\n");
    expect_refusal("http://:4318", "endpoint: names no host; expected the form http://host:port\n");
}

Test(otlp_http_options, every_fault_is_told_at_once)
{
    set("localhost:4318", NULL);
    plugin_host_set_text(&client.host, "tls.ca_file", "/nonexistent");
    plugin_host_add_pair(&client.host, "headers", "host:", "x");
    cr_assert_not(http_client_create(&client));
    cr_expect_str_eq(client.host.said,
                     "headers: a name holds a character that no header's name has; expected "
                     "letters, digits and `-`, as in x-api-key\n"
                     "tls.ca_file: cannot read /nonexistent: No such file or directory; correct "
                     "the path, or put a PEM file there\n"
                     "endpoint: `localhost:4318` has no scheme: write http://localhost:4318, or "
                     "https:// for TLS\n");
    http_client_clean(&client);
}

Test(otlp_http_options, tls_without_https_is_noticed)
{
    set(NULL, NULL);
    plugin_host_set_text(&client.host, "tls.server_name_override", "x");
    cr_assert(http_client_create(&client));
    cr_expect_str_eq(client.host.said, "warning: tls: has no effect, since the endpoint says "
                                       "http://; write https:// for TLS\n");
    http_client_clean(&client);
}

/* What every row of the table promises to the host. */
Test(otlp_http_options, the_table_is_sound)
{
    http_client_init(&client, NULL, "http");
    for (size_t i = 0; i < client.exporter->option_count; i++) {
        const struct patter_option *row = &client.exporter->options[i];
        cr_assert(row->help && row->help[0], "%s", row->name);
        cr_assert_eq(row->type == PATTER_UNSET,
                     (row->flags &
                      (PATTER_OPTION_WARNED | PATTER_OPTION_PASSED | PATTER_OPTION_REFUSED)) != 0,
                     "%s", row->name);
        for (size_t j = 0; j < i; j++) {
            cr_assert_str_neq(row->name, client.exporter->options[j].name);
        }
    }
    http_client_clean(&client);
}
