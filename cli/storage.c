/* SPDX-License-Identifier: MIT */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "cli/command.h"
#include "cli/json.h"
#include "cli/page.h"
#include "cli/send.h"
#include "cli/settings.h"
#include "core/base/clock.h"
#include "core/config/scalar.h"
#include "core/storage/directory.h"
#include "core/storage/summary.h"

/* Journals of the storage directory: what waits in them, and the end of those nobody wants. */

struct row {
    char name[PT_JOURNAL_NAME];
    struct pt_summary summary;
    const char *removed; /* NULL: it is not to be removed; else what came of that */
};

struct listing {
    int directory;
    struct row *rows; /* oldest first; malloc'd */
    size_t count;
    bool no_memory;
};

static const char *const states[] = { [PT_SUMMARY_LIVE] = "live",
                                      [PT_SUMMARY_ORPHAN] = "orphan",
                                      [PT_SUMMARY_BROKEN] = "broken",
                                      [PT_SUMMARY_FOREIGN] = "of another version" };

static void add(void *data, const char *name)
{
    struct listing *listing = data;
    struct row row = { 0 };
    if (!pt_summary_take(listing->directory, name, &row.summary)) {
        return;
    }
    snprintf(row.name, sizeof(row.name), "%s", name);
    struct row *rows = realloc(listing->rows, (listing->count + 1) * sizeof(*rows));
    if (!rows) {
        listing->no_memory = true;
        return;
    }
    listing->rows = rows;
    rows[listing->count++] = row;
}

static int compare(const void *a, const void *b)
{
    const struct pt_summary *x = &((const struct row *)a)->summary;
    const struct pt_summary *y = &((const struct row *)b)->summary;
    return (x->begin_unix_ns > y->begin_unix_ns) - (x->begin_unix_ns < y->begin_unix_ns);
}

static uint64_t age_ns(uint64_t since_unix_ns, uint64_t now_unix_ns)
{
    return now_unix_ns > since_unix_ns ? now_unix_ns - since_unix_ns : 0;
}

/* ---- showing -------------------------------------------------------------------------- */

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

static void add_content(struct cli_page *page, const struct pt_summary *summary)
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
    cli_page_add(page, CLI_PLAIN, ", %.1f MiB", (double)summary->bytes / (1 << 20));
}

static void print_row(struct cli_page *page, const struct row *row, uint64_t now_unix_ns)
{
    enum { INDENT = 2, COUNT = 40 };
    const struct pt_summary *summary = &row->summary;
    bool is_well = summary->state == PT_SUMMARY_LIVE || summary->state == PT_SUMMARY_ORPHAN;
    cli_page_add(page, CLI_STRONG, "%s", row->name);
    cli_page_add(page, is_well ? CLI_PLAIN : CLI_WARNING, "  %s", states[summary->state]);
    if (summary->pid != 0) {
        cli_page_add(page, CLI_PLAIN, " (pid %u)", summary->pid);
    }
    cli_page_add(page, CLI_PLAIN, ", ");
    add_age(page, age_ns(summary->begin_unix_ns ? summary->begin_unix_ns : summary->changed_unix_ns,
                         now_unix_ns));
    if (row->removed) {
        cli_page_add(page, CLI_STRONG, ", %s", row->removed);
    }
    cli_page_end_line(page);
    cli_page_tab(page, INDENT);
    add_content(page, summary);
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

static bool print(const struct listing *listing, const char *directory)
{
    struct cli_page page;
    uint64_t now_unix_ns = pt_clock_unix_ns();
    cli_page_init(&page);
    for (size_t i = 0; i < listing->count; i++) {
        print_row(&page, &listing->rows[i], now_unix_ns);
    }
    if (listing->count == 0) {
        cli_page_add(&page, CLI_PLAIN, "%s: nothing is stored", directory);
        cli_page_end_line(&page);
    }
    bool good = cli_page_flush(&page);
    cli_page_clean(&page);
    return good;
}

static void add_json(struct cli_json *json, const struct row *row, uint64_t now_unix_ns)
{
    const struct pt_summary *summary = &row->summary;
    cli_json_open(json, NULL, '{');
    cli_json_text(json, "journal", row->name);
    cli_json_text(json, "state",
                  summary->state == PT_SUMMARY_FOREIGN ? "foreign" : states[summary->state]);
    if (summary->pid != 0) {
        cli_json_number(json, "pid", summary->pid);
        cli_json_number(json, "begin_unix_ns", (int64_t)summary->begin_unix_ns);
    }
    cli_json_number(json, "idle_s",
                    (int64_t)(age_ns(summary->changed_unix_ns, now_unix_ns) / 1000000000u));
    cli_json_number(json, "spans", (int64_t)summary->spans);
    cli_json_number(json, "in_rings", (int64_t)summary->in_rings);
    cli_json_number(json, "open_calls", (int64_t)summary->open_calls);
    cli_json_number(json, "bytes", (int64_t)summary->bytes);
    cli_json_open(json, "pending", '{');
    for (size_t i = 0; i < summary->exporter_count; i++) {
        cli_json_number(json, summary->exporters[i].name, (int64_t)summary->exporters[i].pending);
    }
    cli_json_close(json, '}');
    if (row->removed) {
        cli_json_text(json, "purge", row->removed);
    }
    cli_json_close(json, '}');
}

static bool print_json(const struct listing *listing)
{
    struct cli_json json = { 0 };
    uint64_t now_unix_ns = pt_clock_unix_ns();
    cli_json_open(&json, NULL, '[');
    for (size_t i = 0; i < listing->count; i++) {
        add_json(&json, &listing->rows[i], now_unix_ns);
    }
    cli_json_close(&json, ']');
    return cli_json_flush(&json);
}

/* ---- removing ------------------------------------------------------------------------- */

/* Leaves what is, or would be, removed. False when something was not that ought to be. */
static bool purge(struct listing *listing, uint64_t older_than_ns, bool is_meant)
{
    uint64_t now_unix_ns = pt_clock_unix_ns();
    size_t kept = 0;
    bool good = true;
    for (size_t i = 0; i < listing->count; i++) {
        struct row *row = &listing->rows[i];
        if (row->summary.state == PT_SUMMARY_LIVE ||
            age_ns(row->summary.changed_unix_ns, now_unix_ns) < older_than_ns) {
            continue;
        }
        int error = is_meant ? pt_summary_purge(listing->directory, row->name) : 0;
        row->removed = !is_meant ? "would be removed" : error ? strerror(error) : "removed";
        good = good && error == 0;
        listing->rows[kept++] = *row;
    }
    listing->count = kept;
    return good;
}

static bool run_purge(struct listing *listing, const struct cli_arguments *arguments,
                      int64_t older_than_ns)
{
    bool good = purge(listing, (uint64_t)older_than_ns, arguments->yes);
    if (!arguments->yes && listing->count > 0) {
        fprintf(stderr, "patter storage: nothing was removed; add --yes to remove %s for good\n",
                listing->count == 1 ? "this journal" : "these journals");
        return false;
    }
    return good;
}

/* ---- the command ------------------------------------------------------------------------ */

/* The directory, from the arguments or patter.yaml; NULL after a line to standard error. */
static const char *find_directory(const struct cli_arguments *arguments,
                                  struct cli_settings *settings)
{
    if (arguments->directory) {
        return arguments->directory;
    }
    if (!cli_settings_read(settings, arguments->config)) {
        return NULL;
    }
    if (!settings->settings->storage.directory) {
        fprintf(stderr,
                "patter storage: there is no `storage: {directory}` in %s; name the directory "
                "with --directory\n",
                settings->settings->file ? settings->settings->file : "any file (none was read)");
    }
    return settings->settings->storage.directory;
}

static bool open_directory(const char *path, struct listing *listing)
{
    struct patter_error error = { 0 };
    listing->directory = pt_directory_open(path, false, &error);
    if (listing->directory < 0) {
        struct pt_text words = { 0 };
        pt_error_write(&error, &words);
        fprintf(stderr, "patter: %s\n", pt_text_get(&words));
        pt_text_clean(&words);
        return false;
    }
    pt_directory_visit(listing->directory, add, listing);
    if (listing->count > 1) {
        qsort(listing->rows, listing->count, sizeof(*listing->rows), compare);
    }
    return !listing->no_memory;
}

static int complain(const char *what, const char *word)
{
    fprintf(stderr, "patter storage: %s `%s`; usage: patter storage [OPTION...] ls|send|purge\n",
            what, word);
    return CLI_USAGE_EXIT;
}

static int run_send(const struct cli_arguments *arguments)
{
    struct cli_settings settings = { 0 };
    int64_t timeout_ns = 60 * 1000000000ll;
    if (arguments->directory) {
        return complain("--directory goes with `ls` and `purge`; patter.yaml says where, not",
                        "send");
    }
    if (arguments->timeout && !pt_scalar_duration(patter_text(arguments->timeout), &timeout_ns)) {
        return complain("--timeout takes a duration, as 10m, not", arguments->timeout);
    }
    bool good = find_directory(arguments, &settings) != NULL &&
                cli_send(arguments->config, (uint64_t)timeout_ns);
    cli_settings_clean(&settings);
    return good ? CLI_GOOD_EXIT : CLI_FAULT_EXIT;
}

static int run(const struct cli_arguments *arguments)
{
    const char *action = arguments->operands[0] ? arguments->operands[0] : "ls";
    bool is_purge = strcmp(action, "purge") == 0;
    int64_t older_than_ns = 0;
    struct cli_settings settings = { 0 };
    struct listing listing = { .directory = -1 };
    if (!is_purge && (arguments->older_than || arguments->yes)) {
        return complain("--older-than and --yes go with `purge`, not with", action);
    }
    if (strcmp(action, "send") == 0) {
        return run_send(arguments);
    }
    if (!is_purge && strcmp(action, "ls") != 0) {
        return complain("it can `ls`, `send` and `purge`, not", action);
    }
    if (arguments->timeout) {
        return complain("--timeout goes with `send`, not with", action);
    }
    if (arguments->older_than &&
        !pt_scalar_duration(patter_text(arguments->older_than), &older_than_ns)) {
        return complain("--older-than takes a duration, as 36h or 90m, not", arguments->older_than);
    }
    const char *directory = find_directory(arguments, &settings);
    bool good = directory && open_directory(directory, &listing);
    if (good) {
        bool is_done = !is_purge || run_purge(&listing, arguments, older_than_ns);
        bool is_shown = arguments->json ? print_json(&listing) : print(&listing, directory);
        good = is_done && is_shown;
    }
    if (listing.directory >= 0) {
        close(listing.directory);
    }
    free(listing.rows);
    cli_settings_clean(&settings);
    return good ? CLI_GOOD_EXIT : CLI_FAULT_EXIT;
}

const struct cli_command cli_storage = {
    .name = "storage",
    .operands = "[ls|send|purge]",
    .summary = "show what waits on disk, send it, or remove it",
    .help = "Each run of a program with `storage:` has a journal in the directory; one whose\n"
            "process is gone is an orphan, which the next start sends.\n"
            "\n"
            "ls (default)  each journal: its process, age, spans, bytes, and how many spans\n"
            "              are pending for each exporter\n"
            "send          sends what orphans left to the exporters of patter.yaml\n"
            "purge         removes orphans, and what cannot be read, with the spans in them;\n"
            "              never the journal of a process that lives. Without --yes it only\n"
            "              shows them\n",
    .options = CLI_JSON | CLI_CONFIG | CLI_DIRECTORY | CLI_OLDER_THAN | CLI_YES | CLI_TIMEOUT,
    .operands_max = 1,
    .run = run,
};
