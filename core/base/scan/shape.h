/* SPDX-License-Identifier: MIT */
#ifndef PT_BASE_SCAN_SHAPE_H
#define PT_BASE_SCAN_SHAPE_H

/* Ids that machines make: what is known as one is not searched for numbers and words. */

#include <stdbool.h>
#include <stddef.h>

#include <patter/types.h>

/*
 * The length of the shape that begins with the run of letters and digits from `at` to `end`; 0
 * where there is none. Known are: a UUID; a Twilio SID (two letters and 32 hex digits); 16 or 32
 * hex digits with a letter (span and trace ids, MD5); 17, 24, 40 or 64 hex digits with letters amid
 * the digits (AWS, MongoDB, SHA-1, SHA-256); a ULID; the head of an ARN, up to the account's
 * number; a private IPv4 address, as 10.0.0.1 or ip-10-0-0-1; the day in a model's name:
 * `gpt-4o-mini-2024-07-18`.
 */
size_t pt_shape_at(struct patter_str text, size_t at, size_t end);

/* True for 8-4-4-4-12 hex digits and nothing else. */
bool pt_shape_is_uuid(struct patter_str text);

/* True for a day of the calendar from 1900 to 2099. */
bool pt_is_day(unsigned year, unsigned month, unsigned day);

#endif /* PT_BASE_SCAN_SHAPE_H */
