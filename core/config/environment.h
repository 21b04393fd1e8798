/* SPDX-License-Identifier: MIT */
#ifndef PT_CONFIG_ENVIRONMENT_H
#define PT_CONFIG_ENVIRONMENT_H

/* OTEL_* variables: the OpenTelemetry specification's, for traces. An empty one counts as unset, a
 * wrong one warns and counts as unset. */

#include "core/config/reader.h"

/* The value; NULL when unset or empty. */
const char *pt_environment_get(const char *name);

/* Puts into reader->root what the file leaves open: batch, limits, sampling, log. Each number must
 * be in the range that `schema` declares. */
void pt_environment_fill(struct pt_reader *reader, const struct pt_schema *schema);

/* OTEL_SDK_DISABLED. */
bool pt_environment_is_disabled(struct pt_reader *reader);

/* Warns unless it is true or false. */
bool pt_environment_is_true(struct pt_reader *reader, const char *name);

/* One of `words`, in their spelling, whatever the case; NULL when unset; warns and gives NULL when
 * it is another. */
const char *pt_environment_word(struct pt_reader *reader, const char *name,
                                const char *const *words, size_t count);

/* A whole number within `min` and `max`; warns and gives false otherwise, also when unset. */
bool pt_environment_int(struct pt_reader *reader, const char *name, int64_t min, int64_t max,
                        int64_t *ret_value);

#endif /* PT_CONFIG_ENVIRONMENT_H */
