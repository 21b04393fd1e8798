/* SPDX-License-Identifier: MIT */
/*
 * Preloaded (LD_PRELOAD), it lets calls fail on files below $FAULT_UNDER, as files in $FAULT_DISK
 * say, which may come and go while the program runs: one named as the function holds EIO, ENOSPC
 * ...   the error SHORT             half of what was asked for is read or written WAIT MS it works,
 * so much later After each such call FUNCTION.hits is a byte longer.
 */

#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <time.h>
#include <unistd.h>

#define EXPORT __attribute__((visibility("default")))

enum { SHORT = -1 };

static const struct {
    const char *name;
    int number;
} faults[] = {
    { "EIO", EIO },       { "ENOSPC", ENOSPC }, { "EROFS", EROFS },   { "EDQUOT", EDQUOT },
    { "EMFILE", EMFILE }, { "EACCES", EACCES }, { "ENOMEM", ENOMEM }, { "SHORT", SHORT },
};

/* ---- what the test wants -------------------------------------------------------- */

/* By system calls of its own: libc's functions are these. */
static int control(const char *function, const char *suffix, int flags)
{
    char path[PATH_MAX];
    const char *folder = getenv("FAULT_DISK");
    if (!folder) {
        return -1;
    }
    snprintf(path, sizeof(path), "%s/%s%s", folder, function, suffix);
    return (int)syscall(SYS_openat, AT_FDCWD, path, flags | O_CLOEXEC, 0600);
}

static int is_below(int file)
{
    char link[64];
    char path[PATH_MAX];
    const char *folder = getenv("FAULT_UNDER");
    snprintf(link, sizeof(link), "/proc/self/fd/%d", file);
    ssize_t len = readlink(link, path, sizeof(path) - 1);
    path[len < 0 ? 0 : len] = '\0';
    return folder && strncmp(path, folder, strlen(folder)) == 0;
}

static int act_on(const char *words)
{
    if (strncmp(words, "WAIT ", 5) == 0) {
        long ms = strtol(words + 5, NULL, 10);
        nanosleep(&(struct timespec){ .tv_sec = ms / 1000, .tv_nsec = ms % 1000 * 1000000 }, NULL);
        return 0;
    }
    for (size_t i = 0; i < sizeof(faults) / sizeof(faults[0]); i++) {
        if (strncmp(words, faults[i].name, strlen(faults[i].name)) == 0) {
            return faults[i].number;
        }
    }
    return 0;
}

/* 0: the call is to work. Leaves errno alone. */
static int fault_of(const char *function, int file)
{
    int before = errno;
    int fault = 0;
    int wanted = control(function, "", O_RDONLY);
    if (wanted >= 0 && is_below(file)) {
        char words[32] = "";
        syscall(SYS_read, wanted, words, sizeof(words) - 1);
        int hits = control(function, ".hits", O_WRONLY | O_CREAT | O_APPEND);
        syscall(SYS_write, hits, "x", 1);
        syscall(SYS_close, hits);
        fault = act_on(words);
    }
    if (wanted >= 0) {
        syscall(SYS_close, wanted);
    }
    errno = before;
    return fault;
}

/* ---- the functions ---------------------------------------------------------------- */

/* On 64 bits the names with 64 mean the same. */
#define ALSO(name) EXPORT extern __typeof__(name) name##64 __attribute__((alias(#name)))

/* `real` becomes the function that this one stands before. */
#define NEXT(real, name) (*(void **)&(real) = dlsym(RTLD_NEXT, #name))

static int set_errno(int fault)
{
    errno = fault;
    return -1;
}

EXPORT ssize_t pwrite(int file, const void *bytes, size_t count, off_t at)
{
    ssize_t (*real)(int, const void *, size_t, off_t);
    int fault = fault_of("pwrite", file);
    NEXT(real, pwrite);
    return fault > 0 ? set_errno(fault) : real(file, bytes, count >> (fault == SHORT), at);
}
ALSO(pwrite);

EXPORT ssize_t pread(int file, void *bytes, size_t count, off_t at)
{
    ssize_t (*real)(int, void *, size_t, off_t);
    int fault = fault_of("pread", file);
    NEXT(real, pread);
    return fault > 0 ? set_errno(fault) : real(file, bytes, count >> (fault == SHORT), at);
}
ALSO(pread);

/* Half of the parts, and of a single one half. */
EXPORT ssize_t pwritev(int file, const struct iovec *parts, int count, off_t at)
{
    ssize_t (*real)(int, const struct iovec *, int, off_t);
    int fault = fault_of("pwritev", file);
    NEXT(real, pwritev);
    if (fault == SHORT && count == 1) {
        struct iovec half = { parts[0].iov_base, parts[0].iov_len / 2 };
        return real(file, &half, 1, at);
    }
    return fault > 0 ? set_errno(fault) : real(file, parts, count >> (fault == SHORT), at);
}
ALSO(pwritev);

EXPORT ssize_t preadv(int file, const struct iovec *parts, int count, off_t at)
{
    ssize_t (*real)(int, const struct iovec *, int, off_t);
    int fault = fault_of("preadv", file);
    NEXT(real, preadv);
    if (fault == SHORT && count == 1) {
        struct iovec half = { parts[0].iov_base, parts[0].iov_len / 2 };
        return real(file, &half, 1, at);
    }
    return fault > 0 ? set_errno(fault) : real(file, parts, count >> (fault == SHORT), at);
}
ALSO(preadv);

EXPORT int posix_fallocate(int file, off_t at, off_t len)
{
    int (*real)(int, off_t, off_t);
    int fault = fault_of("posix_fallocate", file);
    NEXT(real, posix_fallocate);
    return fault > 0 ? fault : real(file, at, len);
}
ALSO(posix_fallocate);

EXPORT int fallocate(int file, int mode, off_t at, off_t len)
{
    int (*real)(int, int, off_t, off_t);
    int fault = fault_of("fallocate", file);
    NEXT(real, fallocate);
    return fault > 0 ? set_errno(fault) : real(file, mode, at, len);
}
ALSO(fallocate);

EXPORT int ftruncate(int file, off_t len)
{
    int (*real)(int, off_t);
    int fault = fault_of("ftruncate", file);
    NEXT(real, ftruncate);
    return fault > 0 ? set_errno(fault) : real(file, len);
}
ALSO(ftruncate);

EXPORT int fsync(int file)
{
    int (*real)(int);
    int fault = fault_of("fsync", file);
    NEXT(real, fsync);
    return fault > 0 ? set_errno(fault) : real(file);
}

/* By the folder that the path starts from. */
EXPORT int openat(int folder, const char *path, int flags, ...)
{
    int (*real)(int, const char *, int, ...);
    int fault = fault_of("openat", folder);
    va_list args;
    va_start(args, flags);
    mode_t mode = flags & (O_CREAT | O_TMPFILE) ? va_arg(args, mode_t) : 0;
    va_end(args);
    NEXT(real, openat);
    return fault > 0 ? set_errno(fault) : real(folder, path, flags, mode);
}
ALSO(openat);
