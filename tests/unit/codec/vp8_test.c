/* SPDX-License-Identifier: MIT
 * VP8: descriptors laid out by hand from the diagrams of RFC 7741 4.2, cutting
 * at every length around the boundaries, and an encoder's own frames. */
#include "payloads.h"

enum { OVERHEAD = 4 };

static const struct rtc_codec_entry *vp8;

static void test_sent_layout(void)
{
    static const uint8_t frame[] = {0x01, 0x02, 0x03, 0x04, 0x05};
    static const uint8_t want[][7] = {
        {0x90, 0x80, 0x80, 0x01, 0x01, 0x02, 0x03},
        {0x80, 0x80, 0x80, 0x01, 0x04, 0x05},
    };
    struct rtc_packetizer p = {0};
    struct payloads s;

    ok(payloads_cut(&s, vp8, &p, frame, sizeof frame, 7), "cut");
    is_int(s.count, 2, "two payloads");
    is_int(s.len[0], 7, "the first is full");
    is_int(s.len[1], 6, "the second has the rest");
    is_mem(s.data[0], want[0], 7, "X S, I, picture id 1");
    is_mem(s.data[1], want[1], 6, "X, I, picture id 1");
    payloads_free(&s);
    p.picture_id = 0x7ffe;
    ok(payloads_cut(&s, vp8, &p, frame, sizeof frame, 100), "cut");
    is_mem(s.data[0] + 2, "\xff\xff", 2, "picture id 32767");
    payloads_free(&s);
    ok(payloads_cut(&s, vp8, &p, frame, sizeof frame, 100), "cut");
    is_mem(s.data[0] + 2, "\x80\x00", 2, "wraps to 0, still 15 bits");
    payloads_free(&s);
}

static void test_received_forms(void)
{
    static const struct {
        uint8_t bytes[8];
        size_t descriptor;
        bool starts;
        const char *name;
    } rows[] = {
        {{0x10, 0x01}, 1, true, "S alone"},
        {{0x00, 0x01}, 1, false, "nothing set"},
        {{0x11, 0x01}, 1, false, "start of partition 1"},
        {{0x17, 0x01}, 1, false, "start of partition 7"},
        {{0x30, 0x01}, 1, true, "N S: not a reference"},
        {{0x58, 0x01}, 1, true, "reserved bits set"},
        {{0x90, 0x00, 0x01}, 2, true, "X without fields"},
        {{0x90, 0x80, 0x7f, 0x01}, 3, true, "I, 7 bits"},
        {{0x90, 0x80, 0xff, 0xff, 0x01}, 4, true, "I, 15 bits"},
        {{0x90, 0x40, 0x07, 0x01}, 3, true, "L"},
        {{0x90, 0x60, 0x07, 0x60, 0x01}, 4, true, "L T"},
        {{0x90, 0x20, 0x40, 0x01}, 3, true, "T"},
        {{0x90, 0x10, 0x1f, 0x01}, 3, true, "K"},
        {{0x90, 0x30, 0x5f, 0x01}, 3, true, "T K share a byte"},
        {{0x90, 0xf0, 0x11, 0x22, 0x33, 0x01}, 5, true, "I L T K, 7 bits"},
        {{0x90, 0xf0, 0x91, 0, 0x22, 0x33, 0x01}, 6, true, "all, 15 bits"},
        {{0x80, 0x8f, 0x12, 0x01}, 3, false, "reserved extension bits"},
    };

    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        size_t descriptor = rows[i].descriptor, len = descriptor + 1;
        struct rtc_payload_info info = {0};
        struct rtc_writer w;
        bool refused = true;
        uint8_t buf[8];

        rtc_writer_init(&w, buf, sizeof buf);
        is_int(vp8->inspect(rows[i].bytes, len, true, &info), 0, rows[i].name);
        is_int(info.starts_frame, rows[i].starts, "starts the frame");
        ok(info.ends_frame && !info.keyframe, "marker; no key frame");
        is_int(vp8->depacketize(&w, rows[i].bytes, len, rows[i].starts), 0,
               "join");
        ok(w.len == 1 && buf[0] == 0x01, "only the data is left");
        for (size_t cut = 0; cut <= descriptor; cut++)
            refused = refused &&
                      vp8->inspect(rows[i].bytes, cut, true, &info) ==
                          RTC_ERR_FORMAT &&
                      vp8->depacketize(&w, rows[i].bytes, cut, true) ==
                          RTC_ERR_FORMAT;
        ok(refused && w.len == 1, "refused at every shorter length");
    }
}

static void test_key_frames(void)
{
    static const uint8_t key[] = {0x10, 2, 0, 0x9d, 1, 0x2a, 16, 0, 16, 0};
    static const uint8_t delta[] = {0x11, 2, 0, 0x9d, 1, 0x2a, 16, 0, 16, 0};
    static const uint8_t start[] = {0x10, 0x10}, second[] = {0x00, 0x10},
                         partition[] = {0x11, 0x10};
    struct rtc_payload_info info;
    struct rtc_writer w;
    uint8_t buf[8];
    uint8_t wrong[sizeof key];

    memcpy(wrong, key, sizeof key);
    wrong[4] = 2;
    ok(vp8->is_keyframe(key, 10), "tag and start code");
    ok(!vp8->is_keyframe(key, 9), "cut short");
    ok(!vp8->is_keyframe(delta, 10), "the tag says no");
    ok(!vp8->is_keyframe(wrong, 10), "wrong start code");
    ok(!vp8->is_keyframe(key, 0), "empty");
    ok(!vp8->inspect(start, 2, false, &info) && info.keyframe, "first payload");
    ok(!vp8->inspect(second, 2, false, &info) && !info.keyframe,
       "a later payload does not show it");
    ok(!vp8->inspect(partition, 2, false, &info) && !info.keyframe,
       "nor does another partition");
    rtc_writer_init(&w, buf, sizeof buf);
    is_int(vp8->depacketize(&w, second, 2, true), RTC_ERR_FORMAT,
           "a frame without its start");
    is_int(vp8->depacketize(&w, start, 2, false), RTC_ERR_FORMAT,
           "a start within a frame");
}

static void test_refusals(void)
{
    static const uint8_t frame[] = {1, 0, 0, 0}, key[] = {0, 0, 0, 0, 0, 0};
    struct rtc_packetizer p = {.picture_id = 7};

    is_int(vp8->packetize(&p, frame, 0, 100), RTC_ERR_FORMAT, "empty");
    is_int(vp8->packetize(&p, frame, 2, 100), RTC_ERR_FORMAT, "no whole tag");
    is_int(vp8->packetize(&p, key, 6, 100), RTC_ERR_FORMAT, "no start code");
    is_int(vp8->packetize(&p, frame, 4, OVERHEAD), RTC_ERR_ARG, "no room");
    is_int(p.picture_id, 7, "a refused frame has no picture id");
    is_int(vp8->packetize(&p, frame, 4, OVERHEAD + 1), 0, "room for a byte");
}

/* Full payloads and the rest, for all lengths around `count` full ones. */
static bool cuts_well(const uint8_t *frame, size_t max)
{
    bool well = true;

    for (size_t count = 0; count <= 3; count++)
        for (size_t more = 0; more <= 4; more++) {
            size_t len = count * (max - OVERHEAD) + more;
            struct rtc_packetizer p = {0};
            struct payloads s;

            if (len < 3)
                continue;
            well = payloads_cut(&s, vp8, &p, frame, len, max) && well;
            for (size_t i = 0; i + 1 < s.count; i++)
                well = well && s.len[i] == max;
            well = well && s.count == count + (more > 0);
            payloads_free(&s);
            well = payloads_round_trip(vp8, frame, len, max) && well;
        }
    return well;
}

static void test_round_trips(void)
{
    static uint8_t frame[4 * 1460];
    uint32_t seed = 2;
    bool well = true;

    for (size_t i = 0; i < sizeof frame; i++)
        frame[i] = payloads_noise(&seed);
    frame[0] |= 1;
    for (size_t max = OVERHEAD + 4; max <= 1460; max++)
        well = cuts_well(frame, max) && well;
    ok(well, "every max, every length around its multiples");
    well = true;
    for (size_t len = 3; len < 200; len++)
        well = payloads_round_trip(vp8, frame, len, 24) &&
               payloads_round_trip(vp8, frame, len, OVERHEAD + 1) && well;
    ok(well, "every short length");
}

/* tests/vectors/media: IVF has 32 bytes before all, 12 before each frame. */
static void test_encoder_frames(void)
{
    static const bool keys[] = {true, false, false, true, false};
    size_t len = 0, count = 0, at = 32;
    uint8_t *ivf = payloads_vector("codec_vp8.ivf", &len);

    if (!ok(ivf, "the clip is there"))
        return;
    for (; at + 12 < len && count < 5; count++) {
        size_t frame_len = ivf[at] | (size_t)ivf[at + 1] << 8;

        at += 12;
        is_int(vp8->is_keyframe(ivf + at, frame_len), keys[count], "key frame");
        ok(payloads_round_trip(vp8, ivf + at, frame_len, 300), "round trip");
        at += frame_len;
    }
    ok(at == len && count == 5, "five frames");
    free(ivf);
}

/* What libavformat's packetizer made of the clip: payloads behind lengths of
 * two bytes with the marker as highest bit. */
static void test_foreign_payloads(void)
{
    static uint8_t buf[65536];
    size_t len = 0, ivf_len = 0, at = 32;
    uint8_t *data = payloads_vector("codec_vp8.payloads", &len);
    uint8_t *ivf = payloads_vector("codec_vp8.ivf", &ivf_len);
    struct rtc_reader r;
    struct rtc_writer w;
    bool first = true, same = data && ivf;

    if (!ok(same, "payloads and clip are there"))
        return;
    rtc_reader_init(&r, data, len);
    rtc_writer_init(&w, buf, sizeof buf);
    while (same && rtc_reader_left(&r) > 0) {
        uint16_t head = rtc_read_u16(&r);
        const uint8_t *payload = rtc_read_bytes(&r, head & 0x7fff);

        same = payload && !vp8->depacketize(&w, payload, head & 0x7fff, first);
        first = head & 0x8000;
        if (!first)
            continue;
        same = same && at + 12 + w.len <= ivf_len &&
               memcmp(buf, ivf + at + 12, w.len) == 0;
        at += 12 + w.len;
        rtc_writer_init(&w, buf, sizeof buf);
    }
    ok(same && first && at == ivf_len, "the clip's frames come out");
    free(data);
    free(ivf);
}

int main(void)
{
    vp8 = rtc_codec_entry(RTC_CODEC_VP8);
    test_sent_layout();
    test_received_forms();
    test_key_frames();
    test_refusals();
    test_round_trips();
    test_encoder_frames();
    test_foreign_payloads();
    return tap_done();
}
