/* SPDX-License-Identifier: MIT */
#include "core/watch.h"

#include <errno.h>
#include <limits.h>
#include <poll.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <sys/inotify.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <unistd.h>

#include "core/base/clock.h"
#include "core/pipeline/pipeline.h"

enum { QUIET_MS = 100, NO_LONGER_THAN_MS = 1000 };

/* Which content the file has; zeroed: there is none. */
struct version {
    dev_t device;
    ino_t inode;
    off_t size;
    struct timespec modified, changed;
};

/* Freed by whoever comes last, the thread or its owner. */
struct pt_watch {
    char file[PATH_MAX];
    void (*changed)(void);
    char target[PATH_MAX]; /* where `file` leads to; the thread's, as is the next */
    struct version version;
    int notify; /* inotify */
    int stop;   /* an eventfd: written once, never read */
    pthread_t thread;
    pthread_mutex_t lock;
    pthread_cond_t end;
    bool ended; /* under lock */
    bool left;  /* under lock: by its owner */
};

/* ---- the file -------------------------------------------------------------------- */

static struct version look(const char *file)
{
    struct stat stat_;
    struct version version;
    memset(&version, 0, sizeof(version)); /* padding, too: it is compared as bytes */
    if (stat(file, &stat_) == 0) {
        version.device = stat_.st_dev;
        version.inode = stat_.st_ino;
        version.size = stat_.st_size;
        version.modified = stat_.st_mtim;
        version.changed = stat_.st_ctim;
    }
    return version;
}

static const char *base_of(const char *path)
{
    return strrchr(path, '/') + 1;
}

/* False when its folder cannot be watched. */
static bool watch_folder_of(const struct pt_watch *watch, const char *path)
{
    char folder[PATH_MAX];
    int len = (int)(base_of(path) - path);
    snprintf(folder, sizeof(folder), "%.*s", len, path);
    return inotify_add_watch(watch->notify, folder,
                             IN_CLOSE_WRITE | IN_MOVED_TO | IN_CREATE | IN_ATTRIB | IN_ONLYDIR) >=
           0;
}

/* The folder of the name, and that of the file itself where the name is a link to it. Again after
 * each change: a link may lead elsewhere. */
static bool watch_folders(struct pt_watch *watch)
{
    if (realpath(watch->file, watch->target)) {
        watch_folder_of(watch, watch->target);
    } else {
        snprintf(watch->target, sizeof(watch->target), "%s", watch->file);
    }
    return watch_folder_of(watch, watch->file);
}

/* What else happens in the folder wakes nobody for long. Kubernetes moves the link `..data`. */
static bool is_about_file(const struct pt_watch *watch, const struct inotify_event *event)
{
    return event->len == 0 || strcmp(event->name, base_of(watch->file)) == 0 ||
           strcmp(event->name, "..data") == 0 || strcmp(event->name, base_of(watch->target)) == 0;
}

/* Takes all events that are there; whether one is about the file. */
static bool take_events(const struct pt_watch *watch)
{
    _Alignas(struct inotify_event) char buffer[4096];
    bool is_about = false;
    ssize_t len;
    while ((len = read(watch->notify, buffer, sizeof(buffer))) > 0) {
        for (ssize_t at = 0; at < len;) {
            const struct inotify_event *event = (const void *)(buffer + at);
            is_about |= is_about_file(watch, event);
            at += (ssize_t)(sizeof(*event) + event->len);
        }
    }
    return is_about;
}

/* ---- the thread -------------------------------------------------------------------- */

/* Whether to go on: false once it was stopped. */
static bool wait_for(const struct pt_watch *watch, int timeout_ms, bool *ret_has_events)
{
    struct pollfd files[] = { { .fd = watch->notify, .events = POLLIN },
                              { .fd = watch->stop, .events = POLLIN } };
    int count = poll(files, 2, timeout_ms);
    *ret_has_events = count > 0 && files[0].revents != 0;
    return count <= 0 || files[1].revents == 0;
}

/* Several changes in a row are one. */
static bool wait_for_quiet(const struct pt_watch *watch)
{
    uint64_t until_ns = pt_clock_monotonic_ns() + NO_LONGER_THAN_MS * UINT64_C(1000000);
    bool has_events = true;
    bool go_on = true;
    while (go_on && has_events && pt_clock_monotonic_ns() < until_ns) {
        go_on = wait_for(watch, QUIET_MS, &has_events);
        has_events = has_events && take_events(watch);
    }
    return go_on;
}

static void free_watch(struct pt_watch *watch)
{
    close(watch->notify);
    close(watch->stop);
    pthread_cond_destroy(&watch->end);
    pthread_mutex_destroy(&watch->lock);
    free(watch);
}

static void *run(void *watch_)
{
    struct pt_watch *watch = watch_;
    bool has_events;
    prctl(PR_SET_NAME, "patter-watch");
    while (wait_for(watch, -1, &has_events)) {
        if (!has_events || !take_events(watch)) {
            continue;
        }
        if (!wait_for_quiet(watch)) {
            break;
        }
        watch_folders(watch);
        struct version version = look(watch->file);
        if (memcmp(&version, &watch->version, sizeof(version)) != 0) {
            watch->version = version;
            watch->changed();
        }
    }
    pthread_mutex_lock(&watch->lock);
    watch->ended = true;
    bool is_last = watch->left;
    pthread_cond_signal(&watch->end);
    pthread_mutex_unlock(&watch->lock);
    if (is_last) {
        free_watch(watch);
    }
    return NULL;
}

static bool start(struct pt_watch *watch)
{
    sigset_t all, before;
    sigfillset(&all); /* the application's handlers must not run on this thread */
    pthread_sigmask(SIG_SETMASK, &all, &before);
    errno = pthread_create(&watch->thread, NULL, run, watch);
    bool started = errno == 0;
    pthread_sigmask(SIG_SETMASK, &before, NULL);
    if (started) {
        pthread_detach(watch->thread);
    }
    return started;
}

/* ---- its owner's side --------------------------------------------------------------- */

struct pt_watch *pt_watch_new(const char *file, void (*changed)(void))
{
    struct pt_watch *watch = calloc(1, sizeof(*watch));
    if (!watch) {
        return NULL;
    }
    snprintf(watch->file, sizeof(watch->file), "%s", file);
    watch->changed = changed;
    pthread_mutex_init(&watch->lock, NULL);
    pt_cond_init(&watch->end);
    watch->stop = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
    watch->notify = inotify_init1(IN_CLOEXEC | IN_NONBLOCK);
    bool ok = watch->stop >= 0 && watch->notify >= 0 && watch_folders(watch);
    watch->version = look(file);
    if (!ok || !start(watch)) {
        int error = errno;
        free_watch(watch);
        errno = error;
        return NULL;
    }
    return watch;
}

const char *pt_watch_file(const struct pt_watch *watch)
{
    return watch->file;
}

void pt_watch_stop(struct pt_watch *watch)
{
    uint64_t one = 1;
    if (watch && write(watch->stop, &one, sizeof(one)) < 0) {
        return; /* it was asked before */
    }
}

void pt_watch_leave(struct pt_watch *watch, uint64_t deadline_ns)
{
    bool in_time = true;
    if (!watch) {
        return;
    }
    pthread_mutex_lock(&watch->lock);
    while (in_time && !watch->ended && !pthread_equal(watch->thread, pthread_self())) {
        in_time = pt_cond_wait_until(&watch->end, &watch->lock, deadline_ns);
    }
    bool is_last = watch->ended;
    watch->left = true;
    pthread_mutex_unlock(&watch->lock);
    if (is_last) {
        free_watch(watch);
    }
}

void pt_watch_forget(struct pt_watch *watch)
{
    if (watch) {
        close(watch->notify);
        close(watch->stop);
        free(watch); /* its lock and condition may be as the thread left them */
    }
}
