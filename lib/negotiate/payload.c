/* SPDX-License-Identifier: MIT
 *
 * The tables of payload formats (RFC 7587 Opus, RFC 3551 G.722 and G.711, RFC
 * 7741 VP8, RFC 6184 H.264, RFC 9628 VP9, AOM's format of AV1, RFC 7798 H.265,
 * each video format with RTX, RFC 4588) and header extensions, and which
 * numbers they get in an offer (RFC 3551, RFC 5761 4, RFC 8285 5). A row whose
 * codec has no row in lib/codec does not count.
 */
#include "negotiate/payload.h"

#include <string.h>

#include "codec/codec.h"
#include "sdp/fmtp.h"

/* ---- H.264 -------------------------------------------------------------- */

static bool h264_fits(struct rtc_text theirs, struct rtc_text ours)
{
    struct rtc_h264_format a, b;

    return rtc_h264_format_parse(theirs, &a) &&
           rtc_h264_format_parse(ours, &b) && rtc_h264_format_fits(&a, &b);
}

static struct rtc_text h264_answer(struct rtc_sdp *sdp, struct rtc_text theirs,
                                   struct rtc_text ours)
{
    struct rtc_h264_format offered, own;

    if (!rtc_h264_format_parse(theirs, &offered) ||
        !rtc_h264_format_parse(ours, &own))
        return rtc_sdp_copy(sdp, ours);
    return rtc_sdp_print(sdp,
                         "level-asymmetry-allowed=1;packetization-mode=%u;"
                         "profile-level-id=%06x",
                         offered.packetization_mode,
                         rtc_h264_answer_level_id(&offered, &own));
}

/* ---- codecs whose profile is a number ------------------------------------ */

static const struct {
    enum rtc_codec codec;
    const char *key;
    uint32_t absent; /* what leaving it out means */
} profiles[] = {
    {RTC_CODEC_VP9, "profile-id", 0},  /* RFC 9628 6 */
    {RTC_CODEC_AV1, "profile", 0},     /* AOM, 7.2 */
    {RTC_CODEC_H265, "profile-id", 1}, /* RFC 7798 7.1 */
};

static uint32_t profile_of(enum rtc_codec codec, struct rtc_text fmtp)
{
    for (size_t i = 0; i < sizeof profiles / sizeof *profiles; i++)
        if (profiles[i].codec == codec)
            return rtc_fmtp_u32(fmtp, profiles[i].key, profiles[i].absent);
    return 0;
}

static bool vp9_fits(struct rtc_text theirs, struct rtc_text ours)
{
    return profile_of(RTC_CODEC_VP9, theirs) == profile_of(RTC_CODEC_VP9, ours);
}

/* Level and tier say what each side can take, and may differ. */
static bool av1_fits(struct rtc_text theirs, struct rtc_text ours)
{
    return profile_of(RTC_CODEC_AV1, theirs) == profile_of(RTC_CODEC_AV1, ours);
}

/* RFC 7798 7.2.2: all but the level is the same on both sides. */
static bool h265_fits(struct rtc_text theirs, struct rtc_text ours)
{
    struct rtc_text mode;

    if (rtc_fmtp_get(theirs, "tx-mode", &mode) &&
        !rtc_text_is_nocase(mode, "SRST"))
        return false;
    return profile_of(RTC_CODEC_H265, theirs) ==
               profile_of(RTC_CODEC_H265, ours) &&
           rtc_fmtp_u32(theirs, "profile-space", 0) == 0 &&
           rtc_fmtp_u32(theirs, "tier-flag", 0) ==
               rtc_fmtp_u32(ours, "tier-flag", 0);
}

#define H265_LEVEL 93 /* 3.1, also what leaving it out means (RFC 7798 7.1) */

/* The lower level of both. */
static struct rtc_text h265_answer(struct rtc_sdp *sdp, struct rtc_text theirs,
                                   struct rtc_text ours)
{
    uint32_t level = rtc_fmtp_u32(theirs, "level-id", H265_LEVEL);

    return rtc_sdp_print(sdp,
                         "level-id=%u;profile-id=%u;tier-flag=0;tx-mode=SRST",
                         level < H265_LEVEL ? level : H265_LEVEL,
                         profile_of(RTC_CODEC_H265, ours));
}

/* ---- the tables --------------------------------------------------------- */

#define VIDEO_FEEDBACK (RTC_SDP_NACK | RTC_SDP_PLI | RTC_SDP_FIR | RTC_SDP_REMB)
#define H264_FMTP                                                              \
    "level-asymmetry-allowed=1;packetization-mode=1;profile-level-id="

#define H265_FMTP "level-id=93;profile-id=1;tier-flag=0;tx-mode=SRST"

/* In order of preference. H.264 is level 3.1 in each profile, and only in mode
 * 1: the packetizer fragments NAL units. G.722 and G.711 have static numbers.
 */
static const struct rtc_payload payloads[] = {
    {RTC_CODEC_OPUS, 111, 0, RTC_SDP_NACK, RTC_SDP_NACK,
     "minptime=10;useinbandfec=1;stereo=1;sprop-stereo=1", NULL, NULL},
    {RTC_CODEC_G722, 9, 0, RTC_SDP_NACK, RTC_SDP_NACK, "", NULL, NULL},
    {RTC_CODEC_PCMU, 0, 0, RTC_SDP_NACK, RTC_SDP_NACK, "", NULL, NULL},
    {RTC_CODEC_PCMA, 8, 0, RTC_SDP_NACK, RTC_SDP_NACK, "", NULL, NULL},
    {RTC_CODEC_VP8, 96, 97, VIDEO_FEEDBACK, VIDEO_FEEDBACK, "", NULL, NULL},
    {RTC_CODEC_H264, 102, 103, VIDEO_FEEDBACK, VIDEO_FEEDBACK,
     H264_FMTP "42e01f", h264_fits, h264_answer},
    {RTC_CODEC_H264, 104, 105, VIDEO_FEEDBACK, VIDEO_FEEDBACK,
     H264_FMTP "42001f", h264_fits, h264_answer},
    {RTC_CODEC_H264, 106, 107, VIDEO_FEEDBACK, VIDEO_FEEDBACK,
     H264_FMTP "4d001f", h264_fits, h264_answer},
    {RTC_CODEC_H264, 108, 109, VIDEO_FEEDBACK, VIDEO_FEEDBACK,
     H264_FMTP "64001f", h264_fits, h264_answer},
    {RTC_CODEC_VP9, 98, 99, VIDEO_FEEDBACK, VIDEO_FEEDBACK, "profile-id=0",
     vp9_fits, NULL},
    {RTC_CODEC_VP9, 100, 101, VIDEO_FEEDBACK, VIDEO_FEEDBACK, "profile-id=2",
     vp9_fits, NULL},
    {RTC_CODEC_AV1, 45, 46, VIDEO_FEEDBACK, VIDEO_FEEDBACK,
     "level-idx=5;profile=0;tier=0", av1_fits, NULL},
    {RTC_CODEC_H265, 112, 113, VIDEO_FEEDBACK, VIDEO_FEEDBACK, H265_FMTP,
     h265_fits, h265_answer},
};

#define PAYLOAD_COUNT (sizeof payloads / sizeof *payloads)
_Static_assert(PAYLOAD_COUNT <= RTC_PAYLOAD_MOST, "numbers hold every row");

/* Orientation for packets only: a sender that sees it agreed stops turning its
 * pictures upright, and frames have no field to say so. */
static const struct rtc_payload_extension extensions[] = {
    {RTC_EXTENSION_AUDIO_LEVEL, 1, true, false, true, RTC_SENDRECV, false},
    {RTC_EXTENSION_ABS_SEND_TIME, 2, true, true, true, RTC_SENDRECV, false},
    {RTC_EXTENSION_TRANSPORT_SEQUENCE, 3, true, true, true, RTC_SENDRECV,
     false},
    {RTC_EXTENSION_MID, 4, true, true, true, RTC_SENDRECV, false},
    {RTC_EXTENSION_RID, 10, false, true, false, RTC_SENDRECV, false},
    {RTC_EXTENSION_REPAIRED_RID, 11, false, true, false, RTC_SENDRECV, false},
    {RTC_EXTENSION_PLAYOUT_DELAY, 5, false, true, true, RTC_SENDRECV, true},
    {RTC_EXTENSION_VIDEO_LAYERS, 7, false, true, true, RTC_SENDRECV, true},
    {RTC_EXTENSION_DEPENDENCY_DESCRIPTOR, 8, false, true, true, RTC_SENDRECV,
     true},
    {RTC_EXTENSION_ABS_CAPTURE_TIME, 9, true, true, true, RTC_SENDRECV, true},
    {RTC_EXTENSION_ORIENTATION, 13, false, true, true, RTC_SENDRECV, true},
    {RTC_EXTENSION_USER0, 12, true, true, true, RTC_SENDRECV, true},
    {RTC_EXTENSION_USER1, 14, true, true, true, RTC_SENDRECV, true},
    {RTC_EXTENSION_USER2, 6, true, true, true, RTC_SENDRECV, true},
    {RTC_EXTENSION_USER3, 16, true, true, true, RTC_SENDRECV, true},
};

const struct rtc_payload *rtc_payload_at(unsigned index)
{
    return index < PAYLOAD_COUNT ? &payloads[index] : NULL;
}

const struct rtc_payload_extension *rtc_payload_extension_at(unsigned index)
{
    return index < sizeof extensions / sizeof *extensions ? &extensions[index]
                                                          : NULL;
}

bool rtc_payload_extension_suits(const struct rtc_payload_extension *row,
                                 const struct rtc_negotiate_track *track)
{
    return (track->kind == RTC_AUDIO ? row->audio : row->video) &&
           (!row->packets || track->packets);
}

struct rtc_text rtc_payload_extension_uri(const char *const *own_uris,
                                          enum rtc_extension extension)
{
    const char *uri = rtc_extension_uri(extension);

    if (extension >= RTC_EXTENSION_USER0 && own_uris)
        uri = own_uris[extension - RTC_EXTENSION_USER0];
    return rtc_text_of(uri ? uri : "");
}

enum rtc_extension rtc_payload_extension_by_uri(const char *const *own_uris,
                                                struct rtc_text uri)
{
    for (unsigned i = 0; own_uris && i < RTC_OWN_EXTENSION_MOST; i++)
        if (own_uris[i] && rtc_text_is(uri, own_uris[i]))
            return (enum rtc_extension)(RTC_EXTENSION_USER0 + i);
    return rtc_extension_by_uri(uri);
}

static bool is_codec(const struct rtc_sdp_format *format, enum rtc_codec codec)
{
    const struct rtc_codec_entry *entry = rtc_codec_entry(codec);

    return entry && rtc_text_is_nocase(format->name, entry->name) &&
           format->clock_rate == entry->clock_rate &&
           format->channels == entry->channels;
}

enum rtc_codec rtc_payload_codec(const struct rtc_sdp_format *format)
{
    for (unsigned i = 0; i < PAYLOAD_COUNT; i++)
        if (is_codec(format, payloads[i].codec))
            return payloads[i].codec;
    return RTC_CODEC_NONE;
}

const struct rtc_payload *rtc_payload_of(const struct rtc_sdp_format *format)
{
    for (unsigned i = 0; i < PAYLOAD_COUNT; i++) {
        const struct rtc_payload *row = &payloads[i];

        if (is_codec(format, row->codec) &&
            (!row->fits || row->fits(format->fmtp, rtc_text_of(row->fmtp))))
            return row;
    }
    return NULL;
}

unsigned rtc_payload_profile(const struct rtc_sdp_format *format)
{
    struct rtc_h264_format h264;
    enum rtc_codec codec = rtc_payload_codec(format);

    if (codec == RTC_CODEC_H264)
        return rtc_h264_format_parse(format->fmtp, &h264) ? h264.profile_idc
                                                          : 0;
    return profile_of(codec, format->fmtp);
}

/* RFC 8285 4.2: ids of one-byte elements, and the one that ends them. */
enum { ONE_BYTE_ID_MAX = 14, STOP_ID = 15 };

/* ---- numbers ------------------------------------------------------------ */

static void take_over_formats(struct rtc_payload_numbers *numbers,
                              const struct rtc_sdp_media *media)
{
    for (unsigned i = 0; i < media->format_count; i++) {
        const struct rtc_sdp_format *format = &media->formats[i], *rtx, *red;
        const struct rtc_payload *row = rtc_payload_of(format);

        numbers->payload_type_used[format->payload_type & 127] = true;
        if (!row || numbers->payload_types[row - payloads] != RTC_PAYLOAD_NONE)
            continue;
        numbers->payload_types[row - payloads] = format->payload_type;
        red = rtc_sdp_find_red(media, format->payload_type);
        if (red && rtc_payload_has_red(row->codec))
            numbers->red_payload_type = red->payload_type;
        rtx = rtc_sdp_find_rtx(media, format->payload_type);
        if (rtx)
            numbers->rtx_payload_types[row - payloads] = rtx->payload_type;
    }
}

static void take_over_extensions(struct rtc_payload_numbers *numbers,
                                 const struct rtc_sdp_media *media)
{
    for (unsigned i = 0; i < media->extmap_count; i++) {
        const struct rtc_sdp_extmap *extmap = &media->extmaps[i];
        enum rtc_extension extension =
            rtc_payload_extension_by_uri(numbers->own_uris, extmap->uri);

        numbers->id_used[extmap->id] = true;
        if (extension && !numbers->ids[extension])
            numbers->ids[extension] = extmap->id;
    }
}

void rtc_payload_numbers_init(struct rtc_payload_numbers *numbers,
                              const struct rtc_negotiate_current *current,
                              const char *const *own_uris)
{
    const struct rtc_sdp *both[] = {current->local, current->remote};

    memset(numbers, 0, sizeof *numbers);
    numbers->own_uris = own_uris;
    memset(numbers->payload_types, RTC_PAYLOAD_NONE,
           sizeof numbers->payload_types);
    memset(numbers->rtx_payload_types, RTC_PAYLOAD_NONE,
           sizeof numbers->rtx_payload_types);
    numbers->red_payload_type = RTC_PAYLOAD_NONE;
    for (unsigned k = 0; k < 2; k++)
        for (unsigned i = 0; both[k] && i < both[k]->media_count; i++) {
            take_over_formats(numbers, &both[k]->media[i]);
            take_over_extensions(numbers, &both[k]->media[i]);
        }
}

/* The preferred number if it is free, else the first free dynamic one: 96-127,
 * then 35-63 (64-95 would look like RTCP, RFC 5761 4). */
static uint8_t take_payload_type(struct rtc_payload_numbers *numbers,
                                 uint8_t preferred)
{
    unsigned number = preferred;

    if (numbers->payload_type_used[number])
        for (number = 96; numbers->payload_type_used[number];) {
            number = number == 127 ? 35 : number + 1;
            if (number == 64)
                return RTC_PAYLOAD_NONE;
        }
    numbers->payload_type_used[number] = true;
    return (uint8_t)number;
}

uint8_t rtc_payload_number(struct rtc_payload_numbers *numbers, unsigned index)
{
    uint8_t *number = &numbers->payload_types[index];

    if (*number == RTC_PAYLOAD_NONE)
        *number = take_payload_type(numbers, payloads[index].payload_type);
    return *number;
}

uint8_t rtc_payload_rtx_number(struct rtc_payload_numbers *numbers,
                               unsigned index)
{
    uint8_t *number = &numbers->rtx_payload_types[index];
    uint8_t preferred = payloads[index].rtx_payload_type;

    if (*number == RTC_PAYLOAD_NONE && preferred)
        *number = take_payload_type(numbers, preferred);
    return *number;
}

bool rtc_payload_has_red(enum rtc_codec codec)
{
    return codec == RTC_CODEC_OPUS;
}

uint8_t rtc_payload_red_number(struct rtc_payload_numbers *numbers,
                               unsigned index)
{
    if (!rtc_payload_has_red(payloads[index].codec))
        return RTC_PAYLOAD_NONE;
    if (numbers->red_payload_type == RTC_PAYLOAD_NONE)
        numbers->red_payload_type = take_payload_type(numbers, 63);
    return numbers->red_payload_type;
}

uint8_t rtc_payload_extension_id(struct rtc_payload_numbers *numbers,
                                 const struct rtc_payload_extension *row)
{
    uint8_t *id = &numbers->ids[row->extension];
    unsigned number = row->id, most = ONE_BYTE_ID_MAX;

    if (*id)
        return *id;
    if (row->extension >= RTC_EXTENSION_USER0)
        most = RTC_EXTENSION_ID_MAX;
    if (numbers->id_used[number])
        for (number = 1; numbers->id_used[number] || number == STOP_ID;)
            if (++number > most)
                return 0;
    numbers->id_used[number] = true;
    *id = (uint8_t)number;
    return *id;
}
