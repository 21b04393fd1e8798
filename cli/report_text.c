/* SPDX-License-Identifier: MIT */
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "cli/page.h"
#include "cli/report.h"
#include "cli/values.h"
#include "core/config/privacy.h"
#include "core/trace/resource.h"

enum {
    LABEL = 11,
    EXPORTER = 2,
    DETAIL = 4,
    VALUE_NAME = 2,
    NAME_MAX_LEN = 38,
    VALUE_MAX_LEN = 32
};

static void print_switch(struct cli_page *page, const struct pt_settings *settings)
{
    const char *value = pt_switch_value();
    bool is_on = pt_switch_is_on() && !settings->disabled;
    cli_page_add(page, CLI_STRONG, "switch");
    cli_page_tab(page, LABEL);
    cli_page_add(page, CLI_PLAIN, "PATTER_OTEL_ENABLED%s%.40s", *value ? "=" : " is not set",
                 value);
    cli_page_add(page, is_on ? CLI_GOOD : CLI_WARNING, ": tracing is %s", is_on ? "on" : "off");
    if (settings->disabled) {
        cli_page_add(page, CLI_PLAIN, " (OTEL_SDK_DISABLED is true)");
    }
    cli_page_end_line(page);
}

static void print_files(struct cli_page *page, const struct pt_settings *settings)
{
    for (size_t i = 0; i < settings->candidate_count; i++) {
        const struct pt_candidate *candidate = &settings->candidates[i];
        bool is_read = settings->file && strcmp(candidate->path, settings->file) == 0;
        cli_page_add(page, CLI_STRONG, "%s", i == 0 ? "file" : "");
        cli_page_tab(page, LABEL);
        cli_page_add(page, is_read ? CLI_PLAIN : CLI_FAINT, "%s: %s", candidate->path,
                     candidate->verdict);
        cli_page_end_line(page);
    }
}

static void print_probe(struct cli_page *page, const struct cli_probe *probe)
{
    struct pt_text words = { 0 };
    cli_probe_explain(probe, &words);
    cli_page_tab(page, DETAIL);
    cli_page_wrap(page, probe->accepted ? CLI_GOOD : CLI_BAD, DETAIL, pt_text_get(&words));
    pt_text_clean(&words);
}

static void print_exporter(struct cli_page *page, const struct cli_exporter *exporter)
{
    cli_page_tab(page, EXPORTER);
    cli_page_add(page, CLI_STRONG, "%s", exporter->settings->name.data);
    if (exporter->instance) {
        cli_page_add(page, CLI_PLAIN, " -> %s", exporter->destination);
    } else {
        cli_page_add(page, CLI_BAD, " cannot start; see below");
    }
    cli_page_end_line(page);
    if (exporter->plugin) {
        cli_page_tab(page, DETAIL);
        cli_page_add(page, CLI_FAINT, "%s %s, %s", exporter->plugin->name,
                     exporter->plugin->version, exporter->path);
        cli_page_end_line(page);
    }
}

/* `beside` takes what the plugins print meanwhile; what stands before goes out first, since an
 * answer may be long in coming. */
static bool print_exporters(struct cli_page *page, struct cli_report *report, bool connect,
                            int beside)
{
    struct pt_resource *resource = cli_probe_resource(report->read.settings);
    bool good = resource != NULL;
    cli_page_heading(page, report->exporter_count > 0 ? "exporters" : "no exporters");
    for (size_t i = 0; i < report->exporter_count && good; i++) {
        struct cli_exporter *exporter = &report->exporters[i];
        print_exporter(page, exporter);
        if (connect && !report->is_sound) {
            cli_page_tab(page, DETAIL);
            cli_page_add(page, CLI_WARNING, "not probed: correct the errors below first");
            cli_page_end_line(page);
        } else if (connect && exporter->instance) {
            good = cli_page_flush(page) && cli_exporter_probe(exporter, resource, beside);
            print_probe(page, &exporter->probe);
        }
    }
    pt_resource_destroy(resource);
    return good;
}

/* Where the columns of a group of values stand. */
struct columns {
    size_t value;
    size_t source;
};

static size_t larger_within(size_t a, size_t b, size_t max)
{
    return b > a && b <= max ? b : a;
}

static struct columns lay_out(const struct cli_report *report, const struct cli_exporter *owner)
{
    size_t name_len = 0;
    size_t value_len = 0;
    for (size_t i = 0; i < report->value_count; i++) {
        const struct pt_effective *value = &report->values[i];
        const char *name = value->name;
        if (cli_value_owner(report, value, &name) == owner && !cli_value_is_default(value)) {
            name_len = larger_within(name_len, strlen(name), NAME_MAX_LEN);
            value_len = larger_within(value_len, strlen(value->value), VALUE_MAX_LEN);
        }
    }
    return (struct columns){ VALUE_NAME + name_len + 2, VALUE_NAME + name_len + value_len + 4 };
}

static void print_value(struct cli_page *page, const struct pt_effective *value, const char *name,
                        struct columns columns)
{
    cli_page_tab(page, VALUE_NAME);
    cli_page_add(page, CLI_PLAIN, "%s", name);
    cli_page_tab(page, columns.value);
    cli_page_add(page, CLI_STRONG, "%s", value->value[0] ? value->value : "(empty)");
    cli_page_tab(page, columns.source);
    cli_page_add(page, CLI_FAINT, "%s", value->place.source);
    if (value->place.line > 0) {
        cli_page_add(page, CLI_FAINT, ":%u", value->place.line);
    }
    cli_page_end_line(page);
}

/* The values of one exporter, or, NULL, those that are none's. */
static void print_values_of(struct cli_page *page, const struct cli_report *report,
                            const struct cli_exporter *owner)
{
    struct columns columns = lay_out(report, owner);
    struct pt_text defaults = { 0 };
    for (size_t i = 0; i < report->value_count; i++) {
        const struct pt_effective *value = &report->values[i];
        const char *name = value->name;
        if (cli_value_owner(report, value, &name) != owner) {
            continue;
        }
        if (cli_value_is_default(value)) {
            pt_text_add(&defaults, "%s%s=%s", defaults.len > 0 ? " " : "", name, value->value);
        } else {
            print_value(page, value, name, columns);
        }
    }
    if (defaults.len > 0) {
        cli_page_tab(page, VALUE_NAME);
        cli_page_add(page, CLI_PLAIN, "by default: ");
        cli_page_wrap(page, CLI_FAINT, VALUE_NAME + 2, pt_text_get(&defaults));
    }
    pt_text_clean(&defaults);
}

static void print_values(struct cli_page *page, const struct cli_report *report)
{
    cli_page_heading(page, "values");
    print_values_of(page, report, NULL);
    for (size_t i = 0; i < report->exporter_count; i++) {
        struct pt_text title = { 0 };
        pt_text_add(&title, "values of %s", report->exporters[i].settings->name.data);
        cli_page_heading(page, pt_text_get(&title));
        print_values_of(page, report, &report->exporters[i]);
        pt_text_clean(&title);
    }
}

static void print_own_keys(struct cli_page *page, const struct pt_settings *settings)
{
    struct pt_text words = { 0 };
    cli_page_heading(page, "attributes of your own");
    for (size_t i = 0; i < settings->allowed_key_count; i++) {
        struct patter_str key = settings->allowed_keys[i].key;
        if (!pt_privacy_is_documented(key)) { /* that one is narrowed, and leaves anyhow */
            pt_text_add(&words, "%s%s", words.len == 0 ? "" : ", ", key.data);
        }
    }
    pt_text_add(&words,
                "%s; any other is dropped where it is set, until privacy.allowed_keys names "
                "it (`patter privacy` shows all that may leave)",
                words.len > 0 ? " may leave" : "none may leave");
    cli_page_tab(page, VALUE_NAME);
    cli_page_wrap(page, CLI_PLAIN, VALUE_NAME, pt_text_get(&words));
    pt_text_clean(&words);
}

static void print_problem(struct cli_page *page, const struct pt_problem *problem)
{
    struct pt_text words = { 0 };
    enum cli_paint paint = problem->level == PATTER_LOG_ERROR     ? CLI_BAD
                           : problem->level == PATTER_LOG_WARNING ? CLI_WARNING
                                                                  : CLI_PLAIN;
    pt_problem_write(problem, &words);
    cli_page_tab(page, VALUE_NAME);
    cli_page_wrap(page, paint, VALUE_NAME + 2, pt_text_get(&words));
    pt_text_clean(&words);
}

/* The gravest last, where the eye is. */
static void print_problems(struct cli_page *page, const struct pt_problems *problems)
{
    if (problems->count > 0) {
        cli_page_heading(page, "problems and notes");
    }
    for (int32_t level = PATTER_LOG_DEBUG; level >= PATTER_LOG_ERROR; level--) {
        for (size_t i = 0; i < problems->count; i++) {
            if (problems->items[i].level == level) {
                print_problem(page, &problems->items[i]);
            }
        }
    }
}

static void add_count(struct pt_text *words, size_t count, const char *noun)
{
    if (count > 0) {
        pt_text_add(words, "%s%zu %s%s", words->len > 0 ? ", " : "", count, noun,
                    count == 1 ? "" : "s");
    }
}

/* What would come of all this. */
static void add_outcome(struct pt_text *words, const struct cli_report *report, bool has_errors)
{
    if (has_errors) {
        pt_text_add(words, "tracing would not start");
        return;
    }
    pt_text_add(words, "%s",
                !pt_switch_is_on() ? "tracing would start, once PATTER_OTEL_ENABLED is set"
                : report->read.settings->disabled ? "tracing is off"
                                                  : "tracing would start");
    bool is_first = true;
    for (size_t i = 0; i < report->exporter_count; i++) {
        const struct cli_exporter *exporter = &report->exporters[i];
        if (exporter->probe.was_sent && !exporter->probe.accepted) {
            pt_text_add(words, "%s%s", is_first ? "; not accepted is the probe of " : ", ",
                        exporter->settings->name.data);
            is_first = false;
        }
    }
}

static void print_verdict(struct cli_page *page, const struct cli_report *report)
{
    struct pt_text words = { 0 };
    size_t errors = cli_report_count(report, PATTER_LOG_ERROR);
    add_count(&words, errors, "error");
    add_count(&words, cli_report_count(report, PATTER_LOG_WARNING), "warning");
    cli_page_end_line(page);
    pt_text_add(&words, "%s", words.len > 0 ? ": " : "");
    add_outcome(&words, report, errors > 0);
    cli_page_wrap(page, cli_report_is_good(report) ? CLI_GOOD : CLI_BAD, 0, pt_text_get(&words));
    pt_text_clean(&words);
}

/* What a plugin printed of its probe: as it is, and apart from the report. */
static bool print_beside(struct cli_page *page, int beside)
{
    char bytes[4096];
    ssize_t len = beside >= 0 ? pread(beside, bytes, sizeof(bytes), 0) : 0;
    if (len <= 0) {
        return true;
    }
    cli_page_heading(page, "what the probes printed");
    bool good = cli_page_flush(page);
    for (off_t at = 0; good && len > 0; len = pread(beside, bytes, sizeof(bytes), at)) {
        good = fwrite(bytes, 1, (size_t)len, stdout) == (size_t)len;
        at += len;
    }
    return good;
}

bool cli_report_print(struct cli_report *report, bool connect)
{
    struct cli_page page;
    const struct pt_settings *settings = report->read.settings;
    cli_page_init(&page);
    print_switch(&page, settings);
    print_files(&page, settings);
    int beside = connect ? memfd_create("probes", MFD_CLOEXEC) : -1;
    bool good = print_exporters(&page, report, connect, beside);
    print_values(&page, report);
    print_own_keys(&page, settings);
    print_problems(&page, &report->read.problems);
    good = print_beside(&page, beside) && good;
    print_verdict(&page, report);
    good = cli_page_flush(&page) && good;
    cli_page_clean(&page);
    if (beside >= 0) {
        close(beside);
    }
    return good;
}
