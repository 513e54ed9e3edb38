/* SPDX-License-Identifier: MIT
 *
 * What we offer, at first and again: sections, numbers, stopped and recycled
 * slots.
 */
#include "side.h"

static void test_offer(void)
{
    struct rtc_sdp *made, *offer;
    const struct rtc_sdp_media *audio, *video;
    struct side s;

    init_both(&s, "us00");
    set_codecs(&s);
    made = make_offer(&s);
    offer = over_the_wire(made);
    audio = &offer->media[0];
    video = &offer->media[1];
    is_int(offer->media_count, 2, "two sections");
    ok(s.placed[0] == 0 && s.placed[1] == 1 && s.placed[2] == -1, "of tracks");
    is_int(offer->bundle_count, 2, "BUNDLE of all");
    is_int(offer->version, 1, "version");
    ok(text_is(offer->session_id, "4711"), "session id");
    ok(audio->kind == RTC_SDP_AUDIO && video->kind == RTC_SDP_VIDEO, "kinds");
    ok(text_is(audio->mid, "0") && text_is(video->mid, "1"), "mids");
    ok(audio->setup == RTC_SDP_ACTPASS && video->setup == RTC_SDP_ACTPASS,
       "acceptance 36: an offer is actpass");
    ok(audio->rtcp_mux && audio->rtcp_mux_only && audio->rtcp_rsize, "mux");
    is_int(audio->formats[0].payload_type, 111, "Opus");
    is_int(audio->formats[0].feedback, RTC_SDP_NACK | RTC_SDP_TRANSPORT_CC,
           "audio may be resent");
    is_int(video->format_count, 10, "VP8, four H.264, each with RTX");
    is_int(video->formats[0].feedback,
           RTC_SDP_NACK | RTC_SDP_PLI | RTC_SDP_FIR | RTC_SDP_REMB |
               RTC_SDP_TRANSPORT_CC,
           "feedback for video");
    ok(text_is(rtc_sdp_find_rtx(video, 102)->fmtp, "apt=102"), "RTX of H.264");
    ok(text_is(video->stream_id, "stream") &&
           text_is(video->track_id, "picture"),
       "msid");
    is_int(video->pairs[0].rtx_ssrc, 2001, "FID");
    ok(video->ssrc_count == 2 && text_is(video->ssrcs[1].cname, "me"), "cname");
    is_int(audio->ssrc_count, 1, "one SSRC for audio");
    ok(audio->candidate_count == 2 && video->candidate_count == 2 &&
           video->end_of_candidates,
       "candidates in each section before BUNDLE is agreed");
    ok(audio->connection.family == 4 && audio->port == 6000,
       "c= and port of the default candidate");
    is_int(audio->candidates[1].related.port, 5000, "raddr is told");
    rtc_sdp_free(made);
    rtc_sdp_free(offer);

    s.local.hide_related = true;
    s.local.candidate_count = 2;
    made = make_offer(&s);
    is_int(made->media[0].candidates[1].related.port, 0, "raddr is hidden");
    is_int(made->version, 2, "the next version");
    rtc_sdp_free(made);
    s.local.candidate_count = 0;
    s.tracks[0].direction = RTC_RECVONLY;
    made = make_offer(&s);
    is_int(made->media[0].port, 9, "no candidate yet: port 9");
    ok(!made->media[0].has_msid && !made->media[0].ssrc_count,
       "nothing sent: no msid, no SSRC");
    rtc_sdp_free(made);
}

/* The first live section speaks for the others (RFC 9143 7.2.1). */
static void test_red(void)
{
    const struct rtc_sdp_format *red;
    struct rtc_sdp *offer;
    struct side s;

    init_both(&s, "us00");
    offer = make_offer(&s);
    red = &offer->media[0].formats[1];
    ok(text_is(red->name, "red") && text_is(red->fmtp, "111/111"),
       "RED right behind Opus");
    ok(red->payload_type == 63 && red->clock_rate == 48000 &&
           red->channels == 2,
       "as Chromium has it");
    ok(rtc_sdp_find_red(&offer->media[0], 111) == red, "it is found");
    ok(!rtc_sdp_find_red(&offer->media[1], 96), "video has none");
    rtc_sdp_free(offer);
}

static void test_max_bundle(void)
{
    const struct rtc_sdp_media *audio, *video;
    struct rtc_sdp *made, *offer;
    struct side a, b;

    init_both(&a, "aaaa");
    a.local.max_bundle = true;
    made = make_offer(&a);
    offer = over_the_wire(made);
    audio = &offer->media[0];
    video = &offer->media[1];
    ok(audio->port == 6000 && !audio->bundle_only, "the first has a port");
    ok(video->port == 0 && video->bundle_only, "the second is bundle-only");
    ok(audio->rtcp_mux_only && video->rtcp_mux_only, "mux-only in each");
    is_int(audio->candidate_count, 2, "candidates in the first");
    is_int(video->candidate_count, 0, "and in no other");
    is_int(offer->bundle_count, 2, "both are in BUNDLE");
    rtc_sdp_free(made);
    rtc_sdp_free(offer);

    init_side(&b, "bbbb");
    for (unsigned round = 0; round < 2; round++) {
        ok(negotiate(&a, &b), "is answered");
        ok(a.current.local->media[1].bundle_only, "offered as bundle-only");
        ok(!b.current.local->media[1].bundle_only, "answered with a port");
        ok(agreed(&a, 1).codec_count && agreed(&b, 1).codec_count, "agreed");
    }
    ok(negotiate(&b, &a), "the other side offers");
    is_int(a.current.local->media[1].port, 6000, "our answer has a port");
    a.tracks[0].stopped = true;
    ok(negotiate(&a, &b), "the first section is stopped");
    ok(a.current.local->media[1].port && !a.current.local->media[1].bundle_only,
       "the second has the port now");
    done_side(&a);
    done_side(&b);
}

static void test_codec_choice(void)
{
    static const enum rtc_codec h264_vp8[] = {RTC_CODEC_H264, RTC_CODEC_VP8};
    struct rtc_sdp *offer;
    struct side a, b;

    init_side(&a, "aaaa");
    add_track(&a, RTC_VIDEO, RTC_SENDONLY);
    a.tracks[0].codecs = h264_vp8;
    a.tracks[0].codec_count = 2;
    offer = make_offer(&a);
    is_int(offer->media[0].formats[0].payload_type, 102, "H.264 first");
    is_int(offer->media[0].formats[8].payload_type, 96, "VP8 last");
    rtc_sdp_free(offer);

    init_side(&b, "bbbb");
    ok(negotiate(&a, &b), "a listener that has no wish");
    is_int(agreed(&b, 0).codecs[0].codec, RTC_CODEC_H264,
           "takes the offer's order");
    done_side(&a);
    done_side(&b);

    init_both(&a, "aaaa");
    init_side(&b, "bbbb");
    add_track(&b, RTC_VIDEO, RTC_RECVONLY);
    b.tracks[0].codecs = h264_vp8;
    b.tracks[0].codec_count = 2;
    ok(negotiate(&a, &b), "acceptance 30: a listener that lists codecs");
    is_int(agreed(&b, 1).codecs[0].codec, RTC_CODEC_H264,
           "keeps its own order");
    is_int(agreed(&a, 1).codecs[0].codec, RTC_CODEC_H264,
           "and the offerer follows it");
    b.tracks[0].codec_count = 1;
    ok(negotiate(&a, &b), "it narrows");
    is_int(agreed(&a, 1).codec_count, 4, "only H.264 is left");
    done_side(&a);
    done_side(&b);
}

static void test_stop_and_recycle(void)
{
    struct rtc_sdp *offer;
    struct rtc_sdp_error why;
    struct side a, b;

    init_both(&a, "aaaa");
    init_both(&b, "bbbb");
    ok(negotiate(&a, &b), "before a stop");
    a.tracks[0].stopped = true;
    ok(negotiate(&a, &b), "stopping the section that has the transport");
    is_int(a.current.local->media[0].port, 0, "port 0");
    is_int(a.current.local->bundle_count, 1, "out of BUNDLE");
    ok(agreed(&b, 0).rejected && agreed(&a, 0).rejected, "both see it");
    is_int(rtc_negotiate_transport(b.current.local, b.current.remote), 1,
           "the transport is the other section's");
    ok(rtc_negotiate_is_dtls_client(b.current.local, b.current.remote, false),
       "with the same DTLS role");
    b.tracks[0].stopped = true;
    ok(negotiate(&a, &b), "once more changes nothing");
    is_int(a.current.local->media_count, 2, "the slot stays");
    is_int(agreed(&a, 1).codecs[0].payload_type, 96, "as do the numbers");

    add_track(&a, RTC_VIDEO, RTC_SENDONLY);
    add_track(&a, RTC_AUDIO, RTC_SENDONLY);
    ok(negotiate(&a, &b), "acceptance 35: two new tracks");
    is_int(a.current.local->media_count, 3, "one takes the dead slot");
    is_int(a.current.local->media[0].kind, RTC_SDP_VIDEO, "of another kind");
    ok(text_is(a.current.local->media[0].mid, "2"), "under a new mid");
    ok(text_is(a.current.local->media[2].mid, "3"), "the other is appended");
    is_int(agreed(&b, 0).codecs[0].payload_type, 96, "with the same numbers");
    is_int(b.local.track_count, 4, "and the remote made tracks for both");
    ok(negotiate(&b, &a), "the next offer of the other side is valid");

    offer = make_offer(&a);
    offer->media[1].mid = rtc_text_of("new");
    offer->bundle[1] = offer->media[1].mid;
    is_int(rtc_negotiate_check_offer(offer, &b.current, &why), RTC_ERR_FORMAT,
           "acceptance 35: a live slot cannot be recycled");
    is_str(why.text, "section 2 is in use as `1' and cannot become `new'",
           "it says why");
    rtc_sdp_free(offer);
    offer = make_offer(&a);
    offer->media_count = 2;
    is_int(rtc_negotiate_check_offer(offer, &b.current, &why), RTC_ERR_FORMAT,
           "sections cannot vanish");
    offer->media_count = 3;
    rtc_sdp_free(offer);
    done_side(&a);
    done_side(&b);
}

/* Answering an offer of numbers unlike ours, then offering ourselves: theirs
 * are kept, and what we add does not collide. */
static void test_numbers_stay(void)
{
    struct rtc_sdp *offer = vector_sdp("aiortc-offer-sendrecv"), *ours;
    struct rtc_sdp_error why;
    struct side s;
    bool seen[128] = {false};
    unsigned twice = 0;

    init_both(&s, "us00");
    settle(&s, make_answer(&s, offer, &why), offer);
    ours = make_offer(&s);
    is_int(ours->media_count, 3, "sections keep their place");
    is_int(ours->media[2].port, 6000, "data stays");
    is_int(ours->media[0].formats[0].payload_type, 96,
           "acceptance 30: Opus keeps the number it was offered with");
    is_int(rtc_sdp_find_rtx(&ours->media[1], 97)->payload_type, 98,
           "VP8 and its RTX, too");
    ok(text_is(rtc_sdp_find_format(&ours->media[1], 101)->fmtp,
               "level-asymmetry-allowed=1;packetization-mode=1;"
               "profile-level-id=42e01f"),
       "and H.264, by its profile");
    for (unsigned i = 0; i < 2; i++)
        for (unsigned k = 0; k < ours->media[i].format_count; k++) {
            uint8_t number = ours->media[i].formats[k].payload_type;

            twice += seen[number];
            seen[number] = true;
            ok(number >= 96 || (number > 34 && number < 64) || number == 0 ||
                   number == 8 || number == 9,
               "a dynamic number, or one of G.722 and G.711");
        }
    is_int(twice, 0, "no number means two things");
    is_int(ours->media[0].extmaps[0].id, 2, "extension ids stay");
    rtc_sdp_free(ours);
    done_side(&s);

    /* A re-offer with other numbers is answered with those. */
    init_both(&s, "us00");
    offer = vector_sdp("chromium-offer-sendrecv-av");
    settle(&s, make_answer(&s, offer, &why), offer);
    offer = vector_sdp("firefox-offer-sendrecv-av");
    settle(&s, make_answer(&s, offer, &why), offer);
    is_int(agreed(&s, 0).codecs[0].payload_type, 109, "the offer's numbers");
    done_side(&s);
}

#define TAKEN                                                                  \
    HEAD TRANSPORT "a=setup:passive\r\na=extmap:4 urn:unknown\r\n"             \
                   "a=extmap:1 urn:ietf:params:rtp-hdrext:ssrc-audio-level"    \
                   "\r\nm=audio 9 UDP/TLS/RTP/SAVPF 102 96"

/* What the remote uses for something else is not used again. */
static void test_numbers_collide(void)
{
    struct rtc_sdp *offer = parse_text(
        TAKEN "\r\na=rtpmap:102 opus/48000/2\r\na=rtcp-mux\r\na=mid:0\r\n");
    struct rtc_sdp_error why;
    const struct rtc_sdp_media *video;
    struct side s;

    init_side(&s, "us00");
    add_track(&s, RTC_AUDIO, RTC_SENDRECV);
    settle(&s, make_answer(&s, offer, &why), offer);
    is_int(s.current.local->media[0].setup, RTC_SDP_ACTIVE,
           "passive meets active");
    add_track(&s, RTC_VIDEO, RTC_SENDRECV);
    offer = make_offer(&s);
    video = &offer->media[1];
    is_int(offer->media[0].formats[0].payload_type, 102, "Opus keeps 102");
    is_int(video->formats[0].payload_type, 97, "VP8 moves off 96");
    is_int(video->formats[1].payload_type, 98, "and its RTX off 97");
    is_int(video->formats[2].payload_type, 99, "H.264 moves off 102");
    is_int(video->extmaps[0].id, 2, "mid moves off 4");
    ok(text_is(video->mid, "1"), "a mid that is free");
    rtc_sdp_free(offer);
    done_side(&s);
}

/* A remote that took every number leaves none for what we would add. */
static void test_numbers_run_out(void)
{
    char text[4096] = TAKEN;
    struct rtc_sdp_error why;
    struct rtc_sdp *offer;
    struct side s;

    for (unsigned i = 35; i < 128; i++)
        if (i < 64 || (i > 95 && i != 96 && i != 102))
            snprintf(text + strlen(text), sizeof text - strlen(text), " %u", i);
    strcat(text, "\r\na=rtpmap:102 opus/48000/2\r\na=rtcp-mux\r\na=mid:0\r\n");
    for (unsigned i = 2; i < 16; i++)
        snprintf(text + strlen(text), sizeof text - strlen(text),
                 "a=extmap:%u urn:x%u\r\n", i, i);
    offer = parse_text(text);
    init_side(&s, "us00");
    add_track(&s, RTC_AUDIO, RTC_SENDRECV);
    settle(&s, make_answer(&s, offer, &why), offer);
    add_track(&s, RTC_VIDEO, RTC_SENDRECV);
    offer = make_offer(&s);
    is_int(offer->media[1].format_count, 0, "no payload type is left");
    is_int(offer->media[1].extmap_count, 0, "no extension id is left");
    rtc_sdp_free(offer);
    done_side(&s);
}

/* RTC_TRACK_MOST tracks make as many sections, all read again. */
static void test_many(void)
{
    struct side a, b;

    init_side(&a, "aaaa");
    init_side(&b, "bbbb");
    for (unsigned i = 0; i < RTC_TRACK_MOST; i++)
        add_track(&a, i % 2 ? RTC_VIDEO : RTC_AUDIO, RTC_SENDRECV);
    ok(negotiate(&a, &b), "sixteen tracks");
    is_int(a.current.remote->bundle_count, 16, "in one BUNDLE");
    is_int(b.local.track_count, 16, "and as many there");
    done_side(&a);
    done_side(&b);
}

int main(void)
{
    test_offer();
    test_red();
    test_max_bundle();
    test_codec_choice();
    test_stop_and_recycle();
    test_numbers_stay();
    test_numbers_collide();
    test_numbers_run_out();
    test_many();
    return tap_done();
}
