/* SPDX-License-Identifier: MIT
 * SRTP and SRTCP for one DTLS association, all its streams in both directions
 * (RFC 3711, RFC 7714): packets are protected and unprotected in place. */
#pragma once

#include "rtc.h"

/* Numbers of the IANA registry "DTLS-SRTP Protection Profiles". */
enum rtc_srtp_profile {
    RTC_SRTP_AES128_CM_SHA1_80 = 1,
    RTC_SRTP_AEAD_AES_128_GCM = 7,
    RTC_SRTP_AEAD_AES_256_GCM = 8,
};

#define RTC_SRTP_KEY_MAX 44
/* Most bytes that protecting adds, of any profile, to RTP and RTCP. */
#define RTC_SRTP_OVERHEAD_MAX 16
#define RTC_SRTCP_OVERHEAD_MAX 20

/* SSRCs a remote may use before further ones are refused. */
#define RTC_SRTP_STREAM_MOST 256

struct rtc_srtp;

/* "libsrtp2 2.5.0", as it is loaded. Static. */
const char *rtc_srtp_library(void);
/* What the first rtc_srtp_new of the process would do: libsrtp2 tests itself,
 * and takes our ciphers. Again is a no-op. 0 or RTC_ERR_CRYPTO. */
int rtc_srtp_prepare(void);

/* The RFC's name ("SRTP_AEAD_AES_128_GCM") or NULL if it is none of ours. */
const char *rtc_srtp_profile_name(unsigned profile);
/* Bytes of a master key with its salt: 30, 28, 44; 0 if unknown. */
size_t rtc_srtp_key_len(unsigned profile);
/* Bytes that protecting adds: to RTP (10 or 16), to RTCP (14 or 20). */
size_t rtc_srtp_overhead(const struct rtc_srtp *s);
size_t rtc_srtcp_overhead(const struct rtc_srtp *s);

/* `local` and `remote` are master key and salt in a row, rtc_srtp_key_len
 * bytes each. Copies. RTC_ERR_UNSUPPORTED (profile), NOMEM, CRYPTO. */
int rtc_srtp_new(struct rtc_srtp **ret_srtp, unsigned profile,
                 const uint8_t *local, const uint8_t *remote);
/* NULL is fine. */
void rtc_srtp_free(struct rtc_srtp *s);

/* All four work in place and return the new length; outputs are undefined
 * after an error. `cap` is the size of `buf`: len + overhead at least. The same
 * packet may be protected again (a plain retransmission).
 *   RTC_ERR_FORMAT  too short, or no RTP or RTCP
 *   RTC_ERR_CRYPTO  does not authenticate; nothing has changed
 *   RTC_ERR_STATE   a replay, or older than the window
 *   RTC_ERR_NOMEM   one SSRC too many, RTC_SRTP_STREAM_MOST
 *   RTC_ERR_NOBUF   `cap`
 *   RTC_ERR_CLOSED  the key was used too often (RFC 3711 9.2) */
int rtc_srtp_protect(struct rtc_srtp *s, uint8_t *buf, size_t len, size_t cap);
int rtc_srtp_unprotect(struct rtc_srtp *s, uint8_t *buf, size_t len);
int rtc_srtcp_protect(struct rtc_srtp *s, uint8_t *buf, size_t len, size_t cap);
int rtc_srtcp_unprotect(struct rtc_srtp *s, uint8_t *buf, size_t len);

/* Makes the stream of `ssrc` begin at rollover counter `roc` instead of 0,
 * before its first packet. RTC_ERR_STATE (it has begun), NOMEM, CRYPTO. */
int rtc_srtp_send_roc(struct rtc_srtp *s, uint32_t ssrc, uint32_t roc);
int rtc_srtp_receive_roc(struct rtc_srtp *s, uint32_t ssrc, uint32_t roc);
