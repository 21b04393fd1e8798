/* SPDX-License-Identifier: MIT */
#ifndef PT_GIVEN_H
#define PT_GIVEN_H

/* What patter_init_tracing was given in code, kept for when the configuration is read again. */

#include <patter/patter.h>

struct pt_given;

/* A copy of `options` (NULL: none), the recorder borrowed. `file` is the one that was read (NULL:
 * none), and the one to read again, wherever the process goes meanwhile and whatever else comes to
 * be where it was searched for. NULL when memory is short. */
struct pt_given *pt_given_new(const struct patter_init_options *options, const char *file);
void pt_given_destroy(struct pt_given *given);

const struct patter_init_options *pt_given_options(const struct pt_given *given);

#endif /* PT_GIVEN_H */
