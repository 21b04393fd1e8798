/* SPDX-License-Identifier: MIT */

/*
 * A program whose rights are not its caller's, as a set-group-id one: the caller's environment and
 * the place that he linked the program to must not choose what code it loads. Runs itself again as
 * such a program; exits with 77 where that is not possible.
 */

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/auxv.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "core/plugin/search.h"

#define CHECK(condition)                                                                           \
    do {                                                                                           \
        if (!(condition)) {                                                                        \
            fprintf(stderr, "%s:%d: %s\n", __FILE__, __LINE__, #condition);                        \
            exit(1);                                                                               \
        }                                                                                          \
    } while (0)

enum { SKIPPED = 77 };

static int check_as_privileged(const char *plugins)
{
    char path[PT_PLUGIN_PATH_MAX];
    char folder[PT_PLUGIN_PATH_MAX];
    const char *const folders[] = { plugins, NULL };
    struct patter_error error = { 0 };

    CHECK(pt_loader_is_privileged());
    CHECK(!pt_loader_own_folder(folder));
    CHECK(pt_search_find("hang", NULL, path, &error) == PATTER_INVALID);
    CHECK(error.cause_count > 0);
    CHECK(strstr(error.causes[0].text, "PATTER_PLUGIN_PATH is not read by a privileged process"));
    /* The operator's own file may still name it. */
    CHECK(pt_search_find("hang", folders, path, &error) == PATTER_OK);
    return 0;
}

static int run_as_privileged(const char *program)
{
    char copy[] = "/tmp/patter-privileged-XXXXXX";
    char command[2 * PT_PLUGIN_PATH_MAX];
    int status = -1;
    int fd = mkstemp(copy);
    CHECK(fd >= 0);
    close(fd);
    snprintf(command, sizeof(command), "cp '%s' '%s'", program, copy);
    CHECK(system(command) == 0);
    if (chown(copy, (uid_t)-1, 12345) != 0 || chmod(copy, 02755) != 0) {
        unlink(copy);
        return SKIPPED;
    }
    pid_t child = fork();
    CHECK(child >= 0);
    if (child == 0) {
        execl(copy, copy, NULL);
        _exit(1);
    }
    CHECK(waitpid(child, &status, 0) == child);
    unlink(copy);
    return WIFEXITED(status) ? WEXITSTATUS(status) : 1;
}

int main(void)
{
    char program[PT_PLUGIN_PATH_MAX];
    const char *plugins = getenv("PATTER_PLUGIN_PATH");
    if (plugins) { /* the second time */
        return getauxval(AT_SECURE) ? check_as_privileged(plugins) : SKIPPED;
    }
    ssize_t len = readlink("/proc/self/exe", program, sizeof(program) - 1);
    CHECK(len > 0);
    program[len] = '\0';
    char folder[PT_PLUGIN_PATH_MAX + 16];
    snprintf(folder, sizeof(folder), "%.*s/plugins", (int)(strrchr(program, '/') - program),
             program);
    setenv("PATTER_PLUGIN_PATH", folder, 1);
    return run_as_privileged(program);
}
