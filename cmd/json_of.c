/* SPDX-License-Identifier: MIT
 *
 * What reports are made of, as JSON: numbers, addresses, candidates, and the
 * totals of a peer, named as in W3C webrtc-stats where it has a name.
 */
#include "cmd/json_of.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

json_t *json_of_number(double value)
{
    return isfinite(value) ? json_real(value) : json_null();
}

/* `us` of -1 or RTC_NEVER is unknown. */
json_t *json_of_seconds(rtc_usec us)
{
    return us < 0 || us == RTC_NEVER ? json_null()
                                     : json_of_number((double)us / 1e6);
}

json_t *json_of_count(uint64_t value)
{
    return json_integer((json_int_t)value);
}

/* NULL is null; bytes that are not UTF-8 become `?`. */
json_t *json_of_text(const char *text)
{
    json_t *value = text ? json_string(text) : json_null();
    char copy[256];

    if (value)
        return value;
    snprintf(copy, sizeof copy, "%s", text);
    for (char *at = copy; *at; at++)
        if (*at & 0x80)
            *at = '?';
    return json_string(copy);
}

json_t *json_of_track_number(int track)
{
    return track < 0 ? json_null() : json_integer(track);
}

void json_of_member(json_t *object, const char *name, json_t *value)
{
    json_object_set_new(object, name, value);
}

/* The address alone, without brackets. */
json_t *json_of_address(const struct rtc_addr *addr)
{
    char text[RTC_ADDR_TEXT], *at = text, *colon;

    if (!addr->family)
        return json_null();
    rtc_addr_write(addr, text);
    colon = strrchr(text, ':');
    if (colon)
        *colon = '\0';
    if (*at == '[') {
        at++;
        at[strcspn(at, "]")] = '\0';
    }
    return json_of_text(at);
}

static const char *transport_name(enum rtc_transport transport)
{
    return transport == RTC_UDP ? "udp" : "tcp";
}

json_t *json_of_candidate(const struct rtc_candidate *candidate)
{
    return json_pack("{s:s, s:s, s:o, s:i, s:I, s:o, s:o, s:i}",
                     "candidateType", rtc_candidate_type_name(candidate->type),
                     "protocol", transport_name(candidate->transport),
                     "address", json_of_address(&candidate->addr), "port",
                     candidate->addr.port, "priority",
                     (json_int_t)candidate->priority, "foundation",
                     json_of_text(candidate->foundation), "relatedAddress",
                     json_of_address(&candidate->related), "relatedPort",
                     candidate->related.port);
}

static json_t *end_fields(const struct rtc_addr *addr,
                          enum rtc_candidate_type type)
{
    return json_pack("{s:s, s:o, s:i}", "candidateType",
                     rtc_candidate_type_name(type), "address",
                     json_of_address(addr), "port", addr->port);
}

json_t *json_of_pair(const struct rtc_path *path, enum rtc_candidate_type local,
                     enum rtc_candidate_type remote)
{
    return json_pack("{s:s, s:o, s:o}", "protocol",
                     transport_name(path->transport), "local",
                     end_fields(&path->local, local), "remote",
                     end_fields(&path->remote, remote));
}

json_t *json_of_dtls(const struct rtc_stats *stats)
{
    return json_pack("{s:s, s:o, s:o, s:o}", "dtlsState", "connected",
                     "tlsVersion", json_of_text(stats->dtls_version),
                     "dtlsCipher", json_of_text(stats->dtls_cipher),
                     "srtpCipher", json_of_text(stats->srtp_profile));
}

json_t *json_of_track(const struct rtc_peer *peer, int track)
{
    struct rtc_track_info info;

    if (rtc_peer_track_info(peer, track, &info))
        return json_pack("{s:i}", "track", track);
    return json_pack("{s:i, s:o, s:s, s:s, s:o}", "track", track, "mid",
                     json_of_text(info.mid), "kind",
                     info.kind == RTC_AUDIO ? "audio" : "video", "direction",
                     rtc_direction_name(info.agreed), "codec",
                     info.codec_count
                         ? json_of_text(rtc_codec_name(info.codecs[0]))
                         : json_null());
}

json_t *json_of_transport_totals(const struct rtc_peer *peer)
{
    struct rtc_stats stats;
    json_t *object;

    rtc_peer_stats(peer, &stats);
    object = json_of_dtls(&stats);
    if (!stats.dtls_version)
        json_of_member(object, "dtlsState", json_null());
    json_of_member(
        object, "selectedCandidatePair",
        stats.path.remote.family
            ? json_of_pair(&stats.path, stats.local_type, stats.remote_type)
            : json_null());
    json_of_member(object, "currentRoundTripTime",
                   json_of_seconds(stats.ice_rtt_us));
    json_of_member(object, "availableOutgoingBitrate",
                   stats.bitrate_bps ? json_of_count(stats.bitrate_bps)
                                     : json_null());
    json_of_member(object, "packetsSent", json_of_count(stats.datagrams_sent));
    json_of_member(object, "bytesSent", json_of_count(stats.bytes_sent));
    json_of_member(object, "packetsReceived",
                   json_of_count(stats.datagrams_received));
    json_of_member(object, "bytesReceived",
                   json_of_count(stats.bytes_received));
    json_of_member(object, "packetsDiscarded",
                   json_of_count(stats.datagrams_dropped));
    json_of_member(object, "srtpFailed", json_of_count(stats.srtp_failed));
    json_of_member(object, "srtpReplayed", json_of_count(stats.srtp_replayed));
    return object;
}

static json_t *outbound(const struct rtc_track_stats *stats)
{
    json_t *object = json_object();

    json_of_member(object, "packetsSent", json_of_count(stats->packets_sent));
    json_of_member(object, "bytesSent", json_of_count(stats->bytes_sent));
    json_of_member(object, "framesSent", json_of_count(stats->frames_sent));
    json_of_member(object, "retransmittedPacketsSent",
                   json_of_count(stats->packets_retransmitted));
    json_of_member(object, "retransmittedBytesSent",
                   json_of_count(stats->bytes_retransmitted));
    json_of_member(object, "nackCount", json_of_count(stats->nack_received));
    json_of_member(object, "pliCount", json_of_count(stats->pli_received));
    json_of_member(object, "firCount", json_of_count(stats->fir_received));
    json_of_member(object, "roundTripTime", json_of_seconds(stats->rtt_us));
    json_of_member(object, "fractionLost", json_of_number(stats->remote_loss));
    return object;
}

static json_t *inbound(const struct rtc_track_stats *stats)
{
    json_t *object = json_object();

    json_of_member(object, "packetsReceived",
                   json_of_count(stats->packets_received));
    json_of_member(object, "bytesReceived",
                   json_of_count(stats->bytes_received));
    json_of_member(object, "framesReceived",
                   json_of_count(stats->frames_received));
    json_of_member(object, "packetsLost", json_integer(stats->packets_lost));
    json_of_member(object, "packetsDuplicate",
                   json_of_count(stats->packets_duplicate));
    json_of_member(object, "packetsRecovered",
                   json_of_count(stats->packets_recovered));
    json_of_member(object, "framesDropped",
                   json_of_count(stats->frames_dropped));
    json_of_member(object, "jitter", json_of_number(stats->jitter));
    json_of_member(object, "nackCount", json_of_count(stats->nack_sent));
    json_of_member(object, "pliCount", json_of_count(stats->pli_sent));
    return object;
}

json_t *json_of_track_totals(const struct rtc_peer *peer)
{
    json_t *array = json_array();
    struct rtc_track_stats stats;
    struct rtc_track_info info;

    for (int i = 0; rtc_peer_track_info(peer, i, &info) == 0; i++) {
        json_t *object;

        if (!info.codec_count || rtc_peer_track_stats(peer, i, &stats))
            continue; /* nothing was agreed for it */
        object = json_of_track(peer, i);
        json_of_member(object, "outbound", outbound(&stats));
        json_of_member(object, "inbound", inbound(&stats));
        json_array_append_new(array, object);
    }
    return array;
}

/* ---- data channels ------------------------------------------------------- */

static json_t *limit(int value)
{
    return value < 0 ? json_null() : json_integer(value);
}

static json_t *channel_fields(int channel, const struct rtc_channel_info *info)
{
    const struct rtc_channel_config *config = &info->config;

    return json_pack(
        "{s:i, s:o, s:o, s:o, s:s, s:b, s:o, s:o, s:b}", "channel", channel,
        "dataChannelIdentifier", limit(info->id), "label",
        json_of_text(config->label), "protocol", json_of_text(config->protocol),
        "state", rtc_channel_state_name(info->state), "ordered",
        !config->unordered, "maxRetransmits", limit(config->max_retransmits),
        "maxPacketLifeTime", limit(config->max_lifetime_ms), "negotiated",
        (int)config->negotiated);
}

json_t *json_of_channel(const struct rtc_peer *peer, int channel)
{
    struct rtc_channel_info info;

    if (rtc_peer_channel_info(peer, channel, &info))
        return json_pack("{s:i}", "channel", channel);
    return channel_fields(channel, &info);
}

json_t *json_of_channel_totals(const struct rtc_peer *peer)
{
    json_t *array = json_array();

    for (int i = 0; i < RTC_CHANNEL_MOST; i++) {
        struct rtc_channel_info info;
        json_t *object;

        if (rtc_peer_channel_info(peer, i, &info))
            continue;
        object = channel_fields(i, &info);
        json_of_member(object, "messagesSent",
                       json_of_count(info.messages_sent));
        json_of_member(object, "bytesSent", json_of_count(info.bytes_sent));
        json_of_member(object, "messagesReceived",
                       json_of_count(info.messages_received));
        json_of_member(object, "bytesReceived",
                       json_of_count(info.bytes_received));
        json_array_append_new(array, object);
    }
    return array;
}
