/* SPDX-License-Identifier: MIT */
#ifndef PT_BASE_SCAN_NUMBER_H
#define PT_BASE_SCAN_NUMBER_H

/* Numbers that may be a person's: of a phone, a card, an account, a line, or a day. */

#include "core/base/scan.h"

/*
 * PHONE, CARD, IBAN, DATE, ADDRESS or CLEAN. Digits with at most three other bytes, but no letter,
 * between them are one row; a row of seven digits or more is stopped, whatever its name.
 */
enum pt_scan pt_number_scan(struct patter_str text);

#endif /* PT_BASE_SCAN_NUMBER_H */
