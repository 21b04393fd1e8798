/* SPDX-License-Identifier: MIT */
#include "plugins/otlp/crypto.h"

#include <stdatomic.h>
#include <unistd.h>

#include <openssl/crypto.h>

bool otlp_crypto_begin(void)
{
    static _Atomic pid_t first; /* the process that came first; 0: none. Set once, by any thread */
    pid_t found = 0;
    pid_t own = getpid();
    if (!atomic_compare_exchange_strong(&first, &found, own) && found != own) {
        return false;
    }
    /* Without this, the first use of OpenSSL adds its end to what exit() runs, before the program's
     * own functions that were added earlier: one of them may end tracing, and sends until then. */
    OPENSSL_init_crypto(OPENSSL_INIT_NO_ATEXIT, NULL);
    return true;
}
