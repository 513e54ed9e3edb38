/* SPDX-License-Identifier: MIT
 * Candidates: priorities in their order, foundations, which may be paired. */
#include "ice/candidate.h"

#include "tap.h"

#include <string.h>

static struct rtc_addr addr_of(const char *text)
{
    struct rtc_addr addr = {0};

    if (rtc_addr_parse(text, &addr) < 0)
        abort();
    return addr;
}

static struct rtc_candidate host(const char *text, enum rtc_transport transport,
                                 enum rtc_tcptype tcptype, uint8_t preference)
{
    struct rtc_addr addr = addr_of(text);
    struct rtc_candidate c;

    rtc_candidate_make_host(&c, &addr, transport, tcptype, preference);
    return c;
}

static struct rtc_candidate udp(const char *text, uint8_t preference)
{
    return host(text, RTC_UDP, RTC_TCPTYPE_NONE, preference);
}

static struct rtc_candidate srflx(const char *base, const char *server)
{
    struct rtc_addr b = addr_of(base), s = addr_of(server),
                    mapped = addr_of("203.0.113.1:1");
    struct rtc_candidate c;

    rtc_candidate_make_srflx(&c, &mapped, &b, &s, 255);
    return c;
}

static struct rtc_candidate relay(enum rtc_transport transport)
{
    struct rtc_relay_source source = {.relayed = addr_of("203.0.113.2:2"),
                                      .mapped = addr_of("203.0.113.1:1"),
                                      .server = addr_of("203.0.113.2:3478"),
                                      .transport = transport};
    struct rtc_candidate c;

    rtc_candidate_make_relay(&c, &source, 255);
    return c;
}

/* On a server that is reached over the other family. */
static struct rtc_candidate relay_across(enum rtc_transport transport)
{
    struct rtc_relay_source source = {.relayed = addr_of("203.0.113.2:2"),
                                      .mapped = addr_of("[2001:db8::1]:1"),
                                      .server = addr_of("[2001:db8::2]:3478"),
                                      .transport = transport};
    struct rtc_candidate c;

    rtc_candidate_make_relay(&c, &source, 255);
    return c;
}

static void test_order(void)
{
    const struct rtc_candidate order[] = {
        udp("[2001:db8::1]:1", 255),
        udp("192.0.2.1:1", 255),
        udp("[fe80::1]:1", 255),
        udp("[2001:db8::1]:1", 254),
        udp("192.0.2.1:1", 254),
        host("192.0.2.1:1", RTC_TCP, RTC_TCPTYPE_ACTIVE, 255),
        host("192.0.2.1:1", RTC_TCP, RTC_TCPTYPE_PASSIVE, 255),
        host("192.0.2.1:1", RTC_TCP, RTC_TCPTYPE_SO, 255),
        srflx("192.0.2.1:1", "203.0.113.9:3478"),
        relay(RTC_UDP),
        relay_across(RTC_UDP),
        relay(RTC_TCP),
        relay_across(RTC_TCP),
        relay(RTC_TLS),
        relay_across(RTC_TLS),
    };

    for (size_t i = 1; i < sizeof order / sizeof order[0]; i++)
        ok(order[i - 1].priority > order[i].priority,
           "acceptance 19: candidates in falling order of priority");
    is_int(order[0].priority >> 24, 126, "host (RFC 8445 5.1.2.2)");
    is_int(order[8].priority >> 24, 100, "server-reflexive");
    is_int(order[9].priority >> 24, 0, "relayed");
    is_int(order[0].priority & 0xff, 255, "component 1");
    /* RFC 8445 5.1.2.1's formula by hand. */
    is_int(rtc_candidate_priority(RTC_CANDIDATE_PRFLX, 65535),
           110u * 16777216u + 65535u * 256u + 255u, "peer-reflexive");
}

static void test_pair_priority(void)
{
    /* RFC 8445 6.1.2.3: 2^32 min + 2 max + (G > D). */
    ok(rtc_pair_priority(3, 5) == ((uint64_t)3 << 32) + 10, "G < D");
    ok(rtc_pair_priority(5, 3) == ((uint64_t)3 << 32) + 11, "G > D");
    ok(rtc_pair_priority(UINT32_MAX, UINT32_MAX) ==
           ((uint64_t)UINT32_MAX << 32) + 2 * (uint64_t)UINT32_MAX,
       "no overflow");
}

static void test_foundation(void)
{
    struct rtc_candidate a = udp("192.0.2.1:1", 1), b = udp("192.0.2.1:2", 9);
    struct rtc_candidate c = srflx("192.0.2.1:1", "203.0.113.9:3478");

    is_str(a.foundation, b.foundation, "the same but for the port");
    ok(strcmp(a.foundation, udp("192.0.2.2:1", 1).foundation) != 0,
       "another address");
    ok(strcmp(a.foundation, c.foundation) != 0, "another type");
    ok(strcmp(c.foundation,
              srflx("192.0.2.1:1", "203.0.113.8:3478").foundation) != 0,
       "another server");
    ok(strcmp(relay(RTC_UDP).foundation, relay(RTC_TCP).foundation) != 0,
       "another transport to the server");
    ok(strlen(a.foundation) >= 1 && strlen(a.foundation) <= RTC_FOUNDATION_MAX,
       "1 to 32 characters (RFC 8839 5.1)");
}

static void test_pairing(void)
{
    static const struct {
        const char *local, *remote;
        enum rtc_transport transport;
        enum rtc_tcptype local_type, remote_type;
        bool fits;
    } rows[] = {
        {"192.0.2.1:1", "192.0.2.2:2", RTC_UDP, 0, 0, true},
        {"192.0.2.1:1", "[2001:db8::2]:2", RTC_UDP, 0, 0, false},
        {"[2001:db8::1]:1", "[2001:db8::2]:2", RTC_UDP, 0, 0, true},
        {"[fe80::1]:1", "[2001:db8::2]:2", RTC_UDP, 0, 0, false},
        {"[2001:db8::1]:1", "[fe80::2]:2", RTC_UDP, 0, 0, false},
        {"[fe80::1]:1", "[fe80::2]:2", RTC_UDP, 0, 0, true},
        {"192.0.2.1:9", "192.0.2.2:2", RTC_TCP, RTC_TCPTYPE_ACTIVE,
         RTC_TCPTYPE_PASSIVE, true},
        {"192.0.2.1:1", "192.0.2.2:9", RTC_TCP, RTC_TCPTYPE_PASSIVE,
         RTC_TCPTYPE_ACTIVE, false},
        {"192.0.2.1:9", "192.0.2.2:9", RTC_TCP, RTC_TCPTYPE_ACTIVE,
         RTC_TCPTYPE_ACTIVE, false},
        {"192.0.2.1:1", "192.0.2.2:2", RTC_TCP, RTC_TCPTYPE_SO, RTC_TCPTYPE_SO,
         true},
    };

    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        struct rtc_addr base = addr_of(rows[i].local);
        struct rtc_ice_local local = {.addr = base,
                                      .base = base,
                                      .transport = (uint8_t)rows[i].transport,
                                      .tcptype = (uint8_t)rows[i].local_type};
        struct rtc_ice_remote remote = {.addr = addr_of(rows[i].remote),
                                        .transport = (uint8_t)rows[i].transport,
                                        .tcptype =
                                            (uint8_t)rows[i].remote_type};

        is_int(rtc_ice_can_pair(&local, &remote), rows[i].fits, rows[i].local);
        remote.transport = RTC_TLS;
        ok(!rtc_ice_can_pair(&local, &remote), "not of another transport");
    }
}

static void test_zone(void)
{
    struct rtc_ice_local local = {.base = addr_of("[fe80::1]:1")};
    struct rtc_ice_remote remote = {.addr = addr_of("[fe80::2]:2")};
    struct rtc_path path;

    local.base.scope = 7;
    path = rtc_ice_path(&local, &remote);
    is_int(path.remote.scope, 7, "sent into the zone of the socket");
    ok(rtc_ice_remote_is_at(&remote, &path.remote), "and found there");
    remote.addr.scope = 8;
    ok(!rtc_ice_remote_is_at(&remote, &path.remote), "but not in another");
}

int main(void)
{
    test_order();
    test_pair_priority();
    test_foundation();
    test_pairing();
    test_zone();
    return tap_done();
}
