/* SPDX-License-Identifier: MIT
 * Opus in Ogg: clips of libopus through ffmpeg, read and written; pages put
 * together by hand for what ffmpeg never writes; damage; gaps in time. */
#include "clip.h"
#include "media/ogg_page.h"

static uint8_t *clip_data;
static size_t clip_len;

static const char head[] = "OpusHead\1\2\x38\1\x80\xbb\0\0\0\0"; /* and 0 */
static const char tags[] = "OpusTags\0\0\0\0\0\0\0";

/* A file in the making, and the numbers its pages have. */
struct file {
    struct clip_out out;
    uint32_t serial, sequence;
};

static void page(struct file *f, uint8_t flags, int64_t granule,
                 const char *lacing, size_t lacing_count, const void *body)
{
    struct rtc_ogg_page p = {.flags = flags,
                             .granule = granule,
                             .serial = f->serial,
                             .sequence = f->sequence++,
                             .lacing = (const uint8_t *)lacing,
                             .lacing_count = lacing_count,
                             .body = body};

    rtc_ogg_page_write(&p, f->out.data + f->out.len);
    f->out.len += rtc_ogg_page_len(p.lacing, lacing_count);
}

static void headers(struct file *f)
{
    page(f, RTC_OGG_FIRST, 0, "\x13", 1, head);
    page(f, 0, 0, "\x10", 1, tags);
}

static struct clip *read_file(const struct file *f)
{
    ok(clip_is_steady(RTC_MEDIA_OGG, f->out.data, f->out.len),
       "in any pieces the same");
    return clip_read(RTC_MEDIA_OGG, f->out.data, f->out.len, 50);
}

static void test_read(void)
{
    struct clip *c = clip_read(RTC_MEDIA_OGG, clip_data, clip_len, clip_len);
    bool times = true;

    is_int(c->error, 0, "read without error");
    is_int(c->count, 51, "all packets");
    is_int(c->track.codec, RTC_CODEC_OPUS, "codec");
    is_int(c->track.channels, 1, "channels");
    is_int(c->track.pre_skip, 312, "pre-skip");
    is_int(c->track.sample_rate, 48000, "sample rate");
    for (unsigned i = 0; i < c->count; i++)
        times = times && c->frames[i].time == 960 * i &&
                c->frames[i].duration == 960 && c->frames[i].base_num == 1 &&
                c->frames[i].base_den == 48000;
    ok(times, "times and durations");
    ok(clip_is_steady(RTC_MEDIA_OGG, clip_data, clip_len),
       "in any pieces the same");
    clip_free(c);
}

/* Walks the pages without the reader: packets that end before `len`. */
static unsigned count_packets(size_t len, bool *ret_at_page)
{
    size_t at = 0;
    unsigned packets = 0;

    for (unsigned pages = 0;; pages++) {
        size_t next = at + 27 + (at + 26 < len ? clip_data[at + 26] : 0);
        unsigned ends = 0;

        *ret_at_page = at == len && packets > 0;
        if (next > len)
            return packets;
        for (unsigned i = 0; i < clip_data[at + 26]; i++) {
            next += clip_data[at + 27 + i];
            ends += clip_data[at + 27 + i] < 255;
        }
        if (next > len)
            return packets;
        packets += pages < 2 ? 0 : ends;
        at = next;
    }
}

static void test_truncation(void)
{
    struct clip *whole =
        clip_read(RTC_MEDIA_OGG, clip_data, clip_len, clip_len);
    bool pass = true;

    for (size_t len = 0; len <= clip_len; len++) {
        struct clip *c = clip_read(RTC_MEDIA_OGG, clip_data, len, 4096);
        bool at_page;
        unsigned packets = count_packets(len, &at_page);

        /* The clip has its second page at byte 47; the headers alone are a
         * stream, too. */
        if (c->count != packets || !clip_same_data(c, whole, packets) ||
            ((c->error == 0) != at_page && packets > 0)) {
            printf("# %zu bytes: %u of %u packets, %d %s\n", len, c->count,
                   packets, c->error, c->why);
            pass = false;
        }
        clip_free(c);
    }
    ok(pass, "cut anywhere: each whole page's packets, and an error in one");
    clip_free(whole);
}

/* Every byte is under the checksum or tells the page. */
static void test_damage(void)
{
    bool pass = true;

    for (size_t at = 0; at < clip_len; at += at < 400 ? 1 : 37) {
        struct clip *c;

        clip_data[at] ^= 0x10;
        c = clip_read(RTC_MEDIA_OGG, clip_data, clip_len, 1000);
        if (c->error != RTC_ERR_FORMAT || !c->why[0]) {
            printf("# byte %zu: %d\n", at, c->error);
            pass = false;
        }
        clip_free(c);
        clip_data[at] ^= 0x10;
    }
    ok(pass, "a bit changed anywhere is noticed");

    clip_data[100] ^= 1;
    struct clip *c = clip_read(RTC_MEDIA_OGG, clip_data, clip_len, 1000);
    is_str(c->why,
           "Ogg page 2 at byte 47: its checksum is wrong: the file is damaged "
           "here",
           "the sentence names the place");
    clip_data[100] ^= 1;
    clip_free(c);
}

static void test_write(const char *name)
{
    size_t len;
    uint8_t *data = clip_load(name, &len);
    struct clip *c = clip_read(RTC_MEDIA_OGG, data, len, len), *again;
    struct clip_out *out = calloc(1, sizeof *out);

    clip_write_all(RTC_MEDIA_OGG, c, out);
    again = clip_read(RTC_MEDIA_OGG, out->data, out->len, 100);
    is_int(again->error, 0, "written, and read without error");
    ok(clip_same(c, again), "the same packets and times");
    is_int(again->track.channels, c->track.channels, "channels");
    is_int(again->track.pre_skip, c->track.pre_skip, "pre-skip");
    is_int(out->data[out->len - 27 + 5], RTC_OGG_LAST, "the end is marked");
    clip_free(again);

    /* A stream that was cut off between two frames has no such mark. */
    again = clip_read(RTC_MEDIA_OGG, out->data, out->len - 27, 100);
    ok(again->error == 0 && again->count == c->count, "and need not be");
    clip_free(again);
    clip_free(c);
    free(out);
    free(data);
}

/* Lost packets: what was lost is filled, so that the times stay. */
static void test_gap(void)
{
    struct clip *c = clip_read(RTC_MEDIA_OGG, clip_data, clip_len, clip_len);
    struct rtc_media_writer *w = clip_writer(RTC_MEDIA_OGG, &c->track);
    struct clip_out *out = calloc(1, sizeof *out);
    struct clip *again;
    bool fill = true, same = true;

    for (unsigned i = 0; i < c->count; i++)
        if (i < 10 || i >= 14)
            is_int(clip_write(w, c, i, out), 0, "written");
    again = clip_read(RTC_MEDIA_OGG, out->data, out->len, 100);
    is_int(again->count, c->count, "as many packets");
    for (unsigned i = 0; i < again->count; i++) {
        const struct clip_frame *f = &again->frames[i];

        same = same && f->time == c->frames[i].time;
        if (i >= 10 && i < 14)
            fill = fill && f->len == 1 &&
                   f->data[0] == (c->frames[9].data[0] & 0xfc);
    }
    ok(fill, "the lost ones are empty frames of the mode before");
    ok(same, "all at their times");
    clip_free(again);
    rtc_media_writer_free(w);
    clip_free(c);
    free(out);
}

/* What stands for lost packets of two frames has one. */
static void test_two_frames(struct rtc_media_writer *w, int64_t time)
{
    struct rtc_media_frame frame = {.data = (const uint8_t *)"\xfd\xff\xfe",
                                    .len = 3,
                                    .time = time + 960,
                                    .base_num = 1,
                                    .base_den = 48000};
    const uint8_t *data;
    size_t len;
    struct rtc_ogg_page p;

    is_int(rtc_media_writer_frame(w, &frame, &data, &len), 0, "two frames");
    frame.time += 4 * 960;
    is_int(rtc_media_writer_frame(w, &frame, &data, &len), 0, "and a gap");
    is_int(rtc_ogg_page_parse(data, len, &p), 1, "its fill");
    is_mem(p.body, "\xfc\xfc", 2, "has the mode and one frame each");
    is_int((int64_t)p.lacing_count, 2, "and the gap's length");
}

/* RTP times as they come from elsewhere: not a multiple of the duration, steps
 * back, minutes of nothing. */
static void test_odd_times(void)
{
    static const struct {
        int64_t time;
        size_t pages; /* with their fill */
        int64_t end;
    } rows[] = {
        {5000, 3, 960},
        {5960, 1, 1920},
        {6920 + 1000, 2, 3880},
        {6000, 1, 4840},
        {9000, 1, 5800},
        {9000 + 120 * 48000, 1, 4000 + 5760000 + 960},
        {9000 + 150 * 48000, 7, 4000 + 7200000 + 960},
    };
    struct rtc_media_track track = {.codec = RTC_CODEC_OPUS};
    struct rtc_media_writer *w = clip_writer(RTC_MEDIA_OGG, &track);
    struct rtc_media_frame frame = {.data = (const uint8_t *)"\xfc\xff\xfe",
                                    .len = 3,
                                    .base_num = 1,
                                    .base_den = 48000};

    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct rtc_ogg_page p = {.granule = -2};
        const uint8_t *data = NULL;
        size_t len = 0, at = 0, pages = 0;

        frame.time = rows[i].time;
        is_int(rtc_media_writer_frame(w, &frame, &data, &len), 0, "written");
        while (at < len && rtc_ogg_page_parse(data + at, len - at, &p) == 1) {
            at += p.len;
            pages++;
        }
        is_int((int64_t)pages, (int64_t)rows[i].pages, "pages");
        is_int(p.granule, rows[i].end, "the last one's end");
    }
    test_two_frames(w, frame.time);
    frame.data = (const uint8_t *)"\xff";
    frame.len = 1;
    is_int(
        rtc_media_writer_frame(w, &frame, &(const uint8_t *){0}, &(size_t){0}),
        RTC_ERR_FORMAT, "a malformed packet");
    rtc_media_writer_free(w);
}

static void test_default_head(void)
{
    struct rtc_media_track track = {.codec = RTC_CODEC_OPUS};
    struct rtc_media_writer *w = clip_writer(RTC_MEDIA_OGG, &track);
    struct rtc_media_frame frame = {.data = (const uint8_t *)"\xfc",
                                    .len = 1,
                                    .base_num = 1,
                                    .base_den = 48000};
    const uint8_t *data;
    size_t len;
    struct rtc_ogg_page p;

    is_int(rtc_media_writer_frame(w, &frame, &data, &len), 0, "written");
    is_int(rtc_ogg_page_parse(data, len, &p), 1, "the first page");
    is_mem(p.body, head, sizeof head, "is stereo with 312 samples to skip");
    is_int(p.flags, RTC_OGG_FIRST, "and the first");
    is_int(p.serial, 0x1234, "of our serial number");
    rtc_media_writer_free(w);
}

/* A packet over three pages, two in one page, and one whose end is lost. */
static void test_continued(void)
{
    struct file *f = calloc(1, sizeof *f);
    static uint8_t body[3000];
    struct clip *c;

    memset(body, 0xfc, sizeof body);
    headers(f);
    page(f, 0, 960, "\4\xff", 2, body);
    page(f, RTC_OGG_CONTINUED, -1, "\xff\xff", 2, body);
    page(f, RTC_OGG_CONTINUED, 2880, "\5\6\xff", 3, body);
    f->sequence++;
    page(f, RTC_OGG_CONTINUED, 4800, "\7\x9", 2, body);
    c = read_file(f);
    is_int(c->error, 0, "continued packets");
    is_int(c->count, 4, "four are whole");
    is_int(c->frames[1].len, 255 * 3 + 5, "one of three pages");
    is_int(c->frames[2].len, 6, "one behind it");
    is_int(c->frames[3].len, 9, "one after the hole");
    is_int(c->frames[2].time, 1920, "time before the hole");
    is_int(c->frames[3].time, 3840, "time after it");
    clip_free(c);

    f->sequence++;
    page(f, RTC_OGG_CONTINUED, -1, "\xff", 1, body);
    page(f, RTC_OGG_CONTINUED, 5760, "\7", 1, body);
    page(f, 0, -1, "\xff", 1, body);
    c = read_file(f);
    is_int(c->count, 4, "none whose beginning is lost, none that is cut");
    is_int(c->error, RTC_ERR_FORMAT, "is an error at the end");
    clip_free(c);
    free(f);
}

/* Another stream beside it, then a second file behind the first. */
static void test_chain(void)
{
    struct file *f = calloc(1, sizeof *f);
    struct clip *c;

    page(f, RTC_OGG_FIRST, 0, "\7", 1, "\1vorbis");
    f->serial = 5;
    headers(f);
    f->serial = 0;
    page(f, 0, 0, "\3", 1, "abc");
    f->serial = 5;
    page(f, 0, 960, "\1", 1, "\xfc");
    page(f, RTC_OGG_LAST, 1000, "\1", 1, "\xfc");
    f->serial = 6;
    headers(f);
    page(f, 0, 1920, "\1\1", 2, "\xfc\xfc");
    page(f, RTC_OGG_LAST, 3840, "\1", 1, "\xfc");
    c = read_file(f);
    is_int(c->error, 0, "multiplexed and chained");
    is_int(c->count, 5, "all packets of Opus");
    is_int(c->frames[1].time, 960, "the cut end keeps its time");
    is_int(c->frames[2].time, 1920, "the next link goes on");
    is_int(c->frames[3].time, 2880, "with its packets");
    is_int(c->frames[4].time, 1920 + 2880, "and its gap");
    clip_free(c);
    free(f);
}

static void test_refused(void)
{
    static const struct {
        const char *head;
        size_t len;
        int error;
        const char *why;
    } rows[] = {
        {"\1vorbis\0\0\0\0\0\0\0\0\0\0\0\0", 19, RTC_ERR_UNSUPPORTED,
         "Ogg page 2 at byte 47: no stream in this file is Opus: encode it "
         "with ffmpeg -c:a libopus"},
        {"OpusHead\1\6\x38\1\x80\xbb\0\0\0\0\1", 19, RTC_ERR_UNSUPPORTED,
         "Ogg page 1 at byte 0: Opus that is neither mono nor stereo, which "
         "WebRTC has not (encode it with ffmpeg -ac 2)"},
        {"OpusHead\1\2\x38\1\x80\xbb\0\0\0\0\xff", 19, RTC_ERR_UNSUPPORTED,
         "Ogg page 1 at byte 0: Opus that is neither mono nor stereo, which "
         "WebRTC has not (encode it with ffmpeg -ac 2)"},
        {"OpusHead\x10\2\x38\1\x80\xbb\0\0\0\0\0", 19, RTC_ERR_FORMAT,
         "Ogg page 1 at byte 0: not a known OpusHead"},
        {"OpusHead\1\0\x38\1\x80\xbb\0\0\0\0\0", 19, RTC_ERR_FORMAT,
         "Ogg page 1 at byte 0: not a known OpusHead"},
    };

    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct file *f = calloc(1, sizeof *f);
        struct clip *c;

        page(f, RTC_OGG_FIRST, 0, "\x13", 1, rows[i].head);
        page(f, 0, 0, "\x10", 1, tags);
        c = read_file(f);
        is_int(c->error, rows[i].error, "a header refused");
        is_str(c->why, rows[i].why, "and its sentence");
        clip_free(c);
        free(f);
    }
}

static void test_misplaced(void)
{
    struct file *f = calloc(1, sizeof *f);
    struct clip *c;

    page(f, 0, 0, "\x10", 1, tags);
    c = read_file(f);
    is_str(c->why,
           "Ogg page 1 at byte 0: the input begins in the middle of a stream, "
           "without its headers",
           "no headers");
    clip_free(c);

    f->out.len = 0;
    page(f, RTC_OGG_FIRST, 0, "\x13", 1, head);
    page(f, 0, 960, "\1", 1, "\xfc");
    c = read_file(f);
    is_str(c->why, "Ogg page 2 at byte 47: OpusTags is missing", "no tags");
    clip_free(c);

    f->out.len = 0;
    headers(f);
    page(f, 0, 960, "\1\0\1", 3, "\xfc\xff");
    c = read_file(f);
    is_int(c->count, 1, "a packet before a malformed one");
    is_str(c->why, "Ogg page 3 at byte 91: a packet is malformed", "named");
    clip_free(c);

    f->out.len = 0;
    headers(f);
    page(f, 0, INT64_MAX, "\1", 1, "\xfc");
    c = read_file(f);
    is_int(c->error, RTC_ERR_FORMAT, "an impossible granule position");
    clip_free(c);
    free(f);
}

/* Comments may have any length, a packet may not. */
static void test_caps(void)
{
    static uint8_t body[65025] = "OpusTags";
    static char lacing[255], big[RTC_OGG_PAGE_MAX * 3 + 200];
    static struct file f;
    struct rtc_media_reader *r;
    struct rtc_media_frame frame;

    memset(lacing, '\xff', sizeof lacing);
    for (int round = 0; round < 2; round++) {
        size_t at = 0, len = 0;
        int got = 0;

        memset(&f, 0, sizeof f);
        page(&f, RTC_OGG_FIRST, 0, "\x13", 1, head);
        if (round)
            page(&f, 0, 0, "\x10", 1, tags);
        memcpy(big, f.out.data, len = f.out.len);
        for (int i = 0; i < 2; i++) {
            struct rtc_ogg_page p = {.flags = i ? RTC_OGG_CONTINUED : 0,
                                     .granule = -1,
                                     .sequence = f.sequence++,
                                     .lacing = (uint8_t *)lacing,
                                     .lacing_count = 255,
                                     .body = body};

            rtc_ogg_page_write(&p, (uint8_t *)big + len);
            len += rtc_ogg_page_len(p.lacing, 255);
        }
        f.out.len = 0;
        page(&f, RTC_OGG_CONTINUED, 0, "\1", 1, "x");
        page(&f, 0, 960, "\1", 1, "\xfc");
        memcpy(big + len, f.out.data, f.out.len);
        len += f.out.len;

        rtc_media_reader_new(&r, RTC_MEDIA_OGG, NULL);
        while (at < len && got == 0) {
            int taken = rtc_media_reader_push(r, (uint8_t *)big + at, len - at);

            if (taken <= 0)
                break;
            at += (size_t)taken;
            got = rtc_media_reader_pop(r, &frame);
        }
        is_int(got, round ? RTC_ERR_FORMAT : 1,
               round ? "a packet of 127 KiB is refused"
                     : "comments of 127 KiB are skipped");
        rtc_media_reader_free(r);
    }
}

int main(void)
{
    clip_data = clip_load("media_opus.ogg", &clip_len);
    test_read();
    test_truncation();
    test_damage();
    test_write("media_opus.ogg");
    test_write("media_opus_60ms.ogg");
    test_gap();
    test_odd_times();
    test_default_head();
    test_continued();
    test_chain();
    test_refused();
    test_misplaced();
    test_caps();
    free(clip_data);
    return tap_done();
}
