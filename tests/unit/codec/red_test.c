/* SPDX-License-Identifier: MIT
 * RED payloads: the layout of RFC 2198 3, written and read, at every limit and
 * cut everywhere. */
#include "codec/red.h"

#include <stdlib.h>
#include <string.h>

#include "rtc.h"
#include "tap.h"

/* Payload type 111, 960 ticks ago, 3 bytes; then 111 itself. */
static const uint8_t sample[] = {0xef, 0x0f, 0x00, 0x03, 0x6f, 'o',
                                 'l',  'd',  'n',  'e',  'w',  '!'};

static void test_write(void)
{
    struct rtc_red_block copy = {.payload_type = 111,
                                 .age = 960,
                                 .data = (const uint8_t *)"old",
                                 .len = 3};
    uint8_t buf[16] = {0};

    is_int(rtc_red_write(&copy, 111, buf), 8, "headers and a copy");
    ok(memcmp(buf, sample, 8) == 0, "as RFC 2198 has them");
    is_int(rtc_red_write(NULL, 111, buf), 1, "without a copy: a byte");
    is_int(buf[0], 111, "the payload type");
}

static void test_parse(void)
{
    struct rtc_red red;

    is_int(rtc_red_parse(sample, sizeof sample, &red), 0, "a payload");
    is_int(red.copy_count, 1, "one copy");
    is_int(red.copies[0].payload_type, 111, "its payload type");
    is_int(red.copies[0].age, 960, "its age");
    ok(red.copies[0].len == 3 && red.copies[0].data == sample + 5, "its data");
    is_int(red.primary.payload_type, 111, "the frame's payload type");
    is_int(red.primary.age, 0, "of now");
    ok(red.primary.len == 4 && red.primary.data == sample + 8, "the frame");
}

static void test_truncation(void)
{
    bool pass = true;

    for (size_t len = 0; len < sizeof sample; len++) {
        uint8_t *exact = malloc(len ? len : 1);
        struct rtc_red red = {.copy_count = 77};
        int error;

        memcpy(exact, sample, len);
        error = rtc_red_parse(exact, len, &red);
        /* From byte 8 on only the primary frame is shorter. */
        if (len < 8 ? error != RTC_ERR_FORMAT || red.copy_count != 77
                    : error || red.primary.len != len - 8)
            pass = false;
        free(exact);
    }
    ok(pass, "cut anywhere");
}

static void test_fits(void)
{
    static const uint8_t data[1024];
    static const struct {
        uint16_t age;
        size_t len, primary_len, max;
        bool want;
        const char *name;
    } rows[] = {
        {960, 100, 95, 200, true, "just fits"},
        {960, 100, 96, 200, false, "a byte too many"},
        {960, 100, 300, 200, false, "the frame alone is too long"},
        {0, 100, 90, 200, false, "no age"},
        {16383, 100, 90, 200, true, "the greatest age"},
        {16384, 100, 90, 200, false, "over 14 bits"},
        {960, 1023, 90, 2000, true, "the longest copy"},
        {960, 1024, 90, 2000, false, "over 10 bits"},
        {960, 0, 90, 2000, false, "an empty copy"},
    };

    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct rtc_red_block copy = {127, rows[i].age, data, rows[i].len};
        uint8_t buf[2000];
        struct rtc_red red;
        bool fits = rtc_red_fits(&copy, rows[i].primary_len, rows[i].max);
        size_t len = fits ? rtc_red_write(&copy, 1, buf) : 0;

        is_int(fits, rows[i].want, rows[i].name);
        if (!fits)
            continue;
        memset(buf + len, 7, rows[i].primary_len);
        len += rows[i].primary_len;
        ok(len <= rows[i].max && rtc_red_parse(buf, len, &red) == 0 &&
               red.copy_count == 1 && red.copies[0].age == rows[i].age &&
               red.copies[0].len == rows[i].len &&
               red.copies[0].payload_type == 127 &&
               red.primary.payload_type == 1 &&
               red.primary.len == rows[i].primary_len,
           "and comes back");
    }
}

static void test_most(void)
{
    uint8_t buf[4 * 9 + 1] = {0};
    struct rtc_red red;

    for (unsigned i = 0; i < 9; i++)
        buf[4 * i] = 0x80 | 100;
    is_int(rtc_red_parse(buf + 4, sizeof buf - 4, &red), 0, "eight copies");
    is_int(red.copy_count, RTC_RED_COPY_MOST, "all there");
    is_int(rtc_red_parse(buf, sizeof buf, &red), RTC_ERR_FORMAT, "not nine");
}

int main(void)
{
    test_write();
    test_parse();
    test_truncation();
    test_fits();
    test_most();
    return tap_done();
}
