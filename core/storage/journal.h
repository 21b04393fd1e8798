/* SPDX-License-Identifier: MIT */
#ifndef PT_STORAGE_JOURNAL_H
#define PT_STORAGE_JOURNAL_H

/*
 * One run's spans on disk: a folder in the storage directory, named by a UUID, that holds
 *
 *     lock      held (flock) while its owner lives; its text is the owner's pid
 *     origin    who wrote it (origin.h)
 *     cursors   how far each exporter is (cursors.h)
 *     log.*     the log (file.h)
 *
 * and what the record room maps there: keys, rings, open spans (record/survival.h). A journal that
 * nobody holds is an orphan: the next start adopts it. It gets its name when all that is in it is
 * whole, and loses it before the first file goes.
 */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <patter/exporter.h>

#include "core/base/error.h"
#include "core/storage/cursors.h"
#include "core/storage/inventory.h"

enum { PT_JOURNAL_NAME = 37 };

struct pt_journal;

/* A new one in `directory`, which is made where it is missing; NULL with errno, and `error` says
 * why, as for pt_directory_open. `resource` is copied. [control] */
struct pt_journal *pt_journal_create(const char *directory, const struct patter_attribute *resource,
                                     size_t resource_count, struct patter_error *error);

/* The folder; stays open as long as the journal. */
int pt_journal_dirfd(const struct pt_journal *journal);
/* What its spans were recorded for, and by which version. */
const struct patter_attribute *pt_journal_resource(const struct pt_journal *journal,
                                                   size_t *ret_count);
/* Leaves out of an adopted one's resource what is not to be kept. [control] */
void pt_journal_filter_resource(struct pt_journal *journal,
                                bool (*keep)(void *data, const struct patter_attribute *attribute),
                                void *data);
struct patter_str pt_journal_scope_version(const struct pt_journal *journal);
/* The names of an adopted one's keys, as far as they can be read; NULL of one's own. */
const struct pt_salvaged_keys *pt_journal_keys(const struct pt_journal *journal);
uint64_t pt_journal_begin_unix_ns(const struct pt_journal *journal);

/* The log's files of an adopted one, oldest first; those that cannot be read are left out. The
 * first call reads them all, and writes one more, of what the crash left in rings and open calls,
 * whose files go then; where that cannot be written they stay, for a later start. */
size_t pt_journal_files(struct pt_journal *journal, const struct pt_journal_file **ret_files);

/* Settles which of the exporters gets what of an adopted journal (pt_stored_cursors_settle): after
 * adopting it, before its cursors are asked for. Returns how many records nobody gets, though they
 * were pending for exporters that are named no longer. */
uint64_t pt_journal_settle(struct pt_journal *journal, const char *const *names, size_t count);

/* The exporter's cursor; of a new one, which has all of the journal before it, where there is none.
 * NULL when there are as many as there may be: its answers are not kept then. */
struct pt_stored_cursor *pt_journal_cursor(struct pt_journal *journal, const char *exporter_name);

/* Lets go of it; the files stay, and a later start adopts them. In a forked child, too, which must
 * do so at once: while it holds the lock its parent's journal is no orphan. NULL: no-op. */
void pt_journal_close(struct pt_journal *journal);

/* The same, and its files go: all in it is answered for. Where pt_journal_files could not write
 * what a crash had left, the journal stays for a later start, without what is answered for. NULL:
 * no-op.
 */
void pt_journal_remove(struct pt_journal *journal);

/* ---- for the storage directory ----------------------------------------------------- */

enum pt_journal_state {
    PT_JOURNAL_TAKEN,   /* it was an orphan and is now ours */
    PT_JOURNAL_LIVE,    /* its owner lives */
    PT_JOURNAL_GONE,    /* somebody was faster: it is being removed */
    PT_JOURNAL_BROKEN,  /* damaged, or its owner, mode or kind is not what ours have */
    PT_JOURNAL_FOREIGN, /* of another version of patter */
    PT_JOURNAL_REFUSED  /* the disk or the system refuses what it takes, for now: errno */
};

/* Takes over the journal of that name in the directory open as `parent`, whose path is `directory`.
 * Only for one that is taken `ret_journal` is set. */
enum pt_journal_state pt_journal_adopt(const char *directory, int parent, const char *name,
                                       struct pt_journal **ret_journal);

#endif /* PT_STORAGE_JOURNAL_H */
