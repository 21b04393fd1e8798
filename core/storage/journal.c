/* SPDX-License-Identifier: MIT */
#include "core/storage/journal.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <patter/version.h>

#include "core/base/clock.h"
#include "core/base/log.h"
#include "core/base/random.h"
#include "core/storage/directory.h"
#include "core/storage/file.h"
#include "core/storage/folder.h"
#include "core/storage/inventory.h"
#include "core/storage/leftover.h"
#include "core/storage/origin.h"

struct pt_journal {
    char *directory; /* its path */
    char name[PT_JOURNAL_NAME];
    int dirfd;
    int lock;
    struct pt_origin origin;
    struct pt_stored_cursors *cursors;
    struct pt_salvaged_keys *keys; /* of an adopted one; empty where they cannot be read */
    struct pt_inventory inventory; /* of an adopted one, once it was asked for */
    bool is_scanned;
};

static struct pt_journal *journal_new(const char *directory, const char *name)
{
    struct pt_journal *journal = calloc(1, sizeof(*journal));
    if (!journal) {
        return NULL;
    }
    journal->dirfd = -1;
    journal->lock = -1;
    journal->directory = strdup(directory);
    snprintf(journal->name, sizeof(journal->name), "%s", name);
    if (!journal->directory) {
        free(journal);
        return NULL;
    }
    return journal;
}

void pt_journal_close(struct pt_journal *journal)
{
    if (!journal) {
        return;
    }
    pt_stored_cursors_close(journal->cursors);
    pt_origin_clean(&journal->origin);
    if (journal->dirfd >= 0) {
        close(journal->dirfd);
    }
    pt_folder_unlock(journal->lock);
    free(journal->keys);
    free(journal->inventory.files);
    free(journal->directory);
    free(journal);
}

/* ---- a new one -------------------------------------------------------------------------- */

/* What a journal holds from the beginning; 0 or errno. */
static int fill(struct pt_journal *journal, const struct patter_attribute *resource,
                size_t resource_count)
{
    struct pt_origin origin = { .begin_unix_ns = pt_clock_unix_ns(),
                                .pid = (uint32_t)getpid(),
                                .scope_version = patter_text(PATTER_VERSION),
                                .resource = resource,
                                .resource_count = resource_count };
    journal->lock = pt_folder_lock(journal->dirfd, true);
    if (journal->lock < 0) {
        return errno;
    }
    journal->cursors = pt_stored_cursors_create(journal->dirfd);
    if (!journal->cursors) {
        return errno;
    }
    int error = pt_origin_write(journal->dirfd, &origin);
    if (error != 0) {
        return error;
    }
    return pt_origin_read(journal->dirfd, &journal->origin) == PT_ORIGIN_READ ? 0 : EIO;
}

struct pt_journal *pt_journal_create(const char *directory, const struct patter_attribute *resource,
                                     size_t resource_count, struct patter_error *error)
{
    char name[PT_JOURNAL_NAME], making[PT_JOURNAL_NAME + 8];
    pt_random_uuid(name);
    snprintf(making, sizeof(making), ".new-%s", name);
    int parent = pt_directory_open(directory, true, error);
    struct pt_journal *journal = parent >= 0 ? journal_new(directory, name) : NULL;
    int cause = 0;
    if (!journal) {
        cause = parent >= 0 ? ENOMEM : errno;
        goto failed;
    }
    cause = mkdirat(parent, making, 0700) == 0 ? 0 : errno;
    if (cause == 0) {
        journal->dirfd = pt_folder_open(parent, making);
        cause = journal->dirfd >= 0 ? fill(journal, resource, resource_count) : errno;
    }
    if (cause == 0 && renameat(parent, making, parent, name) != 0) {
        cause = errno;
    }
    if (cause == 0) {
        journal->is_scanned = true; /* its files are written by who made it */
        close(parent);
        return journal;
    }
    pt_error_add(error, PATTER_FAILED, "storage.directory %s: a journal cannot be made there: %s",
                 directory, strerror(cause));
    pt_folder_remove(parent, making, journal->dirfd);
failed:
    pt_journal_close(journal);
    if (parent >= 0) {
        close(parent);
    }
    errno = cause;
    return NULL;
}

/* ---- an orphan ------------------------------------------------------------------------------ */

/* Another time it may work: a journal is not broken, nor what it lacks lost, because of that. */
static bool is_passing(int error)
{
    return pt_file_may_work_later(error) || error == ENOMEM;
}

/* As many keys as there are, none where they are missing or damaged; 0 or errno. */
static int read_keys(struct pt_journal *journal)
{
    struct pt_salvaged_keys *keys = malloc(sizeof(*keys));
    if (!keys) {
        return ENOMEM;
    }
    journal->keys = keys;
    if (!pt_leftover_keys_read(journal->dirfd, keys, NULL)) {
        if (is_passing(errno)) {
            return errno;
        }
        *keys = (struct pt_salvaged_keys){ 0 };
    }
    struct pt_salvaged_keys *fewer =
        realloc(keys, sizeof(*keys) - (PT_KEYS_MAX - keys->count) * sizeof(keys->places[0]));
    journal->keys = fewer ? fewer : keys;
    return 0;
}

/* 0 or errno. */
static int open_cursors(struct pt_journal *journal)
{
    journal->cursors = pt_stored_cursors_open(journal->dirfd, true);
    if (journal->cursors) {
        return 0;
    }
    if (is_passing(errno)) {
        return errno;
    }
    /* They are damaged, or a start before found no room for new ones. Without them all is sent to
     * all, rather than lost. */
    if (unlinkat(journal->dirfd, "cursors", 0) != 0 && errno != ENOENT) {
        return errno;
    }
    journal->cursors = pt_stored_cursors_create(journal->dirfd);
    return journal->cursors ? 0 : errno;
}

static enum pt_journal_state state_for(int error)
{
    errno = error;
    return is_passing(error) ? PT_JOURNAL_REFUSED : PT_JOURNAL_BROKEN;
}

/* Of one whose lock is held. */
static enum pt_journal_state open_content(struct pt_journal *journal)
{
    switch (pt_origin_read(journal->dirfd, &journal->origin)) {
    case PT_ORIGIN_READ:
        break;
    case PT_ORIGIN_FOREIGN:
        return PT_JOURNAL_FOREIGN;
    default:
        return state_for(errno);
    }
    int error = open_cursors(journal);
    error = error == 0 ? read_keys(journal) : error;
    return error == 0 ? PT_JOURNAL_TAKEN : state_for(error);
}

/* Of one that is open. */
static enum pt_journal_state take_lock(struct pt_journal *journal, int parent)
{
    if (!pt_folder_is_ours(journal->dirfd)) {
        return PT_JOURNAL_BROKEN;
    }
    journal->lock = pt_folder_lock(journal->dirfd, false);
    int error = errno;
    if (journal->lock < 0 && error == EWOULDBLOCK) {
        return PT_JOURNAL_LIVE;
    }
    if (!pt_folder_is_still_there(parent, journal->name, journal->dirfd)) {
        return PT_JOURNAL_GONE;
    }
    return journal->lock >= 0 ? open_content(journal) : state_for(error);
}

enum pt_journal_state pt_journal_adopt(const char *directory, int parent, const char *name,
                                       struct pt_journal **ret_journal)
{
    struct pt_journal *journal = journal_new(directory, name);
    if (!journal) {
        return state_for(ENOMEM);
    }
    journal->dirfd = pt_folder_open(parent, name);
    enum pt_journal_state state = journal->dirfd >= 0 ? take_lock(journal, parent)
                                  : errno == ENOENT   ? PT_JOURNAL_GONE
                                                      : state_for(errno);
    if (state == PT_JOURNAL_TAKEN) {
        *ret_journal = journal;
    } else {
        int error = errno;
        pt_journal_close(journal);
        errno = error;
    }
    return state;
}

/* ---- its end -------------------------------------------------------------------------- */

void pt_journal_remove(struct pt_journal *journal)
{
    if (!journal) {
        return;
    }
    bool is_left = journal->inventory.has_leftovers || journal->inventory.obstacle != 0;
    int parent = is_left ? -1 : pt_directory_open(journal->directory, false, NULL);
    if (parent >= 0) {
        pt_folder_discard(parent, journal->name, journal->dirfd);
        close(parent);
    }
    pt_journal_close(journal);
}

/* ---- what is in it -------------------------------------------------------------------- */

int pt_journal_dirfd(const struct pt_journal *journal)
{
    return journal->dirfd;
}

const struct patter_attribute *pt_journal_resource(const struct pt_journal *journal,
                                                   size_t *ret_count)
{
    *ret_count = journal->origin.resource_count;
    return journal->origin.resource;
}

void pt_journal_filter_resource(struct pt_journal *journal,
                                bool (*keep)(void *data, const struct patter_attribute *attribute),
                                void *data)
{
    struct patter_attribute *attributes = (struct patter_attribute *)journal->origin.resource;
    size_t kept = 0;
    for (size_t i = 0; i < journal->origin.resource_count; i++) {
        if (keep(data, &attributes[i])) {
            attributes[kept++] = attributes[i];
        }
    }
    journal->origin.resource_count = kept;
}

struct patter_str pt_journal_scope_version(const struct pt_journal *journal)
{
    return journal->origin.scope_version;
}

const struct pt_salvaged_keys *pt_journal_keys(const struct pt_journal *journal)
{
    return journal->keys;
}

uint64_t pt_journal_begin_unix_ns(const struct pt_journal *journal)
{
    return journal->origin.begin_unix_ns;
}

/* Beyond all that any exporter has been handed out, whatever the log's files tell. */
static uint64_t handed_out(const struct pt_journal *journal)
{
    uint64_t end = 0;
    for (size_t i = 0; i < PT_STORED_CURSORS; i++) {
        uint64_t its_end = pt_stored_cursor_end(&journal->cursors->cursors[i]);
        end = end > its_end ? end : its_end;
    }
    return end;
}

size_t pt_journal_files(struct pt_journal *journal, const struct pt_journal_file **ret_files)
{
    if (!journal->is_scanned) {
        pt_inventory_take(journal->dirfd, journal->keys, handed_out(journal), &journal->inventory);
        journal->is_scanned = true;
        if (journal->inventory.obstacle != 0) {
            pt_log(PATTER_LOG_WARNING,
                   "storage.directory %s: the journal %s cannot be read in full: %s; the rest of "
                   "it is left for the next start",
                   journal->directory, journal->name, strerror(journal->inventory.obstacle));
        }
    }
    *ret_files = journal->inventory.files;
    return journal->inventory.count;
}

uint64_t pt_journal_settle(struct pt_journal *journal, const char *const *names, size_t count)
{
    const struct pt_journal_file *files;
    size_t file_count = pt_journal_files(journal, &files);
    struct pt_range settled[PT_ANSWERED_MAX];
    uint64_t end = file_count > 0 ? files[file_count - 1].first + files[file_count - 1].count : 0;
    uint64_t lost = 0;
    size_t settled_count = pt_stored_cursors_settle(journal->cursors, names, count, end, settled);
    for (size_t i = 0; i < file_count; i++) {
        lost += pt_ranges_lacking(settled, settled_count, files[i].first,
                                  files[i].first + files[i].count);
    }
    return lost;
}

struct pt_stored_cursor *pt_journal_cursor(struct pt_journal *journal, const char *exporter_name)
{
    return pt_stored_cursors_claim(journal->cursors, exporter_name);
}
