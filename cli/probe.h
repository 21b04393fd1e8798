/* SPDX-License-Identifier: MIT */
#ifndef CLI_PROBE_H
#define CLI_PROBE_H

/* One marked span, sent to one exporter, and what its backend said. */

#include <stdbool.h>
#include <stdint.h>

#include <patter/exporter.h>

#include "core/base/text.h"
#include "core/config/settings.h"

#define CLI_PROBE_CALL_ID "patter-check-probe"

struct pt_instance;
struct pt_resource;

struct cli_probe {
    bool was_sent;
    bool accepted;
    patter_status status;
    uint32_t rejected;
    uint64_t elapsed_ns;
    char trace_id[33];
    char reason[32]; /* empty: none */
    char detail[512];
};

/* The resource as a program would send it; NULL when memory is short. */
struct pt_resource *cli_probe_resource(const struct pt_settings *settings);

/* Sends it and waits for the answer, for as long as the exporter's `timeout`. */
void cli_probe_send(struct cli_probe *probe, const struct pt_exporter_settings *settings,
                    const struct pt_instance *instance, const struct pt_resource *resource);

/* The answer in words. */
void cli_probe_explain(const struct cli_probe *probe, struct pt_text *out);

#endif /* CLI_PROBE_H */
