/* SPDX-License-Identifier: MIT */
#include <stdatomic.h>
#include <stdbool.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <patter/patter.h>

#include "stress.h"

/* With `reload: watch` the configuration is read again when its file was written in place, replaced
 * as editors do it, or swapped behind links as Kubernetes does it; and with nothing to do the
 * thread that watches does not wake up. */

enum { PATIENCE_S = 100 };

static char folder[] = "/tmp/patter-watched-XXXXXX";
static atomic_int read_again, stayed;

static void count(void *data, int32_t level, const char *line)
{
    (void)data;
    (void)level;
    atomic_fetch_add(&read_again, strstr(line, "was read again") != NULL);
    atomic_fetch_add(&stayed, strstr(line, "stays as it was") != NULL);
}

static const char *path_of(const char *name)
{
    static char paths[4][128];
    static int next;
    char *path = paths[next++ % 4];
    snprintf(path, sizeof(paths[0]), "%s/%s", folder, name);
    return path;
}

static void write_text(const char *name, const char *text)
{
    FILE *file = fopen(path_of(name), "w");
    CHECK(file && fputs(text, file) >= 0 && fclose(file) == 0, "%s", name);
}

static void wait_for(atomic_int *counter, int wanted, const char *what)
{
    for (int i = 0; i < 2000 && atomic_load(counter) < wanted; i++) {
        usleep(10000);
    }
    CHECK(atomic_load(counter) == wanted, "%s: %d times, not %d", what, atomic_load(counter),
          wanted);
}

/* Wake-ups of the thread that watches, or -1 when there is none. */
static long wakeups(void)
{
    char name[64];
    char line[256];
    long switches = -1;
    FILE *tasks = popen("grep -l patter-watch /proc/$PPID/task/*/comm", "r");
    if (tasks && fgets(line, sizeof(line), tasks)) {
        long task = 0;
        CHECK(sscanf(line, "/proc/%*d/task/%ld/comm", &task) == 1, "%s", line);
        snprintf(name, sizeof(name), "/proc/self/task/%ld/status", task);
        FILE *status = fopen(name, "r");
        while (status && fgets(line, sizeof(line), status)) {
            sscanf(line, "voluntary_ctxt_switches: %ld", &switches);
        }
        if (status) {
            fclose(status);
        }
    }
    pclose(tasks);
    return switches;
}

static void swap_behind_links(const char *folder_name, const char *text)
{
    char name[64];
    CHECK(mkdir(path_of(folder_name), 0700) == 0, "mkdir");
    snprintf(name, sizeof(name), "%s/patter.yaml", folder_name);
    write_text(name, text);
    CHECK(symlink(folder_name, path_of("..data_tmp")) == 0, "symlink");
    CHECK(rename(path_of("..data_tmp"), path_of("..data")) == 0, "rename");
}

static void start(void)
{
    struct patter_init_options options = { .struct_size = sizeof(options) };
    CHECK(mkdtemp(folder), "mkdtemp");
    options.config_file = path_of("patter.yaml");
    write_text("patter.yaml", "reload: watch\nexporters: {stdout: }\n");
    setenv("PATTER_OTEL_ENABLED", "1", 1);
    patter_set_log(count, NULL);
    CHECK(patter_init_tracing(&options) == PATTER_OK, "init");
}

int main(void)
{
    alarm(PATIENCE_S);
    start();
    write_text("patter.yaml", "reload: watch\nexporters: {stdout: {format: line}}\n");
    wait_for(&read_again, 1, "written in place");

    write_text("patter.yaml~", "reload: watch\nexporters: {stdout: {format: json}}\n");
    CHECK(rename(path_of("patter.yaml~"), path_of("patter.yaml")) == 0, "rename");
    wait_for(&read_again, 2, "replaced");

    write_text("patter.yaml", "reload: watch\nexporters: {stdout: {format: cube}}\n");
    wait_for(&stayed, 1, "broken");
    write_text("patter.yaml", "");
    wait_for(&stayed, 2, "emptied");
    CHECK(unlink(path_of("patter.yaml")) == 0, "unlink");
    wait_for(&stayed, 3, "gone");

    CHECK(symlink("..data/patter.yaml", path_of("patter.new")) == 0, "symlink");
    swap_behind_links("..1", "reload: watch\nexporters: {stdout: {format: tree}}\n");
    CHECK(rename(path_of("patter.new"), path_of("patter.yaml")) == 0, "rename");
    wait_for(&read_again, 3, "a link now");
    swap_behind_links("..2", "reload: watch\nexporters: {stdout: {format: line}}\n");
    wait_for(&read_again, 4, "swapped behind links");

    long before = wakeups();
    CHECK(before > 0, "no thread watches");
    write_text("other.txt", "no configuration\n");
    usleep(500000);
    CHECK(wakeups() - before <= 4, "%ld wake-ups", wakeups() - before);
    CHECK(atomic_load(&read_again) == 4, "another file was taken for it");

    swap_behind_links("..3", "exporters: {stdout: {format: line}}\n");
    wait_for(&read_again, 5, "the last change");
    for (int i = 0; i < 500 && wakeups() >= 0; i++) {
        usleep(10000);
    }
    CHECK(wakeups() < 0, "it is watched still");
    patter_shutdown_tracing();
    CHECK(setenv("PATTER_TEST_FOLDER", folder, 1) == 0 &&
              system("rm -r \"$PATTER_TEST_FOLDER\"") == 0,
          "rm");
    puts("six files came, each in its way");
    return 0;
}
