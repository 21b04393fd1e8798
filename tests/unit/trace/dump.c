/* SPDX-License-Identifier: MIT */
#include <criterion/criterion.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <patter/patter.h>

#include "tests/support/tracing.h"

static char text[8192];

static void keep(void *data, const char *line, size_t len)
{
    size_t used = strlen(text);
    cr_assert_eq(data, text);
    cr_assert(len > 1 && line[len - 1] == '\n' && memchr(line, '\n', len) == line + len - 1,
              "one line at a time");
    cr_assert(used + len < sizeof(text));
    memcpy(text + used, line, len);
    text[used + len] = '\0';
}

static void expect(const char *line)
{
    const char *found = strstr(text, line);
    cr_expect(found && (found == text || found[-1] == '\n') && found[strlen(line)] == '\n',
              "no line %s in\n%s", line, text);
}

Test(dump, nothing_before_the_first_init)
{
    cr_assert_eq(patter_dump_stats(keep, text), PATTER_DISABLED);
    cr_assert_str_eq(text, "");
}

Test(dump, every_counter_is_a_line_under_its_standard_name)
{
    struct patter_recorder *recorder = tracing_start(NULL);
    struct patter_call call = patter_call_begin(NULL);
    patter_span_set_int(patter_tts_begin(call, 1), "app.not.allowed", 1); /* and stays open */
    patter_span_end(patter_llm_begin(call, 1, 4));
    patter_call_end(call);
    cr_assert_eq(patter_flush(10000), PATTER_OK);
    cr_assert_eq(patter_dump_stats(keep, text), PATTER_OK);
    expect("otel.sdk.span.started{otel.span.sampling_result=\"RECORD_AND_SAMPLE\"} 3");
    expect("otel.sdk.span.started{otel.span.sampling_result=\"DROP\"} 0");
    expect("otel.sdk.span.live{otel.span.sampling_result=\"RECORD_AND_SAMPLE\"} 1");
    expect("patter.span.ended 2");
    expect("patter.attribute.dropped{reason=\"denied\"} 1");
    expect("otel.sdk.processor.span.queue.size{otel.component.name=\"recorder\"} 0");
    expect("otel.sdk.processor.span.processed{otel.component.name=\"recorder\"} 2");
    expect("otel.sdk.processor.span.processed{otel.component.name=\"recorder\",error.type=\"queue_"
           "full\"} 0");
    expect("otel.sdk.exporter.span.inflight{otel.component.name=\"recorder\"} 0");
    expect("otel.sdk.exporter.span.exported{otel.component.name=\"recorder\"} 2");
    expect("otel.sdk.exporter.operation.duration_count{otel.component.name=\"recorder\"} 1");
    expect("patter.exporter.span.recovered{otel.component.name=\"recorder\"} 0");
    expect("patter.exporter.span.entered{otel.component.name=\"recorder\"} 2");
    tracing_stop(recorder);

    text[0] = '\0';
    cr_assert_eq(patter_dump_stats(keep, text), PATTER_OK);
    expect("otel.sdk.exporter.span.exported{otel.component.name=\"recorder\"} 2");
}

static void write_config(const char *path, int wait_ms)
{
    FILE *file = fopen(path, "w");
    cr_assert(file);
    fprintf(file, "plugin_path: [%s]\nexporters: {again: {wait_ms: %d}}\n", TEST_PLUGINS, wait_ms);
    cr_assert_eq(fclose(file), 0);
}

static size_t count_of(const char *part)
{
    size_t count = 0;
    for (const char *found = text; (found = strstr(found, part)); found++) {
        count++;
    }
    return count;
}

Test(dump, exporters_of_one_name_that_are_ending_are_told_apart)
{
    char path[] = "/tmp/patter-dump-XXXXXX";
    struct patter_init_options options = { .struct_size = sizeof(options), .config_file = path };
    setenv("PATTER_OTEL_ENABLED", "1", 1);
    cr_assert_eq(close(mkstemp(path)), 0);
    write_config(path, 100);
    cr_assert_eq(patter_init_tracing(&options), PATTER_OK);
    for (int i = 1; i <= 2; i++) {
        patter_call_end(patter_call_begin(NULL));
        write_config(path, 100 + i);
        cr_assert_eq(patter_reload(), PATTER_OK);
    }
    unlink(path);
    cr_assert_eq(patter_dump_stats(keep, text), PATTER_OK);
    expect("patter.exporter.span.entered{otel.component.name=\"again\"} 0");
    expect("patter.exporter.span.entered{otel.component.name=\"again\",patter.exporter.state="
           "\"ending\"} 1");
    expect("patter.exporter.span.entered{otel.component.name=\"again\",patter.exporter.state="
           "\"ending\",patter.exporter.number=\"2\"} 1");
    cr_assert_eq(count_of("patter.exporter.span.entered{"), 3);
    patter_shutdown_tracing_within(10);
}
