/* SPDX-License-Identifier: MIT
 *
 * rtc-probe host: what this machine has for WebRTC. What can be tried is tried:
 * sockets are opened, runs of datagrams are sent to ourselves, and two peers
 * meet.
 */
#include <errno.h>
#include <math.h>
#include <net/if.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include "cmd/cli.h"
#include "cmd/driver.h"
#include "cmd/http.h"
#include "cmd/interface.h"
#include "cmd/probe/interrupt.h"
#include "cmd/probe/pair.h"
#include "cmd/probe/place.h"
#include "cmd/probe/probe.h"
#include "cmd/probe/rate.h"
#include "cmd/probe/report.h"
#include "cmd/report.h"
#include "cmd/sockaddr.h"
#include "cmd/socket.h"
#include "dtls/session.h"
#include "srtp/context.h"

#define RATE_US 300000
#define ADDRESS_MOST 64
#define RUN_COUNT 4 /* datagrams of a run that is tried */
#define RUN_SEGMENT 1000
#define WAIT_MS 1000

struct options {
    struct probe_options report;
};

static const struct rtc_option table[] = {
    {.name = "report",
     .type = OPTION_ROWS,
     .rows = probe_options_form,
     .offset = offsetof(struct options, report)},
    {.name = NULL},
};

static const struct cli_tool tool = {
    .name = "rtc-probe host",
    .operands = "",
    .summary = "Show what this machine has for WebRTC.",
    .options = table,
};

static const struct probe_kind kind_address = {"address", "addresses"};
static const struct probe_kind kind_candidate = {"candidate", "candidates"};
static const struct probe_kind kind_socket = {"socket", "sockets"};
static const struct probe_kind kind_suite = {"suite", "suites"};
static const struct probe_kind kind_profile = {"profile", "profiles"};
static const struct probe_kind kind_session = {"session", "sessions"};
static const struct probe_kind kind_library = {"library", "libraries"};

/* ---- addresses ----------------------------------------------------------- */

static double mtu_of(const char *interface)
{
    int fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
    struct ifreq request = {0};
    double mtu = NAN;

    snprintf(request.ifr_name, sizeof request.ifr_name, "%.*s",
             INTERFACE_NAME_MAX, interface);
    if (fd >= 0 && ioctl(fd, SIOCGIFMTU, &request) == 0)
        mtu = request.ifr_mtu;
    if (fd >= 0)
        close(fd);
    return mtu;
}

/* Without port and brackets. Returns `text`. */
static const char *write_ip(const struct rtc_addr *addr,
                            char text[RTC_ADDR_TEXT])
{
    char whole[RTC_ADDR_TEXT];
    size_t len;

    rtc_addr_write(addr, whole);
    len = (size_t)(strrchr(whole, ':') - whole);
    if (*whole == '[')
        snprintf(text, RTC_ADDR_TEXT, "%.*s", (int)len - 2, whole + 1);
    else
        snprintf(text, RTC_ADDR_TEXT, "%.*s", (int)len, whole);
    return text;
}

static void add_addresses(struct probe_result *result)
{
    static const char *const places[] = {
        [PROBE_PUBLIC] = "public",         [PROBE_LOOPBACK] = "loopback",
        [PROBE_LINK_LOCAL] = "link-local", [PROBE_PRIVATE] = "private",
        [PROBE_SHARED] = "shared",
    };
    struct interface_addr found[ADDRESS_MOST];
    int count = interface_all(found, ADDRESS_MOST);
    char text[RTC_ADDR_TEXT];

    if (count < 0)
        die(RTC_EXIT_INTERNAL, "the interfaces cannot be listed: %s",
            strerror(errno));
    for (int i = 0; i < count; i++) {
        struct probe_group *group;
        char name[RTC_ADDR_TEXT + INTERFACE_NAME_MAX + 1];
        bool is_link = found[i].addr.scope != 0;

        snprintf(name, sizeof name, "%s%s%.*s", write_ip(&found[i].addr, text),
                 is_link ? "%" : "", is_link ? INTERFACE_NAME_MAX : 0,
                 found[i].name);
        group = probe_add_group(result, &kind_address, name);
        probe_set_text(group, "interface", found[i].name);
        probe_set_text(group, "scope", places[probe_place_of(&found[i].addr)]);
        probe_set(group, "mtu", PROBE_BYTES, mtu_of(found[i].name));
        probe_set(group, "temporary", PROBE_FLAG, found[i].temporary);
        probe_set(group, "usable", PROBE_FLAG, !found[i].unusable);
    }
}

/* ---- candidates ---------------------------------------------------------- */

static void on_event(void *user, const struct rtc_event *event)
{
    (void)user;
    (void)event;
}

static void list_candidates(struct probe_result *result,
                            const struct rtc_peer *peer)
{
    struct rtc_candidate candidate;
    char text[RTC_ADDR_TEXT];

    for (unsigned i = 0; !rtc_peer_local_candidate(peer, i, &candidate); i++) {
        struct probe_group *group = probe_add_group(
            result, &kind_candidate, write_ip(&candidate.addr, text));

        probe_set_text(group, "candidateType",
                       rtc_candidate_type_name(candidate.type));
        probe_set_text(group, "protocol",
                       probe_transport_name(candidate.transport));
        probe_set(group, "priority", PROBE_COUNT, candidate.priority);
    }
}

/* Those that a tool without options would offer. */
static void add_candidates(struct probe_result *result)
{
    const struct interface_filter filter = {0};
    struct rtc_addr addrs[INTERFACE_MOST];
    int count = interface_list(&filter, addrs);
    struct driver *driver = driver_new();
    struct rtc_peer *peer = NULL;
    struct rtc_config config;

    rtc_config_init(&config);
    config.random = driver_random;
    if (!driver || rtc_peer_new(&peer, &config) ||
        driver_add_peer(driver, peer, on_event, NULL))
        die(RTC_EXIT_INTERNAL, "out of memory");
    if (count > 0)
        driver_open_sockets(driver, peer, RTC_UDP, addrs, (unsigned)count,
                            (struct port_range){0, 0});
    list_candidates(result, peer);
    driver_remove_peer(driver, peer);
    rtc_peer_free(peer);
    driver_free(driver);
    if (count <= 0)
        probe_add_verdict(result, "There is no address to be reached at.");
}

/* ---- sockets ------------------------------------------------------------- */

static double buffer_of(int fd, int name)
{
    int value;
    socklen_t len = sizeof value;

    if (getsockopt(fd, SOL_SOCKET, name, &value, &len))
        return NAN;
    return value / 2; /* Linux tells twice what may be used. */
}

static double limit_of(const char *file)
{
    FILE *in = fopen(file, "re");
    double value = NAN;

    if (in && fscanf(in, "%lf", &value) != 1)
        value = NAN;
    if (in)
        fclose(in);
    return value;
}

/* Whether any of what is there was merged, 0 or 1; all of it is read. NaN:
 * nothing came. */
static double is_merged(struct udp_socket *socket)
{
    struct socket_batch *batch = socket_batch_new();
    const struct socket_item *items;
    size_t missing = RUN_COUNT * RUN_SEGMENT;
    bool merged = false;

    if (!batch)
        die(RTC_EXIT_INTERNAL, "out of memory");
    while (missing > 0) {
        unsigned count;

        probe_interrupt_wait(socket->fd, WAIT_MS);
        count = socket_recv(socket, batch, &items);
        if (count == 0)
            break;
        for (unsigned i = 0; i < count; i++) {
            merged |= items[i].segment > 0 && items[i].len > items[i].segment;
            missing -= items[i].len < missing ? items[i].len : missing;
        }
    }
    socket_batch_free(batch);
    return missing < RUN_COUNT * RUN_SEGMENT ? merged : NAN;
}

static void add_socket(struct probe_result *result, const char *name,
                       const struct rtc_addr *addr)
{
    static const uint8_t run[RUN_COUNT * RUN_SEGMENT];
    struct udp_socket ours;
    struct probe_group *group;
    double merged;

    if (socket_open(&ours, addr) < 0) {
        verbose("no socket on loopback (%s): %s", name, strerror(errno));
        return;
    }
    socket_send(&ours, &ours.addr, run, sizeof run, RUN_SEGMENT);
    merged = is_merged(&ours);
    if (probe_interrupted()) { /* It may not have waited. */
        socket_close(&ours);
        return;
    }
    group = probe_add_group(result, &kind_socket, name);
    probe_set(group, "segmentation", PROBE_FLAG, ours.segments);
    probe_set(group, "merging", PROBE_FLAG, merged);
    probe_set(group, "receiveBuffer", PROBE_BYTES,
              buffer_of(ours.fd, SO_RCVBUF));
    probe_set(group, "sendBuffer", PROBE_BYTES, buffer_of(ours.fd, SO_SNDBUF));
    probe_set(group, "receiveLimit", PROBE_BYTES,
              limit_of("/proc/sys/net/core/rmem_max"));
    probe_set(group, "sendLimit", PROBE_BYTES,
              limit_of("/proc/sys/net/core/wmem_max"));
    socket_close(&ours);
}

/* ---- ciphers ------------------------------------------------------------- */

/* What DTLS and SRTP can do, best first, with the numbers of IANA. */
static void add_ciphers(struct probe_result *result)
{
    const char *name;
    char text[8];
    uint16_t number;

    for (unsigned i = 0; rtc_dtls_suite(i, &name, &number); i++) {
        snprintf(text, sizeof text, "0x%04x", number);
        probe_set_text(probe_add_group(result, &kind_suite, name), "number",
                       text);
    }
    for (unsigned i = 0; (number = rtc_dtls_profile(i)) != 0; i++) {
        snprintf(text, sizeof text, "0x%04x", number);
        probe_set_text(probe_add_group(result, &kind_profile,
                                       rtc_srtp_profile_name(number)),
                       "number", text);
    }
}

/* ---- a session, and libraries -------------------------------------------- */

static void add_session(struct probe_report *report)
{
    struct probe_rate rate;
    struct probe_group *group;

    if (!probe_rate_measure(RATE_US, &rate)) {
        probe_report_fail(report, RTC_EXIT_INTERNAL,
                          "two peers of our own do not connect");
        return;
    }
    if (probe_interrupted()) /* What it took is no measure. */
        return;
    group = probe_add_group(&report->result, &kind_session, "with ourselves");
    probe_set_text(group, "srtpCipher", rate.srtp_profile);
    probe_set_text(group, "tlsVersion", rate.dtls_version);
    probe_set_text(group, "dtlsCipher", rate.dtls_cipher);
    probe_set(group, "sendBitrate", PROBE_BITRATE, rate.send_bps);
    probe_set(group, "receiveBitrate", PROBE_BITRATE, rate.receive_bps);
}

/* `GnuTLS 3.7.9` */
static void add_library(struct probe_result *result, const char *linked)
{
    char name[64];
    const char *blank = strchr(linked, ' ');

    snprintf(name, sizeof name, "%s", linked);
    name[strcspn(name, " ")] = '\0';
    probe_set_text(probe_add_group(result, &kind_library, name), "version",
                   blank ? blank + 1 : NULL);
}

static void add_libraries(struct probe_result *result)
{
    char text[128];

    for (unsigned i = 0; rtc_linked(i); i++)
        add_library(result, rtc_linked(i));
    snprintf(text, sizeof text, "libevent %s", driver_version());
    add_library(result, text);
    snprintf(text, sizeof text, "jansson %s", report_version());
    add_library(result, text);
    snprintf(text, sizeof text, "libcurl %s", http_version());
    add_library(result, text);
}

void probe_host(int argc, char **argv)
{
    static const struct rtc_addr loopback4 = {.family = 4,
                                              .ip = {127, 0, 0, 1}};
    static const struct rtc_addr loopback6 = {.family = 6, .ip = {[15] = 1}};
    struct options options = {0};
    static struct probe_report report;

    cli_parse(&tool, &options, argc, argv);
    probe_report_begin(&report, "host", &options.report);
    probe_interrupt_init();
    add_addresses(&report.result);
    add_candidates(&report.result);
    if (!probe_interrupted())
        add_socket(&report.result, "IPv4", &loopback4);
    if (!probe_interrupted())
        add_socket(&report.result, "IPv6", &loopback6);
    add_ciphers(&report.result);
    if (!probe_interrupted())
        add_session(&report);
    add_libraries(&report.result);
    report.signal = probe_interrupted();
    probe_report_exit(&report);
}
