/* SPDX-License-Identifier: MIT
 *
 * What is made of a client's counters: as a publisher, whose server reports,
 * and as a player.
 */
#include "cmd/probe/client_report.h"

#include <math.h>
#include <string.h>
#include <time.h>

#include "tap.h"

static void near(double got, double want, const char *name)
{
    if (!ok(got > want - 1e-9 && got < want + 1e-9, name))
        printf("# got %.12g, want %.12g\n", got, want);
}

static void test_nothing(void)
{
    struct client client = {.connected_at = RTC_NEVER, .ended_at = RTC_NEVER};
    struct client_numbers n;

    player_init(&client.player);
    client_numbers(&client, &n);
    ok(n.connect < 0 && n.first_keyframe < 0 && n.loss < 0 && n.jitter < 0 &&
           n.rtt < 0 && n.bitrate < 0,
       "nothing is known");
    ok(n.expected == 0 && n.lost == 0 && n.path_lost == 0, "nothing counted");
}

static void test_player(void)
{
    struct client client = {.connected_at = 1000000, .ended_at = 6000000};
    struct client_numbers n;

    player_init(&client.player);
    client.player.counts[RTC_VIDEO].first_at = 2000000;
    client.player.counts[RTC_AUDIO].first_at = 3000000;
    client.tracks[RTC_VIDEO] = (struct rtc_track_stats){.packets_received = 80,
                                                        .bytes_received = 40000,
                                                        .packets_lost = 20,
                                                        .packets_missed = 20};
    /* Twelve were lost, of which two never came. */
    client.tracks[RTC_AUDIO] = (struct rtc_track_stats){.packets_received = 98,
                                                        .bytes_received = 10000,
                                                        .packets_lost = 2,
                                                        .packets_missed = 12};
    client.receive_drops = 10;
    client.rtt = (struct client_series){2, 0.01, 0.03, 0.04};
    client_numbers(&client, &n);
    is_int(n.expected, 200, "expected");
    is_int(n.lost, 32, "lost at first");
    is_int(n.path_lost, 22, "less what our own sockets dropped");
    near(n.loss, 0.16, "the loss");
    near(n.bitrate, 8 * 50000 / 4.0, "bits since the first frame");
    near(n.rtt, 0.02, "the mean round trip");
    client.receive_drops = 100;
    client_numbers(&client, &n);
    is_int(n.path_lost, 0, "not all that is dropped was media");
}

static void test_publisher(void)
{
    static const struct publisher_options options = {0};
    struct driver *driver = driver_new();
    struct client client = {.connected_at = 1000000, .ended_at = 3000000};
    struct client_numbers n;

    client.publisher = publisher_new(driver, &options);
    client.tracks[RTC_VIDEO] = (struct rtc_track_stats){.packets_sent = 110,
                                                        .bytes_sent = 50000,
                                                        .remote_expected = 100,
                                                        .remote_lost = 25,
                                                        .packets_missed = 7};
    client.receive_drops = 10;
    client_numbers(&client, &n);
    is_int(n.expected, 100, "as far as the reports go");
    is_int(n.lost, 25, "lost to the remote");
    is_int(n.path_lost, 25, "our own sockets have no part in it");
    near(n.loss, 0.25, "the loss");
    near(n.bitrate, 8 * 50000 / 2.0, "bits since it connected");
    publisher_free(client.publisher);
    driver_free(driver);
}

static double days_told(int64_t expires)
{
    struct client client = {.connected_at = RTC_NEVER,
                            .ended_at = RTC_NEVER,
                            .end.certificate_expires = expires};
    const struct probe_kind kind = {"session", "sessions"};
    struct probe_group group;
    double days = 0;

    player_init(&client.player);
    client.end.options.whep = "https://192.0.2.1/";
    client.options = &(struct client_options){.end = client.end.options};
    probe_group_init(&group, &kind, "it");
    client_measure(&client, &group);
    for (unsigned i = 0; i < group.count; i++)
        if (!strcmp(group.measures[i].name, "certificateDays"))
            days = group.measures[i].value;
    probe_group_done(&group);
    return days;
}

static void test_certificate(void)
{
    int64_t now = (int64_t)time(NULL);

    ok(isnan(days_told(0)), "no certificate, no days");
    near(days_told(now + 3 * 86400 + 60), 3, "three days and a minute");
    near(days_told(now - 60), -1, "it ended within the last day");
    near(days_told(now - 3 * 86400 - 60), -4, "it ended days ago");
}

int main(void)
{
    test_nothing();
    test_player();
    test_publisher();
    test_certificate();
    return tap_done();
}
