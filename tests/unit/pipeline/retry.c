/* SPDX-License-Identifier: MIT */
#include "core/pipeline/retry.h"

#include <criterion/criterion.h>

static const uint64_t second = 1000000000u;

static struct pt_retry_policy policy(double randomization_factor)
{
    return (struct pt_retry_policy){ .enabled = true,
                                     .initial_interval_ns = 5 * second,
                                     .max_interval_ns = 30 * second,
                                     .max_elapsed_time_ns = 300 * second,
                                     .multiplier = 1.5,
                                     .randomization_factor = randomization_factor };
}

Test(retry, the_interval_grows_to_its_most)
{
    struct pt_retry_policy without_jitter = policy(0);
    struct pt_retry_state state = { .begun_ns = 1000 };
    const double expected_s[] = { 5, 7.5, 11.25, 16.875, 25.3125, 30, 30 };
    for (size_t i = 0; i < 7; i++) {
        uint64_t delay_ns;
        cr_assert(pt_retry_next(&without_jitter, &state, 1000, 0, &delay_ns));
        cr_assert_float_eq((double)delay_ns / 1e9, expected_s[i], 1e-6);
    }
}

Test(retry, jitter_spreads_both_ways_and_stays_inside)
{
    struct pt_retry_policy with_jitter = policy(0.5);
    int below = 0, above = 0;
    for (int i = 0; i < 1000; i++) {
        struct pt_retry_state state = { .begun_ns = 1000 };
        uint64_t delay_ns;
        pt_retry_next(&with_jitter, &state, 1000, 0, &delay_ns);
        cr_assert(delay_ns >= 5 * second / 2 && delay_ns <= 15 * second / 2);
        below += delay_ns < 4 * second;
        above += delay_ns > 6 * second;
    }
    cr_assert(below > 100 && above > 100);
}

Test(retry, no_sooner_than_the_receiver_asks)
{
    struct pt_retry_policy for_ever = policy(0);
    struct pt_retry_state state = { .begun_ns = 1000 };
    uint64_t delay_ns;
    for_ever.max_elapsed_time_ns = 0;
    pt_retry_next(&for_ever, &state, 1000, 7 * second, &delay_ns);
    cr_assert_eq(delay_ns, 7 * second);
    cr_assert_eq(pt_retry_honoured(7 * second), 7 * second);
    cr_assert_eq(pt_retry_honoured(86400 * second), 300 * second);
}

Test(retry, a_receiver_that_asks_for_too_long_is_tried_once_more_at_the_end)
{
    struct pt_retry_policy without_jitter = policy(0);
    struct pt_retry_state state = { .begun_ns = 1000 * second };
    uint64_t delay_ns;
    cr_assert(pt_retry_next(&without_jitter, &state, 1010 * second, 300 * second, &delay_ns));
    cr_assert_eq(delay_ns, 290 * second);
    cr_assert_not(pt_retry_next(&without_jitter, &state, 1300 * second, 300 * second, &delay_ns));
}

Test(retry, gives_up_when_the_next_try_would_be_too_late)
{
    struct pt_retry_policy without_jitter = policy(0);
    struct pt_retry_state state = { .begun_ns = 0 };
    uint64_t delay_ns;
    cr_assert(pt_retry_next(&without_jitter, &state, 295 * second, 0, &delay_ns));
    cr_assert_not(pt_retry_next(&without_jitter, &state, 295 * second, 0, &delay_ns));
    without_jitter.max_elapsed_time_ns = 0;
    cr_assert(pt_retry_next(&without_jitter, &state, 100000 * second, 0, &delay_ns));
}

Test(retry, switched_off_gives_up_at_once)
{
    struct pt_retry_policy off = policy(0);
    struct pt_retry_state state = { 0 };
    uint64_t delay_ns;
    off.enabled = false;
    cr_assert_not(pt_retry_next(&off, &state, 0, 0, &delay_ns));
}
