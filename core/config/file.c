/* SPDX-License-Identifier: MIT */
#include "core/config/file.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

enum outcome { READ, ABSENT, REFUSED };

static struct pt_place place_of(const char *path)
{
    return (struct pt_place){ path, 0, 0 };
}

/* Whoever writes the file chooses where spans and tokens go, and which code is loaded. */
static bool is_trusted(const char *path, const struct stat *stat, struct pt_problems *problems)
{
    unsigned mode = stat->st_mode & 07777;
    if (!S_ISREG(stat->st_mode)) {
        pt_problem_add(problems, place_of(path), PATTER_LOG_ERROR,
                       "this is %s, not a file; name the YAML file itself",
                       S_ISDIR(stat->st_mode) ? "a folder" : "a device or pipe");
        return false;
    }
    if (stat->st_uid != 0 && stat->st_uid != geteuid()) {
        pt_problem_add(problems, place_of(path), PATTER_LOG_ERROR,
                       "the file belongs to user %u (mode %04o), but must belong to root or to the "
                       "process's user %u; run `chown %u %s`",
                       stat->st_uid, mode, geteuid(), geteuid(), path);
        return false;
    }
    if (mode & (S_IWGRP | S_IWOTH)) {
        pt_problem_add(problems, place_of(path), PATTER_LOG_ERROR,
                       "others may write this file (user %u, mode %04o); run `chmod go-w %s`",
                       stat->st_uid, mode, path);
        return false;
    }
    return true;
}

static bool read_all(struct pt_file *file, int fd, size_t max)
{
    file->bytes = malloc(max + 1);
    if (!file->bytes) {
        errno = ENOMEM;
        return false;
    }
    while (file->len <= max) {
        ssize_t count = read(fd, file->bytes + file->len, max + 1 - file->len);
        if (count < 0 && errno == EINTR) {
            continue;
        }
        if (count <= 0) {
            return count == 0;
        }
        file->len += (size_t)count;
    }
    return true;
}

static enum outcome open_and_read(struct pt_file *file, const char *path, size_t max,
                                  struct pt_problems *problems)
{
    struct stat stat;
    enum outcome outcome = REFUSED;
    int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY); /* a pipe does not hold us */
    if (fd < 0 && (errno == ENOENT || errno == ENOTDIR)) {
        return ABSENT;
    }
    if (fd < 0 || fstat(fd, &stat) != 0) {
        pt_problem_add(problems, place_of(path), PATTER_LOG_ERROR,
                       "the file cannot be opened: %s; let user %u read it, or name another file "
                       "in PATTER_CONFIG",
                       strerror(errno), geteuid());
        goto out;
    }
    if (!is_trusted(path, &stat, problems)) {
        goto out;
    }
    if (!read_all(file, fd, max)) {
        pt_problem_add(problems, place_of(path), PATTER_LOG_ERROR, "the file cannot be read: %s",
                       strerror(errno));
        goto out;
    }
    file->version = pt_file_version_of(&stat);
    outcome = READ;
out:
    if (fd >= 0) {
        close(fd);
    }
    return outcome;
}

/* Looks at one candidate; `named_by` says how it was asked for, NULL for a default. */
static void consider(struct pt_file *file, const char *path, const char *named_by, size_t max,
                     struct pt_problems *problems)
{
    struct pt_candidate *candidate = &file->candidates[file->candidate_count++];
    candidate->path = path;
    if (file->path) {
        candidate->verdict = "passed over: an earlier one was read";
        return;
    }
    if (file->failed) {
        candidate->verdict = "not looked at: an earlier one is wrong";
        return;
    }
    switch (open_and_read(file, path, max, problems)) {
    case READ:
        candidate->verdict = "read";
        file->path = path;
        break;
    case REFUSED:
        candidate->verdict = "refused";
        file->failed = true;
        break;
    case ABSENT:
        candidate->verdict = "does not exist";
        if (named_by) {
            pt_problem_add(problems, place_of(path), PATTER_LOG_ERROR,
                           "the file that %s does not exist; create it or correct the name",
                           named_by);
            file->failed = true;
        }
        break;
    }
}

void pt_file_find(struct pt_file *file, const char *named, bool only_named, size_t max,
                  struct pt_problems *problems)
{
    const char *from_environment = getenv("PATTER_CONFIG");
    if (named && *named) {
        consider(file, named, "was named", max, problems);
    }
    if (only_named) {
        return;
    }
    if (from_environment && *from_environment) {
        consider(file, from_environment, "PATTER_CONFIG names", max, problems);
    }
    consider(file, "./patter.yaml", NULL, max, problems);
    consider(file, "/etc/patter/patter.yaml", NULL, max, problems);
}

void pt_file_clean(struct pt_file *file)
{
    free(file->bytes);
    *file = (struct pt_file){ 0 };
}

static int64_t to_ns(const struct timespec *time)
{
    return (int64_t)time->tv_sec * 1000000000 + time->tv_nsec;
}

struct pt_file_version pt_file_version_of(const struct stat *stat)
{
    return (struct pt_file_version){
        .device = stat->st_dev,
        .inode = stat->st_ino,
        .size = stat->st_size,
        .modified_ns = to_ns(&stat->st_mtim),
        .changed_ns = to_ns(&stat->st_ctim),
    };
}

bool pt_file_versions_equal(const struct pt_file_version *a, const struct pt_file_version *b)
{
    return a->device == b->device && a->inode == b->inode && a->size == b->size &&
           a->modified_ns == b->modified_ns && a->changed_ns == b->changed_ns;
}
