/* SPDX-License-Identifier: MIT
 * What a format gives to the reader and the writer (reader.c, writer.c), and
 * what it gets from them. One row a format; its functions live in its own
 * file. */
#pragma once

#include "media/media.h"

/* Larger frames are refused, read or written. */
#define RTC_MEDIA_FRAME_MAX ((size_t)16 << 20)
#define RTC_MEDIA_WHY_MAX 240

/* The bit of a codec in rtc_media_entry.codecs. */
#define RTC_MEDIA_CODEC(codec) (1u << (codec))

struct rtc_media_entry {
    enum rtc_media_format format;
    const char *name;
    const char *extensions; /* separated by blanks, without dots */
    uint32_t codecs;        /* that it carries: bits, see RTC_MEDIA_CODEC */
    unsigned tracks_most;   /* that one file carries */

    /* By the first bytes: 1 it is this format, 0 more are needed, -1 it is
     * not. NULL: it is never told by them. */
    int (*probe)(const uint8_t *data, size_t len);

    size_t reader_len; /* bytes of the format's own state, zeroed at first */
    size_t buffer_max; /* input kept at most; the longest frame fits */
    /* As rtc_media_reader_pop; failures by rtc_media_reader_fail. */
    int (*pop)(struct rtc_media_reader *r, struct rtc_media_frame *ret_frame);
    /* Frees what the state owns; NULL: nothing. */
    void (*reader_done)(void *state);

    size_t writer_len;
    /* Appends a frame, which is not empty and not over the cap, to w->out. */
    int (*frame)(struct rtc_media_writer *w,
                 const struct rtc_media_frame *frame);
    /* Appends what ends the file; NULL: nothing does. */
    int (*end)(struct rtc_media_writer *w);
    void (*writer_done)(void *state); /* as reader_done */
};

extern const struct rtc_media_entry rtc_media_ivf;
extern const struct rtc_media_entry rtc_media_annexb;
extern const struct rtc_media_entry rtc_media_ogg;
extern const struct rtc_media_entry rtc_media_obu;
extern const struct rtc_media_entry rtc_media_matroska;
extern const struct rtc_media_entry rtc_media_webm;
extern const struct rtc_media_entry rtc_media_wav;
extern const struct rtc_media_entry rtc_media_rtpdump;

/* The row of a format, or NULL. Static. */
const struct rtc_media_entry *rtc_media_entry(enum rtc_media_format format);
/* What is known of a track by its codec alone. */
struct rtc_media_track rtc_media_track_of(enum rtc_codec codec);

/* A format's pop looks at the input from `data + start` to `data + len` and
 * takes bytes off by rtc_media_reader_drop; they stay where they are until the
 * next push. */
struct rtc_media_reader {
    const struct rtc_media_entry *entry;
    struct rtc_media_reader_options options;
    void *state;
    uint8_t *data;
    size_t start, len, cap;
    uint64_t offset; /* in the input, of `data + start` */
    bool ended;      /* nothing follows what is in the buffer */
    bool idle;       /* a hint: probably nothing follows soon */
    bool starved;    /* the last pop needed more than there was */
    unsigned torn;
    struct rtc_media_track tracks[RTC_MEDIA_TRACK_MOST];
    unsigned track_count;             /* 0: not known yet */
    char left_out[RTC_MEDIA_WHY_MAX]; /* tracks not in the list */
    int error;
    char why[RTC_MEDIA_WHY_MAX];
};

void rtc_media_reader_drop(struct rtc_media_reader *r, size_t len);
/* Keeps the sentence for rtc_media_reader_why; returns `error`. */
int rtc_media_reader_fail(struct rtc_media_reader *r, int error,
                          const char *format, ...)
    __attribute__((format(printf, 3, 4)));

struct rtc_media_writer {
    const struct rtc_media_entry *entry;
    struct rtc_media_writer_config config; /* its tracks: NULL */
    struct rtc_media_track tracks[RTC_MEDIA_TRACK_MOST];
    void *state;
    uint8_t *out;
    size_t len, cap;
    int64_t first_time; /* of the first frame, in its base */
    bool started, ended;
};

/* Makes room for `len` bytes more behind w->len: where they go, or NULL. */
uint8_t *rtc_media_writer_room(struct rtc_media_writer *w, size_t len);
/* 0 or RTC_ERR_NOMEM. */
int rtc_media_writer_append(struct rtc_media_writer *w, const void *data,
                            size_t len);
/* Time of the frame since the first one in units of num/den seconds; frames
 * from before the first get 0. */
int64_t rtc_media_writer_time(const struct rtc_media_writer *w,
                              const struct rtc_media_frame *frame, uint32_t num,
                              uint32_t den);
