/* SPDX-License-Identifier: MIT */
#include "core/pipeline/pipeline.h"

#include <criterion/criterion.h>
#include <stdatomic.h>
#include <string.h>
#include <unistd.h>

#include "core/base/clock.h"
#include "core/base/sink.h"
#include "core/record/bell.h"
#include "core/record/thread.h"

/* A plugin that answers as it is told. */
struct script {
    patter_status (*answer)(struct script *script, const struct patter_batch *batch,
                            struct patter_result *result);
    _Atomic uint64_t calls;
    _Atomic uint64_t spans;
    _Atomic uint64_t flushes;
    _Atomic uint64_t failed;
    atomic_bool interrupted;
};

static patter_status scripted_send(void *script_, const struct patter_batch *batch,
                                   struct patter_result *result)
{
    struct script *script = script_;
    patter_status status = script->answer(script, batch, result);
    script->calls++;
    if (status == PATTER_OK) {
        script->spans += batch->span_count;
    }
    return status;
}

static atomic_bool flush_hangs;

static patter_status count_flush(void *script, uint64_t deadline_ns)
{
    (void)deadline_ns;
    ((struct script *)script)->flushes++;
    while (flush_hangs) {
        usleep(1000);
    }
    return PATTER_OK;
}

static void interrupt(void *script)
{
    ((struct script *)script)->interrupted = true;
}

static void destroy_nothing(void *script)
{
    (void)script;
}

static const struct patter_exporter exporter = {
    .struct_size = sizeof(exporter),
    .option_size = sizeof(struct patter_option),
    .name = "script",
    .send = scripted_send,
    .destroy = destroy_nothing,
    .flush = count_flush,
    .interrupt = interrupt,
};

static struct pt_pipeline *pipeline;

static const uint64_t ms = 1000000u;

static void start(struct script *script, uint32_t workers)
{
    struct pt_sender_config config = {
        .exporter = &exporter,
        .self = script,
        .name = "script",
        .worker_count = workers,
        .timeout_ns = 1000 * ms,
        .schedule_delay_ns = 3600 * 1000 * ms, /* nothing leaves but full batches and flushes */
        .max_batch_count = 512,
        .max_batch_bytes = 1u << 30,
        .retry = { .enabled = true,
                   .initial_interval_ns = 5 * ms,
                   .max_interval_ns = 10 * ms,
                   .max_elapsed_time_ns = 200 * ms,
                   .multiplier = 1.5 },
    };
    pt_memory_set_max(64u << 20);
    pipeline = pt_pipeline_new(NULL, 0);
    cr_assert(pt_pipeline_add(pipeline, &config));
    cr_assert(pt_pipeline_start(pipeline));
    pt_threads_start();
}

enum { BURST = 60000 }; /* more chunks than a ring takes before it wakes the pump */

static void write_spans(uint32_t count)
{
    struct pt_thread *thread = pt_section_enter();
    struct pt_record record = { .size = sizeof(record) };
    for (uint32_t i = 0; i < count; i++) {
        pt_bell_ring(pt_ring_write(&thread->ring, &record, record.end_unix_ns) != PT_RING_WRITTEN);
    }
    pt_section_exit(thread);
}

static patter_status flush_within_ms(uint64_t timeout_ms)
{
    return pt_pipeline_flush(pipeline, pt_clock_monotonic_ns() + timeout_ms * ms);
}

static struct patter_exporter_stats stop(void)
{
    bool hung[PT_SENDERS_MAX];
    struct patter_exporter_stats stats = { 0 };
    cr_assert(pt_pipeline_stop(pipeline, pt_clock_monotonic_ns() + 5000 * ms,
                               pt_clock_monotonic_ns() + 5000 * ms, hung));
    pt_pipeline_stats(pipeline, 0, &stats);
    pt_pipeline_destroy(pipeline);
    return stats;
}

static patter_status say_ok(struct script *script, const struct patter_batch *batch,
                            struct patter_result *result)
{
    (void)script;
    (void)batch;
    (void)result;
    return PATTER_OK;
}

Test(pipeline, a_flush_answers_for_every_span_before_it)
{
    struct script script = { .answer = say_ok };
    start(&script, 1);
    write_spans(3);
    cr_assert_eq(flush_within_ms(5000), PATTER_OK);
    cr_assert_eq(script.spans, 3);
    cr_assert_eq(script.flushes, 1, "the plugin's own flush is called, too");
    cr_assert_eq(stop().exported, 3);
}

/* The first batch waits for another one. */
static patter_status hold_the_first(struct script *script, const struct patter_batch *batch,
                                    struct patter_result *result)
{
    static atomic_bool is_held;
    bool is_first = !atomic_exchange(&is_held, true);
    for (int i = 0; is_first && i < 500 && script->spans == 0; i++) {
        usleep(10000);
    }
    script->failed += script->spans == 0 && is_first;
    return say_ok(script, batch, result);
}

Test(pipeline, a_worker_that_does_not_come_back_is_overtaken)
{
    struct script script = { .answer = hold_the_first };
    start(&script, 2);
    usleep(50000); /* until both have nothing to do: it is about waking the second one */
    write_spans(BURST);
    for (int i = 0; i < 1000 && script.calls < 2; i++) {
        usleep(10000);
    }
    cr_assert_eq(script.failed, 0, "one that waits for ever keeps the others back");
    cr_assert_geq(script.spans, 2 * 512);
    stop();
}

Test(pipeline, full_batches_leave_without_a_flush)
{
    struct script script = { .answer = say_ok };
    start(&script, 1);
    write_spans(BURST);
    for (int i = 0; i < 500 && script.spans < 512; i++) {
        usleep(10000);
    }
    cr_assert_geq(script.spans, 512);
    cr_assert_eq(flush_within_ms(5000), PATTER_OK);
    cr_assert_eq(script.spans, BURST);
    stop();
}

static patter_status fail_twice(struct script *script, const struct patter_batch *batch,
                                struct patter_result *result)
{
    (void)batch;
    result->reason = "unavailable";
    return script->calls < 2 ? PATTER_AGAIN : PATTER_OK;
}

Test(pipeline, a_passing_fault_is_tried_again)
{
    struct script script = { .answer = fail_twice };
    start(&script, 1);
    write_spans(10);
    cr_assert_eq(flush_within_ms(5000), PATTER_OK);
    struct patter_exporter_stats stats = stop();
    cr_assert_eq(stats.exported, 10);
    cr_assert_eq(stats.requests, 3);
    cr_assert_eq(stats.retries, 2);
    cr_assert_eq(stats.in_flight, 0);
    cr_assert(stats.send_ns > 0 && stats.send_ns < 5000 * ms);
}

static patter_status always_again(struct script *script, const struct patter_batch *batch,
                                  struct patter_result *result)
{
    (void)script;
    (void)batch;
    result->reason = "connection_refused";
    return PATTER_AGAIN;
}

Test(pipeline, gives_up_in_the_end_and_counts_under_the_reason)
{
    struct script script = { .answer = always_again };
    start(&script, 1);
    write_spans(10);
    cr_assert_eq(flush_within_ms(5000), PATTER_OK, "dropped is an answer");
    struct patter_exporter_stats stats = stop();
    cr_assert_eq(stats.dropped, 10);
    cr_assert_eq(stats.waiting, 0);
    cr_assert_str_eq(stats.drops[0].reason, "connection_refused");
}

Test(pipeline, a_stop_does_not_wait_for_a_pause_and_counts_what_is_left)
{
    struct script script = { .answer = always_again };
    start(&script, 1);
    pipeline->senders[0]->config.retry.initial_interval_ns = 3600 * 1000 * ms;
    pipeline->senders[0]->config.retry.max_interval_ns = 3600 * 1000 * ms;
    pipeline->senders[0]->config.retry.max_elapsed_time_ns = 0;
    write_spans(700);
    cr_assert_eq(flush_within_ms(50), PATTER_TIMEOUT);
    struct patter_exporter_stats stats = stop();
    cr_assert_eq(stats.dropped, 700);
    cr_assert_eq(stats.waiting, 0);
    cr_assert_str_eq(stats.drops[0].reason, "shutdown");
}

static patter_status at_most_100(struct script *script, const struct patter_batch *batch,
                                 struct patter_result *result)
{
    (void)script;
    (void)result;
    return batch->span_count > 100 ? PATTER_TOO_LARGE : PATTER_OK;
}

/* Its first answer is a passing fault, which asks for `wait_ms`. */
static uint32_t wait_ms;

static patter_status say_later_then_ok(struct script *script, const struct patter_batch *batch,
                                       struct patter_result *result)
{
    (void)batch;
    result->wait_ms = wait_ms;
    return script->calls == 0 ? PATTER_AGAIN : PATTER_OK;
}

static patter_status say_never(struct script *script, const struct patter_batch *batch,
                               struct patter_result *result)
{
    (void)script;
    (void)batch;
    (void)result;
    return PATTER_AGAIN;
}

static void start_with_long_pauses(struct script *script)
{
    start(script, 1);
    pipeline->senders[0]->config.retry.initial_interval_ns = 3600 * 1000 * ms;
    pipeline->senders[0]->config.retry.max_interval_ns = 3600 * 1000 * ms;
    pipeline->senders[0]->config.retry.max_elapsed_time_ns = 0;
    write_spans(10);
    cr_assert_eq(flush_within_ms(100), PATTER_TIMEOUT);
    cr_assert_eq(script->calls, 1);
}

static patter_status flush_last_within_ms(uint64_t timeout_ms, bool *ret_in_time)
{
    uint64_t deadline_ns = pt_clock_monotonic_ns() + timeout_ms * ms;
    patter_status status = pt_pipeline_flush_last(pipeline, deadline_ns);
    *ret_in_time = pt_clock_monotonic_ns() < deadline_ns;
    return status;
}

Test(pipeline, a_shutdown_tries_once_more_before_a_pause_is_over, .timeout = 60)
{
    struct script script = { .answer = say_later_then_ok };
    bool in_time;
    start_with_long_pauses(&script);
    cr_assert_eq(flush_last_within_ms(30000, &in_time), PATTER_OK);
    cr_assert(in_time);
    cr_assert_eq(script.spans, 10);
    stop();
}

Test(pipeline, a_shutdown_does_not_wait_for_who_pauses_beyond_its_end, .timeout = 60)
{
    struct script script = { .answer = say_never };
    bool in_time;
    start_with_long_pauses(&script);
    cr_assert_eq(flush_last_within_ms(30000, &in_time), PATTER_TIMEOUT);
    cr_assert(in_time);
    cr_assert_eq(script.calls, 2);
    cr_assert_eq(stop().dropped, 10);
}

Test(pipeline, a_shutdown_does_not_hurry_a_receiver_that_has_asked_for_time, .timeout = 60)
{
    struct script script = { .answer = say_later_then_ok };
    bool in_time;
    wait_ms = 3600 * 1000;
    start_with_long_pauses(&script);
    cr_assert_eq(flush_last_within_ms(30000, &in_time), PATTER_TIMEOUT);
    cr_assert(in_time);
    cr_assert_eq(script.calls, 1);
    cr_assert_eq(stop().dropped, 10);
}

Test(pipeline, too_large_a_batch_is_halved_until_it_fits)
{
    struct script script = { .answer = at_most_100 };
    start(&script, 1);
    write_spans(512);
    cr_assert_eq(flush_within_ms(5000), PATTER_OK);
    cr_assert_eq(stop().exported, 512);
}

static patter_status refuse_all_sizes(struct script *script, const struct patter_batch *batch,
                                      struct patter_result *result)
{
    (void)script;
    (void)batch;
    (void)result;
    return PATTER_TOO_LARGE;
}

Test(pipeline, a_span_that_is_too_large_alone_is_dropped)
{
    struct script script = { .answer = refuse_all_sizes };
    start(&script, 1);
    write_spans(3);
    cr_assert_eq(flush_within_ms(5000), PATTER_OK);
    struct patter_exporter_stats stats = stop();
    cr_assert_eq(stats.dropped, 3);
    cr_assert_str_eq(stats.drops[0].reason, "too_large");
}

static patter_status talk_nonsense(struct script *script, const struct patter_batch *batch,
                                   struct patter_result *result)
{
    (void)batch;
    result->rejected = UINT32_MAX;
    result->wait_ms = UINT32_MAX;
    result->reason = script->calls == 0 ? "NOT A TOKEN!" : NULL;
    result->detail = "\x1b[31mred\n";
    return script->calls == 0 ? PATTER_OK : 4711;
}

Test(pipeline, nonsense_from_a_plugin_keeps_the_books_right)
{
    struct script script = { .answer = talk_nonsense };
    start(&script, 1);
    write_spans(5);
    cr_assert_eq(flush_within_ms(5000), PATTER_OK);
    write_spans(5);
    cr_assert_eq(flush_within_ms(5000), PATTER_OK);
    struct patter_exporter_stats stats = stop();
    cr_assert_eq(stats.exported, 0);
    cr_assert_eq(stats.dropped, 10);
    cr_assert_str_eq(stats.drops[0].reason, "rejected");
    cr_assert_str_eq(stats.drops[1].reason, "bad_status");
}

static patter_status hang(struct script *script, const struct patter_batch *batch,
                          struct patter_result *result)
{
    (void)batch;
    (void)result;
    while (!script->interrupted) {
        usleep(1000);
    }
    return PATTER_AGAIN;
}

Test(pipeline, interrupt_ends_a_send_that_hangs)
{
    struct script script = { .answer = hang };
    start(&script, 1);
    write_spans(5);
    cr_assert_eq(flush_within_ms(20), PATTER_TIMEOUT);
    struct patter_exporter_stats stats = stop();
    cr_assert_eq(stats.dropped, 5);
    cr_assert_eq(stats.waiting, 0);
}

static atomic_bool hangs;
static atomic_bool released;

static patter_status hang_on(struct script *script, const struct patter_batch *batch,
                             struct patter_result *result)
{
    (void)script;
    (void)batch;
    (void)result;
    hangs = true;
    while (!released) {
        usleep(1000);
    }
    return PATTER_OK;
}

Test(pipeline, a_send_that_never_ends_is_left_behind_and_counted_once)
{
    static struct script script = { .answer = hang_on };
    bool hung[PT_SENDERS_MAX];
    struct patter_exporter_stats stats = { 0 };
    start(&script, 2);
    write_spans(5);
    cr_assert_eq(flush_within_ms(20), PATTER_TIMEOUT);
    while (!hangs) {
        usleep(1000);
    }
    pt_pipeline_stats(pipeline, 0, &stats);
    cr_assert_eq(stats.in_flight, 5);
    cr_assert_eq(stats.waiting, 5);
    cr_assert_not(pt_pipeline_stop(pipeline, pt_clock_monotonic_ns() + 50 * ms,
                                   pt_clock_monotonic_ns() + 50 * ms, hung));
    cr_assert(hung[0]);
    released = true;
    usleep(100000);
    stats = (struct patter_exporter_stats){ 0 };
    pt_pipeline_stats(pipeline, 0, &stats);
    cr_assert_eq(stats.in_flight, 0);
    cr_assert_eq(stats.dropped, 5);
    cr_assert_eq(stats.exported, 0, "what comes back late changes nothing");
    cr_assert_eq(stats.waiting, 0);
}

Test(pipeline, a_flush_that_never_ends_is_left_behind_and_the_books_stay_right)
{
    static struct script script = { .answer = say_ok };
    bool hung[PT_SENDERS_MAX];
    struct patter_exporter_stats stats = { 0 };
    start(&script, 1);
    flush_hangs = true;
    write_spans(5);
    cr_assert_eq(flush_within_ms(200), PATTER_TIMEOUT);
    cr_assert_not(pt_pipeline_stop(pipeline, pt_clock_monotonic_ns() + 50 * ms,
                                   pt_clock_monotonic_ns() + 50 * ms, hung));
    pt_pipeline_stats(pipeline, 0, &stats);
    cr_assert_eq(stats.exported, 5);
    cr_assert_eq(stats.dropped, 0, "dropped %llu", (unsigned long long)stats.dropped);
    cr_assert_eq(stats.waiting, 0);
    flush_hangs = false;
    usleep(100000);
}

static void *flush_for_an_hour(void *ret_status)
{
    *(patter_status *)ret_status = flush_within_ms(3600u * 1000);
    return NULL;
}

Test(pipeline, a_stop_ends_the_flushes_of_other_threads, .timeout = 30)
{
    static struct script script = { .answer = hang_on };
    bool hung[PT_SENDERS_MAX];
    pthread_t thread;
    patter_status status = PATTER_FAILED;
    start(&script, 1);
    write_spans(5);
    pthread_create(&thread, NULL, flush_for_an_hour, &status);
    while (atomic_load(&pipeline->flush_wanted) == 0 || !hangs) {
        usleep(1000);
    }
    cr_assert_not(pt_pipeline_stop(pipeline, pt_clock_monotonic_ns() + 50 * ms,
                                   pt_clock_monotonic_ns() + 50 * ms, hung));
    pthread_join(thread, NULL);
    cr_assert_eq(status, PATTER_OK, "each is exported or dropped");
    cr_assert_eq(flush_within_ms(3600u * 1000), PATTER_OK, "nor does a later one wait");
    released = true;
    usleep(100000);
}

Test(pipeline, what_the_pump_could_not_take_is_counted_and_not_the_next_runs)
{
    struct script script = { .answer = say_ok };
    bool hung[PT_SENDERS_MAX];
    struct patter_exporter_stats stats = { 0 };
    start(&script, 1);
    struct pt_sender_config config = pipeline->senders[0]->config;
    stop();

    pipeline = pt_pipeline_new(NULL, 0);
    pt_pipeline_add(pipeline, &config);
    write_spans(5); /* nobody fetches them */
    cr_assert(pt_pipeline_stop(pipeline, pt_clock_monotonic_ns() + 5000 * ms,
                               pt_clock_monotonic_ns() + 5000 * ms, hung));
    cr_assert(pt_pipeline_stats(pipeline, 0, &stats));
    cr_assert_eq(stats.waiting, 0);
    cr_assert_eq(stats.dropped, 5);
    pt_pipeline_destroy(pipeline);
    write_spans(3); /* by a thread that lingered inside */

    start(&script, 1);
    write_spans(2);
    cr_assert_eq(flush_within_ms(5000), PATTER_OK);
    cr_assert_eq(stop().exported, 2);
}

Test(pipeline, several_workers_send_all_of_it_once)
{
    struct script script = { .answer = say_ok };
    start(&script, 4);
    for (int i = 0; i < 20; i++) {
        write_spans(1000);
    }
    cr_assert_eq(flush_within_ms(5000), PATTER_OK);
    cr_assert_eq(script.spans, 20000);
    cr_assert_eq(stop().exported, 20000);
}

Test(pipeline, a_dead_receiver_loses_the_oldest_and_another_loses_nothing)
{
    struct script dead = { .answer = always_again };
    struct script healthy = { .answer = say_ok };
    start(&dead, 1);
    bool hung[PT_SENDERS_MAX];
    pt_pipeline_stop(pipeline, pt_clock_monotonic_ns() + 1000 * ms,
                     pt_clock_monotonic_ns() + 1000 * ms, hung);
    struct pt_sender_config config = pipeline->senders[0]->config;
    pt_pipeline_destroy(pipeline);

    pipeline = pt_pipeline_new(NULL, 0);
    config.retry.initial_interval_ns = 3600 * 1000 * ms;
    config.retry.max_interval_ns = 3600 * 1000 * ms;
    config.retry.max_elapsed_time_ns = 0;
    pt_pipeline_add(pipeline, &config);
    config.self = &healthy;
    pt_pipeline_add(pipeline, &config);
    pt_memory_set_max(4u << 20);
    pt_pipeline_start(pipeline);
    pt_threads_start();
    for (int i = 0; i < 200; i++) { /* 200,000 spans of 88 bytes: four times the budget */
        write_spans(1000);
        flush_within_ms(1);
        while (healthy.spans < (uint64_t)(i + 1) * 1000) {
            usleep(100);
        }
    }
    struct patter_exporter_stats stats = { 0 };
    pt_pipeline_stop(pipeline, pt_clock_monotonic_ns() + 1000 * ms,
                     pt_clock_monotonic_ns() + 1000 * ms, hung);
    pt_pipeline_stats(pipeline, 0, &stats);
    cr_assert_eq(stats.dropped, 200000);
    cr_assert_eq(stats.waiting, 0);
    stats = (struct patter_exporter_stats){ 0 };
    pt_pipeline_stats(pipeline, 1, &stats);
    cr_assert_eq(stats.exported, 200000);
    cr_assert_eq(stats.dropped, 0);
    pt_pipeline_destroy(pipeline);
}

static atomic_bool log_blocks;
static _Atomic uint64_t log_lines;

static void block(void *data, int32_t level, const char *text)
{
    (void)data;
    (void)level;
    (void)text;
    log_lines++;
    while (log_blocks) {
        usleep(1000);
    }
}

static patter_status say_failed(struct script *script, const struct patter_batch *batch,
                                struct patter_result *result)
{
    (void)script;
    (void)batch;
    (void)result;
    return PATTER_FAILED;
}

Test(pipeline, a_log_function_that_blocks_holds_no_other_thread, .timeout = 30)
{
    struct script script = { .answer = say_failed };
    struct patter_exporter_stats stats = { 0 };
    log_blocks = true;
    pt_sink_set(block, NULL);
    start(&script, 1);
    write_spans(1);
    flush_within_ms(1);
    while (log_lines == 0) {
        usleep(1000);
    }
    cr_assert(pt_pipeline_stats(pipeline, 0, &stats));
    cr_assert_eq(stats.dropped, 1);
    log_blocks = false;
    stop();
}
