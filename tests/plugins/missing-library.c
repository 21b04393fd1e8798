/* SPDX-License-Identifier: MIT */

/* Calls a function that nobody has. */

#include <patter/exporter.h>

const struct patter_exporter *patter_nobody_has_this(void);

PATTER_API const struct patter_exporter *patter_exporter_v1(void);

const struct patter_exporter *patter_exporter_v1(void)
{
    return patter_nobody_has_this();
}
