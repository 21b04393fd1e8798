/* SPDX-License-Identifier: MIT */
#include <errno.h>
#include <stdarg.h>
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

__attribute__((format(printf, 1, 2))) static int complain(const char *format, ...)
{
    va_list args;
    va_start(args, format);
    fprintf(stderr, "patter storage: ");
    vfprintf(stderr, format, args);
    fprintf(stderr, "; usage: patter storage [OPTION...] %s (see --help)\n", cli_storage.operands);
    va_end(args);
    return CLI_USAGE_EXIT;
}

/* Whether each option goes with the action; false after a line to standard error. */
static bool check_options(const struct cli_arguments *arguments, const char *action)
{
    const struct {
        const char *name;
        bool is_given;
        const char *actions;
        const char *hint;
    } options[] = {
        { "--older-than", arguments->older_than != NULL, "`purge`", "" },
        { "--yes", arguments->yes, "`purge`", "" },
        { "--timeout", arguments->timeout != NULL, "`send`", "" },
        { "--directory", arguments->directory != NULL, "`ls` and `purge`",
          ": patter.yaml says where that looks, and where to" },
    };
    for (size_t i = 0; i < sizeof(options) / sizeof(options[0]); i++) {
        char quoted[16];
        snprintf(quoted, sizeof(quoted), "`%s`", action);
        if (options[i].is_given && !strstr(options[i].actions, quoted)) {
            complain("%s goes with %s, not with %s%s", options[i].name, options[i].actions, quoted,
                     options[i].hint);
            return false;
        }
    }
    return true;
}

static bool run_send(const struct cli_arguments *arguments, uint64_t timeout_ns)
{
    struct cli_settings settings = { 0 };
    bool good = find_directory(arguments, &settings) != NULL &&
                cli_send(arguments->config, timeout_ns, arguments->json);
    cli_settings_clean(&settings);
    return good;
}

static bool run_here(const struct cli_arguments *arguments, bool is_purge, uint64_t older_than_ns)
{
    struct cli_settings settings = { 0 };
    struct cli_journals journals = { .directory = -1 };
    const char *directory = find_directory(arguments, &settings);
    bool good = directory && cli_journals_read(&journals, directory);
    if (good) {
        journals.log_max = arguments->directory ? 0 : pt_storing_log_max(settings.settings);
        bool is_done = !is_purge || purge(&journals, older_than_ns, arguments->yes);
        bool is_shown = arguments->json ? cli_journals_print_json(&journals)
                                        : cli_journals_print(&journals, directory);
        good = is_done && is_shown;
    }
    cli_journals_clean(&journals);
    cli_settings_clean(&settings);
    return good;
}

static int run(const struct cli_arguments *arguments)
{
    const char *action = arguments->operands[0] ? arguments->operands[0] : "ls";
    bool is_send = strcmp(action, "send") == 0;
    bool is_purge = strcmp(action, "purge") == 0;
    int64_t older_than_ns = 0;
    int64_t timeout_ns = 60 * 1000000000ll;
    if (!is_send && !is_purge && strcmp(action, "ls") != 0) {
        return complain("it can `ls`, `send` and `purge`, not `%s`", action);
    }
    if (!check_options(arguments, action)) {
        return CLI_USAGE_EXIT;
    }
    if (arguments->timeout && !pt_scalar_duration(patter_text(arguments->timeout), &timeout_ns)) {
        return complain("--timeout takes a duration, as 10m, not `%s`", arguments->timeout);
    }
    if (arguments->older_than &&
        !pt_scalar_duration(patter_text(arguments->older_than), &older_than_ns)) {
        return complain("--older-than takes a duration, as 36h or 90m, not `%s`",
                        arguments->older_than);
    }
    bool good = is_send ? run_send(arguments, (uint64_t)timeout_ns)
                        : run_here(arguments, is_purge, (uint64_t)older_than_ns);
    return good ? CLI_GOOD_EXIT : CLI_FAULT_EXIT;
}

const struct cli_command cli_storage = {
    .name = "storage",
    .operands = "[ls|send|purge]",
    .summary = "show what waits on disk, send it, or remove it",
    .help = "Each run of a program with `storage:` has a journal in the directory; one whose\n"
            "process is gone is an orphan, which the next start sends.\n"
            "\n"
            "ls (default)  each journal: who holds it, its age, its spans and open calls,\n"
            "              what its log takes and what is set aside for rings and open\n"
            "              calls, and how many spans are pending for each exporter\n"
            "send          sends what orphans left to the exporters of patter.yaml\n"
            "purge         removes orphans, and what cannot be read, with the spans in them;\n"
            "              never the journal of a process that lives. Without --yes it only\n"
            "              shows them\n",
    .options = CLI_JSON | CLI_CONFIG | CLI_DIRECTORY | CLI_OLDER_THAN | CLI_YES | CLI_TIMEOUT,
    .operands_max = 1,
    .run = run,
};
