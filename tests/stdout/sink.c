/* SPDX-License-Identifier: MIT */
#include <criterion/criterion.h>
#include <fcntl.h>
#include <poll.h>
#include <pthread.h>
#include <pty.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/ioctl.h>
#include <time.h>
#include <unistd.h>

#include "script.h"

/* The plugin as a host would use it, with every kind of standard output. */

struct patter_error {
    char text[256];
};

static struct script script;
static const struct patter_exporter *exporter;
static struct patter_error failure;
static void *self;
static char seen[1 << 20];

patter_exporter_v1_fn patter_exporter_v1;

static void fail(struct patter_error *error, const char *text)
{
    snprintf(error->text, sizeof(error->text), "%s", text);
}

static const struct patter_host host = {
    .struct_size = sizeof(host), .worker_count = 1, .instance = "stdout", .fail = fail
};

static patter_status create(const char *format, const char *color)
{
    static struct patter_value values[16];
    exporter = patter_exporter_v1();
    cr_assert_leq(exporter->option_count, 16);
    values[0].type = PATTER_TEXT;
    values[0].as.text = patter_text(format);
    values[1].type = PATTER_TEXT;
    values[1].as.text = patter_text(color);
    values[2].type = PATTER_SIZE;
    values[2].as.size_bytes = 4 << 20;
    setenv("TZ", "UTC", 1);
    setenv("LC_ALL", "C.UTF-8", 1);
    script_init(&script);
    return exporter->create(&host, values, &self, &failure);
}

/* Puts `fd` where standard output was. */
static void redirect(int fd)
{
    fflush(stdout);
    cr_assert_neq(dup2(fd, STDOUT_FILENO), -1);
    close(fd);
}

static patter_status send(struct patter_result *result)
{
    *result = (struct patter_result){ .struct_size = sizeof(*result) };
    return exporter->send(self, &script.batch, result);
}

static uint64_t now_ns(void)
{
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (uint64_t)now.tv_sec * 1000000000 + (uint64_t)now.tv_nsec;
}

/* All that can be read without waiting. */
static size_t read_ready(int fd, size_t len)
{
    struct pollfd readable = { .fd = fd, .events = POLLIN };
    while (poll(&readable, 1, 0) > 0 && readable.revents & POLLIN) {
        ssize_t done = read(fd, seen + len, sizeof(seen) - 1 - len);
        if (done <= 0) {
            break;
        }
        len += (size_t)done;
    }
    seen[len] = '\0';
    return len;
}

static void expect_gone(void)
{
    struct patter_result result;
    sigset_t before, after, pending;
    pthread_sigmask(SIG_SETMASK, NULL, &before);
    cr_assert_eq(create("line", "never"), PATTER_OK);
    script_turn(&script, 0, 2, 0);
    for (int i = 0; i < 2; i++) {
        cr_assert_lt(send(&result), 0);
        cr_assert_str_eq(result.reason, "stdout_closed");
    }
    pthread_sigmask(SIG_SETMASK, NULL, &after);
    cr_assert_eq(sigismember(&before, SIGPIPE), sigismember(&after, SIGPIPE));
    sigpending(&pending);
    cr_assert_eq(sigismember(&pending, SIGPIPE), 0, "a signal was left behind");
    exporter->destroy(self);
}

Test(stdout_sink, a_reader_that_is_gone_kills_nothing)
{
    int ends[2];
    signal(SIGPIPE, SIG_DFL);
    cr_assert_eq(pipe(ends), 0);
    redirect(ends[1]);
    close(ends[0]);
    expect_gone();
}

Test(stdout_sink, a_full_disk_is_a_failure)
{
    redirect(open("/dev/full", O_WRONLY));
    expect_gone();
}

Test(stdout_sink, a_closed_standard_output_is_refused_at_the_start)
{
    close(STDOUT_FILENO);
    cr_assert_eq(create("line", "never"), PATTER_FAILED);
    cr_assert_str_eq(failure.text, "standard output is closed: keep it open, send it to a file or "
                                   "to /dev/null, or take this exporter out");
}

Test(stdout_sink, a_stuck_reader_holds_nothing_and_loses_nothing)
{
    struct patter_result result;
    int ends[2], sent = 0;
    cr_assert_eq(pipe(ends), 0);
    redirect(ends[1]);
    cr_assert_eq(create("json", "never"), PATTER_OK);
    script_turn(&script, 0, 2, 0);
    patter_status status = PATTER_OK;
    while (status == PATTER_OK) {
        script.batch.deadline_ns = now_ns() + 1000000;
        status = send(&result);
        sent += status == PATTER_OK;
    }
    cr_assert_eq(status, PATTER_AGAIN);
    cr_assert_str_eq(result.reason, "stdout_blocked");
    cr_assert_eq(exporter->flush(self, now_ns() + 1000000), PATTER_TIMEOUT);

    size_t len = read_ready(ends[0], 0);
    cr_assert_eq(exporter->flush(self, now_ns() + 1000000000), PATTER_OK);
    read_ready(ends[0], len);
    int lines = 0;
    for (const char *line = seen; *line; line = strchr(line, '\n') + 1) {
        cr_assert_eq(strncmp(line, "{\"resourceSpans\":[", 18), 0);
        cr_assert_eq(strncmp(strchr(line, '\n') - 2, "]}", 2), 0);
        lines++;
    }
    cr_assert_eq(lines, sent);
    exporter->destroy(self);
}

static void *send_for_long(void *status)
{
    struct patter_result result;
    script.batch.deadline_ns = now_ns() + 3600000000000;
    do {
        *(patter_status *)status = send(&result);
    } while (*(patter_status *)status == PATTER_OK);
    return NULL;
}

Test(stdout_sink, an_interrupt_ends_the_wait, .timeout = 60)
{
    int ends[2];
    pthread_t sender;
    patter_status status = PATTER_OK;
    cr_assert_eq(pipe(ends), 0);
    redirect(ends[1]);
    cr_assert_eq(create("json", "never"), PATTER_OK);
    script_turn(&script, 0, 2, 0);
    cr_assert_eq(pthread_create(&sender, NULL, send_for_long, &status), 0);
    exporter->interrupt(self);
    pthread_join(sender, NULL); /* else it would wait for an hour */
    cr_assert_eq(status, PATTER_AGAIN);
    exporter->destroy(self);
}

Test(stdout_sink, the_programs_own_lines_keep_their_place)
{
    struct patter_result result;
    int ends[2];
    cr_assert_eq(pipe(ends), 0);
    redirect(ends[1]);
    cr_assert_eq(create("line", "never"), PATTER_OK);
    script_add(&script, 0, 1, 0, "getpatter.call", 0, 1);
    printf("before\n");
    cr_assert_eq(send(&result), PATTER_OK);
    printf("after\n");
    fflush(stdout);
    read_ready(ends[0], 0);
    const char *span = strstr(seen, "getpatter.call ");
    cr_assert(span && strstr(seen, "before\n") == seen && strstr(span, "\nafter\n"), "%s", seen);
    exporter->destroy(self);
}

Test(stdout_sink, what_is_held_is_printed_at_the_end_but_not_by_a_child)
{
    struct patter_result result;
    int ends[2];
    cr_assert_eq(pipe(ends), 0);
    redirect(ends[1]);
    cr_assert_eq(create("tree", "never"), PATTER_OK);
    script_turn(&script, 0, 2, 0);
    cr_assert_eq(send(&result), PATTER_OK);
    read_ready(ends[0], 0);
    cr_assert(!strstr(seen, "incomplete"));
    exporter->destroy(self);
    read_ready(ends[0], 0);
    cr_assert(strstr(seen, "incomplete: end not seen"), "%s", seen);

    cr_assert_eq(create("tree", "never"), PATTER_OK);
    script_turn(&script, 0, 2, 0);
    cr_assert_eq(send(&result), PATTER_OK);
    read_ready(ends[0], 0);
    exporter->fork_child(self);
    exporter->destroy(self);
    cr_assert_eq(read_ready(ends[0], 0), 0, "%s", seen);
}

/* What a terminal of `columns` shows for one call. */
static void show_on_terminal(unsigned short columns, const char *color)
{
    struct patter_result result;
    struct winsize size = { .ws_col = columns, .ws_row = 25 };
    int master, slave;
    cr_assert_eq(openpty(&master, &slave, NULL, NULL, &size), 0);
    redirect(slave);
    setenv("TERM", "xterm", 1);
    cr_assert_eq(create("tree", color), PATTER_OK);
    script_turn(&script, 0, 2, 0);
    script_add(&script, 0, 1, 0, "getpatter.call", 0, 5000);
    cr_assert_eq(send(&result), PATTER_OK);
    read_ready(master, 0);
    exporter->destroy(self);
    redirect(open("/dev/null", O_WRONLY));
    close(master);
}

static size_t widest_line(void)
{
    size_t widest = 0, columns = 0;
    for (const char *at = seen; *at; at++) {
        columns = *at == '\n' || *at == '\r' ? 0 : columns + (((unsigned char)*at & 0xc0) != 0x80);
        widest = columns > widest ? columns : widest;
    }
    return widest;
}

Test(stdout_sink, a_terminal_gets_its_width_and_colour)
{
    unsetenv("NO_COLOR");
    show_on_terminal(100, "never");
    cr_assert_eq(widest_line(), 100);
    cr_assert(!strchr(seen, '\033'));
    show_on_terminal(72, "never");
    cr_assert_eq(widest_line(), 72);
    show_on_terminal(80, "auto");
    cr_assert(strchr(seen, '\033'));
    setenv("NO_COLOR", "1", 1);
    show_on_terminal(80, "auto");
    cr_assert(!strchr(seen, '\033'));
    show_on_terminal(80, "always");
    cr_assert(strchr(seen, '\033'));
}

Test(stdout_sink, what_is_no_terminal_gets_no_colour)
{
    struct patter_result result;
    int ends[2];
    unsetenv("NO_COLOR");
    cr_assert_eq(pipe(ends), 0);
    redirect(ends[1]);
    cr_assert_eq(create("tree", "auto"), PATTER_OK);
    script_add(&script, 0, 1, 0, "getpatter.call", 0, 5000);
    cr_assert_eq(send(&result), PATTER_OK);
    read_ready(ends[0], 0);
    cr_assert(!strchr(seen, '\033'));
    cr_assert_eq(widest_line(), 80);
    exporter->destroy(self);
}
