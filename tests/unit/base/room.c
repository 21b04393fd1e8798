/* SPDX-License-Identifier: MIT */
#include "core/base/room.h"

#include <criterion/criterion.h>
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

static int new_file(const char *where)
{
    char path[64];
    snprintf(path, sizeof(path), "%s/patter-room-XXXXXX", where);
    int fd = mkstemp(path);
    if (fd >= 0) {
        unlink(path);
    }
    return fd;
}

static off_t room_of(int fd)
{
    struct stat about;
    cr_assert_eq(fstat(fd, &about), 0);
    return about.st_blocks * 512;
}

Test(room, what_lacked_is_there_and_what_was_there_stays)
{
    enum { SIZE = 1 << 20 };
    char byte = 'x';
    int fd = new_file("/tmp");
    cr_assert_eq(ftruncate(fd, SIZE), 0);
    cr_assert_eq(pwrite(fd, &byte, 1, SIZE / 2), 1);
    cr_assert_lt(room_of(fd), SIZE);
    cr_assert_eq(pt_room_reserve(fd, SIZE), 0);
    cr_assert_geq(room_of(fd), SIZE);
    byte = 0;
    cr_assert_eq(pread(fd, &byte, 1, SIZE / 2), 1);
    cr_assert_eq(byte, 'x');
    close(fd);
}

/* ---- a profiler's timer, where a system gives up because of it (tmpfs) ------------------- */

static int interruptions; /* to come */
static sigset_t blocked;  /* at the last call */

/* The linker's names (ld --wrap). NOLINTBEGIN(bugprone-reserved-identifier) */
int __real_posix_fallocate(int fd, off_t at, off_t len);
int __wrap_posix_fallocate(int fd, off_t at, off_t len);
/* NOLINTEND(bugprone-reserved-identifier) */

int __wrap_posix_fallocate(int fd, off_t at, off_t len)
{
    pthread_sigmask(SIG_SETMASK, NULL, &blocked);
    return interruptions-- > 0 ? EINTR : __real_posix_fallocate(fd, at, len);
}

Test(room, signals_keep_nobody_from_it)
{
    sigset_t after;
    int fd = new_file("/tmp");
    interruptions = 3;
    cr_assert_eq(pt_room_reserve(fd, 8192), 0);
    cr_assert_geq(room_of(fd), 8192);
    cr_assert(sigismember(&blocked, SIGPROF), "it could be interrupted for ever");
    pthread_sigmask(SIG_SETMASK, NULL, &after);
    cr_assert_not(sigismember(&after, SIGPROF));
    close(fd);
}

Test(room, a_limit_on_files_is_an_error_and_no_signal)
{
    struct rlimit limit;
    int fd = new_file("/tmp");
    getrlimit(RLIMIT_FSIZE, &limit);
    limit.rlim_cur = 4096;
    cr_assert_eq(setrlimit(RLIMIT_FSIZE, &limit), 0);
    cr_assert_eq(pt_room_reserve(fd, 8192), EFBIG);
    cr_assert_eq(pt_room_reserve(fd, 4096), 0);
    limit.rlim_cur = 1;
    cr_assert_eq(setrlimit(RLIMIT_FSIZE, &limit), 0);
    cr_assert_eq(pt_room_reserve(fd, 4096), 0, "it is that large already");
    close(fd);
}
