/* SPDX-License-Identifier: MIT */
#include "tests/otlp-grpc/receiver.h"

#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

static void need(bool good, const char *what)
{
    if (!good) {
        perror(what);
        abort();
    }
}

static void run_server(const char *port, const struct identity *identity,
                       const struct identity *client_authority)
{
    const char *arguments[] = { SERVER_PATH, port, NULL, NULL, NULL, NULL };
    if (identity) {
        arguments[2] = identity->cert_pem;
        arguments[3] = identity->key_pem;
        arguments[4] = client_authority ? client_authority->cert_pem : NULL;
    }
    setenv("GRPC_VERBOSITY", "NONE", 1);
    execv(SERVER_PATH, (char *const *)arguments);
    _exit(127);
}

void receiver_start(struct receiver *receiver, unsigned port, const struct identity *identity,
                    const struct identity *client_authority)
{
    int ends[2];
    char port_text[16];
    memset(receiver, 0, sizeof(*receiver));
    snprintf(port_text, sizeof(port_text), "%u", port);
    need(pipe(ends) == 0, "pipe");
    receiver->pid = fork();
    need(receiver->pid >= 0, "fork");
    if (receiver->pid == 0) {
        dup2(ends[1], STDOUT_FILENO);
        close(ends[0]);
        close(ends[1]);
        run_server(port_text, identity, client_authority);
    }
    close(ends[1]);
    receiver->said = fdopen(ends[0], "r");
    need(receiver->said && fgets(receiver->line, RECEIVER_LINE_MAX, receiver->said) &&
             sscanf(receiver->line, "port %u", &receiver->port) == 1,
         SERVER_PATH);
}

void receiver_stop(struct receiver *receiver)
{
    if (receiver->pid > 0) {
        kill(receiver->pid, SIGKILL);
        waitpid(receiver->pid, NULL, 0);
        fclose(receiver->said);
        receiver->pid = 0;
    }
}

const char *receiver_next_call(struct receiver *receiver)
{
    need(fgets(receiver->line, RECEIVER_LINE_MAX, receiver->said) != NULL, "receiver");
    return receiver->line;
}
