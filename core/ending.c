/* SPDX-License-Identifier: MIT */
#include "core/ending.h"

#include "core/base/apart.h"

static void destroy(void *instance)
{
    pt_instance_destroy(instance);
}

void pt_instances_end(struct pt_instance *const *instances, size_t count, uint64_t deadline_ns,
                      bool hung[PT_SENDERS_MAX])
{
    struct pt_task tasks[PT_SENDERS_MAX];
    for (size_t i = 0; i < count; i++) {
        tasks[i] = (struct pt_task){ destroy, instances[i], hung[i] };
    }
    pt_apart_end(pt_apart_begin(tasks, count), tasks, deadline_ns);
    for (size_t i = 0; i < count; i++) {
        hung[i] = tasks[i].hung;
    }
}
