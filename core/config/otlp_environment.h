/* SPDX-License-Identifier: MIT */
#ifndef PT_CONFIG_OTLP_ENVIRONMENT_H
#define PT_CONFIG_OTLP_ENVIRONMENT_H

/* OTEL_TRACES_EXPORTER and OTEL_EXPORTER_OTLP_*: exporters without a file. They become sections
 * with the keys of patter.yaml, so that the plugin's table checks them alike. */

#include "core/config/reader.h"

/* Every variable that is read here; NULL-ended. */
extern const char *const pt_otlp_variables[];

/* Adds the exporters that the code's endpoint or the environment asks for; without either one
 * otlp-http to http://localhost:4318. */
void pt_otlp_environment_read(struct pt_reader *reader);

#endif /* PT_CONFIG_OTLP_ENVIRONMENT_H */
