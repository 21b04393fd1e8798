/* SPDX-License-Identifier: MIT */
#include "cli/journals.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "cli/json.h"
#include "cli/page.h"
#include "core/base/clock.h"
#include "core/base/text.h"
#include "core/storage/directory.h"

static const struct {
    const char *words; /* for people */
    const char *token; /* for scripts */
} states[] = {
    [PT_SUMMARY_LIVE] = { "live", "live" },
    [PT_SUMMARY_ADOPTED] = { "being sent by", "adopted" },
    [PT_SUMMARY_ORPHAN] = { "orphan", "orphan" },
    [PT_SUMMARY_BROKEN] = { "broken", "broken" },
    [PT_SUMMARY_FOREIGN] = { "of another version", "foreign" },
};

/* ---- reading ------------------------------------------------------------------------------- */

static void add(void *data, const char *name)
{
    struct cli_journals *journals = data;
    struct cli_journal row = { 0 };
    if (!pt_summary_take(journals->directory, name, &row.summary)) {
        return;
    }
    snprintf(row.name, sizeof(row.name), "%s", name);
    struct cli_journal *rows = realloc(journals->rows, (journals->count + 1) * sizeof(*rows));
    if (!rows) {
        journals->no_memory = true;
        return;
    }
    journals->rows = rows;
    rows[journals->count++] = row;
}

static int compare(const void *a, const void *b)
{
    const struct pt_summary *x = &((const struct cli_journal *)a)->summary;
    const struct pt_summary *y = &((const struct cli_journal *)b)->summary;
    return (x->begin_unix_ns > y->begin_unix_ns) - (x->begin_unix_ns < y->begin_unix_ns);
}

bool cli_journals_read(struct cli_journals *journals, const char *path)
{
    struct patter_error error = { 0 };
    journals->directory = pt_directory_open(path, false, &error);
    if (journals->directory < 0) {
        struct pt_text words = { 0 };
        pt_error_write(&error, &words);
        fprintf(stderr, "patter: %s\n", pt_text_get(&words));
        pt_text_clean(&words);
        return false;
    }
    pt_directory_visit(journals->directory, add, journals);
    if (journals->count > 1) {
        qsort(journals->rows, journals->count, sizeof(*journals->rows), compare);
    }
    return !journals->no_memory;
}

void cli_journals_clean(struct cli_journals *journals)
{
    if (journals->directory >= 0) {
        close(journals->directory);
    }
    free(journals->rows);
}

/* ---- showing -------------------------------------------------------------------------- */

uint64_t cli_age_ns(uint64_t since_unix_ns, uint64_t now_unix_ns)
{
    return now_unix_ns > since_unix_ns ? now_unix_ns - since_unix_ns : 0;
}

/* In whole units of a size that people think in. */
static void add_age(struct cli_page *page, uint64_t ns)
{
    uint64_t seconds = ns / 1000000000u;
    if (seconds < 120) {
        cli_page_add(page, CLI_PLAIN, "%llu s old", (unsigned long long)seconds);
    } else if (seconds < 7200) {
        cli_page_add(page, CLI_PLAIN, "%llu min old", (unsigned long long)seconds / 60);
    } else if (seconds < 172800) {
        cli_page_add(page, CLI_PLAIN, "%llu h old", (unsigned long long)seconds / 3600);
    } else {
        cli_page_add(page, CLI_PLAIN, "%llu days old", (unsigned long long)seconds / 86400);
    }
}

static void add_state(struct cli_page *page, const struct pt_summary *summary)
{
    bool is_well = summary->state != PT_SUMMARY_BROKEN && summary->state != PT_SUMMARY_FOREIGN;
    cli_page_add(page, is_well ? CLI_PLAIN : CLI_WARNING, "  %s", states[summary->state].words);
    if (summary->state == PT_SUMMARY_ADOPTED && summary->holder != 0) {
        cli_page_add(page, CLI_PLAIN, " pid %u (left by pid %u)", summary->holder, summary->pid);
    } else if (summary->state == PT_SUMMARY_ADOPTED) {
        cli_page_add(page, CLI_PLAIN, " another process (left by pid %u)", summary->pid);
    } else if (summary->pid != 0) {
        cli_page_add(page, CLI_PLAIN, " (pid %u)", summary->pid);
    }
}

static double mib(uint64_t bytes)
{
    return (double)bytes / (1 << 20);
}

/* `log_max` 0: unknown, or none of its. */
static void add_content(struct cli_page *page, const struct pt_summary *summary, uint64_t log_max)
{
    cli_page_add(page, CLI_PLAIN, "%llu span%s", (unsigned long long)summary->spans,
                 summary->spans == 1 ? "" : "s");
    if (summary->in_rings > 0) {
        cli_page_add(page, CLI_PLAIN, " (%llu in rings)", (unsigned long long)summary->in_rings);
    }
    if (summary->open_calls > 0) {
        cli_page_add(page, CLI_PLAIN, ", %llu open call%s", (unsigned long long)summary->open_calls,
                     summary->open_calls == 1 ? "" : "s");
    }
    if (summary->obstacle != 0) {
        cli_page_add(page, CLI_WARNING, ", and what cannot be read now (%s)",
                     strerror(summary->obstacle));
    }
    cli_page_add(page, CLI_PLAIN, ", log %.1f", mib(summary->log_bytes));
    if (log_max > 0) {
        cli_page_add(page, CLI_PLAIN, " of %.1f", mib(log_max));
    }
    cli_page_add(page, CLI_PLAIN, " MiB, %.1f MiB set aside",
                 mib(summary->bytes - summary->log_bytes));
}

static void print_row(struct cli_page *page, const struct cli_journal *row, uint64_t log_max,
                      uint64_t now_unix_ns)
{
    enum { INDENT = 2, COUNT = 40 };
    const struct pt_summary *summary = &row->summary;
    cli_page_add(page, CLI_STRONG, "%s", row->name);
    add_state(page, summary);
    cli_page_add(page, CLI_PLAIN, ", ");
    add_age(page,
            cli_age_ns(summary->begin_unix_ns ? summary->begin_unix_ns : summary->changed_unix_ns,
                       now_unix_ns));
    if (row->fate) {
        cli_page_add(page, CLI_STRONG, ", %s", row->fate);
    }
    cli_page_end_line(page);
    cli_page_tab(page, INDENT);
    add_content(page, summary, summary->state == PT_SUMMARY_LIVE ? log_max : 0);
    cli_page_end_line(page);
    for (size_t i = 0; i < summary->exporter_count; i++) {
        cli_page_tab(page, INDENT);
        cli_page_add(page, CLI_PLAIN, "%s", summary->exporters[i].name);
        cli_page_tab(page, COUNT);
        cli_page_add(page, CLI_PLAIN, "%llu pending",
                     (unsigned long long)summary->exporters[i].pending);
        cli_page_end_line(page);
    }
}

bool cli_journals_print(const struct cli_journals *journals, const char *directory)
{
    struct cli_page page;
    uint64_t now_unix_ns = pt_clock_unix_ns();
    cli_page_init(&page);
    for (size_t i = 0; i < journals->count; i++) {
        print_row(&page, &journals->rows[i], journals->log_max, now_unix_ns);
    }
    if (journals->count == 0) {
        cli_page_add(&page, CLI_PLAIN, "%s: nothing is stored", directory);
        cli_page_end_line(&page);
    }
    bool good = cli_page_flush(&page);
    cli_page_clean(&page);
    return good;
}

static void add_json(struct cli_json *json, const struct cli_journal *row, uint64_t log_max,
                     uint64_t now_unix_ns)
{
    const struct pt_summary *summary = &row->summary;
    cli_json_open(json, NULL, '{');
    cli_json_text(json, "journal", row->name);
    cli_json_text(json, "state", states[summary->state].token);
    if (summary->pid != 0) {
        cli_json_number(json, "pid", summary->pid);
        cli_json_number(json, "begin_unix_ns", (int64_t)summary->begin_unix_ns);
    }
    if (summary->holder != 0) {
        cli_json_number(json, "holder_pid", summary->holder);
    }
    cli_json_number(json, "idle_s",
                    (int64_t)(cli_age_ns(summary->changed_unix_ns, now_unix_ns) / 1000000000u));
    cli_json_number(json, "spans", (int64_t)summary->spans);
    cli_json_number(json, "in_rings", (int64_t)summary->in_rings);
    cli_json_number(json, "open_calls", (int64_t)summary->open_calls);
    if (summary->obstacle != 0) {
        cli_json_text(json, "obstacle", strerror(summary->obstacle));
    }
    cli_json_number(json, "bytes", (int64_t)summary->bytes);
    cli_json_number(json, "log_bytes", (int64_t)summary->log_bytes);
    if (log_max > 0 && summary->state == PT_SUMMARY_LIVE) {
        cli_json_number(json, "log_max_bytes", (int64_t)log_max);
    }
    cli_json_open(json, "pending", '{');
    for (size_t i = 0; i < summary->exporter_count; i++) {
        cli_json_number(json, summary->exporters[i].name, (int64_t)summary->exporters[i].pending);
    }
    cli_json_close(json, '}');
    if (row->fate) {
        cli_json_text(json, "purge", row->fate);
    }
    cli_json_close(json, '}');
}

bool cli_journals_print_json(const struct cli_journals *journals)
{
    struct cli_json json = { 0 };
    uint64_t now_unix_ns = pt_clock_unix_ns();
    cli_json_open(&json, NULL, '[');
    for (size_t i = 0; i < journals->count; i++) {
        add_json(&json, &journals->rows[i], journals->log_max, now_unix_ns);
    }
    cli_json_close(&json, ']');
    return cli_json_flush(&json);
}
