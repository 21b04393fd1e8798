/* SPDX-License-Identifier: MIT */
#ifndef PT_TRACE_RESOURCE_H
#define PT_TRACE_RESOURCE_H

/* Who sends: the resource attributes that go with every batch. */

#include <stdbool.h>

#include <patter/exporter.h>

#include "core/base/arena.h"

struct pt_resource {
    const struct patter_attribute *attributes; /* keys unique */
    size_t attribute_count;
    size_t capacity;
    struct pt_arena arena;
};

/* What may be looked up in the system; a command line is never one of them. */
enum { PT_DETECT_HOST = 1, PT_DETECT_PROCESS = 2 };

/* NULL when memory is short. */
struct pt_resource *pt_resource_new(void);
void pt_resource_destroy(struct pt_resource *resource);

/* What an operator wrote may leave. A key that is there already is kept. False when memory is
 * short. */
bool pt_resource_add(struct pt_resource *resource, struct patter_str key,
                     const struct patter_value *value);

/* As pt_resource_add, for what came from code: only service.*, telemetry.*,
 * deployment.environment(.name) and allowed keys, and of these only harmless values. What is
 * refused is logged by its key. */
bool pt_resource_add_from_code(struct pt_resource *resource, struct patter_str key,
                               const struct patter_value *value);

/* Whether what an earlier process's resource had may leave today: as if it came from code, or where
 * `resource` has the key too, which then is the operator's, the same text or a harmless value. */
bool pt_resource_may_recover(const struct pt_resource *resource,
                             const struct patter_attribute *attribute);

/* Adds what every resource has (service.name, service.instance.id, telemetry.sdk.*) and what
 * `detectors` names, where it is not there yet. */
bool pt_resource_complete(struct pt_resource *resource, unsigned detectors);

#endif /* PT_TRACE_RESOURCE_H */
