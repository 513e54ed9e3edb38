/* SPDX-License-Identifier: MIT
 * Consent as rows of times: what was sent and heard, and the level then. */
#include "ice/consent.h"

#include "base/clock.h"
#include "tap.h"

#include <string.h>

static const struct rtc_ice_timing timing = {.consent_us = 5 * RTC_SEC,
                                             .disconnected_us = 7 * RTC_SEC,
                                             .expiry_us = 30 * RTC_SEC};

static void count_up(void *user, void *buf, size_t len)
{
    uint8_t *next = user, *p = buf;

    for (size_t i = 0; i < len; i++)
        p[i] = (*next)++;
}

static uint8_t count;
static const struct rtc_random counting = {.fn = count_up, .user = &count};

static void test_levels(void)
{
    static const struct {
        const char *name;
        bool asks;
        rtc_usec answered, heard, now;
        enum rtc_consent_level level;
    } rows[] = {
        {"just begun", true, 0, 0, 0, RTC_CONSENT_FRESH},
        {"almost 7 s", true, 0, 0, 7 * RTC_SEC - 1, RTC_CONSENT_FRESH},
        {"7 s", true, 0, 0, 7 * RTC_SEC, RTC_CONSENT_SILENT},
        {"answered", true, 5 * RTC_SEC, 0, 11 * RTC_SEC, RTC_CONSENT_FRESH},
        {"heard", true, 0, 20 * RTC_SEC, 26 * RTC_SEC, RTC_CONSENT_FRESH},
        {"heard but not answered", true, 0, 29 * RTC_SEC, 30 * RTC_SEC,
         RTC_CONSENT_LOST},
        {"30 s", true, 0, 0, 30 * RTC_SEC, RTC_CONSENT_LOST},
        {"lite, 10 s", false, 0, 0, 10 * RTC_SEC, RTC_CONSENT_FRESH},
        {"lite, 15 s", false, 0, 0, 15 * RTC_SEC, RTC_CONSENT_SILENT},
        {"lite, heard", false, 0, 29 * RTC_SEC, 30 * RTC_SEC,
         RTC_CONSENT_FRESH},
        {"lite, 30 s", false, 0, 0, 30 * RTC_SEC, RTC_CONSENT_LOST},
    };

    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        struct rtc_ice_consent c = {.asks = rows[i].asks};

        rtc_ice_consent_start(&c, &timing, &counting, false, 0);
        c.answered_at = rows[i].answered;
        c.heard_at = rows[i].heard;
        is_int(rtc_ice_consent_level(&c, &timing, rows[i].now), rows[i].level,
               rows[i].name);
    }
}

static void test_asking(void)
{
    struct rtc_ice_consent c = {.asks = true};
    uint8_t first[RTC_STUN_ID_LEN];
    rtc_usec rtt = -1, at;

    is_int(rtc_ice_consent_deadline(&c, &timing, 0), RTC_NEVER,
           "nothing before a pair");
    ok(!rtc_ice_consent_is_due(&c, RTC_NEVER), "and nothing to ask");
    rtc_ice_consent_start(&c, &timing, &counting, false, 0);
    at = rtc_ice_consent_deadline(&c, &timing, 0);
    ok(at >= 4 * RTC_SEC && at <= 6 * RTC_SEC, "the first within 20 %");
    ok(!rtc_ice_consent_is_due(&c, at - 1) && rtc_ice_consent_is_due(&c, at),
       "then it is due");
    rtc_ice_consent_asked(&c, &timing, &counting, at);
    memcpy(first, c.id, sizeof first);
    ok(c.ask_at > at && c.ask_at <= at + 2 * RTC_SEC,
       "without an answer it is repeated soon");
    rtc_ice_consent_asked(&c, &timing, &counting, c.ask_at);
    is_mem(c.id, first, sizeof first, "with the same id");
    first[0] ^= 1;
    ok(!rtc_ice_consent_answer(&c, first, &rtt, at + 2 * RTC_SEC),
       "another id is no answer");
    first[0] ^= 1;
    ok(rtc_ice_consent_answer(&c, first, &rtt, at + 2 * RTC_SEC), "answered");
    is_int(rtt, -1, "after a repetition the time is not known");
    ok(!rtc_ice_consent_answer(&c, first, &rtt, at + 2 * RTC_SEC),
       "but once only");
    ok(c.ask_at >= at + 4 * RTC_SEC && c.ask_at <= at + 6 * RTC_SEC,
       "the next round counts from the first send");
    at = c.ask_at;
    rtc_ice_consent_asked(&c, &timing, &counting, at);
    ok(memcmp(c.id, first, sizeof first) != 0, "with another id");
    ok(rtc_ice_consent_answer(&c, c.id, &rtt, at + 30 * RTC_MS), "answered");
    is_int(rtt, 30 * RTC_MS, "round trip");
}

static void test_old_pair(void)
{
    struct rtc_ice_consent c = {.asks = true};

    rtc_ice_consent_start(&c, &timing, &counting, true, RTC_SEC);
    ok(rtc_ice_consent_is_due(&c, RTC_SEC), "an old pair is asked at once");
}

int main(void)
{
    test_levels();
    test_asking();
    test_old_pair();
    return tap_done();
}
