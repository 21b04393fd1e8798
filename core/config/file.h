/* SPDX-License-Identifier: MIT */
#ifndef PT_CONFIG_FILE_H
#define PT_CONFIG_FILE_H

/* Which file is read, whether it may be trusted, and its bytes. */

#include "core/config/settings.h"

struct stat;

enum { PT_FILE_CANDIDATES = 4 };

/* Zeroed is empty and valid. */
struct pt_file {
    const char *path; /* of the file read, as named; NULL: none. Lives as long as its name */
    char *bytes;
    size_t len;
    struct pt_file_version version; /* before it was read: what came later is another one */
    bool failed;                    /* one that should have been read could not be */
    struct pt_candidate candidates[PT_FILE_CANDIDATES];
    size_t candidate_count;
};

/*
 * Takes the first that exists of `named` (may be NULL), PATTER_CONFIG, ./patter.yaml and
 * /etc/patter/patter.yaml; with `only_named` no other is looked at. It must belong to root or to
 * the process's user and be writable by no other, which is asked of the open file. Reads at most
 * `max` + 1 bytes. Faults go to `problems`.
 */
void pt_file_find(struct pt_file *file, const char *named, bool only_named, size_t max,
                  struct pt_problems *problems);
void pt_file_clean(struct pt_file *file);

struct pt_file_version pt_file_version_of(const struct stat *stat);
bool pt_file_versions_equal(const struct pt_file_version *a, const struct pt_file_version *b);

#endif /* PT_CONFIG_FILE_H */
