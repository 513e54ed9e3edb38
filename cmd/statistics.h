/* SPDX-License-Identifier: MIT
 *
 * Statistics for people, as USR1 asks for them.
 */
#pragma once

#include <stdio.h>

#include "rtc.h"

/* Prints what `peer` did so far: a line for the path, one for each track.
 * `elapsed_us`: since the tool's start. */
void statistics_print(const struct rtc_peer *peer, rtc_usec elapsed_us,
                      FILE *out);
