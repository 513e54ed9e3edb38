/* SPDX-License-Identifier: MIT
 * AV1 as a stream of OBUs: a clip of libaom through ffmpeg, read and written;
 * every truncation; what is no such stream; hints; frame rates. */
#include "clip.h"

static uint8_t *clip_data;
static size_t clip_len;

static void test_read(void)
{
    struct clip *c = clip_read(RTC_MEDIA_OBU, clip_data, clip_len, clip_len);
    bool well = true;

    is_int(c->error, 0, "read without error");
    is_int(c->count, 8, "all frames");
    is_int(c->track.codec, RTC_CODEC_AV1, "codec");
    is_int(c->track.width, 96, "width");
    is_int(c->track.height, 64, "height");
    for (unsigned i = 0; i < c->count; i++)
        well = well && c->frames[i].time == -1 && c->frames[i].base_den == 0 &&
               c->frames[i].keyframe == (i % 4 == 0) &&
               c->frames[i].data[0] != 0x12;
    ok(well, "no times, key frames, no delimiters");
    ok(clip_is_steady(RTC_MEDIA_OBU, clip_data, clip_len),
       "in any pieces the same");
    clip_free(c);
}

static void test_truncation(void)
{
    struct clip *whole =
        clip_read(RTC_MEDIA_OBU, clip_data, clip_len, clip_len);
    bool pass = true;

    for (size_t len = 0; len < clip_len; len++) {
        struct clip *c = clip_read(RTC_MEDIA_OBU, clip_data, len, 4096);
        unsigned same = c->count;

        /* Cut between two OBUs the last frame is shorter. */
        if (same > 0 && c->frames[same - 1].len < whole->frames[same - 1].len)
            same--;
        pass = pass && clip_same_data(c, whole, same) && same + 1 >= c->count &&
               (c->error == 0 || c->why[0]);
        clip_free(c);
    }
    ok(pass, "cut anywhere: the frames before, and no others");
    clip_free(whole);
}

static void test_damage(void)
{
    static const struct {
        const char *bytes;
        size_t len;
        int want;
        unsigned frames;
        const char *why;
    } rows[] = {
        {"\x12", 1, RTC_ERR_FORMAT, 0,
         "the stream ends before its first frame"},
        {"\x0a\1\1\x32\1\1", 6, RTC_ERR_FORMAT, 0,
         "not a stream of AV1 OBUs: it does not begin with a temporal "
         "delimiter (ffmpeg -c copy -f obu makes one)"},
        {"\x0c\x0b\1\x10\4\x08\1\2\3\3\x30\1\2", 13, RTC_ERR_UNSUPPORTED, 0,
         "this is AV1 with lengths (annex B), which is not read: convert it "
         "with ffmpeg -c copy to ivf or obu"},
        {"\x12\0\x32\1\1\x12\0\x30\1\1", 10, RTC_ERR_FORMAT, 1,
         "frame 2 at byte 7: an OBU is malformed or has no size: the file is "
         "damaged"},
        {"\x12\0\x32\1\1\x12\0\x32\3\1", 10, RTC_ERR_FORMAT, 1,
         "frame 2 at byte 7: it is cut short"},
        {"\x12\0\x32\1\1\x12\0\x32\xff\xff\xff\x7f", 12, RTC_ERR_FORMAT, 1,
         "frame 2 at byte 7: it is larger than 16 MiB: the file is damaged"},
        {"\x12\0\x32\1\1\x12\0\x12\0", 9, 0, 1, ""},
    };

    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct clip *c = clip_read(
            RTC_MEDIA_OBU, (const uint8_t *)rows[i].bytes, rows[i].len, 3);

        is_int(c->error, rows[i].want, "a stream that is none");
        is_int(c->count, rows[i].frames, "frames before it");
        is_str(c->why, rows[i].why, "and its sentence");
        clip_free(c);
    }
}

static void push(struct rtc_media_reader *r, const char *bytes, size_t len)
{
    is_int(rtc_media_reader_push(r, (const uint8_t *)bytes, len), (int)len,
           "some bytes");
}

static void test_hints(void)
{
    struct rtc_media_reader_options options = {30000, 1001};
    struct rtc_media_reader *r;
    struct rtc_media_frame frame;

    is_int(rtc_media_reader_new(&r, RTC_MEDIA_OBU, &options), 0, "a reader");
    push(r, "\x12\0\x0a\1\1", 5);
    rtc_media_reader_flush_hint(r);
    is_int(rtc_media_reader_pop(r, &frame), 0, "no picture yet");
    push(r, "\x32\2\1", 3);
    rtc_media_reader_flush_hint(r);
    is_int(rtc_media_reader_pop(r, &frame), 0, "half an OBU");
    push(r, "\2", 1);
    is_int(rtc_media_reader_pop(r, &frame), 0, "whole, but more may follow");
    rtc_media_reader_flush_hint(r);
    is_int(rtc_media_reader_pop(r, &frame), 1, "not after a hint");
    is_int(frame.len, 7, "both OBUs");
    is_int(frame.time, 0, "the first frame");
    is_int(frame.base_num, 1001, "of the rate that was given");
    is_int(frame.base_den, 30000, "to the reader");
    push(r, "\x32\1\1\x32\1\1\x12\0\x32\1\1", 11);
    rtc_media_reader_flush_hint(r);
    is_int(rtc_media_reader_pop(r, &frame), 1, "the next frame");
    is_int(frame.len, 3, "without what came late for the first");
    is_int(frame.time, 1, "its time");
    is_int(rtc_media_reader_torn(r), 1, "one was torn");
    rtc_media_reader_end(r);
    is_int(rtc_media_reader_pop(r, &frame), 0, "the end");
    rtc_media_reader_free(r);
}

static void test_write(void)
{
    struct clip *c = clip_read(RTC_MEDIA_OBU, clip_data, clip_len, clip_len);
    struct clip_out *out = calloc(1, sizeof *out);
    struct rtc_media_frame frame = {.data = (const uint8_t *)"\x30\1\1",
                                    .len = 3};
    struct rtc_media_writer *w;
    const uint8_t *data;
    size_t len;

    clip_write_all(RTC_MEDIA_OBU, c, out);
    ok(out->len == clip_len && !memcmp(out->data, clip_data, clip_len),
       "the clip again, byte for byte");
    w = clip_writer(RTC_MEDIA_OBU, &c->track);
    is_int(rtc_media_writer_frame(w, &frame, &data, &len), RTC_ERR_FORMAT,
           "an OBU without size is refused");
    rtc_media_writer_free(w);
    clip_free(c);
    free(out);
}

int main(void)
{
    clip_data = clip_load("media_av1.obu", &clip_len);
    test_read();
    test_truncation();
    test_damage();
    test_hints();
    test_write();
    free(clip_data);
    return tap_done();
}
