/* SPDX-License-Identifier: MIT */
/* Traces one call between two marks, for strace to see what tracing does to the system. */

#include <patter/patter.h>
#include <unistd.h>

int main(void)
{
    if (write(STDOUT_FILENO, "begin-mark\n", 11) < 0) {
        return 1;
    }
    patter_init_tracing(NULL);
    struct patter_call call = patter_call_begin(NULL);
    patter_stt_end(patter_stt_begin(call), 22, 0.9);
    patter_call_end(call);
    patter_flush(1000);
    patter_shutdown_tracing();
    return write(STDOUT_FILENO, "end-mark\n", 9) < 0;
}
