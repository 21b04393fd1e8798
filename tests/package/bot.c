/* SPDX-License-Identifier: MIT */

/* A bot as a user builds it, against the installed package. */

#include <patter/patter.h>

#include <stdio.h>

int main(void)
{
    patter_status status = patter_init_tracing(NULL);
    if (status != PATTER_OK) {
        fprintf(stderr, "init: %d\n", status);
        return 1;
    }
    struct patter_call call = patter_call_begin(NULL);
    patter_stt_end(patter_stt_begin(call), 22, 0.9);
    patter_call_end(call);
    return patter_shutdown_tracing() == PATTER_OK ? 0 : 1;
}
