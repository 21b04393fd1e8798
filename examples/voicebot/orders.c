/* SPDX-License-Identifier: MIT */
#include "orders.h"

#include <arpa/inet.h>
#include <microhttpd.h>
#include <patter/propagate.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <strings.h>

static const struct order {
    const char *number;
    const char *status;
    int parcels;
    int minutes; /* until the courier rings */
} orders[] = {
    { "334692", "on_the_way", 2, 25 },
    { "84", "being_packed", 1, 0 },
};

static struct MHD_Daemon *server;
static bool opens_spans;
static atomic_uint answered_count;

static const struct order *find_order(const char *number)
{
    for (size_t i = 0; i < sizeof(orders) / sizeof(*orders); i++) {
        if (strcmp(orders[i].number, number) == 0) {
            return &orders[i];
        }
    }
    return NULL;
}

/* Returns the HTTP status. */
static unsigned look_up(const char *path, const char *argument, char *ret_json, size_t size)
{
    const struct order *order = find_order(argument);
    if (strcmp(path, "/robot_move") == 0) {
        snprintf(ret_json, size, "{\"found\":true,\"minutes\":%d}", 1 + atoi(argument) / 60);
    } else if (order && strcmp(path, "/order_lookup") == 0) {
        snprintf(ret_json, size, "{\"found\":true,\"status\":\"%s\",\"parcels\":%d}", order->status,
                 order->parcels);
    } else if (order && strcmp(path, "/courier_eta") == 0) {
        snprintf(ret_json, size, "{\"found\":true,\"minutes\":%d}", order->minutes);
    } else {
        snprintf(ret_json, size, "{\"found\":false}");
        return MHD_HTTP_NOT_FOUND;
    }
    return MHD_HTTP_OK;
}

struct wanted_header {
    const char *name;
    void (*found)(void *data, struct patter_str value);
    void *data;
};

static enum MHD_Result visit_header(void *wanted_, enum MHD_ValueKind kind, const char *name,
                                    const char *value)
{
    struct wanted_header *wanted = wanted_;
    (void)kind;
    if (strcasecmp(name, wanted->name) == 0) {
        wanted->found(wanted->data, patter_text(value));
    }
    return MHD_YES;
}

static void get_header(void *connection, const char *name,
                       void (*found)(void *data, struct patter_str value), void *data)
{
    struct wanted_header wanted = { name, found, data };
    MHD_get_connection_values(connection, MHD_HEADER_KIND, visit_header, &wanted);
}

static struct patter_call begin_call(struct MHD_Connection *connection)
{
    struct patter_context caller;
    struct patter_call_options options = { .struct_size = sizeof(options) };
    if (!opens_spans) {
        return (struct patter_call){ 0 };
    }
    if (patter_extract(get_header, connection, &caller) == PATTER_OK) {
        options.parent = &caller;
    }
    return patter_call_begin(&options);
}

static enum MHD_Result answer(void *data, struct MHD_Connection *connection, const char *path,
                              const char *method, const char *version, const char *upload,
                              size_t *upload_len, void **request)
{
    char json[128];
    (void)data, (void)method, (void)version, (void)upload, (void)upload_len, (void)request;

    struct patter_call call = begin_call(connection);
    struct patter_span span = patter_span_begin(call, "orders.find");
    const char *argument =
        MHD_lookup_connection_value(connection, MHD_GET_ARGUMENT_KIND, "argument");
    unsigned status = look_up(path, argument ? argument : "", json, sizeof(json));
    if (status != MHD_HTTP_OK) {
        patter_span_set_error(span, "not_found");
    }
    patter_span_end(span);

    struct MHD_Response *response =
        MHD_create_response_from_buffer(strlen(json), json, MHD_RESPMEM_MUST_COPY);
    enum MHD_Result result = MHD_queue_response(connection, status, response);
    MHD_destroy_response(response);
    patter_call_end(call);
    atomic_fetch_add(&answered_count, 1);
    return result;
}

unsigned orders_start(bool traces)
{
    struct sockaddr_in address = { .sin_family = AF_INET,
                                   .sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
    opens_spans = traces;
    server = MHD_start_daemon(MHD_USE_INTERNAL_POLLING_THREAD | MHD_USE_AUTO, 0, NULL, NULL, answer,
                              NULL, MHD_OPTION_SOCK_ADDR, &address, MHD_OPTION_END);
    if (!server) {
        fprintf(stderr, "voicebot: the order desk cannot listen on 127.0.0.1\n");
        return 0;
    }
    return MHD_get_daemon_info(server, MHD_DAEMON_INFO_BIND_PORT)->port;
}

unsigned orders_stop(void)
{
    MHD_stop_daemon(server);
    server = NULL;
    return atomic_load(&answered_count);
}
