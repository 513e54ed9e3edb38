/* SPDX-License-Identifier: MIT
 * Unwrapping of 16- and 32-bit numbers. */
#include "rtp/sequence.h"

#include "tap.h"

static void test_16(void)
{
    /* Number received, and where it lies counted from the first one. */
    static const struct {
        uint16_t value;
        int64_t want;
    } rows[] = {
        {65534, 0},     {65535, 1},     {0, 2},         {65535, 1}, {1, 3},
        {1, 3},         {65000, -534},  {32768, 32770}, /* 32767 ahead of 1: the
                                                           farthest that is
                                                           ahead */
        {0, 2}, /* exactly half a range behind */
        {32767, 32769}, {65535, 65537}, {1, 65539},
    };
    struct rtc_sequence s = {0};

    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        char name[40];

        snprintf(name, sizeof name, "row %zu: 16-bit %u", i, rows[i].value);
        is_int((int64_t)(rtc_sequence_unwrap16(&s, rows[i].value) -
                         RTC_SEQUENCE_ORIGIN - 65534),
               rows[i].want, name);
    }
}

static void test_32(void)
{
    struct rtc_sequence s = {0};
    uint64_t first = rtc_sequence_unwrap32(&s, 0xfffffff0);

    is_int(rtc_sequence_unwrap32(&s, 0x10) - first, 0x20, "32-bit wrap");
    is_int((int64_t)(rtc_sequence_unwrap32(&s, 0xffffff00) - first), -0xf0,
           "32-bit, back across the wrap");
    is_int(rtc_sequence_unwrap32(&s, 0x8000000f) - first, 0x8000001f,
           "32-bit, the farthest that is ahead");
}

static void test_lowest(void)
{
    struct rtc_sequence s = {0};
    uint64_t first = rtc_sequence_unwrap32(&s, 0);
    uint64_t lowest = first;

    for (uint32_t i = 1; i < 1000; i++) {
        uint64_t wide = rtc_sequence_unwrap32(&s, i * UINT32_C(0x80000000));

        if (wide < lowest)
            lowest = wide;
    }
    is_int(first - lowest, 0x80000000, "never lower than half a range below");
    is_int(s.highest, first, "half a range is behind");
}

static void test_long_run(void)
{
    struct rtc_sequence s = {0};
    uint64_t first = rtc_sequence_unwrap16(&s, 100);
    bool plain = true;

    for (uint64_t i = 1; i < 300000; i++)
        plain &= rtc_sequence_unwrap16(&s, (uint16_t)(100 + i)) == first + i;
    ok(plain, "300000 numbers in order stay consecutive");
}

int main(void)
{
    test_16();
    test_32();
    test_lowest();
    test_long_run();
    return tap_done();
}
