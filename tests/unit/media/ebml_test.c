/* SPDX-License-Identifier: MIT
 * EBML: numbers of every length, headers cut anywhere, elements that do not fit
 * where they are, values, and writing. */
#include "media/ebml.h"

#include "rtc.h"
#include "tap.h"

static void test_numbers(void)
{
    static const struct {
        const char *bytes;
        size_t len, count;
        uint64_t value;
    } rows[] = {
        {"\x81", 1, 1, 1},
        {"\xff", 1, 1, 127},
        {"\x40\x02", 2, 2, 2}, /* longer than it must be */
        {"\x5f\xff", 2, 2, 0x1fff},
        {"\x20\0\x01", 3, 3, 1},
        {"\x10\x01\x02\x03", 4, 4, 0x010203},
        {"\x01\xff\xff\xff\xff\xff\xff\xfe", 8, 8, UINT64_C(0xfffffffffffffe)},
        {"\x40", 1, 0, 0},
        {"\0\xff\xff\xff\xff\xff\xff\xff\xff", 9, 0, 0},
        {"", 0, 0, 0},
    };

    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        uint64_t value = 0;
        size_t count = rtc_ebml_number((const uint8_t *)rows[i].bytes,
                                       rows[i].len, &value);

        is_int(count, rows[i].count, "bytes of a number");
        is_int(value, rows[i].value, "its value");
    }
}

static void test_headers(void)
{
    static const struct {
        const char *bytes;
        size_t len;
        int want;
        struct rtc_ebml_header header;
    } rows[] = {
        {"\xa3\x85", 2, 1, {0xa3, 2, false, 5}},
        {"\xa3\xff", 2, 1, {0xa3, 2, true, 127}},
        {"\x42\x82\x40\x04", 4, 1, {0x4282, 4, false, 4}},
        {"\x18\x53\x80\x67\x01\xff\xff\xff\xff\xff\xff\xff",
         12,
         1,
         {0x18538067, 12, true, UINT64_C(0xffffffffffffff)}},
        {"\xec\x01\xff\xff\xff\xff\xff\xff\xfe",
         9,
         1,
         {0xec, 9, false, UINT64_C(0xfffffffffffffe)}},
        {"\x08\x53\x80\x67\x67\x81", 6, RTC_ERR_FORMAT, {0}},
        {"\0", 1, RTC_ERR_FORMAT, {0}},
        {"\xa3\0", 2, RTC_ERR_FORMAT, {0}},
    };

    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        const uint8_t *data = (const uint8_t *)rows[i].bytes;
        struct rtc_ebml_header h = {0};
        bool waits = true;

        is_int(rtc_ebml_header_parse(data, rows[i].len, &h), rows[i].want,
               "a header");
        ok(h.id == rows[i].header.id && h.len == rows[i].header.len &&
               h.header_len == rows[i].header.header_len &&
               h.unknown == rows[i].header.unknown,
           "what it says");
        for (size_t len = 0; rows[i].want > 0 && len < rows[i].len; len++)
            waits = waits && rtc_ebml_header_parse(data, len, &h) == 0;
        ok(waits, "cut, it waits for more");
    }
}

static void test_children(void)
{
    static const uint8_t data[] = {0x83, 0x81, 0x02, 0xec, 0x80,
                                   0xb0, 0x82, 0x01, 0x00};
    static const struct {
        const char *bytes;
        size_t len;
    } bad[] = {
        {"\x83\x82\x01", 3}, /* reaches past the parent */
        {"\x83\xff\x01", 3}, /* has no size */
        {"\x83", 1},
        {"\x83\x01\xff\xff\xff\xff\xff\xff\xfe", 9},
    };
    const uint8_t *at = data, *end = data + sizeof data;
    struct rtc_ebml e;

    ok(rtc_ebml_next(&at, end, &e) == 1 && e.id == 0x83 &&
           rtc_ebml_uint(&e) == 2,
       "the first child");
    ok(rtc_ebml_next(&at, end, &e) == 1 && e.id == 0xec && e.len == 0 &&
           rtc_ebml_uint(&e) == 0,
       "an empty one is 0");
    ok(rtc_ebml_next(&at, end, &e) == 1 && rtc_ebml_uint(&e) == 256,
       "the last one");
    is_int(rtc_ebml_next(&at, end, &e), 0, "the end");
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        at = (const uint8_t *)bad[i].bytes;
        is_int(rtc_ebml_next(&at, at + bad[i].len, &e), RTC_ERR_FORMAT,
               "a child that does not fit");
    }
}

static void test_values(void)
{
    struct rtc_ebml e = {0, (const uint8_t *)"\x46\xfa\0\0", 4};

    is_int(rtc_ebml_float(&e), 32000, "a float of 4 bytes");
    e = (struct rtc_ebml){0, (const uint8_t *)"\x40\xe7\x70\0\0\0\0\0", 8};
    is_int(rtc_ebml_float(&e), 48000, "and of 8");
    e.len = 5;
    is_int(rtc_ebml_float(&e), 0, "there are no others");
    e = (struct rtc_ebml){0, (const uint8_t *)"123456789", 9};
    is_int(rtc_ebml_uint(&e), 0, "a number of 9 bytes is none");
    e = (struct rtc_ebml){0, (const uint8_t *)"webm\0\0", 6};
    ok(rtc_ebml_is_text(&e, "webm"), "a text with zeros behind it");
    ok(!rtc_ebml_is_text(&e, "web") && !rtc_ebml_is_text(&e, "webmx"),
       "is no other");
}

static void test_write(void)
{
    static const uint8_t want[] = {
        0x1a, 0x45, 0xdf, 0xa3, 0x10, 0,    0,    0x13, 0x42, 0x86, 0x81, 1,
        0x42, 0x82, 0x84, 'w',  'e',  'b',  'm',  0x83, 0x82, 1,    0,    0xec,
        0x82, 7,    7,    0xe0, 0x01, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff};
    static const uint64_t sizes[] = {
        0,      126,      127,      16382,   16383,
        0xffff, 0x1ffffe, 0x1fffff, 1 << 28, UINT64_C(0xfffffffffffffe)};
    uint8_t buf[64];
    struct rtc_ebml_header h;
    struct rtc_writer w;
    bool same = true;
    size_t parent;

    rtc_writer_init(&w, buf, sizeof buf);
    parent = rtc_ebml_open(&w, 0x1a45dfa3);
    rtc_ebml_write_uint(&w, 0x4286, 1);
    rtc_ebml_write_text(&w, 0x4282, "webm");
    rtc_ebml_write_uint(&w, 0x83, 256);
    rtc_ebml_write_bytes(&w, 0xec, "\7\7", 2);
    rtc_ebml_close(&w, parent);
    rtc_ebml_write_unknown(&w, 0xe0);
    is_int(w.len, sizeof want, "written");
    is_mem(buf, want, sizeof want, "as it must be");
    for (size_t i = 0; i < sizeof sizes / sizeof *sizes; i++) {
        rtc_writer_init(&w, buf, sizeof buf);
        rtc_ebml_write_header(&w, 0xa3, sizes[i]);
        same = same && rtc_ebml_header_parse(buf, w.len, &h) == 1 &&
               h.len == sizes[i] && !h.unknown && h.header_len == w.len;
    }
    ok(same, "sizes are read as they were written");
    rtc_writer_init(&w, buf, 6);
    parent = rtc_ebml_open(&w, 0x1a45dfa3);
    rtc_ebml_close(&w, parent);
    ok(w.failed, "no room");
}

int main(void)
{
    test_numbers();
    test_headers();
    test_children();
    test_values();
    test_write();
    return tap_done();
}
