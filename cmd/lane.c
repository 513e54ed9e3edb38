/* SPDX-License-Identifier: MIT
 *
 * From what waits to the calls of the library.
 */
#include "cmd/lane.h"

#define NS 1000000000
/* So that packets which came before the first one have numbers, too. */
#define FIRST_NUMBER 0x10000u

/* Whether earlier frames of the track are in the peer's queue. */
static bool is_queued(const struct lane *lane, const struct lane_path *path)
{
    struct rtc_track_stats stats;

    return rtc_peer_track_stats(path->peer, lane->target.track, &stats) == 0 &&
           stats.packets_queued > 0;
}

static int send_frame(struct lane *lane, const struct lane_path *path,
                      rtc_usec due, rtc_usec now)
{
    const struct waiting *item = backlog_first(&lane->backlog);
    uint32_t rate = rtc_codec_clock_rate(item->frame.codec);
    struct rtc_frame frame = {
        .data = item->frame.data,
        .len = item->frame.len,
        .codec = item->frame.codec,
        .media_time = (uint64_t)rtc_media_rescale(item->time_ns, 1, NS, rate),
        .time = due,
        .layer = lane->target.layer};

    return rtc_peer_send_frame(path->peer, lane->target.track, &frame, now);
}

/* The number of a packet, of which 16 bits are known. */
static uint64_t number_of(const struct lane *lane, uint64_t sequence)
{
    uint16_t step = (uint16_t)(sequence - lane->sent);

    if (!lane->sent)
        return FIRST_NUMBER + (uint16_t)sequence;
    return step < 0x8000 ? lane->sent + step : lane->sent - (uint16_t)-step;
}

static int send_packet(struct lane *lane, const struct lane_path *path,
                       rtc_usec due, rtc_usec now)
{
    const struct waiting *item = backlog_first(&lane->backlog);
    struct rtc_packet packet;
    int error =
        rtc_media_packet_parse(item->frame.data, item->frame.len, &packet);

    if (error)
        return error;
    packet.sequence = number_of(lane, packet.sequence);
    packet.payload_type = lane->target.payload_type;
    packet.time = due;
    error = rtc_peer_send_packet(path->peer, lane->target.track, &packet, now);
    if (!error && packet.sequence > lane->sent)
        lane->sent = packet.sequence;
    /* One that is there twice, or far behind, is of no use to anyone. */
    if (error == RTC_ERR_ARG && packet.sequence <= lane->sent)
        return 0;
    return error;
}

int lane_send(struct lane *lane, const struct lane_path *path, rtc_usec due,
              rtc_usec now)
{
    int (*hand_over)(struct lane *, const struct lane_path *, rtc_usec,
                     rtc_usec) = lane->is_packets ? send_packet : send_frame;
    int error;

    if (path->is_direct && is_queued(lane, path)) {
        driver_flush(path->driver, path->peer);
        if (is_queued(lane, path))
            return RTC_ERR_AGAIN;
    }
    error = hand_over(lane, path, due, now);
    if (error == RTC_ERR_AGAIN && driver_flush(path->driver, path->peer))
        error = hand_over(lane, path, due, now);
    driver_changed(path->driver, path->peer);
    return error;
}
