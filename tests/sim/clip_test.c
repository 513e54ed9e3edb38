/* SPDX-License-Identifier: MIT
 * Recorded streams of every video codec through two peers: all frames come as
 * they are in the file, key frames where the encoder put them. Then the clip is
 * repeated without end while nothing is repaired and each time another packet
 * is lost: only the frame it belonged to is missing, and only the one behind is
 * flagged. Two formats cannot say all of that: a lost packet in front of an
 * H.264 picture may have been none of it, so what is left is given out,
 * flagged; and an AV1 packet behind a loss need not begin its temporal unit. */
#include "tests/sim/check.h"
#include "tests/sim/edit.h"
#include "tests/unit/media/clip.h"

#define MS 1000
#define SEC 1000000
#define TICKS 3000 /* 30 frames a second at 90 kHz */
#define MTU 576    /* packets are many */
#define KEYS_EVERY 10
#define FRAME_MOST 65536

static const struct sim_link wire = {.delay_us = 25 * MS};

struct recorded {
    const char *file;
    enum rtc_media_format format;
    enum rtc_codec codec;
    unsigned frames;
    unsigned beheaded;   /* at most so many losses leave a frame to give out */
    bool start_unmarked; /* a frame's first packet cannot be told alone */
};

static const struct recorded clips[] = {
    {"media_vp8.ivf", RTC_MEDIA_IVF, RTC_CODEC_VP8, 30, 0, false},
    {"media_vp9.ivf", RTC_MEDIA_IVF, RTC_CODEC_VP9, 30, 0, false},
    {"media_av1.ivf", RTC_MEDIA_IVF, RTC_CODEC_AV1, 30, 0, true},
    {"media_slices.h264", RTC_MEDIA_ANNEXB, RTC_CODEC_H264, 30, 5, false},
    {"media_slices.h265", RTC_MEDIA_ANNEXB, RTC_CODEC_H265, 30, 0, false},
};

/* One run: the clip over and over, frame `sent` next. */
static struct {
    struct clip *clip;
    enum rtc_codec codec;
    unsigned sent, most; /* frames */
    unsigned packets;    /* of this round so far */
    unsigned round_most; /* of the first round */
    bool drops;          /* round n, from 1, loses its packet n - 1 */
    uint32_t first_time; /* RTP */
    bool has_time;
    uint64_t first_media_time;
    rtc_usec late_us;
    unsigned refused, wrong, gaps;
    /* By frame. */
    uint8_t came[FRAME_MOST], flagged[FRAME_MOST], key[FRAME_MOST];
    uint8_t hit[FRAME_MOST], beheaded[FRAME_MOST];
    uint8_t hit_end[FRAME_MOST]; /* the lost packet had the marker */
    rtc_usec sent_at[FRAME_MOST];
} run;

static unsigned round_of(unsigned frame)
{
    return frame / run.clip->count;
}

static rtc_usec on_timer(struct sim_side *side, rtc_usec now)
{
    const struct clip_frame *f = &run.clip->frames[run.sent % run.clip->count];
    struct rtc_frame frame = {.data = f->data,
                              .len = f->len,
                              .codec = run.codec,
                              .media_time = (uint64_t)run.sent * TICKS,
                              .time = now};

    if (run.sent == run.most)
        return RTC_NEVER;
    if (run.sent % run.clip->count == 0)
        run.packets = 0;
    run.refused += rtc_peer_send_frame(side->peer, 0, &frame, now) != 0;
    run.sent_at[run.sent++] = now;
    return now + 33333;
}

/* Which frame a packet belongs to, by the RTP time in its header, which is in
 * the clear; loses it if it is its turn. */
static bool on_arrival(struct sim_side *side, const struct sim_packet *packet)
{
    const uint8_t *p = packet->data;
    uint32_t time = (uint32_t)p[4] << 24 | (uint32_t)p[5] << 16 |
                    (uint32_t)p[6] << 8 | p[7];
    unsigned frame;

    (void)side;
    if (p[0] < 128 || p[0] > 191 || (p[1] >= 192 && p[1] <= 223))
        return true;
    if (!run.has_time)
        run.first_time = time;
    run.has_time = true;
    frame = (time - run.first_time) / TICKS;
    if (frame >= run.most)
        return true;
    run.round_most += frame >= run.most - run.clip->count;
    if (!run.drops || round_of(frame) == 0 ||
        run.packets++ != round_of(frame) - 1)
        return true;
    run.hit[frame] = 1;
    run.hit_end[frame] = p[1] >> 7;
    return false;
}

/* Whether it is what is left of the frame without its first units. */
static bool is_beheaded(const struct rtc_frame *frame,
                        const struct clip_frame *want)
{
    const size_t code = 4; /* of the first unit */

    return frame->len > code && frame->len < want->len &&
           !memcmp(frame->data + code,
                   want->data + want->len - frame->len + code,
                   frame->len - code);
}

static void take_frame(const struct rtc_frame *frame, rtc_usec now)
{
    const struct clip_frame *want;
    uint64_t index;

    if (!run.first_media_time)
        run.first_media_time = frame->media_time;
    index = (frame->media_time - run.first_media_time) / TICKS;
    if (index >= run.most ||
        (frame->media_time - run.first_media_time) % TICKS) {
        run.wrong++;
        return;
    }
    want = &run.clip->frames[index % run.clip->count];
    run.beheaded[index] = run.hit[index] && is_beheaded(frame, want);
    run.wrong += frame->codec != run.codec ||
                 (!run.beheaded[index] &&
                  (frame->len != want->len ||
                   memcmp(frame->data, want->data, want->len) != 0));
    run.came[index]++;
    run.flagged[index] = !frame->contiguous;
    run.key[index] = frame->keyframe;
    if (now - run.sent_at[index] > run.late_us)
        run.late_us = now - run.sent_at[index];
}

static void on_event(struct sim_side *side, const struct rtc_event *event)
{
    if (event->type == RTC_EVENT_FRAME)
        take_frame(&event->frame, side->pair->now);
    run.gaps += event->type == RTC_EVENT_GAP;
}

/* Nothing can be asked for. */
static void without_feedback(char *sdp, size_t cap, bool is_answer)
{
    (void)cap;
    (void)is_answer;
    sim_edit_remove(sdp, "a=rtcp-fb:");
}

static struct clip *load(const struct recorded *r)
{
    size_t len;
    uint8_t *data = clip_load(r->file, &len);
    struct clip *clip = clip_read(r->format, data, len, len);

    free(data);
    return clip;
}

/* Sends `rounds` of the clip. */
static struct sim_talk *play(const struct recorded *r, unsigned rounds,
                             bool drops)
{
    struct sim_talk *talk = sim_talk_new(52, &wire);
    struct sim_pair *pair = talk->pair;
    struct rtc_track_config track = {.kind = RTC_VIDEO,
                                     .direction = RTC_SENDONLY,
                                     .codecs = {r->codec},
                                     .codec_count = 1};

    memset(&run, 0, sizeof run);
    run.clip = load(r);
    run.codec = r->codec;
    run.drops = drops;
    run.most = rounds * run.clip->count;
    pair->edit = without_feedback;
    pair->side[SIM_L].on_timer = on_timer;
    pair->side[SIM_R].on_event = on_event;
    pair->side[SIM_R].on_arrival = on_arrival;
    for (int i = 0; i < 2; i++)
        pair->side[i].config.mtu = MTU;
    pair->side[SIM_R].config.any_frame = true;
    sim_pair_start(pair);
    rtc_peer_add_track(pair->side[SIM_L].peer, &track);
    within(pair, sim_pair_connect(pair, SEC), 0, 220 * MS, r->file);
    pair->side[SIM_L].timer = pair->now;
    sim_talk_run(talk, (rtc_usec)run.most * 33334 + SEC);
    within(pair, run.refused, 0, 0, "every frame is taken");
    within(pair, run.wrong, 0, 0, "none comes that was not sent");
    return talk;
}

static void finish(struct sim_talk *talk)
{
    clip_free(run.clip);
    sim_talk_free(talk);
}

/* Some rounds whole; how many packets the last has: in the first ones there is
 * a MID in each. */
static unsigned test_whole(const struct recorded *r)
{
    struct sim_talk *talk = play(r, 4, false);
    unsigned once = 0, flagged = 0, wrong_key = 0;

    within(talk->pair, run.clip->count, r->frames, r->frames, "frames");
    for (unsigned i = 0; i < run.most; i++) {
        once += run.came[i] == 1;
        flagged += run.flagged[i];
        wrong_key += run.key[i] != (i % KEYS_EVERY == 0);
    }
    within(talk->pair, once, run.most, run.most, "each comes once");
    within(talk->pair, flagged, 0, 0, "contiguous");
    within(talk->pair, wrong_key, 0, 0, "a key frame where there is one");
    within(talk->pair, run.gaps, 0, 0, "no gap");
    within(talk->pair, run.late_us, 25 * MS, 25 * MS, "at once");
    finish(talk);
    return run.round_most;
}

/* Whether frame `i` was lost by another's packet: that may have been its own,
 * and a key frame alone says that it begins here. */
static bool is_shadowed(const struct recorded *r, unsigned i)
{
    return r->start_unmarked && i && run.hit_end[i - 1] && i % KEYS_EVERY != 0;
}

/* Each packet of the clip lost once; nothing in the last round, whose end would
 * be repeated. */
static void test_drops(const struct recorded *r, unsigned packets)
{
    struct sim_talk *talk = play(r, packets + 2, true);
    unsigned hit = 0, beheaded = 0, wrong = 0, wrong_flag = 0;
    bool missing = false;

    for (unsigned i = 0; i < run.most; i++) {
        bool before = missing;

        hit += run.hit[i];
        beheaded += run.beheaded[i];
        missing = (run.hit[i] && !run.beheaded[i]) || is_shadowed(r, i);
        wrong += run.came[i] != !missing;
        wrong_flag +=
            run.came[i] && run.flagged[i] != (before || run.beheaded[i]);
    }
    within(talk->pair, hit, packets, packets, "one packet lost in each round");
    within(talk->pair, beheaded, 0, r->beheaded, "few leave a frame");
    within(talk->pair, wrong, 0, 0, "the frame of each is missing, no other");
    within(talk->pair, wrong_flag, 0, 0, "the one behind is flagged, no other");
    within(talk->pair, run.gaps, hit, hit, "each is told as a gap");
    within(talk->pair, run.late_us, 125 * MS, 160 * MS,
           "frames behind wait for what may be overtaken only");
    printf("# %s: %u packets, %u frames without their first\n", r->file,
           packets, beheaded);
    finish(talk);
}

int main(void)
{
    for (size_t i = 0; i < sizeof clips / sizeof *clips; i++) {
        unsigned packets = test_whole(&clips[i]);

        if (ok(packets >= clips[i].frames && packets < 200, "in packets"))
            test_drops(&clips[i], packets);
    }
    return tap_done();
}
