/* SPDX-License-Identifier: MIT
 * Words of SDP for the enums of rtc.h that no module owns. */
#include "rtc.h"

const char *rtc_candidate_type_name(enum rtc_candidate_type type)
{
    switch (type) {
    case RTC_CANDIDATE_HOST:
        return "host";
    case RTC_CANDIDATE_SRFLX:
        return "srflx";
    case RTC_CANDIDATE_PRFLX:
        return "prflx";
    case RTC_CANDIDATE_RELAY:
        return "relay";
    }
    return "unknown";
}

const char *rtc_direction_name(enum rtc_direction direction)
{
    switch (direction) {
    case RTC_INACTIVE:
        return "inactive";
    case RTC_SENDONLY:
        return "sendonly";
    case RTC_RECVONLY:
        return "recvonly";
    case RTC_SENDRECV:
        return "sendrecv";
    }
    return "unknown";
}
