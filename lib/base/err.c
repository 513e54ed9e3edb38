/* SPDX-License-Identifier: MIT
 * Words for the error codes. */
#include "rtc.h"

const char *rtc_error_text(int error)
{
    switch ((enum rtc_error)error) {
    case RTC_ERR_ARG:
        return "invalid argument";
    case RTC_ERR_STATE:
        return "not possible in this state";
    case RTC_ERR_AGAIN:
        return "queue full, drain and try again";
    case RTC_ERR_NOBUF:
        return "buffer too small";
    case RTC_ERR_NOMEM:
        return "out of memory or over a limit";
    case RTC_ERR_FORMAT:
        return "malformed input";
    case RTC_ERR_UNSUPPORTED:
        return "not supported";
    case RTC_ERR_CRYPTO:
        return "cryptographic failure";
    case RTC_ERR_CLOSED:
        return "session closed";
    }
    return error >= 0 ? "success" : "unknown error";
}
