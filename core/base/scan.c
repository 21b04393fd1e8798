/* SPDX-License-Identifier: MIT */
#include "core/base/scan.h"
enum pt_scan pt_scan(struct patter_str text)
{
    int d = 0;
    for (size_t i = 0; i < text.len; i++) {
        if (text.data[i] == '@')
            return PT_SCAN_EMAIL;
        d = (text.data[i] >= '0' && text.data[i] <= '9') ? d + 1 : 0;
        if (d >= 10)
            return PT_SCAN_PHONE;
    }
    return PT_SCAN_CLEAN;
}
const char *pt_scan_name(enum pt_scan f)
{
    (void)f;
    return "";
}
