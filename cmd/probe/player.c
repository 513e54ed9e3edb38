/* SPDX-License-Identifier: MIT
 *
 * Frames as a viewer would see them: when each came out, and how long nothing
 * did.
 */
#include "cmd/probe/player.h"

#include "cmd/codecs.h"

#define FREEZE_US 150000 /* W3C webrtc-stats, freezeCount */

void player_init(struct player *player)
{
    for (int kind = RTC_AUDIO; kind <= RTC_VIDEO; kind++)
        player->counts[kind] =
            (struct player_counts){.first_at = RTC_NEVER, .last_at = RTC_NEVER};
}

int player_add_tracks(struct player *player, struct rtc_peer *peer)
{
    for (int kind = RTC_AUDIO; kind <= RTC_VIDEO; kind++) {
        struct rtc_track_config config = {.kind = (enum rtc_kind)kind,
                                          .direction = RTC_RECVONLY};
        int track;

        codecs_parse(kind == RTC_VIDEO ? "--video" : "--audio",
                     player->codecs[kind], (enum rtc_kind)kind, &config);
        track = rtc_peer_add_track(peer, &config);
        if (track < 0)
            return track;
    }
    return 0;
}

/* The mean is that of the distances before this one. */
static void note_distance(struct player_counts *c, rtc_usec distance)
{
    rtc_usec mean;

    if (c->frames < 2)
        return;
    mean = c->distance_sum / (rtc_usec)(c->frames - 1);
    if (distance > 3 * mean && distance > mean + FREEZE_US) {
        c->freezes++;
        c->freeze_sum += distance;
    }
}

void player_event(struct player *player, const struct rtc_event *event)
{
    struct player_counts *c;

    if (event->type != RTC_EVENT_FRAME)
        return;
    c = &player->counts[rtc_codec_kind(event->frame.codec)];
    if (c->frames > 0) {
        note_distance(c, event->time - c->last_at);
        c->distance_sum += event->time - c->last_at;
    } else {
        c->first_at = event->time;
    }
    c->last_at = event->time;
    c->frames++;
    c->keyframes += event->frame.keyframe;
    if (player->frame)
        player->frame(player->user, event);
}

void player_stop(struct player *player, rtc_usec now)
{
    for (int kind = RTC_AUDIO; kind <= RTC_VIDEO; kind++) {
        struct player_counts *c = &player->counts[kind];

        if (c->frames > 0)
            note_distance(c, now - c->last_at);
    }
}
