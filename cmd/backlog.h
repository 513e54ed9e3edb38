/* SPDX-License-Identifier: MIT
 *
 * Frames of one track that were read and are not sent yet, in their order.
 */
#pragma once

#include <stdbool.h>

#include "media/media.h"

#define BACKLOG_MOST 128
/* Bytes from which on it is full. */
#define BACKLOG_BYTES ((size_t)8 << 20)

struct waiting {
    struct rtc_media_frame frame; /* its data is the backlog's */
    int64_t time_ns;              /* on the input's timeline */
    rtc_usec read_at;
    rtc_usec due; /* RTC_NEVER: not known yet */
};

/* Zeroed: empty. */
struct backlog {
    struct waiting items[BACKLOG_MOST];
    unsigned first, count;
    size_t bytes;
};

bool backlog_is_full(const struct backlog *backlog);
/* Copies. False when out of memory; it must not be full. */
bool backlog_push(struct backlog *backlog, const struct rtc_media_frame *frame,
                  int64_t time_ns, rtc_usec now);
/* The oldest and the newest; NULL when there is none. Lends until pop. */
struct waiting *backlog_first(struct backlog *backlog);
struct waiting *backlog_last(struct backlog *backlog);
void backlog_pop(struct backlog *backlog);
/* The due times are to be told anew. */
void backlog_forget_due(struct backlog *backlog);
void backlog_clear(struct backlog *backlog);
