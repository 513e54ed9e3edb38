/* SPDX-License-Identifier: MIT
 * H.264: payloads laid out by hand from the diagrams of RFC 6184 5.6 to 5.8,
 * cutting at every length around the boundaries, hostile payloads, and
 * encoders' own access units. */
#include "codec/nal.h"
#include "payloads.h"

static const struct rtc_codec_entry *h264;

/* A string literal as bytes and length. */
#define BYTES(literal) (const uint8_t *)(literal), sizeof(literal) - 1

/* ---- sending ------------------------------------------------------------ */

static void check_cut(const char *name, const uint8_t *frame, size_t len,
                      size_t max, const char *const want[])
{
    struct rtc_packetizer p = {0};
    struct payloads s;

    ok(payloads_cut(&s, h264, &p, frame, len, max), name);
    for (size_t i = 0; i < s.count && want[i]; i++) {
        char hex[128];

        for (size_t j = 0; j < s.len[i] && j < 60; j++)
            snprintf(hex + 2 * j, 3, "%02x", s.data[i][j]);
        is_str(hex, want[i], "payload");
    }
    ok(s.count == 0 || want[s.count - 1], "no payload more");
    ok(!want[s.count], "no payload less");
    payloads_free(&s);
}

static void test_sent_layout(void)
{
    check_cut("one unit", BYTES("\0\0\0\1\x65\x88\x01"), 100,
              (const char *const[]){"658801", NULL});
    check_cut("as large as may be", BYTES("\0\0\0\1\x65\x88\x01"), 3,
              (const char *const[]){"658801", NULL});
    check_cut(
        "parts", BYTES("\0\0\0\1\x65\1\2\3\4\5\6\7"), 5,
        (const char *const[]){"7c85010203", "7c05040506", "7c4507", NULL});
    check_cut("two equal parts", BYTES("\0\0\0\1\x21\1\2\3\4\5\6"), 5,
              (const char *const[]){"3c81010203", "3c41040506", NULL});
    check_cut("together", BYTES("\0\0\0\1\x67\x42\xc0\x1f\0\0\0\1\x28\xce"),
              100,
              (const char *const[]){"780004"
                                    "6742c01f"
                                    "0002"
                                    "28ce",
                                    NULL});
    check_cut("just together", BYTES("\0\0\0\1\x67\x42\0\0\0\1\x68\xce"), 9,
              (const char *const[]){"780002"
                                    "6742"
                                    "0002"
                                    "68ce",
                                    NULL});
    check_cut("just not", BYTES("\0\0\0\1\x67\x42\0\0\0\1\x68\xce"), 8,
              (const char *const[]){"6742", "68ce", NULL});
    check_cut("highest NRI",
              BYTES("\0\0\1\x09\xf0\0\0\1\x06\x05\0\0\1\x41\x9a"), 100,
              (const char *const[]){"5800020"
                                    "9f0"
                                    "0002"
                                    "0605"
                                    "0002"
                                    "419a",
                                    NULL});
    check_cut("together, then parts",
              BYTES("\0\0\0\1\x67\x42\0\0\0\1\x68\xce\0\0\1\x65\1\2\3\4\5\6\7"
                    "\x08\x09\x0a"),
              9,
              (const char *const[]){"780002"
                                    "6742"
                                    "0002"
                                    "68ce",
                                    "7c8501020304050607", "7c4508090a", NULL});
}

static void test_odd_frames(void)
{
    check_cut("zeros before, between and behind",
              BYTES("\0\0\0\0\0\1\x67\x42\0\0\0\0\1\x68\xce\0\0"), 8,
              (const char *const[]){"6742", "68ce", NULL});
    check_cut("empty units", BYTES("\0\0\1\0\0\1\x65\x88\0\0\1"), 8,
              (const char *const[]){"6588", NULL});
    check_cut("types RTP cannot carry are left out",
              BYTES("\0\0\1\x78\x01\0\0\1\x65\x88\0\0\1\x7f\x01"), 8,
              (const char *const[]){"6588", NULL});
    check_cut("so are damaged units",
              BYTES("\0\0\1\xe5\x01\0\0\1\x65\x88\0\0\1\x60\x01"), 8,
              (const char *const[]){"6588", NULL});
}

static void test_refused_frames(void)
{
    static const struct {
        const uint8_t *bytes;
        size_t len;
        size_t max;
        int error;
        const char *name;
    } rows[] = {
        {BYTES(""), 100, RTC_ERR_FORMAT, "empty"},
        {BYTES("\x65\x88\x01"), 100, RTC_ERR_FORMAT, "no start code"},
        {BYTES("\x65\0\0\1\x65"), 100, RTC_ERR_FORMAT, "not at the start"},
        {BYTES("\0\0\0\2\x65\x88"), 100, RTC_ERR_FORMAT, "lengths (AVCC)"},
        {BYTES("\0\0\0\1"), 100, RTC_ERR_FORMAT, "no unit"},
        {BYTES("\0\0\0\1\x78\x01"), 100, RTC_ERR_FORMAT, "none to carry"},
        {BYTES("\0\0\0\1\x65\x88"), 2, RTC_ERR_ARG, "no room for parts"},
        {BYTES("\0\0\0\1\x65\x88"), 65536, RTC_ERR_ARG, "no such datagram"},
        {BYTES("\0\0\0\1\x65\x88"), 3, 0, "room for one byte a part"},
    };

    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct rtc_packetizer p = {0};

        is_int(h264->packetize(&p, rows[i].bytes, rows[i].len, rows[i].max),
               rows[i].error, rows[i].name);
    }
}

/* ---- receiving ---------------------------------------------------------- */

enum { STARTS = 1, KEY = 2 };

static const struct {
    const uint8_t *bytes;
    size_t len;
    bool first;
    int shows; /* STARTS, KEY */
    const uint8_t *want;
    size_t want_len;
    const char *name;
} received[] = {
    {BYTES("\x65\x88\x01"), true, STARTS | KEY, BYTES("\0\0\0\1\x65\x88\x01"),
     "IDR slice"},
    {BYTES("\x65\x48\x01"), false, KEY, BYTES("\0\0\1\x65\x48\x01"),
     "another slice of it"},
    {BYTES("\x41\x9a"), true, STARTS, BYTES("\0\0\0\1\x41\x9a"), "slice"},
    {BYTES("\x41\x4a"), true, 0, BYTES("\0\0\0\1\x41\x4a"), "another slice"},
    {BYTES("\x09\xf0"), true, STARTS, BYTES("\0\0\0\1\x09\xf0"), "delimiter"},
    {BYTES("\x0c\x80"), false, 0, BYTES("\0\0\1\x0c\x80"), "filler"},
    {BYTES("\x67"), true, STARTS, BYTES("\0\0\0\1\x67"), "one byte"},
    {BYTES("\x78\0\2\x67\x42\0\2\x68\xce"), true, STARTS,
     BYTES("\0\0\0\1\x67\x42\0\0\0\1\x68\xce"), "STAP-A"},
    {BYTES("\x78\0\2\x67\x42\0\2\x65\x88"), true, STARTS | KEY,
     BYTES("\0\0\0\1\x67\x42\0\0\1\x65\x88"), "STAP-A with IDR"},
    {BYTES("\x58\0\2\x41\x4a\0\2\x41\x9a"), false, 0,
     BYTES("\0\0\1\x41\x4a\0\0\1\x41\x9a"), "STAP-A shows by its first unit"},
    {BYTES("\x18\0\1\x0c"), false, 0, BYTES("\0\0\1\x0c"), "STAP-A of one"},
    {BYTES("\x7c\x85\x88\x01"), true, STARTS | KEY,
     BYTES("\0\0\0\1\x65\x88\x01"), "FU-A start"},
    {BYTES("\x5c\x81\x4a"), false, 0, BYTES("\0\0\1\x41\x4a"),
     "FU-A start of another slice"},
    {BYTES("\x7c\x05\x88\x01"), false, KEY, BYTES("\x88\x01"), "FU-A middle"},
    {BYTES("\x7c\x45\x88\x01"), false, KEY, BYTES("\x88\x01"), "FU-A end"},
    {BYTES("\x7c\xc5\x88"), true, STARTS | KEY, BYTES("\0\0\0\1\x65\x88"),
     "FU-A start and end at once"},
    {BYTES("\x7c\x85"), true, KEY, BYTES("\0\0\0\1\x65"), "FU-A without data"},
    {BYTES("\x00\x01"), true, 0, BYTES(""), "type 0 is ignored"},
    {BYTES("\x1e\x01"), true, 0, BYTES(""), "type 30 is ignored"},
    {BYTES("\x7f\x01"), true, 0, BYTES(""), "type 31 is ignored"},
};

static void test_received(void)
{
    for (size_t i = 0; i < sizeof received / sizeof *received; i++) {
        struct rtc_payload_info info = {0};
        struct rtc_writer w;
        uint8_t buf[64];

        rtc_writer_init(&w, buf, sizeof buf);
        is_int(h264->inspect(received[i].bytes, received[i].len, i % 2, &info),
               0, received[i].name);
        is_int(info.starts_frame, (received[i].shows & STARTS) != 0, "starts");
        is_int(info.keyframe, (received[i].shows & KEY) != 0, "key frame");
        is_int(info.ends_frame, i % 2, "ends by the marker only");
        is_int(h264->depacketize(&w, received[i].bytes, received[i].len,
                                 received[i].first),
               0, "join");
        is_int(w.len, received[i].want_len, "length");
        is_mem(buf, received[i].want, received[i].want_len, "bytes");
    }
}

/* The copy has no byte behind it, so that a sanitizer sees an overrun. */
static void check_refused(const char *name, const uint8_t *bytes, size_t len)
{
    uint8_t *payload = malloc(len ? len : 1), buf[512];
    struct rtc_payload_info info;
    struct rtc_writer w;

    memcpy(payload, bytes, len);
    rtc_writer_init(&w, buf, sizeof buf);
    is_int(h264->inspect(payload, len, true, &info), RTC_ERR_FORMAT, name);
    is_int(h264->depacketize(&w, payload, len, true), RTC_ERR_FORMAT, name);
    is_int(w.len, 0, "nothing is left in the frame");
    free(payload);
}

static void test_refused_payloads(void)
{
    uint8_t padded[5 + 256];
    static const struct {
        const uint8_t *bytes;
        size_t len;
        const char *name;
    } rows[] = {
        {BYTES(""), "empty"},
        {BYTES("\xe5\x88"), "forbidden bit"},
        {BYTES("\x78"), "STAP-A without units"},
        {BYTES("\x78\0"), "STAP-A with half a length"},
        {BYTES("\x78\0\2"), "STAP-A with a length only"},
        {BYTES("\x78\0\0"), "STAP-A with an empty unit"},
        {BYTES("\x78\0\3\x67\x42"), "STAP-A whose length lies"},
        {BYTES("\x78\xff\xff\x67\x42"), "STAP-A whose length lies wildly"},
        {BYTES("\x78\0\2\x67\x42\0\2\x68"), "in its second unit"},
        {BYTES("\x78\0\2\x67\x42\0"), "STAP-A with a byte too much"},
        {BYTES("\x78\0\4\x78\0\1\x67"), "STAP-A in STAP-A"},
        {BYTES("\x78\0\3\x7c\x85\x88"), "FU-A in STAP-A"},
        {BYTES("\x78\0\2\xe7\x42"), "forbidden bit in STAP-A"},
        {BYTES("\x7c"), "FU-A without header"},
        {BYTES("\x7c\x98\0\1\x67"), "STAP-A in FU-A"},
        {BYTES("\x7c\x9c\x85\x88"), "FU-A in FU-A"},
        {BYTES("\x7c\x80\x88"), "type 0 in FU-A"},
        {BYTES("\x79\0\0\0\2\x67\x42"), "STAP-B"},
        {BYTES("\x7a\0\0\0"), "MTAP16"},
        {BYTES("\x7b\0\0\0"), "MTAP24"},
        {BYTES("\x7d\x85\0\0\x88"), "FU-B"},
    };

    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++)
        check_refused(rows[i].name, rows[i].bytes, rows[i].len);
    memset(padded, 1, sizeof padded);
    memcpy(padded, "\x78\0\0\1\0", 5);
    check_refused("STAP-A with an empty unit first", padded, sizeof padded);
}

static void test_broken_order(void)
{
    struct rtc_writer w;
    uint8_t buf[8];

    rtc_writer_init(&w, buf, sizeof buf);
    is_int(h264->depacketize(&w, BYTES("\x7c\x05\x88"), true), RTC_ERR_FORMAT,
           "a frame cannot start within a unit");
    is_int(h264->depacketize(&w, BYTES("\x65\x88\1\2\3"), true), 0, "too long");
    ok(w.failed && w.len <= w.cap, "the writer says so");
}

/* The bound of depacketized_max is reached, not exceeded, by the worst. */
static void test_growth(void)
{
    static uint8_t payload[1 + 3 * 400], buf[sizeof payload * 2];
    struct rtc_writer w;

    payload[0] = RTC_H264_STAP_A;
    for (size_t i = 0; i < 400; i++) {
        payload[2 + 3 * i] = 1;
        payload[3 + 3 * i] = 0x67;
    }
    rtc_writer_init(&w, buf, sizeof buf);
    is_int(h264->depacketize(&w, payload, sizeof payload, true), 0, "join");
    is_int(w.len, 400 * 5, "400 units of one byte");
    ok(w.len <= h264->depacketized_max(sizeof payload), "within the bound");
    ok(h264->depacketized_max(sizeof payload) < w.len + 8, "a close bound");
}

/* ---- key frames --------------------------------------------------------- */

static void test_key_frames(void)
{
    ok(h264->is_keyframe(BYTES("\0\0\0\1\x67\x42\0\0\1\x65\x88")), "SPS, IDR");
    ok(h264->is_keyframe(BYTES("\0\0\1\x65")), "IDR header alone");
    ok(!h264->is_keyframe(BYTES("\0\0\0\1\x67\x42\0\0\1\x68\xce")),
       "parameter sets alone");
    ok(!h264->is_keyframe(BYTES("\0\0\0\1\x41\x9a\0\0\1\x65\x88")),
       "the first slice decides");
    ok(!h264->is_keyframe(BYTES("\0\0\0\1\x06\x06\x01\xc4\0\0\1\x41\x9a")),
       "a recovery point is not one");
    ok(!h264->is_keyframe(BYTES("\0\0\1")), "nothing behind the start code");
    ok(!h264->is_keyframe(BYTES("")), "empty");
}

/* ---- round trips -------------------------------------------------------- */

/* The start code H.264 B.1.2 asks for before such a unit; its length. */
static size_t put_start_code(uint8_t *out, uint8_t header, bool first)
{
    unsigned type = rtc_h264_type(header);
    size_t len = first || type == RTC_H264_SPS || type == RTC_H264_PPS ? 4 : 3;

    memcpy(out, "\0\0\0\1" + 4 - len, len);
    return len;
}

/* A unit of `len` bytes behind a four-byte start code, random but without
 * start codes in it and not ending in 0; bytes written. */
static size_t make_unit(uint8_t *out, uint8_t header, size_t len,
                        uint32_t *seed, bool first)
{
    size_t code = put_start_code(out, header, first);

    out += code;
    out[0] = header;
    for (size_t i = 1; i < len; i++) {
        out[i] = payloads_noise(seed);
        if (out[i - 1] == 0 && out[i] < 4)
            out[i] = 4;
    }
    out[len - 1] |= 0x80;
    if (len == 1)
        out[0] = header;
    return code + len;
}

/* The rule for batches: all parts of a unit but its last are full. */
static bool parts_are_full(const uint8_t *frame, size_t len, size_t max)
{
    struct rtc_packetizer p = {0};
    struct payloads s;
    bool full = payloads_cut(&s, h264, &p, frame, len, max);

    for (size_t i = 0; i < s.count; i++)
        if (rtc_h264_type(s.data[i][0]) == RTC_H264_FU_A)
            full = full && (s.len[i] == max || s.data[i][1] & 0x40);
    payloads_free(&s);
    return full;
}

static void test_single_units(void)
{
    static uint8_t frame[4 + 4 * 1460];
    bool well = true;

    for (size_t max = 5; max <= 1460; max++)
        for (size_t count = 0; count <= 3; count++)
            for (size_t more = 0; more < 5; more++) {
                uint32_t seed = (uint32_t)(max + more);
                size_t len = count * (max - 2) + more;

                if (len == 0)
                    continue;
                len = make_unit(frame, 0x65, len, &seed, true);
                well = payloads_round_trip(h264, frame, len, max) &&
                       parts_are_full(frame, len, max) && well;
            }
    ok(well, "every max, every length around its multiples");
}

static void test_many_units(void)
{
    static const uint8_t headers[] = {0x09, 0x67, 0x68, 0x06, 0x65, 0x41};
    static uint8_t frame[8 * 512];
    uint32_t seed = 3;
    bool well = true;

    for (unsigned round = 0; round < 4000; round++) {
        size_t max = 3 + payloads_noise(&seed) % 120u, len = 0;
        unsigned count = 1 + payloads_noise(&seed) % 7u;

        for (unsigned i = 0; i < count; i++) {
            size_t unit = 1 + payloads_noise(&seed) % (i % 2 ? 20u : 250u);
            uint8_t header = headers[payloads_noise(&seed) % 6u];

            len += make_unit(frame + len, header, unit, &seed, i == 0);
        }
        well = payloads_round_trip(h264, frame, len, max) &&
               parts_are_full(frame, len, max) && well;
    }
    ok(well, "frames of several units");
}

/* ---- clips -------------------------------------------------------------- */

/* The next access unit of a clip, with start codes of B.1.2; its length. */
static size_t next_frame(const uint8_t **at, const uint8_t *end, uint8_t *out)
{
    const uint8_t *here = *at;
    struct rtc_nal nal;
    size_t len = 0;
    bool slice = false;

    while (rtc_nal_next(&here, end, &nal)) {
        if (slice && rtc_h264_starts_frame(nal.data, nal.len))
            break;
        slice = slice || rtc_h264_is_slice(nal.data[0]);
        len += put_start_code(out + len, nal.data[0], len == 0);
        memcpy(out + len, nal.data, nal.len);
        len += nal.len;
        *at = here;
    }
    return len;
}

/* Cuts a copy whose start codes have three bytes, too: the same comes out. */
static bool short_codes_too(const uint8_t *frame, size_t len, size_t max)
{
    const uint8_t *at = frame;
    struct rtc_packetizer p = {0};
    struct payloads s;
    uint8_t *copy = malloc(len), *joined = NULL;
    size_t copy_len = 0, joined_len = 0;
    struct rtc_nal nal;
    bool same;

    while (rtc_nal_next(&at, frame + len, &nal)) {
        memcpy(copy + copy_len, "\0\0\1", 3);
        memcpy(copy + copy_len + 3, nal.data, nal.len);
        copy_len += 3 + nal.len;
    }
    same = payloads_cut(&s, h264, &p, copy, copy_len, max);
    if (same)
        joined = payloads_join(&s, h264, &joined_len);
    same = joined && joined_len == len && memcmp(joined, frame, len) == 0;
    payloads_free(&s);
    free(joined);
    free(copy);
    return same;
}

static void check_clip(const char *name, const char *keys)
{
    static uint8_t frame[65536];
    size_t len = 0, count = 0;
    uint8_t *clip = payloads_vector(name, &len);
    const uint8_t *at = clip, *end = clip ? clip + len : NULL;

    if (!ok(clip, name))
        return;
    while ((len = next_frame(&at, end, frame)) > 0 && keys[count]) {
        is_int(h264->is_keyframe(frame, len), keys[count++] == 'K', "key");
        ok(payloads_round_trip(h264, frame, len, 1180), "at 1180 bytes");
        ok(payloads_round_trip(h264, frame, len, 100), "at 100 bytes");
        ok(short_codes_too(frame, len, 100), "short start codes");
    }
    is_int(count, strlen(keys), "number of frames");
    is_int(len, 0, "no frame more");
    free(clip);
}

/* What another packetizer (libavformat's) made of a clip: payloads behind
 * lengths of two bytes with the marker as highest bit. */
static void check_foreign(const char *payloads, const char *clip_name)
{
    static uint8_t frame[65536], buf[65536];
    size_t len = 0, clip_len = 0;
    uint8_t *data = payloads_vector(payloads, &len);
    uint8_t *clip = payloads_vector(clip_name, &clip_len);
    const uint8_t *at = clip;
    struct rtc_reader r;
    struct rtc_writer w;
    bool first = true, same = data && clip;

    if (!ok(same, payloads))
        return;
    rtc_reader_init(&r, data, len);
    rtc_writer_init(&w, buf, sizeof buf);
    while (same && rtc_reader_left(&r) > 0) {
        uint16_t head = rtc_read_u16(&r);
        const uint8_t *payload = rtc_read_bytes(&r, head & 0x7fff);

        same = payload && !h264->depacketize(&w, payload, head & 0x7fff, first);
        first = head & 0x8000;
        if (!first)
            continue;
        len = next_frame(&at, clip + clip_len, frame);
        same = same && w.len == len && memcmp(buf, frame, len) == 0;
        rtc_writer_init(&w, buf, sizeof buf);
    }
    ok(same && first, "the clip's frames come out");
    is_int(next_frame(&at, clip + clip_len, frame), 0, "all of them");
    free(data);
    free(clip);
}

/* What a stream can begin with, and what a frame names its profile. */
static void test_stream_start(void)
{
    static const struct {
        const uint8_t *bytes;
        size_t len;
        bool starts;
        const char *name;
    } rows[] = {
        {BYTES("\x67\x42\0\x1f"), true, "parameter sets"},
        {BYTES("\x78\0\2\x67\x42\0\2\x68\xce"), true, "in a STAP-A"},
        {BYTES("\x78\0\2\x09\xf0\0\2\x67\x42"), true, "behind a delimiter"},
        {BYTES("\x65\x88\x01"), false, "a key slice: its sets may be lost"},
        {BYTES("\x68\xce"), false, "picture parameters alone"},
        {BYTES("\x7c\x87\x42"), false, "a fragment"},
        {BYTES("\x41\x9a"), false, "another slice"},
    };

    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct rtc_payload_info info = {0};
        is_int(h264->inspect(rows[i].bytes, rows[i].len, false, &info), 0,
               rows[i].name);
        is_int(info.starts_stream, rows[i].starts, "starts a stream");
    }
    is_int(h264->profile(BYTES("\0\0\1\x09\xf0\0\0\1\x67\x64\0\x1f")), 100,
           "High by its parameter set");
    is_int(h264->profile(BYTES("\0\0\1\x65\x88\0\0\1\x67\x64")), 0,
           "not behind a slice");
    is_int(h264->profile(BYTES("\0\0\1\x67")), 0, "nor in a cut one");
}

int main(void)
{
    h264 = rtc_codec_entry(RTC_CODEC_H264);
    test_sent_layout();
    test_odd_frames();
    test_refused_frames();
    test_received();
    test_refused_payloads();
    test_broken_order();
    test_growth();
    test_key_frames();
    test_single_units();
    test_many_units();
    check_clip("codec_h264_slices.h264", "K--K-");
    check_clip("codec_h264_bframes.h264", "K-------");
    check_clip("codec_h264_crop.h264", "K-K-");
    check_foreign("codec_h264_slices.payloads", "codec_h264_slices.h264");
    check_foreign("codec_h264_crop.payloads", "codec_h264_crop.h264");
    test_stream_start();
    return tap_done();
}
