/* SPDX-License-Identifier: MIT
 *
 * What two descriptions mean together (RFC 3264, RFC 9429 5.8-5.11): whether an
 * offer fits what is in force, whether an answer fits its offer, and what each
 * section and the transport agree on. Offers and answers are made in offer.c
 * and answer.c.
 */
#include "negotiate/negotiate.h"

#include <stdarg.h>
#include <stdio.h>

#include "negotiate/payload.h"
#include "negotiate/section.h"
#include "negotiate/simulcast.h"
#include "sdp/fmtp.h"

/* For "%.*s" of remote text in a sentence. */
#define SHOWN(t) ((t).len < 40 ? (int)(t).len : 40), ((t).len ? (t).at : "")

__attribute__((format(printf, 3, 4))) static int
fail(struct rtc_sdp_error *ret_error, int error, const char *format, ...)
{
    va_list args;

    ret_error->line = 0;
    va_start(args, format);
    (void)vsnprintf(ret_error->text, sizeof ret_error->text, format, args);
    va_end(args);
    return error;
}

/* ---- transport ---------------------------------------------------------- */

static bool is_accepted(const struct rtc_sdp *local,
                        const struct rtc_sdp *remote, unsigned index)
{
    return index < local->media_count && index < remote->media_count &&
           !rtc_sdp_is_rejected(local, &local->media[index]) &&
           !rtc_sdp_is_rejected(remote, &remote->media[index]);
}

static bool has_ice(const struct rtc_sdp_media *media)
{
    return media->ice_ufrag.len && media->ice_pwd.len;
}

/* RFC 9143 7.2: the first accepted section of the group has the transport. A
 * bundle-only one may leave the attributes to the section that the offerer
 * tagged. */
int rtc_negotiate_transport(const struct rtc_sdp *local,
                            const struct rtc_sdp *remote)
{
    if (!local || !remote)
        return -1;
    for (unsigned i = 0; i < remote->bundle_count; i++) {
        int index = rtc_sdp_find_mid(remote, remote->bundle[i]);

        if (index >= 0 && is_accepted(local, remote, (unsigned)index) &&
            has_ice(&remote->media[index]))
            return index;
    }
    for (unsigned i = 0; i < remote->media_count; i++)
        if (!remote->bundle_count && is_accepted(local, remote, i) &&
            has_ice(&remote->media[i]))
            return (int)i;
    for (unsigned i = 0; i < remote->media_count; i++)
        if (has_ice(&remote->media[i]))
            return (int)i;
    return -1;
}

/* The answer decides, and says the same in each section that says it (RFC 8842
 * 5.3); without any the answerer is the client. */
bool rtc_negotiate_is_dtls_client(const struct rtc_sdp *local,
                                  const struct rtc_sdp *remote,
                                  bool local_offered)
{
    const struct rtc_sdp *answer = local_offered ? remote : local;

    for (unsigned i = 0; i < answer->media_count; i++) {
        enum rtc_sdp_setup setup = answer->media[i].setup;

        if (!is_accepted(local, remote, i) || setup == RTC_SDP_SETUP_NONE)
            continue;
        return (setup == RTC_SDP_ACTIVE) != local_offered;
    }
    return !local_offered;
}

/* What one section must say of its transport; a bundle-only one need not. */
static int check_transport(const struct rtc_sdp_media *media, bool is_answer,
                           struct rtc_sdp_error *ret_error)
{
    struct rtc_text mid = media->mid;

    if (!has_ice(media))
        return fail(ret_error, RTC_ERR_FORMAT,
                    "section `%.*s' has no a=ice-ufrag and a=ice-pwd",
                    SHOWN(mid));
    if (!media->fingerprint_count)
        return fail(ret_error, RTC_ERR_FORMAT,
                    "section `%.*s' has no a=fingerprint", SHOWN(mid));
    if (media->setup == RTC_SDP_HOLDCONN ||
        (is_answer && media->setup != RTC_SDP_ACTIVE &&
         media->setup != RTC_SDP_PASSIVE))
        return fail(ret_error, RTC_ERR_UNSUPPORTED,
                    "section `%.*s' does not say a=setup:active or passive",
                    SHOWN(mid));
    return 0;
}

/* ---- an offer ----------------------------------------------------------- */

/* A section in force keeps its kind and mid; a dead one may become another
 * (RFC 9429 5.2.2). */
static int check_in_force(const struct rtc_sdp *offer,
                          const struct rtc_negotiate_current *current,
                          struct rtc_sdp_error *ret_error)
{
    unsigned count = current->remote ? current->remote->media_count : 0;

    if (offer->media_count < count)
        return fail(ret_error, RTC_ERR_FORMAT,
                    "%u media sections, but %u are in force",
                    offer->media_count, count);
    for (unsigned i = 0; i < count; i++) {
        const struct rtc_sdp_media *now = &offer->media[i],
                                   *before = &current->remote->media[i];

        bool dropped = rtc_sdp_is_rejected(offer, now) && !now->mid.len;

        if (dropped || !is_accepted(current->local, current->remote, i))
            continue;
        if (now->kind != before->kind || !rtc_sdp_same(now->mid, before->mid))
            return fail(ret_error, RTC_ERR_FORMAT,
                        "section %u is in use as `%.*s' and cannot become "
                        "`%.*s'",
                        i + 1, SHOWN(before->mid), SHOWN(now->mid));
    }
    return 0;
}

/* Each live section but those that may leave it to another. */
static int check_transports(const struct rtc_sdp *offer,
                            struct rtc_sdp_error *ret_error)
{
    int index = rtc_negotiate_transport(offer, offer), error = 0;

    for (unsigned i = 0; !error && i < offer->media_count; i++) {
        const struct rtc_sdp_media *media = &offer->media[i];

        if (rtc_sdp_is_rejected(offer, media) ||
            media->protocol == RTC_SDP_NO_PROTOCOL)
            continue;
        if (!media->bundle_only || has_ice(media) || index < 0)
            error = check_transport(media, false, ret_error);
    }
    return error;
}

int rtc_negotiate_check_offer(const struct rtc_sdp *offer,
                              const struct rtc_negotiate_current *current,
                              struct rtc_sdp_error *ret_error)
{
    int error = check_in_force(offer, current, ret_error);
    unsigned usable = 0;

    if (!error && offer->media_count == 0)
        error = fail(ret_error, RTC_ERR_UNSUPPORTED,
                     "the offer has no media section");
    if (!error)
        error = check_transports(offer, ret_error);
    for (unsigned i = 0; i < offer->media_count; i++)
        usable += offer->media[i].protocol != RTC_SDP_RTP ||
                  rtc_section_has_mux(&offer->media[i]);
    if (!error && !usable && !current->remote)
        error = fail(ret_error, RTC_ERR_UNSUPPORTED,
                     "no section of the offer has a=rtcp-mux");
    return error;
}

/* ---- an answer ---------------------------------------------------------- */

/* The format of the offer that one of the answer stands for. The answerer may
 * list more than was offered (RFC 3264 6.1); that is NULL. */
static const struct rtc_sdp_format *
offered_format(const struct rtc_sdp_media *offered,
               const struct rtc_sdp_format *answered)
{
    const struct rtc_sdp_format *format =
        rtc_sdp_find_format(offered, answered->payload_type);
    enum rtc_codec codec = rtc_payload_codec(answered);

    return format && codec && rtc_payload_codec(format) == codec ? format
                                                                 : NULL;
}

static int check_formats(const struct rtc_sdp_media *offered,
                         const struct rtc_sdp_media *answered,
                         struct rtc_sdp_error *ret_error)
{
    for (unsigned i = 0; i < answered->format_count; i++)
        if (offered_format(offered, &answered->formats[i]))
            return 0;
    return fail(ret_error, RTC_ERR_FORMAT,
                "section `%.*s' of the answer has no codec under the number "
                "it was offered with",
                SHOWN(answered->mid));
}

static int check_section(const struct rtc_sdp *offer,
                         const struct rtc_sdp *answer, unsigned index,
                         struct rtc_sdp_error *ret_error)
{
    const struct rtc_sdp_media *offered = &offer->media[index],
                               *answered = &answer->media[index];

    if (offered->kind != answered->kind)
        return fail(ret_error, RTC_ERR_FORMAT,
                    "section %u is %.*s in the answer, was offered as %.*s",
                    index + 1, SHOWN(answered->kind_name),
                    SHOWN(offered->kind_name));
    /* One that rejects may leave its mid out. */
    if (rtc_sdp_is_rejected(answer, answered) && !answered->mid.len)
        return 0;
    if (!rtc_sdp_same(offered->mid, answered->mid))
        return fail(ret_error, RTC_ERR_FORMAT,
                    "section %u has mid `%.*s', was offered as `%.*s'",
                    index + 1, SHOWN(answered->mid), SHOWN(offered->mid));
    if (rtc_sdp_is_rejected(answer, answered))
        return 0;
    if (rtc_sdp_is_rejected(offer, offered))
        return fail(ret_error, RTC_ERR_FORMAT,
                    "section `%.*s' is accepted, but was not offered",
                    SHOWN(answered->mid));
    if (answered->protocol == RTC_SDP_RTP && !answered->rtcp_mux)
        return fail(ret_error, RTC_ERR_UNSUPPORTED,
                    "section `%.*s' has no a=rtcp-mux", SHOWN(answered->mid));
    return answered->protocol == RTC_SDP_RTP
               ? check_formats(offered, answered, ret_error)
               : 0;
}

/* Everything goes over one transport, so more than one section needs BUNDLE. */
static int check_bundle(const struct rtc_sdp *answer,
                        struct rtc_sdp_error *ret_error)
{
    unsigned accepted = 0, outside = 0;

    for (unsigned i = 0; i < answer->media_count; i++)
        if (!rtc_sdp_is_rejected(answer, &answer->media[i])) {
            accepted++;
            outside += !rtc_sdp_is_bundled(answer, &answer->media[i]);
        }
    if (outside && accepted > 1)
        return fail(ret_error, RTC_ERR_UNSUPPORTED,
                    "the answer does not put its sections into one BUNDLE");
    return 0;
}

/* In an answer port 0 rejects, unless a=bundle-only says what it means; some
 * leave such sections in the BUNDLE group. */
static void unbundle_rejected(struct rtc_sdp *answer)
{
    unsigned kept = 0;

    for (unsigned i = 0; i < answer->bundle_count; i++) {
        int index = rtc_sdp_find_mid(answer, answer->bundle[i]);

        if (index < 0 || answer->media[index].port ||
            answer->media[index].bundle_only)
            answer->bundle[kept++] = answer->bundle[i];
    }
    answer->bundle_count = kept;
}

int rtc_negotiate_check_answer(const struct rtc_sdp *offer,
                               struct rtc_sdp *answer,
                               struct rtc_sdp_error *ret_error)
{
    int error = 0, transport;

    unbundle_rejected(answer);
    if (answer->media_count != offer->media_count)
        return fail(ret_error, RTC_ERR_FORMAT,
                    "%u media sections answer %u offered ones",
                    answer->media_count, offer->media_count);
    for (unsigned i = 0; !error && i < answer->media_count; i++)
        error = check_section(offer, answer, i, ret_error);
    if (!error)
        error = check_bundle(answer, ret_error);
    if (error)
        return error;
    transport = rtc_negotiate_transport(offer, answer);
    for (unsigned i = 0; i < answer->media_count; i++)
        if (is_accepted(offer, answer, i))
            return check_transport(
                &answer->media[transport < 0 ? (int)i : transport], true,
                ret_error);
    return fail(ret_error, RTC_ERR_UNSUPPORTED,
                "the answer rejects every section: no codec or direction fits");
}

/* ---- what is agreed ----------------------------------------------------- */

static enum rtc_direction agreed_direction(enum rtc_direction local,
                                           enum rtc_direction remote)
{
    return (local & RTC_SENDONLY && remote & RTC_RECVONLY ? RTC_SENDONLY : 0) |
           (local & RTC_RECVONLY && remote & RTC_SENDONLY ? RTC_RECVONLY : 0);
}

/* Absent, it means Baseline at level 1 (RFC 6184 8.1). */
static uint32_t h264_level_id(const struct rtc_sdp_format *remote)
{
    struct rtc_text value;
    uint64_t id = 0x42000a;

    if (rtc_payload_codec(remote) != RTC_CODEC_H264)
        return 0;
    if (rtc_fmtp_get(remote->fmtp, "profile-level-id", &value))
        (void)rtc_text_hex(value, &id);
    return (uint32_t)id & 0xffffff;
}

/* RTX works when both sides give it the same number. */
static void agree_rtx(const struct rtc_sdp_media *local,
                      const struct rtc_sdp_media *remote,
                      struct rtc_negotiate_codec *codec)
{
    const struct rtc_sdp_format *ours = rtc_sdp_find_rtx(local,
                                                         codec->payload_type),
                                *theirs = rtc_sdp_find_rtx(remote,
                                                           codec->payload_type);

    codec->has_rtx =
        ours && theirs && ours->payload_type == theirs->payload_type;
    codec->rtx_payload_type = codec->has_rtx ? ours->payload_type : 0;
}

/* RED alike. */
static void agree_red(const struct rtc_sdp_media *local,
                      const struct rtc_sdp_media *remote,
                      struct rtc_negotiate_codec *codec)
{
    const struct rtc_sdp_format *ours = rtc_sdp_find_red(local,
                                                         codec->payload_type),
                                *theirs = rtc_sdp_find_red(remote,
                                                           codec->payload_type);

    codec->has_red =
        ours && theirs && ours->payload_type == theirs->payload_type;
    codec->red_payload_type = codec->has_red ? ours->payload_type : 0;
}

/* Our offers say actpass in every section (RFC 9429 5.2), answers never. */
static bool is_offer(const struct rtc_sdp_media *local)
{
    return local->setup == RTC_SDP_ACTPASS;
}

static void agree_codecs(const struct rtc_sdp_media *local,
                         const struct rtc_sdp_media *remote,
                         struct rtc_negotiate_agreed *agreed)
{
    const struct rtc_sdp_media *answer = is_offer(local) ? remote : local,
                               *offer = is_offer(local) ? local : remote;

    for (unsigned i = 0; i < answer->format_count &&
                         agreed->codec_count < RTC_NEGOTIATE_CODEC_MOST;
         i++) {
        const struct rtc_sdp_format *a = &answer->formats[i],
                                    *o = offered_format(offer, a);
        struct rtc_negotiate_codec *codec;
        unsigned feedback;

        if (!o)
            continue;
        feedback = a->feedback & o->feedback;
        codec = &agreed->codecs[agreed->codec_count++];
        *codec = (struct rtc_negotiate_codec){
            .codec = rtc_payload_codec(a),
            .payload_type = a->payload_type,
            .nack = feedback & RTC_SDP_NACK,
            .pli = feedback & RTC_SDP_PLI,
            .fir = feedback & RTC_SDP_FIR,
            .transport_cc = feedback & RTC_SDP_TRANSPORT_CC,
            .profile = rtc_payload_profile(is_offer(local) ? a : o),
            .h264_level_id = h264_level_id(is_offer(local) ? a : o),
        };
        agree_rtx(local, remote, codec);
        agree_red(local, remote, codec);
    }
}

static void list_receives(const struct rtc_sdp_media *local,
                          struct rtc_negotiate_agreed *agreed)
{
    for (unsigned i = 0; i < local->format_count &&
                         agreed->receive_count < RTC_NEGOTIATE_CODEC_MOST;
         i++) {
        const struct rtc_sdp_format *f = &local->formats[i],
                                    *rtx = rtc_sdp_find_rtx(local,
                                                            f->payload_type),
                                    *red = rtc_sdp_find_red(local,
                                                            f->payload_type);

        if (rtc_payload_codec(f) == RTC_CODEC_NONE)
            continue;
        agreed->receives[agreed->receive_count++] =
            (struct rtc_negotiate_codec){
                .codec = rtc_payload_codec(f),
                .payload_type = f->payload_type,
                .has_rtx = rtx != NULL,
                .rtx_payload_type = rtx ? rtx->payload_type : 0,
                .has_red = red != NULL,
                .red_payload_type = red ? red->payload_type : 0,
            };
    }
}

static void agree_extensions(const struct rtc_sdp_media *local,
                             const struct rtc_sdp_media *remote,
                             const char *const *own_uris,
                             struct rtc_negotiate_agreed *agreed)
{
    for (unsigned i = 0; i < local->extmap_count; i++)
        for (unsigned k = 0; k < remote->extmap_count; k++) {
            const struct rtc_sdp_extmap *ours = &local->extmaps[i],
                                        *theirs = &remote->extmaps[k];

            if (ours->id == theirs->id &&
                rtc_sdp_same(ours->uri, theirs->uri) &&
                agreed_direction(ours->direction, theirs->direction))
                (void)rtc_extmap_set(
                    &agreed->extmap,
                    rtc_payload_extension_by_uri(own_uris, ours->uri),
                    ours->id);
        }
    agreed->extmap.one_byte_only =
        !local->extmap_allow_mixed || !remote->extmap_allow_mixed;
}

void rtc_negotiate_agree_own(const struct rtc_sdp *local,
                             const struct rtc_sdp *remote, unsigned index,
                             const char *const *own_uris,
                             struct rtc_negotiate_agreed *agreed)
{
    if (!agreed->rejected)
        agree_extensions(&local->media[index], &remote->media[index], own_uris,
                         agreed);
}

static bool is_rtx_ssrc(const struct rtc_sdp_media *media, uint32_t ssrc)
{
    for (unsigned i = 0; i < media->pair_count; i++)
        if (media->pairs[i].rtx_ssrc == ssrc)
            return true;
    return false;
}

static uint32_t rtx_ssrc_of(const struct rtc_sdp_media *media, uint32_t ssrc)
{
    for (unsigned i = 0; i < media->pair_count; i++)
        if (media->pairs[i].ssrc == ssrc)
            return media->pairs[i].rtx_ssrc;
    return 0;
}

static void agree_ssrcs(const struct rtc_sdp_media *remote,
                        struct rtc_negotiate_agreed *agreed)
{
    for (unsigned i = 0;
         i < remote->ssrc_count && agreed->ssrc_count < RTC_NEGOTIATE_SSRC_MOST;
         i++) {
        uint32_t ssrc = remote->ssrcs[i].ssrc;

        if (!is_rtx_ssrc(remote, ssrc))
            agreed->ssrcs[agreed->ssrc_count++] =
                (struct rtc_sdp_pair){ssrc, rtx_ssrc_of(remote, ssrc)};
    }
}

static void agree_layers(const struct rtc_sdp_media *local,
                         const struct rtc_sdp_media *remote,
                         struct rtc_negotiate_agreed *agreed)
{
    if (!agreed->extmap.id[RTC_EXTENSION_RID])
        return;
    if (agreed->direction & RTC_RECVONLY)
        agreed->received_layer_count =
            rtc_simulcast_agree(remote, local, agreed->received_layers);
    if (agreed->direction & RTC_SENDONLY)
        agreed->sent_layer_count =
            rtc_simulcast_agree(local, remote, agreed->sent_layers);
}

void rtc_negotiate_agree(const struct rtc_sdp *local,
                         const struct rtc_sdp *remote, unsigned index,
                         struct rtc_negotiate_agreed *ret_agreed)
{
    struct rtc_negotiate_agreed agreed = {.rejected = true};
    const struct rtc_sdp_media *ours, *theirs;

    if (is_accepted(local, remote, index)) {
        ours = &local->media[index];
        theirs = &remote->media[index];
        agreed.rejected = false;
        agreed.direction = agreed_direction(ours->direction, theirs->direction);
        agreed.rtcp_rsize = ours->rtcp_rsize && theirs->rtcp_rsize;
        agree_codecs(ours, theirs, &agreed);
        list_receives(ours, &agreed);
        agree_extensions(ours, theirs, NULL, &agreed);
        if (agreed.direction & RTC_RECVONLY)
            agree_ssrcs(theirs, &agreed);
        agree_layers(ours, theirs, &agreed);
    }
    *ret_agreed = agreed;
}
