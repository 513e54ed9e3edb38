/* SPDX-License-Identifier: MIT
 * Consent freshness (RFC 7675 5.1) as times. Consent itself takes answers to
 * our requests; that the remote still asks keeps the pair from counting as
 * silent, but not from expiring. A lite agent sends no requests and goes by
 * the remote's. */
#include "ice/consent.h"

#include "base/clock.h"

#include <string.h>

#define HURRY_US (100 * RTC_MS)

/* RFC 7675 5.1: 0.8 to 1.2 of the interval. */
static rtc_usec spread(rtc_usec interval, const struct rtc_random *random)
{
    rtc_usec part = (rtc_usec)(rtc_random_u32(random) % 401);

    return interval / 1000 * (800 + part);
}

/* An unanswered request is repeated sooner, so that one lost datagram does not
 * make the pair count as silent. */
static rtc_usec repeat_interval(const struct rtc_ice_timing *timing)
{
    return timing->consent_us / 5;
}

void rtc_ice_consent_start(struct rtc_ice_consent *c,
                           const struct rtc_ice_timing *timing,
                           const struct rtc_random *random, bool at_once,
                           rtc_usec now)
{
    bool asks = c->asks;

    *c = (struct rtc_ice_consent){
        .active = true,
        .asks = asks,
        .ask_at = at_once ? now : now + spread(timing->consent_us, random),
        .answered_at = now,
        .heard_at = now};
}

bool rtc_ice_consent_is_due(const struct rtc_ice_consent *c, rtc_usec now)
{
    return c->active && c->asks && now >= c->ask_at;
}

void rtc_ice_consent_asked(struct rtc_ice_consent *c,
                           const struct rtc_ice_timing *timing,
                           const struct rtc_random *random, rtc_usec now)
{
    /* A round trip may be longer than the repetition: the id stays until it is
     * answered. */
    if (c->ask_count == 0) {
        rtc_random_bytes(random, c->id, sizeof c->id);
        c->next_round_at = now + spread(timing->consent_us, random);
    }
    if (c->ask_count < UINT8_MAX)
        c->ask_count++;
    c->asked_at = now;
    c->ask_at = now + spread(repeat_interval(timing), random);
    if (now < c->hurry_until)
        c->ask_at = rtc_min_time(c->ask_at, now + HURRY_US);
}

void rtc_ice_consent_hurry(struct rtc_ice_consent *c, rtc_usec until,
                           rtc_usec now)
{
    c->hurry_until = until;
    c->ask_at = now;
}

bool rtc_ice_consent_answer(struct rtc_ice_consent *c,
                            const uint8_t id[RTC_STUN_ID_LEN],
                            rtc_usec *ret_rtt_us, rtc_usec now)
{
    if (!c->active || c->ask_count == 0 || memcmp(c->id, id, sizeof c->id) != 0)
        return false;
    if (c->ask_count == 1)
        *ret_rtt_us = now - c->asked_at;
    c->ask_count = 0;
    c->ask_at = c->next_round_at;
    c->answered_at = c->heard_at = now;
    return true;
}

static rtc_usec silent_at(const struct rtc_ice_consent *c,
                          const struct rtc_ice_timing *timing)
{
    /* The remote's requests come at its own pace, of which two may be lost. */
    rtc_usec wait =
        c->asks ? timing->disconnected_us
                : rtc_max_time(timing->disconnected_us, 3 * timing->consent_us);

    return rtc_after(rtc_max_time(c->heard_at, c->answered_at), wait);
}

static rtc_usec lost_at(const struct rtc_ice_consent *c,
                        const struct rtc_ice_timing *timing)
{
    return rtc_after(c->asks ? c->answered_at : c->heard_at, timing->expiry_us);
}

enum rtc_consent_level
rtc_ice_consent_level(const struct rtc_ice_consent *c,
                      const struct rtc_ice_timing *timing, rtc_usec now)
{
    if (!c->active)
        return RTC_CONSENT_FRESH;
    if (now >= lost_at(c, timing))
        return RTC_CONSENT_LOST;
    if (now >= silent_at(c, timing))
        return RTC_CONSENT_SILENT;
    return RTC_CONSENT_FRESH;
}

rtc_usec rtc_ice_consent_deadline(const struct rtc_ice_consent *c,
                                  const struct rtc_ice_timing *timing,
                                  rtc_usec now)
{
    rtc_usec at;

    if (!c->active)
        return RTC_NEVER;
    at = lost_at(c, timing);
    if (silent_at(c, timing) > now)
        at = rtc_min_time(at, silent_at(c, timing));
    return c->asks ? rtc_min_time(at, c->ask_at) : at;
}
