/* SPDX-License-Identifier: MIT
 * Opus: durations by the tables of RFC 6716 3.1 and 3.2, payloads of RFC 7587.
 */
#include "codec/opus.h"
#include "payloads.h"

/* The table of RFC 6716 3.1, in tenths of milliseconds. */
static void test_configurations(void)
{
    static const unsigned silk[] = {100, 200, 400, 600};
    static const unsigned hybrid[] = {100, 200};
    static const unsigned celt[] = {25, 50, 100, 200};

    for (unsigned config = 0; config < 32; config++) {
        unsigned tenths = config < 12   ? silk[config % 4]
                          : config < 16 ? hybrid[config % 2]
                                        : celt[config % 4];
        uint8_t packet[] = {(uint8_t)(config << 3), 1, 2};

        is_int(rtc_opus_duration(packet, 3), tenths * 48 / 10, "one frame");
        packet[0] |= 1;
        is_int(rtc_opus_duration(packet, 3), tenths * 96 / 10, "two frames");
        packet[0] ^= 3;
        is_int(rtc_opus_duration(packet, 3), tenths * 96 / 10, "two frames");
    }
}

static void test_counts(void)
{
    static const struct {
        uint8_t toc, count;
        size_t len;
        unsigned duration;
        const char *name;
    } rows[] = {
        {0xfb, 6, 8, 5760, "6 x 20 ms is the most"},
        {0xfb, 7, 8, 0, "7 x 20 ms is too long"},
        {0xe3, 48, 8, 5760, "48 x 2.5 ms is the most"},
        {0xe3, 49, 8, 0, "49 frames are too many"},
        {0x1b, 2, 8, 5760, "2 x 60 ms"},
        {0x1b, 3, 8, 0, "3 x 60 ms is too long"},
        {0xfb, 0, 8, 0, "no frame"},
        {0xfb, 0xc2, 8, 1920, "VBR and padding bits do not count"},
        {0xfb, 2, 1, 0, "the count byte is missing"},
        {0xf8, 0, 1, 960, "silence by DTX: the first byte alone"},
        {0xf8, 0, 0, 0, "empty"},
    };

    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        uint8_t packet[8] = {rows[i].toc, rows[i].count};

        is_int(rtc_opus_duration(packet, rows[i].len), rows[i].duration,
               rows[i].name);
    }
}

static void test_round_trip(const struct rtc_codec_entry *opus)
{
    uint8_t packet[1275];
    uint32_t seed = 1;
    bool same = true;

    for (size_t len = 1; len <= sizeof packet; len++) {
        for (size_t i = 0; i < len; i++)
            packet[i] = payloads_noise(&seed);
        packet[0] &= 0xfc;
        same = payloads_round_trip(opus, packet, len, len) && same;
        same = payloads_round_trip(opus, packet, len, 1460) && same;
    }
    ok(same, "every length comes back as one payload");
}

static void test_refusals(const struct rtc_codec_entry *opus)
{
    static const uint8_t packet[] = {0xf8, 1, 2}, bad[] = {0xfb, 0};
    struct rtc_packetizer p = {0};
    struct rtc_payload_info info = {0};
    struct rtc_writer w;
    uint8_t buf[16];

    rtc_writer_init(&w, buf, sizeof buf);
    is_int(opus->packetize(&p, packet, 3, 2), RTC_ERR_ARG, "does not fit");
    is_int(opus->packetize(&p, packet, 0, 9), RTC_ERR_FORMAT, "empty");
    is_int(opus->packetize(&p, bad, 2, 9), RTC_ERR_FORMAT, "no frames");
    is_int(opus->inspect(packet, 0, false, &info), RTC_ERR_FORMAT, "empty");
    is_int(opus->inspect(bad, 2, true, &info), RTC_ERR_FORMAT, "no frames");
    is_int(opus->depacketize(&w, packet, 0, true), RTC_ERR_FORMAT, "empty");
    is_int(opus->depacketize(&w, packet, 3, false), RTC_ERR_FORMAT,
           "a frame has one payload");
    is_int(w.len, 0, "nothing was written");
    is_int(opus->inspect(packet, 3, false, &info), 0, "a payload");
    ok(info.starts_frame && info.ends_frame && info.keyframe,
       "is a whole frame, marker or not");
    ok(opus->is_keyframe(packet, 3) && !opus->is_keyframe(packet, 0),
       "each packet can be decoded alone");
    rtc_writer_init(&w, buf, 2);
    is_int(opus->depacketize(&w, packet, 3, true), 0, "too long for the frame");
    ok(w.failed, "the writer says so");
}

int main(void)
{
    const struct rtc_codec_entry *opus = rtc_codec_entry(RTC_CODEC_OPUS);

    test_configurations();
    test_counts();
    test_round_trip(opus);
    test_refusals(opus);
    return tap_done();
}
