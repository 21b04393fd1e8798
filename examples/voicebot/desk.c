/* SPDX-License-Identifier: MIT */
#include "desk.h"

#include <fcntl.h>
#include <patter/patter.h>
#include <spawn.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <unistd.h>

#include "orders.h"

extern char **environ;

enum { TALK_FD = 3 }; /* to the bot; standard output is left to the exporters */

static pid_t desk;
static int to_desk = -1;
static FILE *from_desk;

unsigned desk_spawn(void)
{
    char *const arguments[] = { "voicebot", DESK_OPTION, NULL };
    posix_spawn_file_actions_t actions;
    unsigned port = 0;
    int in[2];
    int out[2];

    if (pipe2(in, O_CLOEXEC) != 0 || pipe2(out, O_CLOEXEC) != 0) {
        return 0;
    }
    posix_spawn_file_actions_init(&actions);
    posix_spawn_file_actions_adddup2(&actions, in[0], STDIN_FILENO);
    posix_spawn_file_actions_adddup2(&actions, out[1], TALK_FD);
    int fault = posix_spawn(&desk, "/proc/self/exe", &actions, NULL, arguments, environ);
    posix_spawn_file_actions_destroy(&actions);
    close(in[0]);
    close(out[1]);
    to_desk = in[1];
    from_desk = fdopen(out[0], "r");
    if (fault != 0 || !from_desk || fscanf(from_desk, "%u", &port) != 1) {
        fprintf(stderr, "voicebot: the order desk's process did not start\n");
        return 0;
    }
    return port;
}

unsigned desk_join(void)
{
    unsigned answered_count = 0;
    close(to_desk);
    if (from_desk) {
        if (fscanf(from_desk, "%u", &answered_count) != 1) {
            fprintf(stderr, "voicebot: the order desk's process ended early\n");
        }
        fclose(from_desk);
    }
    if (desk > 0) {
        waitpid(desk, NULL, 0);
    }
    return answered_count;
}

int desk_main(void)
{
    struct patter_init_options options = { .struct_size = sizeof(options),
                                           .service_name = "order-desk" };
    char end;

    patter_init_tracing(&options);
    unsigned port = orders_start(true);
    if (port == 0) {
        return 1;
    }
    dprintf(TALK_FD, "%u\n", port);
    while (read(STDIN_FILENO, &end, 1) > 0) {
    }
    dprintf(TALK_FD, "%u\n", orders_stop());
    patter_shutdown_tracing();
    return 0;
}
