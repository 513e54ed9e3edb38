/* SPDX-License-Identifier: MIT
 *
 * SDP fragments, application/trickle-ice-sdpfrag (RFC 8840 9, RFC 9725 4.3):
 * ICE credentials and candidates outside a description. Everything is BUNDLEd
 * here, so a fragment is read as if it had one section.
 */
#pragma once

#include "sdp/sdp.h"

#define RTC_SDP_FRAGMENT_CANDIDATE_MOST 64

struct rtc_sdp_fragment {
    struct rtc_text ice_ufrag, ice_pwd, ice_options; /* empty: not there */
    bool ice_lite;
    bool end_of_candidates;
    /* Of the first section with candidates; without any, the first of BUNDLE or
     * the first there is. */
    struct rtc_text mid;
    struct rtc_candidate candidates[RTC_SDP_FRAGMENT_CANDIDATE_MOST];
    unsigned candidate_count;
};

/* Reads a fragment, LF or CRLF. Its texts are lent by `text`. Credentials of
 * the first section go before those of the session, later ones fill in what is
 * missing. Candidates that cannot be used, or are beyond the cap, are left out
 * (RFC 9725 4.3.2). RTC_ERR_FORMAT or UNSUPPORTED (longer than a description)
 * with `ret_error` set, which is not NULL. */
int rtc_sdp_fragment_parse(const char *text, size_t len,
                           struct rtc_sdp_fragment *ret_fragment,
                           struct rtc_sdp_error *ret_error);

/* The section of the description that a fragment is about, as in its m= line.
 * `format`: the first one. */
struct rtc_sdp_fragment_media {
    struct rtc_text kind, protocol, format;
    const struct rtc_text *bundle; /* mids for a=group, or NULL */
    unsigned bundle_count;
};

/* Writes it with CRLF and a NUL behind. The length, or RTC_ERR_NOBUF. */
int rtc_sdp_fragment_write(const struct rtc_sdp_fragment *fragment,
                           const struct rtc_sdp_fragment_media *media,
                           char *buf, size_t cap);
