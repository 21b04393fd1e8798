/* SPDX-License-Identifier: MIT */
#include "core/storage/inventory.h"

#include <criterion/criterion.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "core/base/clock.h"
#include "core/record/ring.h"
#include "core/record/survival.h"
#include "core/record/thread.h"
#include "core/storage/directory.h"
#include "core/storage/file.h"
#include "core/storage/journal.h"
#include "core/storage/summary.h"
#include "tests/unit/storage/support.h"

/* What a crash left in rings comes behind the log, once. */

enum { ENDED = 6000, IN_LOG = 100 };

static char directory[96];
static struct pt_journal **journals;

static void setup(void)
{
    make_folder();
    snprintf(directory, sizeof(directory), "%s/spool", folder);
}

TestSuite(inventory, .init = setup, .fini = remove_folder);

/* A process that is killed when it has ended spans in its ring, the first of which are in its log
 * too: between the append and the move of the ring's tail. */
static void leave_one(uint32_t in_log, uint64_t handed_out)
{
    pid_t child = fork();
    if (child == 0) {
        static unsigned char records[PT_SEGMENT_FILE_BYTES] __attribute__((aligned(8)));
        struct pt_journal *journal = pt_journal_create(directory, NULL, 0, NULL);
        struct pt_stored_cursor *cursor = pt_journal_cursor(journal, "a");
        struct pt_segment_file file;
        uint32_t len = 0;
        pt_memory_set_max(64u << 20);
        pt_threads_set_up();
        pt_survival_begin(pt_journal_dirfd(journal), 4 << 20, NULL);
        pt_threads_start();
        struct pt_thread *thread = pt_section_enter();
        for (uint64_t i = 0; i < ENDED; i++) {
            struct pt_record record = { .size = sizeof(record), .begin_unix_ns = i };
            if (i < in_log) {
                record.ring_id = thread->ring.id;
                record.sequence = i;
                memcpy(records + len, &record, sizeof(record));
                len += (uint32_t)sizeof(record);
            }
            pt_ring_write(&thread->ring, &record, i + 1);
        }
        pt_segment_file_create(pt_journal_dirfd(journal), 0, &file);
        pt_segment_file_append(&file, 0, records, len, in_log);
        if (handed_out > 0) {
            pt_stored_cursor_begin(cursor, 0, handed_out);
            pt_stored_cursor_answer(cursor, handed_out, handed_out);
        }
        _exit(0);
    }
    int status;
    cr_assert_eq(waitpid(child, &status, 0), child);
    cr_assert_eq(status, 0);
}

static const struct pt_journal_file *adopt(size_t *ret_count)
{
    const struct pt_journal_file *files;
    cr_assert_eq(pt_journals_adopt(directory, &journals), 1);
    *ret_count = pt_journal_files(journals[0], &files);
    return files;
}

static void let_go(void)
{
    pt_journal_close(journals[0]);
    free(journals);
}

/* Each span is there once, in order; those of `first_file` on. */
static void expect_all_from(const struct pt_journal_file *files, size_t count, uint64_t next)
{
    static _Alignas(8) unsigned char data[PT_SEGMENT_FILE_BYTES];
    static uint16_t starts[PT_SEGMENT_FILE_RECORDS];
    for (size_t i = 0; i < count; i++) {
        uint32_t got, used;
        cr_assert_eq(pt_segment_file_read(pt_journal_dirfd(journals[0]), files[i].first,
                                          files[i].count, data, sizeof(data), starts, &got, &used),
                     0);
        cr_assert_eq(got, files[i].count);
        for (uint32_t j = 0; j < got; j++, next++) {
            const struct pt_record *record = (const void *)(data + starts[j] * 8u);
            cr_assert(pt_record_is_sound(record, record->size));
            cr_assert_eq(record->begin_unix_ns, next);
        }
    }
    cr_assert_eq(next, ENDED);
}

Test(inventory, what_was_in_rings_alone_comes_once)
{
    size_t count;
    leave_one(IN_LOG, 0);
    const struct pt_journal_file *files = adopt(&count);
    cr_assert_eq(count, 3, "the log's, and two of what was in rings");
    cr_assert_eq(files[1].first, IN_LOG);
    expect_all_from(files, count, 0);
    cr_assert_eq(faccessat(pt_journal_dirfd(journals[0]), "rings.0000", F_OK, 0), -1);
    let_go();
    files = adopt(&count);
    expect_all_from(files, count, 0);
    let_go();
}

Test(inventory, what_was_in_rings_is_beyond_all_that_was_answered_for)
{
    size_t count;
    leave_one(IN_LOG, 3 * IN_LOG); /* the disk was full meanwhile: spans went from memory */
    const struct pt_journal_file *files = adopt(&count);
    cr_assert_eq(files[1].first, 3 * IN_LOG);
    expect_all_from(files, count, 0);
    pt_journal_settle(journals[0], (const char *const[]){ "a" }, 1);
    cr_assert_eq(pt_stored_cursor_pending(pt_journal_cursor(journals[0], "a"), files[1].first,
                                          files[2].first + files[2].count),
                 ENDED - IN_LOG);
    let_go();
}

Test(inventory, an_append_cut_short_loses_nothing_and_counts_nothing)
{
    const struct pt_journal_file *files;
    size_t count, size;
    leave_one(IN_LOG, 0);
    cr_assert_eq(pt_journals_adopt(directory, &journals), 1);
    int dirfd_ = pt_journal_dirfd(journals[0]);
    unsigned char *bytes = read_bytes(dirfd_, "log.0000000000000000", &size);
    write_bytes(dirfd_, "log.0000000000000000", bytes, size - 1000);
    free(bytes);
    count = pt_journal_files(journals[0], &files);
    cr_assert_eq(count, 3);
    cr_assert_lt(files[0].count, IN_LOG);
    expect_all_from(files, count, 0);
    let_go();
}

/* `name` is the only journal's. */
static void note_name(void *name, const char *found)
{
    snprintf(name, PT_JOURNAL_NAME, "%s", found);
}

Test(inventory, what_was_in_rings_alone_is_counted_where_it_lies)
{
    char name[PT_JOURNAL_NAME];
    struct pt_summary summary;
    leave_one(IN_LOG, 3 * IN_LOG);
    int dirfd = open_folder(directory);
    pt_directory_visit(dirfd, note_name, name);
    for (int i = 0; i < 2; i++) { /* looking moves nothing */
        cr_assert(pt_summary_take(dirfd, name, &summary));
        cr_assert_eq(summary.state, PT_SUMMARY_ORPHAN);
        cr_assert_eq(summary.spans, ENDED);
        cr_assert_eq(summary.in_rings, ENDED - IN_LOG);
        cr_assert_eq(summary.open_calls, 0);
        cr_assert_eq(summary.exporter_count, 1);
        cr_assert_eq(summary.exporters[0].pending, ENDED - IN_LOG);
        cr_assert_eq(summary.obstacle, 0);
    }
    int journal = openat(dirfd, name, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    cr_assert_eq(unlinkat(journal, "rings.0000", 0), 0);
    cr_assert_eq(mkdirat(journal, "rings.0000", 0700), 0);
    cr_assert(pt_summary_take(dirfd, name, &summary));
    cr_assert_eq(summary.spans, IN_LOG);
    cr_assert_neq(summary.obstacle, 0, "there may be more");
    close(journal);
    close(dirfd);
}

Test(inventory, an_empty_file_in_the_way_is_none)
{
    size_t count;
    leave_one(0, 0);
    const struct pt_journal_file *files = adopt(&count);
    cr_assert_eq(count, 2);
    expect_all_from(files, count, 0);
    let_go();
}

/* A process that died before its first look at the clock. */
Test(inventory, what_was_in_rings_alone_is_as_old_as_nothing_tells)
{
    size_t count;
    uint64_t before_ns = pt_clock_unix_ns();
    leave_one(0, 0);
    const struct pt_journal_file *files = adopt(&count);
    cr_assert_eq(count, 2);
    cr_assert_geq(files[0].changed_unix_ns, before_ns, "storage.max_age would drop it");
    cr_assert_geq(files[1].changed_unix_ns, before_ns);
    let_go();
}

Test(inventory, without_room_on_the_disk_all_stays_for_the_next_start)
{
    size_t count;
    const struct rlimit none = { 100000, RLIM_INFINITY }, all = { RLIM_INFINITY, RLIM_INFINITY };
    leave_one(IN_LOG, 0);
    signal(SIGXFSZ, SIG_IGN);
    cr_assert_eq(setrlimit(RLIMIT_FSIZE, &none), 0);
    adopt(&count);
    cr_assert_eq(count, 1, "what is in the log can be sent");
    cr_assert_eq(setrlimit(RLIMIT_FSIZE, &all), 0);
    cr_assert_eq(pt_segment_file_remove(pt_journal_dirfd(journals[0]), 0), 0);
    pt_journal_remove(journals[0]);
    free(journals);

    adopt(&count);
    cr_assert_eq(count, 2, "it was not removed");
    let_go();
}

/* As many descriptors as are open: none can be made. */
static void limit_descriptors(rlim_t count)
{
    struct rlimit limit;
    cr_assert_eq(getrlimit(RLIMIT_NOFILE, &limit), 0);
    limit.rlim_cur = count;
    cr_assert_eq(setrlimit(RLIMIT_NOFILE, &limit), 0);
}

Test(inventory, what_cannot_be_read_now_is_there_at_the_next_start)
{
    const struct pt_journal_file *files;
    size_t count;
    leave_one(IN_LOG, 0);
    cr_assert_eq(pt_journals_adopt(directory, &journals), 1);
    int next = dup(0);
    close(next);
    limit_descriptors((rlim_t)next);
    count = pt_journal_files(journals[0], &files);
    limit_descriptors(256);
    cr_assert_eq(count, 0);
    pt_journal_remove(journals[0]);
    free(journals);
    files = adopt(&count);
    expect_all_from(files, count, 0);
    let_go();
}

Test(inventory, a_file_of_rings_without_end_is_read_no_further_than_it_can_be_long, .timeout = 60)
{
    size_t count;
    leave_one(IN_LOG, 0);
    cr_assert_eq(pt_journals_adopt(directory, &journals), 1);
    int file = openat(pt_journal_dirfd(journals[0]), "rings.0000", O_WRONLY);
    cr_assert_eq(ftruncate(file, (off_t)1 << 42), 0);
    close(file);
    let_go();
    const struct pt_journal_file *files = adopt(&count);
    expect_all_from(files, count, 0);
    let_go();
}
