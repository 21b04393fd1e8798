/* SPDX-License-Identifier: MIT */
#include "cli/report.h"

#include <errno.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include <patter/types.h>

#include "cli/advice.h"
#include "cli/values.h"
#include "core/base/text.h"
#include "core/storage/file.h"
#include "core/storage/journal.h"
#include "core/storing.h"

/* Does what a start would, and undoes it: what is wrong with a /proc, or a disk without room, does
 * not show before. */
static void try_storage(const struct pt_storage *storage, struct pt_problems *problems)
{
    struct patter_error error = { 0 };
    struct pt_text text = { 0 };
    bool was_there = access(storage->directory, F_OK) == 0;
    signal(SIGXFSZ, SIG_IGN); /* a file beyond `ulimit -f` is an error like others */
    struct pt_journal *journal = pt_journal_create(storage->directory, NULL, 0, &error);
    int cause = errno;
    if (!journal) {
        bool is_passing = pt_file_may_work_later(cause);
        pt_error_write(&error, &text);
        pt_problem_add(problems, storage->place, is_passing ? PATTER_LOG_WARNING : PATTER_LOG_ERROR,
                       "%s%s", pt_text_get(&text),
                       is_passing ? "; spans would wait in memory until it can" : "");
    }
    pt_journal_remove(journal);
    if (!was_there) {
        rmdir(storage->directory);
    }
    pt_text_clean(&text);
}

/* Whoever checks may not be who runs the bot: what is another user's is no fault yet. */
static void check_storage(const struct pt_storage *storage, struct pt_problems *problems)
{
    struct stat stat;
    if (lstat(storage->directory, &stat) == 0 && stat.st_uid != geteuid()) {
        pt_problem_add(problems, storage->place, PATTER_LOG_WARNING,
                       "storage.directory %s belongs to user %u, and this check runs as user %u: "
                       "only a program that its owner runs can use it",
                       storage->directory, stat.st_uid, geteuid());
    } else if (storage->directory[0] == '/') { /* else it is refused already */
        try_storage(storage, problems);
    }
}

bool cli_report_init(struct cli_report *report, const char *file)
{
    cli_settings_load(&report->read, file);
    struct pt_settings *settings = report->read.settings;
    if (!settings) {
        return false;
    }
    report->exporters = calloc(settings->exporter_count + 1, sizeof(*report->exporters));
    if (!report->exporters) {
        return false;
    }
    for (size_t i = 0; i < settings->exporter_count; i++) {
        cli_exporter_init(&report->exporters[i], settings, &settings->exporters[i],
                          &report->read.problems);
        report->exporter_count++;
    }
    if (settings->storage.directory) {
        check_storage(&settings->storage, &report->read.problems);
    }
    report->is_sound = report->read.problems.error_count == 0;
    cli_advice_add(settings, &report->read.problems);
    pt_problems_sort(&report->read.problems);
    return cli_values_collect(report);
}

void cli_report_clean(struct cli_report *report)
{
    for (size_t i = 0; i < report->exporter_count; i++) {
        cli_exporter_clean(&report->exporters[i]);
    }
    free(report->exporters);
    free(report->values);
    pt_arena_clean(&report->arena);
    cli_settings_clean(&report->read);
}

size_t cli_report_count(const struct cli_report *report, int32_t level)
{
    size_t count = 0;
    for (size_t i = 0; i < report->read.problems.count; i++) {
        count += report->read.problems.items[i].level == level;
    }
    return count;
}

bool cli_report_is_good(const struct cli_report *report)
{
    bool good = report->read.problems.error_count == 0;
    for (size_t i = 0; i < report->exporter_count; i++) {
        const struct cli_exporter *exporter = &report->exporters[i];
        good = good && (!exporter->probe.was_sent || exporter->probe.accepted ||
                        exporter->settings->optional);
    }
    return good;
}
