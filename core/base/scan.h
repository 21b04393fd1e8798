/* SPDX-License-Identifier: MIT */
#ifndef PT_BASE_SCAN_H
#define PT_BASE_SCAN_H

/*
 * Looks for a caller's words and numbers in a text that claims to be an identifier. Ids that
 * machines make (scan/shape.h) are passed over. Where an id and a number cannot be told apart, the
 * answer is that it is the number.
 */

#include <patter/types.h>

enum pt_scan {
    PT_SCAN_CLEAN = 0,
    PT_SCAN_PHONE,
    PT_SCAN_EMAIL,
    PT_SCAN_CARD, /* 13 to 19 digits that pass Luhn */
    PT_SCAN_IBAN,
    PT_SCAN_DATE,     /* a plausible day, such as a date of birth */
    PT_SCAN_SENTENCE, /* more words in a row than an identifier has */
    PT_SCAN_ENCODED,  /* text in base64 or hex */
    PT_SCAN_ADDRESS   /* an IP address that is not private */
};

/* The first finding. No allocation. [any] */
enum pt_scan pt_scan(struct patter_str text);

/* "phone number", "e-mail address", ... */
const char *pt_scan_name(enum pt_scan finding);

#endif /* PT_BASE_SCAN_H */
