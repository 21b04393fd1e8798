/* SPDX-License-Identifier: MIT */
#include "core/pipeline/sender.h"

#include <criterion/criterion.h>

#include "core/pipeline/pipeline.h"

enum { BATCH = 512, MS = 1000000 };

static struct pt_pipeline pipeline;
static struct pt_sender sender;

/* Ten full batches wait; three workers are idle. */
static void setup(void)
{
    pipeline = (struct pt_pipeline){ .log.end = 10 * BATCH };
    sender = (struct pt_sender){ .pipeline = &pipeline,
                                 .config.max_batch_count = BATCH,
                                 .idle = 3,
                                 .moved_ns = 1000 * (uint64_t)MS };
    pt_cond_init(&sender.work);
}

static void send_batches(uint32_t count, uint64_t took_ns)
{
    for (uint32_t i = 0; i < count; i++) {
        pt_sender_note_pace(&sender, BATCH, took_ns);
    }
}

TestSuite(sender, .init = setup);

Test(sender, the_first_worker_is_woken_once)
{
    cr_assert(pt_sender_needs_worker(&sender, sender.moved_ns));
    pt_sender_call_worker(&sender, sender.moved_ns);
    cr_assert_not(pt_sender_needs_worker(&sender, sender.moved_ns));
}

Test(sender, one_that_is_fast_stays_alone)
{
    sender.holding = 1;
    send_batches(100, MS / 2);
    cr_assert_not(pt_sender_has_place(&sender));
    cr_assert_not(pt_sender_needs_worker(&sender, sender.moved_ns));
}

Test(sender, one_that_is_slow_is_joined)
{
    sender.holding = 1;
    send_batches(100, 50 * (uint64_t)MS);
    cr_assert(pt_sender_has_place(&sender));
    cr_assert(pt_sender_needs_worker(&sender, sender.moved_ns));
}

Test(sender, many_that_are_fast_together_are_enough)
{
    sender.holding = 1;
    send_batches(100, 4 * (uint64_t)MS);
    cr_assert(pt_sender_has_place(&sender));
    sender.holding = 8;
    send_batches(100, 4 * (uint64_t)MS);
    cr_assert_not(pt_sender_has_place(&sender));
}

Test(sender, one_slow_batch_among_many_changes_nothing)
{
    sender.holding = 1;
    send_batches(100, MS / 10);
    pt_sender_note_pace(&sender, 1, 100 * (uint64_t)MS / BATCH);
    cr_assert_not(pt_sender_has_place(&sender));
}

Test(sender, one_that_does_not_come_back_is_joined)
{
    sender.holding = 1;
    cr_assert_not(pt_sender_needs_worker(&sender, sender.moved_ns + PT_SENDER_PATIENCE_NS - 1));
    cr_assert(pt_sender_needs_worker(&sender, sender.moved_ns + PT_SENDER_PATIENCE_NS));
}

Test(sender, where_nothing_waits_nobody_is_woken)
{
    pipeline.log.end = BATCH - 1;
    cr_assert_not(pt_sender_needs_worker(&sender, UINT64_MAX));
    sender.forced = 1;
    cr_assert(pt_sender_needs_worker(&sender, sender.moved_ns));
    sender.idle = 0;
    cr_assert_not(pt_sender_needs_worker(&sender, UINT64_MAX));
}
