/* SPDX-License-Identifier: MIT */
#include <stdlib.h>
#include <unistd.h>

#include <patter/patter.h>

/*
 * A process that dies without a shutdown. Usage: cli-crash CALLS SPANS
 * Begins so many calls, ends so many spans in each, and is gone: patter.yaml says where they lie.
 */
int main(int argc, char **argv)
{
    if (argc != 3 || patter_init_tracing(NULL) != PATTER_OK) {
        return 1;
    }
    for (int i = 0; i < atoi(argv[1]); i++) {
        struct patter_call call = patter_call_begin(NULL);
        for (int j = 0; j < atoi(argv[2]); j++) {
            patter_span_end(patter_llm_begin(call, j, 0));
        }
    }
    _exit(0);
}
