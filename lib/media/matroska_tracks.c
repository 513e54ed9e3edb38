/* SPDX-License-Identifier: MIT
 * Reads the Tracks element (RFC 9559 5.1.4): which tracks a file has, which of
 * them are carried, and how their frames are stored. Header stripping (5.1.4.1
 * .31) is undone by the reader; compression and encryption are refused. */
#include <stdio.h>
#include <string.h>

#include "media/ebml.h"
#include "media/matroska_codec.h"

/* ContentCompAlgo (RFC 9559 5.1.4.1.31.6). */
enum { ZLIB = 0, HEADER_STRIPPING = 3 };

/* A TrackEntry while it is read. */
struct entry {
    struct rtc_matroska_track *t;
    uint64_t type;
    char id[32]; /* CodecID; printable */
    struct rtc_ebml private_data;
    bool encrypted;
    bool compressed; /* by other than header stripping */
};

static void take_id(struct entry *e, const struct rtc_ebml *element)
{
    size_t len =
        element->len < sizeof e->id - 1 ? element->len : sizeof e->id - 1;

    memset(e->id, 0, sizeof e->id);
    for (size_t i = 0; i < len && element->data[i]; i++)
        e->id[i] = element->data[i] > ' ' && element->data[i] < 0x7f
                       ? (char)element->data[i]
                       : '?';
}

static uint16_t small(uint64_t value)
{
    return value <= UINT16_MAX ? (uint16_t)value : 0;
}

/* No frame lasts for a minute. */
static int64_t duration(uint64_t nanoseconds)
{
    return nanoseconds <= UINT64_C(60000000000) ? (int64_t)nanoseconds : 0;
}

static int read_video(struct entry *e, const struct rtc_ebml *video)
{
    const uint8_t *at = video->data;
    struct rtc_ebml field;
    int got;

    while ((got = rtc_ebml_next(&at, video->data + video->len, &field)) > 0)
        if (field.id == RTC_MATROSKA_PIXEL_WIDTH)
            e->t->media.width = small(rtc_ebml_uint(&field));
        else if (field.id == RTC_MATROSKA_PIXEL_HEIGHT)
            e->t->media.height = small(rtc_ebml_uint(&field));
    return got;
}

static int read_audio(struct entry *e, const struct rtc_ebml *audio)
{
    const uint8_t *at = audio->data;
    struct rtc_ebml field;
    double rate;
    int got;

    e->t->media.channels = 1; /* RFC 9559 5.1.4.1.29.3 */
    while ((got = rtc_ebml_next(&at, audio->data + audio->len, &field)) > 0)
        if (field.id == RTC_MATROSKA_SAMPLING_FREQUENCY) {
            rate = rtc_ebml_float(&field);
            e->t->media.sample_rate =
                rate > 0 && rate < 1e6 ? (uint32_t)rate : 0;
        } else if (field.id == RTC_MATROSKA_CHANNELS) {
            uint64_t channels = rtc_ebml_uint(&field);

            e->t->media.channels = (uint8_t)(channels < 255 ? channels : 255);
        }
    return got;
}

static int read_compression(struct entry *e, const struct rtc_ebml *compression)
{
    const uint8_t *at = compression->data;
    uint64_t algorithm = ZLIB;
    struct rtc_ebml field, settings = {0};
    int got;

    while ((got = rtc_ebml_next(&at, compression->data + compression->len,
                                &field)) > 0)
        if (field.id == RTC_MATROSKA_COMPRESSION_ALGORITHM)
            algorithm = rtc_ebml_uint(&field);
        else if (field.id == RTC_MATROSKA_COMPRESSION_SETTINGS)
            settings = field;
    if (algorithm != HEADER_STRIPPING || e->t->strip_len > 0 ||
        settings.len > sizeof e->t->strip) {
        e->compressed = true;
        return got;
    }
    if (settings.len > 0)
        memcpy(e->t->strip, settings.data, settings.len);
    e->t->strip_len = settings.len;
    return got;
}

static int read_encoding(struct entry *e, const struct rtc_ebml *encoding)
{
    const uint8_t *at = encoding->data;
    struct rtc_ebml field, compression = {0};
    uint64_t scope = 1;
    bool encrypted = false;
    int got;

    while ((got = rtc_ebml_next(&at, encoding->data + encoding->len, &field)) >
           0)
        if (field.id == RTC_MATROSKA_ENCODING_SCOPE)
            scope = rtc_ebml_uint(&field);
        else if (field.id == RTC_MATROSKA_ENCODING_TYPE)
            encrypted = rtc_ebml_uint(&field) != 0;
        else if (field.id == RTC_MATROSKA_COMPRESSION)
            compression = field;
    if (got < 0)
        return got;
    e->encrypted = e->encrypted || encrypted;
    /* Scope 2 and 4 are CodecPrivate and further encodings. */
    if (!encrypted && (scope & ~UINT64_C(1) || !compression.data))
        e->compressed = true;
    else if (!encrypted && scope)
        return read_compression(e, &compression);
    return 0;
}

static int read_encodings(struct entry *e, const struct rtc_ebml *encodings)
{
    const uint8_t *at = encodings->data;
    struct rtc_ebml field;
    int got;

    while ((got = rtc_ebml_next(&at, encodings->data + encodings->len,
                                &field)) > 0)
        if (field.id == RTC_MATROSKA_CONTENT_ENCODING &&
            (got = read_encoding(e, &field)) < 0)
            break;
    return got;
}

static int read_field(struct entry *e, const struct rtc_ebml *field)
{
    switch (field->id) {
    case RTC_MATROSKA_TRACK_NUMBER:
        e->t->number = rtc_ebml_uint(field);
        break;
    case RTC_MATROSKA_TRACK_TYPE:
        e->type = rtc_ebml_uint(field);
        break;
    case RTC_MATROSKA_CODEC_ID:
        take_id(e, field);
        break;
    case RTC_MATROSKA_CODEC_PRIVATE:
        e->private_data = *field;
        break;
    case RTC_MATROSKA_DEFAULT_DURATION:
        e->t->default_duration = duration(rtc_ebml_uint(field));
        break;
    case RTC_MATROSKA_VIDEO:
        return read_video(e, field);
    case RTC_MATROSKA_AUDIO:
        return read_audio(e, field);
    case RTC_MATROSKA_CONTENT_ENCODINGS:
        return read_encodings(e, field);
    }
    return 0;
}

/* ", A_AAC" */
static void leave_out(struct rtc_media_reader *r, const struct entry *e)
{
    size_t len = strlen(r->left_out);
    const char *note = "";

    if (e->t->media.codec == RTC_CODEC_OPUS)
        note = " of more than two channels";
    else if (strncmp(e->id, "A_MS/ACM", sizeof e->id) == 0)
        note = " other than G.711 at 8 kHz and G.722, in mono";
    snprintf(r->left_out + len, sizeof r->left_out - len, "%s%s%s",
             len > 0 ? ", " : "", e->id[0] ? e->id : "(no CodecID)", note);
}

static int refuse(struct rtc_media_reader *r, const struct entry *e)
{
    if (e->encrypted)
        return rtc_media_reader_fail(r, RTC_ERR_UNSUPPORTED,
                                     "track %llu (%s) is encrypted",
                                     (unsigned long long)e->t->number, e->id);
    return rtc_media_reader_fail(
        r, RTC_ERR_UNSUPPORTED,
        "track %llu (%s) is compressed by the container: take that off with "
        "mkvmerge -o OUT --compression -1:none IN",
        (unsigned long long)e->t->number, e->id);
}

/* What an entry is worth: 1 it is carried, 0 it is left out, or an error. */
static int judge(struct rtc_media_reader *r, struct entry *e)
{
    struct rtc_matroska_track *t = e->t;
    struct rtc_media_track known;
    int error;

    t->media.codec = rtc_matroska_codec_by_id(e->id, e->private_data.data,
                                              e->private_data.len);
    if (t->media.codec == RTC_CODEC_NONE)
        return 0;
    if (e->encrypted || e->compressed)
        return refuse(r, e);
    known = rtc_media_track_of(t->media.codec);
    t->media.kind = e->type == RTC_MATROSKA_TYPE_VIDEO ? RTC_VIDEO : RTC_AUDIO;
    t->media.clock = known.clock;
    error =
        rtc_matroska_private_read(t, e->private_data.data, e->private_data.len);
    if (error == RTC_ERR_UNSUPPORTED)
        return 0;
    if (error)
        return rtc_media_reader_fail(
            r, RTC_ERR_FORMAT,
            "the CodecPrivate of track %llu (%s) is damaged or over %d bytes",
            (unsigned long long)t->number, e->id, RTC_MATROSKA_SETS_MAX);
    return 1;
}

static int read_entry(struct rtc_media_reader *r, const struct rtc_ebml *entry,
                      struct rtc_matroska_tracks *tracks)
{
    struct rtc_matroska_track track = {0};
    struct entry e = {.t = &track};
    const uint8_t *at = entry->data;
    struct rtc_ebml field;
    int got;

    while ((got = rtc_ebml_next(&at, entry->data + entry->len, &field)) > 0)
        if ((got = read_field(&e, &field)) < 0)
            break;
    if (got < 0)
        return rtc_media_reader_fail(r, RTC_ERR_FORMAT,
                                     "the entry of track %llu is damaged",
                                     (unsigned long long)track.number);
    if ((got = judge(r, &e)) < 0)
        return got;
    if (got == 0) {
        leave_out(r, &e);
        return 0;
    }
    if (tracks->count == RTC_MEDIA_TRACK_MOST)
        return rtc_media_reader_fail(
            r, RTC_ERR_UNSUPPORTED,
            "the file has more than %d tracks: take some by ffmpeg -map",
            RTC_MEDIA_TRACK_MOST);
    tracks->list[tracks->count++] = track;
    return 0;
}

int rtc_matroska_tracks_parse(struct rtc_media_reader *r, const uint8_t *data,
                              size_t len, struct rtc_matroska_tracks *tracks)
{
    const uint8_t *at = data;
    struct rtc_ebml field;
    int got;

    while ((got = rtc_ebml_next(&at, data + len, &field)) > 0)
        if (field.id == RTC_MATROSKA_TRACK_ENTRY &&
            (got = read_entry(r, &field, tracks)) < 0)
            return got;
    if (got < 0)
        return rtc_media_reader_fail(r, RTC_ERR_FORMAT,
                                     "the list of tracks at byte %llu is "
                                     "damaged",
                                     (unsigned long long)r->offset);
    if (tracks->count == 0)
        return rtc_media_reader_fail(
            r, RTC_ERR_UNSUPPORTED,
            "no track can be carried%s%.100s: encode them with ffmpeg -c:v "
            "libx264 -bf 0 -c:a libopus -ac 2",
            r->left_out[0] ? ", there is " : "", r->left_out);
    for (unsigned i = 0; i < tracks->count; i++)
        r->tracks[i] = tracks->list[i].media;
    r->track_count = tracks->count;
    return 0;
}
