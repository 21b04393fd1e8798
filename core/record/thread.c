/* SPDX-License-Identifier: MIT */
#include "core/record/thread.h"

#include <linux/membarrier.h>
#include <pthread.h>
#include <stdlib.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

#include "core/base/clock.h"
#include "core/base/fork.h"
#include "core/record/bell.h"
#include "core/record/slot.h"

enum { IN_USE, RETIRED, FREE };

/* Beyond so many a nap of the pump is cut short: threads that live for one call each would else
 * take a place and a chunk of their own for as long as it lasts. */
enum { RETIRED_MANY = 64 };

_Thread_local struct pt_thread *pt_thread_self __attribute__((tls_model("initial-exec")));
struct pt_threads_state pt_threads_state;

static _Atomic(struct pt_thread *) all; /* written under lock (release) */
static _Atomic uint32_t retired_count;  /* by ending threads, the pump and, at a fork, its child */
static uint32_t last_ring_id;           /* under lock */
static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static pthread_key_t exit_key; /* its destructor tells of a thread's end */
static bool is_set_up;         /* by [control] */

static void on_thread_exit(void *thread_)
{
    struct pt_thread *thread = thread_;
    pt_thread_self = NULL;
    pthread_mutex_lock(&lock); /* the memory under its slots may be about to be exchanged */
    pt_slots_give_back(thread);
    pthread_mutex_unlock(&lock);
    /* Without a chunk the pump has nothing to take back, and it may sleep on for long. */
    if (!atomic_load_explicit(&thread->ring.first, memory_order_relaxed)) {
        atomic_store_explicit(&thread->state, FREE, memory_order_release);
        return;
    }
    uint32_t others = atomic_fetch_add_explicit(&retired_count, 1, memory_order_relaxed);
    atomic_store_explicit(&thread->state, RETIRED, memory_order_release);
    if (others >= RETIRED_MANY) {
        pt_bell_ring(true);
    }
}

bool pt_threads_set_up(void)
{
    if (is_set_up) {
        return true;
    }
    if (pthread_key_create(&exit_key, on_thread_exit) != 0) {
        return false;
    }
    pt_fork_guard(&lock, PT_RANK_THREADS);
    bool refused = syscall(SYS_membarrier, MEMBARRIER_CMD_REGISTER_PRIVATE_EXPEDITED, 0, 0) != 0;
    atomic_store_explicit(&pt_threads_state.fences_needed, refused, memory_order_relaxed);
    is_set_up = true;
    return true;
}

/* A filter of system calls that came after the start refuses the barrier: from now on bots' threads
 * fence for themselves, and what they stored before has left their processors by the end of this.
 */
static void fence_from_now_on(void)
{
    uint32_t unfenced = PT_TRACING_ON;
    atomic_store_explicit(&pt_threads_state.fences_needed, true, memory_order_relaxed);
    atomic_compare_exchange_strong(&pt_threads_state.mode, &unfenced, PT_TRACING_ON_WITH_FENCES);
    nanosleep(&(struct timespec){ .tv_nsec = 10000000 }, NULL);
}

void pt_barrier_everywhere(void)
{
    if (atomic_load_explicit(&pt_threads_state.fences_needed, memory_order_relaxed)) {
        __sync_synchronize(); /* TSan knows no atomic_thread_fence */
    } else if (syscall(SYS_membarrier, MEMBARRIER_CMD_PRIVATE_EXPEDITED, 0, 0) != 0) {
        fence_from_now_on();
    }
}

/* Under lock. */
static struct pt_thread *find_free(void)
{
    struct pt_thread *thread = atomic_load_explicit(&all, memory_order_relaxed);
    while (thread && atomic_load_explicit(&thread->state, memory_order_acquire) != FREE) {
        thread = thread->next;
    }
    return thread;
}

/* Under lock. */
static struct pt_thread *new_thread(void)
{
    struct pt_thread *thread = aligned_alloc(64, (sizeof(*thread) + 63) & ~(size_t)63);
    if (thread) {
        *thread = (struct pt_thread){ .ring.id = ++last_ring_id };
        thread->next = atomic_load_explicit(&all, memory_order_relaxed);
        atomic_store_explicit(&all, thread, memory_order_release);
    }
    return thread;
}

struct pt_thread *pt_thread_register(void)
{
    if (!pt_threads_are_on()) {
        return NULL;
    }
    pthread_mutex_lock(&lock);
    struct pt_thread *thread = find_free();
    if (!thread) {
        thread = new_thread();
    }
    if (thread) {
        atomic_store_explicit(&thread->state, IN_USE, memory_order_relaxed);
    }
    pthread_mutex_unlock(&lock);
    if (thread && pthread_setspecific(exit_key, thread) != 0) {
        atomic_store_explicit(&thread->state, FREE, memory_order_release);
        thread = NULL;
    }
    pt_thread_self = thread;
    return thread;
}

PT_COLD struct pt_thread *pt_section_enter_slowly(struct pt_thread *thread)
{
    thread = thread ? thread : pt_thread_register();
    if (!thread) {
        return NULL;
    }
    atomic_store_explicit(&thread->busy, 1, memory_order_relaxed);
    pt_barrier_light();
    if (!pt_threads_are_on()) {
        pt_section_exit(thread);
        return NULL;
    }
    return thread;
}

PT_COLD struct pt_thread *pt_section_enter_first(void)
{
    void (*start)(void) = atomic_load_explicit(&pt_threads_state.starter, memory_order_acquire);
    if (!start) {
        return NULL;
    }
    start();
    return pt_section_enter();
}

void pt_threads_zero(void)
{
    for (struct pt_thread *thread = pt_threads_first(); thread; thread = thread->next) {
        for (size_t i = 0; i < PT_COUNTERS; i++) {
            atomic_store_explicit(&thread->counters[i], 0, memory_order_relaxed);
        }
    }
}

void pt_threads_start(void)
{
    if (!pt_threads_set_up()) {
        return;
    }
    pt_ticks_calibrate();
    bool fenced = atomic_load_explicit(&pt_threads_state.fences_needed, memory_order_relaxed);
    atomic_store_explicit(&pt_threads_state.mode,
                          fenced ? PT_TRACING_ON_WITH_FENCES : PT_TRACING_ON, memory_order_release);
}

bool pt_threads_quiesce(uint64_t deadline_ns)
{
    atomic_store_explicit(&pt_threads_state.mode, PT_TRACING_OFF, memory_order_release);
    return pt_threads_pass(deadline_ns);
}

bool pt_threads_pass(uint64_t deadline_ns)
{
    pt_barrier_everywhere();
    for (struct pt_thread *thread = pt_threads_first(); thread; thread = thread->next) {
        while (atomic_load_explicit(&thread->busy, memory_order_acquire)) {
            if (pt_clock_monotonic_ns() > deadline_ns) {
                return false;
            }
            nanosleep(&(struct timespec){ .tv_nsec = 50000 }, NULL);
        }
    }
    return true;
}

bool pt_threads_hold_still(void)
{
    bool all_still = true;
    pthread_mutex_lock(&lock);
    for (struct pt_thread *thread = pt_threads_first(); thread; thread = thread->next) {
        if (atomic_load_explicit(&thread->busy, memory_order_acquire)) {
            all_still = false;
            continue;
        }
        pt_ring_discard(&thread->ring);
        pt_slots_give_back(thread);
    }
    return all_still;
}

void pt_threads_let_go(void)
{
    pthread_mutex_unlock(&lock);
}

uint64_t pt_threads_sum(enum pt_counter counter)
{
    uint64_t sum = 0;
    for (struct pt_thread *thread = pt_threads_first(); thread; thread = thread->next) {
        sum += atomic_load_explicit(&thread->counters[counter], memory_order_relaxed);
    }
    return sum;
}

struct pt_thread *pt_threads_first(void)
{
    return atomic_load_explicit(&all, memory_order_acquire);
}

void pt_thread_recycle(struct pt_thread *thread)
{
    uint32_t retired = RETIRED;
    if (pt_thread_is_retired(thread) && pt_ring_waiting(&thread->ring) == 0) {
        pt_ring_rest(&thread->ring);
    }
    if (atomic_compare_exchange_strong_explicit(&thread->state, &retired, FREE,
                                                memory_order_acq_rel, memory_order_relaxed)) {
        atomic_fetch_sub_explicit(&retired_count, 1, memory_order_relaxed);
    }
}

bool pt_thread_is_retired(const struct pt_thread *thread)
{
    return atomic_load_explicit(&thread->state, memory_order_acquire) == RETIRED;
}

void pt_threads_forget(void)
{
    atomic_store_explicit(&pt_threads_state.mode, PT_TRACING_OFF, memory_order_relaxed);
    pt_memory_forget();
    atomic_store_explicit(&retired_count, 0, memory_order_relaxed);
    for (struct pt_thread *thread = pt_threads_first(); thread; thread = thread->next) {
        thread->ring = (struct pt_ring){ .id = thread->ring.id };
        thread->spare_count = 0;
        thread->spare_call_count = 0;
        atomic_store_explicit(&thread->returned, NULL, memory_order_relaxed);
        atomic_store_explicit(&thread->busy, 0, memory_order_relaxed);
        if (thread != pt_thread_self) {
            atomic_store_explicit(&thread->state, FREE, memory_order_relaxed);
        }
    }
    pt_pool_give_all(&pt_chunks);
}
