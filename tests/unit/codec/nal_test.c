/* SPDX-License-Identifier: MIT
 * Start codes and units, against a byte-by-byte search and by hand. */
#include "codec/nal.h"
#include "payloads.h"

static const uint8_t *find_slowly(const uint8_t *at, const uint8_t *end)
{
    for (; end - at >= 3; at++)
        if (at[0] == 0 && at[1] == 0 && at[2] == 1)
            return at;
    return end;
}

/* Bytes of 0 and 1 only hold every pattern there is. */
static void test_find(void)
{
    bool same = true;

    for (unsigned pattern = 0; pattern < 1 << 14; pattern++) {
        uint8_t bytes[14];

        for (unsigned i = 0; i < 14; i++)
            bytes[i] = pattern >> i & 1;
        for (size_t len = 0; len <= 14; len++)
            same = same && rtc_nal_find(bytes, bytes + len) ==
                               find_slowly(bytes, bytes + len);
    }
    ok(same, "the same as a slow search");
}

static void test_next(void)
{
    static const struct {
        const char *bytes;
        size_t len;
        const char *units; /* their last bytes */
        const char *name;
    } rows[] = {
        {"\0\0\1A", 4, "A", "three bytes"},
        {"\0\0\0\1A", 5, "A", "four bytes"},
        {"\0\0\0\0\0\1A", 7, "A", "leading zeros"},
        {"\0\0\1A\0\0\1B", 8, "AB", "two units"},
        {"\0\0\1A\0\0\0\1B", 9, "AB", "three, then four"},
        {"\0\0\1A\0\0\0\0\0\1B\0\0", 13, "AB", "trailing zeros"},
        {"x\0\0\1A", 5, "A", "something before"},
        {"\0\0\1\0\0\1A", 7, "A", "an empty unit"},
        {"\0\0\1\0\0\0\0\1A\0\0\1", 12, "A", "empty ones at both ends"},
        {"\0\0\1", 3, "", "a start code alone"},
        {"\0\0\1\0\0\0", 6, "", "and zeros"},
        {"\0\0A", 3, "", "no start code"},
        {"\0\0\1\0\1A", 6, "A", "00 01 is none"},
        {"", 0, "", "empty"},
    };

    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        const uint8_t *at = (const uint8_t *)rows[i].bytes;
        const uint8_t *end = at + rows[i].len;
        char units[8] = "";
        struct rtc_nal nal;

        for (size_t n = 0; n < 7 && rtc_nal_next(&at, end, &nal); n++)
            units[n] = (char)nal.data[nal.len - 1];
        is_str(units, rows[i].units, rows[i].name);
        ok(at == end, "all was looked at");
    }
}

static void test_h264(void)
{
    static const struct {
        uint8_t bytes[2];
        size_t len;
        bool slice, picture, frame;
        const char *name;
    } rows[] = {
        {{0x65, 0x80}, 2, true, true, true, "first slice of an IDR picture"},
        {{0x65, 0x40}, 2, true, false, false, "another slice of it"},
        {{0x41, 0x9a}, 2, true, true, true, "first slice"},
        {{0x41, 0x7f}, 2, true, false, false, "another slice"},
        {{0x42, 0x80}, 2, true, true, true, "partition A"},
        {{0x43, 0x80}, 2, true, false, false, "partition B has a slice_id"},
        {{0x41, 0}, 1, true, false, false, "nothing behind the header"},
        {{0x09, 0xf0}, 2, false, false, true, "delimiter"},
        {{0x67, 0x42}, 2, false, false, true, "SPS"},
        {{0x68, 0xce}, 2, false, false, true, "PPS"},
        {{0x06, 0x05}, 2, false, false, true, "SEI"},
        {{0x0a, 0x00}, 1, false, false, false, "end of sequence"},
        {{0x0c, 0x80}, 2, false, false, false, "filler"},
        {{0x6e, 0x80}, 2, false, false, false, "prefix"},
        {{0x6f, 0x80}, 2, false, false, true, "subset SPS"},
        {{0x74, 0x80}, 2, false, false, false, "slice of another layer"},
    };

    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        const uint8_t *nal = rows[i].bytes;

        ok(rtc_h264_is_slice(nal[0]) == rows[i].slice &&
               rtc_h264_starts_picture(nal, rows[i].len) == rows[i].picture &&
               rtc_h264_starts_frame(nal, rows[i].len) == rows[i].frame,
           rows[i].name);
    }
    ok(!rtc_h264_starts_frame(NULL, 0) && !rtc_h264_starts_picture(NULL, 0),
       "nothing starts nothing");
}

static void test_h265(void)
{
    static const struct {
        uint8_t bytes[3];
        size_t len;
        bool slice, irap, frame;
        const char *name;
    } rows[] = {
        {{0x26, 0x01, 0x80}, 3, true, true, true, "first segment of an IDR"},
        {{0x28, 0x01, 0x40}, 3, true, true, false, "another segment"},
        {{0x2a, 0x01, 0x80}, 3, true, true, true, "CRA"},
        {{0x20, 0x01, 0x80}, 3, true, true, true, "BLA"},
        {{0x02, 0x01, 0xd0}, 3, true, false, true, "trailing picture"},
        {{0x02, 0x03, 0xd0}, 3, true, false, true, "of a higher sub-layer"},
        {{0x02, 0x01, 0x5a}, 3, true, false, false, "another segment of it"},
        {{0x02, 0x09, 0xd0}, 3, true, false, false, "of another layer"},
        {{0x03, 0x01, 0xd0}, 3, true, false, false, "and one above 31"},
        {{0x12, 0x01, 0x80}, 3, true, false, true, "RASL"},
        {{0x26, 0x01, 0}, 2, true, true, false, "nothing behind the header"},
        {{0x46, 0x01, 0x10}, 3, false, false, true, "delimiter"},
        {{0x46, 0, 0}, 1, false, false, true, "half of one"},
        {{0x40, 0x01, 0x0c}, 3, false, false, true, "VPS"},
        {{0x42, 0x01, 0x01}, 3, false, false, true, "SPS"},
        {{0x44, 0x01, 0xc1}, 3, false, false, true, "PPS"},
        {{0x44, 0x09, 0xc1}, 3, false, false, false, "PPS of another layer"},
        {{0x4e, 0x01, 0x05}, 3, false, false, true, "SEI"},
        {{0x50, 0x01, 0x84}, 3, false, false, false, "SEI of the picture"},
        {{0x48, 0x01, 0}, 2, false, false, false, "end of sequence"},
        {{0x4a, 0x01, 0}, 2, false, false, false, "end of stream"},
        {{0x4c, 0x01, 0xff}, 3, false, false, false, "filler"},
        {{0x52, 0x01, 0xff}, 3, false, false, true, "reserved 41"},
        {{0x5a, 0x01, 0xff}, 3, false, false, false, "reserved 45"},
        {{0x60, 0x01, 0xff}, 3, false, false, true, "unspecified 48"},
        {{0x7c, 0x01, 0xff}, 3, false, false, false, "unspecified 62"},
    };

    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        const uint8_t *nal = rows[i].bytes;

        ok(rtc_h265_is_slice(nal[0]) == rows[i].slice &&
               rtc_h265_is_irap(nal[0]) == rows[i].irap &&
               rtc_h265_starts_frame(nal, rows[i].len) == rows[i].frame,
           rows[i].name);
    }
    ok(!rtc_h265_starts_frame(NULL, 0), "nothing starts nothing");
}

static void test_first(void)
{
    static const uint8_t code[] = {0, 0, 1}, zeros[] = {0, 0, 0, 0, 1, 1};
    static const uint8_t none[] = {0, 1, 0, 0, 1}, few[] = {0, 0};

    ok(rtc_nal_is_first(code, 3), "a start code");
    ok(rtc_nal_is_first(zeros, 6), "zeros and a start code");
    ok(!rtc_nal_is_first(none, 5), "something before it");
    ok(!rtc_nal_is_first(code, 2), "half of one");
    ok(!rtc_nal_is_first(few, 2) && !rtc_nal_is_first(few, 0), "nothing");
}

int main(void)
{
    test_find();
    test_next();
    test_h264();
    test_h265();
    test_first();
    return tap_done();
}
