/* SPDX-License-Identifier: MIT */

/* Certificates, good and bad, on either side. */

#include "tests/otlp-grpc/client.h"
#include "tests/otlp-grpc/receiver.h"
#include "tests/support/http_server.h"

#include <criterion/criterion.h>
#include <criterion/redirect.h>

enum { TIMEOUT_MS = 5000 };

static struct identity authority, server, other_authority, bot, rogue;
static struct receiver receiver;
static struct client client;

static void set_up(void)
{
    authority = identity_make("authority", NULL, false);
    other_authority = identity_make("other-authority", NULL, false);
    server = identity_make("127.0.0.1", &authority, false);
    bot = identity_make("bot", &authority, false);
    rogue = identity_make("rogue", &other_authority, false);
}

static void tear_down(void)
{
    client_clean(&client);
    receiver_stop(&receiver);
    identity_clean(&authority);
    identity_clean(&other_authority);
    identity_clean(&server);
    identity_clean(&bot);
    identity_clean(&rogue);
}

TestSuite(otlp_grpc_tls, .init = set_up, .fini = tear_down, .timeout = 60);

static void start(const char *scheme, const struct identity *identity,
                  const struct identity *client_authority)
{
    receiver_start(&receiver, 0, identity, client_authority);
    client_init(&client, scheme, receiver.port);
}

static patter_status create_and_send(void)
{
    cr_assert(client_create(&client), "%s", client.host.said);
    return client_send(&client, TIMEOUT_MS);
}

static void expect_ok(void)
{
    patter_status status = create_and_send();
    cr_expect_eq(status, PATTER_OK, "%d, %s: %s", status, client.result.reason,
                 client.result.detail);
}

/* What gRPC's core would print on standard error is in the detail, which is limited in its rate. */
static void expect_fault(const char *reason, const char *detail)
{
    cr_redirect_stderr();
    patter_status status = create_and_send();
    fflush(stderr);
    cr_expect_stderr_eq_str("");
    cr_expect_eq(status, PATTER_AGAIN, "%d", status);
    cr_assert(client.result.reason && client.result.detail);
    cr_expect_str_eq(client.result.reason, reason, "%s: %s", client.result.reason,
                     client.result.detail);
    cr_expect(strstr(client.result.detail, detail), "\"%s\" is not in \"%s\"", detail,
              client.result.detail);
}

Test(otlp_grpc_tls, the_authority_is_known)
{
    start("https://", &server, NULL);
    plugin_host_set_text(&client.host, "tls.ca_pem", authority.cert_pem);
    expect_ok();
}

Test(otlp_grpc_tls, without_a_scheme_it_is_tls)
{
    start("", &server, NULL);
    plugin_host_set_text(&client.host, "tls.ca_pem", authority.cert_pem);
    expect_ok();
}

Test(otlp_grpc_tls, the_system_counts_too)
{
    start("https://", &server, NULL);
    plugin_host_set_text(&client.host, "tls.ca_pem", authority.cert_pem);
    plugin_host_set_flag(&client.host, "tls.include_system_ca_certs_pool", 1);
    expect_ok();
}

Test(otlp_grpc_tls, the_authority_is_unknown)
{
    start("https://", &server, NULL);
    plugin_host_set_text(&client.host, "tls.ca_pem", other_authority.cert_pem);
    expect_fault("tls_verify", "tls.ca_file");
}

Test(otlp_grpc_tls, the_system_does_not_know_the_authority)
{
    start("https://", &server, NULL);
    expect_fault("tls_verify", "tls.ca_file");
}

Test(otlp_grpc_tls, insecure_verifies_an_https_endpoint)
{
    start("https://", &server, NULL);
    plugin_host_set_flag(&client.host, "tls.insecure", 1);
    expect_fault("tls_verify", "tls.ca_file");
}

Test(otlp_grpc_tls, the_certificate_has_expired)
{
    identity_clean(&server);
    server = identity_make("127.0.0.1", &authority, true);
    start("https://", &server, NULL);
    plugin_host_set_text(&client.host, "tls.ca_pem", authority.cert_pem);
    expect_fault("tls_verify", "expired");
}

Test(otlp_grpc_tls, the_certificate_is_for_another_name)
{
    identity_clean(&server);
    server = identity_make("collector.example", &authority, false);
    start("https://", &server, NULL);
    plugin_host_set_text(&client.host, "tls.ca_pem", authority.cert_pem);
    expect_fault("tls_verify", "tls.server_name_override");
}

Test(otlp_grpc_tls, the_name_is_given)
{
    identity_clean(&server);
    server = identity_make("collector.example", &authority, false);
    start("https://", &server, NULL);
    plugin_host_set_text(&client.host, "tls.ca_pem", authority.cert_pem);
    plugin_host_set_text(&client.host, "tls.server_name_override", "collector.example");
    expect_ok();
}

Test(otlp_grpc_tls, the_authority_header_names_it)
{
    identity_clean(&server);
    server = identity_make("collector.example", &authority, false);
    start("https://", &server, NULL);
    plugin_host_set_text(&client.host, "tls.ca_pem", authority.cert_pem);
    plugin_host_set_text(&client.host, "authority", "collector.example");
    expect_ok();
    cr_expect(strstr(receiver_next_call(&receiver), ":authority=collector.example"));
}

Test(otlp_grpc_tls, nothing_is_verified)
{
    identity_clean(&server);
    server = identity_make("collector.example", &other_authority, true);
    start("https://", &server, NULL);
    plugin_host_set_flag(&client.host, "tls.insecure_skip_verify", 1);
    expect_ok();
    cr_expect(strstr(client.host.said, "insecure_skip_verify is on"));
}

Test(otlp_grpc_tls, plain_text_to_tls)
{
    start("http://", &server, NULL);
    expect_fault("connection_closed", "if it speaks TLS, write https://");
}

Test(otlp_grpc_tls, tls_to_plain_text)
{
    start("https://", NULL, NULL);
    expect_fault("wrong_protocol_plain", "tls: {insecure: true}");
}

Test(otlp_grpc_tls, the_bot_shows_its_certificate)
{
    start("https://", &server, &authority);
    plugin_host_set_text(&client.host, "tls.ca_pem", authority.cert_pem);
    plugin_host_set_text(&client.host, "tls.cert_pem", bot.cert_pem);
    plugin_host_set_text(&client.host, "tls.key_pem", bot.key_pem);
    expect_ok();
}

Test(otlp_grpc_tls, the_bot_shows_its_certificate_to_anybody)
{
    start("https://", &server, &authority);
    plugin_host_set_flag(&client.host, "tls.insecure_skip_verify", 1);
    plugin_host_set_text(&client.host, "tls.cert_pem", bot.cert_pem);
    plugin_host_set_text(&client.host, "tls.key_pem", bot.key_pem);
    expect_ok();
}

Test(otlp_grpc_tls, the_bot_has_no_certificate)
{
    start("https://", &server, &authority);
    plugin_host_set_text(&client.host, "tls.ca_pem", authority.cert_pem);
    expect_fault("connection_closed", "write tls.cert_file and tls.key_file");
}

Test(otlp_grpc_tls, the_bot_has_a_foreign_certificate)
{
    start("https://", &server, &authority);
    plugin_host_set_text(&client.host, "tls.ca_pem", authority.cert_pem);
    plugin_host_set_text(&client.host, "tls.cert_pem", rogue.cert_pem);
    plugin_host_set_text(&client.host, "tls.key_pem", rogue.key_pem);
    expect_fault("connection_closed", "may not accept the certificate");
}

static void set_up_old_tls(void)
{
    http_server_allow_old_tls();
    set_up();
}

static void tear_down_old_tls(void)
{
    client_clean(&client);
    identity_clean(&authority);
    identity_clean(&other_authority);
    identity_clean(&server);
    identity_clean(&bot);
    identity_clean(&rogue);
}

TestSuite(otlp_grpc_old_tls, .init = set_up_old_tls, .fini = tear_down_old_tls, .timeout = 60);

Test(otlp_grpc_old_tls, is_not_spoken_though_the_system_would)
{
    static const struct http_step silent = { HTTP_SILENT, NULL, 0 };
    struct http_server *old = http_server_start(&silent, 1, &server, NULL);
    http_server_speak_old_tls(old);
    client_init(&client, "https://", http_server_port(old));
    plugin_host_set_text(&client.host, "tls.ca_pem", authority.cert_pem);
    expect_fault("tls", "speaks no TLS version from 1.2");
    cr_expect_gt(http_server_connection_count(old), 0);
    http_server_stop(old);
}
