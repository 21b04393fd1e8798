/* SPDX-License-Identifier: MIT */
#ifndef PT_BASE_ROOM_H
#define PT_BASE_ROOM_H

/* Room on a disk for a file that is going to be mapped: a store into a page that has none is a
 * signal, which ends the process. */

#include <stddef.h>

/* Gives the first `size` bytes of the file room that no later store can find missing; what is in
 * them stays. 0 or an errno. A signal that comes meanwhile waits. */
int pt_room_reserve(int fd, size_t size);

#endif /* PT_BASE_ROOM_H */
