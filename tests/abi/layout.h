/* SPDX-License-Identifier: MIT */
#ifndef TESTS_ABI_LAYOUT_H
#define TESTS_ABI_LAYOUT_H

/* Lines of a table, as claims that the compiler checks; for C and C++. */

#include <stddef.h>

#ifdef __cplusplus
#define CLAIM static_assert
#else
#define CLAIM _Static_assert
#endif

#define SIZE(noun, bytes) CLAIM(sizeof(struct noun) == (bytes), #noun);
#define FIELD(noun, field, offset, bytes)                                                          \
    CLAIM(offsetof(struct noun, field) == (offset), #noun "." #field);                             \
    CLAIM(sizeof(((struct noun *)0)->field) == (bytes), #noun "." #field);
#define CONSTANT(name, value) CLAIM((name) == (value), #name);

#endif /* TESTS_ABI_LAYOUT_H */
