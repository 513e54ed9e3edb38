/* SPDX-License-Identifier: MIT
 * One a=candidate line (RFC 8839 5.1, tcptype of RFC 6544) as struct
 * rtc_candidate and back. */
#pragma once

#include "base/text.h"
#include "rtc.h"

/* Most bytes rtc_sdp_candidate_write gives, NUL included. */
#define RTC_SDP_CANDIDATE_TEXT 512

/* Reads the value, with or without `a=` and `candidate:` in front (trickle
 * JSON). A name instead of an address goes to `host`. Unknown extensions are
 * skipped. RTC_ERR_FORMAT; RTC_ERR_UNSUPPORTED: well-formed, but of a transport
 * or type that we do not know (to be ignored, RFC 8839 5.1). */
int rtc_sdp_candidate_parse(struct rtc_text line,
                            struct rtc_candidate *ret_candidate);
/* Writes `candidate:...` with a NUL. The length, or RTC_ERR_NOBUF. */
int rtc_sdp_candidate_write(const struct rtc_candidate *candidate, char *buf,
                            size_t cap);
