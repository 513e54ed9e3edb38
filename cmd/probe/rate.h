/* SPDX-License-Identifier: MIT
 *
 * What two peers of our own agree to when they meet in memory, and how much
 * media this processor could protect and open.
 */
#pragma once

#include <stdbool.h>

#include "rtc.h"

struct probe_rate {
    const char *srtp_profile, *dtls_version, *dtls_cipher; /* static, or NULL */
    double send_bps, receive_bps; /* bits of media datagrams per second */
};

/* Takes about `time_us` of the processor, or less when a signal comes. False:
 * the two did not connect. */
bool probe_rate_measure(rtc_usec time_us, struct probe_rate *ret_rate);
