/* SPDX-License-Identifier: MIT */
#ifndef PT_TERMS_H
#define PT_TERMS_H

/* From settings to each room's own terms. */

#include "core/config/settings.h"
#include "core/pipeline/sender.h"
#include "core/plugin/host.h"
#include "core/record/key.h"
#include "core/trace/tracer.h"

/* As many as there are allowed keys; the caller frees them. NULL when memory is short, or an
 * allowed key finds no place, which goes to `problems`. */
struct pt_key_permission *pt_terms_permissions(const struct pt_settings *settings,
                                               struct pt_problems *problems);

/* Without a hash_key a copy of `random_hash`, or a fresh one where that is NULL. NULL when memory
 * is short. */
struct pt_tracer *pt_terms_tracer(const struct pt_settings *settings,
                                  const struct pt_hash *random_hash);

/* How an instance is driven, which the sender owns. */
struct pt_sender_config pt_terms_sender(struct pt_instance *instance,
                                        const struct pt_exporter_settings *settings);

/* Memory and log level, at once. */
void pt_terms_apply_limits(const struct pt_settings *settings);

#endif /* PT_TERMS_H */
