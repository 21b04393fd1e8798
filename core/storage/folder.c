/* SPDX-License-Identifier: MIT */
#include "core/storage/folder.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "core/base/clock.h"
#include "core/base/fork.h"
#include "core/storage/file.h"

enum {
    MAKING_SECONDS = 60,
    PID_TEXT = 16,
    NAME_SIZE = 64,
    TRIES = 5,
    TRIES_NEW = 1000,
    TRY_AGAIN_NS = 1000000
};

int pt_folder_open(int parent, const char *name)
{
    return openat(parent, name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
}

bool pt_folder_is_ours(int fd)
{
    struct stat stat;
    return fstat(fd, &stat) == 0 && stat.st_uid == geteuid() && (stat.st_mode & 077) == 0;
}

/* Who held the lock may have removed the journal meanwhile. */
bool pt_folder_is_still_there(int parent, const char *name, int dirfd)
{
    struct stat by_name, by_fd;
    return fstatat(parent, name, &by_name, AT_SYMLINK_NOFOLLOW) == 0 && fstat(dirfd, &by_fd) == 0 &&
           by_name.st_ino == by_fd.st_ino && by_name.st_dev == by_fd.st_dev;
}

/* ---- the lock ------------------------------------------------------------------------- */

static bool is_alive(int fd)
{
    char text[PID_TEXT + 1] = "";
    size_t len;
    if (pt_file_read(fd, text, PID_TEXT, &len) != 0) {
        return true;
    }
    int pid = atoi(text);
    return pid <= 0 || kill(pid, 0) == 0 || errno != ESRCH;
}

/* Whoever only asks whether the owner lives holds the lock for an instant; that of a new folder,
 * which nobody owns, nobody else wants for longer. */
static bool lock(int fd, bool is_new)
{
    const struct timespec pause = { .tv_nsec = TRY_AGAIN_NS };
    for (int i = 0; flock(fd, LOCK_EX | LOCK_NB) != 0; i++) {
        if (i == (is_new ? TRIES_NEW : TRIES) || (!is_new && is_alive(fd))) {
            return false;
        }
        nanosleep(&pause, NULL);
    }
    return true;
}

/* Those that are held, or about to be. */
struct held {
    struct held *next;
    int fd;
    pid_t pid; /* whose lock it is: a child has a copy */
};

static struct held *all_held; /* under held_lock, which is never held over what a disk may delay */
static pthread_mutex_t held_lock = PTHREAD_MUTEX_INITIALIZER;

static void guard(void)
{
    pt_fork_guard(&held_lock, PT_RANK_STORAGE);
}

static uint64_t count_forks(void)
{
    static pthread_once_t once = PTHREAD_ONCE_INIT;
    pthread_once(&once, guard);
    pthread_mutex_lock(&held_lock);
    uint64_t count = pt_fork_count();
    pthread_mutex_unlock(&held_lock);
    return count;
}

/* False when there was another fork since: then a child may have a copy that it does not know. */
static bool note_held(struct held *held, uint64_t fork_count)
{
    pthread_mutex_lock(&held_lock);
    bool is_alone = pt_fork_count() == fork_count;
    if (is_alone) {
        held->next = all_held;
        all_held = held;
    }
    pthread_mutex_unlock(&held_lock);
    return is_alone;
}

static struct held **find_held(int fd)
{
    struct held **link = &all_held;
    while (*link && (*link)->fd != fd) {
        link = &(*link)->next;
    }
    return link;
}

/* Whose lock it is; 0: it was forgotten. */
static pid_t find_owner(int fd)
{
    pthread_mutex_lock(&held_lock);
    const struct held *held = *find_held(fd);
    pid_t owner = held ? held->pid : 0;
    pthread_mutex_unlock(&held_lock);
    return owner;
}

static void forget_held(int fd)
{
    pthread_mutex_lock(&held_lock);
    struct held **link = find_held(fd);
    struct held *held = *link;
    *link = held->next;
    pthread_mutex_unlock(&held_lock);
    free(held);
}

/* The lock's file, not locked yet, noted for a child to close; -1 with errno. */
static int open_lock(int dirfd, int flags)
{
    struct held *held = malloc(sizeof(*held));
    bool is_noted = false;
    int fd = -1;
    while (held && !is_noted) {
        uint64_t fork_count = count_forks();
        fd = pt_file_open(dirfd, "lock", flags);
        *held = (struct held){ .fd = fd, .pid = getpid() };
        if (fd < 0) {
            break;
        }
        is_noted = note_held(held, fork_count);
        if (!is_noted) {
            close(fd); /* once more, as another open file */
            flags &= ~(O_CREAT | O_EXCL);
        }
    }
    if (!is_noted) {
        int error = held ? errno : ENOMEM;
        free(held);
        errno = error;
        fd = -1;
    }
    return fd;
}

void pt_folder_unlock(int fd)
{
    pid_t owner = fd >= 0 ? find_owner(fd) : 0;
    if (owner == 0) {
        return;
    }
    if (owner == getpid()) { /* else it is the parent's, and stays held */
        flock(fd, LOCK_UN);  /* for a child's copy, too, once it is noted no longer */
    }
    forget_held(fd);
    close(fd);
}

void pt_folder_locks_forget(void)
{
    while (all_held) {
        struct held *held = all_held;
        all_held = held->next;
        close(held->fd);
        free(held);
    }
}

int pt_folder_lock(int dirfd, bool is_new)
{
    char pid[PID_TEXT];
    int fd = open_lock(dirfd, O_RDWR | (is_new ? O_CREAT | O_EXCL : 0));
    if (fd < 0) {
        return -1;
    }
    if (!lock(fd, is_new)) {
        pt_folder_unlock(fd);
        errno = EWOULDBLOCK;
        return -1;
    }
    int len = snprintf(pid, sizeof(pid), "%d\n", (int)getpid());
    int error = ftruncate(fd, 0) == 0 ? pt_file_write(fd, pid, (size_t)len) : errno;
    /* The pid is for people: a full disk is no reason to leave an orphan alone. */
    if (error != 0 && is_new) {
        pt_folder_unlock(fd);
        errno = error;
        return -1;
    }
    return fd;
}

bool pt_folder_is_locked(int dirfd)
{
    int fd = pt_file_open(dirfd, "lock", O_RDONLY);
    bool is_locked = fd >= 0 && flock(fd, LOCK_SH | LOCK_NB) != 0 && errno == EWOULDBLOCK;
    if (fd >= 0) {
        close(fd);
    }
    return is_locked;
}

/* ---- its end -------------------------------------------------------------------------- */

void pt_folder_remove(int parent, const char *name, int dirfd)
{
    int copy = dirfd >= 0 ? openat(dirfd, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC) : -1;
    DIR *folder = copy >= 0 ? fdopendir(copy) : NULL;
    struct dirent *entry;
    while (folder && (entry = readdir(folder))) {
        if (strcmp(entry->d_name, ".") != 0 && strcmp(entry->d_name, "..") != 0 &&
            strcmp(entry->d_name, "lock") != 0) {
            unlinkat(dirfd, entry->d_name, 0);
        }
    }
    if (folder) {
        closedir(folder);
    } else if (copy >= 0) {
        close(copy);
    }
    if (dirfd >= 0) {
        unlinkat(dirfd, "lock", 0);
    }
    unlinkat(parent, name, AT_REMOVEDIR);
}

void pt_folder_discard(int parent, const char *name, int dirfd)
{
    char gone[NAME_SIZE];
    snprintf(gone, sizeof(gone), ".gone-%s", name);
    if (pt_folder_is_still_there(parent, name, dirfd) &&
        renameat(parent, name, parent, gone) == 0) {
        pt_folder_remove(parent, gone, dirfd);
    }
}

/* Whoever took the lock wrote its pid there. */
static bool was_locked(int dirfd)
{
    struct stat stat;
    return fstatat(dirfd, "lock", &stat, AT_SYMLINK_NOFOLLOW) == 0 && stat.st_size > 0;
}

/* Its maker is about to make the lock, or to take it. */
static bool is_being_made(const char *name, int dirfd)
{
    struct stat stat;
    return strncmp(name, ".new-", 5) == 0 && !was_locked(dirfd) && fstat(dirfd, &stat) == 0 &&
           (uint64_t)stat.st_ctim.tv_sec + MAKING_SECONDS >= pt_clock_unix_ns() / 1000000000u;
}

void pt_folder_sweep(int parent, const char *name)
{
    int dirfd = pt_folder_open(parent, name);
    if (dirfd >= 0 && pt_folder_is_ours(dirfd) && !is_being_made(name, dirfd)) {
        int lock = pt_folder_lock(dirfd, false);
        if (lock >= 0 || errno == ENOENT) { /* which was the last to go */
            pt_folder_remove(parent, name, dirfd);
        }
        pt_folder_unlock(lock);
    }
    if (dirfd >= 0) {
        close(dirfd);
    }
}
