/* SPDX-License-Identifier: MIT */
#include "bench/gate/rival.h"

#include <fcntl.h>
#include <inttypes.h>
#include <signal.h>
#include <spawn.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

bool gate_rival_start(struct gate_rival *rival, const char *path)
{
    int in[2];
    int out[2];
    posix_spawn_file_actions_t actions;
    char *const arguments[] = { (char *)path, NULL };

    signal(SIGPIPE, SIG_IGN);
    if (pipe2(in, O_CLOEXEC) != 0 || pipe2(out, O_CLOEXEC) != 0) {
        perror("pipe2");
        return false;
    }
    posix_spawn_file_actions_init(&actions);
    posix_spawn_file_actions_adddup2(&actions, in[0], STDIN_FILENO);
    posix_spawn_file_actions_adddup2(&actions, out[1], STDOUT_FILENO);
    int fault = posix_spawn(&rival->pid, path, &actions, NULL, arguments, environ);
    posix_spawn_file_actions_destroy(&actions);
    close(in[0]);
    close(out[1]);
    rival->commands = fdopen(in[1], "w");
    rival->answers = fdopen(out[0], "r");
    if (fault != 0) {
        fprintf(stderr, "%s: %s\n", path, strerror(fault));
    }
    return fault == 0;
}

void gate_rival_stop(struct gate_rival *rival)
{
    fclose(rival->commands); /* its end of input */
    fclose(rival->answers);
    waitpid(rival->pid, NULL, 0);
}

bool gate_rival_burst(struct gate_rival *rival, uint64_t *ret_ns)
{
    return fputc('\n', rival->commands) != EOF && fflush(rival->commands) == 0 &&
           fscanf(rival->answers, "%" SCNu64, ret_ns) == 1;
}
