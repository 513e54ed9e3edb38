/* SPDX-License-Identifier: MIT
 * The pacer between a sender of video and links that do not take all of it: how
 * long packets wait on the way, with an application that obeys
 * RTC_EVENT_BITRATE and with one that does not. Frames are bursts of packets,
 * 30 a second, every sixtieth a key frame of four times the size. */
#include "tests/sim/check.h"

#define MS 1000
#define SEC 1000000

enum { PACKET_LEN = 1150, START_BPS = 300000, FPS = 30, DELAYS = 300000 };

/* Delays of one kind. */
struct delays {
    rtc_usec us[DELAYS];
    unsigned count;
};

static struct {
    struct sim_pair *pair;
    struct sim_link link;
    int video, audio;   /* -1: none */
    uint64_t fixed_bps; /* whatever it is told; 0: as told */
    uint64_t told_bps;
    unsigned frame;
    rtc_usec next;
    /* Of the current look. */
    unsigned refused;
    uint64_t bytes;
    struct delays queue;                    /* on the way */
    struct delays video_whole, audio_whole; /* from the application on */
} run;

static void note(struct delays *d, rtc_usec us)
{
    if (d->count < DELAYS)
        d->us[d->count++] = us;
}

/* One packet with its moment. */
static void send_packet(struct sim_side *side, int track, size_t len, bool last,
                        rtc_usec now)
{
    uint8_t data[PACKET_LEN - 60] = {0x90, 0x80, 0x80, 0x00};
    const struct rtc_packet packet = {
        .payload = data,
        .len = len < sizeof data ? len : sizeof data,
        .payload_type = track == run.audio ? 111 : 96,
        .marker = last,
        .media_time = (uint64_t)run.frame *
                      (track == run.audio ? 48000u / FPS : 90000u / FPS),
        .time = RTC_NEVER};

    memcpy(data + 8, &now, sizeof now);
    if (rtc_peer_send_packet(side->peer, track, &packet, now))
        run.refused++;
}

static rtc_usec on_timer(struct sim_side *side, rtc_usec now)
{
    uint64_t bps = run.fixed_bps  ? run.fixed_bps
                   : run.told_bps ? run.told_bps
                                  : START_BPS;
    /* 59 of 60 are of one size, the other of four. */
    size_t len = bps / 8 / FPS * 60 / 63 * (run.frame % 60 ? 1 : 4);

    for (size_t at = 0; at < len; at += PACKET_LEN)
        send_packet(side, run.video, len - at < 100 ? 100 : len - at,
                    at + PACKET_LEN >= len, now);
    if (run.audio >= 0)
        send_packet(side, run.audio, 100, false, now);
    run.frame++;
    run.next += SEC / FPS;
    return run.next;
}

static void on_told(struct sim_side *side, const struct rtc_event *event)
{
    (void)side;
    if (event->type == RTC_EVENT_BITRATE)
        run.told_bps = event->bitrate_bps;
}

static void on_packet(struct sim_side *side, const struct rtc_event *event)
{
    rtc_usec sent;

    if (event->type != RTC_EVENT_PACKET || event->packet.len < 16)
        return;
    memcpy(&sent, event->packet.payload + 8, sizeof sent);
    run.bytes += event->packet.len + 60;
    note(event->track == run.audio ? &run.audio_whole : &run.video_whole,
         side->pair->now - sent);
}

static bool on_arrival(struct sim_side *side, const struct sim_packet *packet)
{
    (void)side;
    note(&run.queue, packet->due - packet->sent - run.link.delay_us);
    return true;
}

static void add_track(enum rtc_kind kind, enum rtc_codec codec, int *ret_track)
{
    struct rtc_track_config track = {.kind = kind,
                                     .direction = RTC_SENDONLY,
                                     .codecs = {codec},
                                     .codec_count = 1,
                                     .packets = true};

    *ret_track = rtc_peer_add_track(run.pair->side[SIM_L].peer, &track);
    track.direction = RTC_RECVONLY;
    rtc_peer_add_track(run.pair->side[SIM_R].peer, &track);
}

static void set_link(const struct sim_link *link)
{
    run.link = *link;
    sim_net_link(run.pair->net, &run.pair->side[SIM_L].addrs[0], link);
}

static void begin(uint64_t seed, const struct sim_link *link,
                  uint64_t fixed_bps, bool audio)
{
    const struct sim_link back = {.delay_us = link->delay_us};

    memset(&run, 0, sizeof run);
    run.fixed_bps = fixed_bps;
    run.audio = -1;
    run.pair = sim_pair_new(seed);
    sim_pair_start(run.pair);
    set_link(link);
    sim_net_link(run.pair->net, &run.pair->side[SIM_R].addrs[0], &back);
    run.pair->side[SIM_L].on_event = on_told;
    run.pair->side[SIM_R].on_event = on_packet;
    run.pair->side[SIM_R].on_arrival = on_arrival;
    add_track(RTC_VIDEO, RTC_CODEC_VP8, &run.video);
    if (audio)
        add_track(RTC_AUDIO, RTC_CODEC_OPUS, &run.audio);
    seeded(run.pair, sim_pair_connect(run.pair, 20 * SEC) != RTC_NEVER,
           "connected");
    run.pair->side[SIM_L].on_timer = on_timer;
    run.next = run.pair->side[SIM_L].timer = run.pair->now;
}

static void end(void)
{
    within(run.pair,
           run.pair->side[0].past_deadlines + run.pair->side[1].past_deadlines,
           0, 0, "no deadline in the past");
    sim_pair_free(run.pair);
}

/* Bits that came, a second. */
static uint64_t look(rtc_usec span)
{
    run.bytes = run.refused = 0;
    run.queue.count = run.video_whole.count = run.audio_whole.count = 0;
    sim_pair_run(run.pair, run.pair->now + span);
    return run.bytes * 8 * SEC / (uint64_t)span;
}

static int compare(const void *a, const void *b)
{
    rtc_usec x = *(const rtc_usec *)a, y = *(const rtc_usec *)b;

    return x < y ? -1 : x > y;
}

/* What so many of a hundred do not exceed. */
static rtc_usec part(struct delays *d, unsigned percent)
{
    qsort(d->us, d->count, sizeof *d->us, compare);
    return d->count ? d->us[(d->count - 1) * percent / 100] : 0;
}

static void print(const char *name, uint64_t came)
{
    printf("# %s: told %d kbit/s, came %d, refused %u; on the way p50 %d p95 "
           "%d most %d ms; video p95 %d, audio p95 %d most %d ms\n",
           name, (int)(run.told_bps / 1000), (int)(came / 1000), run.refused,
           (int)(part(&run.queue, 50) / MS), (int)(part(&run.queue, 95) / MS),
           (int)(part(&run.queue, 100) / MS),
           (int)(part(&run.video_whole, 95) / MS),
           (int)(part(&run.audio_whole, 95) / MS),
           (int)(part(&run.audio_whole, 100) / MS));
}

/* Spends what it is told. */
static void test_obeys(uint64_t bps)
{
    const struct sim_link link = {.delay_us = 20 * MS, .rate_bps = bps};
    uint64_t came;

    begin(21, &link, 0, false);
    look(10 * SEC);
    came = look(20 * SEC);
    print("as told", came);
    within(run.pair, came, bps * 5 / 10, bps, "as told: uses the link");
    within(run.pair, part(&run.queue, 95), 0, 100 * MS, "and fills no queue");
    within(run.pair, run.refused, 0, 0, "nothing is refused");
    end();
}

/* Twice what there is, with audio. */
static void test_pushes(uint64_t bps)
{
    const struct sim_link link = {.delay_us = 20 * MS, .rate_bps = bps};
    uint64_t came;

    begin(22, &link, 2 * bps, true);
    look(10 * SEC);
    came = look(20 * SEC);
    print("twice too much", came);
    within(run.pair, came, bps * 7 / 10, bps + bps / 20,
           "twice too much: uses the link");
    within(run.pair, part(&run.queue, 95), 0, 220 * MS, "and fills no queue");
    within(run.pair, run.refused, 1, UINT32_MAX, "what is too much is refused");
    within(run.pair, part(&run.audio_whole, 95), 20 * MS, 250 * MS,
           "audio waits for nothing but the way");
    end();
}

/* Down to a twelfth and up again. */
static void test_drop(uint64_t fixed_bps, const char *name)
{
    struct sim_link link = {.delay_us = 20 * MS, .rate_bps = 10000000};

    begin(23, &link, fixed_bps, true);
    look(20 * SEC);
    link.rate_bps = 800000;
    set_link(&link);
    print(name, look(5 * SEC));
    within(run.pair, part(&run.queue, 100), 0, 2200 * MS,
           "10 to 0.8 Mbit/s: the queue on the way");
    print(name, look(10 * SEC));
    within(run.pair, part(&run.queue, 95), 0, 220 * MS, "is gone in 5 s");
    link.rate_bps = 10000000;
    set_link(&link);
    print(name, look(20 * SEC));
    print(name, look(5 * SEC));
    within(run.pair, part(&run.queue, 95), 0, 100 * MS, "and up again");
    within(run.pair, run.told_bps, 1500000, 11000000, "to some of it");
    end();
}

/* No limit is met: nothing waits. */
static void test_fast(uint64_t bps)
{
    const struct sim_link link = {.delay_us = 20 * MS};

    begin(24, &link, bps, true);
    look(5 * SEC);
    print("no limit", look(20 * SEC));
    within(run.pair, part(&run.video_whole, 100), link.delay_us,
           link.delay_us + MS, "key frames take no longer");
    within(run.pair, run.refused, 0, 0, "nothing is refused");
    end();
}

int main(void)
{
    test_obeys(1000000);
    test_obeys(3000000);
    test_obeys(10000000);
    test_pushes(500000);
    test_pushes(1000000);
    test_pushes(3000000);
    test_pushes(10000000);
    test_drop(0, "as told");
    test_drop(8000000, "8 Mbit/s always");
    test_fast(300000);
    test_fast(4000000);
    return tap_done();
}
