/* SPDX-License-Identifier: MIT
 *
 * Simulcast in offers and answers: what is written, what of it is agreed, and
 * what is made of lists that others write.
 */
#include "side.h"

#include "negotiate/simulcast.h"

static const char qhf[][RTC_RID_MAX + 1] = {"q", "h", "f"};

/* As text_is, of texts that may be none. */
static bool same(struct rtc_text t, const char *want)
{
    return rtc_sdp_same(t, rtc_text_of(want));
}

static void init_sender(struct side *s)
{
    init_side(s, "send");
    add_track(s, RTC_VIDEO, RTC_SENDONLY);
    s->tracks[0].rids = qhf;
    s->tracks[0].rid_count = 3;
}

/* "q;~h;f" of the layers agreed. */
static const char *layers(const struct rtc_negotiate_layer *list,
                          unsigned count)
{
    static char text[256];

    text[0] = '\0';
    for (unsigned i = 0; i < count; i++)
        snprintf(text + strlen(text), sizeof text - strlen(text), "%s%s%s",
                 i ? ";" : "", list[i].paused ? "~" : "", list[i].rid);
    return text;
}

static const char *sent(const struct side *s)
{
    struct rtc_negotiate_agreed a = agreed(s, 0);

    return layers(a.sent_layers, a.sent_layer_count);
}

static const char *received(const struct side *s)
{
    struct rtc_negotiate_agreed a = agreed(s, 0);

    return layers(a.received_layers, a.received_layer_count);
}

/* ---- between two of ours ------------------------------------------------- */

static void test_pair(void)
{
    const struct rtc_sdp_media *offered, *answered;
    struct side a, b;

    init_sender(&a);
    init_side(&b, "recv");
    ok(negotiate(&a, &b), "three layers are offered and answered");
    offered = &b.current.remote->media[0];
    answered = &a.current.remote->media[0];
    is_int(offered->rid_count, 3, "three rids");
    ok(same(offered->rids[1].id, "h") && offered->rids[1].send, "to send");
    ok(same(offered->simulcast_send, "q;h;f"), "the list");
    is_int(offered->ssrc_count + offered->pair_count, 0,
           "acceptance 36: layers have no SSRCs in a description");
    ok(same(answered->simulcast_recv, "q;h;f") && !answered->simulcast_send.len,
       "the answer takes all");
    ok(answered->rid_count == 3 && !answered->rids[0].send, "as received");
    is_str(sent(&a), "q;h;f", "sent");
    is_str(received(&a), "", "nothing the other way");
    is_str(received(&b), "q;h;f", "received");
    ok(agreed(&a, 0).extmap.id[RTC_EXTENSION_RID] &&
           agreed(&a, 0).extmap.id[RTC_EXTENSION_REPAIRED_RID] &&
           agreed(&a, 0).extmap.id[RTC_EXTENSION_MID],
       "and can be told apart");

    ok(negotiate(&b, &a), "the receiver offers anew");
    offered = &a.current.remote->media[0];
    ok(same(offered->simulcast_recv, "q;h;f") && offered->rid_count == 3,
       "it wants what it has");
    is_str(sent(&a), "q;h;f", "still sent");
    is_str(received(&b), "q;h;f", "still received");
    ok(negotiate(&a, &b), "and the sender again");
    is_str(received(&b), "q;h;f", "nothing changes");
    a.tracks[0].direction = RTC_INACTIVE;
    ok(negotiate(&a, &b), "on hold");
    is_str(sent(&a), "", "no layer");
    a.tracks[0].direction = RTC_SENDONLY;
    a.tracks[0].rid_count = 0;
    ok(negotiate(&a, &b), "without layers");
    is_int(b.current.remote->media[0].ssrc_count, 2, "the stream has an SSRC");
    is_str(received(&b), "", "a plain stream");
    done_side(&a);
    done_side(&b);
}

/* An ordinary track says nothing of all that. */
static void test_plain(void)
{
    struct rtc_sdp *offer;
    struct side s;

    init_both(&s, "us00");
    offer = make_offer(&s);
    for (unsigned i = 0; i < 2; i++) {
        is_int(offer->media[i].rid_count, 0, "no rids");
        for (unsigned k = 0; k < offer->media[i].extmap_count; k++)
            ok(rtc_extension_by_uri(offer->media[i].extmaps[k].uri) !=
                   RTC_EXTENSION_RID,
               "and no extension for them");
    }
    rtc_sdp_free(offer);
}

/* ---- what others write --------------------------------------------------- */

#define VIDEO                                                                  \
    HEAD TRANSPORT                                                             \
        "a=setup:%s\r\nm=video 9 UDP/TLS/RTP/SAVPF 96 97 98\r\n"               \
        "a=rtpmap:96 VP8/90000\r\na=rtpmap:97 rtx/90000\r\n"                   \
        "a=fmtp:97 apt=96\r\na=rtpmap:98 H264/90000\r\n"                       \
        "a=fmtp:98 packetization-mode=1;profile-level-id=42e01f;"              \
        "level-asymmetry-allowed=1\r\na=rtcp-mux\r\na=mid:0\r\n"               \
        "a=extmap:4 urn:ietf:params:rtp-hdrext:sdes:mid\r\n"                   \
        "a=extmap:10 urn:ietf:params:rtp-hdrext:sdes:rtp-stream-id\r\n%s"
#define RIDS(d) "a=rid:q " d "\r\na=rid:h " d "\r\na=rid:f " d "\r\n"

static struct rtc_sdp *written(const char *setup, const char *lines)
{
    static char text[4096];

    snprintf(text, sizeof text, VIDEO, setup, lines);
    return parse_text(text);
}

/* Offers of layers to send, and what we answer. */
static const struct {
    const char *name, *lines;
    const char *recv;  /* a=simulcast of the answer */
    const char *third; /* restrictions of its third rid, NULL: not looked at */
} offers[] = {
    {"three", "a=sendonly\r\n" RIDS("send") "a=simulcast:send q;h;f\r\n",
     "q;h;f", ""},
    {"one paused", "a=sendonly\r\n" RIDS("send") "a=simulcast:send q;~h;f\r\n",
     "q;~h;f", NULL},
    {"alternatives", "a=sendonly\r\n" RIDS("send") "a=simulcast:send q,h;f\r\n",
     "q;f", NULL},
    {"alternatives, the first without a line",
     "a=sendonly\r\n" RIDS("send") "a=simulcast:send x,~h;f\r\n", "~h;f", NULL},
    {"rids alone", "a=sendonly\r\n" RIDS("send"), "", NULL},
    {"a list alone", "a=sendonly\r\na=simulcast:send q;h;f\r\n", "", NULL},
    {"lines of the other direction",
     "a=sendonly\r\n" RIDS("recv") "a=simulcast:send q;h;f\r\n", "", NULL},
    {"a name twice",
     "a=sendonly\r\n" RIDS("send") "a=simulcast:send q;q;~q;f\r\n", "q;f",
     NULL},
    {"five",
     "a=sendonly\r\n" RIDS("send") "a=rid:g send\r\na=rid:i send\r\n"
                                   "a=simulcast:send q;h;f;g;i\r\n",
     "q;h;f;g", NULL},
    {"empty places",
     "a=sendonly\r\n" RIDS("send") "a=simulcast:send ;,;~;q;;~,h\r\n", "q;h",
     NULL},
    {"names that are none",
     "a=sendonly\r\na=rid:q! send\r\na=rid:f send\r\n"
     "a=simulcast:send q!;f\r\n",
     "f", NULL},
    {"restrictions",
     "a=sendonly\r\na=rid:q send pt=96\r\na=rid:h send max-width=640\r\n"
     "a=rid:f send pt=98,96,120;max-width=1280;max-fps=30\r\n"
     "a=simulcast:send q;h;f\r\n",
     "q;h;f", "pt=98,96;max-width=1280;max-fps=30"},
    {"a payload type that is none",
     "a=sendonly\r\na=rid:q send pt=120\r\na=rid:f send pt=x\r\n"
     "a=rid:h send pt=96\r\na=simulcast:send q;h;f\r\n",
     "h", NULL},
    {"nothing to be received",
     "a=inactive\r\n" RIDS("send") "a=simulcast:send q;h;f\r\n", "", NULL},
};

static void test_offer_of_others(size_t row)
{
    struct rtc_sdp *offer = written("actpass", offers[row].lines), *answer;
    const struct rtc_sdp_media *media;
    struct rtc_sdp_error why;
    struct side s;

    init_side(&s, "us00");
    answer = make_answer(&s, offer, &why);
    media = &answer->media[0];
    ok(same(media->simulcast_recv, offers[row].recv), offers[row].name);
    ok(!media->simulcast_send.len, "nothing is sent");
    if (offers[row].third && media->rid_count == 3)
        ok(same(media->rids[2].restrictions, offers[row].third),
           "restrictions");
    rtc_sdp_free(over_the_wire(answer));
    settle(&s, answer, offer);
    is_str(received(&s), offers[row].recv, "and so it is agreed");
    done_side(&s);
}

/* Without the extension no layer could be told from another. */
static void test_no_extension(void)
{
    static char text[4096];
    struct rtc_sdp_error why;
    struct rtc_sdp *offer;
    struct side s;
    char *id;

    snprintf(text, sizeof text, VIDEO, "actpass",
             "a=sendonly\r\n" RIDS("send") "a=simulcast:send q;h;f\r\n");
    id = strstr(text, "rtp-stream-id");
    memcpy(id, "xtp", 3);
    offer = parse_text(text);
    init_side(&s, "us00");
    settle(&s, make_answer(&s, offer, &why), offer);
    is_int(s.current.local->media[0].rid_count, 0, "no extension, no layers");
    is_str(received(&s), "", "a plain stream");
    done_side(&s);
}

/* One who wants layers (a forwarding unit) offers, and we send ours. */
static const struct {
    const char *name, *lines;
    const char *send;
} wanted[] = {
    {"by our names", "a=recvonly\r\n" RIDS("recv") "a=simulcast:recv f;h;q\r\n",
     "f;h;q"},
    {"two of them", "a=recvonly\r\n" RIDS("recv") "a=simulcast:recv ~h;f\r\n",
     "~h;f"},
    {"by other names",
     "a=recvonly\r\na=rid:1 recv\r\na=rid:2 recv\r\na=simulcast:recv 1;2\r\n",
     "1;2"},
    {"more than there are",
     "a=recvonly\r\na=rid:1 recv\r\na=rid:2 recv\r\na=rid:3 recv\r\n"
     "a=rid:4 recv\r\na=simulcast:recv 1;2;3;4\r\n",
     "1;2;3"},
    {"an alternative of ours",
     "a=recvonly\r\na=rid:x recv\r\n" RIDS(
         "recv") "a=simulcast:recv x,h;x,q\r\n",
     "h;q"},
    {"none", "a=recvonly\r\n", ""},
};

static void test_wanted(size_t row)
{
    struct rtc_sdp *offer = written("actpass", wanted[row].lines), *answer;
    struct rtc_sdp_error why;
    struct side s;

    init_sender(&s);
    answer = make_answer(&s, offer, &why);
    ok(same(answer->media[0].simulcast_send, wanted[row].send),
       wanted[row].name);
    is_int(answer->media[0].ssrc_count != 0, !wanted[row].send[0],
           "an SSRC only for a plain stream");
    settle(&s, answer, offer);
    is_str(sent(&s), wanted[row].send, "and so it is agreed");
    done_side(&s);
}

/* Answers to our offer of three. */
static const struct {
    const char *name, *lines;
    const char *send;
} answers[] = {
    {"all", RIDS("recv") "a=simulcast:recv q;h;f\r\n", "q;h;f"},
    {"fewer", "a=rid:h recv\r\na=simulcast:recv h\r\n", "h"},
    {"one paused", RIDS("recv") "a=simulcast:recv q;h;~f\r\n", "q;h;~f"},
    {"none", "", ""},
    {"one that was not offered",
     "a=rid:x recv\r\na=rid:q recv\r\na=simulcast:recv x;q\r\n", "q"},
    {"alternatives", RIDS("recv") "a=simulcast:recv q,h;f\r\n", "q;f"},
    {"a rid without a list", RIDS("recv"), ""},
};

static void test_answer_of_others(size_t row)
{
    char lines[1024];
    struct rtc_sdp *answer;
    struct rtc_sdp_error why = {0, ""};
    struct rtc_sdp *offer;
    struct side s;

    init_sender(&s);
    offer = make_offer(&s);
    snprintf(lines, sizeof lines, "a=recvonly\r\n%s", answers[row].lines);
    answer = written("active", lines);
    is_int(rtc_negotiate_check_answer(offer, answer, &why), 0,
           answers[row].name);
    settle(&s, offer, answer);
    is_str(sent(&s), answers[row].send, "what is sent");
    done_side(&s);
}

/* A layer may be bound to payload types. */
static void test_payload_types(void)
{
    struct rtc_negotiate_agreed a;
    struct rtc_sdp *answer, *offer;
    struct side s;

    init_sender(&s);
    offer = make_offer(&s);
    answer = written("active",
                     "a=recvonly\r\na=rid:q recv pt=96,97;max-width=320\r\n"
                     "a=rid:f recv\r\na=simulcast:recv q;f\r\n");
    settle(&s, offer, answer);
    a = agreed(&s, 0);
    is_int(a.sent_layer_count, 2, "two layers");
    ok(rtc_simulcast_may_use(&a.sent_layers[0], 96) &&
           rtc_simulcast_may_use(&a.sent_layers[0], 97) &&
           !rtc_simulcast_may_use(&a.sent_layers[0], 98) &&
           !rtc_simulcast_may_use(&a.sent_layers[0], 32),
       "one of certain payload types");
    ok(rtc_simulcast_may_use(&a.sent_layers[1], 127) &&
           rtc_simulcast_may_use(&a.sent_layers[1], 0),
       "the other of any");
    done_side(&s);
}

static void test_captured(void)
{
    static const char *const files[] = {
        "chromium-offer-simulcast-vp8", "chromium-offer-simulcast-all",
        "firefox-offer-simulcast-vp8", "firefox-offer-simulcast-all"};

    for (unsigned i = 0; i < 4; i++) {
        struct rtc_sdp *offer = vector_sdp(files[i]);
        struct rtc_sdp_error why;
        struct side s;

        init_side(&s, "us00");
        settle(&s, make_answer(&s, offer, &why), offer);
        is_str(received(&s), "q;h;f", files[i]);
        done_side(&s);
    }
}

int main(void)
{
    test_pair();
    test_plain();
    for (size_t i = 0; i < sizeof offers / sizeof *offers; i++)
        test_offer_of_others(i);
    test_no_extension();
    for (size_t i = 0; i < sizeof wanted / sizeof *wanted; i++)
        test_wanted(i);
    for (size_t i = 0; i < sizeof answers / sizeof *answers; i++)
        test_answer_of_others(i);
    test_payload_types();
    test_captured();
    return tap_done();
}
