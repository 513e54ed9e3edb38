/* SPDX-License-Identifier: MIT
 *
 * A stream of bytes as messages of a data channel, and back: cut at line ends,
 * NUL bytes, a fixed length, or, for a stream that has no messages, anywhere.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "rtc.h"

enum splitter_mode {
    SPLITTER_BYTES,  /* whatever was read, at most 64 KiB */
    SPLITTER_LINES,  /* without their LF; text where they are UTF-8 */
    SPLITTER_NULS,   /* the same with NUL */
    SPLITTER_LENGTH, /* so many bytes; the last one may be shorter */
};

struct splitter_options {
    enum splitter_mode mode;
    size_t len; /* LENGTH */
};

/* Reads `line`, `nul` or a number of bytes (1 up, with k or M). False when it
 * is something else. */
bool splitter_parse(const char *text, struct splitter_options *ret_options);

/* The first message of `len` bytes at `data`: true when there is one, with the
 * bytes it takes away in `ret_taken`; it points into `data`. `most`: longest
 * message of BYTES. `ended`: no bytes follow, so that what is left is one. */
bool splitter_next(const struct splitter_options *options, const uint8_t *data,
                   size_t len, size_t most, bool ended,
                   struct rtc_message *ret_message, size_t *ret_taken);

/* What is written behind a message: one byte, or none. */
size_t splitter_mark(const struct splitter_options *options, char *ret_mark);
/* Whether all of it is UTF-8 (RFC 3629) without NUL. */
bool splitter_is_text(const uint8_t *data, size_t len);
