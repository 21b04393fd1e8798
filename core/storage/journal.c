/* SPDX-License-Identifier: MIT */
#include "core/storage/journal.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include <patter/version.h>

#include "core/base/clock.h"
#include "core/base/random.h"
#include "core/storage/directory.h"
#include "core/storage/file.h"
#include "core/storage/inventory.h"
#include "core/storage/leftover.h"
#include "core/storage/origin.h"

enum { MAKING_SECONDS = 60 };

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
    if (journal->lock >= 0) {
        close(journal->lock);
    }
    free(journal->keys);
    free(journal->inventory.files);
    free(journal->directory);
    free(journal);
}

/* ---- the lock ------------------------------------------------------------------------- */

/* The lock file, held; -1 with EWOULDBLOCK when another process holds it. */
static int take_lock(int dirfd, bool is_new)
{
    char pid[16];
    int fd = pt_file_open(dirfd, "lock", O_RDWR | (is_new ? O_CREAT | O_EXCL : 0));
    if (fd < 0) {
        return -1;
    }
    int len = snprintf(pid, sizeof(pid), "%d\n", (int)getpid());
    int error = flock(fd, LOCK_EX | LOCK_NB) == 0 ? 0 : errno;
    if (error == 0) {
        error = ftruncate(fd, 0) == 0 ? pt_file_write(fd, pid, (size_t)len) : errno;
    }
    /* The pid is for people: a full disk is no reason to leave an orphan alone. */
    if (error != 0 && (is_new || error == EWOULDBLOCK)) {
        close(fd);
        errno = error;
        return -1;
    }
    return fd;
}

/* ---- a new one -------------------------------------------------------------------------- */

static int open_folder(int parent, const char *name)
{
    return openat(parent, name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
}

/* What a journal holds from the beginning; 0 or errno. */
static int fill(struct pt_journal *journal, const struct patter_attribute *resource,
                size_t resource_count)
{
    struct pt_origin origin = { .begin_unix_ns = pt_clock_unix_ns(),
                                .pid = (uint32_t)getpid(),
                                .scope_version = patter_text(PATTER_VERSION),
                                .resource = resource,
                                .resource_count = resource_count };
    journal->lock = take_lock(journal->dirfd, true);
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

static void remove_folder(int parent, const char *name, int dirfd);

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
        journal->dirfd = open_folder(parent, making);
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
    remove_folder(parent, making, journal->dirfd);
failed:
    pt_journal_close(journal);
    if (parent >= 0) {
        close(parent);
    }
    errno = cause;
    return NULL;
}

/* ---- an orphan ------------------------------------------------------------------------------ */

static bool is_ours(int fd)
{
    struct stat stat;
    return fstat(fd, &stat) == 0 && stat.st_uid == geteuid() && (stat.st_mode & 077) == 0;
}

/* Who held the lock may have removed the journal meanwhile. */
static bool is_still_there(int parent, const char *name, int dirfd)
{
    struct stat by_name, by_fd;
    return fstatat(parent, name, &by_name, AT_SYMLINK_NOFOLLOW) == 0 && fstat(dirfd, &by_fd) == 0 &&
           by_name.st_ino == by_fd.st_ino && by_name.st_dev == by_fd.st_dev;
}

/* As many as there are; NULL when memory is short. */
static struct pt_salvaged_keys *read_keys(int dirfd)
{
    struct pt_salvaged_keys *keys = malloc(sizeof(*keys));
    if (!keys) {
        return NULL;
    }
    if (!pt_leftover_keys_read(dirfd, keys, NULL)) {
        *keys = (struct pt_salvaged_keys){ 0 };
    }
    struct pt_salvaged_keys *fewer =
        realloc(keys, sizeof(*keys) - (PT_KEYS_MAX - keys->count) * sizeof(keys->places[0]));
    return fewer ? fewer : keys;
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
        return PT_JOURNAL_BROKEN;
    }
    journal->cursors = pt_stored_cursors_open(journal->dirfd, true);
    if (!journal->cursors && unlinkat(journal->dirfd, "cursors", 0) == 0) {
        /* Without them all is sent to all, rather than lost. */
        journal->cursors = pt_stored_cursors_create(journal->dirfd);
    }
    journal->keys = read_keys(journal->dirfd);
    return journal->cursors && journal->keys ? PT_JOURNAL_TAKEN : PT_JOURNAL_BROKEN;
}

enum pt_journal_state pt_journal_adopt(const char *directory, int parent, const char *name,
                                       struct pt_journal **ret_journal)
{
    enum pt_journal_state state = PT_JOURNAL_BROKEN;
    struct pt_journal *journal = journal_new(directory, name);
    if (!journal) {
        return PT_JOURNAL_LIVE; /* memory is short: another time */
    }
    journal->dirfd = open_folder(parent, name);
    if (journal->dirfd < 0) {
        state = errno == ENOENT ? PT_JOURNAL_GONE : PT_JOURNAL_BROKEN;
    } else if (is_ours(journal->dirfd)) {
        journal->lock = take_lock(journal->dirfd, false);
        if (journal->lock >= 0) {
            state = is_still_there(parent, name, journal->dirfd) ? open_content(journal)
                                                                 : PT_JOURNAL_GONE;
        } else if (errno == EWOULDBLOCK) {
            state = PT_JOURNAL_LIVE;
        } else if (!is_still_there(parent, name, journal->dirfd)) {
            state = PT_JOURNAL_GONE;
        }
    }
    if (state == PT_JOURNAL_TAKEN) {
        *ret_journal = journal;
    } else {
        pt_journal_close(journal);
    }
    return state;
}

/* ---- its end ------------------------------------------------------------------------------------
 */

/* `dirfd` may be -1; the lock goes last. */
static void remove_folder(int parent, const char *name, int dirfd)
{
    int copy = dirfd >= 0 ? openat(dirfd, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC) : -1;
    DIR *folder = copy >= 0 ? fdopendir(copy) : NULL;
    struct dirent *entry;
    while (folder && (entry = readdir(folder))) {
        if (strcmp(entry->d_name, ".") != 0 && strcmp(entry->d_name, "..") != 0 &&
            strcmp(entry->d_name, "lock") != 0) {
            unlinkat(dirfd, entry->d_name, 0);
        }
    }
    if (folder) {
        closedir(folder);
    } else if (copy >= 0) {
        close(copy);
    }
    if (dirfd >= 0) {
        unlinkat(dirfd, "lock", 0);
    }
    unlinkat(parent, name, AT_REMOVEDIR);
}

void pt_journal_remove(struct pt_journal *journal)
{
    if (!journal) {
        return;
    }
    char gone[PT_JOURNAL_NAME + 8];
    snprintf(gone, sizeof(gone), ".gone-%s", journal->name);
    int parent = pt_directory_open(journal->directory, false, NULL);
    if (parent >= 0 && !journal->inventory.has_leftovers &&
        is_still_there(parent, journal->name, journal->dirfd) &&
        renameat(parent, journal->name, parent, gone) == 0) {
        remove_folder(parent, gone, journal->dirfd);
    }
    if (parent >= 0) {
        close(parent);
    }
    pt_journal_close(journal);
}

void pt_journal_sweep(int parent, const char *name)
{
    struct stat stat;
    int dirfd = open_folder(parent, name);
    int lock = dirfd >= 0 && is_ours(dirfd) ? take_lock(dirfd, false) : -1;
    bool is_dead = lock >= 0;
    if (dirfd >= 0 && lock < 0 && errno == ENOENT && fstat(dirfd, &stat) == 0) {
        /* Its lock is about to be made, or was the last to go. */
        is_dead = (uint64_t)stat.st_ctim.tv_sec + MAKING_SECONDS < pt_clock_unix_ns() / 1000000000u;
    }
    if (is_dead) {
        remove_folder(parent, name, dirfd);
    }
    if (lock >= 0) {
        close(lock);
    }
    if (dirfd >= 0) {
        close(dirfd);
    }
}

/* ---- what is in it
 * -------------------------------------------------------------------------------- */

int pt_journal_dirfd(const struct pt_journal *journal)
{
    return journal->dirfd;
}

const char *pt_journal_name(const struct pt_journal *journal)
{
    return journal->name;
}

const struct patter_attribute *pt_journal_resource(const struct pt_journal *journal,
                                                   size_t *ret_count)
{
    *ret_count = journal->origin.resource_count;
    return journal->origin.resource;
}

struct patter_str pt_journal_scope_version(const struct pt_journal *journal)
{
    return journal->origin.scope_version;
}

const struct pt_salvaged_keys *pt_journal_keys(const struct pt_journal *journal)
{
    return journal->keys;
}

uint32_t pt_journal_pid(const struct pt_journal *journal)
{
    return journal->origin.pid;
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
    }
    *ret_files = journal->inventory.files;
    return journal->inventory.count;
}

uint64_t pt_journal_settle(struct pt_journal *journal, const char *const *names, size_t count)
{
    const struct pt_journal_file *files;
    size_t file_count = pt_journal_files(journal, &files);
    uint64_t end = file_count > 0 ? files[file_count - 1].first + files[file_count - 1].count : 0;
    return pt_stored_cursors_settle(journal->cursors, names, count, end);
}

struct pt_stored_cursor *pt_journal_cursor(struct pt_journal *journal, const char *exporter_name)
{
    return pt_stored_cursors_claim(journal->cursors, exporter_name);
}
