/* SPDX-License-Identifier: MIT
 *
 * Statistics for people: where packets travel, and a line for each track.
 */
#include "cmd/statistics.h"

#include "cmd/cli.h"

static void print_track(const struct rtc_peer *peer, int track, FILE *out)
{
    struct rtc_track_info info;
    struct rtc_track_stats stats;

    if (rtc_peer_track_info(peer, track, &info) ||
        rtc_peer_track_stats(peer, track, &stats) || !info.codec_count)
        return;
    fprintf(out, "%s:   track %d %s %s:", cli_name(), track,
            info.kind == RTC_AUDIO ? "audio" : "video",
            rtc_codec_name(info.codecs[0]));
    if (stats.frames_sent || stats.packets_sent)
        fprintf(out,
                " sent %llu frames in %llu packets (%llu kB), %llu resent, "
                "remote lost %.1f %%;",
                (unsigned long long)stats.frames_sent,
                (unsigned long long)stats.packets_sent,
                (unsigned long long)stats.bytes_sent / 1000,
                (unsigned long long)stats.packets_retransmitted,
                100 * stats.remote_loss);
    if (stats.packets_received)
        fprintf(out,
                " received %llu frames in %llu packets (%llu kB), %lld lost, "
                "%llu frames dropped, jitter %.1f ms;",
                (unsigned long long)stats.frames_received,
                (unsigned long long)stats.packets_received,
                (unsigned long long)stats.bytes_received / 1000,
                (long long)stats.packets_lost,
                (unsigned long long)stats.frames_dropped, 1000 * stats.jitter);
    fputc('\n', out);
}

static void print_channel(const struct rtc_peer *peer, int channel, FILE *out)
{
    struct rtc_channel_info info;

    if (rtc_peer_channel_info(peer, channel, &info))
        return;
    fprintf(out,
            "%s:   channel %d %s: %s, sent %llu messages (%llu kB), %zu kB of "
            "it on the way, received %llu messages (%llu kB)\n",
            cli_name(), channel, info.config.label,
            rtc_channel_state_name(info.state),
            (unsigned long long)info.messages_sent,
            (unsigned long long)info.bytes_sent / 1000, info.buffered / 1000,
            (unsigned long long)info.messages_received,
            (unsigned long long)info.bytes_received / 1000);
}

void statistics_print(const struct rtc_peer *peer, rtc_usec elapsed_us,
                      FILE *out)
{
    char local[RTC_ADDR_TEXT], remote[RTC_ADDR_TEXT];
    struct rtc_stats stats;

    rtc_peer_stats(peer, &stats);
    fprintf(out, "%s: %.1f s", cli_name(), (double)elapsed_us / 1e6);
    if (stats.path.remote.family)
        fprintf(out, ", %s %s to %s %s",
                rtc_candidate_type_name(stats.local_type),
                rtc_addr_write(&stats.path.local, local),
                rtc_candidate_type_name(stats.remote_type),
                rtc_addr_write(&stats.path.remote, remote));
    if (stats.ice_rtt_us >= 0)
        fprintf(out, ", round trip %.1f ms", (double)stats.ice_rtt_us / 1e3);
    if (stats.bitrate_bps)
        fprintf(out, ", room for %.2f Mbit/s", (double)stats.bitrate_bps / 1e6);
    fprintf(out, ", %llu kB sent, %llu kB received\n",
            (unsigned long long)stats.bytes_sent / 1000,
            (unsigned long long)stats.bytes_received / 1000);
    for (int i = 0; i < (int)rtc_peer_track_count(peer); i++)
        print_track(peer, i, out);
    for (int i = 0; i < RTC_CHANNEL_MOST; i++)
        print_channel(peer, i, out);
}

void statistics_line(const struct rtc_peer *peer, rtc_usec elapsed_us,
                     char *buf, size_t cap)
{
    unsigned long long sent = 0, received = 0, dropped = 0;
    struct rtc_track_stats track;
    struct rtc_stats stats;

    rtc_peer_stats(peer, &stats);
    for (int i = 0; rtc_peer_track_stats(peer, i, &track) == 0; i++) {
        sent += track.frames_sent;
        received += track.frames_received;
        dropped += track.frames_dropped;
    }
    snprintf(buf, cap,
             "%.0f s, %llu frames sent, %llu received, %llu left out, "
             "%.2f Mbit/s out, %.2f in",
             (double)elapsed_us / 1e6, sent, received, dropped,
             8.0 * (double)stats.bytes_sent / (double)(elapsed_us + 1),
             8.0 * (double)stats.bytes_received / (double)(elapsed_us + 1));
}
