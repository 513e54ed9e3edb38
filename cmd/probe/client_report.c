/* SPDX-License-Identifier: MIT
 *
 * Loss and jitter are those that the receiver sees: ourselves, or the server by
 * its reports. What our own sockets had no room for is no loss of the path.
 */
#include "cmd/probe/client_report.h"

#include <math.h>
#include <string.h>

#include "cmd/certificate.h"
#include "cmd/probe/pair.h"

/* From here on a sentence is due. */
#define RTT_HIGH 0.3
/* What came in less is the first burst, and no rate. */
#define RATE_LEAST_S 0.05

/* ---- numbers ------------------------------------------------------------- */

static uint64_t sum_of(const struct client *c, size_t offset)
{
    uint64_t sum = 0;

    for (int kind = RTC_AUDIO; kind <= RTC_VIDEO; kind++)
        sum +=
            *(const uint64_t *)(const void *)((const char *)&c->tracks[kind] +
                                              offset);
    return sum;
}

#define SUM(client, member)                                                    \
    sum_of(client, offsetof(struct rtc_track_stats, member))

static double seconds_at(const struct client *c, enum report_phase phase)
{
    rtc_usec at =
        c->end.report ? report_phase_at(c->end.report, phase) : RTC_NEVER;

    return at == RTC_NEVER ? -1 : (double)at / 1e6;
}

/* Since media flowed: from the first frame on, if we receive. */
static double media_seconds(const struct client *c)
{
    rtc_usec from = c->connected_at;

    if (!c->publisher) {
        rtc_usec audio = c->player.counts[RTC_AUDIO].first_at;
        rtc_usec video = c->player.counts[RTC_VIDEO].first_at;
        from = audio < video ? audio : video;
    }
    return from == RTC_NEVER || c->ended_at == RTC_NEVER
               ? 0
               : (double)(c->ended_at - from) / 1e6;
}

static double mean_of(const struct client_series *series)
{
    return series->count > 0 ? series->sum / series->count : -1;
}

static void count_packets(const struct client *c, struct client_numbers *n)
{
    int64_t drops = (int64_t)c->receive_drops;

    for (int kind = RTC_AUDIO; kind <= RTC_VIDEO; kind++) {
        const struct rtc_track_stats *t = &c->tracks[kind];

        n->lost += c->publisher ? t->remote_lost : t->packets_missed;
        n->expected += c->publisher
                           ? (int64_t)t->remote_expected
                           : (int64_t)t->packets_received + t->packets_lost;
    }
    n->path_lost = n->lost;
    if (!c->publisher)
        n->path_lost -= drops < n->lost ? drops : n->lost;
}

void client_numbers(const struct client *client,
                    struct client_numbers *ret_numbers)
{
    const struct client *c = client;
    uint64_t bytes = c->publisher ? SUM(c, bytes_sent) : SUM(c, bytes_received);
    double seconds = media_seconds(c);

    *ret_numbers = (struct client_numbers){
        .connect = seconds_at(c, REPORT_DTLS),
        .first_keyframe = seconds_at(c, REPORT_FIRST_KEYFRAME),
        .jitter = mean_of(&c->jitter),
        .rtt = mean_of(&c->rtt),
        .bitrate = seconds >= RATE_LEAST_S ? 8 * (double)bytes / seconds : -1,
        .loss = -1,
    };
    count_packets(c, ret_numbers);
    if (ret_numbers->expected > 0 && ret_numbers->lost >= 0)
        ret_numbers->loss =
            (double)ret_numbers->lost / (double)ret_numbers->expected;
}

/* ---- a group ------------------------------------------------------------- */

static void set(struct probe_group *group, const char *name,
                enum probe_unit unit, double value)
{
    probe_set(group, name, unit, value < 0 ? NAN : value);
}

static void measure_phases(const struct client *c, struct probe_group *group)
{
    static const struct {
        const char *name;
        enum report_phase phase;
    } phases[] = {
        {"resolve", REPORT_RESOLVE},
        {"tcp", REPORT_TCP},
        {"tls", REPORT_TLS},
        {"http", REPORT_HTTP},
        {"gather", REPORT_GATHER},
        {"ice", REPORT_ICE},
        {"dtls", REPORT_DTLS},
        {"firstPacket", REPORT_FIRST_PACKET},
        {"firstKeyframe", REPORT_FIRST_KEYFRAME},
    };

    for (size_t i = 0; i < sizeof phases / sizeof *phases; i++)
        set(group, phases[i].name, PROBE_SECONDS,
            seconds_at(c, phases[i].phase));
}

static const char *codec_name(const struct client *c, enum rtc_kind kind)
{
    return c->codecs[kind] ? rtc_codec_name(c->codecs[kind]) : NULL;
}

static void measure_path(const struct client *c, struct probe_group *group)
{
    struct client_numbers n;

    client_numbers(c, &n);
    set(group, "bitrate", PROBE_BITRATE, n.bitrate);
    probe_set(group, "packets", PROBE_COUNT,
              (double)(c->publisher ? SUM(c, packets_sent)
                                    : SUM(c, packets_received)));
    set(group, "packetsExpected", PROBE_COUNT,
        n.expected > 0 ? (double)n.expected : -1);
    probe_set(group, "packetsLost", PROBE_COUNT,
              n.expected > 0 ? (double)n.lost : NAN);
    set(group, "loss", PROBE_RATIO, n.loss);
    set(group, "jitter", PROBE_SECONDS, n.jitter);
    set(group, "rttMin", PROBE_SECONDS, c->rtt.count ? c->rtt.least : -1);
    set(group, "rttAvg", PROBE_SECONDS, n.rtt);
    set(group, "rttMax", PROBE_SECONDS, c->rtt.count ? c->rtt.most : -1);
}

static void measure_sent(const struct client *c, struct probe_group *group)
{
    const struct publisher_counts *counts = publisher_counts(c->publisher);

    probe_set(group, "frames", PROBE_COUNT,
              (double)(counts->frames[RTC_AUDIO] + counts->frames[RTC_VIDEO]));
    probe_set(group, "framesRefused", PROBE_COUNT, (double)counts->refused);
    probe_set(group, "framesLate", PROBE_COUNT, (double)counts->late);
    probe_set(group, "packetsResent", PROBE_COUNT,
              (double)SUM(c, packets_retransmitted));
    probe_set(group, "nacks", PROBE_COUNT, (double)SUM(c, nack_received));
    probe_set(group, "keyframeRequests", PROBE_COUNT,
              (double)counts->keyframe_requests);
}

static void measure_received(const struct client *c, struct probe_group *group)
{
    const struct player_counts *video = &c->player.counts[RTC_VIDEO];
    const struct player_counts *audio = &c->player.counts[RTC_AUDIO];

    probe_set(group, "frames", PROBE_COUNT,
              (double)(audio->frames + video->frames));
    probe_set(group, "keyframes", PROBE_COUNT, (double)video->keyframes);
    probe_set(group, "framesDropped", PROBE_COUNT,
              (double)SUM(c, frames_dropped));
    probe_set(group, "packetsRecovered", PROBE_COUNT,
              (double)SUM(c, packets_recovered));
    probe_set(group, "nacks", PROBE_COUNT, (double)SUM(c, nack_sent));
    probe_set(group, "keyframeRequests", PROBE_COUNT, (double)SUM(c, pli_sent));
    probe_set(group, "freezes", PROBE_COUNT, (double)video->freezes);
    probe_set_time(group, "freezeTime", video->freeze_sum);
    probe_set(group, "ownDrops", PROBE_COUNT, (double)c->receive_drops);
}

int64_t client_certificate_days(const struct client *client)
{
    return client->end.certificate_expires
               ? certificate_days(client->end.certificate_expires)
               : -1;
}

void client_measure(const struct client *client, struct probe_group *group)
{
    struct client_numbers n;

    client_numbers(client, &n);
    probe_set_text(group, "failedPhase", client_failed_phase(client));
    set(group, "connect", PROBE_SECONDS, n.connect);
    measure_phases(client, group);
    probe_set_text(group, "videoCodec", codec_name(client, RTC_VIDEO));
    probe_set_text(group, "audioCodec", codec_name(client, RTC_AUDIO));
    measure_path(client, group);
    if (client->publisher)
        measure_sent(client, group);
    else
        measure_received(client, group);
    probe_pair_measure(&client->stats, client->relay_transport, group);
    probe_set(group, "certificateDays", PROBE_COUNT,
              client->end.certificate_expires
                  ? (double)client_certificate_days(client)
                  : NAN);
}

/* ---- sentences ----------------------------------------------------------- */

static bool is_relay_slow(const struct client *c)
{
    return c->relay_transport == RTC_TCP || c->relay_transport == RTC_TLS;
}

static void judge_pair(const struct client *c, struct probe_result *result)
{
    bool relayed = c->stats.local_type == RTC_CANDIDATE_RELAY ||
                   c->stats.remote_type == RTC_CANDIDATE_RELAY;

    if (!c->stats.path.remote.family)
        return;
    if (relayed)
        probe_add_verdict(result, "Media takes the way over a relay.");
    if (c->stats.path.transport != RTC_UDP || is_relay_slow(c))
        probe_add_verdict(result,
                          "Media goes over %s, where each loss delays all "
                          "that follows.",
                          is_relay_slow(c) ? "TCP to the relay" : "TCP");
}

static void judge_path(const struct client *c, const struct client_numbers *n,
                       struct probe_result *result)
{
    if (n->loss >= CLIENT_LOSS_HIGH && c->receive_drops > 0)
        probe_add_verdict(result,
                          "%lld of %lld lost packets found our own socket "
                          "full: this machine was too slow.",
                          (long long)(n->lost - n->path_lost),
                          (long long)n->lost);
    if (n->loss >= CLIENT_LOSS_HIGH)
        probe_add_verdict(result, "Loss is high: %.1f %%.", 100 * n->loss);
    if (n->rtt >= RTT_HIGH)
        probe_add_verdict(result, "The round trip is long: %.0f ms.",
                          1e3 * n->rtt);
    if (c->publisher && c->connected_at != RTC_NEVER && n->expected == 0)
        probe_add_verdict(result,
                          "The server sent no receiver reports: whether "
                          "packets got there is not known.");
}

static void judge_media(const struct client *c, struct probe_result *result)
{
    const struct player_counts *video = &c->player.counts[RTC_VIDEO];

    if (c->connected_at == RTC_NEVER)
        return;
    if (c->publisher) {
        const struct publisher_counts *counts = publisher_counts(c->publisher);

        if (counts->refused > 0)
            probe_add_verdict(result,
                              "The path did not take %llu frames: it carries "
                              "less than the clip has.",
                              (unsigned long long)counts->refused);
        return;
    }
    if (video->freezes > 0)
        probe_add_verdict(result, "The video froze %llu time%s, for %.1f s.",
                          (unsigned long long)video->freezes,
                          video->freezes == 1 ? "" : "s",
                          (double)video->freeze_sum / 1e6);
    if (c->tracks[RTC_VIDEO].packets_received > 0 && video->keyframes == 0)
        probe_add_verdict(result, "Video came, but no key frame.");
}

void client_conclude(const struct client *client, struct probe_result *result)
{
    struct client_numbers n;

    client_numbers(client, &n);
    judge_pair(client, result);
    judge_path(client, &n, result);
    judge_media(client, result);
}
