/* SPDX-License-Identifier: MIT
 *
 * Classes as wide as a microsecond up to 64 us, and from there on 64 to each
 * doubling: the middle of one is at most 1/128 away from its ends.
 */
#include "cmd/probe/histogram.h"

enum {
    EACH = 1 << HISTOGRAM_FINE,
    CLASSES = (HISTOGRAM_OCTAVES + 1) << HISTOGRAM_FINE,
};

static unsigned class_of(rtc_usec value)
{
    unsigned octave = 0;

    while (value >> octave >= 2 * EACH)
        octave++;
    if (value < EACH)
        return (unsigned)value;
    if (octave >= HISTOGRAM_OCTAVES)
        return CLASSES - 1;
    return (octave << HISTOGRAM_FINE) + (unsigned)(value >> octave);
}

/* Its middle. */
static rtc_usec value_of(unsigned class)
{
    unsigned octave = class < 2 * EACH ? 0 : (class >> HISTOGRAM_FINE) - 1;
    rtc_usec low = (rtc_usec)(class - (octave << HISTOGRAM_FINE)) << octave;

    return low + (INT64_C(1) << octave) / 2;
}

void histogram_add(struct histogram *histogram, rtc_usec value)
{
    if (value < 0)
        value = 0;
    if (histogram->count == 0 || value < histogram->least)
        histogram->least = value;
    if (value > histogram->most)
        histogram->most = value;
    histogram->sum += value;
    histogram->count++;
    histogram->classes[class_of(value)]++;
}

rtc_usec histogram_percentile(const struct histogram *histogram, double share)
{
    double rank = share * (double)histogram->count;
    uint64_t below = 0;
    rtc_usec value;
    unsigned i = 0;

    if (histogram->count == 0)
        return -1;
    while (i < CLASSES - 1 &&
           ((below += histogram->classes[i]) == 0 || (double)below < rank))
        i++;
    value = value_of(i);
    if (value < histogram->least)
        return histogram->least;
    return value > histogram->most || i == CLASSES - 1 ? histogram->most
                                                       : value;
}

rtc_usec histogram_mean(const struct histogram *histogram)
{
    return histogram->count ? histogram->sum / (rtc_usec)histogram->count : -1;
}
