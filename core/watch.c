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
#include "core/base/log.h"
#include "core/config/file.h"
#include "core/pipeline/pipeline.h"

enum { QUIET_MS = 100, NO_LONGER_THAN_MS = 1000, AGAIN_MS = 1000, MADE_MS = 10000 };

/* Not all that leads elsewhere is heard: a folder may be behind a link of any of its parents, or
 * come back when it was given up. So the file is looked at by the clock, too. */
enum { ROUTINE_MS = 2000, REFUSED_MS = 10000 };

/* Whether a change may be half done: who has emptied a file may think before writing. */
enum writer {
    AWAY,    /* it was closed, or moved there whole */
    AT_WORK, /* it is open: its end is waited for */
    MADE,    /* it may be open, unless it was linked there whole */
    UNKNOWN  /* not all was seen: the file must stay as it is for a while */
};

enum { NAME, TARGET, CONTENT, PLACES };

/* Freed by whoever comes last, the thread or its owner. */
struct pt_watch {
    char file[PATH_MAX];
    bool (*changed)(void);
    char target[PATH_MAX]; /* where `file` leads to; the thread's, as all until `notify` */
    struct pt_file_version told, seen; /* last */
    enum writer writer;
    uint64_t first_ns;  /* of several changes; 0: there was none since the last look */
    uint64_t look_ns;   /* when to look at the file */
    bool is_deaf;       /* a folder is gone, or cannot be watched: time is what wakes it */
    int places[PLACES]; /* inotify's numbers: folders of file and target, the target; -1: none */
    int notify;         /* inotify */
    int stop;           /* an eventfd: written once, never read */
    pthread_t thread;
    pthread_mutex_t lock;
    pthread_cond_t end;
    bool ended; /* under lock */
    bool left;  /* under lock: by its owner */
};

/* ---- the file -------------------------------------------------------------------- */

static struct pt_file_version version_of(const char *file)
{
    struct stat stat_;
    return stat(file, &stat_) == 0 ? pt_file_version_of(&stat_) : (struct pt_file_version){ 0 };
}

static const char *base_of(const char *path)
{
    return strrchr(path, '/') + 1;
}

static int watch_folder_of(const struct pt_watch *watch, const char *path)
{
    char folder[PATH_MAX];
    int len = (int)(base_of(path) - path);
    snprintf(folder, sizeof(folder), "%.*s", len, path);
    return inotify_add_watch(watch->notify, folder,
                             IN_CLOSE_WRITE | IN_MOVED_TO | IN_MOVED_FROM | IN_CREATE | IN_DELETE |
                                 IN_ATTRIB | IN_DELETE_SELF | IN_MOVE_SELF | IN_ONLYDIR);
}

static bool has_place(const struct pt_watch *watch, int place)
{
    return place == watch->places[NAME] || place == watch->places[TARGET] ||
           place == watch->places[CONTENT];
}

/* The folder of the name, and that of the file itself where the name is a link to it; and the file,
 * for what is written there before it is closed. Again after each change, since a link may lead
 * elsewhere and a folder may be another one. 0 or errno. */
static int watch_places(struct pt_watch *watch)
{
    struct stat stat;
    int before[PLACES];
    char target[PATH_MAX];
    memcpy(before, watch->places, sizeof(before));
    bool is_there = realpath(watch->file, target) != NULL;
    int error = is_there ? 0 : errno;
    if (is_there) {
        memcpy(watch->target, target, sizeof(target));
    } else if (lstat(watch->file, &stat) != 0) {
        error = 0; /* its folder tells when it comes; of a link that leads nowhere none does */
    }
    watch->places[CONTENT] =
        is_there ? inotify_add_watch(watch->notify, target, IN_MODIFY | IN_CLOSE_WRITE) : -1;
    watch->places[TARGET] = watch_folder_of(watch, watch->target);
    error = watch->places[TARGET] < 0 ? errno : error;
    watch->places[NAME] = watch_folder_of(watch, watch->file);
    error = watch->places[NAME] < 0 ? errno : error;
    for (size_t i = 0; i < PLACES; i++) {
        if (before[i] >= 0 && !has_place(watch, before[i])) {
            inotify_rm_watch(watch->notify, before[i]);
        }
    }
    return error;
}

/* ---- what happens to it ------------------------------------------------------------- */

/* The file that an event names; NULL: another one, or a folder. */
static const char *path_of(const struct pt_watch *watch, const struct inotify_event *event)
{
    if (event->len > 0 && event->wd == watch->places[NAME] &&
        strcmp(event->name, base_of(watch->file)) == 0) {
        return watch->file;
    }
    if (event->len > 0 && event->wd == watch->places[TARGET] &&
        strcmp(event->name, base_of(watch->target)) == 0) {
        return watch->target;
    }
    return NULL;
}

/* What else happens in the folder wakes nobody for long. Kubernetes moves the link `..data`. */
static bool is_about_file(const struct pt_watch *watch, const struct inotify_event *event)
{
    if (event->mask & IN_Q_OVERFLOW) {
        return true;
    }
    if (!has_place(watch, event->wd)) {
        return false; /* of a folder that was left */
    }
    if (event->wd == watch->places[CONTENT]) {
        return (event->mask & (IN_MODIFY | IN_CLOSE_WRITE)) != 0;
    }
    return event->len == 0 || path_of(watch, event) || strcmp(event->name, "..data") == 0;
}

/* Whoever made a file by opening it closes it, too; a link is whole at once. */
static bool may_be_open(const struct pt_watch *watch, const struct inotify_event *event)
{
    struct stat stat;
    const char *path = path_of(watch, event);
    return path && lstat(path, &stat) == 0 && S_ISREG(stat.st_mode) && stat.st_nlink == 1;
}

static void note_event(struct pt_watch *watch, const struct inotify_event *event)
{
    if (event->mask & IN_MODIFY) {
        watch->writer = AT_WORK;
    } else if (event->mask & (IN_CLOSE_WRITE | IN_MOVED_TO)) {
        watch->writer = AWAY;
    } else if (event->mask & IN_CREATE) {
        watch->writer = may_be_open(watch, event) ? MADE : watch->writer;
    } else if ((event->mask & IN_ATTRIB) == 0) { /* gone, or events were lost */
        watch->writer = UNKNOWN;
    }
}

/* Takes all events that are there; whether one is about the file. */
static bool take_events(struct pt_watch *watch)
{
    _Alignas(struct inotify_event) char buffer[4096];
    bool is_about = false;
    ssize_t len;
    while ((len = read(watch->notify, buffer, sizeof(buffer))) > 0) {
        for (ssize_t at = 0; at < len;) {
            const struct inotify_event *event = (const void *)(buffer + at);
            if (is_about_file(watch, event)) {
                note_event(watch, event);
                is_about = true;
            }
            at += (ssize_t)(sizeof(*event) + event->len);
        }
    }
    return is_about;
}

/* ---- the thread -------------------------------------------------------------------- */

static uint64_t in_ms(uint64_t from_ns, uint64_t ms)
{
    return from_ns + ms * 1000000u;
}

/* What is there now; who was at work on another file is not waited for. 0 or errno. */
static int follow(struct pt_watch *watch)
{
    int content = watch->places[CONTENT];
    int error = watch_places(watch);
    if (watch->writer == AT_WORK && watch->places[CONTENT] != content) {
        watch->writer = UNKNOWN;
    }
    return error;
}

/* Several changes in a row are one. */
static void plan(struct pt_watch *watch)
{
    uint64_t now_ns = pt_clock_monotonic_ns();
    follow(watch); /* at once: what comes next must be heard */
    if (watch->writer == AT_WORK || watch->writer == MADE) {
        watch->first_ns = 0;
        watch->look_ns = in_ms(now_ns, watch->writer == MADE ? MADE_MS : ROUTINE_MS);
        return;
    }
    watch->first_ns = watch->first_ns ? watch->first_ns : now_ns;
    uint64_t latest_ns = in_ms(watch->first_ns, NO_LONGER_THAN_MS);
    uint64_t quiet_ns = in_ms(now_ns, QUIET_MS);
    watch->look_ns = quiet_ns < latest_ns ? quiet_ns : latest_ns;
}

static void note_deafness(struct pt_watch *watch, int error)
{
    if (error != 0 && !watch->is_deaf) {
        pt_log(PATTER_LOG_WARNING,
               "%s cannot be watched now: %s; it is looked for every second instead", watch->file,
               strerror(error));
    }
    watch->is_deaf = error != 0;
}

/* Tells of a new version once it is whole: who wrote it is heard to be done, or it has stayed as it
 * is for a while. Returns when to look again. */
static uint64_t look(struct pt_watch *watch)
{
    note_deafness(watch, follow(watch));
    struct pt_file_version version = version_of(watch->file);
    bool is_whole = watch->writer == AWAY && watch->first_ns != 0 && !watch->is_deaf;
    bool is_settled = is_whole || pt_file_versions_equal(&version, &watch->seen);
    bool is_new = !pt_file_versions_equal(&version, &watch->told);
    bool is_again = watch->is_deaf || (is_new && !is_settled);
    watch->first_ns = 0;
    if (watch->writer == AT_WORK) {
        return ROUTINE_MS;
    }
    watch->seen = version;
    if (is_new && is_settled) {
        struct pt_file_version before = watch->told;
        watch->told = version;
        if (!watch->changed()) {
            watch->told = before;
            return REFUSED_MS;
        }
    }
    return is_again ? AGAIN_MS : ROUTINE_MS;
}

static bool is_due(const struct pt_watch *watch)
{
    return pt_clock_monotonic_ns() >= watch->look_ns;
}

static int timeout_ms(const struct pt_watch *watch)
{
    uint64_t now_ns = pt_clock_monotonic_ns();
    return watch->look_ns > now_ns ? (int)((watch->look_ns - now_ns) / 1000000u) + 1 : 0;
}

/* Whether to go on: false once it was stopped. */
static bool wait_for(const struct pt_watch *watch, bool *ret_has_events)
{
    struct pollfd files[] = { { .fd = watch->notify, .events = POLLIN },
                              { .fd = watch->stop, .events = POLLIN } };
    int count = poll(files, 2, timeout_ms(watch));
    *ret_has_events = count > 0 && files[0].revents != 0;
    return count <= 0 || files[1].revents == 0;
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
    while (wait_for(watch, &has_events)) {
        if (has_events && take_events(watch)) {
            plan(watch);
        }
        if (is_due(watch)) {
            watch->look_ns = in_ms(pt_clock_monotonic_ns(), look(watch));
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

struct pt_watch *pt_watch_new(const char *file, const struct pt_file_version *read,
                              bool (*changed)(void))
{
    static const int nowhere[PLACES] = { -1, -1, -1 };
    struct pt_watch *watch = calloc(1, sizeof(*watch));
    if (!watch) {
        return NULL;
    }
    snprintf(watch->file, sizeof(watch->file), "%s", file);
    snprintf(watch->target, sizeof(watch->target), "%s", file);
    memcpy(watch->places, nowhere, sizeof(nowhere));
    watch->changed = changed;
    watch->told = watch->seen = *read;
    watch->writer = UNKNOWN;
    watch->look_ns = pt_clock_monotonic_ns(); /* what has come since it was read */
    pthread_mutex_init(&watch->lock, NULL);
    pt_cond_init(&watch->end);
    watch->stop = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
    watch->notify = inotify_init1(IN_CLOEXEC | IN_NONBLOCK);
    int error = watch->stop >= 0 && watch->notify >= 0 ? watch_places(watch) : errno;
    if (error == 0 && !start(watch)) {
        error = errno;
    }
    if (error != 0) {
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
