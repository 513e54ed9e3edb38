/* SPDX-License-Identifier: MIT
 *
 * What two descriptions agree on, which answers and offers are refused, and
 * what changes between rounds.
 */
#include "side.h"

/* Answers that stacks gave to each other. */
static void test_captured_answers(void)
{
    static const struct {
        const char *answer, *offer;
        unsigned audio, video; /* numbers */
    } rows[] = {
        {"aiortc-answer-to-chromium-sendrecv-av-data",
         "chromium-offer-sendrecv-av-data", 111, 96},
        {"firefox-answer-to-chromium-sendrecv-av-data",
         "chromium-offer-sendrecv-av-data", 111, 96},
        {"gst-answer-to-chromium-sendrecv-av-data",
         "chromium-offer-sendrecv-av-data", 111, 96},
        {"pion-answer-to-chromium-sendrecv-av-data",
         "chromium-offer-sendrecv-av-data", 111, 96},
        {"aiortc-answer-to-firefox-sendrecv-av-data",
         "firefox-offer-sendrecv-av-data", 109, 120},
        {"chromium-answer-to-firefox-sendrecv-av-data",
         "firefox-offer-sendrecv-av-data", 109, 120},
        {"pion-answer-to-firefox-sendrecv-av-data",
         "firefox-offer-sendrecv-av-data", 109, 120},
    };

    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct rtc_sdp *offer = vector_sdp(rows[i].offer),
                       *answer = vector_sdp(rows[i].answer);
        struct rtc_negotiate_agreed audio, video;
        struct rtc_sdp_error why = {0, ""};

        is_int(rtc_negotiate_check_answer(offer, answer, &why), 0,
               rows[i].answer);
        is_str(why.text, "", "no complaint");
        rtc_negotiate_agree(offer, answer, 0, &audio);
        rtc_negotiate_agree(offer, answer, 1, &video);
        is_int(audio.codecs[0].payload_type, rows[i].audio, "Opus");
        is_int(video.codecs[0].payload_type, rows[i].video, "VP8");
        is_int(audio.direction, RTC_SENDRECV, "audio both ways");
        ok(!rtc_negotiate_is_dtls_client(offer, answer, true),
           "the offerer is the DTLS server");
        is_int(rtc_negotiate_transport(offer, answer), 0, "transport");
        rtc_sdp_free(offer);
        rtc_sdp_free(answer);
    }
}

static void test_round(void)
{
    struct side a, b;
    struct rtc_negotiate_agreed left, right;

    init_both(&a, "aaaa");
    init_side(&b, "bbbb");
    ok(negotiate(&a, &b), "a round with ourselves");
    for (unsigned i = 0; i < 2; i++) {
        left = agreed(&a, i);
        right = agreed(&b, i);
        is_int(left.direction, RTC_SENDONLY, "the offerer sends");
        is_int(right.direction, RTC_RECVONLY, "a made track receives");
        is_int(left.codec_count, right.codec_count, "as many codecs");
        is_mem(left.codecs, right.codecs,
               sizeof *left.codecs * left.codec_count, "the same codecs");
        is_mem(&left.extmap, &right.extmap, sizeof left.extmap,
               "the same extensions");
        is_int(right.ssrcs[0].ssrc, 1000 + i, "its SSRC");
        is_int(left.ssrc_count, 0, "nothing comes back");
    }
    ok(!rtc_negotiate_is_dtls_client(a.current.local, a.current.remote, true),
       "offerer: server");
    ok(rtc_negotiate_is_dtls_client(b.current.local, b.current.remote, false),
       "answerer: client");
    is_int(b.local.track_count, 2,
           "acceptance 37: two tracks were made by the remote");
    ok(negotiate(&b, &a), "the other side offers again");
    ok(rtc_negotiate_is_dtls_client(b.current.local, b.current.remote, true) &&
           !rtc_negotiate_is_dtls_client(a.current.local, a.current.remote,
                                         false),
       "the DTLS roles stay");
    is_int(b.local.track_count, 2, "no track is made twice");
    is_int(a.local.track_count, 2, "on either side");
    is_int(a.current.remote->media[0].formats[0].payload_type, 111,
           "the numbers stay");
    done_side(&a);
    done_side(&b);
}

static void test_directions(void)
{
    static const struct {
        enum rtc_direction offered, wanted, agreed; /* as the answerer sees */
    } rows[] = {
        {RTC_SENDRECV, RTC_SENDRECV, RTC_SENDRECV},
        {RTC_SENDRECV, RTC_RECVONLY, RTC_RECVONLY},
        {RTC_SENDRECV, RTC_SENDONLY, RTC_SENDONLY},
        {RTC_SENDRECV, RTC_INACTIVE, RTC_INACTIVE},
        {RTC_SENDONLY, RTC_SENDRECV, RTC_RECVONLY},
        {RTC_RECVONLY, RTC_SENDRECV, RTC_SENDONLY},
        {RTC_RECVONLY, RTC_RECVONLY, RTC_INACTIVE},
        {RTC_INACTIVE, RTC_SENDRECV, RTC_INACTIVE},
        {RTC_INACTIVE, RTC_RECVONLY, RTC_INACTIVE},
        {RTC_SENDONLY, RTC_RECVONLY, RTC_RECVONLY},
    };
    struct side a, b;

    init_both(&a, "aaaa");
    init_both(&b, "bbbb");
    ok(negotiate(&a, &b), "before directions change");
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        enum rtc_direction mirrored =
            (rows[i].agreed & 1) << 1 | rows[i].agreed >> 1;

        a.tracks[1].direction = rows[i].offered;
        b.tracks[1].direction = rows[i].wanted;
        ok(negotiate(&a, &b), "acceptance 39: a change of direction");
        is_int(agreed(&b, 1).direction, rows[i].agreed, "is agreed");
        is_int(agreed(&a, 1).direction, mirrored, "and mirrored");
        is_int(agreed(&a, 0).direction, RTC_SENDRECV, "audio stays");
        ok(!agreed(&a, 1).rejected && agreed(&a, 1).codec_count,
           "inactive is not rejected");
    }
    is_int(a.current.local->version, 11, "the version counts up");
    is_int(a.current.local->media[0].candidate_count, 2,
           "candidates in the first section");
    is_int(a.current.local->media[1].candidate_count, 0, "and no other");
    done_side(&a);
    done_side(&b);
}

/* An answer that takes more than was offered is narrowed to the offer. */
static void test_direction_narrowed(void)
{
    struct rtc_negotiate_agreed result;
    struct side a, b;

    init_both(&a, "aaaa");
    init_both(&b, "bbbb");
    a.tracks[0].direction = RTC_INACTIVE;
    a.tracks[1].direction = RTC_SENDONLY;
    ok(negotiate(&a, &b), "inactive and sendonly");
    ((struct rtc_sdp *)a.current.remote)->media[0].direction = RTC_RECVONLY;
    ((struct rtc_sdp *)a.current.remote)->media[1].direction = RTC_SENDRECV;
    result = agreed(&a, 0);
    is_int(result.direction, RTC_INACTIVE,
           "acceptance 32: recvonly answers inactive: nothing flows");
    result = agreed(&a, 1);
    is_int(result.direction, RTC_SENDONLY, "sendrecv answers sendonly");
    is_int(result.ssrc_count, 0, "nothing is to be received");
    done_side(&a);
    done_side(&b);
}

static void test_bad_offers(void)
{
#define AUDIO "m=audio 9 UDP/TLS/RTP/SAVPF 96\r\na=mid:a\r\n"
    static const struct {
        const char *text, *why;
    } rows[] = {
        {HEAD, "the offer has no media section"},
        {HEAD AUDIO OPUS "a=setup:actpass\r\n",
         "section `a' has no a=ice-ufrag and a=ice-pwd"},
        {HEAD AUDIO OPUS "a=ice-ufrag:abcd\r\na=ice-pwd:0123\r\n",
         "section `a' has no a=fingerprint"},
        {HEAD AUDIO TRANSPORT OPUS "a=setup:holdconn\r\n",
         "section `a' does not say a=setup:active or passive"},
        {HEAD AUDIO TRANSPORT "a=rtpmap:96 opus/48000/2\r\n",
         "no section of the offer has a=rtcp-mux"},
        {HEAD "a=group:BUNDLE a\r\n" AUDIO OPUS "a=bundle-only\r\n",
         "section `a' has no a=ice-ufrag and a=ice-pwd"},
    };

    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct rtc_negotiate_current nothing = {NULL, NULL};
        struct rtc_sdp *offer = parse_text(rows[i].text);
        struct rtc_sdp_error why = {0, ""};

        ok(rtc_negotiate_check_offer(offer, &nothing, &why) < 0, "refused");
        is_str(why.text, rows[i].why, "because");
        rtc_sdp_free(offer);
    }
}

static void test_bad_answers(void)
{
#define FIRST "m=audio 9 UDP/TLS/RTP/SAVPF 111\r\na=mid:0\r\n"
#define SECOND "m=video 0 UDP/TLS/RTP/SAVPF 96\r\na=mid:1\r\n"
#define GOOD TRANSPORT "a=setup:active\r\na=rtcp-mux\r\n"
#define NAMED "a=rtpmap:111 opus/48000/2\r\n"
    static const struct {
        const char *text, *why;
    } rows[] = {
        {HEAD FIRST GOOD NAMED SECOND, ""},
        {HEAD FIRST GOOD NAMED "m=video 0 UDP/TLS/RTP/SAVPF 0\r\n", ""},
        {HEAD FIRST GOOD NAMED, "1 media sections answer 2 offered ones"},
        {HEAD SECOND FIRST GOOD NAMED,
         "section 1 is video in the answer, was offered as audio"},
        {HEAD
         "m=audio 9 UDP/TLS/RTP/SAVPF 111\r\na=mid:x\r\n" GOOD NAMED SECOND,
         "section 1 has mid `x', was offered as `0'"},
        {HEAD
         "m=audio 0 UDP/TLS/RTP/SAVPF 111\r\na=mid:x\r\n" GOOD NAMED SECOND,
         "section 1 has mid `x', was offered as `0'"},
        {HEAD
         "m=audio 0 UDP/TLS/RTP/SAVPF 111\r\na=mid:0\r\n" GOOD NAMED SECOND,
         "the answer rejects every section: no codec or direction fits"},
        {HEAD
         "a=group:BUNDLE 0 1\r\n"
         "m=audio 0 UDP/TLS/RTP/SAVPF 111\r\na=mid:0\r\n" GOOD NAMED SECOND,
         "the answer rejects every section: no codec or direction fits"},
        {HEAD FIRST TRANSPORT "a=setup:active\r\n" NAMED SECOND,
         "section `0' has no a=rtcp-mux"},
        {HEAD FIRST TRANSPORT "a=rtcp-mux\r\n" NAMED SECOND,
         "section `0' does not say a=setup:active or passive"},
        {HEAD FIRST GOOD "a=setup:actpass\r\n" NAMED SECOND,
         "section `0' does not say a=setup:active or passive"},
        {HEAD FIRST GOOD "a=rtpmap:111 PCMU/8000\r\n" SECOND,
         "section `0' of the answer has no codec under the number it was "
         "offered with"},
        {HEAD FIRST GOOD NAMED
         "m=video 9 UDP/TLS/RTP/SAVPF 96\r\na=mid:1\r\na=rtcp-mux\r\n"
         "a=rtpmap:96 VP8/90000\r\n",
         "the answer does not put its sections into one BUNDLE"},
    };
    struct rtc_sdp *offer;
    struct side s;

    init_both(&s, "us00");
    offer = make_offer(&s);
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct rtc_sdp *answer = parse_text(rows[i].text);
        struct rtc_sdp_error why = {0, ""};
        int error = rtc_negotiate_check_answer(offer, answer, &why);

        ok((error < 0) == (rows[i].why[0] != '\0'), "answer");
        is_str(why.text, rows[i].why, "because");
        rtc_sdp_free(answer);
    }
    rtc_sdp_free(offer);
}

static void test_dead_section_accepted(void)
{
    struct rtc_sdp *answer =
        parse_text(HEAD "a=group:BUNDLE 0 1\r\n" FIRST GOOD NAMED SECOND GOOD
                        "a=bundle-only\r\n");
    struct rtc_sdp_error why = {0, ""};
    struct rtc_sdp *offer;
    struct side s;

    init_both(&s, "us00");
    offer = make_offer(&s);
    offer->media[1].port = 0;
    offer->bundle_count = 1;
    is_int(rtc_negotiate_check_answer(offer, answer, &why), RTC_ERR_FORMAT,
           "a dead section cannot be accepted");
    is_str(why.text, "section `1' is accepted, but was not offered", "because");
    rtc_sdp_free(offer);
    rtc_sdp_free(answer);
}

int main(void)
{
    test_captured_answers();
    test_round();
    test_directions();
    test_direction_narrowed();
    test_bad_offers();
    test_bad_answers();
    test_dead_section_accepted();
    return tap_done();
}
