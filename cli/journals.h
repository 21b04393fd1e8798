/* SPDX-License-Identifier: MIT */
#ifndef CLI_JOURNALS_H
#define CLI_JOURNALS_H

/* The journals of a storage directory, as `patter storage` shows them. */

#include "core/storage/journal.h"
#include "core/storage/summary.h"

struct cli_journal {
    char name[PT_JOURNAL_NAME];
    struct pt_summary summary;
    const char *fate; /* NULL: `ls`; else what came of it, or would */
};

struct cli_journals {
    int directory;            /* -1: none */
    struct cli_journal *rows; /* oldest first; malloc'd */
    size_t count;
    uint64_t log_max; /* bytes that one that lives may take for its log; 0: unknown */
    bool no_memory;
};

/* False after a line to standard error. */
bool cli_journals_read(struct cli_journals *journals, const char *directory);
void cli_journals_clean(struct cli_journals *journals);

/* How long ago that was; 0 for what is to come. */
uint64_t cli_age_ns(uint64_t since_unix_ns, uint64_t now_unix_ns);

/* False when it cannot be written. */
bool cli_journals_print(const struct cli_journals *journals, const char *directory);
bool cli_journals_print_json(const struct cli_journals *journals);

#endif /* CLI_JOURNALS_H */
