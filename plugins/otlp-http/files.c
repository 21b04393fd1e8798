/* SPDX-License-Identifier: MIT */
#include "plugins/otlp-http/files.h"

#include <dirent.h>
#include <fcntl.h>
#include <linux/sockios.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <unistd.h>

enum { ROUNDS = 4 };

void files_init(struct files *files)
{
    memset(files, -1, sizeof(*files));
}

int files_open(struct files *files, int family, int type, int protocol)
{
    int file = socket(family, type | SOCK_CLOEXEC, protocol);
    for (size_t i = 0; i < FILES_SOCKETS && file >= 0; i++) {
        if (files->sockets[i] < 0) {
            files->sockets[i] = file;
            break;
        }
    }
    return file;
}

int files_close(struct files *files, int file)
{
    for (size_t i = 0; i < FILES_SOCKETS; i++) {
        if (files->sockets[i] == file) {
            files->sockets[i] = -1;
        }
    }
    return close(file);
}

/* ---- the wakeup's ends ----------------------------------------------------------- */

/* What waits to be read at this end, or at the other one; 0 also where that is not known. Not
 * ioctl(): ThreadSanitizer would take the look at another thread's file for a use of it. */
static int waiting(int file, unsigned long where)
{
    int size = 0;
    return syscall(SYS_ioctl, file, where, &size) == 0 ? size : 0;
}

/* Whether it fills with each ring and is empty when it is calm, as often as is asked for: looking
 * changes nothing, and no file of anyone else does so. */
static bool answers(int file, unsigned long where, const struct files_bell *bell)
{
    bool good = true;
    for (int round = 1; good && round <= ROUNDS; round++) {
        int last = waiting(file, where);
        good = last == 0;
        for (int i = 0; good && i < round; i++) {
            bell->ring(bell->library);
            int now = waiting(file, where);
            good = now > last;
            last = now;
        }
        bell->calm(bell->library);
        good = good && waiting(file, where) == 0;
    }
    return good;
}

/* Of an entry of /proc/self/fd, which says so in its name: "socket:[123]", "pipe:[123]". */
static bool may_be_end(int folder, const char *entry)
{
    char target[16] = "";
    return readlinkat(folder, entry, target, sizeof(target) - 1) > 0 &&
           (strncmp(target, "socket:", 7) == 0 || strncmp(target, "pipe:", 5) == 0);
}

void files_find_wakeup(struct files *files, const struct files_bell *bell)
{
    size_t count = 0;
    DIR *folder = opendir("/proc/self/fd");
    for (struct dirent *entry; folder && count < FILES_WAKEUP && (entry = readdir(folder));) {
        int file = (int)strtol(entry->d_name, NULL, 10);
        if (may_be_end(dirfd(folder), entry->d_name) &&
            (answers(file, FIONREAD, bell) || answers(file, SIOCOUTQ, bell))) {
            fcntl(file, F_SETFD, FD_CLOEXEC);
            files->wakeup[count++] = file;
        }
    }
    if (folder) {
        closedir(folder);
    }
}

/* ---- in a forked child --------------------------------------------------------- */

void files_abandon(struct files *files)
{
    for (size_t i = 0; i < FILES_SOCKETS; i++) {
        if (files->sockets[i] >= 0) {
            close(files->sockets[i]);
        }
    }
    for (size_t i = 0; i < FILES_WAKEUP; i++) {
        if (files->wakeup[i] >= 0) {
            close(files->wakeup[i]);
        }
    }
    files_init(files);
}
