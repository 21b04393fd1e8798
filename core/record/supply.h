/* SPDX-License-Identifier: MIT */
#ifndef PT_RECORD_SUPPLY_H
#define PT_RECORD_SUPPLY_H

/* The files of a pool whose items are to outlive the process, and the exchange of memory under its
 * blocks. Only core/record/survival uses it. */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "core/record/pool.h"

struct pt_supply {
    const char *name;
    struct pt_pool *pool;
    bool has_content;    /* an exchange of memory keeps it */
    uint32_t wanted;     /* blocks; 0: none, or all of the pool's limit are there */
    uint32_t file_count; /* made so far */
};

/* A new file of that size, mapped; NULL and `ret_problem`, an errno, and then there is no file. */
void *pt_supply_map_file(int dirfd, const char *name, size_t size, int *ret_problem);

/* Makes files until all that is wanted is there, the last ones smaller where `least` blocks allow
 * it: 0 or errno. At the beginning of a run no thread is inside a section. [control, the pump] */
int pt_supply_fill(struct pt_supply *supply, int dirfd, uint32_t least, bool at_beginning);

/* How many bytes lie in files, and how many more are wanted. */
uint64_t pt_supply_bytes(const struct pt_supply *supply);
uint64_t pt_supply_missing(const struct pt_supply *supply);

/* The files are gone, and what is in their memory is lost with the process. [the pump] */
void pt_supply_leave_files(struct pt_supply *supply);

/* pt_threads_hold_still, once no section is under way: false when one stays so. Let go with
 * pt_threads_let_go in any case. [control] */
bool pt_supply_hold_still(void);

/* Private memory under all blocks, where it may be exchanged. While threads are held. [control] */
void pt_supply_make_plain(struct pt_supply *supply, bool may_exchange);

/* In a forked child: private memory under all blocks, which holds what voids handles and nothing
 * else; false when the system refuses. [control] */
bool pt_supply_forget(struct pt_supply *supply);

#endif /* PT_RECORD_SUPPLY_H */
