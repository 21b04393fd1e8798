/* SPDX-License-Identifier: MIT */
#ifndef PT_STORAGE_DIRECTORY_H
#define PT_STORAGE_DIRECTORY_H

/* The storage directory: 0700, ours, no symbolic link; a journal for each run, of several processes
 * side by side. */

#include <stdbool.h>
#include <stddef.h>

#include "core/base/error.h"
#include "core/storage/journal.h"

/* At most so many orphans are adopted by one start; each holds two file descriptors. */
enum { PT_JOURNALS_ADOPTED_MAX = 64 };

/* Opens it, and makes it, but not the folders that it is in, where it is missing and `is_made` is
 * set; -1 with errno, which is EPERM where it is not to be trusted, and `error` says why and what
 * cures it. [control] */
int pt_directory_open(const char *path, bool is_made, struct patter_error *error);

/* Calls visit() with the name of each journal. */
void pt_directory_visit(int directory, void (*visit)(void *data, const char *name), void *data);

/* Adopts the orphans among its journals, the oldest first. What cannot be read is left alone and
 * told in the log; a directory that cannot be opened has none. The caller frees the array, and
 * closes or removes each. [control] */
size_t pt_journals_adopt(const char *directory, struct pt_journal ***ret_journals);

#endif /* PT_STORAGE_DIRECTORY_H */
