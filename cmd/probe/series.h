/* SPDX-License-Identifier: MIT
 *
 * A series of round trips: smallest, mean and largest, and how unevenly they
 * follow each other.
 */
#pragma once

#include "cmd/probe/result.h"

struct probe_series {
    unsigned sent, received;
    rtc_usec least, most, sum;
    rtc_usec last, step_sum; /* of differences between one and the next */
};

void probe_series_add(struct probe_series *series, rtc_usec rtt_us);
/* -1: not known. Jitter is the mean difference between a round trip and the
 * one before. */
rtc_usec probe_series_mean(const struct probe_series *series);
rtc_usec probe_series_jitter(const struct probe_series *series);
/* Lost of sent, in parts of a billion; -1: nothing was sent. */
int64_t probe_series_loss(const struct probe_series *series);
/* Adds sent, received, loss, rttMin, rttAvg, rttMax and jitter. */
void probe_series_measure(const struct probe_series *series,
                          struct probe_group *group);
