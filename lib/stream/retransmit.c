/* SPDX-License-Identifier: MIT
 * Resending: the queue holds 16-bit numbers, not packets, so that the history
 * stays the one owner and may evict at any time. RTX per RFC 4588 4. */
#include "stream/retransmit.h"

#include <string.h>

#include "base/bytes.h"
#include "base/clock.h"

/* Below this no two NACKs for a packet are independent. */
#define RESEND_GAP_MIN_US (5 * RTC_MS)

static bool resent_lately(const struct rtc_history_entry *e, rtc_usec rtt_us,
                          rtc_usec now)
{
    return e->resend_count > 0 &&
           now - e->resent_us < rtc_max_time(rtt_us, RESEND_GAP_MIN_US);
}

bool rtc_retransmit_push(struct rtc_retransmit *r, struct rtc_history *h,
                         uint16_t sequence, rtc_usec rtt_us, rtc_usec now)
{
    struct rtc_history_entry *e = rtc_history_find(h, sequence);

    if (!e || e->resend_queued || resent_lately(e, rtt_us, now) ||
        r->count == RTC_RETRANSMIT_MOST)
        return false;
    e->resend_queued = true;
    r->sequences[(r->first + r->count++) % RTC_RETRANSMIT_MOST] = sequence;
    return true;
}

static void drop_first(struct rtc_retransmit *r)
{
    r->first = (r->first + 1) % RTC_RETRANSMIT_MOST;
    r->count--;
}

struct rtc_history_entry *rtc_retransmit_peek(struct rtc_retransmit *r,
                                              struct rtc_history *h)
{
    for (; r->count; drop_first(r)) {
        struct rtc_history_entry *e =
            rtc_history_find(h, r->sequences[r->first]);

        if (e && e->resend_queued)
            return e;
    }
    return NULL;
}

void rtc_retransmit_clear(struct rtc_retransmit *r, struct rtc_history *h)
{
    struct rtc_history_entry *e;

    while ((e = rtc_retransmit_peek(r, h))) {
        e->resend_queued = false;
        drop_first(r);
    }
}

void rtc_retransmit_pop(struct rtc_retransmit *r,
                        struct rtc_history_entry *entry, rtc_usec now)
{
    entry->resend_queued = false;
    entry->resent_us = now;
    if (entry->resend_count < UINT16_MAX)
        entry->resend_count++;
    drop_first(r);
}

/* The header in its form: how long it is, or 0 when it does not fit. */
static size_t write_header(const struct rtc_history_entry *entry,
                           const struct rtc_rtx_form *form, uint8_t *buf,
                           size_t cap)
{
    const struct rtc_rtp_header header = {
        .marker = entry->packet[1] >> 7,
        .payload_type = entry->rtx_payload_type,
        .sequence = form->sequence,
        .timestamp = rtc_get_u32(entry->packet + 4),
        .ssrc = form->ssrc,
        .has_extension = form->extension_len > 0,
        .extension_profile = form->extension_profile,
        .extension = form->extension,
        .extension_len = form->extension_len,
    };
    int len;

    if (form->own_extension) {
        len = rtc_rtp_write(&header, buf, cap);
        return len > 0 ? (size_t)len : 0;
    }
    if (entry->header_len > cap)
        return 0;
    memcpy(buf, entry->packet, entry->header_len);
    buf[1] = (uint8_t)((entry->packet[1] & 0x80) | entry->rtx_payload_type);
    rtc_put_u16(buf + 2, form->sequence);
    rtc_put_u32(buf + 8, form->ssrc);
    return entry->header_len;
}

int rtc_rtx_write(const struct rtc_history_entry *entry,
                  const struct rtc_rtx_form *form, uint8_t *buf, size_t cap)
{
    size_t payload_len = (size_t)entry->len - entry->header_len;
    size_t at = write_header(entry, form, buf, cap);

    if (!at || cap - at < RTC_RTX_OSN_LEN + payload_len)
        return RTC_ERR_NOBUF;
    rtc_put_u16(buf + at, rtc_get_u16(entry->packet + 2));
    memcpy(buf + at + RTC_RTX_OSN_LEN, entry->packet + entry->header_len,
           payload_len);
    return (int)(at + RTC_RTX_OSN_LEN + payload_len);
}

int rtc_rtx_parse(struct rtc_rtp_header *header, uint32_t ssrc,
                  uint8_t payload_type)
{
    if (header->payload_len < RTC_RTX_OSN_LEN)
        return RTC_ERR_FORMAT;
    header->sequence = rtc_get_u16(header->payload);
    header->payload += RTC_RTX_OSN_LEN;
    header->payload_len -= RTC_RTX_OSN_LEN;
    header->header_len += RTC_RTX_OSN_LEN;
    header->ssrc = ssrc;
    header->payload_type = payload_type;
    return 0;
}
