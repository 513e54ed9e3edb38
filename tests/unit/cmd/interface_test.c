/* SPDX-License-Identifier: MIT
 *
 * Which addresses are gathered from: a table of machines.
 */
#include "cmd/interface.h"

#include "tap.h"

#define MOST 8

/* An address as `192.0.2.1` and letters: t temporary, u unusable. */
struct given {
    const char *name, *text, *flags;
};

static const struct {
    const char *what;
    struct given given[MOST];
    struct interface_filter filter;
    const char *wanted; /* a space after each */
} rows[] = {
    {"a server",
     {{"lo", "127.0.0.1", ""},
      {"lo", "::1", ""},
      {"eth0", "192.0.2.1", ""},
      {"eth0", "2001:db8::1", ""},
      {"eth0", "fe80::1", ""}},
     {NULL, 0},
     "192.0.2.1:0 [2001:db8::1]:0 "},
    {"nothing but loopback",
     {{"lo", "127.0.0.1", ""}, {"lo", "::1", ""}},
     {NULL, 0},
     "127.0.0.1:0 [::1]:0 "},
    {"IPv6 asked for, only on loopback",
     {{"lo", "127.0.0.1", ""}, {"lo", "::1", ""}, {"eth0", "192.0.2.1", ""}},
     {NULL, 6},
     "[::1]:0 "},
    {"IPv4 only",
     {{"eth0", "192.0.2.1", ""}, {"eth0", "2001:db8::1", ""}},
     {NULL, 4},
     "192.0.2.1:0 "},
    {"by interface, loopback",
     {{"lo", "127.0.0.1", ""}, {"eth0", "192.0.2.1", ""}},
     {"lo", 0},
     "127.0.0.1:0 "},
    {"by interface, link-local too",
     {{"eth0", "192.0.2.1", ""}, {"eth1", "fe80::1", ""}},
     {"eth1", 0},
     "[fe80::1]:0 "},
    {"by address",
     {{"eth0", "192.0.2.1", ""}, {"eth0", "192.0.2.2", ""}},
     {"192.0.2.2", 0},
     "192.0.2.2:0 "},
    {"by IPv6 address, written otherwise",
     {{"eth0", "2001:db8::1", ""}, {"eth0", "2001:db8::2", ""}},
     {"2001:DB8:0::2", 0},
     "[2001:db8::2]:0 "},
    {"an address nobody has",
     {{"lo", "127.0.0.1", ""}, {"eth0", "192.0.2.1", ""}},
     {"192.0.2.9", 0},
     ""},
    {"temporary beside permanent: same prefix only",
     {{"eth0", "2001:db8::1", ""},
      {"eth0", "2001:db8::abcd", "t"},
      {"eth0", "2001:db8:0:1::1", ""},
      {"eth1", "2001:db8::2", ""}},
     {NULL, 0},
     "[2001:db8::abcd]:0 [2001:db8:0:1::1]:0 [2001:db8::2]:0 "},
    {"a deprecated temporary one hides nothing",
     {{"eth0", "2001:db8::1", ""}, {"eth0", "2001:db8::abcd", "tu"}},
     {NULL, 0},
     "[2001:db8::1]:0 "},
    {"a permanent one by name",
     {{"eth0", "2001:db8::1", ""}, {"eth0", "2001:db8::abcd", "t"}},
     {"2001:db8::1", 0},
     "[2001:db8::1]:0 "},
    {"obsolete kinds",
     {{"eth0", "fec0::1", ""},
      {"eth0", "::192.0.2.1", ""},
      {"eth0", "192.0.2.7", ""}},
     {NULL, 0},
     "192.0.2.7:0 "},
    {"nothing at all", {{NULL, NULL, NULL}}, {NULL, 0}, ""},
};

static struct interface_addr make(const struct given *given)
{
    struct interface_addr made = {
        .loopback = !strcmp(given->name, "lo"),
        .temporary = strchr(given->flags, 't') != NULL,
        .unusable = strchr(given->flags, 'u') != NULL,
    };
    char text[RTC_ADDR_TEXT];

    snprintf(made.name, sizeof made.name, "%s", given->name);
    snprintf(text, sizeof text, strchr(given->text, ':') ? "[%s]:0" : "%s:0",
             given->text);
    if (rtc_addr_parse(text, &made.addr))
        ok(false, given->text);
    return made;
}

static void test_rows(void)
{
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct interface_addr found[MOST];
        struct rtc_addr addrs[INTERFACE_MOST];
        char text[RTC_ADDR_TEXT], all[512] = "";
        unsigned count = 0;
        int chosen;

        for (; count < MOST && rows[i].given[count].name; count++)
            found[count] = make(&rows[i].given[count]);
        chosen = interface_choose(&rows[i].filter, found, count, addrs);
        for (int k = 0; k < chosen; k++) {
            strcat(all, rtc_addr_write(&addrs[k], text));
            strcat(all, " ");
        }
        is_str(all, rows[i].wanted, rows[i].what);
    }
}

static void test_cap(void)
{
    struct interface_addr found[40] = {{.name = ""}};
    struct rtc_addr addrs[INTERFACE_MOST];
    struct interface_filter all = {NULL, 0};

    for (unsigned i = 0; i < 40; i++)
        found[i].addr =
            (struct rtc_addr){.family = 4, .ip = {192, 0, 2, (uint8_t)i}};
    is_int(interface_choose(&all, found, 40, addrs), INTERFACE_MOST,
           "no more than the cap");
}

/* rtc_addr_parse would make an IPv4 address of it. */
static void test_mapped(void)
{
    struct interface_addr found = {
        .addr = {.family = 6, .ip = {[10] = 0xff, 0xff, 192, 0, 2, 1}}};
    struct rtc_addr addrs[INTERFACE_MOST];
    struct interface_filter all = {NULL, 0};

    is_int(interface_choose(&all, &found, 1, addrs), 0, "IPv4-mapped");
    found.addr.ip[0] = 0x20;
    is_int(interface_choose(&all, &found, 1, addrs), 1, "for that only");
}

static void test_machine(void)
{
    struct interface_filter lo = {"lo", 4}, all = {NULL, 0};
    struct rtc_addr addrs[INTERFACE_MOST];
    char text[RTC_ADDR_TEXT];

    ok(interface_list(&all, addrs) > 0, "this machine has an address");
    ok(interface_list(&lo, addrs) > 0, "and a loopback interface");
    is_str(rtc_addr_write(&addrs[0], text), "127.0.0.1:0", "of that address");
}

int main(void)
{
    test_rows();
    test_cap();
    test_mapped();
    test_machine();
    return tap_done();
}
