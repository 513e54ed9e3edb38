/* SPDX-License-Identifier: MIT
 * Opus in Ogg (RFC 7845; pages: ogg_page.c). The reader follows the first Opus
 * stream of the file, also across chained links, and takes packet times from
 * granule positions and durations; the output gain and what the last granule
 * position cuts off have no place in RTP and are left out. The writer gives one
 * packet a page, so that nothing waits. */
#include <stdio.h>
#include <string.h>

#include "codec/codec.h"
#include "codec/opus.h"
#include "media/format.h"
#include "media/little.h"
#include "media/ogg_page.h"

#define RATE 48000
/* RFC 7845 6: what a reader must be able to take. */
#define PACKET_MAX 61440

/* ---- reading ----------------------------------------------------------- */

enum phase {
    SEEKING, /* no Opus stream yet in this link of the chain */
    TAGS,    /* its header was read, the comment header comes */
    AUDIO,
};

struct packet {
    uint32_t at, len; /* in `data` */
    uint32_t duration;
};

struct ogg_reader {
    enum phase phase;
    bool link_begun;           /* a page came that begins no stream */
    uint32_t serial, sequence; /* of the stream; what its next page has */
    uint64_t page, page_at;    /* the last page of the file, from 1 */

    struct packet packets[RTC_OGG_LACING_MOST]; /* that end on this page */
    unsigned packet_count, packet_next;
    bool in_packet; /* the page ends in a packet, of which is there: */
    size_t part_at, part_len;
    uint8_t data[PACKET_MAX + RTC_OGG_PAGE_MAX]; /* such a part, and a page */

    int64_t base; /* time at which this link of the chain begins */
    int64_t time; /* of the next packet */
};

static int probe(const uint8_t *data, size_t len)
{
    if (memcmp(data, "OggS", len < 4 ? len : 4) != 0)
        return -1;
    return len >= 4;
}

static int fail_page(struct rtc_media_reader *r, int error, const char *what)
{
    const struct ogg_reader *o = r->state;

    return rtc_media_reader_fail(r, error, "Ogg page %llu at byte %llu: %s",
                                 (unsigned long long)o->page,
                                 (unsigned long long)o->page_at, what);
}

/* OpusHead (RFC 7845 5.1). 0 or an error. */
static int read_head(struct rtc_media_reader *r, const uint8_t *p, size_t len)
{
    if (len < 19 || (p[8] & 0xf0) != 0 || p[9] == 0)
        return fail_page(r, RTC_ERR_FORMAT, "not a known OpusHead");
    /* Family 1 with one or two channels is the same stream as family 0. */
    if (p[18] > 1 || p[9] > 2)
        return fail_page(r, RTC_ERR_UNSUPPORTED,
                         "Opus that is neither mono nor stereo, which WebRTC "
                         "has not (encode it with ffmpeg -ac 2)");
    r->tracks[0] = rtc_media_track_of(RTC_CODEC_OPUS);
    r->tracks[0].channels = p[9];
    r->tracks[0].pre_skip = (uint16_t)rtc_get_little(p + 10, 2);
    r->tracks[0].sample_rate = (uint32_t)rtc_get_little(p + 12, 4);
    r->track_count = 1;
    return 0;
}

/* A page that begins a stream. Those of a link all come before other pages. */
static int take_first(struct rtc_media_reader *r,
                      const struct rtc_ogg_page *page)
{
    struct ogg_reader *o = r->state;
    int error;

    if (o->link_begun) {
        o->link_begun = o->in_packet = false;
        o->phase = SEEKING;
        o->base = o->time;
    }
    if (o->phase != SEEKING || page->body_len < 8 ||
        memcmp(page->body, "OpusHead", 8) != 0)
        return 0;
    if ((error = read_head(r, page->body, page->body_len)))
        return error;
    o->phase = TAGS;
    o->serial = page->serial;
    o->sequence = page->sequence + 1;
    return 0;
}

/* Lists the packets that end on the page. Of a packet whose other part is
 * missing, before or behind, nothing is listed. */
static void cut_packets(struct ogg_reader *o, const struct rtc_ogg_page *page)
{
    bool continued = page->flags & RTC_OGG_CONTINUED;
    bool joins = continued && o->in_packet && page->sequence == o->sequence;
    bool skips = continued && !joins;
    size_t at = 0, len = joins ? o->part_len : 0;

    memmove(o->data, o->data + o->part_at, len);
    memcpy(o->data + len, page->body, page->body_len);
    o->in_packet = joins;
    for (size_t i = 0; i < page->lacing_count; i++) {
        len += page->lacing[i];
        o->in_packet = !skips;
        if (page->lacing[i] == 255)
            continue;
        if (!skips)
            o->packets[o->packet_count++] =
                (struct packet){.at = (uint32_t)at, .len = (uint32_t)len};
        at += len;
        len = 0;
        o->in_packet = skips = false;
    }
    o->part_at = at;
    o->part_len = len;
    o->sequence = page->sequence + 1;
}

/* The comment header (RFC 7845 5.2) may have any length; only its name counts.
 * 0 or an error. */
static int take_tags(struct rtc_media_reader *r)
{
    struct ogg_reader *o = r->state;
    const uint8_t *tags = o->data + o->packets[0].at;

    if (o->packet_count == 0) {
        if (o->part_len > 8)
            o->part_len = 8;
        return 0;
    }
    if (o->packets[0].len < 8 || memcmp(tags, "OpusTags", 8) != 0)
        return fail_page(r, RTC_ERR_FORMAT, "OpusTags is missing");
    o->phase = AUDIO;
    o->packet_next = 1;
    return 0;
}

/* Gives the listed packets their durations and the first one its time: the
 * granule position is the time at which the last one ends (RFC 7845 4). Less
 * than expected, it cuts the end of the stream; more, something is missing. */
static int place_packets(struct rtc_media_reader *r, int64_t granule)
{
    struct ogg_reader *o = r->state;
    int64_t total = 0, start;

    for (unsigned i = o->packet_next; i < o->packet_count; i++) {
        struct packet *p = &o->packets[i];

        p->duration = rtc_opus_duration(o->data + p->at, p->len);
        total += p->duration;
    }
    if (total == 0 || granule < 0)
        return 0;
    if (granule > INT64_MAX / 4 || o->base > INT64_MAX / 4)
        return fail_page(r, RTC_ERR_FORMAT, "impossible granule position");
    start = o->base + granule - total;
    if (start > o->time)
        o->time = start;
    return 0;
}

/* A page of the stream we follow. */
static int take_page(struct rtc_media_reader *r,
                     const struct rtc_ogg_page *page)
{
    struct ogg_reader *o = r->state;
    int error;

    o->packet_count = o->packet_next = 0;
    cut_packets(o, page);
    if (o->phase == TAGS && (error = take_tags(r)))
        return error;
    if (o->phase == AUDIO && o->part_len > PACKET_MAX)
        return fail_page(r, RTC_ERR_FORMAT,
                         "a packet of over 61440 bytes is no Opus");
    return place_packets(r, page->granule);
}

/* A page of any stream. 0 or an error. */
static int sort_page(struct rtc_media_reader *r,
                     const struct rtc_ogg_page *page)
{
    struct ogg_reader *o = r->state;

    if (page->flags & RTC_OGG_FIRST)
        return take_first(r, page);
    if (o->page == 1)
        return fail_page(r, RTC_ERR_FORMAT,
                         "the input begins in the middle of a stream, without "
                         "its headers");
    if (o->phase == SEEKING)
        return fail_page(r, RTC_ERR_UNSUPPORTED,
                         "no stream in this file is Opus: encode it with "
                         "ffmpeg -c:a libopus");
    o->link_begun = true;
    return page->serial == o->serial ? take_page(r, page) : 0;
}

/* There is no further whole page: 0, or what is wrong with that. */
static int end_of_pages(struct rtc_media_reader *r, size_t want)
{
    struct ogg_reader *o = r->state;
    char what[80];

    if (!r->ended)
        return 0;
    if (r->len > r->start) {
        o->page++;
        snprintf(what, sizeof what, "cut short: %zu of at least %zu bytes",
                 r->len - r->start, want);
        return fail_page(r, RTC_ERR_FORMAT, what);
    }
    if (o->phase != AUDIO)
        return fail_page(r, RTC_ERR_FORMAT,
                         "the input ends before the headers are complete");
    if (o->in_packet)
        return fail_page(r, RTC_ERR_FORMAT,
                         "the input ends within its last packet");
    return 0;
}

/* Takes the next page. 1, 0 when it is not all there, or an error. */
static int load_page(struct rtc_media_reader *r)
{
    struct ogg_reader *o = r->state;
    struct rtc_ogg_page page;
    int got = rtc_ogg_page_parse(r->data + r->start, r->len - r->start, &page);

    o->page_at = r->offset;
    if (got == 0)
        return end_of_pages(r, page.len);
    o->page++;
    if (got == RTC_ERR_CRYPTO)
        return fail_page(r, RTC_ERR_FORMAT,
                         "its checksum is wrong: the file is damaged here");
    if (got < 0)
        return fail_page(r, RTC_ERR_FORMAT,
                         "no page begins here (OggS is missing)");
    if ((got = sort_page(r, &page)) < 0)
        return got;
    rtc_media_reader_drop(r, page.len);
    return 1;
}

static int pop(struct rtc_media_reader *r, struct rtc_media_frame *ret_frame)
{
    struct ogg_reader *o = r->state;
    struct packet *p;
    int got;

    /* Empty packets stand for lost ones. */
    while (o->packet_next < o->packet_count &&
           o->packets[o->packet_next].len == 0)
        o->packet_next++;
    while (o->packet_next == o->packet_count)
        if ((got = load_page(r)) <= 0)
            return got;
    p = &o->packets[o->packet_next++];
    if (p->duration == 0)
        return fail_page(r, RTC_ERR_FORMAT, "a packet is malformed");
    *ret_frame = (struct rtc_media_frame){
        .codec = RTC_CODEC_OPUS,
        .data = o->data + p->at,
        .len = p->len,
        .time = o->time,
        .duration = p->duration,
        .base_num = 1,
        .base_den = RATE,
        .keyframe = true,
    };
    o->time += p->duration;
    return 1;
}

/* ---- writing ----------------------------------------------------------- */

/* What libopus looks ahead at 48 kHz. The sender's own value is not told in
 * RTP; it only moves the origin by some milliseconds. */
#define PRE_SKIP 312
/* Longer silence is a jump in time only. */
#define FILL_MAX (60 * RATE)
/* Packets a page of fill has: a lacing value each. */
#define FILL_MOST 250

struct ogg_writer {
    uint32_t sequence;
    int64_t end; /* granule position of the last page */
    uint8_t toc; /* first byte of the last packet */
};

static int append_page(struct rtc_media_writer *w, struct rtc_ogg_page *page)
{
    struct ogg_writer *o = w->state;
    size_t len = rtc_ogg_page_len(page->lacing, page->lacing_count);
    uint8_t *at = rtc_media_writer_room(w, len);

    if (!at)
        return RTC_ERR_NOMEM;
    page->serial = w->config.serial;
    page->sequence = o->sequence++;
    rtc_ogg_page_write(page, at);
    w->len += len;
    return 0;
}

/* A page with one packet, which is not over PACKET_MAX. */
static int append_packet(struct rtc_media_writer *w, uint8_t flags,
                         int64_t granule, const void *data, size_t len)
{
    uint8_t lacing[RTC_OGG_LACING_MOST];
    struct rtc_ogg_page page = {.flags = flags,
                                .granule = granule,
                                .lacing = lacing,
                                .lacing_count = len / 255 + 1,
                                .body = data};

    memset(lacing, 255, sizeof lacing);
    lacing[len / 255] = (uint8_t)(len % 255);
    return append_page(w, &page);
}

static int append_headers(struct rtc_media_writer *w)
{
    static const uint8_t tags[] = "OpusTags"
                                  "\7\0\0\0rtcpipe"
                                  "\0\0\0"; /* and the NUL: no comments */
    uint8_t head[19] = "OpusHead\1";
    const struct rtc_media_track *t = &w->tracks[0];
    int error;

    head[9] = t->channels ? t->channels : 2;
    rtc_put_little(head + 10, t->pre_skip ? t->pre_skip : PRE_SKIP, 2);
    rtc_put_little(head + 12, t->sample_rate ? t->sample_rate : RATE, 4);
    if ((error = append_packet(w, RTC_OGG_FIRST, 0, head, sizeof head)))
        return error;
    return append_packet(w, 0, 0, tags, sizeof tags);
}

/* Fills a gap by packets of no frame, on which decoders conceal (RFC 7845 4.1):
 * most players and converters go by the packets and not by the gap. */
static int append_fill(struct rtc_media_writer *w, int64_t gap)
{
    struct ogg_writer *o = w->state;
    uint8_t lacing[FILL_MOST], body[FILL_MOST];
    struct rtc_ogg_page page = {.lacing = lacing, .body = body};
    uint8_t toc = o->toc & 0xfc; /* one frame: code 0 (RFC 6716 3.1) */
    int64_t duration = rtc_opus_duration(&toc, 1), left;
    int error;

    memset(lacing, 1, sizeof lacing);
    memset(body, toc, sizeof body);
    for (left = gap / duration; left > 0; left -= (int64_t)page.lacing_count) {
        page.lacing_count = left < FILL_MOST ? (size_t)left : FILL_MOST;
        o->end += (int64_t)page.lacing_count * duration;
        page.granule = o->end;
        if ((error = append_page(w, &page)))
            return error;
    }
    return 0;
}

static int write_frame(struct rtc_media_writer *w,
                       const struct rtc_media_frame *frame)
{
    struct ogg_writer *o = w->state;
    unsigned duration = rtc_opus_duration(frame->data, frame->len);
    int64_t start, gap;
    int error;

    if (frame->base_num == 0 || frame->base_den == 0)
        return RTC_ERR_ARG;
    if (duration == 0 || frame->len > PACKET_MAX)
        return RTC_ERR_FORMAT;
    if (!w->started && (error = append_headers(w)))
        return error;
    start = rtc_media_writer_time(w, frame, 1, RATE);
    if (start > INT64_MAX / 4)
        return RTC_ERR_ARG;
    gap = start - o->end;
    if (gap > 0 && gap <= FILL_MAX && (error = append_fill(w, gap)))
        return error;
    o->end = (start > o->end ? start : o->end) + duration;
    o->toc = frame->data[0];
    return append_packet(w, 0, o->end, frame->data, frame->len);
}

static int write_end(struct rtc_media_writer *w)
{
    const struct ogg_writer *o = w->state;
    /* Each packet went out at once, so that the last one could not be marked:
     * a page without packets is. */
    struct rtc_ogg_page page = {.flags = RTC_OGG_LAST, .granule = o->end};

    return w->started ? append_page(w, &page) : 0;
}

const struct rtc_media_entry rtc_media_ogg = {
    .format = RTC_MEDIA_OGG,
    .name = "ogg",
    .extensions = "ogg opus oga",
    .codecs = RTC_MEDIA_CODEC(RTC_CODEC_OPUS),
    .tracks_most = 1,
    .probe = probe,
    .reader_len = sizeof(struct ogg_reader),
    .buffer_max = 2 * RTC_OGG_PAGE_MAX,
    .pop = pop,
    .writer_len = sizeof(struct ogg_writer),
    .frame = write_frame,
    .end = write_end,
};
