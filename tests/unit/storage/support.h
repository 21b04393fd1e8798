/* SPDX-License-Identifier: MIT */
#ifndef TESTS_UNIT_STORAGE_SUPPORT_H
#define TESTS_UNIT_STORAGE_SUPPORT_H

/* A folder of its own for each test, and records to store. */

#include <stdint.h>

#include "core/record/record.h"

/* Its path; made by make_folder, removed with all that is in it by remove_folder. */
extern char folder[64];

void make_folder(void);
void remove_folder(void);

/* Open, for openat(). */
int open_folder(const char *path);

/* Writes a sound record that holds `number` in many places, of various sizes; returns its size. */
uint32_t write_record(unsigned char *to, uint64_t number);

/* True when it is that record, byte by byte. */
int is_record(const unsigned char *bytes, uint64_t number);

/* True when it is a tombstone. */
int is_tombstone(const unsigned char *bytes);

/* The file's bytes, malloc'd, and the file with other bytes. */
unsigned char *read_bytes(int dirfd, const char *name, size_t *ret_size);
void write_bytes(int dirfd, const char *name, const unsigned char *bytes, size_t size);

#endif /* TESTS_UNIT_STORAGE_SUPPORT_H */
