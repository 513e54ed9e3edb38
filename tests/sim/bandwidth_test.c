/* SPDX-License-Identifier: MIT
 * Congestion control over links whose rate, delay and loss change: a sender
 * that spends what it is told, in packets of 1150 bytes, must use the link and
 * not fill its queue. Acceptance B4 to B12 and B15, as far as they hold without
 * probing. */
#include "tests/sim/check.h"

#include <unistd.h>

#define MS 1000
#define SEC 1000000

enum { PACKET_LEN = 1150, START_BPS = 300000, SECOND_MOST = 100 };

/* One sender and what it and its receiver saw. */
struct run {
    struct sim_pair *pair;
    int track;
    uint64_t desired_bps; /* spends no more; 0: all it is told */
    uint64_t told_bps;    /* by the last event, 0 for none yet */
    unsigned told_count;
    rtc_usec next, begun;
    unsigned refused;
    /* Of the current look: sim_look. */
    uint64_t bytes;
    rtc_usec delays[200000];
    unsigned delay_count;
    uint64_t most_bps, least_bps;
};

static struct run run;

static uint64_t rate(void)
{
    uint64_t bps = run.told_bps ? run.told_bps : START_BPS;

    return run.desired_bps && run.desired_bps < bps ? run.desired_bps : bps;
}

/* Sends what is due, each packet with its moment. */
static rtc_usec on_timer(struct sim_side *side, rtc_usec now)
{
    static uint64_t number;
    uint8_t data[PACKET_LEN - 60] = {0x90, 0x80, 0x80, 0x00};
    struct rtc_packet packet = {.payload = data,
                                .len = sizeof data,
                                .payload_type = 96,
                                .marker = true,
                                .media_time = number++ * 300,
                                .time = RTC_NEVER};

    memcpy(data + 8, &now, sizeof now);
    if (rtc_peer_send_packet(side->peer, run.track, &packet, now))
        run.refused++;
    run.next += PACKET_LEN * 8 * (rtc_usec)SEC / (rtc_usec)rate();
    return run.next;
}

static void on_told(struct sim_side *side, const struct rtc_event *event)
{
    (void)side;
    if (event->type != RTC_EVENT_BITRATE)
        return;
    run.told_bps = event->bitrate_bps;
    run.told_count++;
    if (run.told_bps > run.most_bps)
        run.most_bps = run.told_bps;
    if (run.told_bps < run.least_bps)
        run.least_bps = run.told_bps;
}

static void on_packet(struct sim_side *side, const struct rtc_event *event)
{
    rtc_usec sent;

    if (event->type != RTC_EVENT_PACKET || event->packet.len < 16)
        return;
    memcpy(&sent, event->packet.payload + 8, sizeof sent);
    run.bytes += PACKET_LEN;
    if (run.delay_count < sizeof run.delays / sizeof *run.delays)
        run.delays[run.delay_count++] = side->pair->now - sent;
}

static void add_tracks(struct sim_pair *pair)
{
    struct rtc_track_config track = {.kind = RTC_VIDEO,
                                     .direction = RTC_SENDONLY,
                                     .codecs = {RTC_CODEC_VP8},
                                     .codec_count = 1,
                                     .packets = true};

    run.track = rtc_peer_add_track(pair->side[SIM_L].peer, &track);
    track.direction = RTC_RECVONLY;
    rtc_peer_add_track(pair->side[SIM_R].peer, &track);
}

/* Connects over `link`, L to R, and begins to send. */
static void begin(uint64_t seed, const struct sim_link *link)
{
    struct sim_link back = {.delay_us = link->delay_us};

    run = (struct run){.least_bps = UINT64_MAX};
    run.pair = sim_pair_new(seed);
    sim_pair_link(run.pair, link);
    sim_pair_start(run.pair);
    sim_net_link(run.pair->net, &run.pair->side[SIM_R].addrs[0], &back);
    run.pair->side[SIM_L].on_event = on_told;
    run.pair->side[SIM_R].on_event = on_packet;
    add_tracks(run.pair);
    seeded(run.pair, sim_pair_connect(run.pair, 20 * SEC) != RTC_NEVER,
           "connected");
    run.pair->side[SIM_L].on_timer = on_timer;
    run.begun = run.next = run.pair->side[SIM_L].timer = run.pair->now;
}

static void change(const struct sim_link *link)
{
    sim_net_link(run.pair->net, &run.pair->side[SIM_L].addrs[0], link);
}

static int compare(const void *a, const void *b)
{
    rtc_usec x = *(const rtc_usec *)a, y = *(const rtc_usec *)b;

    return x < y ? -1 : x > y;
}

/* Delay that a twentieth of the packets exceeds. */
static rtc_usec late(void)
{
    qsort(run.delays, run.delay_count, sizeof *run.delays, compare);
    return run.delay_count ? run.delays[run.delay_count * 19 / 20] : RTC_NEVER;
}

/* Runs on and looks at what came: bits a second. */
static uint64_t look(rtc_usec span)
{
    run.bytes = run.delay_count = 0;
    run.most_bps = run.least_bps = run.told_bps;
    sim_pair_run(run.pair, run.pair->now + span);
    return run.bytes * 8 * SEC / (uint64_t)span;
}

static void end(void)
{
    within(run.pair, run.refused, 0, 0, "no packet was refused");
    within(run.pair,
           run.pair->side[0].past_deadlines + run.pair->side[1].past_deadlines,
           0, 0, "no deadline in the past");
    sim_pair_free(run.pair);
}

/* Told rate: at least `low`, and never more than a tenth over the link. */
static void check_told(uint64_t low, uint64_t high, const char *name)
{
    within(run.pair, run.told_bps, low, high + high / 10, name);
}

/* One second after another the rate came is at least this, and a twentieth of
 * the packets wait no longer than that. */
static void check_steady(unsigned seconds, const struct sim_link *link,
                         uint64_t low)
{
    uint64_t came = look(seconds * SEC);

    within(run.pair, came, low, link->rate_bps + link->rate_bps / 50,
           "uses the link");
    within(run.pair, late(), link->delay_us, link->delay_us + 100 * MS,
           "and does not fill its queue");
    within(run.pair, run.most_bps, low, link->rate_bps + link->rate_bps / 10,
           "told no more than it carries");
    within(run.pair, run.told_count, 1, 5 * (run.pair->now - run.begun) / SEC,
           "a few times a second at most");
}

/* B5: from 300 kbit/s up, and to what is there. */
static void test_growth(void)
{
    const struct sim_link link = {.delay_us = 20 * MS, .rate_bps = 10000000};

    begin(5, &link);
    look(2 * SEC);
    check_told(1000000, link.rate_bps, "B5: after 2 s");
    look(10 * SEC);
    check_told(5000000, link.rate_bps, "after 12 s");
    check_steady(20, &link, 7000000);
    end();
}

/* B10. */
static void test_converge(void)
{
    const struct sim_link link = {.delay_us = 20 * MS, .rate_bps = 2000000};

    begin(10, &link);
    look(5 * SEC);
    check_told(1400000, link.rate_bps, "B10: converges");
    check_steady(30, &link, 1600000);
    end();
}

/* B4, B6: a longer way is no queue. */
static void test_delay(void)
{
    struct sim_link link = {.delay_us = 20 * MS, .rate_bps = 3000000};

    begin(4, &link);
    look(10 * SEC);
    check_told(2000000, link.rate_bps, "B4: before the way got longer");
    link.delay_us = 100 * MS;
    change(&link);
    look(2 * SEC);
    check_told(1000000, link.rate_bps, "and after");
    check_steady(15, &link, 1400000);
    end();
    link = (struct sim_link){.delay_us = 20 * MS, .rate_bps = 5000000};
    begin(6, &link);
    look(10 * SEC);
    check_told(2000000, link.rate_bps, "B6: before");
    link.delay_us = 150 * MS;
    change(&link);
    look(10 * SEC);
    check_told(500000, link.rate_bps, "on the long way");
    link.delay_us = 20 * MS;
    change(&link);
    look(10 * SEC);
    check_told(1000000, link.rate_bps, "and back");
    check_steady(10, &link, 3000000);
    end();
}

/* B7: three seconds of nothing. */
static void test_outage(void)
{
    struct sim_link link = {.delay_us = 20 * MS, .rate_bps = 3000000};

    begin(7, &link);
    look(10 * SEC);
    link.dead = true;
    change(&link);
    look(3 * SEC);
    link.dead = false;
    change(&link);
    look(15 * SEC);
    check_told(2000000, link.rate_bps, "B7: recovers from an outage");
    check_steady(10, &link, 1800000);
    end();
}

/* B8: what is not sent says nothing. */
static void test_application_limit(void)
{
    const struct sim_link link = {.delay_us = 20 * MS, .rate_bps = 50000000};

    begin(8, &link);
    run.desired_bps = 3000000;
    look(60 * SEC);
    within(run.pair, run.told_bps, 2000000, 4800000,
           "B8: half more than what is sent");
    run.desired_bps = 64000;
    look(60 * SEC);
    within(run.pair, run.told_bps, 2000000, 4800000, "a pause changes nothing");
    end();
}

/* From `high` down to `low` and up again. */
static void check_drop(uint64_t high, uint64_t low, uint64_t least_up,
                       const char *name)
{
    struct sim_link link = {.delay_us = 20 * MS, .rate_bps = high};
    uint64_t bps;

    begin(9, &link);
    look(20 * SEC);
    check_told(high / 2, high, name);
    link.rate_bps = low;
    change(&link);
    look(SEC);
    check_told(low / 3, low, "backs off within a second");
    look(14 * SEC);
    check_told(low / 2, low, "finds the new rate");
    check_steady(5, &link, low * 6 / 10);
    link.rate_bps = high;
    change(&link);
    bps = run.told_bps;
    look(3 * SEC);
    within(run.pair, run.told_bps, bps * 8 / 10, high, "holds on");
    look(22 * SEC);
    within(run.pair, run.told_bps, least_up, high + high / 10, "and up again");
    end();
}

/* B12: loss that is the link's own. */
static void test_loss(void)
{
    struct sim_link link = {.delay_us = 20 * MS, .rate_bps = 5000000};

    begin(12, &link);
    look(15 * SEC);
    check_told(2000000, link.rate_bps, "B12: before any loss");
    link.loss = 0.1;
    change(&link);
    look(20 * SEC);
    check_told(1000000, link.rate_bps, "a tenth is lost at random");
    link.loss = 0;
    link.burst_good = 40;
    link.burst_bad = 7;
    change(&link);
    look(20 * SEC);
    check_told(1000000, link.rate_bps, "15 % in bursts");
    end();
    link = (struct sim_link){
        .delay_us = 20 * MS, .rate_bps = 5000000, .loss = 0.1};
    begin(13, &link);
    look(30 * SEC);
    check_told(1000000, link.rate_bps, "lossy from the start");
    end();
}

/* A queue so short that it shows as loss only. */
static void test_short_queue(void)
{
    const struct sim_link link = {
        .delay_us = 20 * MS, .rate_bps = 2000000, .queue_bytes = 4000};

    begin(14, &link);
    look(20 * SEC);
    within(run.pair, look(20 * SEC), 1000000, link.rate_bps,
           "a queue of three packets: uses the link");
    within(run.pair, run.most_bps, 1000000, link.rate_bps * 12 / 10,
           "told little more than it carries");
    end();
}

/* The presets of networks of the acceptance cases. */
static const struct preset {
    const char *name;
    struct sim_link link;
    uint64_t desired_bps, least_bps;
} presets[] = {
    {"wifi",
     {5 * MS, 2 * MS, 100000000, 200000, 0, 200, 2, 0, 0, false},
     8000000,
     7000000},
    {"lossy wifi",
     {15 * MS, 10 * MS, 50000000, 100000, 0, 40, 2, 0, 0, false},
     8000000,
     3000000},
    {"congested wifi",
     {10 * MS, 20 * MS, 5000000, 30000, 0, 20, 2, 0, 0, false},
     8000000,
     500000},
    {"cellular",
     {50 * MS, 15 * MS, 30000000, 100000, 0, 100, 2, 0, 0, false},
     8000000,
     2000000},
    {"satellite",
     {600 * MS, 30 * MS, 15000000, 500000, 0, 100, 3, 0, 0, false},
     8000000,
     400000},
    {"congested",
     {80 * MS, 40 * MS, 10000000, 50000, 0, 20, 2, 0, 0, false},
     8000000,
     250000},
};

static void test_presets(void)
{
    for (size_t i = 0; i < sizeof presets / sizeof *presets; i++) {
        const struct preset *p = &presets[i];
        uint64_t came;

        begin(12345, &p->link);
        run.desired_bps = p->desired_bps;
        look(30 * SEC);
        came = look(10 * SEC);
        printf("# %s: told %d kbit/s, came %d, p95 %d ms\n", p->name,
               (int)(run.told_bps / 1000), (int)(came / 1000),
               (int)(late() / MS));
        within(run.pair, came, p->least_bps, p->link.rate_bps, p->name);
        within(run.pair, late(), p->link.delay_us - p->link.jitter_us,
               2 * p->link.delay_us + p->link.delay_us + 200 * MS,
               "without a long queue");
        end();
    }
}

int main(void)
{
    test_growth();
    test_converge();
    test_delay();
    test_outage();
    test_application_limit();
    check_drop(5000000, 1000000, 1500000, "B9: 5 Mbit/s");
    check_drop(10000000, 800000, 3000000, "B11: 10 Mbit/s");
    test_loss();
    test_short_queue();
    test_presets();
    return tap_done();
}
