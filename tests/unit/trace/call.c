/* SPDX-License-Identifier: MIT */
#include <criterion/criterion.h>
#include <pthread.h>

#include "core/record/slot.h"
#include "core/record/thread.h"
#include "tests/support/tracing.h"

Test(call, an_unsampled_one_that_finds_no_place_is_no_misuse)
{
    enum { MOST = 65536 };
    struct patter_recorder *recorder = tracing_start("sampling: {ratio: 0.0}\n");
    for (int i = 0; i < MOST; i++) {
        cr_assert_neq(patter_call_begin(NULL).handle, 0);
    }
    cr_assert_eq(patter_call_begin(NULL).handle, 0);
    struct patter_stats stats = tracing_stats();
    cr_assert_eq(stats.misuses, 0);
    cr_assert_eq(stats.spans_started, MOST + 1);
    cr_assert_eq(stats.spans_unsampled, MOST + 1);
    tracing_stop(recorder);
}

static void *one_call(void *nothing)
{
    patter_call_end(patter_call_begin(NULL));
    return nothing;
}

static size_t thread_count(void)
{
    size_t count = 0;
    for (struct pt_thread *thread = pt_threads_first(); thread; thread = thread->next) {
        count++;
    }
    return count;
}

Test(call, unsampled_ones_on_short_threads_leave_nothing_behind)
{
    struct patter_recorder *recorder = tracing_start("sampling: {ratio: 0.0}\n");
    for (int i = 0; i < 200; i++) {
        pthread_t thread;
        cr_assert_eq(pthread_create(&thread, NULL, one_call, NULL), 0);
        pthread_join(thread, NULL);
    }
    cr_assert_eq(thread_count(), 1, "the pump sleeps: each must have made room for the next");
    tracing_stop(recorder);
}

Test(call, short_threads_take_the_places_of_those_before_them)
{
    enum { COUNT = 5000 };
    struct patter_recorder *recorder = tracing_start(NULL);
    for (int i = 0; i < COUNT; i++) {
        pthread_t thread;
        cr_assert_eq(pthread_create(&thread, NULL, one_call, NULL), 0);
        pthread_join(thread, NULL);
    }
    cr_assert_lt(thread_count(), COUNT / 2, "%zu places", thread_count());
    patter_flush(10000);
    cr_assert_eq(patter_recorder_count(recorder), COUNT);
    for (struct pt_thread *thread = pt_threads_first(); thread; thread = thread->next) {
        cr_assert_null(thread->ring.writing, "a place that nobody has keeps a chunk");
    }
    tracing_stop(recorder);
}

/* What another process goes by when this one is killed (core/storage/salvage). */
Test(call, its_root_tells_that_it_has_no_end_or_where_that_is)
{
    struct patter_recorder *recorder = tracing_start(NULL);
    struct patter_call call = patter_call_begin(NULL);
    struct pt_slot *slot = pt_slot_find(patter_call_root(call).handle);
    cr_assert(slot);
    cr_assert(atomic_load(&slot->is_root));
    patter_span_end(patter_stt_begin(call));
    patter_call_end(call);
    const struct pt_record *head = (const void *)slot->inline_bytes;
    cr_assert_not(atomic_load(&slot->is_root));
    cr_assert_eq(head->ring_id, pt_thread_self->ring.id);
    cr_assert_eq(head->sequence, 1, "after the span's");
    tracing_stop(recorder);
}
