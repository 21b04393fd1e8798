/* SPDX-License-Identifier: MIT */
#include "tools.h"

#include <curl/curl.h>
#include <jansson.h>
#include <patter/propagate.h>
#include <stdio.h>
#include <stdlib.h>

enum { TIMEOUT_MS = 5000 };

struct tools {
    CURL *curl;
    unsigned port;
    char body[1024]; /* of the answer */
    size_t body_len;
};

static size_t take_body(char *data, size_t size, size_t count, void *tools_)
{
    struct tools *tools = tools_;
    size_t len = size * count;
    if (len > sizeof(tools->body) - tools->body_len) {
        return 0;
    }
    memcpy(tools->body + tools->body_len, data, len);
    tools->body_len += len;
    return len;
}

bool tools_start(void)
{
    return curl_global_init(CURL_GLOBAL_DEFAULT) == CURLE_OK;
}

void tools_stop(void)
{
    curl_global_cleanup();
}

struct tools *tools_new(unsigned port)
{
    struct tools *tools = calloc(1, sizeof(*tools));
    if (!tools || !(tools->curl = curl_easy_init())) {
        tools_destroy(tools);
        return NULL;
    }
    tools->port = port;
    curl_easy_setopt(tools->curl, CURLOPT_WRITEFUNCTION, take_body);
    curl_easy_setopt(tools->curl, CURLOPT_WRITEDATA, tools);
    curl_easy_setopt(tools->curl, CURLOPT_TIMEOUT_MS, (long)TIMEOUT_MS);
    curl_easy_setopt(tools->curl, CURLOPT_NOSIGNAL, 1L);
    curl_easy_setopt(tools->curl, CURLOPT_PROXY, "");
    return tools;
}

void tools_destroy(struct tools *tools)
{
    if (tools) {
        curl_easy_cleanup(tools->curl);
        free(tools);
    }
}

static void set_header(void *headers_, const char *name, const char *value)
{
    struct curl_slist **headers = headers_;
    char line[640];
    snprintf(line, sizeof(line), "%s: %s", name, value);
    struct curl_slist *longer = curl_slist_append(*headers, line);
    if (longer) {
        *headers = longer;
    }
}

/* Returns NULL, or an error type. */
static const char *read_answer(const struct tools *tools, struct tool_answer *ret_answer)
{
    const char *status = "";
    json_t *json = json_loadb(tools->body, tools->body_len, 0, NULL);
    int found = 0;
    struct tool_answer answer = { 0 };
    int fault = json_unpack(json, "{s:b, s?s, s?i, s?i}", "found", &found, "status", &status,
                            "parcels", &answer.parcels, "minutes", &answer.minutes);
    if (fault == 0) {
        answer.found = found;
        snprintf(answer.status, sizeof(answer.status), "%s", status);
        *ret_answer = answer;
    }
    json_decref(json);
    return fault ? "bad_answer" : NULL;
}

const char *tools_use(struct tools *tools, struct patter_call trace, struct patter_span span,
                      const struct tool_call *call, struct tool_answer *ret_answer)
{
    struct curl_slist *headers = NULL;
    long http_status = 0;
    char url[128];
    const char *fault = NULL;

    patter_inject(trace, span, set_header, &headers);
    snprintf(url, sizeof(url), "http://127.0.0.1:%u/%s?argument=%s", tools->port, call->name,
             call->argument);
    curl_easy_setopt(tools->curl, CURLOPT_URL, url);
    curl_easy_setopt(tools->curl, CURLOPT_HTTPHEADER, headers);
    tools->body_len = 0;
    CURLcode code = curl_easy_perform(tools->curl);
    curl_easy_getinfo(tools->curl, CURLINFO_RESPONSE_CODE, &http_status);
    if (code == CURLE_OPERATION_TIMEDOUT) {
        fault = "timeout";
    } else if (code != CURLE_OK) {
        fault = "ConnectionError";
    } else if (http_status == 404) {
        *ret_answer = (struct tool_answer){ 0 };
        fault = "not_found";
    } else {
        fault = read_answer(tools, ret_answer);
    }
    curl_easy_setopt(tools->curl, CURLOPT_HTTPHEADER, NULL);
    curl_slist_free_all(headers);
    return fault;
}
