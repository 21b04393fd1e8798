/* SPDX-License-Identifier: MIT */
#include <criterion/criterion.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "core/base/text.h"
#include "core/control.h"
#include "core/storage/file.h"
#include "core/trace/tracer.h"
#include "tests/support/tracing.h"

/* What a dead process stored goes by today's terms: a call id that may not leave has the hash that
 * it has in a call of today. */

static const char raw_id[] = "alice@example.org";
static char folder[] = "/tmp/patter-recovery-XXXXXX";
static char spool[64], config[64];

static void set_up(void)
{
    cr_assert(mkdtemp(folder));
    snprintf(spool, sizeof(spool), "%s/spool", folder);
    snprintf(config, sizeof(config), "%s/patter.yaml", folder);
    setenv("PATTER_OTEL_ENABLED", "1", 1);
}

static void tear_down(void)
{
    char command[128];
    snprintf(command, sizeof(command), "rm -rf %s", folder);
    cr_assert_eq(system(command), 0);
}

TestSuite(recovery, .init = set_up, .fini = tear_down);

static void write_config(const char *privacy)
{
    FILE *file = fopen(config, "w");
    cr_assert(file);
    fprintf(file, "storage: {directory: %s}\n%s", spool, privacy);
    fclose(file);
}

static struct patter_recorder *start(const char *privacy)
{
    struct patter_recorder *recorder = patter_recorder_new();
    struct patter_init_options options = { .struct_size = sizeof(options),
                                           .recorder = recorder,
                                           .config_file = config };
    write_config(privacy);
    cr_assert_eq(patter_init_tracing(&options), PATTER_OK);
    return recorder;
}

/* As a process that let the id be. */
static void leave_span(void)
{
    struct {
        struct pt_record record;
        char id[24], name[8];
    } span = { .record = {
                   .size = sizeof(span), .call_id_len = sizeof(raw_id) - 1, .name_len = 4 } };
    struct patter_error error = { 0 };
    struct pt_segment_file file;
    memcpy(span.id, raw_id, sizeof(raw_id) - 1);
    memcpy(span.name, "left", 4);
    struct pt_journal *journal = pt_journal_create(spool, NULL, 0, &error);
    cr_assert(journal);
    cr_assert_eq(pt_segment_file_create(pt_journal_dirfd(journal), 0, &file), 0);
    cr_assert_eq(pt_segment_file_append(&file, 0, (const unsigned char *)&span, sizeof(span), 1),
                 0);
    pt_segment_file_close(&file);
    pt_journal_close(journal);
}

static void expect_same_hash(const struct pt_hash *one, const struct pt_hash *other)
{
    char text[PT_HASH_TEXT], other_text[PT_HASH_TEXT];
    pt_hash_text(one, patter_text(raw_id), text);
    pt_hash_text(other, patter_text(raw_id), other_text);
    cr_assert_str_eq(text, other_text);
}

Test(recovery, a_call_id_is_hashed_as_in_a_call_of_today)
{
    leave_span();
    struct patter_recorder *recorder = start("");
    struct patter_call_options options = { .struct_size = sizeof(options),
                                           .id = patter_text(raw_id) };
    patter_call_end(patter_call_begin(&options));
    struct patter_str left = tracing_span(recorder, "left")->call_id;
    struct patter_str live = tracing_span(recorder, "getpatter.call")->call_id;
    cr_assert(pt_str_starts(live, "h-"), "%.*s", (int)live.len, live.data);
    cr_assert_gt(left.len, 2);
    cr_assert(pt_str_equal(left, pt_str_slice(live, 0, left.len)), "%.*s, but %.*s", (int)left.len,
              left.data, (int)live.len, live.data);
    tracing_stop(recorder);
}

Test(recovery, a_reload_brings_its_key)
{
    struct patter_recorder *recorder = start("");
    expect_same_hash(pt_control.runtime.pipeline->spool.config.hash, pt_tracer()->hash);
    write_config("privacy: {hash_key: 0123456789abcdef}\n");
    cr_assert_eq(patter_reload(), PATTER_OK);
    struct pt_hash *hash = pt_hash_new("0123456789abcdef", 16);
    expect_same_hash(pt_control.runtime.pipeline->spool.config.hash, hash);
    pt_hash_destroy(hash);
    tracing_stop(recorder);
}
