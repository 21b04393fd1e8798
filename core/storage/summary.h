/* SPDX-License-Identifier: MIT */
#ifndef PT_STORAGE_SUMMARY_H
#define PT_STORAGE_SUMMARY_H

/* What an operator asks of a journal, without taking it over. */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "core/storage/cursors.h"

enum pt_summary_state {
    PT_SUMMARY_LIVE,    /* who made it holds it */
    PT_SUMMARY_ADOPTED, /* another process holds it, and sends what is in it */
    PT_SUMMARY_ORPHAN,  /* the next start adopts it */
    PT_SUMMARY_BROKEN,  /* it cannot be read */
    PT_SUMMARY_FOREIGN  /* of another version of patter */
};

struct pt_summary {
    enum pt_summary_state state;
    uint32_t pid;             /* of who made it; 0: unknown */
    uint32_t holder;          /* of who has adopted it; 0: unknown, or nobody */
    uint64_t begin_unix_ns;   /* 0: unknown */
    uint64_t changed_unix_ns; /* when a span was last stored, or it was made */
    uint64_t bytes;           /* of all its files */
    uint64_t log_bytes;       /* of these, the log's; the rest is set aside from the beginning */
    uint64_t spans;           /* that have ended: in its log and in rings */
    uint64_t in_rings;        /* of these, the ones that are not in the log */
    uint64_t open_calls;      /* the next start sends what is left of each of an orphan's */
    int obstacle;             /* an errno: there may be more, which cannot be read now; or 0 */
    size_t exporter_count;
    struct {
        char name[PT_STORED_NAME];
        uint64_t pending; /* of all that the next start would send, were it an orphan's */
    } exporters[PT_STORED_CURSORS];
};

/* Of the journal of that name in the directory open as `parent`; false when it is gone. */
bool pt_summary_take(int parent, const char *name, struct pt_summary *ret_summary);

/* Removes a journal that no process holds, whatever it holds: 0, or EWOULDBLOCK, or another errno.
 */
int pt_summary_purge(int parent, const char *name);

#endif /* PT_STORAGE_SUMMARY_H */
