/* SPDX-License-Identifier: MIT */
#include "core/storage/directory.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <patter/patter.h>

#include "core/base/log.h"
#include "core/storage/folder.h"

/* ---- names ------------------------------------------------------------------------- */

/* The form of pt_random_uuid. */
static bool is_journal_name(const char *name)
{
    if (strlen(name) != PT_JOURNAL_NAME - 1) {
        return false;
    }
    for (size_t i = 0; name[i]; i++) {
        bool is_dash = i == 8 || i == 13 || i == 18 || i == 23;
        if (is_dash ? name[i] != '-' : !strchr("0123456789abcdef", name[i])) {
            return false;
        }
    }
    return true;
}

static bool is_half(const char *name)
{
    return (strncmp(name, ".new-", 5) == 0 && is_journal_name(name + 5)) ||
           (strncmp(name, ".gone-", 6) == 0 && is_journal_name(name + 6));
}

static void visit_all(int directory, bool (*is_wanted)(const char *name),
                      void (*visit)(void *data, const char *name), void *data)
{
    struct dirent *entry;
    int copy = openat(directory, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    DIR *folder = copy >= 0 ? fdopendir(copy) : NULL;
    while (folder && (entry = readdir(folder))) {
        if (is_wanted(entry->d_name)) {
            visit(data, entry->d_name);
        }
    }
    if (folder) {
        closedir(folder);
    } else if (copy >= 0) {
        close(copy);
    }
}

void pt_directory_visit(int directory, void (*visit)(void *data, const char *name), void *data)
{
    visit_all(directory, is_journal_name, visit, data);
}

/* ---- the directory ------------------------------------------------------------------- */

/* `lost+found`: a volume of its own may be mounted there. */
static bool is_others(const char *name)
{
    return !is_journal_name(name) && !is_half(name) && strcmp(name, ".") != 0 &&
           strcmp(name, "..") != 0 && strcmp(name, "lost+found") != 0;
}

static void note(void *is_found, const char *name)
{
    (void)name;
    *(bool *)is_found = true;
}

/* True when nothing of anybody else's is in it, and it is not there for all, as an empty /tmp is:
 * its mode may be changed, which would harm a system where it is /etc. */
static bool is_ours_alone(int fd, unsigned mode)
{
    bool has_others = false;
    bool can_look = faccessat(fd, ".", R_OK | X_OK, AT_EACCESS) == 0;
    visit_all(fd, is_others, note, &has_others);
    return can_look && !has_others && (mode & (S_ISVTX | S_IWOTH)) == 0;
}

/* "/etc/" and "patter" make /etc/patter. */
static int stem_len(const char *path)
{
    size_t len = strlen(path);
    while (len > 0 && path[len - 1] == '/') {
        len--;
    }
    return (int)len;
}

static void refuse_owner(const char *path, int fd, const struct stat *stat,
                         struct patter_error *error)
{
    unsigned mode = stat->st_mode & 07777;
    if (is_ours_alone(fd, mode)) {
        pt_error_add(error, PATTER_INVALID,
                     "storage.directory %s belongs to user %u (mode %04o), but must belong to the "
                     "process's user %u; run `chown %u %s`, or name a directory of its own",
                     path, stat->st_uid, mode, geteuid(), geteuid(), path);
    } else {
        pt_error_add(error, PATTER_INVALID,
                     "storage.directory %s belongs to user %u (mode %04o), but must belong to the "
                     "process's user %u; name a folder of its own, such as %.*s/patter, that "
                     "belongs to that user",
                     path, stat->st_uid, mode, geteuid(), stem_len(path), path);
    }
}

static void refuse_mode(const char *path, int fd, const struct stat *stat,
                        struct patter_error *error)
{
    unsigned mode = stat->st_mode & 07777;
    if (is_ours_alone(fd, mode)) {
        pt_error_add(error, PATTER_INVALID,
                     "others than its owner may enter storage.directory %s (user %u, mode %04o); "
                     "run `chmod 0700 %s`",
                     path, stat->st_uid, mode, path);
    } else {
        pt_error_add(error, PATTER_INVALID,
                     "storage.directory %s is not patter's alone, and others than its owner may "
                     "enter it (user %u, mode %04o); name a folder of its own, such as "
                     "%.*s/patter",
                     path, stat->st_uid, mode, stem_len(path), path);
    }
}

static bool is_trusted(const char *path, int fd, struct patter_error *error)
{
    struct stat stat;
    if (fstat(fd, &stat) != 0) {
        pt_error_add(error, PATTER_FAILED, "storage.directory %s: %s", path, strerror(errno));
        return false;
    }
    if (stat.st_uid != geteuid()) {
        refuse_owner(path, fd, &stat, error);
        return false;
    }
    if (stat.st_mode & 077) {
        refuse_mode(path, fd, &stat, error);
        return false;
    }
    return true;
}

static bool is_parent_there(const char *path)
{
    const char *slash = strrchr(path, '/');
    char *parent = slash && slash > path ? strndup(path, (size_t)(slash - path)) : strdup("/");
    bool is_there = parent && access(parent, F_OK) == 0;
    free(parent);
    return is_there;
}

static const char *cure_of(const char *path, int error, bool is_made)
{
    switch (error) {
    case ENOENT:
        return !is_made ? "the first start with that directory makes it"
               : is_parent_there(path)
                   ? "nothing can be made in the folder that it is in; name one "
                     "on a disk"
                   : "the folder that it is in does not exist; make that first";
    case ELOOP:
    case ENOTDIR:
        return "it must be a directory, and no symbolic link; name the directory itself";
    case EACCES:
    case EPERM:
        return "let the process's user make and enter it, or make it for that user with mode 0700";
    case EROFS:
        return "the file system is read-only; name a directory on another";
    default:
        return "see whether the disk is in order";
    }
}

int pt_directory_open(const char *path, bool is_made, struct patter_error *error)
{
    int cause = 0;
    if (is_made && mkdir(path, 0700) != 0 && errno != EEXIST) {
        cause = errno;
    }
    int fd = open(path, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
    if (fd < 0) {
        cause = cause ? cause : errno;
        pt_error_add(error, PATTER_FAILED, "storage.directory %s: %s; %s", path, strerror(cause),
                     cure_of(path, cause, is_made));
        errno = cause;
        return -1;
    }
    if (!is_trusted(path, fd, error)) {
        close(fd);
        errno = EPERM;
        return -1;
    }
    return fd;
}

/* ---- adopting ---------------------------------------------------------------------- */

enum { TOLD_MAX = 5 };

struct adopting {
    const char *path;
    int directory;
    struct pt_journal **journals;
    size_t count;
    size_t left; /* that cannot be taken over; the first TOLD_MAX are told of one by one */
    size_t waiting;
};

static void sweep_one(void *data, const char *name)
{
    pt_folder_sweep(((const struct adopting *)data)->directory, name);
}

/* NULL for one that needs no word. */
static const char *reason_of(enum pt_journal_state state)
{
    switch (state) {
    case PT_JOURNAL_BROKEN:
        return "cannot be read and is left alone; `patter storage purge` removes it";
    case PT_JOURNAL_FOREIGN:
        return "is of another version of patter and is left alone; start that once more to send "
               "its spans, or remove it with `patter storage purge`";
    case PT_JOURNAL_REFUSED:
        return "cannot be taken over now; it stays for the next start: ";
    default:
        return NULL;
    }
}

static void adopt_one(void *data, const char *name)
{
    struct adopting *adopting = data;
    if (adopting->count == PT_JOURNALS_ADOPTED_MAX) {
        adopting->waiting++;
        return;
    }
    enum pt_journal_state state = pt_journal_adopt(adopting->path, adopting->directory, name,
                                                   &adopting->journals[adopting->count]);
    const char *cause = state == PT_JOURNAL_REFUSED ? strerror(errno) : "";
    const char *reason = reason_of(state);
    adopting->count += state == PT_JOURNAL_TAKEN;
    adopting->left += reason != NULL;
    if (reason && adopting->left <= TOLD_MAX) {
        pt_log(PATTER_LOG_WARNING, "storage.directory %s: the journal %s %s%s", adopting->path,
               name, reason, cause);
    }
}

static void say_rest(const struct adopting *adopting)
{
    if (adopting->left > TOLD_MAX) {
        pt_log(PATTER_LOG_WARNING,
               "storage.directory %s: %zu more journals are left alone; `patter storage ls` lists "
               "them",
               adopting->path, adopting->left - TOLD_MAX);
    }
    if (adopting->waiting > 0) {
        pt_log(PATTER_LOG_WARNING,
               "storage.directory %s: %zu more journals are there than the %d that one start takes "
               "over; they wait for the next, or for `patter storage send`",
               adopting->path, adopting->waiting, PT_JOURNALS_ADOPTED_MAX);
    }
}

static int compare(const void *a, const void *b)
{
    uint64_t x = pt_journal_begin_unix_ns(*(struct pt_journal *const *)a);
    uint64_t y = pt_journal_begin_unix_ns(*(struct pt_journal *const *)b);
    return (x > y) - (x < y);
}

size_t pt_journals_adopt(const char *directory, struct pt_journal ***ret_journals)
{
    struct adopting adopting = { .path = directory };
    *ret_journals = NULL;
    adopting.directory = pt_directory_open(directory, false, NULL);
    if (adopting.directory < 0) {
        return 0;
    }
    adopting.journals = calloc(PT_JOURNALS_ADOPTED_MAX, sizeof(struct pt_journal *));
    if (adopting.journals) {
        visit_all(adopting.directory, is_half, sweep_one, &adopting);
        visit_all(adopting.directory, is_journal_name, adopt_one, &adopting);
        qsort(adopting.journals, adopting.count, sizeof(struct pt_journal *), compare);
        say_rest(&adopting);
    }
    close(adopting.directory);
    *ret_journals = adopting.journals;
    return adopting.count;
}
