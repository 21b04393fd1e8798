/* SPDX-License-Identifier: MIT */
#include "plugins/otlp/settings.h"

#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "tests/support/identity.h"
#include "tests/support/plugin_host.h"

#include <criterion/criterion.h>

static const struct patter_option rows[] = { OTLP_SHARED_OPTIONS };

static struct plugin_host host;
static struct otlp_settings settings;
static struct otlp_options options;
static struct identity authority, client, other;
static char directory[] = "/tmp/patter-settings-XXXXXX";

static void set_up(void)
{
    plugin_host_init(&host, rows, sizeof(rows) / sizeof(rows[0]), 1);
    authority = identity_make("test-authority", NULL, false);
    client = identity_make("client", &authority, false);
    other = identity_make("other", &authority, false);
    cr_assert(mkdtemp(directory));
}

static void tear_down(void)
{
    otlp_settings_clean(&settings);
    plugin_host_clean(&host);
    identity_clean(&authority);
    identity_clean(&client);
    identity_clean(&other);
    char command[64];
    snprintf(command, sizeof(command), "rm -rf %s", directory);
    cr_assert_eq(system(command), 0);
}

TestSuite(otlp_settings, .init = set_up, .fini = tear_down);

static bool read_settings(void)
{
    options = (struct otlp_options){ .host = &host.host,
                                     .rows = rows,
                                     .count = sizeof(rows) / sizeof(rows[0]),
                                     .values = host.values,
                                     .error = plugin_host_error(&host) };
    otlp_settings_read(&options, &settings);
    return !options.failed;
}

static void expect_failure(const char *said)
{
    cr_assert_not(read_settings());
    cr_assert_str_eq(host.said, said);
}

Test(otlp_settings, defaults)
{
    cr_assert(read_settings());
    cr_assert_str_eq(host.said, "");
    cr_assert_eq(settings.header_count, 0);
    cr_assert_eq(settings.gzip_level, 1);
    cr_assert_str_eq(settings.user_agent, "patter/0.1.0 OTel-OTLP-Exporter-C/0.1.0");
    cr_assert_null(settings.tls.ca_pem);
    cr_assert_eq(settings.tls.min_version, 12);
    cr_assert_eq(settings.tls.max_version, 13);
    cr_assert_not(settings.tls.skip_verify);
}

Test(otlp_settings, compression_words)
{
    plugin_host_set_text(&host, "compression", "none");
    cr_assert(read_settings());
    cr_assert_eq(settings.gzip_level, 0);
    otlp_settings_clean(&settings);

    plugin_host_set_text(&host, "compression", "gzip");
    plugin_host_set_int(&host, "compression_params.level", 9);
    cr_assert(read_settings());
    cr_assert_eq(settings.gzip_level, 9);
    cr_assert_str_eq(host.said, "");
    otlp_settings_clean(&settings);

    plugin_host_set_text(&host, "compression", "zstd");
    cr_assert(read_settings());
    cr_assert_eq(settings.gzip_level, 1, "zstd's level is not gzip's");
    cr_assert_str_eq(host.said, "warning: compression: patter has no zstd; gzip is used instead\n");
}

Test(otlp_settings, header_values_are_trimmed)
{
    plugin_host_add_pair(&host, "headers", "x-api-key", " secret\r\n");
    cr_assert(read_settings());
    cr_assert_eq(settings.header_count, 1);
    cr_assert_eq(settings.headers[0].value.len, 6);
}

Test(otlp_settings, bad_headers_are_named_without_their_values)
{
    plugin_host_add_pair(&host, "headers", "x api", "hidden1");
    plugin_host_add_pair(&host, "headers", "Content-Type", "hidden2");
    plugin_host_add_pair(&host, "headers", "x-key", "hidden3\nx-evil: 1");
    expect_failure("headers: a name holds a character that no header's name has; expected letters, "
                   "digits and `-`, as in x-api-key\n"
                   "headers: `Content-Type` is written by patter itself: remove it\n"
                   "headers: the value of `x-key` holds a line break or a character outside "
                   "printable ASCII; write it in one line, as the receiver's maker gives it\n");
}

Test(otlp_settings, a_bearer_without_token_is_noticed)
{
    plugin_host_add_pair(&host, "headers", "Authorization", "Bearer ");
    cr_assert(read_settings());
    cr_assert_str_eq(host.said, "warning: headers: `Authorization` says `Bearer` and no token "
                                "follows: is its variable empty?\n");
}

Test(otlp_settings, good_files_are_read)
{
    plugin_host_set_text(&host, "tls.ca_file",
                         identity_write(directory, "ca.pem", authority.cert_pem));
    plugin_host_set_text(&host, "tls.cert_file",
                         identity_write(directory, "client.pem", client.cert_pem));
    plugin_host_set_text(&host, "tls.key_pem", client.key_pem);
    cr_assert(read_settings(), "%s", host.said);
    cr_assert_str_eq(settings.tls.ca_pem, authority.cert_pem);
    cr_assert_str_eq(settings.tls.cert_pem, client.cert_pem);
    cr_assert_str_eq(settings.tls.key_pem, client.key_pem);
}

Test(otlp_settings, every_unreadable_file_is_named)
{
    plugin_host_set_text(&host, "tls.ca_file", "/nonexistent/ca.pem");
    plugin_host_set_text(&host, "tls.cert_file", "/tmp");
    expect_failure("tls.ca_file: cannot read /nonexistent/ca.pem: No such file or directory; "
                   "correct the path, or put a PEM file there\n"
                   "tls.cert_file: /tmp is a directory; expected a PEM file\n");
}

Test(otlp_settings, a_file_that_is_no_certificate)
{
    plugin_host_set_text(&host, "tls.ca_pem", "hello");
    plugin_host_set_text(&host, "tls.cert_pem", client.key_pem);
    plugin_host_set_text(&host, "tls.key_pem", client.cert_pem);
    expect_failure("tls.ca_pem: holds no certificate; expected PEM text with a line -----BEGIN "
                   "CERTIFICATE-----\n"
                   "tls.cert_pem: holds a private key and no certificate; expected PEM text with "
                   "a line -----BEGIN CERTIFICATE-----\n"
                   "tls.key_pem: holds a certificate and no private key; expected PEM text with a "
                   "line -----BEGIN PRIVATE KEY-----\n");
}

Test(otlp_settings, a_damaged_certificate)
{
    char bundle[8192];
    snprintf(bundle, sizeof(bundle), "%s%s", authority.cert_pem, client.cert_pem);
    strstr(bundle + strlen(authority.cert_pem), "-----\n")[20] = '*';
    plugin_host_set_text(&host, "tls.ca_pem", bundle);
    expect_failure("tls.ca_pem: certificate number 2 of 2 cannot be read: it is damaged or cut "
                   "short\n");
}

Test(otlp_settings, a_key_of_another_certificate)
{
    plugin_host_set_text(&host, "tls.cert_pem", client.cert_pem);
    plugin_host_set_text(&host, "tls.key_pem", other.key_pem);
    expect_failure("tls.key_pem: does not belong to the certificate: it must be the key that the "
                   "certificate was made for\n");
}

Test(otlp_settings, half_a_pair)
{
    plugin_host_set_text(&host, "tls.cert_pem", client.cert_pem);
    expect_failure("tls.cert_pem: has no private key: write tls.key_file beside it\n");
}

Test(otlp_settings, a_key_with_a_passphrase)
{
    char path[128], command[512], text[4096] = "";
    snprintf(path, sizeof(path), "%s/locked.key", directory);
    snprintf(command, sizeof(command), "openssl pkey -aes128 -passout pass:x -in %s -out %s",
             identity_write(directory, "plain.key", client.key_pem), path);
    cr_assert_eq(system(command), 0);
    FILE *file = fopen(path, "r");
    cr_assert(file && fread(text, 1, sizeof(text) - 1, file) > 0);
    fclose(file);
    plugin_host_set_text(&host, "tls.cert_pem", client.cert_pem);
    plugin_host_set_text(&host, "tls.key_pem", text);
    expect_failure("tls.key_pem: is protected by a passphrase, for which patter cannot ask; write "
                   "a plain key with `openssl pkey -in KEY -out PLAIN`\n");
}

Test(otlp_settings, file_and_text_at_once)
{
    plugin_host_set_text(&host, "tls.ca_file", "/etc/hosts");
    plugin_host_set_text(&host, "tls.ca_pem", authority.cert_pem);
    expect_failure("tls.ca_pem: is given beside tls.ca_file: keep one of them\n");
}

Test(otlp_settings, versions)
{
    plugin_host_set_text(&host, "tls.min_version", "1.0");
    cr_assert(read_settings());
    cr_assert_eq(settings.tls.min_version, 12);
    cr_assert_str_eq(host.said,
                     "warning: tls.min_version: TLS 1.0 is broken; 1.2 is used instead\n");
    otlp_settings_clean(&settings);
    host.said_len = 0;
    plugin_host_set_text(&host, "tls.min_version", "1.3");
    plugin_host_set_text(&host, "tls.max_version", "1.2");
    expect_failure("tls.max_version: 1.2 is older than tls.min_version, 1.3\n");
}
