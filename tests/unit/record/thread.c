/* SPDX-License-Identifier: MIT */
#include "core/record/thread.h"

#include <criterion/criterion.h>
#include <errno.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <stddef.h>
#include <sys/prctl.h>
#include <sys/syscall.h>

/* As a bot does that gives up rights once it has started. */
static void refuse_membarrier(void)
{
    struct sock_filter steps[] = {
        BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, nr)),
        BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, SYS_membarrier, 0, 1),
        BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ERRNO | EPERM),
        BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW),
    };
    struct sock_fprog filter = { .len = sizeof(steps) / sizeof(steps[0]), .filter = steps };
    cr_assert_eq(prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0), 0);
    cr_assert_eq(prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &filter), 0);
}

Test(thread, bots_threads_fence_for_themselves_once_the_kernel_refuses_to)
{
    cr_assert(pt_threads_set_up());
    pt_threads_start();
    pt_barrier_everywhere();
    cr_assert_not(pt_threads_state.fences_needed);
    cr_assert_eq(pt_threads_state.mode, PT_TRACING_ON);
    refuse_membarrier();
    pt_barrier_everywhere();
    cr_assert(pt_threads_state.fences_needed);
    cr_assert_eq(pt_threads_state.mode, PT_TRACING_ON_WITH_FENCES);

    struct pt_thread *thread = pt_section_enter();
    cr_assert(thread);
    cr_assert_eq(thread->busy, 1);
    pt_section_exit(thread);
    cr_assert(pt_threads_quiesce(UINT64_MAX));
    cr_assert_null(pt_section_enter());
}
