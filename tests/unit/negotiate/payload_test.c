/* SPDX-License-Identifier: MIT
 *
 * Payload formats: every codec that a captured offer lists is agreed on under
 * the number it has there, by its profile; static numbers, and what is no codec
 * at all. Codecs that lib/codec does not know are not agreed on.
 */
#include "side.h"

#include "codec/codec.h"
#include "negotiate/payload.h"

/* The numbers of a codec we take in a section, in its order, and the profiles
 * they have; read from the files by a script. */
struct listed {
    enum rtc_codec codec;
    unsigned count;
    uint8_t payload_types[4];
    uint8_t profiles[4];
};

static const struct listed browser_audio[] = {
    {RTC_CODEC_G722, 1, {9}, {0}},
    {RTC_CODEC_PCMU, 1, {0}, {0}},
    {RTC_CODEC_PCMA, 1, {8}, {0}},
    {RTC_CODEC_NONE, 0, {0}, {0}},
};
static const struct listed aiortc_audio[] = {
    {RTC_CODEC_OPUS, 1, {96}, {0}}, {RTC_CODEC_PCMU, 1, {0}, {0}},
    {RTC_CODEC_PCMA, 1, {8}, {0}},  {RTC_CODEC_G722, 0, {0}, {0}},
    {RTC_CODEC_NONE, 0, {0}, {0}},
};
static const struct listed chromium_video[] = {
    {RTC_CODEC_VP8, 1, {96}, {0}},
    {RTC_CODEC_VP9, 2, {98, 100}, {0, 2}},
    {RTC_CODEC_H264, 3, {102, 108, 116}, {0x42, 0x42, 0x4d}},
    {RTC_CODEC_AV1, 1, {45}, {0}},
    {RTC_CODEC_H265, 0, {0}, {0}},
    {RTC_CODEC_NONE, 0, {0}, {0}},
};
static const struct listed firefox_video[] = {
    {RTC_CODEC_VP8, 1, {120}, {0}},
    {RTC_CODEC_VP9, 1, {121}, {0}},
    {RTC_CODEC_AV1, 1, {99}, {0}},
    {RTC_CODEC_NONE, 0, {0}, {0}},
};
static const struct listed pion_video[] = {
    {RTC_CODEC_VP8, 1, {96}, {0}},
    {RTC_CODEC_VP9, 1, {98}, {0}},
    {RTC_CODEC_NONE, 0, {0}, {0}},
};
static const struct listed gst_vp9[] = {
    {RTC_CODEC_VP9, 1, {96}, {0}},
    {RTC_CODEC_VP8, 0, {0}, {0}},
    {RTC_CODEC_NONE, 0, {0}, {0}},
};
static const struct listed pion_vp9[] = {
    {RTC_CODEC_VP9, 1, {102}, {0}},
    {RTC_CODEC_NONE, 0, {0}, {0}},
};

static const struct {
    const char *file;
    unsigned index;
    const struct listed *listed;
} sections[] = {
    {"aiortc-offer-recvonly", 0, aiortc_audio},
    {"aiortc-offer-sendrecv", 0, aiortc_audio},
    {"chromium-offer-recvonly-av", 0, browser_audio},
    {"chromium-offer-recvonly-av", 1, chromium_video},
    {"chromium-offer-recvonly-av-mdns", 0, browser_audio},
    {"chromium-offer-recvonly-av-mdns", 1, chromium_video},
    {"chromium-offer-sendonly-av", 0, browser_audio},
    {"chromium-offer-sendonly-av", 1, chromium_video},
    {"chromium-offer-sendrecv-av", 0, browser_audio},
    {"chromium-offer-sendrecv-av", 1, chromium_video},
    {"chromium-offer-sendrecv-av-data", 0, browser_audio},
    {"chromium-offer-sendrecv-av-data", 1, chromium_video},
    {"chromium-offer-simulcast-all", 0, chromium_video},
    {"firefox-offer-recvonly-av", 0, browser_audio},
    {"firefox-offer-recvonly-av", 1, firefox_video},
    {"firefox-offer-recvonly-av-mdns", 0, browser_audio},
    {"firefox-offer-recvonly-av-mdns", 1, firefox_video},
    {"firefox-offer-sendonly-av", 0, browser_audio},
    {"firefox-offer-sendonly-av", 1, firefox_video},
    {"firefox-offer-sendrecv-av", 0, browser_audio},
    {"firefox-offer-sendrecv-av", 1, firefox_video},
    {"firefox-offer-sendrecv-av-data", 0, browser_audio},
    {"firefox-offer-sendrecv-av-data", 1, firefox_video},
    {"firefox-offer-simulcast-all", 0, firefox_video},
    {"gst-offer-sendrecv-VP9", 1, gst_vp9},
    {"pion-offer-recvonly-default", 0, browser_audio},
    {"pion-offer-recvonly-default", 1, pion_video},
    {"pion-offer-sendrecv-VP9", 1, pion_vp9},
    {"pion-offer-sendrecv-default", 0, browser_audio},
    {"pion-offer-sendrecv-default", 1, pion_video},
};

static unsigned matching(const struct rtc_negotiate_agreed *a,
                         const struct listed *want)
{
    unsigned found = 0;

    for (unsigned i = 0; i < want->count && i < a->codec_count; i++)
        found += a->codecs[i].codec == want->codec &&
                 a->codecs[i].payload_type == want->payload_types[i] &&
                 a->codecs[i].profile == want->profiles[i];
    return found;
}

/* Answers with tracks that take this codec only, or also Opus so that some
 * section of the offer is accepted. */
static void test_listed(const char *file, unsigned index,
                        const struct listed *want)
{
    const enum rtc_codec audio[] = {want->codec, RTC_CODEC_OPUS};
    const enum rtc_codec video[] = {want->codec};
    unsigned count = rtc_codec_entry(want->codec) ? want->count : 0;
    struct rtc_sdp *offer = vector_sdp(file), *answer;
    struct rtc_negotiate_agreed a;
    struct rtc_sdp_error why;
    char name[128];
    struct side s;

    init_both(&s, "us00");
    s.tracks[0].codecs = audio;
    s.tracks[0].codec_count = 2;
    s.tracks[1].codecs = video;
    s.tracks[1].codec_count = 1;
    snprintf(name, sizeof name, "%s section %u: %s", file, index,
             rtc_codec_name(want->codec));
    answer = make_answer(&s, offer, &why);
    if (!answer) {
        ok(!count, name);
        rtc_sdp_free(offer);
        return;
    }
    settle(&s, answer, offer);
    a = agreed(&s, index);
    ok(matching(&a, want) == count && (count || a.codec_count <= 1), name);
    done_side(&s);
}

static void test_captured(void)
{
    for (size_t i = 0; i < sizeof sections / sizeof *sections; i++)
        for (const struct listed *l = sections[i].listed; l->codec; l++)
            test_listed(sections[i].file, sections[i].index, l);
}

/* ---- what is offered ----------------------------------------------------- */

/* Every row whose codec exists, and no other, by its own number. */
static void test_offered(void)
{
    const struct rtc_sdp_format *format;
    const struct rtc_payload *row;
    struct rtc_sdp *made, *offer;
    unsigned expected[2] = {0, 0};
    struct side s;

    init_both(&s, "us00");
    made = make_offer(&s);
    offer = over_the_wire(made);
    for (unsigned i = 0; (row = rtc_payload_at(i)); i++) {
        const struct rtc_codec_entry *entry = rtc_codec_entry(row->codec);

        for (unsigned k = 0; k < 2; k++) {
            format = rtc_sdp_find_format(&offer->media[k], row->payload_type);
            ok(!format == !(entry && (unsigned)entry->kind == k),
               "a number stands where its codec belongs");
            if (!format)
                continue;
            expected[k] += row->rtx_payload_type ? 2 : 1;
            ok(rtc_payload_of(format) == row, "and means its row");
            is_int(rtc_sdp_find_rtx(&offer->media[k], row->payload_type) !=
                       NULL,
                   row->rtx_payload_type != 0, "with RTX, or without");
        }
    }
    is_int(offer->media[0].format_count, expected[0] + 1,
           "no other for audio, but RED of Opus");
    is_int(offer->media[1].format_count, expected[1], "no other for video");
    rtc_sdp_free(made);
    rtc_sdp_free(offer);
}

/* ---- parameters ---------------------------------------------------------- */

static const struct {
    enum rtc_codec codec;
    uint32_t clock_rate;
    const char *theirs, *row; /* NULL: fits none */
} parameters[] = {
    {RTC_CODEC_VP9, 90000, "", "profile-id=0"},
    {RTC_CODEC_VP9, 90000, "max-fs=12288;max-fr=60", "profile-id=0"},
    {RTC_CODEC_VP9, 90000, "profile-id=2", "profile-id=2"},
    {RTC_CODEC_VP9, 90000, "profile-id=1", NULL},
    {RTC_CODEC_AV1, 90000, "", "level-idx=5;profile=0;tier=0"},
    {RTC_CODEC_AV1, 90000, "level-idx=19;profile=0;tier=1",
     "level-idx=5;profile=0;tier=0"},
    {RTC_CODEC_AV1, 90000, "profile=1", NULL},
    {RTC_CODEC_H265, 90000, "",
     "level-id=93;profile-id=1;tier-flag=0;tx-mode=SRST"},
    {RTC_CODEC_H265, 90000, "level-id=180;profile-id=1",
     "level-id=93;profile-id=1;tier-flag=0;tx-mode=SRST"},
    {RTC_CODEC_H265, 90000, "level-id=60;profile-id=1;tier-flag=0;tx-mode=SRST",
     "level-id=60;profile-id=1;tier-flag=0;tx-mode=SRST"},
    {RTC_CODEC_H265, 90000, "profile-id=2", NULL},
    {RTC_CODEC_H265, 90000, "profile-space=1", NULL},
    {RTC_CODEC_H265, 90000, "tier-flag=1", NULL},
    {RTC_CODEC_H265, 90000, "tx-mode=MRST", NULL},
};

static void test_parameters(size_t i)
{
    const struct rtc_codec_entry *entry = rtc_codec_entry(parameters[i].codec);
    struct rtc_sdp_format format = {
        .fmtp = rtc_text_of(parameters[i].theirs),
        .clock_rate = parameters[i].clock_rate,
        .channels = 1,
    };
    const struct rtc_payload *row;
    struct rtc_sdp *sdp = rtc_sdp_new();
    struct rtc_text ours;

    format.name = rtc_text_of(entry ? entry->name : "none");
    row = rtc_payload_of(&format);
    is_int(row != NULL, entry && parameters[i].row, parameters[i].theirs);
    if (row) {
        ours = rtc_text_of(row->fmtp);
        ours = row->answer ? row->answer(sdp, format.fmtp, ours) : ours;
        ok(text_is(ours, parameters[i].row), "is answered with");
    }
    rtc_sdp_free(sdp);
}

/* ---- numbers below 35 ---------------------------------------------------- */

#define OLD_AUDIO                                                              \
    HEAD TRANSPORT "a=setup:actpass\r\n"                                       \
                   "m=audio 9 UDP/TLS/RTP/SAVPF 0 8 9 13 96 101\r\n"           \
                   "a=rtpmap:96 opus/48000/2\r\n"                              \
                   "a=rtpmap:101 telephone-event/8000\r\na=fmtp:101 0-15\r\n"  \
                   "a=rtcp-mux\r\na=mid:0\r\n"

/* Without a=rtpmap a static number means its codec, and 0 is a number; CN and
 * tones are nobody's codec. */
static void test_static(const char *text, const char *name)
{
    static const enum rtc_codec order[] = {RTC_CODEC_PCMU, RTC_CODEC_G722,
                                           RTC_CODEC_PCMA, RTC_CODEC_OPUS};
    struct rtc_sdp *offer = parse_text(text), *again;
    struct rtc_negotiate_agreed a;
    struct rtc_sdp_error why;
    unsigned known = 0;
    struct side s;

    init_side(&s, "us00");
    add_track(&s, RTC_AUDIO, RTC_SENDRECV);
    s.tracks[0].codecs = order;
    s.tracks[0].codec_count = 4;
    settle(&s, make_answer(&s, offer, &why), offer);
    a = agreed(&s, 0);
    for (unsigned i = 0; i < 4; i++)
        if (rtc_codec_entry(order[i]))
            ok(known < a.codec_count && a.codecs[known++].codec == order[i],
               name);
    is_int(a.codec_count, known, "nothing else is agreed");
    is_int(a.receive_count, known, "nor may come");
    if (rtc_codec_entry(RTC_CODEC_PCMU))
        is_int(a.codecs[0].payload_type, 0, "PCMU is 0");
    again = make_offer(&s);
    is_int(again->media[0].format_count, known + 1,
           "no number stands twice, and RED is new");
    if (rtc_codec_entry(RTC_CODEC_PCMU))
        is_int(again->media[0].formats[0].payload_type, 0, "PCMU stays 0");
    rtc_sdp_free(again);
    done_side(&s);
}

static void test_statics(void)
{
    test_static(OLD_AUDIO, "numbers alone");
    test_static(OLD_AUDIO "a=rtpmap:9 G722/8000/1\r\na=rtpmap:0 pcmu/8000\r\n",
                "acceptance 33: G722/8000/1");
    test_static(OLD_AUDIO "a=rtpmap:9 G722/8000\r\na=rtpmap:13 CN/8000\r\n",
                "acceptance 33: G722/8000");
}

int main(void)
{
    test_captured();
    test_offered();
    for (size_t i = 0; i < sizeof parameters / sizeof *parameters; i++)
        test_parameters(i);
    test_statics();
    return tap_done();
}
