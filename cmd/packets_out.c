/* SPDX-License-Identifier: MIT
 *
 * Packets to a media writer to an outflow. Nothing is put in order, and no time
 * is made better: a recording shows what came, and when.
 */
#include "cmd/packets_out.h"

#include <stdlib.h>

#include "cmd/cli.h"
#include "cmd/outflow.h"

/* Longer than any datagram of ours. */
#define PACKET_MOST 2048
#define RECORD_MOST (PACKET_MOST + 128)

struct packets_out {
    const char *file;
    struct outflow *out;
    struct rtc_media_writer *writer;
    bool said_slow;
};

struct packets_out *packets_out_new(struct driver *driver,
                                    const struct sink_options *options,
                                    void (*failed)(void *user, int error),
                                    void *user)
{
    const struct rtc_media_track track = {.codec = RTC_CODEC_NONE};
    const struct rtc_media_writer_config config = {
        .format = RTC_MEDIA_RTPDUMP, .tracks = &track, .track_count = 1};
    struct packets_out *out = calloc(1, sizeof *out);

    if (!out || rtc_media_writer_new(&out->writer, &config))
        die(RTC_EXIT_INTERNAL, "out of memory");
    out->file = options->file;
    out->out = sink_open(driver, options, failed, user);
    return out;
}

/* A reader too slow costs whole packets. */
static bool has_room(struct packets_out *out)
{
    bool has = outflow_has_room(out->out, RECORD_MOST);

    if (!has && !out->said_slow)
        warn("%s: its reader does not keep up: what is late is left out",
             out->file);
    out->said_slow = out->said_slow || !has;
    return has;
}

const char *packets_out_write(struct packets_out *out,
                              const struct rtc_packet *packet)
{
    uint8_t buf[PACKET_MOST];
    int written = rtc_media_packet_write(packet, buf, sizeof buf);
    struct rtc_media_frame frame = {
        .data = buf, .time = packet->time, .base_num = 1, .base_den = 1000000};
    const uint8_t *data;
    size_t len;

    if (!has_room(out))
        return "slow reader";
    frame.len = written > 0 ? (size_t)written : 0;
    if (!frame.len || rtc_media_writer_frame(out->writer, &frame, &data, &len))
        return "malformed";
    outflow_write(out->out, data, len); /* a failure is told by itself */
    return NULL;
}

int packets_out_close(struct packets_out *out)
{
    int failed;

    if (!out)
        return 0;
    failed = outflow_close(out->out, SINK_CLOSE_LIMIT_MS);
    rtc_media_writer_free(out->writer);
    free(out);
    return failed;
}
