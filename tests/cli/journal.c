/* SPDX-License-Identifier: MIT */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "core/storage/file.h"
#include "core/storage/journal.h"

static void print_name(const struct pt_journal *journal)
{
    char link[64], path[4096];
    snprintf(link, sizeof(link), "/proc/self/fd/%d", pt_journal_dirfd(journal));
    ssize_t len = readlink(link, path, sizeof(path) - 1);
    path[len < 0 ? 0 : len] = '\0';
    puts(basename(path));
    fflush(stdout);
}

/*
 * A process with a journal. Usage: cli-journal DIRECTORY SPANS ANSWERED
 * Stores so many spans, of which exporter `otlp-http` has answered for the first ones and `stdout`
 * for none, prints the journal's name, and lives until its standard input ends.
 */
int main(int argc, char **argv)
{
    static struct pt_record records[PT_SEGMENT_FILE_RECORDS];
    struct patter_error error = { 0 };
    struct pt_segment_file file;
    char byte;
    if (argc != 4) {
        return 2;
    }
    uint32_t spans = (uint32_t)atoi(argv[2]);
    uint32_t answered = (uint32_t)atoi(argv[3]);
    struct pt_journal *journal = pt_journal_create(argv[1], NULL, 0, &error);
    if (!journal || pt_segment_file_create(pt_journal_dirfd(journal), 0, &file) != 0) {
        return 1;
    }
    for (uint32_t i = 0; i < spans; i++) {
        records[i].size = sizeof(records[i]);
    }
    if (pt_segment_file_append(&file, 0, (const unsigned char *)records,
                               spans * (uint32_t)sizeof(records[0]), spans) != 0) {
        return 1;
    }
    pt_segment_file_close(&file);
    pt_journal_cursor(journal, "stdout");
    struct pt_stored_cursor *cursor = pt_journal_cursor(journal, "otlp-http");
    pt_stored_cursor_begin(cursor, 0, answered);
    pt_stored_cursor_answer(cursor, answered, answered);
    print_name(journal);
    (void)!read(STDIN_FILENO, &byte, 1);
    pt_journal_close(journal);
    return 0;
}
