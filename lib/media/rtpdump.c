/* SPDX-License-Identifier: MIT
 * rtpdump, the file format of rtptools: a line of text, a header of 16 bytes,
 * then packets, each behind 8 bytes that say its length and when it came. A
 * frame is here a whole RTP packet; what was recorded of RTCP is passed over.
 * The writer knows neither address nor date and leaves them 0. */
#include <string.h>

#include "base/bytes.h"
#include "codec/codec.h"
#include "media/format.h"

#define MAGIC "#!rtpplay1.0 "
#define MAGIC_LEN (sizeof MAGIC - 1)
/* The line goes on with an address and a port. */
#define LINE_MAX 128
#define HEADER_LEN 16
#define RECORD_LEN 8
#define RTP_LEN 12
#define PACKET_MAX (UINT16_MAX - RECORD_LEN)

static bool is_rtp(const uint8_t *packet, size_t len)
{
    return len >= RTP_LEN && packet[0] >> 6 == 2; /* RFC 3550 5.1: version */
}

/* By the payload types of RFC 3551 6; others mean nothing without an SDP. */
static enum rtc_codec codec_of(const uint8_t *packet)
{
    switch (packet[1] & 0x7f) {
    case 0:
        return RTC_CODEC_PCMU;
    case 8:
        return RTC_CODEC_PCMA;
    case 9:
        return RTC_CODEC_G722;
    default:
        return RTC_CODEC_NONE;
    }
}

/* ---- reading ----------------------------------------------------------- */

struct rtpdump_reader {
    bool begun;       /* the header was read */
    uint64_t records; /* read so far, RTCP too */
};

/* Whether the first bytes may be those of the line. */
static bool is_magic(const uint8_t *data, size_t len)
{
    return memcmp(data, MAGIC, len < MAGIC_LEN ? len : MAGIC_LEN) == 0;
}

static int probe(const uint8_t *data, size_t len)
{
    if (!is_magic(data, len))
        return -1;
    return len >= MAGIC_LEN;
}

static int fail_record(struct rtc_media_reader *r, int error, const char *what)
{
    const struct rtpdump_reader *dump = r->state;

    return rtc_media_reader_fail(r, error, "packet %llu at byte %llu: %s",
                                 (unsigned long long)dump->records + 1,
                                 (unsigned long long)r->offset, what);
}

/* 1 when the line and the header were read, 0 when they are not all there. */
static int read_header(struct rtc_media_reader *r)
{
    struct rtpdump_reader *dump = r->state;
    const uint8_t *p = r->data + r->start;
    size_t left = r->len - r->start;
    const uint8_t *end = memchr(p, '\n', left < LINE_MAX ? left : LINE_MAX);
    size_t want = end ? (size_t)(end - p) + 1 + HEADER_LEN : LINE_MAX;

    if (!is_magic(p, left) || (!end && left >= LINE_MAX))
        return rtc_media_reader_fail(
            r, RTC_ERR_FORMAT,
            "not rtpdump: it does not begin with a line `%saddress/port'",
            MAGIC);
    if (left < want)
        return 0;
    dump->begun = true;
    rtc_media_reader_drop(r, want);
    return 1;
}

/* Looks at the record in front and, if it is RTP, gives it. 1, 0 when it is not
 * all there, or an error. */
static int read_record(struct rtc_media_reader *r,
                       struct rtc_media_frame *ret_frame)
{
    struct rtpdump_reader *dump = r->state;
    struct rtc_reader record;
    size_t left = r->len - r->start, len, packet_len;
    const uint8_t *packet;
    uint32_t time;

    rtc_reader_init(&record, r->data + r->start, left);
    len = rtc_read_u16(&record);
    packet_len = rtc_read_u16(&record);
    time = rtc_read_u32(&record);
    if (record.failed)
        return 0;
    if (len < RECORD_LEN)
        return fail_record(r, RTC_ERR_FORMAT,
                           "its length is impossible: the file is damaged");
    if (packet_len > len - RECORD_LEN)
        return fail_record(r, RTC_ERR_UNSUPPORTED,
                           "it was not recorded whole: record with "
                           "rtpdump -F dump");
    if (left < len)
        return 0;
    packet = r->data + r->start + RECORD_LEN;
    if (packet_len && !is_rtp(packet, packet_len))
        return fail_record(r, RTC_ERR_FORMAT, "it is not RTP of version 2");
    if (packet_len)
        *ret_frame = (struct rtc_media_frame){
            .codec = codec_of(packet),
            .data = packet,
            .len = packet_len,
            .time = time,
            .base_num = 1,
            .base_den = 1000,
        };
    dump->records++;
    rtc_media_reader_drop(r, len);
    return 1;
}

static int pop(struct rtc_media_reader *r, struct rtc_media_frame *ret_frame)
{
    const struct rtpdump_reader *dump = r->state;
    int got = dump->begun ? 1 : read_header(r);

    while (got > 0 && !ret_frame->len)
        got = read_record(r, ret_frame);
    if (got > 0 && !r->track_count) {
        r->track_count = 1; /* all of it 0 */
    }
    if (got == 0 && r->ended && !dump->begun)
        return rtc_media_reader_fail(r, RTC_ERR_FORMAT,
                                     "cut short in the header of rtpdump");
    if (got == 0 && r->ended && r->len > r->start)
        return fail_record(r, RTC_ERR_FORMAT, "cut short");
    return got;
}

/* ---- writing ----------------------------------------------------------- */

static int append_header(struct rtc_media_writer *w)
{
    static const uint8_t head[] = MAGIC "0.0.0.0/0\n"
                                        "\0\0\0\0\0\0\0\0"
                                        "\0\0\0\0\0\0\0"; /* and the NUL */

    return rtc_media_writer_append(w, head, sizeof head);
}

static int write_frame(struct rtc_media_writer *w,
                       const struct rtc_media_frame *frame)
{
    uint8_t record[RECORD_LEN];
    int64_t time;
    int error;

    if (frame->base_num == 0 || frame->base_den == 0)
        return RTC_ERR_ARG;
    if (!is_rtp(frame->data, frame->len) || frame->len > PACKET_MAX)
        return RTC_ERR_FORMAT;
    if (!w->started && (error = append_header(w)))
        return error;
    time = rtc_media_writer_time(w, frame, 1, 1000);
    rtc_put_u16(record, (uint16_t)(RECORD_LEN + frame->len));
    rtc_put_u16(record + 2, (uint16_t)frame->len);
    rtc_put_u32(record + 4, time < UINT32_MAX ? (uint32_t)time : UINT32_MAX);
    if ((error = rtc_media_writer_append(w, record, sizeof record)))
        return error;
    return rtc_media_writer_append(w, frame->data, frame->len);
}

const struct rtc_media_entry rtc_media_rtpdump = {
    .format = RTC_MEDIA_RTPDUMP,
    .name = "rtpdump",
    .extensions = "rtpdump rtp",
    .codecs = RTC_MEDIA_CODEC(RTC_CODEC_NONE),
    .tracks_most = 1,
    .probe = probe,
    .reader_len = sizeof(struct rtpdump_reader),
    .buffer_max = (size_t)128 << 10,
    .pop = pop,
    .writer_len = 1, /* it remembers nothing */
    .frame = write_frame,
};
