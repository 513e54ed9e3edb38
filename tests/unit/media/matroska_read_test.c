/* SPDX-License-Identifier: MIT
 * The Matroska reader, with files made up here: sizes told and not, lacing and
 * times, header stripping, what is skipped, left out and refused, and hostile
 * ones. */
#include "media/ebml.h"
#include "media/matroska.h"

#include "clip.h"

/* A file in the making. */
struct file {
    struct rtc_writer w;
    size_t segment, tracks, cluster; /* as rtc_ebml_open gives; 0: no size */
    uint8_t data[65536];
};

static void put_ebml(struct file *f, const char *doc_type)
{
    size_t ebml = rtc_ebml_open(&f->w, RTC_MATROSKA_EBML);

    rtc_ebml_write_text(&f->w, RTC_MATROSKA_DOC_TYPE, doc_type);
    rtc_ebml_close(&f->w, ebml);
}

/* A file with its header and Segment, of known size or not. */
static struct file *file_new(bool sized)
{
    struct file *f = calloc(1, sizeof *f);

    rtc_writer_init(&f->w, f->data, sizeof f->data);
    put_ebml(f, "matroska");
    if (sized)
        f->segment = rtc_ebml_open(&f->w, RTC_MATROSKA_SEGMENT);
    else
        rtc_ebml_write_unknown(&f->w, RTC_MATROSKA_SEGMENT);
    return f;
}

static void put_entry(struct file *f, unsigned number, const char *codec,
                      const void *private_data, size_t private_len)
{
    size_t entry = rtc_ebml_open(&f->w, RTC_MATROSKA_TRACK_ENTRY);

    rtc_ebml_write_uint(&f->w, RTC_MATROSKA_TRACK_NUMBER, number);
    rtc_ebml_write_uint(&f->w, RTC_MATROSKA_TRACK_TYPE, *codec == 'V' ? 1 : 2);
    rtc_ebml_write_text(&f->w, RTC_MATROSKA_CODEC_ID, codec);
    if (private_len > 0)
        rtc_ebml_write_bytes(&f->w, RTC_MATROSKA_CODEC_PRIVATE, private_data,
                             private_len);
    rtc_ebml_close(&f->w, entry);
}

static void put_track(struct file *f, const char *codec)
{
    size_t tracks = rtc_ebml_open(&f->w, RTC_MATROSKA_TRACKS);

    put_entry(f, 1, codec, NULL, 0);
    rtc_ebml_close(&f->w, tracks);
}

static void put_cluster(struct file *f, uint64_t time, bool sized)
{
    f->cluster = 0;
    if (sized)
        f->cluster = rtc_ebml_open(&f->w, RTC_MATROSKA_CLUSTER);
    else
        rtc_ebml_write_unknown(&f->w, RTC_MATROSKA_CLUSTER);
    rtc_ebml_write_uint(&f->w, RTC_MATROSKA_TIMESTAMP, time);
}

static void end_cluster(struct file *f)
{
    if (f->cluster)
        rtc_ebml_close(&f->w, f->cluster);
    f->cluster = 0;
}

/* `body` is all of the block: number, time, flags and the rest. */
#define PUT_BLOCK(f, body)                                                     \
    rtc_ebml_write_bytes(&(f)->w, RTC_MATROSKA_SIMPLE_BLOCK, body,             \
                         sizeof body - 1)

static struct clip *read_file(struct file *f)
{
    struct clip *c;

    if (f->segment)
        rtc_ebml_close(&f->w, f->segment);
    ok(!f->w.failed, "a file");
    ok(clip_is_steady(RTC_MEDIA_MATROSKA, f->data, f->w.len),
       "in any pieces the same");
    c = clip_read(RTC_MEDIA_MATROSKA, f->data, f->w.len, f->w.len);
    free(f);
    return c;
}

/* Every mix of told and untold sizes, things to skip in each place. */
static void test_sizes(void)
{
    for (unsigned round = 0; round < 4; round++) {
        struct file *f = file_new(round & 1);
        struct clip *c;

        rtc_ebml_write_bytes(&f->w, 0xec, "..", 2);
        put_track(f, "V_VP8");
        put_cluster(f, 10, round & 2);
        PUT_BLOCK(f, "\x81\0\0\x80"
                     "one");
        rtc_ebml_write_bytes(&f->w, 0xec, "...", 3);
        PUT_BLOCK(f, "\x82\0\0\x80"
                     "of no track");
        end_cluster(f);
        put_cluster(f, 20, round & 2);
        PUT_BLOCK(f, "\x81\0\1\0"
                     "two");
        end_cluster(f);
        rtc_ebml_write_bytes(&f->w, RTC_MATROSKA_CUES, "cues", 4);
        rtc_ebml_write_bytes(&f->w, RTC_MATROSKA_TAGS, "", 0);
        c = read_file(f);
        is_str(c->why, "", "no error");
        is_int(c->count, 2, "frames");
        ok(c->count == 2 && memcmp(c->frames[0].data, "one", 3) == 0 &&
               c->frames[1].time == 21000000,
           "what they are");
        clip_free(c);
    }
}

static void test_scale(void)
{
    struct file *f = file_new(false);
    size_t info = rtc_ebml_open(&f->w, RTC_MATROSKA_INFO);
    struct clip *c;

    rtc_ebml_write_uint(&f->w, RTC_MATROSKA_TIMESTAMP_SCALE, 11111);
    rtc_ebml_close(&f->w, info);
    put_track(f, "V_VP8");
    put_cluster(f, 1000, true);
    PUT_BLOCK(f, "\x81\xff\xff\x80"
                 "one");
    end_cluster(f);
    put_cluster(f, 0, true);
    PUT_BLOCK(f, "\x81\xff\xff\x80"
                 "before 0");
    end_cluster(f);
    c = read_file(f);
    ok(c->count == 2 && c->frames[0].time == INT64_C(999) * 11111,
       "times of another scale, and before their cluster");
    ok(c->count == 2 && c->frames[1].time == 0, "none is before 0");
    clip_free(c);
}

static const char opus_head[] = "OpusHead\1\2\x38\1\x80\xbb\0\0\0\0\0";

/* Frames of 20 ms in a lace; a jitter of the file's unit is evened out. */
static void test_audio_times(void)
{
    static const int64_t want[] = {0, 20, 40, 60, 80, 100, 500};
    struct file *f = file_new(false);
    size_t tracks = rtc_ebml_open(&f->w, RTC_MATROSKA_TRACKS);
    bool times = true;
    struct clip *c;

    put_entry(f, 1, "A_OPUS", opus_head, 19);
    rtc_ebml_close(&f->w, tracks);
    put_cluster(f, 0, true);
    PUT_BLOCK(f, "\x81\0\0\2\2\2\2"
                 "\x08.\x08.\x08.");
    PUT_BLOCK(f, "\x81\0\x3d\0"
                 "\x08."); /* 61 */
    PUT_BLOCK(f, "\x81\0\x4f\0"
                 "\x08."); /* 79 */
    PUT_BLOCK(f, "\x81\0\x64\0"
                 "\x08."); /* 100 */
    PUT_BLOCK(f, "\x81\1\xf4\0"
                 "\x08."); /* 500 */
    end_cluster(f);
    c = read_file(f);
    is_int(c->count, 7, "packets");
    for (unsigned i = 0; i < c->count; i++)
        times = times && c->frames[i].time == want[i] * 1000000 &&
                c->frames[i].duration == 20000000 && c->frames[i].keyframe;
    ok(times, "times");
    ok(c->track.pre_skip == 312 && c->track.sample_rate == 48000 &&
           c->track.channels == 2,
       "what OpusHead says");
    clip_free(c);
}

/* Laced pictures by DefaultDuration; durations and key frames of groups. */
static void test_groups(void)
{
    struct file *f = file_new(false);
    size_t tracks = rtc_ebml_open(&f->w, RTC_MATROSKA_TRACKS);
    size_t entry = rtc_ebml_open(&f->w, RTC_MATROSKA_TRACK_ENTRY), group;
    struct clip *c;

    rtc_ebml_write_uint(&f->w, RTC_MATROSKA_TRACK_NUMBER, 1);
    rtc_ebml_write_uint(&f->w, RTC_MATROSKA_TRACK_TYPE, 1);
    rtc_ebml_write_text(&f->w, RTC_MATROSKA_CODEC_ID, "V_VP8");
    rtc_ebml_write_uint(&f->w, RTC_MATROSKA_DEFAULT_DURATION, 33333333);
    rtc_ebml_close(&f->w, entry);
    rtc_ebml_close(&f->w, tracks);
    put_cluster(f, 0, false);
    PUT_BLOCK(f, "\x81\0\0\4\1"
                 "aabb");
    group = rtc_ebml_open(&f->w, RTC_MATROSKA_BLOCK_GROUP);
    rtc_ebml_write_bytes(&f->w, RTC_MATROSKA_BLOCK,
                         "\x81\0\x64\0"
                         "cc",
                         6);
    rtc_ebml_write_uint(&f->w, RTC_MATROSKA_BLOCK_DURATION, 40);
    rtc_ebml_close(&f->w, group);
    c = read_file(f);
    is_int(c->count, 3, "pictures");
    ok(c->frames[1].time == 33333333 && c->frames[1].duration == 33333333,
       "of one block");
    ok(c->frames[2].time == 100000000 && c->frames[2].duration == 40000000,
       "of a group");
    clip_free(c);
}

/* A track whose every frame begins with the bytes that were taken off. */
static void put_encoded(struct file *f, unsigned algorithm, unsigned type)
{
    size_t tracks = rtc_ebml_open(&f->w, RTC_MATROSKA_TRACKS);
    size_t entry = rtc_ebml_open(&f->w, RTC_MATROSKA_TRACK_ENTRY);
    size_t all, one, how;

    rtc_ebml_write_uint(&f->w, RTC_MATROSKA_TRACK_NUMBER, 1);
    rtc_ebml_write_uint(&f->w, RTC_MATROSKA_TRACK_TYPE, 1);
    rtc_ebml_write_text(&f->w, RTC_MATROSKA_CODEC_ID, "V_VP8");
    all = rtc_ebml_open(&f->w, RTC_MATROSKA_CONTENT_ENCODINGS);
    one = rtc_ebml_open(&f->w, RTC_MATROSKA_CONTENT_ENCODING);
    rtc_ebml_write_uint(&f->w, RTC_MATROSKA_ENCODING_TYPE, type);
    how = rtc_ebml_open(&f->w, RTC_MATROSKA_COMPRESSION);
    rtc_ebml_write_uint(&f->w, RTC_MATROSKA_COMPRESSION_ALGORITHM, algorithm);
    rtc_ebml_write_bytes(&f->w, RTC_MATROSKA_COMPRESSION_SETTINGS, "head", 4);
    rtc_ebml_close(&f->w, how);
    rtc_ebml_close(&f->w, one);
    rtc_ebml_close(&f->w, all);
    rtc_ebml_close(&f->w, entry);
    rtc_ebml_close(&f->w, tracks);
    put_cluster(f, 0, true);
    PUT_BLOCK(f, "\x81\0\0\0"
                 "tail");
    end_cluster(f);
}

static void test_encodings(void)
{
    struct file *f = file_new(false);
    struct clip *c;

    put_encoded(f, 3, 0);
    c = read_file(f);
    ok(c->count == 1 && c->frames[0].len == 8 &&
           memcmp(c->frames[0].data, "headtail", 8) == 0,
       "header stripping is undone");
    clip_free(c);

    f = file_new(false);
    put_encoded(f, 0, 0);
    c = read_file(f);
    is_int(c->error, RTC_ERR_UNSUPPORTED, "zlib is refused");
    is_str(c->why,
           "track 1 (V_VP8) is compressed by the container: take that off with "
           "mkvmerge -o OUT --compression -1:none IN",
           "with a way out");
    clip_free(c);

    f = file_new(false);
    put_encoded(f, 0, 1);
    c = read_file(f);
    is_int(c->error, RTC_ERR_UNSUPPORTED, "encryption, too");
    is_str(c->why, "track 1 (V_VP8) is encrypted", "by its name");
    clip_free(c);
}

static void test_tracks(void)
{
    struct file *f = file_new(false);
    size_t tracks = rtc_ebml_open(&f->w, RTC_MATROSKA_TRACKS);
    struct clip *c;

    for (unsigned i = 1; i <= 1000; i++)
        put_entry(f, i, i == 500 ? "V_VP8" : "S_TEXT/UTF8", NULL, 0);
    rtc_ebml_close(&f->w, tracks);
    put_cluster(f, 0, false);
    PUT_BLOCK(f, "\x41\xf4\0\0\0"
                 "five hundred");
    c = read_file(f);
    is_int(c->track_count, 1, "one of 1000 tracks");
    is_int(c->count, 1, "and its frame");
    ok(strncmp(c->left_out, "S_TEXT/UTF8, S_TEXT/UTF8, ", 26) == 0 &&
           strlen(c->left_out) < RTC_MEDIA_WHY_MAX,
       "the others are named, as many as fit");
    clip_free(c);

    f = file_new(false);
    tracks = rtc_ebml_open(&f->w, RTC_MATROSKA_TRACKS);
    for (unsigned i = 1; i <= 9; i++)
        put_entry(f, i, "V_VP8", NULL, 0);
    rtc_ebml_close(&f->w, tracks);
    c = read_file(f);
    is_int(c->error, RTC_ERR_UNSUPPORTED, "nine tracks are refused");
    clip_free(c);

    f = file_new(false);
    put_track(f, "A_VORBIS");
    c = read_file(f);
    is_int(c->error, RTC_ERR_UNSUPPORTED, "no track of use");
    is_str(
        c->why,
        "no track can be carried, there is A_VORBIS: encode them with ffmpeg "
        "-c:v libx264 -bf 0 -c:a libopus -ac 2",
        "the codec is named");
    clip_free(c);
}

/* Samples at other rates than RTP has are left out. */
static void test_waves(void)
{
    static const char waves[][18] = {
        "\7\0\1\0\x40\x1f\0\0\x40\x1f\0\0\1\0\x08\0\0",
        "\7\0\2\0\x40\x1f\0\0\x80\x3e\0\0\2\0\x08\0\0", /* stereo */
        "\6\0\1\0\x80\x3e\0\0\x80\x3e\0\0\1\0\x08\0\0", /* 16 kHz */
        "\1\0\1\0\x40\x1f\0\0\x80\x3e\0\0\2\0\x10\0\0", /* PCM */
    };

    for (size_t i = 0; i < sizeof waves / sizeof *waves; i++) {
        struct file *f = file_new(false);
        size_t tracks = rtc_ebml_open(&f->w, RTC_MATROSKA_TRACKS);
        struct clip *c;

        put_entry(f, 1, "A_MS/ACM", waves[i], 18);
        rtc_ebml_close(&f->w, tracks);
        c = read_file(f);
        is_int(c->error, i == 0 ? 0 : RTC_ERR_UNSUPPORTED, "G.711 of 8 kHz");
        is_str(c->left_out,
               i == 0 ? ""
                      : "A_MS/ACM other than G.711 at 8 kHz and G.722, in mono",
               "and what is left out");
        clip_free(c);
    }
}

/* Length fields of 1, 2 and 4 bytes, parameter sets where they are missing,
 * start codes where lengths should be. */
static void test_h264(void)
{
    static const char avcc[] = "\1\x42\xc0\x0a\xff\xe1\0\4\x67\x42\xc0\x0a"
                               "\1\0\2\x68\xce";
    static const char *const blocks[] = {
        "\x81\0\0\x80\2\x09\xf0\3\x65\x88\x80",
        "\x81\0\0\x80\0\2\x09\xf0\0\3\x65\x88\x80",
        "\x81\0\0\x80\0\0\0\2\x09\xf0\0\0\0\3\x65\x88\x80",
        "\x81\0\0\x80\0\0\0\1\x09\xf0\0\0\1\x65\x88\x80",
    };
    static const uint8_t want[] = {
        0,    0, 0, 1, 9, 0xf0, 0,    0, 0, 1, 0x67, 0x42, 0xc0,
        0x0a, 0, 0, 0, 1, 0x68, 0xce, 0, 0, 1, 0x65, 0x88, 0x80};
    static const size_t lens[] = {11, 13, 17, 16};
    static const uint8_t sizes[] = {0, 1, 3, 3};

    for (size_t i = 0; i < 4; i++) {
        struct file *f = file_new(false);
        size_t tracks = rtc_ebml_open(&f->w, RTC_MATROSKA_TRACKS);
        char own[sizeof avcc];
        struct clip *c;

        memcpy(own, avcc, sizeof own);
        own[4] = (char)(0xfc | sizes[i]);
        put_entry(f, 1, "V_MPEG4/ISO/AVC", own, sizeof own - 1);
        rtc_ebml_close(&f->w, tracks);
        put_cluster(f, 0, true);
        rtc_ebml_write_bytes(&f->w, RTC_MATROSKA_SIMPLE_BLOCK, blocks[i],
                             lens[i]);
        end_cluster(f);
        c = read_file(f);
        is_str(c->why, "", "units behind their lengths");
        ok(c->count == 1 && c->frames[0].keyframe &&
               c->frames[0].len == sizeof want &&
               memcmp(c->frames[0].data, want, sizeof want) == 0,
           "become a byte stream with parameter sets");
        clip_free(c);
    }
}

static struct clip *read_bytes(const void *head, size_t head_len,
                               const void *tail, size_t tail_len)
{
    uint8_t data[1024];

    memcpy(data, head, head_len);
    memcpy(data + head_len, tail, tail_len);
    return clip_read(RTC_MEDIA_MATROSKA, data, head_len + tail_len, 7);
}

static void test_refused(void)
{
    static const struct {
        const char *bytes;
        size_t len;
        const char *why;
    } rows[] = {
        {"\x1f\x43\xb6\x75\xff\xa3\x85\x81\0\0\0.", 12,
         "byte 62: a block comes before the time of its cluster"},
        {"\x1f\x43\xb6\x75\xff\xe7\x81\0\xa3\x83\x81\0\0", 13,
         "byte 65: a block is damaged"},
        {"\x1f\x43\xb6\x75\xff\xe7\x88\xff\xff\xff\xff\xff\xff\xff\xff", 15,
         "byte 62: the time of a cluster is impossible"},
        {"\x1f\x43\xb6\x75\xff\xe7\x89.........", 16,
         "byte 62: an element is larger than any such is"},
        {"\x1f\x43\xb6\x75\xff\xe7\x81\0\xa3\x01\xff\xff\xff\xff\xff\xff\xfe",
         17, "byte 65: an element is larger than any such is"},
        {"\x1f\x43\xb6\x75\x84\xe7\x81\0\xa3\x85\x81\0\0\0.", 15,
         "byte 65: an element reaches past the one it is in: the file is "
         "damaged"},
        {"\x1f\x43\xb6\x75\xff\xa0\xff", 7,
         "byte 62: an element has no size that must have one"},
        {"\x12\x54\xc3\x67\x01\xff\xff\xff\xff\xff\xff\xfe", 12,
         "cut short at byte 69, within an element that is skipped, at byte 69"},
        {"\0\0\0\0", 4, "byte 57: no element begins here: the file is damaged"},
        {"\x1a\x45\xdf\xa3\x80", 5,
         "byte 57: another file begins: only the first one is read"},
    };
    struct file *f = file_new(false);

    put_track(f, "V_VP8");
    is_int(f->w.len, 57, "a file without media");
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct clip *c =
            read_bytes(f->data, f->w.len, rows[i].bytes, rows[i].len);

        is_int(c->error, RTC_ERR_FORMAT, "a damaged file");
        is_str(c->why, rows[i].why, "and its sentence");
        clip_free(c);
    }
    free(f);
}

static void test_headers(void)
{
    static const struct {
        const char *bytes;
        size_t len;
        int error;
        const char *why;
    } rows[] = {
        {"\x1a\x45\xdf\xa3\x84\x42\x82\x81x", 9, RTC_ERR_UNSUPPORTED,
         "this is EBML, but not Matroska or WebM of a known version"},
        {"\x1a\x45\xdf\xa3\x80", 5, RTC_ERR_UNSUPPORTED,
         "this is EBML, but not Matroska or WebM of a known version"},
        {"\x1a\x45\xdf\xa3\x8b\x42\x82\x84webm\x42\xf7\x81\2", 16,
         RTC_ERR_UNSUPPORTED,
         "this is EBML, but not Matroska or WebM of a known version"},
        {"\x1a\x45\xdf\xa3\x87\x42\x82\x84we", 10, RTC_ERR_FORMAT,
         "cut short at byte 10, within the element at byte 0"},
        {"\x1a\x45\xdf\xa3\x87\x42\x82\x85webm", 12, RTC_ERR_FORMAT,
         "byte 0: the EBML header is damaged"},
        {"\x1a\x45\xdf\xa3\x87\x42\x82\x84webm\x18\x53\x80\x67\xff", 17,
         RTC_ERR_FORMAT,
         "cut short at byte 17, within the headers, at byte "
         "17"},
        {"\x1a\x45\xdf\xa3\x87\x42\x82\x84webm\x18\x53\x80\x67\xff"
         "\x1f\x43\xb6\x75\xff",
         22, RTC_ERR_FORMAT,
         "byte 17: media comes before the list of tracks: bring it into order "
         "with ffmpeg -c copy"},
        {"\xa3\x80", 2, RTC_ERR_FORMAT,
         "byte 0: this is not the beginning of a Matroska file"},
    };

    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct clip *c = read_bytes(rows[i].bytes, rows[i].len, "", 0);

        is_int(c->error, rows[i].error, "a header that is none");
        is_str(c->why, rows[i].why, "and its sentence");
        clip_free(c);
    }
}

/* An attachment of any size goes by without being kept. */
static void test_skip(void)
{
    static uint8_t part[65536];
    struct file *f = file_new(false);
    struct rtc_media_reader *r;
    struct rtc_media_frame frame;
    size_t at = 0, head;
    int got = 0;

    put_track(f, "V_VP8");
    rtc_ebml_write_header(&f->w, RTC_MATROSKA_ATTACHMENTS, 100000000);
    head = f->w.len;
    put_cluster(f, 0, false);
    PUT_BLOCK(f, "\x81\0\0\0"
                 "behind it");
    rtc_media_reader_new(&r, RTC_MEDIA_MATROSKA, NULL);
    got = rtc_media_reader_push(r, f->data, head);
    while (at < 100000000 && got >= 0) {
        size_t len =
            100000000 - at < sizeof part ? 100000000 - at : sizeof part;

        if ((got = rtc_media_reader_pop(r, &frame)) < 0)
            break;
        if ((got = rtc_media_reader_push(r, part, len)) <= 0)
            break;
        at += (size_t)got;
    }
    is_int(at, 100000000, "100 MB are passed by");
    rtc_media_reader_pop(r, &frame);
    rtc_media_reader_push(r, f->data + head, f->w.len - head);
    is_int(rtc_media_reader_pop(r, &frame), 1, "and a frame behind them");
    rtc_media_reader_free(r);
    free(f);
}

int main(void)
{
    test_sizes();
    test_scale();
    test_audio_times();
    test_groups();
    test_encodings();
    test_tracks();
    test_waves();
    test_h264();
    test_refused();
    test_headers();
    test_skip();
    return tap_done();
}
