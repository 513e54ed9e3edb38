/* SPDX-License-Identifier: MIT
 * rtpdump: a file laid out by hand as rtpdump.h of rtptools says, read and
 * written; damage; every truncation. */
#include "clip.h"

/* RTP of payload type 96, RTCP, and RTP of PCMU in a longer record. */
static const uint8_t file[] = "#!rtpplay1.0 224.2.0.1/3456\n"
                              "\x65\0\0\1\0\0\0\2\xe0\2\0\1\x0d\x80\0\0"
                              "\0\x17\0\x0f\0\0\0\5"
                              "\x80\xe0\0\1\0\0\0\xa0\1\2\3\4abc"
                              "\0\x10\0\0\0\0\0\6"
                              "\x80\xc9\0\1\1\2\3\4"
                              "\0\x18\0\x0d\0\1\0\0"
                              "\x80\0\0\2\0\0\1\x40\1\2\3\4d...";
#define FILE_LEN (sizeof file - 1)
#define LINE_LEN 28
#define FIRST_AT (LINE_LEN + 16)
#define SECOND_AT (FIRST_AT + 0x17)
#define THIRD_AT (SECOND_AT + 0x10)

static void test_read(void)
{
    struct clip *c = clip_read(RTC_MEDIA_RTPDUMP, file, FILE_LEN, FILE_LEN);

    is_int(c->error, 0, "read without error");
    is_int(c->count, 2, "RTP, and no RTCP");
    is_int(c->track.codec, RTC_CODEC_NONE, "a track of packets");
    ok(c->frames[0].len == 15 && c->frames[0].time == 5 &&
           c->frames[0].base_num == 1 && c->frames[0].base_den == 1000 &&
           memcmp(c->frames[0].data, file + FIRST_AT + 8, 15) == 0,
       "a packet with its header, in milliseconds");
    ok(c->frames[1].len == 13 && c->frames[1].time == 65536 &&
           memcmp(c->frames[1].data, file + THIRD_AT + 8, 13) == 0,
       "what a record has too much is left out");
    ok(clip_is_steady(RTC_MEDIA_RTPDUMP, file, FILE_LEN),
       "in any pieces the same");
    clip_free(c);
}

static void test_codec(void)
{
    static const struct {
        uint8_t payload_type;
        enum rtc_codec codec;
    } rows[] = {{0x80, RTC_CODEC_PCMU},
                {8, RTC_CODEC_PCMA},
                {9, RTC_CODEC_G722},
                {13, RTC_CODEC_NONE},
                {111, RTC_CODEC_NONE}};
    uint8_t copy[FILE_LEN];

    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct rtc_media_reader *r;
        struct rtc_media_frame frame = {0};

        memcpy(copy, file, FILE_LEN);
        copy[FIRST_AT + 9] = rows[i].payload_type;
        is_int(rtc_media_reader_new(&r, RTC_MEDIA_RTPDUMP, NULL), 0,
               "a reader");
        rtc_media_reader_push(r, copy, FILE_LEN);
        is_int(rtc_media_reader_pop(r, &frame), 1, "a packet");
        is_int(frame.codec, rows[i].codec, "its codec, by its payload type");
        is_int(rtc_media_reader_track_count(r), 1, "of one track");
        rtc_media_reader_free(r);
    }
}

static void test_truncation(void)
{
    bool pass = true;

    for (size_t len = 0; len < FILE_LEN; len++) {
        struct clip *c = clip_read(RTC_MEDIA_RTPDUMP, file, len, 9);
        bool boundary = len == FIRST_AT || len == SECOND_AT || len == THIRD_AT;

        if (c->count != (len >= SECOND_AT) || (c->error == 0) != boundary) {
            printf("# %zu bytes: %u, %s\n", len, c->count, c->why);
            pass = false;
        }
        clip_free(c);
    }
    ok(pass, "cut anywhere: whole packets, and an error within one");
}

static void test_damage(void)
{
    static const struct {
        size_t at;
        uint8_t byte;
        int want;
        const char *why;
    } rows[] = {
        {0, '"', RTC_ERR_FORMAT,
         "not rtpdump: it does not begin with a line `#!rtpplay1.0 "
         "address/port'"},
        {FIRST_AT + 1, 7, RTC_ERR_FORMAT,
         "packet 1 at byte 44: its length is impossible: the file is damaged"},
        {THIRD_AT + 1, 12, RTC_ERR_UNSUPPORTED,
         "packet 3 at byte 83: it was not recorded whole: record with rtpdump "
         "-F dump"},
        {FIRST_AT + 8, 0x40, RTC_ERR_FORMAT,
         "packet 1 at byte 44: it is not RTP of version 2"},
        {FIRST_AT + 3, 11, RTC_ERR_FORMAT,
         "packet 1 at byte 44: it is not RTP of version 2"},
    };
    uint8_t copy[FILE_LEN], line[200];
    struct clip *c;

    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        memcpy(copy, file, FILE_LEN);
        copy[rows[i].at] = rows[i].byte;
        c = clip_read(RTC_MEDIA_RTPDUMP, copy, FILE_LEN, 50);
        is_int(c->error, rows[i].want, "damage");
        is_str(c->why, rows[i].why, "and its sentence");
        clip_free(c);
    }
    memset(line, ' ', sizeof line);
    memcpy(line, file, LINE_LEN - 1);
    c = clip_read(RTC_MEDIA_RTPDUMP, line, sizeof line, 50);
    is_int(c->error, RTC_ERR_FORMAT, "a line without end");
    clip_free(c);
}

static void test_write(void)
{
    struct clip *c = clip_read(RTC_MEDIA_RTPDUMP, file, FILE_LEN, FILE_LEN);
    struct clip_out *out = calloc(1, sizeof *out);
    struct clip *again;

    clip_write_all(RTC_MEDIA_RTPDUMP, c, out);
    is_int(out->len, 23 + 16 + 8 + 15 + 8 + 13, "a header and two packets");
    ok(memcmp(out->data, "#!rtpplay1.0 0.0.0.0/0\n", 23) == 0, "its line");
    again = clip_read(RTC_MEDIA_RTPDUMP, out->data, out->len, 10);
    ok(again->error == 0 && again->count == 2 && clip_same_data(c, again, 2),
       "the same packets");
    ok(again->frames[0].time == 0 && again->frames[1].time == 65531,
       "their times, from 0");
    clip_free(again);
    clip_free(c);
    free(out);
}

static void test_write_refusals(void)
{
    static uint8_t packet[65528] = {0x80};
    struct rtc_media_track track = {.codec = RTC_CODEC_NONE};
    struct rtc_media_writer *w = clip_writer(RTC_MEDIA_RTPDUMP, &track);
    struct rtc_media_frame frame = {
        .data = packet, .len = 11, .base_num = 1, .base_den = 1000};
    const uint8_t *data;
    size_t len;

    is_int(rtc_media_writer_frame(w, &frame, &data, &len), RTC_ERR_FORMAT,
           "shorter than a header");
    frame.len = 65528;
    is_int(rtc_media_writer_frame(w, &frame, &data, &len), RTC_ERR_FORMAT,
           "longer than a record");
    frame.len = 65527;
    is_int(rtc_media_writer_frame(w, &frame, &data, &len), 0, "the longest");
    packet[0] = 0;
    is_int(rtc_media_writer_frame(w, &frame, &data, &len), RTC_ERR_FORMAT,
           "not RTP");
    rtc_media_writer_free(w);
}

/* CSRCs, a header extension and padding are left out. */
static void test_packet(void)
{
    static const uint8_t data[] = "\xb2\xe0\xff\xfe\x80\0\0\1\1\2\3\4"
                                  "CSRCcsrc"
                                  "\xbe\xde\0\1EXTEpayload\0\0\3";
    struct rtc_packet packet = {.len = 77}, again;
    uint8_t buf[19];
    bool pass = true;

    is_int(rtc_media_packet_parse(data, sizeof data - 1, &packet), 0,
           "a packet with all there is");
    ok(packet.sequence == 65534 && packet.media_time == 0x80000001 &&
           packet.ssrc == 0x01020304 && packet.marker &&
           packet.payload_type == 96 && packet.len == 7 &&
           memcmp(packet.payload, "payload", 7) == 0,
       "its fields");
    is_int(rtc_media_packet_write(&packet, buf, 18), RTC_ERR_NOBUF, "no room");
    is_int(rtc_media_packet_write(&packet, buf, 19), 19, "written");
    ok(rtc_media_packet_parse(buf, 19, &again) == 0 &&
           again.sequence == 65534 && again.media_time == 0x80000001 &&
           again.ssrc == 0x01020304 && again.marker &&
           again.payload_type == 96 && again.len == 7,
       "and read again");
    for (size_t len = 0; len < 35; len++) {
        uint8_t *exact = malloc(len ? len : 1);

        memcpy(exact, data, len);
        packet.len = 77;
        /* From 28 on the payload's last byte is taken for a padding. */
        if (rtc_media_packet_parse(exact, len, &packet) != RTC_ERR_FORMAT ||
            packet.len != 77)
            pass = false;
        free(exact);
    }
    ok(pass, "cut anywhere");
}

int main(void)
{
    test_packet();
    test_read();
    test_codec();
    test_truncation();
    test_damage();
    test_write();
    test_write_refusals();
    return tap_done();
}
