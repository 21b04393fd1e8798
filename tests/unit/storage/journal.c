/* SPDX-License-Identifier: MIT */
#include "core/storage/journal.h"

#include <criterion/criterion.h>
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <patter/patter.h>
#include <patter/version.h>

#include "core/base/clock.h"
#include "core/base/sink.h"
#include "core/base/text.h"
#include "core/storage/directory.h"
#include "core/storage/file.h"
#include "core/storage/origin.h"
#include "tests/unit/storage/support.h"

/* Journals of several processes in one directory. */

static char directory[96]; /* in the test's folder; made by the first journal */
static char last_line[2000];

static void note_line(void *data, int32_t level, const char *line)
{
    (void)data;
    (void)level;
    snprintf(last_line, sizeof(last_line), "%s", line);
}

static void setup(void)
{
    make_folder();
    snprintf(directory, sizeof(directory), "%s/spool", folder);
    pt_sink_set(note_line, NULL);
}

TestSuite(journal, .init = setup, .fini = remove_folder);

static struct pt_journal *create(void)
{
    struct patter_error error = { 0 };
    struct patter_attribute resource[] = {
        { patter_text("service.name"), { .type = PATTER_TEXT, .as.text = patter_text("desk") } },
        { patter_text("app.shard"), { .type = PATTER_INT, .as.integer = -7 } },
        { patter_text("app.share"), { .type = PATTER_DOUBLE, .as.real = 0.5 } },
        { patter_text("app.is_spare"), { .type = PATTER_BOOL, .as.boolean = 1 } },
        { patter_text("app.empty"), { .type = PATTER_TEXT, .as.text = patter_text("") } },
    };
    struct pt_journal *journal = pt_journal_create(directory, resource, 5, &error);
    cr_assert(journal, "%s", error.causes[0].text);
    return journal;
}

static void append(struct pt_journal *journal, uint64_t first, uint32_t count)
{
    unsigned char records[8192] __attribute__((aligned(8)));
    struct pt_segment_file file;
    uint32_t len = 0;
    for (uint32_t i = 0; i < count; i++) {
        len += write_record(records + len, first + i);
    }
    cr_assert_eq(pt_segment_file_create(pt_journal_dirfd(journal), first, &file), 0);
    cr_assert_eq(pt_segment_file_append(&file, first, records, len, count), 0);
    pt_segment_file_close(&file);
}

/* A process that leaves a journal with `count` records behind. */
static void leave_one(uint32_t count, const char *exporter)
{
    pid_t child = fork();
    if (child == 0) {
        struct pt_journal *journal = create();
        pt_journal_cursor(journal, exporter);
        append(journal, 0, count);
        _exit(0);
    }
    int status;
    cr_assert_eq(waitpid(child, &status, 0), child);
    cr_assert_eq(status, 0);
}

static size_t adopt(struct pt_journal ***ret_journals)
{
    last_line[0] = '\0';
    size_t count = pt_journals_adopt(directory, ret_journals);
    cr_assert(pt_sink_drain(pt_clock_monotonic_ns() + 10000000000u));
    return count;
}

/* Of what the directory holds, hidden things too; the name of one goes to `ret_path`. */
static size_t entries(char ret_path[512])
{
    struct dirent *entry;
    size_t count = 0;
    DIR *dir = opendir(directory);
    while (dir && (entry = readdir(dir))) {
        if (strcmp(entry->d_name, ".") != 0 && strcmp(entry->d_name, "..") != 0) {
            count++;
            if (ret_path) {
                snprintf(ret_path, 512, "%s/%s", directory, entry->d_name);
            }
        }
    }
    if (dir) {
        closedir(dir);
    }
    return count;
}

static void close_all(struct pt_journal **journals, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        pt_journal_close(journals[i]);
    }
    free(journals);
}

Test(journal, is_private_and_says_whose_it_is)
{
    struct stat stat_;
    char path[512];
    struct pt_journal *journal = create();
    cr_assert_eq(stat(directory, &stat_), 0);
    cr_assert_eq(stat_.st_mode & 07777, 0700);
    cr_assert_eq(entries(path), 1);
    cr_assert_eq(stat(path, &stat_), 0);
    cr_assert_eq(stat_.st_mode & 07777, 0700);
    static const char *const files[] = { "lock", "origin", "cursors" };
    for (size_t i = 0; i < 3; i++) {
        cr_assert_eq(fstatat(pt_journal_dirfd(journal), files[i], &stat_, AT_SYMLINK_NOFOLLOW), 0);
        cr_assert_eq(stat_.st_mode & 07777, 0600);
    }
    cr_assert(pt_str_is(pt_journal_scope_version(journal), PATTER_VERSION));
    pt_journal_remove(journal);
    cr_assert_eq(entries(NULL), 0);
}

/* A folder of the journal's kind that says so of who recorded its spans. */
static bool leaves_as(const char *version, const char *expected)
{
    static int number;
    char name[16];
    struct pt_origin read = { 0 };
    const struct pt_origin origin = { .scope_version = patter_text(version) };
    int parent = open_folder(folder);
    snprintf(name, sizeof(name), "origin-%d", number++);
    cr_assert_eq(mkdirat(parent, name, 0700), 0);
    int dirfd_ = openat(parent, name, O_RDONLY | O_DIRECTORY);
    cr_assert_eq(pt_origin_write(dirfd_, &origin), 0);
    cr_assert_eq(pt_origin_read(dirfd_, &read), PT_ORIGIN_READ);
    bool is_expected = pt_str_is(read.scope_version, expected);
    pt_origin_clean(&read);
    close(dirfd_);
    close(parent);
    return is_expected;
}

Test(journal, a_version_that_is_none_does_not_leave)
{
    cr_assert(leaves_as("0.1.0", "0.1.0"));
    cr_assert(leaves_as("12.345.6", "12.345.6"));
    cr_assert(leaves_as("call +49 170 1234567 John", ""));
    cr_assert(leaves_as("49.1701.234567", ""));
    cr_assert(leaves_as("1.2", ""));
    cr_assert(leaves_as("1.2.3.4", ""));
    cr_assert(leaves_as("1..3", ""));
    cr_assert(leaves_as("", ""));
}

static bool is_no_number(void *nothing, const struct patter_attribute *attribute)
{
    return !nothing && attribute->value.type != PATTER_INT &&
           attribute->value.type != PATTER_DOUBLE;
}

Test(journal, of_a_dead_process_is_adopted_once_with_all_that_it_holds)
{
    struct pt_journal **journals, **others;
    const struct pt_journal_file *files;
    size_t count;
    leave_one(9, "otlp-http");
    cr_assert_eq(adopt(&journals), 1);
    cr_assert_eq(adopt(&others), 0, "it is held");
    free(others);

    const struct patter_attribute *resource = pt_journal_resource(journals[0], &count);
    cr_assert_eq(count, 5);
    cr_assert(pt_str_is(resource[0].key, "service.name"));
    cr_assert(pt_str_is(resource[0].value.as.text, "desk"));
    cr_assert_eq(resource[1].value.as.integer, -7);
    cr_assert_eq(resource[2].value.as.real, 0.5);
    cr_assert_eq(resource[3].value.type, PATTER_BOOL);
    cr_assert_eq(resource[3].value.as.boolean, 1);
    cr_assert(pt_str_is(resource[4].value.as.text, ""));
    pt_journal_filter_resource(journals[0], is_no_number, NULL);
    resource = pt_journal_resource(journals[0], &count);
    cr_assert_eq(count, 3);
    cr_assert(pt_str_is(resource[0].value.as.text, "desk"));
    cr_assert_eq(resource[1].value.type, PATTER_BOOL);

    cr_assert_eq(pt_journal_settle(journals[0], (const char *const[]){ "otlp-http" }, 1), 0);
    cr_assert_eq(pt_journal_files(journals[0], &files), 1);
    cr_assert_eq(files[0].first, 0);
    cr_assert_eq(files[0].count, 9);
    cr_assert_eq(pt_stored_cursor_pending(pt_journal_cursor(journals[0], "otlp-http"), 0, 9), 9);
    pt_journal_remove(journals[0]);
    free(journals);
    cr_assert_eq(entries(NULL), 0);
    cr_assert_eq(adopt(&journals), 0);
    free(journals);
}

Test(journal, that_was_closed_is_for_the_next)
{
    struct pt_journal **journals;
    struct pt_journal *journal = create();
    append(journal, 0, 4);
    pt_journal_close(journal);
    cr_assert_eq(adopt(&journals), 1);
    close_all(journals, 1);
    cr_assert_eq(adopt(&journals), 1, "and again for the one after");
    close_all(journals, 1);
}

Test(journal, whose_owner_lives_is_never_touched)
{
    struct pt_journal **journals;
    int to_child[2], to_parent[2];
    char byte;
    cr_assert_eq(pipe(to_child) | pipe(to_parent), 0);
    pid_t child = fork();
    if (child == 0) {
        struct pt_journal *journal = create();
        append(journal, 0, 4);
        (void)!write(to_parent[1], "x", 1);
        (void)!read(to_child[0], &byte, 1);
        _exit(0);
    }
    cr_assert_eq(read(to_parent[0], &byte, 1), 1);
    struct pt_journal *own = create();
    cr_assert_eq(entries(NULL), 2, "side by side");
    cr_assert_eq(adopt(&journals), 0);
    free(journals);
    cr_assert_str_eq(last_line, "", "and nothing to tell of");
    cr_assert_eq(kill(child, SIGKILL), 0);
    cr_assert_eq(waitpid(child, NULL, 0), child);
    cr_assert_eq(adopt(&journals), 1);
    close_all(journals, 1);
    pt_journal_remove(own);
}

Test(journal, two_that_adopt_at_once_get_different_ones, .timeout = 60)
{
    enum { JOURNALS = 12, ADOPTERS = 4 };
    for (int i = 0; i < JOURNALS; i++) {
        leave_one(3, "a");
    }
    int to_parent[2], go[2];
    cr_assert_eq(pipe(to_parent) | pipe(go), 0);
    pid_t children[ADOPTERS];
    for (int i = 0; i < ADOPTERS; i++) {
        children[i] = fork();
        if (children[i] == 0) {
            struct pt_journal **journals;
            char byte;
            close(go[1]);
            (void)!read(go[0], &byte, 1); /* until all are there */
            size_t count = adopt(&journals);
            for (size_t j = 0; j < count; j++) {
                (void)!write(to_parent[1], "x", 1);
                pt_journal_remove(journals[j]);
            }
            free(journals);
            _exit(0);
        }
    }
    close(go[0]);
    close(go[1]);
    for (int i = 0; i < ADOPTERS; i++) {
        int status;
        cr_assert_eq(waitpid(children[i], &status, 0), children[i]);
        cr_assert_eq(status, 0);
    }
    char bytes[64];
    cr_assert_eq(read(to_parent[0], bytes, sizeof(bytes)), JOURNALS);
    cr_assert_eq(entries(NULL), 0);
}

Test(journal, orphans_come_oldest_first)
{
    struct pt_journal **journals;
    for (uint32_t i = 1; i <= 5; i++) {
        leave_one(i, "a");
    }
    cr_assert_eq(adopt(&journals), 5);
    for (uint32_t i = 0; i < 5; i++) {
        const struct pt_journal_file *files;
        cr_assert_eq(pt_journal_files(journals[i], &files), 1);
        cr_assert_eq(files[0].count, i + 1);
    }
    close_all(journals, 5);
}

Test(journal, tells_its_files_in_order_without_those_that_cannot_be_read)
{
    struct pt_journal **journals;
    const struct pt_journal_file *files;
    struct pt_journal *journal = create();
    append(journal, 300, 5);
    append(journal, 20, 7);
    append(journal, 0, 6);
    int dirfd_ = pt_journal_dirfd(journal);
    cr_assert_eq(symlinkat("log.0000000000000000", dirfd_, "log.0000000000000006"), 0);
    write_bytes(dirfd_, "log.0000000000000030", (const unsigned char *)"", 0);
    pt_journal_close(journal);
    cr_assert_eq(adopt(&journals), 1);
    cr_assert_eq(pt_journal_files(journals[0], &files), 3);
    cr_assert(files[0].first == 0 && files[1].first == 20 && files[2].first == 300);
    cr_assert(files[0].count == 6 && files[1].count == 7 && files[2].count == 5);
    cr_assert_gt(files[0].size, 0);
    cr_assert_gt(files[0].changed_unix_ns, 0);
    close_all(journals, 1);
}

/* Leaves one and harms its origin. */
static void expect_left_alone(size_t at, unsigned char flip, const char *line)
{
    struct pt_journal **journals;
    char path[512];
    size_t size;
    leave_one(3, "a");
    cr_assert_eq(entries(path), 1);
    int dirfd_ = open_folder(path);
    unsigned char *bytes = read_bytes(dirfd_, "origin", &size);
    bytes[at] ^= flip;
    write_bytes(dirfd_, "origin", bytes, size);
    cr_assert_eq(adopt(&journals), 0);
    free(journals);
    cr_assert(strstr(last_line, line), "%s", last_line);
    cr_assert_eq(faccessat(dirfd_, "log.0000000000000000", F_OK, 0), 0);
    bytes[at] ^= flip;
    write_bytes(dirfd_, "origin", bytes, size);
    free(bytes);
    close(dirfd_);
    cr_assert_eq(adopt(&journals), 1);
    pt_journal_remove(journals[0]);
    free(journals);
}

Test(journal, that_cannot_be_read_is_left_alone_and_told)
{
    expect_left_alone(8, 2, "is of another version of patter and is left alone");
    expect_left_alone(0, 1, "cannot be read and is left alone");
    expect_left_alone(24, 1, "cannot be read and is left alone");
    expect_left_alone(120, 64, "cannot be read and is left alone");
}

Test(journal, with_any_byte_of_its_origin_harmed_is_not_trusted, .timeout = 60)
{
    struct pt_journal **journals;
    char path[512];
    size_t size;
    leave_one(3, "a");
    entries(path);
    int dirfd_ = open_folder(path);
    unsigned char *bytes = read_bytes(dirfd_, "origin", &size);
    for (size_t i = 0; i < size; i++) {
        bytes[i] ^= 0x11;
        write_bytes(dirfd_, "origin", bytes, size);
        cr_assert_eq(adopt(&journals), 0, "byte %zu", i);
        free(journals);
        bytes[i] ^= 0x11;
        write_bytes(dirfd_, "origin", bytes, i);
        cr_assert_eq(adopt(&journals), 0, "torn at %zu", i);
        free(journals);
    }
    free(bytes);
    close(dirfd_);
}

Test(journal, whose_cursors_are_broken_sends_all_to_all)
{
    struct pt_journal **journals;
    char path[512];
    leave_one(3, "a");
    entries(path);
    int dirfd_ = open_folder(path);
    write_bytes(dirfd_, "cursors", (const unsigned char *)"?", 1);
    close(dirfd_);
    cr_assert_eq(adopt(&journals), 1);
    cr_assert_eq(pt_journal_settle(journals[0], (const char *const[]){ "b" }, 1), 0);
    cr_assert_eq(pt_stored_cursor_pending(pt_journal_cursor(journals[0], "b"), 0, 3), 3);
    close_all(journals, 1);
}

static void expect_refused_for_now(const char *why)
{
    struct pt_journal **journals;
    cr_assert_eq(adopt(&journals), 0);
    free(journals);
    cr_assert(strstr(last_line, "stays for the next start"), "%s", last_line);
    cr_assert(strstr(last_line, why), "%s", last_line);
    cr_assert_null(strstr(last_line, "purge"), "its spans are good");
}

Test(journal, whose_cursors_cannot_be_made_anew_stays_for_the_next_start)
{
    struct pt_journal **journals;
    struct rlimit limit;
    char path[512];
    leave_one(3, "a");
    entries(path);
    int dirfd_ = open_folder(path);
    write_bytes(dirfd_, "cursors", (const unsigned char *)"?", 1);
    getrlimit(RLIMIT_FSIZE, &limit);
    limit.rlim_cur = 4096;
    cr_assert_eq(setrlimit(RLIMIT_FSIZE, &limit), 0);
    expect_refused_for_now("File too large");
    expect_refused_for_now("File too large");
    unlinkat(dirfd_, "cursors", 0);
    expect_refused_for_now("File too large");
    limit.rlim_cur = limit.rlim_max;
    cr_assert_eq(setrlimit(RLIMIT_FSIZE, &limit), 0);
    cr_assert_eq(adopt(&journals), 1);
    cr_assert_eq(pt_journal_settle(journals[0], (const char *const[]){ "a" }, 1), 0);
    cr_assert_eq(pt_stored_cursor_pending(pt_journal_cursor(journals[0], "a"), 0, 3), 3);
    close_all(journals, 1);
    close(dirfd_);
}

/* Whatever it is for that one is lacking. */
Test(journal, for_which_descriptors_are_short_stays_as_it_is)
{
    struct pt_journal **journals;
    struct rlimit limit;
    size_t count = 0;
    int refusals = 0;
    struct pt_journal *journal = create();
    struct pt_stored_cursor *cursor = pt_journal_cursor(journal, "a");
    append(journal, 0, 3);
    pt_stored_cursor_begin(cursor, 0, 2);
    pt_stored_cursor_answer(cursor, 2, 2);
    pt_journal_close(journal);
    int first_free = dup(0);
    close(first_free);
    getrlimit(RLIMIT_NOFILE, &limit);
    for (rlim_t more = 1; count == 0; more++) {
        limit.rlim_cur = (rlim_t)first_free + more;
        cr_assert_eq(setrlimit(RLIMIT_NOFILE, &limit), 0);
        count = adopt(&journals);
        refusals += strstr(last_line, "Too many open files") != NULL;
        cr_assert_null(strstr(last_line, "purge"), "%s", last_line);
        if (count == 0) {
            free(journals);
        }
    }
    cr_assert_gt(refusals, 1);
    cr_assert_eq(pt_journal_settle(journals[0], (const char *const[]){ "a" }, 1), 0);
    cr_assert_eq(pt_stored_cursor_pending(pt_journal_cursor(journals[0], "a"), 0, 3), 1);
    close_all(journals, 1);
}

Test(journal, half_made_or_half_removed_goes_when_its_process_is_dead)
{
    struct pt_journal **journals;
    char path[512], other[600];
    leave_one(3, "a");
    entries(path);
    snprintf(other, sizeof(other), "%s/.gone-%s", directory, strrchr(path, '/') + 1);
    cr_assert_eq(rename(path, other), 0);
    cr_assert_eq(adopt(&journals), 0);
    free(journals);
    cr_assert_eq(entries(NULL), 0);

    struct pt_journal *journal = create();
    entries(path);
    snprintf(other, sizeof(other), "%s/.new-%s", directory, strrchr(path, '/') + 1);
    cr_assert_eq(rename(path, other), 0);
    cr_assert_eq(adopt(&journals), 0);
    free(journals);
    cr_assert_eq(entries(NULL), 1, "its process is at it");
    pt_journal_close(journal);
    cr_assert_eq(adopt(&journals), 0);
    free(journals);
    cr_assert_eq(entries(NULL), 0);

    snprintf(other, sizeof(other), "%s/.new-01234567-89ab-4cde-8f01-23456789abcd", directory);
    cr_assert_eq(mkdir(other, 0700), 0);
    cr_assert_eq(adopt(&journals), 0);
    free(journals);
    cr_assert_eq(entries(NULL), 1, "its lock may be made in a moment");
}

Test(journal, in_which_others_may_look_is_left_alone)
{
    struct pt_journal **journals;
    char path[512], target[600];
    leave_one(3, "a");
    entries(path);
    cr_assert_eq(chmod(path, 0750), 0);
    cr_assert_eq(adopt(&journals), 0);
    free(journals);
    cr_assert(strstr(last_line, "left alone"));
    cr_assert_eq(chmod(path, 0700), 0);

    snprintf(target, sizeof(target), "%s/elsewhere", folder);
    cr_assert_eq(rename(path, target), 0);
    cr_assert_eq(symlink(target, path), 0);
    cr_assert_eq(adopt(&journals), 0, "a link");
    free(journals);
    cr_assert_eq(unlink(path), 0);
    cr_assert_eq(rename(target, path), 0);

    snprintf(target, sizeof(target), "%s/lock", path);
    cr_assert_eq(unlink(target), 0);
    cr_assert_eq(symlink("/dev/null", target), 0);
    cr_assert_eq(adopt(&journals), 0, "a link for a lock");
    free(journals);
}

static void expect_refused(const char *path, const char *line)
{
    struct patter_error error = { 0 };
    struct pt_text text = { 0 };
    cr_assert_null(pt_journal_create(path, NULL, 0, &error));
    pt_error_write(&error, &text);
    cr_assert(strstr(pt_text_get(&text), line), "%s", pt_text_get(&text));
    pt_text_clean(&text);
}

Test(journal, in_a_directory_that_is_not_ours_is_refused_with_its_cure)
{
    char path[512], line[1024];
    struct pt_journal **journals;
    pt_journal_close(create());

    cr_assert_eq(chmod(directory, 0755), 0);
    snprintf(line, sizeof(line),
             "others than its owner may enter storage.directory %s (user %u, mode 0755); run "
             "`chmod 0700 %s`",
             directory, geteuid(), directory);
    expect_refused(directory, line);
    cr_assert_eq(adopt(&journals), 0);
    free(journals);

    /* Nobody is told to change the mode of what is not patter's alone. */
    snprintf(path, sizeof(path), "%s/passwd", directory);
    close(open(path, O_CREAT | O_WRONLY | O_CLOEXEC, 0600));
    snprintf(line, sizeof(line),
             "storage.directory %s/ is not patter's alone, and others than its owner may "
             "enter it (user %u, mode 0755); name a folder of its own, such as %s/patter",
             directory, geteuid(), directory);
    snprintf(path, sizeof(path), "%s/", directory);
    expect_refused(path, line);
    snprintf(path, sizeof(path), "%s/passwd", directory);
    cr_assert_eq(unlink(path), 0);
    cr_assert_eq(chmod(directory, 0700), 0);

    snprintf(path, sizeof(path), "%s/link", folder);
    cr_assert_eq(symlink(directory, path), 0);
    expect_refused(path, "and no symbolic link");
    snprintf(path, sizeof(path), "%s/no/such", folder);
    expect_refused(path, "the folder that it is in does not exist");
    snprintf(path, sizeof(path), "%s/file", folder);
    close(open(path, O_CREAT | O_WRONLY | O_CLOEXEC, 0600));
    expect_refused(path, "it must be a directory");
    if (geteuid() == 0) {
        cr_assert_eq(chown(directory, 4321, 4321), 0);
        snprintf(line, sizeof(line),
                 "%s belongs to user 4321 (mode 0700), but must belong to the process's user 0; "
                 "run `chown 0 %s`",
                 directory, directory);
        expect_refused(directory, line);
    }
}

Test(journal, on_a_disk_without_room_is_not_made_and_leaves_nothing)
{
    struct patter_error error = { 0 };
    cr_assert_eq(mkdir(directory, 0700), 0);
    signal(SIGXFSZ, SIG_IGN);
    struct rlimit limit = { 4096, RLIM_INFINITY };
    cr_assert_eq(setrlimit(RLIMIT_FSIZE, &limit), 0);
    cr_assert_null(pt_journal_create(directory, NULL, 0, &error));
    cr_assert(strstr(error.causes[0].text, "a journal cannot be made there"));
    cr_assert_eq(entries(NULL), 0);
}

Test(journal, whose_directory_vanishes_goes_on)
{
    struct pt_segment_file file;
    struct pt_journal *journal = create();
    struct pt_stored_cursor *cursor = pt_journal_cursor(journal, "a");
    append(journal, 0, 4);
    remove_folder();
    pt_stored_cursor_begin(cursor, 0, 4);
    pt_stored_cursor_answer(cursor, 4, 4);
    cr_assert_eq(pt_segment_file_create(pt_journal_dirfd(journal), 4, &file), ENOENT);
    cr_assert_eq(pt_segment_file_remove(pt_journal_dirfd(journal), 0), ENOENT);
    pt_journal_remove(journal);
}

Test(journal, in_a_forked_child_is_let_go_of_without_harm)
{
    struct pt_journal **journals;
    struct pt_journal *journal = create();
    pid_t child = fork();
    if (child == 0) {
        pt_journal_close(journal);
        _exit(adopt(&journals) != 0);
    }
    int status;
    cr_assert_eq(waitpid(child, &status, 0), child);
    cr_assert_eq(status, 0, "the parent's is no orphan");
    append(journal, 0, 1);
    pt_journal_remove(journal);
}

static size_t descriptors(void)
{
    size_t count = 0;
    for (int fd = 0; fd < 1024; fd++) {
        count += fcntl(fd, F_GETFD) != -1;
    }
    return count;
}

Test(journal, no_more_descriptors_stay_open_than_two_for_each)
{
    struct pt_journal *journals[3];
    size_t before = descriptors();
    for (size_t i = 0; i < 3; i++) {
        journals[i] = create();
        append(journals[i], 0, 2);
    }
    cr_assert_eq(descriptors() - before, 6);
    for (size_t i = 0; i < 3; i++) {
        pt_journal_close(journals[i]);
    }
    cr_assert_eq(descriptors(), before);
}

/* As its maker is about to take the lock that it has made. */
Test(journal, one_that_is_being_made_is_not_swept)
{
    static const char name[] = ".new-01234567-89ab-cdef-0123-456789abcdef";
    struct stat stat_;
    pt_journal_close(create());
    int parent = open_folder(directory);
    cr_assert_eq(mkdirat(parent, name, 0700), 0);
    int dirfd_ = openat(parent, name, O_RDONLY | O_DIRECTORY);
    int lock = openat(dirfd_, "lock", O_RDWR | O_CREAT | O_EXCL, 0600);
    struct pt_journal **journals;
    size_t count = pt_journals_adopt(directory, &journals);
    close_all(journals, count);
    cr_assert_eq(fstatat(parent, name, &stat_, 0), 0);
    cr_assert_eq(flock(lock, LOCK_EX | LOCK_NB), 0, "nobody holds it");
    close(lock);
    close(dirfd_);
    close(parent);
}
