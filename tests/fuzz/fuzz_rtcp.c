/* SPDX-License-Identifier: MIT
 * RTCP: every packet of a compound through every parser; what parses can be
 * written again. */
#include <stdlib.h>

#include "rtc.h"
#include "rtcp/feedback.h"
#include "rtcp/report.h"
#include "rtcp/twcc.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len);

static uint8_t buf[1 << 18];

static void check(bool holds)
{
    if (!holds)
        abort();
}

static struct rtc_writer fresh(void)
{
    struct rtc_writer w;

    rtc_writer_init(&w, buf, sizeof buf);
    return w;
}

static void check_reports(const struct rtc_rtcp_packet *p)
{
    struct rtc_rtcp_report report;
    struct rtc_rtcp_sdes sdes;
    struct rtc_rtcp_bye bye;
    struct rtc_rtcp_xr xr;
    struct rtc_writer w = fresh();

    if (rtc_rtcp_report_parse(p, &report) == 0)
        check(rtc_rtcp_report_write(&w, &report) == 0);
    if (rtc_rtcp_sdes_parse(p, &sdes) == 0)
        check(rtc_rtcp_sdes_write(&w, &sdes) == 0);
    if (rtc_rtcp_bye_parse(p, &bye) == 0)
        check(rtc_rtcp_bye_write(&w, &bye) == 0);
    if (rtc_rtcp_xr_parse(p, &xr) == 0 && (xr.has_rrtr || xr.dlrr_count))
        check(rtc_rtcp_xr_write(&w, &xr) == 0);
}

static void check_twcc(const struct rtc_rtcp_feedback *f)
{
    struct rtc_twcc_iterator it;
    struct rtc_twcc_status s;
    struct rtc_twcc t;
    unsigned count = 0;

    if (rtc_twcc_parse(f, &t) < 0)
        return;
    rtc_twcc_iterator_init(&it, &t);
    while (rtc_twcc_next(&it, &s))
        count++;
    check(count == t.status_count && !it.chunks.failed && !it.deltas.failed);
    check(rtc_reader_left(&it.deltas) == 0);
}

static void check_feedback(const struct rtc_rtcp_packet *p)
{
    struct rtc_rtcp_feedback f;
    struct rtc_nack_iterator nack;
    struct rtc_fir_entry fir;
    struct rtc_remb remb;
    struct rtc_reader r;
    struct rtc_writer w = fresh();
    uint16_t sequence;
    size_t count = 0;

    if (rtc_rtcp_feedback_parse(p, &f) < 0)
        return;
    rtc_nack_iterator_init(&nack, &f);
    while (rtc_nack_next(&nack, &sequence))
        count++;
    check(count <= f.fci_len / 4 * 17);
    rtc_reader_init(&r, f.fci, f.fci_len);
    while (rtc_fir_next(&r, &fir))
        check(rtc_fir_write(&w, 1, &fir, 1) == 0);
    if (rtc_remb_parse(&f, &remb) == 0)
        check(rtc_remb_write(&w, 1, &remb) == 0);
    check_twcc(&f);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
    struct rtc_rtcp_packet p;
    struct rtc_reader r;

    rtc_reader_init(&r, data, len);
    while (rtc_rtcp_next(&r, &p) == 1) {
        check_reports(&p);
        check_feedback(&p);
    }
    return 0;
}
