/* SPDX-License-Identifier: MIT */
#include "core/watch.h"

#include <criterion/criterion.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "core/base/clock.h"
#include "core/base/sink.h"
#include "core/config/file.h"

/* What a watch is told of, and when: each call reads what the file then holds. With a run behind
 * it: tests/stress/watched.c. */

static char folder[] = "/tmp/patter-watch-XXXXXX";
static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static char found[1024];              /* under lock: the contents, each with a bar behind it */
static atomic_bool is_held, has_come; /* the next call stays until it is let go */
static atomic_bool is_refused;        /* the next call is in vain */
static struct pt_watch *watch;

static const char *path_of(const char *name)
{
    static char paths[4][128];
    static int next;
    char *path = paths[next++ % 4];
    snprintf(path, sizeof(paths[0]), "%s/%s", folder, name);
    return path;
}

static const char *config(void)
{
    return path_of("conf/patter.yaml");
}

static bool changed(void)
{
    char content[128] = "gone";
    FILE *file = fopen(config(), "r");
    if (file) {
        content[fread(content, 1, sizeof(content) - 1, file)] = '\0';
        fclose(file);
    }
    pthread_mutex_lock(&lock);
    snprintf(found + strlen(found), sizeof(found) - strlen(found), "%s|", content);
    pthread_mutex_unlock(&lock);
    atomic_store(&has_come, true);
    while (atomic_load(&is_held)) {
        usleep(1000);
    }
    return !atomic_exchange(&is_refused, false);
}

static void ms(unsigned count)
{
    usleep(count * 1000);
}

static void put(FILE *file, const char *text)
{
    cr_assert(file && fputs(text, file) >= 0 && fflush(file) == 0);
}

static void write_text(const char *path, const char *text)
{
    FILE *file = fopen(path, "w");
    put(file, text);
    cr_assert_eq(fclose(file), 0);
}

static struct pt_file_version version_now(void)
{
    struct stat stat_;
    cr_assert_eq(stat(config(), &stat_), 0);
    return pt_file_version_of(&stat_);
}

static void begin(void)
{
    cr_assert(mkdtemp(folder) && mkdir(path_of("conf"), 0700) == 0);
    write_text(config(), "first");
}

static void start(void)
{
    struct pt_file_version version = version_now();
    watch = pt_watch_new(config(), &version, changed);
    cr_assert(watch);
}

/* Waits until so much was found, and then for a moment in which no more may come. */
static void expect(const char *wanted)
{
    char now[sizeof(found)];
    for (int i = 0; i < 3000; i++) {
        pthread_mutex_lock(&lock);
        memcpy(now, found, sizeof(now));
        pthread_mutex_unlock(&lock);
        if (strlen(now) >= strlen(wanted)) {
            break;
        }
        ms(10);
    }
    ms(300);
    pthread_mutex_lock(&lock);
    cr_expect_str_eq(found, wanted);
    pthread_mutex_unlock(&lock);
}

static void end(void)
{
    pt_watch_stop(watch);
    pt_watch_leave(watch, pt_clock_monotonic_ns() + 20000000000u);
    setenv("PATTER_TEST_FOLDER", folder, 1);
    cr_expect_eq(system("rm -r \"$PATTER_TEST_FOLDER\""), 0);
}

Test(watch, who_writes_slowly_is_waited_for, .init = begin, .fini = end)
{
    start();
    FILE *file = fopen(config(), "w"); /* which empties it */
    ms(300);
    put(file, "sec");
    ms(1300);
    cr_assert_eq(fchmod(fileno(file), 0600), 0);
    ms(300);
    put(file, "ond");
    fclose(file);
    expect("second|");

    cr_assert_eq(unlink(config()), 0); /* an editor that makes it anew */
    file = fopen(config(), "w");
    ms(1300);
    put(file, "thi");
    ms(1300);
    put(file, "rd");
    fclose(file);
    expect("second|third|");
}

Test(watch, a_folder_that_is_replaced_is_found_again, .init = begin, .fini = end)
{
    start();
    cr_assert_eq(rename(path_of("conf"), path_of("conf.old")), 0);
    cr_assert_eq(mkdir(path_of("conf"), 0700), 0);
    write_text(config(), "second");
    expect("second|");
    write_text(path_of("conf.old/patter.yaml"), "not this one");
    write_text(config(), "third");
    expect("second|third|");
}

Test(watch, a_folder_that_is_removed_and_comes_later_is_found_again, .init = begin, .fini = end)
{
    start();
    cr_assert(unlink(config()) == 0 && rmdir(path_of("conf")) == 0);
    expect("gone|");
    cr_assert_eq(mkdir(path_of("conf"), 0700), 0);
    write_text(config(), "second");
    expect("gone|second|");
}

static void swap_link(const char *name, const char *target)
{
    cr_assert_eq(symlink(target, path_of("new-link")), 0);
    cr_assert_eq(rename(path_of("new-link"), path_of(name)), 0);
}

Test(watch, links_anywhere_on_the_path_are_followed, .init = begin, .fini = end)
{
    cr_assert(rename(path_of("conf"), path_of("release1")) == 0 &&
              mkdir(path_of("release2"), 0700) == 0 && mkdir(path_of("elsewhere"), 0700) == 0);
    write_text(path_of("release2/patter.yaml"), "second");
    swap_link("conf", "release1");
    start();
    swap_link("conf", "release2"); /* the folder's */
    expect("second|");
    write_text(config(), "third");
    expect("second|third|");

    write_text(path_of("release1/a"), "fourth");
    write_text(path_of("release1/b"), "fifth");
    swap_link("elsewhere/link", "../release1/a");
    swap_link("conf/patter.yaml", "../elsewhere/link");
    expect("second|third|fourth|");
    swap_link("elsewhere/link", "../release1/b"); /* the second of two */
    expect("second|third|fourth|fifth|");
}

Test(watch, what_could_not_be_put_in_force_is_told_again, .init = begin, .fini = end)
{
    start();
    atomic_store(&is_refused, true);
    write_text(config(), "second");
    expect("second|second|");
}

static char lines[1024];

static void note(void *data, int32_t level, const char *line)
{
    (void)data;
    (void)level;
    snprintf(lines + strlen(lines), sizeof(lines) - strlen(lines), "%s\n", line);
}

Test(watch, a_folder_that_is_away_for_long_is_told_of_once, .init = begin, .fini = end)
{
    patter_set_log(note, NULL);
    start();
    cr_assert_eq(rename(path_of("conf"), path_of("conf.old")), 0);
    expect("gone|");
    ms(1200);
    cr_assert_eq(rename(path_of("conf.old"), path_of("conf")), 0);
    expect("gone|first|");
    write_text(config(), "second");
    expect("gone|first|second|");
    pt_sink_drain(pt_clock_monotonic_ns() + 20000000000u);
    const char *line = strstr(lines, "cannot be watched now");
    cr_expect(line && !strstr(line + 1, "cannot be watched now"), "%s", lines);
    patter_set_log(NULL, NULL);
}

Test(watch, a_file_that_comes_back_is_found, .init = begin, .fini = end)
{
    start();
    cr_assert_eq(unlink(config()), 0);
    expect("gone|");
    write_text(path_of("conf/new"), "second");
    cr_assert_eq(link(path_of("conf/new"), config()), 0);
    expect("gone|second|");
    cr_assert_eq(unlink(config()), 0);
    cr_assert_eq(symlink("../other.yaml", config()), 0); /* which is not there yet */
    expect("gone|second|gone|");
    write_text(path_of("other.yaml"), "third");
    expect("gone|second|gone|third|");
    write_text(path_of("other.yaml"), "fourth");
    expect("gone|second|gone|third|fourth|");
}

Test(watch, what_has_changed_since_it_was_read_is_found, .init = begin, .fini = end)
{
    struct pt_file_version version = version_now();
    ms(20);
    write_text(config(), "second");
    watch = pt_watch_new(config(), &version, changed);
    expect("second|");
}

/* More than the system keeps for who does not listen. */
Test(watch, what_was_lost_is_looked_for, .init = begin, .fini = end)
{
    long most = 0;
    FILE *limit = fopen("/proc/sys/fs/inotify/max_queued_events", "r");
    cr_assert(limit && fscanf(limit, "%ld", &most) == 1 && fclose(limit) == 0);
    most = most < 50000 ? most : 50000;
    start();
    atomic_store(&is_held, true);
    write_text(config(), "second");
    while (!atomic_load(&has_come)) {
        ms(1);
    }
    const char *const others[] = { path_of("conf/a"), path_of("conf/b") };
    for (long i = 0; i <= most; i++) {
        FILE *file = fopen(others[i % 2], "w"); /* two of a kind in a row would be one */
        cr_assert(file && fclose(file) == 0);
    }
    write_text(config(), "third");
    atomic_store(&is_held, false);
    expect("second|third|");
}
