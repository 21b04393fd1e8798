/* SPDX-License-Identifier: MIT */
/* Flags, numbers, durations and sizes against libc's reading of them, and written back. */
#include "core/config/scalar.h"

#include <ctype.h>
#include <errno.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "core/base/text.h"
#include "fuzz/support/fuzz.h"

static void check_bool(struct patter_str text)
{
    bool value;
    if (pt_scalar_bool(text, &value)) {
        char first = (char)tolower(text.data[0]);
        bool is_long_no = text.len == 3 && tolower(text.data[1]) == 'f';
        EXPECT(text.len >= 2 && text.len <= 5);
        EXPECT(value == (first == 't' || first == 'y' || (first == 'o' && !is_long_no)));
    }
}

static bool is_decimal(const char *text)
{
    text += *text == '-' || *text == '+';
    return *text != '\0' && text[strspn(text, "0123456789")] == '\0';
}

static void check_int(struct patter_str text, const char *copy)
{
    int64_t value;
    bool reads = pt_scalar_int(text, &value);
    errno = 0;
    long long wanted = strtoll(copy, NULL, 10);
    bool should = strlen(copy) == text.len && is_decimal(copy) && errno == 0;
    EXPECT(reads == should);
    EXPECT(!reads || value == wanted);
}

static void check_double(struct patter_str text, const char *copy)
{
    double value;
    if (pt_scalar_double(text, &value)) {
        char *end;
        EXPECT(isfinite(value) && strlen(copy) == text.len);
        EXPECT(strtod(copy, &end) == value && *end == '\0');
    }
}

static void check_duration(struct patter_str text)
{
    struct pt_text written = { 0 };
    int64_t ns;
    int64_t again = -1;
    if (pt_scalar_duration(text, &ns)) {
        EXPECT(ns >= 0);
        pt_scalar_write_duration(&written, ns);
        EXPECT(pt_scalar_duration(patter_text(pt_text_get(&written)), &again) && again == ns);
    }
    pt_text_clean(&written);
}

static void check_size(struct patter_str text)
{
    struct pt_text written = { 0 };
    int64_t bytes;
    int64_t again = -1;
    if (pt_scalar_size(text, &bytes)) {
        EXPECT(bytes >= 0);
        pt_scalar_write_size(&written, bytes);
        EXPECT(pt_scalar_size(patter_text(pt_text_get(&written)), &again) && again == bytes);
    }
    pt_text_clean(&written);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct patter_str text = { (const char *)data, size };
    const char *copy = fuzz_c_text(text);
    check_bool(text);
    check_int(text, copy);
    check_double(text, copy);
    check_duration(text);
    check_size(text);
    fuzz_release();
    return 0;
}
