/* SPDX-License-Identifier: MIT */
#include "ledger.h"

#include <fcntl.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <unistd.h>

static struct ledger_entry *entries;
static size_t entry_count;
static _Atomic size_t taken; /* any thread, relaxed */

void ledger_open(const char *path, size_t capacity)
{
    size_t size = capacity * sizeof(struct ledger_entry);
    int file = open(path, O_RDWR | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
    void *bytes = MAP_FAILED;
    if (file >= 0 && posix_fallocate(file, 0, (off_t)size) == 0) {
        bytes = mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_POPULATE, file, 0);
    }
    if (bytes == MAP_FAILED) {
        perror(path);
        exit(1);
    }
    close(file);
    entries = bytes;
    entry_count = capacity;
}

struct ledger_entry *ledger_take(void)
{
    if (!entries) {
        return NULL;
    }
    size_t i = atomic_fetch_add_explicit(&taken, 1, memory_order_relaxed);
    if (i >= entry_count) {
        fprintf(stderr, "the ledger is full\n");
        exit(1);
    }
    return &entries[i];
}
