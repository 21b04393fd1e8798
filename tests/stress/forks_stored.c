/* SPDX-License-Identifier: MIT */
#include <dirent.h>
#include <fcntl.h>
#include <pthread.h>
#include <signal.h>
#include <string.h>
#include <sys/file.h>
#include <sys/wait.h>
#include <unistd.h>

#include "stress.h"

/*
 * A process that starts and stops tracing with storage forks meanwhile, and is killed while its
 * children live on: whatever it was doing with its journal at the fork, no child holds the lock,
 * so that the next start would find an orphan.
 */

enum { ROUNDS = 12, FORKS = 25, PATIENCE_S = 250 };

static char folder[] = "/tmp/patter-forks-XXXXXX";
static char config[64], store[64];
static int to_children[2];   /* closed in the end */
static int from_children[2]; /* a byte from each once it lives */

static void *start_and_stop(void *nothing)
{
    struct patter_init_options options = { .struct_size = sizeof(options), .config_file = config };
    for (;;) {
        CHECK(patter_init_tracing(&options) == PATTER_OK, "init");
        patter_shutdown_tracing();
    }
    return nothing;
}

static void live_on(void)
{
    char byte = 0;
    CHECK(write(from_children[1], &byte, 1) == 1, "write");
    while (read(to_children[0], &byte, 1) > 0) {
    }
    _exit(0);
}

static void fork_and_die(unsigned round)
{
    pthread_t thread;
    close(to_children[1]);
    pthread_create(&thread, NULL, start_and_stop, NULL);
    for (unsigned i = 0; i < FORKS; i++) {
        usleep((round * 331 + i * 617) % 2000);
        pid_t pid = fork();
        if (pid == 0) {
            live_on();
        }
        CHECK(pid > 0, "fork");
    }
    kill(getpid(), SIGKILL);
}

static void wait_for_children(void)
{
    char byte;
    for (int i = 0; i < FORKS; i++) {
        CHECK(read(from_children[0], &byte, 1) == 1, "child %d", i);
    }
}

/* How many journals are there; each is left to whoever comes. */
static int check_orphans(int round)
{
    int count = 0;
    DIR *journals = opendir(store);
    struct dirent *journal;
    while (journals && (journal = readdir(journals))) {
        char path[400];
        snprintf(path, sizeof(path), "%s/%s/lock", store, journal->d_name);
        int lock = journal->d_name[0] != '.' ? open(path, O_RDWR | O_CLOEXEC) : -1;
        if (lock >= 0) {
            CHECK(flock(lock, LOCK_EX | LOCK_NB) == 0, "round %d: a child holds %s", round, path);
            close(lock);
            count++;
        }
    }
    if (journals) {
        closedir(journals);
    }
    return count;
}

static void start(void)
{
    CHECK(mkdtemp(folder) && pipe(to_children) == 0 && pipe(from_children) == 0,
          "no folder, or no pipe");
    snprintf(store, sizeof(store), "%s/store", folder);
    snprintf(config, sizeof(config), "%s/patter.yaml", folder);
    FILE *file = fopen(config, "w");
    CHECK(file, "%s", config);
    fprintf(file, "log: {level: error}\nstorage: {directory: %s}\nexporters: {stdout: }\n", store);
    fclose(file);
    setenv("PATTER_OTEL_ENABLED", "1", 1);
}

int main(void)
{
    int orphans = 0;
    alarm(PATIENCE_S);
    start();
    for (int round = 0; round < ROUNDS; round++) {
        int status = -1;
        pid_t pid = fork();
        if (pid == 0) {
            fork_and_die((unsigned)round);
        }
        CHECK(waitpid(pid, &status, 0) == pid && WIFSIGNALED(status) && WTERMSIG(status) == SIGKILL,
              "status %x", status);
        wait_for_children();
        orphans += check_orphans(round);
    }
    close(to_children[1]);
    CHECK(setenv("PATTER_TEST_FOLDER", folder, 1) == 0 &&
              system("rm -r \"$PATTER_TEST_FOLDER\"") == 0,
          "rm");
    printf("%d orphans of %d processes were met, none held by one of %d children\n", orphans,
           ROUNDS, ROUNDS * FORKS);
    return 0;
}
