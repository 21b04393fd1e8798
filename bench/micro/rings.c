/* SPDX-License-Identifier: MIT */
#include <pthread.h>
#include <sched.h>
#include <stdatomic.h>

#include "bench/micro/micro.h"
#include "core/pipeline/segment.h"
#include "core/record/ring.h"

/* A record's two journeys: into its thread's ring, and from there into the log. */

enum { RECORDS = 512, RECORD_SIZE = 208 };

static struct pt_ring ring = { .id = UINT32_MAX };
static struct pt_log_segments records_log;

static void append(uint32_t count)
{
    static _Alignas(16) unsigned char bytes[RECORD_SIZE];
    struct pt_record *record = (void *)bytes;
    record->size = sizeof(bytes);
    for (uint32_t i = 0; i < count; i++) {
        micro_sink = pt_ring_write(&ring, record, record->end_unix_ns);
    }
}

/* As the pump does it, but for the lock and the senders' counters. */
static void pump(uint32_t count)
{
    const unsigned char *bytes;
    uint32_t len;
    (void)count;
    while ((len = pt_ring_peek(&ring, &bytes)) > 0) {
        uint64_t before = records_log.end;
        uint32_t taken = pt_segments_append(&records_log, bytes, len);
        if (taken == 0) {
            break;
        }
        pt_ring_advance(&ring, taken, records_log.end - before);
    }
}

/* ---- the same, while another processor reads along ------------------------------- */

static pthread_t reader;
static bool has_reader;
static atomic_bool reader_reads; /* written by the reader */
static atomic_bool reader_ends;  /* read by it */

static void *read_along(void *unused)
{
    (void)unused;
    do {
        pump(0);
        atomic_store_explicit(&reader_reads, true, memory_order_release);
    } while (!atomic_load_explicit(&reader_ends, memory_order_acquire));
    pump(0);
    return NULL;
}

static void start_reader(uint32_t count)
{
    (void)count;
    atomic_store(&reader_reads, false);
    atomic_store(&reader_ends, false);
    has_reader = pthread_create(&reader, NULL, read_along, NULL) == 0;
    while (has_reader && !atomic_load_explicit(&reader_reads, memory_order_acquire)) {
        sched_yield();
    }
}

/* ---- what must have come of it --------------------------------------------------- */

static bool check_pumped(uint32_t count)
{
    static uint64_t before;
    bool all_there = records_log.end - before == count && pt_ring_waiting(&ring) == 0;
    before = records_log.end;
    if (records_log.oldest != records_log.newest) {
        return false;
    }
    pt_segments_reuse_newest(&records_log);
    return all_there;
}

static bool check_appended(uint32_t count)
{
    bool all_there = pt_ring_waiting(&ring) == count;
    pump(count);
    return check_pumped(count) && all_there;
}

static bool check_read_along(uint32_t count)
{
    atomic_store_explicit(&reader_ends, true, memory_order_release);
    return has_reader && pthread_join(reader, NULL) == 0 && check_pumped(count);
}

const struct micro_case micro_ring_cases[] = {
    { "record.append", "a record of 208 bytes into its ring", RECORDS, NULL, append,
      check_appended },
    { "record.append_read", "the same while another thread reads each at once", RECORDS,
      start_reader, append, check_read_along },
    { "record.pump", "a record from its ring into the log", RECORDS, append, pump, check_pumped },
    { 0 },
};
