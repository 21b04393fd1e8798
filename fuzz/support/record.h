/* SPDX-License-Identifier: MIT */
#ifndef FUZZ_SUPPORT_RECORD_H
#define FUZZ_SUPPORT_RECORD_H

/* Sound records out of an input, for the targets that read what stands around records. */

#include "core/record/record.h"
#include "fuzz/support/fuzz.h"

enum { FUZZ_RECORD_MAX = 512 };

/* Writes one of at most FUZZ_RECORD_MAX bytes to `to`, which is aligned to 8; returns its size. */
uint32_t fuzz_record(struct fuzz_input *input, unsigned char *to);

/* Changes a few bytes, as the rest of the input says; `ret_touched` (may be NULL) has `size` flags.
 * Returns how many bytes are left of it. */
size_t fuzz_damage(struct fuzz_input *input, unsigned char *bytes, size_t size, bool *ret_touched);

#endif /* FUZZ_SUPPORT_RECORD_H */
