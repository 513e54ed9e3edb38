/* SPDX-License-Identifier: MIT
 *
 * The parts of a section that offers and answers share (RFC 9429 5.2.1, 5.3.1):
 * transport attributes, streams, the shape of a rejected section.
 *
 * Each bundled section has the same port and transport attributes, where RFC
 * 9143 7.2.1 would have all but the first be bundle-only with port 0: stacks
 * that take any port 0 for a rejection understand both sides of this. Offers
 * with max_bundle do as the RFC says, but for the attributes, which stay.
 */
#include "negotiate/section.h"

#include "codec/codec.h"

#define DISCARD_PORT 9 /* RFC 8840 4.1.1: no candidate is known yet */

struct rtc_sdp *rtc_section_begin(const struct rtc_negotiate_local *local)
{
    struct rtc_sdp *sdp = rtc_sdp_new();

    if (!sdp)
        return NULL;
    sdp->session_id =
        rtc_sdp_print(sdp, "%llu", (unsigned long long)local->session_id);
    sdp->version = local->version;
    sdp->ice_lite = local->ice_lite;
    return sdp;
}

/* The candidate most likely to be reached (RFC 8839 5.1.2): relayed before
 * reflexive before host, IPv4 before IPv6. NULL: none with an address. */
static const struct rtc_candidate *
default_candidate(const struct rtc_negotiate_local *local)
{
    static const unsigned ranks[] = {
        [RTC_CANDIDATE_HOST] = 1,
        [RTC_CANDIDATE_SRFLX] = 2,
        [RTC_CANDIDATE_PRFLX] = 0,
        [RTC_CANDIDATE_RELAY] = 3,
    };
    const struct rtc_candidate *best = NULL;
    unsigned best_rank = 0;

    for (unsigned i = 0; i < local->candidate_count; i++) {
        const struct rtc_candidate *c = &local->candidates[i];
        unsigned rank = ranks[c->type] * 2 + (c->addr.family == 4);

        if (c->transport == RTC_UDP && c->component == 1 && c->addr.family &&
            c->addr.port && rank > best_rank) {
            best = c;
            best_rank = rank;
        }
    }
    return best;
}

static void add_candidates(struct rtc_sdp *sdp, struct rtc_sdp_media *media,
                           const struct rtc_negotiate_local *local)
{
    for (unsigned i = 0; i < local->candidate_count; i++) {
        struct rtc_candidate *c = rtc_sdp_add_candidate(sdp, media);

        if (!c)
            return;
        *c = local->candidates[i];
        if (local->hide_related)
            c->related = (struct rtc_addr){0};
    }
}

void rtc_section_identity(struct rtc_sdp *sdp, struct rtc_sdp_media *media,
                          const struct rtc_negotiate_local *local)
{
    media->ice_ufrag = rtc_sdp_copy(sdp, rtc_text_of(local->ice_ufrag));
    media->ice_pwd = rtc_sdp_copy(sdp, rtc_text_of(local->ice_pwd));
    media->fingerprints[0] = local->fingerprint;
    media->fingerprint_count = 1;
}

void rtc_section_transport(struct rtc_sdp *sdp, struct rtc_sdp_media *media,
                           const struct rtc_negotiate_local *local,
                           bool with_candidates)
{
    const struct rtc_candidate *best = default_candidate(local);

    media->port = best ? best->addr.port : DISCARD_PORT;
    if (best)
        media->connection = best->addr;
    rtc_section_identity(sdp, media, local);
    media->ice_options = rtc_text_of("trickle");
    if (with_candidates)
        add_candidates(sdp, media, local);
    media->end_of_candidates = local->end_of_candidates;
    sdp->bundle[sdp->bundle_count++] = media->mid;
}

static void add_ssrc(struct rtc_sdp *sdp, struct rtc_sdp_media *media,
                     uint32_t ssrc, struct rtc_text cname)
{
    struct rtc_sdp_ssrc *entry = rtc_sdp_add_ssrc(sdp, media);

    if (entry) {
        entry->ssrc = ssrc;
        entry->cname = cname;
    }
}

static bool has_rtx(const struct rtc_sdp_media *media)
{
    for (unsigned i = 0; i < media->format_count; i++)
        if (rtc_text_is_nocase(media->formats[i].name, "rtx"))
            return true;
    return false;
}

void rtc_section_stream(struct rtc_sdp *sdp, struct rtc_sdp_media *media,
                        const struct rtc_negotiate_local *local,
                        const struct rtc_negotiate_track *track)
{
    struct rtc_text cname;
    struct rtc_sdp_pair *pair;

    if (!(media->direction & RTC_SENDONLY))
        return;
    media->has_msid = true;
    media->stream_id = rtc_sdp_copy(sdp, rtc_text_of(track->stream_id));
    media->track_id = rtc_sdp_copy(sdp, rtc_text_of(track->track_id));
    /* Layers are known by their rids, not by SSRCs (RFC 8853 6.3). */
    if (!track->ssrc || media->simulcast_send.len)
        return;
    cname = rtc_sdp_copy(sdp, rtc_text_of(local->cname));
    add_ssrc(sdp, media, track->ssrc, cname);
    if (!track->rtx_ssrc || !has_rtx(media))
        return;
    add_ssrc(sdp, media, track->rtx_ssrc, cname);
    pair = rtc_sdp_add_pair(sdp, media);
    if (pair)
        *pair = (struct rtc_sdp_pair){track->ssrc, track->rtx_ssrc};
}

struct rtc_sdp_media *rtc_section_reject(struct rtc_sdp *sdp,
                                         const struct rtc_sdp_media *other)
{
    struct rtc_sdp_media *media = rtc_sdp_add_media(sdp);
    struct rtc_sdp_format *format;

    if (!media)
        return NULL;
    media->kind = other->kind;
    media->protocol = other->protocol;
    media->kind_name = rtc_sdp_copy(sdp, other->kind_name);
    media->protocol_name = rtc_sdp_copy(sdp, other->protocol_name);
    media->plain_formats = rtc_sdp_copy(sdp, other->plain_formats);
    media->mid = rtc_sdp_copy(sdp, other->mid);
    media->direction = RTC_INACTIVE;
    format = other->format_count ? rtc_sdp_add_format(sdp, media) : NULL;
    if (format) {
        *format = other->formats[0];
        format->name = rtc_sdp_copy(sdp, other->formats[0].name);
        format->fmtp = (struct rtc_text){"", 0};
        format->feedback = 0;
    }
    return media;
}

void rtc_section_add_rtx(struct rtc_sdp *sdp, struct rtc_sdp_media *media,
                         uint8_t payload_type, uint8_t rtx)
{
    struct rtc_sdp_format *format = rtc_sdp_add_format(sdp, media);

    if (!format)
        return;
    format->payload_type = rtx;
    format->name = rtc_text_of("rtx");
    format->clock_rate = rtc_sdp_find_format(media, payload_type)->clock_rate;
    format->channels = 1;
    format->fmtp = rtc_sdp_print(sdp, "apt=%u", payload_type);
}

void rtc_section_add_red(struct rtc_sdp *sdp, struct rtc_sdp_media *media,
                         uint8_t payload_type, uint8_t red)
{
    struct rtc_sdp_format *format = rtc_sdp_add_format(sdp, media);
    const struct rtc_sdp_format *primary =
        rtc_sdp_find_format(media, payload_type);

    if (!format)
        return;
    format->payload_type = red;
    format->name = rtc_text_of("red");
    format->clock_rate = primary->clock_rate;
    format->channels = primary->channels;
    format->fmtp = rtc_sdp_print(sdp, "%u/%u", payload_type, payload_type);
}

bool rtc_section_wants_codec(const struct rtc_negotiate_track *track,
                             enum rtc_codec codec)
{
    const struct rtc_codec_entry *entry = rtc_codec_entry(codec);

    for (unsigned i = 0; i < track->codec_count; i++)
        if (track->codecs[i] == codec)
            return true;
    return track->codec_count == 0 && entry && entry->kind == track->kind;
}

bool rtc_section_is_kind(const struct rtc_sdp_media *media, enum rtc_kind kind)
{
    return media->kind == (kind == RTC_AUDIO ? RTC_SDP_AUDIO : RTC_SDP_VIDEO);
}

bool rtc_section_has_mux(const struct rtc_sdp_media *media)
{
    return media->rtcp_mux || media->rtcp_mux_only;
}
