/* SPDX-License-Identifier: MIT */
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include "core/record/ring.h"
#include "core/record/slot.h"
#include "core/record/survival.h"
#include "core/storage/leftover.h"
#include "tests/survival/work.h"

/* A process forks while its threads write into mapped rings and slots, the most of which came when
 * they were at work: at the beginning there was no room. Parent and child go on, each
 * in its own files, and neither meets what is the other's. */

enum { FORKS = 8, OPEN = 32 };

static struct pt_thread self = { .ring.id = 100 };
static uint64_t handles[OPEN];

static void remove_folder(const char *directory)
{
    char command[64];
    snprintf(command, sizeof(command), "rm -r %s", directory);
    CHECK(system(command) == 0, "cannot remove %s", directory);
}

static int new_folder(char *directory)
{
    CHECK(mkdtemp(directory), "no folder");
    return open(directory, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
}

static void begin(int dirfd)
{
    struct patter_error error = { 0 };
    CHECK(pt_survival_begin(dirfd, 8 << 20, &error), "%s", error.causes[0].text);
}

static void open_span(uint64_t *ret_handle)
{
    struct pt_slot *slot = pt_slot_take(&self, ret_handle);
    CHECK(slot, "no slot");
    memset(slot->record, 0, sizeof(*slot->record));
    slot->record->size = sizeof(*slot->record);
}

static void end_span(uint64_t handle)
{
    struct pt_slot *slot = pt_slot_find(handle);
    CHECK(slot && pt_slot_claim(&self, slot, handle), "a span is gone");
    pt_slot_give(&self, slot);
}

/* An open span in a slot that had others before. */
static void open_next(uint64_t *ret_handle, void (*check)(uint64_t handle))
{
    for (int i = 0; i < 5; i++) {
        open_span(ret_handle);
        check(*ret_handle);
        end_span(*ret_handle);
    }
    open_span(ret_handle);
    check(*ret_handle);
}

/* ---- the child ------------------------------------------------------------------------------ */

static bool count_own(void *count, const struct pt_record *record)
{
    CHECK(record->ring_id == 100, "a record of ring %u in the child's files", record->ring_id);
    ++*(uint64_t *)count;
    return true;
}

static uint64_t appended_none(void *count, uint32_t ring_id)
{
    (void)count;
    (void)ring_id;
    return 0;
}

static void check_own(int dirfd, uint64_t expected)
{
    static struct pt_salvaged_keys keys;
    struct patter_error error = { 0 };
    struct pt_leftover_counts counts;
    uint64_t count = 0;
    struct pt_leftover_reader reader = { &count, appended_none, count_own };
    CHECK(pt_leftover_keys_read(dirfd, &keys, &error), "%s", error.causes[0].text);
    CHECK(pt_leftovers_read(dirfd, &keys, 0, &reader, &counts, &error), "%s", error.causes[0].text);
    CHECK(count == expected, "%llu of %llu", (unsigned long long)count,
          (unsigned long long)expected);
}

static void write_own(uint32_t count)
{
    struct pt_record record = { .size = sizeof(record) };
    for (uint32_t i = 0; i < count; i++) {
        CHECK(pt_ring_write(&self.ring, &record, 1) != PT_RING_REFUSED, "refused");
    }
}

static void check_new(uint64_t handle)
{
    for (int i = 0; i < OPEN; i++) {
        CHECK(handle != handles[i], "a handle came twice");
    }
}

static void child(void)
{
    enum { RECORDS = 20000 };
    char directory[] = "/tmp/patter-fork-XXXXXX";
    CHECK(pt_survival_forget(), "memory is short");
    pt_threads_forget();
    pt_slots_forget();
    self = (struct pt_thread){ .ring.id = 100 };
    for (int i = 0; i < OPEN; i++) {
        CHECK(!pt_slot_find(handles[i]), "an inherited handle is not void");
    }
    write_own(RECORDS); /* with tracing off memory is plain */
    for (int i = 0; i < 500; i++) {
        uint64_t handle;
        open_next(&handle, check_new);
    }
    pt_ring_discard(&self.ring);

    int dirfd = new_folder(directory);
    begin(dirfd);
    write_own(RECORDS);
    check_own(dirfd, RECORDS);
    remove_folder(directory);
    _exit(0);
}

/* ---- the parent ------------------------------------------------------------------------------ */

static void check_ended(const struct tally *tally)
{
    for (int i = 0; i < WORK_THREADS; i++) {
        CHECK(atomic_load(&tally->written[i]) > 0, "thread %d wrote nothing", i);
        CHECK(atomic_load(&tally->written[i]) == atomic_load(&tally->appended[i]),
              "thread %d: %llu were written and %llu arrived", i,
              (unsigned long long)atomic_load(&tally->written[i]),
              (unsigned long long)atomic_load(&tally->appended[i]));
    }
}

static void check_nothing(uint64_t handle)
{
    (void)handle;
}

int main(void)
{
    char directory[] = "/tmp/patter-fork-XXXXXX";
    struct tally *tally = tally_new();
    pt_memory_set_max(8 << 20);
    open_next(&handles[0], check_nothing); /* what is there before is taken along */
    int dirfd = new_folder(directory);
    struct rlimit any;
    getrlimit(RLIMIT_FSIZE, &any);
    setrlimit(RLIMIT_FSIZE, &(struct rlimit){ 1 << 20, any.rlim_max });
    CHECK(!pt_survival_begin(dirfd, 8 << 20, NULL), "there was no room");
    setrlimit(RLIMIT_FSIZE, &any);
    for (int i = 1; i < OPEN; i++) {
        open_next(&handles[i], check_nothing);
    }
    work_start(tally, 1);
    CHECK(pt_survival_extend() >= 8 << 20, "there was room");
    for (int i = 0; i < FORKS; i++) {
        int status;
        if (i == FORKS / 2) { /* as if the folder had vanished */
            remove_folder(directory);
            close(dirfd);
            dirfd = new_folder(strcpy(directory, "/tmp/patter-fork-XXXXXX"));
            CHECK(pt_survival_renew(dirfd, 8 << 20) == 0, "not renewed");
        }
        pid_t pid = fork();
        if (pid == 0) {
            child();
        }
        CHECK(waitpid(pid, &status, 0) == pid && status == 0, "the child ended with %d", status);
    }
    work_stop();
    check_ended(tally);
    for (int i = 0; i < OPEN; i++) {
        CHECK(pt_slot_find(handles[i]), "an open span is gone");
    }
    pt_survival_end();
    for (int i = 0; i < OPEN; i++) {
        CHECK(pt_slot_find(handles[i]), "an open span is gone with the files");
    }
    close(dirfd);
    remove_folder(directory);
    return 0;
}
