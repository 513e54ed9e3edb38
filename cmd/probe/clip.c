/* SPDX-License-Identifier: MIT
 *
 * Reads a clip through the same reader as files, and keeps its frames.
 */
#include "cmd/probe/clip.h"

#include <stdlib.h>
#include <string.h>

#include "cmd/input.h"
#include "cmd/synthetic.h"

#define FRAME_MOST 1024

static bool keep(struct clip_frame *frame, const struct rtc_media_frame *from)
{
    uint8_t *data = malloc(from->len);

    if (!data)
        return false;
    memcpy(data, from->data, from->len);
    *frame = (struct clip_frame){
        .data = data,
        .len = from->len,
        .time_us = rtc_media_rescale(from->time, from->base_num, from->base_den,
                                     1000000)};
    return true;
}

/* Times from 0 on; the last frame lasts as long as the one before it. */
static void set_times(struct clip *clip, struct clip_frame *frames)
{
    rtc_usec zero = frames[0].time_us;

    for (unsigned i = 0; i < clip->count; i++)
        frames[i].time_us -= zero;
    clip->length_us = frames[clip->count - 1].time_us;
    if (clip->count > 1)
        clip->length_us +=
            frames[clip->count - 1].time_us - frames[clip->count - 2].time_us;
}

static bool load(struct clip *clip, enum rtc_codec codec)
{
    struct clip_frame *frames = calloc(FRAME_MOST, sizeof *frames);
    struct input_options options;
    struct rtc_media_frame frame;
    struct input *input =
        synthetic_clip(codec, &options) ? input_new(&options) : NULL;

    while (frames && input && clip->count < FRAME_MOST &&
           input_next(input, &frame) == INPUT_FRAME &&
           keep(&frames[clip->count], &frame))
        clip->count++;
    input_free(input);
    if (clip->count == 0) {
        free(frames);
        return false;
    }
    clip->codec = codec;
    clip->frames = frames;
    set_times(clip, frames);
    return true;
}

const struct clip *clip_get(enum rtc_codec codec)
{
    static struct clip clips[RTC_CODEC_COUNT];
    struct clip *clip = &clips[codec];

    return clip->count > 0 || load(clip, codec) ? clip : NULL;
}
