/* SPDX-License-Identifier: MIT */
#include <fcntl.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#include <patter/patter.h>
#include <patter/testing.h>

#include "core/base/text.h"
#include "core/record/survival.h"
#include "core/record/thread.h"
#include "core/storage/leftover.h"
#include "tests/survival/work.h"

/* A bot is killed in the middle of its calls: each that was open is closed as abandoned, with its
 * id and what it had been given, and none that had ended. */

enum { ROUNDS = 15, THREADS = 2, CALLS = 20000, OPEN = 5 };

enum call_state { CALL_NONE, CALL_OPEN, CALL_ENDING, CALL_ENDED };

static _Atomic uint8_t (*states)[CALLS]; /* shared with the child */

/* ---- the bot -------------------------------------------------------------------------------- */

static void *talk(void *number)
{
    uintptr_t thread = (uintptr_t)number;
    struct patter_call open[OPEN] = { 0 };
    for (uint32_t i = 0; i < CALLS; i++) {
        char id[32];
        if (i >= OPEN) {
            states[thread][i - OPEN] = CALL_ENDING;
            patter_call_end(open[i % OPEN]);
            states[thread][i - OPEN] = CALL_ENDED;
        }
        snprintf(id, sizeof(id), "call-%u-%u", (unsigned)thread, i);
        struct patter_call_options options = { .struct_size = sizeof(options),
                                               .id = patter_text(id),
                                               .direction = patter_text("inbound") };
        open[i % OPEN] = patter_call_begin(&options);
        states[thread][i] = CALL_OPEN;
        patter_span_end(patter_stt_begin(open[i % OPEN]));
        patter_span_set_int(patter_call_root(open[i % OPEN]), "getpatter.stt.text_len", i);
    }
    pause();
    return NULL;
}

static void bot(int dirfd)
{
    struct patter_error error = { 0 };
    struct patter_init_options options = { .struct_size = sizeof(options),
                                           .recorder = patter_recorder_new() };
    pthread_t threads[THREADS];
    setenv("PATTER_OTEL_ENABLED", "1", 1);
    CHECK(patter_init_tracing(&options) == PATTER_OK, "tracing does not start");
    CHECK(pt_survival_begin(dirfd, 16 << 20, &error), "%s", error.causes[0].text);
    pt_threads_start();
    pt_survival_note_alive(1);
    for (uintptr_t i = 0; i < THREADS; i++) {
        CHECK(pthread_create(&threads[i], NULL, talk, (void *)i) == 0, "no thread");
    }
    for (;;) {
        pause();
    }
}

/* ---- what is left --------------------------------------------------------------------------- */

static uint8_t abandoned[THREADS][CALLS];

static uint64_t appended(void *unused, uint32_t ring_id)
{
    (void)unused;
    (void)ring_id;
    return 0;
}

static bool take(void *unused, const struct pt_record *record)
{
    unsigned thread, call;
    char id[32];
    struct patter_str call_id = pt_record_call_id(record);
    (void)unused;
    snprintf(id, sizeof(id), "%.*s", (int)call_id.len, call_id.data);
    CHECK(sscanf(id, "call-%u-%u", &thread, &call) == 2, "'%s' is no call's id", id);
    CHECK(thread < THREADS && call < CALLS, "'%s' is no call's id", id);
    if (record->ring_id == PT_SALVAGED_ROOTS) {
        CHECK(pt_str_equal(pt_record_name(record), patter_text("getpatter.call")), "another name");
        CHECK(record->status == PATTER_STATUS_ERROR, "no error");
        CHECK(memmem(record, record->size, "inbound", 7) || states[thread][call] == CALL_NONE,
              "no direction");
        abandoned[thread][call]++;
    }
    return true;
}

static uint64_t check_left(int dirfd)
{
    static struct pt_salvaged_keys keys;
    struct patter_error error = { 0 };
    struct pt_leftover_counts counts;
    struct pt_leftover_reader reader = { NULL, appended, take };
    memset(abandoned, 0, sizeof(abandoned));
    CHECK(pt_leftover_keys_read(dirfd, &keys, &error), "%s", error.causes[0].text);
    CHECK(pt_leftovers_read(dirfd, &keys, 0, &reader, &counts, &error), "%s", error.causes[0].text);
    CHECK(counts.damaged == 0, "%llu places are damaged", (unsigned long long)counts.damaged);
    for (int thread = 0; thread < THREADS; thread++) {
        for (int i = 0; i < CALLS; i++) {
            enum call_state state = states[thread][i];
            CHECK(abandoned[thread][i] <= 1, "call %d was closed twice", i);
            CHECK(state != CALL_OPEN || abandoned[thread][i], "call %d was open", i);
            CHECK(state != CALL_ENDED || !abandoned[thread][i], "call %d had ended", i);
        }
    }
    return counts.roots;
}

int main(void)
{
    uint64_t roots = 0;
    states = mmap(NULL, THREADS * sizeof(*states), PROT_READ | PROT_WRITE,
                  MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    srand((unsigned)getpid());
    for (int i = 0; i < ROUNDS; i++) {
        char directory[] = "/tmp/patter-calls-XXXXXX", command[64];
        CHECK(mkdtemp(directory), "no folder");
        int dirfd = open(directory, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
        memset((void *)states, 0, THREADS * sizeof(*states));
        pid_t pid = fork();
        if (pid == 0) {
            bot(dirfd);
        }
        while (states[0][OPEN] == CALL_NONE && waitpid(pid, NULL, WNOHANG) == 0) {
            usleep(100);
        }
        usleep((unsigned)rand() % 10000);
        kill(pid, SIGKILL);
        CHECK(waitpid(pid, NULL, 0) == pid, "the bot ended by itself");
        roots += check_left(dirfd);
        snprintf(command, sizeof(command), "rm -r %s", directory);
        CHECK(system(command) == 0, "cannot remove %s", directory);
        close(dirfd);
    }
    CHECK(roots >= ROUNDS * OPEN, "too few for a test");
    printf("%llu open calls were closed\n", (unsigned long long)roots);
    return 0;
}
