/* SPDX-License-Identifier: MIT
 *
 * The tables of payload formats (RFC 7587 Opus, RFC 7741 VP8, RFC 6184 H.264,
 * each video format with RTX, RFC 4588) and header extensions, and which
 * numbers they get in an offer (RFC 3551, RFC 5761 4, RFC 8285 5).
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

/* ---- the tables --------------------------------------------------------- */

#define VIDEO_FEEDBACK (RTC_SDP_NACK | RTC_SDP_PLI | RTC_SDP_FIR)
#define H264_FMTP                                                              \
    "level-asymmetry-allowed=1;packetization-mode=1;profile-level-id="

/* In order of preference. H.264 is level 3.1 in each profile, and only in mode
 * 1: the packetizer fragments NAL units. */
static const struct rtc_payload payloads[] = {
    {RTC_CODEC_OPUS, 111, 0, RTC_SDP_NACK, RTC_SDP_NACK,
     "minptime=10;useinbandfec=1;stereo=1;sprop-stereo=1", NULL, NULL},
    {RTC_CODEC_VP8, 96, 97, VIDEO_FEEDBACK, VIDEO_FEEDBACK, "", NULL, NULL},
    {RTC_CODEC_H264, 102, 103, VIDEO_FEEDBACK, VIDEO_FEEDBACK,
     H264_FMTP "42e01f", h264_fits, h264_answer},
    {RTC_CODEC_H264, 104, 105, VIDEO_FEEDBACK, VIDEO_FEEDBACK,
     H264_FMTP "42001f", h264_fits, h264_answer},
    {RTC_CODEC_H264, 106, 107, VIDEO_FEEDBACK, VIDEO_FEEDBACK,
     H264_FMTP "4d001f", h264_fits, h264_answer},
    {RTC_CODEC_H264, 108, 109, VIDEO_FEEDBACK, VIDEO_FEEDBACK,
     H264_FMTP "64001f", h264_fits, h264_answer},
    {RTC_CODEC_H265, 112, 113, VIDEO_FEEDBACK, VIDEO_FEEDBACK,
     "level-id=93;profile-id=1;tier-flag=0;tx-mode=SRST", NULL, NULL},
};

#define PAYLOAD_COUNT (sizeof payloads / sizeof *payloads)
_Static_assert(PAYLOAD_COUNT <= RTC_PAYLOAD_MOST, "numbers hold every row");

/* No transport-wide numbers or send times before there is congestion control.
 * No orientation either: a sender that sees it agreed stops turning its
 * pictures upright, and frames have no field to say so. */
static const struct rtc_payload_extension extensions[] = {
    {RTC_EXTENSION_AUDIO_LEVEL, 1, true, false, true, RTC_SENDRECV},
    {RTC_EXTENSION_MID, 4, true, true, true, RTC_SENDRECV},
    {RTC_EXTENSION_RID, 10, false, true, false, RTC_RECVONLY},
    {RTC_EXTENSION_REPAIRED_RID, 11, false, true, false, RTC_RECVONLY},
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

/* ---- numbers ------------------------------------------------------------ */

static void take_over_formats(struct rtc_payload_numbers *numbers,
                              const struct rtc_sdp_media *media)
{
    for (unsigned i = 0; i < media->format_count; i++) {
        const struct rtc_sdp_format *format = &media->formats[i], *rtx;
        const struct rtc_payload *row = rtc_payload_of(format);

        numbers->payload_type_used[format->payload_type & 127] = true;
        if (!row || numbers->payload_types[row - payloads])
            continue;
        numbers->payload_types[row - payloads] = format->payload_type;
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
        enum rtc_extension extension = rtc_extension_by_uri(extmap->uri);

        numbers->id_used[extmap->id] = true;
        if (extension && !numbers->ids[extension])
            numbers->ids[extension] = extmap->id;
    }
}

void rtc_payload_numbers_init(struct rtc_payload_numbers *numbers,
                              const struct rtc_negotiate_current *current)
{
    const struct rtc_sdp *both[] = {current->local, current->remote};

    memset(numbers, 0, sizeof *numbers);
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
                return 0;
        }
    numbers->payload_type_used[number] = true;
    return (uint8_t)number;
}

uint8_t rtc_payload_number(struct rtc_payload_numbers *numbers, unsigned index)
{
    uint8_t *number = &numbers->payload_types[index];

    if (!*number)
        *number = take_payload_type(numbers, payloads[index].payload_type);
    return *number;
}

uint8_t rtc_payload_rtx_number(struct rtc_payload_numbers *numbers,
                               unsigned index)
{
    uint8_t *number = &numbers->rtx_payload_types[index];
    uint8_t preferred = payloads[index].rtx_payload_type;

    if (!*number && preferred)
        *number = take_payload_type(numbers, preferred);
    return *number;
}

uint8_t rtc_payload_extension_id(struct rtc_payload_numbers *numbers,
                                 const struct rtc_payload_extension *row)
{
    uint8_t *id = &numbers->ids[row->extension];
    unsigned number = row->id;

    if (*id)
        return *id;
    if (numbers->id_used[number])
        for (number = 1; numbers->id_used[number];)
            if (++number == 15) /* RFC 8285 4.2: one-byte ids are 1-14 */
                return 0;
    numbers->id_used[number] = true;
    *id = (uint8_t)number;
    return *id;
}
