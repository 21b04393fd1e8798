/* SPDX-License-Identifier: MIT */
#include <criterion/criterion.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <time.h>
#include <unistd.h>

#include "core/base/clock.h"
#include "tests/support/tracing.h"

/* Somebody sets the system's clock while a call is under way. */

static _Atomic time_t set_by_s;

/* The linker's names (ld --wrap). NOLINTBEGIN(bugprone-reserved-identifier) */
int __real_clock_gettime(clockid_t id, struct timespec *time);
int __wrap_clock_gettime(clockid_t id, struct timespec *time);
/* NOLINTEND(bugprone-reserved-identifier) */

int __wrap_clock_gettime(clockid_t id, struct timespec *time)
{
    int status = __real_clock_gettime(id, time);
    time->tv_sec += id == CLOCK_REALTIME ? set_by_s : 0;
    return status;
}

enum { LONG_US = 1200000, STEP_S = 300 };

/* A long span, in which the clock is set by so many seconds; returns its root's view. */
static const struct patter_span_view *be_set_within(struct patter_recorder *recorder, time_t by_s,
                                                    uint64_t *ret_least_ns, uint64_t *ret_most_ns)
{
    uint64_t before_ns = pt_clock_monotonic_ns();
    struct patter_call call = patter_call_begin(NULL);
    uint64_t begun_ns = pt_clock_monotonic_ns();
    usleep(LONG_US);
    set_by_s += by_s;
    patter_span_event(patter_call_root(call), "app.late");
    uint64_t ending_ns = pt_clock_monotonic_ns();
    patter_call_end(call);
    *ret_most_ns = pt_clock_monotonic_ns() - before_ns;
    *ret_least_ns = ending_ns - begun_ns;
    return tracing_span(recorder, "getpatter.call");
}

/* A thousandth for the calibration, whose 2 ms the machine may have disturbed. */
static void check_length(time_t by_s)
{
    uint64_t least_ns, most_ns;
    struct patter_recorder *recorder = tracing_start(NULL);
    const struct patter_span_view *root = be_set_within(recorder, by_s, &least_ns, &most_ns);
    uint64_t length_ns = root->end_unix_ns - root->begin_unix_ns;
    cr_expect_geq(length_ns, least_ns - least_ns / 1000, "%llu", (unsigned long long)length_ns);
    cr_expect_leq(length_ns, most_ns + most_ns / 1000, "%llu", (unsigned long long)length_ns);
    cr_expect_geq(root->events[0]->time_unix_ns, root->begin_unix_ns + least_ns / 2);
    cr_expect_leq(root->events[0]->time_unix_ns, root->end_unix_ns);
    tracing_stop(recorder);
}

Test(clock, set_back_within_a_call_does_not_make_it_shorter)
{
    check_length(-STEP_S);
}

Test(clock, set_forward_within_a_call_does_not_make_it_longer)
{
    check_length(STEP_S);
}

Test(clock, as_it_was_set_is_what_the_next_call_begins_by)
{
    struct patter_recorder *recorder = tracing_start(NULL);
    patter_call_end(patter_call_begin(NULL)); /* this thread has looked */
    cr_assert_eq(patter_flush(10000), PATTER_OK);
    patter_recorder_clear(recorder);
    set_by_s = STEP_S;
    usleep(LONG_US); /* a thread looks at the clock once a second */
    uint64_t before_ns = pt_clock_unix_ns();
    patter_call_end(patter_call_begin(NULL));
    const struct patter_span_view *root = tracing_span(recorder, "getpatter.call");
    int64_t apart_ns = (int64_t)(root->begin_unix_ns - before_ns);
    cr_expect_lt(llabs(apart_ns), STEP_S * INT64_C(500000000));
    tracing_stop(recorder);
}
