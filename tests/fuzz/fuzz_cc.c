/* SPDX-License-Identifier: MIT
 * Congestion control: packets leave and arrive as the input says, between
 * feedback that is the input's own, or ours made of those arrivals. */
#include <stdlib.h>
#include <string.h>

#include "cc/arrival.h"
#include "cc/estimate.h"
#include "cc/round_trip.h"
#include "stream/capture.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len);

static struct rtc_sent sent;
static struct rtc_estimate estimate;
static struct rtc_arrivals arrivals;
static struct rtc_round_trip round_trip;
static struct rtc_capture capture;
static uint8_t buf[1200];

static void check(bool holds)
{
    if (!holds)
        abort();
}

static void take_compound(const uint8_t *data, size_t len, rtc_usec now)
{
    struct rtc_reader r;
    struct rtc_rtcp_packet packet;
    struct rtc_rtcp_feedback feedback;
    struct rtc_rtcp_report report;
    struct rtc_rtcp_xr xr;
    struct rtc_twcc twcc;
    struct rtc_remb remb;

    rtc_reader_init(&r, data, len);
    while (rtc_rtcp_next(&r, &packet) > 0) {
        if (rtc_rtcp_xr_parse(&packet, &xr) == 0)
            rtc_round_trip_take(&round_trip, &xr, 1, (uint64_t)now, now);
        if (rtc_rtcp_report_parse(&packet, &report) == 0 && report.is_sender)
            rtc_capture_report(&capture, rtc_ntp_parse(report.ntp),
                               RTC_SEQUENCE_ORIGIN + report.rtp_time);
        if (rtc_rtcp_feedback_parse(&packet, &feedback))
            continue;
        if (rtc_remb_parse(&feedback, &remb) == 0)
            rtc_estimate_remb(&estimate, remb.bitrate_bps);
        if (rtc_twcc_parse(&feedback, &twcc))
            continue;
        rtc_sent_feedback(&sent, &twcc);
        rtc_estimate_feedback(&estimate, &sent, now);
    }
}

/* Reports what arrived. */
static void report(rtc_usec now)
{
    /* Arrivals far apart take a report each. */
    for (unsigned i = 0; i <= RTC_ARRIVAL_MOST; i++) {
        struct rtc_writer w;

        rtc_writer_init(&w, buf, sizeof buf);
        if (!rtc_arrivals_write(&arrivals, &w, 1, 2, now)) {
            check(now < rtc_arrivals_deadline(&arrivals));
            return;
        }
        check(w.len > 0 && w.len <= sizeof buf);
        take_compound(buf, w.len, now);
    }
    check(false); /* it never ends */
}

/* One step of the input; the bytes it took. */
static size_t step(const uint8_t *data, size_t len, rtc_usec *now)
{
    uint8_t what = data[0], value = len > 1 ? data[1] : 0;
    size_t part = value < len - 1 ? value : len - 1;

    *now += (rtc_usec)1 << (what >> 3);
    switch (what & 7) {
    case 0:
    case 1:
        rtc_sent_push(&sent, value * 5u,
                      rtc_probe_sent(&estimate.probe, value * 5u, *now), *now);
        rtc_estimate_sent(&estimate, value * 5u, *now);
        if (what & 1)
            rtc_arrivals_receive(&arrivals, (uint16_t)(sent.end - 1), *now);
        return 2;
    case 2:
        rtc_arrivals_receive(&arrivals, (uint16_t)(value << 8 | what), *now);
        return 2;
    case 3:
        report(*now);
        return 1;
    case 4:
        rtc_estimate_report(&estimate, value, value * RTC_MS, *now);
        return 2;
    case 5:
        rtc_capture_time(&capture, RTC_SEQUENCE_ORIGIN + value * 90000u);
        if (value & 1)
            rtc_probe_set_goal(&estimate.probe,
                               (uint64_t)value << (value & 63));
        rtc_probe_ask(&estimate.probe, *now);
        check(rtc_probe_deadline(&estimate.probe) > *now ||
              (estimate.probe.run.bps && !estimate.probe.run.is_sent));
        return 2;
    default:
        take_compound(data + 1, part, *now);
        return 1 + part;
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
    rtc_usec now = RTC_SEC;

    rtc_sent_init(&sent);
    rtc_estimate_init(&estimate);
    rtc_arrivals_init(&arrivals);
    rtc_round_trip_init(&round_trip);
    rtc_capture_init(&capture, 90000);
    while (len) {
        size_t used = step(data, len, &now);

        used = used < len ? used : len;
        data += used;
        len -= used;
        check(!estimate.aimd.bps ||
              (estimate.aimd.bps >= 30000 && estimate.aimd.bps <= 10000000000));
        check(estimate.loss.own >= 0 && estimate.loss.own <= 0.4);
    }
    rtc_sent_done(&sent);
    rtc_arrivals_done(&arrivals);
    return 0;
}
