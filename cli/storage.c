/* SPDX-License-Identifier: MIT */
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "cli/command.h"
#include "cli/journals.h"
#include "cli/send.h"
#include "cli/settings.h"
#include "core/base/clock.h"
#include "core/config/scalar.h"
#include "core/storage/summary.h"
#include "core/storing.h"

/* What waits in the storage directory, and the end of what nobody wants. */

/* ---- removing ------------------------------------------------------------------------- */

/* Why it is not to be removed; NULL: it is. */
static const char *reason_to_stay(const struct pt_summary *summary, uint64_t older_than_ns,
                                  uint64_t now_unix_ns)
{
    if (summary->state == PT_SUMMARY_LIVE) {
        return "stays: its process lives";
    }
    if (summary->state == PT_SUMMARY_ADOPTED) {
        return "stays: it is being sent";
    }
    return cli_age_ns(summary->changed_unix_ns, now_unix_ns) < older_than_ns
               ? "stays: it was written to less than --older-than ago"
               : NULL;
}

static const char *remove_one(const struct cli_journals *journals, const char *name, bool *good)
{
    int error = pt_summary_purge(journals->directory, name);
    if (error == EWOULDBLOCK) {
        return "stays: a process has just taken it over";
    }
    *good = *good && error == 0;
    return error ? strerror(error) : "removed";
}

/* Leaves with each what came of it, or would. False when something was not removed that ought to
 * be. */
static bool purge(struct cli_journals *journals, uint64_t older_than_ns, bool is_meant)
{
    uint64_t now_unix_ns = pt_clock_unix_ns();
    unsigned long long count = 0, spans = 0;
    bool good = true;
    for (size_t i = 0; i < journals->count; i++) {
        struct cli_journal *row = &journals->rows[i];
        row->fate = reason_to_stay(&row->summary, older_than_ns, now_unix_ns);
        if (row->fate) {
            continue;
        }
        count++;
        spans += row->summary.spans;
        row->fate = is_meant ? remove_one(journals, row->name, &good) : "would be removed";
    }
    if (!is_meant && count > 0) {
        fprintf(stderr,
                "patter storage: nothing was removed; add --yes to remove %llu journal%s with %llu "
                "span%s for good\n",
                count, count == 1 ? "" : "s", spans, spans == 1 ? "" : "s");
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
    struct cli_journals journals = { .directory = -1 };
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
    bool good = directory && cli_journals_read(&journals, directory);
    if (good) {
        journals.log_max = arguments->directory ? 0 : pt_storing_log_max(settings.settings);
        bool is_done = !is_purge || purge(&journals, (uint64_t)older_than_ns, arguments->yes);
        bool is_shown = arguments->json ? cli_journals_print_json(&journals)
                                        : cli_journals_print(&journals, directory);
        good = is_done && is_shown;
    }
    cli_journals_clean(&journals);
    cli_settings_clean(&settings);
    return good ? CLI_GOOD_EXIT : CLI_FAULT_EXIT;
}

const struct cli_command cli_storage = {
    .name = "storage",
    .operands = "[ls|send|purge]",
    .summary = "show what waits on disk, send it, or remove it",
    .help =
        "Each run of a program with `storage:` has a journal in the directory; one whose\n"
        "process is gone is an orphan, which the next start sends.\n"
        "\n"
        "ls (default)  each journal: who holds it, its age, its spans and open calls, what its\n"
        "              log takes and what is set aside for rings and open calls, and how\n"
        "              many spans are pending for each exporter\n"
        "send          sends what orphans left to the exporters of patter.yaml\n"
        "purge         removes orphans, and what cannot be read, with the spans in them;\n"
        "              never the journal of a process that lives. Without --yes it only\n"
        "              shows them\n",
    .options = CLI_JSON | CLI_CONFIG | CLI_DIRECTORY | CLI_OLDER_THAN | CLI_YES | CLI_TIMEOUT,
    .operands_max = 1,
    .run = run,
};
