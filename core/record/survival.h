/* SPDX-License-Identifier: MIT */
#ifndef PT_RECORD_SURVIVAL_H
#define PT_RECORD_SURVIVAL_H

/*
 * What must outlive the process: rings, open spans and the names of keys lie in mapped files, so
 * that a later start finds after a kill what had not reached the log. It is the death of the
 * process that is survived, not that of the machine.
 *
 * In the folder: `keys`; `rings.0000`, `rings.0001`, ...: chunks (struct pt_chunk); `slots.0000`,
 * ...: slots (struct pt_slot). What reads them is core/storage/leftover.
 */

#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>

#include "core/base/error.h"
#include "core/record/key.h"

/* Names the layout of all these files, of struct pt_chunk, pt_slot and pt_record too: a change of
 * any takes another number. */
#define PT_SURVIVAL_MAGIC 0x317379656b747070ull /* "pptkeys1" */

#define PT_SURVIVAL_KEYS  "keys"
#define PT_SURVIVAL_RINGS "rings"
#define PT_SURVIVAL_SLOTS "slots"

enum {
    PT_SURVIVAL_FILE_SIZE = 4 << 20, /* at most, and of all of the rings' files */
    PT_SURVIVAL_FILE_NAME = 16       /* bytes, NUL included */
};

/* The content of `keys`. */
struct pt_survival_keys {
    _Atomic uint64_t magic;         /* PT_SURVIVAL_MAGIC, written last */
    _Atomic uint64_t alive_unix_ns; /* the pump writes */
    struct pt_key_places names;
};

/* The name of a numbered file, as "rings.0003". */
void pt_survival_file_name(char name[PT_SURVIVAL_FILE_NAME], const char *what, uint32_t number);

/*
 * Lets rings and slots lie in new files of the folder `dirfd`, of which it keeps a descriptor of
 * its own: as many chunks as fit in `reserve_bytes` (in whole MiB, at least one) and 4,096
 * slots. False when the disk had no room for all of that, and `error` says what is
 * missing: then the rest is plain memory, and pt_survival_extend tries again.
 *
 * Before the first section of a run: after pt_threads_quiesce and pt_slots_set_max, before the pump
 * starts and pt_threads_start. What rings still hold of an earlier run is discarded. [control]
 */
bool pt_survival_begin(int dirfd, uint64_t reserve_bytes, struct patter_error *error);

/*
 * The files have vanished, or there was no folder at the beginning: from now on new ones of the
 * folder `dirfd` are used, while spans go on. What a thread has in its hands stays where it is, and
 * would be lost by a crash: a ring's chunk until it is full, open spans and its spare slots. 0 or
 * an errno: the names of keys could not be stored, and nothing has changed; what else is missing
 * shows in pt_survival_is_short. [the pump]
 */
int pt_survival_renew(int dirfd, uint64_t reserve_bytes);

/* False where the names of keys could not be stored: then what is in the folder cannot be read with
 * its attributes. [control, the pump] */
bool pt_survival_has_keys(void);

/* Whether something is missing. [the pump] */
bool pt_survival_is_short(void);

/* Tries again for what is missing; returns how many bytes more now lie in files. Creates files and
 * may wait for the disk: at most once a second, by the pump alone. [the pump] */
uint64_t pt_survival_extend(void);

/* Notes that the process lives: the end of what it leaves open, should it be killed. [the pump] */
void pt_survival_note_alive(uint64_t unix_ns);

/*
 * Back to plain memory; the files stay, and their mappings go. What was still in a ring is
 * discarded here but stays in the files, for a later start. After pt_threads_quiesce, when no pump
 * runs; a thread that is still inside a section, or a system that refuses memory, leaves mappings
 * where they are, which harms nobody. Without a beginning: a no-op. [control]
 */
void pt_survival_end(void);

/*
 * In a forked child, before anything else of ours: private pages replace every page that is shared
 * with the parent, and handles that were inherited stay void. False when the system refuses
 * memory: then nothing of this library may be used in the child. [control]
 */
bool pt_survival_forget(void);

/* Tells, at most once a minute, how much is in plain memory because the files are full: a crash
 * loses it. [the pump] */
void pt_survival_say_beyond(void);

#endif /* PT_RECORD_SURVIVAL_H */
