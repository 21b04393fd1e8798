/* SPDX-License-Identifier: MIT */
/* Any bytes as patter.yaml: settings in which every promise of settings.h holds, or an error; never
 * a variable's value in a problem. */
#include "core/config/settings.h"

#include <patter/patter.h>

#include <stdlib.h>
#include <string.h>

#include "core/base/hash.h"
#include "core/base/text.h"
#include "core/config/tree.h"
#include "fuzz/support/fuzz.h"

static const char secret[] = "S3cr3t/Value+42";
static const uint64_t ms_ns = 1000000;
static const uint64_t hour_ns = UINT64_C(3600000000000);

static void expect_batching(const struct pt_batching *batching)
{
    EXPECT(batching->schedule_delay_ns >= ms_ns && batching->schedule_delay_ns <= hour_ns);
    EXPECT(batching->max_export_batch_size >= 1 && batching->max_export_batch_size <= 65536);
    EXPECT(batching->max_bytes >= 65536 && batching->max_bytes <= UINT64_C(64) << 20);
}

static void expect_exporter(const struct pt_exporter_settings *exporter)
{
    const struct pt_retry *retry = &exporter->retry;
    size_t plugin_len = strspn(exporter->plugin.data, "abcdefghijklmnopqrstuvwxyz0123456789-");
    EXPECT(exporter->name.len > 0 && exporter->name.len <= 63);
    EXPECT(plugin_len == exporter->plugin.len && plugin_len > 0);
    EXPECT(exporter->plugin_path.len == 0 || exporter->plugin_path.data[0] == '/');
    EXPECT(exporter->section);
    EXPECT(exporter->timeout_ns > 0 && exporter->timeout_ns <= 24 * hour_ns);
    EXPECT(exporter->num_consumers >= 1 && exporter->num_consumers <= 64);
    EXPECT(retry->initial_interval_ns >= ms_ns && retry->max_interval_ns <= hour_ns);
    EXPECT(retry->initial_interval_ns <= retry->max_interval_ns);
    EXPECT(retry->multiplier >= 1 && retry->multiplier <= 100);
    EXPECT(retry->randomization_factor >= 0 && retry->randomization_factor <= 1);
    expect_batching(&exporter->batching);
}

static void expect_resource(const struct pt_settings *settings)
{
    bool has_name = false;
    for (size_t i = 0; i < settings->resource_count; i++) {
        const struct pt_resource_entry *entry = &settings->resource[i];
        has_name = has_name || pt_str_is(entry->key, "service.name");
        EXPECT(entry->key.len > 0);
        EXPECT(entry->value.type >= PATTER_BOOL && entry->value.type <= PATTER_TEXT);
        for (size_t j = 0; j < i; j++) {
            EXPECT(!pt_str_equal(entry->key, settings->resource[j].key));
        }
    }
    EXPECT(has_name);
}

static void expect_keys(const struct pt_settings *settings)
{
    for (size_t i = 0; i < settings->allowed_key_count; i++) {
        const struct pt_allowed_key *key = &settings->allowed_keys[i];
        EXPECT(pt_class_is_key(key->key));
        EXPECT(!pt_str_is(key->key, "exception.message"));
        EXPECT(!pt_str_is(key->key, "exception.stacktrace"));
        EXPECT(!pt_str_is(key->key, "getpatter.call.id"));
        EXPECT((key->value_class == PT_CLASS_CHOICE) <= (key->choices != NULL));
        EXPECT(!key->choices || key->choices[0]);
        for (size_t j = 0; j < i; j++) {
            EXPECT(!pt_str_equal(key->key, settings->allowed_keys[j].key));
        }
    }
    EXPECT(settings->hash_key.len == 0 || settings->hash_key.len >= PT_HASH_KEY_MIN);
}

static void expect_settings(const struct pt_settings *settings)
{
    const struct pt_limits *limits = &settings->limits;
    EXPECT(limits->attribute_value_length >= 1 && limits->attribute_value_length <= 4096);
    EXPECT(limits->attributes >= 1 && limits->attributes <= 256);
    EXPECT(limits->events <= 256 && limits->links <= 256);
    EXPECT(settings->sampling.ratio >= 0 && settings->sampling.ratio <= 1);
    EXPECT(settings->max_memory >= UINT64_C(1) << 20);
    EXPECT(settings->log_level >= PATTER_LOG_ERROR && settings->log_level <= PATTER_LOG_DEBUG);
    EXPECT(settings->exporter_count > 0);
    expect_batching(&settings->batching);
    expect_resource(settings);
    expect_keys(settings);
    for (size_t i = 0; i < settings->exporter_count; i++) {
        expect_exporter(&settings->exporters[i]);
    }
    for (size_t i = 0; settings->plugin_path[i]; i++) {
        EXPECT(settings->plugin_path[i][0] == '/');
    }
}

static void expect_problems(const struct pt_problems *problems)
{
    for (size_t i = 0; i < problems->count; i++) {
        EXPECT(problems->items[i].text[0] != '\0');
        EXPECT(strpbrk(problems->items[i].text, "\r\n") == NULL);
        EXPECT(!fuzz_tells(problems->items[i].text, secret));
    }
}

/* What is shown as in force was written so: a secret only where its key is not known as one. */
static void expect_effective(const struct pt_settings *settings)
{
    for (size_t i = 0; i < settings->effective_count; i++) {
        const struct pt_effective *effective = &settings->effective[i];
        EXPECT(effective->name && effective->value && effective->place.source);
        EXPECT(strcmp(effective->name, "privacy.hash_key") != 0 ||
               strcmp(effective->value, "********") == 0);
    }
}

int LLVMFuzzerInitialize(int *argc, char ***argv)
{
    (void)argc;
    (void)argv;
    clearenv();
    setenv("SECRET", secret, 1);
    setenv("EMPTY", "", 1);
    return 0;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct patter_init_options options = { .struct_size = sizeof(options),
                                           .config_file = fuzz_file(data, size) };
    struct pt_problems problems = { 0 };
    struct pt_settings *settings = pt_settings_read(&options, &problems);
    EXPECT(settings);
    expect_problems(&problems);
    expect_effective(settings);
    if (problems.error_count == 0) {
        expect_settings(settings);
    }
    pt_settings_destroy(settings);
    pt_problems_clean(&problems);
    return 0;
}
