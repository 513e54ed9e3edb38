/* SPDX-License-Identifier: MIT
 * Capture times across a session: every frame has the moment it was captured,
 * from the first one on, the same for frames of two tracks captured at once. */
#include "rtcp/compound.h"
#include "tests/sim/check.h"

#define MS 1000
#define SEC 1000000

/* What was seen of each flow's frames, all of which are captured when sent. */
static struct {
    unsigned frames, unknown, back, stale;
    bool known;
    rtc_usec first;   /* remote time less time of sending */
    rtc_usec off_max; /* the most that difference changed */
    rtc_usec last;
    uint64_t last_media_time;
} seen[SIM_FLOW_MOST];

static void (*note)(struct sim_side *side, const struct rtc_event *event);

static void take(const struct sim_flow *flow, unsigned index,
                 const struct rtc_frame *frame, rtc_usec now)
{
    rtc_usec sent = flow->begun + (rtc_usec)flow->last * flow->interval_us;
    rtc_usec origin = frame->remote_time - sent, off;

    seen[index].frames++;
    seen[index].stale += now - frame->time >= 200 * MS;
    seen[index].back +=
        seen[index].frames > 1 &&
        (frame->media_time < seen[index].last_media_time ||
         (seen[index].known && frame->remote_time < seen[index].last));
    seen[index].last_media_time = frame->media_time;
    if (frame->remote_time == RTC_NEVER) {
        seen[index].unknown++;
        return;
    }
    if (!seen[index].known)
        seen[index].first = origin;
    seen[index].known = true;
    seen[index].last = frame->remote_time;
    off = origin - seen[index].first;
    off = off < 0 ? -off : off;
    if (off > seen[index].off_max)
        seen[index].off_max = off;
}

static void on_event(struct sim_side *side, const struct rtc_event *event)
{
    struct sim_talk *talk = side->user;

    note(side, event);
    for (unsigned i = 0; event->type == RTC_EVENT_FRAME && i < talk->flow_count;
         i++)
        if (talk->flows[i].from != side->which &&
            talk->flows[i].track[side->which] == event->track)
            take(&talk->flows[i], i, &event->frame, side->pair->now);
}

static struct sim_talk *new_talk(uint64_t seed, const struct sim_link *link)
{
    struct sim_talk *talk = sim_talk_new(seed, link);

    memset(seen, 0, sizeof seen);
    note = talk->pair->side[SIM_R].on_event;
    talk->pair->side[SIM_R].on_event = on_event;
    sim_pair_start(talk->pair);
    sim_talk_add(talk, SIM_L, RTC_CODEC_OPUS);
    sim_talk_add(talk, SIM_L, RTC_CODEC_VP8);
    return talk;
}

/* Begins flow 0, and after `offset_us` flow 1. */
static void begin(struct sim_talk *talk, rtc_usec offset_us)
{
    talk->flows[1].next = 0; /* not yet */
    sim_talk_begin(talk);
    talk->flows[1].next = RTC_NEVER;
    sim_talk_run(talk, offset_us);
    sim_talk_begin(talk);
}

static void check_both(struct sim_talk *talk, rtc_usec most_us)
{
    rtc_usec apart = seen[0].first - seen[1].first;

    for (unsigned i = 0; i < 2; i++) {
        seeded(talk->pair, seen[i].frames > 0, "frames came");
        within(talk->pair, seen[i].back, 0, 0, "no time steps back");
        within(talk->pair, seen[i].stale, 0, 0, "arrival times are fresh");
        within(talk->pair, seen[i].off_max, 0, most_us,
               "capture times are right");
    }
    within(talk->pair, apart, -MS, MS, "and the same for both tracks");
    sound(talk, "soundly");
}

static void test_offset(void)
{
    static const rtc_usec offsets[] = {0, 20 * MS, 700 * MS, 3100 * MS};
    static const struct sim_link wire = {.delay_us = 40 * MS};

    for (size_t i = 0; i < sizeof offsets / sizeof *offsets; i++) {
        struct sim_talk *talk = new_talk(i + 1, &wire);
        seeded(talk->pair, sim_pair_connect(talk->pair, SEC) != RTC_NEVER,
               "connected");
        begin(talk, offsets[i]);
        sim_talk_run(talk, 20 * SEC);
        within(talk->pair, seen[0].unknown + seen[1].unknown, 0, 0,
               "capture times are known from the first frame on");
        check_both(talk, 100);
        sim_talk_free(talk);
    }
}

/* Sender reports are lost with the rest. */
static void test_loss(void)
{
    static const struct sim_link link = {
        .delay_us = 40 * MS, .jitter_us = 15 * MS, .loss = 0.2};

    for (uint64_t seed = 1; seed <= 5; seed++) {
        struct sim_talk *talk = new_talk(seed, &link);
        seeded(talk->pair, sim_pair_connect(talk->pair, 9 * SEC) != RTC_NEVER,
               "connected");
        begin(talk, 330 * MS);
        sim_talk_run(talk, 30 * SEC);
        within(talk->pair, seen[0].unknown, 0, 150,
               "capture times are soon known, though reports are lost");
        within(talk->pair, seen[1].unknown, 0, 75, "of video, too");
        for (unsigned i = 0; i < 2; i++) {
            within(talk->pair, seen[i].back, 0, 0, "no time steps back");
            within(talk->pair, seen[i].off_max, 0, 100, "and they are right");
        }
        within(talk->pair, seen[0].first - seen[1].first, -MS, MS,
               "for both tracks");
        sim_talk_free(talk);
    }
}

/* Both pause, and go on as if they had not. */
static void test_pause(void)
{
    static const rtc_usec pauses[] = {2200 * MS, 4200 * MS, 8200 * MS};
    static const struct sim_link wire = {.delay_us = 40 * MS};

    for (size_t i = 0; i < sizeof pauses / sizeof *pauses; i++) {
        struct sim_talk *talk = new_talk(i + 1, &wire);
        sim_pair_connect(talk->pair, SEC);
        begin(talk, 0);
        sim_talk_run(talk, 3 * SEC);
        for (unsigned f = 0; f < 2; f++) {
            struct sim_flow *flow = &talk->flows[f];
            unsigned skipped = (unsigned)(pauses[i] / flow->interval_us);
            flow->sent += skipped;
            flow->refused = 1; /* its numbers have a hole */
            flow->next += skipped * flow->interval_us;
        }
        sim_talk_run(talk, pauses[i] + 3 * SEC);
        within(talk->pair, seen[0].frames, 295, 310, "audio goes on");
        within(talk->pair, seen[1].frames, 145, 155, "video goes on");
        check_both(talk, 100);
        sim_talk_free(talk);
    }
}

int main(void)
{
    test_offset();
    test_loss();
    test_pause();
    return tap_done();
}
