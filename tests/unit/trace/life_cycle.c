/* SPDX-License-Identifier: MIT */
#include <criterion/criterion.h>
#include <limits.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "core/pipeline/pipeline.h"
#include "core/record/ring.h"
#include "core/record/thread.h"
#include "core/trace/tracer.h"
#include "tests/support/tracing.h"

Test(life_cycle, off_unless_the_switch_says_1_true_or_yes)
{
    static const char *const off[] = { "0", "on", "enabled", "", "yes ", "11" };
    static const char *const on[] = { "1", "true", "TRUE", "yes", "Yes" };
    unsetenv("PATTER_OTEL_ENABLED");
    cr_assert_eq(patter_init_tracing(NULL), PATTER_DISABLED);
    for (size_t i = 0; i < sizeof(off) / sizeof(off[0]); i++) {
        setenv("PATTER_OTEL_ENABLED", off[i], 1);
        cr_assert_eq(patter_init_tracing(NULL), PATTER_DISABLED, "'%s' switched tracing on",
                     off[i]);
    }
    for (size_t i = 0; i < sizeof(on) / sizeof(on[0]); i++) {
        struct patter_recorder *recorder = patter_recorder_new();
        struct patter_init_options options = { .struct_size = sizeof(options),
                                               .recorder = recorder };
        setenv("PATTER_OTEL_ENABLED", on[i], 1);
        cr_assert_eq(patter_init_tracing(&options), PATTER_OK, "'%s' did not", on[i]);
        tracing_stop(recorder);
    }
}

Test(life_cycle, everything_is_a_no_op_while_off)
{
    struct patter_stats stats = { .struct_size = sizeof(stats) };
    struct patter_ids ids;
    unsetenv("PATTER_OTEL_ENABLED");
    struct patter_call call = patter_call_begin(NULL);
    struct patter_span span = patter_stt_begin(call);
    cr_assert_eq(call.handle, 0);
    cr_assert_eq(span.handle, 0);
    patter_span_set_int(span, "getpatter.stt.text_len", 1);
    patter_span_event(span, "e");
    patter_span_set_error(span, "timeout");
    patter_span_end(span);
    patter_call_end(call);
    cr_assert_eq(patter_flush(1000), PATTER_DISABLED);
    cr_assert_eq(patter_shutdown_tracing(), PATTER_DISABLED);
    cr_assert_eq(patter_get_stats(&stats), PATTER_DISABLED);
    cr_assert_eq(patter_span_ids(call, span, &ids), PATTER_INVALID);
    cr_assert_not(patter_is_enabled());
}

Test(life_cycle, a_second_init_changes_nothing_and_init_after_shutdown_works)
{
    struct patter_recorder *recorder = tracing_start(NULL);
    cr_assert(patter_is_enabled());
    cr_assert_eq(patter_init_tracing(NULL), PATTER_ALREADY);
    patter_call_end(patter_call_begin(NULL));
    cr_assert_eq(patter_shutdown_tracing(), PATTER_OK);
    cr_assert_eq(patter_shutdown_tracing(), PATTER_DISABLED);
    cr_assert_not(patter_is_enabled());
    cr_assert_eq(patter_recorder_count(recorder), 1, "shutdown flushes");
    cr_assert_eq(tracing_stats().spans_ended, 1, "the last run's counts stay");
    patter_recorder_destroy(recorder);

    recorder = tracing_start(NULL);
    patter_call_end(patter_call_begin(NULL));
    patter_call_end(patter_call_begin(NULL));
    patter_flush(10000);
    cr_assert_eq(patter_recorder_count(recorder), 2);
    cr_assert_eq(tracing_stats().spans_ended, 2);
    tracing_stop(recorder);
}

Test(life_cycle, handles_of_an_earlier_run_are_void)
{
    struct patter_recorder *recorder = tracing_start(NULL);
    struct patter_call call = patter_call_begin(NULL);
    struct patter_span span = patter_tts_begin(call, 1);
    tracing_stop(recorder);

    recorder = tracing_start(NULL);
    patter_span_end(span);
    cr_assert_eq(patter_tts_begin(call, 1).handle, 0);
    patter_call_end(call);
    patter_flush(10000);
    cr_assert_eq(patter_recorder_count(recorder), 0);
    cr_assert_eq(tracing_stats().misuses, 3);
    tracing_stop(recorder);
}

static char lines[4096];

static void keep_line(void *data, int32_t level, const char *line)
{
    (void)data;
    (void)level;
    snprintf(lines + strlen(lines), sizeof(lines) - strlen(lines), "%s\n", line);
}

Test(life_cycle, spans_left_open_are_told_of)
{
    struct patter_recorder *recorder = tracing_start(NULL);
    patter_set_log(keep_line, NULL);
    patter_tts_begin(patter_call_begin(NULL), 1);
    tracing_stop(recorder);
    cr_assert_str_eq(lines,
                     "patter: warning: 2 spans were still open at the shutdown and are not sent\n");
    patter_set_log(NULL, NULL);
}

Test(life_cycle, a_struct_of_another_size_is_refused)
{
    struct patter_init_options options = { 0 };
    setenv("PATTER_OTEL_ENABLED", "1", 1);
    patter_set_log(keep_line, NULL);
    cr_assert_eq(patter_init_tracing(&options), PATTER_INVALID);
    cr_assert(strstr(lines, "struct_size is 0"));
    patter_set_log(NULL, NULL);
}

/* What a forked child does: its inherited handles are void, and its own tracing starts anew. */
static int child(struct patter_call call, struct patter_span span, const char *parents_id)
{
    struct patter_recorder *recorder = patter_recorder_new();
    struct patter_init_options options = { .struct_size = sizeof(options), .recorder = recorder };
    struct patter_ids ids;
    patter_span_end(span);
    if (patter_is_enabled() || patter_stt_begin(call).handle != 0) {
        return 1;
    }
    if (patter_init_tracing(&options) != PATTER_OK) {
        return 2;
    }
    patter_span_end(span);
    struct patter_call own = patter_call_begin(NULL);
    patter_span_ids(own, patter_call_root(own), &ids);
    patter_call_end(own);
    if (patter_flush(5000) != PATTER_OK || patter_recorder_count(recorder) != 1) {
        return 3;
    }
    patter_shutdown_tracing();
    patter_recorder_destroy(recorder);
    return strcmp(ids.trace_id, parents_id) == 0 ? 4 : 0;
}

Test(life_cycle, a_forked_child_starts_clean_and_the_parents_spans_stay_its_own)
{
    struct patter_recorder *recorder = tracing_start(NULL);
    struct patter_call call = patter_call_begin(NULL);
    struct patter_span span = patter_tts_begin(call, 1);
    struct patter_ids ids;
    int status = -1;
    patter_span_end(patter_stt_begin(call)); /* waits in a ring while the child is made */
    patter_span_ids(call, span, &ids);
    pid_t pid = fork();
    if (pid == 0) {
        _exit(child(call, span, ids.trace_id));
    }
    waitpid(pid, &status, 0);
    cr_assert(WIFEXITED(status));
    cr_assert_eq(WEXITSTATUS(status), 0, "the child said %d", WEXITSTATUS(status));
    patter_span_end(span);
    patter_call_end(call);
    patter_flush(10000);
    cr_assert_eq(patter_recorder_count(recorder), 3);
    tracing_stop(recorder);
}

Test(life_cycle, a_large_open_span_of_the_parent_costs_its_child_no_budget)
{
    struct patter_recorder *recorder = tracing_start(NULL);
    struct patter_span root = patter_call_root(patter_call_begin(NULL));
    for (int i = 0; i < 100; i++) {
        patter_span_event(root, "large"); /* the record moves to the heap */
    }
    int status = -1;
    pid_t pid = fork();
    if (pid == 0) {
        _exit(pt_memory_take(64) ? 0 : 1);
    }
    waitpid(pid, &status, 0);
    cr_assert(WIFEXITED(status));
    cr_assert_eq(WEXITSTATUS(status), 0, "the child has no memory left");
    tracing_stop(recorder);
}

/* A thread that the system does not let run on while it is inside a public function. */
static _Atomic int stage;

static void wait_for_stage(int wanted)
{
    while (stage < wanted) {
        usleep(1000);
    }
}

static void *linger(void *nothing)
{
    struct pt_record record = { .size = sizeof(record) };
    char text[PT_HASH_TEXT];
    struct pt_thread *thread = pt_section_enter();
    stage = 1;
    wait_for_stage(2);
    pt_hash_text(pt_tracer()->hash, patter_text("caller"), text);
    pt_ring_write(&thread->ring, &record, record.end_unix_ns);
    pt_section_exit(thread);
    return nothing;
}

static atomic_int destroyed_count;

/* The linker's names (ld --wrap). NOLINTBEGIN(bugprone-reserved-identifier) */
void __real_pt_pipeline_destroy(struct pt_pipeline *pipeline);
void __wrap_pt_pipeline_destroy(struct pt_pipeline *pipeline);

void __wrap_pt_pipeline_destroy(struct pt_pipeline *pipeline)
{
    __real_pt_pipeline_destroy(pipeline);
    destroyed_count += pipeline != NULL;
}
/* NOLINTEND(bugprone-reserved-identifier) */

Test(life_cycle, a_thread_that_lingers_inside_does_no_harm_to_the_next_run)
{
    pthread_t thread;
    struct patter_recorder *recorder = tracing_start(NULL);
    struct patter_span span = patter_tts_begin(patter_call_begin(NULL), 1);
    pthread_create(&thread, NULL, linger, NULL);
    wait_for_stage(1);
    patter_shutdown_tracing_within(50);
    stage = 2;
    pthread_join(thread, NULL);
    for (int i = 0; i < 20000 && destroyed_count == 0; i++) {
        usleep(1000);
    }
    cr_assert_eq(destroyed_count, 1, "nobody is inside any more");
    patter_recorder_destroy(recorder);

    recorder = tracing_start(NULL);
    patter_span_end(span);
    patter_call_end(patter_call_begin(NULL));
    cr_assert_eq(patter_flush(10000), PATTER_OK);
    cr_assert_eq(patter_recorder_count(recorder), 1);
    struct patter_stats stats = tracing_stats();
    cr_assert_eq(stats.misuses, 1, "the span is of an earlier run");
    cr_assert_eq(stats.spans_live, 0);
    cr_assert_eq(stats.spans_ended, 1);
    tracing_stop(recorder);
}

Test(life_cycle, nothing_starts_while_a_thread_lingers_inside)
{
    pthread_t thread;
    struct patter_recorder *recorder = tracing_start(NULL);
    struct patter_init_options options = { .struct_size = sizeof(options), .recorder = recorder };
    pthread_create(&thread, NULL, linger, NULL);
    wait_for_stage(1);
    patter_shutdown_tracing_within(50);
    patter_set_log(keep_line, NULL);
    cr_assert_eq(patter_init_tracing(&options), PATTER_FAILED);
    cr_assert(strstr(lines, "a thread is still inside patter"), "%s", lines);
    patter_set_log(NULL, NULL);
    cr_assert_eq(destroyed_count, 1, "that of the init; it may look at the other one");
    stage = 2;
    pthread_join(thread, NULL);
    cr_assert_eq(patter_init_tracing(&options), PATTER_OK);
    cr_assert_eq(destroyed_count, 2, "nobody is inside any more");
    tracing_stop(recorder);
}

Test(life_cycle, why_no_thread_could_be_made_is_told)
{
    struct patter_recorder *recorder = patter_recorder_new();
    struct patter_init_options options = { .struct_size = sizeof(options), .recorder = recorder };
    pthread_attr_t attributes;
    setenv("PATTER_OTEL_ENABLED", "1", 1);
    patter_set_log(keep_line, NULL);
    pthread_attr_init(&attributes);
    pthread_attr_setstacksize(&attributes, (size_t)1 << 46);
    pthread_setattr_default_np(&attributes);
    cr_assert_eq(patter_init_tracing(&options), PATTER_FAILED);
    cr_assert(strstr(lines, "the system refuses a thread"), "%s", lines);
    patter_set_log(NULL, NULL);
    patter_recorder_destroy(recorder);
}

Test(life_cycle, a_process_without_a_thread_key_left_keeps_those_it_has)
{
    static pthread_key_t keys[PTHREAD_KEYS_MAX];
    static int values[PTHREAD_KEYS_MAX];
    int count = 0;
    struct patter_recorder *recorder = patter_recorder_new();
    struct patter_init_options options = { .struct_size = sizeof(options), .recorder = recorder };
    while (count < PTHREAD_KEYS_MAX && pthread_key_create(&keys[count], NULL) == 0) {
        pthread_setspecific(keys[count], &values[count]);
        count++;
    }
    setenv("PATTER_OTEL_ENABLED", "1", 1);
    patter_set_log(keep_line, NULL);
    cr_assert_eq(patter_init_tracing(&options), PATTER_FAILED);
    cr_assert(strstr(lines, "no thread-specific key is left"), "%s", lines);
    patter_call_end(patter_call_begin(NULL));
    for (int i = 0; i < count; i++) {
        cr_assert_eq(pthread_getspecific(keys[i]), &values[i], "key %d", i);
    }
    pthread_key_delete(keys[count - 1]);
    cr_assert_eq(patter_init_tracing(&options), PATTER_OK, "once one is free");
    patter_set_log(NULL, NULL);
    tracing_stop(recorder);
}

static void *shut_down(void *nothing)
{
    patter_shutdown_tracing_within(60000);
    return nothing;
}

Test(life_cycle, counters_are_those_of_this_run_while_it_shuts_down)
{
    pthread_t lingering;
    pthread_t ending;
    struct patter_exporter_stats exporter = { .struct_size = sizeof(exporter) };
    struct patter_recorder *recorder = tracing_start(NULL);
    patter_call_end(patter_call_begin(NULL));
    pthread_create(&lingering, NULL, linger, NULL);
    wait_for_stage(1);
    pthread_create(&ending, NULL, shut_down, NULL);
    while (patter_is_enabled()) {
        usleep(1000);
    }
    cr_expect_eq(tracing_stats().spans_ended, 1);
    cr_expect_eq(patter_get_exporter_stats(0, &exporter), PATTER_OK);
    cr_expect_eq(exporter.waiting + exporter.exported, 1);
    stage = 2;
    pthread_join(lingering, NULL);
    pthread_join(ending, NULL);
    patter_recorder_destroy(recorder);
}

static atomic_bool is_writing, may_write, was_patient;

static void write_slowly(void *data, int32_t level, const char *line)
{
    (void)data;
    (void)level;
    (void)line;
    atomic_store(&is_writing, true);
    for (int i = 0; i < 20000 && !atomic_load(&may_write); i++) {
        usleep(1000);
    }
    atomic_store(&was_patient, atomic_load(&may_write));
}

Test(life_cycle, a_flush_waits_for_spans_and_not_for_the_log)
{
    struct patter_recorder *recorder = tracing_start(NULL);
    patter_set_log(write_slowly, NULL);
    cr_assert_eq(patter_reload(), PATTER_OK); /* which says so */
    while (!atomic_load(&is_writing)) {
        usleep(1000);
    }
    patter_call_end(patter_call_begin(NULL));
    cr_assert_eq(patter_flush(60000), PATTER_OK);
    cr_expect_eq(patter_recorder_count(recorder), 1);
    atomic_store(&may_write, true);
    patter_set_log(NULL, NULL); /* it has returned then */
    cr_expect(atomic_load(&was_patient), "the flush took as long as the log function");
    tracing_stop(recorder);
}
