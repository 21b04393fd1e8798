/* SPDX-License-Identifier: MIT */
#include "core/base/ticks.h"

#include <pthread.h>
#include <time.h>
#if defined(__x86_64__)
#include <cpuid.h>
#endif

static const uint64_t second_ns = 1000000000u;

struct pt_ticks pt_ticks = {
    .per_second = 1000000000u,
    .ns_per_tick_q32 = 1ull << 32,
};

static pthread_once_t once = PTHREAD_ONCE_INIT;

#if defined(__x86_64__)

/* Counts at one rate whatever the processor's clock does (AMD64 manual, CPUID 8000_0007h, EDX[8]).
 */
static bool has_invariant_counter(void)
{
    unsigned eax, ebx, ecx, edx;
    return __get_cpuid(0x80000007, &eax, &ebx, &ecx, &edx) && (edx & (1u << 8));
}

/* Both clocks at nearly one instant: of several readings the one that took least. */
static void read_both(uint64_t *ret_ticks, uint64_t *ret_ns)
{
    uint64_t least = UINT64_MAX;
    for (int i = 0; i < 16; i++) {
        uint64_t before = __rdtsc();
        uint64_t now_ns = pt_clock_monotonic_ns();
        uint64_t after = __rdtsc();
        if (after - before < least) {
            least = after - before;
            *ret_ticks = before + least / 2;
            *ret_ns = now_ns;
        }
    }
}

static void calibrate(void)
{
    uint64_t begin_ticks = 0, begin_ns = 0, end_ticks = 0, end_ns = 0;
    if (!has_invariant_counter()) {
        return;
    }
    read_both(&begin_ticks, &begin_ns);
    nanosleep(&(struct timespec){ .tv_nsec = 2000000 }, NULL);
    read_both(&end_ticks, &end_ns);
    uint64_t elapsed_ticks = end_ticks - begin_ticks;
    uint64_t elapsed_ns = end_ns - begin_ns;
    /* Less than a tick a nanosecond, or none at all, is no counter to rely on. */
    if (elapsed_ticks < elapsed_ns || elapsed_ticks > elapsed_ns * 16) {
        return;
    }
    double ns_per_tick = (double)elapsed_ns / (double)elapsed_ticks;
    pt_ticks.ns_per_tick_q32 = (uint64_t)(ns_per_tick * 0x1p32);
    pt_ticks.per_second = (uint64_t)((double)second_ns / ns_per_tick);
    pt_ticks.use_counter = true;
}

#else

static void calibrate(void)
{
}

#endif

void pt_ticks_calibrate(void)
{
    pthread_once(&once, calibrate);
}

void pt_anchor_renew(struct pt_anchor *anchor, uint64_t now_ticks)
{
    anchor->ticks = now_ticks;
    anchor->monotonic_ns = pt_clock_monotonic_ns();
    anchor->unix_ns = pt_clock_unix_ns();
}
