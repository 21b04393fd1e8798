/* SPDX-License-Identifier: MIT */
#include "core/given.h"

#include <limits.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "core/base/arena.h"
#include "core/base/sized.h"

struct pt_given {
    struct pt_arena arena;
    struct patter_init_options options;
};

static bool keep_text(struct pt_given *given, const char **text)
{
    if (*text) {
        *text = pt_arena_copy(&given->arena, patter_text(*text)).data;
        return *text != NULL;
    }
    return true;
}

static bool keep_attributes(struct pt_given *given)
{
    struct patter_init_options *options = &given->options;
    size_t count = options->resource_attributes ? options->resource_attribute_count : 0;
    struct patter_resource_attribute *copy =
        pt_arena_alloc(&given->arena, (count + 1) * sizeof(*copy));
    for (size_t i = 0; copy && i < count; i++) {
        copy[i] = options->resource_attributes[i];
        if (!keep_text(given, &copy[i].key) || !keep_text(given, &copy[i].value)) {
            return false;
        }
    }
    options->resource_attributes = copy;
    return copy != NULL;
}

/* A folder that cannot be told any more leaves the name as it is. */
static bool keep_file(struct pt_given *given, const char *file)
{
    char folder[PATH_MAX];
    char path[2 * PATH_MAX];
    if (file && file[0] != '/' && getcwd(folder, sizeof(folder))) {
        while (file[0] == '.' && file[1] == '/') { /* it is told in the log */
            file += 1 + strspn(file + 1, "/");
        }
        snprintf(path, sizeof(path), "%s/%s", folder, file);
        given->options.config_file = path;
    } else if (file) {
        given->options.config_file = file;
    }
    return keep_text(given, &given->options.config_file);
}

struct pt_given *pt_given_new(const struct patter_init_options *options, const char *file)
{
    struct pt_given *given = calloc(1, sizeof(*given));
    if (!given) {
        return NULL;
    }
    if (options) {
        pt_sized_take(&given->options, sizeof(given->options), options);
    }
    given->options.struct_size = sizeof(given->options);
    if (!keep_text(given, &given->options.service_name) ||
        !keep_text(given, &given->options.otlp_endpoint) || !keep_attributes(given) ||
        !keep_file(given, file)) {
        pt_given_destroy(given);
        return NULL;
    }
    return given;
}

void pt_given_destroy(struct pt_given *given)
{
    if (given) {
        pt_arena_clean(&given->arena);
        free(given);
    }
}

const struct patter_init_options *pt_given_options(const struct pt_given *given)
{
    return &given->options;
}
