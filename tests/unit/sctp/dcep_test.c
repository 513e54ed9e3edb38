/* SPDX-License-Identifier: MIT
 * DCEP messages (RFC 8832 5): bytes laid out by hand, writing and parsing,
 * truncation at every length. */
#include "sctp/dcep.h"

#include "rtc.h"
#include "tap.h"

static const struct {
    const char *name;
    struct rtc_dcep dcep;
    const char *bytes;
    size_t len;
} rows[] = {
    {"reliable",
     {RTC_DCEP_OPEN, false, -1, -1, 256, "chat", "", 4, 0},
     "\x03\x00\x01\x00\x00\x00\x00\x00\x00\x04\x00\x00"
     "chat",
     16},
    {"reliable, any order",
     {RTC_DCEP_OPEN, true, -1, -1, 0, "", "p", 0, 1},
     "\x03\x80\x00\x00\x00\x00\x00\x00\x00\x00\x00\x01p",
     13},
    {"no resends",
     {RTC_DCEP_OPEN, false, 0, -1, 0, "", "", 0, 0},
     "\x03\x01\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00",
     12},
    {"five resends, any order",
     {RTC_DCEP_OPEN, true, 5, -1, 0, "a", "b", 1, 1},
     "\x03\x81\x00\x00\x00\x00\x00\x05\x00\x01\x00\x01"
     "ab",
     14},
    {"half a second",
     {RTC_DCEP_OPEN, false, -1, 500, 0, "", "", 0, 0},
     "\x03\x02\x00\x00\x00\x00\x01\xf4\x00\x00\x00\x00",
     12},
    {"half a second, any order",
     {RTC_DCEP_OPEN, true, -1, 500, 0, "", "", 0, 0},
     "\x03\x82\x00\x00\x00\x00\x01\xf4\x00\x00\x00\x00",
     12},
};

static void test_row(size_t i)
{
    const struct rtc_dcep *want = &rows[i].dcep;
    const uint8_t *bytes = (const uint8_t *)rows[i].bytes;
    struct rtc_dcep got;
    uint8_t buf[64];

    is_int(rtc_dcep_write(want, buf, sizeof buf), (int)rows[i].len,
           rows[i].name);
    is_mem(buf, bytes, rows[i].len, "its bytes");
    is_int(rtc_dcep_write(want, buf, rows[i].len - 1), RTC_ERR_NOBUF,
           "no room");
    is_int(rtc_dcep_parse(bytes, rows[i].len, &got), 0, "and back");
    ok(got.type == want->type && got.unordered == want->unordered &&
           got.max_retransmits == want->max_retransmits &&
           got.max_lifetime_ms == want->max_lifetime_ms &&
           got.priority == want->priority && got.label_len == want->label_len &&
           got.protocol_len == want->protocol_len,
       "the same");
    is_mem(got.label, want->label, got.label_len, "label");
    is_mem(got.protocol, want->protocol, got.protocol_len, "protocol");
    for (size_t len = 0; len < rows[i].len; len++)
        if (rtc_dcep_parse(bytes, len, &got) != RTC_ERR_FORMAT)
            ok(false, "cut short");
}

static void test_others(void)
{
    uint8_t open[12 + 256] = {3, 0, 0, 0, 0, 0, 0, 0, 1, 0, 0, 0};
    const uint8_t ack[] = {2}, other[] = {1};
    const uint8_t kind[] = {3, 3, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0};
    const uint8_t huge[] = {3, 1, 0, 0, 255, 255, 255, 255, 0, 0, 0, 0};
    struct rtc_dcep dcep = {.type = RTC_DCEP_ACK};
    uint8_t buf[8];

    is_int(rtc_dcep_write(&dcep, buf, sizeof buf), 1, "an ACK is one byte");
    is_int(buf[0], 2, "of that value");
    is_int(rtc_dcep_parse(ack, 1, &dcep), 0, "and back");
    is_int(dcep.type, RTC_DCEP_ACK, "an ACK");
    is_int(rtc_dcep_parse(other, 1, &dcep), RTC_ERR_UNSUPPORTED, "other type");
    is_int(rtc_dcep_parse(kind, 12, &dcep), RTC_ERR_UNSUPPORTED, "other kind");
    is_int(rtc_dcep_parse(open, sizeof open, &dcep), RTC_ERR_UNSUPPORTED,
           "a label too long");
    is_int(rtc_dcep_parse(huge, 12, &dcep), 0, "a limit beyond an int");
    is_int(dcep.max_retransmits, INT32_MAX, "is the largest one");
}

int main(void)
{
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++)
        test_row(i);
    test_others();
    return tap_done();
}
