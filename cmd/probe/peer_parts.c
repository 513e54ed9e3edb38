/* SPDX-License-Identifier: MIT
 *
 * Tracks are told by their place in the offer, channels by their labels. There
 * is a track even when data is measured, for round trips.
 */
#include "cmd/probe/peer_parts.h"

#include <stdio.h>
#include <string.h>

#include "cmd/probe/load.h"

/* ---- tracks and channels ------------------------------------------------- */

static void make_channel(struct peer_run *run, const char *label,
                         const struct peer_delivery *delivery)
{
    struct rtc_channel_config config;

    rtc_channel_config_init(&config);
    config.label = label;
    config.protocol = PEER_CONTROL_LABEL;
    config.unordered = delivery->unordered;
    config.max_retransmits = delivery->max_retransmits;
    if (rtc_peer_add_channel(run->end.peer, &config,
                             driver_now(run->end.driver)) < 0)
        die(RTC_EXIT_INTERNAL, "%s", rtc_peer_why(run->end.peer));
}

void peer_parts_make(struct peer_run *run)
{
    static const struct peer_delivery reliable = {.max_retransmits = -1};
    const struct rtc_track_config track = {.kind = RTC_VIDEO,
                                           .direction = RTC_SENDRECV,
                                           .codecs = {RTC_CODEC_VP8},
                                           .codec_count = 1,
                                           .packets = true,
                                           .stream_id = PEER_CONTROL_LABEL};
    bool is_data = run->parameters.mode == PEER_DATA;
    char label[32];

    for (unsigned i = 0; i < (is_data ? 1 : run->parameters.streams); i++)
        if (rtc_peer_add_track(run->end.peer, &track) != (int)i)
            die(RTC_EXIT_INTERNAL, "cannot add a track");
    make_channel(run, PEER_CONTROL_LABEL, &reliable);
    for (unsigned i = 0; is_data && i < run->parameters.streams; i++) {
        snprintf(label, sizeof label, PEER_CONTROL_LABEL "/%u", i);
        make_channel(run, label, &run->delivery);
    }
}

void peer_parts_accept(struct peer_run *run)
{
    struct rtc_track_info info;

    for (int t = 0; rtc_peer_track_info(run->end.peer, t, &info) == 0; t++)
        if (info.kind != RTC_VIDEO ||
            rtc_peer_set_packets(run->end.peer, t, true) ||
            rtc_peer_set_direction(run->end.peer, t, RTC_SENDRECV))
            rtc_peer_stop_track(run->end.peer, t);
}

void peer_parts_open(struct peer_run *run, int channel)
{
    struct rtc_channel_info info;
    unsigned index;
    char rest;

    if (rtc_peer_channel_info(run->end.peer, channel, &info))
        return;
    if (!strcmp(info.config.label, PEER_CONTROL_LABEL))
        run->control = channel;
    else if (sscanf(info.config.label, PEER_CONTROL_LABEL "/%2u%c", &index,
                    &rest) == 1 &&
             index < PEER_STREAM_MOST && !(run->open & 1u << index)) {
        run->streams[index] = channel;
        run->open |= 1u << index;
    }
}

const char *peer_parts_lack(struct peer_run *run)
{
    const struct peer_parameters *p = &run->parameters;

    if (p->mode == PEER_DATA)
        return run->open == (1u << p->streams) - 1
                   ? NULL
                   : "not all channels are open";
    for (unsigned i = 0; i < p->streams; i++) {
        struct rtc_track_info info;

        run->streams[i] = (int)i;
        if (rtc_peer_track_info(run->end.peer, (int)i, &info) ||
            info.kind != RTC_VIDEO || info.agreed != RTC_SENDRECV)
            return "not all tracks were agreed, each to send and to receive";
    }
    return NULL;
}

/* ---- counting ------------------------------------------------------------ */

void peer_parts_begin(struct peer_run *run)
{
    struct rtc_stats stats = {0};

    rtc_peer_stats(run->end.peer, &stats);
    run->start = driver_now(run->end.driver);
    run->start_cpu_us = load_cpu_time();
    run->start_replayed = stats.srtp_replayed;
    peer_ping_reset(&run->ping);
}

void peer_parts_take(struct peer_run *run, int number, const uint8_t *data,
                     size_t len, rtc_usec time)
{
    struct peer_stamp stamp;

    /* They may overtake the word that it begins. */
    if (!run->is_welcome || run->is_settled ||
        !peer_stamp_read(data, len, &stamp) || stamp.run != run->parameters.run)
        return;
    for (unsigned i = 0; i < run->parameters.streams; i++)
        if (run->streams[i] == number)
            peer_count_add(&run->count, i, &stamp, len, time);
}

static void count_received(struct peer_run *run, const struct rtc_stats *stats)
{
    struct peer_received *received = &run->local.received;
    struct rtc_track_stats track;

    received->recovered = received->duplicates = 0;
    if (run->parameters.mode == PEER_MEDIA) {
        received->duplicates = stats->srtp_replayed - run->start_replayed;
        for (unsigned i = 0; i < run->parameters.streams; i++)
            if (rtc_peer_track_stats(run->end.peer, run->streams[i], &track) ==
                0)
                received->recovered += track.packets_recovered;
    }
    peer_count_sum(&run->count, received);
}

void peer_parts_count(struct peer_run *run)
{
    rtc_usec passed = driver_now(run->end.driver) - run->start;
    struct peer_tally *local = &run->local;
    struct rtc_stats stats = {0};

    rtc_peer_stats(run->end.peer, &stats);
    if (!run->is_settled)
        count_received(run, &stats);
    local->late_us = run->ping.late;
    local->unread = driver_receive_drops(run->end.driver, run->end.peer);
    if (run->sender) {
        peer_sender_sent(run->sender, &local->sent);
        local->estimate_bps = stats.bitrate_bps;
        if (peer_sender_late(run->sender) > local->late_us)
            local->late_us = peer_sender_late(run->sender);
    }
    if (passed > 0 && (!run->is_sent || !run->is_settled))
        local->cpu_permille =
            (unsigned)((load_cpu_time() - run->start_cpu_us) * 1000 / passed);
}
