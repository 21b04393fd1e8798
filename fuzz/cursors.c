/* SPDX-License-Identifier: MIT */
/* Stored cursors: in a run nothing counts as answered that was not; and whatever a file holds, its
 * ranges come out in order, and adopting it lets nobody miss more than the file said. */
#include "core/storage/cursors.h"

#include <string.h>

#include "fuzz/support/fuzz.h"

enum { POSITIONS = 256, BATCHES_MAX = 100 };

/* Which positions below POSITIONS. */
struct set {
    bool has[POSITIONS];
};

static struct pt_stored_cursors stored;

static struct set answered_of(const struct pt_stored_cursor *cursor)
{
    struct pt_range ranges[PT_ANSWERED_MAX];
    struct set set = { { false } };
    size_t count = pt_stored_cursor_answered(cursor, ranges, PT_ANSWERED_MAX);
    EXPECT(count <= PT_ANSWERED_MAX);
    for (size_t i = 0; i < count; i++) {
        EXPECT(ranges[i].first < ranges[i].end);
        EXPECT(i == 0 || ranges[i].first > ranges[i - 1].end);
        for (uint64_t at = ranges[i].first; at < ranges[i].end && at < POSITIONS; at++) {
            set.has[at] = true;
        }
    }
    uint64_t pending = 0;
    for (size_t i = 0; i < POSITIONS; i++) {
        pending += !set.has[i];
    }
    EXPECT(pt_stored_cursor_pending(cursor, 0, POSITIONS) == pending);
    return set;
}

static void expect_subset(const struct set *part, const struct set *whole)
{
    for (size_t i = 0; i < POSITIONS; i++) {
        EXPECT(!part->has[i] || whole->has[i]);
    }
}

/* ---- a run ---------------------------------------------------------------------------- */

struct batch {
    uint64_t first, end;
};

static void check_run(struct fuzz_input *input)
{
    struct batch batches[PT_STORED_IN_FLIGHT];
    struct set answered = { { false } };
    size_t in_flight = 0;
    uint64_t read = 0;
    memset(&stored, 0, sizeof(stored));
    struct pt_stored_cursor *cursor = pt_stored_cursors_claim(&stored, "otlp-http");
    EXPECT(cursor && pt_stored_cursors_claim(&stored, "otlp-http") == cursor);
    for (size_t i = 0; i < BATCHES_MAX && input->len > 0; i++) {
        uint8_t what = fuzz_u8(input);
        if (what % 2 == 0 && in_flight < PT_STORED_IN_FLIGHT && read < POSITIONS - 16) {
            struct batch batch = { read + what / 128, read + what / 128 + 1 + what / 2 % 8 };
            for (uint64_t at = read; at < batch.first; at++) {
                answered.has[at] = true; /* passed over: dropped, or never this exporter's */
            }
            pt_stored_cursor_begin(cursor, batch.first, batch.end);
            read = batch.end;
            batches[in_flight++] = batch;
        } else if (in_flight > 0) {
            struct batch *batch = &batches[what / 2 % in_flight];
            uint64_t to = batch->first + 1 + fuzz_u8(input) % (batch->end - batch->first);
            for (uint64_t at = batch->first; at < to; at++) {
                answered.has[at] = true;
            }
            pt_stored_cursor_answer(cursor, batch->end, to);
            batch->first = to;
            *batch = to == batch->end ? batches[--in_flight] : *batch;
        }
        struct set found = answered_of(cursor);
        expect_subset(&found, &answered);
        expect_subset(&answered, &found);
        EXPECT(pt_stored_cursor_end(cursor) == read);
    }
}

/* ---- a file --------------------------------------------------------------------------- */

static uint64_t take_position(struct fuzz_input *input)
{
    uint8_t small = fuzz_u8(input);
    return small == 0xff ? fuzz_u64(input) : small;
}

static void take_cursor(struct fuzz_input *input, struct pt_stored_cursor *cursor)
{
    uint8_t counts = fuzz_u8(input);
    memset(cursor->name, 'x', sizeof(cursor->name)); /* not even terminated */
    struct patter_str name = fuzz_text(input, 8);
    memcpy(cursor->name, name.data, name.len);
    cursor->name[name.len] = '\0';
    cursor->is_taken = counts & 1 ? 1 : fuzz_u8(input);
    cursor->read = take_position(input);
    cursor->read_inverse = ~cursor->read;
    cursor->begin = counts & 8 ? take_position(input) : 0;
    cursor->end = counts & 4 ? take_position(input) : UINT64_MAX;
    for (size_t i = 0; i < (counts >> 1 & 7); i++) {
        cursor->in_flight[i * 9].first = take_position(input);
        cursor->in_flight[i * 9].end = take_position(input);
    }
    for (size_t i = 0; i < counts >> 4; i++) {
        cursor->answered[i * 8].first = take_position(input);
        cursor->answered[i * 8].end = take_position(input);
    }
}

static bool is_of(const struct pt_stored_cursor *cursor, const char *name)
{
    return cursor->is_taken == 1 && strcmp(cursor->name, name) == 0;
}

static void check_settled(const struct set *before, const bool *was_named, size_t count,
                          const char *const *names, size_t name_count)
{
    for (size_t i = 0; i < name_count; i++) {
        struct set allowed;
        const struct pt_stored_cursor *cursor = NULL;
        memset(&allowed, true, sizeof(allowed));
        bool is_known = false;
        for (size_t j = 0; j < PT_STORED_CURSORS && !cursor; j++) {
            cursor = is_of(&stored.cursors[j], names[i]) ? &stored.cursors[j] : NULL;
        }
        for (size_t j = 0; j < count; j++) {
            is_known = is_known || (was_named[j] && cursor == &stored.cursors[j]);
        }
        for (size_t j = 0; j < count; j++) {
            bool counts = is_known ? cursor == &stored.cursors[j] : !was_named[j];
            for (size_t at = 0; counts && at < POSITIONS; at++) {
                allowed.has[at] = allowed.has[at] && before[j].has[at];
            }
        }
        if (cursor) {
            struct set found = answered_of(cursor);
            expect_subset(&found, &allowed);
        }
    }
}

/* What is pending for one that is gone goes to who takes its place, or is told. */
static void check_inherited(const struct set *before, const bool *was_named, const uint64_t *begin,
                            size_t count, const char *const *names, size_t name_count,
                            const struct set *settled, uint64_t end)
{
    for (size_t at = 0; at < end; at++) {
        bool is_owed = false, has_heir = false;
        for (size_t i = 0; i < count; i++) {
            is_owed = is_owed || (!was_named[i] && !before[i].has[at]);
        }
        for (size_t i = 0; i < PT_STORED_CURSORS && is_owed; i++) {
            for (size_t j = 0; j < name_count && is_of(&stored.cursors[i], names[j]); j++) {
                bool may_inherit = i >= count || !was_named[i] || begin[i] > at;
                struct set found = answered_of(&stored.cursors[i]);
                has_heir = has_heir || (may_inherit && !found.has[at]);
                break;
            }
        }
        EXPECT(!is_owed || has_heir || !settled->has[at]);
    }
}

static void check_file(struct fuzz_input *input)
{
    static const char *const names[] = { "otlp-http", "stdout", "a" };
    struct set before[4], settled = { { false } };
    struct pt_range ranges[PT_ANSWERED_MAX];
    uint64_t begin[4];
    bool was_named[4] = { false };
    size_t count = 1 + fuzz_u8(input) % 4;
    size_t name_count = fuzz_u8(input) % 4;
    uint64_t end = fuzz_u8(input);
    memset(&stored, 0, sizeof(stored));
    for (size_t i = 0; i < count; i++) {
        take_cursor(input, &stored.cursors[i]);
        before[i] = answered_of(&stored.cursors[i]);
        begin[i] = stored.cursors[i].begin;
        (void)pt_stored_cursor_end(&stored.cursors[i]);
        for (size_t j = 0; j < name_count; j++) {
            was_named[i] = was_named[i] || is_of(&stored.cursors[i], names[j]);
        }
        if (stored.cursors[i].is_taken != 1) {
            memset(&before[i], true, sizeof(before[i])); /* nobody's */
        }
    }
    size_t settled_count = pt_stored_cursors_settle(&stored, names, name_count, end, ranges);
    EXPECT(pt_ranges_lacking(ranges, settled_count, 0, end) <= end);
    for (size_t i = 0; i < settled_count; i++) {
        for (uint64_t at = ranges[i].first; at < ranges[i].end && at < POSITIONS; at++) {
            settled.has[at] = true;
        }
    }
    check_settled(before, was_named, count, names, name_count);
    check_inherited(before, was_named, begin, count, names, name_count, &settled, end);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct fuzz_input input = { data, size };
    if (fuzz_u8(&input) % 2) {
        check_run(&input);
    } else {
        check_file(&input);
    }
    return 0;
}
