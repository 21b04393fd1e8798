/* SPDX-License-Identifier: MIT */
#include "core/storage/inventory.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "core/base/clock.h"
#include "core/base/log.h"
#include "core/base/text.h"
#include "core/record/survival.h"
#include "core/storage/file.h"
#include "core/storage/leftover.h"

enum { RINGS_MAX = 1 << 20 };

/* What has been seen of each ring in the log. */
struct rings {
    uint64_t *next; /* by ring: 1 + its highest sequence; malloc'd */
    uint32_t count;
};

/* What the crash left, on its way into files. */
struct moving {
    int dirfd;
    struct rings *rings;
    struct pt_inventory *inventory;
    size_t file_count; /* of the inventory's files, those that were there before */
    uint64_t at;       /* position of the next record */
    unsigned char *records;
    uint32_t len, count; /* of the records that wait to be written */
    int error;
};

/* ---- the log's files ------------------------------------------------------------------------ */

static int compare(const void *a, const void *b)
{
    uint64_t x = ((const struct pt_journal_file *)a)->first;
    uint64_t y = ((const struct pt_journal_file *)b)->first;
    return (x > y) - (x < y);
}

static bool add(struct pt_inventory *inventory, struct pt_journal_file file)
{
    struct pt_journal_file *files =
        realloc(inventory->files, (inventory->count + 1) * sizeof(*files));
    if (!files) {
        return false;
    }
    inventory->files = files;
    files[inventory->count++] = file;
    return true;
}

/* Calls visit() for each name in the folder; 0, or errno where that may not have been all. */
static int visit_names(int dirfd, void (*visit)(void *data, int dirfd, const char *name),
                       void *data)
{
    struct dirent *entry;
    int copy = openat(dirfd, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    DIR *folder = copy >= 0 ? fdopendir(copy) : NULL;
    int error = folder ? 0 : errno;
    while (folder && (errno = 0, entry = readdir(folder))) {
        visit(data, dirfd, entry->d_name);
    }
    if (folder) {
        error = errno;
        closedir(folder);
    } else if (copy >= 0) {
        close(copy);
    }
    return error;
}

/* The first of them stays. */
static void note_obstacle(struct pt_inventory *inventory, int error)
{
    inventory->obstacle = inventory->obstacle ? inventory->obstacle : error;
}

static void add_name(void *data, int dirfd, const char *name)
{
    struct pt_inventory *inventory = data;
    struct pt_journal_file file = { 0 };
    (void)dirfd;
    if (pt_segment_file_parse_name(name, &file.first) && !add(inventory, file)) {
        note_obstacle(inventory, ENOMEM);
    }
}

/* It has vanished, or is no file that a log could have: it never will be read. */
static bool is_final(int error)
{
    return error == ENOENT || error == EINVAL || error == ELOOP || error == ENXIO;
}

static void note_sequence(void *data, const struct pt_record *record)
{
    struct rings *rings = data;
    uint32_t ring = record->ring_id;
    if (ring >= rings->count && ring < RINGS_MAX) {
        uint32_t count = ring < 1024 ? 1024 : ring * 2;
        uint64_t *next = realloc(rings->next, count * sizeof(*next));
        if (!next) {
            return; /* at worst it is sent twice */
        }
        memset(next + rings->count, 0, (count - rings->count) * sizeof(*next));
        rings->next = next;
        rings->count = count;
    }
    if (ring < rings->count && record->sequence >= rings->next[ring]) {
        rings->next[ring] = record->sequence + 1;
    }
}

/* Returns how many of the last file's records are behind its end. */
static uint32_t read_files(int dirfd, struct rings *rings, struct pt_inventory *inventory)
{
    size_t kept = 0;
    uint32_t torn = 0;
    note_obstacle(inventory, visit_names(dirfd, add_name, inventory));
    if (inventory->count > 1) {
        qsort(inventory->files, inventory->count, sizeof(*inventory->files), compare);
    }
    for (size_t i = 0; i < inventory->count; i++) {
        struct pt_segment_extent extent;
        uint64_t first = inventory->files[i].first;
        int error =
            pt_segment_file_visit(dirfd, first, rings ? note_sequence : NULL, rings, &extent);
        if (error != 0 && !is_final(error)) {
            note_obstacle(inventory, error);
        }
        if (error != 0 || extent.count == 0) {
            continue;
        }
        if (kept > 0) { /* what a start that was killed, too, has moved out of the rings by then */
            inventory->files[kept - 1].count -= torn;
        }
        torn = extent.torn;
        inventory->files[kept++] = (struct pt_journal_file){
            .first = first,
            .count = extent.count,
            .size = extent.size,
            .changed_unix_ns = extent.changed_unix_ns,
        };
    }
    inventory->count = kept;
    return torn;
}

/* ---- what the crash left -------------------------------------------------------------- */

/* A file of that position may be there already, without any record. */
static int create_file(struct moving *moving, struct pt_segment_file *ret_file)
{
    int error = EEXIST;
    for (int i = 0; i < 4 && error == EEXIST; i++) {
        error = pt_segment_file_create(moving->dirfd, moving->at, ret_file);
        moving->at += error == EEXIST ? PT_SEGMENT_FILE_RECORDS : 0;
    }
    return error;
}

static bool write_out(struct moving *moving)
{
    struct pt_segment_file file;
    if (moving->count == 0) {
        return true;
    }
    moving->error = create_file(moving, &file);
    if (moving->error != 0) {
        return false;
    }
    moving->error =
        pt_segment_file_append(&file, moving->at, moving->records, moving->len, moving->count);
    struct pt_journal_file entry = { .first = moving->at,
                                     .count = moving->count,
                                     .size = file.size };
    pt_segment_file_close(&file);
    if (moving->error == 0 && !add(moving->inventory, entry)) {
        moving->error = ENOMEM;
    }
    if (moving->error != 0) {
        pt_segment_file_remove(moving->dirfd, moving->at);
        return false;
    }
    moving->at += moving->count;
    moving->len = 0;
    moving->count = 0;
    return true;
}

static uint64_t appended(void *data, uint32_t ring)
{
    const struct moving *moving = data;
    return ring < moving->rings->count ? moving->rings->next[ring] : 0;
}

static bool take(void *data, const struct pt_record *record)
{
    struct moving *moving = data;
    bool is_full = moving->count == PT_SEGMENT_FILE_RECORDS ||
                   moving->len + record->size > PT_SEGMENT_FILE_BYTES;
    if (is_full && !write_out(moving)) {
        return false;
    }
    memcpy(moving->records + moving->len, record, record->size);
    moving->len += record->size;
    moving->count++;
    return true;
}

static bool is_leftover(const char *name)
{
    return strncmp(name, PT_SURVIVAL_RINGS ".", sizeof(PT_SURVIVAL_RINGS)) == 0 ||
           strncmp(name, PT_SURVIVAL_SLOTS ".", sizeof(PT_SURVIVAL_SLOTS)) == 0;
}

static void find_leftover(void *data, int dirfd, const char *name)
{
    (void)dirfd;
    *(bool *)data |= is_leftover(name);
}

static void remove_leftover(void *data, int dirfd, const char *name)
{
    (void)data;
    if (is_leftover(name)) {
        unlinkat(dirfd, name, 0);
    }
}

/* All or nothing: what was written and could be sent while the rest stays would be sent twice. */
static void take_back(struct moving *moving)
{
    while (moving->inventory->count > moving->file_count) {
        pt_segment_file_remove(moving->dirfd,
                               moving->inventory->files[--moving->inventory->count].first);
    }
}

static void say(const struct pt_leftover_counts *counts)
{
    if (counts->records + counts->roots > 0) {
        pt_log(PATTER_LOG_INFO,
               "storage: a process ended without a shutdown; %llu spans that it had not stored are "
               "sent now, and %llu of calls that it left open, as abandoned",
               (unsigned long long)counts->records, (unsigned long long)counts->roots);
    }
    if (counts->damaged > 0) {
        pt_log(PATTER_LOG_WARNING, "storage: %llu places in its memory were damaged and left out",
               (unsigned long long)counts->damaged);
    }
}

/* When the process was last seen alive; now where nothing says so, so that what is left of it does
 * not count as too old. */
static uint64_t last_seen(const struct pt_salvaged_keys *keys, uint64_t latest_unix_ns)
{
    uint64_t seen = latest_unix_ns > keys->alive_unix_ns ? latest_unix_ns : keys->alive_unix_ns;
    return seen > 0 ? seen : pt_clock_unix_ns();
}

/* Returns how many records that made. */
static uint64_t move(struct moving *moving, const struct pt_salvaged_keys *keys,
                     uint64_t latest_unix_ns)
{
    struct pt_leftover_counts counts = { 0 };
    struct pt_leftover_reader reader = { .data = moving, .appended = appended, .take = take };
    struct patter_error error = { 0 };
    moving->records = aligned_alloc(8, PT_SEGMENT_FILE_BYTES);
    if (moving->records &&
        pt_leftovers_read(moving->dirfd, keys, latest_unix_ns, &reader, &counts, &error) &&
        write_out(moving)) {
        visit_names(moving->dirfd, remove_leftover, NULL);
        say(&counts);
    } else {
        struct pt_text text = { 0 };
        pt_error_write(&error, &text);
        take_back(moving);
        moving->inventory->has_leftovers = true;
        pt_log(PATTER_LOG_WARNING,
               "storage: what a process left that ended without a shutdown stays for the next "
               "start: %s",
               moving->error != 0 ? strerror(moving->error) : pt_text_get(&text));
        pt_text_clean(&text);
        counts = (struct pt_leftover_counts){ 0 };
    }
    free(moving->records);
    for (size_t i = moving->file_count; i < moving->inventory->count; i++) {
        moving->inventory->files[i].changed_unix_ns = last_seen(keys, latest_unix_ns);
    }
    return counts.records + counts.roots;
}

static bool pass_over(void *data, const struct pt_record *record)
{
    (void)data;
    (void)record;
    return true;
}

/* Counts what move() would move; returns how many records that would make. Of a process that lives
 * it is what was there in passing. */
static uint64_t look(struct moving *moving)
{
    struct pt_leftover_counts counts = { 0 };
    struct pt_leftover_reader reader = { .data = moving, .appended = appended, .take = pass_over };
    struct pt_salvaged_keys *none = calloc(1, sizeof(*none));
    if (!none || !pt_leftovers_read(moving->dirfd, none, 0, &reader, &counts, NULL)) {
        note_obstacle(moving->inventory, none ? EIO : ENOMEM);
    }
    free(none);
    moving->inventory->unmoved = counts.records;
    moving->inventory->open_calls = counts.roots;
    return counts.records + counts.roots;
}

void pt_inventory_take(int dirfd, const struct pt_salvaged_keys *keys, uint64_t at_least,
                       struct pt_inventory *ret_inventory)
{
    struct pt_inventory inventory = { 0 };
    struct rings rings = { 0 };
    bool has_leftovers = false;
    inventory.obstacle = visit_names(dirfd, find_leftover, &has_leftovers);
    uint32_t torn = read_files(dirfd, has_leftovers ? &rings : NULL, &inventory);
    struct pt_journal_file *last =
        inventory.count > 0 ? &inventory.files[inventory.count - 1] : NULL;
    if (has_leftovers && keys && inventory.obstacle != 0) {
        inventory.has_leftovers = true; /* what of it is in the log already cannot be told */
    } else if (has_leftovers) {
        struct moving moving = { .dirfd = dirfd,
                                 .rings = &rings,
                                 .inventory = &inventory,
                                 .file_count = inventory.count,
                                 .at = last ? last->first + last->count : 0 };
        if (at_least > moving.at && at_least < UINT64_MAX / 2) { /* else it is noise */
            moving.at = at_least;
        }
        uint64_t moved =
            keys ? move(&moving, keys, last ? last->changed_unix_ns : 0) : look(&moving);
        if (moving.file_count > 0) {
            /* An append that a kill has cut short: its records were in a ring still. */
            inventory.files[moving.file_count - 1].count -= moved < torn ? (uint32_t)moved : torn;
        }
    }
    free(rings.next);
    *ret_inventory = inventory;
}
