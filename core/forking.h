/* SPDX-License-Identifier: MIT */
#ifndef PT_FORKING_H
#define PT_FORKING_H

/*
 * Tracing across fork(). The parent goes on as if nothing had been. The child has none of its
 * threads; what its parent's runtime holds stays untouched, and is the parent's to send. With its
 * first call it goes on by itself, with the settings that its parent had: a child that only runs
 * another program pays nothing.
 */

/* [any] */
void pt_forking_watch(void);

/* In a child whose parent traced and that does not yet: begins now. [any] */
void pt_forking_go_on(void);

#endif /* PT_FORKING_H */
