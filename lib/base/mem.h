/* SPDX-License-Identifier: MIT
 * The only callers of malloc in the library. Tests replace rtc_calloc and
 * rtc_realloc at link time (-Wl,--wrap) to make allocations fail or count. */
#pragma once

#include <stddef.h>

/* Zeroed memory for `count` objects of `size` bytes, or NULL. Owned by the
 * caller until rtc_free. */
void *rtc_calloc(size_t count, size_t size);

/* `old` grown or shrunk to `size` bytes; NULL leaves `old` as it was. New bytes
 * are not zeroed. */
void *rtc_realloc(void *old, size_t size);

/* A copy of `len` bytes of `text` with a NUL behind, or NULL. */
char *rtc_strndup(const char *text, size_t len);

/* Releases what the functions above gave; NULL is fine. */
void rtc_free(void *memory);

/* Overwrites `len` bytes of a secret in a way no compiler removes. */
void rtc_wipe(void *memory, size_t len);
