/* SPDX-License-Identifier: MIT
 *
 * What is counted of frames that come, and the clips that are sent.
 */
#include "tap.h"

#include "cmd/probe/clip.h"
#include "cmd/probe/player.h"

static unsigned passed_on;

static void on_frame(void *user, const struct rtc_event *event)
{
    (void)user;
    passed_on += event->type == RTC_EVENT_FRAME;
}

static void give(struct player *player, enum rtc_codec codec, rtc_usec time,
                 bool keyframe)
{
    struct rtc_event event = {.type = RTC_EVENT_FRAME, .time = time};

    event.frame = (struct rtc_frame){
        .codec = codec, .len = 100, .time = time, .keyframe = keyframe};
    player_event(player, &event);
}

static void test_counts(void)
{
    struct player player = {.frame = on_frame};
    const struct player_counts *video = &player.counts[RTC_VIDEO];

    player_init(&player);
    ok(video->first_at == RTC_NEVER && video->last_at == RTC_NEVER,
       "nothing came yet");
    for (int i = 0; i < 10; i++)
        give(&player, RTC_CODEC_VP8, 1000000 + 40000 * i, i % 5 == 2);
    give(&player, RTC_CODEC_OPUS, 1000000, true);
    player_event(&player, &(struct rtc_event){.type = RTC_EVENT_BITRATE});
    ok(video->frames == 10 && video->keyframes == 2, "frames and key frames");
    ok(video->first_at == 1000000 && video->last_at == 1360000,
       "when they came");
    ok(player.counts[RTC_AUDIO].frames == 1, "kinds are apart");
    ok(passed_on == 11, "each is passed on");
    ok(video->freezes == 0, "none is late");
}

/* 40 ms apart: a freeze is over 190 ms, the mean and 150 ms. */
static void test_freezes(void)
{
    struct player player = {0};
    const struct player_counts *video = &player.counts[RTC_VIDEO];

    player_init(&player);
    for (int i = 0; i < 5; i++)
        give(&player, RTC_CODEC_VP8, 40000 * i, i == 0);
    give(&player, RTC_CODEC_VP8, 160000 + 190000, false);
    ok(video->freezes == 0, "190 ms are not over the mean and 150 ms");
    give(&player, RTC_CODEC_VP8, 350000 + 400000, false);
    ok(video->freezes == 1 && video->freeze_sum == 400000, "400 ms are");
    player_stop(&player, 750000 + 100000);
    ok(video->freezes == 1, "the end comes soon");
    player_stop(&player, 750000 + 2000000);
    ok(video->freezes == 2 && video->freeze_sum == 2400000,
       "nothing came before the end");
}

/* Slow video: three times its distance counts. */
static void test_slow(void)
{
    struct player player = {0};
    const struct player_counts *video = &player.counts[RTC_VIDEO];

    player_init(&player);
    for (int i = 0; i < 5; i++)
        give(&player, RTC_CODEC_VP8, 200000 * i, i == 0);
    give(&player, RTC_CODEC_VP8, 800000 + 600000, false);
    ok(video->freezes == 0, "three times the distance is none");
    give(&player, RTC_CODEC_VP8, 1400000 + 900000, false);
    ok(video->freezes == 1, "more is one");
}

static void test_clip(enum rtc_codec codec, unsigned count, rtc_usec step)
{
    const struct clip *clip = clip_get(codec);
    bool even = clip != NULL;

    for (unsigned i = 0; clip && i < clip->count; i++)
        even = even && clip->frames[i].time_us == (rtc_usec)i * step &&
               clip->frames[i].len > 0;
    ok(clip && clip->count == count && clip->length_us == 3000000,
       "as many frames as there are in three seconds");
    ok(even, "evenly");
    ok(clip_get(codec) == clip, "read once");
}

int main(void)
{
    test_counts();
    test_freezes();
    test_slow();
    test_clip(RTC_CODEC_VP8, 75, 40000);
    test_clip(RTC_CODEC_H264, 75, 40000);
    test_clip(RTC_CODEC_OPUS, 150, 20000);
    ok(clip_get(RTC_CODEC_AV1) == NULL, "of other codecs there is none");
    return tap_done();
}
