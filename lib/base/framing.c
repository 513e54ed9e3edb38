/* SPDX-License-Identifier: MIT
 * Messages in a byte stream: RFC 4571 between peers, and to STUN and TURN
 * servers the messages' own lengths, channel data padded to 32 bits (RFC 8656
 * 12.5). */
#include "base/bytes.h"
#include "rtc.h"

#define STUN_HEADER_LEN 20

static int next_ice(const uint8_t *data, size_t len, size_t *ret_start,
                    size_t *ret_len)
{
    size_t message = len >= 2 ? rtc_get_u16(data) : 0;

    if (len < 2 || len < 2 + message)
        return 0;
    *ret_start = 2;
    *ret_len = message;
    return (int)(2 + message);
}

static int next_turn(const uint8_t *data, size_t len, size_t *ret_start,
                     size_t *ret_len)
{
    size_t message, taken;

    if (len < 4)
        return 0;
    if (data[0] >= 0x80) /* neither STUN (0..3) nor a channel (0x40..0x7F) */
        return RTC_ERR_FORMAT;
    message = rtc_get_u16(data + 2);
    message += data[0] < 0x40 ? STUN_HEADER_LEN : 4;
    taken = (message + 3) & ~(size_t)3;
    if (len < taken)
        return 0;
    *ret_start = 0;
    *ret_len = message;
    return (int)taken;
}

int rtc_framing_next(enum rtc_framing framing, const uint8_t *data, size_t len,
                     size_t *ret_start, size_t *ret_len)
{
    if ((!data && len) || !ret_start || !ret_len)
        return RTC_ERR_ARG;
    return framing == RTC_FRAMING_ICE
               ? next_ice(data, len, ret_start, ret_len)
               : next_turn(data, len, ret_start, ret_len);
}
