/* SPDX-License-Identifier: MIT */
/* Flags, numbers, durations and sizes against libc's reading of them, and written back. */
#include "core/config/scalar.h"

#include <ctype.h>
#include <errno.h>
#include <math.h>
#include <stdio.h>
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

/* A whole number and one unit, by a table of its own: the larger units by way of the smaller. */
static bool is_simple(const char *text, const char *units, int64_t *ret_value)
{
    char *unit;
    char names[16];
    errno = 0;
    long long number = strtoll(text, &unit, 10);
    if (!isdigit((unsigned char)text[0]) || errno != 0 || number > 1000000 ||
        strlen(unit) >= sizeof(names) - 2) {
        return false;
    }
    snprintf(names, sizeof(names), "%s=", unit);
    const char *found = *unit ? strstr(units, names) : NULL;
    if (!found || (found > units && found[-1] != ' ')) {
        return false;
    }
    *ret_value = number * strtoll(found + strlen(names), NULL, 10);
    return true;
}

static void check_duration(struct patter_str text, const char *copy)
{
    static const char units[] = "ns=1 us=1000 ms=1000000 s=1000000000 m=60000000000 "
                                "h=3600000000000";
    struct pt_text written = { 0 };
    int64_t ns;
    int64_t again = -1;
    int64_t simple;
    if (strlen(copy) == text.len && is_simple(copy, units, &simple)) {
        EXPECT(pt_scalar_duration(text, &ns) && ns == simple);
    }
    if (pt_scalar_duration(text, &ns)) {
        EXPECT(ns >= 0);
        pt_scalar_write_duration(&written, ns);
        EXPECT(pt_scalar_duration(patter_text(pt_text_get(&written)), &again) && again == ns);
    }
    pt_text_clean(&written);
}

static void check_size(struct patter_str text, const char *copy)
{
    static const char units[] = "B=1 KiB=1024 MiB=1048576 GiB=1073741824 TiB=1099511627776 kB=1000 "
                                "KB=1000 MB=1000000 GB=1000000000 TB=1000000000000";
    struct pt_text written = { 0 };
    int64_t bytes;
    int64_t again = -1;
    int64_t simple;
    if (strlen(copy) == text.len && is_simple(copy, units, &simple)) {
        EXPECT(pt_scalar_size(text, &bytes) && bytes == simple);
    }
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
    check_duration(text, copy);
    check_size(text, copy);
    fuzz_release();
    return 0;
}
