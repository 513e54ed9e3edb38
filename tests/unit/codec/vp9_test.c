/* SPDX-License-Identifier: MIT
 * VP9: descriptors laid out by hand from the diagrams of RFC 9628 4.2, cutting
 * at every length around the boundaries, layers, and an encoder's own frames.
 */
#include "codec/vp9.h"

#include "payloads.h"

enum { OVERHEAD = 3, STRUCTURE = 8 };

static const struct rtc_codec_entry *vp9;

/* Head of a key frame of 320x240, and one of another frame. */
static const uint8_t key_head[] = {0x82, 0x49, 0x83, 0x42, 0x00,
                                   0x13, 0xf0, 0x0e, 0xf0, 0x01};
static const uint8_t delta[] = {0x86, 0x00, 0x40, 0x92, 0xf0};

static void test_sent_layout(void)
{
    static const uint8_t want_delta[][6] = {
        {0xc9, 0x80, 0x01, 0x86, 0x00, 0x40},
        {0xc5, 0x80, 0x01, 0x92, 0xf0},
    };
    static const uint8_t want_key[][16] = {
        {0x8b, 0x80, 0x02, 0x18, 0x01, 0x40, 0x00, 0xf0, 0x01, 0x04, 0x01, 0x82,
         0x49, 0x83, 0x42, 0x00},
        {0x85, 0x80, 0x02, 0x13, 0xf0, 0x0e, 0xf0, 0x01},
    };
    struct rtc_packetizer p = {0};
    struct payloads s;

    ok(payloads_cut(&s, vp9, &p, delta, sizeof delta, 6), "cut");
    is_int(s.count, 2, "two payloads");
    is_int(s.len[0], 6, "the first is full");
    is_mem(s.data[0], want_delta[0], 6, "I P B Z, picture id 1");
    is_int(s.len[1], 5, "the second has the rest");
    is_mem(s.data[1], want_delta[1], 5, "I P E Z, picture id 1");
    payloads_free(&s);
    ok(payloads_cut(&s, vp9, &p, key_head, sizeof key_head, 16), "a key frame");
    is_int(s.count, 2, "two payloads");
    is_int(s.len[0], 16, "the first is full");
    is_mem(s.data[0], want_key[0], 16, "I B V Z, one layer, its size");
    is_int(s.len[1], 8, "the second has the rest");
    is_mem(s.data[1], want_key[1], 8, "I E Z");
    payloads_free(&s);
    p.picture_id = 0x7ffe;
    ok(payloads_cut(&s, vp9, &p, delta, sizeof delta, 100), "cut");
    is_mem(s.data[0], "\xcd\xff\xff", 3, "B and E; picture id 32767");
    payloads_free(&s);
    ok(payloads_cut(&s, vp9, &p, delta, sizeof delta, 100), "cut");
    is_mem(s.data[0] + 1, "\x80\x00", 2, "wraps to 0, still 15 bits");
    payloads_free(&s);
}

/* Each row is a descriptor before one byte of data. */
static const struct {
    uint8_t bytes[24];
    size_t descriptor;
    bool starts, picture;
    const char *name;
} received[] = {
    {{0x08, 0x86}, 1, true, true, "B alone"},
    {{0x00, 0x86}, 1, false, false, "nothing set"},
    {{0x0d, 0x86}, 1, true, true, "B E Z"},
    {{0x88, 0x7f, 0x86}, 2, true, true, "I, 7 bits"},
    {{0x88, 0xff, 0xff, 0x86}, 3, true, true, "I, 15 bits"},
    {{0xc0, 0x80, 0x01, 0x86}, 3, false, false, "I P"},
    {{0x28, 0x00, 0x05, 0x86}, 3, true, true, "L with TL0PICIDX"},
    {{0x28, 0xf1, 0x05, 0x86}, 3, true, true, "L, temporal layer 7"},
    {{0x28, 0x03, 0x05, 0x86}, 3, true, false, "L, spatial layer 1"},
    {{0x28, 0x0f, 0x05, 0x86}, 3, true, false, "L, spatial layer 7"},
    {{0x38, 0x00, 0x86}, 2, true, true, "L F: no TL0PICIDX"},
    {{0x58, 0x02, 0x86}, 2, true, true, "F P, one reference"},
    {{0x58, 0x03, 0x04, 0x86}, 3, true, true, "F P, two"},
    {{0x58, 0x03, 0x05, 0x06, 0x86}, 4, true, true, "F P, three"},
    {{0x18, 0x86}, 1, true, true, "F without P"},
    {{0x0a, 0x00, 0x86}, 2, true, true, "V, empty structure"},
    {{0x0a, 0x07, 0x86}, 2, true, true, "V, reserved bits"},
    {{0x0a, 0x10, 0, 9, 0, 9, 0x86}, 6, true, true, "V Y"},
    {{0x0a, 0x30, 0, 9, 0, 9, 0, 9, 0, 9, 0x86}, 10, true, true, "V Y, two"},
    {{0x0a, 0x08, 0x00, 0x86}, 3, true, true, "V G, no pictures"},
    {{0x0a, 0x08, 0x02, 0x04, 0x01, 0x0c, 1, 2, 3, 0x86},
     9,
     true,
     true,
     "V G, two pictures"},
    {{0xfa, 0x80, 0x01, 0x00, 0x02, 0x18, 0, 9, 0, 9, 1, 4, 1, 0x86},
     13,
     true,
     true,
     "all in flexible mode"},
    {{0xea, 0x80, 0x01, 0x00, 0x02, 0x18, 0, 9, 0, 9, 1, 4, 1, 0x86},
     13,
     true,
     true,
     "all in non-flexible mode"},
};

static void test_received_forms(void)
{
    for (size_t i = 0; i < sizeof received / sizeof *received; i++) {
        const uint8_t *bytes = received[i].bytes;
        size_t descriptor = received[i].descriptor, len = descriptor + 1;
        struct rtc_payload_info info = {0};
        struct rtc_writer w;
        bool refused = true;
        uint8_t buf[16];

        rtc_writer_init(&w, buf, sizeof buf);
        is_int(vp9->inspect(bytes, len, true, &info), 0, received[i].name);
        is_int(info.starts_frame, received[i].picture, "starts the picture");
        ok(info.ends_frame && !info.keyframe, "marker; no key frame");
        is_int(vp9->depacketize(&w, bytes, len, true),
               received[i].starts ? 0 : RTC_ERR_FORMAT, "as the first");
        is_int(vp9->depacketize(&w, bytes, len, false), 0, "as another");
        ok(buf[w.len - 1] == 0x86, "only the data is left");
        for (size_t cut = 0; cut <= descriptor; cut++)
            refused = refused &&
                      vp9->inspect(bytes, cut, true, &info) == RTC_ERR_FORMAT &&
                      vp9->depacketize(&w, bytes, cut, true) == RTC_ERR_FORMAT;
        ok(refused, "refused at every shorter length");
    }
    is_int(vp9->inspect((const uint8_t *)"\x58\3\3\3\2\x86", 6, true,
                        &(struct rtc_payload_info){0}),
           RTC_ERR_FORMAT, "four references");
}

static void test_key_frames(void)
{
    static const struct {
        const char *bytes;
        bool key;
        unsigned profile;
        uint32_t width, height;
        const char *name;
    } rows[] = {
        {"\x82\x49\x83\x42\x00\x13\xf0\x0e\xf0", true, 0, 320, 240, "0"},
        {"\xa2\x49\x83\x42\x20\x02\x7e\x01\xde", true, 1, 320, 240, "1"},
        {"\xa2\x49\x83\x42\xe0\x13\xf0\x0e\xf0", true, 1, 320, 240, "1, RGB"},
        {"\x92\x49\x83\x42\x00\x09\xf8\x07\x78", true, 2, 320, 240, "2"},
        {"\xb1\x24\xc1\xa1\x08\x00\x9f\x80\x77\x80", true, 3, 320, 240, "3"},
        {"\x82\x49\x83\x42\x0f\xff\xff\xff\xff", true, 0, 65536, 65536, "0"},
        {"\x86\x49\x83\x42\x00\x13\xf0\x0e\xf0", false, 0, 0, 0, "0"},
        {"\x8a\x49\x83\x42\x00\x13\xf0\x0e\xf0", false, 0, 0, 0, "0, shown"},
        {"\xb2\x49\x83\x42\x00\x13\xf0\x0e\xf0", false, 3, 0, 0, "3"},
    };
    static const uint8_t first[] = {0x08, 0x82}, second[] = {0x00, 0x82},
                         upper[] = {0x28, 0x02, 0x00, 0x82};
    struct rtc_payload_info info;
    struct rtc_vp9_header h;

    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        const uint8_t *frame = (const uint8_t *)rows[i].bytes;
        size_t len = i == 4 ? 10 : 9;
        bool refused = true;

        ok(rtc_vp9_header_parse(frame, len, &h), rows[i].name);
        is_int(h.keyframe, rows[i].key, "key frame");
        is_int(vp9->is_keyframe(frame, len), rows[i].key, "by its row");
        is_int(vp9->profile(frame, len), rows[i].profile, "profile");
        ok(h.width == rows[i].width && h.height == rows[i].height, "size");
        for (size_t cut = 0; cut < 8; cut++)
            refused = refused && !vp9->is_keyframe(frame, cut);
        ok(refused, "no key frame when cut short");
    }
    ok(!rtc_vp9_header_parse((const uint8_t *)"\x82\x49\x83\x43\0\0\0\0\0", 9,
                             &h),
       "wrong sync code");
    ok(!rtc_vp9_header_parse((const uint8_t *)"\x82\x49\x83\x42\xe0\0\0\0\0", 9,
                             &h),
       "RGB in profile 0");
    ok(!rtc_vp9_header_parse((const uint8_t *)"\x42\x49", 2, &h), "no VP9");
    ok(!vp9->inspect(first, 2, false, &info) && info.keyframe &&
           info.starts_stream,
       "the first payload shows it");
    ok(!vp9->inspect(second, 2, false, &info) && !info.keyframe,
       "a later one does not");
    ok(!vp9->inspect(upper, 4, false, &info) && !info.keyframe,
       "nor does a higher layer");
}

static void test_refusals(void)
{
    struct rtc_packetizer p = {.picture_id = 7};
    static const uint8_t other[] = {0x10, 2, 0, 0x9d};

    is_int(vp9->packetize(&p, delta, 0, 100), RTC_ERR_FORMAT, "empty");
    is_int(vp9->packetize(&p, other, 4, 100), RTC_ERR_FORMAT, "VP8");
    is_int(vp9->packetize(&p, key_head, 8, 100), RTC_ERR_FORMAT, "a cut head");
    is_int(vp9->packetize(&p, delta, 5, OVERHEAD), RTC_ERR_ARG, "no room");
    is_int(vp9->packetize(&p, key_head, 9, OVERHEAD + STRUCTURE), RTC_ERR_ARG,
           "no room for a key frame");
    is_int(p.picture_id, 7, "a refused frame has no picture id");
    is_int(vp9->packetize(&p, delta, 5, OVERHEAD + 1), 0, "room for a byte");
}

/* Full payloads and the rest, for all lengths around `count` full ones. */
static bool cuts_well(uint8_t *frame, size_t max, bool key)
{
    size_t extra = key ? STRUCTURE : 0;
    bool well = true;

    memcpy(frame, key ? key_head : delta, 5);
    for (size_t count = 1; count <= 3; count++)
        for (size_t more = 0; more <= 4; more++) {
            size_t len = count * (max - OVERHEAD) - extra + more;
            struct rtc_packetizer p = {0};
            struct payloads s;

            if (len < sizeof key_head)
                continue;
            well = payloads_cut(&s, vp9, &p, frame, len, max) && well;
            for (size_t i = 0; i + 1 < s.count; i++)
                well = well && s.len[i] == max;
            well = well && s.count == count + (more > 0);
            payloads_free(&s);
            well = payloads_round_trip(vp9, frame, len, max) && well;
        }
    return well;
}

static void test_round_trips(void)
{
    static uint8_t frame[4 * 1460];
    uint32_t seed = 3;
    bool well = true;

    for (size_t i = 0; i < sizeof frame; i++)
        frame[i] = payloads_noise(&seed);
    memcpy(frame, key_head, sizeof key_head);
    for (size_t max = OVERHEAD + STRUCTURE + 4; max <= 1460; max++)
        well =
            cuts_well(frame, max, false) && cuts_well(frame, max, true) && well;
    ok(well, "every max, every length around its multiples");
    well = true;
    memcpy(frame, delta, sizeof delta);
    for (size_t len = 1; len < 200; len++)
        well = payloads_round_trip(vp9, frame, len, 24) &&
               payloads_round_trip(vp9, frame, len, OVERHEAD + 1) && well;
    ok(well, "every short length");
}

/* A picture of layers in L F form, each of two payloads; `len` bytes each. */
static int join_layers(unsigned layers, const size_t *len, uint8_t *buf,
                       size_t cap)
{
    static uint8_t bytes[32][64];
    const uint8_t *data[32];
    size_t lens[32];

    for (unsigned i = 0; i < 2 * layers; i++) {
        size_t part = i % 2 ? len[i / 2] - len[i / 2] / 2 : len[i / 2] / 2;

        bytes[i][0] = (uint8_t)(0x30 | (i % 2 ? 0x04 : 0x08));
        bytes[i][1] = (uint8_t)(i / 2 << 1 | (i >= 2));
        memset(bytes[i] + 2, (int)(0x10 + i), part);
        bytes[i][2] = i % 2 ? bytes[i][2] : 0x86;
        data[i] = bytes[i];
        lens[i] = 2 + part;
    }
    return payloads_join_rows(vp9, data, lens, 2 * layers, buf, cap);
}

static void test_layers(void)
{
    static const size_t len[] = {4, 6, 10, 4, 4, 4, 4, 4, 4};
    static const uint8_t two[] = {0x86, 0x10, 0x11, 0x11, 0x86, 0x12,
                                  0x12, 0x13, 0x13, 0x13, 0xd1, 4,
                                  0,    0,    6,    0,    0,    0xd1};
    uint8_t buf[512];

    is_int(join_layers(1, len, buf, sizeof buf), 4, "one layer is the frame");
    is_int(join_layers(2, len, buf, sizeof buf), sizeof two,
           "two are a superframe");
    is_mem(buf, two, sizeof two, "with its index behind them");
    is_int(join_layers(3, len, buf, sizeof buf), 20 + 2 + 9, "three");
    is_int(buf[20], 0xd2, "say so");
    is_int(join_layers(8, len, buf, sizeof buf), 40 + 2 + 24, "eight");
    is_int(join_layers(9, len, buf, sizeof buf), RTC_ERR_FORMAT,
           "nine do not exist");
}

/* An encoder may have put the index into the last layer. */
static void test_own_index(void)
{
    static const uint8_t low[] = {0x38, 0x00, 0x86, 1, 2},
                         high[] = {0x3c, 0x03, 0x86, 4, 0xc1, 3, 2, 0xc1};
    const uint8_t *data[] = {low, high};
    size_t len[] = {sizeof low, sizeof high};
    uint8_t buf[64];

    is_int(payloads_join_rows(vp9, data, len, 2, buf, sizeof buf), 9,
           "no second index");
    is_mem(buf, "\x86\1\2\x86\4\xc1\3\2\xc1", 9, "the layers as they came");
}

static void test_encoder_frames(void)
{
    size_t len = 0, frame_len, at = 0, count = 0;
    uint8_t *ivf = payloads_vector("codec_vp9.ivf", &len);
    const uint8_t *frame;
    bool well = true;

    if (!ok(ivf, "the clip is there"))
        return;
    for (; payloads_ivf_next(ivf, len, &at, &frame, &frame_len); count++) {
        struct rtc_vp9_header h;

        is_int(vp9->is_keyframe(frame, frame_len), count % 3 == 0, "key frame");
        ok(rtc_vp9_header_parse(frame, frame_len, &h) &&
               h.width == (count % 3 ? 0 : 96) &&
               h.height == (count % 3 ? 0 : 64),
           "size");
        for (size_t max = 30; max < 1500; max += 7)
            well = payloads_round_trip(vp9, frame, frame_len, max) && well;
    }
    ok(well && count == 5, "five frames, in payloads of many sizes");
    free(ivf);
}

/* What libavformat's packetizer made of the clip. */
static void test_foreign_payloads(void)
{
    static uint8_t buf[65536];
    size_t len = 0, ivf_len = 0, at = 0, frame_len = 0;
    uint8_t *data = payloads_vector("codec_vp9.payloads", &len);
    uint8_t *ivf = payloads_vector("codec_vp9.ivf", &ivf_len);
    const uint8_t *frame = NULL;
    struct rtc_reader r;
    struct rtc_writer w;
    bool first = true, same = data && ivf;
    int got;

    if (!ok(same, "payloads and clip are there"))
        return;
    rtc_reader_init(&r, data, len);
    rtc_writer_init(&w, buf, sizeof buf);
    while (same && rtc_reader_left(&r) > 0) {
        uint16_t head = rtc_read_u16(&r);
        const uint8_t *payload = rtc_read_bytes(&r, head & 0x7fff);

        same = payload && !vp9->depacketize(&w, payload, head & 0x7fff, first);
        first = head & 0x8000;
        if (!first || !same)
            continue;
        got = vp9->finish(buf, w.len);
        same = payloads_ivf_next(ivf, ivf_len, &at, &frame, &frame_len) &&
               got == (int)frame_len && memcmp(buf, frame, frame_len) == 0;
        rtc_writer_init(&w, buf, sizeof buf);
    }
    ok(same && first && at == ivf_len, "the clip's frames come out");
    free(data);
    free(ivf);
}

int main(void)
{
    vp9 = rtc_codec_entry(RTC_CODEC_VP9);
    test_sent_layout();
    test_received_forms();
    test_key_frames();
    test_refusals();
    test_round_trips();
    test_layers();
    test_own_index();
    test_encoder_frames();
    test_foreign_payloads();
    return tap_done();
}
