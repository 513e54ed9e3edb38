/* SPDX-License-Identifier: MIT
 * AV1: aggregation headers laid out by hand from AOM's payload format 4.4,
 * cutting units of many shapes at every size of payload, damaged and missing
 * payloads, and an encoder's own frames. */
#include "codec/obu.h"
#include "payloads.h"

static const struct rtc_codec_entry *av1;

#define BYTES(text) ((const uint8_t *)(text)), sizeof(text) - 1

/* ---- sent ---------------------------------------------------------------- */

/* Frames, and the payloads they are cut into. */
static const struct {
    const char *frame;
    size_t frame_len, max;
    const char *payloads[6];
    size_t len[6];
    const char *name;
} sent[] = {
    {"\x32\2\x40\x41", 4, 100, {"\x10\x30\x40\x41"}, {4}, "one OBU"},
    {"\x2a\1\x77\x32\2\x40\x41",
     7,
     100,
     {"\x20\2\x28\x77\x30\x40\x41"},
     {7},
     "two: the first has its length"},
    {"\x2a\1\1\x2a\1\2\x32\1\x40",
     9,
     100,
     {"\x30\2\x28\1\2\x28\2\x30\x40"},
     {9},
     "three: W is 3"},
    {"\x2a\1\1\x2a\1\2\x2a\1\3\x32\1\x40",
     12,
     100,
     {"\0\2\x28\1\2\x28\2\2\x28\3\2\x30\x40"},
     {13},
     "four: W is 0, and all have their length"},
    {"\x36\x28\2\x40\x41",
     5,
     100,
     {"\x10\x34\x28\x40\x41"},
     {5},
     "the extension goes along"},
    {"\x12\0\x32\1\x40\x7a\2\0\0\x42\1\0",
     12,
     100,
     {"\x10\x30\x40"},
     {3},
     "no delimiter, padding or tile list"},
    {"\x32\5\x40\1\2\3\4",
     7,
     4,
     {"\x50\x30\x40\1", "\x90\2\3\4"},
     {4, 4},
     "cut: Y, then Z"},
    {"\x32\6\x40\1\2\3\4\5",
     8,
     4,
     {"\x50\x30\x40\1", "\xd0\2\3\4", "\x90\5"},
     {4, 4, 2},
     "in the middle both"},
    {"\x36\x28\2\x40\x41",
     5,
     2,
     {"\x50\x34", "\xd0\x28", "\xd0\x40", "\x90\x41"},
     {2, 2, 2, 2},
     "cut within its header"},
    {"\x2a\1\1\x32\5\x40\1\2\3\4",
     10,
     6,
     {"\x60\2\x28\1\x30\x40", "\x90\1\2\3\4"},
     {6, 5},
     "a whole one and the start of the next"},
    {"\x2a\3\1\2\3\x32\2\x40\1",
     9,
     5,
     {"\x10\x28\1\2\3", "\x10\x30\x40\1"},
     {5, 4},
     "full with a whole one: neither Y nor Z"},
    {"\x2a\2\1\2\x32\2\x40\1",
     8,
     5,
     {"\x10\x28\1\2", "\x10\x30\x40\1"},
     {4, 4},
     "a length, but nothing behind it, would fit"},
    {"\x2a\1\1\x2a\1\2\x2a\1\3\x32\3\x40\1\2",
     14,
     12,
     {"\x40\2\x28\1\2\x28\2\2\x28\3\1\x30", "\x90\x40\1\2"},
     {12, 4},
     "four, the last one cut"},
};

static void test_sent_layout(void)
{
    for (size_t i = 0; i < sizeof sent / sizeof *sent; i++) {
        struct rtc_packetizer p = {0};
        struct payloads s;
        size_t count = 0;

        ok(payloads_cut(&s, av1, &p, sent[i].frame, sent[i].frame_len,
                        sent[i].max),
           sent[i].name);
        while (count < 6 && sent[i].len[count] > 0)
            count++;
        is_int(s.count, count, "as many payloads");
        for (size_t k = 0; k < count && k < s.count; k++) {
            is_int(s.len[k], sent[i].len[k], "as long");
            is_mem(s.data[k], sent[i].payloads[k],
                   s.len[k] < sent[i].len[k] ? s.len[k] : sent[i].len[k],
                   "byte for byte");
        }
        payloads_free(&s);
    }
}

/* A sequence header of 320x240 and a shown key frame of `len` bytes. */
static size_t make_key(uint8_t *buf, size_t len)
{
    static const uint8_t head[] = {0x0a, 0x0b, 0x00, 0x00, 0x00, 0x02, 0xaf,
                                   0x9f, 0xbb, 0xff, 0x30, 0x08, 0x40, 0x32};
    size_t at = sizeof head;

    memcpy(buf, head, sizeof head);
    at += rtc_leb128_write(buf + at, len);
    memset(buf + at, 0x55, len);
    buf[at] = 0x10;
    return at + len;
}

static void test_new_sequence(void)
{
    uint8_t frame[256];
    size_t len = make_key(frame, 100);
    struct rtc_packetizer p = {0};
    struct payloads s;

    ok(av1->is_keyframe(frame, len), "a key frame");
    ok(payloads_cut(&s, av1, &p, frame, len, 50), "cut");
    is_int(s.count, 3, "into three");
    is_int(s.data[0][0], 0x68, "N on the first payload");
    is_int(s.data[1][0], 0xd0, "not on the second");
    is_int(s.data[2][0], 0x90, "nor the last");
    payloads_free(&s);
    ok(payloads_cut(&s, av1, &p, "\x32\1\x30", 3, 50), "another frame");
    is_int(s.data[0][0], 0x10, "has no N");
    payloads_free(&s);
}

static void test_refusals(void)
{
    static const struct {
        const char *bytes;
        size_t len, max;
        int want;
        const char *name;
    } rows[] = {
        {"", 0, 100, RTC_ERR_FORMAT, "empty"},
        {"\x12\0", 2, 100, RTC_ERR_FORMAT, "only a delimiter"},
        {"\x30\1\0", 3, 100, RTC_ERR_FORMAT, "no size field"},
        {"\x32\3\0\0", 4, 100, RTC_ERR_FORMAT, "longer than the frame"},
        {"\x32\1\0\x32", 4, 100, RTC_ERR_FORMAT, "a cut second OBU"},
        {"\xb2\1\0", 3, 100, RTC_ERR_FORMAT, "forbidden bit"},
        {"\x32\1\0", 3, 1, RTC_ERR_ARG, "no room"},
        {"\x32\1\0", 3, 2, 0, "room for a byte"},
    };
    struct rtc_packetizer p = {0};

    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++)
        is_int(av1->packetize(&p, (const uint8_t *)rows[i].bytes, rows[i].len,
                              rows[i].max),
               rows[i].want, rows[i].name);
}

/* ---- cut and joined ------------------------------------------------------ */

/* OBUs of the lengths of `sizes` until a 0, with noise in them. */
static size_t make_unit(uint8_t *buf, const size_t *sizes)
{
    uint32_t seed = 5;
    size_t at = 0;

    for (size_t i = 0; sizes[i] > 0; i++) {
        size_t len = sizes[i] - 1;

        buf[at++] = sizes[i + 1] ? 0x2a : 0x32;
        at += rtc_leb128_write(buf + at, len);
        for (size_t k = 0; k < len; k++)
            buf[at++] = payloads_noise(&seed);
    }
    return at;
}

/* Every payload but the last is full, or lacks the lengths with which a next
 * OBU would begin. */
static bool is_full(const struct payloads *s, size_t max)
{
    bool well = true;

    for (size_t i = 0; i + 1 < s->count; i++)
        well = well && (s->len[i] == max ||
                        (!(s->data[i][0] & 0x40) && s->len[i] + 3 >= max) ||
                        ((s->data[i][0] & 0x30) == 0 && s->len[i] + 3 >= max));
    return well;
}

static const size_t shapes[][12] = {
    {1},
    {2},
    {100},
    {1000},
    {3000},
    {11, 3000},
    {1, 1, 1, 1},
    {2, 127, 128, 129, 1},
    {126, 127, 128, 129, 130, 131},
    {1, 2, 3, 4, 5, 6, 7, 8, 9, 10},
    {500, 1, 500, 1, 500},
    {11, 30, 1100, 1200, 1300},
    {40, 40, 40, 40, 40, 40, 40, 40, 40, 40},
};

static void test_shapes(void)
{
    static uint8_t frame[8192];

    for (size_t i = 0; i < sizeof shapes / sizeof *shapes; i++) {
        size_t len = make_unit(frame, shapes[i]);
        bool well = true;
        char name[64];

        for (size_t max = 2; max <= 1460; max += max < 300 ? 1 : 13) {
            struct rtc_packetizer p = {0};
            struct payloads s;

            well = payloads_cut(&s, av1, &p, frame, len, max) &&
                   is_full(&s, max) && well;
            payloads_free(&s);
            well = payloads_round_trip(av1, frame, len, max) && well;
        }
        snprintf(name, sizeof name, "unit %zu in payloads of every size", i);
        ok(well, name);
    }
}

/* One payload after the other is left out. Numbers tell that (stream/assemble);
 * here it shows where Y and Z do not fit together any more. */
static void test_missing(void)
{
    static const size_t sizes[] = {40, 40, 3, 200, 1, 90, 0};
    static uint8_t frame[1024], buf[4096];
    size_t len = make_unit(frame, sizes);
    struct rtc_packetizer p = {0};
    struct payloads s;
    bool well = true;

    ok(payloads_cut(&s, av1, &p, frame, len, 23), "cut");
    for (size_t gone = 0; gone < s.count; gone++) {
        const uint8_t *data[64];
        size_t lens[64], count = 0;
        bool cut_before = gone > 0 && s.data[gone - 1][0] & 0x40;
        bool cut_after = gone + 1 < s.count && s.data[gone + 1][0] & 0x80;
        int got;

        for (size_t i = 0; i < s.count; i++)
            if (i != gone) {
                data[count] = s.data[i];
                lens[count++] = s.len[i];
            }
        got = payloads_join_rows(av1, data, lens, count, buf, sizeof buf);
        well = well && (got < 0) == (cut_before != cut_after) && got < (int)len;
    }
    ok(well, "seen wherever an OBU lacks its start or end");
    payloads_free(&s);
}

/* ---- received ------------------------------------------------------------ */

static void test_received_forms(void)
{
    static const struct {
        const char *bytes;
        size_t len;
        const char *frame;
        int frame_len;
        const char *name;
    } rows[] = {
        {"\x10\x30\x40", 3, "\x32\1\x40", 3, "W 1"},
        {"\x17\x30\x40", 3, "\x32\1\x40", 3, "reserved bits"},
        {"\0\2\x30\x40", 4, "\x32\1\x40", 3, "W 0"},
        {"\0\x82\0\x30\x40", 5, "\x32\1\x40", 3, "a long length"},
        {"\x20\2\x28\1\x30\x40", 6, "\x2a\1\1\x32\1\x40", 6, "W 2"},
        {"\0\2\x28\1\2\x30\x40", 7, "\x2a\1\1\x32\1\x40", 6, "W 0, two"},
        {"\x10\x32\1\x40", 4, "\x32\1\x40", 3, "its own size field"},
        {"\x10\x32\x81\0\x40", 5, "\x32\1\x40", 3, "a long one"},
        {"\x10\x32\1\x40\x99", 5, "\x32\1\x40", 3, "and bytes behind it"},
        {"\x10\x36\x08\1\x40", 5, "\x36\x08\1\x40", 4, "with an extension"},
        {"\x20\1\x10\x30\x40", 5, "\x32\1\x40", 3, "a delimiter"},
        {"\x20\2\x12\0\x30\x40", 6, "\x32\1\x40", 3, "a sized one"},
        {"\x20\3\x78\0\0\x30\x40", 7, "\x32\1\x40", 3, "padding"},
        {"\x10\x30", 2, "\x32\0", 2, "an OBU without payload"},
        {"\x10\x10", 2, "", 0, "nothing but a delimiter"},
        {"", 0, NULL, RTC_ERR_FORMAT, "empty"},
        {"\x10", 1, NULL, RTC_ERR_FORMAT, "no element"},
        {"\0", 1, NULL, RTC_ERR_FORMAT, "no element"},
        {"\x90\x30\x40", 3, NULL, RTC_ERR_FORMAT, "Z in the first"},
        {"\x98\x30\x40", 3, NULL, RTC_ERR_FORMAT, "N and Z"},
        {"\x50\x30\x40", 3, NULL, RTC_ERR_FORMAT, "Y in the last"},
        {"\0\0\2\x30\x40", 5, NULL, RTC_ERR_FORMAT, "an empty element"},
        {"\x20\2\x30\x40", 4, NULL, RTC_ERR_FORMAT, "W 2 with one"},
        {"\x30\2\x30\x40\1\x30", 6, NULL, RTC_ERR_FORMAT, "W 3 with two"},
        {"\0\3\x30\x40", 4, NULL, RTC_ERR_FORMAT, "too long"},
        {"\0\xff\xff\xff\xff\xff\xff\xff\xff\x01", 10, NULL, RTC_ERR_FORMAT,
         "far too long"},
        {"\x10\xb0\x40", 3, NULL, RTC_ERR_FORMAT, "forbidden bit"},
        {"\x10\x34", 2, NULL, RTC_ERR_FORMAT, "no extension"},
        {"\x10\x32", 2, NULL, RTC_ERR_FORMAT, "no size"},
        {"\x10\x32\2\x40", 4, NULL, RTC_ERR_FORMAT, "a size too large"},
    };

    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        const uint8_t *bytes = (const uint8_t *)rows[i].bytes;
        uint8_t buf[64];
        int got =
            payloads_join_rows(av1, &bytes, &rows[i].len, 1, buf, sizeof buf);

        is_int(got, rows[i].frame_len, rows[i].name);
        if (got > 0)
            is_mem(buf, rows[i].frame, (size_t)got, "its frame");
    }
}

static void test_fragments(void)
{
    static const uint8_t *const whole[] = {
        (const uint8_t *)"\x60\1\x28\x34", (const uint8_t *)"\xd0\x08",
        (const uint8_t *)"\xb0\1\x40\1\x28\x30"};
    static const size_t len[] = {4, 2, 6};
    static const uint8_t *const torn[] = {(const uint8_t *)"\x50\x30\1",
                                          (const uint8_t *)"\x10\x30\2"};
    static const uint8_t *const loose[] = {(const uint8_t *)"\x10\x30\1",
                                           (const uint8_t *)"\x90\x30\2"};
    static const size_t three[] = {3, 3};
    uint8_t buf[64];

    is_int(payloads_join_rows(av1, whole, len, 3, buf, sizeof buf), 10,
           "an OBU in three payloads, between others");
    is_mem(buf, "\x2a\0\x36\x08\1\x40\x2a\0\x32\0", 10, "is whole");
    is_int(payloads_join_rows(av1, torn, three, 2, buf, sizeof buf),
           RTC_ERR_FORMAT, "Y, but no Z behind it");
    is_int(payloads_join_rows(av1, loose, three, 2, buf, sizeof buf),
           RTC_ERR_FORMAT, "Z, but no Y before it");
}

static void test_inspect(void)
{
    static const struct {
        const char *bytes;
        size_t len;
        bool starts, key, stream;
        const char *name;
    } rows[] = {
        {"\x10\x30\x10", 3, false, false, false, "a frame alone"},
        {"\x18\x30\x10", 3, true, true, true, "N"},
        {"\x20\1\x08\x30\x10", 5, true, true, true, "a sequence header"},
        {"\x60\1\x08\x30\x10", 5, true, true, true, "and a cut frame"},
        {"\x20\1\x10\x30\x10", 5, true, false, false, "a delimiter"},
        {"\x30\1\x10\1\x08\x30", 6, true, true, true, "both"},
        {"\x20\1\x30\x08\x00", 5, false, true, false, "not in front"},
        {"\x90\x08\x10", 3, false, false, false, "inside of an OBU"},
    };

    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++)
        for (int marker = 0; marker < 2; marker++) {
            struct rtc_payload_info info;

            is_int(av1->inspect((const uint8_t *)rows[i].bytes, rows[i].len,
                                marker, &info),
                   0, rows[i].name);
            ok(info.starts_frame == rows[i].starts &&
                   info.keyframe == rows[i].key &&
                   info.starts_stream == rows[i].stream &&
                   info.ends_frame == marker,
               "is told rightly");
        }
}

static void test_key_frames(void)
{
    uint8_t frame[64];
    size_t len = make_key(frame, 5);

    ok(av1->is_keyframe(frame, len), "sequence header and shown key frame");
    is_int(av1->profile(frame, len), 0, "profile 0");
    frame[2] = 0x20;
    is_int(av1->profile(frame, len), 1, "profile 1");
    ok(!av1->is_keyframe(frame + 13, len - 13), "no sequence header");
    is_int(av1->profile(frame + 13, len - 13), 0, "names no profile");
    frame[15] = 0x30;
    ok(!av1->is_keyframe(frame, len), "an inter frame");
    frame[15] = 0x90;
    ok(!av1->is_keyframe(frame, len), "shows an existing frame");
    frame[15] = 0x00;
    ok(!av1->is_keyframe(frame, len), "a key frame not shown");
    ok(!av1->is_keyframe(frame, 13), "no frame");
    ok(!av1->is_keyframe(frame, 0), "nothing");
    ok(av1->is_keyframe(BYTES("\x0a\4\x18\x11\x11\x80\x32\1\x30")),
       "a still picture says nothing else");
}

static void test_encoder_frames(void)
{
    size_t len = 0, frame_len, at = 0, count = 0;
    uint8_t *ivf = payloads_vector("codec_av1.ivf", &len);
    const uint8_t *frame;
    bool well = true;

    if (!ok(ivf, "the clip is there"))
        return;
    for (; payloads_ivf_next(ivf, len, &at, &frame, &frame_len); count++) {
        is_mem(frame, "\x12\0", 2, "a delimiter, as IVF has it");
        is_int(av1->is_keyframe(frame + 2, frame_len - 2), count % 4 == 0,
               "key frame");
        for (size_t max = 2; max < 1500; max += 7)
            well =
                payloads_round_trip(av1, frame + 2, frame_len - 2, max) && well;
    }
    ok(well && count == 8, "eight frames, byte for byte, in payloads of many "
                           "sizes");
    free(ivf);
}

int main(void)
{
    av1 = rtc_codec_entry(RTC_CODEC_AV1);
    test_sent_layout();
    test_new_sequence();
    test_refusals();
    test_shapes();
    test_missing();
    test_received_forms();
    test_fragments();
    test_inspect();
    test_key_frames();
    test_encoder_frames();
    return tap_done();
}
