/* SPDX-License-Identifier: MIT */
#include "plugins/otlp-http/transfer.h"

#include <errno.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#include <curl/curl.h>

#include "plugins/otlp-http/files.h"

enum {
    ANSWER_MAX = 4 * 1024 * 1024,
    IDLE_CONNECTION_MAX_S = 55, /* collectors close one after 60 s */
    POLL_MS = 1000
};

struct transfer {
    const struct transfer_config *config;
    CURLM *multi;
    CURL *easy;
    struct curl_slist *headers;
    struct curl_slist *connect_to;
    char words[CURL_ERROR_SIZE];
    unsigned char *body;
    size_t body_len;
    size_t body_capacity;
    bool body_too_long;
    struct transfer *next; /* of those that were abandoned */
    struct files files;
    _Atomic bool interrupted; /* set once by any thread, read by the one that posts */
};

bool transfer_prepare(void)
{
    return curl_global_init(CURL_GLOBAL_DEFAULT) == CURLE_OK;
}

/* ---- what libcurl calls ------------------------------------------------------ */

static size_t on_body(char *data, size_t size, size_t count, void *user)
{
    struct transfer *transfer = user;
    size_t len = size * count;
    if (len > ANSWER_MAX - transfer->body_len) {
        transfer->body_too_long = true;
        return 0;
    }
    if (transfer->body_len + len >= transfer->body_capacity) {
        size_t capacity = 2 * (transfer->body_len + len) + 1;
        unsigned char *body = realloc(transfer->body, capacity);
        if (!body) {
            return 0;
        }
        transfer->body = body;
        transfer->body_capacity = capacity;
    }
    memcpy(transfer->body + transfer->body_len, data, len);
    transfer->body_len += len;
    return len;
}

static curl_socket_t on_open(void *files, curlsocktype purpose, struct curl_sockaddr *address)
{
    (void)purpose;
    int file = files_open(files, address->family, address->socktype, address->protocol);
    return file < 0 ? CURL_SOCKET_BAD : file;
}

static int on_close(void *files, curl_socket_t file)
{
    return files_close(files, file);
}

/* ---- set-up ------------------------------------------------------------------ */

static bool add_line(struct curl_slist **list, struct patter_str name, struct patter_str value)
{
    char *line = NULL;
    struct curl_slist *longer = NULL;
    if (asprintf(&line, "%.*s: %.*s", (int)name.len, name.data, (int)value.len, value.data) >= 0) {
        longer = curl_slist_append(*list, line);
        explicit_bzero(line, strlen(line));
        free(line);
    }
    *list = longer ? longer : *list;
    return longer != NULL;
}

static bool add_headers(struct transfer *transfer)
{
    const struct transfer_config *config = transfer->config;
    const struct otlp_settings *settings = config->settings;
    struct patter_text_pair own[] = {
        { patter_text("Content-Type"), patter_text(config->content_type) },
        /* A body over 1 MB would wait a second for a `100 Continue` that few receivers send. */
        { patter_text("Expect"), patter_text("") },
        { patter_text("Content-Encoding"), patter_text("gzip") },
        { patter_text("Host"), patter_text(config->host_header) },
    };
    const bool wanted[] = { true, true, settings->gzip_level > 0, config->host_header != NULL };
    bool good = true;
    for (size_t i = 0; i < sizeof(own) / sizeof(own[0]) && good; i++) {
        good = !wanted[i] || add_line(&transfer->headers, own[i].key, own[i].value);
    }
    for (size_t i = 0; i < settings->header_count && good; i++) {
        good = add_line(&transfer->headers, settings->headers[i].key, settings->headers[i].value);
    }
    curl_easy_setopt(transfer->easy, CURLOPT_HTTPHEADER, transfer->headers);
    return good;
}

static void set_blob(CURL *easy, CURLoption option, const char *pem)
{
    if (pem) {
        struct curl_blob blob = { (void *)(uintptr_t)pem, strlen(pem), CURL_BLOB_NOCOPY };
        curl_easy_setopt(easy, option, &blob);
    }
}

static void set_tls(CURL *easy, const struct otlp_tls *tls)
{
    long oldest = tls->min_version == 13 ? CURL_SSLVERSION_TLSv1_3 : CURL_SSLVERSION_TLSv1_2;
    long newest =
        tls->max_version == 12 ? CURL_SSLVERSION_MAX_TLSv1_2 : CURL_SSLVERSION_MAX_TLSv1_3;
    curl_easy_setopt(easy, CURLOPT_SSLVERSION, oldest | newest);
    curl_easy_setopt(easy, CURLOPT_SSL_VERIFYPEER, tls->skip_verify ? 0L : 1L);
    curl_easy_setopt(easy, CURLOPT_SSL_VERIFYHOST, tls->skip_verify ? 0L : 2L);
    if (tls->ca_pem) {
        curl_easy_setopt(easy, CURLOPT_CAPATH, NULL); /* else the system's count too */
        set_blob(easy, CURLOPT_CAINFO_BLOB, tls->ca_pem);
    }
    set_blob(easy, CURLOPT_SSLCERT_BLOB, tls->cert_pem);
    set_blob(easy, CURLOPT_SSLKEY_BLOB, tls->key_pem);
}

static void set_options(struct transfer *transfer)
{
    const struct transfer_config *config = transfer->config;
    CURL *easy = transfer->easy;
    curl_easy_setopt(easy, CURLOPT_URL, config->url);
    curl_easy_setopt(easy, CURLOPT_PROTOCOLS_STR, "http,https");
    curl_easy_setopt(easy, CURLOPT_POST, 1L);
    curl_easy_setopt(easy, CURLOPT_NOSIGNAL, 1L);
    curl_easy_setopt(easy, CURLOPT_QUICK_EXIT, 1L); /* a hanging name server holds nobody up */
    curl_easy_setopt(easy, CURLOPT_USERAGENT, config->settings->user_agent);
    curl_easy_setopt(easy, CURLOPT_ERRORBUFFER, transfer->words);
    curl_easy_setopt(easy, CURLOPT_MAXAGE_CONN, (long)IDLE_CONNECTION_MAX_S);
    curl_easy_setopt(easy, CURLOPT_FORBID_REUSE, config->disable_keep_alives ? 1L : 0L);
    /* Plain HTTP/2 breaks on the second request of a connection in libcurl 7.88. */
    curl_easy_setopt(easy, CURLOPT_HTTP_VERSION,
                     (long)(config->is_tls ? CURL_HTTP_VERSION_2TLS : CURL_HTTP_VERSION_1_1));
    /* So that the first bytes of a gRPC port can be told from other junk. */
    curl_easy_setopt(easy, CURLOPT_HTTP09_ALLOWED, 1L);
    curl_easy_setopt(easy, CURLOPT_WRITEFUNCTION, on_body);
    curl_easy_setopt(easy, CURLOPT_WRITEDATA, transfer);
    curl_easy_setopt(easy, CURLOPT_OPENSOCKETFUNCTION, on_open);
    curl_easy_setopt(easy, CURLOPT_OPENSOCKETDATA, &transfer->files);
    curl_easy_setopt(easy, CURLOPT_CLOSESOCKETFUNCTION, on_close);
    curl_easy_setopt(easy, CURLOPT_CLOSESOCKETDATA, &transfer->files);
    if (config->proxy_url) { /* else what the environment says counts */
        curl_easy_setopt(easy, CURLOPT_PROXY, config->proxy_url);
    }
    set_tls(easy, &config->settings->tls);
}

static void ring(void *multi)
{
    curl_multi_wakeup(multi);
}

static void calm(void *multi)
{
    curl_multi_poll(multi, NULL, 0, 0, NULL);
}

struct transfer *transfer_new(const struct transfer_config *config)
{
    struct transfer *transfer = calloc(1, sizeof(*transfer));
    if (!transfer) {
        return NULL;
    }
    transfer->config = config;
    files_init(&transfer->files);
    transfer->easy = curl_easy_init();
    transfer->multi = curl_multi_init();
    if (!transfer->multi || !transfer->easy || !add_headers(transfer)) {
        transfer_destroy(transfer);
        return NULL;
    }
    files_find_wakeup(&transfer->files, &(struct files_bell){ ring, calm, transfer->multi });
    set_options(transfer);
    if (config->connect_to) {
        transfer->connect_to = curl_slist_append(NULL, config->connect_to);
        curl_easy_setopt(transfer->easy, CURLOPT_CONNECT_TO, transfer->connect_to);
        if (!transfer->connect_to) {
            transfer_destroy(transfer);
            return NULL;
        }
    }
    return transfer;
}

void transfer_destroy(struct transfer *transfer)
{
    if (!transfer) {
        return;
    }
    curl_easy_cleanup(transfer->easy);
    curl_multi_cleanup(transfer->multi);
    curl_slist_free_all(transfer->headers);
    curl_slist_free_all(transfer->connect_to);
    free(transfer->body);
    free(transfer);
}

void transfer_abandon(struct transfer *transfer)
{
    static struct transfer *abandoned; /* so that a leak checker finds them */
    files_abandon(&transfer->files);
    transfer->next = abandoned;
    abandoned = transfer;
}

void transfer_interrupt(struct transfer *transfer)
{
    atomic_store(&transfer->interrupted, true);
    curl_multi_wakeup(transfer->multi);
}

/* ---- one request ------------------------------------------------------------- */

/* 0: no time is left. */
static long left_ms(uint64_t deadline_ns)
{
    struct timespec time;
    clock_gettime(CLOCK_MONOTONIC, &time);
    uint64_t now_ns = (uint64_t)time.tv_sec * 1000000000 + (uint64_t)time.tv_nsec;
    uint64_t left = deadline_ns > now_ns ? (deadline_ns - now_ns) / 1000000 : 0;
    return left < INT32_MAX ? (long)left : (long)INT32_MAX;
}

static CURLcode result_of(CURLM *multi)
{
    int left;
    CURLMsg *message = curl_multi_info_read(multi, &left);
    return message && message->msg == CURLMSG_DONE ? message->data.result : CURLE_FAILED_INIT;
}

static CURLcode perform(struct transfer *transfer)
{
    int running = 1;
    transfer->words[0] = '\0';
    transfer->body_len = 0;
    transfer->body_too_long = false;
    if (curl_multi_add_handle(transfer->multi, transfer->easy) != CURLM_OK) {
        return CURLE_OUT_OF_MEMORY;
    }
    CURLMcode code = curl_multi_perform(transfer->multi, &running);
    while (code == CURLM_OK && running && !atomic_load(&transfer->interrupted)) {
        code = curl_multi_poll(transfer->multi, NULL, 0, POLL_MS, NULL);
        if (code == CURLM_OK) {
            code = curl_multi_perform(transfer->multi, &running);
        }
    }
    CURLcode result = running ? CURLE_ABORTED_BY_CALLBACK : result_of(transfer->multi);
    curl_multi_remove_handle(transfer->multi, transfer->easy);
    return result;
}

static long get_long(CURL *easy, CURLINFO info)
{
    long value = 0;
    curl_easy_getinfo(easy, info, &value);
    return value;
}

static enum transfer_end end_of(const struct transfer *transfer, CURLcode code)
{
    if (atomic_load(&transfer->interrupted)) {
        return TRANSFER_INTERRUPTED;
    }
    switch (code) {
    case CURLE_OUT_OF_MEMORY:
        return TRANSFER_NO_MEMORY;
    case CURLE_WRITE_ERROR:
        return transfer->body_too_long ? TRANSFER_TOO_LONG : TRANSFER_NO_MEMORY;
    case CURLE_OPERATION_TIMEDOUT:
        return TRANSFER_TIMEOUT;
    case CURLE_COULDNT_RESOLVE_HOST:
    case CURLE_COULDNT_RESOLVE_PROXY:
        return TRANSFER_NO_HOST;
    case CURLE_COULDNT_CONNECT:
        return get_long(transfer->easy, CURLINFO_OS_ERRNO) == ECONNREFUSED ? TRANSFER_REFUSED
                                                                           : TRANSFER_UNREACHABLE;
    case CURLE_PEER_FAILED_VERIFICATION:
        return TRANSFER_UNVERIFIED;
    case CURLE_SSL_CACERT_BADFILE:
        return TRANSFER_NO_CAS;
    case CURLE_SSL_CONNECT_ERROR:
        return TRANSFER_TLS;
    case CURLE_SEND_ERROR:
    case CURLE_RECV_ERROR:
        if (get_long(transfer->easy, CURLINFO_HTTP_CONNECTCODE) >= 300) {
            return TRANSFER_FAILED; /* a proxy refuses */
        }
        return strstr(transfer->words, "alert") ? TRANSFER_TLS : TRANSFER_CLOSED;
    case CURLE_GOT_NOTHING:
    case CURLE_PARTIAL_FILE:
    case CURLE_HTTP2:
    case CURLE_HTTP2_STREAM:
        return TRANSFER_CLOSED;
    case CURLE_WEIRD_SERVER_REPLY:
    case CURLE_UNSUPPORTED_PROTOCOL:
        return TRANSFER_NOT_HTTP;
    default:
        return TRANSFER_FAILED;
    }
}

static void copy_text(char *to, size_t size, const char *from)
{
    snprintf(to, size, "%s", from ? from : "");
}

static void read_answer(struct transfer *transfer, CURLcode code, size_t len,
                        struct transfer_answer *answer)
{
    CURL *easy = transfer->easy;
    char *text = NULL;
    curl_off_t number = 0;
    answer->status = (int)get_long(easy, CURLINFO_RESPONSE_CODE);
    curl_easy_getinfo(easy, CURLINFO_APPCONNECT_TIME_T, &number);
    curl_off_t tls_us = number;
    curl_easy_getinfo(easy, CURLINFO_CONNECT_TIME_T, &number);
    answer->connected = number > 0 && (tls_us > 0 || !transfer->config->is_tls);
    curl_easy_getinfo(easy, CURLINFO_SIZE_UPLOAD_T, &number);
    answer->cut_off = answer->connected && (size_t)number < len;
    if (curl_easy_getinfo(easy, CURLINFO_RETRY_AFTER, &number) == CURLE_OK && number > 0) {
        answer->retry_after_s = (uint64_t)number;
    }
    curl_easy_getinfo(easy, CURLINFO_CONTENT_TYPE, &text);
    copy_text(answer->content_type, sizeof(answer->content_type), text);
    long port = get_long(easy, CURLINFO_PRIMARY_PORT);
    answer->through_proxy = port > 0 && port != (long)transfer->config->port;
    copy_text(answer->words, sizeof(answer->words),
              transfer->words[0] ? transfer->words : curl_easy_strerror(code));
    answer->body = transfer->body;
    answer->body_len = transfer->body_len;
    if (code == CURLE_OK || (answer->status == 0 && answer->body_len > 0)) {
        /* Bytes without a status line are what libcurl takes for HTTP/0.9. */
        answer->end = answer->status ? TRANSFER_ANSWERED : TRANSFER_NOT_HTTP;
    } else {
        answer->end = end_of(transfer, code);
    }
}

/* Where a kept connection gives nothing to read, libcurl sends the request again on a new one;
 * where it takes no more of a large request, only this does. */
static bool found_stale(const struct transfer *transfer, CURLcode code)
{
    return code == CURLE_SEND_ERROR && transfer->body_len == 0 &&
           get_long(transfer->easy, CURLINFO_NUM_CONNECTS) == 0;
}

void transfer_post(struct transfer *transfer, const unsigned char *body, size_t len,
                   uint64_t deadline_ns, struct transfer_answer *ret_answer)
{
    long timeout_ms = left_ms(deadline_ns);
    memset(ret_answer, 0, sizeof(*ret_answer));
    if (timeout_ms == 0) {
        ret_answer->end = TRANSFER_TIMEOUT;
        return;
    }
    curl_easy_setopt(transfer->easy, CURLOPT_POSTFIELDS, body);
    curl_easy_setopt(transfer->easy, CURLOPT_POSTFIELDSIZE_LARGE, (curl_off_t)len);
    curl_easy_setopt(transfer->easy, CURLOPT_TIMEOUT_MS, timeout_ms);
    CURLcode code = perform(transfer);
    timeout_ms = left_ms(deadline_ns);
    if (found_stale(transfer, code) && timeout_ms > 0) {
        curl_easy_setopt(transfer->easy, CURLOPT_TIMEOUT_MS, timeout_ms);
        code = perform(transfer);
    }
    read_answer(transfer, code, len, ret_answer);
}
