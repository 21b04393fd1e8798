/* SPDX-License-Identifier: MIT */
#include "tests/support/http_server.h"

#include <netinet/in.h>
#include <poll.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include <openssl/pem.h>
#include <openssl/ssl.h>

enum { HEAD_MAX = 16384, CONNECTION_COUNT = 64, SMALL_WINDOW = 4096 };

struct connection {
    struct http_server *server;
    pthread_t thread;
    int file;
    SSL *tls;
};

struct http_server {
    const struct http_step *steps;
    size_t step_count;
    SSL_CTX *tls;
    int listener;
    int stop_pipe[2]; /* readable once the server is to stop */
    unsigned int port;
    pthread_t thread;
    pthread_mutex_t mutex; /* guards what follows */
    size_t next_step;
    size_t request_count;
    size_t connection_count;
    struct connection connections[CONNECTION_COUNT];
    char head[HEAD_MAX];
    unsigned char *body;
    size_t body_len;
};

static void must(bool good)
{
    if (!good) {
        perror("http_server");
        abort();
    }
}

/* ---- bytes in and out --------------------------------------------------------- */

/* False when the server is to stop, or `file` has nothing more to say. */
static bool wait_for(const struct connection *connection)
{
    struct pollfd files[] = { { .fd = connection->file, .events = POLLIN },
                              { .fd = connection->server->stop_pipe[0], .events = POLLIN } };
    if (connection->tls && SSL_pending(connection->tls)) {
        return true;
    }
    return poll(files, 2, -1) > 0 && files[1].revents == 0;
}

static ssize_t get(const struct connection *connection, void *bytes, size_t len)
{
    if (!wait_for(connection)) {
        return 0;
    }
    return connection->tls ? SSL_read(connection->tls, bytes, (int)len)
                           : recv(connection->file, bytes, len, 0);
}

static void put(const struct connection *connection, const char *bytes, size_t len)
{
    while (len > 0) {
        ssize_t count = connection->tls ? SSL_write(connection->tls, bytes, (int)len)
                                        : send(connection->file, bytes, len, MSG_NOSIGNAL);
        if (count <= 0) {
            return;
        }
        bytes += count;
        len -= (size_t)count;
    }
}

static size_t content_length(const char *head)
{
    const char *line = strcasestr(head, "\r\nContent-Length:");
    return line ? strtoull(line + strlen("\r\nContent-Length:"), NULL, 10) : 0;
}

/* One request into `head` and `*ret_body`; false when the other side closed. */
static bool read_request(const struct connection *connection, char *head, unsigned char **ret_body,
                         size_t *ret_body_len)
{
    size_t used = 0;
    char *end = NULL;
    while (!end) {
        ssize_t count = get(connection, head + used, HEAD_MAX - 1 - used);
        if (count <= 0) {
            return false;
        }
        used += (size_t)count;
        head[used] = '\0';
        end = memmem(head, used, "\r\n\r\n", 4);
        must(end || used < HEAD_MAX - 1);
    }
    size_t head_len = (size_t)(end + 4 - head);
    size_t have = used - head_len;
    *end = '\0';
    size_t len = content_length(head);
    unsigned char *body = malloc(len + have + 1);
    must(body != NULL);
    memcpy(body, head + head_len, have);
    while (have < len) {
        ssize_t count = get(connection, body + have, len - have);
        if (count <= 0) {
            free(body);
            return false;
        }
        have += (size_t)count;
    }
    *ret_body = body;
    *ret_body_len = len;
    return true;
}

static void keep_request(struct http_server *server, const char *head, unsigned char *body,
                         size_t len)
{
    pthread_mutex_lock(&server->mutex);
    memcpy(server->head, head, strlen(head) + 1);
    free(server->body);
    server->body = body;
    server->body_len = len;
    server->request_count++;
    pthread_mutex_unlock(&server->mutex);
}

/* ---- behaviour ---------------------------------------------------------------- */

static const struct http_step *take_step(struct http_server *server)
{
    pthread_mutex_lock(&server->mutex);
    size_t index = server->next_step;
    if (server->next_step + 1 < server->step_count) {
        server->next_step++;
    }
    pthread_mutex_unlock(&server->mutex);
    return &server->steps[index];
}

static void reset(const struct connection *connection)
{
    struct linger now = { .l_onoff = 1, .l_linger = 0 };
    setsockopt(connection->file, SOL_SOCKET, SO_LINGER, &now, sizeof(now));
}

/* Until the other side closes or the server is stopped. */
static void sit(const struct connection *connection, bool deaf)
{
    char byte[1024];
    if (deaf) {
        struct pollfd stop = { .fd = connection->server->stop_pipe[0], .events = POLLIN };
        (void)poll(&stop, 1, -1);
        return;
    }
    while (get(connection, byte, sizeof(byte)) > 0) {
    }
}

/* False when the connection ends. */
static bool serve(struct connection *connection, const struct http_step *step)
{
    static _Thread_local char head[HEAD_MAX];
    unsigned char *body = NULL;
    size_t body_len = 0;
    size_t len = step->len || !step->bytes ? step->len : strlen(step->bytes);
    switch (step->act) {
    case HTTP_SPEAK_FIRST:
        put(connection, step->bytes, len);
        return false;
    case HTTP_DEAF:
        sit(connection, true);
        return false;
    case HTTP_REFUSE_BODY:
        (void)get(connection, head, 1);
        reset(connection);
        return false;
    default:
        break;
    }
    if (!read_request(connection, head, &body, &body_len)) {
        return false;
    }
    keep_request(connection->server, head, body, body_len);
    if (step->act == HTTP_RESET) {
        reset(connection);
    } else if (step->act == HTTP_SILENT) {
        sit(connection, false);
    } else {
        put(connection, step->bytes, len);
    }
    return step->act == HTTP_ANSWER;
}

static bool has_request(const struct connection *connection)
{
    char byte;
    return wait_for(connection) &&
           (connection->tls ? SSL_peek(connection->tls, &byte, 1)
                            : recv(connection->file, &byte, 1, MSG_PEEK)) > 0;
}

static void *run_connection(void *data)
{
    struct connection *connection = data;
    struct http_server *server = connection->server;
    bool open = true;
    if (server->tls) {
        connection->tls = SSL_new(server->tls);
        must(connection->tls != NULL);
        SSL_set_fd(connection->tls, connection->file);
        open = wait_for(connection) && SSL_accept(connection->tls) == 1;
    }
    /* The first step may be to speak unasked; a later one is taken when its request comes. */
    for (bool first = true; open && (first || has_request(connection)); first = false) {
        open = serve(connection, take_step(server));
    }
    SSL_free(connection->tls);
    close(connection->file);
    return NULL;
}

static void *run(void *data)
{
    struct http_server *server = data;
    struct pollfd files[] = { { .fd = server->listener, .events = POLLIN },
                              { .fd = server->stop_pipe[0], .events = POLLIN } };
    while (poll(files, 2, -1) > 0 && files[1].revents == 0) {
        int file = accept(server->listener, NULL, NULL);
        if (file < 0) {
            continue;
        }
        pthread_mutex_lock(&server->mutex);
        must(server->connection_count < CONNECTION_COUNT);
        struct connection *connection = &server->connections[server->connection_count++];
        *connection = (struct connection){ .server = server, .file = file };
        must(pthread_create(&connection->thread, NULL, run_connection, connection) == 0);
        pthread_mutex_unlock(&server->mutex);
    }
    return NULL;
}

/* ---- start and stop ----------------------------------------------------------- */

static SSL_CTX *make_tls(const struct identity *identity, const struct identity *client_authority)
{
    SSL_CTX *tls = SSL_CTX_new(TLS_server_method());
    BIO *cert_bio = BIO_new_mem_buf(identity->cert_pem, -1);
    BIO *key_bio = BIO_new_mem_buf(identity->key_pem, -1);
    X509 *certificate = PEM_read_bio_X509(cert_bio, NULL, NULL, NULL);
    EVP_PKEY *key = PEM_read_bio_PrivateKey(key_bio, NULL, NULL, NULL);
    must(tls && SSL_CTX_use_certificate(tls, certificate) == 1 &&
         SSL_CTX_use_PrivateKey(tls, key) == 1);
    X509_free(certificate);
    EVP_PKEY_free(key);
    BIO_free(cert_bio);
    BIO_free(key_bio);
    if (client_authority) {
        BIO *bio = BIO_new_mem_buf(client_authority->cert_pem, -1);
        X509 *authority = PEM_read_bio_X509(bio, NULL, NULL, NULL);
        must(X509_STORE_add_cert(SSL_CTX_get_cert_store(tls), authority) == 1);
        SSL_CTX_set_verify(tls, SSL_VERIFY_PEER | SSL_VERIFY_FAIL_IF_NO_PEER_CERT, NULL);
        X509_free(authority);
        BIO_free(bio);
    }
    return tls;
}

struct http_server *http_server_start(const struct http_step *steps, size_t step_count,
                                      const struct identity *identity,
                                      const struct identity *client_authority)
{
    struct http_server *server = calloc(1, sizeof(*server));
    struct sockaddr_in address = { .sin_family = AF_INET,
                                   .sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
    socklen_t address_len = sizeof(address);
    int window = SMALL_WINDOW;
    must(server != NULL);
    signal(SIGPIPE, SIG_IGN); /* OpenSSL writes without MSG_NOSIGNAL */
    server->steps = steps;
    server->step_count = step_count;
    server->tls = identity ? make_tls(identity, client_authority) : NULL;
    server->listener = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    setsockopt(server->listener, SOL_SOCKET, SO_RCVBUF, &window, sizeof(window));
    must(bind(server->listener, (struct sockaddr *)&address, sizeof(address)) == 0 &&
         listen(server->listener, 16) == 0 &&
         getsockname(server->listener, (struct sockaddr *)&address, &address_len) == 0 &&
         pipe(server->stop_pipe) == 0);
    server->port = ntohs(address.sin_port);
    pthread_mutex_init(&server->mutex, NULL);
    must(pthread_create(&server->thread, NULL, run, server) == 0);
    return server;
}

void http_server_stop(struct http_server *server)
{
    must(write(server->stop_pipe[1], "", 1) == 1);
    pthread_join(server->thread, NULL);
    for (size_t i = 0; i < server->connection_count; i++) {
        pthread_join(server->connections[i].thread, NULL);
    }
    close(server->stop_pipe[0]);
    close(server->stop_pipe[1]);
    close(server->listener);
    SSL_CTX_free(server->tls);
    pthread_mutex_destroy(&server->mutex);
    free(server->body);
    free(server);
}

void http_server_allow_old_tls(void)
{
    static const char settings[] = "openssl_conf = all\n[all]\nssl_conf = ssl\n"
                                   "[ssl]\nsystem_default = default\n"
                                   "[default]\nMinProtocol = TLSv1\n"
                                   "CipherString = ALL:@SECLEVEL=0\n";
    char path[] = "/tmp/patter-openssl-XXXXXX";
    int file = mkstemp(path);
    must(file >= 0 && write(file, settings, sizeof(settings) - 1) == sizeof(settings) - 1);
    close(file);
    setenv("OPENSSL_CONF", path, 1);
    must(OPENSSL_init_ssl(OPENSSL_INIT_LOAD_CONFIG, NULL) == 1);
    unlink(path);
}

void http_server_speak_old_tls(struct http_server *server)
{
    must(SSL_CTX_set_min_proto_version(server->tls, TLS1_1_VERSION) == 1 &&
         SSL_CTX_set_max_proto_version(server->tls, TLS1_1_VERSION) == 1);
}

unsigned int http_server_port(const struct http_server *server)
{
    return server->port;
}

size_t http_server_request_count(struct http_server *server)
{
    pthread_mutex_lock(&server->mutex);
    size_t count = server->request_count;
    pthread_mutex_unlock(&server->mutex);
    return count;
}

size_t http_server_connection_count(struct http_server *server)
{
    pthread_mutex_lock(&server->mutex);
    size_t count = server->connection_count;
    pthread_mutex_unlock(&server->mutex);
    return count;
}

const char *http_server_head(struct http_server *server)
{
    return server->head;
}

const unsigned char *http_server_body(struct http_server *server, size_t *ret_len)
{
    *ret_len = server->body_len;
    return server->body;
}
