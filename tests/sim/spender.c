/* SPDX-License-Identifier: MIT
 * Each packet carries the moment it was made at. */
#include "tests/sim/spender.h"

struct spender run;

static uint64_t rate(void)
{
    uint64_t bps = run.told_bps ? run.told_bps : SPEND_START_BPS;

    return run.desired_bps && run.desired_bps < bps ? run.desired_bps : bps;
}

/* Sends what is due, each packet with its moment. */
static rtc_usec on_timer(struct sim_side *side, rtc_usec now)
{
    static uint64_t number;
    uint8_t data[SPEND_PACKET_LEN - 60] = {0x90, 0x80, 0x80, 0x00};
    struct rtc_packet packet = {.payload = data,
                                .len = sizeof data,
                                .payload_type = 96,
                                .marker = true,
                                .media_time = number++ * 300,
                                .time = RTC_NEVER};

    memcpy(data + 8, &now, sizeof now);
    if (rtc_peer_send_packet(side->peer, run.track, &packet, now))
        run.refused++;
    run.next += SPEND_PACKET_LEN * 8 * (rtc_usec)SEC / (rtc_usec)rate();
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
    run.bytes += SPEND_PACKET_LEN;
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

bool spend_connect(uint64_t seed, const struct sim_link *link)
{
    struct sim_link back = {.delay_us = link->delay_us};
    bool is_connected;

    run = (struct spender){.least_bps = UINT64_MAX};
    run.pair = sim_pair_new(seed);
    sim_pair_link(run.pair, link);
    sim_pair_start(run.pair);
    sim_net_link(run.pair->net, &run.pair->side[SIM_R].addrs[0], &back);
    run.pair->side[SIM_L].on_event = on_told;
    run.pair->side[SIM_R].on_event = on_packet;
    add_tracks(run.pair);
    is_connected = sim_pair_connect(run.pair, 20 * SEC) != RTC_NEVER;
    run.pair->side[SIM_L].on_timer = on_timer;
    run.begun = run.next = run.pair->side[SIM_L].timer = run.pair->now;
    return is_connected;
}

void spend_change(const struct sim_link *link)
{
    sim_net_link(run.pair->net, &run.pair->side[SIM_L].addrs[0], link);
}

static int compare(const void *a, const void *b)
{
    rtc_usec x = *(const rtc_usec *)a, y = *(const rtc_usec *)b;

    return x < y ? -1 : x > y;
}

rtc_usec spend_late(void)
{
    qsort(run.delays, run.delay_count, sizeof *run.delays, compare);
    return run.delay_count ? run.delays[run.delay_count * 19 / 20] : RTC_NEVER;
}

uint64_t spend_look(rtc_usec span)
{
    run.bytes = run.delay_count = 0;
    run.most_bps = run.least_bps = run.told_bps;
    sim_pair_run(run.pair, run.pair->now + span);
    return run.bytes * 8 * SEC / (uint64_t)span;
}
