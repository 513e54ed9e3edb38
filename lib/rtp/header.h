/* SPDX-License-Identifier: MIT
 * The RTP header (RFC 3550 5.1, 5.3.1) as a plain struct, and telling RTCP from
 * RTP on one port (RFC 5761 4). On the packet path: nothing allocates. */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define RTC_RTP_HEADER_MIN 12
#define RTC_RTP_CSRC_MOST 15

/* Slices point into the packet that was parsed, or into what is to be written,
 * and are lent as long as it. Zeroed, it is a valid header to write. */
struct rtc_rtp_header {
    bool marker;
    bool has_extension;
    uint8_t payload_type; /* 0-127 */
    uint8_t csrc_count;   /* 0-15 */
    uint8_t padding_len;  /* bytes behind the payload, the count included */
    uint16_t sequence;
    uint16_t extension_profile; /* 0xBEDE: see rtp/extension.h */
    uint32_t timestamp;
    uint32_t ssrc;
    const uint8_t *extension;         /* the block behind profile and length */
    size_t extension_len;             /* in bytes, a multiple of 4 */
    const uint8_t *payload;           /* parsed only */
    size_t payload_len;               /* parsed only; may be 0 */
    size_t header_len;                /* parsed only: offset of the payload */
    uint32_t csrc[RTC_RTP_CSRC_MOST]; /* the first csrc_count are set */
};

/* Reads the header of a whole packet; borrows `data`. 0 or RTC_ERR_FORMAT. */
int rtc_rtp_parse(const uint8_t *data, size_t len,
                  struct rtc_rtp_header *ret_header);

/* Bytes rtc_rtp_write makes of it. */
size_t rtc_rtp_header_len(const struct rtc_rtp_header *header);

/* Writes the header with its CSRCs and extension; the payload and the padding
 * it announces are the caller's to put behind. The length, RTC_ERR_NOBUF, or
 * RTC_ERR_ARG for a field out of its range. */
int rtc_rtp_write(const struct rtc_rtp_header *header, uint8_t *buf,
                  size_t cap);

/* Whether a datagram of the RTP range (RFC 7983) is RTCP. */
static inline bool rtc_rtp_is_rtcp(const uint8_t *data, size_t len)
{
    /* RFC 5761 4: packet types 192-223 are no RTP payload types. */
    return len >= 2 && data[1] >= 192 && data[1] <= 223;
}
