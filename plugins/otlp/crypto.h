/* SPDX-License-Identifier: MIT */
#ifndef OTLP_CRYPTO_H
#define OTLP_CRYPTO_H

/* OpenSSL, which belongs to the whole program: how it ends, and what a forked child has of it. */

#include <stdbool.h>

/*
 * To be called before any use of OpenSSL, by this plugin or by a library of its, and any number of
 * times: what runs at exit() then does not take it away from those who still send.
 *
 * False in a forked child of a process that has called it: a thread which is not here may have
 * held one of OpenSSL's locks, so that whoever must not wait for ever does not use it. [any]
 */
bool otlp_crypto_begin(void);

#endif /* OTLP_CRYPTO_H */
