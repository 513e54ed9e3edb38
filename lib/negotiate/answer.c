/* SPDX-License-Identifier: MIT
 *
 * Answering (RFC 9429 5.3, RFC 3264 6): which track a section of a remote offer
 * belongs to, and what we say to each: the offer's numbers and order, narrowed
 * to what the track takes, or port 0.
 */
#include <stdio.h>

#include "negotiate/payload.h"
#include "negotiate/section.h"
#include "negotiate/simulcast.h"

static enum rtc_direction mirror(enum rtc_direction direction)
{
    return (direction & RTC_SENDONLY ? RTC_RECVONLY : 0) |
           (direction & RTC_RECVONLY ? RTC_SENDONLY : 0);
}

/* ---- which track -------------------------------------------------------- */

/* A local track fits if something would flow, or if nothing was to flow. */
static bool is_match(const struct rtc_negotiate_track *track,
                     const struct rtc_sdp_media *offered)
{
    if (track->stopped || !rtc_section_is_kind(offered, track->kind))
        return false;
    if (track->mid[0])
        return rtc_text_is(offered->mid, track->mid);
    return !track->by_remote &&
           (!track->direction || !offered->direction ||
            (track->direction & mirror(offered->direction)));
}

static bool is_taken(const struct rtc_negotiate_match *matches, unsigned count,
                     int track)
{
    for (unsigned i = 0; i < count; i++)
        if (matches[i].track == track)
            return true;
    return false;
}

static int find_match(const struct rtc_sdp *offer, unsigned index,
                      const struct rtc_negotiate_local *local,
                      const struct rtc_negotiate_match *matches)
{
    const struct rtc_sdp_media *offered = &offer->media[index];

    for (unsigned i = 0; i < local->track_count; i++)
        if (local->tracks[i].mid[0] && is_match(&local->tracks[i], offered))
            return (int)i;
    for (unsigned i = 0; i < local->track_count; i++)
        if (!local->tracks[i].mid[0] && is_match(&local->tracks[i], offered) &&
            !is_taken(matches, index, (int)i))
            return (int)i;
    return -1;
}

static bool has_known_codec(const struct rtc_sdp_media *offered)
{
    for (unsigned i = 0; i < offered->format_count; i++)
        if (rtc_payload_of(&offered->formats[i]))
            return true;
    return false;
}

/* A section of a stopped track stays with nobody: it is to be rejected. */
static bool is_stopped(const struct rtc_negotiate_local *local,
                       const struct rtc_sdp_media *offered)
{
    for (unsigned i = 0; i < local->track_count; i++)
        if (local->tracks[i].stopped && local->tracks[i].mid[0] &&
            rtc_text_is(offered->mid, local->tracks[i].mid))
            return true;
    return false;
}

void rtc_negotiate_match(const struct rtc_sdp *offer,
                         const struct rtc_negotiate_local *local,
                         struct rtc_negotiate_match *ret_matches)
{
    for (unsigned i = 0; i < offer->media_count; i++) {
        const struct rtc_sdp_media *offered = &offer->media[i];
        struct rtc_negotiate_match *match = &ret_matches[i];
        bool media =
            offered->protocol == RTC_SDP_RTP &&
            (offered->kind == RTC_SDP_AUDIO || offered->kind == RTC_SDP_VIDEO);

        *match = (struct rtc_negotiate_match){.track = -1};
        match->kind = offered->kind == RTC_SDP_AUDIO ? RTC_AUDIO : RTC_VIDEO;
        if (!media || rtc_sdp_is_rejected(offer, offered) ||
            is_stopped(local, offered))
            continue;
        match->track = find_match(offer, i, local, ret_matches);
        match->wants_track = match->track < 0 && has_known_codec(offered);
    }
}

/* ---- one section -------------------------------------------------------- */

struct answering {
    const struct rtc_sdp *offer;
    const struct rtc_negotiate_local *local;
    const struct rtc_negotiate_current *current;
    struct rtc_sdp *sdp;
    bool has_data;
    enum rtc_sdp_setup setup; /* after an offer that leaves it to us */
};

/* In front of its codec if the offer has it there: who prefers it sends it. */
static void add_red(struct answering *a, struct rtc_sdp_media *media,
                    const struct rtc_sdp_format *red,
                    const struct rtc_sdp_format *theirs)
{
    unsigned count = media->format_count;
    struct rtc_sdp_format codec;

    rtc_section_add_red(a->sdp, media, theirs->payload_type, red->payload_type);
    if (red > theirs || media->format_count == count)
        return;
    codec = media->formats[count - 1];
    media->formats[count - 1] = media->formats[count];
    media->formats[count] = codec;
}

static void add_format(struct answering *a, struct rtc_sdp_media *media,
                       const struct rtc_sdp_media *offered,
                       const struct rtc_sdp_format *theirs)
{
    const struct rtc_payload *row = rtc_payload_of(theirs);
    const struct rtc_sdp_format *rtx = rtc_sdp_find_rtx(offered,
                                                        theirs->payload_type),
                                *red = rtc_sdp_find_red(offered,
                                                        theirs->payload_type);
    struct rtc_sdp_format *format = rtc_sdp_add_format(a->sdp, media);
    struct rtc_text ours = rtc_text_of(row->fmtp);

    if (!format)
        return;
    *format = *theirs;
    format->name = rtc_sdp_copy(a->sdp, theirs->name);
    format->feedback =
        theirs->feedback & (row->accepted | RTC_PAYLOAD_FEEDBACK);
    format->fmtp = row->answer ? row->answer(a->sdp, theirs->fmtp, ours) : ours;
    if (rtx && row->rtx_payload_type)
        rtc_section_add_rtx(a->sdp, media, theirs->payload_type,
                            rtx->payload_type);
    if (red && rtc_payload_has_red(row->codec))
        add_red(a, media, red, theirs);
}

/* All formats of the offer that mean `codec`, in the offer's order. */
static void add_codec(struct answering *a, struct rtc_sdp_media *media,
                      const struct rtc_sdp_media *offered, enum rtc_codec codec)
{
    for (unsigned i = 0; i < offered->format_count; i++) {
        const struct rtc_payload *row = rtc_payload_of(&offered->formats[i]);

        if (row && row->codec == codec)
            add_format(a, media, offered, &offered->formats[i]);
    }
}

/* A track that lists codecs has an order of its own; else the offer's counts.
 */
static void add_formats(struct answering *a, struct rtc_sdp_media *media,
                        const struct rtc_sdp_media *offered,
                        const struct rtc_negotiate_track *track)
{
    for (unsigned i = 0; i < track->codec_count; i++)
        add_codec(a, media, offered, track->codecs[i]);
    for (unsigned i = 0; !track->codec_count && i < offered->format_count;
         i++) {
        const struct rtc_payload *row = rtc_payload_of(&offered->formats[i]);

        if (row && rtc_section_wants_codec(track, row->codec))
            add_format(a, media, offered, &offered->formats[i]);
    }
}

static const struct rtc_payload_extension *
find_extension(const struct answering *a, const struct rtc_sdp_extmap *extmap,
               const struct rtc_negotiate_track *track)
{
    enum rtc_extension extension =
        rtc_payload_extension_by_uri(a->local->own_uris, extmap->uri);
    const struct rtc_payload_extension *row;

    for (unsigned i = 0; (row = rtc_payload_extension_at(i)); i++)
        if (row->extension == extension &&
            rtc_payload_extension_suits(row, track))
            return row;
    return NULL;
}

static void add_extensions(struct answering *a, struct rtc_sdp_media *media,
                           const struct rtc_sdp_media *offered,
                           const struct rtc_negotiate_track *track)
{
    for (unsigned i = 0; i < offered->extmap_count; i++) {
        const struct rtc_sdp_extmap *theirs = &offered->extmaps[i];
        const struct rtc_payload_extension *row =
            find_extension(a, theirs, track);
        enum rtc_direction direction =
            row ? row->direction & mirror(theirs->direction) : RTC_INACTIVE;
        struct rtc_sdp_extmap *extmap =
            direction ? rtc_sdp_add_extmap(a->sdp, media) : NULL;

        if (!extmap)
            continue;
        extmap->id = theirs->id;
        extmap->direction = direction;
        extmap->uri = rtc_sdp_copy(a->sdp, theirs->uri);
    }
}

static enum rtc_sdp_setup answer_setup(const struct answering *a,
                                       const struct rtc_sdp_media *offered)
{
    switch (offered->setup) {
    case RTC_SDP_ACTIVE:
        return RTC_SDP_PASSIVE;
    case RTC_SDP_PASSIVE:
        return RTC_SDP_ACTIVE;
    default:
        return a->setup;
    }
}

static bool has_format_for(const struct rtc_sdp_media *offered,
                           const struct rtc_negotiate_track *track)
{
    for (unsigned i = 0; i < offered->format_count; i++) {
        const struct rtc_payload *row = rtc_payload_of(&offered->formats[i]);

        if (row && rtc_section_wants_codec(track, row->codec))
            return true;
    }
    return false;
}

/* The track to answer with, or NULL: the section is rejected. Without BUNDLE
 * only the first section can have our one transport (RFC 9429 4.1.1). */
static const struct rtc_negotiate_track *
track_for(const struct answering *a, unsigned index,
          const struct rtc_negotiate_match *match)
{
    const struct rtc_sdp_media *offered = &a->offer->media[index];
    const struct rtc_negotiate_track *track;

    if (match->track < 0 || (unsigned)match->track >= a->local->track_count ||
        offered->protocol != RTC_SDP_RTP || !rtc_section_has_mux(offered) ||
        rtc_sdp_is_rejected(a->offer, offered))
        return NULL;
    track = &a->local->tracks[match->track];
    if (track->stopped || !rtc_section_is_kind(offered, track->kind) ||
        !has_format_for(offered, track))
        return NULL;
    if (a->offer->bundle_count ? !rtc_sdp_is_bundled(a->offer, offered)
                               : a->sdp->bundle_count > 0)
        return NULL;
    return track;
}

static bool add_section(struct answering *a,
                        const struct rtc_sdp_media *offered,
                        const struct rtc_negotiate_track *track)
{
    struct rtc_sdp *sdp = a->sdp;
    struct rtc_sdp_media *media = rtc_sdp_add_media(sdp);

    if (!media)
        return false;
    media->kind = offered->kind;
    media->protocol = offered->protocol;
    media->kind_name = rtc_sdp_copy(sdp, offered->kind_name);
    media->protocol_name = rtc_sdp_copy(sdp, offered->protocol_name);
    media->mid = rtc_sdp_copy(sdp, offered->mid);
    media->direction = track->direction & mirror(offered->direction);
    media->setup = answer_setup(a, offered);
    media->rtcp_mux = true;
    media->rtcp_rsize = offered->rtcp_rsize;
    media->extmap_allow_mixed = offered->extmap_allow_mixed;
    add_formats(a, media, offered, track);
    rtc_simulcast_answer(sdp, media, offered, track);
    add_extensions(a, media, offered, track);
    rtc_section_transport(sdp, media, a->local, sdp->bundle_count == 0);
    rtc_section_stream(sdp, media, a->local, track);
    return true;
}

/* The first section for data channels is always taken: the remote may open some
 * though we do not. Without BUNDLE it needs the one transport to itself. */
static bool takes_data(const struct answering *a,
                       const struct rtc_sdp_media *offered)
{
    if (a->has_data || !rtc_section_is_data(offered) ||
        rtc_sdp_is_rejected(a->offer, offered))
        return false;
    return a->offer->bundle_count ? rtc_sdp_is_bundled(a->offer, offered)
                                  : a->sdp->bundle_count == 0;
}

static bool add_data(struct answering *a, const struct rtc_sdp_media *offered)
{
    struct rtc_sdp_media *media =
        rtc_section_data(a->sdp, a->local, offered, offered->mid);

    if (!media)
        return false;
    a->has_data = true;
    media->setup = answer_setup(a, offered);
    rtc_section_transport(a->sdp, media, a->local, a->sdp->bundle_count == 0);
    return true;
}

/* ---- the answer --------------------------------------------------------- */

/* The role in force stays (RFC 8842 5.3); at first we take the client's, which
 * saves a flight. */
static enum rtc_sdp_setup free_setup(const struct rtc_negotiate_current *c)
{
    bool we_offered = false;

    if (!c->local || !c->remote)
        return RTC_SDP_ACTIVE;
    for (unsigned i = 0; i < c->local->media_count; i++)
        we_offered |= c->local->media[i].setup == RTC_SDP_ACTPASS;
    return rtc_negotiate_is_dtls_client(c->local, c->remote, we_offered)
               ? RTC_SDP_ACTIVE
               : RTC_SDP_PASSIVE;
}

/* BUNDLE in the offer's order, and only if it was offered (RFC 9143 7.3). */
static void order_bundle(struct answering *a)
{
    unsigned count = 0;

    for (unsigned i = 0; i < a->offer->bundle_count; i++) {
        int index = rtc_sdp_find_mid(a->sdp, a->offer->bundle[i]);

        if (index >= 0 && a->sdp->media[index].port)
            a->sdp->bundle[count++] = a->sdp->media[index].mid;
    }
    a->sdp->bundle_count = count;
}

/* Janus looks for credentials in the first section, be it rejected or not. */
static bool reject(struct answering *a, const struct rtc_sdp_media *offered)
{
    bool is_first = a->sdp->media_count == 0;
    struct rtc_sdp_media *media = rtc_section_reject(a->sdp, offered);

    if (media && is_first)
        rtc_section_identity(a->sdp, media, a->local);
    return media;
}

static int add_sections(struct answering *a,
                        const struct rtc_negotiate_match *matches)
{
    for (unsigned i = 0; i < a->offer->media_count; i++) {
        const struct rtc_sdp_media *offered = &a->offer->media[i];
        const struct rtc_negotiate_track *track = track_for(a, i, &matches[i]);
        bool added = track                    ? add_section(a, offered, track)
                     : takes_data(a, offered) ? add_data(a, offered)
                                              : reject(a, offered);

        if (!added)
            return RTC_ERR_NOMEM;
    }
    return a->sdp->failed ? RTC_ERR_NOMEM : 0;
}

int rtc_negotiate_answer(const struct rtc_sdp *offer,
                         const struct rtc_negotiate_local *local,
                         const struct rtc_negotiate_current *current,
                         const struct rtc_negotiate_match *matches,
                         struct rtc_sdp **ret_sdp,
                         struct rtc_sdp_error *ret_error)
{
    struct answering a = {.offer = offer,
                          .local = local,
                          .current = current,
                          .sdp = rtc_section_begin(local),
                          .setup = free_setup(current)};
    const char *why = "out of memory";
    int error = RTC_ERR_NOMEM;

    if (a.sdp)
        error = add_sections(&a, matches);
    if (!error && a.sdp->bundle_count == 0 && !current->local) {
        why = "no section of the offer can be accepted: no track or codec fits";
        error = RTC_ERR_UNSUPPORTED;
    }
    if (error) {
        ret_error->line = 0;
        (void)snprintf(ret_error->text, sizeof ret_error->text, "%s", why);
        rtc_sdp_free(a.sdp);
        return error;
    }
    order_bundle(&a);
    *ret_sdp = a.sdp;
    return 0;
}
