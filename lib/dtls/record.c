/* SPDX-License-Identifier: MIT
 * DTLS record headers (RFC 6347 4.1), the ClientHello's fragment header (4.2.2)
 * and alerts (RFC 5246 7.2). Nothing here is trusted or decrypted. */
#include "dtls/record.h"

enum { HANDSHAKE_CLIENT_HELLO = 1, ALERT_FATAL = 2, ALERT_CLOSE_NOTIFY = 0 };

bool rtc_dtls_record_next(struct rtc_reader *datagram,
                          struct rtc_dtls_record *ret_record)
{
    struct rtc_dtls_record record = {.data = datagram->at};
    uint8_t type = rtc_read_u8(datagram);
    uint8_t major = rtc_read_u8(datagram);

    rtc_read_skip(datagram, 1); /* minor version */
    record.epoch = rtc_read_u16(datagram);
    rtc_read_skip(datagram, 6); /* sequence number */
    record.body_len = rtc_read_u16(datagram);
    record.body = rtc_read_bytes(datagram, record.body_len);
    /* Every DTLS version so far is 254.x on the wire. */
    if (datagram->failed || type < RTC_DTLS_CHANGE_CIPHER_SPEC ||
        type > RTC_DTLS_APPLICATION_DATA || major != 254)
        return false;
    record.type = (enum rtc_dtls_content)type;
    record.len = (size_t)(datagram->at - record.data);
    *ret_record = record;
    return true;
}

bool rtc_dtls_record_hello(const struct rtc_dtls_record *record,
                           uint32_t *ret_from, uint32_t *ret_until)
{
    struct rtc_reader r;
    uint8_t type;
    uint32_t from, len;

    if (record->type != RTC_DTLS_HANDSHAKE_MESSAGE || record->epoch != 0)
        return false;
    rtc_reader_init(&r, record->body, record->body_len);
    type = rtc_read_u8(&r);
    rtc_read_skip(&r, 5); /* length of the message, its number */
    from = rtc_read_u24(&r);
    len = rtc_read_u24(&r);
    if (r.failed || type != HANDSHAKE_CLIENT_HELLO)
        return false;
    *ret_from = from;
    *ret_until = from + len;
    return true;
}

bool rtc_dtls_record_alert(const struct rtc_dtls_record *record,
                           uint8_t *ret_description)
{
    if (record->type != RTC_DTLS_ALERT || record->epoch != 0 ||
        record->body_len != 2)
        return false;
    if (record->body[0] != ALERT_FATAL && record->body[1] != ALERT_CLOSE_NOTIFY)
        return false;
    *ret_description = record->body[1];
    return true;
}

void rtc_dtls_record_renumber(uint8_t record[RTC_DTLS_HEADER_LEN],
                              uint32_t *next)
{
    if (rtc_get_u16(record + 3) > 0)
        return;
    rtc_put_u16(record + 5, 0);
    rtc_put_u32(record + 7, (*next)++);
}
