/* SPDX-License-Identifier: MIT */
#ifndef PT_PIPELINE_SPOOL_H
#define PT_PIPELINE_SPOOL_H

/*
 * The log's files. What the pump appends is written to this process's journal before it leaves its
 * ring, so that it outlives the process; a segment that is in its file may leave memory, and is
 * read again when its turn comes. What dead processes left comes first in the log.
 */

#include <limits.h>
#include <pthread.h>
#include <stdbool.h>
#include <stdint.h>

#include <patter/exporter.h>

#include "core/base/hash.h"
#include "core/base/log.h"
#include "core/pipeline/segment.h"
#include "core/pipeline/source.h"
#include "core/storage/file.h"
#include "core/storage/journal.h"

struct pt_pipeline;
struct pt_sender;

struct pt_spool_config {
    struct pt_journal *journal;  /* this process's own, owned by the spool; NULL: the disk has no
                                    room  for one, which is tried again */
    struct pt_journal **orphans; /* the journals of dead processes, oldest first; owned likewise,
                                    but for the array */
    size_t orphan_count;
    const char *directory; /* NULL: no storage */
    struct pt_hash *hash;  /* for call ids that may no longer leave; owned by the spool; under the
                              pipeline's lock. NULL at the beginning: memory is short */
    uint64_t ring_bytes;   /* of rings, for a journal that is begun later; 0: none outlives us */
    uint64_t max_bytes;    /* of all segments' files */
    uint64_t max_age_ns;   /* 0: no bound */
    uint64_t read_rate;    /* bytes a second; 0: no bound */
    uint64_t max_resident; /* bytes of segments in memory */
};

/* A file that has to go. */
struct pt_removal {
    struct pt_source *source;
    uint64_t stored_first;
};

/* Zeroed: no storage. */
struct pt_spool {
    struct pt_spool_config config;
    char directory[PATH_MAX];
    struct pt_source *sources;   /* this process's own first, where it has one */
    struct pt_segment_file file; /* the newest segment's; the pump's */
    bool has_file;               /* the pump's, as the next four */
    uint32_t written_count;      /* of the newest segment's records, those in the file */
    uint64_t look_at_ns;         /* whether the files are still there, and all */
    uint64_t retry_at_ns;        /* no file is made, and none written, before that */
    uint64_t stored_next;        /* position in the own journal of the next record */
    uint64_t begin;              /* position in the log of the own journal's first record */
    uint64_t recovered_end;      /* position in the log of this process's first record */
    pthread_cond_t loaded;       /* a segment is in memory again, or the pipeline stops */
    uint64_t bytes;              /* of all files; under lock, as what follows but for the gates */
    uint64_t read_at_ns;         /* no file is read before that */
    bool is_incomplete;          /* the log lacks segments of its sources: none of them goes */
    bool rings_survive;          /* the journal has them, too */
    bool rings_are_left;         /* at the end: what is in them is for the next start */
    struct pt_removal *removals;
    size_t removal_count, removal_capacity;
    struct pt_log_gate write_gate, read_gate;
};

/* This process's own journal; NULL: there is none yet. */
static inline struct pt_source *pt_spool_own(const struct pt_spool *spool)
{
    return spool->sources && spool->sources->is_own ? spool->sources : NULL;
}

static inline bool pt_spool_is_on(const struct pt_spool *spool)
{
    return spool->config.directory != NULL;
}

/* Takes the journals over; the orphans' segments become the log's first. False when memory is
 * short. After the senders are added, before the start. */
bool pt_spool_begin(struct pt_pipeline *pipeline, const struct pt_spool_config *config);

/* Closes all journals, and removes those that every sender has answered for. After the stop. */
void pt_spool_end(struct pt_pipeline *pipeline);

/* What is in rings and open spans outlives the process: notes that it lives, and, once a second,
 * whether its files are still there, and tries again to find room on the disk where that was short.
 * The `last` time at once. [the pump] */
void pt_spool_look_after(struct pt_pipeline *pipeline, bool last);

/* Where the source's directory was removed, what its files held is in memory alone, if at all.
 * Without the lock. */
void pt_spool_note_vanished(struct pt_pipeline *pipeline, const struct pt_source *source);

/* Gives the newest segment, which is empty, a file. [the pump] */
void pt_spool_open(struct pt_pipeline *pipeline);

/* Where the disk has refused the newest segment a file, tries again once a second. True where it
 * takes a new segment, since its journal had vanished and there is another. [the pump] */
bool pt_spool_try_again(struct pt_pipeline *pipeline);

/* Under lock. Drops the oldest segments that are too old, or for whose files there is no room
 * beside one more. [the pump] */
void pt_spool_limit(struct pt_pipeline *pipeline);

/* Writes what was copied behind the newest segment's end to its file, before it is published, and
 * what the disk has refused before; returns the bytes that took, 0 where it cannot. [the pump] */
uint32_t pt_spool_write(struct pt_pipeline *pipeline, struct pt_copied copied);

/* Under lock. Counts them. [the pump] */
void pt_spool_note_written(struct pt_pipeline *pipeline, uint32_t written);

/* Under lock. Notes that the segment leaves the log: pt_spool_sweep removes its file. */
void pt_spool_forget(struct pt_pipeline *pipeline, struct pt_segment *segment);

/* Removes the files of segments that have left. Without the lock. */
void pt_spool_sweep(struct pt_pipeline *pipeline);

/* Under lock. How many records that `sender` has not been given are in files. */
uint64_t pt_spool_kept(const struct pt_sender *sender);

/* Under lock. True when every record before `position` that `sender` has not answered for is in a
 * file. */
bool pt_spool_holds(const struct pt_sender *sender, uint64_t position);

#endif /* PT_PIPELINE_SPOOL_H */
