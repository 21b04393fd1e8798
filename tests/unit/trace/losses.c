/* SPDX-License-Identifier: MIT */
#include <criterion/criterion.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <patter/patter.h>
#include <patter/propagate.h>

#include "tests/support/tracing.h"

/* What the log said; patter calls from a thread of its own. */
static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static char said[8192];

static void keep(void *data, int32_t level, const char *line)
{
    (void)data;
    (void)level;
    pthread_mutex_lock(&lock);
    size_t used = strlen(said);
    snprintf(said + used, sizeof(said) - used, "%s\n", line);
    pthread_mutex_unlock(&lock);
}

/* How many lines say it, and how often in all it happened. */
static unsigned long count_lines(const char *what, unsigned long *ret_sum)
{
    char begin[128];
    unsigned long count = 0;
    *ret_sum = 0;
    snprintf(begin, sizeof(begin), "patter: warning: %s: ", what);
    pthread_mutex_lock(&lock);
    for (const char *at = said; (at = strstr(at, begin)); count++) {
        at += strlen(begin);
        *ret_sum += strtoul(at, NULL, 10);
    }
    pthread_mutex_unlock(&lock);
    return count;
}

/* Ends a span with a loss of each kind that a bot can bring about. */
static void lose(struct patter_call call)
{
    struct patter_context other = { .trace_id = { 1 }, .span_id = { 2 } };
    struct patter_span span = patter_span_begin(call, "please call me back tomorrow");
    patter_span_set_int(span, "app.not.allowed", 1);
    patter_span_set_int(span, "getpatter.tool.name", 1);
    patter_span_set_text(span, "app.ref", patter_text("491701234567"));
    patter_span_set_int(span, "app.first", 1);
    patter_span_set_int(span, "app.second", 1);
    patter_span_event(span, "app.first");
    patter_span_event(span, "app.second");
    patter_span_link(span, &other, NULL, 0);
    patter_span_link(span, &other, NULL, 0);
    patter_span_end(span);
    patter_span_end(span);
}

static const char *const kinds[] = {
    "attributes left out, their key may not leave",
    "attributes left out, the value is not of its key's class",
    "attributes left out, the value looks like a person's data or words",
    "attributes left out, too many",
    "events left out, too many",
    "links left out, too many",
    "names replaced by getpatter.custom",
    "calls without effect",
};
enum { KINDS = sizeof(kinds) / sizeof(kinds[0]), TIMES = 100 };

Test(losses, each_kind_is_one_line_however_often_and_the_rest_at_the_end)
{
    unsigned long sum;
    patter_set_log(keep, NULL);
    struct patter_recorder *recorder =
        tracing_start("limits: {attributes: 1, events: 1, links: 1}\n"
                      "privacy: {allowed_keys: [app.first, app.second, app.ref]}\n");
    struct patter_call call = patter_call_begin(NULL);
    for (int i = 0; i < TIMES; i++) {
        lose(call);
        cr_assert_eq(patter_flush(10000), PATTER_OK);
    }
    for (size_t i = 0; i < KINDS; i++) {
        cr_expect_leq(count_lines(kinds[i], &sum), 1, "more than once a minute: %s", said);
    }
    patter_call_end(call);
    tracing_stop(recorder);
    for (size_t i = 0; i < KINDS; i++) {
        unsigned long lines = count_lines(kinds[i], &sum);
        cr_expect(lines == 1 || lines == 2, "%lu times \"%s\" in\n%s", lines, kinds[i], said);
        cr_expect_eq(sum, TIMES, "%lu times \"%s\" in\n%s", sum, kinds[i], said);
    }
    cr_expect_not(strstr(said, "1701234567"));
}

/* Takes its time, and so does a start that has something to say. */
static void keep_slowly(void *data, int32_t level, const char *line)
{
    usleep(100000);
    keep(data, level, line);
}

/* A run of its own, whose start warns that the hashes mean something in it alone. */
static void lose_once(void)
{
    struct patter_recorder *recorder =
        tracing_start("limits: {attributes: 1, events: 1, links: 1}\n"
                      "privacy: {allowed_keys: [app.first, app.second, app.ref], "
                      "hashed_keys: [app.caller]}\n");
    cr_expect(strstr(said, "hash_key"), "%s", said);
    struct patter_call call = patter_call_begin(NULL);
    lose(call);
    patter_call_end(call);
    tracing_stop(recorder);
}

Test(losses, another_run_tells_of_its_own_alone)
{
    unsigned long sum;
    patter_set_log(keep, NULL);
    struct patter_recorder *recorder = tracing_start(NULL);
    struct patter_call call = patter_call_begin(NULL);
    for (int i = 0; i < TIMES; i++) {
        lose(call);
    }
    patter_call_end(call);
    tracing_stop(recorder);
    patter_set_log(keep_slowly, NULL);
    said[0] = '\0';
    lose_once();
    for (size_t i = 0; i < KINDS; i++) {
        cr_expect_eq(count_lines(kinds[i], &sum), 1, "\"%s\" in\n%s", kinds[i], said);
        cr_expect_eq(sum, 1, "%lu times \"%s\" in\n%s", sum, kinds[i], said);
    }
}

Test(losses, nothing_is_said_where_nothing_was_lost)
{
    patter_set_log(keep, NULL);
    struct patter_recorder *recorder = tracing_start(NULL);
    struct patter_call call = patter_call_begin(NULL);
    patter_span_end(patter_llm_begin(call, 1, 4));
    patter_call_end(call);
    tracing_stop(recorder);
    cr_expect_str_eq(said, "");
}
