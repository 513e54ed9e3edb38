/* SPDX-License-Identifier: MIT
 *
 * The bytes of a mark, the same in every codec, and the digest that goes into
 * them. None of them is zero, so that they look like no start code.
 */
#pragma once

#include "base/hash.h"
#include "cmd/probe/mark.h"

#define MARK_TEXT_LEN 48
#define MARK_NAME_LEN 16 /* what it begins with: a UUID of our own */

/* Of the ranges that were added, in order. */
struct mark_digest {
    uint8_t state[RTC_SHA256_LEN];
};

void mark_digest_init(struct mark_digest *digest);
void mark_digest_add(struct mark_digest *digest, const void *data, size_t len);

/* Writes the mark of a frame whose digest that is. */
void mark_text_write(uint8_t text[MARK_TEXT_LEN], const struct probe_mark *mark,
                     const struct mark_digest *digest);
/* Whether a mark begins here. */
bool mark_text_is(const uint8_t *at, size_t len);
/* Reads one that begins here. Whether it is of a frame with that digest. */
bool mark_text_read(const uint8_t text[MARK_TEXT_LEN],
                    const struct mark_digest *digest,
                    struct probe_mark *ret_mark);
/* Whether all bytes of a filling are what they were. */
bool mark_is_filled(const uint8_t *at, size_t len, uint8_t value);
