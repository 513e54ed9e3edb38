/* SPDX-License-Identifier: MIT
 *
 * Making an offer (RFC 9429 5.2): sections in force keep their place, mid and
 * numbers; stopped ones get port 0; tracks without a section take a dead one's
 * place under a new mid, or a new one at the end.
 */
#include <string.h>

#include "codec/codec.h"
#include "negotiate/payload.h"
#include "negotiate/section.h"
#include "negotiate/simulcast.h"

struct offering {
    const struct rtc_negotiate_local *local;
    const struct rtc_negotiate_current *current;
    struct rtc_payload_numbers numbers;
    struct rtc_sdp *sdp;
    int *tracks;          /* by section */
    unsigned next_track;  /* where to look for the next new one */
    bool has_data;        /* the section for data channels is there */
    unsigned next_number; /* where to look for the next free mid */
};

/* ---- one section -------------------------------------------------------- */

static void add_payload(struct offering *o, struct rtc_sdp_media *media,
                        unsigned row)
{
    const struct rtc_payload *payload = rtc_payload_at(row);
    const struct rtc_codec_entry *codec = rtc_codec_entry(payload->codec);
    uint8_t number = rtc_payload_number(&o->numbers, row), rtx, red;
    struct rtc_sdp_format *format =
        number != RTC_PAYLOAD_NONE ? rtc_sdp_add_format(o->sdp, media) : NULL;

    if (!format)
        return;
    format->payload_type = number;
    format->name = rtc_text_of(codec->name);
    format->clock_rate = codec->clock_rate;
    format->channels = codec->channels;
    format->feedback = payload->offered | RTC_PAYLOAD_FEEDBACK;
    format->fmtp = rtc_text_of(payload->fmtp);
    rtx = rtc_payload_rtx_number(&o->numbers, row);
    if (rtx != RTC_PAYLOAD_NONE)
        rtc_section_add_rtx(o->sdp, media, number, rtx);
    /* Behind its codec: who prefers what is listed first sends it plain. */
    red = rtc_payload_red_number(&o->numbers, row);
    if (red != RTC_PAYLOAD_NONE)
        rtc_section_add_red(o->sdp, media, number, red);
}

static void add_codec(struct offering *o, struct rtc_sdp_media *media,
                      enum rtc_codec codec)
{
    for (unsigned i = 0; rtc_codec_entry(codec) && rtc_payload_at(i); i++)
        if (rtc_payload_at(i)->codec == codec)
            add_payload(o, media, i);
}

/* The track's codecs in its order, or all of its kind in the table's. */
static void add_payloads(struct offering *o, struct rtc_sdp_media *media,
                         const struct rtc_negotiate_track *track)
{
    for (unsigned i = 0; i < track->codec_count; i++)
        add_codec(o, media, track->codecs[i]);
    for (unsigned i = 0; !track->codec_count && rtc_payload_at(i); i++)
        if (rtc_section_wants_codec(track, rtc_payload_at(i)->codec))
            add_payload(o, media, i);
}

/* Those that simulcast needs (RFC 8852) are offered where there is any. */
static bool is_offered(const struct rtc_payload_extension *row,
                       const struct rtc_sdp_media *media)
{
    return row->offered || (media->rid_count > 0 &&
                            (row->extension == RTC_EXTENSION_RID ||
                             row->extension == RTC_EXTENSION_REPAIRED_RID));
}

static void add_extensions(struct offering *o, struct rtc_sdp_media *media,
                           const struct rtc_negotiate_track *track)
{
    const struct rtc_payload_extension *row;

    for (unsigned i = 0; (row = rtc_payload_extension_at(i)); i++) {
        struct rtc_text uri =
            rtc_payload_extension_uri(o->local->own_uris, row->extension);
        bool wanted = is_offered(row, media) && uri.len &&
                      rtc_payload_extension_suits(row, track);
        uint8_t id = wanted ? rtc_payload_extension_id(&o->numbers, row) : 0;
        struct rtc_sdp_extmap *extmap =
            id ? rtc_sdp_add_extmap(o->sdp, media) : NULL;

        if (!extmap)
            continue;
        extmap->id = id;
        extmap->direction = row->direction;
        extmap->uri = rtc_sdp_copy(o->sdp, uri);
    }
}

/* Candidates go into every section until BUNDLE is agreed, as the answerer may
 * reject the first (RFC 9143 7.2.1), then into the first only; and so from the
 * beginning when the others are bundle-only. `before`: the section in force, or
 * NULL. */
static int add_section(struct offering *o, int index, struct rtc_text mid,
                       const struct rtc_sdp_media *before)
{
    const struct rtc_negotiate_track *track = &o->local->tracks[index];
    struct rtc_sdp *sdp = o->sdp;
    struct rtc_sdp_media *media = rtc_sdp_add_media(sdp);
    bool bundle_only = o->local->max_bundle && sdp->bundle_count > 0;
    bool first =
        !bundle_only && (!o->current->remote || sdp->bundle_count == 0);

    if (!media)
        return RTC_ERR_NOMEM;
    o->tracks[sdp->media_count - 1] = index;
    media->kind = track->kind == RTC_AUDIO ? RTC_SDP_AUDIO : RTC_SDP_VIDEO;
    media->kind_name =
        rtc_text_of(track->kind == RTC_AUDIO ? "audio" : "video");
    media->protocol = RTC_SDP_RTP;
    media->protocol_name = rtc_text_of("UDP/TLS/RTP/SAVPF");
    media->mid = mid;
    media->direction = track->direction;
    media->setup = RTC_SDP_ACTPASS; /* RFC 9429 5.2.1, 5.2.2: in every offer */
    media->rtcp_mux = media->rtcp_mux_only = media->rtcp_rsize = true;
    media->extmap_allow_mixed = true;
    add_payloads(o, media, track);
    rtc_simulcast_offer(sdp, media, track, before);
    add_extensions(o, media, track);
    rtc_section_transport(sdp, media, o->local, first);
    if (bundle_only) {
        media->bundle_only = true;
        media->port = 0;
    }
    rtc_section_stream(sdp, media, o->local, track);
    return 0;
}

/* The section for data channels: that of `before`, or with NULL a new one. */
static int add_data(struct offering *o, const struct rtc_sdp_media *before,
                    struct rtc_text mid)
{
    struct rtc_sdp *sdp = o->sdp;
    struct rtc_sdp_media *media = rtc_section_data(sdp, o->local, before, mid);
    bool bundle_only = o->local->max_bundle && sdp->bundle_count > 0;

    if (!media)
        return RTC_ERR_NOMEM;
    o->has_data = true;
    media->setup = RTC_SDP_ACTPASS;
    rtc_section_transport(sdp, media, o->local,
                          !bundle_only &&
                              (!o->current->remote || sdp->bundle_count == 0));
    if (bundle_only) {
        media->bundle_only = true;
        media->port = 0;
    }
    return 0;
}

/* ---- which sections ----------------------------------------------------- */

static int find_track(const struct rtc_negotiate_local *local,
                      struct rtc_text mid)
{
    for (unsigned i = 0; i < local->track_count; i++)
        if (local->tracks[i].mid[0] && rtc_text_is(mid, local->tracks[i].mid))
            return (int)i;
    return -1;
}

/* The next track that never had a section, or -1. */
static int next_track(struct offering *o)
{
    while (o->next_track < o->local->track_count) {
        const struct rtc_negotiate_track *track =
            &o->local->tracks[o->next_track++];

        if (!track->mid[0] && !track->stopped)
            return (int)(o->next_track - 1);
    }
    return -1;
}

/* A mid that no section and no track has. */
static struct rtc_text new_mid(struct offering *o)
{
    const struct rtc_negotiate_current *current = o->current;
    struct rtc_text mid;

    do {
        mid = rtc_sdp_print(o->sdp, "%u", o->next_number++);
    } while (
        !o->sdp->failed &&
        ((current->local && rtc_sdp_find_mid(current->local, mid) >= 0) ||
         (current->remote && rtc_sdp_find_mid(current->remote, mid) >= 0) ||
         find_track(o->local, mid) >= 0));
    return mid;
}

static bool is_dead(const struct rtc_negotiate_current *current, unsigned index)
{
    const struct rtc_sdp *local = current->local, *remote = current->remote;

    return rtc_sdp_is_rejected(local, &local->media[index]) ||
           (remote && index < remote->media_count &&
            rtc_sdp_is_rejected(remote, &remote->media[index]));
}

static int repeat_section(struct offering *o, unsigned index)
{
    const struct rtc_sdp_media *before = &o->current->local->media[index];
    bool dead = is_dead(o->current, index);
    int track;

    if (!dead && rtc_section_is_data(before))
        return add_data(o, before, before->mid);
    track = dead ? next_track(o) : find_track(o->local, before->mid);

    if (track >= 0 && dead)
        return add_section(o, track, new_mid(o), NULL);
    if (track >= 0 && !o->local->tracks[track].stopped)
        return add_section(o, track, rtc_sdp_copy(o->sdp, before->mid), before);
    return rtc_section_reject(o->sdp, before) ? 0 : RTC_ERR_NOMEM;
}

static int add_sections(struct offering *o)
{
    const struct rtc_sdp *before = o->current->local;
    int error = 0, track;

    for (unsigned i = 0; before && !error && i < before->media_count; i++)
        error = repeat_section(o, i);
    while (!error && (track = next_track(o)) >= 0)
        error = add_section(o, track, new_mid(o), NULL);
    if (!error && o->local->data && !o->has_data)
        error = add_data(o, NULL, new_mid(o));
    return error;
}

int rtc_negotiate_offer(const struct rtc_negotiate_local *local,
                        const struct rtc_negotiate_current *current,
                        int ret_tracks[RTC_SDP_MEDIA_MOST],
                        struct rtc_sdp **ret_sdp)
{
    int tracks[RTC_SDP_MEDIA_MOST];
    struct offering o = {.local = local,
                         .current = current,
                         .sdp = rtc_section_begin(local),
                         .tracks = tracks};
    int error;

    if (!o.sdp)
        return RTC_ERR_NOMEM;
    for (unsigned i = 0; i < RTC_SDP_MEDIA_MOST; i++)
        tracks[i] = -1;
    o.sdp->extmap_allow_mixed = true;
    rtc_payload_numbers_init(&o.numbers, current, local->own_uris);
    error = add_sections(&o);
    if (!error && o.sdp->failed)
        error = RTC_ERR_NOMEM;
    if (error) {
        rtc_sdp_free(o.sdp);
        return error;
    }
    memcpy(ret_tracks, tracks, sizeof tracks);
    *ret_sdp = o.sdp;
    return 0;
}
