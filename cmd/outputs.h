/* SPDX-License-Identifier: MIT
 *
 * All outputs of a receiver: which tracks they want, which of those the session
 * brought goes where, and which simulcast layer.
 */
#pragma once

#include "cmd/endpoint.h"
#include "cmd/layer_choice.h"
#include "cmd/packets_out.h"
#include "cmd/sink.h"

#define OUTPUTS_MOST RTC_LAYER_MOST

struct outputs_options {
    const char *single;                /* one output for all; `%r`: for each
                                          layer of the video one */
    const char *video_out, *audio_out; /* or one for each kind */
    const char *video, *audio;         /* codecs; NULL: all */
    enum rtc_media_format format;      /* of the single one */
    bool force;
};

struct output {
    struct sink *sink;           /* of frames, */
    struct packets_out *packets; /* or of packets; the other is NULL */
    bool takes[2];               /* by enum rtc_kind */
    int layer;                   /* -1: the best that comes */
    char *file;                  /* its name, if it was made for a layer */
    struct layer_choice choice;
};

/* Zeroed, but for the first three. */
struct outputs {
    struct endpoint *end;
    void (*failed)(void *user, int error); /* as in outflow_new */
    void *user;
    struct outputs_options options;
    struct output items[OUTPUTS_MOST];
    unsigned count;
    bool wants[2];
    bool by_layer; /* an output is made when its layer comes */
    int tracks[2]; /* of the peer, once agreed on; -1: none */
    bool is_settled;
    uint64_t frame_count;
};

/* Opens what is named; ends the process when it cannot. `options` is copied. */
void outputs_open(struct outputs *outputs,
                  const struct outputs_options *options);
/* Adds the tracks they want to the peer. */
void outputs_add_tracks(struct outputs *outputs);
/* The peer was loaded from a session: its tracks become as the outputs want
 * them. */
void outputs_adopt_tracks(struct outputs *outputs);
/* The session connected: looks what was agreed on. */
void outputs_settle(struct outputs *outputs);
/* An RTC_EVENT_FRAME. */
void outputs_frame(struct outputs *outputs, const struct rtc_event *event);
/* An RTC_EVENT_PACKET. */
void outputs_packet(struct outputs *outputs, const struct rtc_event *event);
/* What comes next is of another session. */
void outputs_rebase(struct outputs *outputs);
/* Ends the files; 0, or the last failure's errno. */
int outputs_close(struct outputs *outputs);
