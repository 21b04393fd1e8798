/* SPDX-License-Identifier: MIT */
#include "plugins/stdout/sink.h"

#include <errno.h>
#include <poll.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <time.h>
#include <unistd.h>

enum {
    CHUNK = 4096,  /* PIPE_BUF: a pipe that polls as writable takes as much without waiting */
    SLICE_MS = 50, /* how soon an interrupt is seen */
    RETRY_MS = 5,
    KEPT_BYTES = 262144,
    NS_PER_MS = 1000000
};

/* Keeps the SIGPIPE of a write from the process. It goes to the thread that writes, so blocking it
 * there and taking back what came is enough, whatever the program does with the signal. */
struct pipe_guard {
    sigset_t pipe;
    sigset_t before;
    bool was_pending;
};

static void guard_begin(struct pipe_guard *guard)
{
    sigset_t pending;
    sigemptyset(&guard->pipe);
    sigaddset(&guard->pipe, SIGPIPE);
    sigemptyset(&pending);
    sigpending(&pending);
    guard->was_pending = sigismember(&pending, SIGPIPE) == 1;
    pthread_sigmask(SIG_BLOCK, &guard->pipe, &guard->before);
}

static void guard_end(struct pipe_guard *guard)
{
    static const struct timespec at_once;
    while (!guard->was_pending && sigtimedwait(&guard->pipe, NULL, &at_once) < 0 &&
           errno == EINTR) {
    }
    pthread_sigmask(SIG_SETMASK, &guard->before, NULL);
}

static uint64_t now_ns(void)
{
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (uint64_t)now.tv_sec * 1000000000 + (uint64_t)now.tv_nsec;
}

static bool is_writable(int timeout_ms)
{
    struct pollfd waited = { .fd = STDOUT_FILENO, .events = POLLOUT };
    return poll(&waited, 1, timeout_ms) > 0; /* an error shows in the write */
}

/* In slices, so that an interrupt needs no file descriptor of its own. */
static bool wait_writable(const struct out_sink *sink, uint64_t deadline_ns)
{
    while (!is_writable(0)) {
        uint64_t now = now_ns();
        if (sink->is_interrupted || now >= deadline_ns) {
            return false;
        }
        uint64_t left_ms = (deadline_ns - now) / NS_PER_MS + 1;
        if (is_writable(left_ms < SLICE_MS ? (int)left_ms : SLICE_MS)) {
            return true;
        }
    }
    return true;
}

/* Writes as long as it can without waiting; 0 or errno. */
static int write_ready(struct out_sink *sink)
{
    while (sink->written < sink->text.len && is_writable(0)) {
        size_t left = sink->text.len - sink->written;
        ssize_t done =
            write(STDOUT_FILENO, sink->text.data + sink->written, left < CHUNK ? left : CHUNK);
        if (done >= 0) {
            sink->written += (size_t)done;
        } else if (errno == EAGAIN || errno == EINTR) {
            return 0;
        } else {
            return errno;
        }
    }
    return 0;
}

/* One go with the program's own prints kept out. */
static int write_locked(struct out_sink *sink)
{
    struct pipe_guard guard;
    guard_begin(&guard);
    flockfile(stdout);
    int error = fflush(stdout) != 0 && errno != EAGAIN ? errno : write_ready(sink);
    funlockfile(stdout);
    guard_end(&guard);
    return error;
}

/* A long call's waterfall takes memory that the next one seldom needs. */
static void forget(struct out_sink *sink)
{
    sink->text.len = 0;
    sink->written = 0;
    if (sink->text.capacity > KEPT_BYTES) {
        out_text_clean(&sink->text);
    }
}

patter_status out_sink_write(struct out_sink *sink, uint64_t deadline_ns)
{
    while (sink->written < sink->text.len) {
        size_t before = sink->written;
        if (!wait_writable(sink, deadline_ns)) {
            return PATTER_TIMEOUT;
        }
        int error = write_locked(sink);
        if (error) {
            sink->error = error;
            forget(sink);
            return PATTER_FAILED;
        }
        if (sink->written == before) {
            /* Nonblocking, and refused for all that poll() said. */
            poll(NULL, 0, RETRY_MS);
            if (now_ns() >= deadline_ns) {
                return PATTER_TIMEOUT;
            }
        }
    }
    forget(sink);
    return PATTER_OK;
}

void out_sink_clean(struct out_sink *sink)
{
    out_text_clean(&sink->text);
}
