/* SPDX-License-Identifier: MIT
 * Integrity and fingerprint: RFC 5769's messages check, are written the same
 * way, and no single bit of them can change. */
#include "stun/auth.h"

#include "stun/vectors.h"
#include "tap.h"

#include <string.h>

static bool is_right(const uint8_t *data, size_t len, const void *key,
                     size_t key_len)
{
    struct rtc_stun m;

    return rtc_stun_parse(&m, data, len) == 0 &&
           rtc_stun_check_integrity(&m, key, key_len) &&
           rtc_stun_check_fingerprint(&m);
}

static bool is_right_short(const uint8_t *data, size_t len)
{
    return is_right(data, len, VECTOR_PASSWORD, strlen(VECTOR_PASSWORD));
}

static void test_vectors(void)
{
    static const struct rtc_stun_login login = {
        VECTOR_LONG_USERNAME, "example.org", VECTOR_LONG_PASSWORD};
    uint8_t key[RTC_MD5_LEN];

    ok(is_right_short(vector_request, sizeof vector_request),
       "acceptance 19: RFC 5769 2.1");
    ok(is_right_short(vector_response4, sizeof vector_response4),
       "acceptance 19: RFC 5769 2.2");
    ok(is_right_short(vector_response6, sizeof vector_response6),
       "acceptance 19: RFC 5769 2.3");
    is_int(rtc_stun_long_term_key(&login, key), 0, "a long-term key");
    ok(is_right(vector_long_term, sizeof vector_long_term, key, sizeof key),
       "acceptance 19: RFC 5769 2.4");
    ok(!is_right(vector_request, sizeof vector_request, "wrong", 5),
       "another password does not fit");
}

static void test_bit_flips(void)
{
    uint8_t copy[sizeof vector_request];
    unsigned passed = 0;

    memcpy(copy, vector_request, sizeof copy);
    for (size_t bit = 0; bit < 8 * sizeof copy; bit++) {
        if (bit / 8 == 100 || bit / 8 == 101)
            continue; /* another type: then there is no fingerprint */
        copy[bit / 8] ^= (uint8_t)(1u << bit % 8);
        passed += is_right_short(copy, sizeof copy);
        copy[bit / 8] ^= (uint8_t)(1u << bit % 8);
    }
    is_int(passed, 0, "no flipped bit passes");
    ok(is_right_short(copy, sizeof copy), "the untouched message does");
}

/* RFC 5769 2.2 again; its text is padded by a space, which the HMAC covers, so
 * the attribute is written as twelve bytes and then shortened. */
static void test_written_like_vector(void)
{
    uint8_t buf[128];
    struct rtc_addr addr;
    struct rtc_writer w;

    rtc_addr_parse("192.0.2.1:32853", &addr);
    rtc_writer_init(&w, buf, sizeof buf);
    rtc_stun_write_begin(&w, RTC_STUN_SUCCESS, RTC_STUN_BINDING,
                         vector_response4 + 8);
    rtc_stun_write_text(&w, RTC_STUN_SOFTWARE, "test vector ");
    rtc_patch_u16(&w, RTC_STUN_HEADER_LEN + 2, 11);
    rtc_stun_write_xor_addr(&w, RTC_STUN_XOR_MAPPED_ADDRESS, &addr);
    rtc_stun_write_integrity(&w, VECTOR_PASSWORD, strlen(VECTOR_PASSWORD));
    rtc_stun_write_fingerprint(&w);
    ok(!w.failed, "written");
    is_int(w.len, sizeof vector_response4, "as long as the vector");
    is_mem(buf, vector_response4, sizeof vector_response4, "and equal to it");
}

static void test_absence(void)
{
    uint8_t buf[64];
    struct rtc_writer w;
    struct rtc_stun m;

    rtc_writer_init(&w, buf, sizeof buf);
    rtc_stun_write_begin(&w, RTC_STUN_REQUEST, RTC_STUN_BINDING,
                         vector_request + 8);
    rtc_stun_parse(&m, buf, w.len);
    ok(!rtc_stun_check_integrity(&m, "", 0), "absent integrity is not right");
    ok(rtc_stun_check_fingerprint(&m), "an absent fingerprint is not wrong");
    rtc_writer_init(&w, buf, 22);
    rtc_stun_write_begin(&w, RTC_STUN_REQUEST, RTC_STUN_BINDING,
                         vector_request + 8);
    rtc_stun_write_fingerprint(&w);
    ok(w.failed, "no room for a fingerprint");
    rtc_stun_write_integrity(&w, "", 0);
    ok(w.failed, "a failure stays");
}

static void test_limits(void)
{
    static char text[1100];
    struct rtc_stun_login login = {text, "realm", "password"};
    uint8_t key[RTC_MD5_LEN];
    static uint8_t buf[4096];
    static const uint8_t value[2500];
    struct rtc_writer w;
    struct rtc_stun m;

    memset(text, 'x', sizeof text - 1);
    is_int(rtc_stun_long_term_key(&login, key), RTC_ERR_NOBUF,
           "a login of any length is not taken");
    rtc_writer_init(&w, buf, sizeof buf);
    rtc_stun_write_begin(&w, RTC_STUN_REQUEST, RTC_STUN_BINDING,
                         vector_request + 8);
    rtc_stun_write(&w, RTC_STUN_DATA_VALUE, value, sizeof value);
    rtc_stun_write(&w, RTC_STUN_MESSAGE_INTEGRITY, value, 20);
    is_int(rtc_stun_parse(&m, buf, w.len), 0, "a long message parses");
    ok(!rtc_stun_check_integrity(&m, "", 0), "but is not checked");
}

int main(void)
{
    test_vectors();
    test_bit_flips();
    test_written_like_vector();
    test_absence();
    test_limits();
    return tap_done();
}
