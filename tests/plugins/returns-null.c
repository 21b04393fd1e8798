/* SPDX-License-Identifier: MIT */

/* The symbol is there and gives nothing. */

#include <patter/exporter.h>

PATTER_API const struct patter_exporter *patter_exporter_v1(void);

const struct patter_exporter *patter_exporter_v1(void)
{
    return NULL;
}
