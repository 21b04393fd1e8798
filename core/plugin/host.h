/* SPDX-License-Identifier: MIT */
#ifndef PT_PLUGIN_HOST_H
#define PT_PLUGIN_HOST_H

/* An exporter's instance and what it may call. */

#include <pthread.h>

#include <patter/exporter.h>

#include "core/base/log.h"
#include "core/config/settings.h"
#include "core/plugin/loader.h"

enum { PT_INSTANCE_LINES = 16 };

/* A text that a plugin has logged of late. */
struct pt_instance_line {
    uint64_t hash;
    struct pt_log_gate gate;
};

struct pt_instance {
    const struct patter_exporter *exporter;
    void *self; /* what create() returned */
    struct patter_host host;
    struct patter_value *values;
    struct pt_settings *settings; /* shared: they own the texts of `values` */
    uint32_t worker_count;
    char name[64];                 /* the key in patter.yaml */
    char path[PT_PLUGIN_PATH_MAX]; /* of the .so; empty: linked in */
    pthread_mutex_t lines_lock;
    struct pt_instance_line lines[PT_INSTANCE_LINES]; /* under lines_lock */
    size_t next_line;                                 /* the one to reuse; under lines_lock */
};

/*
 * Searches, loads, checks options and creates (stages locate, open, identify, version, configure,
 * start). Faults go to `problems` at the place of the option or of the exporter's name. NULL on
 * failure; for an `optional` exporter the problems are warnings then. `settings` is shared.
 */
struct pt_instance *pt_instance_new(struct pt_settings *settings,
                                    const struct pt_exporter_settings *exporter_settings,
                                    struct pt_problems *problems);

/* As pt_instance_new, in a forked child, for what `inherited` was there: its plugin is not searched
 * for again, which a process that has given up rights may not find. */
struct pt_instance *pt_instance_renew(const struct pt_instance *inherited,
                                      struct pt_settings *settings,
                                      const struct pt_exporter_settings *exporter_settings,
                                      struct pt_problems *problems);

/* For an exporter that is linked in and has no options. NULL when memory is short. */
struct pt_instance *pt_instance_new_builtin(const struct patter_exporter *exporter, void *self,
                                            const char *name);

/* Calls the plugin's destroy(). NULL is allowed. Not for one whose send() still hangs. */
void pt_instance_destroy(struct pt_instance *instance);

#endif /* PT_PLUGIN_HOST_H */
