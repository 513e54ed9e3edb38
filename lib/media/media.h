/* SPDX-License-Identifier: MIT
 * Encoded media in files and pipes, without I/O: a reader takes bytes as they
 * come and gives whole frames, a writer takes frames and gives the bytes to
 * write out at once. Both know nothing of WebRTC. One table row a format (see
 * format.h); the format of a pipe is told by its first bytes. */
#pragma once

#include "rtc.h"

enum rtc_media_format {
    RTC_MEDIA_NONE,
    RTC_MEDIA_IVF,      /* VP8, VP9, AV1 */
    RTC_MEDIA_ANNEXB,   /* H.264, H.265: a byte stream (Annex B of each) */
    RTC_MEDIA_OGG,      /* Opus (RFC 3533, RFC 7845) */
    RTC_MEDIA_OBU,      /* AV1 low-overhead byte stream (AV1 5.2) */
    RTC_MEDIA_WAV,      /* G.711, G.722 */
    RTC_MEDIA_MATROSKA, /* any codecs, several tracks (RFC 9559) */
    RTC_MEDIA_WEBM,     /* the same of VP8, VP9, AV1 and Opus only; what is
                           read is told as Matroska */
    /* RTP packets, by rtptools: a frame is one packet with its header, of any
     * SSRC, and its time is the arrival. A frame's codec is what a payload type
     * of RFC 3551 6 means, else NONE; the track's is NONE, and that of a
     * writer. Other packets mean nothing without their session's description.
     */
    RTC_MEDIA_RTPDUMP,
    RTC_MEDIA_FORMAT_COUNT
};

/* Name for options and messages ("ivf", "annexb", "ogg", "obu", "wav",
 * "matroska", "webm", "rtpdump"; "none"). Static. */
const char *rtc_media_format_name(enum rtc_media_format format);
/* By that name, or by the extension of a path; RTC_MEDIA_NONE: unknown. */
enum rtc_media_format rtc_media_format_by_name(const char *name);
enum rtc_media_format rtc_media_format_by_path(const char *path);
/* The format a lone track of `codec` is written in by default. */
enum rtc_media_format rtc_media_format_for(enum rtc_codec codec);
bool rtc_media_format_carries(enum rtc_media_format format,
                              enum rtc_codec codec);

/* Tracks of one file that are read or written; more are refused. */
#define RTC_MEDIA_TRACK_MOST 8

/* More than a probe ever needs to see. */
#define RTC_MEDIA_PROBE_MAX 64

/* Tells the format by the first `len` bytes of an input; `eof`: there are no
 * more. Borrows. 1 and the format; 0: call again with more; RTC_ERR_FORMAT or
 * UNSUPPORTED with a static sentence on what it is instead in `ret_why`. */
int rtc_media_probe(const uint8_t *data, size_t len, bool eof,
                    enum rtc_media_format *ret_format, const char **ret_why);

/* What is known of a track; a reader may learn more with each frame. 0: not
 * known. */
struct rtc_media_track {
    enum rtc_codec codec;
    enum rtc_kind kind;
    uint32_t clock;         /* RTP clock rate of the codec, Hz */
    uint16_t width, height; /* video */
    uint32_t sample_rate;   /* audio: of the encoder's input, Hz */
    uint16_t pre_skip;      /* Opus: samples at 48 kHz to drop at the start */
    uint8_t channels;       /* audio */
    bool has_b_frames;      /* video: frames are not in order of display */
    uint32_t h264_level_id; /* H.264: its profile-level-id (RFC 6184 8.1) */
    /* H.265: its profile-id, tier-flag and level-id (RFC 7798 7.1), a byte
     * each, like those of H.264. */
    uint32_t h265_level_id;
};

/* One encoded frame in order of the file. `time` counts units of
 * base_num/base_den seconds from any origin; -1 and a base of 0/0: the input
 * has no times (a stream without a frame rate: stamp it at arrival).
 */
struct rtc_media_frame {
    unsigned track;
    enum rtc_codec codec;
    const uint8_t *data; /* as in struct rtc_frame; rtpdump: an RTP packet */
    size_t len;
    int64_t time;
    int64_t duration; /* same units; 0: not known */
    uint32_t base_num, base_den;
    bool keyframe;
};

/* `time` units of num/den seconds as ticks of `rate` Hz, rounded to the
 * nearest; 1000000 gives microseconds. Saturates; negative times work. */
int64_t rtc_media_rescale(int64_t time, uint32_t num, uint32_t den,
                          uint32_t rate);

/* ---- reading ----------------------------------------------------------- */

struct rtc_media_reader;

struct rtc_media_reader_options {
    /* Frames per second of an input without times, as a fraction (30000/1001);
     * 0: what the stream itself says. */
    uint32_t fps_num, fps_den;
};

/* A reader of `format`. `options` (copied) may be NULL. 0, RTC_ERR_ARG, NOMEM.
 */
int rtc_media_reader_new(struct rtc_media_reader **ret_reader,
                         enum rtc_media_format format,
                         const struct rtc_media_reader_options *options);
/* NULL is fine. */
void rtc_media_reader_free(struct rtc_media_reader *r);

/* Copies as many of the next bytes as fit: bytes taken; fewer than `len` means:
 * pop, then push the rest. Frames given before are no longer lent.
 * RTC_ERR_STATE after end, NOMEM. */
int rtc_media_reader_push(struct rtc_media_reader *r, const uint8_t *data,
                          size_t len);
/* There is no more input: pop until 0 (the end) or the error of a cut file. */
void rtc_media_reader_end(struct rtc_media_reader *r);
/* The pipe has been silent for some milliseconds, so a frame whose end only
 * the next one would show (Annex-B) is probably whole: the next pop may give
 * it. A guess: a writer that stops within a frame tears it, see
 * rtc_media_reader_torn. Nothing happens in formats that need no guess. */
void rtc_media_reader_flush_hint(struct rtc_media_reader *r);
/* Frames torn by a hint: their later bytes were dropped when they came. */
unsigned rtc_media_reader_torn(const struct rtc_media_reader *r);

/* The next frame: 1 and the frame, lent until the next push, pop or free; 0
 * when more input is needed (after end: there is none left). Malformed or cut
 * input gives every whole frame before the place and then, from there on,
 * RTC_ERR_FORMAT, UNSUPPORTED or NOMEM. */
int rtc_media_reader_pop(struct rtc_media_reader *r,
                         struct rtc_media_frame *ret_frame);
/* One sentence on the last error: which frame or page, at which byte, what is
 * wrong and what to do; "" without one. Lends. */
const char *rtc_media_reader_why(const struct rtc_media_reader *r);

/* Tracks known so far: all of them once pop has given a frame. */
unsigned rtc_media_reader_track_count(const struct rtc_media_reader *r);
/* Lends; NULL when there is no such track. */
const struct rtc_media_track *
rtc_media_reader_track(const struct rtc_media_reader *r, unsigned index);

/* The other tracks of the file, which are left out, as the file names their
 * codecs ("A_AAC, S_TEXT/UTF8"), perhaps with a word on why; "" when there are
 * none. Known as soon as the tracks are. Lends. */
const char *rtc_media_reader_left_out(const struct rtc_media_reader *r);

/* ---- writing ----------------------------------------------------------- */

struct rtc_media_writer;

struct rtc_media_writer_config {
    enum rtc_media_format format;
    const struct rtc_media_track *tracks; /* copied */
    unsigned track_count;
    uint32_t serial; /* Ogg: of the stream, should be random */
    /* IVF: its unit of time in seconds, 0: 1/90000, which keeps RTP times
     * exactly. A coarse one (1/30) rounds them, for readers that take the unit
     * for the frame rate when the times are irregular. */
    uint32_t base_num, base_den;
};

/* A writer. 0, RTC_ERR_ARG (no such format, wrong number of tracks for it),
 * UNSUPPORTED (the format does not carry that codec), NOMEM. */
int rtc_media_writer_new(struct rtc_media_writer **ret_writer,
                         const struct rtc_media_writer_config *config);
/* NULL is fine. */
void rtc_media_writer_free(struct rtc_media_writer *w);

/* Gives the bytes to write out for this frame, lent until the next call on the
 * writer; the first ones hold the file's header. Times may start anywhere, for
 * all tracks from the same origin: the file's begin at 0, with the frame that
 * is written first; those of one track never step back in the file,
 * unless it has_b_frames. Matroska holds the first frames for up to a second of
 * media, until its header can be written; then no bytes are given. Of `frame`
 * the fields track, data, len, time and its base count. Borrows. RTC_ERR_ARG
 * (no such track, no time where the format needs one), FORMAT (not a frame of
 * the codec), STATE (after end), NOMEM (over 16 MiB, or out of memory). */
int rtc_media_writer_frame(struct rtc_media_writer *w,
                           const struct rtc_media_frame *frame,
                           const uint8_t **ret_data, size_t *ret_len);
/* Gives the trailing bytes, perhaps none; the writer is done. 0 or as above. */
int rtc_media_writer_end(struct rtc_media_writer *w, const uint8_t **ret_data,
                         size_t *ret_len);

/* ---- packets of rtpdump ------------------------------------------------- */

/* Takes an RTP packet apart; sequence and time are as narrow as they come, the
 * payload is lent by `data`. RTC_ERR_FORMAT. */
int rtc_media_packet_parse(const uint8_t *data, size_t len,
                           struct rtc_packet *ret_packet);
/* Puts one together, the low bits of sequence and time. Its length, at most 12
 * more than the payload's, or RTC_ERR_NOBUF. */
int rtc_media_packet_write(const struct rtc_packet *packet, uint8_t *buf,
                           size_t cap);
