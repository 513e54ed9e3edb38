/* SPDX-License-Identifier: MIT
 *
 * Our descriptions as they are or with a line changed, and fragments made of
 * them (RFC 8840, RFC 9725 4.3). What is malformed is short and harmless.
 */
#include "cmd/probe/conformance_body.h"

#include <stdio.h>
#include <string.h>

#include "sdp/fragment.h"

/* Nobody is at this address (RFC 5737). */
#define CANDIDATE "candidate:1 1 udp 2130706431 192.0.2.1 9 typ host"
/* A transport that there is not, and a name that there is not (RFC 2606). */
#define USELESS                                                                \
    "a=candidate:8 1 sctp 1000 192.0.2.1 9 typ host\r\n"                       \
    "a=candidate:9 1 udp 1000 rtc-probe.invalid 9 typ host\r\n"
#define ACTPASS "a=setup:actpass\r\n"
#define ACTIVE "a=setup:active\r\n"

static const char *make_active(const char *offer, char buf[CONFORM_BODY_MAX])
{
    size_t len = 0;
    const char *at;

    while ((at = strstr(offer, ACTPASS)) &&
           len + strlen(offer) + 1 < CONFORM_BODY_MAX) {
        len += (size_t)snprintf(buf + len, CONFORM_BODY_MAX - len, "%.*s%s",
                                (int)(at - offer), offer, ACTIVE);
        offer = at + strlen(ACTPASS);
    }
    snprintf(buf + len, CONFORM_BODY_MAX - len, "%s", offer);
    return buf;
}

/* The candidates of our description once more; without any, one that leads
 * nowhere. */
static void take_candidates(const struct rtc_sdp_media *media,
                            struct rtc_sdp_fragment *fragment)
{
    unsigned count = media->candidate_count;

    if (count > RTC_SDP_FRAGMENT_CANDIDATE_MOST)
        count = RTC_SDP_FRAGMENT_CANDIDATE_MOST;
    for (unsigned i = 0; i < count; i++)
        fragment->candidates[i] = media->candidates[i];
    fragment->candidate_count = count;
    if (count == 0 && !rtc_candidate_parse(CANDIDATE, strlen(CANDIDATE),
                                           &fragment->candidates[0]))
        fragment->candidate_count = 1;
}

/* The first section has the candidates of the bundle, also where another one
 * took its place. */
static int write_fragment(const struct rtc_sdp *sdp, unsigned section,
                          bool is_last, char buf[CONFORM_BODY_MAX])
{
    const struct rtc_sdp_media *media = &sdp->media[section];
    struct rtc_sdp_fragment fragment = {
        .ice_ufrag = media->ice_ufrag,
        .ice_pwd = media->ice_pwd,
        .mid = media->mid,
        .end_of_candidates = is_last,
    };
    char number[8] = "0";
    struct rtc_sdp_fragment_media about = {
        .kind = media->kind_name,
        .protocol = media->protocol_name,
        .bundle = sdp->bundle,
        .bundle_count = sdp->bundle_count,
    };

    if (media->format_count > 0)
        snprintf(number, sizeof number, "%u", media->formats[0].payload_type);
    about.format = rtc_text_of(number);
    take_candidates(&sdp->media[0], &fragment);
    return rtc_sdp_fragment_write(&fragment, &about, buf, CONFORM_BODY_MAX);
}

/* `more`: lines behind it, or "", which end the candidates. */
static const char *make_fragment(const struct conform_texts *texts,
                                 const char *more, char buf[CONFORM_BODY_MAX])
{
    struct rtc_sdp_error error;
    const char *local = texts->local;
    struct rtc_sdp *sdp = NULL;
    int len = 0;

    if (!local || rtc_sdp_parse(local, strlen(local), &sdp, &error))
        return NULL;
    if (texts->section < sdp->media_count)
        len = write_fragment(sdp, texts->section, !*more, buf);
    rtc_sdp_free(sdp);
    if (len <= 0 || (size_t)len + strlen(more) >= CONFORM_BODY_MAX)
        return NULL;
    strcpy(buf + len, more);
    return buf;
}

const char *conform_body(enum conform_body body,
                         const struct conform_texts *texts,
                         char buf[CONFORM_BODY_MAX])
{
    switch (body) {
    case BODY_NONE:
        break;
    case BODY_OFFER:
        return texts->offer;
    case BODY_SPARE:
        return texts->spare;
    case BODY_ACTIVE:
        return texts->spare ? make_active(texts->spare, buf) : NULL;
    case BODY_TRACKS:
        return texts->tracks;
    case BODY_NO_OFFER:
        return "this is no session description\r\n";
    case BODY_ANSWER:
        return texts->local;
    case BODY_TRICKLE:
        return make_fragment(texts, "", buf);
    case BODY_USELESS:
        return make_fragment(texts, USELESS, buf);
    case BODY_NO_FRAGMENT:
        return "this is no fragment\r\n";
    case BODY_RESTART:
        return texts->restart;
    }
    return NULL;
}
