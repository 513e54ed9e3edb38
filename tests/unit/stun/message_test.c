/* SPDX-License-Identifier: MIT
 * STUN messages: RFC 5769's are read right; what is written is read back;
 * truncated and damaged ones are refused. */
#include "stun/message.h"

#include "stun/vectors.h"
#include "tap.h"

#include <string.h>

static const uint8_t id[RTC_STUN_ID_LEN] = "identifier12";

static struct rtc_addr addr_of(const char *text)
{
    struct rtc_addr addr = {0};

    if (rtc_addr_parse(text, &addr) < 0)
        abort();
    return addr;
}

static void is_addr(const struct rtc_addr *got, const char *want,
                    const char *name)
{
    char text[RTC_ADDR_TEXT];

    is_str(got->family ? rtc_addr_write(got, text) : "none", want, name);
}

static void is_text(struct rtc_text got, const char *want, const char *name)
{
    is_int(got.len, strlen(want), name);
    is_mem(got.at, want, strlen(want), name);
}

static void test_vectors(void)
{
    struct rtc_stun m;

    is_int(rtc_stun_parse(&m, vector_request, sizeof vector_request), 0,
           "RFC 5769 2.1 parses");
    is_int(m.class, RTC_STUN_REQUEST, "request");
    is_int(m.method, RTC_STUN_BINDING, "binding");
    is_mem(m.id, vector_request + 8, 12, "id");
    is_text(m.software, "STUN test client", "software");
    is_text(m.username, "evtj:h6vY", "username");
    ok(m.has_priority && m.priority == 0x6e0001ff, "priority");
    ok(m.has_controlled && !m.has_controlling, "role");
    ok(m.tie_breaker == 0x932ff9b151263b36u, "tie breaker");
    is_int(m.integrity_at, 76, "where the integrity is");
    is_int(m.fingerprint_at, 100, "where the fingerprint is");
    is_int(m.unknown_count, 0, "all is known");

    is_int(rtc_stun_parse(&m, vector_response4, sizeof vector_response4), 0,
           "RFC 5769 2.2 parses");
    is_int(m.class, RTC_STUN_SUCCESS, "success");
    is_addr(&m.mapped, "192.0.2.1:32853", "mapped IPv4");

    is_int(rtc_stun_parse(&m, vector_response6, sizeof vector_response6), 0,
           "RFC 5769 2.3 parses");
    is_addr(&m.mapped, "[2001:db8:1234:5678:11:2233:4455:6677]:32853",
            "mapped IPv6");

    is_int(rtc_stun_parse(&m, vector_long_term, sizeof vector_long_term), 0,
           "RFC 5769 2.4 parses");
    is_text(m.username, VECTOR_LONG_USERNAME, "username in UTF-8");
    is_text(m.nonce, "f//499k954d6OL34oL9FSTvy64sA", "nonce");
    is_text(m.realm, "example.org", "realm");
    is_int(m.fingerprint_at, 0, "no fingerprint");
}

static size_t write_all(uint8_t *buf, size_t cap)
{
    static const uint16_t unknown[] = {0x7000, 0x7001, 0x7002};
    struct rtc_addr v4 = addr_of("203.0.113.9:1"),
                    v6 = addr_of("[2001:db8::7]:65535");
    struct rtc_writer w;

    rtc_writer_init(&w, buf, cap);
    rtc_stun_write_begin(&w, RTC_STUN_ERROR, RTC_STUN_ALLOCATE, id);
    rtc_stun_write_xor_addr(&w, RTC_STUN_XOR_MAPPED_ADDRESS, &v6);
    rtc_stun_write_addr(&w, RTC_STUN_MAPPED_ADDRESS, &v4);
    rtc_stun_write_xor_addr(&w, RTC_STUN_XOR_RELAYED_ADDRESS, &v4);
    rtc_stun_write_xor_addr(&w, RTC_STUN_XOR_PEER_ADDRESS, &v6);
    rtc_stun_write_addr(&w, RTC_STUN_ALTERNATE_SERVER, &v6);
    rtc_stun_write_addr(&w, RTC_STUN_RESPONSE_ORIGIN, &v4);
    rtc_stun_write_addr(&w, RTC_STUN_OTHER_ADDRESS, &v6);
    rtc_stun_write_text(&w, RTC_STUN_REALM, "r");
    rtc_stun_write_text(&w, RTC_STUN_NONCE, "");
    rtc_stun_write_u32(&w, RTC_STUN_LIFETIME, 600);
    rtc_stun_write(&w, RTC_STUN_DATA_VALUE, "\0\1\2\3\4", 5);
    rtc_stun_write(&w, RTC_STUN_USE_CANDIDATE, NULL, 0);
    rtc_stun_write_u64(&w, RTC_STUN_ICE_CONTROLLING, 0x0102030405060708u);
    rtc_stun_write_error(&w, 438, "Stale Nonce");
    rtc_stun_write_unknown(&w, unknown, 3);
    return w.failed ? 0 : w.len;
}

static void test_round_trip(void)
{
    uint8_t buf[512];
    size_t len = write_all(buf, sizeof buf);
    struct rtc_stun m;

    ok(len > 0 && len % 4 == 0, "written, and padded");
    is_int(rtc_stun_parse(&m, buf, len), 0, "read back");
    is_int(m.class, RTC_STUN_ERROR, "class");
    is_int(m.method, RTC_STUN_ALLOCATE, "method");
    is_mem(m.id, id, sizeof id, "id");
    is_addr(&m.mapped, "[2001:db8::7]:65535", "XOR-MAPPED-ADDRESS wins");
    is_addr(&m.relayed, "203.0.113.9:1", "relayed");
    is_addr(&m.peer, "[2001:db8::7]:65535", "peer");
    is_addr(&m.alternate, "[2001:db8::7]:65535", "alternate");
    is_addr(&m.origin, "203.0.113.9:1", "origin");
    is_addr(&m.other, "[2001:db8::7]:65535", "other");
    is_text(m.realm, "r", "realm");
    ok(m.nonce.at && m.nonce.len == 0, "an empty text is there");
    ok(!m.username.at, "an absent one is not");
    ok(m.has_lifetime && m.lifetime == 600, "lifetime");
    is_int(m.value.len, 5, "data length");
    is_mem(m.value.at, "\0\1\2\3\4", 5, "data");
    ok(m.use_candidate && m.has_controlling && !m.has_controlled, "flags");
    ok(m.tie_breaker == 0x0102030405060708u, "64 bits");
    is_int(m.error_code, 438, "error code");
    is_text(m.error_reason, "Stale Nonce", "error reason");
}

static void test_types(void)
{
    static const struct {
        enum rtc_stun_class class;
        enum rtc_stun_method method;
        uint16_t type;
    } rows[] = {
        {RTC_STUN_REQUEST, RTC_STUN_BINDING, 0x0001},
        {RTC_STUN_INDICATION, RTC_STUN_BINDING, 0x0011},
        {RTC_STUN_SUCCESS, RTC_STUN_BINDING, 0x0101},
        {RTC_STUN_ERROR, RTC_STUN_BINDING, 0x0111},
        {RTC_STUN_SUCCESS, RTC_STUN_ALLOCATE, 0x0103},
        {RTC_STUN_INDICATION, RTC_STUN_SEND, 0x0016},
        {RTC_STUN_INDICATION, RTC_STUN_DATA, 0x0017},
        {RTC_STUN_ERROR, RTC_STUN_CHANNEL_BIND, 0x0119},
        {RTC_STUN_SUCCESS, (enum rtc_stun_method)0xFFF, 0x3FEF},
    };

    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        uint8_t buf[RTC_STUN_HEADER_LEN];
        struct rtc_writer w;
        struct rtc_stun m;

        rtc_writer_init(&w, buf, sizeof buf);
        rtc_stun_write_begin(&w, rows[i].class, rows[i].method, id);
        is_int(rtc_get_u16(buf), rows[i].type, "message type");
        is_int(rtc_stun_parse(&m, buf, sizeof buf), 0, "parses");
        ok(m.class == rows[i].class && m.method == rows[i].method,
           "class and method come back");
    }
}

static void test_unknown(void)
{
    uint8_t buf[256];
    struct rtc_writer w;
    struct rtc_stun m;

    rtc_writer_init(&w, buf, sizeof buf);
    rtc_stun_write_begin(&w, RTC_STUN_REQUEST, RTC_STUN_BINDING, id);
    for (unsigned i = 0; i < RTC_STUN_UNKNOWN_MOST + 3; i++)
        rtc_stun_write_u32(&w, (enum rtc_stun_attribute)(0x7F00 + i), i);
    rtc_stun_write_u32(&w, (enum rtc_stun_attribute)0xC057, 1);
    rtc_stun_write_u32(&w, RTC_STUN_PRIORITY, 1);
    rtc_stun_write_u32(&w, RTC_STUN_PRIORITY, 2);
    is_int(rtc_stun_parse(&m, buf, w.len), 0, "unknown attributes parse");
    is_int(m.unknown_count, RTC_STUN_UNKNOWN_MOST + 3,
           "those below 0x8000 are counted");
    is_int(m.unknown[0], 0x7F00, "the first is listed");
    is_int(m.unknown[RTC_STUN_UNKNOWN_MOST - 1],
           0x7F00 + RTC_STUN_UNKNOWN_MOST - 1, "the list is bounded");
    is_int(m.priority, 1, "of two the first counts");
}

static void test_two_relayed(void)
{
    static const char *const texts[] = {"203.0.113.9:1", "[2001:db8::7]:2",
                                        "203.0.113.9:3"};
    uint8_t buf[256];
    struct rtc_writer w;
    struct rtc_stun m;

    rtc_writer_init(&w, buf, sizeof buf);
    rtc_stun_write_begin(&w, RTC_STUN_SUCCESS, RTC_STUN_ALLOCATE, id);
    for (unsigned i = 0; i < 3; i++) {
        struct rtc_addr addr = addr_of(texts[i]);

        rtc_stun_write_xor_addr(&w, RTC_STUN_XOR_RELAYED_ADDRESS, &addr);
    }
    is_int(rtc_stun_parse(&m, buf, w.len), 0, "three relayed addresses parse");
    is_addr(&m.relayed, texts[0], "the first");
    is_addr(&m.relayed_second, texts[1], "the second, and no more");
}

static void test_behind_integrity(void)
{
    uint8_t buf[256];
    struct rtc_writer w;
    struct rtc_stun m;

    rtc_writer_init(&w, buf, sizeof buf);
    rtc_stun_write_begin(&w, RTC_STUN_REQUEST, RTC_STUN_BINDING, id);
    rtc_stun_write(&w, RTC_STUN_MESSAGE_INTEGRITY, "01234567890123456789", 20);
    rtc_stun_write(&w, RTC_STUN_USE_CANDIDATE, NULL, 0);
    is_int(rtc_stun_parse(&m, buf, w.len), 0, "parses");
    ok(!m.use_candidate, "what is behind the integrity does not count");
}

static void test_damage(void)
{
    static const struct {
        const char *name;
        uint8_t attribute[12];
        size_t len;
    } rows[] = {
        {"address of family 3", {0, 1, 0, 8, 0, 3, 1, 1, 1, 2, 3, 4}, 12},
        {"short address", {0, 1, 0, 4, 0, 1, 1, 1}, 8},
        {"short IPv6 address", {0, 1, 0, 8, 0, 2, 1, 1, 1, 2, 3, 4}, 12},
        {"priority of 3 bytes", {0, 0x24, 0, 3, 1, 2, 3, 0}, 8},
        {"priority of 8 bytes", {0, 0x24, 0, 8, 1, 2, 3, 0, 0, 0, 0, 0}, 12},
        {"integrity of 4 bytes", {0, 8, 0, 4, 1, 2, 3, 0}, 8},
        {"fingerprint not last", {0x80, 0x28, 0, 4, 1, 2, 3, 0, 0, 0x25}, 12},
        {"error 200", {0, 9, 0, 4, 0, 0, 2, 0}, 8},
        {"error 3 and 100", {0, 9, 0, 4, 0, 0, 3, 100}, 8},
        {"longer than the message", {0, 6, 0, 5, 'a', 'b', 'c', 'd'}, 8},
        {"length 65535", {0, 6, 0xff, 0xff, 'a', 'b', 'c', 'd'}, 8},
    };

    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        uint8_t buf[64];
        struct rtc_writer w;
        struct rtc_stun m;

        rtc_writer_init(&w, buf, sizeof buf);
        rtc_stun_write_begin(&w, RTC_STUN_REQUEST, RTC_STUN_BINDING, id);
        rtc_write_bytes(&w, rows[i].attribute, rows[i].len);
        rtc_patch_u16(&w, 2, (uint16_t)rows[i].len);
        is_int(rtc_stun_parse(&m, buf, w.len), RTC_ERR_FORMAT, rows[i].name);
    }
}

/* A copy that ends where the allocation ends: an overrun is seen. */
static bool refused_at(const uint8_t *data, size_t len)
{
    uint8_t *copy = malloc(len ? len : 1);
    struct rtc_stun m;
    bool refused;

    memcpy(copy, data, len);
    refused = rtc_stun_parse(&m, copy, len) == RTC_ERR_FORMAT;
    /* With a header length that fits, the attributes are walked. */
    if (len >= RTC_STUN_HEADER_LEN) {
        rtc_put_u16(copy + 2, (uint16_t)(len - RTC_STUN_HEADER_LEN));
        (void)rtc_stun_parse(&m, copy, len);
    }
    free(copy);
    return refused;
}

static void test_truncation(void)
{
    uint8_t all[512];
    size_t len = write_all(all, sizeof all);
    unsigned refused = 0, too_small = 0;
    uint8_t small[512];

    for (size_t i = 0; i < len; i++)
        refused += refused_at(all, i);
    for (size_t i = 0; i < sizeof vector_request; i++)
        refused += refused_at(vector_request, i);
    is_int(refused, len + sizeof vector_request,
           "acceptance 19: malformed STUN, every truncation is refused");
    for (size_t i = 0; i < len; i++)
        too_small += write_all(small, i) == 0;
    is_int(too_small, len, "every too small buffer is noticed");
}

static void test_demux(void)
{
    uint8_t buf[sizeof vector_request];

    memcpy(buf, vector_request, sizeof buf);
    ok(rtc_stun_is_message(buf, sizeof buf), "a STUN message");
    ok(!rtc_stun_is_message(buf, sizeof buf - 4), "shorter than it says");
    ok(!rtc_stun_is_message(buf, 19), "shorter than a header");
    buf[0] = 0x80;
    ok(!rtc_stun_is_message(buf, sizeof buf), "RTP is not");
    buf[0] = 0;
    buf[4] = 0;
    ok(!rtc_stun_is_message(buf, sizeof buf), "without the cookie it is not");
}

int main(void)
{
    test_vectors();
    test_round_trip();
    test_types();
    test_unknown();
    test_two_relayed();
    test_behind_integrity();
    test_damage();
    test_truncation();
    test_demux();
    return tap_done();
}
