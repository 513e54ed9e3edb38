/* SPDX-License-Identifier: MIT
 * SR, RR, SDES, BYE and XR: bytes laid out by hand from the diagrams of RFC
 * 3550 6.4-6.6 and RFC 3611 4.4, 4.5; identity; truncation at every length. */
#include "rtcp/report.h"

#include "tap.h"

static uint8_t buf[2048];

/* The only packet of a datagram. */
static struct rtc_rtcp_packet only(const uint8_t *data, size_t len)
{
    struct rtc_rtcp_packet p = {0};
    struct rtc_reader r;

    rtc_reader_init(&r, data, len);
    if (rtc_rtcp_next(&r, &p) != 1 || rtc_reader_left(&r) != 0)
        tap_ok(false, "not one packet", __FILE__, __LINE__);
    return p;
}

static const uint8_t sr[] = {
    0x81, 200,  0,    12,                           /* */
    1,    2,    3,    4,                            /* SSRC */
    0x83, 0xaa, 0x7e, 0x80, 0x40, 0,    0,    0,    /* NTP */
    0,    1,    0x5f, 0x90,                         /* RTP time */
    0,    0,    0,    100,  0,    1,    0,    0,    /* packets, octets */
    9,    8,    7,    6,    0x40, 0xff, 0xff, 0xfe, /* SSRC, loss */
    0,    1,    0xff, 0xff, 0,    0,    0,    33,   /* sequence, jitter */
    0xb7, 0x05, 0x20, 0,    0,    5,    0x40, 0,    /* LSR, DLSR */
};

static void test_sr(void)
{
    struct rtc_rtcp_packet p = only(sr, sizeof sr);
    struct rtc_rtcp_report report;
    struct rtc_writer w;

    is_int(rtc_rtcp_report_parse(&p, &report), 0, "an SR parses");
    ok(report.is_sender, "it is one");
    is_int(report.ssrc, 0x01020304, "ssrc");
    is_int(report.ntp, (int64_t)UINT64_C(0x83aa7e8040000000), "NTP time");
    is_int(report.rtp_time, 90000, "RTP time");
    is_int(report.packet_count, 100, "packets");
    is_int(report.octet_count, 65536, "octets");
    is_int(report.block_count, 1, "one block");
    is_int(report.blocks[0].ssrc, 0x09080706, "its ssrc");
    is_int(report.blocks[0].fraction_lost, 64, "a quarter lost");
    is_int(report.blocks[0].lost, -2, "lost, negative by duplicates");
    is_int(report.blocks[0].highest_sequence, 0x1ffff, "highest sequence");
    is_int(report.blocks[0].jitter, 33, "jitter");
    is_int(report.blocks[0].last_sr, 0xb7052000, "LSR");
    is_int(report.blocks[0].delay_since_sr, 0x54000, "DLSR");

    rtc_writer_init(&w, buf, sizeof buf);
    is_int(rtc_rtcp_report_write(&w, &report), 0, "it is written");
    is_int(w.len, sizeof sr, "as long");
    is_mem(buf, sr, sizeof sr, "byte for byte");
}

static void test_rr(void)
{
    struct rtc_rtcp_report report = {.ssrc = 5}, back;
    struct rtc_rtcp_packet p;
    struct rtc_writer w;

    report.block_count = RTC_RTCP_COUNT_MAX;
    for (uint32_t i = 0; i < RTC_RTCP_COUNT_MAX; i++)
        report.blocks[i] = (struct rtc_rtcp_block){.ssrc = i, .lost = 3};
    report.blocks[0].lost = INT32_MAX;
    report.blocks[1].lost = INT32_MIN;
    rtc_writer_init(&w, buf, sizeof buf);
    is_int(rtc_rtcp_report_write(&w, &report), 0, "an RR of 31 blocks");
    is_int(w.len, 8 + 31 * 24, "its length");
    p = only(buf, w.len);
    is_int(rtc_rtcp_report_parse(&p, &back), 0, "parses");
    ok(!back.is_sender && back.ssrc == 5 && back.block_count == 31, "back");
    is_int(back.blocks[0].lost, 0x7fffff, "lost stops at 2^23 - 1");
    is_int(back.blocks[1].lost, -0x800000, "and at -2^23");
    is_int(back.blocks[30].ssrc, 30, "the last block");
    report.block_count = 32;
    is_int(rtc_rtcp_report_write(&w, &report), RTC_ERR_ARG, "32 are refused");
    p.count = 30;
    is_int(rtc_rtcp_report_parse(&p, &back), 0,
           "bytes behind the blocks are passed over");
}

static void test_sdes(void)
{
    /* Chunk 1: NAME "x", CNAME "ab"; chunk 2: NOTE only; chunk 3: CNAME "" */
    static const uint8_t sdes[] = {0x83, 202, 0,   8, 0, 0, 0, 1, 2, 1, 'x', 1,
                                   2,    'a', 'b', 0, 0, 0, 0, 2, 7, 1, 'n', 0,
                                   0,    0,   0,   3, 1, 0, 0, 0, 0, 0, 0,   0};
    static const uint8_t want[] = {0x82, 202, 0, 5, 0, 0, 0, 1, 1, 2, 'a', 'b',
                                   0,    0,   0, 0, 0, 0, 0, 3, 1, 1, 'z', 0};
    struct rtc_rtcp_packet p = only(sdes, sizeof sdes);
    struct rtc_rtcp_sdes parsed;
    struct rtc_writer w;

    /* The word behind chunk 3 is a chunk's worth of nothing. */
    is_int(rtc_rtcp_sdes_parse(&p, &parsed), 0, "SDES parses");
    is_int(parsed.count, 2, "two chunks have a CNAME");
    is_int(parsed.chunks[0].ssrc, 1, "the first");
    ok(rtc_text_is(parsed.chunks[0].cname, "ab"), "its CNAME");
    is_int(parsed.chunks[1].ssrc, 3, "the third");
    is_int(parsed.chunks[1].cname.len, 0, "its CNAME, empty");

    parsed.chunks[1].cname = rtc_text_of("z");
    rtc_writer_init(&w, buf, sizeof buf);
    is_int(rtc_rtcp_sdes_write(&w, &parsed), 0, "SDES is written");
    is_int(w.len, sizeof want, "each list ends with a zero at least");
    is_mem(buf, want, sizeof want, "byte for byte");
    parsed.chunks[0].cname.len = 256;
    is_int(rtc_rtcp_sdes_write(&w, &parsed), RTC_ERR_ARG, "256 bytes refused");
}

static void test_bye(void)
{
    static const uint8_t bye[] = {0x82, 203, 0,   4,   0,   0, 0,
                                  1,    0,   0,   0,   2,   6, 'n',
                                  'o',  ' ', 'b', 'y', 'e', 0};
    struct rtc_rtcp_packet p = only(bye, sizeof bye);
    struct rtc_rtcp_bye parsed;
    struct rtc_writer w;

    is_int(rtc_rtcp_bye_parse(&p, &parsed), 0, "BYE parses");
    is_int(parsed.count, 2, "two sources");
    ok(parsed.ssrcs[0] == 1 && parsed.ssrcs[1] == 2, "which");
    ok(rtc_text_is(parsed.reason, "no bye"), "why");
    rtc_writer_init(&w, buf, sizeof buf);
    is_int(rtc_rtcp_bye_write(&w, &parsed), 0, "BYE is written");
    is_int(w.len, sizeof bye, "as long");
    is_mem(buf, bye, sizeof bye, "byte for byte");

    parsed.reason.len = 0;
    rtc_writer_init(&w, buf, sizeof buf);
    is_int(rtc_rtcp_bye_write(&w, &parsed), 0, "without a reason");
    is_int(w.len, 12, "it is shorter");
    p = only(buf, w.len);
    is_int(rtc_rtcp_bye_parse(&p, &parsed), 0, "and parses");
    is_int(parsed.reason.len, 0, "to none");
    parsed.count = 32;
    is_int(rtc_rtcp_bye_write(&w, &parsed), RTC_ERR_ARG, "32 sources refused");
}

static void test_bye_overrun(void)
{
    static const uint8_t bye[] = {0x81, 203, 0, 2,   0,   0,
                                  0,    1,   4, 'a', 'b', 'c'};
    struct rtc_rtcp_packet p = only(bye, sizeof bye);
    struct rtc_rtcp_bye parsed;

    is_int(rtc_rtcp_bye_parse(&p, &parsed), RTC_ERR_FORMAT,
           "a reason longer than the packet");
}

static const uint8_t xr[] = {
    0x80, 207, 0, 10,                           /* */
    0,    0,   0, 1,                            /* SSRC */
    4,    0,   0, 2,    0,    0, 0, 2, 0x80, 0, /* RRTR: 2.5 s */
    0,    0,   7, 0xff, 0,    1, 9, 9, 9,    9, /* an unknown block */
    5,    0,   0, 3,    0,    0, 0, 7, 0,    2, /* DLRR */
    0x80, 0,   0, 0,    0x40, 0,
};

static void test_xr(void)
{
    struct rtc_rtcp_packet p = only(xr, sizeof xr);
    struct rtc_rtcp_xr parsed, back;
    struct rtc_writer w;

    is_int(rtc_rtcp_xr_parse(&p, &parsed), 0, "XR parses");
    ok(parsed.has_rrtr, "it has a reference time");
    is_int(parsed.ntp, INT64_C(0x280000000), "2.5 s");
    is_int(parsed.dlrr_count, 1, "and one answer");
    ok(parsed.dlrr[0].ssrc == 7 && parsed.dlrr[0].last_rr == 0x28000 &&
           parsed.dlrr[0].delay == 0x4000,
       "a quarter second after it");

    rtc_writer_init(&w, buf, sizeof buf);
    is_int(rtc_rtcp_xr_write(&w, &parsed), 0, "XR is written");
    is_int(w.len, sizeof xr - 8, "without the unknown block");
    is_mem(buf + 8, xr + 8, 12, "RRTR byte for byte");
    is_mem(buf + 20, xr + 28, 16, "DLRR byte for byte");

    parsed.dlrr_count = RTC_RTCP_COUNT_MAX;
    memset(parsed.dlrr, 1, sizeof parsed.dlrr);
    rtc_writer_init(&w, buf, sizeof buf);
    is_int(rtc_rtcp_xr_write(&w, &parsed), 0, "31 answers");
    p = only(buf, w.len);
    is_int(rtc_rtcp_xr_parse(&p, &back), 0, "parse");
    is_int(back.dlrr_count, 31, "all of them");
    parsed.dlrr_count = 32;
    is_int(rtc_rtcp_xr_write(&w, &parsed), RTC_ERR_ARG, "32 refused");
    parsed = (struct rtc_rtcp_xr){.ssrc = 1};
    is_int(rtc_rtcp_xr_write(&w, &parsed), RTC_ERR_ARG, "none at all refused");
}

static void test_xr_cap(void)
{
    struct rtc_rtcp_packet p;
    struct rtc_rtcp_xr parsed;
    struct rtc_writer w;
    size_t start;

    rtc_writer_init(&w, buf, sizeof buf);
    start = rtc_rtcp_begin(&w, RTC_RTCP_XR, 0);
    rtc_write_u32(&w, 1);
    for (int block = 0; block < 2; block++) {
        rtc_write_u32(&w, 5u << 24 | 60);
        rtc_write_zeros(&w, 240);
    }
    rtc_rtcp_end(&w, start);
    p = only(buf, w.len);
    is_int(rtc_rtcp_xr_parse(&p, &parsed), 0, "40 answers parse");
    is_int(parsed.dlrr_count, 31, "to the first 31");
}

/* Every parser on a cut body: refused, or the cut is behind what it needs. */
static void test_truncation(void)
{
    static struct rtc_rtcp_report report;
    static struct rtc_rtcp_xr x;
    struct rtc_rtcp_packet p = only(sr, sizeof sr);
    bool refused = true;
    size_t full = p.body_len, accepted = 0;

    for (p.body_len = 0; p.body_len < full; p.body_len++)
        refused &= rtc_rtcp_report_parse(&p, &report) == RTC_ERR_FORMAT;
    ok(refused, "each cut SR is refused");
    p = only(xr, sizeof xr);
    full = p.body_len;
    for (p.body_len = 0; p.body_len < full; p.body_len++) {
        uint8_t *exact = malloc(p.body_len ? p.body_len : 1);
        struct rtc_rtcp_packet cut = p;

        memcpy(exact, p.body, p.body_len);
        cut.body = exact;
        accepted += rtc_rtcp_xr_parse(&cut, &x) == 0;
        free(exact);
    }
    is_int(accepted, 3, "a cut XR is refused but between blocks");
}

static void test_types(void)
{
    struct rtc_rtcp_packet app = {
        .type = RTC_RTCP_APP, .body = buf, .body_len = 64};
    static struct rtc_rtcp_report report;
    struct rtc_rtcp_sdes sdes;
    struct rtc_rtcp_bye bye;
    struct rtc_rtcp_xr x;

    is_int(rtc_rtcp_report_parse(&app, &report), RTC_ERR_FORMAT, "no report");
    is_int(rtc_rtcp_sdes_parse(&app, &sdes), RTC_ERR_FORMAT, "no SDES");
    is_int(rtc_rtcp_bye_parse(&app, &bye), RTC_ERR_FORMAT, "no BYE");
    is_int(rtc_rtcp_xr_parse(&app, &x), RTC_ERR_FORMAT, "no XR");
}

int main(void)
{
    test_sr();
    test_rr();
    test_sdes();
    test_bye();
    test_bye_overrun();
    test_xr();
    test_xr_cap();
    test_truncation();
    test_types();
    return tap_done();
}
