/* SPDX-License-Identifier: MIT
 * Checks and their answers as messages; RFC 5769's sample request is one. */
#include "ice/check.h"

#include "stun/auth.h"
#include "stun/vectors.h"
#include "tap.h"

#include <string.h>

static const uint8_t id[RTC_STUN_ID_LEN] = "identifier12";

static void test_vector(void)
{
    struct rtc_ice_credentials local = {"evtj", VECTOR_PASSWORD};
    struct rtc_stun m;

    rtc_stun_parse(&m, vector_request, sizeof vector_request);
    ok(rtc_ice_check_is_for(&m, &local), "RFC 5769 2.1 is for evtj");
    strcpy(local.ufrag, "evt");
    ok(!rtc_ice_check_is_for(&m, &local), "a beginning is not enough");
    strcpy(local.ufrag, "evtj:h6vY");
    ok(!rtc_ice_check_is_for(&m, &local), "nor is all of it");
    rtc_stun_parse(&m, vector_response4, sizeof vector_response4);
    ok(rtc_ice_answer_is_from(&m, &local), "RFC 5769 2.2 is its answer");
}

static void test_longest(void)
{
    static struct rtc_ice_credentials a, b;
    struct rtc_ice_check check = {.id = id,
                                  .local = &a,
                                  .remote = &b,
                                  .use_candidate = true,
                                  .controlling = true,
                                  .tie_breaker = 5,
                                  .priority = 6};
    uint8_t buf[800];
    struct rtc_writer w;
    struct rtc_stun m;

    memset(a.ufrag, 'a', RTC_UFRAG_MAX);
    memset(b.ufrag, 'b', RTC_UFRAG_MAX);
    memset(b.pwd, 'c', RTC_PWD_MAX);
    ok(rtc_ice_credentials_are_right(b.ufrag, b.pwd), "the longest there are");
    rtc_writer_init(&w, buf, sizeof buf);
    rtc_ice_check_write(&w, &check);
    ok(!w.failed, "fit a message");
    is_int(rtc_stun_parse(&m, buf, w.len), 0, "that parses");
    ok(rtc_ice_check_is_for(&m, &b), "is for the remote");
    ok(m.use_candidate && m.has_controlling && m.tie_breaker == 5 &&
           m.priority == 6,
       "and says everything");
    rtc_writer_init(&w, buf, 40);
    rtc_ice_check_write(&w, &check);
    ok(w.failed, "no room is noticed");
}

static void test_answer(void)
{
    static const struct rtc_ice_credentials local = {"abcd", "password"};
    struct rtc_ice_answer answer = {
        .error = 420, .unknown_count = 2, .unknown = {1, 2}};
    uint8_t buf[800];
    struct rtc_writer w;
    struct rtc_stun m;

    memcpy(answer.id, id, sizeof id);
    rtc_writer_init(&w, buf, sizeof buf);
    rtc_ice_answer_write(&w, &answer, &local);
    ok(!w.failed && rtc_stun_parse(&m, buf, w.len) == 0, "a 420");
    is_int(m.error_code, 420, "by its code");
    is_int(m.class, RTC_STUN_ERROR, "an error");
    ok(rtc_ice_answer_is_from(&m, &local), "signed");
    is_mem(m.id, id, sizeof id, "to that request");
}

static void test_credentials(void)
{
    static const char pwd[] = "0123456789012345678901";
    char longest[RTC_UFRAG_MAX + 2] = {0};

    memset(longest, 'x', RTC_UFRAG_MAX + 1);
    ok(rtc_ice_credentials_are_right("a+/9", pwd), "the shortest");
    ok(!rtc_ice_credentials_are_right("abc", pwd), "a short ufrag");
    ok(!rtc_ice_credentials_are_right("abcd", pwd + 1), "a short password");
    ok(!rtc_ice_credentials_are_right("ab:d", pwd), "a colon");
    ok(!rtc_ice_credentials_are_right("ab d", pwd), "a blank");
    ok(!rtc_ice_credentials_are_right("ab\r\nd", pwd), "a line end");
    ok(!rtc_ice_credentials_are_right(longest, pwd), "a long ufrag");
    ok(!rtc_ice_credentials_are_right("abcd", longest), "a long password");
}

int main(void)
{
    test_vector();
    test_longest();
    test_answer();
    test_credentials();
    return tap_done();
}
