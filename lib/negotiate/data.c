/* SPDX-License-Identifier: MIT
 * Sections for data channels (RFC 8841), also in the form from before it:
 * DTLS/SCTP with the port as format and a=sctpmap. */
#include "negotiate/section.h"

#define PORT 5000
#define MESSAGE_MAX 65536 /* RFC 8841 6.1: when nothing is said */

bool rtc_section_is_data(const struct rtc_sdp_media *media)
{
    if (media->kind != RTC_SDP_APPLICATION)
        return false;
    return media->protocol == RTC_SDP_SCTP_OLD ||
           (media->protocol == RTC_SDP_SCTP &&
            rtc_text_is(media->plain_formats, "webrtc-datachannel"));
}

struct rtc_sdp_media *rtc_section_data(struct rtc_sdp *sdp,
                                       const struct rtc_negotiate_local *local,
                                       const struct rtc_sdp_media *other,
                                       struct rtc_text mid)
{
    struct rtc_sdp_media *media = rtc_sdp_add_media(sdp);
    bool old = other && other->protocol == RTC_SDP_SCTP_OLD;

    if (!media)
        return NULL;
    media->kind = RTC_SDP_APPLICATION;
    media->kind_name = rtc_text_of("application");
    media->protocol = old ? RTC_SDP_SCTP_OLD : RTC_SDP_SCTP;
    media->protocol_name = other ? rtc_sdp_copy(sdp, other->protocol_name)
                                 : rtc_text_of("UDP/DTLS/SCTP");
    media->plain_formats = old ? rtc_sdp_print(sdp, "%u", PORT)
                               : rtc_text_of("webrtc-datachannel");
    media->mid = other ? rtc_sdp_copy(sdp, other->mid) : mid;
    media->direction = RTC_SENDRECV;
    media->sctp_port = PORT;
    media->has_max_message_size = true;
    media->max_message_size = local->message_max;
    return media;
}

void rtc_negotiate_agree_data(const struct rtc_sdp *local,
                              const struct rtc_sdp *remote,
                              struct rtc_negotiate_data *ret_data)
{
    struct rtc_negotiate_data data = {.port = PORT, .message_max = MESSAGE_MAX};
    unsigned count = local && remote ? local->media_count : 0;

    for (unsigned i = 0; i < count && i < remote->media_count; i++) {
        const struct rtc_sdp_media *theirs = &remote->media[i];

        if (!rtc_section_is_data(&local->media[i]) ||
            !rtc_section_is_data(theirs) || data.accepted)
            continue;
        data.described = true;
        data.accepted = !rtc_sdp_is_rejected(local, &local->media[i]) &&
                        !rtc_sdp_is_rejected(remote, theirs);
        if (theirs->sctp_port)
            data.port = theirs->sctp_port;
        if (theirs->has_max_message_size)
            data.message_max = theirs->max_message_size;
    }
    *ret_data = data;
}
