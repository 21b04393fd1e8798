/* SPDX-License-Identifier: MIT */
#ifndef TESTS_SUPPORT_JSON_CHECK_H
#define TESTS_SUPPORT_JSON_CHECK_H

/* Whether bytes are one JSON value by RFC 8259, and nothing else. */

#include <stdbool.h>
#include <stddef.h>

bool json_check(const void *bytes, size_t len);

#endif /* TESTS_SUPPORT_JSON_CHECK_H */
