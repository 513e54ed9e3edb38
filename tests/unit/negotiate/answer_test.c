/* SPDX-License-Identifier: MIT
 *
 * Answers to what browsers and other stacks offered, and the rules for each
 * section: codecs, parameters, extensions, BUNDLE, which track.
 */
#include "side.h"

/* What answering each captured offer, with Opus and VP8 or H.264 both ways,
 * agrees on; payload_test.c has the other codecs. Codec 0: the section is
 * rejected. */
static const struct {
    const char *file;
    unsigned index;
    enum rtc_codec codec; /* the first */
    unsigned codecs, payload_type, rtx;
    enum rtc_direction direction;
    unsigned ssrcs;
    uint32_t level_id; /* of the first */
    unsigned mid_id;
} offers[] = {
    {"aiortc-offer-recvonly", 0, RTC_CODEC_OPUS, 1, 96, 0, RTC_SENDONLY, 0, 0,
     1},
    {"aiortc-offer-recvonly", 1, RTC_CODEC_VP8, 3, 97, 98, RTC_SENDONLY, 0, 0,
     1},
    {"aiortc-offer-sendrecv", 0, RTC_CODEC_OPUS, 1, 96, 0, RTC_SENDRECV, 1, 0,
     1},
    {"aiortc-offer-sendrecv", 1, RTC_CODEC_VP8, 3, 97, 98, RTC_SENDRECV, 1, 0,
     1},
    {"chromium-offer-recvonly-av", 0, RTC_CODEC_OPUS, 1, 111, 0, RTC_SENDONLY,
     0, 0, 4},
    {"chromium-offer-recvonly-av", 1, RTC_CODEC_VP8, 4, 96, 97, RTC_SENDONLY, 0,
     0, 4},
    {"chromium-offer-recvonly-av-mdns", 1, RTC_CODEC_VP8, 4, 96, 97,
     RTC_SENDONLY, 0, 0, 4},
    {"chromium-offer-sendonly-av", 0, RTC_CODEC_OPUS, 1, 111, 0, RTC_RECVONLY,
     1, 0, 4},
    {"chromium-offer-sendonly-av", 1, RTC_CODEC_VP8, 4, 96, 97, RTC_RECVONLY, 1,
     0, 4},
    {"chromium-offer-sendonly-h264", 0, RTC_CODEC_H264, 3, 102, 103,
     RTC_RECVONLY, 1, 0x42001f, 9},
    {"chromium-offer-sendrecv-av", 1, RTC_CODEC_VP8, 4, 96, 97, RTC_SENDRECV, 1,
     0, 4},
    {"chromium-offer-simulcast-all", 0, RTC_CODEC_VP8, 4, 96, 97, RTC_RECVONLY,
     0, 0, 9},
    {"chromium-offer-simulcast-vp8", 0, RTC_CODEC_VP8, 1, 96, 97, RTC_RECVONLY,
     0, 0, 9},
    {"firefox-offer-recvonly-av", 0, RTC_CODEC_OPUS, 1, 109, 0, RTC_SENDONLY, 0,
     0, 3},
    {"firefox-offer-recvonly-av-mdns", 1, RTC_CODEC_VP8, 1, 120, 124,
     RTC_SENDONLY, 0, 0, 3},
    {"firefox-offer-sendonly-av", 1, RTC_CODEC_VP8, 1, 120, 124, RTC_RECVONLY,
     1, 0, 3},
    {"firefox-offer-sendrecv-av", 0, RTC_CODEC_OPUS, 1, 109, 0, RTC_SENDRECV, 1,
     0, 3},
    {"firefox-offer-sendrecv-av-data", 1, RTC_CODEC_VP8, 1, 120, 124,
     RTC_SENDRECV, 1, 0, 3},
    {"firefox-offer-simulcast-all", 0, RTC_CODEC_VP8, 1, 120, 124, RTC_RECVONLY,
     3, 0, 3},
    {"firefox-offer-simulcast-vp8", 0, RTC_CODEC_VP8, 1, 120, 124, RTC_RECVONLY,
     3, 0, 3},
    {"gst-offer-recvonly-VP8", 1, RTC_CODEC_VP8, 1, 96, 0, RTC_SENDONLY, 0, 0,
     0},
    {"gst-offer-sendrecv-H264", 0, RTC_CODEC_OPUS, 1, 111, 0, RTC_SENDRECV, 1,
     0, 0},
    {"gst-offer-sendrecv-H264", 1, RTC_CODEC_H264, 1, 96, 97, RTC_SENDRECV, 1,
     0x42c01e, 0},
    {"gst-offer-sendrecv-VP8", 1, RTC_CODEC_VP8, 1, 96, 97, RTC_SENDRECV, 1, 0,
     0},
    {"gst-offer-sendrecv-VP9", 1, RTC_CODEC_NONE, 0, 0, 0, 0, 0, 0, 0},
    {"pion-offer-recvonly-default", 0, RTC_CODEC_OPUS, 1, 111, 0, RTC_SENDONLY,
     0, 0, 0},
    {"pion-offer-recvonly-default", 1, RTC_CODEC_VP8, 4, 96, 97, RTC_SENDONLY,
     0, 0, 0},
    {"pion-offer-sendrecv-H264", 1, RTC_CODEC_H264, 1, 102, 0, RTC_SENDRECV, 1,
     0x42e01f, 0},
    {"pion-offer-sendrecv-VP9", 1, RTC_CODEC_NONE, 0, 0, 0, 0, 0, 0, 0},
    {"pion-offer-sendrecv-default", 1, RTC_CODEC_VP8, 4, 96, 97, RTC_SENDRECV,
     1, 0, 0},
};

static void test_captured_offer(size_t row)
{
    struct rtc_sdp *offer = vector_sdp(offers[row].file), *answer, *read;
    struct rtc_sdp_error why = {0, ""};
    struct rtc_negotiate_agreed a;
    struct side s;
    char name[128];

    snprintf(name, sizeof name, "%s section %u", offers[row].file,
             offers[row].index);
    init_both(&s, "us00");
    set_codecs(&s);
    answer = make_answer(&s, offer, &why);
    if (!ok(answer, name)) {
        printf("# %s\n", why.text);
        rtc_sdp_free(offer);
        return;
    }
    read = over_the_wire(answer);
    is_int(rtc_negotiate_check_answer(offer, read, &why), 0,
           "our answer fits its offer");
    rtc_sdp_free(read);
    settle(&s, answer, offer);
    a = agreed(&s, offers[row].index);
    is_int(a.codec_count, offers[row].codecs, "codecs");
    is_int(a.rejected, offers[row].codec == RTC_CODEC_NONE, "rejected");
    is_int(a.codecs[0].codec, offers[row].codec, "first codec");
    is_int(a.codecs[0].payload_type, offers[row].payload_type, "its number");
    is_int(a.codecs[0].rtx_payload_type, offers[row].rtx, "its RTX");
    is_int(a.codecs[0].has_rtx, offers[row].rtx != 0, "has RTX");
    is_int(a.codecs[0].h264_level_id, offers[row].level_id, "its profile");
    is_int(a.direction, offers[row].direction, "direction");
    is_int(a.ssrc_count, offers[row].ssrcs, "streams");
    is_int(a.extmap.id[RTC_EXTENSION_MID], offers[row].mid_id, "mid's id");
    ok(rtc_negotiate_is_dtls_client(s.current.local, s.current.remote, false),
       "acceptance 36: the answer is active");
    ok(rtc_negotiate_transport(s.current.local, s.current.remote) >= 0,
       "and there is a transport");
    done_side(&s);
}

/* RTX and SSRC pairs, in full, of one. */
static void test_captured_details(void)
{
    struct rtc_sdp *offer = vector_sdp("chromium-offer-sendrecv-av-data");
    struct rtc_sdp_error why;
    struct rtc_negotiate_agreed a;
    struct side s;

    init_both(&s, "us00");
    settle(&s, make_answer(&s, offer, &why), offer);
    a = agreed(&s, 1);
    is_int(a.ssrcs[0].ssrc, 3991943862, "media SSRC");
    is_int(a.ssrcs[0].rtx_ssrc, 150577817, "its RTX SSRC");
    ok(a.codecs[0].nack && a.codecs[0].pli && a.codecs[0].fir, "feedback");
    ok(a.rtcp_rsize, "reduced-size RTCP");
    is_int(a.extmap.id[RTC_EXTENSION_RID], 10, "rid is read");
    ok(a.extmap.id[RTC_EXTENSION_TRANSPORT_SEQUENCE] &&
           a.extmap.id[RTC_EXTENSION_ABS_SEND_TIME] && a.codecs[0].transport_cc,
       "transport-wide numbers and send times");
    a = agreed(&s, 0);
    is_int(a.extmap.id[RTC_EXTENSION_AUDIO_LEVEL], 1, "audio level");
    ok(!a.codecs[0].nack, "no NACK for audio that does not offer it");
    is_int(s.current.local->bundle_count, 3, "data is in BUNDLE");
    is_int(s.current.local->media[2].port, 6000, "data is taken");
    ok(text_is(s.current.local->media[2].plain_formats, "webrtc-datachannel"),
       "and its format");
    is_int(s.current.local->media[0].candidate_count, 2, "candidates");
    is_int(s.current.local->media[1].candidate_count, 0, "in the first only");
    is_int(s.current.local->media[1].port, 6000, "default: reflexive");
    done_side(&s);
}

/* Data is taken whether we have channels or not, and said in the offer's form.
 */
static void test_data_only(void)
{
    static const struct {
        const char *file;
        uint64_t message_max;
    } files[] = {{"aiortc-offer-data", 65536},
                 {"chromium-offer-data", 262144},
                 {"firefox-offer-data", 1073741823},
                 {"gst-offer-data", 65536},
                 {"pion-offer-data", 65536}};

    for (unsigned i = 0; i < 5; i++) {
        struct rtc_sdp *offer = vector_sdp(files[i].file), *answer, *read;
        struct rtc_sdp_error why = {0, ""};
        struct rtc_negotiate_data data;
        struct side s;

        init_side(&s, "us00");
        s.local.message_max = 1000;
        answer = make_answer(&s, offer, &why);
        if (!ok(answer, files[i].file)) {
            rtc_sdp_free(offer);
            continue;
        }
        is_int(s.placed[0], -1, "no track for data");
        read = over_the_wire(answer);
        is_int(rtc_negotiate_check_answer(offer, read, &why), 0, "it fits");
        rtc_negotiate_agree_data(offer, read, &data);
        ok(data.accepted && data.port == 5000, "agreed");
        is_int((int64_t)data.message_max, 1000, "we say what we take");
        rtc_negotiate_agree_data(answer, offer, &data);
        is_int((int64_t)data.message_max, (int64_t)files[i].message_max,
               "and hear what they take");
        rtc_sdp_free(read);
        rtc_sdp_free(answer);
        rtc_sdp_free(offer);
    }
}

/* How descriptions say it, and what it means to the other side. */
static void test_data_forms(void)
{
    static const struct {
        const char *line, *attributes;
        bool accepted;
        uint16_t port;
        uint64_t message_max;
    } forms[] = {
        {"9 UDP/DTLS/SCTP webrtc-datachannel", "a=sctp-port:5000\r\n", true,
         5000, 65536},
        {"9 UDP/DTLS/SCTP webrtc-datachannel",
         "a=sctp-port:6001\r\na=max-message-size:0\r\na=sctp-init:AQ==\r\n",
         true, 6001, 0},
        {"9 DTLS/SCTP 5002",
         "a=sctpmap:5002 webrtc-datachannel 256\r\na=max-message-size:7\r\n",
         true, 5002, 7},
        {"9 UDP/DTLS/SCTP something-else", "a=sctp-port:5000\r\n", false, 0, 0},
        {"0 UDP/DTLS/SCTP webrtc-datachannel", "a=sctp-port:5000\r\n", false, 0,
         0},
    };

    for (size_t i = 0; i < sizeof forms / sizeof *forms; i++) {
        struct rtc_sdp *offer = NULL, *answer;
        struct rtc_sdp_error why = {0, ""};
        struct rtc_negotiate_data data;
        struct side s;
        char text[1024];
        int len = snprintf(
            text, sizeof text,
            "v=0\r\no=- 1 1 IN IP4 0.0.0.0\r\ns=-\r\nt=0 0\r\n"
            "m=application %s\r\nc=IN IP4 0.0.0.0\r\na=mid:d\r\n"
            "a=ice-ufrag:abcd\r\na=ice-pwd:abcdefghijklmnopqrstuv\r\n"
            "a=setup:actpass\r\n"
            "a=fingerprint:sha-256 00:11:22:33:44:55:66:77:88:99:AA:BB:CC:DD:"
            "EE:FF:00:11:22:33:44:55:66:77:88:99:AA:BB:CC:DD:EE:FF\r\n%s",
            forms[i].line, forms[i].attributes);

        init_side(&s, "us00");
        is_int(rtc_sdp_parse(text, (size_t)len, &offer, &why), 0, "parses");
        answer = make_answer(&s, offer, &why);
        if (ok(!!answer == forms[i].accepted, forms[i].line) && answer) {
            rtc_negotiate_agree_data(answer, offer, &data);
            is_int(data.port, forms[i].port, "port");
            is_int((int64_t)data.message_max, (int64_t)forms[i].message_max,
                   "limit");
            is_int(answer->media[0].protocol, offer->media[0].protocol,
                   "answered in its form");
        }
        rtc_sdp_free(answer);
        rtc_sdp_free(offer);
    }
}

static void test_no_common_codec(void)
{
    static const enum rtc_codec h264[] = {RTC_CODEC_H264};
    struct rtc_sdp *offer = vector_sdp("firefox-offer-sendonly-av");
    struct rtc_sdp_error why;
    struct side s;

    init_both(&s, "us00");
    s.tracks[1].codecs = h264;
    s.tracks[1].codec_count = 1;
    settle(&s, make_answer(&s, offer, &why), offer);
    is_int(s.current.local->media[1].port, 0,
           "acceptance 31: no common codec gives port 0");
    is_int(s.current.local->media[1].direction, RTC_INACTIVE, "inactive");
    is_int(s.current.local->bundle_count, 1, "not in BUNDLE");
    ok(text_is(s.current.local->media[1].mid, "1"), "with its mid");
    ok(agreed(&s, 1).rejected && !agreed(&s, 0).rejected, "only that one");
    done_side(&s);
}

/* With audio rejected the transport is video's, whose ufrag aiortc makes
 * another one. */
static void test_transport_moves(void)
{
    struct rtc_sdp *offer = vector_sdp("aiortc-offer-sendrecv");
    struct rtc_sdp_error why;
    struct side s;
    int index;

    init_both(&s, "us00");
    s.tracks[0].codecs = (const enum rtc_codec[]){RTC_CODEC_VP8};
    s.tracks[0].codec_count = 1;
    settle(&s, make_answer(&s, offer, &why), offer);
    index = rtc_negotiate_transport(s.current.local, s.current.remote);
    is_int(index, 1, "the first accepted section has the transport");
    ok(text_is(s.current.remote->media[1].ice_ufrag, "2FFy"), "its ufrag");
    is_int(s.current.local->media[1].candidate_count, 2, "our candidates");
    is_int(s.current.local->media[0].port, 0, "the first section is rejected");
    ok(text_is(s.current.local->media[0].ice_ufrag, s.local.ice_ufrag),
       "but has our credentials, for who looks for them there");
    done_side(&s);
}

static void test_formats(void)
{
    static const struct {
        const char *name, *lines; /* of payload type 100 */
        const char *fmtp;         /* of the answer; NULL: rejected */
    } rows[] = {
        {"acceptance 33: level 5.2",
         "a=rtpmap:100 H264/90000\r\na=fmtp:100 packetization-mode=1;"
         "profile-level-id=42e034;level-asymmetry-allowed=1\r\n",
         "level-asymmetry-allowed=1;packetization-mode=1;"
         "profile-level-id=42e01f"},
        {"level 3.0, symmetric",
         "a=rtpmap:100 h264/90000\r\na=fmtp:100 packetization-mode=1;"
         "profile-level-id=42e01e\r\n",
         "level-asymmetry-allowed=1;packetization-mode=1;"
         "profile-level-id=42e01e"},
        {"constrained baseline written as main",
         "a=rtpmap:100 H264/90000\r\na=fmtp:100 packetization-mode=1;"
         "profile-level-id=4d801f\r\n",
         "level-asymmetry-allowed=1;packetization-mode=1;"
         "profile-level-id=4d801f"},
        {"mode 0", "a=rtpmap:100 H264/90000\r\n", NULL},
        {"another clock", "a=rtpmap:100 VP8/48000\r\n", NULL},
        {"unknown", "a=rtpmap:100 VP7/90000\r\n", NULL},
        {"no name", "", NULL},
    };

    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        char text[1024];
        struct rtc_sdp *offer, *answer;
        struct rtc_sdp_error why = {0, ""};
        struct side s;

        snprintf(text, sizeof text,
                 HEAD "m=video 9 UDP/TLS/RTP/SAVPF 100\r\n" TRANSPORT
                      "a=rtcp-mux\r\na=mid:v\r\n%s",
                 rows[i].lines);
        offer = parse_text(text);
        init_both(&s, "us00");
        answer = make_answer(&s, offer, &why);
        ok(!answer == !rows[i].fmtp, rows[i].name);
        if (answer)
            ok(text_is(answer->media[0].formats[0].fmtp, rows[i].fmtp),
               "answered parameters");
        rtc_sdp_free(offer);
        rtc_sdp_free(answer);
    }
}

/* Which offers of RED are for Opus, and what is agreed then. */
static void test_red(void)
{
    static const struct {
        const char *name, *lines; /* of payload type 63 */
        const char *fmtp;         /* of the answer; NULL: left out */
    } rows[] = {
        {"RED of Opus", "a=rtpmap:63 red/48000/2\r\na=fmtp:63 111/111\r\n",
         "111/111"},
        {"more of it", "a=rtpmap:63 RED/48000/2\r\na=fmtp:63 111/111/111\r\n",
         "111/111"},
        {"of nothing", "a=rtpmap:63 red/48000/2\r\n", NULL},
        {"of another", "a=rtpmap:63 red/48000/2\r\na=fmtp:63 98/98\r\n", NULL},
        {"no RED", "a=rtpmap:63 rod/48000/2\r\na=fmtp:63 111/111\r\n", NULL},
    };

    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        char text[1024];
        struct rtc_sdp *offer, *answer;
        const struct rtc_sdp_format *red;
        struct rtc_sdp_error why = {0, ""};
        struct rtc_negotiate_agreed a;
        struct side s;

        snprintf(text, sizeof text,
                 HEAD "m=audio 9 UDP/TLS/RTP/SAVPF 63 111\r\n" TRANSPORT
                      "a=rtcp-mux\r\na=mid:a\r\n"
                      "a=rtpmap:111 opus/48000/2\r\n%s",
                 rows[i].lines);
        offer = parse_text(text);
        init_both(&s, "us00");
        answer = make_answer(&s, offer, &why);
        red = rtc_sdp_find_red(&answer->media[0], 111);
        ok(rows[i].fmtp ? red && red->payload_type == 63 &&
                              red == answer->media[0].formats &&
                              text_is(red->fmtp, rows[i].fmtp)
                        : answer->media[0].format_count == 1,
           rows[i].name);
        settle(&s, answer, offer);
        a = agreed(&s, 0);
        ok(a.codecs[0].has_red == (rows[i].fmtp != NULL) &&
               a.receives[0].has_red == a.codecs[0].has_red &&
               a.codecs[0].red_payload_type == (rows[i].fmtp ? 63 : 0) &&
               a.codec_count == 1,
           "what is agreed");
        done_side(&s);
    }
}

static void test_extensions(void)
{
    struct rtc_sdp *offer = parse_text(
        HEAD "a=group:BUNDLE left right\r\na=extmap-allow-mixed\r\n"
             "m=audio 0 UDP/TLS/RTP/SAVPF 96\r\na=mid:right\r\n"
             "a=bundle-only\r\n" OPUS "a=rtcp-fb:96 nack\r\n"
             "a=extmap:9 urn:ietf:params:rtp-hdrext:sdes:mid\r\n"
             "a=extmap:8/sendonly urn:ietf:params:rtp-hdrext:ssrc-audio-level"
             "\r\na=extmap:7 urn:unknown\r\n"
             "m=audio 0 UDP/TLS/RTP/SAVPF 96\r\na=mid:left\r\n" TRANSPORT OPUS);
    struct rtc_sdp_error why = {0, ""};
    struct rtc_sdp *answer;
    struct side s;

    init_both(&s, "us00");
    answer = make_answer(&s, offer, &why);
    is_str(why.text, "", "acceptance 32: port 0 in BUNDLE is accepted");
    is_int(answer->bundle_count, 2, "both are bundled");
    ok(text_is(answer->bundle[0], "left"), "in the offer's order");
    is_int(answer->media[0].extmap_count, 2, "unknown extensions are dropped");
    is_int(answer->media[0].extmaps[0].id, 9, "ids are the offer's");
    is_int(answer->media[0].extmaps[1].direction, RTC_RECVONLY,
           "directions are mirrored");
    ok(answer->media[0].extmap_allow_mixed, "mixed forms");
    is_int(answer->media[0].formats[0].feedback, RTC_SDP_NACK,
           "NACK for audio when it is offered");
    settle(&s, answer, offer);
    is_int(rtc_negotiate_transport(s.current.local, s.current.remote), 1,
           "the transport is the first of the group's");
    ok(agreed(&s, 0).codecs[0].nack, "NACK is agreed");
    done_side(&s);
}

static void test_no_bundle(void)
{
    struct rtc_sdp *offer = parse_text(
        HEAD TRANSPORT "a=setup:active\r\n"
                       "m=audio 9 UDP/TLS/RTP/SAVPF 96\r\na=mid:a\r\n"
                       "a=rtpmap:96 opus/48000/2\r\na=rtcp-mux-only\r\n"
                       "m=audio 9 UDP/TLS/RTP/SAVPF 96\r\na=mid:b\r\n" OPUS
                       "m=text 9 RTP/AVP 98\r\n");
    struct rtc_sdp_error why;
    struct rtc_sdp *answer;
    struct side s;

    init_both(&s, "us00");
    answer = make_answer(&s, offer, &why);
    ok(answer->media[0].port && !answer->media[1].port, "only the first");
    ok(text_is(answer->media[2].kind_name, "text") && !answer->media[2].port,
       "text is rejected");
    is_int(answer->bundle_count, 0, "no BUNDLE in the answer");
    is_int(answer->media[0].setup, RTC_SDP_PASSIVE, "active meets passive");
    settle(&s, answer, offer);
    ok(!rtc_negotiate_is_dtls_client(s.current.local, s.current.remote, false),
       "so we are the server");
    is_int(rtc_negotiate_transport(s.current.local, s.current.remote), 0,
           "transport without BUNDLE");
    done_side(&s);
}

static void test_matching(void)
{
    struct rtc_sdp *offer = vector_sdp("chromium-offer-sendonly-av");
    struct rtc_negotiate_match matches[RTC_SDP_MEDIA_MOST];
    struct side s;

    init_side(&s, "us00");
    rtc_negotiate_match(offer, &s.local, matches);
    ok(matches[0].wants_track && matches[0].kind == RTC_AUDIO &&
           matches[1].wants_track && matches[1].kind == RTC_VIDEO,
       "acceptance 37: tracks are wanted for what the remote added");
    add_track(&s, RTC_VIDEO, RTC_SENDONLY);
    add_track(&s, RTC_VIDEO, RTC_RECVONLY);
    add_track(&s, RTC_VIDEO, RTC_RECVONLY);
    rtc_negotiate_match(offer, &s.local, matches);
    is_int(matches[1].track, 1, "the first local track that would receive");
    strcpy(s.mids[2], "1");
    rtc_negotiate_match(offer, &s.local, matches);
    is_int(matches[1].track, 2, "but the mid comes first");
    s.tracks[2].stopped = true;
    rtc_negotiate_match(offer, &s.local, matches);
    ok(matches[1].track == -1 && !matches[1].wants_track,
       "what we stopped stays stopped");
    s.mids[2][0] = '\0';
    s.tracks[1].by_remote = true;
    rtc_negotiate_match(offer, &s.local, matches);
    ok(matches[1].track == -1 && matches[1].wants_track,
       "a track of the remote's is not given away");
    rtc_sdp_free(offer);
}

int main(void)
{
    for (size_t i = 0; i < sizeof offers / sizeof *offers; i++)
        test_captured_offer(i);
    test_captured_details();
    test_data_only();
    test_data_forms();
    test_no_common_codec();
    test_transport_moves();
    test_formats();
    test_red();
    test_extensions();
    test_no_bundle();
    test_matching();
    return tap_done();
}
