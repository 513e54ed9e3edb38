/* SPDX-License-Identifier: MIT
 *
 * The command line of `rtc-probe peer`.
 */
#pragma once

#include "cmd/endpoint.h"
#include "cmd/probe/limits.h"
#include "cmd/probe/report.h"

enum peer_way { PEER_WAY_SEND, PEER_WAY_RECEIVE, PEER_WAY_BOTH };

struct peer_options {
    struct probe_options report;
    struct endpoint_options end;
    struct probe_limits limits;
    rtc_usec time, interval;
    int64_t bitrate, streams, length; /* -1: by what is measured */
    int way;                          /* enum peer_way */
    bool data, unordered;
    int64_t max_retransmits;
    const char *output, *impair;
};

extern const struct rtc_option peer_option_rows[];
