/* SPDX-License-Identifier: MIT
 *
 * Durations of any number as counts in classes, so that percentiles are known
 * without keeping them. A percentile is at most 1 % away from a duration that
 * was added; the least and the most are exact.
 */
#pragma once

#include "rtc.h"

#define HISTOGRAM_FINE 6 /* classes of an octave: 2 to that power */
#define HISTOGRAM_OCTAVES 32

/* Zeroed. */
struct histogram {
    uint64_t count;
    rtc_usec least, most, sum;
    uint32_t classes[(HISTOGRAM_OCTAVES + 1) << HISTOGRAM_FINE];
};

/* Below 0 counts as 0; above an hour or so they are all in the last class. */
void histogram_add(struct histogram *histogram, rtc_usec value);
/* The duration that `share` (0 to 1) of them do not exceed. -1: there are none.
 */
rtc_usec histogram_percentile(const struct histogram *histogram, double share);
rtc_usec histogram_mean(const struct histogram *histogram);
