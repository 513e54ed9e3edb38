/* SPDX-License-Identifier: MIT
 * Slices, numbers, hex; base64 with the vectors of RFC 4648 10. */
#include "base/text.h"

#include "rtc.h"
#include "tap.h"

static void test_slices(void)
{
    struct rtc_text t = rtc_text_of("one\r\ntwo\n\nlast"), line, word;
    char buf[5];

    ok(rtc_text_line(&t, &line) && rtc_text_is(line, "one"), "CRLF line");
    ok(rtc_text_line(&t, &line) && rtc_text_is(line, "two"), "LF line");
    ok(rtc_text_line(&t, &line) && line.len == 0, "empty line");
    ok(rtc_text_line(&t, &line) && rtc_text_is(line, "last"), "no line end");
    ok(!rtc_text_line(&t, &line), "the end");

    t = rtc_text_of("  a  bc ");
    ok(rtc_text_word(&t, &word) && rtc_text_is(word, "a"), "word");
    ok(rtc_text_word(&t, &word) && rtc_text_is(word, "bc"), "second");
    ok(!rtc_text_word(&t, &word), "only blanks left");
    ok(rtc_text_is(rtc_text_trim(rtc_text_of(" \tx y\r\n")), "x y"), "trim");
    ok(rtc_text_is_nocase(rtc_text_of("OPUS"), "opus"), "case");
    ok(!rtc_text_copy(rtc_text_of("12345"), buf, 5), "copy too long");
    ok(rtc_text_copy(rtc_text_of("1234"), buf, 5) && !strcmp(buf, "1234"),
       "copy that fits");
}

static void test_numbers(void)
{
    uint64_t v = 7;
    uint32_t u;

    ok(rtc_text_u64(rtc_text_of("18446744073709551615"), UINT64_MAX, &v) &&
           v == UINT64_MAX,
       "the largest");
    ok(!rtc_text_u64(rtc_text_of("18446744073709551616"), UINT64_MAX, &v),
       "one more wraps: refused");
    ok(!rtc_text_u32(rtc_text_of("-1"), 9, &u), "sign");
    ok(!rtc_text_u32(rtc_text_of(""), 9, &u), "empty");
    ok(!rtc_text_u32(rtc_text_of("1x"), 9, &u), "rest");
    ok(!rtc_text_u32(rtc_text_of("10"), 9, &u), "over the limit");
    ok(rtc_text_hex(rtc_text_of("42E01f"), &v) && v == 0x42e01f, "hex");
    ok(!rtc_text_hex(rtc_text_of("0x1"), &v), "no prefix in hex");
    ok(!rtc_text_hex(rtc_text_of("11112222333344445"), &v), "hex too long");
}

static const struct {
    const char *plain, *coded;
} base64_rows[] = {{"", ""},
                   {"f", "Zg=="},
                   {"fo", "Zm8="},
                   {"foo", "Zm9v"},
                   {"foob", "Zm9vYg=="},
                   {"fooba", "Zm9vYmE="},
                   {"foobar", "Zm9vYmFy"}};

static void test_base64(void)
{
    static const char *bad[] = {
        "Z", "Zg=a", "Zg==Zg==", "Z*==", "Zg===", "Zg="};
    uint8_t out[16];
    char text[16];

    for (size_t i = 0; i < sizeof base64_rows / sizeof base64_rows[0]; i++) {
        const char *plain = base64_rows[i].plain, *coded = base64_rows[i].coded;
        size_t len = strlen(plain);
        is_int(rtc_base64_write(plain, len, text, sizeof text),
               (int)strlen(coded), "base64 length");
        is_str(text, coded, "base64 text");
        is_int(rtc_base64_read(rtc_text_of(coded), out, sizeof out), (int)len,
               "read again");
        is_mem(out, plain, len, "the same bytes");
    }
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++)
        is_int(rtc_base64_read(rtc_text_of(bad[i]), out, sizeof out),
               RTC_ERR_FORMAT, bad[i]);
    is_int(rtc_base64_read(rtc_text_of("Zm9v\r\n YmFy\n"), out, sizeof out), 6,
           "white space is skipped");
    is_int(rtc_base64_read(rtc_text_of("Zm9vYg"), out, sizeof out), 4,
           "padding may be missing");
    is_int(rtc_base64_read(rtc_text_of("Zm9v"), out, 2), RTC_ERR_NOBUF, "cap");
    is_int(rtc_base64_write("foo", 3, text, 4), RTC_ERR_NOBUF, "cap, writing");
    rtc_hex_write("\x00\xaf\x10", 3, text);
    is_str(text, "00af10", "hex out");
}

int main(void)
{
    test_slices();
    test_numbers();
    test_base64();
    return tap_done();
}
