/* SPDX-License-Identifier: MIT */
#ifndef PT_BASE_BRANCH_H
#define PT_BASE_BRANCH_H

/* Where the usual case goes, for the few functions that every span passes through. */

#define PT_LIKELY(condition)   __builtin_expect(!!(condition), 1)
#define PT_UNLIKELY(condition) __builtin_expect(!!(condition), 0)
#define PT_COLD                __attribute__((cold, noinline))
#define PT_INLINE              static inline __attribute__((always_inline))

#endif /* PT_BASE_BRANCH_H */
