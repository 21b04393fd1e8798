/* SPDX-License-Identifier: MIT */
#ifndef TESTS_SUPPORT_PLUGIN_HOST_H
#define TESTS_SUPPORT_PLUGIN_HOST_H

/* The host's side of the plugin ABI without the core: options set by the test, and all that the
 * plugin says kept as text. */

#include <pthread.h>

#include <patter/exporter.h>

enum { PLUGIN_HOST_SAID_MAX = 16384, PLUGIN_HOST_MAP_MAX = 8 };

struct plugin_host {
    struct patter_host host;
    const struct patter_option *rows;
    size_t count;
    struct patter_value *values; /* one for each row, its default until the test sets it */
    struct patter_text_pair pairs[PLUGIN_HOST_MAP_MAX];
    size_t pair_count;
    pthread_mutex_t mutex;           /* guards what follows */
    char said[PLUGIN_HOST_SAID_MAX]; /* "warning: ...\n", "tls.ca_file: ...\n" */
    size_t said_len;
};

void plugin_host_init(struct plugin_host *plugin_host, const struct patter_option *rows,
                      size_t count, uint32_t worker_count);
void plugin_host_clean(struct plugin_host *plugin_host);

/* What patter_exporter.create() wants as its error. */
struct patter_error *plugin_host_error(struct plugin_host *plugin_host);

/* Each aborts when there is no such option, or one of another type. Texts are borrowed. */
void plugin_host_set_text(struct plugin_host *plugin_host, const char *name, const char *text);
void plugin_host_set_flag(struct plugin_host *plugin_host, const char *name, int32_t flag);
void plugin_host_set_int(struct plugin_host *plugin_host, const char *name, int64_t number);
/* Adds one pair to the only map. */
void plugin_host_add_pair(struct plugin_host *plugin_host, const char *name, const char *key,
                          const char *value);

#endif /* TESTS_SUPPORT_PLUGIN_HOST_H */
