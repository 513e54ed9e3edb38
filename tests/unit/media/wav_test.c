/* SPDX-License-Identifier: MIT
 * WAV with G.711 and G.722: clips of ffmpeg, into a file and into a pipe, read
 * and written; what is refused and how; every truncation; gaps. */
#include "clip.h"

static const struct {
    const char *name;
    enum rtc_codec codec;
    size_t data_at; /* of the sound */
    unsigned rate;
} files[] = {
    {"media_mulaw.wav", RTC_CODEC_PCMU, 92, 8000},
    {"media_alaw_pipe.wav", RTC_CODEC_PCMA, 46, 8000},
    {"media_g722.wav", RTC_CODEC_G722, 92, 16000},
};

#define FILE_COUNT (sizeof files / sizeof *files)
#define SOUND_LEN 880 /* in each: 0.11 s */

static void test_read(size_t file)
{
    size_t len;
    uint8_t *data = clip_load(files[file].name, &len);
    struct clip *c = clip_read(RTC_MEDIA_WAV, data, len, len);
    bool right = true;

    is_int(c->error, 0, files[file].name);
    is_int(c->count, 6, "five frames of 20 ms and a rest");
    is_int(c->track.codec, files[file].codec, "codec");
    is_int(c->track.clock, 8000, "clock");
    is_int(c->track.sample_rate, files[file].rate, "sample rate");
    is_int(c->track.channels, 1, "mono");
    for (unsigned i = 0; i < c->count; i++) {
        const struct clip_frame *f = &c->frames[i];

        right =
            right && f->len == (i < 5 ? 160 : 80) &&
            f->time == 160 * (int64_t)i && f->duration == (int64_t)f->len &&
            f->base_num == 1 && f->base_den == 8000 && f->keyframe &&
            memcmp(f->data, data + files[file].data_at + 160 * i, f->len) == 0;
    }
    ok(right, "bytes and times");
    ok(clip_is_steady(RTC_MEDIA_WAV, data, len), "in any pieces the same");
    clip_free(c);
    free(data);
}

/* With a known size a cut shows, without one the input ends when it ends. */
static void test_truncation(size_t file, bool open)
{
    size_t whole, at = files[file].data_at;
    uint8_t *data = clip_load(files[file].name, &whole);
    bool pass = true;

    for (size_t len = 0; len < whole; len++) {
        struct clip *c = clip_read(RTC_MEDIA_WAV, data, len, 100);
        size_t sound = len > at ? len - at : 0, got = 0;

        for (unsigned i = 0; i < c->count; i++)
            got += c->frames[i].len;
        if (got != sound || (c->error == 0) != (open && len >= at)) {
            printf("# %zu bytes: %zu of %zu, %s\n", len, got, sound, c->why);
            pass = false;
        }
        clip_free(c);
    }
    ok(pass, "cut anywhere: all that is there, and an error if it shows");
    free(data);
}

static void test_refusals(void)
{
    static const struct {
        size_t at, len;
        const char *bytes;
        int want;
        const char *why;
    } rows[] = {
        {20, 1, "\1", RTC_ERR_UNSUPPORTED,
         "WAV with plain samples (PCM), which WebRTC has not: encode it with "
         "ffmpeg -ar 8000 -ac 1 -c:a pcm_mulaw, or to Ogg with -c:a libopus"},
        {20, 1, "\x55", RTC_ERR_UNSUPPORTED,
         "WAV with the codec 0x0055, which is not read: encode it with ffmpeg "
         "-ar 8000 -ac 1 -c:a pcm_mulaw"},
        {22, 1, "\2", RTC_ERR_UNSUPPORTED,
         "PCMA with 2 channels; WebRTC has it with one: ffmpeg -ar 8000 -ac 1 "
         "-c:a pcm_alaw"},
        {24, 2, "\x80\x3e", RTC_ERR_UNSUPPORTED,
         "PCMA at 16000 Hz; WebRTC has it at 8000 Hz: ffmpeg -ar 8000 -ac 1 "
         "-c:a pcm_alaw"},
        {20, 2, "\x8f\2", RTC_ERR_UNSUPPORTED,
         "G722 at 8000 Hz; WebRTC has it at 16000 Hz: ffmpeg -ar 16000 -ac 1 "
         "-c:a g722"},
        {0, 4, "RIFX", RTC_ERR_FORMAT,
         "not WAV: it does not begin with RIFF and WAVE"},
        {8, 4, "AVI ", RTC_ERR_FORMAT,
         "not WAV: it does not begin with RIFF and WAVE"},
        {16, 1, "\x0e", RTC_ERR_FORMAT,
         "WAV at byte 12: a format of 14 bytes is impossible"},
        {12, 4, "data", RTC_ERR_FORMAT,
         "WAV at byte 12: the data come before the format"},
    };
    size_t len;
    uint8_t *data = clip_load("media_alaw_pipe.wav", &len), copy[64];

    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct clip *c;

        memcpy(copy, data, sizeof copy);
        memcpy(copy + rows[i].at, rows[i].bytes, rows[i].len);
        c = clip_read(RTC_MEDIA_WAV, copy, sizeof copy, 7);
        is_int(c->error, rows[i].want, "refused");
        is_str(c->why, rows[i].why, "and its sentence");
        clip_free(c);
    }
    free(data);
}

/* WAVE_FORMAT_EXTENSIBLE, an odd chunk of some length, and tags at the end. */
static void test_odd_file(void)
{
    static const char head[] = "RIFF\0\0\0\0WAVE"
                               "junk\3\0\0\0abc\0"
                               "fmt \x28\0\0\0"
                               "\xfe\xff\1\0\x40\x1f\0\0\x40\x1f\0\0\1\0\x8\0"
                               "\x16\0\x8\0\4\0\0\0"
                               "\7\0\0\0\0\0\x10\0\x80\0\0\xaa\0\x38\x9b\x71"
                               "data\3\0\0\0xyz\0LIST\4\0\0\0tail";
    struct clip *c =
        clip_read(RTC_MEDIA_WAV, (const uint8_t *)head, sizeof head - 1, 3);

    is_int(c->error, 0, "an odd file");
    is_int(c->track.codec, RTC_CODEC_PCMU, "its codec, from the GUID");
    ok(c->count == 1 && c->frames[0].len == 3 &&
           memcmp(c->frames[0].data, "xyz", 3) == 0,
       "just the sound");
    clip_free(c);
}

static void test_write(size_t file)
{
    size_t len;
    uint8_t *data = clip_load(files[file].name, &len);
    struct clip *c = clip_read(RTC_MEDIA_WAV, data, len, len), *again;
    struct clip_out *out = calloc(1, sizeof *out);

    for (unsigned i = 0; i < c->count; i++)
        c->frames[i].time += 12345678;
    clip_write_all(RTC_MEDIA_WAV, c, out);
    is_int(out->len, 46 + SOUND_LEN, "a header and the sound");
    ok(memcmp(out->data + 46, data + files[file].data_at, SOUND_LEN) == 0,
       "byte for byte");
    again = clip_read(RTC_MEDIA_WAV, out->data, out->len, 100);
    ok(again->error == 0 && again->track.codec == files[file].codec &&
           again->track.sample_rate == files[file].rate &&
           clip_same_data(c, again, c->count),
       "which reads as the same");
    clip_free(again);
    clip_free(c);
    free(out);
    free(data);
}

/* What ffmpeg itself writes into a pipe. */
static void test_header(void)
{
    size_t len;
    uint8_t *data = clip_load("media_alaw_pipe.wav", &len);
    struct clip *c = clip_read(RTC_MEDIA_WAV, data, len, len);
    struct clip_out *out = calloc(1, sizeof *out);

    clip_write_all(RTC_MEDIA_WAV, c, out);
    ok(out->len == len && memcmp(out->data, data, len) == 0,
       "a pipe of ffmpeg comes out as it was");
    clip_free(c);
    free(out);
    free(data);
}

static void test_gaps(void)
{
    static const struct {
        int64_t time;
        size_t want; /* bytes of silence before the frame */
        const char *name;
    } rows[] = {
        {800, 0, "the first"},
        {960, 0, "the next"},
        {1440, 320, "two are missing"},
        {1440, 0, "one of a time that was"},
        {1000, 0, "one from before"},
        {1600 + 160 * 3, 160, "and what they took is caught up with"},
        {10000000, 480000, "a minute at most"},
        {10000160, 0, "then on from there"},
    };
    static const uint8_t silence[] = {0xff, 0xd5, 0xfc};
    static uint8_t sound[160];

    for (size_t k = 0; k < FILE_COUNT; k++) {
        struct rtc_media_track track = {.codec = files[k].codec};
        struct rtc_media_writer *w = clip_writer(RTC_MEDIA_WAV, &track);

        for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
            struct rtc_media_frame frame = {.data = sound,
                                            .len = sizeof sound,
                                            .time = rows[i].time,
                                            .base_num = 1,
                                            .base_den = 8000};
            size_t head = i ? 0 : 46, len = 0;
            const uint8_t *data = NULL;

            ok(rtc_media_writer_frame(w, &frame, &data, &len) == 0 &&
                   len == head + rows[i].want + sizeof sound &&
                   (!rows[i].want || (data[0] == silence[k] &&
                                      data[rows[i].want - 1] == silence[k])),
               rows[i].name);
        }
        rtc_media_writer_free(w);
    }
}

int main(void)
{
    for (size_t i = 0; i < FILE_COUNT; i++) {
        test_read(i);
        test_truncation(i, i == 1);
        test_write(i);
    }
    test_refusals();
    test_odd_file();
    test_header();
    test_gaps();
    return tap_done();
}
