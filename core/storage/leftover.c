/* SPDX-License-Identifier: MIT */
#include "core/storage/leftover.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "core/base/clock.h"
#include "core/base/text.h"
#include "core/record/survival.h"

/* ---- files ---------------------------------------------------------------------------- */

/* -1 and errno when there is none, or it is no plain file. */
static int open_file(int dirfd, const char *name)
{
    struct stat about;
    int fd = openat(dirfd, name, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC);
    if (fd >= 0 && (fstat(fd, &about) != 0 || !S_ISREG(about.st_mode))) {
        close(fd);
        errno = EINVAL;
        fd = -1;
    }
    return fd;
}

/* How many bytes there were, or -1 and errno. */
static ssize_t read_at(int fd, void *to, size_t size, off_t offset)
{
    size_t got = 0;
    while (got < size) {
        ssize_t more = pread(fd, (char *)to + got, size - got, offset + (off_t)got);
        if (more < 0 && errno != EINTR) {
            return -1;
        }
        if (more == 0) {
            break;
        }
        got += more > 0 ? (size_t)more : 0;
    }
    return (ssize_t)got;
}

static void cannot_read(struct patter_error *error, const char *name, int problem)
{
    pt_error_add(error, PATTER_FAILED, "cannot read '%s', which a crash left: %s", name,
                 strerror(problem));
}

bool pt_leftover_keys_read(int dirfd, struct pt_salvaged_keys *ret_keys, struct patter_error *error)
{
    int problem = 0;
    int fd = open_file(dirfd, PT_SURVIVAL_KEYS);
    struct pt_survival_keys *bytes = fd >= 0 ? malloc(sizeof(*bytes)) : NULL;
    ssize_t len = bytes ? read_at(fd, bytes, sizeof(*bytes), 0) : -1;
    if (len < 0) {
        problem = errno;
        cannot_read(error, PT_SURVIVAL_KEYS, problem);
        goto exit;
    }
    if ((size_t)len < sizeof(*bytes) || bytes->magic != PT_SURVIVAL_MAGIC) {
        pt_error_add(error, PATTER_FAILED, "'%s' is none of this version of patter",
                     PT_SURVIVAL_KEYS);
        problem = EBADMSG;
        goto exit;
    }
    pt_salvage_keys((const unsigned char *)bytes, (size_t)len, ret_keys);
exit:
    free(bytes);
    if (fd >= 0) {
        close(fd);
    }
    errno = problem;
    return problem == 0;
}

/* ---- a folder --------------------------------------------------------------------------- */

/* Where an unread part lies. */
struct place {
    uint32_t ring_id;
    uint32_t file;
    uint64_t sequence;
    uint64_t end; /* after its last record, once that was passed on */
    off_t offset;
};

struct reading {
    int dirfd;
    const struct pt_salvaged_keys *keys;
    const struct pt_leftover_reader *reader;
    struct pt_leftover_counts counts;
    struct patter_error *error;
    bool failed; /* a file, which leaves the others */
    uint64_t latest_unix_ns;
    unsigned char *buffer; /* a chunk */
    struct place *places;
    size_t place_count;
};

/* Calls visit(reading, file, offset), with the item in the buffer, for all of the numbered files;
 * false when it said so. */
static bool visit_files(struct reading *reading, const char *what, size_t size,
                        bool (*visit)(struct reading *reading, uint32_t file, off_t offset))
{
    bool goes_on = true;
    for (uint32_t file = 0; goes_on && file <= UINT16_MAX; file++) {
        char name[PT_SURVIVAL_FILE_NAME];
        ssize_t len = 0;
        pt_survival_file_name(name, what, file);
        int fd = open_file(reading->dirfd, name);
        if (fd < 0 && errno == ENOENT) {
            break;
        }
        off_t end = PT_SURVIVAL_FILE_SIZE; /* none is larger */
        for (off_t at = 0; goes_on && fd >= 0 && at < end; at += (off_t)size) {
            len = read_at(fd, reading->buffer, size, at);
            if (len < (ssize_t)size) {
                break;
            }
            goes_on = visit(reading, file, at);
        }
        if (fd < 0 || len < 0) {
            cannot_read(reading->error, name, errno);
            reading->failed = true;
        }
        if (fd >= 0) {
            close(fd);
        }
    }
    return goes_on;
}

static bool note_part(struct reading *reading, uint32_t file, off_t offset)
{
    struct pt_salvaged_part part;
    pt_salvage_chunk(reading->buffer, &part);
    reading->counts.damaged += part.is_damaged;
    if (part.count == 0) {
        return true;
    }
    if ((reading->place_count & (reading->place_count - 1)) == 0) { /* doubles */
        size_t room = reading->place_count ? reading->place_count * 2 : 1;
        struct place *places = realloc(reading->places, room * sizeof(*places));
        if (!places) {
            pt_error_add(reading->error, PATTER_NO_MEMORY, "memory is short");
            return false;
        }
        reading->places = places;
    }
    reading->places[reading->place_count++] = (struct place){
        .ring_id = part.ring_id, .file = file, .sequence = part.sequence, .offset = offset
    };
    return true;
}

static int by_ring_and_sequence(const void *one_, const void *other_)
{
    const struct place *one = one_, *other = other_;
    if (one->ring_id != other->ring_id) {
        return one->ring_id < other->ring_id ? -1 : 1;
    }
    return (one->sequence > other->sequence) - (one->sequence < other->sequence);
}

static bool pass_on(struct reading *reading, const struct pt_record *record)
{
    if (!reading->reader->take(reading->reader->data, record)) {
        pt_error_add(reading->error, PATTER_FAILED, "what a crash left could not be taken over");
        return false;
    }
    return true;
}

/* Passes on the part's records from sequence `*next` on, which moves behind them. */
static bool pass_part(struct reading *reading, const struct pt_salvaged_part *part, uint64_t *next)
{
    for (uint32_t at = 0; at < part->len;) {
        const struct pt_record *record = (const void *)(part->records + at);
        if (record->sequence >= *next) {
            if (!pass_on(reading, record)) {
                return false;
            }
            reading->counts.records++;
            *next = record->sequence + 1;
        }
        if (record->end_unix_ns > reading->latest_unix_ns) {
            reading->latest_unix_ns = record->end_unix_ns;
        }
        at += record->size;
    }
    return true;
}

/* The chunk at a place, again. */
static bool reload(struct reading *reading, const struct place *place,
                   struct pt_salvaged_part *ret_part)
{
    char name[PT_SURVIVAL_FILE_NAME];
    pt_survival_file_name(name, PT_SURVIVAL_RINGS, place->file);
    int fd = open_file(reading->dirfd, name);
    ssize_t len = fd >= 0 ? read_at(fd, reading->buffer, PT_CHUNK_SIZE, place->offset) : -1;
    if (len == PT_CHUNK_SIZE) {
        pt_salvage_chunk(reading->buffer, ret_part);
    } else {
        cannot_read(reading->error, name, len < 0 ? errno : EIO);
        reading->failed = true;
    }
    if (fd >= 0) {
        close(fd);
    }
    return len == PT_CHUNK_SIZE;
}

static bool pass_rings(struct reading *reading)
{
    const struct pt_leftover_reader *reader = reading->reader;
    uint64_t next = 0;
    if (reading->place_count == 0) {
        return true;
    }
    qsort(reading->places, reading->place_count, sizeof(*reading->places), by_ring_and_sequence);
    for (size_t i = 0; i < reading->place_count; i++) {
        struct place *place = &reading->places[i];
        struct pt_salvaged_part part;
        if (i == 0 || place->ring_id != place[-1].ring_id) {
            next = reader->appended(reader->data, place->ring_id);
        }
        if (reload(reading, place, &part) && !pass_part(reading, &part, &next)) {
            return false;
        }
        place->end = next;
    }
    return true;
}

/* Whether the record of a root that was ending had reached its ring. */
static bool is_written(const struct reading *reading, const struct pt_record *root)
{
    for (size_t i = 0; i < reading->place_count; i++) {
        const struct place *place = &reading->places[i];
        if (place->ring_id == root->ring_id && place->end > root->sequence) {
            return true;
        }
    }
    return reading->reader->appended(reading->reader->data, root->ring_id) > root->sequence;
}

static uint32_t number_of(const struct pt_salvaged_keys *keys, const char *name)
{
    for (uint32_t i = 1; i < keys->count; i++) {
        if (pt_str_equal(pt_salvaged_key_name(keys, i), patter_text(name))) {
            return i;
        }
    }
    return 0;
}

static bool pass_root(struct reading *reading, uint32_t file, off_t offset)
{
    const struct pt_leftover_reader *reader = reading->reader;
    const off_t most = PT_SURVIVAL_FILE_SIZE / (off_t)sizeof(struct pt_slot);
    struct pt_salvaged_root root;
    enum pt_salvaged_slot found = pt_salvage_slot(reading->buffer, &root);
    uint64_t number = file * (uint64_t)most + (uint64_t)offset / sizeof(struct pt_slot);
    reading->counts.damaged += found == PT_SLOT_IS_DAMAGED;
    if (found != PT_SLOT_HAS_ROOT || (root.is_ending && is_written(reading, &root.record)) ||
        number < reader->appended(reader->data, PT_SALVAGED_ROOTS)) {
        return true;
    }
    pt_salvaged_root_close(&root, number_of(reading->keys, "error.type"), reading->latest_unix_ns);
    root.record.ring_id = PT_SALVAGED_ROOTS;
    root.record.sequence = number;
    if (!pass_on(reading, &root.record)) {
        return false;
    }
    reading->counts.roots++;
    return true;
}

bool pt_leftovers_read(int dirfd, const struct pt_salvaged_keys *keys, uint64_t latest_unix_ns,
                       const struct pt_leftover_reader *reader,
                       struct pt_leftover_counts *ret_counts, struct patter_error *error)
{
    struct reading reading = {
        .dirfd = dirfd,
        .keys = keys,
        .reader = reader,
        .error = error,
        .latest_unix_ns =
            latest_unix_ns > keys->alive_unix_ns ? latest_unix_ns : keys->alive_unix_ns,
        .buffer = aligned_alloc(64, PT_CHUNK_SIZE),
    };
    bool done = false;
    if (!reading.buffer) {
        pt_error_add(error, PATTER_NO_MEMORY, "memory is short");
        goto exit;
    }
    if (!visit_files(&reading, PT_SURVIVAL_RINGS, PT_CHUNK_SIZE, note_part) ||
        !pass_rings(&reading)) {
        goto exit;
    }
    /* A program may give its spans ends that are to come: nobody lived then. */
    uint64_t now = pt_clock_unix_ns();
    reading.latest_unix_ns = reading.latest_unix_ns < now ? reading.latest_unix_ns : now;
    done = visit_files(&reading, PT_SURVIVAL_SLOTS, sizeof(struct pt_slot), pass_root);
exit:
    *ret_counts = reading.counts;
    free(reading.places);
    free(reading.buffer);
    return done && !reading.failed;
}
