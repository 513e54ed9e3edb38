/* SPDX-License-Identifier: MIT
 *
 * Statistics for people, as USR1 asks for them.
 */
#pragma once

#include <stdio.h>

#include "rtc.h"

/* One short line on what `peer` did so far, for a progress line. */
void statistics_line(const struct rtc_peer *peer, rtc_usec elapsed_us,
                     char *buf, size_t cap);
/* Prints what `peer` did so far: a line for the path, one for each track
 * and channel. `elapsed_us`: since the tool's start. */
void statistics_print(const struct rtc_peer *peer, rtc_usec elapsed_us,
                      FILE *out);
