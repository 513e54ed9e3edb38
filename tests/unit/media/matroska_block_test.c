/* SPDX-License-Identifier: MIT
 * Matroska blocks: each kind of lacing, every truncation, sizes that do not
 * fit.
 */
#include "media/matroska_block.h"

#include "rtc.h"
#include "tap.h"

static const struct {
    const char *name, *bytes;
    size_t len;
    uint64_t track;
    int time;
    bool keyframe;
    unsigned count, sizes[4];
} rows[] = {
    {"no lacing",
     "\x81\0\5\x80"
     "abc",
     7,
     1,
     5,
     true,
     1,
     {3}},
    {"an empty frame", "\x81\0\5\0", 4, 1, 5, false, 1, {0}},
    {"a long number, a time before",
     "\x40\x80\xff\xff\0"
     "a",
     6,
     128,
     -1,
     false,
     1,
     {1}},
    {"Xiph",
     "\x82\0\0\x02\2\1\2"
     "abbccc",
     13,
     2,
     0,
     false,
     3,
     {1, 2, 3}},
    {"Xiph, one",
     "\x82\0\0\x02\0"
     "abc",
     8,
     2,
     0,
     false,
     1,
     {3}},
    {"fixed",
     "\x82\0\0\x04\2"
     "aabbcc",
     11,
     2,
     0,
     false,
     3,
     {2, 2, 2}},
    {"EBML",
     "\x82\0\0\x06\3\x82\xc0\xbd"
     "aabbbcdd",
     16,
     2,
     0,
     false,
     4,
     {2, 3, 1, 2}},
};
#define ROWS (sizeof rows / sizeof *rows)

static void test_lacing(void)
{
    for (size_t i = 0; i < ROWS; i++) {
        const uint8_t *data = (const uint8_t *)rows[i].bytes;
        struct rtc_matroska_block b = {0};
        bool sizes = true;
        size_t at;

        is_int(rtc_matroska_block_parse(data, rows[i].len, &b), 0,
               rows[i].name);
        ok(b.track == rows[i].track && b.time == rows[i].time &&
               b.keyframe == rows[i].keyframe,
           "what stands in front");
        is_int(b.count, rows[i].count, "how many frames");
        at = b.frames[0].at;
        for (unsigned f = 0; f < b.count; f++) {
            sizes = sizes && b.frames[f].len == rows[i].sizes[f] &&
                    b.frames[f].at == at;
            at += b.frames[f].len;
        }
        ok(sizes && at == rows[i].len, "where they are");
    }
}

/* Never more than there is, whatever is cut off. */
static void test_truncation(void)
{
    bool pass = true;

    for (size_t i = 0; i < ROWS; i++)
        for (size_t len = 0; len < rows[i].len; len++) {
            uint8_t *exact = malloc(len ? len : 1);
            struct rtc_matroska_block b;

            memcpy(exact, rows[i].bytes, len);
            if (rtc_matroska_block_parse(exact, len, &b) == 0)
                for (unsigned f = 0; f < b.count; f++)
                    pass = pass && b.frames[f].at + b.frames[f].len <= len;
            else
                pass = pass && len < rows[i].len;
            free(exact);
        }
    ok(pass, "cut anywhere");
}

static void test_damage(void)
{
    static const struct {
        const char *name, *bytes;
        size_t len;
    } bad[] = {
        {"nothing", "", 0},
        {"a number without end", "\x40", 1},
        {"no flags", "\x81\0\0", 3},
        {"no count", "\x81\0\0\2", 4},
        {"Xiph sizes over all",
         "\x81\0\0\2\1\xff\xff\xff\1"
         "aaaa",
         13},
        {"Xiph sizes cut", "\x81\0\0\2\2\1", 6},
        {"unequal parts",
         "\x81\0\0\4\1"
         "aaa",
         8},
        {"an EBML size over all",
         "\x81\0\0\6\1\x01\xff\xff\xff\xff\xff\xff\xfe", 13},
        {"an EBML difference below 0",
         "\x81\0\0\6\2\x81\x80"
         "aaaa",
         11},
        {"256 frames of nothing", "\x81\0\0\2\xff", 5},
    };
    struct rtc_matroska_block b;

    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++)
        is_int(rtc_matroska_block_parse((const uint8_t *)bad[i].bytes,
                                        bad[i].len, &b),
               RTC_ERR_FORMAT, bad[i].name);
}

/* 256 frames, Xiph sizes of more than one byte. */
static void test_most(void)
{
    static uint8_t data[5 + 255 * 2 + 256 * 255] = {0x81, 0, 0, 2, 255};
    struct rtc_matroska_block b;

    for (size_t i = 0; i < 255; i++)
        data[5 + 2 * i] = 255;
    is_int(rtc_matroska_block_parse(data, sizeof data, &b), 0, "256 frames");
    ok(b.count == 256 && b.frames[0].len == 255 && b.frames[255].len == 255,
       "of 255 bytes");
}

int main(void)
{
    test_lacing();
    test_truncation();
    test_damage();
    test_most();
    return tap_done();
}
