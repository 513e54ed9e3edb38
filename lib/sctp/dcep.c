/* SPDX-License-Identifier: MIT
 * DATA_CHANNEL_OPEN (RFC 8832 5.1) and DATA_CHANNEL_ACK (5.2). */
#include "sctp/dcep.h"

#include <limits.h>

#include "base/bytes.h"
#include "rtc.h"

/* RFC 8832 5.1, channel type: how it delivers, and one bit for the order. */
enum { RELIABLE = 0, LIMITED_RETRANSMITS = 1, LIMITED_LIFETIME = 2 };
#define UNORDERED 0x80

static int limit_of(uint32_t value)
{
    return value > INT_MAX ? INT_MAX : (int)value;
}

static int parse_open(struct rtc_reader *r, struct rtc_dcep *ret_dcep)
{
    struct rtc_dcep dcep = {
        .type = RTC_DCEP_OPEN, .max_retransmits = -1, .max_lifetime_ms = -1};
    uint8_t kind = rtc_read_u8(r);
    uint32_t limit;

    dcep.priority = rtc_read_u16(r);
    limit = rtc_read_u32(r);
    dcep.label_len = rtc_read_u16(r);
    dcep.protocol_len = rtc_read_u16(r);
    dcep.label = (const char *)rtc_read_bytes(r, dcep.label_len);
    dcep.protocol = (const char *)rtc_read_bytes(r, dcep.protocol_len);
    if (r->failed)
        return RTC_ERR_FORMAT;
    dcep.unordered = kind & UNORDERED;
    kind &= (uint8_t)~UNORDERED;
    if (kind > LIMITED_LIFETIME || dcep.label_len > RTC_DCEP_TEXT_MAX ||
        dcep.protocol_len > RTC_DCEP_TEXT_MAX)
        return RTC_ERR_UNSUPPORTED;
    if (kind == LIMITED_RETRANSMITS)
        dcep.max_retransmits = limit_of(limit);
    else if (kind == LIMITED_LIFETIME)
        dcep.max_lifetime_ms = limit_of(limit);
    *ret_dcep = dcep;
    return 0;
}

int rtc_dcep_parse(const uint8_t *data, size_t len, struct rtc_dcep *ret_dcep)
{
    struct rtc_reader r;
    uint8_t type;

    rtc_reader_init(&r, data, len);
    type = rtc_read_u8(&r);
    if (r.failed)
        return RTC_ERR_FORMAT;
    if (type == RTC_DCEP_OPEN)
        return parse_open(&r, ret_dcep);
    if (type != RTC_DCEP_ACK)
        return RTC_ERR_UNSUPPORTED;
    *ret_dcep = (struct rtc_dcep){.type = RTC_DCEP_ACK};
    return 0;
}

static void write_open(struct rtc_writer *w, const struct rtc_dcep *dcep)
{
    uint8_t kind = dcep->max_retransmits >= 0   ? LIMITED_RETRANSMITS
                   : dcep->max_lifetime_ms >= 0 ? LIMITED_LIFETIME
                                                : RELIABLE;
    int limit = kind == LIMITED_RETRANSMITS ? dcep->max_retransmits
                : kind == LIMITED_LIFETIME  ? dcep->max_lifetime_ms
                                            : 0;

    rtc_write_u8(w, dcep->unordered ? kind | UNORDERED : kind);
    rtc_write_u16(w, dcep->priority);
    rtc_write_u32(w, (uint32_t)limit);
    rtc_write_u16(w, (uint16_t)dcep->label_len);
    rtc_write_u16(w, (uint16_t)dcep->protocol_len);
    rtc_write_bytes(w, dcep->label, dcep->label_len);
    rtc_write_bytes(w, dcep->protocol, dcep->protocol_len);
}

int rtc_dcep_write(const struct rtc_dcep *dcep, uint8_t *buf, size_t cap)
{
    struct rtc_writer w;

    rtc_writer_init(&w, buf, cap);
    rtc_write_u8(&w, (uint8_t)dcep->type);
    if (dcep->type == RTC_DCEP_OPEN)
        write_open(&w, dcep);
    return w.failed ? RTC_ERR_NOBUF : (int)w.len;
}
