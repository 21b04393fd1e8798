/* SPDX-License-Identifier: MIT */
#include "core/base/room.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/fs.h>
#include <signal.h>
#include <stdbool.h>
#include <sys/ioctl.h>
#include <sys/resource.h>
#include <sys/stat.h>

/* A tmpfs takes all back where a signal comes in between: the timer of a profiler would let it
 * begin again for ever. */
static int allocate(int fd, size_t size)
{
    sigset_t all, before;
    int problem;
    sigfillset(&all);
    pthread_sigmask(SIG_SETMASK, &all, &before);
    do {
        problem = posix_fallocate(fd, 0, (off_t)size);
    } while (problem == EINTR);
    pthread_sigmask(SIG_SETMASK, &before, NULL);
    return problem;
}

/* Where a file grows beyond the limit the system sends a signal that ends the process. */
static bool is_over_limit(int fd, size_t size)
{
    struct rlimit limit;
    struct stat about;
    return getrlimit(RLIMIT_FSIZE, &limit) == 0 && limit.rlim_cur < size &&
           (fstat(fd, &about) != 0 || (size_t)about.st_size < size);
}

int pt_room_reserve(int fd, size_t size)
{
    if (is_over_limit(fd, size)) {
        return EFBIG;
    }
    /* Where each store goes to a new place (btrfs) room that was reserved is not kept, but for a
     * file that says so while it is empty. Elsewhere refused, and not needed. */
    int flags;
    if (ioctl(fd, FS_IOC_GETFLAGS, &flags) == 0) {
        flags |= FS_NOCOW_FL;
        (void)ioctl(fd, FS_IOC_SETFLAGS, &flags);
    }
    return allocate(fd, size);
}
