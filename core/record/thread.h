/* SPDX-License-Identifier: MIT */
#ifndef PT_RECORD_THREAD_H
#define PT_RECORD_THREAD_H

/*
 * What a bot's thread has of its own: its ring, its counters, its spare slots. Made at its first
 * span, kept when it exits, and given to the next new thread once the pump has emptied the ring.
 *
 * A public function works between pt_section_enter and pt_section_exit. Once tracing is switched
 * off and pt_threads_quiesce has returned, no thread is inside, nor will be until the next start.
 */

#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>

#include "core/base/branch.h"
#include "core/base/random.h"
#include "core/base/ticks.h"
#include "core/record/familiar.h"
#include "core/record/ring.h"

enum pt_counter {
    PT_STARTED,
    PT_UNSAMPLED,
    PT_LIVE, /* goes down where a span ends: one thread's share may be negative */
    PT_ENDED,
    PT_MISUSES,
    PT_ATTRIBUTES_DENIED,
    PT_ATTRIBUTES_INVALID,
    PT_ATTRIBUTES_SCANNED,
    PT_ATTRIBUTES_OVER_LIMIT,
    PT_EVENTS_OVER_LIMIT,
    PT_LINKS_OVER_LIMIT,
    PT_NAMES_REPLACED,
    PT_CALL_IDS_HASHED,
    PT_BUFFER_FULL, /* ended, and no room for the record */
    PT_COUNTERS
};

enum { PT_SPARE_SLOTS = 16, PT_SPARE_CALLS = 4 };

struct pt_slot;
struct pt_call;

struct pt_thread {
    _Atomic uint32_t busy; /* inside a section; the owner writes, quiesce reads */
    uint32_t spare_count;
    _Atomic uint64_t counters[PT_COUNTERS]; /* the owner writes, any thread reads; relaxed */
    struct pt_anchor anchor;                /* of the owner's clock */
    struct pt_generator generator;          /* of the owner's ids */
    struct pt_ring ring;
    struct pt_slot *spare[PT_SPARE_SLOTS]; /* free ones */
    _Atomic(struct pt_slot *) returned;    /* its own that others have ended; they add to it */
    struct pt_familiar familiar;           /* the owner's */
    struct pt_call *spare_calls[PT_SPARE_CALLS]; /* free ones; they stay for the next owner */
    uint32_t spare_call_count;
    struct pt_thread *next; /* in the list of all, which only grows */
    _Atomic uint32_t state; /* in use, retired (its thread is gone), or free (drained too) */
};

enum { PT_TRACING_OFF, PT_TRACING_ON, PT_TRACING_ON_WITH_FENCES };

/* What every public function reads; written in thread.c. */
struct pt_threads_state {
    _Atomic uint32_t mode; /* written by [control] (release), and with the next one */
    /* The kernel refuses membarrier; written by [control], and by whoever first meets that later.
     */
    atomic_bool fences_needed;
    /* In a forked child, until tracing begins there: begins it. Written by [control] (release). */
    _Atomic(void (*)(void)) starter;
};
extern struct pt_threads_state pt_threads_state;
extern _Thread_local struct pt_thread *pt_thread_self __attribute__((tls_model("initial-exec")));

/* This thread's own, made now; NULL when tracing is off or memory is short. */
struct pt_thread *pt_thread_register(void);

static inline bool pt_threads_are_on(void)
{
    return atomic_load_explicit(&pt_threads_state.mode, memory_order_acquire) != PT_TRACING_OFF;
}

/* A full memory barrier on every thread of the process, so that bots' threads need none. */
void pt_barrier_everywhere(void);

/* The bots' side of it. */
static inline void pt_barrier_light(void)
{
    if (atomic_load_explicit(&pt_threads_state.fences_needed, memory_order_relaxed)) {
        __sync_synchronize(); /* TSan knows no atomic_thread_fence */
    } else {
        atomic_signal_fence(memory_order_seq_cst);
    }
}

static inline void pt_section_exit(struct pt_thread *thread)
{
    atomic_store_explicit(&thread->busy, 0, memory_order_release);
}

/* The rest of pt_section_enter where it is not as simple as usual. */
struct pt_thread *pt_section_enter_slowly(struct pt_thread *thread);

/* Where pt_section_enter has found tracing off and a call begins: in a forked child that is where
 * it goes on. NULL as there. */
struct pt_thread *pt_section_enter_first(void);

/* How the public functions begin: NULL when tracing is off or memory is short. [any] */
static inline struct pt_thread *pt_section_enter(void)
{
    struct pt_thread *thread = pt_thread_self;
    if (PT_UNLIKELY(!thread)) {
        return pt_section_enter_slowly(NULL);
    }
    atomic_store_explicit(&thread->busy, 1, memory_order_relaxed);
    atomic_signal_fence(memory_order_seq_cst);
    if (PT_UNLIKELY(atomic_load_explicit(&pt_threads_state.mode, memory_order_acquire) !=
                    PT_TRACING_ON)) {
        return pt_section_enter_slowly(thread);
    }
    return thread;
}

static inline void pt_count(struct pt_thread *thread, enum pt_counter counter, uint64_t more)
{
    atomic_store_explicit(&thread->counters[counter],
                          atomic_load_explicit(&thread->counters[counter], memory_order_relaxed) +
                              more,
                          memory_order_relaxed);
}

/* [control] Before the first start; false when the process has no thread-specific key left. */
bool pt_threads_set_up(void);
/* [control] All counters to zero: after pt_threads_quiesce, before anybody looks at those of the
 * next run, as the pump does. */
void pt_threads_zero(void);
/* [control] Lets sections begin. */
void pt_threads_start(void);
/* [control] Lets no section begin, and waits until none is under way, up to the deadline
 * (CLOCK_MONOTONIC): false when it passed first. */
bool pt_threads_quiesce(uint64_t deadline_ns);

/* [control] Waits until every thread has been outside a section once since the call, up to the
 * deadline (CLOCK_MONOTONIC), and holds up none: what was put in place before the call is all that
 * sections see from then on. False when it passed first. */
bool pt_threads_pass(uint64_t deadline_ns);

/* [control] After pt_threads_quiesce: empties and rests every ring, takes back all spare slots, and
 * lets no thread begin or exit until pt_threads_let_go. False when a thread is still inside a
 * section: its own stay as they are. */
bool pt_threads_hold_still(void);
void pt_threads_let_go(void);

/* The sum over all threads. [any] */
uint64_t pt_threads_sum(enum pt_counter counter);

/* In a forked child: tracing is off, the other threads do not exist, and what their rings, spare
 * slots and spare calls held is the parent's: a thread may have been at any instruction. [control]
 */
void pt_threads_forget(void);

/* The list of all threads, for the pump: newer ones come first. */
struct pt_thread *pt_threads_first(void);
/* True once the thread that had it is gone. */
bool pt_thread_is_retired(const struct pt_thread *thread);
/* Called by the pump when the ring is empty: a retired thread's place becomes free for a new one.
 */
void pt_thread_recycle(struct pt_thread *thread);

#endif /* PT_RECORD_THREAD_H */
