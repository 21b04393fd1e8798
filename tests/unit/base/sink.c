/* SPDX-License-Identifier: MIT */
#include "core/base/sink.h"

#include <criterion/criterion.h>
#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <semaphore.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdio.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "core/base/clock.h"

static uint64_t in_ms(uint64_t ms)
{
    return pt_clock_monotonic_ns() + ms * 1000000u;
}

static char lines[8 * PT_SINK_BYTES];

static void keep(void *data, int32_t level, const char *line)
{
    char *to = data;
    size_t len = strlen(to);
    snprintf(to + len, sizeof(lines) - len, "%d %s\n", level, line);
}

/* A function that stays inside until it is let go, and counts how often it was called. */
struct door {
    sem_t inside;
    sem_t open;
    atomic_int calls;
};

static void door_init(struct door *door)
{
    sem_init(&door->inside, 0, 0);
    sem_init(&door->open, 0, 0);
    door->calls = 0;
}

static void stay(void *data, int32_t level, const char *line)
{
    struct door *door = data;
    (void)level;
    (void)line;
    door->calls++;
    sem_post(&door->inside);
    sem_wait(&door->open);
}

/* No thread can be had. */
static atomic_bool threads_refused;

/* The linker's names (ld --wrap). NOLINTBEGIN(bugprone-reserved-identifier) */
int __real_pthread_create(pthread_t *thread, const pthread_attr_t *attributes, void *(*run)(void *),
                          void *data);
int __wrap_pthread_create(pthread_t *thread, const pthread_attr_t *attributes, void *(*run)(void *),
                          void *data);
/* NOLINTEND(bugprone-reserved-identifier) */

int __wrap_pthread_create(pthread_t *thread, const pthread_attr_t *attributes, void *(*run)(void *),
                          void *data)
{
    return threads_refused ? EAGAIN : __real_pthread_create(thread, attributes, run, data);
}

static void wait_for(sem_t *semaphore)
{
    while (sem_wait(semaphore) != 0) {
    }
}

Test(sink, lines_come_in_order_and_with_their_level)
{
    char expected[4096] = "";
    pt_sink_set(keep, lines);
    for (int i = 0; i < 100; i++) {
        char line[32];
        size_t len = strlen(expected);
        snprintf(line, sizeof(line), "line %d", i);
        snprintf(expected + len, sizeof(expected) - len, "%d %s\n", i % 4, line);
        pt_sink_put(i % 4, line);
    }
    cr_assert(pt_sink_drain(in_ms(10000)));
    cr_assert_str_eq(lines, expected);
}

Test(sink, a_function_that_blocks_holds_up_nobody_and_what_is_lost_is_told, .timeout = 60)
{
    char long_line[1024];
    struct door door;
    door_init(&door);
    memset(long_line, 'x', sizeof(long_line) - 1);
    long_line[sizeof(long_line) - 1] = '\0';
    pt_sink_set(stay, &door);
    pt_sink_put(1, "first");
    wait_for(&door.inside);
    for (int i = 0; i < 100; i++) { /* more than the sink holds */
        pt_sink_put(1, long_line);
    }
    cr_assert_not(pt_sink_drain(in_ms(10)), "it is still inside");
    for (int i = 0; i < 200; i++) {
        sem_post(&door.open);
    }
    cr_assert(pt_sink_drain(in_ms(10000)));
    int kept = door.calls - 2; /* the first, and the one about the loss */
    cr_assert(kept > 50 && kept < 100, "%d", kept);
    lines[0] = '\0';
    pt_sink_set(keep, lines);
    pt_sink_put(2, "as before");
    cr_assert(pt_sink_drain(in_ms(10000)));
    cr_assert_str_eq(lines, "2 as before\n", "the loss was told once: %s", lines);
}

Test(sink, how_many_lines_were_lost_is_told)
{
    char long_line[4000];
    struct door door;
    door_init(&door);
    memset(long_line, 'x', sizeof(long_line) - 1);
    long_line[sizeof(long_line) - 1] = '\0';
    pt_sink_set(stay, &door);
    pt_sink_put(1, "first");
    wait_for(&door.inside);
    for (int i = 0; i < 100; i++) {
        pt_sink_put(1, long_line);
    }
    pt_sink_set(keep, lines); /* waits in vain */
    cr_assert(pt_sink_drain(in_ms(10000)));
    const char *last = strstr(lines, "2 patter: warning: ");
    cr_assert(last, "%.200s", lines);
    cr_assert_str_eq(
        last, "2 patter: warning: 84 log lines were lost: what writes them did not keep up\n");
    sem_post(&door.open);
    pt_sink_put(1, "and on");
    cr_assert(pt_sink_drain(in_ms(10000)));
    cr_assert_eq(door.calls, 1, "the earlier one is not called again");
}

Test(sink, the_earlier_function_gets_what_was_said_before)
{
    struct door door;
    door_init(&door);
    sem_post(&door.open);
    sem_post(&door.open);
    pt_sink_set(stay, &door);
    pt_sink_put(1, "one");
    pt_sink_put(1, "two");
    pt_sink_set(keep, lines);
    cr_assert_eq(door.calls, 2);
    cr_assert_str_eq(lines, "");
}

static void change_itself(void *data, int32_t level, const char *line)
{
    (void)level;
    (void)line;
    pt_sink_set(keep, data);
    pt_sink_drain(in_ms(60000));
}

Test(sink, a_function_may_put_another_in_its_place, .timeout = 30)
{
    pt_sink_set(change_itself, lines);
    pt_sink_put(1, "one");
    pt_sink_put(1, "two");
    cr_assert(pt_sink_drain(in_ms(10000)));
    cr_assert_str_eq(lines, "1 two\n");
}

Test(sink, a_full_pipe_holds_up_nobody, .timeout = 30)
{
    char bytes[65536];
    int ends[2];
    cr_assert_eq(pipe2(ends, O_NONBLOCK), 0);
    memset(bytes, '-', sizeof(bytes));
    while (write(ends[1], bytes, sizeof(bytes)) > 0) {
    }
    int kept = dup(STDERR_FILENO);
    dup2(ends[1], STDERR_FILENO);
    pt_sink_put(1, "late");
    bool was_written = pt_sink_drain(in_ms(20));
    while (read(ends[0], bytes, sizeof(bytes)) > 0) {
    }
    bool is_written = pt_sink_drain(in_ms(10000));
    ssize_t len = read(ends[0], bytes, sizeof(bytes));
    dup2(kept, STDERR_FILENO);
    cr_assert_not(was_written);
    cr_assert(is_written);
    cr_assert(len == 5 && memcmp(bytes, "late\n", 5) == 0, "%zd bytes", len);
}

/* Standard error is a pipe that is full; returns its ends and the one before in `ret_ends`. */
static void fill_stderr(int ret_ends[3])
{
    char bytes[4096];
    memset(bytes, '-', sizeof(bytes));
    cr_assert_eq(pipe2(ret_ends, O_NONBLOCK), 0);
    while (write(ret_ends[1], bytes, sizeof(bytes)) > 0) {
    }
    fcntl(ret_ends[1], F_SETFL, 0); /* from now on a write blocks */
    ret_ends[2] = dup(STDERR_FILENO);
    dup2(ret_ends[1], STDERR_FILENO);
}

/* Puts the earlier one back; returns what came behind the filling. */
static const char *empty_stderr(const int ends[3])
{
    static char text[65536 + 1];
    size_t len = 0;
    char bytes[4096];
    ssize_t more;
    dup2(ends[2], STDERR_FILENO);
    while ((more = read(ends[0], bytes, sizeof(bytes))) > 0) {
        for (ssize_t i = 0; i < more; i++) {
            if (bytes[i] != '-' && len < sizeof(text) - 1) {
                text[len++] = bytes[i];
            }
        }
    }
    text[len] = '\0';
    return text;
}

Test(sink, without_a_thread_a_full_pipe_holds_up_nobody, .timeout = 30)
{
    char bytes[65536];
    int ends[3];
    fill_stderr(ends);
    threads_refused = true;
    pt_sink_put(1, "one");
    pt_sink_put(1, "two");
    bool was_written = pt_sink_drain(in_ms(20));
    while (read(ends[0], bytes, sizeof(bytes)) > 0) {
    }
    threads_refused = false;
    pt_sink_put(1, "three");
    bool is_written = pt_sink_drain(in_ms(10000));
    const char *text = empty_stderr(ends);
    cr_expect_not(was_written);
    cr_expect(is_written);
    cr_expect_str_eq(text, "one\ntwo\nthree\n");
}

Test(sink, without_a_thread_who_waits_for_the_lines_writes_them, .timeout = 30)
{
    threads_refused = true;
    pt_sink_set(keep, lines);
    pt_sink_put(1, "one");
    cr_expect_str_eq(lines, "", "who has something to say writes nothing");
    cr_expect(pt_sink_drain(in_ms(10000)));
    pt_sink_put(2, "two");
    cr_expect_str_eq(lines, "1 one\n");
    pt_sink_set(NULL, NULL);
    cr_expect_str_eq(lines, "1 one\n2 two\n");
    threads_refused = false;
}

Test(sink, without_a_thread_what_is_lost_is_told, .timeout = 30)
{
    char long_line[1024];
    memset(long_line, 'x', sizeof(long_line) - 1);
    long_line[sizeof(long_line) - 1] = '\0';
    pt_sink_set(keep, lines);
    threads_refused = true;
    for (int i = 0; i < 100; i++) {
        pt_sink_put(1, long_line);
    }
    threads_refused = false;
    pt_sink_put(1, long_line); /* lost, too, but there is a thread for the others */
    cr_expect(pt_sink_drain(in_ms(10000)));
    cr_expect(strstr(lines, " log lines were lost: "), "%.100s", lines);
}

Test(sink, a_closed_pipe_kills_nobody, .timeout = 30)
{
    int ends[2];
    cr_assert_eq(pipe(ends), 0);
    signal(SIGPIPE, SIG_DFL);
    int kept = dup(STDERR_FILENO);
    dup2(ends[1], STDERR_FILENO);
    close(ends[0]);
    close(ends[1]);
    pt_sink_put(1, "to nobody");
    bool is_written = pt_sink_drain(in_ms(10000));
    dup2(kept, STDERR_FILENO);
    cr_assert(is_written);
}

Test(sink, a_forked_child_has_its_own, .timeout = 30)
{
    struct door door;
    int status = -1;
    door_init(&door);
    pt_sink_set(stay, &door);
    pt_sink_put(1, "the parent's");
    wait_for(&door.inside);
    pt_sink_put(1, "the parent's, too");
    pid_t child = fork();
    if (child == 0) {
        pt_sink_set(keep, lines);
        pt_sink_put(1, "the child's");
        bool is_written = pt_sink_drain(in_ms(10000));
        _exit(is_written && strcmp(lines, "1 the child's\n") == 0 ? 0 : 1);
    }
    waitpid(child, &status, 0);
    sem_post(&door.open);
    sem_post(&door.open);
    cr_assert_eq(status, 0);
    cr_assert(pt_sink_drain(in_ms(10000)));
    cr_assert_eq(door.calls, 2);
}
