/* SPDX-License-Identifier: MIT
 * Consent to send over the selected pair (RFC 7675): when to ask, when the
 * answers have been missing for too long. */
#pragma once

#include "base/random.h"
#include "stun/message.h"

enum rtc_consent_level {
    RTC_CONSENT_FRESH,
    RTC_CONSENT_SILENT, /* nothing came for disconnected_us */
    RTC_CONSENT_LOST,   /* no answer came for expiry_us */
};

struct rtc_ice_consent {
    uint8_t id[RTC_STUN_ID_LEN];
    bool active;
    bool asks;         /* a lite agent only listens */
    uint8_t ask_count; /* sends with this id, 0: answered */
    rtc_usec ask_at, asked_at, answered_at, heard_at;
    rtc_usec next_round_at; /* when to ask anew if this is answered */
    rtc_usec hurry_until;   /* ask again quickly up to here */
};

/* A pair was selected; `at_once`: its last answer is old, or its round trip is
 * not known. */
void rtc_ice_consent_start(struct rtc_ice_consent *c,
                           const struct rtc_ice_timing *timing,
                           const struct rtc_random *random, bool at_once,
                           rtc_usec now);
/* Should a request be sent; then say so by _asked, which makes its id. */
bool rtc_ice_consent_is_due(const struct rtc_ice_consent *c, rtc_usec now);
void rtc_ice_consent_asked(struct rtc_ice_consent *c,
                           const struct rtc_ice_timing *timing,
                           const struct rtc_random *random, rtc_usec now);
/* Ask now, and again at short intervals until then if nothing is answered. */
void rtc_ice_consent_hurry(struct rtc_ice_consent *c, rtc_usec until,
                           rtc_usec now);
/* Is it the answer. `ret_rtt_us` is untouched where it cannot be told. */
bool rtc_ice_consent_answer(struct rtc_ice_consent *c,
                            const uint8_t id[RTC_STUN_ID_LEN],
                            rtc_usec *ret_rtt_us, rtc_usec now);
enum rtc_consent_level
rtc_ice_consent_level(const struct rtc_ice_consent *c,
                      const struct rtc_ice_timing *timing, rtc_usec now);
/* When to ask or when the level may change next, or RTC_NEVER. */
rtc_usec rtc_ice_consent_deadline(const struct rtc_ice_consent *c,
                                  const struct rtc_ice_timing *timing,
                                  rtc_usec now);
