/* SPDX-License-Identifier: MIT
 * Walking and building RTCP compound packets (RFC 3550 6.1, 6.4.1). */
#include "rtcp/compound.h"

#include "rtc.h"
#include "tap.h"

/* An empty RR of SSRC 1, then an APP of SSRC 2 with four bytes of padding. */
static const uint8_t two[] = {
    0x80, 201, 0, 1, 0, 0, 0, 1, 0xa5, 204, 0, 2, 0, 0, 0, 2, 0, 0, 0, 4,
};

static void test_walk(void)
{
    struct rtc_rtcp_packet p;
    struct rtc_reader r;

    rtc_reader_init(&r, two, sizeof two);
    is_int(rtc_rtcp_next(&r, &p), 1, "a first packet");
    is_int(p.type, RTC_RTCP_RR, "an RR");
    is_int(p.count, 0, "without blocks");
    ok(p.body == two + 4 && p.body_len == 4, "its body");
    is_int(rtc_rtcp_next(&r, &p), 1, "a second packet");
    is_int(p.type, RTC_RTCP_APP, "an APP");
    is_int(p.count, 5, "of subtype 5");
    is_int(p.body_len, 4, "its body without padding");
    is_int(p.padding_len, 4, "its padding");
    is_int(rtc_rtcp_next(&r, &p), 0, "the end");
    is_int(rtc_rtcp_next(&r, &p), 0, "which stays");
}

static void test_truncation(void)
{
    bool right = true;

    for (size_t len = 0; len < sizeof two; len++) {
        uint8_t *exact = malloc(len ? len : 1);
        struct rtc_rtcp_packet p;
        struct rtc_reader r;
        int count = 0, result;

        memcpy(exact, two, len);
        rtc_reader_init(&r, exact, len);
        while ((result = rtc_rtcp_next(&r, &p)) == 1)
            count++;
        right &= count == (len >= 8);
        right &= result == (len == 0 || len == 8 ? 0 : RTC_ERR_FORMAT);
        right &= rtc_rtcp_next(&r, &p) == result;
        free(exact);
    }
    ok(right, "a truncation ends the walk where it is, for good");
}

static void test_malformed(void)
{
    static const struct {
        const char *name;
        uint8_t data[8];
    } rows[] = {
        {"version 1", {0x40, 201, 0, 1, 0, 0, 0, 1}},
        {"longer than the datagram", {0x80, 201, 0, 2, 0, 0, 0, 1}},
        {"longest", {0x80, 201, 0xff, 0xff, 0, 0, 0, 1}},
        {"padding of 0", {0xa0, 201, 0, 1, 0, 0, 0, 0}},
        {"padding longer than the body", {0xa0, 201, 0, 1, 0, 0, 0, 5}},
        {"padding without a body", {0xa0, 201, 0, 0, 0xa0, 201, 0, 0}},
    };

    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        struct rtc_rtcp_packet p = {.type = 7};
        struct rtc_reader r;

        rtc_reader_init(&r, rows[i].data, 8);
        is_int(rtc_rtcp_next(&r, &p), RTC_ERR_FORMAT, rows[i].name);
        is_int(p.type, 7, "the output is untouched");
    }
}

static void test_build(void)
{
    static const uint8_t want[] = {0x83, 204, 0,    1,   1, 2,
                                   3,    0,   0x81, 203, 0, 0};
    uint8_t buf[12];
    struct rtc_writer w;
    size_t start;

    rtc_writer_init(&w, buf, sizeof buf);
    start = rtc_rtcp_begin(&w, RTC_RTCP_APP, 3);
    rtc_write_u24(&w, 0x010203);
    is_int(rtc_rtcp_end(&w, start), 0, "a packet with part of a word");
    start = rtc_rtcp_begin(&w, RTC_RTCP_BYE, 1);
    rtc_write_u32(&w, 1);
    is_int(rtc_rtcp_end(&w, start), RTC_ERR_NOBUF, "one that does not fit");
    is_int(w.len, 8, "leaves no trace");
    start = rtc_rtcp_begin(&w, RTC_RTCP_BYE, 1);
    is_int(rtc_rtcp_end(&w, start), 0, "a smaller one still fits");
    is_int(w.len, sizeof want, "all is there");
    is_mem(buf, want, sizeof want, "byte for byte");
}

int main(void)
{
    test_walk();
    test_truncation();
    test_malformed();
    test_build();
    return tap_done();
}
