/* SPDX-License-Identifier: MIT
 * The Matroska elements that are read or written (RFC 9559 5), and what is kept
 * of a track of a file that is read. */
#pragma once

#include "media/format.h"

enum rtc_matroska_id {
    RTC_MATROSKA_EBML = 0x1a45dfa3,
    RTC_MATROSKA_EBML_VERSION = 0x4286,
    RTC_MATROSKA_EBML_READ_VERSION = 0x42f7,
    RTC_MATROSKA_EBML_MAX_ID_LENGTH = 0x42f2,
    RTC_MATROSKA_EBML_MAX_SIZE_LENGTH = 0x42f3,
    RTC_MATROSKA_DOC_TYPE = 0x4282,
    RTC_MATROSKA_DOC_TYPE_VERSION = 0x4287,
    RTC_MATROSKA_DOC_TYPE_READ_VERSION = 0x4285,

    RTC_MATROSKA_SEGMENT = 0x18538067,
    RTC_MATROSKA_SEEK_HEAD = 0x114d9b74,
    RTC_MATROSKA_CUES = 0x1c53bb6b,
    RTC_MATROSKA_TAGS = 0x1254c367,
    RTC_MATROSKA_CHAPTERS = 0x1043a770,
    RTC_MATROSKA_ATTACHMENTS = 0x1941a469,

    RTC_MATROSKA_INFO = 0x1549a966,
    RTC_MATROSKA_TIMESTAMP_SCALE = 0x2ad7b1,
    RTC_MATROSKA_MUXING_APP = 0x4d80,
    RTC_MATROSKA_WRITING_APP = 0x5741,

    RTC_MATROSKA_TRACKS = 0x1654ae6b,
    RTC_MATROSKA_TRACK_ENTRY = 0xae,
    RTC_MATROSKA_TRACK_NUMBER = 0xd7,
    RTC_MATROSKA_TRACK_UID = 0x73c5,
    RTC_MATROSKA_TRACK_TYPE = 0x83,
    RTC_MATROSKA_FLAG_LACING = 0x9c,
    RTC_MATROSKA_DEFAULT_DURATION = 0x23e383,
    RTC_MATROSKA_LANGUAGE = 0x22b59c,
    RTC_MATROSKA_CODEC_ID = 0x86,
    RTC_MATROSKA_CODEC_PRIVATE = 0x63a2,
    RTC_MATROSKA_CODEC_DELAY = 0x56aa,
    RTC_MATROSKA_SEEK_PRE_ROLL = 0x56bb,
    RTC_MATROSKA_VIDEO = 0xe0,
    RTC_MATROSKA_PIXEL_WIDTH = 0xb0,
    RTC_MATROSKA_PIXEL_HEIGHT = 0xba,
    RTC_MATROSKA_AUDIO = 0xe1,
    RTC_MATROSKA_SAMPLING_FREQUENCY = 0xb5,
    RTC_MATROSKA_CHANNELS = 0x9f,
    RTC_MATROSKA_BIT_DEPTH = 0x6264,
    RTC_MATROSKA_CONTENT_ENCODINGS = 0x6d80,
    RTC_MATROSKA_CONTENT_ENCODING = 0x6240,
    RTC_MATROSKA_ENCODING_SCOPE = 0x5032,
    RTC_MATROSKA_ENCODING_TYPE = 0x5033,
    RTC_MATROSKA_COMPRESSION = 0x5034,
    RTC_MATROSKA_COMPRESSION_ALGORITHM = 0x4254,
    RTC_MATROSKA_COMPRESSION_SETTINGS = 0x4255,

    RTC_MATROSKA_CLUSTER = 0x1f43b675,
    RTC_MATROSKA_TIMESTAMP = 0xe7,
    RTC_MATROSKA_SIMPLE_BLOCK = 0xa3,
    RTC_MATROSKA_BLOCK_GROUP = 0xa0,
    RTC_MATROSKA_BLOCK = 0xa1,
    RTC_MATROSKA_BLOCK_DURATION = 0x9b,
    RTC_MATROSKA_REFERENCE_BLOCK = 0xfb,
};

/* TrackType (RFC 9559 5.1.4.1.3). */
enum { RTC_MATROSKA_TYPE_VIDEO = 1, RTC_MATROSKA_TYPE_AUDIO = 2 };

/* Bytes of parameter sets, or of an AV1 sequence header, that a track may
 * have. */
#define RTC_MATROSKA_SETS_MAX 4096
/* Bytes that header stripping takes off each frame. */
#define RTC_MATROSKA_STRIP_MAX 64

struct rtc_matroska_track {
    struct rtc_media_track media;
    uint64_t number;          /* in blocks */
    int64_t default_duration; /* of a frame, nanoseconds; 0: not known */
    uint8_t strip[RTC_MATROSKA_STRIP_MAX]; /* begins each frame */
    size_t strip_len;
    /* H.264, H.265: bytes of a unit's length; 0: start codes stand there. */
    unsigned length_len;
    bool may_reorder; /* H.264: by the last sequence parameter set */
    /* What a key frame needs in front, if it does not have it itself. */
    uint8_t sets[RTC_MATROSKA_SETS_MAX];
    size_t sets_len;
};

/* The tracks of a file that are carried, in its order. */
struct rtc_matroska_tracks {
    struct rtc_matroska_track list[RTC_MEDIA_TRACK_MOST];
    unsigned count;
};

/* Reads the inside of a Tracks element into `tracks` and the reader's own list;
 * names those that are not carried in `r->left_out`. 0, or an error with its
 * sentence, also when none is carried. */
int rtc_matroska_tracks_parse(struct rtc_media_reader *r, const uint8_t *data,
                              size_t len, struct rtc_matroska_tracks *tracks);
