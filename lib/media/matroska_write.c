/* SPDX-License-Identifier: MIT
 * Writes Matroska and WebM (RFC 9559) as a stream: a Segment of no size, and a
 * Cluster for each frame, which is whole as soon as it is written, so that what
 * a killed writer left plays to its last frame. No index, no duration.
 *
 * The header tells things that only the first frames know (CodecPrivate, size
 * of pictures). Frames are held until each track has had one that tells them,
 * for a second of media at most: then a track that is silent or has no key
 * frame yet is described by its codec alone, and carries parameter sets in its
 * frames. Times are milliseconds, the unit that all readers expect. */
#include "media/matroska_write.h"

#include <string.h>

#include "base/mem.h"
#include "media/ebml.h"
#include "media/matroska_codec.h"

#define MICROSECONDS 1000000
#define HOLD_US 1000000
#define HELD_LEN_MAX ((size_t)4 << 20)
/* A track's entry without its CodecPrivate, and all that is not tracks. */
#define ENTRY_MAX 256
#define HEADER_MAX 512
/* The header must name a size (RFC 9559 5.1.4.1.28.6): where no frame has told
 * it. Decoders go by the stream. */
#define WIDTH_UNKNOWN 640
#define HEIGHT_UNKNOWN 480

/* ---- the header -------------------------------------------------------- */

static void write_ebml(struct rtc_writer *out, bool is_webm)
{
    size_t header = rtc_ebml_open(out, RTC_MATROSKA_EBML);

    rtc_ebml_write_uint(out, RTC_MATROSKA_EBML_VERSION, 1);
    rtc_ebml_write_uint(out, RTC_MATROSKA_EBML_READ_VERSION, 1);
    rtc_ebml_write_uint(out, RTC_MATROSKA_EBML_MAX_ID_LENGTH, 4);
    rtc_ebml_write_uint(out, RTC_MATROSKA_EBML_MAX_SIZE_LENGTH, 8);
    rtc_ebml_write_text(out, RTC_MATROSKA_DOC_TYPE,
                        is_webm ? "webm" : "matroska");
    rtc_ebml_write_uint(out, RTC_MATROSKA_DOC_TYPE_VERSION, 4);
    rtc_ebml_write_uint(out, RTC_MATROSKA_DOC_TYPE_READ_VERSION, 2);
    rtc_ebml_close(out, header);
}

static void write_info(struct rtc_writer *out)
{
    size_t info = rtc_ebml_open(out, RTC_MATROSKA_INFO);

    rtc_ebml_write_uint(out, RTC_MATROSKA_TIMESTAMP_SCALE, 1000000);
    rtc_ebml_write_text(out, RTC_MATROSKA_MUXING_APP, "rtcpipe");
    rtc_ebml_write_text(out, RTC_MATROSKA_WRITING_APP, "rtcpipe");
    rtc_ebml_close(out, info);
}

static void write_video(struct rtc_writer *out, const struct rtc_media_track *t)
{
    bool known = t->width > 0 && t->height > 0;
    size_t video = rtc_ebml_open(out, RTC_MATROSKA_VIDEO);

    rtc_ebml_write_uint(out, RTC_MATROSKA_PIXEL_WIDTH,
                        known ? t->width : WIDTH_UNKNOWN);
    rtc_ebml_write_uint(out, RTC_MATROSKA_PIXEL_HEIGHT,
                        known ? t->height : HEIGHT_UNKNOWN);
    rtc_ebml_close(out, video);
}

static void write_audio(struct rtc_writer *out, const struct rtc_media_track *t)
{
    bool is_opus = t->codec == RTC_CODEC_OPUS;
    double rate = is_opus ? 48000 : t->codec == RTC_CODEC_G722 ? 16000 : 8000;
    size_t audio = rtc_ebml_open(out, RTC_MATROSKA_AUDIO);

    rtc_ebml_write_float(out, RTC_MATROSKA_SAMPLING_FREQUENCY, rate);
    rtc_ebml_write_uint(out, RTC_MATROSKA_CHANNELS, is_opus ? t->channels : 1);
    rtc_ebml_close(out, audio);
}

static void write_private(struct rtc_writer *out,
                          const struct rtc_media_track *t,
                          struct rtc_matroska_out *o)
{
    uint8_t data[RTC_MATROSKA_SETS_MAX + ENTRY_MAX];
    struct rtc_writer own;

    rtc_writer_init(&own, data, sizeof data);
    rtc_matroska_private_write(&own, t, o->sets, o->sets_len);
    o->by_length = own.len > 0;
    if (own.len > 0)
        rtc_ebml_write_bytes(out, RTC_MATROSKA_CODEC_PRIVATE, own.data,
                             own.len);
}

static void write_entry(struct rtc_writer *out, unsigned number,
                        const struct rtc_media_track *t,
                        struct rtc_matroska_out *o)
{
    bool is_video = *rtc_matroska_codec_id(t->codec) == 'V';
    size_t entry = rtc_ebml_open(out, RTC_MATROSKA_TRACK_ENTRY);

    rtc_ebml_write_uint(out, RTC_MATROSKA_TRACK_NUMBER, number);
    rtc_ebml_write_uint(out, RTC_MATROSKA_TRACK_UID, number);
    rtc_ebml_write_uint(out, RTC_MATROSKA_TRACK_TYPE,
                        is_video ? RTC_MATROSKA_TYPE_VIDEO
                                 : RTC_MATROSKA_TYPE_AUDIO);
    rtc_ebml_write_uint(out, RTC_MATROSKA_FLAG_LACING, 0);
    rtc_ebml_write_text(out, RTC_MATROSKA_LANGUAGE, "und");
    rtc_ebml_write_text(out, RTC_MATROSKA_CODEC_ID,
                        rtc_matroska_codec_id(t->codec));
    write_private(out, t, o);
    if (t->codec == RTC_CODEC_OPUS) {
        rtc_ebml_write_uint(out, RTC_MATROSKA_CODEC_DELAY,
                            (uint64_t)t->pre_skip * 1000000 / 48);
        rtc_ebml_write_uint(out, RTC_MATROSKA_SEEK_PRE_ROLL, 80000000);
    }
    if (is_video)
        write_video(out, t);
    else
        write_audio(out, t);
    rtc_ebml_close(out, entry);
}

static int write_header(struct rtc_media_writer *w)
{
    struct rtc_matroska_writer *m = w->state;
    size_t most = HEADER_MAX + w->config.track_count *
                                   (RTC_MATROSKA_SETS_MAX + 2 * ENTRY_MAX);
    uint8_t *room = rtc_media_writer_room(w, most);
    struct rtc_writer out;
    size_t tracks;

    if (!room)
        return RTC_ERR_NOMEM;
    rtc_writer_init(&out, room, most);
    write_ebml(&out, w->config.format == RTC_MEDIA_WEBM);
    rtc_ebml_write_unknown(&out, RTC_MATROSKA_SEGMENT);
    write_info(&out);
    tracks = rtc_ebml_open(&out, RTC_MATROSKA_TRACKS);
    for (unsigned i = 0; i < w->config.track_count; i++)
        write_entry(&out, i + 1, &w->tracks[i], &m->tracks[i]);
    rtc_ebml_close(&out, tracks);
    w->len += out.len;
    return 0;
}

/* ---- blocks ------------------------------------------------------------ */

/* Milliseconds since the origin; those of a track go on, unless its pictures
 * are in another order than shown. */
static int64_t time_of(struct rtc_media_writer *w, unsigned track, int64_t time)
{
    struct rtc_matroska_writer *m = w->state;
    struct rtc_matroska_out *o = &m->tracks[track];
    int64_t since = time > m->origin ? (time - m->origin + 500) / 1000 : 0;

    if (since < o->next && !w->tracks[track].has_b_frames)
        since = o->next;
    o->next = since + 1;
    return since;
}

/* Time of the cluster of a frame: the clusters' times do not step back, while
 * the frame's difference to it, of 16 bits, allows that. */
static int64_t cluster_of(struct rtc_matroska_writer *m, int64_t time)
{
    if (time > m->cluster_time || m->cluster_time - time > INT16_MAX)
        m->cluster_time = time;
    return m->cluster_time;
}

static int write_block(struct rtc_media_writer *w,
                       const struct rtc_matroska_held *frame,
                       const uint8_t *data)
{
    struct rtc_matroska_writer *m = w->state;
    const struct rtc_media_track *t = &w->tracks[frame->track];
    struct rtc_matroska_out *o = &m->tracks[frame->track];
    size_t most = 64 + rtc_matroska_stored_max(t->codec, frame->len);
    uint8_t *room = rtc_media_writer_room(w, most);
    int64_t time = time_of(w, frame->track, frame->time);
    size_t cluster, block;
    struct rtc_writer out;

    if (!room)
        return RTC_ERR_NOMEM;
    rtc_writer_init(&out, room, most);
    cluster = rtc_ebml_open(&out, RTC_MATROSKA_CLUSTER);
    rtc_ebml_write_uint(&out, RTC_MATROSKA_TIMESTAMP,
                        (uint64_t)cluster_of(m, time));
    block = rtc_ebml_open(&out, RTC_MATROSKA_SIMPLE_BLOCK);
    rtc_write_u8(&out, (uint8_t)(0x80 | (frame->track + 1)));
    rtc_write_u16(&out, (uint16_t)(time - m->cluster_time));
    rtc_write_u8(&out, frame->keyframe ? 0x80 : 0);
    if (o->by_length)
        rtc_matroska_frame_write(&out, t->codec, data, frame->len, o->sets,
                                 o->sets_len, &o->changed);
    else
        rtc_write_bytes(&out, data, frame->len);
    rtc_ebml_close(&out, block);
    rtc_ebml_close(&out, cluster);
    w->len += out.len;
    return out.failed ? RTC_ERR_FORMAT : 0;
}

/* ---- frames held before the header ------------------------------------- */

static int hold(struct rtc_matroska_writer *m,
                const struct rtc_matroska_held *frame, const uint8_t *data)
{
    size_t cap = m->data_cap ? m->data_cap : 65536;
    uint8_t *grown;

    while (cap - m->data_len < frame->len)
        cap *= 2;
    if (cap > m->data_cap) {
        if (!(grown = rtc_realloc(m->data, cap)))
            return RTC_ERR_NOMEM;
        m->data = grown;
        m->data_cap = cap;
    }
    memcpy(m->data + m->data_len, data, frame->len);
    m->held[m->held_count] = *frame;
    m->held[m->held_count++].at = m->data_len;
    m->data_len += frame->len;
    return 0;
}

/* In order of time; those of the same time, and of the same track, stay in
 * order. */
static void sort_held(struct rtc_matroska_writer *m)
{
    for (unsigned i = 1; i < m->held_count; i++) {
        struct rtc_matroska_held frame = m->held[i];
        unsigned to = i;

        for (; to > 0 && m->held[to - 1].time > frame.time &&
               m->held[to - 1].track != frame.track;
             to--)
            m->held[to] = m->held[to - 1];
        m->held[to] = frame;
    }
}

/* Writes the header and what was held. */
static int begin(struct rtc_media_writer *w, int64_t time)
{
    struct rtc_matroska_writer *m = w->state;
    int error = write_header(w);

    m->origin = time;
    sort_held(m);
    if (m->held_count > 0 && m->held[0].time < time)
        m->origin = m->held[0].time;
    for (unsigned i = 0; i < m->held_count && !error; i++)
        error = write_block(w, &m->held[i], m->data + m->held[i].at);
    m->begun = true;
    m->held_count = 0;
    rtc_free(m->data);
    m->data = NULL;
    return error;
}

/* Whether a frame of this time is the last that is waited for. */
static bool is_enough(const struct rtc_media_writer *w, int64_t time)
{
    const struct rtc_matroska_writer *m = w->state;
    bool all = true;

    for (unsigned i = 0; i < w->config.track_count; i++)
        all = all && m->tracks[i].seen;
    for (unsigned i = 0; i < m->held_count; i++)
        if (time - m->held[i].time >= HOLD_US ||
            m->held[i].time - time >= HOLD_US)
            return true;
    return all || m->held_count == RTC_MATROSKA_HELD_MOST;
}

/* Learns what the header will say of the frame's track. */
static void look_at(struct rtc_media_writer *w,
                    const struct rtc_media_frame *frame)
{
    struct rtc_matroska_writer *m = w->state;
    struct rtc_media_track *t = &w->tracks[frame->track];
    struct rtc_matroska_out *o = &m->tracks[frame->track];
    struct rtc_writer sets;

    if (o->seen)
        return;
    rtc_writer_init(&sets, o->sets, sizeof o->sets);
    if (!rtc_matroska_describe(t, frame->data, frame->len, &sets))
        return;
    o->sets_len = sets.len;
    o->seen = true;
}

int rtc_matroska_write_frame(struct rtc_media_writer *w,
                             const struct rtc_media_frame *frame)
{
    struct rtc_matroska_writer *m = w->state;
    enum rtc_codec codec = w->tracks[frame->track].codec;
    struct rtc_matroska_held item = {.track = frame->track, .len = frame->len};
    int error = 0;

    if (frame->base_num == 0 || frame->base_den == 0)
        return RTC_ERR_ARG;
    if (!rtc_matroska_is_frame(codec, frame->data, frame->len))
        return RTC_ERR_FORMAT;
    item.time = rtc_media_rescale(frame->time, frame->base_num, frame->base_den,
                                  MICROSECONDS);
    /* Far from an overflow of what is between two times. */
    if (item.time > INT64_MAX / 4 || item.time < -(INT64_MAX / 4))
        return RTC_ERR_ARG;
    item.keyframe = rtc_matroska_is_keyframe(codec, frame->data, frame->len,
                                             frame->keyframe);
    if (m->begun)
        return write_block(w, &item, frame->data);
    look_at(w, frame);
    if (frame->len > HELD_LEN_MAX - m->data_len) {
        error = begin(w, item.time);
        return error ? error : write_block(w, &item, frame->data);
    }
    if ((error = hold(m, &item, frame->data)))
        return error;
    return is_enough(w, item.time) ? begin(w, item.time) : 0;
}

int rtc_matroska_write_end(struct rtc_media_writer *w)
{
    struct rtc_matroska_writer *m = w->state;

    return !m->begun && m->held_count > 0 ? begin(w, m->held[0].time) : 0;
}

void rtc_matroska_writer_done(void *state)
{
    struct rtc_matroska_writer *m = state;

    rtc_free(m->data);
}
