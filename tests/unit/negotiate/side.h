/* SPDX-License-Identifier: MIT
 * One side of a session for the tests of offers and answers: its tracks and
 * the descriptions in force; and small descriptions written by hand. */
#pragma once

#include "negotiate/negotiate.h"
#include "sdp/vectors.h"
#include "tap.h"

struct side {
    struct rtc_negotiate_track tracks[RTC_TRACK_MOST];
    struct rtc_candidate candidates[3];
    char mids[RTC_TRACK_MOST][RTC_MID_MAX + 1];
    struct rtc_negotiate_local local;
    struct rtc_negotiate_current current;
    int placed[RTC_SDP_MEDIA_MOST];
};

static inline struct rtc_negotiate_track *
add_track(struct side *s, enum rtc_kind kind, enum rtc_direction direction)
{
    unsigned i = s->local.track_count++;

    s->tracks[i] = (struct rtc_negotiate_track){
        .kind = kind,
        .direction = direction,
        .stream_id = "stream",
        .track_id = kind == RTC_AUDIO ? "sound" : "picture",
        .ssrc = 1000 + i,
        .rtx_ssrc = kind == RTC_VIDEO ? 2000 + i : 0,
        .mid = s->mids[i],
    };
    return &s->tracks[i];
}

static inline void init_side(struct side *s, const char *ufrag)
{
    memset(s, 0, sizeof *s);
    s->local = (struct rtc_negotiate_local){
        .ice_ufrag = ufrag,
        .ice_pwd = "0123456789abcdefghijklmn",
        .session_id = 4711,
        .version = 1,
        .cname = "me",
        .tracks = s->tracks,
        .candidates = s->candidates,
        .candidate_count = 2,
        .end_of_candidates = true,
        .fingerprint = {.hash = RTC_SDP_SHA256, .len = 32, .digest = {7}},
    };

    for (unsigned i = 0; i < 3; i++) {
        s->candidates[i].component = 1;
        s->candidates[i].priority = 100 - i;
        snprintf(s->candidates[i].foundation, 4, "%u", i);
    }
    rtc_addr_parse("192.0.2.7:5000", &s->candidates[0].addr);
    rtc_addr_parse("198.51.100.7:6000", &s->candidates[1].addr);
    s->candidates[1].type = RTC_CANDIDATE_SRFLX;
    s->candidates[1].related = s->candidates[0].addr;
}

/* As init_side, with audio and video both ways. */
static inline void init_both(struct side *s, const char *ufrag)
{
    init_side(s, ufrag);
    add_track(s, RTC_AUDIO, RTC_SENDRECV);
    add_track(s, RTC_VIDEO, RTC_SENDRECV);
}

/* The audio track takes Opus, the video track VP8 and H.264. */
static inline void set_codecs(struct side *s)
{
    static const enum rtc_codec audio[] = {RTC_CODEC_OPUS},
                                video[] = {RTC_CODEC_VP8, RTC_CODEC_H264};

    s->tracks[0].codecs = audio;
    s->tracks[0].codec_count = 1;
    s->tracks[1].codecs = video;
    s->tracks[1].codec_count = 2;
}

static inline void done_side(struct side *s)
{
    rtc_sdp_free((struct rtc_sdp *)s->current.local);
    rtc_sdp_free((struct rtc_sdp *)s->current.remote);
}

/* What goes over the wire: written and read again, and freed. */
static inline struct rtc_sdp *over_the_wire(const struct rtc_sdp *sdp)
{
    static char text[65536];
    struct rtc_sdp_error why = {0, "cannot be written"};
    struct rtc_sdp *copy = NULL;
    int len = rtc_sdp_write(sdp, text, sizeof text);

    if (len < 0 || rtc_sdp_parse(text, (size_t)len, &copy, &why))
        printf("# line %u: %s\n", why.line, why.text);
    return copy;
}

static inline struct rtc_sdp *make_offer(struct side *s)
{
    struct rtc_sdp *offer = NULL;

    rtc_negotiate_offer(&s->local, &s->current, s->placed, &offer);
    s->local.version++;
    return offer;
}

/* Makes the tracks an offer wants, then answers. NULL when it cannot. */
static inline struct rtc_sdp *make_answer(struct side *s,
                                          const struct rtc_sdp *offer,
                                          struct rtc_sdp_error *why)
{
    struct rtc_negotiate_match matches[RTC_SDP_MEDIA_MOST];
    struct rtc_sdp *answer = NULL;

    if (rtc_negotiate_check_offer(offer, &s->current, why))
        return NULL;
    rtc_negotiate_match(offer, &s->local, matches);
    for (unsigned i = 0; i < offer->media_count; i++) {
        if (matches[i].wants_track) {
            matches[i].track = (int)s->local.track_count;
            add_track(s, matches[i].kind, RTC_RECVONLY)->by_remote = true;
        }
        s->placed[i] = matches[i].track;
    }
    rtc_negotiate_answer(offer, &s->local, &s->current, matches, &answer, why);
    s->local.version++;
    return answer;
}

/* Puts a pair of descriptions into force; takes both. */
static inline void settle(struct side *s, struct rtc_sdp *local,
                          struct rtc_sdp *remote)
{
    done_side(s);
    s->current.local = local;
    s->current.remote = remote;
    for (unsigned i = 0; i < local->media_count; i++)
        if (s->placed[i] >= 0)
            rtc_text_copy(local->media[i].mid, s->mids[s->placed[i]],
                          RTC_MID_MAX + 1);
}

/* One whole round; false when it ends before both have settled. */
static inline bool negotiate(struct side *a, struct side *b)
{
    struct rtc_sdp_error why = {0, ""};
    struct rtc_sdp *offer = make_offer(a), *answer = NULL, *offer_b, *answer_a;

    offer_b = over_the_wire(offer);
    if (offer_b)
        answer = make_answer(b, offer_b, &why);
    answer_a = answer ? over_the_wire(answer) : NULL;
    if (!answer_a || rtc_negotiate_check_answer(offer, answer_a, &why)) {
        printf("# round failed: %s\n", why.text);
        rtc_sdp_free(offer);
        rtc_sdp_free(offer_b);
        rtc_sdp_free(answer);
        rtc_sdp_free(answer_a);
        return false;
    }
    settle(a, offer, answer_a);
    settle(b, answer, offer_b);
    return true;
}

static inline struct rtc_negotiate_agreed agreed(const struct side *s,
                                                 unsigned index)
{
    struct rtc_negotiate_agreed result;

    rtc_negotiate_agree(s->current.local, s->current.remote, index, &result);
    return result;
}

static inline bool text_is(struct rtc_text t, const char *want)
{
    return rtc_text_is(t, want);
}

static inline struct rtc_sdp *parse_text(const char *text)
{
    struct rtc_sdp_error why;
    struct rtc_sdp *sdp = NULL;

    if (rtc_sdp_parse(text, strlen(text), &sdp, &why))
        printf("# line %u: %s\n", why.line, why.text);
    return sdp;
}

#define TRANSPORT                                                              \
    "a=ice-ufrag:abcd\r\na=ice-pwd:0123456789012345678901\r\n"                 \
    "a=fingerprint:sha-256 "                                                   \
    "00:11:22:33:44:55:66:77:88:99:AA:BB:CC:DD:EE:FF:"                         \
    "00:11:22:33:44:55:66:77:88:99:AA:BB:CC:DD:EE:FF\r\n"
#define HEAD "v=0\r\no=- 1 1 IN IP4 0.0.0.0\r\ns=-\r\nt=0 0\r\n"
#define OPUS "a=rtpmap:96 opus/48000/2\r\na=rtcp-mux\r\n"
