/* SPDX-License-Identifier: MIT */

/* otlp-http's files and its use of OpenSSL where the program forks and starts others. */

#include <fcntl.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include "tests/otlp/http_client.h"

#include <criterion/criterion.h>

enum { LONG_MS = 20000, FILES_MAX = 256, GENERATIONS = 3 };

static const struct http_step good = { HTTP_ANSWER, HTTP_GOOD, 0 };
static struct http_client client;
static bool was_open[FILES_MAX];

/* The receiver runs in this process: only what is between processes of one machine counts. */
static bool is_local_socket(int file)
{
    int family = 0;
    socklen_t len = sizeof(family);
    return getsockopt(file, SOL_SOCKET, SO_DOMAIN, &family, &len) == 0 && family == AF_UNIX;
}

static void note_files(void)
{
    for (int file = 0; file < FILES_MAX; file++) {
        was_open[file] = is_local_socket(file);
    }
}

static int count_new(bool inherited_alone)
{
    int count = 0;
    for (int file = 0; file < FILES_MAX; file++) {
        bool is_new = is_local_socket(file) && !was_open[file];
        count += is_new && !(inherited_alone && fcntl(file, F_GETFD) & FD_CLOEXEC);
    }
    return count;
}

static int wait_for(pid_t child)
{
    int status = 0;
    cr_assert_eq(waitpid(child, &status, 0), child);
    return WIFEXITED(status) ? WEXITSTATUS(status) : -1;
}

TestSuite(otlp_http_forks, .timeout = 60);

/* libcurl makes a pair of sockets to be woken by, and names it to nobody. Others that look alike,
 * also with bytes in them, are left alone. */
Test(otlp_http_forks, a_started_program_inherits_no_file)
{
    int idle[2];
    int full[2];
    cr_assert_eq(socketpair(AF_UNIX, SOCK_STREAM, 0, idle), 0);
    cr_assert_eq(socketpair(AF_UNIX, SOCK_STREAM, 0, full), 0);
    cr_assert_eq(write(full[0], "?", 1), 1);
    struct http_server *server = http_server_start(&good, 1, NULL, NULL);
    note_files();
    http_client_init(&client, server, "http");
    cr_assert(http_client_create(&client));
    cr_expect_eq(count_new(false), 0, "none before there is something to send");
    cr_assert_eq(http_client_send(&client, 0, LONG_MS), PATTER_OK);
    cr_expect_eq(count_new(false), 2);
    cr_expect_eq(count_new(true), 0);
    for (int i = 0; i < 2; i++) {
        cr_expect_eq(fcntl(idle[i], F_GETFD) | fcntl(full[i], F_GETFD), 0);
    }
    http_client_clean(&client);
    cr_expect_eq(count_new(false), 0);
    http_server_stop(server);
}

/* Sends as a child of one that sends, and goes on in a child of its own. 0: no generation has more
 * files than the first. */
static int live(int generation)
{
    struct http_client own = client;
    client.exporter->fork_child(client.self);
    int left = count_new(false);
    own.self = NULL;
    if (left != 0 || !http_client_create(&own) || count_new(false) != 0 ||
        http_client_send(&own, 0, LONG_MS) != PATTER_OK || count_new(false) != 2) {
        return 1;
    }
    client = own;
    pid_t child = generation < GENERATIONS ? fork() : -1;
    if (child == 0) {
        _exit(live(generation + 1));
    }
    return child > 0 ? wait_for(child) : 0;
}

Test(otlp_http_forks, children_of_children_keep_no_files)
{
    struct http_server *server = http_server_start(&good, 1, NULL, NULL);
    note_files();
    http_client_init(&client, server, "http");
    cr_assert(http_client_create(&client));
    cr_assert_eq(http_client_send(&client, 0, LONG_MS), PATTER_OK);
    pid_t child = fork();
    if (child == 0) {
        _exit(live(1));
    }
    cr_expect_eq(wait_for(child), 0);
    cr_expect_eq(http_client_send(&client, 0, LONG_MS), PATTER_OK);
    cr_expect_eq(http_server_connection_count(server), 1 + GENERATIONS);
    http_client_clean(&client);
    http_server_stop(server);
}

/* A thread that is not in the child may hold a lock of OpenSSL's: the child, which begins with a
 * call of the bot's, reads no certificate. One that cannot be read shows it. */
Test(otlp_http_forks, a_child_asks_nothing_of_openssl)
{
    static const char junk[] = "-----BEGIN CERTIFICATE-----\n%\n-----END CERTIFICATE-----\n"
                               "-----BEGIN PRIVATE KEY-----\n%\n-----END PRIVATE KEY-----\n";
    http_client_init(&client, NULL, "https");
    plugin_host_set_text(&client.host, "tls.ca_pem", junk);
    plugin_host_set_text(&client.host, "tls.cert_pem", junk);
    plugin_host_set_text(&client.host, "tls.key_pem", junk);
    cr_assert(!http_client_create(&client), "the parent reads it");
    pid_t child = fork();
    if (child == 0) {
        bool takes_unread = http_client_create(&client);
        plugin_host_set_text(&client.host, "tls.ca_pem", "no certificate");
        _exit(takes_unread && !http_client_create(&client) ? 0 : 1);
    }
    cr_expect_eq(wait_for(child), 0);
    http_client_clean(&client);
}
