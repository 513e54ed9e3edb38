/* SPDX-License-Identifier: MIT
 * Application data of a DTLS session, one record a datagram (RFC 8261 4). */
#include <gnutls/dtls.h>
#include <string.h>

#include "dtls/machine.h"

/* Header, explicit nonce and tag of the longest AEAD record. */
#define RECORD_OVERHEAD 64

size_t rtc_dtls_data_max(const struct rtc_dtls *d)
{
    return d->state == RTC_DTLS_CONNECTED ? gnutls_dtls_get_data_mtu(d->engine)
                                          : 0;
}

int rtc_dtls_send(struct rtc_dtls *d, const uint8_t *data, size_t len)
{
    if (d->state != RTC_DTLS_CONNECTED)
        return RTC_ERR_STATE;
    if (len == 0 || len > rtc_dtls_data_max(d))
        return RTC_ERR_ARG;
    if (!rtc_queue_has_room(&d->output, len + RECORD_OVERHEAD))
        return RTC_ERR_AGAIN;
    return gnutls_record_send(d->engine, data, len) < 0 ? RTC_ERR_CRYPTO : 0;
}

int rtc_dtls_seal(struct rtc_dtls *d, const uint8_t *data, size_t len,
                  uint8_t *buf, size_t cap)
{
    ssize_t n;

    if (d->state != RTC_DTLS_CONNECTED)
        return RTC_ERR_STATE;
    if (len == 0 || len > rtc_dtls_data_max(d))
        return RTC_ERR_ARG;
    d->sealed = buf;
    d->sealed_cap = cap;
    d->sealed_len = 0;
    n = gnutls_record_send(d->engine, data, len);
    d->sealed = NULL;
    if (n < 0)
        return RTC_ERR_CRYPTO;
    return d->sealed_len ? (int)d->sealed_len : RTC_ERR_NOBUF;
}

size_t rtc_dtls_overhead(const struct rtc_dtls *d)
{
    return d->state == RTC_DTLS_CONNECTED ? d->config.mtu - rtc_dtls_data_max(d)
                                          : 0;
}

const uint8_t *rtc_dtls_peek(const struct rtc_dtls *d, size_t *ret_len)
{
    return rtc_queue_peek(&d->received, ret_len);
}

void rtc_dtls_pop(struct rtc_dtls *d)
{
    rtc_queue_pop(&d->received);
}

int rtc_dtls_read(struct rtc_dtls *d, uint8_t *buf, size_t cap)
{
    size_t len;
    const uint8_t *content = rtc_queue_peek(&d->received, &len);

    if (!content)
        return 0;
    if (len > cap)
        return RTC_ERR_NOBUF;
    memcpy(buf, content, len);
    rtc_queue_pop(&d->received);
    return (int)len;
}
