/* SPDX-License-Identifier: MIT */
#include "core/base/sink.h"

#include <errno.h>
#include <limits.h>
#include <poll.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/prctl.h>
#include <time.h>
#include <unistd.h>

#include "core/base/clock.h"
#include "core/base/fork.h"

/* A line as it waits: its level, then its text with the NUL. */
struct line {
    int32_t level;
    char text[PT_SINK_LINE_MAX];
};

static struct {
    pthread_mutex_t lock;
    pthread_cond_t changed; /* a line was written */
    pthread_once_t once;
    patter_log_fn *write; /* under lock, as all that follows */
    void *data;
    uint32_t writer;  /* the number of the thread that writes; 0: none */
    uint32_t writers; /* how many there were */
    uint64_t put;     /* lines, ever */
    uint64_t written; /* of them */
    uint64_t lost;    /* of them, of which nothing was said yet */
    size_t len;
    char waiting[PT_SINK_BYTES];
} sink = { .lock = PTHREAD_MUTEX_INITIALIZER,
           .changed = PTHREAD_COND_INITIALIZER,
           .once = PTHREAD_ONCE_INIT };

static _Thread_local bool is_writer;

static const uint64_t patience_ns = 5u * 1000000000ull;

enum { FOREVER = 0 }; /* a deadline */

/* The lines that wait are the parent's to write, and so is its thread. */
static void on_fork_child(void)
{
    sink.writer = 0;
    sink.len = 0;
    sink.written = sink.put;
    pthread_cond_init(&sink.changed, NULL);
}

static void watch_forks(void)
{
    pthread_atfork(NULL, NULL, on_fork_child);
    pt_fork_guard(&sink.lock, PT_RANK_LOG);
}

static void lock(void)
{
    pthread_once(&sink.once, watch_forks);
    pthread_mutex_lock(&sink.lock);
}

/* ---- the thread ------------------------------------------------------------------ */

/* False where it is full until the deadline (CLOCK_MONOTONIC): a line would block. One at most fits
 * where there is room: that is as long as a pipe's smallest piece. */
static bool stderr_has_room(uint64_t deadline_ns)
{
    struct pollfd room = { .fd = STDERR_FILENO, .events = POLLOUT };
    int count;
    do {
        uint64_t now_ns = pt_clock_monotonic_ns();
        uint64_t left_ms = deadline_ns > now_ns ? (deadline_ns - now_ns) / 1000000u : 0;
        count = poll(&room, 1, left_ms < INT_MAX ? (int)left_ms : INT_MAX);
    } while (count < 0 && errno == EINTR);
    return count != 0; /* an error is told by the write, which does not block then */
}

static void write_to_stderr(const char *text)
{
    char line[PT_SINK_LINE_MAX + 1];
    size_t len = (size_t)snprintf(line, sizeof(line), "%s\n", text);
    size_t done = 0;
    while (done < len) {
        ssize_t more = write(STDERR_FILENO, line + done, len - done);
        if (more >= 0) {
            done += (size_t)more;
        } else if (errno == EAGAIN) {
            struct pollfd room = { .fd = STDERR_FILENO, .events = POLLOUT };
            poll(&room, 1, -1);
        } else if (errno != EINTR) {
            return;
        }
    }
}

/* Under lock. The oldest line that waits; false when there is none. */
static bool take(struct line *ret_line)
{
    if (sink.len == 0 && sink.lost > 0) {
        ret_line->level = PATTER_LOG_WARNING;
        snprintf(ret_line->text, sizeof(ret_line->text),
                 "patter: warning: %llu log lines were lost: what writes them did not keep up",
                 (unsigned long long)sink.lost);
        sink.lost = 0;
        return true;
    }
    if (sink.len == 0) {
        return false;
    }
    size_t size = sizeof(ret_line->level) + strlen(sink.waiting + sizeof(ret_line->level)) + 1;
    memcpy(ret_line, sink.waiting, size);
    sink.len -= size;
    memmove(sink.waiting, sink.waiting + size, sink.len);
    return true;
}

/* Under lock. Whoever waits may take its place. */
static void step_down(uint32_t number)
{
    if (sink.writer == number) {
        sink.writer = 0;
        pthread_cond_broadcast(&sink.changed);
    }
}

/* Under lock, which is let go meanwhile. Whether there is time for a line; what a log function does
 * with its own nobody can say. */
static bool has_time(uint64_t deadline_ns)
{
    if (deadline_ns == FOREVER) {
        return true;
    }
    if (sink.write) {
        return pt_clock_monotonic_ns() < deadline_ns;
    }
    pthread_mutex_unlock(&sink.lock);
    bool has_room = stderr_has_room(deadline_ns);
    lock();
    return has_room;
}

/* Under lock, which is let go meanwhile. Writes what waits, unless another thread has taken its
 * place meanwhile. */
static void write_lines(uint32_t number, uint64_t deadline_ns)
{
    struct line line;
    bool was_writer = is_writer;
    is_writer = true;
    while (has_time(deadline_ns) && sink.writer == number && take(&line)) {
        patter_log_fn *write = sink.write;
        void *data = sink.data;
        pthread_mutex_unlock(&sink.lock);
        if (write) {
            write(data, line.level, line.text);
        } else {
            write_to_stderr(line.text);
        }
        lock();
        if (sink.writer == number) {
            sink.written++;
            pthread_cond_broadcast(&sink.changed);
        }
    }
    step_down(number);
    is_writer = was_writer;
}

static void *run(void *number)
{
    prctl(PR_SET_NAME, "patter-log");
    lock();
    write_lines((uint32_t)(uintptr_t)number, FOREVER);
    pthread_mutex_unlock(&sink.lock);
    return NULL;
}

/* False when the system refuses a thread. */
static bool start_writer(uint32_t number)
{
    pthread_t thread;
    sigset_t all, before;
    sigfillset(&all); /* the application's handlers must not run on this thread */
    pthread_sigmask(SIG_SETMASK, &all, &before);
    bool started = pthread_create(&thread, NULL, run, (void *)(uintptr_t)number) == 0;
    pthread_sigmask(SIG_SETMASK, &before, NULL);
    if (started) {
        pthread_detach(thread);
    }
    return started;
}

/* Under lock. The number of a thread that has to be started; 0: none. */
static uint32_t appoint_writer(void)
{
    if (sink.writer != 0 || (sink.len == 0 && sink.lost == 0)) {
        return 0;
    }
    sink.writers = sink.writers == UINT32_MAX ? 1 : sink.writers + 1;
    return sink.writer = sink.writers;
}

/* Without the lock; 0: a no-op. Where no thread can be had the lines wait: who has something to say
 * may carry a call, and a full pipe would hold it up. */
static void send_for_writer(uint32_t number)
{
    if (number != 0 && !start_writer(number)) {
        lock();
        step_down(number);
        pthread_mutex_unlock(&sink.lock);
    }
}

/* ---- its users --------------------------------------------------------------------- */

void pt_sink_put(int32_t level, const char *line)
{
    size_t len = strnlen(line, PT_SINK_LINE_MAX - 1);
    lock();
    if (sink.len + sizeof(level) + len + 1 > sizeof(sink.waiting)) {
        sink.put += sink.lost == 0; /* one line tells of all */
        sink.lost++;
    } else {
        memcpy(sink.waiting + sink.len, &level, sizeof(level));
        memcpy(sink.waiting + sink.len + sizeof(level), line, len);
        sink.len += sizeof(level) + len + 1;
        sink.waiting[sink.len - 1] = '\0';
        sink.put++;
    }
    uint32_t number = appoint_writer();
    pthread_mutex_unlock(&sink.lock);
    send_for_writer(number);
}

/* Under lock, which is let go meanwhile. Has what waits written by a thread, or here. */
static void have_written(uint32_t number, uint64_t deadline_ns)
{
    pthread_mutex_unlock(&sink.lock);
    bool started = start_writer(number);
    lock();
    if (!started) {
        write_lines(number, deadline_ns);
    }
}

/* Under lock. */
static bool wait_until_written(uint64_t put, uint64_t deadline_ns)
{
    struct timespec until = {
        .tv_sec = (time_t)(deadline_ns / 1000000000u),
        .tv_nsec = (long)(deadline_ns % 1000000000u),
    };
    bool in_time = true;
    while (in_time && sink.written < put) {
        uint32_t number = appoint_writer();
        if (number != 0) {
            have_written(number, deadline_ns);
            in_time = pt_clock_monotonic_ns() < deadline_ns;
        } else {
            in_time =
                pthread_cond_clockwait(&sink.changed, &sink.lock, CLOCK_MONOTONIC, &until) == 0;
        }
    }
    return sink.written >= put;
}

bool pt_sink_drain(uint64_t deadline_ns)
{
    lock();
    bool done = is_writer || wait_until_written(sink.put, deadline_ns);
    pthread_mutex_unlock(&sink.lock);
    return done;
}

void pt_sink_set(patter_log_fn *write, void *data)
{
    lock();
    if (!is_writer && !wait_until_written(sink.put, pt_clock_monotonic_ns() + patience_ns) &&
        sink.writer != 0) {
        sink.writer = 0; /* it hangs: another one goes on where it is */
        sink.written++;
    }
    sink.write = write;
    sink.data = data;
    uint32_t number = appoint_writer();
    pthread_mutex_unlock(&sink.lock);
    send_for_writer(number);
}
