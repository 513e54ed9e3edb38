/* SPDX-License-Identifier: MIT
 * Payloads that are whole frames. One that does not fit is refused: cut, its
 * parts would need RTP times of their own, so who reads a file gives frames of
 * 20 ms, and no codec here needs more than 1275 bytes for one. */
#include "codec/whole.h"

#include <string.h>

int rtc_whole_packetize(struct rtc_packetizer *p, const uint8_t *frame,
                        size_t len, size_t max)
{
    if (!len)
        return RTC_ERR_FORMAT;
    if (len > max)
        return RTC_ERR_ARG;
    p->at = frame;
    p->end = frame + len;
    return 0;
}

size_t rtc_whole_next(struct rtc_packetizer *p, uint8_t *buf, bool *ret_last)
{
    size_t len = (size_t)(p->end - p->at);

    if (len == 0)
        return 0;
    memcpy(buf, p->at, len);
    p->at = p->end;
    *ret_last = true;
    return len;
}

/* The marker begins a talkspurt (RFC 3551 4.1) and says nothing of frames. */
int rtc_whole_inspect(const uint8_t *payload, size_t len, bool marker,
                      struct rtc_payload_info *ret_info)
{
    (void)payload;
    (void)marker;
    if (!len)
        return RTC_ERR_FORMAT;
    *ret_info = (struct rtc_payload_info){true, true, true, true};
    return 0;
}

int rtc_whole_depacketize(struct rtc_writer *frame, const uint8_t *payload,
                          size_t len, bool first)
{
    if (!first || !len)
        return RTC_ERR_FORMAT;
    rtc_write_bytes(frame, payload, len);
    return 0;
}

size_t rtc_whole_depacketized_max(size_t len)
{
    return len;
}

bool rtc_whole_is_keyframe(const uint8_t *frame, size_t len)
{
    (void)frame;
    return len > 0;
}
