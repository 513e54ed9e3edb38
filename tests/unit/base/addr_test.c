/* SPDX-License-Identifier: MIT
 * Addresses as text, both ways (forms of RFC 4291 2.2 and RFC 5952). */
#include "base/addr.h"

#include "tap.h"

static const struct {
    const char *in, *out; /* out NULL: refused */
} rows[] = {
    {"192.0.2.1", "192.0.2.1"},
    {"0.0.0.0", "0.0.0.0"},
    {"255.255.255.255", "255.255.255.255"},
    {"256.0.0.1", NULL},
    {"1.2.3", NULL},
    {"1.2.3.4.", NULL},
    {"1.2.3.4.5", NULL},
    {"1..3.4", NULL},
    {"0001.2.3.4", NULL},
    {"", NULL},
    {"::", "::"},
    {"::1", "::1"},
    {"1::", "1::"},
    {"2001:DB8::1", "2001:db8::1"},
    {"2001:db8:0:0:1:0:0:1", "2001:db8::1:0:0:1"},
    {"2001:db8:0:1:1:1:1:1", "2001:db8:0:1:1:1:1:1"},
    {"1:2:3:4:5:6:7:8", "1:2:3:4:5:6:7:8"},
    {"1:2:3:4:5:6:7::", "1:2:3:4:5:6:7:0"},
    {"::2:3:4:5:6:7:8", "0:2:3:4:5:6:7:8"},
    {"64:ff9b::192.0.2.33", "64:ff9b::c000:221"},
    {"::ffff:192.0.2.1", "192.0.2.1"},
    {"fe80::1", "fe80::1"},
    {"1:2:3:4:5:6:7", NULL},
    {"1:2:3:4:5:6:7:8:9", NULL},
    {"1:2:3:4:5:6:7:8::", NULL},
    {"::1::", NULL},
    {":1", NULL},
    {"1:", NULL},
    {":", NULL},
    {":::", NULL},
    {"1:::2", NULL},
    {"12345::", NULL},
    {"::g", NULL},
    {"::1.2.3", NULL},
    {"1.2.3.4::", NULL},
    {"1:2:3:4:5:6:7:1.2.3.4", NULL},
    {"example.org", NULL},
    {"abcd.local", NULL},
};

static void test_ip(void)
{
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        struct rtc_addr addr = {0};
        char buf[RTC_ADDR_TEXT], name[100];
        bool good = rtc_addr_parse_ip(rtc_text_of(rows[i].in), 9, &addr);
        snprintf(name, sizeof name, "ip \"%s\"", rows[i].in);
        if (rows[i].out)
            is_str(good ? rtc_addr_write_ip(&addr, buf) : "refused",
                   rows[i].out, name);
        else
            ok(!good && addr.family == 0, name);
    }
}

static void test_port(void)
{
    struct rtc_addr a, b;
    char buf[RTC_ADDR_TEXT];

    is_int(rtc_addr_parse("192.0.2.1:5004", &a), 0, "v4 with port");
    is_str(rtc_addr_write(&a, buf), "192.0.2.1:5004", "written again");
    is_int(rtc_addr_parse("[2001:db8::1]:65535", &b), 0, "v6 with port");
    is_str(rtc_addr_write(&b, buf), "[2001:db8::1]:65535", "written again");
    is_int(rtc_addr_parse("192.0.2.1:65536", &a), RTC_ERR_FORMAT, "port range");
    is_int(rtc_addr_parse("192.0.2.1", &a), RTC_ERR_FORMAT, "port missing");
    is_int(rtc_addr_parse("[::1]", &a), RTC_ERR_FORMAT, "v6 port missing");
    is_int(rtc_addr_parse("[::1:5", &a), RTC_ERR_FORMAT, "bracket missing");
    is_int(a.port, 5004, "output untouched on failure");
    ok(!rtc_addr_equal(&a, &b) && rtc_addr_equal(&a, &a), "equality");
}

static void test_classes(void)
{
    struct rtc_addr a;

    rtc_addr_parse("127.3.2.1:1", &a);
    ok(rtc_addr_is_loopback(&a) && !rtc_addr_is_any(&a), "v4 loopback");
    rtc_addr_parse("[::1]:1", &a);
    ok(rtc_addr_is_loopback(&a) && !rtc_addr_is_any(&a), "v6 loopback");
    rtc_addr_parse("[::]:1", &a);
    ok(rtc_addr_is_any(&a) && !rtc_addr_is_loopback(&a), "v6 any");
    rtc_addr_parse("0.0.0.0:1", &a);
    ok(rtc_addr_is_any(&a), "v4 any");
    rtc_addr_parse("[febf::1]:1", &a);
    ok(rtc_addr_is_link_local(&a), "v6 link-local");
    rtc_addr_parse("[fec0::1]:1", &a);
    ok(!rtc_addr_is_link_local(&a), "fec0 is not");
    rtc_addr_parse("169.254.0.1:1", &a);
    ok(rtc_addr_is_link_local(&a), "v4 link-local");
}

int main(void)
{
    test_ip();
    test_port();
    test_classes();
    return tap_done();
}
