/* SPDX-License-Identifier: MIT */
#include "plugins/otlp-grpc/channel.h"

#include <errno.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "plugins/otlp-grpc/lane.h"
#include "plugins/otlp-grpc/library.h"
#include "plugins/otlp-grpc/signals.h"

#define EXPORT_METHOD "/opentelemetry.proto.collector.trace.v1.TraceService/Export"

enum {
    POLLS_BEFORE_CALL = 3,
    MAX_MARGIN_MS = 50, /* of the deadline, for core to say that it passed */
    DRAIN_MS = 300,     /* for writes to end at the end of life */
    /* What a fork may wait for: answers, calls that are cut to end, and writes. */
    STOP_MS = 100,
    CUT_MS = 50,
    STOP_DRAIN_MS = 50,
    NS_PER_MS = 1000000,
    NS_PER_S = 1000000000
};

struct channel {
    struct channel_settings settings;
    struct flight_head head; /* owns its metadata */
    struct lane *lanes;
    pthread_mutex_t mutex;  /* guards what follows; comes before a lane's */
    pthread_cond_t changed; /* is_stopped ends, active_count is 0, is_interrupted begins */
    grpc_channel *core;     /* NULL until the next call */
    bool has_library;
    bool is_stopped;       /* none but channel_stop() uses core and lanes once active_count is 0 */
    uint32_t active_count; /* workers that use them */
    _Atomic bool is_interrupted; /* set by any thread before it takes the lanes' mutexes, read by a
                                    worker under its lane's: the mutex orders it */
};

static gpr_timespec time_from_ns(uint64_t time_ns)
{
    return time_ns < INT64_MAX ? gpr_time_from_nanos((int64_t)time_ns, GPR_CLOCK_MONOTONIC)
                               : gpr_inf_future(GPR_CLOCK_MONOTONIC);
}

/* Somewhat before `deadline`, so that what core says of it is heard in time. */
static gpr_timespec call_deadline(gpr_timespec deadline)
{
    gpr_timespec left = gpr_time_sub(deadline, gpr_now(GPR_CLOCK_MONOTONIC));
    int64_t margin_ms = gpr_time_to_millis(left) / 10;
    margin_ms = margin_ms < 0 ? 0 : margin_ms;
    margin_ms = margin_ms > MAX_MARGIN_MS ? MAX_MARGIN_MS : margin_ms;
    return gpr_time_sub(deadline, gpr_time_from_millis(margin_ms, GPR_TIMESPAN));
}

static void condition_init(pthread_cond_t *condition)
{
    pthread_condattr_t attributes;
    pthread_condattr_init(&attributes);
    pthread_condattr_setclock(&attributes, CLOCK_MONOTONIC);
    pthread_cond_init(condition, &attributes);
    pthread_condattr_destroy(&attributes);
}

/* Under the channel's mutex; false once `deadline_ns` has passed. */
static bool wait_for_change(struct channel *channel, uint64_t deadline_ns)
{
    struct timespec deadline = { .tv_sec = (time_t)(deadline_ns / NS_PER_S),
                                 .tv_nsec = (long)(deadline_ns % NS_PER_S) };
    return pthread_cond_timedwait(&channel->changed, &channel->mutex, &deadline) != ETIMEDOUT;
}

struct channel *channel_new(const struct channel_settings *settings)
{
    struct channel *channel = calloc(1, sizeof(*channel));
    if (!channel) {
        return NULL;
    }
    channel->settings = *settings;
    channel->lanes = calloc(settings->worker_count, sizeof(*channel->lanes));
    channel->head.metadata = calloc(settings->header_count + 1, sizeof(grpc_metadata));
    if (!channel->lanes || !channel->head.metadata) {
        free(channel->lanes);
        free(channel->head.metadata);
        free(channel);
        return NULL;
    }
    for (size_t i = 0; i < settings->header_count; i++) {
        const struct patter_text_pair *header = &settings->headers[i];
        channel->head.metadata[i].key =
            grpc_slice_from_static_buffer(header->key.data, header->key.len);
        channel->head.metadata[i].value =
            grpc_slice_from_static_buffer(header->value.data, header->value.len);
    }
    channel->head.metadata_count = settings->header_count;
    channel->head.wait_for_ready = settings->wait_for_ready;
    pthread_mutex_init(&channel->mutex, NULL);
    condition_init(&channel->changed);
    for (uint32_t i = 0; i < settings->worker_count; i++) {
        pthread_mutex_init(&channel->lanes[i].mutex, NULL);
    }
    return channel;
}

static grpc_call *call_new(struct channel *channel, struct lane *lane, gpr_timespec deadline)
{
    pthread_mutex_lock(&channel->mutex);
    if (!channel->has_library) {
        library_acquire();
        channel->has_library = true;
    }
    if (!channel->core) {
        channel->core = connection_new(&channel->settings.connection);
    }
    if (!lane->queue) {
        lane->queue = grpc_completion_queue_create_for_next(NULL);
    }
    grpc_call *call = grpc_channel_create_call(
        channel->core, NULL, GRPC_PROPAGATE_DEFAULTS, lane->queue,
        grpc_slice_from_static_string(EXPORT_METHOD), NULL, deadline, NULL);
    pthread_mutex_unlock(&channel->mutex);
    return call;
}

static int export(struct channel *channel, struct lane *lane, struct payload *payload,
                  uint64_t deadline_ns, struct channel_answer *answer)
{
    gpr_timespec deadline = time_from_ns(deadline_ns);
    /* Core reads its sockets in here alone: without this, the first call after the receiver has
     * gone away would go to the closed connection. */
    for (int i = 0; lane->queue && i < POLLS_BEFORE_CALL; i++) {
        lane_poll(lane, gpr_inf_past(GPR_CLOCK_MONOTONIC));
    }
    grpc_call *call = call_new(channel, lane, call_deadline(deadline));
    struct flight *flight = flight_new(call, payload, channel->settings.connection.gzip);
    if (!flight) {
        return CHANNEL_NO_MEMORY;
    }
    int result = CHANNEL_CUT;
    if (lane_enter(lane, &channel->is_interrupted, flight->call)) {
        result = CHANNEL_STUCK;
        if (lane_fly(lane, &channel->head, flight, deadline)) {
            flight_read(flight, answer);
            result = flight_code(flight);
        }
        bool was_cut = lane_leave(lane);
        result = was_cut && result == GRPC_STATUS_CANCELLED ? CHANNEL_CUT : result;
    }
    if (result != GRPC_STATUS_OK && atomic_load(&channel->is_interrupted)) {
        result = CHANNEL_INTERRUPTED;
    }
    flight->is_left = true;
    if (flight->pending_count == 0) {
        flight_destroy(flight);
    }
    return result;
}

/* Waits while the channel is stopped; false when it still is. */
static bool enter(struct channel *channel, uint64_t deadline_ns)
{
    pthread_mutex_lock(&channel->mutex);
    bool has_time = true;
    while (channel->is_stopped && has_time &&
           !atomic_load_explicit(&channel->is_interrupted, memory_order_relaxed)) {
        has_time = wait_for_change(channel, deadline_ns);
    }
    bool enters = !channel->is_stopped;
    channel->active_count += enters;
    pthread_mutex_unlock(&channel->mutex);
    return enters;
}

static void leave(struct channel *channel)
{
    pthread_mutex_lock(&channel->mutex);
    if (--channel->active_count == 0) {
        pthread_cond_broadcast(&channel->changed);
    }
    pthread_mutex_unlock(&channel->mutex);
}

int channel_export(struct channel *channel, uint32_t worker, struct payload *payload,
                   uint64_t deadline_ns, struct channel_answer *ret_answer)
{
    if (library_is_inherited()) {
        memset(ret_answer, 0, sizeof(*ret_answer));
        return CHANNEL_FORKED;
    }
    sigset_t signals;
    signals_block(&signals);
    int result = CHANNEL_CUT;
    while (result == CHANNEL_CUT && enter(channel, deadline_ns)) {
        memset(ret_answer, 0, sizeof(*ret_answer));
        result = export(channel, &channel->lanes[worker], payload, deadline_ns, ret_answer);
        leave(channel);
    }
    if (result == CHANNEL_CUT && atomic_load(&channel->is_interrupted)) {
        result = CHANNEL_INTERRUPTED;
    }
    signals_restore(&signals);
    return result;
}

void channel_interrupt(struct channel *channel)
{
    sigset_t signals;
    signals_block(&signals);
    atomic_store_explicit(&channel->is_interrupted, true, memory_order_relaxed);
    for (uint32_t i = 0; i < channel->settings.worker_count; i++) {
        struct lane *lane = &channel->lanes[i];
        pthread_mutex_lock(&lane->mutex);
        if (lane->current_call && !library_is_inherited()) {
            grpc_call_cancel(lane->current_call, NULL);
        }
        pthread_mutex_unlock(&lane->mutex);
    }
    pthread_mutex_lock(&channel->mutex);
    pthread_cond_broadcast(&channel->changed);
    pthread_mutex_unlock(&channel->mutex);
    signals_restore(&signals);
}

void channel_reconnect(struct channel *channel)
{
    sigset_t signals;
    signals_block(&signals);
    pthread_mutex_lock(&channel->mutex);
    if (channel->core && !channel->is_stopped) {
        grpc_channel_destroy(channel->core);
        channel->core = NULL;
    }
    pthread_mutex_unlock(&channel->mutex);
    signals_restore(&signals);
}

/* Gives back all that is gRPC's, where no worker uses it; false when core still writes. */
static bool close_core(struct channel *channel, int64_t wait_ms)
{
    uint32_t lane_count = channel->settings.worker_count;
    gpr_timespec deadline = lane_time_in_ms(wait_ms);
    for (uint32_t i = 0; i < lane_count; i++) {
        if (!lane_drain(&channel->lanes[i], deadline)) {
            return false;
        }
    }
    for (uint32_t i = 0; i < lane_count; i++) {
        lane_close(&channel->lanes[i]);
    }
    if (channel->core) {
        grpc_channel_destroy(channel->core);
        channel->core = NULL;
    }
    if (channel->has_library) {
        channel->has_library = false;
        library_release();
    }
    return true;
}

static void cut(struct channel *channel)
{
    for (uint32_t i = 0; i < channel->settings.worker_count; i++) {
        struct lane *lane = &channel->lanes[i];
        pthread_mutex_lock(&lane->mutex);
        lane->is_cut = true;
        if (lane->current_call) {
            grpc_call_cancel(lane->current_call, NULL);
        }
        pthread_mutex_unlock(&lane->mutex);
    }
}

/* Under the channel's mutex; false when some are there after `wait_ms`. */
static bool wait_for_workers(struct channel *channel, uint64_t wait_ms)
{
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    uint64_t deadline_ns =
        (uint64_t)now.tv_sec * NS_PER_S + (uint64_t)now.tv_nsec + wait_ms * NS_PER_MS;
    while (channel->active_count > 0 && wait_for_change(channel, deadline_ns)) {
    }
    return channel->active_count == 0;
}

void channel_stop(struct channel *channel)
{
    sigset_t signals;
    signals_block(&signals);
    pthread_mutex_lock(&channel->mutex);
    channel->is_stopped = true;
    bool is_idle = library_is_inherited() || wait_for_workers(channel, STOP_MS);
    if (!is_idle) {
        cut(channel);
        is_idle = wait_for_workers(channel, CUT_MS);
    }
    pthread_mutex_unlock(&channel->mutex);
    if (is_idle && !library_is_inherited()) {
        close_core(channel, STOP_DRAIN_MS);
    }
    signals_restore(&signals);
}

void channel_go_on(struct channel *channel)
{
    pthread_mutex_lock(&channel->mutex);
    for (uint32_t i = 0; i < channel->settings.worker_count; i++) {
        struct lane *lane = &channel->lanes[i];
        pthread_mutex_lock(&lane->mutex);
        lane->is_cut = lane->is_cut && lane->current_call;
        pthread_mutex_unlock(&lane->mutex);
    }
    channel->is_stopped = false;
    pthread_cond_broadcast(&channel->changed);
    pthread_mutex_unlock(&channel->mutex);
}

bool channel_destroy(struct channel *channel)
{
    if (!channel) {
        return true;
    }
    if (channel->has_library && library_is_inherited()) {
        return false;
    }
    sigset_t signals;
    signals_block(&signals);
    bool is_idle = close_core(channel, DRAIN_MS);
    if (is_idle) {
        for (uint32_t i = 0; i < channel->settings.worker_count; i++) {
            pthread_mutex_destroy(&channel->lanes[i].mutex);
        }
        pthread_cond_destroy(&channel->changed);
        pthread_mutex_destroy(&channel->mutex);
        free(channel->lanes);
        free(channel->head.metadata);
        free(channel);
    }
    signals_restore(&signals);
    return is_idle;
}
