/* SPDX-License-Identifier: MIT */
#include "core/storage/summary.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "core/storage/file.h"
#include "core/storage/folder.h"
#include "core/storage/inventory.h"
#include "core/storage/origin.h"

static void add_bytes(int dirfd, struct pt_summary *summary)
{
    uint64_t first;
    struct stat stat;
    struct dirent *entry;
    int copy = openat(dirfd, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    DIR *folder = copy >= 0 ? fdopendir(copy) : NULL;
    while (folder && (entry = readdir(folder))) {
        if (fstatat(dirfd, entry->d_name, &stat, AT_SYMLINK_NOFOLLOW) == 0 &&
            S_ISREG(stat.st_mode)) {
            uint64_t size = (uint64_t)stat.st_size;
            summary->bytes += size;
            summary->log_bytes += pt_segment_file_parse_name(entry->d_name, &first) ? size : 0;
        }
    }
    if (folder) {
        closedir(folder);
    } else if (copy >= 0) {
        close(copy);
    }
}

/* The pid that is in the lock; 0: none, since a full disk is no reason not to adopt. */
static uint32_t holder_of(int dirfd)
{
    char text[16] = "";
    size_t len;
    int fd = pt_file_open(dirfd, "lock", O_RDONLY);
    int error = fd >= 0 ? pt_file_read(fd, text, sizeof(text) - 1, &len) : errno;
    if (fd >= 0) {
        close(fd);
    }
    return error == 0 ? (uint32_t)strtoul(text, NULL, 10) : 0;
}

static enum pt_summary_state state_of(int dirfd, const struct pt_origin *origin,
                                      uint32_t *ret_holder)
{
    if (!pt_folder_is_locked(dirfd)) {
        return PT_SUMMARY_ORPHAN;
    }
    uint32_t holder = holder_of(dirfd);
    if (origin->pid == 0 || holder == origin->pid) {
        return PT_SUMMARY_LIVE;
    }
    *ret_holder = holder;
    return PT_SUMMARY_ADOPTED;
}

static void add_spans(int dirfd, struct pt_inventory *inventory, struct pt_summary *summary)
{
    pt_inventory_take(dirfd, NULL, 0, inventory);
    summary->in_rings = inventory->unmoved;
    summary->open_calls = inventory->open_calls;
    summary->spans = inventory->unmoved;
    summary->obstacle = inventory->obstacle;
    for (size_t i = 0; i < inventory->count; i++) {
        const struct pt_journal_file *file = &inventory->files[i];
        summary->spans += file->count;
        if (file->changed_unix_ns > summary->changed_unix_ns) {
            summary->changed_unix_ns = file->changed_unix_ns;
        }
    }
}

/* Where the next start would put what is in no file of the log yet: beyond all that any exporter
 * has been handed out. */
static uint64_t end_of(const struct pt_inventory *inventory,
                       const struct pt_stored_cursors *cursors)
{
    const struct pt_journal_file *last =
        inventory->count > 0 ? &inventory->files[inventory->count - 1] : NULL;
    uint64_t end = last ? last->first + last->count : 0;
    for (size_t i = 0; cursors && i < PT_STORED_CURSORS; i++) {
        uint64_t its_end = pt_stored_cursor_end(&cursors->cursors[i]);
        end = its_end > end && its_end < UINT64_MAX / 2 ? its_end : end; /* else it is noise */
    }
    return end;
}

static void add_exporters(int dirfd, const struct pt_inventory *inventory,
                          struct pt_summary *summary)
{
    struct pt_stored_cursors *cursors = pt_stored_cursors_open(dirfd, false);
    const uint64_t end = end_of(inventory, cursors);
    const uint64_t left =
        inventory->unmoved + (summary->state == PT_SUMMARY_ORPHAN ? inventory->open_calls : 0);
    for (size_t i = 0; cursors && i < PT_STORED_CURSORS; i++) {
        const struct pt_stored_cursor *cursor = &cursors->cursors[i];
        if (atomic_load_explicit(&cursor->is_taken, memory_order_acquire) != 1) {
            continue;
        }
        char *name = summary->exporters[summary->exporter_count].name;
        uint64_t pending = pt_stored_cursor_pending(cursor, end, end + left);
        memcpy(name, cursor->name, PT_STORED_NAME - 1);
        for (size_t j = 0; j < inventory->count; j++) {
            const struct pt_journal_file *file = &inventory->files[j];
            pending += pt_stored_cursor_pending(cursor, file->first, file->first + file->count);
        }
        summary->exporters[summary->exporter_count++].pending = pending;
    }
    pt_stored_cursors_close(cursors);
}

bool pt_summary_take(int parent, const char *name, struct pt_summary *ret_summary)
{
    struct stat stat;
    struct pt_origin origin = { 0 };
    struct pt_inventory inventory = { 0 };
    struct pt_summary summary = { .state = PT_SUMMARY_BROKEN };
    int dirfd = pt_folder_open(parent, name);
    if (dirfd < 0 && errno == ENOENT) {
        return false;
    }
    enum pt_origin_verdict verdict =
        dirfd >= 0 && pt_folder_is_ours(dirfd) ? pt_origin_read(dirfd, &origin) : PT_ORIGIN_BROKEN;
    if (verdict == PT_ORIGIN_READ) {
        summary.pid = origin.pid;
        summary.begin_unix_ns = origin.begin_unix_ns;
        summary.changed_unix_ns = origin.begin_unix_ns;
        summary.state = state_of(dirfd, &origin, &summary.holder);
        add_spans(dirfd, &inventory, &summary);
        add_exporters(dirfd, &inventory, &summary);
    } else if (verdict == PT_ORIGIN_FOREIGN) {
        summary.state = PT_SUMMARY_FOREIGN;
    }
    if (dirfd >= 0) {
        add_bytes(dirfd, &summary);
        if (verdict != PT_ORIGIN_READ && pt_folder_is_locked(dirfd)) {
            summary.state = PT_SUMMARY_LIVE;
        }
        if (summary.changed_unix_ns == 0 && fstat(dirfd, &stat) == 0) {
            summary.changed_unix_ns = (uint64_t)stat.st_mtim.tv_sec * 1000000000u;
        }
        close(dirfd);
    }
    free(inventory.files);
    pt_origin_clean(&origin);
    *ret_summary = summary;
    return true;
}

int pt_summary_purge(int parent, const char *name)
{
    int dirfd = pt_folder_open(parent, name);
    if (dirfd < 0) {
        return errno;
    }
    int lock = pt_folder_lock(dirfd, false);
    int error = lock >= 0 || errno == ENOENT ? 0 : errno;
    if (error == 0) {
        pt_folder_discard(parent, name, dirfd);
        error = pt_folder_is_still_there(parent, name, dirfd) ? EIO : 0;
    }
    pt_folder_unlock(lock);
    close(dirfd);
    return error;
}
