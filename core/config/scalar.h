/* SPDX-License-Identifier: MIT */
#ifndef PT_CONFIG_SCALAR_H
#define PT_CONFIG_SCALAR_H

/* Scalars as an operator writes them: flags, numbers, durations, sizes. */

#include <stdbool.h>
#include <stdint.h>

#include <patter/types.h>

struct pt_text;

/* true, false, yes, no, on, off, in any case. */
bool pt_scalar_bool(struct patter_str text, bool *ret_value);
/* Decimal, with an optional sign. */
bool pt_scalar_int(struct patter_str text, int64_t *ret_value);
/* Decimal, finite; the point is a point in every locale. */
bool pt_scalar_double(struct patter_str text, double *ret_value);
/* Go's durations ("500ms", "1m30s", "1.5h"), never negative; a bare integer is milliseconds. */
bool pt_scalar_duration(struct patter_str text, int64_t *ret_ns);
/* "512KiB", "1.5MiB", "3MB"; a bare integer is bytes. */
bool pt_scalar_size(struct patter_str text, int64_t *ret_bytes);

/* In the largest unit that gives an integer. */
void pt_scalar_write_duration(struct pt_text *out, int64_t ns);
void pt_scalar_write_size(struct pt_text *out, int64_t bytes);

#endif /* PT_CONFIG_SCALAR_H */
