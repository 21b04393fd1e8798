/* SPDX-License-Identifier: MIT */
#ifndef OTLP_HTTP_FILES_H
#define OTLP_HTTP_FILES_H

/* The open files of a transfer: no program that the bot starts inherits them, and a forked child
 * closes its copies. */

enum {
    FILES_SOCKETS = 4, /* two addresses tried at once, for a proxy and for the receiver */
    FILES_WAKEUP = 2
};

struct files {
    int sockets[FILES_SOCKETS]; /* each -1: none */
    int wakeup[FILES_WAKEUP];
};

/* What wakes the one who waits, and what takes all that has woken it away again. */
struct files_bell {
    void (*ring)(void *library);
    void (*calm)(void *library);
    void *library;
};

void files_init(struct files *files);

/* A new socket, or -1; and its end. */
int files_open(struct files *files, int family, int type, int protocol);
int files_close(struct files *files, int file);

/* Finds the two ends by which `bell` rings, which the library names to nobody. What is not found,
 * where /proc is missing, is inherited. */
void files_find_wakeup(struct files *files, const struct files_bell *bell);

/* In a forked child: without a byte on any of them. */
void files_abandon(struct files *files);

#endif /* OTLP_HTTP_FILES_H */
