/* SPDX-License-Identifier: MIT */
#ifndef OTLP_OPTIONS_H
#define OTLP_OPTIONS_H

/* The options that both OTLP plugins have, as rows of their tables; and look-up by name. */

#include <stdbool.h>

#include <patter/exporter.h>

/* A plugin's table and what the host read for it. */
struct otlp_options {
    const struct patter_host *host;
    const struct patter_option *rows;
    size_t count;
    const struct patter_value *values;
    struct patter_error *error;
    bool failed; /* otlp_options_fail() was called */
};

extern const char *const otlp_compressions[];
extern const char *const otlp_tls_min_versions[];
extern const char *const otlp_tls_max_versions[];

/* Never NULL; `name` is in the table. */
const struct patter_value *otlp_options_get(const struct otlp_options *options, const char *name);
/* The text, empty when unset. */
struct patter_str otlp_options_text(const struct otlp_options *options, const char *name);
bool otlp_options_flag(const struct otlp_options *options, const char *name);

/* Says what is wrong with the option `name`; create() fails in the end. */
void otlp_options_fail(struct otlp_options *options, const char *name, const char *format, ...)
    __attribute__((format(printf, 3, 4)));
/* Logs a warning; the host puts the instance's name before it. */
void otlp_options_warn(const struct otlp_options *options, const char *format, ...)
    __attribute__((format(printf, 2, 3)));

/* clang-format off */
#define OTLP_OPTION(name, type, flags, fallback, help)                                             \
    { name, type, flags, fallback, 0, 0, NULL, help }
#define OTLP_OPTION_CHOICE(name, fallback, choices, help)                                          \
    { name, PATTER_TEXT, 0, fallback, 0, 0, choices, help }
#define OTLP_WARNED(name) OTLP_OPTION(name, PATTER_UNSET, PATTER_OPTION_WARNED, NULL, \
    "patter has nothing of the kind; the line may stay.")
#define OTLP_PASSED(name) OTLP_OPTION(name, PATTER_UNSET, PATTER_OPTION_PASSED, NULL, \
    "passed over: patter sends traces alone.")
#define OTLP_REFUSED(name, help) OTLP_OPTION(name, PATTER_UNSET, PATTER_OPTION_REFUSED, NULL, help)

#define OTLP_SHARED_OPTIONS                                                                        \
    OTLP_OPTION("headers", PATTER_TEXT_MAP, PATTER_OPTION_SECRET, NULL,                            \
        "Sent with every request, for example {authorization: \"Bearer ${env:TOKEN}\"}."),         \
    OTLP_OPTION_CHOICE("compression", "gzip", otlp_compressions,                                   \
        "none: no compression; every other word means gzip."),                                         \
    { "compression_params.level", PATTER_INT, 0, "1", -1, 22, NULL,                                \
        "gzip's level, 1 (fast) to 9 (small); for any other number 1 is used." },                  \
    OTLP_OPTION("user_agent", PATTER_TEXT, 0, NULL, "Sent instead of patter's own user agent."),   \
    OTLP_OPTION("tls.insecure", PATTER_BOOL, 0, "false",                                           \
        "true: plain text where the endpoint has no scheme; an https endpoint stays verified."),   \
    OTLP_OPTION("tls.insecure_skip_verify", PATTER_BOOL, 0, "false",                               \
        "true: whoever answers is believed to be the receiver. For trials only."),                 \
    OTLP_OPTION("tls.server_name_override", PATTER_TEXT, 0, NULL,                                  \
        "The name that the receiver's certificate must have, instead of the endpoint's host."),    \
    OTLP_OPTION("tls.ca_file", PATTER_TEXT, 0, NULL,                                               \
        "PEM file: the authorities that may vouch for the receiver, instead of the system's."),    \
    OTLP_OPTION("tls.ca_pem", PATTER_TEXT, PATTER_OPTION_SECRET, NULL,                             \
        "As tls.ca_file, the PEM text itself."),                                                   \
    OTLP_OPTION("tls.cert_file", PATTER_TEXT, 0, NULL,                                             \
        "PEM file: the certificate that patter shows (mTLS); needs tls.key_file."),                \
    OTLP_OPTION("tls.cert_pem", PATTER_TEXT, PATTER_OPTION_SECRET, NULL,                           \
        "As tls.cert_file, the PEM text itself."),                                                 \
    OTLP_OPTION("tls.key_file", PATTER_TEXT, 0, NULL,                                              \
        "PEM file: the private key of tls.cert_file, without a passphrase."),                      \
    OTLP_OPTION("tls.key_pem", PATTER_TEXT, PATTER_OPTION_SECRET, NULL,                            \
        "As tls.key_file, the PEM text itself."),                                                  \
    OTLP_OPTION("tls.include_system_ca_certs_pool", PATTER_BOOL, 0, "false",                       \
        "true: the system's authorities count too, beside tls.ca_file."),                          \
    OTLP_OPTION_CHOICE("tls.min_version", "1.2", otlp_tls_min_versions,                            \
        "The oldest TLS version spoken; 1.2 is used for older ones."),                             \
    OTLP_OPTION_CHOICE("tls.max_version", NULL, otlp_tls_max_versions,                             \
        "The newest TLS version spoken: 1.2 or 1.3."),                                             \
    OTLP_WARNED("tls.reload_interval"),                                                            \
    OTLP_WARNED("read_buffer_size"),                                                               \
    OTLP_WARNED("write_buffer_size"),                                                              \
    OTLP_PASSED("metrics_endpoint"),                                                               \
    OTLP_PASSED("logs_endpoint"),                                                                  \
    OTLP_PASSED("profiles_endpoint"),                                                              \
    OTLP_REFUSED("auth", "write the header itself: "                                               \
        "headers: {authorization: \"Bearer ${env:TOKEN}\"}."),                                     \
    OTLP_REFUSED("middlewares", "patter has none; remove it."),                                    \
    OTLP_REFUSED("insecure", "write tls: {insecure: true}."),                                      \
    OTLP_REFUSED("tls.tpm", "a key in a TPM cannot be used; write tls: {cert_file: ..., "          \
        "key_file: ...}."),                                                                        \
    OTLP_REFUSED("tls.cipher_suites", "patter leaves the choice to OpenSSL; set it in "            \
        "openssl.cnf or remove it."),                                                              \
    OTLP_REFUSED("tls.curve_preferences", "patter leaves the choice to OpenSSL; set it in "        \
        "openssl.cnf or remove it.")
/* clang-format on */

#endif /* OTLP_OPTIONS_H */
