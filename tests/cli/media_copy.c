/* SPDX-License-Identifier: MIT
 * For tests that let other programs read what the media writers write, and
 * write what the readers read:
 *
 *     media_copy [FORMAT] <IN >OUT
 *
 * copies all tracks of a file of any format into one of FORMAT (matroska), and
 * prints a line for each frame on stderr: track, codec, milliseconds, length.
 * Exits with 1 and the reader's sentence when the input was malformed. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "media/media.h"

static void die(const char *why)
{
    fprintf(stderr, "media_copy: %s\n", why);
    exit(EXIT_FAILURE);
}

static struct rtc_media_writer *open_writer(const struct rtc_media_reader *r,
                                            enum rtc_media_format format)
{
    struct rtc_media_track tracks[RTC_MEDIA_TRACK_MOST];
    struct rtc_media_writer_config config = {.format = format,
                                             .tracks = tracks};
    struct rtc_media_writer *w;

    config.track_count = rtc_media_reader_track_count(r);
    for (unsigned i = 0; i < config.track_count; i++)
        tracks[i] = *rtc_media_reader_track(r, i);
    if (rtc_media_writer_new(&w, &config) < 0)
        die("the format does not carry these tracks");
    return w;
}

static void copy(struct rtc_media_writer *w,
                 const struct rtc_media_frame *frame)
{
    const uint8_t *data;
    size_t len;

    fprintf(stderr, "%u %s %lld %zu\n", frame->track,
            rtc_codec_name(frame->codec),
            (long long)rtc_media_rescale(frame->time, frame->base_num,
                                         frame->base_den, 1000),
            frame->len);
    if (rtc_media_writer_frame(w, frame, &data, &len) < 0)
        die("a frame was refused");
    if (len > 0)
        fwrite(data, 1, len, stdout);
}

/* Copies what is there: 0 when more is needed, or the end, or an error. */
static int copy_all(struct rtc_media_reader *r, struct rtc_media_writer **w,
                    enum rtc_media_format format)
{
    struct rtc_media_frame frame;
    int got;

    while ((got = rtc_media_reader_pop(r, &frame)) > 0) {
        if (!*w)
            *w = open_writer(r, format);
        copy(*w, &frame);
    }
    return got;
}

static void finish(struct rtc_media_writer *w)
{
    const uint8_t *data;
    size_t len;

    if (w && rtc_media_writer_end(w, &data, &len) == 0)
        if (len > 0)
        fwrite(data, 1, len, stdout);
    rtc_media_writer_free(w);
}

int main(int argc, char **argv)
{
    enum rtc_media_format format =
        rtc_media_format_by_name(argc > 1 ? argv[1] : "matroska");
    enum rtc_media_format input;
    struct rtc_media_writer *w = NULL;
    struct rtc_media_reader *r;
    static uint8_t buf[65536];
    size_t len = fread(buf, 1, sizeof buf, stdin);
    const char *why = "";
    int got;

    if (rtc_media_probe(buf, len, len < sizeof buf, &input, &why) <= 0)
        die(why);
    if (rtc_media_reader_new(&r, input, NULL) < 0)
        die("no memory");
    do {
        for (size_t at = 0; at < len;) {
            int taken = rtc_media_reader_push(r, buf + at, len - at);

            if (taken < 0 || (got = copy_all(r, &w, format)) < 0)
                break;
            at += (size_t)taken;
        }
        len = fread(buf, 1, sizeof buf, stdin);
    } while (len > 0);
    rtc_media_reader_end(r);
    got = copy_all(r, &w, format);
    finish(w);
    if (got < 0)
        die(rtc_media_reader_why(r));
    if (rtc_media_reader_left_out(r)[0])
        fprintf(stderr, "left out: %s\n", rtc_media_reader_left_out(r));
    rtc_media_reader_free(r);
    return EXIT_SUCCESS;
}
