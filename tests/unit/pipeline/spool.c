/* SPDX-License-Identifier: MIT */
#include "core/pipeline/spool.h"

#include <criterion/criterion.h>
#include <dirent.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <unistd.h>

#include <patter/patter.h>

#include "core/base/clock.h"
#include "core/base/sink.h"
#include "core/base/text.h"
#include "core/pipeline/change.h"
#include "core/pipeline/pipeline.h"
#include "core/record/bell.h"
#include "core/record/survival.h"
#include "core/record/thread.h"
#include "core/storage/directory.h"

/* The pipeline with files: what outlives it, what leaves memory and comes back. */

enum { SPANS_MAX = 100000 };

static const uint64_t ms = 1000000u;
static char directory[64];
static struct pt_pipeline *pipeline;
static uint64_t written;

/* A receiver that notes what it gets, by the number that each span begins with. */
static struct receiver {
    atomic_bool is_down;
    _Atomic uint8_t times[SPANS_MAX];
    _Atomic uint64_t spans;
    _Atomic uint64_t text_lens; /* attributes */
    _Atomic uint64_t out_of_order;
    _Atomic uint64_t latest;
} receiver;

static patter_status receive(void *self, const struct patter_batch *batch,
                             struct patter_result *result)
{
    (void)self;
    (void)result;
    if (receiver.is_down) {
        return PATTER_AGAIN;
    }
    for (size_t i = 0; i < batch->span_count; i++) {
        uint64_t number = batch->spans[i]->begin_unix_ns;
        receiver.times[number]++;
        for (size_t j = 0; j < batch->spans[i]->attribute_count; j++) {
            receiver.text_lens +=
                pt_str_is(batch->spans[i]->attributes[j].key, "getpatter.stt.text_len");
        }
        receiver.out_of_order += number < receiver.latest;
        receiver.latest = number;
    }
    receiver.spans += batch->span_count;
    return PATTER_OK;
}

static void destroy_nothing(void *self)
{
    (void)self;
}

static const struct patter_exporter exporter = {
    .struct_size = sizeof(exporter),
    .option_size = sizeof(struct patter_option),
    .name = "receiver",
    .send = receive,
    .destroy = destroy_nothing,
};

static uint64_t ring_bytes; /* 0: rings do not outlive the process */

static void start(uint64_t max_bytes)
{
    struct patter_error error = { 0 };
    struct pt_sender_config config = {
        .exporter = &exporter,
        .name = "receiver",
        .worker_count = 1,
        .timeout_ns = 1000 * ms,
        .schedule_delay_ns = 10 * ms,
        .max_batch_count = 512,
        .max_batch_bytes = 1u << 30,
        .retry = { .enabled = true,
                   .initial_interval_ns = 5 * ms,
                   .max_interval_ns = 10 * ms,
                   .max_elapsed_time_ns = 50 * ms, /* has no effect with storage */
                   .multiplier = 1.5 },
    };
    pt_memory_set_max(64u << 20);
    pipeline = pt_pipeline_new(NULL, 0);
    cr_assert(pt_pipeline_add(pipeline, &config));
    struct pt_spool_config spool = {
        .directory = directory,
        .hash = pt_hash_new_random(),
        .ring_bytes = ring_bytes,
        .max_bytes = max_bytes,
        .max_resident = 1, /* as few as can be */
        .journal = pt_journal_create(directory, NULL, 0, &error),
    };
    cr_assert(spool.journal);
    cr_assert(ring_bytes == 0 ||
              pt_survival_begin(pt_journal_dirfd(spool.journal), ring_bytes, &error));
    spool.orphan_count = pt_journals_adopt(directory, &spool.orphans);
    cr_assert(pt_spool_begin(pipeline, &spool));
    free(spool.orphans);
    cr_assert(pt_pipeline_start(pipeline));
    pt_threads_start();
}

static void write_spans(uint64_t count)
{
    struct pt_thread *thread = pt_section_enter();
    struct {
        struct pt_record record;
        struct pt_item item;
        int64_t number;
    } span = {
        .record = { .size = sizeof(span), .attribute_count = 1 },
        .item = { .key = PATTER_KEY_STT_TEXT_LEN, .type = PT_ITEM_INT, .len = 8 },
    };
    for (uint64_t i = 0; i < count; i++) {
        span.record.begin_unix_ns = written++;
        pt_bell_ring(pt_ring_write(&thread->ring, &span.record, span.record.begin_unix_ns) !=
                     PT_RING_WRITTEN);
    }
    pt_section_exit(thread);
}

static patter_status flush_within_ms(uint64_t timeout_ms)
{
    return pt_pipeline_flush(pipeline, pt_clock_monotonic_ns() + timeout_ms * ms);
}

static struct patter_exporter_stats stop(void)
{
    bool hung[PT_SENDERS_MAX];
    struct patter_exporter_stats stats = { 0 };
    uint64_t deadline_ns = pt_clock_monotonic_ns() + 5000 * ms;
    cr_assert(pt_pipeline_stop(pipeline, deadline_ns, deadline_ns, hung));
    pt_pipeline_stats(pipeline, 0, &stats);
    pt_survival_end();
    pt_pipeline_destroy(pipeline);
    return stats;
}

static size_t journals(void)
{
    size_t count = 0;
    DIR *listing = opendir(directory);
    const struct dirent *entry;
    while ((entry = readdir(listing))) {
        count += entry->d_name[0] != '.';
    }
    closedir(listing);
    return count;
}

static void setup(void)
{
    snprintf(directory, sizeof(directory), "/tmp/patter-spool-XXXXXX");
    cr_assert(mkdtemp(directory));
    cr_assert(pt_threads_set_up());
}

static void teardown(void)
{
    char command[128];
    snprintf(command, sizeof(command), "rm -rf %s", directory);
    cr_assert_eq(system(command), 0);
}

TestSuite(spool, .init = setup, .fini = teardown);

static void assert_all_once_in_order(void)
{
    cr_assert_eq(receiver.spans, written);
    cr_assert_eq(receiver.out_of_order, 0);
    for (uint64_t i = 0; i < written; i++) {
        cr_assert_eq(receiver.times[i], 1, "span %llu came %d times", (unsigned long long)i,
                     receiver.times[i]);
    }
}

Test(spool, nothing_is_left_of_what_was_answered_for)
{
    start(64u << 20);
    write_spans(1000);
    cr_assert_eq(flush_within_ms(5000), PATTER_OK);
    cr_assert_eq(journals(), 1);
    struct patter_exporter_stats stats = stop();
    cr_assert_eq(stats.exported, 1000);
    cr_assert_eq(stats.waiting, 0);
    cr_assert_eq(journals(), 0);
    assert_all_once_in_order();
}

Test(spool, what_left_memory_is_read_again_in_order)
{
    start(64u << 20);
    receiver.is_down = true;
    write_spans(60000);
    cr_assert_eq(flush_within_ms(5000), PATTER_OK, "it is safe in files");
    cr_assert_leq(pipeline->log.resident_count, 8);
    receiver.is_down = false;
    while (receiver.spans < written) {
        usleep(1000);
    }
    struct patter_exporter_stats stats = stop();
    cr_assert_eq(stats.exported, written);
    cr_assert_eq(stats.dropped, 0);
    cr_assert_eq(journals(), 0);
    assert_all_once_in_order();
}

Test(spool, what_a_stop_leaves_is_sent_by_the_next_start_before_its_own)
{
    start(64u << 20);
    write_spans(3000);
    cr_assert_eq(flush_within_ms(5000), PATTER_OK);
    receiver.is_down = true;
    write_spans(20000);
    struct patter_exporter_stats stats = stop();
    cr_assert_eq(stats.exported, 3000);
    cr_assert_eq(stats.waiting, 20000, "kept, not dropped");
    cr_assert_eq(stats.dropped, 0);

    start(64u << 20);
    write_spans(5000);
    stats = stop();
    cr_assert_eq(stats.recovered, 20000);
    cr_assert_eq(stats.waiting, 25000);
    cr_assert_eq(journals(), 2, "each keeps its own");

    receiver.is_down = false;
    start(64u << 20);
    cr_assert_eq(flush_within_ms(10000), PATTER_OK);
    stats = stop();
    cr_assert_eq(stats.recovered, 25000);
    cr_assert_eq(stats.exported, 25000);
    cr_assert_eq(journals(), 0);
    assert_all_once_in_order();
}

Test(spool, one_that_went_leaves_in_the_books_what_it_took_over)
{
    struct patter_exporter_stats stats = { 0 };
    struct pt_sender *const none[1] = { NULL };
    receiver.is_down = true;
    start(64u << 20);
    write_spans(2000);
    stop();

    start(64u << 20);
    cr_assert(pt_pipeline_change(pipeline, none, 0));
    usleep(200000); /* its receiver is down longer than max_elapsed_time */
    receiver.is_down = false;
    for (int i = 0; i < 5000 && stats.state != PATTER_EXPORTER_ENDED; i++) {
        stats = (struct patter_exporter_stats){ 0 };
        pt_pipeline_stats(pipeline, 0, &stats);
        usleep(1000);
    }
    cr_assert_eq(stats.state, PATTER_EXPORTER_ENDED);
    cr_assert_eq(stats.recovered, 2000);
    cr_assert_eq(stats.exported, 2000);
    cr_assert_eq(stats.dropped, 0);
    stop();
}

static void remove_journals(void)
{
    char command[128];
    snprintf(command, sizeof(command), "rm -rf %s/*", directory);
    cr_assert_eq(system(command), 0);
}

Test(spool, what_vanished_with_its_directory_is_not_said_to_be_stored)
{
    receiver.is_down = true;
    start(64u << 20);
    write_spans(100);
    cr_assert_eq(flush_within_ms(5000), PATTER_OK);
    remove_journals();
    struct patter_exporter_stats stats = stop();
    cr_assert_eq(stats.waiting, 0);
    cr_assert_eq(stats.dropped, 100);
}

Test(spool, a_second_after_the_directory_vanished_spans_are_in_files_again)
{
    receiver.is_down = true;
    start(64u << 20);
    write_spans(100);
    cr_assert_eq(flush_within_ms(5000), PATTER_OK);
    remove_journals();
    usleep(1100000);
    write_spans(200);
    cr_assert_eq(flush_within_ms(100), PATTER_TIMEOUT, "the first hundred are in no file");
    struct patter_exporter_stats stats = stop();
    cr_assert_eq(stats.dropped, 100);
    cr_assert_eq(stats.waiting, 200);

    receiver.is_down = false;
    start(64u << 20);
    cr_assert_eq(flush_within_ms(10000), PATTER_OK);
    stop();
    cr_assert_eq(receiver.spans, 200);
    cr_assert_eq(receiver.times[100], 1);
}

Test(spool, a_reload_after_the_directory_vanished_keeps_the_books_right)
{
    struct pt_sender *next = NULL;
    receiver.is_down = true;
    start(64u << 20);
    write_spans(100);
    cr_assert_eq(flush_within_ms(5000), PATTER_OK);
    remove_journals();
    usleep(1100000);
    write_spans(100);
    cr_assert_eq(flush_within_ms(200), PATTER_TIMEOUT);
    struct pt_sender_config config = pipeline->senders[0]->config;
    cr_assert((next = pt_pipeline_prepare(pipeline, &config)));
    cr_assert(pt_pipeline_change(pipeline, &next, 1));
    for (size_t i = 0; i < pt_pipeline_stats_count(pipeline); i++) {
        struct patter_exporter_stats stats = { 0 };
        cr_assert(pt_pipeline_stats(pipeline, i, &stats));
        cr_assert_eq(stats.recovered, 0);
        cr_assert_eq(stats.entered, stats.waiting);
    }
    stop();
}

/* Records as large as can be, which have room in a file but not in a segment. */
Test(spool, a_file_with_more_than_a_segment_holds_is_damaged)
{
    enum { RECORDS = 12 };
    struct patter_error error = { 0 };
    struct pt_segment_file file;
    struct pt_journal *journal = pt_journal_create(directory, NULL, 0, &error);
    unsigned char *bytes = calloc(RECORDS, PT_RECORD_MAX);
    cr_assert(journal && bytes);
    for (uint32_t i = 0; i < RECORDS; i++) {
        struct pt_record record = { .size = PT_RECORD_MAX };
        memcpy(bytes + (size_t)i * PT_RECORD_MAX, &record, sizeof(record));
    }
    cr_assert_eq(pt_segment_file_create(pt_journal_dirfd(journal), 0, &file), 0);
    cr_assert_eq(pt_segment_file_append(&file, 0, bytes, RECORDS * PT_RECORD_MAX, RECORDS), 0);
    pt_segment_file_close(&file);
    pt_journal_close(journal);
    free(bytes);

    start(64u << 20);
    cr_assert_eq(flush_within_ms(10000), PATTER_OK);
    struct patter_exporter_stats stats = stop();
    cr_assert_eq(stats.recovered, RECORDS);
    cr_assert_eq(stats.dropped, RECORDS);
    cr_assert_str_eq(stats.drops[0].reason, "damaged_record");
    cr_assert_eq(receiver.spans, 0);
}

/* The disk takes no more than that in any file; the signal that tells so is blocked in patter's
 * threads. */
static void limit_files(rlim_t size)
{
    struct rlimit limit;
    cr_assert_eq(getrlimit(RLIMIT_FSIZE, &limit), 0);
    limit.rlim_cur = size;
    cr_assert_eq(setrlimit(RLIMIT_FSIZE, &limit), 0);
}

Test(spool, a_disk_that_refuses_costs_neither_what_is_stored_nor_memory, .timeout = 60)
{
    receiver.is_down = true;
    start(64u << 20);
    write_spans(60000);
    cr_assert_eq(flush_within_ms(5000), PATTER_OK);
    limit_files(1);
    for (int i = 0; i < 70; i++) { /* it is tried again once a second */
        write_spans(1);
        usleep(100000);
    }
    cr_assert_leq(pipeline->log.resident_count, 8);
    cr_assert_eq(flush_within_ms(50), PATTER_TIMEOUT, "the last seventy are in memory");
    limit_files(RLIM_INFINITY);
    usleep(1100000);
    write_spans(1);
    cr_assert_eq(flush_within_ms(5000), PATTER_OK, "all is in files again");
    struct patter_exporter_stats stats = stop();
    cr_assert_eq(stats.waiting, 60071);
    cr_assert_eq(stats.dropped, 0);

    receiver.is_down = false;
    start(64u << 20);
    cr_assert_eq(flush_within_ms(10000), PATTER_OK);
    stop();
    assert_all_once_in_order();
}

Test(spool, where_memory_is_full_and_the_disk_refuses_the_newest_go, .timeout = 60)
{
    receiver.is_down = true;
    start(64u << 20);
    write_spans(30000);
    cr_assert_eq(flush_within_ms(5000), PATTER_OK);
    limit_files(1);
    write_spans(60000); /* more than may be in memory */
    cr_assert_eq(flush_within_ms(300), PATTER_TIMEOUT);
    struct patter_exporter_stats stats = { 0 };
    pt_pipeline_stats(pipeline, 0, &stats);
    cr_assert_eq(stats.entered + stats.recovered, stats.waiting + stats.exported + stats.dropped);
    cr_assert_eq(stats.dropped, 0, "what is stored is not given up for what comes");
    limit_files(RLIM_INFINITY);
    receiver.is_down = false;
    while (receiver.times[29999] == 0) {
        usleep(1000);
    }
    stop();
    cr_assert_eq(receiver.times[0], 1);
}

static void note_loss(void *line, int32_t level, const char *text)
{
    (void)level;
    if (strstr(text, " spans dropped: ")) {
        snprintf(line, 256, "%s", text);
    }
}

Test(spool, where_its_size_is_reached_the_oldest_go_and_are_counted)
{
    start(2u << 20);
    static char line[256];
    receiver.is_down = true;
    pt_sink_set(note_loss, line);
    write_spans(60000);
    cr_assert_eq(flush_within_ms(5000), PATTER_OK);
    pt_sink_drain(pt_clock_monotonic_ns() + 5000 * ms);
    cr_assert(strstr(line, "storage.max_size is full"), "it is said while the receiver is down");
    struct patter_exporter_stats stats = stop();
    pt_sink_set(NULL, NULL);
    cr_assert_eq(stats.waiting + stats.dropped, 60000);
    cr_assert_gt(stats.dropped, 0);
    cr_assert_str_eq(stats.drops[0].reason, "storage_full");
    cr_assert_eq(stats.drop_reason_count, 1, "what was in flight, too");
    uint64_t kept = stats.waiting;

    receiver.is_down = false;
    start(2u << 20);
    cr_assert_eq(flush_within_ms(10000), PATTER_OK);
    stop();
    cr_assert_eq(receiver.spans, kept);
    cr_assert_eq(receiver.times[written - 1], 1, "the newest are there");
    cr_assert_eq(receiver.times[0], 0);
}

Test(spool, what_came_after_the_directory_vanished_has_its_attributes_at_the_next_start)
{
    ring_bytes = 4u << 20;
    receiver.is_down = true;
    start(64u << 20);
    write_spans(100);
    cr_assert_eq(flush_within_ms(5000), PATTER_OK);
    remove_journals();
    usleep(1100000);
    write_spans(200);
    cr_assert_eq(flush_within_ms(100), PATTER_TIMEOUT);
    stop();

    receiver.is_down = false;
    start(64u << 20);
    cr_assert_eq(flush_within_ms(10000), PATTER_OK);
    stop();
    cr_assert_eq(receiver.spans, 200);
    cr_assert_eq(receiver.text_lens, 200);
}
