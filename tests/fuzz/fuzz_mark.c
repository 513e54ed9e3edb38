/* SPDX-License-Identifier: MIT
 * Any bytes as a frame (the first one says of which codec): it is looked at for
 * a mark, and if it can be marked, the mark comes back. */
#include <stdlib.h>

#include "cmd/probe/mark.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len);

/* A frame that had a mark before keeps the first. */
static void check(enum rtc_codec codec, const uint8_t *marked, size_t len,
                  const struct probe_mark *mark, bool had_one)
{
    struct probe_mark got;
    enum probe_mark_state state = probe_mark_read(codec, marked, len, &got);

    if (had_one ? state == PROBE_MARK_NONE
                : state != PROBE_MARK_WHOLE || got.run != mark->run ||
                      got.sequence != mark->sequence ||
                      got.time_us != mark->time_us)
        abort();
}

static void mark_it(enum rtc_codec codec, const uint8_t *frame, size_t len)
{
    struct probe_mark mark = {len, (uint32_t)len * 77, -1}, got;
    size_t room = 2 * len + PROBE_MARK_MOST;
    uint8_t *buf = malloc(room);
    int n = probe_mark_write(codec, frame, len, &mark, len & 1 ? len * 2 : 0,
                             buf, room);

    if (n == RTC_ERR_NOBUF || n > (int)room)
        abort();
    if (n > 0)
        check(codec, buf, (size_t)n, &mark,
              probe_mark_read(codec, frame, len, &got) != PROBE_MARK_NONE);
    free(buf);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
    enum rtc_codec codec;
    struct probe_mark mark;

    if (len == 0)
        return 0;
    codec = data[0] % RTC_CODEC_COUNT;
    data++;
    len--;
    (void)probe_mark_read(codec, data, len, &mark);
    mark_it(codec, data, len);
    return 0;
}
