/* SPDX-License-Identifier: MIT
 * a=candidate lines as others write them, and back; truncation. */
#include "sdp/candidate.h"

#include "base/addr.h"
#include "tap.h"

/* What is written differs from what was read only in skipped extensions. */
static const struct {
    const char *line, *written; /* NULL: the same */
} good[] = {
    /* RFC 8839 5.1 (its examples' shape, documentation addresses) */
    {"candidate:1 1 UDP 2130706431 203.0.113.141 8998 typ host",
     "candidate:1 1 udp 2130706431 203.0.113.141 8998 typ host"},
    {"candidate:2 1 udp 1694498815 192.0.2.3 45664 typ srflx raddr "
     "203.0.113.141 rport 8998",
     NULL},
    /* Chromium: extensions; Firefox: capitals; GStreamer: IPv6 TCP */
    {"a=candidate:3342431897 1 udp 2122260223 192.0.2.1 38241 typ host "
     "generation 0 ufrag GhIr network-id 1",
     "candidate:3342431897 1 udp 2122260223 192.0.2.1 38241 typ host"},
    {"1 2 TCP 2105524478 192.0.2.1 9 typ host tcptype active",
     "candidate:1 2 tcp 2105524478 192.0.2.1 9 typ host tcptype active"},
    {"candidate:6 1 tcp 1010827775 fe80::e8da:82ff:fe54:81bf 47019 typ host "
     "tcptype passive",
     NULL},
    {"candidate:7 1 tcp 5 2001:db8::1 47019 typ prflx raddr ::1 rport 4 "
     "tcptype so",
     NULL},
    {"candidate:2641178596 1 udp 2113937151 "
     "296cb301-9691-4d48-8ace-bbdf0179795b.local 41470 typ host",
     NULL},
    {"candidate:03d35637569d8a7bb781db0faf608539 1 udp 41 192.0.2.9 5 typ "
     "relay raddr 0.0.0.0 rport 0",
     NULL},
    /* a related address that is a name is dropped */
    {"candidate:9 1 udp 41 192.0.2.9 5 typ relay raddr a.local rport 7",
     "candidate:9 1 udp 41 192.0.2.9 5 typ relay raddr 0.0.0.0 rport 0"},
    /* an extension without a value at the end */
    {"candidate:9 1 udp 4294967295 192.0.2.9 65535 typ host network-cost",
     "candidate:9 1 udp 4294967295 192.0.2.9 65535 typ host"},
};

static const struct {
    const char *line;
    int error;
} bad[] = {
    {"", RTC_ERR_FORMAT},
    {"candidate:", RTC_ERR_FORMAT},
    {"candidate:1 1 udp 1 192.0.2.1 9", RTC_ERR_FORMAT},
    {"candidate:1 1 udp 1 192.0.2.1 9 typ", RTC_ERR_FORMAT},
    {"candidate:1 1 udp 1 192.0.2.1 9 type host", RTC_ERR_FORMAT},
    {"candidate:1 0 udp 1 192.0.2.1 9 typ host", RTC_ERR_FORMAT},
    {"candidate:1 256 udp 1 192.0.2.1 9 typ host", RTC_ERR_FORMAT},
    {"candidate:1 1 udp 4294967296 192.0.2.1 9 typ host", RTC_ERR_FORMAT},
    {"candidate:1 1 udp -1 192.0.2.1 9 typ host", RTC_ERR_FORMAT},
    {"candidate:1 1 udp 1 192.0.2.1 65536 typ host", RTC_ERR_FORMAT},
    {"candidate:1 1 udp 1 [::1] 9 typ host", RTC_ERR_FORMAT},
    {"candidate:1 1 udp 1 ho$t 9 typ host", RTC_ERR_FORMAT},
    {"candidate:012345678901234567890123456789012 1 udp 1 192.0.2.1 9 typ host",
     RTC_ERR_FORMAT},
    {"candidate:1 1 udp 1 192.0.2.1 9 typ cloud", RTC_ERR_UNSUPPORTED},
    {"candidate:1 1 ssltcp 1 192.0.2.1 9 typ host", RTC_ERR_UNSUPPORTED},
    {"candidate:1 1 tcp 1 192.0.2.1 9 typ host", RTC_ERR_UNSUPPORTED},
    {"candidate:1 1 tcp 1 192.0.2.1 9 typ host tcptype up",
     RTC_ERR_UNSUPPORTED},
};

static void test_good(void)
{
    for (size_t i = 0; i < sizeof good / sizeof *good; i++) {
        struct rtc_candidate c;
        char text[RTC_SDP_CANDIDATE_TEXT] = "";

        is_int(rtc_sdp_candidate_parse(rtc_text_of(good[i].line), &c), 0,
               good[i].line);
        rtc_sdp_candidate_write(&c, text, sizeof text);
        is_str(text, good[i].written ? good[i].written : good[i].line,
               "acceptance 19: SDP candidate round trip, with tcptype");
        is_int(rtc_sdp_candidate_write(&c, text, strlen(text)), RTC_ERR_NOBUF,
               "no room for the NUL");
    }
}

static void test_fields(void)
{
    struct rtc_candidate c;

    rtc_sdp_candidate_parse(rtc_text_of(good[5].line), &c);
    is_int(c.type, RTC_CANDIDATE_PRFLX, "type");
    is_int(c.transport, RTC_TCP, "transport");
    is_int(c.tcptype, RTC_TCPTYPE_SO, "tcptype");
    is_int(c.component, 1, "component");
    is_int(c.priority, 5, "priority");
    ok(c.addr.family == 6 && c.addr.port == 47019, "address");
    ok(c.related.family == 6 && c.related.port == 4, "related address");
    rtc_sdp_candidate_parse(rtc_text_of(good[6].line), &c);
    is_int(c.addr.family, 0, "a name is no address");
    is_int(c.addr.port, 41470, "but has its port");
    is_str(c.host, "296cb301-9691-4d48-8ace-bbdf0179795b.local", "name");
}

static void test_bad(void)
{
    struct rtc_candidate c;

    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++)
        is_int(rtc_sdp_candidate_parse(rtc_text_of(bad[i].line), &c),
               bad[i].error, bad[i].line);
}

static void test_truncation(void)
{
    struct rtc_text line = rtc_text_of(good[1].line);
    size_t needed = strlen("candidate:2 1 udp 1694498815 192.0.2.3 45664 typ "
                           "srflx");
    unsigned wrong = 0;

    for (size_t cut = 0; cut < line.len; cut++) {
        struct rtc_candidate c;
        int error =
            rtc_sdp_candidate_parse((struct rtc_text){line.at, cut}, &c);

        wrong += (error == 0) != (cut >= needed);
    }
    is_int(wrong, 0, "readable from its type on, refused before");
}

int main(void)
{
    test_good();
    test_fields();
    test_bad();
    test_truncation();
    return tap_done();
}
