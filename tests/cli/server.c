/* SPDX-License-Identifier: MIT */
#include <arpa/inet.h>
#include <netinet/in.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

/* Answers whatever comes to a port of its own as one kind of receiver would, until it is killed.
 * Usage: cli-server KIND; prints the port. */

static const struct {
    const char *kind;
    const char *bytes;
    size_t len;
} answers[] = {
#define ANSWER(kind, bytes)                                                                        \
    {                                                                                              \
        kind, bytes, sizeof(bytes) - 1                                                             \
    }
    ANSWER("accepts", "HTTP/1.1 200 OK\r\nContent-Type: application/x-protobuf\r\n"
                      "Content-Length: 2\r\nConnection: close\r\n\r\n\x0a\x00"),
    ANSWER("no-path", "HTTP/1.1 404 Not Found\r\nContent-Type: text/plain\r\n"
                      "Content-Length: 18\r\nConnection: close\r\n\r\n404 page not found"),
    ANSWER("no-token",
           "HTTP/1.1 401 Unauthorized\r\nContent-Length: 0\r\nConnection: close\r\n\r\n"),
    ANSWER("plain", "HTTP/1.1 400 Bad Request\r\nConnection: close\r\n\r\n"),
    ANSWER("tls", "HTTP/1.0 400 Bad Request\r\n\r\nClient sent an HTTP request to an HTTPS "
                  "server.\n"),
    ANSWER("grpc", "\0\0\x06\x04\0\0\0\0\0\0\x05\0\0\x40\0"), /* HTTP/2 SETTINGS */
};

static void answer(int client, size_t kind)
{
    char request[65536];
    if (read(client, request, sizeof(request)) > 0 &&
        write(client, answers[kind].bytes, answers[kind].len) > 0) {
        shutdown(client, SHUT_WR);
        while (read(client, request, sizeof(request)) > 0) { /* else a reset takes the answer */
        }
    }
    close(client);
}

int main(int argc, char **argv)
{
    struct sockaddr_in address = { .sin_family = AF_INET,
                                   .sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
    socklen_t len = sizeof(address);
    size_t kind = 0;
    while (argc > 1 && strcmp(answers[kind].kind, argv[1]) != 0) {
        if (++kind == sizeof(answers) / sizeof(answers[0])) {
            return 2;
        }
    }
    int listener = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    if (bind(listener, (struct sockaddr *)&address, sizeof(address)) != 0 ||
        listen(listener, 16) != 0 ||
        getsockname(listener, (struct sockaddr *)&address, &len) != 0) {
        perror("cli-server");
        return 1;
    }
    printf("%u\n", (unsigned)ntohs(address.sin_port));
    fflush(stdout);
    for (;;) {
        int client = accept(listener, NULL, NULL);
        if (client >= 0) {
            answer(client, kind);
        }
    }
}
