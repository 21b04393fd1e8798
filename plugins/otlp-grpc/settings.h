/* SPDX-License-Identifier: MIT */
#ifndef OTLP_GRPC_SETTINGS_H
#define OTLP_GRPC_SETTINGS_H

/* What the exporter's section of patter.yaml says, checked. */

#include "plugins/otlp-grpc/target.h"
#include "plugins/otlp/settings.h"

/* Zeroed is valid. */
struct settings {
    struct otlp_settings shared; /* header names in lower case */
    struct target target;
    char *authority;     /* owned; NULL: the target's */
    char *balancer_name; /* owned; NULL: gRPC's own choice */
    char *names;         /* owned: the header names' text */
    int keepalive_time_ms;
    int keepalive_timeout_ms;
    bool keepalive_permit_without_stream;
    bool wait_for_ready;
    bool restarts; /* around a fork */
};

/* Fills `*ret_settings`, which the caller cleans in any case. Every fault goes to `options`, which
 * tell whether there was one. */
void settings_read(struct otlp_options *options, struct settings *ret_settings);
void settings_clean(struct settings *settings);

#endif /* OTLP_GRPC_SETTINGS_H */
