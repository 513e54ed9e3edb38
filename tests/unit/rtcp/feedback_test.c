/* SPDX-License-Identifier: MIT
 * NACK, PLI, FIR, REMB and application feedback: bytes laid out by hand from
 * RFC 4585 6.2.1 and 6.3.1, RFC 5104 4.3.1, draft-alvestrand-rmcat-remb 2.2. */
#include "rtcp/feedback.h"

#include "rtc.h"
#include "tap.h"

static uint8_t buf[4096];

static struct rtc_rtcp_feedback only(size_t len)
{
    struct rtc_rtcp_feedback f = {0};
    struct rtc_rtcp_packet p = {0};
    struct rtc_reader r;

    rtc_reader_init(&r, buf, len);
    if (rtc_rtcp_next(&r, &p) != 1 || rtc_reader_left(&r) != 0 ||
        rtc_rtcp_feedback_parse(&p, &f) != 0)
        tap_ok(false, "not one feedback packet", __FILE__, __LINE__);
    return f;
}

static void test_nack_bytes(void)
{
    static const uint16_t lost[] = {100, 101, 116, 117};
    static const uint8_t want[] = {0x81, 205, 0, 4,   0,    0, 0, 1,   0, 0,
                                   0,    2,   0, 100, 0x80, 1, 0, 117, 0, 0};
    struct rtc_writer w;

    rtc_writer_init(&w, buf, sizeof buf);
    is_int(rtc_nack_write(&w, 1, 2, lost, 4), 4, "a NACK of four numbers");
    is_int(w.len, sizeof want, "in two pairs");
    is_mem(buf, want, sizeof want, "byte for byte");
}

static void test_nack_lists(void)
{
    static const struct {
        const char *name;
        uint16_t lost[20];
        size_t count, pairs;
    } rows[] = {
        {"one", {7}, 1, 1},
        {"across the wrap", {65534, 65535, 0, 1, 14}, 5, 1},
        {"17 in a row",
         {65530, 65531, 65532, 65533, 65534, 65535, 0, 1, 2, 3, 4, 5, 6, 7, 8,
          9, 10},
         17,
         1},
        {"18 in a row",
         {65530, 65531, 65532, 65533, 65534, 65535, 0, 1, 2, 3, 4, 5, 6, 7, 8,
          9, 10, 11},
         18,
         2},
        {"far apart", {1, 18, 35, 40000, 65000}, 5, 5},
    };

    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        struct rtc_rtcp_feedback f;
        struct rtc_nack_iterator it;
        struct rtc_writer w;
        uint16_t back[21] = {0};
        size_t count = 0;

        rtc_writer_init(&w, buf, sizeof buf);
        is_int(rtc_nack_write(&w, 1, 2, rows[i].lost, rows[i].count),
               rows[i].count, rows[i].name);
        f = only(w.len);
        is_int(f.kind, RTC_FEEDBACK_NACK, "a NACK");
        is_int(f.fci_len, 4 * rows[i].pairs, "its pairs");
        rtc_nack_iterator_init(&it, &f);
        while (count < 21 && rtc_nack_next(&it, &back[count]))
            count++;
        is_int(count, rows[i].count, "as many come back");
        is_mem(back, rows[i].lost, 2 * count, "the same ones");
    }
}

static void test_nack_limits(void)
{
    uint16_t lost[100];
    struct rtc_writer w;

    for (uint16_t i = 0; i < 100; i++)
        lost[i] = (uint16_t)(i * 20);
    rtc_writer_init(&w, buf, 12 + 4 * 10 + 3);
    is_int(rtc_nack_write(&w, 1, 2, lost, 100), 10, "what fits is written");
    is_int(w.len, 52, "in whole pairs");
    is_int(rtc_nack_write(&w, 1, 2, lost, 1), RTC_ERR_NOBUF, "then nothing");
    is_int(w.len, 52, "and the writer stays");
    rtc_writer_init(&w, buf, sizeof buf);
    is_int(rtc_nack_write(&w, 1, 2, lost, 0), RTC_ERR_ARG, "an empty list");
    lost[1] = lost[2] = lost[0];
    is_int(rtc_nack_write(&w, 1, 2, lost, 3), 3, "one number thrice");
    is_int(w.len, 16, "is one pair");
}

static void test_pli(void)
{
    static const uint8_t want[] = {0x81, 206, 0, 2, 0, 0, 0, 1, 9, 8, 7, 6};
    struct rtc_rtcp_feedback f;
    struct rtc_writer w;

    rtc_writer_init(&w, buf, sizeof buf);
    is_int(rtc_pli_write(&w, 1, 0x09080706), 0, "a PLI");
    is_int(w.len, sizeof want, "its length");
    is_mem(buf, want, sizeof want, "byte for byte");
    f = only(w.len);
    is_int(f.kind, RTC_FEEDBACK_PLI, "a PLI comes back");
    ok(f.sender_ssrc == 1 && f.media_ssrc == 0x09080706, "its SSRCs");
}

static void test_fir(void)
{
    static const uint8_t want[] = {0x84, 206, 0, 6, 0, 0, 0,   1, 0, 0,
                                   0,    0,   0, 0, 0, 5, 255, 0, 0, 0,
                                   0,    0,   0, 6, 0, 0, 0,   0};
    static const struct rtc_fir_entry entries[] = {{5, 255}, {6, 0}};
    struct rtc_rtcp_feedback f;
    struct rtc_fir_entry e;
    struct rtc_reader r;
    struct rtc_writer w;

    rtc_writer_init(&w, buf, sizeof buf);
    is_int(rtc_fir_write(&w, 1, entries, 2), 0, "a FIR of two");
    is_int(w.len, sizeof want, "its length");
    is_mem(buf, want, sizeof want, "byte for byte");
    f = only(w.len);
    is_int(f.kind, RTC_FEEDBACK_FIR, "a FIR comes back");
    rtc_reader_init(&r, f.fci, f.fci_len);
    ok(rtc_fir_next(&r, &e) && e.ssrc == 5 && e.sequence == 255, "the first");
    ok(rtc_fir_next(&r, &e) && e.ssrc == 6 && e.sequence == 0, "the second");
    ok(!rtc_fir_next(&r, &e), "no third");
    is_int(rtc_fir_write(&w, 1, entries, 0), RTC_ERR_ARG, "none is refused");
}

static void test_remb_bytes(void)
{
    /* 123456 = 0x1e240 fits 18 bits, so the exponent is 0. */
    static const uint8_t want[] = {0x8f, 206,  0,    5,    0,   0,   0,   1,
                                   0,    0,    0,    0,    'R', 'E', 'M', 'B',
                                   1,    0x01, 0xe2, 0x40, 0,   0,   0,   9};
    struct rtc_remb remb = {.bitrate_bps = 123456,
                            .ssrc_count = 1,
                            .ssrcs = {9}},
                    back;
    struct rtc_rtcp_feedback f;
    struct rtc_writer w;

    rtc_writer_init(&w, buf, sizeof buf);
    is_int(rtc_remb_write(&w, 1, &remb), 0, "a REMB");
    is_int(w.len, sizeof want, "its length");
    is_mem(buf, want, sizeof want, "byte for byte");
    f = only(w.len);
    is_int(f.kind, RTC_FEEDBACK_REMB, "a REMB comes back");
    is_int(rtc_remb_parse(&f, &back), 0, "it parses");
    ok(back.bitrate_bps == 123456 && back.ssrc_count == 1 && back.ssrcs[0] == 9,
       "as it was");
    buf[16] = 255;
    is_int(rtc_remb_parse(&f, &back), RTC_ERR_FORMAT,
           "255 SSRCs said, one there");
    buf[16] = 0;
    is_int(rtc_remb_parse(&f, &back), 0, "0 said, one there");
    for (f.fci_len = 0; f.fci_len < 8; f.fci_len++)
        if (rtc_remb_parse(&f, &back) != RTC_ERR_FORMAT)
            break;
    is_int(f.fci_len, 8, "each cut one is refused");
}

static void test_remb_rates(void)
{
    static const struct {
        uint64_t bps, back;
    } rows[] = {
        {0, 0},
        {262143, 262143},
        {262144, 262144},
        {262145, 262144},                              /* rounded down */
        {UINT64_C(10000000000), UINT64_C(9999941632)}, /* 152587 * 2^16 */
        {UINT64_MAX, UINT64_C(0x3ffff) << 46},
    };
    struct rtc_remb remb = {0}, back;
    struct rtc_rtcp_feedback f;
    struct rtc_writer w;

    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        remb.bitrate_bps = rows[i].bps;
        rtc_writer_init(&w, buf, sizeof buf);
        rtc_remb_write(&w, 1, &remb);
        f = only(w.len);
        rtc_remb_parse(&f, &back);
        is_int(back.bitrate_bps, (int64_t)rows[i].back, "a bitrate");
    }
    memset(buf + 17, 0xff, 3); /* 0x3ffff << 63 */
    rtc_remb_parse(&f, &back);
    ok(back.bitrate_bps == UINT64_MAX, "a bitrate of 81 bits saturates");
    remb.ssrc_count = 255;
    remb.ssrcs[254] = 77;
    rtc_writer_init(&w, buf, sizeof buf);
    is_int(rtc_remb_write(&w, 1, &remb), 0, "255 SSRCs");
    f = only(w.len);
    rtc_remb_parse(&f, &back);
    ok(back.ssrc_count == 255 && back.ssrcs[254] == 77, "come back");
}

static void test_application(void)
{
    struct rtc_rtcp_feedback f;
    struct rtc_writer w;

    rtc_writer_init(&w, buf, sizeof buf);
    is_int(rtc_application_write(&w, 1, 2, "hello", 5), 0, "application bytes");
    is_int(w.len, 20, "in whole words");
    f = only(w.len);
    is_int(f.kind, RTC_FEEDBACK_APPLICATION, "are told from REMB");
    is_mem(f.fci, "hello\0\0\0", 8, "and come back");
    rtc_writer_init(&w, buf, 19);
    is_int(rtc_application_write(&w, 1, 2, "hello", 5), RTC_ERR_NOBUF,
           "a byte too little room");
}

static void test_kinds(void)
{
    static const struct {
        uint8_t type, format;
        int want;
    } rows[] = {
        {205, 1, RTC_FEEDBACK_NACK},         {205, 15, RTC_FEEDBACK_TWCC},
        {205, 3, RTC_FEEDBACK_OTHER},        {206, 1, RTC_FEEDBACK_PLI},
        {206, 4, RTC_FEEDBACK_FIR},          {206, 2, RTC_FEEDBACK_OTHER},
        {206, 15, RTC_FEEDBACK_APPLICATION},
    };

    memset(buf, 0, 12);
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        struct rtc_rtcp_packet p = {.type = rows[i].type,
                                    .count = rows[i].format,
                                    .body = buf,
                                    .body_len = 8};
        struct rtc_rtcp_feedback f;

        is_int(rtc_rtcp_feedback_parse(&p, &f), 0, "an empty FCI parses");
        is_int(f.kind, rows[i].want, "its kind");
        p.body_len = 7;
        is_int(rtc_rtcp_feedback_parse(&p, &f), RTC_ERR_FORMAT, "7 bytes");
        p = (struct rtc_rtcp_packet){.type = 204, .body = buf, .body_len = 8};
        is_int(rtc_rtcp_feedback_parse(&p, &f), RTC_ERR_FORMAT, "an APP");
    }
}

int main(void)
{
    test_nack_bytes();
    test_nack_lists();
    test_nack_limits();
    test_pli();
    test_fir();
    test_remb_bytes();
    test_remb_rates();
    test_application();
    test_kinds();
    return tap_done();
}
