/* SPDX-License-Identifier: MIT
 * Reads Matroska and WebM (RFC 9559) as a stream: Segment and Cluster are
 * walked through and may have no size (live streams), Info, Tracks and blocks
 * are read whole, everything else is skipped as it comes. Index, tags and the
 * like are not needed by one who only goes forward. What blocks hold comes out
 * by matroska_frames.c. */
#include <string.h>

#include "base/mem.h"
#include "media/ebml.h"
#include "media/matroska_read.h"
#include "media/matroska_write.h"

#define NOT_TOLD RTC_MATROSKA_NOT_TOLD
#define TIME_MAX RTC_MATROSKA_TIME_MAX
/* Info and Tracks; the header of the file. */
#define LIST_MAX ((uint64_t)4 << 20)
#define EBML_MAX ((uint64_t)64 << 10)
/* A block of the longest frame, and what a group says of it. */
#define BLOCK_MAX ((uint64_t)RTC_MEDIA_FRAME_MAX + (64 << 10))

static int probe(const uint8_t *data, size_t len)
{
    static const uint8_t magic[] = {0x1a, 0x45, 0xdf, 0xa3};

    if (memcmp(data, magic, len < 4 ? len : 4) != 0)
        return -1;
    return len >= 4;
}

/* ---- elements ---------------------------------------------------------- */

/* The inside of a SimpleBlock or Block. */
static int take_block(struct rtc_media_reader *r, const uint8_t *data,
                      size_t len)
{
    struct rtc_matroska_reader *m = r->state;
    uint64_t number;

    if (m->cluster_time == NOT_TOLD)
        return rtc_matroska_fail(
            r, "a block comes before the time of its cluster");
    if (rtc_ebml_number(data, len, &number) == 0)
        return rtc_matroska_fail(r, "a block is damaged");
    m->block.count = 0;
    for (m->track = 0; m->track < m->tracks.count; m->track++)
        if (m->tracks.list[m->track].number == number)
            break;
    if (m->track == m->tracks.count)
        return 0;
    if (rtc_matroska_block_parse(data, len, &m->block) < 0)
        return rtc_matroska_fail(r, "a block is damaged");
    m->block_at = (size_t)(data - (r->data + r->start));
    m->block_keyframe = m->block.keyframe;
    m->block_duration = 0;
    m->frame = 0;
    m->frame_at = 0;
    m->goes_on = false;
    return 0;
}

static int take_group(struct rtc_media_reader *r, const uint8_t *data,
                      size_t len)
{
    struct rtc_matroska_reader *m = r->state;
    struct rtc_ebml field, block = {0};
    const uint8_t *at = data;
    uint64_t duration = 0;
    bool has_reference = false;
    int got, error;

    while ((got = rtc_ebml_next(&at, data + len, &field)) > 0)
        if (field.id == RTC_MATROSKA_BLOCK)
            block = field;
        else if (field.id == RTC_MATROSKA_BLOCK_DURATION)
            duration = rtc_ebml_uint(&field);
        else if (field.id == RTC_MATROSKA_REFERENCE_BLOCK)
            has_reference = true;
    if (got < 0 || !block.data)
        return rtc_matroska_fail(r, "a group of a block is damaged");
    if ((error = take_block(r, block.data, block.len)))
        return error;
    m->block_keyframe = !has_reference;
    if (duration <= (uint64_t)TIME_MAX / m->scale)
        m->block_duration = (int64_t)(duration * m->scale);
    return 0;
}

static int take_header(struct rtc_media_reader *r, const uint8_t *data,
                       size_t len)
{
    struct rtc_matroska_reader *m = r->state;
    struct rtc_ebml field;
    const uint8_t *at = data;
    bool known = false, readable = true;
    int got;

    while ((got = rtc_ebml_next(&at, data + len, &field)) > 0)
        if (field.id == RTC_MATROSKA_DOC_TYPE)
            known = rtc_ebml_is_text(&field, "matroska") ||
                    rtc_ebml_is_text(&field, "webm");
        else if ((field.id == RTC_MATROSKA_EBML_READ_VERSION &&
                  rtc_ebml_uint(&field) > 1) ||
                 (field.id == RTC_MATROSKA_EBML_MAX_ID_LENGTH &&
                  rtc_ebml_uint(&field) > 4) ||
                 (field.id == RTC_MATROSKA_EBML_MAX_SIZE_LENGTH &&
                  rtc_ebml_uint(&field) > 8))
            readable = false;
    if (got < 0)
        return rtc_matroska_fail(r, "the EBML header is damaged");
    if (!known || !readable)
        return rtc_media_reader_fail(
            r, RTC_ERR_UNSUPPORTED,
            "this is EBML, but not Matroska or WebM of a known version");
    m->level = RTC_MATROSKA_BODY;
    return 0;
}

static int take_info(struct rtc_media_reader *r, const uint8_t *data,
                     size_t len)
{
    struct rtc_matroska_reader *m = r->state;
    const uint8_t *at = data;
    struct rtc_ebml field;
    int got;

    while ((got = rtc_ebml_next(&at, data + len, &field)) > 0)
        if (field.id == RTC_MATROSKA_TIMESTAMP_SCALE)
            m->scale = rtc_ebml_uint(&field);
    if (got < 0 || m->scale == 0 || m->scale > UINT32_MAX)
        return rtc_matroska_fail(r, "the Info element is damaged");
    return 0;
}

static int take_tracks(struct rtc_media_reader *r, const uint8_t *data,
                       size_t len)
{
    struct rtc_matroska_reader *m = r->state;

    /* Live streams may repeat them. */
    if (m->tracks.count > 0)
        return 0;
    return rtc_matroska_tracks_parse(r, data, len, &m->tracks);
}

static int take_time(struct rtc_media_reader *r, const uint8_t *data,
                     size_t len)
{
    struct rtc_matroska_reader *m = r->state;
    struct rtc_ebml field = {.data = data, .len = len};

    m->cluster_time = rtc_ebml_uint(&field);
    if (m->cluster_time > (uint64_t)TIME_MAX / m->scale)
        return rtc_matroska_fail(r, "the time of a cluster is impossible");
    return 0;
}

/* Elements that are read whole, and where. */
static const struct {
    enum rtc_matroska_level level;
    uint32_t id;
    uint64_t len_max;
    int (*take)(struct rtc_media_reader *r, const uint8_t *data, size_t len);
} wholes[] = {
    {RTC_MATROSKA_TOP, RTC_MATROSKA_EBML, EBML_MAX, take_header},
    {RTC_MATROSKA_IN_SEGMENT, RTC_MATROSKA_INFO, LIST_MAX, take_info},
    {RTC_MATROSKA_IN_SEGMENT, RTC_MATROSKA_TRACKS, LIST_MAX, take_tracks},
    {RTC_MATROSKA_IN_CLUSTER, RTC_MATROSKA_TIMESTAMP, 8, take_time},
    {RTC_MATROSKA_IN_CLUSTER, RTC_MATROSKA_SIMPLE_BLOCK, BLOCK_MAX, take_block},
    {RTC_MATROSKA_IN_CLUSTER, RTC_MATROSKA_BLOCK_GROUP, BLOCK_MAX, take_group},
};

/* ---- the walk ---------------------------------------------------------- */

/* The input ended within something. */
static int fail_cut(struct rtc_media_reader *r, const char *where)
{
    uint64_t end = r->offset + (r->len - r->start);

    return rtc_media_reader_fail(r, RTC_ERR_FORMAT,
                                 "cut short at byte %llu, within %s at byte "
                                 "%llu",
                                 (unsigned long long)end, where,
                                 (unsigned long long)r->offset);
}

/* Whether an element of this id cannot be inside a cluster: a cluster of no
 * size ends before it. */
static bool ends_cluster(uint32_t id)
{
    static const uint32_t ids[] = {
        RTC_MATROSKA_CLUSTER,     RTC_MATROSKA_CUES,     RTC_MATROSKA_TAGS,
        RTC_MATROSKA_INFO,        RTC_MATROSKA_TRACKS,   RTC_MATROSKA_SEEK_HEAD,
        RTC_MATROSKA_ATTACHMENTS, RTC_MATROSKA_CHAPTERS, RTC_MATROSKA_SEGMENT,
        RTC_MATROSKA_EBML};

    for (size_t i = 0; i < sizeof ids / sizeof *ids; i++)
        if (ids[i] == id)
            return true;
    return false;
}

/* A parent whose inside is walked through: 1 it is entered, 0 it is no such. */
static int enter(struct rtc_media_reader *r,
                 const struct rtc_ebml_header *header)
{
    struct rtc_matroska_reader *m = r->state;
    uint64_t inside = r->offset + header->header_len;
    uint64_t end = header->unknown ? NOT_TOLD : inside + header->len;

    if (m->level == RTC_MATROSKA_BODY && header->id == RTC_MATROSKA_SEGMENT) {
        m->level = RTC_MATROSKA_IN_SEGMENT;
        m->segment_end = end;
        m->had_segment = true;
    } else if (m->level == RTC_MATROSKA_IN_SEGMENT &&
               header->id == RTC_MATROSKA_CLUSTER) {
        if (m->tracks.count == 0)
            return rtc_matroska_fail(
                r, "media comes before the list of tracks: bring it "
                   "into order with ffmpeg -c copy");
        m->level = RTC_MATROSKA_IN_CLUSTER;
        m->cluster_end = end;
        m->cluster_time = NOT_TOLD;
    } else {
        return 0;
    }
    rtc_media_reader_drop(r, header->header_len);
    return 1;
}

/* Where the innermost parent ends. */
static uint64_t parent_end(const struct rtc_matroska_reader *m)
{
    if (m->level == RTC_MATROSKA_IN_CLUSTER && m->cluster_end != NOT_TOLD)
        return m->cluster_end;
    return m->level >= RTC_MATROSKA_IN_SEGMENT ? m->segment_end : NOT_TOLD;
}

/* An element that is read whole: 1, 0 when it is not all there, an error. */
static int take_whole(struct rtc_media_reader *r,
                      const struct rtc_ebml_header *header, size_t row)
{
    struct rtc_matroska_reader *m = r->state;
    const uint8_t *p = r->data + r->start;
    int error;

    if (header->len > wholes[row].len_max)
        return rtc_matroska_fail(r, "an element is larger than any such is");
    if (r->len - r->start < header->header_len + header->len)
        return r->ended ? fail_cut(r, "the element") : 0;
    error = wholes[row].take(r, p + header->header_len, (size_t)header->len);
    if (error)
        return error;
    m->element_len = header->header_len + (size_t)header->len;
    return 1;
}

/* What to do with an element where it stands: 1, 0 or an error. */
static int sort(struct rtc_media_reader *r,
                const struct rtc_ebml_header *header)
{
    struct rtc_matroska_reader *m = r->state;
    uint64_t room = parent_end(m) - r->offset;
    int got;

    if (m->level == RTC_MATROSKA_IN_CLUSTER && ends_cluster(header->id) &&
        m->cluster_end == NOT_TOLD) {
        m->level = RTC_MATROSKA_IN_SEGMENT;
        return 1;
    }
    if (m->level == RTC_MATROSKA_TOP && header->id != RTC_MATROSKA_EBML)
        return rtc_matroska_fail(
            r, "this is not the beginning of a Matroska file");
    if (m->level > RTC_MATROSKA_TOP && header->id == RTC_MATROSKA_EBML)
        return rtc_matroska_fail(
            r, "another file begins: only the first one is read");
    if (header->header_len > room ||
        (!header->unknown && header->len > room - header->header_len))
        return rtc_matroska_fail(
            r, "an element reaches past the one it is in: the file "
               "is damaged");
    if ((got = enter(r, header)))
        return got;
    if (header->unknown)
        return rtc_matroska_fail(r,
                                 "an element has no size that must have one");
    for (size_t i = 0; i < sizeof wholes / sizeof *wholes; i++)
        if (wholes[i].level == m->level && wholes[i].id == header->id)
            return take_whole(r, header, i);
    m->skip = header->header_len + header->len;
    return 1;
}

/* There is no more input and nothing in work. */
static int end_of_input(struct rtc_media_reader *r)
{
    struct rtc_matroska_reader *m = r->state;

    if (m->level == RTC_MATROSKA_IN_CLUSTER && m->cluster_end != NOT_TOLD)
        return fail_cut(r, "a cluster,");
    if (m->level >= RTC_MATROSKA_IN_SEGMENT && m->segment_end != NOT_TOLD)
        return fail_cut(r, "the Segment,");
    if (m->tracks.count == 0)
        return fail_cut(r, "the headers,");
    return 0;
}

/* Drops what is done with or skipped: 1, 0 when more of it comes, an error. */
static int pass_by(struct rtc_media_reader *r)
{
    struct rtc_matroska_reader *m = r->state;
    size_t left;

    rtc_media_reader_drop(r, m->element_len);
    m->element_len = 0;
    left = r->len - r->start;
    if (left > m->skip)
        left = (size_t)m->skip;
    rtc_media_reader_drop(r, left);
    m->skip -= left;
    if (m->skip > 0)
        return r->ended ? fail_cut(r, "an element that is skipped,") : 0;
    if (m->level == RTC_MATROSKA_IN_CLUSTER && r->offset == m->cluster_end)
        m->level = RTC_MATROSKA_IN_SEGMENT;
    if (m->level >= RTC_MATROSKA_IN_SEGMENT && r->offset == m->segment_end)
        m->level = RTC_MATROSKA_BODY;
    return 1;
}

/* Goes on by an element: 1, 0 when it is not there, an error. */
static int step(struct rtc_media_reader *r)
{
    struct rtc_ebml_header header;
    size_t left;
    int got = pass_by(r);

    if (got <= 0)
        return got;
    left = r->len - r->start;
    if (left == 0)
        return r->ended ? end_of_input(r) : 0;
    got = rtc_ebml_header_parse(r->data + r->start, left, &header);
    if (got < 0)
        return rtc_matroska_fail(r,
                                 "no element begins here: the file is damaged");
    if (got == 0)
        return r->ended ? fail_cut(r, "the element") : 0;
    return sort(r, &header);
}

static int pop(struct rtc_media_reader *r, struct rtc_media_frame *ret_frame)
{
    struct rtc_matroska_reader *m = r->state;
    int got;

    if (m->scale == 0)
        m->scale = 1000000; /* RFC 9559 5.1.2.9 */
    do {
        while (m->frame < m->block.count)
            if ((got = rtc_matroska_give(r, ret_frame)))
                return got;
    } while ((got = step(r)) > 0);
    return got;
}

static void reader_done(void *state)
{
    struct rtc_matroska_reader *m = state;

    rtc_free(m->out);
}

#define CODECS_WEBM                                                            \
    (RTC_MEDIA_CODEC(RTC_CODEC_VP8) | RTC_MEDIA_CODEC(RTC_CODEC_VP9) |         \
     RTC_MEDIA_CODEC(RTC_CODEC_AV1) | RTC_MEDIA_CODEC(RTC_CODEC_OPUS))
#define CODECS_OTHER                                                           \
    (RTC_MEDIA_CODEC(RTC_CODEC_H264) | RTC_MEDIA_CODEC(RTC_CODEC_H265) |       \
     RTC_MEDIA_CODEC(RTC_CODEC_PCMU) | RTC_MEDIA_CODEC(RTC_CODEC_PCMA) |       \
     RTC_MEDIA_CODEC(RTC_CODEC_G722))

const struct rtc_media_entry rtc_media_matroska = {
    .format = RTC_MEDIA_MATROSKA,
    .name = "matroska",
    .extensions = "mkv mka",
    .codecs = CODECS_WEBM | CODECS_OTHER,
    .tracks_most = RTC_MEDIA_TRACK_MOST,
    .probe = probe,
    .reader_len = sizeof(struct rtc_matroska_reader),
    .buffer_max = BLOCK_MAX + RTC_EBML_HEADER_MAX,
    .pop = pop,
    .reader_done = reader_done,
    .writer_len = sizeof(struct rtc_matroska_writer),
    .frame = rtc_matroska_write_frame,
    .end = rtc_matroska_write_end,
    .writer_done = rtc_matroska_writer_done,
};

/* Both read either; that of an input is told as Matroska. */
static int probe_webm(const uint8_t *data, size_t len)
{
    (void)data;
    (void)len;
    return -1;
}

const struct rtc_media_entry rtc_media_webm = {
    .format = RTC_MEDIA_WEBM,
    .name = "webm",
    .extensions = "webm",
    .codecs = CODECS_WEBM,
    .tracks_most = RTC_MEDIA_TRACK_MOST,
    .probe = probe_webm,
    .reader_len = sizeof(struct rtc_matroska_reader),
    .buffer_max = BLOCK_MAX + RTC_EBML_HEADER_MAX,
    .pop = pop,
    .reader_done = reader_done,
    .writer_len = sizeof(struct rtc_matroska_writer),
    .frame = rtc_matroska_write_frame,
    .end = rtc_matroska_write_end,
    .writer_done = rtc_matroska_writer_done,
};
