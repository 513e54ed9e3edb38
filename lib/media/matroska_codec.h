/* SPDX-License-Identifier: MIT
 * What Matroska makes of each codec: its CodecID, its CodecPrivate, and the
 * form of a frame in a block (Matroska codec mappings; H.264 and H.265:
 * matroska_nal.c, AV1: matroska_av1.c). */
#pragma once

#include "base/bytes.h"
#include "media/matroska.h"

/* The codec of a track by its CodecID and CodecPrivate; RTC_CODEC_NONE when it
 * is none that is carried. Borrows. */
enum rtc_codec rtc_matroska_codec_by_id(const char *id,
                                        const uint8_t *private_data,
                                        size_t private_len);
const char *rtc_matroska_codec_id(enum rtc_codec codec);

/* Takes what CodecPrivate tells into a track whose codec is set. 0;
 * RTC_ERR_FORMAT; RTC_ERR_UNSUPPORTED: not carried in that form. */
int rtc_matroska_private_read(struct rtc_matroska_track *t, const uint8_t *data,
                              size_t len);
/* Writes CodecPrivate, perhaps nothing. `sets`: of H.264, H.265 the parameter
 * sets with start codes, of AV1 the sequence header. */
void rtc_matroska_private_write(struct rtc_writer *w,
                                const struct rtc_media_track *track,
                                const uint8_t *sets, size_t sets_len);

/* Most bytes a frame can have outside, that has `len` in a block. */
size_t rtc_matroska_frame_max(const struct rtc_matroska_track *t, size_t len);
/* Whether its bytes are the same in both. */
bool rtc_matroska_frame_is_same(const struct rtc_matroska_track *t);
/* Appends the frame in the form of rtc.h to `out`, which has room. `flagged`:
 * the block says that it is a key frame. 0 or RTC_ERR_FORMAT. */
int rtc_matroska_frame_read(struct rtc_matroska_track *t, const uint8_t *data,
                            size_t len, struct rtc_writer *out, bool flagged);
/* Of a frame in that form; `flagged` counts where the codec cannot tell. */
bool rtc_matroska_is_keyframe(enum rtc_codec codec, const uint8_t *data,
                              size_t len, bool flagged);

/* Whether frames of the codec are samples that can be cut between any bytes. */
bool rtc_matroska_is_samples(enum rtc_codec codec);
/* How long a frame of an audio codec lasts, in ticks of its clock; 0: its bytes
 * do not tell. */
uint32_t rtc_matroska_ticks(enum rtc_codec codec, const uint8_t *data,
                            size_t len);

/* ---- writing ----------------------------------------------------------- */

/* Whether it can be a frame of the codec, as far as one must know here. */
bool rtc_matroska_is_frame(enum rtc_codec codec, const uint8_t *data,
                           size_t len);
/* Takes what the header says of a track from a frame, and appends what belongs
 * into CodecPrivate to `sets`. False: this frame does not tell. */
bool rtc_matroska_describe(struct rtc_media_track *track, const uint8_t *data,
                           size_t len, struct rtc_writer *sets);
/* Most bytes a frame has in a block. */
size_t rtc_matroska_stored_max(enum rtc_codec codec, size_t len);
/* Appends the frame in its form for a block of a track whose CodecPrivate has
 * `sets`; `changed` is kept between its frames and set when the stream had
 * others. */
void rtc_matroska_frame_write(struct rtc_writer *w, enum rtc_codec codec,
                              const uint8_t *data, size_t len,
                              const uint8_t *sets, size_t sets_len,
                              bool *changed);
