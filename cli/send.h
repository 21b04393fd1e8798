/* SPDX-License-Identifier: MIT */
#ifndef CLI_SEND_H
#define CLI_SEND_H

/* `patter storage send`: what dead processes left goes to the exporters of patter.yaml. */

#include <stdbool.h>
#include <stdint.h>

/* Sends until nothing waits or the time is over, and prints what became of it for each exporter,
 * for a program as one JSON value with nothing beside it; false when spans stay or were dropped, or
 * tracing could not start, which was told then. `config` NULL: where a bot would find it. */
bool cli_send(const char *config, uint64_t timeout_ns, bool as_json);

#endif /* CLI_SEND_H */
