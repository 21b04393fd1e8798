/* SPDX-License-Identifier: MIT */

/* otlp-http over TLS: who is believed, and what is said where nobody is. */

#include <stdio.h>

#include "tests/otlp/http_client.h"

#include <criterion/criterion.h>

enum { LONG_MS = 20000 };

static const struct http_step good = { HTTP_ANSWER, HTTP_GOOD, 0 };
static struct identity authority, receiver, named, expired, bot, stranger;
static struct http_client client;

static void set_up(void)
{
    authority = identity_make("authority", NULL, false);
    receiver = identity_make("127.0.0.1", &authority, false);
    named = identity_make("collector.internal", &authority, false);
    expired = identity_make("127.0.0.1", &authority, true);
    bot = identity_make("bot", &authority, false);
    stranger = identity_make("stranger", NULL, false);
}

static void tear_down(void)
{
    identity_clean(&authority);
    identity_clean(&receiver);
    identity_clean(&named);
    identity_clean(&expired);
    identity_clean(&bot);
    identity_clean(&stranger);
}

TestSuite(otlp_http_tls, .init = set_up, .fini = tear_down);

static struct http_server *begin(const struct identity *identity, const struct identity *clients)
{
    struct http_server *server = http_server_start(&good, 1, identity, clients);
    http_client_init(&client, server, "https");
    plugin_host_set_text(&client.host, "tls.ca_pem", authority.cert_pem);
    return server;
}

/* Sends once and stops all. `%s` in `detail`: the URL; only the beginning counts, since the rest is
 * OpenSSL's. */
static void expect(struct http_server *server, patter_status status, const char *reason,
                   const char *detail)
{
    char words[512];
    cr_assert(http_client_create(&client), "%s", client.host.said);
    cr_assert_eq(http_client_send(&client, 0, LONG_MS), status, "%s", client.result.detail);
    if (reason) {
        snprintf(words, sizeof(words), detail, client.url);
        cr_assert_str_eq(client.result.reason, reason, "%s", client.result.detail);
        cr_assert_eq(strncmp(client.result.detail, words, strlen(words)), 0, "%s",
                     client.result.detail);
    }
    http_client_clean(&client);
    http_server_stop(server);
}

Test(otlp_http_tls, a_receiver_of_the_own_authority)
{
    expect(begin(&receiver, NULL), PATTER_OK, NULL, NULL);
}

Test(otlp_http_tls, a_stale_connection_is_replaced_in_silence)
{
    static const struct http_step steps[] = {
        { HTTP_ANSWER, HTTP_GOOD, 0 },       { HTTP_REFUSE_BODY, NULL, 0 },
        { HTTP_ANSWER, HTTP_GOOD, 0 },       { HTTP_RESET, NULL, 0 },
        { HTTP_ANSWER_CLOSE, HTTP_GOOD, 0 }, { HTTP_ANSWER, HTTP_GOOD, 0 }
    };
    struct http_server *server =
        http_server_start(steps, sizeof(steps) / sizeof(steps[0]), &receiver, NULL);
    http_client_init(&client, server, "https");
    plugin_host_set_text(&client.host, "tls.ca_pem", authority.cert_pem);
    cr_assert(http_client_create(&client), "%s", client.host.said);
    for (int i = 0; i < 4; i++) {
        cr_assert_eq(http_client_send(&client, 0, LONG_MS), PATTER_OK, "%d: %s", i,
                     client.result.detail);
    }
    cr_assert_eq(http_server_connection_count(server), 4);
    http_client_clean(&client);
    http_server_stop(server);
}

Test(otlp_http_tls, an_unknown_authority_is_not_believed)
{
    struct http_server *server = begin(&receiver, NULL);
    plugin_host_set_text(&client.host, "tls.ca_pem", stranger.cert_pem);
    expect(server, PATTER_AGAIN, "tls_verify",
           "the certificate of %s is not believed; write the authority that signed it as "
           "tls.ca_file: ");
}

/* tls.insecure speaks of endpoints without a scheme, never of verification. */
Test(otlp_http_tls, insecure_does_not_switch_verification_off)
{
    struct http_server *server = begin(&receiver, NULL);
    plugin_host_set_text(&client.host, "tls.ca_pem", stranger.cert_pem);
    plugin_host_set_flag(&client.host, "tls.insecure", 1);
    expect(server, PATTER_AGAIN, "tls_verify", "the certificate of %s is not believed");
    cr_assert_str_eq(client.host.said, "warning: tls.insecure: has no effect on an https endpoint, "
                                       "whose certificate is verified\n");
}

Test(otlp_http_tls, verification_can_be_skipped_with_a_warning)
{
    struct http_server *server = begin(&receiver, NULL);
    plugin_host_set_text(&client.host, "tls.ca_pem", stranger.cert_pem);
    plugin_host_set_flag(&client.host, "tls.insecure_skip_verify", 1);
    expect(server, PATTER_OK, NULL, NULL);
    cr_assert_str_eq(client.host.said,
                     "warning: tls.insecure_skip_verify is on: whoever answers is believed to be "
                     "the receiver, and is sent headers and spans\n");
}

Test(otlp_http_tls, an_expired_certificate)
{
    expect(begin(&expired, NULL), PATTER_AGAIN, "tls_verify",
           "the certificate of %s is not believed; the receiver needs a new one, or a clock is "
           "wrong: ");
}

Test(otlp_http_tls, a_certificate_of_another_name)
{
    expect(begin(&named, NULL), PATTER_AGAIN, "tls_verify",
           "the certificate of %s is not believed; write the name it has in the endpoint, or as "
           "tls.server_name_override: ");
}

Test(otlp_http_tls, the_other_name_may_be_given)
{
    struct http_server *server = begin(&named, NULL);
    plugin_host_set_text(&client.host, "tls.server_name_override", "collector.internal");
    cr_assert(http_client_create(&client));
    cr_assert_eq(http_client_send(&client, 0, LONG_MS), PATTER_OK, "%s", client.result.detail);
    char host[64];
    snprintf(host, sizeof(host), "\r\nHost: 127.0.0.1:%u", http_server_port(server));
    cr_assert(strstr(http_server_head(server), host), "%s", http_server_head(server));
    http_client_clean(&client);
    http_server_stop(server);
}

Test(otlp_http_tls, both_sides_show_a_certificate)
{
    struct http_server *server = begin(&receiver, &authority);
    plugin_host_set_text(&client.host, "tls.cert_pem", bot.cert_pem);
    plugin_host_set_text(&client.host, "tls.key_pem", bot.key_pem);
    expect(server, PATTER_OK, NULL, NULL);
}

/* The alert may be lost when the receiver closes while the request is on its way: two answers. */
static void expect_client_certificate_trouble(struct http_server *server, const char *option)
{
    cr_assert(http_client_create(&client));
    cr_assert_eq(http_client_send(&client, 0, LONG_MS), PATTER_AGAIN);
    cr_assert(strcmp(client.result.reason, "tls_client_cert") == 0 ||
                  strcmp(client.result.reason, "connection_closed") == 0,
              "%s", client.result.reason);
    cr_assert(strstr(client.result.detail, option), "%s", client.result.detail);
    http_client_clean(&client);
    http_server_stop(server);
}

Test(otlp_http_tls, a_missing_client_certificate)
{
    expect_client_certificate_trouble(begin(&receiver, &authority), "tls.cert_file");
}

Test(otlp_http_tls, a_client_certificate_of_a_stranger)
{
    struct http_server *server = begin(&receiver, &authority);
    plugin_host_set_text(&client.host, "tls.cert_pem", stranger.cert_pem);
    plugin_host_set_text(&client.host, "tls.key_pem", stranger.key_pem);
    expect_client_certificate_trouble(server, "tls.cert_file");
}

Test(otlp_http_tls, a_port_without_tls)
{
    static const struct http_step plain = { HTTP_SPEAK_FIRST, "HTTP/1.1 400 Bad Request\r\n\r\n",
                                            0 };
    struct http_server *server = http_server_start(&plain, 1, NULL, NULL);
    http_client_init(&client, server, "https");
    expect(server, PATTER_FAILED, "wrong_protocol_plain",
           "%s speaks no TLS: write http:// in the endpoint, or the receiver's TLS port");
}

Test(otlp_http_tls, the_newest_version_may_be_1_2)
{
    struct http_server *server = begin(&receiver, NULL);
    plugin_host_set_text(&client.host, "tls.max_version", "1.2");
    expect(server, PATTER_OK, NULL, NULL);
}

static void set_up_old_tls(void)
{
    http_server_allow_old_tls();
    set_up();
}

TestSuite(otlp_http_old_tls, .init = set_up_old_tls, .fini = tear_down);

Test(otlp_http_old_tls, is_not_spoken_though_the_system_would)
{
    struct http_server *server = begin(&receiver, NULL);
    http_server_speak_old_tls(server);
    expect(server, PATTER_AGAIN, "tls",
           "%s speaks no TLS version from 1.2 to 1.3; let it speak one of them");
}
