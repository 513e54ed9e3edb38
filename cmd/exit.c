/* SPDX-License-Identifier: MIT
 *
 * The one table of exit statuses and their names.
 */
#include "cmd/exit.h"

static const struct {
    int status;
    const char *name;
} exits[] = {
    {RTC_EXIT_DONE, "done"},
    {RTC_EXIT_INTERNAL, "internal"},
    {RTC_EXIT_USAGE, "usage"},
    {RTC_EXIT_THRESHOLD, "threshold"},
    {RTC_EXIT_NOTHING, "nothing-measured"},
    {RTC_EXIT_INPUT, "input"},
    {RTC_EXIT_OUTPUT, "output"},
    {RTC_EXIT_RESOLVE, "resolve"},
    {RTC_EXIT_CONNECT, "connect"},
    {RTC_EXIT_HTTP, "http"},
    {RTC_EXIT_AUTH, "auth"},
    {RTC_EXIT_NOT_LIVE, "not-live"},
    {RTC_EXIT_BUSY, "busy"},
    {RTC_EXIT_NOT_WHIP, "not-whip"},
    {RTC_EXIT_DESCRIPTION, "description"},
    {RTC_EXIT_GATHER, "gather"},
    {RTC_EXIT_TURN, "turn"},
    {RTC_EXIT_ICE, "ice"},
    {RTC_EXIT_CONSENT, "consent"},
    {RTC_EXIT_DTLS, "dtls"},
    {RTC_EXIT_FINGERPRINT, "fingerprint"},
    {RTC_EXIT_NO_MEDIA, "no-media"},
    {RTC_EXIT_CHANNEL, "channel"},
    {RTC_EXIT_CAPABILITY, "capability"},
    {RTC_EXIT_MAX_TIME, "max-time"},
};

const char *exit_name(int status)
{
    for (size_t i = 0; i < sizeof exits / sizeof *exits; i++)
        if (exits[i].status == status)
            return exits[i].name;
    return status > 128 ? "signal" : "internal";
}

enum rtc_exit exit_for_close(enum rtc_close_reason reason)
{
    switch (reason) {
    case RTC_CLOSE_LOCAL:
    case RTC_CLOSE_REMOTE:
        return RTC_EXIT_DONE;
    case RTC_CLOSE_ICE_FAILED:
        return RTC_EXIT_ICE;
    case RTC_CLOSE_CONSENT:
        return RTC_EXIT_CONSENT;
    case RTC_CLOSE_DTLS:
        return RTC_EXIT_DTLS;
    case RTC_CLOSE_FINGERPRINT:
        return RTC_EXIT_FINGERPRINT;
    case RTC_CLOSE_ERROR:
        break;
    }
    return RTC_EXIT_INTERNAL;
}
