/* SPDX-License-Identifier: MIT */
#ifndef PT_BASE_SCAN_IBAN_H
#define PT_BASE_SCAN_IBAN_H

/* International bank account numbers (ISO 13616), by their check digits. */

#include <stdbool.h>
#include <stddef.h>

#include <patter/types.h>

/* True where one begins at `at`, in one piece or in groups with one byte between them. */
bool pt_iban_is_at(struct patter_str text, size_t at);

#endif /* PT_BASE_SCAN_IBAN_H */
