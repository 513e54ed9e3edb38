/* SPDX-License-Identifier: MIT
 *
 * A ring of frames that wait for their time, each with its own copy.
 */
#include "cmd/backlog.h"

#include <stdlib.h>
#include <string.h>

bool backlog_is_full(const struct backlog *backlog)
{
    return backlog->count == BACKLOG_MOST || backlog->bytes >= BACKLOG_BYTES;
}

static struct waiting *item_at(struct backlog *backlog, unsigned n)
{
    return &backlog->items[(backlog->first + n) % BACKLOG_MOST];
}

bool backlog_push(struct backlog *backlog, const struct rtc_media_frame *frame,
                  int64_t time_ns, rtc_usec now)
{
    uint8_t *copy = malloc(frame->len ? frame->len : 1);
    struct waiting *item = item_at(backlog, backlog->count);

    if (!copy)
        return false;
    memcpy(copy, frame->data, frame->len);
    *item = (struct waiting){
        .frame = *frame, .time_ns = time_ns, .read_at = now, .due = RTC_NEVER};
    item->frame.data = copy;
    backlog->count++;
    backlog->bytes += frame->len;
    return true;
}

struct waiting *backlog_first(struct backlog *backlog)
{
    return backlog->count ? item_at(backlog, 0) : NULL;
}

struct waiting *backlog_last(struct backlog *backlog)
{
    return backlog->count ? item_at(backlog, backlog->count - 1) : NULL;
}

void backlog_pop(struct backlog *backlog)
{
    struct waiting *item = item_at(backlog, 0);

    backlog->bytes -= item->frame.len;
    free((uint8_t *)(uintptr_t)item->frame.data);
    item->frame.data = NULL;
    backlog->first = (backlog->first + 1) % BACKLOG_MOST;
    backlog->count--;
}

void backlog_forget_due(struct backlog *backlog)
{
    for (unsigned i = 0; i < backlog->count; i++)
        item_at(backlog, i)->due = RTC_NEVER;
}

void backlog_clear(struct backlog *backlog)
{
    while (backlog->count)
        backlog_pop(backlog);
}
