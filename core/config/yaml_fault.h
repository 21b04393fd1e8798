/* SPDX-License-Identifier: MIT */
#ifndef PT_CONFIG_YAML_FAULT_H
#define PT_CONFIG_YAML_FAULT_H

/* What libyaml's words mean for the one who wrote the file, and what to do about it. */

#include <stdbool.h>
#include <stddef.h>

#include "core/base/problem.h"

struct pt_yaml_fault {
    const char *problem;    /* libyaml's words */
    struct pt_place place;  /* where it was noticed */
    struct pt_place opened; /* where what went wrong began */
    bool is_byte;           /* no character at all: `offset` and `value` say which */
    size_t offset;
    int value;
};

/* Adds the sentence to `problems`; `bytes` is the whole document. */
void pt_yaml_fault_add(const struct pt_yaml_fault *fault, const char *bytes, size_t len,
                       struct pt_problems *problems);

#endif /* PT_CONFIG_YAML_FAULT_H */
