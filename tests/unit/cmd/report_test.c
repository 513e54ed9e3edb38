/* SPDX-License-Identifier: MIT
 *
 * The lines of a report, as written for a fake peer's events.
 */
#include "cmd/report.h"

#include <fcntl.h>
#include <signal.h>
#include <unistd.h>

#include "capture.h"
#include "cmd/cli.h"
#include "cmd/impair.h"
#include "cmd/statistics.h"
#include "fake_peer.h"
#include "tap.h"

#define START 5000000

static struct rtc_peer peer = {
    .local_count = 1,
    .locals = {{.family = 6, .port = 7, .ip = {0x20, 1, 0xd, 0xb8, [15] = 1}}},
    .stats = {.ice_rtt_us = 1830,
              .bytes_sent = 12000,
              .dtls_version = "1.2",
              .srtp_profile = "AEAD_AES_128_GCM",
              .path = {.local = {.family = 4, .port = 5, .ip = {192, 0, 2, 1}},
                       .remote = {.family = 4,
                                  .port = 6,
                                  .ip = {192, 0, 2, 2}}}},
};

static char name[] = "/tmp/report_test.XXXXXX";
static FILE *lines;

/* The next line is this, byte for byte. */
static void is_line(const char *wanted)
{
    char line[8192] = "";

    if (!fgets(line, sizeof line, lines))
        line[0] = '\0';
    line[strcspn(line, "\n")] = '\0';
    is_str(line, wanted, "the line");
}

static struct report *open_report(void)
{
    struct report *report = report_new(name, false, START);

    if (lines)
        fclose(lines);
    lines = fopen(name, "r");
    return report;
}

static void test_events(void)
{
    struct report *report = open_report();
    struct rtc_event event = {.type = RTC_EVENT_ICE,
                              .time = START + 1500000,
                              .track = -1,
                              .ice_state = RTC_ICE_CONNECTED};

    report_candidates(report, &peer, START + 1000);
    is_line("{\"v\":1,\"t\":0.001,\"event\":\"candidate\",\"candidateType\":"
            "\"host\",\"protocol\":\"udp\",\"address\":\"2001:db8::1\","
            "\"port\":7,\"priority\":2130706431,\"foundation\":\"1\","
            "\"relatedAddress\":null,\"relatedPort\":0}");
    report_candidates(report, &peer, START + 1000); /* nothing new */
    report_event(report, &peer, &event);
    is_line("{\"v\":1,\"t\":1.5,\"event\":\"ice\",\"iceState\":\"connected\"}");
    event.type = RTC_EVENT_PAIR;
    event.pair.path = peer.stats.path;
    event.pair.local_type = event.pair.remote_type = RTC_CANDIDATE_HOST;
    report_event(report, &peer, &event);
    is_line("{\"v\":1,\"t\":1.5,\"event\":\"pair\",\"protocol\":\"udp\","
            "\"local\":{\"candidateType\":\"host\",\"address\":\"192.0.2.1\","
            "\"port\":5},\"remote\":{\"candidateType\":\"host\",\"address\":"
            "\"192.0.2.2\",\"port\":6}}");
    event.type = RTC_EVENT_CONNECTED;
    report_event(report, &peer, &event);
    is_line("{\"v\":1,\"t\":1.5,\"event\":\"dtls\",\"dtlsState\":\"connected\","
            "\"tlsVersion\":\"1.2\",\"dtlsCipher\":null,\"srtpCipher\":"
            "\"AEAD_AES_128_GCM\"}");
    is_line("{\"v\":1,\"t\":1.5,\"event\":\"srtp\",\"srtpCipher\":"
            "\"AEAD_AES_128_GCM\"}");
    event.type = RTC_EVENT_TRACK;
    event.track = 0;
    report_event(report, &peer, &event);
    is_line("{\"v\":1,\"t\":1.5,\"event\":\"track\",\"track\":0,\"mid\":\"0\","
            "\"kind\":\"video\",\"direction\":\"recvonly\",\"codec\":\"VP8\"}");
    event.type = RTC_EVENT_FRAME;
    event.frame = (struct rtc_frame){.keyframe = false};
    report_event(report, &peer, &event);
    is_line("{\"v\":1,\"t\":1.5,\"event\":\"first_packet\",\"track\":0}");
    event.frame.keyframe = true;
    report_event(report, &peer, &event);
    is_line("{\"v\":1,\"t\":1.5,\"event\":\"first_keyframe\",\"track\":0}");
    report_event(report, &peer, &event); /* not the first any more */
    event.type = RTC_EVENT_KEYFRAME_REQUEST;
    report_event(report, &peer, &event);
    is_line("{\"v\":1,\"t\":1.5,\"event\":\"keyframe_request\",\"track\":0}");
    event.type = RTC_EVENT_GAP;
    event.gap.packets = 3;
    event.gap.frames = 1;
    report_event(report, &peer, &event);
    is_line("{\"v\":1,\"t\":1.5,\"event\":\"gap\",\"track\":0,\"packetsLost\":"
            "3,\"framesDropped\":1}");
    report_free(report);
}

static void test_end(void)
{
    struct report *report = open_report();

    report_phase(report, REPORT_GATHER, START + 250000);
    report_phase(report, REPORT_GATHER, START + 900000);
    report_phase(report, REPORT_RESOLVE, START + 100000);
    is_line("{\"v\":1,\"t\":0.1,\"event\":\"resolve\"}");
    report_drop(report, -1, 4, "late", START);
    is_line("{\"v\":1,\"t\":0.1,\"event\":\"drop\",\"track\":null,"
            "\"framesDropped\":4,\"reason\":\"late\"}");
    report_warn(report, "caf\xe9", START);
    is_line("{\"v\":1,\"t\":0.1,\"event\":\"warn\",\"message\":\"caf?\"}");
    report_error(report, RTC_EXIT_ICE, "no pair", START);
    is_line("{\"v\":1,\"t\":0.1,\"event\":\"error\",\"name\":\"ice\","
            "\"message\":\"no pair\",\"exit\":23}");
    report_end(report, &peer, RTC_EXIT_ICE, START + 2000000);
    report_end(report, &peer, RTC_EXIT_DONE, START + 2000000);
    is_line(
        "{\"v\":1,\"t\":2.0,\"event\":\"end\",\"exit\":23,\"name\":\"ice\","
        "\"error\":\"no pair\",\"duration\":2.0,\"phases\":{\"resolve\":0.1,"
        "\"tcp\":null,\"tls\":null,\"http\":null,\"gather\":0.25,\"ice\":null,"
        "\"dtls\":null,\"first_packet\":null,\"first_keyframe\":null},"
        "\"transport\":{\"dtlsState\":\"connected\",\"tlsVersion\":\"1.2\","
        "\"dtlsCipher\":null,\"srtpCipher\":\"AEAD_AES_128_GCM\","
        "\"selectedCandidatePair\":{\"protocol\":\"udp\",\"local\":{"
        "\"candidateType\":\"host\",\"address\":\"192.0.2.1\",\"port\":5},"
        "\"remote\":{\"candidateType\":\"host\",\"address\":\"192.0.2.2\","
        "\"port\":6}},\"currentRoundTripTime\":0.00183,"
        "\"availableOutgoingBitrate\":null,\"packetsSent\":0,"
        "\"bytesSent\":12000,\"packetsReceived\":0,\"bytesReceived\":0,"
        "\"packetsDiscarded\":0,\"srtpFailed\":0,\"srtpReplayed\":0},"
        "\"tracks\":[{\"track\":0,\"mid\":\"0\",\"kind\":\"video\","
        "\"direction\":\"recvonly\",\"codec\":\"VP8\",\"outbound\":{"
        "\"packetsSent\":0,\"bytesSent\":0,\"framesSent\":0,"
        "\"retransmittedPacketsSent\":0,\"retransmittedBytesSent\":0,"
        "\"nackCount\":0,\"pliCount\":0,\"firCount\":0,\"roundTripTime\":null,"
        "\"fractionLost\":null},\"inbound\":{\"packetsReceived\":9,"
        "\"bytesReceived\":0,\"framesReceived\":0,\"packetsLost\":-1,"
        "\"packetsDuplicate\":0,\"packetsRecovered\":0,\"framesDropped\":0,"
        "\"jitter\":0.25,\"nackCount\":0,\"pliCount\":0}}],\"channels\":[],"
        "\"linesLost\":0}");
    is_line("");
    report_free(report);
}

/* What is told is as of then, and only if somebody impairs. */
static void test_impaired(void)
{
    struct report *report = open_report();
    struct impair_counts counts = {0};
    char line[8192] = "";

    report_impair(report, &counts);
    counts = (struct impair_counts){3, 20, 1, 0};
    report_interval(report, &peer, START);
    ok(fgets(line, sizeof line, lines) &&
           strstr(line, "\"srtpReplayed\":0,\"impairedPacketsDropped\":3,"
                        "\"impairedPacketsDelayed\":20,"
                        "\"impairedPacketsDuplicated\":1}"),
       "what an impairment did is told");
    report_free(report);
}

struct values {
    bool loop;
    int role, format;
    const char *file, *token;
    struct option_list headers;
    rtc_usec time, never;
    struct port_range ports;
};

#define AT(member) offsetof(struct values, member)

static const char *const formats[] = {"ivf", "ogg", NULL};
static const struct rtc_option options[] = {
    {.name = "loop", .type = OPTION_FLAG, .offset = AT(loop)},
    {.name = "offer", .type = OPTION_SET, .offset = AT(role), .least = 1},
    {.name = "answer", .type = OPTION_SET, .offset = AT(role), .least = 2},
    {.name = "format",
     .type = OPTION_CHOICE,
     .offset = AT(format),
     .choices = formats},
    {.name = "file", .type = OPTION_FILE, .offset = AT(file)},
    {.name = "token",
     .type = OPTION_STRING,
     .offset = AT(token),
     .secret = true},
    {.name = "header", .type = OPTION_LIST, .offset = AT(headers)},
    {.name = "time", .type = OPTION_DURATION, .offset = AT(time)},
    {.name = "never", .type = OPTION_DURATION, .offset = AT(never)},
    {.name = "ports", .type = OPTION_PORTS, .offset = AT(ports)},
    {.name = NULL},
};

static void test_start(void)
{
    struct cli_tool tool = {.name = "rtc-test", .options = options};
    struct values values = {.loop = true,
                            .role = 2,
                            .format = 1,
                            .token = "hunter2",
                            .headers = {{"a", "b"}, 2},
                            .time = 1500000,
                            .never = RTC_NEVER,
                            .ports = {10, 20}};
    struct report *report = open_report();

    report_start(report, &tool, &values, START);
    is_line("{\"v\":1,\"t\":0.0,\"event\":\"start\",\"tool\":\"rtc-test\","
            "\"version\":\"0.0.0\",\"options\":{\"loop\":true,\"offer\":false,"
            "\"answer\":true,\"format\":\"ogg\",\"file\":null,\"token\":"
            "\"redacted\",\"header\":[\"a\",\"b\"],\"time\":1.5,\"never\":null,"
            "\"ports\":\"10-20\"}}");
    report_free(report);
}

/* A reader that does not read costs lines, not time; one that has gone costs
 * nothing more. */
static void test_slow_reader(void)
{
    int fds[2];
    char fd_name[24];
    struct report *report;

    signal(SIGPIPE, SIG_IGN);
    ok(pipe2(fds, O_CLOEXEC) == 0, "a pipe");
    snprintf(fd_name, sizeof fd_name, "fd:%d", fds[1]);
    report = report_new(fd_name, false, START);
    for (int i = 0; i < 3000; i++)
        report_drop(report, 0, 1, "late", START);
    ok(true, "3000 lines into a pipe of 64 KiB do not block");
    close(fds[0]);
    report_end(report, NULL, 0, START);
    report_free(report);
    report = report_new(NULL, false, START);
    report_warn(report, "nobody reads", START);
    report_end(report, NULL, 0, START);
    report_free(report);
    ok(!report_new("/nowhere/x", false, START), "a file that cannot be made");
}

static void print_statistics(void *user)
{
    (void)user;
    statistics_print(&peer, 2500000, stdout);
}

static void test_statistics(void)
{
    is_str(capture(print_statistics, NULL).text,
           "rtcpipe: 2.5 s, host 192.0.2.1:5 to host 192.0.2.2:6, round trip "
           "1.8 ms, 12 kB sent, 0 kB received\n"
           "rtcpipe:   track 0 video VP8: received 0 frames in 9 packets "
           "(0 kB), -1 lost, 0 frames dropped, jitter 250.0 ms;\n",
           "for people");
}

int main(void)
{
    close(mkstemp(name));
    test_events();
    test_end();
    test_impaired();
    test_start();
    test_slow_reader();
    test_statistics();
    unlink(name);
    return tap_done();
}
