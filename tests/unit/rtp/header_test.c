/* SPDX-License-Identifier: MIT
 * RTP header: bytes laid out by hand from the diagrams of RFC 3550 5.1 and
 * 5.3.1, identity with 0 to 15 CSRCs, truncation, padding, demultiplexing. */
#include "rtp/header.h"

#include "rtc.h"
#include "tap.h"

/* V=2 P X CC=2, M PT=96, sequence 0x1234, two CSRCs, a one-word extension,
 * payload "abc", two bytes of padding. */
static const uint8_t full[] = {
    0xb2, 0xe0, 0x12, 0x34, 0xde, 0xad, 0xbe, 0xef, 0xca, 0xfe, 0xba,
    0xbe, 0x00, 0x00, 0x00, 0x01, 0x80, 0x00, 0x00, 0x02, 0xbe, 0xde,
    0x00, 0x01, 0x10, 0x85, 0x00, 0x00, 'a',  'b',  'c',  0x00, 0x02,
};

static void test_parse(void)
{
    struct rtc_rtp_header h;

    is_int(rtc_rtp_parse(full, sizeof full, &h), 0, "a full header parses");
    ok(h.marker, "marker");
    is_int(h.payload_type, 96, "payload type");
    is_int(h.sequence, 0x1234, "sequence");
    is_int(h.timestamp, 0xdeadbeef, "timestamp");
    is_int(h.ssrc, 0xcafebabe, "ssrc");
    is_int(h.csrc_count, 2, "CSRC count");
    is_int(h.csrc[0], 1, "first CSRC");
    is_int(h.csrc[1], 0x80000002, "second CSRC");
    ok(h.has_extension, "has an extension");
    is_int(h.extension_profile, 0xbede, "its profile");
    is_int(h.extension_len, 4, "its length");
    ok(h.extension == full + 24, "where it lies");
    is_int(h.header_len, 28, "header length");
    ok(h.payload == full + 28, "where the payload lies");
    is_int(h.payload_len, 3, "payload length without padding");
    is_int(h.padding_len, 2, "padding length");
}

static void test_write(void)
{
    struct rtc_rtp_header h;
    uint8_t buf[sizeof full];

    rtc_rtp_parse(full, sizeof full, &h);
    is_int(rtc_rtp_header_len(&h), 28, "length to write");
    is_int(rtc_rtp_write(&h, buf, sizeof buf), 28,
           "a parsed header is written");
    is_mem(buf, full, 28, "as it was");
    is_int(rtc_rtp_write(&h, buf, 27), RTC_ERR_NOBUF, "a byte too little room");
    h.payload_type = 128;
    is_int(rtc_rtp_write(&h, buf, sizeof buf), RTC_ERR_ARG,
           "payload type 128 refused");
    h.payload_type = 127;
    h.csrc_count = 16;
    is_int(rtc_rtp_write(&h, buf, sizeof buf), RTC_ERR_ARG, "16 CSRCs refused");
    h.csrc_count = 0;
    h.extension_len = 3;
    is_int(rtc_rtp_write(&h, buf, sizeof buf), RTC_ERR_ARG,
           "part of a word as extension refused");
}

static void test_csrcs(void)
{
    bool same = true;

    for (uint8_t count = 0; count <= RTC_RTP_CSRC_MOST; count++) {
        struct rtc_rtp_header h = {.ssrc = 7, .csrc_count = count}, back;
        uint8_t buf[128];
        int len;

        for (uint32_t i = 0; i < count; i++)
            h.csrc[i] = 0xf0000000 + i;
        len = rtc_rtp_write(&h, buf, sizeof buf);
        same &= len == 12 + 4 * count;
        same &= rtc_rtp_parse(buf, (size_t)len, &back) == 0;
        same &= back.csrc_count == count && back.payload_len == 0;
        same &= !memcmp(back.csrc, h.csrc, 4u * count);
    }
    ok(same, "0 to 15 CSRCs survive");
}

static void test_truncation(void)
{
    uint8_t copy[sizeof full];
    struct rtc_rtp_header h;
    bool refused = true;

    memcpy(copy, full, sizeof full);
    copy[0] &= (uint8_t)~0x20; /* without padding: its end says no length */
    for (size_t len = 0; len < 28; len++) {
        uint8_t *exact = malloc(len ? len : 1);

        memcpy(exact, copy, len);
        h.ssrc = 42;
        refused &= rtc_rtp_parse(exact, len, &h) == RTC_ERR_FORMAT;
        refused &= h.ssrc == 42;
        free(exact);
    }
    ok(refused, "each truncation inside the header is refused, untouched");
    is_int(rtc_rtp_parse(copy, 28, &h), 0, "an empty payload is fine");
    is_int(h.payload_len, 0, "and has no length");
}

static void test_bounds(void)
{
    /* Offset, value, length of the packet, what comes of it. */
    static const struct {
        const char *name;
        size_t offset, len;
        uint8_t value;
        int want;
    } rows[] = {
        {"version 1", 0, 33, 0x72, RTC_ERR_FORMAT},
        {"version 3", 0, 33, 0xf2, RTC_ERR_FORMAT},
        {"padding of 0", 32, 33, 0, RTC_ERR_FORMAT},
        {"padding is all there is", 32, 33, 5, 0},
        {"padding into the header", 32, 33, 6, RTC_ERR_FORMAT},
        {"padding of 255", 32, 33, 255, RTC_ERR_FORMAT},
        {"padding bit without a byte for it", 0, 28, 0xb2, RTC_ERR_FORMAT},
        {"15 CSRCs announced", 0, 33, 0xbf, RTC_ERR_FORMAT},
        {"extension past the end", 23, 33, 3, RTC_ERR_FORMAT},
        {"extension of 256 KiB", 22, 33, 0xff, RTC_ERR_FORMAT},
        {"extension of no words", 23, 33, 0, 0},
    };

    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        uint8_t copy[sizeof full];
        struct rtc_rtp_header h;

        memcpy(copy, full, sizeof full);
        copy[rows[i].offset] = rows[i].value;
        is_int(rtc_rtp_parse(copy, rows[i].len, &h), rows[i].want,
               rows[i].name);
    }
}

static void test_demux(void)
{
    bool right = true;

    for (unsigned type = 0; type < 256; type++) {
        uint8_t data[2] = {0x80, (uint8_t)type};
        unsigned payload_type = type & 127;

        /* RFC 5761 4: RTCP with its high bit cut off is 64-95. */
        right &= rtc_rtp_is_rtcp(data, 2) ==
                 (type >= 128 && payload_type >= 64 && payload_type <= 95);
    }
    ok(right, "packet types 192-223 are RTCP, all others RTP");
    ok(!rtc_rtp_is_rtcp((uint8_t[]){0x80}, 1), "one byte is neither");
}

int main(void)
{
    test_parse();
    test_write();
    test_csrcs();
    test_truncation();
    test_bounds();
    test_demux();
    return tap_done();
}
