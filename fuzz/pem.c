/* SPDX-License-Identifier: MIT */
/* Any text as certificate and key: an answer in words, and nothing left in OpenSSL's queue. */
#include "plugins/otlp/pem.h"

#include <openssl/err.h>
#include <string.h>

#include "fuzz/support/fuzz.h"

static void expect_why(bool good, const char *why)
{
    EXPECT(good || (why[0] != '\0' && strlen(why) < OTLP_WHY_MAX && fuzz_is_printable(why)));
    EXPECT(ERR_peek_error() == 0);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct patter_str text = { (const char *)data, size };
    const char *pem = fuzz_c_text(text);
    char why[OTLP_WHY_MAX] = "";
    bool is_certificate = otlp_pem_check_certificates(pem, why);
    expect_why(is_certificate, why);
    EXPECT(!is_certificate || strstr(pem, "CERTIFICATE-----"));
    why[0] = '\0';
    bool is_key = otlp_pem_check_key(pem, why);
    expect_why(is_key, why);
    EXPECT(!is_key || strstr(pem, "PRIVATE KEY-----"));
    why[0] = '\0';
    bool is_pair = otlp_pem_check_pair(pem, pem, why);
    expect_why(is_pair, why);
    EXPECT(!is_pair || (is_certificate && is_key) || strstr(pem, "CERTIFICATE-----"));
    fuzz_release();
    return 0;
}
