/* SPDX-License-Identifier: MIT */
#ifndef OTLP_GRPC_CONNECTION_H
#define OTLP_GRPC_CONNECTION_H

/* How gRPC's core shall connect: credentials and arguments. */

#include <stdbool.h>

struct grpc_channel;

/* Texts are NUL-terminated and outlive all channels made from it; NULL: not given. */
struct connection_settings {
    const char *target; /* as core takes it: "host:4317", "dns:///host:4317", "unix:/path" */
    bool tls;
    bool skip_verify;
    const char *ca_pem; /* NULL: the system's */
    const char *cert_pem;
    const char *key_pem;
    const char *server_name; /* what the certificate shall name instead of the target's host */
    const char *authority;
    const char *user_agent;
    const char *balancer_name;
    int keepalive_time_ms;
    int keepalive_timeout_ms;
    bool keepalive_permit_without_stream;
    bool gzip; /* messages are given as gzip */
};

/* Never NULL; connects at its first call. */
struct grpc_channel *connection_new(const struct connection_settings *settings);

#endif /* OTLP_GRPC_CONNECTION_H */
