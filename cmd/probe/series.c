/* SPDX-License-Identifier: MIT
 *
 * Sums, so that a series of any length is a few numbers.
 */
#include "cmd/probe/series.h"

#include <math.h>

void probe_series_add(struct probe_series *series, rtc_usec rtt_us)
{
    if (series->received == 0 || rtt_us < series->least)
        series->least = rtt_us;
    if (series->received == 0 || rtt_us > series->most)
        series->most = rtt_us;
    if (series->received > 0)
        series->step_sum += rtt_us < series->last ? series->last - rtt_us
                                                  : rtt_us - series->last;
    series->sum += rtt_us;
    series->last = rtt_us;
    series->received++;
}

rtc_usec probe_series_mean(const struct probe_series *series)
{
    return series->received ? series->sum / series->received : -1;
}

rtc_usec probe_series_jitter(const struct probe_series *series)
{
    return series->received > 1 ? series->step_sum / (series->received - 1)
                                : -1;
}

int64_t probe_series_loss(const struct probe_series *series)
{
    if (series->sent == 0)
        return -1;
    return (int64_t)(series->sent - series->received) * 1000000000 /
           series->sent;
}

void probe_series_measure(const struct probe_series *series,
                          struct probe_group *group)
{
    bool any = series->received > 0;
    int64_t loss = probe_series_loss(series);

    probe_set(group, "sent", PROBE_COUNT, series->sent);
    probe_set(group, "received", PROBE_COUNT, series->received);
    probe_set(group, "loss", PROBE_RATIO, loss < 0 ? NAN : (double)loss / 1e9);
    probe_set_time(group, "rttMin", any ? series->least : -1);
    probe_set_time(group, "rttAvg", probe_series_mean(series));
    probe_set_time(group, "rttMax", any ? series->most : -1);
    probe_set_time(group, "jitter", probe_series_jitter(series));
}
