/* SPDX-License-Identifier: MIT */

/* A plugin of an ABI that is not known yet. */

__attribute__((visibility("default"))) const void *patter_exporter_v2(void);

const void *patter_exporter_v2(void)
{
    return 0;
}
