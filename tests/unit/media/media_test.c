/* SPDX-License-Identifier: MIT
 * The table of formats: names, what an input is by its first bytes, and the
 * conversion of times. */
#include "clip.h"

static void test_names(void)
{
    is_str(rtc_media_format_name(RTC_MEDIA_OGG), "ogg", "a name");
    is_str(rtc_media_format_name(RTC_MEDIA_NONE), "none", "no format's name");
    is_int(rtc_media_format_by_name("IVF"), RTC_MEDIA_IVF, "by name");
    is_int(rtc_media_format_by_name("mp3"), RTC_MEDIA_NONE, "unknown name");
    is_int(rtc_media_format_by_path("a.b/x.H264"), RTC_MEDIA_ANNEXB,
           "by extension");
    is_int(rtc_media_format_by_path("x.opus"), RTC_MEDIA_OGG, "another one");
    is_int(rtc_media_format_by_path("x.av1"), RTC_MEDIA_OBU, "of AV1");
    is_int(rtc_media_format_for(RTC_CODEC_AV1), RTC_MEDIA_IVF,
           "default for AV1");
    is_int(rtc_media_format_by_path("x.h26"), RTC_MEDIA_NONE,
           "half an extension");
    is_int(rtc_media_format_by_path("ivf"), RTC_MEDIA_NONE, "no extension");
    is_int(rtc_media_format_by_path("x.mka"), RTC_MEDIA_MATROSKA, "Matroska");
    is_int(rtc_media_format_by_path("x.webm"), RTC_MEDIA_WEBM, "WebM");
    ok(!rtc_media_format_carries(RTC_MEDIA_WEBM, RTC_CODEC_H264),
       "WebM has no H.264");
    is_int(rtc_media_format_for(RTC_CODEC_H264), RTC_MEDIA_ANNEXB,
           "default for H.264");
    is_int(rtc_media_format_for(RTC_CODEC_H265), RTC_MEDIA_ANNEXB,
           "default for H.265");
    is_int(rtc_media_format_by_path("x.hevc"), RTC_MEDIA_ANNEXB,
           "an extension of it");
    is_int(rtc_media_format_for(RTC_CODEC_PCMU), RTC_MEDIA_WAV,
           "default for G.711");
    is_int(rtc_media_format_by_path("a.rtp"), RTC_MEDIA_RTPDUMP, "packets");
    is_int(rtc_media_format_for(RTC_CODEC_NONE), RTC_MEDIA_NONE,
           "default for none");
    ok(!rtc_media_format_carries(RTC_MEDIA_IVF, RTC_CODEC_OPUS),
       "IVF has no Opus");
}

static const struct {
    const char *bytes;
    size_t len;
    bool eof;
    int want;
    enum rtc_media_format format;
} probes[] = {
    {"", 0, false, 0, 0},
    {"", 0, true, RTC_ERR_FORMAT, 0},
    {"DKI", 3, false, 0, 0},
    {"DKI", 3, true, RTC_ERR_FORMAT, 0},
    {"DKIF", 4, false, 1, RTC_MEDIA_IVF},
    {"OggS", 4, false, 1, RTC_MEDIA_OGG},
    {"RIFF\xff\xff\xff\xffWAV", 11, false, 0, 0},
    {"RIFF\xff\xff\xff\xffWAVE", 12, false, 1, RTC_MEDIA_WAV},
    {"RIFF\0\0\0\0AVI ", 12, false, RTC_ERR_UNSUPPORTED, 0},
    {"#!rtpplay1.0", 12, false, 0, 0},
    {"#!rtpplay1.0 ", 13, false, 1, RTC_MEDIA_RTPDUMP},
    {"#!rtpplay2.0 ", 13, false, RTC_ERR_FORMAT, 0},
    {"\0\0\0", 3, false, 0, 0},
    {"\0\0\0\1\x67", 5, false, 0, 0},
    {"\0\0\0\1\x67\x42", 6, false, 1, RTC_MEDIA_ANNEXB},
    {"\0\0\1\x09\xf0", 5, false, 1, RTC_MEDIA_ANNEXB},
    {"\0\0\1\x40\x01", 5, false, 1, RTC_MEDIA_ANNEXB}, /* H.265 */
    {"\0\0\1\xb3\x16\1\1\1\1\1\1\1", 12, false, RTC_ERR_FORMAT, 0},
    {"\0\1\x67\x42........", 12, false, RTC_ERR_FORMAT, 0},
    {"\x12", 1, false, 0, 0},
    {"\x12\0", 2, false, 0, 0},
    {"\x12\0\x0a", 3, false, 1, RTC_MEDIA_OBU},
    {"\x12\0\x32", 3, false, 1, RTC_MEDIA_OBU},
    {"\x12\0\xb2.........", 12, false, RTC_ERR_FORMAT, 0},
    {"\x12\1\x0a.........", 12, false, RTC_ERR_FORMAT, 0},
    {"\x0f\x0e\1\x10", 4, false, 1, RTC_MEDIA_OBU}, /* annex B */
    {"\x80\2\xf0\1\2\x12\0", 7, false, 1, RTC_MEDIA_OBU},
    {"\x80\2\xf0\1\2\x12", 6, false, 0, 0},
    {"\x0f\x0f\1\x10........", 12, false, RTC_ERR_FORMAT, 0},
    {"\x1a\x45\xdf\xa3", 4, true, 1, RTC_MEDIA_MATROSKA},
    {"\x1a\x45\xdf", 3, false, 0, 0},
    {"\0\0\0\x20"
     "ftyp",
     8, true, RTC_ERR_UNSUPPORTED, 0},
    {"\0\0\0\x20"
     "ftypisom",
     12, false, RTC_ERR_UNSUPPORTED, 0},
    {"hello", 5, false, 0, 0},
    {"hello", 5, true, RTC_ERR_FORMAT, 0},
};

static void test_probe(void)
{
    static const uint8_t zeros[RTC_MEDIA_PROBE_MAX];

    for (size_t i = 0; i < sizeof probes / sizeof *probes; i++) {
        enum rtc_media_format format = RTC_MEDIA_NONE;
        const char *why = NULL;
        char name[32];
        int got = rtc_media_probe((const uint8_t *)probes[i].bytes,
                                  probes[i].len, probes[i].eof, &format, &why);

        snprintf(name, sizeof name, "probe row %zu", i);
        ok(got == probes[i].want && format == probes[i].format &&
               (got >= 0 || why),
           name);
    }
    is_int(rtc_media_probe(zeros, sizeof zeros, false,
                           &(enum rtc_media_format){0}, &(const char *){0}),
           RTC_ERR_FORMAT, "zeros without end are no format");
}

static void test_rescale(void)
{
    static const struct {
        int64_t time;
        uint32_t num, den, rate;
        int64_t want;
    } rows[] = {
        {7, 1, 30, 90000, 21000},
        {1, 1001, 30000, 90000, 3003},
        {1, 1, 3, 1000000, 333333},
        {2, 1, 3, 1000000, 666667},
        {-2, 1, 3, 1000000, -666667},
        {123456789012, 1, 48000, 48000, 123456789012},
        {INT64_MAX, 1, 1, 90000, INT64_MAX},
        {INT64_MIN, 1, 1, 90000, -INT64_MAX},
        {INT64_MAX, 1, UINT32_MAX, 1, 2147483648},
        {INT64_MAX, UINT32_MAX, UINT32_MAX, 1, INT64_MAX},
        {UINT32_MAX - 1, UINT32_MAX, UINT32_MAX, UINT32_MAX, INT64_MAX},
        {1, 1, 0, 90000, 0},
    };

    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        char name[32];

        snprintf(name, sizeof name, "rescale row %zu", i);
        is_int(rtc_media_rescale(rows[i].time, rows[i].num, rows[i].den,
                                 rows[i].rate),
               rows[i].want, name);
    }
}

static void test_calls(void)
{
    struct rtc_media_track tracks[2] = {{.codec = RTC_CODEC_VP8},
                                        {.codec = RTC_CODEC_VP8}};
    struct rtc_media_writer_config config = {
        .format = RTC_MEDIA_OGG, .tracks = tracks, .track_count = 1};
    struct rtc_media_writer *w = NULL;
    struct rtc_media_reader *r = NULL;
    struct rtc_media_frame frame = {0};
    const uint8_t *data;
    size_t len;

    is_int(rtc_media_writer_new(&w, &config), RTC_ERR_UNSUPPORTED,
           "VP8 does not go into Ogg");
    config.format = RTC_MEDIA_IVF;
    config.track_count = 2;
    is_int(rtc_media_writer_new(&w, &config), RTC_ERR_ARG, "one track only");
    config.format = RTC_MEDIA_NONE;
    is_int(rtc_media_writer_new(&w, &config), RTC_ERR_ARG, "no such writer");
    is_int(rtc_media_reader_new(&r, RTC_MEDIA_FORMAT_COUNT, NULL), RTC_ERR_ARG,
           "no such reader");
    rtc_media_reader_free(NULL);
    rtc_media_writer_free(NULL);

    is_int(rtc_media_reader_new(&r, RTC_MEDIA_IVF, NULL), 0, "a reader");
    is_int(rtc_media_reader_pop(r, &frame), 0, "nothing yet");
    is_int(rtc_media_reader_track_count(r), 0, "no track yet");
    ok(!rtc_media_reader_track(r, 0), "so there is none");
    rtc_media_reader_end(r);
    is_int(rtc_media_reader_pop(r, &frame), RTC_ERR_FORMAT, "empty input");
    is_str(rtc_media_reader_why(r), "the input is empty", "says so");
    is_int(rtc_media_reader_push(r, (const uint8_t *)"D", 1), RTC_ERR_FORMAT,
           "errors stay");
    rtc_media_reader_free(r);

    config.format = RTC_MEDIA_IVF;
    config.track_count = 1;
    is_int(rtc_media_writer_new(&w, &config), 0, "a writer");
    frame = (struct rtc_media_frame){
        .data = (const uint8_t *)"abcd", .len = 4, .base_num = 1};
    is_int(rtc_media_writer_frame(w, &frame, &data, &len), RTC_ERR_ARG,
           "a frame without time");
    frame.base_den = 30;
    frame.len = ((size_t)16 << 20) + 1;
    is_int(rtc_media_writer_frame(w, &frame, &data, &len), RTC_ERR_NOMEM,
           "a frame over the cap");
    frame.len = 0;
    is_int(rtc_media_writer_frame(w, &frame, &data, &len), RTC_ERR_ARG,
           "an empty frame");
    frame.len = 4;
    frame.track = 1;
    is_int(rtc_media_writer_frame(w, &frame, &data, &len), RTC_ERR_ARG,
           "a frame of no track");
    is_int(rtc_media_writer_end(w, &data, &len), 0, "the end");
    is_int(len, 0, "of nothing");
    frame.track = 0;
    is_int(rtc_media_writer_frame(w, &frame, &data, &len), RTC_ERR_STATE,
           "a frame after the end");
    is_int(rtc_media_writer_end(w, &data, &len), RTC_ERR_STATE, "another end");
    rtc_media_writer_free(w);
}

int main(void)
{
    test_names();
    test_probe();
    test_rescale();
    test_calls();
    return tap_done();
}
