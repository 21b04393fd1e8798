/* SPDX-License-Identifier: MIT */
#include "tests/support/plugin_host.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* What the ABI calls an error is made by the host: here it leads back to the test's. */
struct patter_error {
    struct plugin_host *plugin_host;
};

static void say(struct plugin_host *plugin_host, const char *head, const char *text)
{
    pthread_mutex_lock(&plugin_host->mutex);
    size_t room = PLUGIN_HOST_SAID_MAX - plugin_host->said_len;
    int len = snprintf(plugin_host->said + plugin_host->said_len, room, "%s: %s\n", head, text);
    plugin_host->said_len += len > 0 && (size_t)len < room ? (size_t)len : 0;
    pthread_mutex_unlock(&plugin_host->mutex);
}

static void host_log(void *data, int32_t level, const char *text)
{
    say(data,
        level == PATTER_LOG_ERROR     ? "error"
        : level == PATTER_LOG_WARNING ? "warning"
                                      : "info",
        text);
}

static void host_fail(struct patter_error *error, const char *text)
{
    say(error->plugin_host, "fail", text);
}

static void host_fail_option(struct patter_error *error, const char *name, const char *text)
{
    say(error->plugin_host, name, text);
}

struct patter_error *plugin_host_error(struct plugin_host *plugin_host)
{
    static _Thread_local struct patter_error error;
    error.plugin_host = plugin_host;
    return &error;
}

static struct patter_value fallback(const struct patter_option *row)
{
    struct patter_value value = { .type = row->fallback ? row->type : PATTER_UNSET };
    switch (value.type) {
    case PATTER_UNSET:
        break;
    case PATTER_BOOL:
        value.as.boolean = strcmp(row->fallback, "true") == 0;
        break;
    case PATTER_INT:
        value.as.integer = strtoll(row->fallback, NULL, 10);
        break;
    case PATTER_TEXT:
        value.as.text = patter_text(row->fallback);
        break;
    case PATTER_DURATION: /* the plugins' defaults are whole seconds */
        value.as.duration_ns = strtoll(row->fallback, NULL, 10) * 1000000000;
        break;
    default:
        fprintf(stderr, "no default of this type: %s\n", row->name);
        abort();
    }
    return value;
}

void plugin_host_init(struct plugin_host *plugin_host, const struct patter_option *rows,
                      size_t count, uint32_t worker_count)
{
    memset(plugin_host, 0, sizeof(*plugin_host));
    plugin_host->host = (struct patter_host){ .struct_size = sizeof(plugin_host->host),
                                              .worker_count = worker_count,
                                              .version = "0.1.0",
                                              .instance = "test",
                                              .data = plugin_host,
                                              .log = host_log,
                                              .fail = host_fail,
                                              .fail_option = host_fail_option };
    pthread_mutex_init(&plugin_host->mutex, NULL);
    plugin_host->rows = rows;
    plugin_host->count = count;
    plugin_host->values = calloc(count + 1, sizeof(*plugin_host->values));
    for (size_t i = 0; i < count; i++) {
        plugin_host->values[i] = fallback(&rows[i]);
    }
}

void plugin_host_clean(struct plugin_host *plugin_host)
{
    free(plugin_host->values);
    pthread_mutex_destroy(&plugin_host->mutex);
}

static struct patter_value *find(struct plugin_host *plugin_host, const char *name,
                                 patter_type type)
{
    for (size_t i = 0; i < plugin_host->count; i++) {
        if (strcmp(plugin_host->rows[i].name, name) == 0 && plugin_host->rows[i].type == type) {
            plugin_host->values[i].type = type;
            return &plugin_host->values[i];
        }
    }
    fprintf(stderr, "no such option: %s\n", name);
    abort();
}

void plugin_host_set_text(struct plugin_host *plugin_host, const char *name, const char *text)
{
    find(plugin_host, name, PATTER_TEXT)->as.text = patter_text(text);
}

void plugin_host_set_flag(struct plugin_host *plugin_host, const char *name, int32_t flag)
{
    find(plugin_host, name, PATTER_BOOL)->as.boolean = flag;
}

void plugin_host_set_int(struct plugin_host *plugin_host, const char *name, int64_t number)
{
    find(plugin_host, name, PATTER_INT)->as.integer = number;
}

void plugin_host_add_pair(struct plugin_host *plugin_host, const char *name, const char *key,
                          const char *value)
{
    if (plugin_host->pair_count == PLUGIN_HOST_MAP_MAX) {
        abort();
    }
    plugin_host->pairs[plugin_host->pair_count++] =
        (struct patter_text_pair){ patter_text(key), patter_text(value) };
    find(plugin_host, name, PATTER_TEXT_MAP)->as.map =
        (struct patter_text_map){ plugin_host->pairs, plugin_host->pair_count };
}
