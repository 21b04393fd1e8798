/* SPDX-License-Identifier: MIT */
#ifndef PT_STORAGE_FOLDER_H
#define PT_STORAGE_FOLDER_H

/* A journal's folder in the storage directory, whatever it holds: its lock, whose it is, its end.
 */

#include <stdbool.h>

/* -1 with errno; never through a symbolic link. */
int pt_folder_open(int parent, const char *name);

/* True when it is the process's user's and nobody else may enter. */
bool pt_folder_is_ours(int dirfd);

/* True while the folder open as `dirfd` has that name: who held its lock may have removed it. */
bool pt_folder_is_still_there(int parent, const char *name, int dirfd);

/* The lock file, held, with this process's pid in it; -1 with EWOULDBLOCK when another process
 * holds it. pt_folder_unlock closes it. [any] */
int pt_folder_lock(int dirfd, bool is_new);

/* -1 is allowed, and so is one that a child has forgotten. [any] */
void pt_folder_unlock(int lock);

/* In a forked child: its copies of all locks are closed, wherever they were on their way. A lock is
 * held until its last copy is closed, and the parent's journals must be orphans when it dies. */
void pt_folder_locks_forget(void);

/* True when a process holds the lock, this one included. */
bool pt_folder_is_locked(int dirfd);

/* Removes it with all that is in it; the lock goes last. `dirfd` may be -1. */
void pt_folder_remove(int parent, const char *name, int dirfd);

/* The same for one whose lock is held: it loses its name first. */
void pt_folder_discard(int parent, const char *name, int dirfd);

/* Removes one that was being made or removed when its process died; nothing where that process may
 * be at it still. */
void pt_folder_sweep(int parent, const char *name);

#endif /* PT_STORAGE_FOLDER_H */
