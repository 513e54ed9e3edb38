/* SPDX-License-Identifier: MIT
 *
 * Marks every frame of a file of one track, as rtc-probe sends them, so that a
 * decoder can tell whether it sees any difference:
 *
 *     mark_copy LEAST <IN >OUT
 *
 * LEAST is the size that frames are filled up to, or 0. The format stays. */
#include <stdio.h>
#include <stdlib.h>

#include "cmd/probe/mark.h"
#include "media/media.h"

static struct rtc_media_reader *reader;
static struct rtc_media_writer *writer;

static void die(const char *why)
{
    fprintf(stderr, "mark_copy: %s\n", why);
    exit(EXIT_FAILURE);
}

static void write_out(const uint8_t *data, size_t len)
{
    if (len > 0 && fwrite(data, 1, len, stdout) != len)
        die("the output ends");
}

static void copy(struct rtc_media_frame *frame, size_t least)
{
    static struct probe_mark mark = {.run = 0x1122334455667788};
    static uint8_t marked[1 << 20];
    const uint8_t *data;
    size_t len;
    int n = probe_mark_write(frame->codec, frame->data, frame->len, &mark,
                             least, marked, sizeof marked);

    if (n < 0)
        die("a frame cannot be marked");
    mark.sequence++;
    mark.time_us += 33333;
    frame->data = marked;
    frame->len = (size_t)n;
    if (rtc_media_writer_frame(writer, frame, &data, &len) < 0)
        die("a frame is refused");
    write_out(data, len);
}

static void copy_all(enum rtc_media_format format, size_t least)
{
    struct rtc_media_frame frame;
    int got;

    while ((got = rtc_media_reader_pop(reader, &frame)) > 0) {
        struct rtc_media_writer_config config = {
            .format = format,
            .tracks = rtc_media_reader_track(reader, 0),
            .track_count = 1};

        if (!writer && rtc_media_writer_new(&writer, &config) < 0)
            die("no writer");
        copy(&frame, least);
    }
    if (got < 0)
        die(rtc_media_reader_why(reader));
}

int main(int argc, char **argv)
{
    static uint8_t buf[1 << 20];
    size_t len = fread(buf, 1, sizeof buf, stdin), taken = 0;
    size_t least = argc > 1 ? (size_t)atol(argv[1]) : 0;
    enum rtc_media_format format;
    const uint8_t *data;
    const char *why = "";

    if (rtc_media_probe(buf, len, true, &format, &why) <= 0)
        die(why);
    if (rtc_media_reader_new(&reader, format, NULL) < 0)
        die("no reader");
    while (taken < len) {
        int n = rtc_media_reader_push(reader, buf + taken, len - taken);

        if (n < 0)
            die(rtc_media_reader_why(reader));
        taken += (size_t)n;
        copy_all(format, least);
    }
    rtc_media_reader_end(reader);
    copy_all(format, least);
    if (writer && rtc_media_writer_end(writer, &data, &len) == 0)
        write_out(data, len);
    rtc_media_writer_free(writer);
    rtc_media_reader_free(reader);
    return EXIT_SUCCESS;
}
