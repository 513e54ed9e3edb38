/* SPDX-License-Identifier: MIT
 *
 * The exit statuses: stable, listed in every manual. Each has a name that the
 * error line on stderr and the JSON reports carry.
 */
#pragma once

#include "rtc.h"

enum rtc_exit {
    RTC_EXIT_DONE = 0,
    RTC_EXIT_INTERNAL = 1,
    RTC_EXIT_USAGE = 2,
    RTC_EXIT_THRESHOLD = 3,
    RTC_EXIT_NOTHING = 4,
    RTC_EXIT_INPUT = 5,
    RTC_EXIT_OUTPUT = 6,
    RTC_EXIT_RESOLVE = 10,
    RTC_EXIT_CONNECT = 11,
    RTC_EXIT_HTTP = 12,
    RTC_EXIT_AUTH = 13,
    RTC_EXIT_NOT_LIVE = 14,
    RTC_EXIT_BUSY = 15,
    RTC_EXIT_NOT_WHIP = 16,
    RTC_EXIT_DESCRIPTION = 20,
    RTC_EXIT_GATHER = 21,
    RTC_EXIT_TURN = 22,
    RTC_EXIT_ICE = 23,
    RTC_EXIT_CONSENT = 24,
    RTC_EXIT_DTLS = 30,
    RTC_EXIT_FINGERPRINT = 31,
    RTC_EXIT_NO_MEDIA = 40,
    RTC_EXIT_CHANNEL = 41,
    RTC_EXIT_CAPABILITY = 50,
    RTC_EXIT_MAX_TIME = 124,
};

/* The name of a status, e.g. "usage"; "signal" from 129 up. Static. */
const char *exit_name(int status);
/* The status a session's end leads to; a normal end is RTC_EXIT_DONE. */
enum rtc_exit exit_for_close(enum rtc_close_reason reason);
