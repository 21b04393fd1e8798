/* SPDX-License-Identifier: MIT */
#include <arpa/inet.h>
#include <fcntl.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>
#include <zlib.h>

#include <patter/patter.h>

#include "tests/privacy/inputs.h"

/*
 * Puts texts that must not leave into every door, with stdout in all formats and otlp-http as
 * exporters, and reads everything that came out. With an argument: only sends, by that file's
 * exporters, for a receiver elsewhere; `privacy-leaks --die FILE` prints the counters and is killed
 * with a call open; `privacy-leaks --find` looks through standard input.
 */

enum { CAPTURE_MAX = 32 << 20 };

struct capture {
    pthread_mutex_t lock;
    size_t len;
    char bytes[CAPTURE_MAX];
};

static struct capture sent = { .lock = PTHREAD_MUTEX_INITIALIZER };
static struct capture logged = { .lock = PTHREAD_MUTEX_INITIALIZER };

static void capture(struct capture *to, const char *bytes, size_t len)
{
    pthread_mutex_lock(&to->lock);
    if (len <= sizeof(to->bytes) - to->len) {
        memcpy(to->bytes + to->len, bytes, len);
        to->len += len;
    }
    pthread_mutex_unlock(&to->lock);
}

static void capture_line(void *data, int32_t level, const char *line)
{
    (void)data;
    (void)level;
    capture(&logged, line, strlen(line));
    capture(&logged, "\n", 1);
}

/* ---- a receiver ----------------------------------------------------------------------- */

static void capture_gzip(const char *body, size_t len)
{
    static char plain[8 << 20];
    z_stream stream = { .next_in = (Bytef *)body,
                        .avail_in = (uInt)len,
                        .next_out = (Bytef *)plain,
                        .avail_out = sizeof(plain) };
    if (inflateInit2(&stream, 15 + 16) == Z_OK && inflate(&stream, Z_FINISH) == Z_STREAM_END) {
        capture(&sent, plain, stream.total_out);
    } else {
        capture(&sent, "canary: a body that is no gzip", 30);
    }
    inflateEnd(&stream);
}

/* One request of a connection; 0 at its end. */
static int serve_request(int connection)
{
    static char request[8 << 20];
    size_t len = 0;
    char *body = NULL;
    size_t body_len = 0;
    while (!body || (size_t)(request + len - body) < body_len) {
        ssize_t more = read(connection, request + len, sizeof(request) - 1 - len);
        if (more <= 0) {
            return 0;
        }
        len += (size_t)more;
        request[len] = '\0';
        char *end = body ? NULL : strstr(request, "\r\n\r\n");
        if (end) {
            const char *header = strcasestr(request, "\r\ncontent-length:");
            body = end + 4;
            body_len = header ? strtoul(header + 17, NULL, 10) : 0;
        }
    }
    capture(&sent, request, (size_t)(body - request));
    capture_gzip(body, body_len);
    return dprintf(connection, "HTTP/1.1 200 OK\r\nContent-Type: application/x-protobuf\r\n"
                               "Content-Length: 0\r\n\r\n") > 0;
}

static void *serve(void *listener_)
{
    int listener = *(int *)listener_;
    for (;;) {
        int connection = accept(listener, NULL, NULL);
        if (connection < 0) {
            return NULL;
        }
        while (serve_request(connection)) {
        }
        close(connection);
    }
}

static int listen_anywhere(int *ret_port)
{
    struct sockaddr_in address = { .sin_family = AF_INET,
                                   .sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
    socklen_t len = sizeof(address);
    int listener = socket(AF_INET, SOCK_STREAM, 0);
    if (bind(listener, (void *)&address, sizeof(address)) != 0 || listen(listener, 16) != 0 ||
        getsockname(listener, (void *)&address, &len) != 0) {
        return -1;
    }
    *ret_port = ntohs(address.sin_port);
    return listener;
}

/* ---- the test -------------------------------------------------------------------------- */

static void write_config(const char *path, int port)
{
    FILE *file = fopen(path, "w");
    fprintf(file,
            "privacy:\n"
            "  allowed_keys:\n"
            "    - app.any\n"
            "    - {key: app.id, class: identifier}\n"
            "    - {key: app.name, class: name}\n"
            "    - {key: app.choice, class: choice, choices: [sales]}\n"
            "  hashed_keys: [app.hashed]\n"
            "  hash_key: 0123456789abcdef0123\n"
            "exporters:\n"
            "  stdout/json: {format: json}\n"
            "  stdout/line: {format: line}\n"
            "  stdout/tree: {format: tree}\n"
            "  otlp-http: {endpoint: \"http://127.0.0.1:%d\", compression: gzip,\n"
            "              sending_queue: {num_consumers: 1}}\n",
            port);
    fclose(file);
}

static int complain_of(const char *where, const struct capture *what)
{
    const char *found = canaries_find(what->bytes, what->len);
    if (found) {
        const char *at = strcasestr(what->bytes, found);
        fprintf(stderr, "FAILED: \"%s\" occurs in %s: %.60s\n", found, where, at ? at : "");
    }
    return found != NULL;
}

static int complain_of_missing(const char *text)
{
    if (!memmem(sent.bytes, sent.len, text, strlen(text))) {
        fprintf(stderr, "FAILED: \"%s\" may leave and did not\n", text);
        return 1;
    }
    return 0;
}

/* Everything to this process's standard output goes into a file from here on. */
static int divert_stdout(const char *path)
{
    int kept = dup(STDOUT_FILENO);
    int file = open(path, O_RDWR | O_CREAT | O_TRUNC, 0600);
    dup2(file, STDOUT_FILENO);
    close(file);
    return kept;
}

static void restore_stdout(int kept, const char *path)
{
    static char part[65536];
    fflush(stdout);
    dup2(kept, STDOUT_FILENO);
    FILE *file = fopen(path, "r");
    for (size_t len; (len = fread(part, 1, sizeof(part), file)) > 0;) {
        capture(&sent, part, len);
    }
    fclose(file);
}

static int test_all_doors(void)
{
    char folder[] = "/tmp/patter-canary-XXXXXX";
    char config[64], output[64];
    int port = 0;
    int listener = listen_anywhere(&port);
    pthread_t server;
    if (listener < 0 || !mkdtemp(folder)) {
        perror("canary");
        return 1;
    }
    snprintf(config, sizeof(config), "%s/patter.yaml", folder);
    snprintf(output, sizeof(output), "%s/stdout", folder);
    write_config(config, port);
    pthread_create(&server, NULL, serve, &listener);

    patter_set_log(capture_line, NULL);
    int kept = divert_stdout(output);
    int status = canaries_init(config);
    canaries_put_everywhere();
    int flushed = patter_flush(20000);
    patter_shutdown_tracing();
    restore_stdout(kept, output);
    remove(output);
    remove(config);
    remove(folder);

    int faults = complain_of("what the exporters wrote", &sent) + complain_of("the log", &logged);
    const char *const harmless[] = {
        "call-harmless-81", "outbound", "lookup_order", "webhook", "ref-81", "sales", "h-"
    };
    for (size_t i = 0; i < sizeof(harmless) / sizeof(harmless[0]); i++) {
        faults += complain_of_missing(harmless[i]);
    }
    if (status != 0 || flushed != 0) {
        fprintf(stderr, "FAILED: init said %d, flush %d\n%.*s\n", status, flushed, (int)logged.len,
                logged.bytes);
        faults++;
    }
    if (faults == 0) {
        printf("%zu bytes sent, %zu bytes logged: no canary in them\n", sent.len, logged.len);
    }
    return faults != 0;
}

static int send_only(const char *config)
{
    int status = canaries_init(config);
    canaries_put_everywhere();
    return status != 0 || patter_flush(20000) != 0 || patter_shutdown_tracing() != 0;
}

static void print(void *data, const char *line, size_t len)
{
    (void)data;
    fwrite(line, 1, len, stdout);
}

/* What is in rings, open spans and the log's files stays there. */
static int die(const char *config)
{
    if (canaries_init(config) != 0) {
        return 1;
    }
    canaries_put_everywhere();
    patter_flush(20000);
    canaries_put_everywhere();
    patter_dump_stats(print, NULL);
    fflush(stdout);
    struct patter_call_options options = { .struct_size = sizeof(options),
                                           .id = patter_text("call-harmless-82") };
    for (size_t i = 0; canaries[i]; i++) {
        patter_stt_begin(patter_call_begin(&options));
        options.id = patter_text(canaries[i]);
    }
    return raise(SIGKILL);
}

static int find_in_stdin(void)
{
    static char part[CAPTURE_MAX];
    size_t len = fread(part, 1, sizeof(part), stdin);
    const char *found = canaries_find(part, len);
    if (found) {
        fprintf(stderr, "FAILED: \"%s\" occurs in the input\n", found);
    }
    return found != NULL || len == 0;
}

int main(int argc, char **argv)
{
    if (argc == 1) {
        return test_all_doors();
    }
    if (argc == 3 && strcmp(argv[1], "--die") == 0) {
        return die(argv[2]);
    }
    return strcmp(argv[1], "--find") == 0 ? find_in_stdin() : send_only(argv[1]);
}
