/* SPDX-License-Identifier: MIT */
#include "core/storage/cursors.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include "core/base/room.h"
#include "core/storage/file.h"

#define MAGIC UINT64_C(0x3373726f73727563) /* "cursors3" */

/* ---- the file ------------------------------------------------------------------------- */

/* Closes `fd`. With room for every page that may be written: an old file may have come here by a
 * copy that left out what was zero. */
static struct pt_stored_cursors *map(int fd, bool is_writable)
{
    const size_t size = sizeof(struct pt_stored_cursors);
    void *memory = MAP_FAILED;
    int error = is_writable ? pt_room_reserve(fd, size) : 0;
    if (error == 0) {
        memory =
            mmap(NULL, size, is_writable ? PROT_READ | PROT_WRITE : PROT_READ, MAP_SHARED, fd, 0);
        error = errno;
    }
    close(fd);
    errno = error;
    return memory == MAP_FAILED ? NULL : memory;
}

struct pt_stored_cursors *pt_stored_cursors_create(int dirfd)
{
    int fd = pt_file_open(dirfd, "cursors", O_RDWR | O_CREAT | O_EXCL);
    if (fd < 0) {
        return NULL;
    }
    struct pt_stored_cursors *cursors = map(fd, true);
    if (cursors) {
        cursors->magic = MAGIC;
    }
    return cursors;
}

struct pt_stored_cursors *pt_stored_cursors_open(int dirfd, bool is_writable)
{
    struct stat stat;
    int fd = pt_file_open(dirfd, "cursors", is_writable ? O_RDWR : O_RDONLY);
    if (fd < 0) {
        return NULL;
    }
    if (fstat(fd, &stat) != 0 || stat.st_size != sizeof(struct pt_stored_cursors)) {
        close(fd);
        errno = EBADMSG;
        return NULL;
    }
    struct pt_stored_cursors *cursors = map(fd, is_writable);
    if (cursors && cursors->magic != MAGIC) {
        pt_stored_cursors_close(cursors);
        errno = EBADMSG;
        return NULL;
    }
    return cursors;
}

void pt_stored_cursors_close(struct pt_stored_cursors *cursors)
{
    if (cursors) {
        munmap(cursors, sizeof(*cursors));
    }
}

/* ---- who ---------------------------------------------------------------------------------- */

static bool is_taken(const struct pt_stored_cursor *cursor)
{
    return atomic_load_explicit(&cursor->is_taken, memory_order_acquire) == 1;
}

static bool is_named(const struct pt_stored_cursor *cursor, const char *name)
{
    return is_taken(cursor) && strncmp(cursor->name, name, PT_STORED_NAME) == 0;
}

static struct pt_stored_cursor *find(struct pt_stored_cursors *cursors, const char *name)
{
    for (size_t i = 0; i < PT_STORED_CURSORS; i++) {
        if (is_named(&cursors->cursors[i], name)) {
            return &cursors->cursors[i];
        }
    }
    return NULL;
}

static void put(_Atomic uint64_t *to, uint64_t value)
{
    atomic_store_explicit(to, value, memory_order_release);
}

static uint64_t get(const _Atomic uint64_t *from)
{
    return atomic_load_explicit(from, memory_order_acquire);
}

/* Twice, so that a bit that a disk flips does not let all that waits pass for sent. */
static void put_read(struct pt_stored_cursor *cursor, uint64_t position)
{
    put(&cursor->read, position);
    put(&cursor->read_inverse, ~position);
}

/* The lesser, so that at worst something is sent twice. */
static uint64_t get_read(const struct pt_stored_cursor *cursor)
{
    uint64_t read = get(&cursor->read);
    uint64_t again = ~get(&cursor->read_inverse);
    return read < again ? read : again;
}

/* At every instant between it is as empty as before. */
static void put_answered(struct pt_stored_cursor *cursor, size_t i, struct pt_range range)
{
    put(&cursor->answered[i].first, UINT64_MAX);
    put(&cursor->answered[i].end, range.end);
    put(&cursor->answered[i].first, range.first);
}

/* All but the first of `ranges`, which `read` stands for; those for which there is no room are
 * handed out again. */
static void put_all_answered(struct pt_stored_cursor *cursor, const struct pt_range *ranges,
                             size_t count)
{
    for (size_t i = 0; i < PT_STORED_ANSWERED; i++) {
        put_answered(cursor, i, i < count ? ranges[i] : (struct pt_range){ 0 });
    }
}

/* `ranges`: what it has behind it. */
static struct pt_stored_cursor *claim(struct pt_stored_cursors *cursors, const char *name,
                                      const struct pt_range *ranges, size_t count)
{
    size_t i = 0;
    while (i < PT_STORED_CURSORS && is_taken(&cursors->cursors[i])) {
        i++;
    }
    if (i == PT_STORED_CURSORS || strlen(name) >= PT_STORED_NAME) {
        return NULL;
    }
    struct pt_stored_cursor *cursor = &cursors->cursors[i];
    bool has_read = count > 0 && ranges[0].first == 0;
    memset(cursor, 0, sizeof(*cursor)); /* it is not taken: no kill harms it */
    put_all_answered(cursor, ranges + has_read, count - has_read);
    put_read(cursor, has_read ? ranges[0].end : 0);
    put(&cursor->end, UINT64_MAX);
    memcpy(cursor->name, name, strlen(name) + 1);
    put(&cursor->is_taken, 1);
    return cursor;
}

struct pt_stored_cursor *pt_stored_cursors_claim(struct pt_stored_cursors *cursors,
                                                 const char *name)
{
    struct pt_stored_cursor *known = find(cursors, name);
    static const struct pt_range nothing;
    return known ? known : claim(cursors, name, &nothing, 0);
}

void pt_stored_cursor_enter(struct pt_stored_cursor *cursor, uint64_t position)
{
    put(&cursor->begin, position);
    pt_stored_cursor_begin(cursor, position, position); /* an empty batch */
    put(&cursor->end, UINT64_MAX);
}

void pt_stored_cursor_leave(struct pt_stored_cursor *cursor, uint64_t first, uint64_t end)
{
    put(&cursor->end, end);
    if (end > first) {
        pt_stored_cursor_begin(cursor, first, end);
    }
}

void pt_stored_cursor_release(struct pt_stored_cursor *cursor)
{
    put(&cursor->is_taken, 0);
}

/* ---- how far -------------------------------------------------------------------------- */

static bool is_empty(const struct pt_stored_range *range)
{
    return get(&range->end) <= get(&range->first);
}

bool pt_stored_cursor_has_place(const struct pt_stored_cursor *cursor)
{
    size_t i = 0;
    while (i < PT_STORED_IN_FLIGHT && !is_empty(&cursor->in_flight[i])) {
        i++;
    }
    return i < PT_STORED_IN_FLIGHT;
}

void pt_stored_cursor_begin(struct pt_stored_cursor *cursor, uint64_t first, uint64_t end)
{
    for (size_t i = 0; i < PT_STORED_IN_FLIGHT; i++) {
        struct pt_stored_range *range = &cursor->in_flight[i];
        if (is_empty(range)) {
            /* Batches only go forward, so that the new first is no less than the old end. */
            put(&range->first, first);
            put(&range->end, end);
            put_read(cursor, end);
            return;
        }
    }
}

void pt_stored_cursor_answer(struct pt_stored_cursor *cursor, uint64_t end, uint64_t answered_to)
{
    for (size_t i = 0; i < PT_STORED_IN_FLIGHT; i++) {
        struct pt_stored_range *range = &cursor->in_flight[i];
        if (get(&range->end) == end && get(&range->first) < answered_to) {
            put(&range->first, answered_to);
            return;
        }
    }
}

static int compare(const void *a, const void *b)
{
    uint64_t x = ((const struct pt_range *)a)->first, y = ((const struct pt_range *)b)->first;
    return (x > y) - (x < y);
}

/* The ranges that are not empty, in order. */
static size_t sort(const struct pt_stored_range *stored, size_t count, struct pt_range *ret_ranges)
{
    size_t found = 0;
    for (size_t i = 0; i < count; i++) {
        struct pt_range range = { get(&stored[i].first), get(&stored[i].end) };
        if (range.first < range.end) {
            ret_ranges[found++] = range;
        }
    }
    qsort(ret_ranges, found, sizeof(*ret_ranges), compare);
    return found;
}

size_t pt_stored_cursor_answered(const struct pt_stored_cursor *cursor,
                                 struct pt_range ret_ranges[PT_ANSWERED_MAX], size_t max)
{
    struct pt_range ranges[PT_STORED_ANSWERED];
    struct pt_ranges answered = { .ranges = ret_ranges, .max = max };
    uint64_t read = get_read(cursor);
    uint64_t its_end = get(&cursor->end);
    uint64_t at = 0;
    size_t count = sort(cursor->in_flight, PT_STORED_IN_FLIGHT, ranges);
    for (size_t i = 0; i < count; i++) {
        pt_ranges_push(&answered, at, ranges[i].first < read ? ranges[i].first : read);
        at = at > ranges[i].end ? at : ranges[i].end;
    }
    pt_ranges_push(&answered, at, read);
    count = sort(cursor->answered, PT_STORED_ANSWERED, ranges);
    for (size_t i = 0; i < count; i++) {
        pt_ranges_push(&answered, ranges[i].first > read ? ranges[i].first : read, ranges[i].end);
    }
    pt_ranges_push(&answered, its_end > at ? its_end : at, UINT64_MAX);
    return answered.count;
}

uint64_t pt_stored_cursor_pending(const struct pt_stored_cursor *cursor, uint64_t first,
                                  uint64_t end)
{
    struct pt_range answered[PT_ANSWERED_MAX];
    size_t count = pt_stored_cursor_answered(cursor, answered, PT_ANSWERED_MAX);
    return pt_ranges_lacking(answered, count, first, end);
}

uint64_t pt_stored_cursor_end(const struct pt_stored_cursor *cursor)
{
    uint64_t end = get_read(cursor);
    for (size_t i = 0; i < PT_STORED_IN_FLIGHT; i++) {
        uint64_t flight_end = get(&cursor->in_flight[i].end);
        end = end > flight_end ? end : flight_end;
    }
    return end;
}

/* ---- when a journal is adopted -------------------------------------------------------- */

/* Less is answered than before: `ranges`. Below `read` they say nothing yet; then it goes back. */
static void go_back(struct pt_stored_cursor *cursor, const struct pt_range *ranges, size_t count)
{
    bool has_end = count > 0 && ranges[count - 1].end == UINT64_MAX;
    count -= has_end;
    bool has_read = count > 0 && ranges[0].first == 0;
    put(&cursor->end, has_end ? ranges[count].first : UINT64_MAX);
    put_all_answered(cursor, ranges + has_read, count - has_read);
    put_read(cursor, has_read ? ranges[0].end : 0);
}

/* What was in flight becomes a gap in what is answered; then nothing is in flight. */
static void rewind_cursor(struct pt_stored_cursor *cursor)
{
    struct pt_range ranges[PT_ANSWERED_MAX];
    go_back(cursor, ranges, pt_stored_cursor_answered(cursor, ranges, PT_ANSWERED_MAX));
    for (size_t i = 0; i < PT_STORED_IN_FLIGHT; i++) {
        put(&cursor->in_flight[i].end, 0);
        put(&cursor->in_flight[i].first, 0);
    }
}

static bool is_among(const struct pt_stored_cursor *cursor, const char *const *names, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        if (is_named(cursor, names[i])) {
            return true;
        }
    }
    return false;
}

/* What all whose exporters are not named have answered for; `end` where there is none of them. */
static size_t answered_by_others(struct pt_stored_cursors *cursors, const char *const *names,
                                 size_t name_count, struct pt_range *ret_ranges, uint64_t end)
{
    struct pt_range ranges[PT_ANSWERED_MAX], common[PT_ANSWERED_MAX];
    size_t taken_count = 0, count = 1;
    ret_ranges[0] = (struct pt_range){ 0, end };
    for (size_t i = 0; i < PT_STORED_CURSORS; i++) {
        struct pt_stored_cursor *cursor = &cursors->cursors[i];
        taken_count += is_taken(cursor);
        if (is_taken(cursor) && !is_among(cursor, names, name_count)) {
            struct pt_ranges both = { .ranges = common, .max = PT_ANSWERED_MAX };
            pt_ranges_push_both(&both, ret_ranges, count, ranges,
                                pt_stored_cursor_answered(cursor, ranges, PT_ANSWERED_MAX));
            count = both.count;
            memcpy(ret_ranges, common, count * sizeof(*ret_ranges));
        }
    }
    return taken_count > 0 ? count : 0;
}

static void release_others(struct pt_stored_cursors *cursors, const char *const *names,
                           size_t name_count)
{
    for (size_t i = 0; i < PT_STORED_CURSORS; i++) {
        if (is_taken(&cursors->cursors[i]) && !is_among(&cursors->cursors[i], names, name_count)) {
            pt_stored_cursor_release(&cursors->cursors[i]);
        }
    }
}

/* What was before the cursor's begin is its now, but for `settled`. Returns that begin. */
static uint64_t inherit(struct pt_stored_cursor *cursor, const struct pt_range *settled,
                        size_t count)
{
    struct pt_range own[PT_ANSWERED_MAX], others[PT_ANSWERED_MAX], common[PT_ANSWERED_MAX];
    struct pt_ranges of_others = { .ranges = others, .max = PT_ANSWERED_MAX };
    struct pt_ranges both = { .ranges = common, .max = PT_ANSWERED_MAX };
    uint64_t begin = get(&cursor->begin);
    if (pt_ranges_lacking(settled, count, 0, begin) > 0) {
        size_t own_count = pt_stored_cursor_answered(cursor, own, PT_ANSWERED_MAX);
        pt_ranges_push_within(&of_others, settled, count, 0, begin);
        pt_ranges_push(&of_others, begin, UINT64_MAX);
        pt_ranges_push_both(&both, own, own_count, others, of_others.count);
        go_back(cursor, common, both.count);
    }
    put(&cursor->begin, 0);
    return begin;
}

size_t pt_stored_cursors_settle(struct pt_stored_cursors *cursors, const char *const *names,
                                size_t name_count, uint64_t end,
                                struct pt_range ret_ranges[PT_ANSWERED_MAX])
{
    struct pt_range ranges[PT_ANSWERED_MAX];
    struct pt_ranges settled = { .ranges = ret_ranges, .max = PT_ANSWERED_MAX };
    uint64_t inherited = 0; /* all before has its heir */
    for (size_t i = 0; i < PT_STORED_CURSORS; i++) {
        cursors->cursors[i].name[PT_STORED_NAME - 1] = '\0';
        rewind_cursor(&cursors->cursors[i]);
    }
    size_t count = answered_by_others(cursors, names, name_count, ranges, end);
    for (size_t i = 0; i < name_count; i++) {
        struct pt_stored_cursor *known = find(cursors, names[i]);
        uint64_t to = known                                     ? inherit(known, ranges, count)
                      : claim(cursors, names[i], ranges, count) ? end
                                                                : 0;
        inherited = to > inherited ? to : inherited;
    }
    release_others(cursors, names, name_count);
    pt_ranges_push(&settled, 0, inherited);
    pt_ranges_push_within(&settled, ranges, count, inherited, UINT64_MAX);
    return settled.count;
}
