/* SPDX-License-Identifier: MIT
 * Cursors: values, bounds, the sticky overrun. */
#include "base/bytes.h"

#include "tap.h"

static void test_identity(void)
{
    uint8_t buf[64];
    struct rtc_writer w;
    struct rtc_reader r;

    rtc_writer_init(&w, buf, sizeof buf);
    rtc_write_u8(&w, 0x12);
    rtc_write_u16(&w, 0x3456);
    rtc_write_u24(&w, 0x789abc);
    rtc_write_u32(&w, 0xdef01234);
    rtc_write_u64(&w, UINT64_C(0x0123456789abcdef));
    rtc_write_bytes(&w, "xyz", 3);
    rtc_write_zeros(&w, 2);
    rtc_patch_u16(&w, 1, 0x6543);
    is_int(w.len, 23, "written length");
    rtc_reader_init(&r, buf, w.len);
    is_int(rtc_read_u8(&r), 0x12, "u8");
    is_int(rtc_read_u16(&r), 0x6543, "u16, patched");
    is_int(rtc_read_u24(&r), 0x789abc, "u24");
    is_int(rtc_read_u32(&r), 0xdef01234, "u32");
    is_int(rtc_read_u64(&r), 0x0123456789abcdef, "u64");
    is_mem(rtc_read_bytes(&r, 3), "xyz", 3, "bytes");
    is_int(rtc_reader_left(&r), 2, "left");
    ok(!r.failed && !w.failed, "nothing failed");
}

static void test_overrun(void)
{
    uint8_t buf[5] = {1, 2, 3, 4, 5};
    struct rtc_reader r;
    struct rtc_writer w;

    rtc_reader_init(&r, buf, 5);
    rtc_read_u32(&r);
    is_int(rtc_read_u16(&r), 0, "a read past the end gives 0");
    ok(r.failed, "and is remembered");
    is_int(rtc_read_u8(&r), 0, "also when a smaller one would fit");
    rtc_reader_init(&r, NULL, 0);
    is_int(rtc_reader_left(&r), 0, "an empty range");
    ok(rtc_read_bytes(&r, 1) == NULL && r.failed, "has no byte");
    rtc_reader_init(&r, buf, 5);
    ok(rtc_read_bytes(&r, SIZE_MAX) == NULL, "no wrap in the length");

    rtc_writer_init(&w, buf, 4);
    rtc_write_u24(&w, 0xffffff);
    rtc_write_u16(&w, 0xffff);
    ok(w.failed && w.len == 3 && buf[3] == 4, "a write past the end");
    rtc_write_u8(&w, 9);
    ok(w.len == 3 && buf[3] == 4, "nothing is written after it");
}

static void test_text(void)
{
    char buf[8];
    struct rtc_writer w;

    rtc_writer_init(&w, buf, sizeof buf);
    rtc_write_text(&w, "%d", 1234567);
    ok(!w.failed && w.len == 7, "text that just fits");
    rtc_write_text(&w, "x");
    ok(w.failed && w.len == 7, "text that does not");
    ok(rtc_bytes_equal_secret("abc", "abc", 3), "equal");
    ok(!rtc_bytes_equal_secret("abc", "abd", 3), "not equal");
}

int main(void)
{
    test_identity();
    test_overrun();
    test_text();
    return tap_done();
}
