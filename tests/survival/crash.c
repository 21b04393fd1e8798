/* SPDX-License-Identifier: MIT */
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include "core/record/ring.h"
#include "core/record/survival.h"
#include "core/storage/leftover.h"
#include "tests/survival/work.h"

/* A process is killed at a random moment: every span that had ended is found once, whole and in
 * order, in the log or in what is left, and every open root is closed. Then the files are damaged.
 */

enum { ROUNDS = 24, ALIVE_NS = 5000 };

static void die(const char *how)
{
    if (strcmp(how, "segv") == 0) {
        signal(SIGSEGV, SIG_DFL);
        *(volatile int *)(uintptr_t)getpagesize() = 1;
    } else if (strcmp(how, "abort") == 0) {
        signal(SIGABRT, SIG_DFL);
        abort();
    }
    pause();
}

static void child(int dirfd, struct tally *tally, const char *how, unsigned wait_us)
{
    struct patter_error error = { 0 };
    setrlimit(RLIMIT_CORE, &(struct rlimit){ 0, 0 });
    pt_memory_set_max(8 << 20);
    if (wait_us % 2) { /* a folder that came late */
        CHECK(pt_survival_renew(dirfd, 16 << 20) == 0, "not renewed");
    } else {
        CHECK(pt_survival_begin(dirfd, 16 << 20, &error), "%s", error.causes[0].text);
    }
    pt_survival_note_alive(ALIVE_NS);
    work_start(tally, 1);
    usleep(wait_us);
    die(how);
}

/* ---- what is left ------------------------------------------------------------------------- */

struct found {
    struct tally *tally;
    uint64_t next[WORK_THREADS];                 /* of the rings */
    uint8_t ended[WORK_THREADS][WORK_ROOTS];     /* roots' records in a ring */
    uint8_t abandoned[WORK_THREADS][WORK_ROOTS]; /* and those that were closed now */
    uint64_t abandoned_count;
};

static uint64_t appended(void *found_, uint32_t ring_id)
{
    struct found *found = found_;
    return ring_id >= 1 && ring_id <= WORK_THREADS
               ? atomic_load(&found->tally->appended[ring_id - 1])
               : 0;
}

static void check_abandoned(const struct pt_record *record)
{
    static const char type[] = "abandoned";
    CHECK(record->status == PATTER_STATUS_ERROR, "no error");
    CHECK(record->end_unix_ns == ALIVE_NS, "its end is %llu",
          (unsigned long long)record->end_unix_ns);
    CHECK(memmem(record, record->size, type, sizeof(type) - 1), "no error.type");
}

static bool take(void *found_, const struct pt_record *record)
{
    struct found *found = found_;
    uint32_t thread = work_thread_of(record);
    int64_t root = work_root_of(record);
    CHECK(pt_record_is_sound(record, record->size), "not sound");
    CHECK(thread < WORK_THREADS && root < WORK_ROOTS, "nobody wrote that");
    CHECK(work_is_whole(record), "torn");
    if (record->ring_id == PT_SALVAGED_ROOTS) {
        CHECK(root >= 0, "a root that is none");
        check_abandoned(record);
        found->abandoned[thread][root]++;
        found->abandoned_count++;
        return true;
    }
    CHECK(record->ring_id == thread + 1, "another ring's");
    CHECK(record->sequence == found->next[thread], "ring %u: %llu comes after %llu",
          record->ring_id, (unsigned long long)record->sequence,
          (unsigned long long)found->next[thread] - 1);
    found->next[thread]++;
    if (root >= 0) {
        found->ended[thread][root]++;
    }
    return true;
}

static void check_roots(const struct found *found, uint32_t thread)
{
    const struct tally *tally = found->tally;
    for (uint32_t i = 0; i < WORK_ROOTS; i++) {
        enum root_state state = atomic_load(&tally->root_states[thread][i]);
        uint64_t place = atomic_load(&tally->root_places[thread][i]);
        int in_log = place > 0 && place <= atomic_load(&tally->appended[thread]);
        int ended = in_log + found->ended[thread][i], abandoned = found->abandoned[thread][i];
        CHECK(ended + abandoned <= 1, "root %u is there twice, %d ended, %d abandoned", i, ended,
              abandoned);
        CHECK(state == ROOT_NONE || ended + abandoned == 1, "root %u is lost in state %d", i,
              (int)state);
        CHECK(state != ROOT_OPEN || abandoned == 1, "root %u was open", i);
        CHECK(state != ROOT_ENDED || ended == 1, "root %u had ended", i);
    }
}

static void check_left(int dirfd, struct tally *tally, uint64_t *ret_left, uint64_t *ret_roots)
{
    static struct found found;
    static struct pt_salvaged_keys keys;
    struct patter_error error = { 0 };
    struct pt_leftover_counts counts;
    struct pt_leftover_reader reader = { &found, appended, take };
    memset(&found, 0, sizeof(found));
    found.tally = tally;
    for (int i = 0; i < WORK_THREADS; i++) {
        found.next[i] = atomic_load(&tally->appended[i]);
    }
    CHECK(pt_leftover_keys_read(dirfd, &keys, &error), "%s", error.causes[0].text);
    CHECK(keys.alive_unix_ns == ALIVE_NS, "alive is %llu", (unsigned long long)keys.alive_unix_ns);
    CHECK(pt_leftovers_read(dirfd, &keys, 0, &reader, &counts, &error), "%s", error.causes[0].text);
    CHECK(counts.damaged == 0, "%llu places are damaged", (unsigned long long)counts.damaged);
    for (uint32_t i = 0; i < WORK_THREADS; i++) {
        CHECK(found.next[i] >= atomic_load(&tally->written[i]), "ring %u: %llu of %llu are there",
              i + 1, (unsigned long long)found.next[i],
              (unsigned long long)atomic_load(&tally->written[i]));
        check_roots(&found, i);
    }
    *ret_left += counts.records;
    *ret_roots += counts.roots;
    CHECK(counts.roots == found.abandoned_count, "counted wrongly");
}

/* ---- damage ------------------------------------------------------------------------------- */

static uint64_t appended_none(void *unused, uint32_t ring_id)
{
    (void)unused;
    (void)ring_id;
    return 0;
}

static bool take_sound(void *unused, const struct pt_record *record)
{
    (void)unused;
    CHECK(pt_record_is_sound(record, record->size), "not sound");
    return true;
}

static void flip(int dirfd, const char *what, uint32_t number)
{
    char name[PT_SURVIVAL_FILE_NAME];
    unsigned char byte;
    snprintf(name, sizeof(name), "%s", what);
    if (strcmp(what, PT_SURVIVAL_KEYS) != 0) {
        pt_survival_file_name(name, what, number);
    }
    int fd = openat(dirfd, name, O_RDWR | O_CLOEXEC);
    off_t size = lseek(fd, 0, SEEK_END);
    for (int i = 0; i < 2000; i++) {
        off_t at = rand() % size;
        /* Heads more often than what is random anyway. */
        at = i % 2 ? at : at / 1024 * 1024 + rand() % 160;
        CHECK(pread(fd, &byte, 1, at) == 1, "%s: nothing at %lld", name, (long long)at);
        byte = (unsigned char)(i % 3 ? byte ^ (1 << rand() % 8) : rand());
        CHECK(pwrite(fd, &byte, 1, at) == 1, "%s cannot be written", name);
    }
    close(fd);
}

/* Whatever stands there, reading it ends, and gives nothing that is not sound. */
static void check_damaged(int dirfd)
{
    static struct pt_salvaged_keys keys;
    struct pt_leftover_counts counts = { 0 };
    struct pt_leftover_reader reader = { NULL, appended_none, take_sound };
    struct patter_error error = { 0 };
    flip(dirfd, PT_SURVIVAL_KEYS, 0);
    flip(dirfd, PT_SURVIVAL_SLOTS, 0);
    flip(dirfd, PT_SURVIVAL_RINGS, 0);
    flip(dirfd, PT_SURVIVAL_RINGS, 1);
    (void)pt_leftover_keys_read(dirfd, &keys, &error);
    CHECK(pt_leftovers_read(dirfd, &keys, 0, &reader, &counts, &error), "%s", error.causes[0].text);
    CHECK(counts.damaged > 0, "no damage was seen");
}

static void remove_files(int dirfd, const char *directory)
{
    char name[PT_SURVIVAL_FILE_NAME];
    unlinkat(dirfd, PT_SURVIVAL_KEYS, 0);
    for (uint32_t i = 0; i < 8; i++) {
        pt_survival_file_name(name, PT_SURVIVAL_RINGS, i);
        unlinkat(dirfd, name, 0);
        pt_survival_file_name(name, PT_SURVIVAL_SLOTS, i);
        unlinkat(dirfd, name, 0);
    }
    CHECK(rmdir(directory) == 0, "something else is in %s", directory);
}

static void round_of(const char *how, int expected_signal, uint64_t *left, uint64_t *roots)
{
    char directory[] = "/tmp/patter-crash-XXXXXX";
    int status;
    CHECK(mkdtemp(directory), "no folder");
    int dirfd = open(directory, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    struct tally *tally = tally_new();
    unsigned wait_us = 1000 + (unsigned)rand() % 30000;
    pid_t pid = fork();
    if (pid == 0) {
        child(dirfd, tally, how, wait_us);
        _exit(0);
    }
    while (!atomic_load(&tally->ready) && waitpid(pid, &status, WNOHANG) == 0) {
        usleep(100);
    }
    CHECK(atomic_load(&tally->ready), "the child did not begin");
    if (expected_signal == SIGKILL) {
        usleep(wait_us);
        kill(pid, SIGKILL);
    }
    CHECK(waitpid(pid, &status, 0) == pid, "no child");
    CHECK(WIFSIGNALED(status) && WTERMSIG(status) == expected_signal, "it ended with %d", status);
    check_left(dirfd, tally, left, roots);
    check_damaged(dirfd);
    remove_files(dirfd, directory);
    close(dirfd);
    munmap(tally, sizeof(*tally));
}

int main(void)
{
    uint64_t left = 0, roots = 0;
    srand((unsigned)getpid());
    for (int i = 0; i < ROUNDS; i++) {
        round_of("kill", SIGKILL, &left, &roots);
        if (i % 4 == 0) {
            round_of("segv", SIGSEGV, &left, &roots);
            round_of("abort", SIGABRT, &left, &roots);
        }
    }
    printf("%llu records and %llu open roots were left and found\n", (unsigned long long)left,
           (unsigned long long)roots);
    CHECK(left > ROUNDS && roots > ROUNDS, "too few for a test");
    return 0;
}
