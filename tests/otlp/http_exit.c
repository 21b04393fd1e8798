/* SPDX-License-Identifier: MIT */

/* otlp-http over TLS in a function that the program gave to atexit() before it began: what runs at
 * exit() has not taken OpenSSL away by then. A plain program of two processes, since the receiver
 * uses OpenSSL too. */

#include <stdio.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <unistd.h>

#include "tests/otlp/http_client.h"

enum { LONG_MS = 20000, PEM_MAX = 8192, FAILED = 3, PATIENCE_S = 60 };

static struct http_client client;
static char ca_pem[PEM_MAX];

static void must(bool condition, const char *what)
{
    if (!condition) {
        fprintf(stderr, "failed: %s %s\n", what,
                client.result.detail ? client.result.detail : client.host.said);
        _exit(FAILED);
    }
}

static void send_once(const char *when)
{
    must(http_client_send(&client, 0, LONG_MS) == PATTER_OK, when);
}

/* Over the connection that is there, and over a new one. */
static void end(void)
{
    send_once("the last send");
    client.exporter->destroy(client.self);
    must(http_client_create(&client), "create at exit");
    send_once("a new connection at exit");
    http_client_clean(&client);
}

static void trace(int file)
{
    FILE *told = fdopen(file, "r");
    char endpoint[64];
    alarm(PATIENCE_S);
    must(told && fscanf(told, "%63s", endpoint) == 1, "fscanf");
    must(fread(ca_pem, 1, sizeof(ca_pem) - 1, told) > 0, "fread");
    fclose(told);
    atexit(end);
    http_client_init(&client, NULL, "https");
    plugin_host_set_text(&client.host, "endpoint", endpoint);
    plugin_host_set_text(&client.host, "tls.ca_pem", ca_pem);
    must(http_client_create(&client), "create");
    send_once("send");
    exit(0);
}

int main(void)
{
    static const struct http_step good = { HTTP_ANSWER, HTTP_GOOD, 0 };
    int told[2];
    int status = -1;
    must(pipe(told) == 0, "pipe");
    pid_t child = fork(); /* before this process uses OpenSSL */
    if (child == 0) {
        close(told[1]);
        trace(told[0]);
    }
    close(told[0]);
    struct identity authority = identity_make("authority", NULL, false);
    struct identity receiver = identity_make("127.0.0.1", &authority, false);
    struct http_server *server = http_server_start(&good, 1, &receiver, NULL);
    dprintf(told[1], "https://127.0.0.1:%u\n%s", http_server_port(server), authority.cert_pem);
    close(told[1]);
    waitpid(child, &status, 0);
    size_t connection_count = http_server_connection_count(server);
    http_server_stop(server);
    identity_clean(&receiver);
    identity_clean(&authority);
    if (status != 0 || connection_count != 2) {
        fprintf(stderr, "ended with status %x after %zu connections\n", status, connection_count);
        return 1;
    }
    return 0;
}
