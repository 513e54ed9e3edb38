/* SPDX-License-Identifier: MIT
 *
 * What the kernel says of addresses and links: which messages matter, cut at
 * every length; and in a network namespace of our own, whether they come.
 */
#include "cmd/monitor.h"

#include <errno.h>
#include <linux/if_addr.h>
#include <linux/netlink.h>
#include <linux/rtnetlink.h>
#include <sched.h>
#include <sys/wait.h>
#include <unistd.h>

#include "cmd/interface.h"
#include "tap.h"

/* Appends a message; an address with `flags` 32 bits wide when `wide`. */
static size_t put(uint8_t *at, uint16_t type, uint32_t flags, bool wide)
{
    struct ifaddrmsg body = {.ifa_flags = (uint8_t)flags};
    struct rtattr attribute = {.rta_type = IFA_FLAGS,
                               .rta_len = RTA_LENGTH(sizeof flags)};
    struct nlmsghdr header = {.nlmsg_type = type,
                              .nlmsg_len = NLMSG_LENGTH(sizeof body)};

    if (wide)
        header.nlmsg_len += RTA_SPACE(sizeof flags);
    memcpy(at, &header, sizeof header);
    memcpy(at + NLMSG_HDRLEN, &body, sizeof body);
    if (wide) {
        at += NLMSG_HDRLEN + NLMSG_ALIGN(sizeof body);
        memcpy(at, &attribute, sizeof attribute);
        memcpy(at + RTA_LENGTH(0), &flags, sizeof flags);
    }
    return header.nlmsg_len;
}

static const struct {
    const char *name;
    uint16_t type;
    uint32_t flags;
    bool wide, matters;
} rows[] = {
    {"a new address", RTM_NEWADDR, 0, false, true},
    {"one with flags of 32 bits", RTM_NEWADDR, IFA_F_MANAGETEMPADDR, true,
     true},
    {"a tentative one", RTM_NEWADDR, IFA_F_TENTATIVE, false, false},
    {"so in 32 bits", RTM_NEWADDR, IFA_F_TENTATIVE, true, false},
    {"an address that is gone", RTM_DELADDR, 0, false, true},
    {"a link", RTM_NEWLINK, 0, false, true},
    {"a link that is gone", RTM_DELLINK, 0, false, true},
    {"a route", RTM_NEWROUTE, 0, false, false},
    {"an end", NLMSG_DONE, 0, false, false},
};

static void test_parse(void)
{
    uint8_t data[256];
    size_t len;

    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        len = put(data, rows[i].type, rows[i].flags, rows[i].wide);
        ok(monitor_parse(data, len) == rows[i].matters, rows[i].name);
    }
    len = put(data, RTM_NEWROUTE, 0, false);
    len += put(data + len, RTM_NEWADDR, 0, true);
    ok(monitor_parse(data, len), "the second of two counts, too");
    ok(!monitor_parse(data, 0), "nothing");
}

static void test_cut(void)
{
    uint8_t data[256], *cut;
    size_t len = put(data, RTM_NEWADDR, IFA_F_TENTATIVE, true);
    bool any = false;

    for (size_t i = 0; i < len; i++) {
        cut = malloc(i + 1); /* so that a sanitizer sees its end */
        memcpy(cut, data, i);
        any = any || monitor_parse(cut, i);
        free(cut);
    }
    ok(!any, "cut at every length");
    for (size_t i = 0; i < len; i++) {
        data[i] ^= 0xff;
        monitor_parse(data, len);
        data[i] ^= 0xff;
    }
    ok(true, "and damaged at every byte");
}

/* ---- for real ------------------------------------------------------------ */

static unsigned changes;
static struct driver *driver;

static void on_change(void *user)
{
    (void)user;
    changes++;
    driver_stop(driver);
}

static void on_late(void *user, int what)
{
    (void)user;
    (void)what;
    driver_stop(driver);
}

/* Runs a command of ours, then the driver until it tells or 5 s are over. */
static bool told_of(const char *command)
{
    struct driver_watch *timer = driver_timer_new(driver, on_late, NULL);
    unsigned before = changes;

    if (system(command))
        printf("# failed: %s\n", command);
    driver_timer_set(timer, driver_now(driver) + 5000000);
    driver_run(driver);
    driver_watch_free(timer);
    return changes > before;
}

static void test_changes(void)
{
    const struct interface_filter filter = {NULL, 4};
    const struct rtc_addr addr = {.family = 4, .ip = {192, 0, 2, 2}};
    struct rtc_addr addrs[INTERFACE_MOST];
    struct monitor *monitor;

    if (unshare(CLONE_NEWNET)) {
        printf("ok %d - # SKIP no network namespace: %s\n", ++tap_count,
               strerror(errno));
        return;
    }
    if (system("ip link add a0 type veth peer name b0 2> /dev/null")) {
        printf("ok %d - # SKIP no veth, or no ip(8)\n", ++tap_count);
        return;
    }
    driver = driver_new();
    monitor = monitor_new(driver, on_change, NULL);
    ok(monitor != NULL, "a monitor");
    ok(told_of("ip link set b0 up; ip link set a0 up"), "links go up");
    ok(told_of("ip addr add 192.0.2.2/24 dev a0"), "an address comes");
    ok(interface_exists(&addr), "and is there");
    is_int(interface_list(&filter, addrs), 1, "it is listed");
    ok(told_of("ip link set a0 down"), "the link goes down");
    ok(!interface_exists(&addr), "the address cannot be used");
    ok(told_of("ip link set a0 up"), "up");
    ok(interface_exists(&addr), "it can");
    ok(told_of("ip addr del 192.0.2.2/24 dev a0"), "it goes");
    ok(!interface_exists(&addr), "and is gone");
    monitor_free(monitor);
    driver_free(driver);
}

int main(void)
{
    test_parse();
    test_cut();
    test_changes();
    return tap_done();
}
