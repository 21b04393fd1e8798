/* SPDX-License-Identifier: MIT */
#ifndef OTLP_GRPC_TARGET_H
#define OTLP_GRPC_TARGET_H

/* The option `endpoint`, as gRPC's core takes it. */

#include "plugins/otlp/options.h"

enum { TARGET_ADDRESS_MAX = 300 };

struct target {
    char address[TARGET_ADDRESS_MAX];          /* "host:4317", "dns:///host:4317", "unix:/path" */
    char description[TARGET_ADDRESS_MAX + 16]; /* for the operator: "https://host:4317" */
    bool has_scheme;                           /* http:// or https://, which decides on TLS */
    bool is_tls;
    bool is_local; /* this machine, or a socket in its file system */
};

/* `insecure` decides on TLS where no scheme does. Every fault goes to `options`. */
void target_read(struct otlp_options *options, bool insecure, struct target *ret_target);

#endif /* OTLP_GRPC_TARGET_H */
