/* SPDX-License-Identifier: MIT */
#ifndef PT_CONFIG_READER_H
#define PT_CONFIG_READER_H

/* What the parts of pt_settings_read share while they fill the settings. */

#include <patter/patter.h>

#include "core/config/schema.h"
#include "core/config/settings.h"

struct pt_reader {
    struct pt_settings *settings;
    struct pt_tree *tree;
    struct pt_node *root; /* the file's map, with what the environment added; never NULL */
    struct patter_init_options options; /* zeroed where the code gave none */
    struct pt_problems *problems;
    bool incomplete; /* the file could not be read to its end: what is missing may stand there */
    bool no_memory;
};

/* In the reader's memory, NUL-terminated; "" and no_memory when it is short. */
const char *pt_reader_format(struct pt_reader *reader, const char *format, ...)
    __attribute__((format(printf, 2, 3)));
/* Room for one more than `count` items; NULL and no_memory when it is short. */
void *pt_reader_grow(struct pt_reader *reader, const void *items, size_t count, size_t item_size);
/* "environment variable NAME". */
struct pt_place pt_reader_variable(struct pt_reader *reader, const char *name);

void pt_reader_add_effective(struct pt_reader *reader, const char *name, const char *value,
                             struct pt_place place);

/* pt_schema_read, and each value in force under `prefix` ("exporters.otlp-http.", or ""). */
bool pt_reader_read(struct pt_reader *reader, const struct pt_schema *schema,
                    const struct pt_node *section, const char *prefix, struct patter_value *values);

#endif /* PT_CONFIG_READER_H */
