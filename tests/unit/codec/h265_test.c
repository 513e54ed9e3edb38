/* SPDX-License-Identifier: MIT
 * H.265: payloads laid out by hand from the diagrams of RFC 7798 4.4, cutting
 * at every length around the boundaries, hostile payloads, and encoders' own
 * access units. */
#include "codec/nal.h"
#include "payloads.h"

static const struct rtc_codec_entry *h265;

/* A string literal as bytes and length. */
#define BYTES(literal) (const uint8_t *)(literal), sizeof(literal) - 1

/* Headers of the units that streams are made of, first layer and sub-layer. */
#define TRAIL "\x02\x01"
#define IDR "\x26\x01"
#define CRA "\x2a\x01"
#define VPS "\x40\x01"
#define SPS "\x42\x01"
#define PPS "\x44\x01"
#define AUD "\x46\x01"
#define SEI "\x4e\x01"
#define SUFFIX "\x50\x01"
#define AP "\x60\x01"
#define FU "\x62\x01"
#define PACI "\x64\x01"

/* ---- sending ------------------------------------------------------------ */

static void check_cut(const char *name, const uint8_t *frame, size_t len,
                      size_t max, const char *const want[])
{
    struct rtc_packetizer p = {0};
    struct payloads s;

    ok(payloads_cut(&s, h265, &p, frame, len, max), name);
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
    check_cut("one unit", BYTES("\0\0\0\1" IDR "\x88\x01"), 100,
              (const char *const[]){"26018801", NULL});
    check_cut("as large as may be", BYTES("\0\0\0\1" IDR "\x88\x01"), 4,
              (const char *const[]){"26018801", NULL});
    check_cut("parts, full but the last",
              BYTES("\0\0\0\1" IDR "\1\2\3\4\5\6\7"), 6,
              (const char *const[]){"620193010203", "620113040506", "62015307",
                                    NULL});
    check_cut("two equal parts", BYTES("\0\0\0\1" TRAIL "\1\2\3\4\5\6"), 6,
              (const char *const[]){"620181010203", "620141040506", NULL});
    check_cut("layer and sub-layer stay in the parts",
              BYTES("\0\0\0\1\x03\x0b\1\2\3\4\5\6"), 6,
              (const char *const[]){"630b81010203", "630b41040506", NULL});
    check_cut("together", BYTES("\0\0\0\1" VPS "\x0c\0\0\0\1" PPS "\xc0"), 100,
              (const char *const[]){"6001"
                                    "000340010c"
                                    "00034401c0",
                                    NULL});
    check_cut("just together", BYTES("\0\0\0\1" VPS "\1\0\0\0\1" PPS "\2"), 12,
              (const char *const[]){"6001"
                                    "0003400101"
                                    "0003440102",
                                    NULL});
    check_cut("just not", BYTES("\0\0\0\1" VPS "\1\0\0\0\1" PPS "\2"), 11,
              (const char *const[]){"400101", "440102", NULL});
    check_cut("lowest layer and sub-layer",
              BYTES("\0\0\1\x02\x03\x81\0\0\1\x02\x02\x41\0\0\1\x03\x0b\x41"),
              100,
              (const char *const[]){"6002"
                                    "0003020381"
                                    "0003020241"
                                    "0003030b41",
                                    NULL});
    check_cut("a layer above 31 in both bytes",
              BYTES("\0\0\1\x03\x03\x81\0\0\1\x03\x0a\x41"), 100,
              (const char *const[]){"6102"
                                    "0003030381"
                                    "0003030a41",
                                    NULL});
    check_cut("together, then parts",
              BYTES("\0\0\0\1" VPS "\1\0\0\0\1" PPS "\2\0\0\1" IDR
                    "\1\2\3\4\5\6\7\x08\x09\x0a\x0b"),
              12,
              (const char *const[]){"6001"
                                    "0003400101"
                                    "0003440102",
                                    "620193010203040506070809", "6201530a0b",
                                    NULL});
}

static void test_odd_frames(void)
{
    check_cut("zeros before, between and behind",
              BYTES("\0\0\0\0\0\1" VPS "\1\0\0\0\0\1" PPS "\2\0\0"), 8,
              (const char *const[]){"400101", "440102", NULL});
    check_cut("units of a header", BYTES("\0\0\1" TRAIL "\x80\0\0\1\x4a\x01"),
              100,
              (const char *const[]){"6001"
                                    "0003020180"
                                    "00024a01",
                                    NULL});
    check_cut("empty units, and half headers",
              BYTES("\0\0\1\0\0\1\x26\0\0\1" IDR "\x88\0\0\1"), 8,
              (const char *const[]){"260188", NULL});
    check_cut("types RTP cannot carry are left out",
              BYTES("\0\0\1\x60\x01\1\0\0\1" IDR "\x88\0\0\1\x7c\x01\1"), 8,
              (const char *const[]){"260188", NULL});
    check_cut("so are damaged units, and sub-layers that are none",
              BYTES("\0\0\1\xa6\x01\1\0\0\1" IDR "\x88\0\0\1\x26\xf8\1"), 8,
              (const char *const[]){"260188", NULL});
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
        {BYTES(IDR "\x88\x01"), 100, RTC_ERR_FORMAT, "no start code"},
        {BYTES("\x26\0\0\1" IDR "\1"), 100, RTC_ERR_FORMAT, "not at the start"},
        {BYTES("\0\0\0\3" IDR "\x88"), 100, RTC_ERR_FORMAT, "lengths"},
        {BYTES("\0\0\0\1"), 100, RTC_ERR_FORMAT, "no unit"},
        {BYTES("\0\0\0\1\x26"), 100, RTC_ERR_FORMAT, "half a header"},
        {BYTES("\0\0\0\1" FU "\1"), 100, RTC_ERR_FORMAT, "none to carry"},
        {BYTES("\0\0\0\1" IDR "\x88"), 3, RTC_ERR_ARG, "no room for parts"},
        {BYTES("\0\0\0\1" IDR "\x88"), 65536, RTC_ERR_ARG, "no such datagram"},
        {BYTES("\0\0\0\1" IDR "\x88"), 4, 0, "room for one byte a part"},
    };

    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct rtc_packetizer p = {0};

        is_int(h265->packetize(&p, rows[i].bytes, rows[i].len, rows[i].max),
               rows[i].error, rows[i].name);
    }
}

/* ---- receiving ---------------------------------------------------------- */

enum { STARTS = 1, KEY = 2, STREAM = 4 };

static const struct {
    const uint8_t *bytes;
    size_t len;
    bool first;
    int shows; /* STARTS, KEY, STREAM */
    const uint8_t *want;
    size_t want_len;
    const char *name;
} received[] = {
    {BYTES(IDR "\x88\x01"), true, STARTS | KEY,
     BYTES("\0\0\0\1" IDR "\x88\x01"), "IDR slice"},
    {BYTES(IDR "\x48\x01"), false, KEY, BYTES("\0\0\1" IDR "\x48\x01"),
     "another slice of it"},
    {BYTES(CRA "\x88"), true, STARTS | KEY, BYTES("\0\0\0\1" CRA "\x88"),
     "CRA slice"},
    {BYTES("\x20\x01\x88"), true, STARTS | KEY, BYTES("\0\0\0\1\x20\x01\x88"),
     "BLA slice"},
    {BYTES(TRAIL "\xd0"), true, STARTS, BYTES("\0\0\0\1" TRAIL "\xd0"),
     "slice"},
    {BYTES(TRAIL "\x5a"), true, 0, BYTES("\0\0\0\1" TRAIL "\x5a"),
     "another slice"},
    {BYTES("\x02\x09\xd0"), false, 0, BYTES("\0\0\1\x02\x09\xd0"),
     "slice of another layer"},
    {BYTES(AUD "\x10"), true, STARTS, BYTES("\0\0\0\1" AUD "\x10"),
     "delimiter"},
    {BYTES(SUFFIX "\x84"), false, 0, BYTES("\0\0\1" SUFFIX "\x84"),
     "SEI behind a picture"},
    {BYTES("\x4a\x01"), false, 0, BYTES("\0\0\1\x4a\x01"), "a header alone"},
    {BYTES(VPS "\x0c"), true, STARTS | STREAM, BYTES("\0\0\0\1" VPS "\x0c"),
     "VPS"},
    {BYTES(SPS "\x01"), false, STARTS, BYTES("\0\0\0\1" SPS "\x01"), "SPS"},
    {BYTES(SEI "\x05"), false, STARTS, BYTES("\0\0\1" SEI "\x05"), "SEI"},
    {BYTES(AP "\0\3" VPS "\1\0\3" SPS "\2\0\3" PPS "\3"), true, STARTS | STREAM,
     BYTES("\0\0\0\1" VPS "\1\0\0\0\1" SPS "\2\0\0\0\1" PPS "\3"), "AP"},
    {BYTES(AP "\0\3" AUD "\x10\0\3" VPS "\1\0\3" IDR "\x88"), true,
     STARTS | STREAM | KEY,
     BYTES("\0\0\0\1" AUD "\x10\0\0\0\1" VPS "\1\0\0\1" IDR "\x88"),
     "AP with a delimiter first, and IDR"},
    {BYTES(AP "\0\3" TRAIL "\x5a\0\3" TRAIL "\xd0"), false, 0,
     BYTES("\0\0\1" TRAIL "\x5a\0\0\1" TRAIL "\xd0"),
     "AP shows by its first unit"},
    {BYTES(AP "\0\2\x4a\x01"), false, 0, BYTES("\0\0\1\x4a\x01"), "AP of one"},
    {BYTES(FU "\x93\x88\x01"), true, STARTS | KEY,
     BYTES("\0\0\0\1" IDR "\x88\x01"), "FU start"},
    {BYTES(FU "\x81\x5a"), false, 0, BYTES("\0\0\1" TRAIL "\x5a"),
     "FU start of another slice"},
    {BYTES("\x63\x0b\x81\xda"), false, 0, BYTES("\0\0\1\x03\x0b\xda"),
     "FU start of another layer"},
    {BYTES(FU "\xa0\x0c"), true, STARTS, BYTES("\0\0\0\1" VPS "\x0c"),
     "FU start of a VPS"},
    {BYTES(FU "\x13\x88\x01"), false, KEY, BYTES("\x88\x01"), "FU middle"},
    {BYTES(FU "\x53\x88\x01"), false, KEY, BYTES("\x88\x01"), "FU end"},
    {BYTES(FU "\xd3\x88"), true, STARTS | KEY, BYTES("\0\0\0\1" IDR "\x88"),
     "FU start and end at once"},
    {BYTES(FU "\x93"), true, KEY, BYTES("\0\0\0\1" IDR), "FU without data"},
    {BYTES(PACI "\x26\0\x88\x01"), true, STARTS | KEY,
     BYTES("\0\0\0\1" IDR "\x88\x01"), "PACI of a slice"},
    {BYTES(PACI "\x26\x38\1\2\3\x88\x01"), true, STARTS | KEY,
     BYTES("\0\0\0\1" IDR "\x88\x01"), "PACI with extensions"},
    {BYTES(PACI "\x62\x10\7\x93\x88"), true, STARTS | KEY,
     BYTES("\0\0\0\1" IDR "\x88"), "PACI of an FU"},
    {BYTES(PACI "\x60\x10\7\0\3" VPS "\1\0\3" IDR "\x88"), true,
     STARTS | STREAM | KEY, BYTES("\0\0\0\1" VPS "\1\0\0\1" IDR "\x88"),
     "PACI of an AP"},
    {BYTES("\x66\x01\x01"), true, 0, BYTES(""), "type 51 is ignored"},
    {BYTES("\x7e\x01\x01"), true, 0, BYTES(""), "type 63 is ignored"},
};

static void test_received(void)
{
    for (size_t i = 0; i < sizeof received / sizeof *received; i++) {
        struct rtc_payload_info info = {0};
        struct rtc_writer w;
        uint8_t buf[64];

        rtc_writer_init(&w, buf, sizeof buf);
        is_int(h265->inspect(received[i].bytes, received[i].len, i % 2, &info),
               0, received[i].name);
        is_int(info.starts_frame, (received[i].shows & STARTS) != 0, "starts");
        is_int(info.keyframe, (received[i].shows & KEY) != 0, "key frame");
        is_int(info.starts_stream, (received[i].shows & STREAM) != 0, "stream");
        is_int(info.ends_frame, i % 2, "ends by the marker only");
        is_int(h265->depacketize(&w, received[i].bytes, received[i].len,
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
    is_int(h265->inspect(payload, len, true, &info), RTC_ERR_FORMAT, name);
    is_int(h265->depacketize(&w, payload, len, true), RTC_ERR_FORMAT, name);
    is_int(w.len, 0, "nothing is left in the frame");
    free(payload);
}

static void test_refused_payloads(void)
{
    static const struct {
        const uint8_t *bytes;
        size_t len;
        const char *name;
    } rows[] = {
        {BYTES(""), "empty"},
        {BYTES("\x26"), "half a header"},
        {BYTES("\xa6\x01\x88"), "forbidden bit"},
        {BYTES("\x26\x08\x88"), "sub-layer 0"},
        {BYTES(AP), "AP without units"},
        {BYTES(AP "\0"), "AP with half a length"},
        {BYTES(AP "\0\3"), "AP with a length only"},
        {BYTES(AP "\0\0"), "AP with an empty unit"},
        {BYTES(AP "\0\1\x26"), "AP with half a header"},
        {BYTES(AP "\0\1\x26\x01\x88"), "AP whose length is less than a header"},
        {BYTES(AP "\0\4" IDR "\x88"), "AP whose length lies"},
        {BYTES(AP "\xff\xff" IDR "\x88"), "AP whose length lies wildly"},
        {BYTES(AP "\0\3" VPS "\1\0\3" SPS), "in its second unit"},
        {BYTES(AP "\0\3" VPS "\1\0"), "AP with a byte too much"},
        {BYTES(AP "\0\6" AP "\0\2\x4a\x01"), "AP in AP"},
        {BYTES(AP "\0\4" FU "\x93\x88"), "FU in AP"},
        {BYTES(AP "\0\5" PACI "\x26\0\x88"), "PACI in AP"},
        {BYTES(AP "\0\3\xa6\x01\x88"), "forbidden bit in AP"},
        {BYTES(AP "\0\3\x26\0\x88"), "sub-layer 0 in AP"},
        {BYTES(FU), "FU without header"},
        {BYTES("\x62\x08\x93\x88"), "FU of sub-layer 0"},
        {BYTES(FU "\xb0\0\2\x4a\x01"), "AP in FU"},
        {BYTES(FU "\xb1\x93\x88"), "FU in FU"},
        {BYTES(FU "\xb2\x26\0\x88"), "PACI in FU"},
        {BYTES(PACI "\x26"), "PACI with half its fields"},
        {BYTES(PACI "\x26\x20\7"), "PACI whose extensions lack"},
        {BYTES(PACI "\x64\0\x26\0\x88"), "PACI in PACI"},
        {BYTES(PACI "\xa6\0\x88"), "PACI of a damaged unit"},
        {BYTES("\x64\x08\x26\0\x88"), "PACI of sub-layer 0"},
        {BYTES(PACI "\x62\0"), "PACI of an FU without header"},
        {BYTES(PACI "\x60\0"), "PACI of an empty AP"},
        {BYTES("\xfe\x01\x01"), "forbidden bit of a type that is ignored"},
    };

    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++)
        check_refused(rows[i].name, rows[i].bytes, rows[i].len);
}

/* Cut anywhere, a payload is refused or a shorter one, and nothing behind its
 * end is looked at. */
static void test_truncation(void)
{
    bool well = true;

    for (size_t i = 0; i < sizeof received / sizeof *received; i++)
        for (size_t len = 0; len < received[i].len; len++) {
            uint8_t *payload = malloc(len ? len : 1), buf[64];
            struct rtc_payload_info info;
            struct rtc_writer w;
            int error, joined;

            memcpy(payload, received[i].bytes, len);
            rtc_writer_init(&w, buf, sizeof buf);
            error = h265->inspect(payload, len, false, &info);
            joined = h265->depacketize(&w, payload, len, received[i].first);
            well = well && error == joined && (!error || w.len == 0) &&
                   w.len <= received[i].want_len;
            free(payload);
        }
    ok(well, "every payload, cut at every length");
}

static void test_broken_order(void)
{
    struct rtc_writer w;
    uint8_t buf[8];

    rtc_writer_init(&w, buf, sizeof buf);
    is_int(h265->depacketize(&w, BYTES(FU "\x13\x88"), true), RTC_ERR_FORMAT,
           "a frame cannot start within a unit");
    is_int(h265->depacketize(&w, BYTES(IDR "\x88\1\2\3"), true), 0, "too long");
    ok(w.failed && w.len <= w.cap, "the writer says so");
}

/* The bound of depacketized_max is reached, not exceeded, by the worst. */
static void test_growth(void)
{
    static uint8_t payload[2 + 4 * 400], buf[sizeof payload * 2];
    struct rtc_writer w;

    memcpy(payload, AP, 2);
    for (size_t i = 0; i < 400; i++)
        memcpy(payload + 2 + 4 * i, "\0\2" VPS, 4);
    rtc_writer_init(&w, buf, sizeof buf);
    is_int(h265->depacketize(&w, payload, sizeof payload, true), 0, "join");
    is_int(w.len, 400 * 6, "400 units of two bytes");
    ok(w.len <= h265->depacketized_max(sizeof payload), "within the bound");
    ok(h265->depacketized_max(sizeof payload) < w.len + 8, "a close bound");
}

/* ---- key frames --------------------------------------------------------- */

static void test_key_frames(void)
{
    ok(h265->is_keyframe(BYTES("\0\0\0\1" VPS "\1\0\0\1" IDR "\x88")),
       "VPS, IDR");
    ok(h265->is_keyframe(BYTES("\0\0\0\1" AUD "\1\0\0\1" CRA "\x88")), "CRA");
    ok(h265->is_keyframe(BYTES("\0\0\1\x20\x01\x88")), "BLA");
    ok(h265->is_keyframe(BYTES("\0\0\1\x26")), "IDR header alone");
    ok(!h265->is_keyframe(BYTES("\0\0\0\1" VPS "\1\0\0\1" PPS "\2")),
       "parameter sets alone");
    ok(!h265->is_keyframe(BYTES("\0\0\0\1" TRAIL "\xd0\0\0\1" IDR "\x88")),
       "the first slice decides");
    ok(!h265->is_keyframe(BYTES("\0\0\0\1" SEI "\6\1\xc4\0\0\1" TRAIL "\xd0")),
       "a recovery point is not one");
    ok(!h265->is_keyframe(BYTES("\0\0\1\x12\x01\x88")), "RASL");
    ok(!h265->is_keyframe(BYTES("\0\0\1")), "nothing behind the start code");
    ok(!h265->is_keyframe(BYTES("")), "empty");
}

/* ---- round trips -------------------------------------------------------- */

/* The start code H.265 B.2.2 asks for before such a unit; its length. */
static size_t put_start_code(uint8_t *out, uint8_t header, bool first)
{
    unsigned type = rtc_h265_type(header);
    bool set = type >= RTC_H265_VPS && type <= RTC_H265_PPS;
    size_t len = first || set ? 4 : 3;

    memcpy(out, "\0\0\0\1" + 4 - len, len);
    return len;
}

/* A unit of `len` bytes behind a start code, random but without start codes in
 * it and not ending in 0; bytes written. */
static size_t make_unit(uint8_t *out, uint8_t type, size_t len, uint32_t *seed,
                        bool first)
{
    uint8_t header = (uint8_t)(type << 1);
    size_t code = put_start_code(out, header, first);

    out += code;
    out[0] = header;
    out[1] = 1;
    for (size_t i = 2; i < len; i++) {
        out[i] = payloads_noise(seed);
        if (out[i - 1] == 0 && out[i] < 4)
            out[i] = 4;
    }
    if (len > 2)
        out[len - 1] |= 0x80;
    return code + len;
}

/* The rule for batches: all parts of a unit but its last are full. */
static bool parts_are_full(const uint8_t *frame, size_t len, size_t max)
{
    struct rtc_packetizer p = {0};
    struct payloads s;
    bool full = payloads_cut(&s, h265, &p, frame, len, max);

    for (size_t i = 0; i < s.count; i++)
        if (rtc_h265_type(s.data[i][0]) == RTC_H265_FU)
            full = full && (s.len[i] == max || s.data[i][2] & 0x40);
    payloads_free(&s);
    return full;
}

static void test_single_units(void)
{
    static uint8_t frame[4 + 4 * 1460];
    bool well = true;

    for (size_t max = 6; max <= 1460; max++)
        for (size_t count = 0; count <= 3; count++)
            for (size_t more = 0; more < 5; more++) {
                uint32_t seed = (uint32_t)(max + more);
                size_t len = count * (max - 3) + more;

                if (len < 2)
                    continue;
                len = make_unit(frame, 19, len, &seed, true);
                well = payloads_round_trip(h265, frame, len, max) &&
                       parts_are_full(frame, len, max) && well;
            }
    ok(well, "every max, every length around its multiples");
}

static void test_many_units(void)
{
    static const uint8_t types[] = {35, 32, 33, 34, 39, 19, 1, 40};
    static uint8_t frame[8 * 512];
    uint32_t seed = 3;
    bool well = true;

    for (unsigned round = 0; round < 4000; round++) {
        size_t max = 4 + payloads_noise(&seed) % 120u, len = 0;
        unsigned count = 1 + payloads_noise(&seed) % 7u;

        for (unsigned i = 0; i < count; i++) {
            size_t unit = 2 + payloads_noise(&seed) % (i % 2 ? 20u : 250u);
            uint8_t type = types[payloads_noise(&seed) % 8u];

            len += make_unit(frame + len, type, unit, &seed, i == 0);
        }
        well = payloads_round_trip(h265, frame, len, max) &&
               parts_are_full(frame, len, max) && well;
    }
    ok(well, "frames of several units");
}

/* ---- clips -------------------------------------------------------------- */

/* The next access unit of a clip, as it lies; its length. */
static size_t next_frame(const uint8_t *at, const uint8_t *end)
{
    const uint8_t *start = at, *here = at;
    struct rtc_nal nal;
    bool slice = false;

    while (rtc_nal_next(&at, end, &nal)) {
        if (slice && rtc_h265_starts_frame(nal.data, nal.len))
            break;
        slice = slice || rtc_h265_is_slice(nal.data[0]);
        here = at < end && at[-1] == 0 ? at - 1 : at;
    }
    return (size_t)(here - start);
}

/* Every frame comes out byte for byte, with the start codes of x265. */
static void check_clip(const char *name, const char *keys)
{
    size_t len = 0, count = 0;
    uint8_t *clip = payloads_vector(name, &len);
    const uint8_t *at = clip, *end = clip ? clip + len : NULL;

    if (!ok(clip, name))
        return;
    while ((len = next_frame(at, end)) > 0 && keys[count]) {
        is_int(h265->is_keyframe(at, len), keys[count++] == 'K', "key");
        ok(payloads_round_trip(h265, at, len, 1180), "at 1180 bytes");
        ok(payloads_round_trip(h265, at, len, 100), "at 100 bytes");
        ok(payloads_round_trip(h265, at, len, 5), "at 5 bytes");
        at += len;
    }
    is_int(count, strlen(keys), "number of frames");
    ok(at == end, "no frame more");
    free(clip);
}

/* What another packetizer (libavformat's) made of a clip: payloads behind
 * lengths of two bytes with the marker as highest bit. */
static void check_foreign(const char *payloads, const char *clip_name)
{
    static uint8_t buf[65536];
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

        same = payload && !h265->depacketize(&w, payload, head & 0x7fff, first);
        first = head & 0x8000;
        if (!first)
            continue;
        /* It takes the first zero of the next start code for this frame's. */
        while (w.len > 0 && buf[w.len - 1] == 0)
            w.len--;
        len = next_frame(at, clip + clip_len);
        same = same && w.len == len && memcmp(buf, at, len) == 0;
        at += len;
        rtc_writer_init(&w, buf, sizeof buf);
    }
    ok(same && first, "the clip's frames come out");
    ok(at == clip + clip_len, "all of them");
    free(data);
    free(clip);
}

int main(void)
{
    h265 = rtc_codec_entry(RTC_CODEC_H265);
    test_sent_layout();
    test_odd_frames();
    test_refused_frames();
    test_received();
    test_refused_payloads();
    test_truncation();
    test_broken_order();
    test_growth();
    test_key_frames();
    test_single_units();
    test_many_units();
    check_clip("codec_h265_slices.h265", "K--K-");
    check_clip("codec_h265_bframes.h265", "K-------");
    check_clip("codec_h265_crop.h265", "K-K-");
    check_foreign("codec_h265_slices.payloads", "codec_h265_slices.h265");
    check_foreign("codec_h265_crop.payloads", "codec_h265_crop.h265");
    return tap_done();
}
