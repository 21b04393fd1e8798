/* SPDX-License-Identifier: MIT */
#include "plugins/otlp-grpc/connection.h"

#include <string.h>

#include "plugins/otlp-grpc/core.h"

enum { MAX_METADATA_BYTES = 64 * 1024, CONNECT_TIMEOUT_MS = 5000, MAX_RECONNECT_BACKOFF_MS = 5000 };

static grpc_channel_credentials *unverified_credentials(const struct connection_settings *settings)
{
    grpc_tls_credentials_options *options = grpc_tls_credentials_options_create();
    grpc_tls_certificate_verifier *verifier = grpc_tls_certificate_verifier_no_op_create();
    grpc_tls_credentials_options_set_verify_server_cert(options, 0);
    grpc_tls_credentials_options_set_check_call_host(options, 0);
    grpc_tls_credentials_options_set_certificate_verifier(options, verifier);
    grpc_tls_certificate_verifier_release(verifier);
    if (settings->cert_pem) {
        grpc_tls_identity_pairs *pairs = grpc_tls_identity_pairs_create();
        grpc_tls_identity_pairs_add_pair(pairs, settings->key_pem, settings->cert_pem);
        grpc_tls_certificate_provider *provider =
            grpc_tls_certificate_provider_static_data_create(NULL, pairs);
        grpc_tls_credentials_options_set_certificate_provider(options, provider);
        grpc_tls_credentials_options_watch_identity_key_cert_pairs(options);
        grpc_tls_certificate_provider_release(provider);
    }
    return grpc_tls_credentials_create(options);
}

static grpc_channel_credentials *credentials_new(const struct connection_settings *settings)
{
    if (!settings->tls) {
        return grpc_insecure_credentials_create();
    }
    if (settings->skip_verify) {
        return unverified_credentials(settings);
    }
    grpc_ssl_pem_key_cert_pair pair = { settings->key_pem, settings->cert_pem };
    return grpc_ssl_credentials_create(settings->ca_pem, settings->cert_pem ? &pair : NULL, NULL,
                                       NULL);
}

static grpc_arg integer_arg(const char *key, int value)
{
    return (grpc_arg){ .type = GRPC_ARG_INTEGER, .key = (char *)key, .value.integer = value };
}

static size_t add_text_arg(grpc_arg *args, size_t count, const char *key, const char *value)
{
    if (!value) {
        return count;
    }
    args[count] =
        (grpc_arg){ .type = GRPC_ARG_STRING, .key = (char *)key, .value.string = (char *)value };
    return count + 1;
}

grpc_channel *connection_new(const struct connection_settings *settings)
{
    enum { TEXT_ARG_COUNT = 4 };
    const grpc_arg fixed[] = {
        /* Core's own retries ignore RetryInfo and cannot send more than 256 KiB again. */
        integer_arg(GRPC_ARG_ENABLE_RETRIES, 0),
        integer_arg(GRPC_ARG_SERVICE_CONFIG_DISABLE_RESOLUTION, 1),
        /* A larger trailer would turn a passing fault into INTERNAL. */
        integer_arg(GRPC_ARG_MAX_METADATA_SIZE, MAX_METADATA_BYTES),
        /* A finite time makes core set TCP_USER_TIMEOUT, which alone ends a stalled write. */
        integer_arg(GRPC_ARG_KEEPALIVE_TIME_MS, settings->keepalive_time_ms),
        integer_arg(GRPC_ARG_KEEPALIVE_TIMEOUT_MS, settings->keepalive_timeout_ms),
        integer_arg(GRPC_ARG_KEEPALIVE_PERMIT_WITHOUT_CALLS,
                    settings->keepalive_permit_without_stream),
        integer_arg(GRPC_ARG_MIN_RECONNECT_BACKOFF_MS, CONNECT_TIMEOUT_MS),
        integer_arg(GRPC_ARG_MAX_RECONNECT_BACKOFF_MS, MAX_RECONNECT_BACKOFF_MS),
        /* Else a new channel gets the old one's socket and its faults. */
        integer_arg(GRPC_ARG_USE_LOCAL_SUBCHANNEL_POOL, 1),
        /* Core does not compress again what is: this makes it say so in a header. */
        integer_arg(GRPC_COMPRESSION_CHANNEL_DEFAULT_ALGORITHM,
                    settings->gzip ? GRPC_COMPRESS_GZIP : GRPC_COMPRESS_NONE),
    };
    size_t count = sizeof(fixed) / sizeof(fixed[0]);
    grpc_arg list[sizeof(fixed) / sizeof(fixed[0]) + TEXT_ARG_COUNT];
    memcpy(list, fixed, sizeof(fixed));
    count = add_text_arg(list, count, GRPC_ARG_PRIMARY_USER_AGENT_STRING, settings->user_agent);
    count = add_text_arg(list, count, GRPC_ARG_DEFAULT_AUTHORITY, settings->authority);
    count = add_text_arg(list, count, GRPC_ARG_LB_POLICY_NAME, settings->balancer_name);
    count = add_text_arg(list, count, GRPC_SSL_TARGET_NAME_OVERRIDE_ARG, settings->server_name);
    grpc_channel_args args = { count, list };
    grpc_channel_credentials *credentials = credentials_new(settings);
    grpc_channel *channel = grpc_channel_create(settings->target, credentials, &args);
    grpc_channel_credentials_release(credentials);
    return channel;
}
