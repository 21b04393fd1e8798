/* SPDX-License-Identifier: MIT */
#ifndef SUPPORT_TRACING_H
#define SUPPORT_TRACING_H

/* Tracing into a recorder, for tests that ask what would have left. */

#include <patter/testing.h>

/* Switches tracing on; `yaml` is the text of a configuration file, NULL: none. Returns the
 * recorder. */
struct patter_recorder *tracing_start(const char *yaml);

/* Flushes and returns the only span with that name; fails the test when there is not just one. */
const struct patter_span_view *tracing_span(struct patter_recorder *recorder, const char *name);

/* Ends tracing and frees the recorder. */
void tracing_stop(struct patter_recorder *recorder);

/* The counters now. */
struct patter_stats tracing_stats(void);

#endif /* SUPPORT_TRACING_H */
